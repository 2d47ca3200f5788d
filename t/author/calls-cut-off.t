#!/usr/bin/perl
# A sample of t/author/kill-every-call.t and fail-every-call.t: calls that are killed at a system
# call, or in which one fails. Nothing is lost, no clone is incomplete, the code is right, and
# nothing stays open.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use VixTest::FaultSweep qw(error_sweep kill_sweep power_sweep);
use VixTest::FaultTrial qw(trial_names);
use VixTest::Stepper    qw(can_step);

my $why = can_step();
plan skip_all => $why if $why;

my $seed = $ENV{VIX_TEST_SEED} || $$;
srand $seed;
note "VIX_TEST_SEED=$seed";

for my $what (trial_names()) {
    my $sweep = kill_sweep($what, some => 1);
    is_deeply($sweep->{wrong}, {}, "$what: killed at $sweep->{cases} of $sweep->{calls} calls")
        or diag explain $sweep->{wrong};
}
for my $error (qw(EIO ENOSPC EINTR EMFILE)) {
    my $sweep = error_sweep('clone snapshot', $error, some => 3);
    is_deeply($sweep->{wrong}, {}, "a linked clone meets $error") or diag explain $sweep->{wrong};
}
for my $what ('clone into folder', 'delete clone', 'take') {
    my $sweep = power_sweep($what, 'unordered', some => 1);
    is_deeply($sweep->{wrong}, {}, "$what: the power fails ($sweep->{cases} states)")
        or diag explain $sweep->{wrong};
}

done_testing();
