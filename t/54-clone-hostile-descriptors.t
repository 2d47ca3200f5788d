#!/usr/bin/perl
# Descriptors and configurations of any size and nonsense are refused in bounded time and memory.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VixTest;
use VixTest::Files        qw(patch_bytes sparse_file truncate_file);
use VixTest::HostileTrial qw(complaints_about_hostile);

my $keep = temp_dir();
my @cases;

my $ok      = VIX_OK;
my $invalid = VIX_E_DISK_INVALIDDISK;
my $repair  = VIX_E_DISK_NEEDSREPAIR;
my $missing = VIX_E_FILE_NOT_FOUND;
my $config  = VIX_E_CANNOT_READ_VM_CONFIG;

sub add_case {
    my ($name, $disk, $damage, @codes) = @_;
    my $vm = make_vm(dir => "$keep/" . @cases, disks => [$disk]);
    $damage->($vm->{disks}[0], $vm);
    push @cases, { name => $name, vm => $vm, codes => \@codes };
    return;
}

# A flat disk whose descriptor's text is changed by a function of it.
sub add_text_case {
    my ($name, $change, @codes) = @_;
    add_case(
        $name,
        { type => 'monolithicFlat' },
        sub { spew($_[0]{path}, $change->(slurp($_[0]{path}))) }, @codes
    );
    return;
}

sub with_extents {
    my (@lines) = @_;
    return sub { $_[0] =~ s/^RW .*\n/join '', map {"$_\n"} @lines/mer };
}

my $gigabytes = 8 << 30;

add_case(
    'a descriptor of gigabytes, most of it a hole',
    { type => 'monolithicFlat' },
    sub { truncate_file($_[0]{path}, $gigabytes) }, $invalid
);
add_case(
    'a descriptor of gigabytes of zeros',
    { type => 'monolithicFlat' },
    sub { sparse_file($_[0]{path}, $gigabytes) }, $invalid
);
add_text_case('a descriptor with megabytes of comment',
    sub { $_[0] . "# comment\n" x 500_000 }, $invalid);
add_text_case(
    'three megabytes of extents',
    with_extents(map {qq(RW 8 FLAT "none-$_.vmdk" 0)} 1 .. 90_000),
    $missing, $invalid, $repair
);
add_text_case(
    'three megabytes of extents of one file',
    with_extents(map {qq(RW 8 FLAT "alpha-flat.vmdk" 0)} 1 .. 90_000),
    $missing, $invalid, $repair
);
add_text_case('one line of three megabytes', sub { $_[0] . 'x' x 3_000_000 }, $ok);
add_text_case(
    'a ddb of three megabytes',
    sub {
        $_[0] . join '', map {qq(ddb.key$_ = "value"\n)} 1 .. 100_000;
    },
    $ok,
    $invalid
);
add_text_case(
    'a file name of a megabyte',
    with_extents('RW 8192 FLAT "' . 'n' x 1_000_000 . '" 0'),
    $missing, $invalid, VIX_E_FILE_NAME_INVALID
);

add_text_case("an extent of size \"$_\"",
    with_extents(qq(RW $_ FLAT "alpha-flat.vmdk" 0)), $invalid)
    for '0', '-1', '08x', 'many', '99999999999999999999', '1e3', '';
add_text_case(
    "an extent of $_ sectors",
    with_extents(qq(RW $_ FLAT "alpha-flat.vmdk" 0)),
    $invalid, $repair
) for '18446744073709551615', '9223372036854775808', '36028797018963968', '8193';
add_text_case(
    'extents whose sum overflows',
    with_extents((qq(RW 9223372036854775808 FLAT "alpha-flat.vmdk" 0)) x 2),
    $invalid, $repair
);
add_text_case("an extent at offset \"$_\"",
    with_extents(qq(RW 8192 FLAT "alpha-flat.vmdk" $_)), $invalid)
    for '-1', 'x', '99999999999999999999';
add_text_case("the extent line \"$_\"", with_extents($_), $invalid)
    for 'RW', 'RW 8192', 'RW 8192 FLAT', 'RW 8192 FLAT alpha-flat.vmdk 0',
    'RW 8192 FLAT "alpha-flat.vmdk',
    'RW 8192 FLAT "" 0', 'RW 8192 FLOPPY "alpha-flat.vmdk" 0', 'READ 8192 FLAT "alpha-flat.vmdk" 0';
add_text_case('no extent', with_extents(), $invalid);
add_text_case('no createType', sub { $_[0] =~ s/^createType.*\n//mr }, $invalid);
add_text_case('no version', sub { $_[0] =~ s/^version.*\n//mr }, $ok);
add_text_case('a version that is no number', sub { $_[0] =~ s/^version=1/version=one/mr },
    $invalid);
add_text_case('a CID that is none', sub { $_[0] =~ s/^CID=\w+/CID=xyz/mr }, $invalid);
add_text_case('a CID of nine digits', sub { $_[0] =~ s/^CID=\w+/CID=123456789/mr }, $invalid);
add_text_case('a parentCID that is none', sub { $_[0] =~ s/^parentCID=\w+/parentCID=/mr },
    $invalid);
add_text_case('only the first line', sub {"# Disk DescriptorFile\n"}, $invalid);
add_text_case('text cut in the middle', sub { substr $_[0], 0, 150 }, $invalid);
add_text_case('a NUL before the extents',
    sub { $_[0] =~ s/\n\n# Extent/\n\0\n# Extent/r }, $invalid);
add_text_case('NULs behind the text, as QEMU leaves them', sub { $_[0] . "\0" x 2000 }, $ok);
add_text_case('line ends as on DOS', sub { $_[0] =~ s/\n/\r\n/gr }, $ok);
add_text_case(
    'an encoding nobody knows',
    sub { $_[0] =~ s/UTF-8/no-such-encoding/r },
    $ok, VIX_E_DISK_ENCODING, $invalid
);
add_text_case(
    "a descriptor that is a $_->[0]",
    do {
        my $bytes = $_->[1];
        sub {$bytes}
    },
    $invalid
    )
    for ['program', "\x7fELF" . "\1" x 5000], ['shell script', "#!/bin/sh\necho hello\n"],
    ['PNG', "\x89PNG\r\n\x1a\n" . "\0" x 5000], ['single byte', '#'],
    ['pile of line ends', "\n" x 5000];

add_case(
    'an embedded descriptor with two extents',
    {   type         => 'monolithicSparse',
        sectors      => 16_384,
        extent_lines => [map {qq(RW 8192 SPARSE "alpha.vmdk")} 1 .. 2]
    },
    sub { },
    $invalid
);
add_case(
    'an embedded descriptor that says flat',
    {   type         => 'monolithicSparse',
        extent_lines => ['RW 8192 FLAT "alpha.vmdk" 0']
    },
    sub { },
    $invalid, $repair
);
add_case(
    'an embedded descriptor larger than its extent',
    {   type         => 'monolithicSparse',
        extent_lines => ['RW 8193 SPARSE "alpha.vmdk"']
    },
    sub { },
    $invalid
);
add_case(
    'an embedded descriptor full of noise',
    { type => 'monolithicSparse' },
    sub { patch_bytes($_[0]{path}, 512, "\xa5" x 10_240) }, $invalid
);
add_case(
    'an embedded descriptor of zeros',
    { type => 'monolithicSparse' },
    sub { patch_bytes($_[0]{path}, 512, "\0" x 10_240) }, $invalid
);

add_case('a .vmx of gigabytes', {}, sub { truncate_file($_[1]{vmx}, $gigabytes) }, $config);
add_case(
    'a .vmx of megabytes of one line',
    {}, sub { spew($_[1]{vmx}, slurp($_[1]{vmx}) . 'x' x 5_000_000) },
    $ok, $config
);
add_case(
    'a .vmx of a hundred thousand keys',
    {},
    sub {
        spew($_[1]{vmx}, slurp($_[1]{vmx}) . join '', map {qq(key$_ = "x"\n)} 1 .. 100_000);
    },
    $ok,
    $config
);
add_case(
    'a .vmx of a hundred thousand adapters',
    {},
    sub {
        spew(
            $_[1]{vmx},
            slurp($_[1]{vmx}) . join '',
            map {qq(ethernet$_.generatedAddress = "x"\n)} 1 .. 100_000
        );
    },
    $ok,
    $config
);
add_case(
    'a .vmx of noise',
    {},
    sub {
        spew($_[1]{vmx}, join '', map { chr(($_ * 7919) % 256) } 1 .. 5000);
    },
    $config
);
add_case('a .vmx of zeros', {}, sub { spew($_[1]{vmx}, "\0" x 5000) }, $config);

is_deeply($_->{complaints}, [], $_->{name}) for complaints_about_hostile(@cases);

done_testing();
