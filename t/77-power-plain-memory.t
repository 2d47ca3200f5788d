#!/usr/bin/perl
# With snapshot.plainMemory, a snapshot with memory has the guest's memory in a file of its own, as
# programs for forensics read it: each byte at its address. QEMU itself tells what the memory holds.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix;
use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls         qw(open_vm);
use VixTest::Guest         qw(run_folder why_nothing_runs);
use VixTest::SnapshotCalls qw(revert_to);
use VixTest::Tools         qw(run_tool);

my $reason = why_nothing_runs();
plan skip_all => $reason if defined $reason;

my $MIB   = 1 << 20;
my $keep  = run_folder();
my $dir   = "$keep/plain";
my $plain = "$dir/plain-Snapshot1.plain.vmem";

my $made = make_vm(dir => $dir, name => 'plain', keys => [memsize => 32],
    disks => [{ type => 'monolithicSparse' }]);
chmod 0777, $dir;
my ($open_err, $vm) = open_vm($made->{vmx});
is($open_err, VIX_OK, 'opened');
is(VMPowerOn($vm, VIX_VMPOWEROP_NORMAL, VIX_INVALID_HANDLE), VIX_OK, 'VMPowerOn');

# The newest .vmem is what Cuckoo and CAPE move away as the memory.
sub newest_memory {
    my ($newest) = sort { (stat $b)[10] <=> (stat $a)[10] || $a cmp $b } glob "$dir/*.vmem";
    return $newest;
}

# The guest's memory in the words of QEMU, without the window of the graphics card.
sub memory_of_qemu {
    my ($name) = grep {/^plain-/} split /\n/, run_tool(qw(virsh -q list --name))->{out};
    my $file = "$dir/qemu.memory";
    my $size = 32 * $MIB;
    my $run = run_tool('virsh', 'qemu-monitor-command', $name, '--hmp', qq{pmemsave 0 $size "$file"});
    diag($run->{out}, $run->{err}) if !-e $file;
    return without_window(-e $file ? slurp($file) : q{});
}

sub without_window {
    my ($bytes) = @_;
    substr $bytes, 0xA0000, 0x60000, q{} if length $bytes > 0x100000;
    return $bytes;
}

my ($err, $snapshot) = VMCreateSnapshot($vm, 'usual', q{}, VIX_SNAPSHOT_INCLUDE_MEMORY, VIX_INVALID_HANDLE);
is($err, VIX_OK, 'a snapshot with memory');
is_deeply([glob "$dir/*.plain.*"], [], 'has no plain memory unless the setting asks for it');
is(VMRemoveSnapshot($vm, $snapshot, 0), VIX_OK, 'removed');
ReleaseHandle($snapshot);

subtest 'with the setting' => sub {
    local $ENV{VIX_SNAPSHOT_PLAINMEMORY} = 'TRUE';
    is(VMPause($vm, 0, VIX_INVALID_HANDLE), VIX_OK, 'paused, so that its memory stays as it is');
    ($err, $snapshot)
        = VMCreateSnapshot($vm, 'memdump', q{}, VIX_SNAPSHOT_INCLUDE_MEMORY, VIX_INVALID_HANDLE);
    is($err, VIX_OK, 'a snapshot with memory') or diag(VMware::Vix::last_error_detail());
    ($plain) = glob "$dir/*.plain.vmem";
    ok(defined $plain, 'has its memory as plain memory, too') or return;
    is(newest_memory(), $plain, 'which is the newest .vmem');
    is(-s $plain, 32 * $MIB, 'as large as the memory');
    is((stat $plain)[2] & oct 777, oct 600, 'readable for its owner alone');
    my $theirs = memory_of_qemu();
    is(length $theirs, 32 * $MIB - 0x60000, 'QEMU tells its memory');
    ok(without_window(slurp($plain)) eq $theirs, 'and it is the same');
    is_deeply([glob "$dir/*.core.vmem"], [], 'nothing is left on the way');
    is(VMUnpause($vm, 0, VIX_INVALID_HANDLE), VIX_OK, 'it goes on');
};

is(VMPowerOff($vm, VIX_VMPOWEROP_NORMAL), VIX_OK, 'VMPowerOff');
is(revert_to($made->{vmx}, [0]), VIX_OK, 'back to the snapshot');
is((GetProperties($vm, VIX_PROPERTY_VM_POWER_STATE))[1] & VIX_POWERSTATE_POWERED_ON,
    VIX_POWERSTATE_POWERED_ON, 'it runs from its memory');
is(VMPowerOff($vm, VIX_VMPOWEROP_NORMAL), VIX_OK, 'VMPowerOff');
is(VMRemoveSnapshot($vm, $snapshot, 0), VIX_OK, 'the snapshot is removed');
is_deeply([glob "$dir/*.vmem"], [], 'and its memory with it');

ReleaseHandle($snapshot);
ReleaseHandle($vm);
done_testing();
