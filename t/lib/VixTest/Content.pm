package VixTest::Content;

# The model of a disk: which sectors have data, and exactly which bytes. Tests make disks of every
# kind from such a model and later compare clones with it, so the model must know nothing of VMDK.

use strict;
use warnings;

my $SECTOR = 512;
my $CHUNK  = 2048;

# An all-zero disk of `$capacity` sectors.
sub new {
    my ($class, $capacity) = @_;
    return bless { capacity => $capacity, ranges => [] }, $class;
}

# Ranges where readers fail: first and last sector, both sides of grain borders, a run over several
# grains, single sectors.
sub sample {
    my ($class, $capacity, $seed) = @_;
    my $self = $class->new($capacity);
    $self->write(@{$_}, $seed) for [0, 1], [62, 3], [127, 2], [640, 300], [1023, 1];
    $self->write(int($capacity / 2) - 7, 33, $seed + 1);
    $self->write(int($capacity / 3) * 2, 130, $seed + 2);
    $self->write($capacity - 1, 1, $seed + 3);
    return $self;
}

# From a list of [first sector, count, seed].
sub from_ranges {
    my ($class, $capacity, $ranges) = @_;
    my $self = $class->new($capacity);
    $self->write(@{$_}) for @{$ranges};
    return $self;
}

sub copy {
    my ($self) = @_;
    my $copy = (ref $self)->new($self->{capacity});
    $copy->{ranges} = [map { [@{$_}] } @{ $self->{ranges} }];
    return $copy;
}

sub capacity { return $_[0]{capacity} }

# Sorted, disjoint [first sector, end sector, seed] of all data that is not zero.
sub ranges { return @{ $_[0]{ranges} } }

# The same as [first sector, count], as the disk writers take it.
sub extents_of_data {
    return map { [$_->[0], $_->[1] - $_->[0]] } @{ $_[0]{ranges} };
}

# A seed of 0 writes zeros. A seed that begins with "noise" gives incompressible bytes.
sub write {
    my ($self, $start, $count, $seed) = @_;
    my $end = $start + $count;
    die "range $start+$count outside the disk" if $start < 0 || $end > $self->{capacity};
    my @kept;
    for my $range (@{ $self->{ranges} }) {
        my ($from, $to, $old) = @{$range};
        push @kept, [$from, $start < $to ? $start : $to, $old] if $from < $start;
        push @kept, [$end > $from ? $end : $from, $to, $old] if $to > $end;
    }
    push @kept, [$start, $end, $seed] if $seed;
    $self->{ranges} = [sort { $a->[0] <=> $b->[0] } @kept];
    return $self;
}

sub zero {
    my ($self, $start, $count) = @_;
    return $self->write($start, $count, 0);
}

sub has_data {
    my ($self, $start, $count) = @_;
    my $end = $start + $count;
    return scalar grep { $_->[0] < $end && $_->[1] > $start } @{ $self->{ranges} };
}

# The bytes of a sector range. Beyond the capacity follow zeros, as in the last grain of a disk.
sub bytes {
    my ($self, $start, $count) = @_;
    my $end   = $start + $count;
    my $at    = $start;
    my $bytes = '';
    for my $range (@{ $self->{ranges} }) {
        my ($from, $to, $seed) = @{$range};
        next if $to <= $at;
        last if $from >= $end;
        $from = $at if $from < $at;
        $to   = $end if $to > $end;
        $bytes .= "\0" x (($from - $at) * $SECTOR) . _sectors($seed, $from, $to);
        $at = $to;
    }
    return $bytes . "\0" x (($end - $at) * $SECTOR);
}

# Writes the sectors [$first, $first + $count) to an open file at byte `$offset`; zeros become
# holes.
sub write_to {
    my ($self, $fh, $offset, $first, $count) = @_;
    for my $range (@{ $self->{ranges} }) {
        my ($from, $to) = @{$range};
        $from = $first if $from < $first;
        $to   = $first + $count if $to > $first + $count;
        while ($from < $to) {
            my $n = $to - $from > $CHUNK ? $CHUNK : $to - $from;
            sysseek $fh, $offset + ($from - $first) * $SECTOR, 0 or die "seek: $!";
            my $bytes = $self->bytes($from, $n);
            syswrite($fh, $bytes) == length $bytes or die "write: $!";
            $from += $n;
        }
    }
    return;
}

# Takes much of the tests' time: a loop without a call.
sub _sectors {
    my ($seed, $from, $to) = @_;
    my $bytes = '';
    if ($seed =~ /^noise/) {
        require Digest::SHA;
        for my $lba ($from .. $to - 1) {
            $bytes .= Digest::SHA::sha512("$seed/$lba/$_") for 0 .. 7;
        }
        return $bytes;
    }
    my $format = sprintf 'seed%010d lba%%014d', $seed;
    $bytes .= sprintf($format, $_) x 16 for $from .. $to - 1;
    return $bytes;
}

1;
