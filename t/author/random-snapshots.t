#!/usr/bin/perl
# Random worlds of machines, snapshots and clones with every kind of disk, compared with byte
# strings in memory. VIX_TEST_STEPS (300) steps in all, in worlds of 60. VIX_TEST_SEED repeats a
# run; the seed of a failing world is printed with its steps. VIX_TEST_KEEP keeps that world.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use VixTest::SnapshotTrial qw(complaints_about_world);
use VixTest::Tools         qw(have_tool);

plan skip_all => 'needs qemu-io and qemu-img' if !have_tool('qemu-io') || !have_tool('qemu-img');

my $left  = $ENV{VIX_TEST_STEPS} || 300;
my $seed  = $ENV{VIX_TEST_SEED}  || time % 1_000_000;
my $first = $seed;
my ($done, $failed) = (0, 0);
while ($left > 0 && $failed < 5) {
    my $steps = $left > 60 ? 60 : $left;
    my ($disks, @wrong) = complaints_about_world($seed, $steps);
    $failed++ if @wrong;
    fail("VIX_TEST_SEED=$seed VIX_TEST_STEPS=$steps: $disks"), diag(join "\n", @wrong) if @wrong;
    $seed++;
    $done += $steps;
    $left -= $steps;
}
is($failed, 0, "$done steps, seeds $first to " . ($seed - 1));

done_testing();
