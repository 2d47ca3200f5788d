#!/usr/bin/perl
# A clone that is killed at any moment leaves its source as it was and either no virtual machine or
# a whole one, and does not stand in the way of the next.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use Time::HiRes qw(sleep time);
use VMware::Vix::API::Constants;
use VixTest;
use VixTest::Calls      qw(clone_vm start_clone);
use VixTest::CloneJudge qw(clone_complaints);
use VixTest::Files      qw(list_files);

my $keep = temp_dir();
my $seed = $ENV{VIX_TEST_SEED} || $$;
srand $seed;
note "VIX_TEST_SEED=$seed";

my $vm = make_vm(
    dir   => "$keep/source",
    disks => [
        { type => 'monolithicFlat', size_mb       => 12, content => [[0, 24_576, 1]] },
        { type => 'twoGbMaxExtentSparse', size_mb => 8, content => [[0, 15_000, 2]] },
        { type => 'streamOptimized', size_mb => 8, deltas => [{ writes => [[700, 9000, 3]] }] },
    ],
);

# Of the source only the lock of the killed process may be new; the next clone takes it away.
sub source_state {
    return join "\n", grep { !/\.vmx\.lck(?:\/|$)/ } split /\n/, folder_digest($vm->{dir});
}

sub kill_clone_after {
    my ($seconds, $destination) = @_;
    my $pid = start_clone($vm->{vmx}, $destination);
    sleep $seconds;
    my $ended = kill 0, $pid;
    kill 'KILL', $pid;
    waitpid $pid, 0;
    return $? & 127;
}

my $begin = time;
is(clone_vm($vm->{vmx}, "$keep/whole/copy.vmx")->{err}, VIX_OK, 'undisturbed it is cloned');
my $whole  = time - $begin;
my $before = source_state();
my %seen   = (killed => 0, absent => 0, whole => 0);

# Goes on until enough signals came in time: the host may be faster now than when the time was taken.
my $round = 0;
while (++$round <= 16 || $round <= 200 && ($seen{killed} < 3 || !$seen{absent})) {
    my $share = $round % 2 ? rand 1 : 0.6 + rand 0.6;
    my $dir   = "$keep/$round";
    if (kill_clone_after($share * $whole, "$dir/copy.vmx")) {
        $seen{killed}++;
    }
    else {
        $whole *= 0.9;
    }
    my $what = sprintf 'killed after %.0f %% of the time', $share * 100;

    is(source_state(), $before, "$what: the source is as it was");
    my $there = -e "$dir/copy.vmx";
    $seen{ $there ? 'whole' : 'absent' }++;
    if ($there) {
        is_deeply([clone_complaints($vm, $dir, qemu => 0)], [], "$what: there is a whole clone");
        next;
    }
    my $again = clone_vm($vm->{vmx}, "$dir/copy.vmx");
    is($again->{err}, VIX_OK, "$what: the next one succeeds") or diag($again->{text});
    is_deeply([clone_complaints($vm, $dir, qemu => 0)], [], "$what: and is whole");
    is_deeply([grep {/staging|\.lck/} list_files($dir), list_files($vm->{dir})],
        [], "$what: nothing is left of the one that was killed");
}

my $rounds = $round - 1;
cmp_ok($seen{killed}, '>=', 3, "the signal came in time ($seen{killed} of $rounds)");
cmp_ok($seen{absent}, '>=', 1, "some clones were never finished ($seen{absent} of $rounds)");

done_testing();
