#!/usr/bin/perl
# Snapshots of a guest that really works: its memory and its disk come back, even if the snapshot was
# taken while the guest was writing.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls qw(open_vm);
use VixTest::Guest qw(guest_to_run in_guest log_in succeeds);

my ($keep, $vmx) = guest_to_run('guest');
my @none = (0, VIX_INVALID_HANDLE);
my ($open_err, $vm) = open_vm($vmx);
is($open_err, VIX_OK, 'opened');

sub login { return succeeds(log_in($vm), 'up') }

sub snapshot {
    my ($name, $options) = @_;
    my ($err, $snapshot) = VMCreateSnapshot($vm, $name, undef, $options, VIX_INVALID_HANDLE);
    succeeds($err, "VMCreateSnapshot $name");
    return $snapshot;
}

sub sound {
    my ($what) = @_;
    for my $disk (glob "$keep/guest/*.vmdk") {
        my $report = qx(qemu-img check -U -f vmdk '$disk' 2>&1);
        is($?, 0, "$what: $disk is sound") or diag($report);
    }
    return;
}

succeeds(VMPowerOn($vm, @none), 'VMPowerOn');
login();
is(in_guest($vm, 'echo one >/mnt/one.txt && sync'), 0, 'its disk is written');
is(in_guest($vm, 'sleep 12345 >/dev/null 2>&1 & echo in memory >/tmp/kept'), 0, 'its memory is, too');

my $memory = snapshot('memory', VIX_SNAPSHOT_INCLUDE_MEMORY);
is(in_guest($vm, "grep -q 'in memory' /tmp/kept && grep -q one /mnt/one.txt"), 0, 'it goes on');
is(in_guest($vm, 'echo two >/mnt/two.txt; sync; rm /tmp/kept; killall sleep'), 0, 'and changes');

my $disks = snapshot('disks', 0);
is(in_guest($vm, 'echo three >/mnt/three.txt; sync'), 0, 'and changes more');

succeeds(VMRevertToSnapshot($vm, $memory, @none), 'back to memory');
login();
is(in_guest($vm, "grep -q 'in memory' /tmp/kept && pidof sleep >/dev/null"), 0, 'is as it was');
is(in_guest($vm, 'test -e /mnt/one.txt -a ! -e /mnt/two.txt && echo four >/mnt/four.txt && sync'), 0,
    'and writes on');

succeeds(VMRevertToSnapshot($vm, $disks, @none), 'back to disks');
succeeds(VMPowerOn($vm, @none), 'VMPowerOn');
login();
is(in_guest($vm, 'test -e /mnt/two.txt -a ! -e /mnt/three.txt '
    . '-a ! -e /mnt/four.txt -a ! -e /tmp/kept'), 0, 'has the disk of then, and no memory');

# Removes snapshots that the guest's disk depends on, while the guest writes.
is(in_guest($vm, '(while :; do dd if=/dev/urandom of=/mnt/busy bs=64k count=16; sync; done) '
    . '>/dev/null 2>&1 & echo $! >/tmp/busy'), 0, 'it is busy');
my @more = map { snapshot("busy $_", 0) } 1 .. 3;
succeeds(VMRemoveSnapshot($vm, $more[1], 0), 'VMRemoveSnapshot');
succeeds(VMRemoveSnapshot($vm, $memory, 0), 'VMRemoveSnapshot with memory');
succeeds(VMSuspend($vm, 0), 'VMSuspend');
my $suspended = snapshot('suspended', 0);
succeeds(VMPowerOn($vm, @none), 'resumed');
login();
is(in_guest($vm, 'kill $(cat /tmp/busy)'), 0, 'at work as before');
succeeds(VMPowerOff($vm, VIX_VMPOWEROP_NORMAL), 'VMPowerOff');
sound('off');
succeeds(VMRemoveSnapshot($vm, $disks, VIX_SNAPSHOT_REMOVE_CHILDREN), 'all that is left');
is_deeply([map { s{.*/}{}r } glob "$keep/guest/*-Snapshot* $keep/guest/*-0*"], [],
    'nothing is left of them');
sound('merged');
succeeds(VMPowerOn($vm, @none), 'it starts');
login();
is(in_guest($vm, 'test -e /mnt/two.txt'), 0, 'with its files');
succeeds(VMPowerOff($vm, VIX_VMPOWEROP_NORMAL), 'VMPowerOff');

done_testing;
