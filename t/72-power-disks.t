#!/usr/bin/perl
# Which disks VMPowerOn takes: one that QEMU would destroy or read wrongly is refused before anything
# has started and before any byte has changed, with the way out; what can be mended is.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls qw(open_vm);
use VixTest::Guest qw(run_folder why_nothing_runs);

my $reason = why_nothing_runs();
plan skip_all => $reason if defined $reason;
my $keep = run_folder();

# A machine of that disk. QEMU's own user passes through its folder.
sub machine_of {
    my ($name, %disk) = @_;
    my $vm = make_vm(dir => "$keep/$name", name => $name, disks => [{%disk}],
        keys => [memsize => 32]);
    chmod 0755, "$keep/$name";
    return $vm;
}

sub power_on {
    my ($vm) = @_;
    my ($open_err, $handle) = open_vm($vm->{vmx});
    return $open_err if $open_err != VIX_OK;
    my $err = VMPowerOn($handle, VIX_VMPOWEROP_NORMAL, VIX_INVALID_HANDLE);
    my $detail = VMware::Vix::last_error_detail();
    VMPowerOff($handle, VIX_VMPOWEROP_NORMAL) if $err == VIX_OK;
    ReleaseHandle($handle);
    return ($err, $detail);
}

my %refused = (
    streamOptimized => VIX_E_DISK_NOTSUPPORTED,
    vmfsSparse      => VIX_E_DISK_NOTSUPPORTED,
    seSparse        => VIX_E_DISK_NOTSUPPORTED,
    custom          => VIX_E_DISK_NOTSUPPORTED,
);
for my $type (sort keys %refused) {
    subtest "refused: $type" => sub {
        my $vm     = machine_of($type, type => $type);
        my $before = folder_digest($vm->{dir});
        my ($err, $detail) = power_on($vm);
        is($err, $refused{$type}, 'the code');
        like($detail, qr/\Q$vm->{disks}[0]{path}\E .* make [ ] a [ ] full [ ] clone/x,
            'the detail names the disk and the way out');
        is_deeply(folder_digest($vm->{dir}), $before, 'no byte has changed');
        is_deeply([glob "$keep/run/*"], [], 'nothing has started');
    };
}

# The way out: what was refused starts as a full clone.
subtest 'a full clone of a stream-optimized disk starts' => sub {
    my ($open_err, $handle) = open_vm("$keep/streamOptimized/streamOptimized.vmx");
    is($open_err, VIX_OK, 'opened');
    my ($err, $clone) = VMClone($handle, VIX_INVALID_HANDLE, VIX_CLONETYPE_FULL,
        "$keep/clone/clone.vmx", 0, VIX_INVALID_HANDLE);
    is($err, VIX_OK, 'VMClone');
    chmod 0755, "$keep/clone";
    is((power_on({ vmx => "$keep/clone/clone.vmx" }))[0], VIX_OK, 'VMPowerOn');
    ReleaseHandle($_) for $clone, $handle;
};

subtest 'change tracking ends with a start' => sub {
    my $vm   = machine_of('tracked', type => 'vmfs');
    my $disk = $vm->{disks}[0]{path};
    spew($disk, slurp($disk) =~ s/^version=1/version=3/mr
            . qq{\n# Change Tracking File\nchangeTrackPath="tracked-ctk.vmdk"\n});
    spew("$vm->{dir}/tracked-ctk.vmdk", 'areas');
    is((power_on($vm))[0], VIX_OK, 'VMPowerOn');
    unlike(slurp($disk), qr/changeTrackPath|version=3/, 'the disk names no file of changed areas');
    is(slurp("$vm->{dir}/tracked-ctk.vmdk"), 'areas', 'which stays');
};

done_testing;
