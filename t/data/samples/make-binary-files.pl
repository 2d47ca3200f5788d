#!/usr/bin/perl
# Makes the files of this folder that are not plain text: disks, the state of a snapshot, members of
# locks. The same input gives the same bytes; README says what each file is for.
#
#   t/data/samples/make-binary-files.pl [FOLDER]     this folder by default

use strict;
use warnings;

use File::Basename qw(basename dirname);
use File::Path     ();
use FindBin        qw($Bin);
use lib "$Bin/../../lib";

use VixTest::Content;
use VixTest::DiskSparse qw(write_sparse);
use VixTest::DiskStream qw(write_stream);
use VixTest::Files      qw(patch_bytes slurp spew);

my $SECTOR = 512;

my $to = @ARGV ? $ARGV[0] : $Bin;

sub place {
    my ($name) = @_;
    File::Path::make_path(dirname("$to/$name"));
    return "$to/$name";
}

sub descriptor {
    my (@lines) = @_;
    return join '', map {"$_\n"} '# Disk DescriptorFile', 'version=1', @lines;
}

# ---- disks

# An extent of which nothing is allocated. Workstation fills its two directories to the ends of
# their sectors: the entries behind the last table go on counting.
sub empty_extent {
    my ($name, $sectors) = @_;
    my $path   = place($name);
    my $layout = write_sparse(
        $path,
        content => VixTest::Content->new($sectors),
        first   => 0,
        sectors => $sectors,
        stored  => []
    );
    for my $directory ([rgd => 'rgts'], [gd => 'gts']) {
        my ($at, $first) = ($layout->{ $directory->[0] }, $layout->{ $directory->[1] }[0]);
        patch_bytes($path, $at * $SECTOR, pack 'V*', map { $first + 4 * $_ } 0 .. 127);
    }
    return;
}

# 200 sectors: a grain and most of another one, of which only the first is there.
sub odd_capacity {
    my ($name) = @_;
    my $content = VixTest::Content->from_ranges(200, [[0, 3, 1], [40, 30, 2], [126, 2, 3]]);
    write_sparse(
        place($name),
        content    => $content,
        first      => 0,
        sectors    => 200,
        stored     => [$content->extents_of_data],
        descriptor => descriptor(
            'CID=4b1d90e7',
            'parentCID=ffffffff',
            'createType="monolithicSparse"',
            '',
            '# Extent description',
            'RW 200 SPARSE "image.vmdk"',
            '',
            '# The Disk Data Base',
            '#DDB',
            '',
            'ddb.virtualHWVersion = "4"',
            'ddb.geometry.cylinders = "0"',
            'ddb.geometry.heads = "16"',
            'ddb.geometry.sectors = "63"',
            'ddb.adapterType = "ide"',
        ),
    );
    return;
}

# As VMware's disk library writes a stream: the tables in front and named by the header, no marker
# but the last, a content id of zeros. Grains that compress well, badly and, being zeros, best.
sub library_stream {
    my ($name) = @_;
    my $content = VixTest::Content->from_ranges(12_240,
        [[0, 1, 1], [130, 120, 'noise1'], [1000, 400, 2], [6000, 90, 'noise2'], [12_239, 1, 3]]);
    my $path = place($name);
    write_stream(
        $path,
        content    => $content,
        first      => 0,
        sectors    => 12_240,
        stored     => [$content->extents_of_data, [3000, 300]],
        directory  => 'header',
        level      => 1,
        descriptor => descriptor(
            'CID=00000000',
            'parentCID=ffffffff',
            'isNativeSnapshot="no"',
            'createType="streamOptimized"',
            '',
            '# Extent description',
            'RW 12240 SPARSE "streamOptimized.vmdk"',
            '',
            '# The Disk Data Base ',
            '#DDB',
            '',
            'ddb.toolsVersion = "1"',
            'ddb.virtualHWVersion = "7"',
            'ddb.deletable = "true"',
            'ddb.encoding = "UTF-8"',
            'ddb.longContentID = "5a0f3c7718e24d96b1c0e47f92a63d58"',
            'ddb.uuid = "60 00 C2 95 3e 81 07 f4-6b 2c d9 50 a7 1e 84 bb"',
            'ddb.geometry.cylinders = "180"',
            'ddb.geometry.heads = "4"',
            'ddb.geometry.sectors = "17"',
            'ddb.adapterType = "buslogic"',
        ),
    );
    spew($path, slurp($path) . "\0" x $SECTOR);    # the end of the stream
    return;
}

# As VirtualBox exports a disk on which nothing is: an extent that is read only, a descriptor of two
# sectors, the directory at the end.
sub virtualbox_stream {
    my ($name) = @_;
    my %short = (descriptor_size => 2);
    write_stream(
        place($name),
        content    => VixTest::Content->new(6144),
        first      => 0,
        sectors    => 6144,
        stored     => [],
        header     => \%short,
        footer     => \%short,
        descriptor => descriptor(
            'CID=9d27c3f8',
            'parentCID=ffffffff',
            'createType="streamOptimized"',
            '',
            '# Extent description',
            'RDONLY 6144 SPARSE "field-unit-disk1.vmdk"',
            '',
            '# The disk Data Base ',
            '#DDB',
            '',
            'ddb.virtualHWVersion = "4"',
            'ddb.adapterType="ide"',
            'ddb.geometry.cylinders="6"',
            'ddb.geometry.heads="16"',
            'ddb.geometry.sectors="63"',
            'ddb.uuid.image="3e7c51a9-06d2-4f18-a93b-c5d0128e64f7"',
            'ddb.uuid.parent="00000000-0000-0000-0000-000000000000"',
            'ddb.uuid.modification="00000000-0000-0000-0000-000000000000"',
            'ddb.uuid.parentmodification="00000000-0000-0000-0000-000000000000"',
            'ddb.comment=""',
        ),
    );
    return;
}

# ---- the state of a snapshot

# Named values behind a header. A BIOS keeps its clock and its settings in them.
sub nvram {
    my $bytes = pack 'a4V', 'MRVN', 1;
    for my $value (
        ['CMOS', 'timA', 4],
        ['CMOS', 'timB', 8],
        ['CMOS', '',     128],
        ['CMOS', '440',  128],
        ['CMOS', '440v', 4],
        ['CMOS', '440x', 128],
        ['ESCD', '',     8192]
        )
    {
        my ($owner, $name, $length) = @{$value};
        $bytes .= pack 'a4a4V', $owner, $name, $length;
        $bytes .= join '', map { chr(($_ * 7 + $length) & 255) } 1 .. $length;
    }
    return $bytes;
}

sub extended_config {
    my ($name) = @_;
    return <<"END";
<?xml version="1.0"?>
<Foundry>
<VM>
<VMId type="string">52 0d 77 a1 4c 93 e6 18-b5 2f 60 c8 d4 19 7e 3a</VMId>
<ClientMetaData>
<clientMetaDataAttributes/>
<HistoryEventList/></ClientMetaData>
<vmxPathName type="string">$name.vmx</vmxPathName></VM></Foundry>
END
}

sub block {
    my ($name, $bytes) = @_;
    return pack('CC', 63, length $name)
        . $name
        . pack('Q<Q<v', length $bytes, length $bytes, 0)
        . $bytes;
}

# Taken while the machine was off: one group of three blocks. The two texts end in zeros, for which
# Fusion has left room, and two bytes of zeros follow the group.
sub state_of_fusion {
    my ($machine, $number) = @_;
    my $base = basename($machine);
    my $config = slurp("$Bin/$machine.vmx");
    $config =~ s/-000002\.vmdk/-000001.vmdk/ or die "$machine.vmx: which disk?\n";
    my $values
        = block(cfgFile => $config . "\0" x 8193)
        . block(nvramFile => nvram())
        . block(extendedConfigFile => extended_config($base) . "\0" x 8192)
        . "\0\0";
    my $bytes = pack('V3', 0xBED2BED2, 8, 1)
        . pack('a64Q<Q<', 'Snapshot', 92, length $values)
        . $values . "\0\0";
    spew(place("$machine-Snapshot$number.vmsn"), $bytes);
    return;
}

# ---- members of locks

sub lock_member {
    my ($name, $process, $started, $program, $lamport) = @_;
    my $machine = '4c-4c-45-44-00-31-5a-10-80-42-b6-c0-4f-4e-37-32';
    my $text = "uuid=$machine $process-$started($program) 1 X $started lc=$lamport";
    spew(place($name), pack "a$SECTOR", $text);
    return;
}

empty_extent('suspended/Mail Gate-s006.vmdk', 327_680);
odd_capacity('mono-sparse/image.vmdk');
library_stream('vddk/streamOptimized.vmdk');
virtualbox_stream('vbox/stream-rdonly.vmdk');
state_of_fusion('fusion-parent/Old Office PC', 3);
lock_member('gbk-running/vmx.lck/M50731.lck', 3308, '133581006120447913', 'vmware.exe', 2417083665);
lock_member('gbk-running/vmem.lck/M18264.lck', 9244, '133581006338105276', 'vmware-vmx.exe',
    1190562287);
