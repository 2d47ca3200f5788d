#!/usr/bin/perl
# Chains of snapshot deltas of any depth and any mixture of kinds are flattened into one disk of the
# class of the chain's base.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VixTest::CloneTrial qw(complaints_about_clone_of);

my $mono       = 'monolithicSparse';
my $split      = 'twoGbMaxExtentSparse';
my $flat       = 'monolithicFlat';
my $split_flat = 'twoGbMaxExtentFlat';

# A disk of this class under these deltas (what make_delta takes) is cloned to a disk of that class.
sub is_flattened {
    my ($what, $base, $deltas, %may) = @_;
    my $class = $may{class} || $base->{type};
    is_deeply([complaints_about_clone_of([{ %{$base}, deltas => $deltas }], %may, class => $class)],
        [], $what);
    return;
}

# A different stretch of sectors for every level, overlapping the one below by half.
sub levels {
    my ($count, %delta) = @_;
    return [
        map {
            { %delta, writes => [[100 * $_, 200, 1000 + $_]] }
        } 1 .. $count
    ];
}

is_flattened("a chain of $_ deltas", { type => $mono, size_mb => 8 }, levels($_)) for 1, 2, 3, 10;
is_flattened('a chain of 40 deltas', { type => $mono, size_mb => 8 }, levels(40));
is_flattened('deltas that nothing was written to', { type => $mono }, [{}, {}, {}]);
is_flattened(
    'an empty base under a full delta',
    { type => $mono, content => [] },
    [{ writes => [[0, 8192, 5]] }]
);

is_flattened("deltas on a $_ base", { type => $_, size_mb => 8 }, levels(3))
    for $split, $flat, $split_flat;
is_flattened('deltas on a vmfs base', { type => 'vmfs' }, levels(2), class => $flat);
is_flattened(
    'deltas on a streamOptimized base',
    { type => 'streamOptimized' },
    levels(2), class => $mono
);
is_flattened(
    'a split delta on a base in one file',
    { type => $mono, size_mb => 8 },
    [{ type => $split, writes => [[2690, 80, 9]], extents => [4096, 4096, 8192] }]
);
is_flattened(
    'a delta in one file on a split base',
    { type => $split, size_mb => 8 },
    [{ type => $mono, writes => [[5300, 300, 9]] }]
);
is_flattened(
    'COWD deltas on a vmfs base',
    { type => 'vmfs' },
    [   map { { type => 'vmfsSparse', writes => [[1000 * $_, 1, $_], [1000 * $_ + 3, 5, $_]] } }
            1 .. 3
    ],
    class => $flat,
);
is_flattened(
    'seSparse deltas on a vmfs base',
    { type => 'vmfs' },
    [map { { type => 'seSparse', writes => [[1000 * $_ + 3, 9, $_]] } } 1 .. 3],
    class => $flat,
);
is_flattened(
    'hosted, COWD and seSparse deltas in one chain',
    { type => 'vmfs' },
    [   { type => 'vmfsSparse', writes => [[1000, 10, 5]] },
        { type => $mono, writes        => [[1005, 10, 6]] },
        { type => 'seSparse', writes   => [[1008, 1, 7]] },
        { type => $split, writes       => [[4000, 900, 8]] },
    ],
    class => $flat,
);

is_flattened(
    'deltas that write the first and the last sector',
    { type => $mono, sectors => 20_011 },
    [{ writes => [[0, 1, 5]] }, { writes => [[20_010, 1, 6]] }],
);
is_flattened(
    'writes on both sides of a grain border',
    { type => $flat, size_mb => 8, content => [[0, 16_384, 1]] },
    [{ writes => [[127, 1, 5], [256, 1, 6]] }, { writes => [[128, 1, 7], [255, 1, 8]] }],
);
is_flattened(
    'a delta with smaller grains than its base',
    { type => $mono, size_mb => 8, content => [[0, 16_384, 1]] },
    [{ writes => [[100, 1, 5], [1000, 20, 6]], sparse => { grain => 16 } }],
);
is_flattened(
    'a delta with larger grains than its base',
    { type => $mono, size_mb => 8, sparse => { grain => 16 } },
    [{ writes => [[100, 1, 5], [1000, 20, 6]], sparse => { grain => 256 } }],
);
is_flattened(
    'grains in no order at every level',
    { type => $mono, size_mb => 8, sparse => { order => 'shuffled' } },
    levels(3, sparse => { order => 'shuffled' }),
);
is_flattened(
    'a delta with smaller grains on a streamOptimized base',
    { type => 'streamOptimized', size_mb => 8, content => [[0, 16_384, 1]] },
    [{ writes => [[20, 1, 5], [1000, 20, 6]], sparse => { grain => 16 } }],
    class => $mono,
);
is_flattened(
    'single sectors over a streamOptimized base',
    { type => 'streamOptimized', content => [[0, 8192, 1]] },
    [{ type => 'vmfsSparse', writes => [[1, 1, 5], [130, 2, 6], [8190, 1, 7]] }],
    class => $mono,
);
is_flattened(
    'zero entries hide the data below',
    { type => $mono, size_mb => 8, content => [[0, 16_384, 1]] },
    [{ writes => [[5, 1, 2]], zeroed => [[1280, 256]] }, { writes => [[1300, 2, 3]] }],
);
is_flattened(
    'zero entries over a flat base',
    { type => $flat, size_mb => 8, content => [[0, 16_384, 1]] },
    [{ zeroed => [[0, 128], [16_256, 128]] }],
);
is_flattened(
    'zero entries of a seSparse delta',
    { type => 'vmfs', content => [[0, 8192, 1]] },
    [{ type => 'seSparse', zeroed => [[800, 80]], writes => [[824, 1, 4]] }],
    class => $flat,
);
is_flattened(
    'data over zero entries over data',
    { type => $mono, content => [[0, 8192, 1]] },
    [{ zeroed => [[0, 2560]] }, { writes => [[1000, 100, 2]] }, { zeroed => [[1024, 128]] }],
);
is_flattened(
    'all zeros written over data are zeros',
    { type => $mono, content => [[0, 8192, 1]] },
    [{ writes => [[128, 256, 0]] }],
);
my @two = (
    { type => $mono, deltas  => levels(3) },
    { type => $flat, size_mb => 8, slot => 'ide0:0', deltas => levels(1) },
);
is_deeply([complaints_about_clone_of(\@two, any_extents => 1)], [], 'two chains in one machine');

done_testing();
