#!/usr/bin/perl
# A script that makes many linked clones, for bench/run. Prints the seconds of all of it, from
# HostConnect to HostDisconnect, then those of each clone, one a line.
#
#     many_clones.pl ROOT VMX FOLDER COUNT SYNC

use strict;
use warnings;

use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

my ($root, $vmx, $folder, $count, $sync) = @ARGV;
unshift @INC, "$root/bench/lib";
require Bench::Vix;
Bench::Vix::load($root);

my $start = clock_gettime(CLOCK_MONOTONIC);
my ($host, $vm, $snapshot) = Bench::Vix::open_snapshot($vmx);
my @seconds;
for my $number (1 .. $count) {
    my $target = "$folder/c$number/c$number.vmx";
    push @seconds, Bench::Vix::clone_of_snapshot($vm, $snapshot, $target, $sync);
}
VMware::Vix::Simple::HostDisconnect($host);
my $all = clock_gettime(CLOCK_MONOTONIC) - $start;
print "$_\n" for $all, @seconds;
