#!/usr/bin/perl
# Every call that changes a machine's files, with every single system call failing in turn,
# including those that only read. Nothing is lost, the code is right, the detail names path and
# errno, and no descriptor and no thread stays. A system call that is interrupted or transfers less
# is repeated. VIX_TEST_ONLY and VIX_TEST_ERRORS: patterns for the names of the calls and the
# errors; VIX_TEST_SOME: this many points of each call instead of all.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use VixTest::FaultSweep qw(error_sweep errors_to_try);
use VixTest::FaultTrial qw(trial_names);
use VixTest::Stepper    qw(can_step);

my $why = can_step();
plan skip_all => $why if $why;
my $only = $ENV{VIX_TEST_ONLY}   || '.';
my $errs = $ENV{VIX_TEST_ERRORS} || '.';
my %sum;

for my $what (grep {/$only/} trial_names()) {
    for my $error (grep {/$errs/} errors_to_try()) {
        my $sweep = error_sweep($what, $error, some => $ENV{VIX_TEST_SOME});
        my $codes = join ', ', map {"$_ ($sweep->{codes}{$_})"} sort keys %{ $sweep->{codes} };
        is_deeply($sweep->{wrong}, {},
            "$what: $error at $sweep->{cases} of $sweep->{calls} calls: codes $codes")
            or diag explain $sweep->{wrong};
        $sum{$_} += $sweep->{$_} || 0 for qw(cases failures);
    }
}
print "# FIGURES cases=$sum{cases} faults=$sum{cases} failures=$sum{failures}\n";

done_testing();
