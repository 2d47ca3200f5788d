#!/usr/bin/perl
# Every field of every header at its limits: a sound reading or the right refusal, in bounded time
# and memory, and never a crash.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VixTest;
use VixTest::DiskCowd     qw(set_cowd_field);
use VixTest::DiskSesparse qw(set_sesparse_field);
use VixTest::DiskSparse   qw(set_header_field);
use VixTest::HostileTrial qw(complaints_about_hostile);

my $keep = temp_dir();
my @cases;

my $ok      = VIX_OK;
my $invalid = VIX_E_DISK_INVALIDDISK;
my $repair  = VIX_E_DISK_NEEDSREPAIR;
my $version = VIX_E_DISK_UNSUPPORTEDDISKVERSION;
my $unknown = VIX_E_DISK_NOTSUPPORTED;
my $most    = ~0;
my $half    = 1 << 63;

sub add_case {
    my ($name, $disk, $damage, @codes) = @_;
    my $vm = make_vm(dir => "$keep/" . @cases, disks => [$disk]);
    $damage->($vm->{disks}[0]);
    push @cases, { name => $name, vm => $vm, codes => \@codes };
    return;
}

# field, value, codes allowed. Where a field does no harm the clone must be true.
my @hosted = (
    ['magic', 'VMDK', $invalid],
    ['version', 0, $invalid],
    ['version', 4, $version],
    ['version', 0xffff_ffff, $version],
    ['flags', 0, $ok],
    ['flags', 0xffff_ffff, $ok, $invalid, $unknown, $repair],
    ['flags', 0x3_0003, $ok, $invalid, $repair],
    ['capacity', 0, $invalid],
    ['capacity', 1, $invalid],
    ['capacity', $half, $invalid],
    ['capacity', $most, $invalid],
    ['grain_size', 0, $invalid],
    ['grain_size', 3, $invalid],
    ['grain_size', $half, $invalid],
    ['grain_size', $most, $invalid],
    ['descriptor_offset', $most, $ok, $invalid],
    ['descriptor_size', $most, $ok, $invalid],
    ['gtes_per_gt', 0, $invalid],
    ['gtes_per_gt', 0x8000_0000, $invalid],
    ['gtes_per_gt', 0xffff_ffff, $invalid],
    ['rgd_offset', 0, $ok],
    ['rgd_offset', $half, $ok],
    ['rgd_offset', $most, $ok],
    ['gd_offset', 0, $ok],
    ['gd_offset', $half, $ok],
    ['gd_offset', $most, $repair],
    ['gd_offset', $most - 1, $ok],
    ['overhead', 0, $ok],
    ['overhead', $half, $repair, $invalid],
    ['overhead', $most, $repair, $invalid],
    ['unclean_shutdown', 255, $ok],
    ['newline_test', "\n\r\n\n", $repair, $invalid],
    ['compress_algorithm', 1, $repair, $invalid],
    ['compress_algorithm', 0xffff, $unknown],
);
for my $row (@hosted) {
    my ($field, $value, @codes) = @{$row};
    add_case(
        "hosted sparse: $field $value",
        { type => 'twoGbMaxExtentSparse', extents => [8192] },
        sub { set_header_field($_[0]{extents}[0]{file}, $field, $value) }, @codes
    );
}
for my $row (
    ['descriptor_offset', 0, $invalid],
    ['descriptor_offset', $half, $invalid, $repair],
    ['descriptor_offset', $most, $invalid, $repair],
    ['descriptor_offset', 21, $invalid],
    ['descriptor_size', 0, $invalid],
    ['descriptor_size', $half, $invalid, $repair],
    ['descriptor_size', $most, $invalid, $repair],
    ['descriptor_size', 1 << 40, $invalid, $repair],
    ['capacity', 8191, $invalid],
    )
{
    my ($field, $value, @codes) = @{$row};
    add_case(
        "embedded descriptor: $field $value",
        { type => 'monolithicSparse' },
        sub { set_header_field($_[0]{path}, $field, $value) }, @codes
    );
}
add_case(
    'no directory at all',
    { type => 'monolithicSparse' },
    sub {
        set_header_field($_[0]{path}, 'gd_offset', 0);
        set_header_field($_[0]{path}, 'rgd_offset', 0);
    },
    $repair,
    $invalid
);
add_case(
    'both directories far away',
    { type => 'monolithicSparse' },
    sub {
        set_header_field($_[0]{path}, 'gd_offset', 1 << 40);
        set_header_field($_[0]{path}, 'rgd_offset', 1 << 41);
    },
    $repair,
    $invalid
);
add_case(
    'a capacity of exabytes in header and descriptor',
    {   type         => 'twoGbMaxExtentSparse',
        sectors      => 8192,
        extents      => [8192],
        extent_lines => ['RW 1125899906842624 SPARSE "alpha-s001.vmdk"'],
    },
    sub { set_header_field($_[0]{extents}[0]{file}, 'capacity', 1 << 50) },
    $invalid, $repair
);

for my $place ('header', 'footer') {
    for my $row (
        ['version', 0],
        ['version', 4],
        ['flags', 0],
        ['capacity', 0],
        ['capacity', $most],
        ['grain_size', 0],
        ['grain_size', $most],
        ['gtes_per_gt', 0],
        ['gtes_per_gt', 0xffff_ffff],
        ['gd_offset', 0],
        ['gd_offset', $half],
        ['gd_offset', $most],
        ['overhead', $most],
        ['compress_algorithm', 0],
        ['compress_algorithm', 2],
        ['magic', 'XXXX'],
        )
    {
        my ($field, $value) = @{$row};
        add_case(
            "stream, $place: $field $value",
            { type => 'streamOptimized', sparse => { $place => { $field => $value } } },
            sub { }, $ok, $invalid, $repair, $version, $unknown
        );
    }
}

for my $row (
    ['magic', 'COWS', $invalid],
    ['version', 0, $version],
    ['version', 0xffff_ffff, $version],
    ['flags', 0, $ok],
    ['capacity', 0, $invalid],
    ['capacity', 1, $invalid],
    ['capacity', 0xffff_ffff, $invalid, $repair],
    ['grain_size', 0, $invalid],
    ['grain_size', 3, $invalid],
    ['grain_size', 0xffff_ffff, $invalid],
    ['gd_offset', 0, $repair, $invalid],
    ['gd_offset', 0xffff_ffff, $repair, $invalid],
    ['gd_entries', 0, $invalid, $repair],
    ['gd_entries', 0xffff_ffff, $ok, $invalid, $repair],
    ['free', 0, $ok],
    ['free', 0xffff_ffff, $ok],
    )
{
    my ($field, $value, @codes) = @{$row};
    add_case(
        "COWD: $field $value",
        { type => 'vmfsSparse' },
        sub { set_cowd_field($_[0]{extents}[0]{file}, $field, $value) }, @codes
    );
}

my %harmless = map { $_ => 1 } qw(journal_header_offset journal_header_size journal_offset
    journal_size bitmap_offset bitmap_size backmap_offset backmap_size volatile_size grains_size
    tables_size reserved1 reserved2 reserved3 reserved4);
for my $field (VixTest::DiskSesparse::sesparse_field_names()) {
    for my $value (0, 1, $half, $most) {
        next if $value == 0 && $field =~ /^(?:flags|reserved)/;
        my @codes = ($invalid, $repair, $version);
        push @codes, $ok if $harmless{$field};
        push @codes, $ok if $field eq 'gd_size' && $value;
        add_case(
            "seSparse: $field $value",
            { type => 'seSparse' },
            sub { set_sesparse_field($_[0]{extents}[0]{file}, $field, $value) }, @codes
        );
    }
}
add_case(
    'seSparse: changes wait in the journal',
    { type => 'seSparse', sparse => { replay => 1 } },
    sub { }, $repair
);

is_deeply($_->{complaints}, [], $_->{name}) for complaints_about_hostile(@cases);

done_testing();
