#!/usr/bin/perl
# Every call that changes a machine's files, on real file systems (ext4, XFS, btrfs) with room for a
# given number of KiB, and on read-only ones. It returns VIX_OK or the code for the lack of room,
# loses nothing, leaves no incomplete clone, and succeeds once there is room again. Needs root.
# VIX_TEST_ONLY and VIX_TEST_KINDS: patterns for the names of calls and file systems.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use VMware::Vix::API::Constants;
use VixTest::FaultTrial qw(complaints_after reset_trial run_trial start_trial state_key
    trial_names);
use VixTest::Mount      qw(mount_new);

plan skip_all => 'needs root to mount file systems' if $> != 0;

my $only  = $ENV{VIX_TEST_ONLY}  || q(.);
my $kinds = $ENV{VIX_TEST_KINDS} || q(.);
my @room = ((map { 4 * $_ } 0 .. 24), (map { 100 + 50 * $_ } 0 .. 18), 1500, 2000, 4000, 8000);
my %sum  = (cases => 0, failures => 0);

# What is wrong while there is no room; if nothing is, what is wrong with room again.
sub judged {
    my ($mount, $trial, $code) = @_;
    my @wrong = complaints_after($trial, $code, again => 0);
    $mount->leave_room(undef);
    return @wrong ? @wrong : complaints_after($trial, $code);
}

# Returns { sentence => [the rooms] } for what is wrong, and counts each code.
sub tried_with_room {
    my ($mount, $what) = @_;
    $mount->leave_room(undef);
    my $trial = start_trial($what, dir => $mount->dir, by_content => 1);
    my (%wrong, %codes, %judged);
    for my $room (@room) {
        $mount->leave_room(undef);
        reset_trial($trial);
        $mount->leave_room($room * 1024);
        my $code   = run_trial($trial);
        my $detail = VMware::Vix::last_error_detail();
        $codes{$code}++;
        my $known = $judged{"$code " . state_key($trial)} ||= [judged($mount, $trial, $code)];
        my @here = @{$known};
        push @here, "answers $code: $detail" if $code != VIX_OK && $code != VIX_E_DISK_FULL;
        $sum{cases}++;
        $sum{failures}++ if grep { !/untidy/ } @here;
        push @{ $wrong{ join '; ', grep { !/untidy/ } @here } }, $room if grep { !/untidy/ } @here;
    }
    push @{ $wrong{'the disk never was too full'} }, @room
        if !$codes{ +VIX_E_DISK_FULL } && $what !~ /delete/;
    return (\%wrong, join ', ', map {"$_ ($codes{$_})"} sort keys %codes);
}

sub answers_when_read_only {
    my ($mount, $what) = @_;
    $mount->leave_room(undef);
    my $trial = start_trial($what, dir => $mount->dir, by_content => 1);
    reset_trial($trial);
    $mount->set_read_only(1);
    my $code  = run_trial($trial);
    my @wrong = complaints_after($trial, $code, again => 0);
    $mount->set_read_only(0);
    $sum{cases}++;
    return ($code, @wrong);
}

for my $kind (grep {/$kinds/} qw(ext4 xfs btrfs)) {
SKIP: {
        for my $what (grep {/$only/} trial_names()) {
            my $mount = mount_new($kind, 320 << 20) or skip "no $kind here", 1;
            my ($wrong, $codes) = tried_with_room($mount, $what);
            is_deeply($wrong, {}, "$what on a full $kind: codes $codes") or diag explain $wrong;
            $mount = mount_new($kind, 320 << 20);
            my ($code, @wrong) = answers_when_read_only($mount, $what);
            is($code, VIX_E_FILE_READ_ONLY, "$what on a read-only $kind");
            is_deeply(\@wrong, [], "$what on a read-only $kind: nothing is lost");
        }
    }
}
print "# FIGURES cases=$sum{cases} faults=$sum{cases} failures=$sum{failures}\n";

done_testing();
