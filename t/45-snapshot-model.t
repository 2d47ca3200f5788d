#!/usr/bin/perl
# Short random worlds of machines, snapshots and clones, always the same:
# t/author/random-snapshots.t plays longer ones.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VixTest::SnapshotTrial qw(complaints_about_world);

for my $seed (1 .. 3) {
    my ($disks, @wrong) = complaints_about_world($seed, 24, every => 6);
    ok(!@wrong, "world $seed: $disks") or diag join "\n", @wrong;
}

done_testing();
