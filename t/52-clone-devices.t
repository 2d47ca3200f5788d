#!/usr/bin/perl
# Devices of the clone: disks on every bus and from other folders are copied under names of their
# own; CD and floppy images stay where they are and are still found, and what goes to a port's file
# goes to one of the clone's own.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use File::Spec;
use VMware::Vix::API::Constants;
use VixTest;
use VixTest::Calls      qw(clone_vm);
use VixTest::CloneJudge qw(disk_complaints);
use VixTest::Disk       qw(make_disk);
use VixTest::Files      qw(list_files);
use VixTest::Vmx        qw(changed_lines read_vmx);

my $keep   = temp_dir();
my $number = 0;

sub new_dir { return "$keep/" . $number++ }

# (the clone's values by key, the clone's folder)
sub cloned {
    my ($vm)   = @_;
    my $dir    = "$vm->{dir}.clone";
    my $before = folder_digest($vm->{dir});
    my $result = clone_vm($vm->{vmx}, "$dir/copy.vmx");
    is($result->{err}, VIX_OK, 'cloned') or diag($result->{text});
    is(folder_digest($vm->{dir}), $before, 'the source is untouched');
    return (read_vmx("$dir/copy.vmx")->{value}, $dir);
}

sub disks_in {
    return grep {/\.vmdk$/} list_files($_[0]);
}

{
    my $vm = make_vm(
        dir   => new_dir(),
        disks => [
            { slot => 'ide0:0', name   => 'system' },
            { slot => 'scsi0:0', name  => 'data', type   => 'monolithicFlat' },
            { slot => 'scsi1:15', name => 'more', type   => 'twoGbMaxExtentSparse' },
            { slot => 'sata0:5', name  => 'logs', type   => 'twoGbMaxExtentFlat' },
            { slot => 'nvme0:0', name  => 'fast', deltas => [{ writes => [[9, 9, 9]] }] },
        ],
    );
    my ($value, $dir) = cloned($vm);
    is($value->{'ide0:0.filename'}, 'system-cl1.vmdk', 'a disk on ide');
    is($value->{'scsi0:0.filename'}, 'data-cl1.vmdk', 'a disk on scsi');
    is($value->{'scsi1:15.filename'}, 'more-cl1.vmdk', 'a disk on the last place of a second scsi');
    is($value->{'sata0:5.filename'}, 'logs-cl1.vmdk', 'a disk on sata');
    is($value->{'nvme0:0.filename'}, 'fast-cl1.vmdk',
        'a disk on nvme, its snapshot\'s ending gone');
    is_deeply([map { disk_complaints("$dir/$_->{base_name}-cl1.vmdk", $_) } @{ $vm->{disks} }],
        [], 'all are sound');
    is_deeply(
        [disks_in($dir)],
        [   sort 'system-cl1.vmdk',
            'data-cl1.vmdk',
            'data-cl1-flat.vmdk',
            'fast-cl1.vmdk',
            map({"more-cl1$_.vmdk"} '', '-s001', '-s002', '-s003'),
            map({"logs-cl1$_.vmdk"} '', '-f001', '-f002', '-f003')
        ],
        'the files are called as VMware calls them'
    );
}

{
    my $dir = new_dir();
    my $vm  = make_vm(
        dir   => "$dir/vm",
        disks => [
            { name => 'disk', content => [[0, 9, 1]] },
            { name => 'disk', content => [[0, 9, 2]], dir => "$dir/elsewhere" },
            {   name      => 'disk',
                content   => [[0, 9, 3]],
                dir       => "$dir/vm/sub",
                file_name => 'sub/disk.vmdk'
            },
        ],
    );
    my ($value, $clone) = cloned($vm);
    my @names = map { $value->{"scsi0:$_.filename"} } 0 .. 2;
    my %different = map { $_ => 1 } @names;
    is(scalar(keys %different), 3, 'three disks of one base name get three names');
    is_deeply([grep {m{/}} @names], [], 'all in the clone\'s folder');
    is_deeply([map { disk_complaints("$clone/$names[$_]", $vm->{disks}[$_]) } 0 .. 2],
        [], 'each with its own data');
}

{
    my $vm = make_vm(
        dir   => new_dir(),
        disks => [{ mode => 'independent-persistent' }, { mode => 'independent-nonpersistent' }]
    );
    my ($value, $dir) = cloned($vm);
    is($value->{'scsi0:0.mode'}, 'independent-persistent', 'an independent disk stays independent');
    is($value->{'scsi0:1.mode'}, 'independent-nonpersistent', 'a nonpersistent one nonpersistent');
    is_deeply([map { disk_complaints("$dir/$_->{base_name}-cl1.vmdk", $_) } @{ $vm->{disks} }],
        [], 'both are copied');
}

{
    my $vm = make_vm(
        dir   => new_dir(),
        disks => [
            map { { device_type => $_ } } 'scsi-hardDisk', 'disk',
            'ata-hardDisk', 'some-newer-kind'
        ]
    );
    my ($value, $dir) = cloned($vm);
    is(scalar(disks_in($dir)), 4, 'every type that is no drive for media is a disk');
    is_deeply(
        [map { disk_complaints("$dir/$value->{\"scsi0:$_.filename\"}", $vm->{disks}[$_]) } 0 .. 3],
        [],
        'all are copied'
    );
}

{
    my $vm = make_vm(
        dir  => new_dir(),
        keys => [
            'scsi1.present'    => 'TRUE',
            'scsi1:0.present'  => 'TRUE',
            'scsi1:0.fileName' => './alpha.vmdk',
            'scsi1.sharedBus'  => 'virtual'
        ]
    );
    my ($value, $dir) = cloned($vm);
    is_deeply([disks_in($dir)], ['alpha-cl1.vmdk'], 'a disk at two places is copied once');
    is( "$value->{'scsi0:0.filename'} $value->{'scsi1:0.filename'}",
        'alpha-cl1.vmdk alpha-cl1.vmdk',
        'and stands at both'
    );
}

{
    my $vm = make_vm(dir => new_dir(), disks => 0);
    my ($value, $dir) = cloned($vm);
    is_deeply([disks_in($dir)], [], 'a machine without disks has a clone without disks');
}

{
    my $vm = make_vm(
        dir   => new_dir(),
        disks => [{}, { present => 'FALSE' }],
        keys  => ['scsi0:2.fileName' => 'never.vmdk', 'ide1:1.present' => 'TRUE'],
    );
    my ($value, $dir) = cloned($vm);
    is_deeply([disks_in($dir)], ['alpha-cl1.vmdk'], 'a disk that is not present is not copied');
    is($value->{'scsi0:1.filename'}, 'alpha-0.vmdk', 'its line stays as it is');
    is($value->{'scsi0:2.filename'}, 'never.vmdk', 'and so does one that does not say so');
}

{
    my $vm = make_vm(
        dir   => new_dir(),
        disks => [{}],
        keys  => [
            'ide1:0.present'     => 'TRUE',
            'ide1:0.deviceType'  => 'cdrom-image',
            'ide1:0.fileName'    => '/srv/iso/debian.iso',
            'sata0:1.present'    => 'TRUE',
            'sata0:1.deviceType' => 'cdrom-image',
            'sata0:1.fileName'   => 'media/tools.iso',
            'sata0:2.present'    => 'TRUE',
            'sata0:2.deviceType' => 'cdrom-raw',
            'sata0:2.fileName'   => 'auto detect',
            'sata0:3.present'    => 'TRUE',
            'sata0:3.deviceType' => 'cdrom-image',
            'sata0:3.fileName'   => 'C:\\ISO\\windows.iso',
            'sata0:4.present'    => 'TRUE',
            'sata0:4.deviceType' => 'cdrom-image',
            'sata0:4.fileName'   => 'Media\\TOOLS.iso',
            'floppy0.present'    => 'TRUE',
            'floppy0.fileType'   => 'file',
            'floppy0.fileName'   => 'boot.img',
            'floppy1.present'    => 'TRUE',
            'floppy1.fileName'   => '/dev/fd0',
            'serial0.present'    => 'TRUE',
            'serial0.fileType'   => 'file',
            'serial0.fileName'   => 'console.txt',
            'serial1.present'    => 'TRUE',
            'serial1.fileType'   => 'pipe',
            'serial1.fileName'   => '\\\\.\\pipe\\com_1',
            'serial2.present'    => 'TRUE',
            'serial2.fileType'   => 'thinprint',
            'serial2.fileName'   => 'thinprint',
            'serial3.present'    => 'TRUE',
            'serial3.fileType'   => 'device',
            'serial3.fileName'   => 'COM1',
            'parallel0.present'  => 'TRUE',
            'parallel0.fileType' => 'file',
            'parallel0.fileName' => 'printer.txt',
            'sound.fileName'     => '-1',
        ],
        files => {
            'media/tools.iso' => 'iso',
            'boot.img'        => 'floppy',
            'console.txt'     => 'log',
            'printer.txt'     => 'paper',
        },
    );
    my ($value, $dir) = cloned($vm);
    my %same = (
        'ide1:0.filename'  => '/srv/iso/debian.iso',
        'sata0:2.filename' => 'auto detect',
        'sata0:3.filename' => 'C:\\ISO\\windows.iso',
        'floppy1.filename' => '/dev/fd0',
        'serial0.filename' => 'console.txt',
        'serial1.filename' => '\\\\.\\pipe\\com_1',
        'parallel0.filename' => 'printer.txt',
        'serial2.filename' => 'thinprint',
        'serial3.filename' => 'COM1',
        'sound.filename'   => '-1',
    );
    is($value->{$_}, $same{$_}, "$_ stays $same{$_}") for sort keys %same;
    my %moved = (
        'sata0:1.filename'   => 'media/tools.iso',
        'floppy0.filename'   => 'boot.img',
        'sata0:4.filename'   => 'media/tools.iso',
    );
    for my $key (sort keys %moved) {
        my $found = File::Spec->rel2abs($value->{$key}, $dir);
        is( join(',', (stat $found)[0, 1]),
            join(',', (stat "$vm->{dir}/$moved{$key}")[0, 1]),
            "$key is the same file still"
        );
    }
    is_deeply([disks_in($dir)], ['alpha-cl1.vmdk'], 'none of these files is copied');
}

{
    my $vm = make_vm(
        dir   => new_dir(),
        keys  => ['checkpoint.vmState' => 'alpha-3f9a02c7.vmss'],
        files => { 'alpha-3f9a02c7.vmss' => 'state', 'alpha-3f9a02c7.vmem' => 'memory' }
    );
    my ($value, $dir) = cloned($vm);
    is($value->{'checkpoint.vmstate'}, '', 'the clone of a suspended machine is powered off');
    is_deeply([grep {/\.vm(?:ss|em)$/} list_files($dir)], [], 'and has no memory files');
}

{
    my $dir = new_dir();
    my $vm  = make_vm(dir => "$dir/vm", disks => [{ name => 'disk', dir => "$dir/disks" }]);
    my ($value, $clone) = cloned($vm);
    is($value->{'scsi0:0.filename'}, 'disk-cl1.vmdk', 'a disk by its absolute path');
    is_deeply([disk_complaints("$clone/disk-cl1.vmdk", $vm->{disks}[0])], [], 'is copied');
}

{
    my $dir = new_dir();
    my $vm  = make_vm(
        dir   => "$dir/vm",
        disks => [{ name => 'disk', dir => "$dir/drive/VMs", file_name => 'V:\\vms\\DISK.vmdk' }],
    );
    local $ENV{VIX_DRIVE_V} = "$dir/drive";
    my ($value, $clone) = cloned($vm);
    like($value->{'scsi0:0.filename'}, qr/^disk-cl1\.vmdk$/i, 'a disk by its Windows path');
    is_deeply([disk_complaints("$clone/$value->{'scsi0:0.filename'}", $vm->{disks}[0])],
        [], 'is copied');
}

{
    my $dir = new_dir();
    my $vm  = make_vm(
        dir   => "$dir/vm",
        keys  => ['workingDir' => "$dir/work"],
        disks => [{ name => 'alpha', file_name => 'alpha-000001.vmdk' }]
    );
    my $top = VixTest::Disk::make_delta(
        parent => $vm->{disks}[0],
        dir    => "$dir/work",
        name   => 'alpha-000001',
        hint   => $vm->{disks}[0]{path},
        writes => [[5, 5, 5]]
    );
    my ($value, $clone) = cloned($vm);
    is_deeply([disk_complaints("$clone/alpha-cl1.vmdk", $top)],
        [], 'a delta in workingDir is found');
    unlike($value->{workingdir} || '.', qr/work/, 'and the clone has its own folder for its own');
}

done_testing();
