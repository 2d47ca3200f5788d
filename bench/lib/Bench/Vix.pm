package Bench::Vix;

# VMware::Vix as a user calls it: the page's example, from HostConnect to HostDisconnect.

use strict;
use warnings;

use File::Spec ();
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

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
    my ($host, $vm) = open_vm($vmx);
    my ($err, $clone) = VMClone($vm, VIX_INVALID_HANDLE(), VIX_CLONETYPE_FULL(), $target, 0,
        VIX_INVALID_HANDLE());
    check('VMClone', $err);
    HostDisconnect($host);
    return;
}

# Makes a linked clone of the machine's first snapshot; gives the seconds that VMClone alone took.
sub clone_linked {
    my ($vmx, $target, $sync) = @_;
    my ($host, $vm, $snapshot) = open_snapshot($vmx);
    my $seconds = clone_of_snapshot($vm, $snapshot, $target, $sync);
    HostDisconnect($host);
    return $seconds;
}

sub clone_of_snapshot {
    my ($vm, $snapshot, $target, $sync) = @_;
    local $ENV{VIX_CLONE_SYNC} = $sync;
    my $start = clock_gettime(CLOCK_MONOTONIC);
    my ($err, $clone) = VMClone($vm, $snapshot, VIX_CLONETYPE_LINKED(), $target, 0,
        VIX_INVALID_HANDLE());
    my $seconds = clock_gettime(CLOCK_MONOTONIC) - $start;
    check('VMClone', $err);
    ReleaseHandle($clone);
    return $seconds;
}

# Gives the seconds from VMOpen to ReleaseHandle.
sub delete_clone {
    my ($host, $vmx, $sync) = @_;
    local $ENV{VIX_CLONE_SYNC} = $sync;
    my $start = clock_gettime(CLOCK_MONOTONIC);
    my ($err, $vm) = VMOpen($host, $vmx);
    check('VMOpen', $err);
    check('VMDelete', VMDelete($vm, VIX_VMDELETE_DISK_FILES()));
    ReleaseHandle($vm);
    return clock_gettime(CLOCK_MONOTONIC) - $start;
}

sub take_snapshot {
    my ($vmx) = @_;
    my ($host, $vm) = open_vm($vmx);
    my ($err, $snapshot) = VMCreateSnapshot($vm, 'bench', q{}, 0, VIX_INVALID_HANDLE());
    check('VMCreateSnapshot', $err);
    HostDisconnect($host);
    return;
}

# Removes the machine's first snapshot; gives the seconds that VMRemoveSnapshot alone took.
sub remove_snapshot {
    my ($vmx, $sync) = @_;
    local $ENV{VIX_CLONE_SYNC} = $sync;
    my ($host, $vm, $snapshot) = open_snapshot($vmx);
    my $start = clock_gettime(CLOCK_MONOTONIC);
    my $err = VMRemoveSnapshot($vm, $snapshot, 0);
    my $seconds = clock_gettime(CLOCK_MONOTONIC) - $start;
    check('VMRemoveSnapshot', $err);
    HostDisconnect($host);
    return $seconds;
}

# A machine that gets snapshots: {host, vm, first, count}, to be ended with disconnect().
sub open_for_snapshots {
    my ($vmx) = @_;
    my ($host, $vm) = open_vm($vmx);
    return {host => $host, vm => $vm, count => 0};
}

sub add_snapshot {
    my ($machine) = @_;
    my ($err, $snapshot)
        = VMCreateSnapshot($machine->{vm}, 'bench', q{}, 0, VIX_INVALID_HANDLE());
    check('VMCreateSnapshot', $err);
    $machine->{count}++;
    return $machine->{first} = $snapshot if !$machine->{first};
    ReleaseHandle($snapshot);
    return;
}

sub revert_to_first {
    my ($machine) = @_;
    check('VMRevertToSnapshot',
        VMRevertToSnapshot($machine->{vm}, $machine->{first}, 0, VIX_INVALID_HANDLE()));
    return;
}

sub remove_with_children {
    my ($vm, $snapshot) = @_;
    check('VMRemoveSnapshot',
        VMRemoveSnapshot($vm, $snapshot, VIX_SNAPSHOT_REMOVE_CHILDREN()));
    return;
}

sub delete_machine {
    my ($vm) = @_;
    check('VMDelete', VMDelete($vm, VIX_VMDELETE_DISK_FILES()));
    return;
}

sub disconnect {
    my ($host) = @_;
    HostDisconnect($host);
    return;
}

# From HostConnect to HostDisconnect.
sub seconds_to_open {
    my ($vmx) = @_;
    my $start = clock_gettime(CLOCK_MONOTONIC);
    my ($host) = open_snapshot($vmx);
    HostDisconnect($host);
    return clock_gettime(CLOCK_MONOTONIC) - $start;
}

# Opens and releases one machine after the other.
sub open_each {
    my ($first, @others) = @_;
    my ($host, $vm) = open_vm($first);
    ReleaseHandle($vm);
    for my $vmx (@others) {
        (my $err, $vm) = VMOpen($host, $vmx);
        check('VMOpen', $err);
        ReleaseHandle($vm);
    }
    HostDisconnect($host);
    return;
}

# The handle of a linked clone, to be ended with end_clone().
sub new_clone {
    my ($vm, $snapshot, $target, $sync) = @_;
    local $ENV{VIX_CLONE_SYNC} = $sync;
    my ($err, $clone) = VMClone($vm, $snapshot, VIX_CLONETYPE_LINKED(), $target, 0,
        VIX_INVALID_HANDLE());
    check('VMClone', $err);
    return $clone;
}

sub start {
    my ($vm) = @_;
    check('VMPowerOn', VMPowerOn($vm, VIX_VMPOWEROP_NORMAL(), VIX_INVALID_HANDLE()));
    return;
}

sub start_paused {
    my ($vm) = @_;
    check('VMPowerOn', VMPowerOn($vm, VIX_VMPOWEROP_START_VM_PAUSED(), VIX_INVALID_HANDLE()));
    return;
}

sub unpause {
    my ($vm) = @_;
    check('VMUnpause', VMUnpause($vm, 0, VIX_INVALID_HANDLE()));
    return;
}

# Whether it runs or not.
sub end_clone {
    my ($clone) = @_;
    VMPowerOff($clone, VIX_VMPOWEROP_NORMAL());
    check('VMDelete', VMDelete($clone, VIX_VMDELETE_DISK_FILES()));
    ReleaseHandle($clone);
    return;
}

sub check_runs {
    my ($vm) = @_;
    my ($err, $state) = GetProperties($vm, VIX_PROPERTY_VM_POWER_STATE());
    check('GetProperties', $err);
    die "it is not running: $state\n" if $state != VIX_POWERSTATE_POWERED_ON();
    return;
}

# Powers on and waits until the guest has started.
sub start_guest {
    my ($vm, $seconds) = @_;
    start($vm);
    check('VMWaitForToolsInGuest', VMWaitForToolsInGuest($vm, $seconds));
    return;
}

# Gives the seconds of each.
sub suspend_and_resume {
    my ($vm) = @_;
    my @times = clock_gettime(CLOCK_MONOTONIC);
    check('VMSuspend', VMSuspend($vm, 0));
    push @times, clock_gettime(CLOCK_MONOTONIC);
    start($vm);
    push @times, clock_gettime(CLOCK_MONOTONIC);
    return ($times[1] - $times[0], $times[2] - $times[1]);
}

sub stop {
    my ($vm) = @_;
    check('VMPowerOff', VMPowerOff($vm, VIX_VMPOWEROP_NORMAL()));
    return;
}

sub open_vm {
    my ($vmx) = @_;
    my ($err, $host, $vm);
    ($err, $host) = HostConnect(VIX_API_VERSION(), VIX_SERVICEPROVIDER_VMWARE_WORKSTATION(),
        undef, 0, undef, undef, 0, VIX_INVALID_HANDLE());
    check('HostConnect', $err);
    ($err, $vm) = VMOpen($host, $vmx);
    check('VMOpen', $err);
    return ($host, $vm);
}

sub open_snapshot {
    my ($vmx) = @_;
    my ($host, $vm) = open_vm($vmx);
    my ($err, $snapshot) = VMGetRootSnapshot($vm, 0);
    check('VMGetRootSnapshot', $err);
    return ($host, $vm, $snapshot);
}

sub check {
    my ($call, $err) = @_;
    die "$call: $err ", GetErrorText($err), "\n" if $err != VIX_OK();
    return;
}

1;
