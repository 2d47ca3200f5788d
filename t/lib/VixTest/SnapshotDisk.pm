package VixTest::SnapshotDisk;

# The disks of a machine with snapshots as its guest uses them: which files its .vmx names, what the
# guest reads, and writing as a product does: in place, with new grains filled from the parent, and
# with a new content id.

use strict;
use warnings;

use Exporter 'import';
use File::Basename qw(dirname);

use VixTest::Content;
use VixTest::DiskDescriptor qw(read_descriptor);
use VixTest::DiskSparse     qw(read_sparse);
use VixTest::Files          qw(patch_bytes read_bytes slurp spew);
use VixTest::SnapshotChain  qw(chain_bytes);
use VixTest::SnapshotState  qw(snapshot_of);
use VixTest::Vmx            qw(read_vmx);

our @EXPORT_OK = qw(present_path snapshot_path guest_writes guest_reads put_bytes content_id
    set_content_id sectors);

my $SECTOR = 512;

# The full path of the disk that a .vmx names for a node.
sub present_path {
    my ($vmx, $node) = @_;
    my $name = read_vmx($vmx)->{value}{ lc($node || 'scsi0:0') . '.filename' };
    return $name =~ m{^/} ? $name : dirname($vmx) . "/$name";
}

# The full path of a snapshot's frozen disk.
sub snapshot_path {
    my ($vmx, $uid, $node) = @_;
    my $snapshot = snapshot_of($vmx, $uid) or die "$vmx has no snapshot $uid";
    for my $number (0 .. $snapshot->{numdisks} - 1) {
        next if $snapshot->{"disk$number.node"} ne ($node || 'scsi0:0');
        my $name = $snapshot->{"disk$number.filename"};
        return $name =~ m{^/} ? $name : dirname($vmx) . "/$name";
    }
    die "snapshot $uid of $vmx has no such disk";
}

sub guest_reads {
    my ($vmx, $node) = @_;
    return chain_bytes(present_path($vmx, $node));
}

# Writes ranges of [first sector, count, seed] (0: zeros) to a current disk and returns what the
# guest reads from it now.
sub guest_writes {
    my ($vmx, $node, @ranges) = @_;
    my $path   = present_path($vmx, $node);
    my $before = chain_bytes($path);
    return put_bytes($path, $before, map { [$_->[0], sectors(@{$_})] } @ranges);
}

# The bytes of a range.
sub sectors {
    my ($first, $count, $seed) = @_;
    my $content = VixTest::Content->new($first + $count);
    return $content->write($first, $count, $seed)->bytes($first, $count);
}

# Writes [first sector, bytes] to the disk file at `$path`, which reads as `$before` until then.
sub put_bytes {
    my ($path, $before, @pieces) = @_;
    my $after = $before;
    substr $after, $_->[0] * $SECTOR, length $_->[1], $_->[1] for @pieces;
    my $first      = 0;
    my $descriptor = read_descriptor($path);
    my @ranges     = map { [$_->[0], length($_->[1]) / $SECTOR] } @pieces;
    for my $extent (@{ $descriptor->{extents} }) {
        my $file = read_bytes($path, 0, 4) eq 'KDMV' ? $path : dirname($path) . "/$extent->{name}";
        my @here = _clipped($first, $extent->{sectors}, @ranges);
        my $put  = $extent->{kind} eq 'SPARSE' ? \&_put_grains : \&_put_flat;
        $put->($file, $extent, \$after, $first, @here) if @here;
        $first += $extent->{sectors};
    }
    set_content_id($path);
    return $after;
}

# The parts of the ranges within an extent, counted from its first sector.
sub _clipped {
    my ($first, $sectors, @ranges) = @_;
    my @parts;
    for my $range (@ranges) {
        my ($from, $to) = ($range->[0] - $first, $range->[0] + $range->[1] - $first);
        $from = 0        if $from < 0;
        $to   = $sectors if $to > $sectors;
        push @parts, [$from, $to] if $from < $to;
    }
    return @parts;
}

sub _put_flat {
    my ($file, $extent, $after, $first, @parts) = @_;
    for my $part (@parts) {
        my ($from, $to) = @{$part};
        my $bytes = substr ${$after}, ($first + $from) * $SECTOR, ($to - $from) * $SECTOR;
        patch_bytes($file, (($extent->{offset} || 0) + $from) * $SECTOR, $bytes);
    }
    return;
}

sub _put_grains {
    my ($file, $extent, $after, $first, @parts) = @_;
    my $sparse = read_sparse($file);
    my $grain  = $sparse->{grain_size};
    my %touched;
    for my $part (@parts) {
        $touched{$_} = 1 for int($part->[0] / $grain) .. int(($part->[1] - 1) / $grain);
    }
    for my $index (sort { $a <=> $b } keys %touched) {
        my $count = $extent->{sectors} - $index * $grain;
        $count = $grain if $count > $grain;
        my $bytes = substr ${$after}, ($first + $index * $grain) * $SECTOR, $count * $SECTOR;
        my $at    = $sparse->{entries}{$index} || 0;
        $at = _new_grain($file, $sparse, $index) if $at <= 1;
        patch_bytes($file, $at * $SECTOR, $bytes . "\0" x (($grain - $count) * $SECTOR));
    }
    return;
}

# Appends a grain to the file and enters it in both copies of the tables.
sub _new_grain {
    my ($file, $sparse, $index) = @_;
    my $at = int((-s $file) / $SECTOR);
    $at += -$at % $sparse->{grain_size};
    my $entries = $sparse->{gtes_per_gt};
    for my $directory ($sparse->{gd_offset}, $sparse->{flags} & 2 ? $sparse->{rgd_offset} : ()) {
        my $slot  = $directory * $SECTOR + int($index / $entries) * 4;
        my $table = unpack 'V', read_bytes($file, $slot, 4);
        patch_bytes($file, $table * $SECTOR + $index % $entries * 4, pack 'V', $at);
    }
    return $at;
}

sub content_id {
    my ($path) = @_;
    return read_descriptor($path)->{header}{CID};
}

# Sets another content id, like every program that has written to a disk.
sub set_content_id {
    my ($path, $id) = @_;
    my $is = content_id($path);
    $id = _other_id($is) if !defined $id;
    my $embedded = read_bytes($path, 0, 4) eq 'KDMV';
    my ($at, $size) = $embedded ? unpack 'Q<2', read_bytes($path, 28, 16) : (0, 0);
    my $text = $embedded ? read_bytes($path, $at * $SECTOR, $size * $SECTOR) : slurp($path);
    $text =~ s/^CID=\Q$is\E/CID=$id/m or die "$path has no content id";
    return spew($path, $text) if !$embedded;
    patch_bytes($path, $at * $SECTOR, $text);
    return;
}

sub _other_id {
    my ($id) = @_;
    return sprintf '%0*x', length $id, (hex($id) + 0x11) & (0xffffffff >> (4 * (8 - length $id)));
}

1;
