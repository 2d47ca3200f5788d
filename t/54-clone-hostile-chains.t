#!/usr/bin/perl
# Parents that lead in circles, chains of absurd depth and hints of nonsense end in the right error,
# soon.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VixTest;
use VixTest::DiskDescriptor qw(descriptor_text);
use VixTest::HostileTrial   qw(complaints_about_hostile);

my $keep = temp_dir();
my @cases;

my $loop    = VIX_E_DISK_INVALIDCHAIN;
my $deep    = VIX_E_DISK_TOOMANYREDO;
my $parent  = VIX_E_DISK_OPENPARENT;
my $differs = VIX_E_DISK_CID_MISMATCH;

# A descriptor "<name>.vmdk" that says its parent is $hint; one CID fits all.
sub put_link {
    my ($dir, $name, $hint, %header) = @_;
    my $text = descriptor_text(
        header => [
            encoding           => 'UTF-8',
            CID                => '11111111',
            parentCID          => '11111111',
            createType         => 'monolithicFlat',
            parentFileNameHint => $hint,
            %header,
        ],
        extents => ['RW 8192 FLAT "data.img" 0'],
        ddb     => [adapterType => 'ide'],
    );
    spew("$dir/$name.vmdk", $text);
    return;
}

# A machine whose disk is "top.vmdk"; `$links` is called with its folder.
sub add_case {
    my ($name, $links, @codes) = @_;
    my $dir = "$keep/" . @cases;
    my $vm  = make_vm(
        dir   => $dir,
        disks => 0,
        keys  =>
            ['ide0.present' => 'TRUE', 'ide0:0.present' => 'TRUE', 'ide0:0.fileName' => 'top.vmdk'],
        files => { 'data.img' => "\0" x (8192 * 512) },
    );
    $links->($dir);
    push @cases, { name => $name, vm => $vm, codes => \@codes };
    return;
}

add_case('a disk that is its own parent', sub { put_link($_[0], 'top', 'top.vmdk') }, $loop);
add_case('by another spelling',
    sub { put_link($_[0], 'top', './../' . @cases . '/./top.vmdk') }, $loop);
add_case('by an absolute path', sub { put_link($_[0], 'top', "$_[0]/top.vmdk") }, $loop);
add_case(
    'by another name of the same file',
    sub {
        put_link($_[0], 'top', 'other.vmdk');
        link "$_[0]/top.vmdk", "$_[0]/other.vmdk" or die "link: $!";
    },
    $loop
);
add_case(
    'two disks that are each other\'s parents',
    sub {
        put_link($_[0], 'top', 'b.vmdk');
        put_link($_[0], 'b', 'top.vmdk');
    },
    $loop
);
add_case(
    'a circle behind a straight piece',
    sub {
        put_link($_[0], 'top', 'a.vmdk');
        put_link($_[0], 'a', 'b.vmdk');
        put_link($_[0], 'b', 'c.vmdk');
        put_link($_[0], 'c', 'b.vmdk');
    },
    $loop
);
add_case(
    'a circle whose content ids do not fit',
    sub {
        put_link($_[0], 'top', 'b.vmdk');
        put_link($_[0], 'b', 'top.vmdk', CID => '22222222');
    },
    $differs,
    $loop
);

add_case(
    'a thousand parents',
    sub {
        put_link($_[0], 'top', 'p1.vmdk');
        put_link($_[0], "p$_", 'p' . ($_ + 1) . '.vmdk') for 1 .. 1000;
        put_link($_[0], 'p1001', undef, parentCID => 'ffffffff');
    },
    $deep
);
add_case(
    'a chain that breaks off after a hundred parents',
    sub {
        put_link($_[0], 'top', 'p1.vmdk');
        put_link($_[0], "p$_", 'p' . ($_ + 1) . '.vmdk') for 1 .. 100;
    },
    $parent
);

add_case('a parent without a hint', sub { put_link($_[0], 'top', undef) }, $parent);
add_case('an empty hint', sub { put_link($_[0], 'top', '') }, $parent);
add_case(
    'a hint to the folder',
    sub { put_link($_[0], 'top', '.') },
    $parent, VIX_E_FILE_ACCESS_ERROR
);
add_case(
    'a hint to the root',
    sub { put_link($_[0], 'top', '/') },
    $parent, VIX_E_FILE_ACCESS_ERROR
);
add_case(
    'a hint of slashes',
    sub { put_link($_[0], 'top', '/' x 100_000) },
    $parent, VIX_E_FILE_ACCESS_ERROR, VIX_E_FILE_NAME_INVALID
);
add_case(
    'a hint that climbs for ever',
    sub { put_link($_[0], 'top', '../' x 100_000 . 'x.vmdk') },
    $parent, VIX_E_FILE_NAME_INVALID
);
add_case(
    'a hint of a megabyte',
    sub { put_link($_[0], 'top', 'n' x 1_000_000) },
    $parent, VIX_E_FILE_NAME_INVALID
);
add_case(
    'a hint of backslashes',
    sub { put_link($_[0], 'top', '\\' x 100_000) },
    $parent, VIX_E_FILE_NAME_INVALID, VIX_E_FILE_ACCESS_ERROR
);

is_deeply($_->{complaints}, [], $_->{name}) for complaints_about_hostile(@cases);

done_testing();
