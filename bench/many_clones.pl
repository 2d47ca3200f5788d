#!/usr/bin/perl
# A script that makes many linked clones, for bench/run. Prints the seconds of all of it, from
# HostConnect to HostDisconnect, then those of each clone, one a line. With DELETE it deletes them,
# in the order in which they were made, and prints what that took: the last one first, so that the
# number of clones grows from line to line.
#
#     many_clones.pl ROOT VMX FOLDER COUNT SYNC [DELETE]

use strict;
use warnings;

use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

my ($root, $vmx, $folder, $count, $sync, $delete) = @ARGV;
unshift @INC, "$root/bench/lib";
require Bench::Vix;
Bench::Vix::load($root);

my $start = clock_gettime(CLOCK_MONOTONIC);
my ($host, $vm, $snapshot) = Bench::Vix::open_snapshot($vmx);
my @seconds;
my @clones = map {"$folder/c$_/c$_.vmx"} 1 .. $count;
push @seconds, Bench::Vix::clone_of_snapshot($vm, $snapshot, $_, $sync) for @clones;
if ($delete) {
    $start = clock_gettime(CLOCK_MONOTONIC);
    @seconds = reverse map { Bench::Vix::delete_clone($host, $_, $sync) } @clones;
}
VMware::Vix::Simple::HostDisconnect($host);
my $all = clock_gettime(CLOCK_MONOTONIC) - $start;
print "$_\n" for $all, @seconds;
