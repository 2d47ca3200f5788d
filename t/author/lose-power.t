#!/usr/bin/perl
# The power fails at each system call of every call that changes a machine's files, and what was
# not waited for is lost in part or as a whole (the models are told in VixTest::PowerLoss): nothing
# that was there before is lost, a clone is absent or whole, and what a call that has returned has
# made is there. VIX_TEST_ONLY: a pattern of the calls' names; VIX_TEST_SOME: so many places of each
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
