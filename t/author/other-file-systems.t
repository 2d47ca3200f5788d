#!/usr/bin/perl
# The same clones on other file systems: with reflinks (XFS, btrfs), with small blocks, without holes
# or permissions (VFAT). Needs root and the mkfs programs; skips those that are missing.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::CloneTrial    qw(complaints_about_clone_of);
use VixTest::Files         qw(sparse_file);
use VixTest::SnapshotCalls qw(take_snapshot with_vm);
use VixTest::SnapshotState qw(lengthen_list snapshot_of);
use VixTest::Tools         qw(have_tool run_tool);

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

# More clones of a parent that has a thousand. Where the host knows the times of a file exactly, two
# files of its list take turns.
sub is_recorded {
    my ($what, $dir, $in_turns) = @_;
    my $vm = make_vm(dir => "$dir/source", disks => [{ size_mb => 1 }]);
    is(take_snapshot($vm->{vmx}, 'base'), VIX_OK, "$what: a snapshot");
    lengthen_list($vm->{vmx}, 1, 1000);
    my @clones = map {"$dir/clone/$_/c.vmx"} 1 .. 5;
    my ($err, $former) = with_vm(
        $vm->{vmx},
        sub {
            my ($handle) = @_;
            my ($err, $snapshot) = VMGetRootSnapshot($handle, 0);
            for my $clone (@clones) {
                ($err, my $made) = VMClone($handle, $snapshot, VIX_CLONETYPE_LINKED, $clone, 0,
                    VIX_INVALID_HANDLE)
                    if $err == VIX_OK;
            }
            ReleaseHandle($snapshot);
            return ($err, -e "$vm->{dir}/alpha.vmsd.vix-new");
        }
    );
    is($err, VIX_OK, "$what: five clones");
    is(!!$former, !!$in_turns, "$what: its files take turns: " . ($in_turns ? 'yes' : 'no'));
    my $list = snapshot_of($vm->{vmx}, 1);
    is_deeply([map { $list->{"clone$_"} } 1000 .. 1004], \@clones, "$what: all on record");
    is($list->{numclones}, 1005, "$what: and counted");
    ok(!-e "$vm->{dir}/alpha.vmsd.vix-new", "$what: nothing is left");
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
        is_recorded("$name: a long list", $dir, $name ne 'VFAT');
        is_cloned("$name: two disks", $dir, [{%flat}, { %sparse, slot => 'ide0:0' }]);
    }
}

done_testing();

END {
    local $?;
    run_tool('umount', $_) for @mounted;
}
