#!/usr/bin/perl
# Samples of disks as other programs make them (VMware's disk library, VirtualBox, ESX) are cloned
# exactly as QEMU reads them.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use File::Copy qw(copy);
use VMware::Vix::API::Constants;
use VixTest;
use VixTest::Calls          qw(clone_vm);
use VixTest::CloneJudge     qw(identity_complaints);
use VixTest::Disk           qw(make_disk make_delta);
use VixTest::DiskDescriptor qw(read_descriptor);
use VixTest::DiskReader     qw(disk_content_difference);
use VixTest::Files          qw(sparse_file);
use VixTest::Rebuilt        qw(as_qemu_likes machine_with_disk);
use VixTest::Tools          qw(have_tool qemu_check qemu_compare vmdkinfo);

my $samples = "$Bin/data/samples";
my $keep    = temp_dir();
my $number  = 0;

# A machine whose one disk is this sample; the folder it is in.
sub machine_with {
    my ($disk) = @_;
    my $dir = "$keep/" . $number++;
    machine_with_disk("$dir/source", "$samples/$disk");
    return $dir;
}

sub clone_of {
    my ($dir) = @_;
    return clone_vm("$dir/source/alpha.vmx", "$dir/clone/copy.vmx");
}

for my $disk ('mono-sparse/image.vmdk', 'vddk/streamOptimized.vmdk', 'vbox/stream-rdonly.vmdk') {
    my $dir    = machine_with($disk);
    my $result = clone_of($dir);
    is($result->{err}, VIX_OK, "$disk: is cloned") or diag($result->{text});
    my $clone = "$dir/clone/disk-cl1.vmdk";
    is(read_descriptor($clone)->{header}{createType}, 'monolithicSparse', "$disk: its class");
    is_deeply([identity_complaints($clone, { path => "$dir/source/disk.vmdk" })],
        [], "$disk: its identity");
    is(vmdkinfo($clone), '', "$disk: vmdkinfo opens the clone") if have_tool('vmdkinfo');
    next if !have_tool('qemu-img');
    is(qemu_check($clone), '', "$disk: the clone is sound");
    is(qemu_compare($clone, as_qemu_likes("$dir/source/disk.vmdk")), '', "$disk: the same bytes");
}

for my $disk (
    ['vddk/monolithicFlat.vmdk', 12_240, 'monolithicFlat-flat.vmdk'],
    ['lifecycle/mixed-vbox-vmware.vmdk', 131_072, 'Kiosk-Data-flat.vmdk']
    )
{
    my ($descriptor, $sectors, $data) = @{$disk};
    my $dir  = machine_with($descriptor);
    my $made = make_disk(
        dir     => "$dir/source",
        name    => 'made',
        type    => 'monolithicFlat',
        sectors => $sectors
    );
    rename "$dir/source/made-flat.vmdk", "$dir/source/$data" or die "rename: $!";
    my $result = clone_of($dir);
    is($result->{err}, VIX_OK, "$descriptor: is cloned") or diag($result->{text});
    my $clone = "$dir/clone/disk-cl1.vmdk";
    is(disk_content_difference($clone, $made->{content}), '', "$descriptor: the same bytes");
    is_deeply([identity_complaints($clone, { path => "$dir/source/disk.vmdk" })],
        [], "$descriptor: its identity");
    unlike(slurp($clone), qr/uuid\.(?:image|modification|parent)/,
        "$descriptor: no VirtualBox ids");
}

{
    my $dir    = machine_with('vbox/fullDevice.vmdk');
    my $result = clone_of($dir);
    is($result->{err}, VIX_E_DISK_UNSUPPORTEDDEVICE, 'vbox/fullDevice.vmdk: a device is refused')
        or diag($result->{text});
    ok(!-e "$dir/clone", 'vbox/fullDevice.vmdk: nothing is left');
}

{
    my $dir = machine_with('esx-delta/thick-000001.vmdk');
    my $base
        = make_disk(dir => "$dir/source", name => 'thick', type => 'vmfs', sectors => 6144);
    my $top = make_delta(
        parent => $base,
        name   => 'thick-000001',
        type   => 'vmfsSparse',
        writes => [[77, 3, 4], [6143, 1, 5]],
    );
    copy("$samples/esx-delta/$_", "$dir/source/$_") or die "copy: $!" for 'thick.vmdk';
    my $result = clone_of($dir);
    is($result->{err}, VIX_OK, 'esx-delta: the chain is cloned') or diag($result->{text});
    my $clone = "$dir/clone/disk-cl1.vmdk";
    is(disk_content_difference($clone, $top->{content}), '', 'esx-delta: the same bytes');
    is(read_descriptor($clone)->{header}{createType}, 'monolithicFlat', 'esx-delta: its class');
    is(read_descriptor($clone)->{ddb}{adapterType},
        'lsilogic', 'esx-delta: what the child leaves out comes from its parent');
}

{
    my $dir   = machine_with('lifecycle/00-new.vmdk');
    my $empty = "$samples/suspended/Mail Gate-s006.vmdk";
    my $text  = slurp("$dir/source/disk.vmdk");
    $text =~ s/^RW .*\n//gm;
    $text =~ s/(# Extent description\n)/$1RW 327680 SPARSE "disk-s001.vmdk"\n/;
    spew("$dir/source/disk.vmdk", $text);
    copy($empty, "$dir/source/disk-s001.vmdk") or die "copy: $!";
    my $result = clone_of($dir);
    is($result->{err}, VIX_OK, 'an empty extent of Workstation: is cloned')
        or diag($result->{text});
    my $content = VixTest::Content->new(327_680);
    is(disk_content_difference("$dir/clone/disk-cl1.vmdk", $content), '', 'and stays empty');
    is(slurp("$dir/clone/disk-cl1-s001.vmdk"), slurp($empty), 'to the byte');
}

done_testing();
