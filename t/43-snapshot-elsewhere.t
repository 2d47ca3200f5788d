#!/usr/bin/perl
# Disks in other folders than the machine's: snapshots are taken, gone back to and removed as of any
# other disk, nothing stays behind, and nothing of another machine is touched.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VixTest;
use VixTest::Disk          qw(make_delta);
use VixTest::Files         qw(list_files);
use VixTest::SnapshotCalls qw(delete_vm linked_clone remove_snapshot revert_to take_snapshot);
use VixTest::SnapshotChain qw(chain_bytes chain_complaints chain_of);
use VixTest::SnapshotDisk  qw(guest_reads guest_writes present_path);
use VixTest::SnapshotState qw(write_list);
use VixTest::Tools         qw(have_tool qemu_check);

$ENV{VIX_CLONE_SYNC} = 'FALSE';    # no power will fail

# Two disks, the second in a folder beside the machine's.
sub machine_with_far_disk {
    my (%far) = @_;
    my $dir = temp_dir();
    my $vm  = make_vm(
        dir   => "$dir/vm",
        disks => [{}, { dir => "$dir/far", name => 'far', slot => 'scsi0:1', %far }]
    );
    $vm->{top} = $dir;
    return $vm;
}

sub far_files {
    my ($vm) = @_;
    return join ' ', list_files("$vm->{top}/far");
}

# What is wrong with the present disk at scsi0:1, which shall read so.
sub ok_far {
    my ($vm, $bytes, $what) = @_;
    my $path  = present_path($vm->{vmx}, 'scsi0:1');
    my @wrong = chain_complaints($path);
    push @wrong, 'reads otherwise'  if chain_bytes($path) ne $bytes;
    push @wrong, qemu_check($path)  if have_tool('qemu-img');
    is_deeply([grep { $_ ne '' } @wrong], [], $what);
    return;
}

for my $type (qw(monolithicSparse twoGbMaxExtentSparse monolithicFlat)) {
    my $vm     = machine_with_far_disk(type => $type);
    my $files  = far_files($vm);
    my $at_all = join ' ', grep { !/vmsd$/ } list_files($vm->{dir});
    is(take_snapshot($vm->{vmx}, 'a'), VIX_OK, "$type: a snapshot");
    like(far_files($vm), qr/far-000001/, 'its delta lies beside the disk');
    my $then = guest_reads($vm->{vmx}, 'scsi0:1');
    guest_writes($vm->{vmx}, 'scsi0:1', [100, 900, 7]);
    is(revert_to($vm->{vmx}, [0]), VIX_OK, 'going back');
    ok_far($vm, $then, 'reads as then');
    guest_writes($vm->{vmx}, 'scsi0:1', [700, 300, 8]);
    is(take_snapshot($vm->{vmx}, 'b'), VIX_OK, 'another');
    guest_writes($vm->{vmx}, 'scsi0:1', [10, 20, 9]);
    my $now = guest_reads($vm->{vmx}, 'scsi0:1');
    is(remove_snapshot($vm->{vmx}, [0]), VIX_OK, 'the first is removed');
    ok_far($vm, $now, 'reads as before');
    is(scalar(chain_of(present_path($vm->{vmx}, 'scsi0:1'))), 2, 'and is merged');
    is(remove_snapshot($vm->{vmx}, [0]), VIX_OK, 'the other is removed');
    ok_far($vm, $now, 'reads as before');
    is(far_files($vm), $files, 'all under its former name');
    is(join(' ', grep { !/vmsd$/ } list_files($vm->{dir})), $at_all, 'nothing is left');
}

# ---- VMware puts the delta of a disk elsewhere into the machine's folder
{
    my $vm   = machine_with_far_disk(type => 'monolithicFlat');
    my $far  = $vm->{disks}[1];
    my $name = 'far-000001';
    make_delta(name => $name, parent => $far, dir => $vm->{dir}, hint => $far->{path},
        writes => [[50, 700, 3]]);
    my $text = slurp($vm->{vmx});
    $text =~ s/^(scsi0:1\.fileName = ).*/$1"$name.vmdk"/m or die 'no disk';
    spew($vm->{vmx}, $text);
    write_list(
        "$vm->{dir}/alpha.vmsd",
        'snapshot.lastUID'         => 1,
        'snapshot.current'         => 1,
        'snapshot0.uid'            => 1,
        'snapshot0.filename'       => 'alpha-Snapshot1.vmsn',
        'snapshot0.displayName'    => 'theirs',
        'snapshot0.numDisks'       => 1,
        'snapshot0.disk0.fileName' => $far->{path},
        'snapshot0.disk0.node'     => 'scsi0:1',
    );
    my $now = guest_reads($vm->{vmx}, 'scsi0:1');
    is(remove_snapshot($vm->{vmx}, [0]), VIX_OK, 'a delta here of a disk there');
    ok_far($vm, $now, 'reads as before');
    is(scalar(chain_of(present_path($vm->{vmx}, 'scsi0:1'))), 1, 'and is merged');
    is(far_files($vm), '', 'what it stood on is gone');
}

# ---- what others stand on
{
    my $vm = machine_with_far_disk();
    is(take_snapshot($vm->{vmx}, 'a'), VIX_OK, 'a snapshot');
    my $other = make_vm(dir => "$vm->{top}/far", name => 'other', disks => [{ file_name => 'far.vmdk' }]);
    my $before = slurp("$vm->{top}/far/far.vmdk");
    guest_writes($vm->{vmx}, 'scsi0:1', [100, 900, 7]);
    my $now = guest_reads($vm->{vmx}, 'scsi0:1');
    is(remove_snapshot($vm->{vmx}, [0]), VIX_OK, 'a disk that another machine has attached');
    ok_far($vm, $now, 'reads as before');
    is(slurp("$vm->{top}/far/far.vmdk"), $before, 'and the other one has what it had');
}

# ---- a disk that the user has detached since
{
    my $vm     = machine_with_far_disk();
    my $before = slurp("$vm->{top}/far/far.vmdk");
    is(take_snapshot($vm->{vmx}, 'a'), VIX_OK, 'a snapshot');
    (my $text = slurp($vm->{vmx})) =~ s/^scsi0:1\..*\n//mg;
    spew($vm->{vmx}, $text);
    is(remove_snapshot($vm->{vmx}, [0]), VIX_OK, 'removed when its disk is no longer attached');
    is(slurp("$vm->{top}/far/far.vmdk"), $before, 'the disk stays: it was there before');
}

# ---- linked clones and deleting
{
    my $vm = machine_with_far_disk();
    guest_writes($vm->{vmx}, 'scsi0:1', [5, 5, 5]);
    my $then = guest_reads($vm->{vmx}, 'scsi0:1');
    is(linked_clone($vm->{vmx}, undef, "$vm->{top}/clone/c.vmx"), VIX_OK, 'a linked clone');
    is(guest_reads("$vm->{top}/clone/c.vmx", 'scsi0:1'), $then, 'reads it');
    is(remove_snapshot($vm->{vmx}, [0]), VIX_E_SNAPSHOT_DISKLOCKED, 'and keeps its snapshot');
    is(delete_vm("$vm->{top}/clone/c.vmx"), VIX_OK, 'the clone is deleted');
    like(far_files($vm), qr/far-000001/, 'the disks of its parent are not');
    is(delete_vm($vm->{vmx}), VIX_OK, 'the machine is deleted');
    is(far_files($vm), 'far.vmdk', 'its delta with it, the disk that was attached stays');
}

done_testing();
