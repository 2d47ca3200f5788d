package VixTest::DiskSparse;

# Writes hosted sparse extents ("KDMV"): monolithicSparse and the -s001 files of a split disk.
# Written from the description of the format alone, with a switch for every variation that a reader
# must accept.

use strict;
use warnings;

use Exporter 'import';

use VixTest::Files  qw(get_sectors read_bytes patch_bytes put_sectors);
use VixTest::Grains qw(grains_of grain_bytes laid_out round_up sectors_for);

our @EXPORT_OK = qw(write_sparse sparse_header header_field set_header_field read_sparse
    sparse_complaints);

my $SECTOR = 512;

# name => [offset, pack template]
my %FIELD = (
    magic              => [0, 'a4'],
    version            => [4, 'V'],
    flags              => [8, 'V'],
    capacity           => [12, 'Q<'],
    grain_size         => [20, 'Q<'],
    descriptor_offset  => [28, 'Q<'],
    descriptor_size    => [36, 'Q<'],
    gtes_per_gt        => [44, 'V'],
    rgd_offset         => [48, 'Q<'],
    gd_offset          => [56, 'Q<'],
    overhead           => [64, 'Q<'],
    unclean_shutdown   => [72, 'C'],
    newline_test       => [73, 'a4'],
    compress_algorithm => [77, 'v'],
);

sub sparse_header {
    my (%given) = @_;
    my %value = (
        magic              => 'KDMV',
        version            => 1,
        flags              => 3,
        grain_size         => 128,
        descriptor_offset  => 0,
        descriptor_size    => 0,
        gtes_per_gt        => 512,
        rgd_offset         => 0,
        unclean_shutdown   => 0,
        newline_test       => "\n \r\n",
        compress_algorithm => 0,
        %given,
    );
    my $header = "\0" x $SECTOR;
    for my $name (keys %FIELD) {
        my ($offset, $template) = @{ $FIELD{$name} };
        my $bytes = pack $template, $value{$name};
        substr $header, $offset, length $bytes, $bytes;
    }
    return $header;
}

sub header_field {
    my ($path, $name)       = @_;
    my ($offset, $template) = @{ $FIELD{$name} };
    return unpack $template, read_bytes($path, $offset, 8);
}

sub set_header_field {
    my ($path, $name, $value) = @_;
    my ($offset, $template) = @{ $FIELD{$name} };
    patch_bytes($path, $offset, pack $template, $value);
    return;
}

# Required: content, first (the extent's first sector on the disk), sectors, stored (ranges whose
# grains are written). Optional: zeroed (ranges whose grains get the zero entry), grain, gtes,
# version, flags, descriptor (text), descriptor_sectors, order, gap (sectors between grains),
# lazy_tables (no grain table without a grain), redundant (0: none), header (fields to overwrite).
# Returns the place of every part.
sub write_sparse {
    my ($path, %given) = @_;
    my $layout = _layout(%given);
    open my $fh, '+>:raw', $path or die "open $path: $!";
    put_sectors($fh, 0, _header_for($layout));
    if (defined $given{descriptor}) {
        die 'descriptor too long' if length $given{descriptor} > $layout->{descriptor} * $SECTOR;
        put_sectors($fh, 1, $given{descriptor});
    }
    _put_grains($fh, $layout);
    _put_tables($fh, $layout, $layout->{rgd}, $layout->{rgts}) if $layout->{rgd};
    _put_tables($fh, $layout, $layout->{gd}, $layout->{gts});
    truncate $fh, $layout->{end} * $SECTOR or die "truncate $path: $!";
    close $fh                              or die "close $path: $!";
    return $layout;
}

sub _layout {
    my (%given) = @_;
    my %layout  = (grain => 128, gtes => 512, redundant => 1, zeroed => [], header => {}, %given);
    my $reach   = $layout{gtes} * $layout{grain};
    $layout{tables}       = int(($layout{sectors} + $reach - 1) / $reach);
    $layout{table_length} = sectors_for($layout{gtes} * 4);
    $layout{descriptor}   = defined $given{descriptor} ? $given{descriptor_sectors} || 20 : 0;
    my @stored = grains_of($layout{stored}, @layout{qw(first sectors grain)});
    my @zeroed = grains_of($layout{zeroed}, @layout{qw(first sectors grain)});
    my $next   = 1 + $layout{descriptor};
    ($layout{rgd}, $layout{rgts}, $next) = _place_tables(\%layout, $next, @stored, @zeroed)
        if $layout{redundant};
    ($layout{gd}, $layout{gts}, $next) = _place_tables(\%layout, $next, @stored, @zeroed);
    $layout{overhead} = round_up($next, $layout{grain});
    $next = $layout{overhead};

    for my $index (laid_out($layout{order}, @stored)) {
        $layout{at}{$index} = $next;
        $next += $layout{grain} + ($layout{gap} || 0);
    }
    $layout{end} = $next;
    my $is_stored = $layout{at} ||= {};
    $layout{entry} = { map({ $_ => 1 } grep { !$is_stored->{$_} } @zeroed), %{ $layout{at} } };
    return \%layout;
}

# Returns (first sector of the directory, [first sector of each table or 0], first free sector
# behind).
sub _place_tables {
    my ($layout, $at, @grains) = @_;
    my %needed = map { int($_ / $layout->{gtes}) => 1 } @grains;
    my $next   = $at + sectors_for($layout->{tables} * 4);
    my @tables;
    for my $table (0 .. $layout->{tables} - 1) {
        push @tables, $layout->{lazy_tables} && !$needed{$table} ? 0 : $next;
        $next += $layout->{table_length} if $tables[-1];
    }
    return ($at, \@tables, $next);
}

sub _header_for {
    my ($layout) = @_;
    my %given    = %{$layout};
    my $flags    = 1 | ($given{redundant} ? 2 : 0) | (@{ $given{zeroed} } ? 4 : 0);
    return sparse_header(
        version           => $given{version} || 1,
        flags             => defined $given{flags} ? $given{flags} : $flags,
        capacity          => $given{sectors},
        grain_size        => $given{grain},
        gtes_per_gt       => $given{gtes},
        descriptor_offset => $given{descriptor} ? 1 : 0,
        descriptor_size   => $given{descriptor},
        rgd_offset        => $given{rgd} || 0,
        gd_offset         => $given{gd},
        overhead          => $given{overhead},
        %{ $given{header} },
    );
}

sub _put_grains {
    my ($fh, $layout) = @_;
    for my $index (keys %{ $layout->{at} }) {
        put_sectors(
            $fh,
            $layout->{at}{$index},
            grain_bytes(@{$layout}{qw(content first sectors grain)}, $index)
        );
    }
    return;
}

sub _put_tables {
    my ($fh, $layout, $directory, $tables) = @_;
    put_sectors($fh, $directory, pack 'V*', @{$tables});
    my %entry = %{ $layout->{entry} };
    my @rows;
    $rows[int($_ / $layout->{gtes})][$_ % $layout->{gtes}] = $entry{$_} for keys %entry;
    for my $table (grep { $rows[$_] } 0 .. $#rows) {
        put_sectors($fh, $tables->[$table], pack 'V*', map { $_ || 0 } @{ $rows[$table] });
    }
    return;
}

# Returns { header fields, entries => {grain => entry}, redundant => the same from the redundant
# tables }.
sub read_sparse {
    my ($path) = @_;
    open my $fh, '<:raw', $path or die "open $path: $!";
    my $header = get_sectors($fh, 0, $SECTOR);
    my %found  = map { $_ => unpack "x$FIELD{$_}[0] $FIELD{$_}[1]", $header } keys %FIELD;
    my $reach  = $found{grain_size} * $found{gtes_per_gt};
    $found{tables}    = int(($found{capacity} + $reach - 1) / $reach);
    $found{entries}   = _read_entries($fh, \%found, $found{gd_offset});
    $found{redundant} = _read_entries($fh, \%found, $found{rgd_offset}) if $found{flags} & 2;
    return \%found;
}

sub _read_entries {
    my ($fh, $found, $directory) = @_;
    my @tables = unpack 'V*', get_sectors($fh, $directory, $found->{tables} * 4);
    my $length = $found->{gtes_per_gt};
    my %entries;
    for my $table (grep { $tables[$_] } 0 .. $#tables) {
        my $bytes = get_sectors($fh, $tables[$table], $length * 4);
        next if $bytes !~ /[^\0]/;
        my @row = unpack 'V*', $bytes;
        $entries{ $table * $length + $_ } = $row[$_] for grep { $row[$_] } 0 .. $#row;
    }
    return \%entries;
}

# Checks what a sound sparse extent must not have: tables that disagree, grains that overlap, are
# outside the file, inside the metadata or not aligned. Returns a list of sentences, empty for a
# sound extent.
sub sparse_complaints {
    my ($path) = @_;
    my $found  = read_sparse($path);
    my $grain  = $found->{grain_size};
    my $size   = -s $path;
    my @wrong;
    push @wrong, 'newline test damaged' if $found->{newline_test} ne "\n \r\n";
    push @wrong, 'marked as not shut down' if $found->{unclean_shutdown};
    push @wrong, 'overhead no multiple of the grain' if $found->{overhead} % $grain;
    push @wrong, 'redundant tables differ'
        if $found->{flags} & 2 && !_same($found->{entries}, $found->{redundant});
    my @at = sort { $a <=> $b } grep { $_ > 1 } values %{ $found->{entries} };
    push @wrong, "a grain at sector $at[0] inside the metadata"
        if @at && $at[0] < $found->{overhead};
    push @wrong, "a grain at sector $at[-1] outside the file"
        if @at && $at[-1] * $SECTOR + $SECTOR > $size;
    push @wrong, "grains overlap at sector $at[$_]"
        for grep { $at[$_] - $at[$_ - 1] < $grain } 1 .. $#at;
    return @wrong;
}

sub _same {
    my ($one, $other) = @_;
    return 0 if keys %{$one} != keys %{$other};
    return !grep { !defined $other->{$_} || $other->{$_} != $one->{$_} } keys %{$one};
}

1;
