#!/usr/bin/perl
# Disks of every kind that QEMU makes, of odd sizes and with patterns that confuse readers. QEMU and
# this library make them; QEMU, libvmdk and this library read them, equal to the byte. Large disks
# have two patterns only.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use VixTest::Differential
    qw(differential_complaints have_libvmdk odd_sizes patterns subformats);
use VixTest::Tools qw(have_tool);

plan skip_all => 'needs qemu-img' if !have_tool('qemu-img');
local $ENV{VIX_CLONE_SYNC} = 'FALSE';
my %may = (libvmdk => have_libvmdk());
diag 'without libvmdk: python3-libvmdk is missing' if !$may{libvmdk};
my $LARGE = 1 << 20;
my ($cases, $failures) = (0, 0);

for my $subformat (subformats()) {
    for my $sectors (odd_sizes()) {
        my @wrong;
        for my $pattern (grep { $sectors < $LARGE || /^(?:ends|borders)$/ } patterns()) {
            my @here = differential_complaints($subformat, $sectors, $pattern, %may);
            $cases++;
            $failures++ if @here;
            push @wrong, map {"$pattern: $_"} @here;
        }
        is_deeply(\@wrong, [], "$subformat, $sectors sectors");
    }
}
print "# FIGURES cases=$cases faults=0 failures=$failures\n";

done_testing();
