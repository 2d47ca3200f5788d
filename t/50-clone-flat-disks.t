#!/usr/bin/perl
# Flat disks of every make are cloned to flat disks of the same class, byte for byte, holes
# included.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VixTest::CloneTrial qw(complaints_about_clone_of);
use VixTest::Files      qw(temp_dir);

sub is_cloned {
    my ($what, $disk, %may) = @_;
    is_deeply([complaints_about_clone_of([$disk], class => $disk->{type}, %may)], [], $what);
    return;
}

my $mono  = 'monolithicFlat';
my $split = 'twoGbMaxExtentFlat';

is_cloned('a disk in one flat file', { type => $mono, size_mb => 20 });
is_cloned('a flat disk of nothing but zeros', { type => $mono, content => [] });
is_cloned('a flat disk without a hole', { type => $mono, content => [[0, 8192, 7]] });
is_cloned('a flat disk of an odd size', { type => $mono, sectors => 20_011 });
is_cloned('a split flat disk', { type => $split, size_mb => 20 });
is_cloned('a flat disk split as Workstation splits',
    { type => $split, sectors => 4_193_792 + 8192, extents => [4_193_792, 8192] });
is_cloned(
    'a flat disk whose data begins behind the start of its file',
    {   type    => $mono,
        sectors => 8192,
        extents => [{ sectors => 8192, offset => 63, name => 'disk.img' }],
    }
);
is_cloned(
    'two extents in one file',
    {   type    => $split,
        sectors => 20_480,
        extents => [
            { sectors => 8192, name   => 'disk.img', offset => 12_300 },
            { sectors => 12_288, name => 'disk.img', offset => 5 },
        ],
        content => [[0, 40, 1], [8190, 10, 2], [20_400, 80, 3]],
    }
);
is_cloned(
    'a read-only extent',
    { type => $mono, sectors => 8192, extents => [{ sectors => 8192, access => 'RDONLY' }] },
    qemu_source => 0,
);
is_cloned("an ESX disk of type $_", { type => $_ }, class => 'monolithicFlat', qemu_source => 0)
    for qw(vmfs vmfsPreallocated vmfsEagerZeroedThick);
is_cloned(
    'a thin ESX disk becomes a sparse one', { type => 'vmfsThin' },
    class       => 'monolithicSparse',
    qemu_source => 0
);

my $dir = temp_dir();
is_cloned(
    'a flat disk of 3 GiB that is almost all holes',
    { type => $mono, size_mb => 3072, content => [[0, 8, 1], [6_291_000, 8, 2]] },
    dir => "$dir"
);
my $blocks = (stat "$dir/clone/alpha-cl1-flat.vmdk")[12];
cmp_ok($blocks, '<=', 2048, 'its clone has the holes too');

done_testing();
