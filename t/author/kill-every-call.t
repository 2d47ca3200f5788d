#!/usr/bin/perl
# Every call that changes a machine's files, killed at every single system call that changes one.
# The machine's data are never lost, a clone is absent or complete, the same call then succeeds, and
# nothing is left of the killed one. VIX_TEST_ONLY: a pattern for the calls' names; VIX_TEST_SOME:
# this many points of each call instead of all.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use VixTest::FaultSweep qw(kill_sweep);
use VixTest::FaultTrial qw(trial_names);
use VixTest::Stepper    qw(can_step);
use VixTest::Tools      qw(have_tool);

my $why = can_step();
plan skip_all => $why if $why;
my $only = $ENV{VIX_TEST_ONLY} || '.';
my %may  = (qemu => have_tool('qemu-img'), some => $ENV{VIX_TEST_SOME});
my %sum;

for my $what (grep {/$only/} trial_names()) {
    my $sweep = kill_sweep($what, %may);
    my $tried = "killed at $sweep->{cases} of $sweep->{calls} calls";
    is_deeply($sweep->{wrong}, {}, "$what: $tried") or diag explain $sweep->{wrong};
    is_deeply($sweep->{untidy}, {}, "$what: and nothing is left of it")
        or diag explain $sweep->{untidy};
    $sum{$_} += $sweep->{$_} || 0 for qw(cases failures);
    $sum{untidy} += map { @{$_} } values %{ $sweep->{untidy} };
}
print "# FIGURES cases=$sum{cases} faults=$sum{cases} failures=$sum{failures}",
    " untidy=$sum{untidy}\n";

done_testing();
