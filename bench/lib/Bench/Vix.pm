package Bench::Vix;

# VMware::Vix as a user calls it: the page's example, from HostConnect to HostDisconnect.

use strict;
use warnings;

use File::Spec ();

# Loads the module that `make` left in blib under `$root`.
sub load {
    my ($root) = @_;
    my @blib = map { File::Spec->rel2abs("$root/blib/$_") } qw(lib arch);
    die "VMware::Vix is not built: run `perl Makefile.PL && make` first, or measure the others\n"
        . "alone with --contenders\n"
        if !-e "$blib[0]/VMware/Vix/Simple.pm";
    unshift @INC, @blib;
    require VMware::Vix::Simple;
    VMware::Vix::Simple->import;
    require VMware::Vix::API::Constants;
    VMware::Vix::API::Constants->import;
    return;
}

# Makes a full clone at `$target`; `$sync` is TRUE or FALSE, the value of the setting clone.sync.
sub clone_vm {
    my ($vmx, $target, $sync) = @_;
    local $ENV{VIX_CLONE_SYNC} = $sync;
    my ($err, $host, $vm, $clone);
    ($err, $host) = HostConnect(VIX_API_VERSION(), VIX_SERVICEPROVIDER_VMWARE_WORKSTATION(),
        undef, 0, undef, undef, 0, VIX_INVALID_HANDLE());
    check('HostConnect', $err);
    ($err, $vm) = VMOpen($host, $vmx);
    check('VMOpen', $err);
    ($err, $clone) = VMClone($vm, VIX_INVALID_HANDLE(), VIX_CLONETYPE_FULL(), $target, 0,
        VIX_INVALID_HANDLE());
    check('VMClone', $err);
    HostDisconnect($host);
    return;
}

sub check {
    my ($call, $err) = @_;
    die "$call: $err ", GetErrorText($err), "\n" if $err != VIX_OK();
    return;
}

1;
