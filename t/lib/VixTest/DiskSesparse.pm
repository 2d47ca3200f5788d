package VixTest::DiskSesparse;

# Writes ESX space-efficient sparse extents (the -sesparse.vmdk of a seSparse disk).

use strict;
use warnings;

use Exporter 'import';

use VixTest::Files  qw(patch_bytes put_sectors);
use VixTest::Grains qw(grains_of grain_bytes laid_out round_up sectors_for);

our @EXPORT_OK = qw(write_sesparse set_sesparse_field sesparse_field_names);

my $SECTOR  = 512;
my $GRAIN   = 8;
my $GTES    = 4096;
my $TABLE   = 64;
my $GD_MARK = 1 << 60;
my %STATE   = (unmapped => 1, zero => 2, allocated => 3);

# The 64-bit fields of the constant header, in their order.
my @FIELDS = qw(magic version capacity grain_size table_size flags reserved1 reserved2 reserved3
    reserved4 volatile_offset volatile_size journal_header_offset journal_header_size
    journal_offset journal_size gd_offset gd_size tables_offset tables_size bitmap_offset
    bitmap_size backmap_offset backmap_size grains_offset grains_size);
my %INDEX = map { $FIELDS[$_] => $_ } 0 .. $#FIELDS;

sub sesparse_field_names { return @FIELDS }

sub set_sesparse_field {
    my ($path, $name, $value) = @_;
    patch_bytes($path, $INDEX{$name} * 8, pack 'Q<', $value);
    return;
}

# Required: content, first, sectors, stored. Optional: zeroed and unmapped (ranges whose grains get
# the entry of that name; both read as zeros), order, header (fields to overwrite), replay (the
# journal must be replayed before the extent can be read).
sub write_sesparse {
    my ($path, %given) = @_;
    my %extent = (zeroed => [], unmapped => [], header => {}, replay => 0, %given);
    $extent{grains} = [grains_of($extent{stored}, @extent{qw(first sectors)}, $GRAIN)];
    _plan_entries(\%extent);
    _plan_places(\%extent);
    open my $fh, '+>:raw', $path or die "open $path: $!";
    put_sectors($fh, 0, _header(\%extent));
    put_sectors($fh, $extent{place}{volatile_offset}, pack 'Q<4x480', 0xcafe_cafe, 0, 0, $extent{replay});
    _put_tables($fh, \%extent);

    for my $index (keys %{ $extent{number} }) {
        put_sectors(
            $fh,
            $extent{place}{grains_offset} + $extent{number}{$index} * $GRAIN,
            grain_bytes(@extent{qw(content first sectors)}, $GRAIN, $index)
        );
    }
    truncate $fh, $extent{end} * $SECTOR or die "truncate $path: $!";
    close $fh                            or die "close $path: $!";
    return \%extent;
}

sub _plan_entries {
    my ($extent) = @_;
    my %entry;
    for my $state (qw(unmapped zeroed)) {
        my $bits = $state eq 'zeroed' ? $STATE{zero} : $STATE{unmapped};
        $entry{$_} = $bits << 60
            for grains_of($extent->{$state}, @{$extent}{qw(first sectors)}, $GRAIN);
    }
    my $number = 0;
    for my $index (laid_out($extent->{order}, @{ $extent->{grains} })) {
        $extent->{number}{$index} = $number;
        $entry{$index} = $STATE{allocated} << 60 | ($number & 0xfff) << 48 | $number >> 12;
        $number++;
    }
    $extent->{entry} = \%entry;
    $extent->{count} = $number;
    return;
}

sub _plan_places {
    my ($extent)  = @_;
    my $directory = int(($extent->{sectors} + $GTES * $GRAIN - 1) / ($GTES * $GRAIN));
    my %needed    = map  { int($_ / $GTES) => 1 } keys %{ $extent->{entry} };
    my @tables    = sort { $a <=> $b } keys %needed;
    @{ $extent->{table_index} }{@tables} = 0 .. $#tables;
    $extent->{directory} = $directory;
    my $table_sectors = (@tables || 1) * $TABLE;
    my $grain_sectors = $extent->{count} * $GRAIN;
    my $next          = 8;

    for my $part (
        [volatile       => 1],
        [journal_header => 2],
        [journal        => 16],
        [gd             => round_up(sectors_for($directory * 8), $TABLE)],
        [tables         => $table_sectors],
        [bitmap         => 8],
        [backmap        => 8],
        [grains         => $grain_sectors],
        )
    {
        my ($name, $size) = @{$part};
        $next                              = round_up($next, $GRAIN);
        $extent->{place}{"${name}_offset"} = $next;
        $extent->{place}{"${name}_size"}   = $size;
        $next += $size;
    }
    $extent->{end} = $next;
    return;
}

sub _header {
    my ($extent) = @_;
    my %value = (
        magic      => 0xcafe_babe,
        version    => 2 << 32 | 1,
        capacity   => $extent->{sectors},
        grain_size => $GRAIN,
        table_size => $TABLE,
        map({ $_ => 0 } qw(flags reserved1 reserved2 reserved3 reserved4)),
        %{ $extent->{place} },
        %{ $extent->{header} },
    );
    return pack 'Q<*', @value{@FIELDS};
}

sub _put_tables {
    my ($fh, $extent) = @_;
    my $place = $extent->{place};
    my %index = %{ $extent->{table_index} || {} };
    my @directory
        = map { exists $index{$_} ? $GD_MARK | $index{$_} : 0 } 0 .. $extent->{directory} - 1;
    put_sectors($fh, $place->{gd_offset}, pack 'Q<*', @directory);
    my %entry = %{ $extent->{entry} };
    my %rows;
    $rows{ int($_ / $GTES) }[$_ % $GTES] = $entry{$_} for keys %entry;
    for my $table (keys %rows) {
        put_sectors($fh, $place->{tables_offset} + $index{$table} * $TABLE,
            pack 'Q<*', map { $_ || 0 } @{ $rows{$table} });
    }
    return;
}

1;
