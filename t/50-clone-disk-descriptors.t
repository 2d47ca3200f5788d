#!/usr/bin/perl
# What stands in the descriptor of a clone's disk: kept from the source what belongs to the disk as
# the guest sees it, made anew what tells one disk from another.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VixTest;
use VixTest::Calls          qw(clone_vm);
use VixTest::CloneJudge     qw(content_complaints identity_complaints);
use VixTest::DiskDescriptor qw(read_descriptor);
use VixTest::DiskSparse     qw(header_field read_sparse);

my $keep   = temp_dir();
my $number = 0;

# (what read_descriptor says of the clone's disk, its path, the source's record)
sub cloned {
    my (%disk) = @_;
    my $dir    = "$keep/" . $number++;
    my $vm     = make_vm(dir => "$dir/source", disks => [{%disk}]);
    my $result = clone_vm($vm->{vmx}, "$dir/clone/copy.vmx");
    is($result->{err}, VIX_OK, 'cloned') or die $result->{text};
    my $path = "$dir/clone/alpha-cl1.vmdk";
    return (read_descriptor($path), $path, $vm->{disks}[0]);
}

for my $type ('monolithicSparse', 'twoGbMaxExtentSparse', 'monolithicFlat', 'twoGbMaxExtentFlat') {
    my %ddb = (
        adapterType          => 'buslogic',
        'geometry.cylinders' => 301,
        'geometry.heads'     => 4,
        'geometry.sectors'   => 17,
        virtualHWVersion     => 7,
        toolsVersion         => 10_338,
        toolsInstallType     => 1,
    );
    my ($found, $path, $source) = cloned(type => $type, ddb => [%ddb]);
    is_deeply([identity_complaints($path, $source)], [], "$type: it is a disk of its own");
    is_deeply({ map { $_ => $found->{ddb}{$_} } keys %ddb },
        \%ddb, "$type: it looks the same to the guest");
    my @keys = $found->{text} =~ /^ddb\.([\w.]+)/gm;
    is_deeply(\@keys, [sort @keys], "$type: the data base is in order");
    my ($first, $second) = $found->{text} =~ /^(.*\n)(.*\n)/;
    is("$first$second", "# Disk DescriptorFile\nversion=1\n", "$type: it begins as QEMU wants it");
    my $sparse = $type =~ /Sparse/;
    like(
        $found->{extents}[0]{name},
        $type =~ /^mono/ ? ($sparse ? qr/^alpha-cl1\.vmdk$/ : qr/^alpha-cl1-flat\.vmdk$/) :
            ($sparse ? qr/^alpha-cl1-s001\.vmdk$/ : qr/^alpha-cl1-f001\.vmdk$/),
        "$type: its extents' names"
    );
}
{
    my ($found, $path) = cloned(type => 'monolithicSparse', sectors => 20_480);
    is(header_field($path, 'descriptor_offset'), 1, 'embedded: behind the header');
    is(header_field($path, 'capacity'), 20_480, 'embedded: the capacity');
    is($found->{extents}[0]{sectors}, 20_480, 'embedded: the same in the text');
}
{
    my (undef, $path) = cloned(type => 'streamOptimized');
    my $sparse = read_sparse($path);
    is($sparse->{flags}, 3, 'from a stream: a plain sparse extent with redundant tables');
    is($sparse->{version}, 1, 'from a stream: of version 1');
    is( "$sparse->{grain_size} $sparse->{gtes_per_gt} $sparse->{overhead}",
        '128 512 128',
        'from a stream: laid out as VMware lays it out'
    );
    is( "$sparse->{rgd_offset} $sparse->{gd_offset} $sparse->{descriptor_size}",
        '21 26 20',
        'from a stream: its tables where VMware puts them'
    );
}

{
    my ($found) = cloned(
        type   => 'monolithicFlat',
        ddb    => [adapterType => 'ide', toolsVersion => 10_272],
        deltas => [
            {   ddb => [
                    map({ $_ => undef }
                        qw(adapterType geometry.cylinders geometry.heads
                            geometry.sectors uuid)),
                    toolsVersion => 11_333
                ],
            }
        ],
    );
    is($found->{ddb}{adapterType}, 'ide', 'what a delta leaves out comes from its parent');
    like($found->{ddb}{'geometry.heads'}, qr/^255$/, 'the geometry, too');
    is($found->{ddb}{toolsVersion}, 11_333, 'what it says counts');
}

# Descriptors larger than the place that VMware gives them.
{
    my @many = map { ("comment$_" => 'x' x 370) } 1 .. 200;
    my ($found, $path, $source)
        = cloned(type => 'monolithicSparse', ddb => [@many],
        sparse => { descriptor_sectors => 400 });
    is_deeply([content_complaints($path, $source->{content})],
        [], 'a long embedded descriptor: sound');
    is($found->{ddb}{comment200}, 'x' x 370, 'a long embedded descriptor: whole');
    ($found, $path, $source) = cloned(type => 'vmfsSparse', ddb => [@many]);
    is_deeply([content_complaints($path, $source->{content})],
        [], 'a long descriptor that becomes embedded: sound');
    is($found->{ddb}{comment200}, 'x' x 370, 'a long descriptor that becomes embedded: whole');
}
{
    my ($found, $path, $source) = cloned(
        type   => 'monolithicSparse',
        sparse => { descriptor_sectors => 2 },
        ddb    => [
            map({ $_ => undef }
                qw(geometry.cylinders geometry.heads geometry.sectors adapterType
                    virtualHWVersion longContentID))
        ],
    );
    is_deeply([content_complaints($path, $source->{content})],
        [], 'hardly any place for a descriptor: sound');
    like($found->{text}, qr/^ddb\.geometry\.cylinders = "\d+"$/m, 'what was missing is added');
}

# Sources whose identity is odd.
my %odd = (
    'no CID'                                   => [CID => undef],
    'a CID of fewer digits, as QEMU prints it' => [CID => 'abcd'],
    'a CID that says never written'            => [CID => 'fffffffe'],
    'a CID in capitals'                        => [CID => 'ABCDEF01'],
);
for my $what (sort keys %odd) {
    my (undef, $path, $source) = cloned(type => 'monolithicFlat', header => $odd{$what});
    is_deeply([identity_complaints($path, $source)], [], "$what: the clone is a disk of its own");
}
{
    my (undef, $path, $source)
        = cloned(type => 'monolithicFlat', ddb => [uuid => undef, longContentID => undef]);
    is_deeply([identity_complaints($path, $source)],
        [], 'no uuid and no longContentID: the clone has both');
}
{
    my ($found, $path, $source) = cloned(
        type   => 'monolithicSparse',
        header => [encoding => 'windows-1252'],
        ddb    => [comment  => "Pr\xfcfstand"]
    );
    is_deeply([identity_complaints($path, $source)],
        [], 'a descriptor in windows-1252: the clone is in UTF-8');
    is($found->{ddb}{comment}, "Pr\xc3\xbcfstand", 'and its text with it');
}
{
    my ($one) = cloned(type => 'monolithicSparse');
    my ($two) = cloned(type => 'monolithicSparse');
    isnt(
        $one->{header}{CID},
        $two->{header}{CID},
        'two clones of equal disks have different content ids'
    );
    isnt($one->{ddb}{uuid}, $two->{ddb}{uuid}, 'and different uuids');
}

done_testing();
