#!/usr/bin/perl
# Disks that no hosted VM could run from are read exactly and become hosted disks: streamOptimized
# and the sparse formats of ESX turn into monolithicSparse; mixed extents are read as they are.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VixTest::CloneTrial qw(complaints_about_clone_of);

sub is_cloned {
    my ($what, $disk, %may) = @_;
    is_deeply([complaints_about_clone_of([$disk], class => 'monolithicSparse', %may)], [], $what);
    return;
}

my $stream = 'streamOptimized';
my $noise  = [[0, 700, 'noise1'], [5000, 90, 'noise2']];

is_cloned('a stream', { type => $stream, size_mb => 20 });
is_cloned('an empty stream', { type => $stream, content => [] });
is_cloned('a stream of an odd size', { type => $stream, sectors => 20_011 });
is_cloned('a stream of data that does not deflate', { type => $stream, content => $noise });
is_cloned("a stream deflated at level $_", { type => $stream, sparse => { level => $_ } })
    for 0, 1, 9;
is_cloned('a stream of several grain tables',
    { type => $stream, size_mb => 100, content => [[65_530, 12, 1], [131_000, 200, 2]] });
is_cloned('a stream with its grains in no order',
    { type => $stream, sparse => { order => 'shuffled' } });
is_cloned('a stream with small grains', { type => $stream, sparse => { grain => 16 } });
is_cloned('a stream whose header names the directory',
    { type => $stream, sparse => { directory => 'header' } });
is_cloned('a stream without markers',
    { type => $stream, sparse => { directory => 'header', markers => 0 } });
is_cloned(
    'a stream without markers but with a footer',
    { type => $stream, sparse => { markers => 0 } }
);
is_cloned('a stream of version 1', { type => $stream, sparse => { version => 1 } });
is_cloned(
    'a read-only stream',
    { type => $stream, sectors => 8192, extents => [{ sectors => 8192, access => 'RDONLY' }] },
    qemu_source => 0,
);

is_cloned('a COWD disk', { type => 'vmfsSparse', size_mb => 20 });
is_cloned('an empty COWD disk', { type => 'vmfsSparse', content => [] });
is_cloned('a COWD disk of an odd size', { type => 'vmfsSparse', sectors => 20_011 });
is_cloned("COWD grains of $_ sectors", { type => 'vmfsSparse', sparse => { grain => $_ } })
    for 8, 128;
is_cloned('COWD grains in no order', { type => 'vmfsSparse', sparse => { order => 'shuffled' } });

is_cloned('a seSparse disk', { type => 'seSparse', size_mb => 20 });
is_cloned('an empty seSparse disk', { type => 'seSparse', content => [] });
is_cloned('a seSparse disk of an odd size', { type => 'seSparse', sectors => 20_011 });
is_cloned('a seSparse disk of several grain tables',
    { type => 'seSparse', size_mb => 40, content => [[32_760, 20, 1], [81_900, 20, 2]] });
is_cloned('seSparse grains with numbers beyond twelve bits',
    { type => 'seSparse', size_mb => 40, content => [[0, 40_000, 7]] });
is_cloned('seSparse grains in no order', { type => 'seSparse', sparse => { order => 'shuffled' } });
is_cloned('seSparse entries that say zero or unmapped',
    { type => 'seSparse', zeroed => [[2560, 256]], sparse => { unmapped => [[3200, 64]] } });

# The classes that a hosted disk may have; which one a mixture becomes is no matter here.
is_cloned(
    'flat, zero and sparse extents in one disk',
    {   type    => 'custom',
        sectors => 20_480,
        extents => [
            { sectors => 8192 },
            { sectors => 4096, kind => 'ZERO' },
            { sectors => 8192, kind => 'SPARSE' },
        ],
        content => [[0, 40, 1], [8180, 12, 2], [12_288, 5, 3], [20_479, 1, 4]],
    },
    class       => undef,
    any_extents => 1,
    qemu_source => 0,
);
is_cloned(
    'a split sparse disk with a zero extent',
    {   type    => 'twoGbMaxExtentSparse',
        sectors => 12_288,
        extents => [{ sectors => 8192 }, { sectors => 4096, kind => 'ZERO' }],
        content => [[0, 40, 1], [8180, 12, 2]],
    },
    class       => undef,
    any_extents => 1,
    qemu_source => 0,
);
is_cloned(
    'a disk that is one zero extent',
    {   type    => 'custom',
        sectors => 8192,
        extents => [{ sectors => 8192, kind => 'ZERO' }],
        content => []
    },
    class       => undef,
    any_extents => 1,
    qemu_source => 0,
);

done_testing();
