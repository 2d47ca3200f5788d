#!/usr/bin/perl
# Power calls on a virtual machine that really runs, and what may be done to one meanwhile.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls qw(host open_vm);
use VixTest::Guest qw(guest_to_run succeeds text_of);

my ($keep, $vmx) = guest_to_run('guest');
$ENV{VIX_INVENTORY_FILE} = "$keep/inventory.vmls";

my ($open_err, $vm) = open_vm($vmx);
is($open_err, VIX_OK, 'opened');

sub power_state {
    my ($err, $state) = GetProperties($vm, VIX_PROPERTY_VM_POWER_STATE);
    return $err == VIX_OK ? $state : "error $err";
}

sub clone {
    my ($type, $snapshot, $name) = @_;
    my ($err, $clone) = VMClone($vm, $snapshot, $type, "$keep/$name/$name.vmx", 0,
        VIX_INVALID_HANDLE);
    ReleaseHandle($clone);
    return $err;
}

my ($snapshot_err, $snapshot) = VMCreateSnapshot($vm, 'off', undef, 0, VIX_INVALID_HANDLE);
succeeds($snapshot_err, 'a snapshot while it is off');

for my $call (
    ['VMPowerOff' => VMPowerOff($vm, VIX_VMPOWEROP_NORMAL)],
    ['VMReset'    => VMReset($vm, VIX_VMPOWEROP_NORMAL)],
    ['VMSuspend'  => VMSuspend($vm, 0)],
    ['VMPause'    => VMPause($vm, 0, VIX_INVALID_HANDLE)],
    )
{
    is($call->[1], VIX_E_VM_NOT_RUNNING, "$call->[0] of one that is off");
}
is(power_state(), VIX_POWERSTATE_POWERED_OFF, 'it is off');

# As of a snapshot that was killed over its new disk; the file names itself by its inode.
my @left = map {"$keep/guest/$_"} qw(guest-000009.vmdk guest.vix-pending);
spew($left[0], '');
open my $journal, '>', $left[1] or die "$left[1]: $!";
print {$journal} map {"$_\0"} 'vix-pending 1', (stat $journal)[1], 'file 0 guest-000009.vmdk';
close $journal or die $!;

subtest 'on' => sub {
    succeeds(VMPowerOn($vm, VIX_VMPOWEROP_NORMAL, VIX_INVALID_HANDLE), 'VMPowerOn');
    is_deeply([grep {-e} @left], [], 'what a dead call left is gone');
    is(power_state(), VIX_POWERSTATE_POWERED_ON, 'it is on');
    is((GetProperties($vm, VIX_PROPERTY_VM_IS_RUNNING))[1], 1, 'and runs');
    is(VMPowerOn($vm, VIX_VMPOWEROP_NORMAL, VIX_INVALID_HANDLE), VIX_E_VM_IS_RUNNING, 'not twice');
    my ($err, @running) = FindRunningVMs(host(), 10);
    succeeds($err, 'FindRunningVMs');
    is_deeply([grep { $_ eq $vmx } @running], [$vmx], 'finds it');
    succeeds(VMReset($vm, VIX_VMPOWEROP_NORMAL), 'VMReset');
};

subtest 'what may not be done to one that runs, and what may' => sub {
    is(clone(VIX_CLONETYPE_FULL, VIX_INVALID_HANDLE, 'full'), VIX_E_VM_IS_RUNNING, 'a full clone');
    is(clone(VIX_CLONETYPE_LINKED, VIX_INVALID_HANDLE, 'linked'),
        VIX_E_VM_IS_RUNNING, 'a linked clone of now');
    succeeds(clone(VIX_CLONETYPE_LINKED, $snapshot, 'linked'), 'a linked clone of then');
    is(VMDelete($vm, VIX_VMDELETE_DISK_FILES), VIX_E_VM_IS_RUNNING, 'deleting');
};

subtest 'another process sees it' => sub {
    my $program = 'my ($e, $h) = HostConnect(VIX_API_VERSION, 3, undef, 0, undef, undef, 0, 0);'
        . "(\$e, my \$v) = VMOpen(\$h, '$vmx'); print join ',', GetProperties(\$v, 129)";
    open my $out, '-|', $^X, (map { "-I$_" } @INC), '-MVMware::Vix::Simple',
        '-MVMware::Vix::API::Constants', '-e', $program
        or die "perl: $!";
    is(do { local $/; <$out> }, '0,' . VIX_POWERSTATE_POWERED_ON, 'running');
};

sub setting {
    my ($name) = @_;
    my ($err, $value) = VMReadVariable($vm, VIX_VM_CONFIG_RUNTIME_ONLY, $name, 0);
    return $err == VIX_OK ? $value : text_of($err);
}

sub ended_well { return slurp($vmx) =~ /^cleanShutdown *= *"(\w+)"/m ? $1 : '' }

my $text = slurp($vmx);
is(ended_well(), 'FALSE', 'cleanShutdown of a machine that runs');

subtest 'a setting for as long as it runs' => sub {
    succeeds(VMWriteVariable($vm, VIX_VM_CONFIG_RUNTIME_ONLY, 'displayName', "a\n'\x{263a}'", 0),
        'VMWriteVariable');
    is(setting('displayname'), "a\n'\x{263a}'", 'reads back');
    is(setting('memsize'), 192, 'others are those of the .vmx');
    is(slurp($vmx), $text, 'which is as it was');
};

subtest 'paused' => sub {
    succeeds(VMPause($vm, 0, VIX_INVALID_HANDLE), 'VMPause');
    is(power_state(), VIX_POWERSTATE_PAUSED, 'paused');
    succeeds(VMUnpause($vm, 0, VIX_INVALID_HANDLE), 'VMUnpause');
    is(power_state(), VIX_POWERSTATE_POWERED_ON, 'on again');
};

subtest 'suspended' => sub {
    succeeds(VMSuspend($vm, 0), 'VMSuspend');
    is(power_state(), VIX_POWERSTATE_SUSPENDED, 'suspended');
    is(ended_well(), 'TRUE', 'cleanShutdown');
    is(VMPowerOff($vm, VIX_VMPOWEROP_NORMAL), VIX_E_VM_NOT_RUNNING, 'is not to be powered off');
    is(clone(VIX_CLONETYPE_LINKED, VIX_INVALID_HANDLE, 'linked2'),
        VIX_E_VM_IS_RUNNING, 'has no linked clone');
    is(setting('displayName'), 'guest', 'has the settings of its .vmx');
    succeeds(clone(VIX_CLONETYPE_FULL, VIX_INVALID_HANDLE, 'full'), 'has a full one');
    succeeds(VMPowerOn($vm, VIX_VMPOWEROP_NORMAL, VIX_INVALID_HANDLE), 'is resumed');
    is(power_state(), VIX_POWERSTATE_POWERED_ON, 'runs');
    is(ended_well(), 'FALSE', 'cleanShutdown');
    is(setting('displayName'), "a\n'\x{263a}'", 'with its settings');
};

subtest 'back to the snapshot' => sub {
    succeeds(VMRevertToSnapshot($vm, $snapshot, 0, VIX_INVALID_HANDLE), 'VMRevertToSnapshot');
    is(power_state(), VIX_POWERSTATE_POWERED_OFF, 'off, as it was');
    is(setting('displayName'), 'guest', 'and its settings are those of the .vmx');
};

subtest 'snapshots while it runs' => sub {
    succeeds(VMPowerOn($vm, VIX_VMPOWEROP_NORMAL, VIX_INVALID_HANDLE), 'on');
    my ($err, $disks) = VMCreateSnapshot($vm, 'disks', undef, 0, VIX_INVALID_HANDLE);
    succeeds($err, 'VMCreateSnapshot');
    succeeds(VMWriteVariable($vm, VIX_VM_CONFIG_RUNTIME_ONLY, 'displayName', 'then', 0), 'a setting');
    my ($memory_err, $memory) =
        VMCreateSnapshot($vm, 'memory', undef, VIX_SNAPSHOT_INCLUDE_MEMORY, VIX_INVALID_HANDLE);
    succeeds($memory_err, 'VMCreateSnapshot with memory');
    is(power_state(), VIX_POWERSTATE_POWERED_ON, 'it goes on');
    succeeds(VMWriteVariable($vm, VIX_VM_CONFIG_RUNTIME_ONLY, 'displayName', 'now', 0), 'another');
    is((GetProperties($disks, VIX_PROPERTY_SNAPSHOT_POWERSTATE))[1],
        VIX_POWERSTATE_POWERED_OFF, 'the first is of one that is off');
    is((GetProperties($memory, VIX_PROPERTY_SNAPSHOT_POWERSTATE))[1],
        VIX_POWERSTATE_POWERED_ON, 'the second of one that runs');
    is(clone(VIX_CLONETYPE_LINKED, $memory, 'no'), VIX_E_VM_IS_RUNNING, 'which is not cloned');
    succeeds(clone(VIX_CLONETYPE_LINKED, $disks, 'live'), 'the first is');

    succeeds(VMRevertToSnapshot($vm, $memory, VIX_VMPOWEROP_SUPPRESS_SNAPSHOT_POWERON,
        VIX_INVALID_HANDLE), 'back to memory, but not running');
    is(power_state(), VIX_POWERSTATE_SUSPENDED, 'is suspended');
    is(ended_well(), 'TRUE', 'cleanShutdown, though the snapshot is of a machine that ran');
    succeeds(VMRevertToSnapshot($vm, $memory, 0, VIX_INVALID_HANDLE), 'back to memory');
    is(power_state(), VIX_POWERSTATE_POWERED_ON, 'runs');
    is(setting('displayName'), 'then', 'with the setting of then');
    succeeds(VMRevertToSnapshot($vm, $disks, 0, VIX_INVALID_HANDLE), 'back to disks');
    is(power_state(), VIX_POWERSTATE_POWERED_OFF, 'is off');
    succeeds(VMRemoveSnapshot($vm, $memory, 0), 'VMRemoveSnapshot');
    ok(!-e "$keep/guest/guest-Snapshot3.vmem", 'the memory is gone');
};

subtest 'a clone runs' => sub {
    my ($err, $clone) = open_vm("$keep/linked/linked.vmx");
    succeeds($err, 'opened');
    succeeds(VMPowerOn($clone, VIX_VMPOWEROP_NORMAL, VIX_INVALID_HANDLE), 'VMPowerOn');
    succeeds(VMPowerOff($clone, VIX_VMPOWEROP_NORMAL), 'VMPowerOff');
    like(slurp("$keep/linked/linked.vmx"), qr/^cleanShutdown *= *"TRUE"/m, 'cleanShutdown');
    succeeds(VMDelete($clone, VIX_VMDELETE_DISK_FILES), 'VMDelete');
    ReleaseHandle($clone);
};

done_testing;
