package VixTest::Mount;

# A small file system for a test, in a file, mounted as long as the record exists.

use strict;
use warnings;

use Exporter 'import';

use VixTest::Files qw(sparse_file temp_dir truncate_file);
use VixTest::Tools qw(have_tool run_tool);

our @EXPORT_OK = qw(mount_new);

# No blocks reserved for root: with these a disk is never full for a test that runs as root.
my %MAKE = (
    ext4  => ['mkfs.ext4',  '-q', '-b', 4096, '-m', 0],
    xfs   => ['mkfs.xfs',   '-q'],
    btrfs => ['mkfs.btrfs', '-q', '-M'],
);

# Nothing if it cannot be made or mounted here.
sub mount_new {
    my ($kind, $size) = @_;
    my @make = @{ $MAKE{$kind} };
    return if $> != 0 || !have_tool($make[0]);
    my %mount = (keep => temp_dir(), kind => $kind);
    $mount{dir} = "$mount{keep}/mount";
    my $image = sparse_file("$mount{keep}/image", $size);
    mkdir $mount{dir} or die "mkdir: $!";
    return if run_tool(@make, $image)->{status};
    return if run_tool('mount', '-o', 'loop', $image, $mount{dir})->{status};
    $mount{mounted} = 1;
    return bless \%mount, __PACKAGE__;
}

sub dir { return $_[0]{dir} }

# Leaves this many bytes of room; for undef, all there are.
sub leave_room {
    my ($mount, $room) = @_;
    unlink "$mount->{dir}/filler";
    run_tool('sync', '-f', $mount->{dir});
    return if !defined $room;
    my ($free) = run_tool('df', '-B1', '--output=avail', $mount->{dir})->{out} =~ /(\d+)\s*$/;
    return _fill($mount, $free, $room) if $mount->{kind} eq 'btrfs';
    run_tool('fallocate', '-l', $free - $room, "$mount->{dir}/filler") if $free > $room;
    return;
}

# btrfs has more room than it reports, so it is filled until it refuses, and then some is freed.
sub _fill {
    my ($mount, $free, $room) = @_;
    my $filler = "$mount->{dir}/filler";
    my $size   = 0;
    for my $piece ($free - ($free >> 3), 16 << 20, 1 << 20, 64 << 10, 4 << 10) {
        while (!run_tool('fallocate', '-o', $size, '-l', $piece, $filler)->{status}) { $size += $piece }
    }
    truncate_file($filler, $size > $room ? $size - $room : 0);
    run_tool('sync', '-f', $mount->{dir});
    return;
}

sub set_read_only {
    my ($mount, $read_only) = @_;
    my $run = run_tool('mount', '-o', 'remount,' . ($read_only ? 'ro' : 'rw'), $mount->{dir});
    die "remount: $run->{err}" if $run->{status};
    return;
}

sub DESTROY {
    my ($mount) = @_;
    local ($?, $!, $@);
    run_tool('umount', '-l', $mount->{dir}) if $mount->{mounted};
    return;
}

1;
