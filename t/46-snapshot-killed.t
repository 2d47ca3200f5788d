#!/usr/bin/perl
# Snapshot calls and linked clones that are killed at any moment: what the machine holds is never
# lost, no snapshot is changed, and the next call succeeds.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VixTest::Files        qw(temp_dir);
use VixTest::SnapshotKill qw(calls_to_kill complaints_after_kill duration_of killed_machine);

my $seed = $ENV{VIX_TEST_SEED} || $$;
srand $seed;
note "VIX_TEST_SEED=$seed";

my $ROUNDS  = 6;
my $keep    = temp_dir();
my $machine = killed_machine("$keep/source");
my %call    = calls_to_kill();
for my $what (sort keys %call) {
    my $whole = duration_of($machine, $call{$what}[0], "$keep");
    my ($round, $killed) = (0, 0);
    my @wrong;
    # Goes on until some signals came in time: the host may be faster now than when the time was taken.
    while (++$round <= $ROUNDS || $round <= 20 * $ROUNDS && $killed < 2) {
        my ($signal, @here)
            = complaints_after_kill($machine, $what, $call{$what}, rand 1.1 * $whole, "$keep");
        $signal ? $killed++ : ($whole *= 0.9);
        push @wrong, @here;
    }
    is_deeply(\@wrong, [], "$what, killed");
    cmp_ok($killed, '>=', 2, "the signal came in time ($killed of " . --$round . ')');
}

done_testing();
