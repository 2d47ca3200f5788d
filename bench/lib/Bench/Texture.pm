package Bench::Texture;

# Disk contents: bytes that neither compress nor repeat, made once from /dev/urandom and varied for
# every MiB, so that a gigabyte costs no more than writing it.

use strict;
use warnings;

use constant MIB => 1 << 20;
use constant POOL_MIB => 16;

# `$texture` is `random`, or `half`: of each 4 KiB half is text that zlib packs well.
sub new {
    my ($class, $texture) = @_;
    open my $random, '<:raw', '/dev/urandom' or die "/dev/urandom: $!\n";
    my @pool;
    for (1 .. POOL_MIB) {
        my $piece = q{};
        while (length $piece < MIB) {
            sysread($random, $piece, MIB - length $piece, length $piece) or die "urandom: $!\n";
        }
        push @pool, $piece;
    }
    return bless {pool => \@pool, texture => $texture, count => 0}, $class;
}

sub next_mib {
    my ($self) = @_;
    my $number = ++$self->{count};
    my $key = pack('NN', $number * 2654435761 & 0xffffffff, $number) x (MIB / 8);
    my $bytes = $self->{pool}[$number % POOL_MIB] ^ $key;
    return $bytes if $self->{texture} eq 'random';
    my $text = substr "line $number of a log file that says the same again\n" x 50, 0, 2048;
    for (my $at = 0; $at < MIB; $at += 4096) {
        substr $bytes, $at, 2048, $text;
    }
    return $bytes;
}

# Writes a raw disk: `$data_mib` of data in runs of 32 MiB, spread evenly over the capacity.
sub write_raw {
    my ($self, $path, $data_mib, $capacity_mib) = @_;
    open my $out, '>:raw', $path or die "$path: $!\n";
    truncate $out, $capacity_mib * MIB or die "$path: $!\n";
    my $run = 32;
    my $runs = int(($data_mib + $run - 1) / $run);
    for my $i (0 .. $runs - 1) {
        my $start = int($i * $capacity_mib / $runs);
        my $length = $i == $runs - 1 ? $data_mib - $i * $run : $run;
        sysseek $out, $start * MIB, 0 or die "$path: $!\n";
        for (1 .. $length) {
            my $n = syswrite $out, $self->next_mib;
            die "$path: $!\n" if !defined $n || $n != MIB;
        }
    }
    close $out or die "$path: $!\n";
    return;
}

1;
