#!/usr/bin/perl
# Power loss at each system call of every call that changes a machine's files: what was not synced
# is lost in part or as a whole (VixTest::PowerLoss describes the models). Nothing that existed
# before is lost, a clone is absent or complete, and the result of a call that has returned is
# there. VIX_TEST_ONLY: a pattern for the calls' names; VIX_TEST_SOME: this many points of each call
# instead of all.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use VixTest::FaultSweep qw(power_sweep);
use VixTest::FaultTrial qw(trial_names);
use VixTest::Stepper    qw(can_step);

my $why = can_step();
plan skip_all => $why if $why;

my $only = $ENV{VIX_TEST_ONLY} || '.';
my $seed = $ENV{VIX_TEST_SEED} || $$;
srand $seed;
note "VIX_TEST_SEED=$seed";
my %sum;

for my $what (grep {/$only/} trial_names()) {
    for my $model (qw(ordered unordered)) {
        my $sweep = power_sweep($what, $model, some => $ENV{VIX_TEST_SOME});
        is_deeply($sweep->{wrong}, {},
            "$what: $model, $sweep->{cases} states after $sweep->{calls} calls")
            or diag explain $sweep->{wrong};
        $sum{$_} += $sweep->{$_} || 0 for qw(cases failures);
    }
}
print "# FIGURES cases=$sum{cases} faults=$sum{cases} failures=$sum{failures}\n";

done_testing();
