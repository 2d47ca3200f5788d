package VixTest::DiskStream;

# Writes streamOptimized extents: deflated grains one after the other, the tables behind them
# announced by markers, a footer that says where the directory is. Has switches for the other forms
# in use: the directory in the header, grains without markers, metadata without markers.

use strict;
use warnings;

use Exporter 'import';

use VixTest::DiskSparse qw(sparse_header);
use VixTest::Files      qw(put_sectors);
use VixTest::Grains     qw(grains_of grain_bytes laid_out round_up sectors_for);

our @EXPORT_OK = qw(write_stream);

my $SECTOR        = 512;
my $GD_AT_END     = ~0;
my %MARKER        = (eos => 0, table => 1, directory => 2, footer => 3);
my $FLAGS         = 0x30001;
my $NO_MARKERS    = 0x10001;
my $GTES          = 512;
my $TABLE_SECTORS = 4;

# Required: content, first, sectors, stored, descriptor. Optional: grain, directory ("end", the
# default, or "header": the tables come first and the header names them), markers (0: grains are
# bare zlib streams), version, order, level (of zlib), header, footer (fields to overwrite), corrupt
# (grain index => sub that changes the deflated bytes), lba (grain index => other lba in its
# marker).
sub write_stream {
    my ($path, %given) = @_;
    my %stream = (grain => 128, directory => 'end', markers => 1, level => 6, %given);
    my @grains = grains_of($stream{stored}, @stream{qw(first sectors grain)});
    my $reach  = $GTES * $stream{grain};
    $stream{tables} = int(($stream{sectors} + $reach - 1) / $reach);
    open my $fh, '+>:raw', $path or die "open $path: $!";
    @stream{qw(fh end)} = ($fh, 0);
    _append(\%stream, "\0" x (21 * $SECTOR));
    _reserve_tables(\%stream) if $stream{directory} eq 'header';
    _pad_to(\%stream, $stream{overhead} = round_up($stream{end}, $stream{grain}));
    _append_grain(\%stream, $_) for laid_out($stream{order}, @grains);
    $stream{directory} eq 'header' ? _fill_tables(\%stream) : _append_tables(\%stream);
    put_sectors($fh, 0, _header(\%stream, %{ $stream{header} || {} }));
    put_sectors($fh, 1, $stream{descriptor});
    close $fh or die "close $path: $!";
    return \%stream;
}

sub _header {
    my ($stream, %fields) = @_;
    return sparse_header(
        version            => $stream->{version} || ($stream->{markers} ? 3 : 1),
        flags              => $stream->{markers} ? $FLAGS : $NO_MARKERS,
        capacity           => $stream->{sectors},
        grain_size         => $stream->{grain},
        descriptor_offset  => 1,
        descriptor_size    => 20,
        gd_offset          => $stream->{directory} eq 'end' ? $GD_AT_END : $stream->{gd},
        overhead           => $stream->{overhead},
        compress_algorithm => 1,
        %fields,
    );
}

sub _append {
    my ($stream, $bytes) = @_;
    my $sector = $stream->{end};
    $bytes .= "\0" x (-length($bytes) % $SECTOR);
    put_sectors($stream->{fh}, $sector, $bytes);
    $stream->{end} += length($bytes) / $SECTOR;
    return $sector;
}

sub _pad_to {
    my ($stream, $sector) = @_;
    my $missing = $sector - $stream->{end};
    _append($stream, "\0" x ($missing * $SECTOR)) if $missing > 0;
    return;
}

sub _append_grain {
    my ($stream, $index) = @_;
    require Compress::Zlib;    # takes longer to load than all else here; few tests write streams
    my $plain    = grain_bytes(@{$stream}{qw(content first sectors grain)}, $index);
    my $deflated = Compress::Zlib::compress($plain, $stream->{level});
    my $change   = $stream->{corrupt}{$index};
    $deflated = $change->($deflated) if $change;
    my $lba = $index * $stream->{grain};
    $lba = $stream->{lba}{$index} if defined $stream->{lba}{$index};
    my $marker = $stream->{markers} ? pack('Q<V', $lba, length $deflated) : '';
    $stream->{at}{$index} = _append($stream, $marker . $deflated);
    return;
}

sub _marker {
    my ($kind, $sectors) = @_;
    return pack 'Q<VVx496', $sectors, 0, $MARKER{$kind};
}

sub _table {
    my ($stream, $table) = @_;
    return pack 'V*', map { $stream->{at}{$_} || 0 } $table * $GTES .. ($table + 1) * $GTES - 1;
}

sub _append_tables {
    my ($stream) = @_;
    my %needed = map { int($_ / $GTES) => 1 } keys %{ $stream->{at} };
    my @directory;
    for my $table (0 .. $stream->{tables} - 1) {
        push @directory, 0;
        next if !$needed{$table};
        _append($stream, _marker('table', $TABLE_SECTORS)) if $stream->{markers};
        $directory[-1] = _append($stream, _table($stream, $table));
    }
    my $sectors = sectors_for(4 * @directory);
    _append($stream, _marker('directory', $sectors)) if $stream->{markers};
    $stream->{gd} = _append($stream, pack 'V*', @directory);
    _append($stream, _marker('footer', 1));
    $stream->{footer_at} = _append($stream,
        _header($stream, gd_offset => $stream->{gd}, %{ $stream->{footer} || {} }));
    _append($stream, _marker('eos', 0));
    return;
}

sub _reserve_tables {
    my ($stream) = @_;
    my $count    = $stream->{tables};
    my $tables   = 21 + sectors_for(4 * $count);
    $stream->{gd}
        = _append($stream, pack 'V*', map { $tables + $_ * $TABLE_SECTORS } 0 .. $count - 1);
    $stream->{gts} = [map { _append($stream, "\0" x ($TABLE_SECTORS * $SECTOR)) } 1 .. $count];
    return;
}

sub _fill_tables {
    my ($stream) = @_;
    put_sectors($stream->{fh}, $stream->{gts}[$_], _table($stream, $_)) for 0 .. $stream->{tables} - 1;
    return;
}

1;
