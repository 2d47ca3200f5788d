#!/usr/bin/perl
# A sample of t/author/differential.t: disks made by QEMU and by us, read by QEMU, libvmdk and us.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VixTest::Differential
    qw(differential_complaints have_libvmdk odd_sizes patterns subformats);
use VixTest::Files qw(patch_bytes);
use VixTest::Tools qw(have_tool);

plan skip_all => 'needs qemu-img' if !have_tool('qemu-img');
local $ENV{VIX_CLONE_SYNC} = 'FALSE';
my $seed = $ENV{VIX_TEST_SEED} || $$;
srand $seed;
note "VIX_TEST_SEED=$seed";
my %may   = (libvmdk => have_libvmdk());
my @sizes = grep { $_ < 1 << 20 } odd_sizes();
my @patterns = patterns();

for my $subformat (subformats()) {
    for my $round (1 .. 3) {
        my ($sectors, $pattern) = ($sizes[rand @sizes], $patterns[rand @patterns]);
        is_deeply([differential_complaints($subformat, $sectors, $pattern, %may)],
            [], "$subformat, $sectors sectors, $pattern");
    }
}

my $spoil = sub { patch_bytes($_[0], 512 * 100, 'another') };
my @said  = differential_complaints('monolithicSparse', 300, 'empty', %may, spoil => $spoil);
my $readers = $may{libvmdk} ? 2 : 1;
is(scalar(grep {/^(?:QEMU|libvmdk) reads/} @said), 3 * $readers, 'a byte that differs is noticed');

done_testing();
