package VixTest::Grains;

# Calculations for every sparse format: which grains of an extent a list of sector ranges touches,
# the bytes of one grain, and the order of grains in a file.

use strict;
use warnings;

use Exporter 'import';

our @EXPORT_OK = qw(grains_of grain_bytes laid_out round_up sectors_for);

my $SECTOR = 512;

# Indexes of the grains of the extent [first, first + sectors) that the ranges touch, ascending.
sub grains_of {
    my ($ranges, $first, $sectors, $grain) = @_;
    my %touched;
    for my $range (@{$ranges}) {
        my ($from, $count) = @{$range};
        my $to = $from + $count;
        $from = $first if $from < $first;
        $to   = $first + $sectors if $to > $first + $sectors;
        next if $from >= $to;
        $touched{$_} = 1 for int(($from - $first) / $grain) .. int(($to - 1 - $first) / $grain);
    }
    return sort { $a <=> $b } keys %touched;
}

# The bytes of a grain: the model's, and zeros behind the end of the extent.
sub grain_bytes {
    my ($content, $first, $sectors, $grain, $index) = @_;
    my $from  = $index * $grain;
    my $count = $sectors - $from < $grain ? $sectors - $from : $grain;
    return $content->bytes($first + $from, $count) . "\0" x (($grain - $count) * $SECTOR);
}

# The grains in their order in the file: ascending, "reverse", or "shuffled" (always the same way).
sub laid_out {
    my ($order, @grains) = @_;
    return @grains if !$order;
    return reverse @grains if $order eq 'reverse';
    die "no such order: $order" if $order ne 'shuffled';
    my $state = 12345;
    for my $i (reverse 1 .. $#grains) {
        $state = ($state * 1103515245 + 12345) % 2147483648;
        my $j = int($state / 65536) % ($i + 1);
        @grains[$i, $j] = @grains[$j, $i];
    }
    return @grains;
}

sub round_up {
    my ($value, $unit) = @_;
    return int(($value + $unit - 1) / $unit) * $unit;
}

sub sectors_for {
    my ($bytes) = @_;
    return int(($bytes + $SECTOR - 1) / $SECTOR);
}

1;
