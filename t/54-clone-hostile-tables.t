#!/usr/bin/perl
# Grain directories, grain tables and compressed grains that lie: outside the file, over each other,
# over the metadata, cut short. Each is refused as a disk that needs repair, or read rightly where a
# sound copy of the table is left.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use Compress::Zlib ();
use VMware::Vix::API::Constants;
use VixTest;
use VixTest::DiskSparse   qw(set_header_field);
use VixTest::Files        qw(patch_bytes read_bytes truncate_file);
use VixTest::HostileTrial qw(complaints_about_hostile);

my $keep = temp_dir();
my @cases;

my $ok      = VIX_OK;
my $invalid = VIX_E_DISK_INVALIDDISK;
my $repair  = VIX_E_DISK_NEEDSREPAIR;

sub add_case {
    my ($name, $disk, $damage, @codes) = @_;
    my $vm = make_vm(dir => "$keep/" . @cases, disks => [$disk]);
    $damage->($vm->{disks}[0]) if $damage;
    push @cases, { name => $name, vm => $vm, codes => \@codes };
    return;
}

sub layout { return $_[0]{extents}[0]{layout} }

# Puts an entry for grain $index into the tables named ("gts", "rgts").
sub put_entry {
    my ($disk, $index, $value, @tables) = @_;
    my $layout = layout($disk);
    for my $table (@tables) {
        my $at = $layout->{$table}[int($index / 512)] * 512 + $index % 512 * 4;
        patch_bytes($disk->{path}, $at, pack 'V', $value);
    }
    return;
}

# The same for table $index of the directories named ("gd", "rgd").
sub put_table {
    my ($disk, $index, $value, @directories) = @_;
    patch_bytes($disk->{path}, layout($disk)->{$_} * 512 + $index * 4, pack 'V', $value)
        for @directories;
    return;
}

my $mono
    = { type => 'monolithicSparse', size_mb => 40, content => [[0, 700, 5], [65_536, 300, 6]] };
my @both = qw(gts rgts);

for my $row (
    ['just behind the file', sub { layout($_[0])->{end} }],
    ['far behind the file', sub {0x7fff_ffff}],
    ['at the last number', sub {0xffff_ffff}],
    ['on the header\'s tail', sub {1}],
    ['in the descriptor', sub {2}],
    ['in the grain tables', sub { layout($_[0])->{gts}[0] }],
    ['on another grain', sub { layout($_[0])->{at}{1} }],
    ['half over another grain', sub { layout($_[0])->{at}{1} + 64 }],
    ['one sector over another grain', sub { layout($_[0])->{at}{1} + 127 }],
    ['reaching over the end of the file', sub { layout($_[0])->{end} - 127 }],
    )
{
    my ($where, $sector) = @{$row};
    add_case("a grain $where", $mono, sub { put_entry($_[0], 3, $sector->($_[0]), @both) },
        $repair);
}
add_case(
    'a bad grain in the primary table only',
    $mono, sub { put_entry($_[0], 3, 0x7fff_ffff, 'gts') },
    $ok, $repair
);
add_case(
    'a bad grain in the redundant table only',
    $mono, sub { put_entry($_[0], 3, 0x7fff_ffff, 'rgts') },
    $ok, $repair
);
add_case(
    'a bad grain in either table',
    $mono,
    sub {
        put_entry($_[0], 3, 0x7fff_ffff, 'gts');
        put_entry($_[0], 2, 0x7fff_ffff, 'rgts');
    },
    $repair
);
add_case(
    'a zero entry where the flag does not allow it', $mono,
    sub { put_entry($_[0], 3, 1, @both) }, $repair
);

my @directories = qw(gd rgd);
for my $row (
    ['behind the file', sub { layout($_[0])->{end} }],
    ['at the last number', sub {0xffff_ffff}],
    ['half outside the file', sub { layout($_[0])->{end} - 2 }],
    ['on another table', sub { layout($_[0])->{gts}[1] }],
    ['half over another table', sub { layout($_[0])->{gts}[1] + 2 }],
    )
{
    my ($where, $sector) = @{$row};
    add_case("a grain table $where",
        $mono, sub { put_table($_[0], 0, $sector->($_[0]), @directories) }, $repair);
}
add_case(
    'a grain table on the header',
    $mono,
    sub {
        put_table($_[0], 0, layout($_[0])->{gd}, @directories);
    },
    $repair
);

# The model is what the tables say before the clone gets a descriptor of its own.
add_case(
    'grain tables behind the text in the descriptor\'s place',
    $mono,
    sub {
        my ($disk) = @_;
        my $layout = layout($disk);
        for my $copy (['gd', 'gts', 10], ['rgd', 'rgts', 14]) {
            my ($directory, $tables, $sector) = @{$copy};
            my $table = read_bytes($disk->{path}, $layout->{$tables}[0] * 512, 2048);
            patch_bytes($disk->{path}, $sector * 512, $table);
            put_table($disk, 0, $sector, $directory);
        }
    },
    $ok,
    $repair
);
add_case(
    'a grain in the descriptor, allowed by the header',
    $mono,
    sub {
        set_header_field($_[0]{path}, 'overhead', 1);
        put_entry($_[0], 3, 5, @both);
    },
    $repair
);
add_case(
    'a grain on the grain tables, allowed by the header',
    $mono,
    sub {
        set_header_field($_[0]{path}, 'overhead', 1);
        put_entry($_[0], 3, layout($_[0])->{gts}[0], @both);
    },
    $repair
);
add_case(
    'a grain table on the grain directory',
    $mono,
    sub {
        put_table($_[0], 1, layout($_[0])->{gd}, @directories);
    },
    $repair
);
add_case(
    'a grain table on a grain',
    $mono,
    sub {
        my $at = layout($_[0])->{at}{5};
        patch_bytes($_[0]{path}, $at * 512, "\0" x 2048);
        put_table($_[0], 1, $at, @directories);
    },
    $repair
);
add_case(
    'both directories at one place',
    $mono,
    sub {
        set_header_field($_[0]{path}, 'rgd_offset', layout($_[0])->{gd});
    },
    $ok,
    $repair
);
add_case(
    'both directories to the same tables',
    $mono,
    sub {
        put_table($_[0], $_, layout($_[0])->{gts}[$_], 'rgd') for 0, 1;
    },
    $ok,
    $repair
);

add_case('a lost table with a sound copy',
    $mono, sub { put_table($_[0], 1, 0xffff_ffff, 'gd') }, $ok);

for my $size (0, 1, 3, 4, 511, 512, 600, 10_000, 11_264, 12_800, 16_384, 65_535, 65_536, 65_537,
    300_000)
{
    add_case(
        "hosted sparse cut to $size bytes",
        $mono, sub { truncate_file($_[0]{path}, $size) },
        $invalid, $repair
    );
}
add_case('hosted sparse without its last byte',
    $mono, sub { truncate_file($_[0]{path}, (-s $_[0]{path}) - 1) }, $repair);

# streamOptimized
my $stream
    = { type => 'streamOptimized', size_mb => 40, content => [[0, 700, 5], [65_536, 300, 6]] };

sub with_grain {
    my ($change) = @_;
    return { %{$stream}, sparse => { corrupt => { 3 => $change } } };
}

add_case('a grain that is no zlib stream', with_grain(sub { 'x' x length $_[0] }), undef, $repair);
add_case('a grain cut short', with_grain(sub { substr $_[0], 0, 40 }), undef, $repair);
add_case('an empty grain', with_grain(sub {''}), undef, $repair);
add_case(
    'a grain with one bit wrong',
    with_grain(sub { my $z = $_[0]; vec($z, 200, 1) ^= 1; $z }),
    undef, $repair
);
add_case(
    'a grain that unpacks to too little',
    with_grain(sub { Compress::Zlib::compress('x' x 1000) }),
    undef, $repair
);
add_case(
    'a grain that unpacks to too much',
    with_grain(sub { Compress::Zlib::compress("\0" x (1 << 26)) }),
    undef, $repair
);
add_case(
    'a grain that says it is another',
    { %{$stream}, sparse => { lba => { 3 => 512 } } },
    undef, $repair
);
add_case(
    'a grain beyond the capacity',
    { %{$stream}, sparse => { lba => { 3 => ~0 } } },
    undef, $repair
);

for my $row (
    ['of no length', 0],
    ['longer than the file', 0x7fff_ffff],
    ['of the last length', 0xffff_ffff]
    )
{
    my ($what, $length) = @{$row};
    add_case("a grain $what",
        $stream,
        sub { patch_bytes($_[0]{path}, layout($_[0])->{at}{3} * 512 + 8, pack 'V', $length) },
        $repair);
}
add_case(
    'two entries for one grain',
    $stream,
    sub {
        my ($disk) = @_;
        my ($gd)   = unpack 'V', read_bytes($disk->{path}, layout($disk)->{gd} * 512, 4);
        my $entry  = read_bytes($disk->{path}, $gd * 512 + 4, 4);
        patch_bytes($disk->{path}, $gd * 512, $entry);
    },
    $repair
);
for my $cut (1, 512, 1024, 1536, 2048, 4096, 20_000) {
    add_case(
        "a stream without its last $cut bytes",
        $stream, sub { truncate_file($_[0]{path}, (-s $_[0]{path}) - $cut) },
        $invalid, $repair
    );
}
add_case(
    "a stream cut to $_ bytes",
    $stream, sub { truncate_file($_[0]{path}, $_) },
    $invalid, $repair
) for 512, 11_264, 65_536;
add_case(
    'a footer that points to itself',
    $stream,
    sub {
        my ($disk) = @_;
        patch_bytes($disk->{path}, layout($disk)->{footer_at} * 512 + 56, pack 'Q<', ~0);
    },
    $invalid,
    $repair
);

# COWD
my $cowd = { type => 'vmfsSparse', content => [[0, 700, 5], [4096, 300, 6]] };

sub put_cowd {
    my ($disk, $grain, $value) = @_;
    my $layout = layout($disk);
    patch_bytes(
        $disk->{extents}[0]{file},
        $layout->{gts}[int($grain / 4096)] * 512 + $grain % 4096 * 4,
        pack 'V', $value
    );
    return;
}

for my $row (
    ['behind the file', sub { layout($_[0])->{end} }],
    ['at the last number', sub {0xffff_ffff}],
    ['on another grain', sub { layout($_[0])->{at}{7} }],
    )
{
    my ($where, $sector) = @{$row};
    add_case("COWD: a grain $where", $cowd, sub { put_cowd($_[0], 3, $sector->($_[0])) }, $repair);
    add_case(
        "COWD: a table $where",
        $cowd,
        sub { patch_bytes($_[0]{extents}[0]{file}, 2048, pack 'V', $sector->($_[0])) },
        $where =~ /grain/ ? ($repair, $invalid) : $repair
    );
}
add_case(
    'COWD: two tables at one place',
    $cowd,
    sub {
        patch_bytes($_[0]{extents}[0]{file}, 2048, pack 'V2', (layout($_[0])->{gts}[0]) x 2);
    },
    $repair
);
add_case(
    "COWD cut to $_ bytes",
    $cowd, sub { truncate_file($_[0]{extents}[0]{file}, $_) },
    $invalid, $repair
) for 0, 4, 31, 512, 2047, 2048, 2500, 18_944, 100_000;

# seSparse
my $sesparse = { type => 'seSparse', size_mb => 40, content => [[0, 700, 5], [32_768, 300, 6]] };

sub put_sesparse {
    my ($disk, $grain, $value) = @_;
    my $place = layout($disk)->{place}{tables_offset};
    patch_bytes($disk->{extents}[0]{file}, $place * 512 + $grain * 8, pack 'Q<', $value);
    return;
}

sub put_sesparse_table {
    my ($disk, $value) = @_;
    patch_bytes(
        $disk->{extents}[0]{file},
        layout($disk)->{place}{gd_offset} * 512,
        pack 'Q<', $value
    );
    return;
}

for my $row (
    ['behind the file', 3 << 60 | 1 << 20],
    ['at the last number', ~0 >> 2],
    ['on another grain', 3 << 60 | 7 << 48],
    ['of no known state', 5 << 60 | 3 << 48],
    ['of the highest state', ~0],
    )
{
    my ($where, $entry) = @{$row};
    add_case("seSparse: a grain $where", $sesparse, sub { put_sesparse($_[0], 3, $entry) },
        $repair);
}
for my $row (
    ['behind the file', 1 << 60 | 0x1000],
    ['at the last number', 1 << 60 | 0xffff_ffff],
    ['on another table', 1 << 60 | 1],
    ['of no known kind', 2 << 60],
    ['with the highest bits', ~0],
    )
{
    my ($where, $entry) = @{$row};
    add_case("seSparse: a table $where",
        $sesparse, sub { put_sesparse_table($_[0], $entry) }, $repair);
}
add_case(
    "seSparse cut to $_ bytes",
    $sesparse, sub { truncate_file($_[0]{extents}[0]{file}, $_) },
    $invalid, $repair
) for 0, 8, 511, 512, 4096, 4608, 20_000, 60_000, 150_000;

# Flat
add_case(
    "flat cut to $_ bytes",
    { type => 'monolithicFlat' },
    sub { truncate_file($_[0]{extents}[0]{file}, $_) }, $repair
) for 0, 1, 512, 4_194_303;
add_case(
    'flat with an offset that leads behind the file',
    { type => 'monolithicFlat', extent_lines => ['RW 8192 FLAT "alpha-flat.vmdk" 1'] },
    undef, $repair
);
add_case(
    'flat with an offset near the last number',
    {   type         => 'monolithicFlat',
        extent_lines => ['RW 8192 FLAT "alpha-flat.vmdk" 18446744073709551615']
    },
    undef, $repair, $invalid
);
add_case(
    'flat extents that overlap in one file',
    {   type         => 'twoGbMaxExtentFlat',
        extents      => [8192],
        extent_lines => [map {qq(RW 4096 FLAT "alpha-f001.vmdk" $_)} 0, 4095],
    },
    undef, $repair
);
add_case(
    'one sparse file for two extents',
    {   type         => 'twoGbMaxExtentSparse',
        extents      => [8192],
        extent_lines => [map {'RW 8192 SPARSE "alpha-s001.vmdk"'} 1 .. 2],
    },
    undef, $repair
);

is_deeply($_->{complaints}, [], $_->{name}) for complaints_about_hostile(@cases);

done_testing();
