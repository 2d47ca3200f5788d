#!/usr/bin/perl
# The same clones on other file systems: with reflinks (XFS, btrfs), with small blocks, without holes
# or permissions (VFAT). Needs root and the mkfs programs; skips those that are missing.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use VixTest;
use VixTest::CloneTrial qw(complaints_about_clone_of);
use VixTest::Files      qw(sparse_file);
use VixTest::Tools      qw(have_tool run_tool);

plan skip_all => 'needs root to mount file systems' if $> != 0;

my $keep = temp_dir();
my @mounted;

# name => how to make one
my @systems = (
    ['ext4, blocks of 1 KiB', 'mkfs.ext4',  '-q', '-b', 1024],
    ['XFS with reflinks',     'mkfs.xfs',   '-q', '-m', 'reflink=1'],
    ['XFS without',           'mkfs.xfs',   '-q', '-m', 'reflink=0'],
    ['btrfs',                 'mkfs.btrfs', '-q'],
    ['VFAT',                  'mkfs.vfat',  '-F', 32],
);

sub mount_new {
    my ($number, @make) = @_;
    my $image = sparse_file("$keep/image$number", 600 << 20);
    my $made  = run_tool(@make, $image);
    return if $made->{status};
    mkdir "$keep/mount$number";
    return if run_tool('mount', '-o', 'loop', $image, "$keep/mount$number")->{status};
    push @mounted, "$keep/mount$number";
    return $mounted[-1];
}

sub is_cloned {
    my ($what, $dir, $disks, %may) = @_;
    my @wrong = complaints_about_clone_of($disks, any_extents => 1, %may, dir => $dir);
    is_deeply(\@wrong, [], $what);
    run_tool('rm', '-rf', '--', "$dir/source", "$dir/clone");
    return;
}

my %flat   = (type => 'monolithicFlat',   size_mb => 8, content => [[0, 9000, 1], [12_000, 1, 2]]);
my %sparse = (type => 'monolithicSparse', size_mb => 8);
my @shadow = map { { writes => [[100 * $_, 300, 10 + $_]] } } 1 .. 3;

my $number = 0;
for my $system (@systems) {
    my ($name, @make) = @{$system};
SKIP: {
        skip "$make[0] is missing", 1 if !have_tool($make[0]);
        my $dir = mount_new($number++, @make);
        skip "$name cannot be mounted here", 1 if !$dir;
        is_cloned("$name: $_", $dir, [{ %sparse, type => $_ }])
            for qw(monolithicSparse twoGbMaxExtentSparse monolithicFlat twoGbMaxExtentFlat
            streamOptimized vmfsSparse seSparse);
        is_cloned("$name: flat, mostly data", $dir, [{%flat}]);
        is_cloned("$name: odd sizes", $dir, [{ %flat, size_mb => undef, sectors => 16_389 }]);
        is_cloned("$name: grains off the raster of blocks", $dir,
            [{ %sparse, sparse => { gap => 3, order => 'shuffled' } }]);
        is_cloned(
            "$name: flat data off the raster of blocks",
            $dir,
            [   {   %flat,
                    size_mb => undef,
                    sectors => 16_384,
                    extents => [{ sectors => 16_384, offset => 63, name => 'disk.img' }],
                }
            ]
        );
        is_cloned("$name: a chain on a flat disk", $dir, [{ %flat, deltas => \@shadow }]);
        is_cloned("$name: a chain on a sparse disk", $dir, [{ %sparse, deltas => \@shadow }]);
        is_cloned("$name: grains smaller than blocks",
            $dir, [{ %sparse, sparse => { grain => 1 << 4 }, deltas => \@shadow }]);
        is_cloned("$name: two disks", $dir, [{%flat}, { %sparse, slot => 'ide0:0' }]);
    }
}

done_testing();

END {
    local $?;
    run_tool('umount', $_) for @mounted;
}
