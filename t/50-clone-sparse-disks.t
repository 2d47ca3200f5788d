#!/usr/bin/perl
# Hosted sparse disks of every make are cloned to sound disks of the same class, byte for byte.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VixTest::CloneTrial qw(complaints_about_clone_of);
use VixTest::DiskSparse qw(set_header_field);
use VixTest::Files      qw(patch_bytes);

sub is_cloned {
    my ($what, $disk, %may) = @_;
    is_deeply([complaints_about_clone_of([$disk], class => $disk->{type}, %may)], [], $what);
    return;
}

my $mono  = 'monolithicSparse';
my $split = 'twoGbMaxExtentSparse';

is_cloned('a disk in one file', { type => $mono, size_mb => 20 });
is_cloned('an empty disk', { type => $mono, size_mb => 20, content => [] });
is_cloned('a disk with every grain in use', { type => $mono, content => [[0, 8192, 7]] });
is_cloned('a disk of one sector', { type => $mono, sectors => 1, content => [[0, 1, 7]] });
is_cloned('a disk smaller than a grain',
    { type => $mono, sectors => 100, content => [[99, 1, 7]] });
is_cloned('a capacity that is no multiple of the grain',
    { type => $mono, sectors => 20_011, content => [[0, 9, 3], [20_000, 11, 4]] });
is_cloned('a disk of several grain tables',
    { type => $mono, size_mb => 100, content => [[65_530, 12, 1], [131_000, 200, 2]] });
is_cloned('a split disk', { type => $split, size_mb => 20 });
is_cloned('a split disk with one extent', { type => $split, size_mb => 8, extents => [16_384] });
is_cloned(
    'a disk split as Workstation splits',
    {   type    => $split,
        sectors => 2 * 8_323_072 + 2048,
        extents => [8_323_072, 8_323_072, 2048],
        content => [[8_323_070, 4, 1], [16_646_143, 2, 2]],
    }
);
is_cloned('a disk split as Workstation split before version 8',
    { type => $split, sectors => 4_192_256 + 8192, extents => [4_192_256, 8192] });
is_cloned('a grown disk with a short extent in the middle',
    { type => $split, sectors => 20_480, extents => [8192, 4096, 8192] });
is_cloned(
    'a split disk whose extents end inside a grain',
    {   type    => $split,
        sectors => 20_011,
        extents => [7000, 8191, 4820],
        content => [[6990, 30, 1], [15_180, 30, 2], [20_010, 1, 3]],
    },
    qemu_source => 0,
    extents     => [7040, 8192, 4779],    # of whole grains, which QEMU reads and writes
);

is_cloned("sparse version $_", { type => $mono, sparse => { version => $_ } }) for 1 .. 3;
is_cloned("grains of $_ sectors", { type => $mono, size_mb => 20, sparse => { grain => $_ } })
    for 16, 32, 64, 256, 1024;
is_cloned('grains in reverse order',
    { type => $mono, size_mb => 20, sparse => { order => 'reverse' } });
is_cloned('grains in no order',
    { type => $mono, size_mb => 20, sparse => { order => 'shuffled' } });
is_cloned('gaps between the grains', { type => $mono, sparse => { gap => 128 } });
is_cloned('grains that begin off the grain raster', { type => $mono, sparse => { gap => 7 } });
is_cloned('entries that say zero', { type => $mono, zeroed => [[2560, 256]] });
is_cloned('no redundant grain directory', { type => $mono, sparse => { redundant => 0 } });
is_cloned('grain tables only where grains are',
    { type => $mono, size_mb => 100, sparse => { lazy_tables => 1 } });
is_cloned('a larger place for the descriptor',
    { type => $mono, sparse => { descriptor_sectors => 40 } });
is_cloned(
    '256 entries in a grain table',
    { type => $mono, size_mb => 40, sparse => { gtes => 256 } },
    qemu_source => 0
);

is_cloned(
    'a disk that was open when the host crashed',
    { type => $mono },
    damage => sub { set_header_field($_[0]{disks}[0]{path}, 'unclean_shutdown', 1) },
);
is_cloned(
    'a lost redundant grain directory',
    { type => $mono },
    damage => sub {
        my $layout = $_[0]{disks}[0]{extents}[0]{layout};
        patch_bytes($_[0]{disks}[0]{path}, $layout->{rgd} * 512, "\xff" x 512);
    },
);
is_cloned(
    'a lost primary grain directory',
    { type => $mono, size_mb => 40 },
    damage => sub {
        my $layout = $_[0]{disks}[0]{extents}[0]{layout};
        patch_bytes($_[0]{disks}[0]{path}, $layout->{gd} * 512, "\xff" x 512);
    },
    qemu_source => 0,
);

done_testing();
