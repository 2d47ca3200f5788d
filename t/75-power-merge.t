#!/usr/bin/perl
# VMRemoveSnapshot of a running virtual machine merges its current disk with the parent of that disk
# while the guest goes on. Tests each kind of disk that can have snapshots.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls         qw(open_vm);
use VixTest::Files         qw(list_files);
use VixTest::Guest         qw(run_folder why_nothing_runs);
use VixTest::SnapshotCalls qw(remove_snapshot snapshot_names);
use VixTest::SnapshotChain qw(chain_bytes chain_complaints chain_of);
use VixTest::SnapshotDisk  qw(guest_reads guest_writes present_path);
use VixTest::Tools         qw(have_tool qemu_check);

my $reason = why_nothing_runs();
plan skip_all => $reason if defined $reason;
my $keep = run_folder();

sub deltas_in {
    my ($dir) = @_;
    return scalar grep {/-\d{6}\.vmdk$/} list_files($dir);
}

sub take {
    my ($handle, $name) = @_;
    my ($err, $snapshot) = VMCreateSnapshot($handle, $name, undef, 0, VIX_INVALID_HANDLE);
    is($err, VIX_OK, "the snapshot \"$name\"");
    return $snapshot;
}

for my $type (qw(monolithicSparse twoGbMaxExtentSparse monolithicFlat)) {
    subtest $type => sub {
        my $vm = make_vm(dir => "$keep/$type", name => $type, keys => [memsize => 32],
            disks => [{ type => $type, sectors => 2048 }]);
        chmod 0755, "$keep/$type";
        my $model = guest_writes($vm->{vmx}, 'scsi0:0', [0, 300, 5]);
        my ($open_err, $handle) = open_vm($vm->{vmx});
        is($open_err, VIX_OK, 'VMOpen');
        is(VMPowerOn($handle, VIX_VMPOWEROP_NORMAL, VIX_INVALID_HANDLE), VIX_OK, 'VMPowerOn');
        my @snapshots = map { take($handle, $_) } qw(one two three);
        is(deltas_in($vm->{dir}), 3, 'three deltas');
        is(VMRemoveSnapshot($handle, $snapshots[2], 0), VIX_OK, 'the newest is removed');
        is(deltas_in($vm->{dir}), 2, 'and merged');
        is(VMRemoveSnapshot($handle, $snapshots[1], 0), VIX_OK, 'the next one is removed');
        is(deltas_in($vm->{dir}), 1, 'and merged');
        is(VMRemoveSnapshot($handle, $snapshots[0], 0), VIX_OK, 'the last one is removed');
        is(deltas_in($vm->{dir}), 1, 'a base is left for later');
        is_deeply(snapshot_names($vm->{vmx}), [], 'there is no snapshot');
        is((GetProperties($handle, VIX_PROPERTY_VM_POWER_STATE))[1] & VIX_POWERSTATE_POWERED_ON,
            VIX_POWERSTATE_POWERED_ON, 'it runs');
        is(VMPowerOff($handle, VIX_VMPOWEROP_NORMAL), VIX_OK, 'VMPowerOff');
        ok(guest_reads($vm->{vmx}, 'scsi0:0') eq $model, 'the disk reads as before');
        is_deeply([chain_complaints(present_path($vm->{vmx}))], [], 'its chain is sound');
        is(qemu_check(present_path($vm->{vmx})) || '', '', 'and QEMU says so') if have_tool('qemu-img');
        my $later = take($handle, 'later');
        is(VMRemoveSnapshot($handle, $later, 0), VIX_OK, 'a removal while it is off');
        is(scalar chain_of(present_path($vm->{vmx})), 1, 'merges the base');
        ok(chain_bytes(present_path($vm->{vmx})) eq $model, 'which reads as before');
        ReleaseHandle($_) for @snapshots, $later, $handle;
    };
}

done_testing;
