#!/usr/bin/perl
# Like t/46, many times within the few milliseconds of a call, so that every step is hit.
# VIX_TEST_ROUNDS (200) for each call.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use VixTest::Files        qw(temp_dir);
use VixTest::SnapshotKill qw(calls_to_kill complaints_after_kill duration_of killed_machine);

my $rounds  = $ENV{VIX_TEST_ROUNDS} || 200;
my $keep    = temp_dir();
my $machine = killed_machine("$keep/source");
my %call    = calls_to_kill();
for my $what (sort keys %call) {
    my $whole  = duration_of($machine, $call{$what}[0], "$keep");
    my $killed = 0;
    my @wrong;
    for my $round (1 .. $rounds) {
        my ($signal, @here)
            = complaints_after_kill($machine, $what, $call{$what},
            1.1 * $whole * $round / $rounds, "$keep");
        $killed++ if $signal;
        push @wrong, @here;
        last if @wrong > 5;
    }
    is_deeply(\@wrong, [], sprintf '%s: killed %d of %d times within %.1f ms',
        $what, $killed, $rounds, 1000 * $whole)
        or diag join "\n", @wrong;
}

done_testing();
