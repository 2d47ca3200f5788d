package VixTest::DiskCowd;

# Writes ESX copy-on-write extents ("COWD", the -delta.vmdk of a vmfsSparse disk).

use strict;
use warnings;

use Exporter 'import';

use VixTest::Files  qw(patch_bytes put_sectors);
use VixTest::Grains qw(grains_of grain_bytes laid_out round_up sectors_for);

our @EXPORT_OK = qw(write_cowd set_cowd_field);

my $SECTOR = 512;
my $GTES   = 4096;

my %FIELD = (
    magic      => [0, 'a4'],
    version    => [4, 'V'],
    flags      => [8, 'V'],
    capacity   => [12, 'V'],
    grain_size => [16, 'V'],
    gd_offset  => [20, 'V'],
    gd_entries => [24, 'V'],
    free       => [28, 'V'],
);

sub set_cowd_field {
    my ($path, $name, $value) = @_;
    my ($offset, $template) = @{ $FIELD{$name} };
    patch_bytes($path, $offset, pack $template, $value);
    return;
}

# Required: content, first, sectors, stored. Optional: grain (1 by default, as ESX makes them),
# order, header (fields to overwrite).
sub write_cowd {
    my ($path, %given) = @_;
    my %cowd   = (grain => 1, header => {}, %given);
    my @grains = grains_of($cowd{stored}, @cowd{qw(first sectors grain)});
    my $reach  = $GTES * $cowd{grain};
    my $tables = int(($cowd{sectors} + $reach - 1) / $reach);
    my %needed = map { int($_ / $GTES) => 1 } @grains;
    my $next   = 4 + sectors_for($tables * 4);
    my @tables;

    for my $table (0 .. $tables - 1) {
        push @tables, $needed{$table} ? $next : 0;
        $next += $GTES * 4 / $SECTOR if $needed{$table};
    }
    for my $index (laid_out($cowd{order}, @grains)) {
        $cowd{at}{$index} = $next;
        $next += $cowd{grain};
    }
    @cowd{qw(gd gts tables end)} = (4, \@tables, $tables, $next);
    _write_file($path, \%cowd);
    return \%cowd;
}

sub _write_file {
    my ($path, $cowd) = @_;
    open my $fh, '+>:raw', $path or die "open $path: $!";
    put_sectors($fh, 0,           _header($cowd));
    put_sectors($fh, $cowd->{gd}, pack 'V*', @{ $cowd->{gts} });
    my @rows;
    for my $index (keys %{ $cowd->{at} }) {
        $rows[int($index / $GTES)][$index % $GTES] = $cowd->{at}{$index};
        put_sectors($fh, $cowd->{at}{$index},
            grain_bytes(@{$cowd}{qw(content first sectors grain)}, $index));
    }
    for my $table (grep { $rows[$_] } 0 .. $#rows) {
        put_sectors($fh, $cowd->{gts}[$table], pack 'V*', map { $_ || 0 } @{ $rows[$table] });
    }
    truncate $fh, $cowd->{end} * $SECTOR or die "truncate $path: $!";
    close $fh                            or die "close $path: $!";
    return;
}

sub _header {
    my ($cowd) = @_;
    my %value = (
        magic      => 'COWD',
        version    => 1,
        flags      => 3,
        capacity   => $cowd->{sectors},
        grain_size => $cowd->{grain},
        gd_offset  => $cowd->{gd},
        gd_entries => $cowd->{tables},
        free       => $cowd->{end},
        %{ $cowd->{header} },
    );
    my $header = "\0" x 2048;
    for my $name (keys %FIELD) {
        my ($offset, $template) = @{ $FIELD{$name} };
        my $bytes = pack $template, $value{$name};
        substr $header, $offset, length $bytes, $bytes;
    }
    return $header;
}

1;
