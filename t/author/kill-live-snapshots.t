#!/usr/bin/perl
# A script that takes a snapshot of a running machine is killed at every single call that writes,
# including those to libvirt and to the image server, while the guest's file systems are frozen and
# its processors are stopped. The next call on the machine, whichever it is, makes the guest work
# again, its disks are whole, and the snapshot is absent or complete. VIX_TEST_SOME: this many points
# instead of all.

use strict;
use warnings;

use File::Basename qw(basename);
use FindBin        qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls         qw(open_vm);
use VixTest::Files         qw(slurp);
use VixTest::Guest         qw(guest_to_run in_guest log_in text_of);
use VixTest::SnapshotDisk  qw(present_path snapshot_path);
use VixTest::SnapshotState qw(snapshot_list snapshot_of);
use VixTest::Stepper       qw(can_step numbers_to_try stepped);
use VixTest::Tools         qw(qemu_check run_tool);

my $why = can_step();
plan skip_all => $why if $why;
my ($keep, $vmx) = guest_to_run('guest');
my @none     = (0, VIX_INVALID_HANDLE);
my $NODE     = 'ide0:0';
my $PER_BOOT = 25;
my ($open_err, $vm) = open_vm($vmx);
is($open_err, VIX_OK, 'opened');

sub take {
    my ($name, $options) = @_;
    my ($err, $handle) = open_vm($vmx);
    return $err if $err != VIX_OK;
    ($err) = VMCreateSnapshot($handle, $name, undef, $options, VIX_INVALID_HANDLE);
    return $err;
}

# Possible next calls, on another handle than that of the killed script.
my @NEXT = (
    ['a script' => sub { return in_guest($vm, 'true') || VIX_OK }],
    ['a snapshot' => sub { return take('next', 0) }],
    ['VMUnpause'  => sub { return VMUnpause($vm, @none) }],
    ['a snapshot with memory' => sub { return take('next', VIX_SNAPSHOT_INCLUDE_MEMORY) }],
    ['VMPause'    => sub { return VMPause($vm, @none) || VMUnpause($vm, @none) }],
    ['VMSuspend'  => sub { return VMSuspend($vm, 0) || VMPowerOn($vm, @none) }],
);

sub power_state {
    my ($err, $state) = GetProperties($vm, VIX_PROPERTY_VM_POWER_STATE);
    return $err == VIX_OK ? $state & ~VIX_POWERSTATE_TOOLS_RUNNING : text_of($err);
}

# The numbers in the guest's log, as a disk contains it.
sub log_on {
    my ($disk) = @_;
    my $made = run_tool('qemu-img', 'convert', '-U', qw(-f vmdk -O raw), $disk, "$keep/raw");
    return "qemu-img: $made->{err}" if $made->{status};
    local $ENV{MTOOLS_SKIP_CHECK} = 1;
    return join ' ', split ' ', run_tool('mtype', '-i', "$keep/raw\@\@1M", '::log')->{out};
}

my (@written, %recorded, @wrong);
my %sum = (cases => 0, failures => 0);

sub uids {
    my $value = snapshot_list($vmx)->{value};
    return map { $value->{$_} } grep {/^snapshot\d+\.uid$/} sort keys %{$value};
}

# A frozen disk is no longer written, so its log ends where the guest's log ended then.
sub judge_snapshots {
    for my $uid (uids()) {
        my $disk = snapshot_path($vmx, $uid, $NODE);
        push @wrong, "snapshot $uid is on the current disk" if $disk eq present_path($vmx, $NODE);
        my $log = log_on($disk);
        push @wrong, "snapshot $uid has \"$log\" of \"@written\""
            if index("@written ", "$log ") != 0 && $log ne '';
        $recorded{ snapshot_of($vmx, $uid)->{displayname} }++;
    }
    return;
}

# An incomplete disk that no machine uses is deleted by the next start or snapshot.
sub is_pending {
    my ($disk) = @_;
    my $journal = "$keep/guest/guest.vix-pending";
    return -e $journal && index(slurp($journal), basename($disk)) >= 0;
}

# After power-off everything that the guest wrote is there, in a chain that QEMU finds sound.
sub judge_disks {
    my $err = VMPowerOff($vm, VIX_VMPOWEROP_NORMAL);
    push @wrong, 'VMPowerOff: ' . text_of($err) if $err != VIX_OK;
    push @wrong, grep {length} map { qemu_check($_) } grep { !is_pending($_) } glob "$keep/guest/*.vmdk";
    my $log = log_on(present_path($vmx, $NODE));
    push @wrong, "the disk has \"$log\" instead of \"@written\"" if $log ne "@written";
    judge_snapshots();
    push @wrong, "left: $_" for glob "$keep/guest/*.lck $keep/run/*-*";
    return;
}

sub start_anew {
    while (uids()) {
        my ($err, $root) = VMGetRootSnapshot($vm, 0);
        $err ||= VMRemoveSnapshot($vm, $root, VIX_SNAPSHOT_REMOVE_CHILDREN);
        ReleaseHandle($root) if $root;
        next if !$err;
        push @wrong, 'VMRemoveSnapshot: ' . text_of($err);
        last;
    }
    my @left = map { s{.*/}{}r } glob "$keep/guest/*-0*.vmdk $keep/guest/*-Snapshot*";
    push @wrong, "merged, @left are left" if @left;
    my $err = VMPowerOn($vm, @none) || log_in($vm);
    push @wrong, 'starting it: ' . text_of($err) if $err != VIX_OK;
    return;
}

sub kill_at {
    my ($at, $next, $options) = @_;
    my $run = stepped(sub { return take('killed', $options) }, at => $at, action => 'kill');
    my $place = "$at, " . ($run->{at} || 'none') . ", then $next->[0]";
    my $answer = $next->[1]->();
    push @wrong, "$place: answers " . text_of($answer) if $answer ne VIX_OK;
    my $state = power_state();
    push @wrong, "$place: state $state" if $state ne VIX_POWERSTATE_POWERED_ON;
    my $write = in_guest($vm, "echo $at >>/mnt/log && sync");
    if ($write eq 0) {
        push @written, $at;
    } else {
        push @wrong, "$place: the guest's disk: $write";
    }
    return;
}

is(text_of(VMPowerOn($vm, @none)), 'VIX_OK', 'VMPowerOn');
is(text_of(log_in($vm)),           'VIX_OK', 'and up');
for my $options (0, VIX_SNAPSHOT_INCLUDE_MEMORY) {
    my $what = $options ? 'with memory' : 'of disks';
    my $whole = stepped(sub { return take('whole', $options) });
    is($whole->{code}, VIX_OK, "a snapshot $what") or diag $whole->{detail};
    my @places = numbers_to_try($whole->{calls}, $ENV{VIX_TEST_SOME});
    my $number = 0;
    for my $at (@places) {
        kill_at($at, $NEXT[$number % @NEXT], $options);
        next if ++$number % $PER_BOOT && $number < @places;
        judge_disks();
        start_anew();
    }
    is_deeply(\@wrong, [], "$what: killed at $number of $whole->{calls} calls")
        or diag explain \@wrong;
    $sum{cases} += @places;
    $sum{failures} += @wrong;
    @wrong = ();
}
cmp_ok($recorded{next}, '>', 0, 'some snapshots were taken meanwhile');
judge_disks();
is_deeply(\@wrong, [], 'and at the end');

print "# FIGURES cases=$sum{cases} faults=$sum{cases} failures=$sum{failures}\n";

done_testing;
