#!/usr/bin/perl
# Compares the tests' own disks with QEMU and libvmdk, and runs the tests' own checks on disks with
# faults, because the other tests rely on both.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use VixTest;
use VixTest::CloneJudge qw(disk_complaints);
use VixTest::Disk       qw(make_disk make_delta);
use VixTest::DiskReader qw(disk_content_difference);
use VixTest::DiskSparse qw(set_header_field sparse_complaints);
use VixTest::Files      qw(patch_bytes read_bytes);
use VixTest::Tools      qw(have_tool qemu_check qemu_compare qemu_content_difference run_tool
    vmdkinfo);

plan skip_all => 'needs qemu-img and vmdkinfo' if !have_tool('qemu-img') || !have_tool('vmdkinfo');

my $keep   = temp_dir();
my $number = 0;

sub made { return make_disk(dir => "$keep", name => 'disk' . $number++, size_mb => 20, @_) }

sub is_sound {
    my ($what, $disk, %may) = @_;
    is(qemu_check($disk->{path}), '', "$what: QEMU finds it sound");
    is(qemu_content_difference($disk->{path}, $disk->{content}), '', "$what: QEMU reads the model");
    is(vmdkinfo($disk->{path}), '', "$what: libvmdk opens it") if !$may{not_libvmdk};
    return $disk;
}

my $mono = 'monolithicSparse';
is_sound($_, made(type => $_), not_libvmdk => $_ eq 'seSparse')
    for $mono, 'twoGbMaxExtentSparse', 'monolithicFlat', 'twoGbMaxExtentFlat', 'streamOptimized',
    'vmfs',
    'vmfsSparse', 'seSparse';
is_sound("version $_", made(type => $mono, sparse => { version => $_ })) for 2, 3;
is_sound("grain $_", made(type => $mono, sparse => { grain => $_ }))     for 16, 256, 1024;
is_sound("order $_", made(type => $mono, sparse => { order => $_ }))     for 'reverse', 'shuffled';
is_sound('gaps', made(type => $mono, sparse => { gap => 128 }));
is_sound('no redundant', made(type => $mono, sparse => { redundant => 0 }));
is_sound('few tables', made(type => $mono, size_mb => 100, sparse => { lazy_tables => 1 }));
is_sound('zero entries', made(type => $mono, zeroed => [[2560, 256]]));
is_sound('stream, directory in the header',
    made(type => 'streamOptimized', sparse => { directory => 'header' }));
is_sound('stream, no markers', made(type => 'streamOptimized', sparse => { markers => 0 }));
is_sound('stream of noise', made(type => 'streamOptimized', content => [[0, 5000, 'noise1']]));
is_sound('COWD, grain 8', made(type => 'vmfsSparse', sparse => { grain => 8 }));
is_sound(
    'seSparse, zeros',
    made(type => 'seSparse', zeroed => [[2560, 256]], sparse => { unmapped => [[3840, 256]] }),
    not_libvmdk => 1
);
is_sound(
    'seSparse, many grains',
    made(type => 'seSparse', size_mb => 40, content => [[0, 40_000, 7]]),
    not_libvmdk => 1
);

my $chain = made(type => 'vmfs');
for my $type ('vmfsSparse', $mono, 'seSparse', 'twoGbMaxExtentSparse') {
    $chain = make_delta(
        parent => $chain,
        name   => "$chain->{name}x",
        type   => $type,
        writes => [[500, 300, $type eq $mono ? 5 : 6]]
    );
    is_sound("a chain with $type on top", $chain, not_libvmdk => $type eq 'seSparse');
}

# Faults that the checks must find.
sub has_fault {
    my ($what, $damage, %disk) = @_;
    my $disk   = made(type => $mono, %disk);
    my %source = (
        %{$disk},
        cid  => 'other',
        path => made(type => 'monolithicFlat', ddb => [uuid => 'x'])->{path}
    );
    is_deeply([disk_complaints($disk->{path}, \%source, class => $disk->{type})],
        [], "$what: sound before");
    $damage->($disk);
    my @wrong = disk_complaints($disk->{path}, \%source, class => $disk->{type});
    cmp_ok(scalar @wrong, '>', 0, "$what: seen" . (@wrong ? " ($wrong[0])" : ''));
    return;
}

my $other_cid = sub {
    my $text = slurp($_[0]{path});
    $text =~ s/^CID=\w+/CID=$_[1]/m;
    spew($_[0]{path}, $text);
};
has_fault('one byte of data',
    sub { patch_bytes($_[0]{path}, $_[0]{extents}[0]{layout}{at}{0} * 512, '!') });
has_fault(
    'one byte of flat data',
    sub { patch_bytes($_[0]{extents}[0]{file}, 0, '!') },
    type => 'monolithicFlat'
);
has_fault(
    'a byte that should be zero',
    sub { patch_bytes($_[0]{extents}[0]{file}, 5_000_000, '!') },
    type => 'monolithicFlat'
);
has_fault(
    'redundant tables that differ',
    sub {
        patch_bytes($_[0]{path}, $_[0]{extents}[0]{layout}{rgts}[0] * 512, pack 'V', 0);
    }
);
has_fault(
    'overlapping grains',
    sub {
        my ($layout) = map { $_->{layout} } $_[0]{extents}[0];
        patch_bytes($_[0]{path}, $layout->{$_}[0] * 512 + 400, pack 'V', $layout->{at}{0} + 1)
            for 'gts', 'rgts';
    }
);
has_fault('an unclean header', sub { set_header_field($_[0]{path}, 'unclean_shutdown', 1) });
has_fault('the CID of no content', sub { $other_cid->($_[0], 'fffffffe') });
has_fault('a short CID', sub { $other_cid->($_[0], 'abc') });
has_fault('a longContentID of another CID', sub { $other_cid->($_[0], '55555555') });
has_fault(
    'an extent too few',
    sub {
        my $text = slurp($_[0]{path});
        $text =~ s/^RW .*\n//m;
        spew($_[0]{path}, $text);
    },
    type => 'twoGbMaxExtentSparse'
);

# ---- the samples
my $samples = "$Bin/../data/samples";
my $again   = temp_dir();
my $made    = run_tool($^X, "$samples/make-binary-files.pl", "$again");
is($made->{status}, 0, 'the samples that are not text are made') or diag($made->{err});
my @binary = grep { -f "$again/$_" } list_files("$again");
is(scalar @binary, 7, 'all of them');
is(slurp("$again/$_"), slurp("$samples/$_"), "$_: as it is here, to the byte")
    for grep { !/^vddk/ } @binary;
my $deflated = 'vddk/streamOptimized.vmdk';    # every zlib compresses in its own way
is(qemu_compare("$again/$deflated", "$samples/$deflated"), '', "$deflated: as it is here");

my ($head, @rows) = map { [split /\t/] } split /\n/, slurp("$samples/INDEX.tsv");
is_deeply(
    [map { $_->[0] } @rows],
    [sort grep { -f "$samples/$_" && $_ ne 'INDEX.tsv' } list_files($samples)],
    'the index knows every sample'
);
is_deeply([map { $_->[0] } grep { @{$_} != @{$head} } @rows], [], 'and says all of it');

done_testing();
