package VixTest::DiskReader;

# The tests' own reader of the disks that a clone may consist of (hosted sparse and flat extents, no
# parent), for layouts that QEMU reads wrongly: extents that end within a grain, several extents in
# one file, extents that are not RW.

use strict;
use warnings;

use Exporter 'import';
use File::Basename qw(dirname);

use VixTest::DiskDescriptor qw(read_descriptor);
use VixTest::DiskSparse     qw(read_sparse);
use VixTest::Files          qw(data_segments get_sectors);

our @EXPORT_OK = qw(disk_content_difference);

my $SECTOR = 512;
my $CHUNK  = 2048;

# Empty if the disk contains exactly the model's bytes; otherwise what differs first.
sub disk_content_difference {
    my ($disk, $content) = @_;
    my $descriptor = read_descriptor($disk);
    my $first      = 0;
    for my $extent (@{ $descriptor->{extents} }) {
        my $difference = _extent_difference(dirname($disk), $extent, $content, $first);
        return "$disk: $difference" if $difference;
        $first += $extent->{sectors};
    }
    return $first == $content->capacity ? '' : "$disk: $first sectors instead of the model's";
}

# Walks the places of an extent that have data, [first sector, count, file, first sector in the
# file], and the gaps between them.
sub _extent_difference {
    my ($dir, $extent, $content, $first) = @_;
    my ($at, %open) = 0;
    for my $place (_places("$dir/" . ($extent->{name} || ''), $extent)) {
        my ($from, $count, $file, $sector) = @{$place};
        return 'data missing in sectors ' . ($first + $at) . " to $from"
            if $from > $at && $content->has_data($first + $at, $from - $at);
        $count = $extent->{sectors} - $from if $from + $count > $extent->{sectors};
        if (!$open{$file}) {
            open $open{$file}, '<:raw', $file or die "open $file: $!";
        }
        my $got = get_sectors($open{$file}, $sector, $count * $SECTOR);
        return _first_difference($got, $content, $first + $from, $count)
            if $got ne $content->bytes($first + $from, $count);
        $at = $from + $count;
    }
    my $rest = $extent->{sectors} - $at;
    return $rest && $content->has_data($first + $at, $rest) ? 'data missing at the end' : '';
}

sub _places {
    my ($file, $extent) = @_;
    my $kind = $extent->{kind};
    return if $kind eq 'ZERO';
    return _sparse_places($file) if $kind eq 'SPARSE';
    return _flat_places($file, $extent) if $kind =~ /^(?:FLAT|VMFS)$/;
    die "no reader for $kind extents";
}

sub _sparse_places {
    my ($file) = @_;
    my $sparse = read_sparse($file);
    die "$file: compressed" if $sparse->{compress_algorithm};
    my ($grain, $entries) = @{$sparse}{qw(grain_size entries)};
    return map { [$_ * $grain, $grain, $file, $entries->{$_}] }
        sort { $a <=> $b } grep { $entries->{$_} > 1 } keys %{$entries};
}

sub _flat_places {
    my ($file, $extent) = @_;
    my $offset = $extent->{offset} || 0;
    my $end    = $offset + $extent->{sectors};
    my @places;
    for my $segment (data_segments($file)) {
        my ($from, $to) = map { int(($_ + $SECTOR - 1) / $SECTOR) } @{$segment};
        $from = $offset if $from < $offset;
        $to   = $end if $to > $end;
        for (; $from < $to; $from += $CHUNK) {
            my $count = $to - $from < $CHUNK ? $to - $from : $CHUNK;
            push @places, [$from - $offset, $count, $file, $from];
        }
    }
    return @places;
}

sub _first_difference {
    my ($got, $content, $first, $count) = @_;
    for my $sector (0 .. $count - 1) {
        next if substr($got, $sector * $SECTOR, $SECTOR) eq $content->bytes($first + $sector, 1);
        return 'sector ' . ($first + $sector) . ' differs from the model';
    }
    return 'short read';
}

1;
