#!/usr/bin/perl
# Many clones of a small machine, killed within the few milliseconds they take, so that every step
# is hit. The clone is absent or complete, and the next one succeeds. VIX_TEST_ROUNDS (300).

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use Time::HiRes qw(sleep time);
use VixTest;
use VixTest::Calls      qw(clone_vm start_clone);
use VixTest::CloneJudge qw(clone_complaints);
use VixTest::Files      qw(list_files);

my $keep   = temp_dir();
my $rounds = $ENV{VIX_TEST_ROUNDS} || 300;
my $vm     = make_vm(dir => "$keep/source", disks => [{ type => 'twoGbMaxExtentSparse' }, {}]);

sub source_state {
    return join "\n", grep { !/\.vmx\.lck(?:\/|$)/ } split /\n/, folder_digest($vm->{dir});
}

my $before = source_state();
my $whole  = 0;
for my $round (1 .. 5) {
    my $begin = time;
    my $pid   = start_clone($vm->{vmx}, "$keep/timed$round/copy.vmx");
    waitpid $pid, 0;
    my $took = time - $begin;
    $whole = $took if $took > $whole;
}

my %seen;
my @wrong;
for my $round (1 .. $rounds) {
    my $dir = "$keep/round";
    my $pid = start_clone($vm->{vmx}, "$dir/copy.vmx");
    sleep $whole * $round / $rounds;
    kill 'KILL', $pid;
    waitpid $pid, 0;
    my @left = -d $dir  ? list_files($dir) : ();
    my $step = !-d $dir ? 'before' : -e "$dir/copy.vmx" ? 'whole' : @left ? 'midway' : 'empty';
    $step = 'publishing'
        if $step eq 'midway' && grep { !m{/} && /^(?:alpha|copy)\..*[^k]$|vmdk$/ } @left;
    $seen{$step}++;
    push @wrong, "round $round: the source differs" if source_state() ne $before;

    if ($step ne 'whole') {
        my $again = clone_vm($vm->{vmx}, "$dir/copy.vmx");
        push @wrong, "round $round ($step, @left): $again->{err} $again->{text}" if $again->{err};
        push @wrong, "round $round: left " . join ' ', grep {/staging|\.lck/} list_files($dir)
            if grep {/staging|\.lck/} list_files($dir);
    }
    push @wrong, map {"round $round ($step): $_"} clone_complaints($vm, $dir, qemu => 0)
        if -e "$dir/copy.vmx";
    system 'rm', '-rf', '--', $dir;
    last if @wrong > 10;
}
is_deeply(\@wrong, [], "$rounds clones killed: " . join ', ', map {"$_ $seen{$_}"} sort keys %seen);
cmp_ok($seen{midway} || 0, '>', 0, 'some of them midway');

done_testing();
