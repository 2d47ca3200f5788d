#!/usr/bin/perl
# Machines as people leave them: a disk taken out of the .vmx, the list of snapshots lost, a folder
# copied. No call takes a disk away that another one depends on. QEMU reads the disks.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Files         qw(list_files);
use VixTest::SnapshotCalls qw(delete_vm linked_clone remove_snapshot revert_to take_snapshot);
use VixTest::SnapshotChain qw(chain_bytes);
use VixTest::SnapshotDisk  qw(guest_reads guest_writes present_path);
use VixTest::Tools         qw(have_tool qemu_check run_tool);

$ENV{VIX_CLONE_SYNC} = 'FALSE';    # no power will fail

# A machine with two disks, each written to after the snapshot "base".
sub machine {
    my ($type) = @_;
    my $vm = make_vm(disks => [map { { size_mb => 2, type => $type } } 1, 2]);
    die 'no snapshot' if take_snapshot($vm->{vmx}, 'base') != VIX_OK;
    guest_writes($vm->{vmx}, $_, [3, 300, 7]) for 'scsi0:0', 'scsi0:1';
    return $vm;
}

# What QEMU finds wrong with a disk that should hold these bytes.
sub wrong {
    my ($disk, $bytes) = @_;
    my @wrong = chain_bytes($disk) eq $bytes ? () : 'our reader finds other bytes';
    return @wrong if !have_tool('qemu-img');
    my $keep = temp_dir();
    my $raw  = "$keep/disk.raw";
    my $run  = run_tool('qemu-img', 'convert', '-f', 'vmdk', '-O', 'raw', $disk, $raw);
    push @wrong, $run->{err}                  if $run->{status} != 0;
    push @wrong, 'QEMU finds other bytes'     if !@wrong && slurp($raw) ne $bytes;
    push @wrong, grep {length} qemu_check($disk) if slurp($disk) !~ /^RW \d+ FLAT/m;
    return @wrong;
}

my $broken = qr/^scsi0:1\.fileName = ".*\n/m;
my %ways   = (
    'its line is deleted'  => sub { $_[0] =~ s/$broken//r },
    'it is switched off'   => sub { $_[0] =~ s/^(scsi0:1\.present = )"TRUE"/$1"FALSE"/mr },
    'its comment is left'  => sub { $_[0] =~ s/^(scsi0:1\.fileName)/#$1/mr },
);
for my $type (qw(monolithicSparse twoGbMaxExtentSparse monolithicFlat)) {
    for my $way (sort keys %ways) {
        my $vm    = machine($type);
        my $disk  = present_path($vm->{vmx}, 'scsi0:1');
        my $held  = guest_reads($vm->{vmx}, 'scsi0:1');
        my $other = guest_reads($vm->{vmx}, 'scsi0:0');
        my $text  = slurp($vm->{vmx});
        my $left  = $ways{$way}->($text);
        isnt($left, $text, "$type, $way");
        spew($vm->{vmx}, $left);
        is(remove_snapshot($vm->{vmx}, [0]), VIX_OK, 'the snapshot is removed');
        like(VMware::Vix::last_error_detail(), qr/ is kept: /, 'the detail says what is kept');
        is_deeply([wrong($disk, $held)], [], 'the detached disk reads as before');
        is_deeply([wrong(present_path($vm->{vmx}, 'scsi0:0'), $other)], [], 'so does the other');
        is(take_snapshot($vm->{vmx}, 'next'), VIX_OK, 'another snapshot');
        is(revert_to($vm->{vmx}, [0]),        VIX_OK, 'and back to it');
        is(remove_snapshot($vm->{vmx}, [0]),  VIX_OK, 'it goes');
        is_deeply([wrong($disk, $held)], [], 'the detached disk still reads as before');
    }
}

# ---- a quote is lost: nothing is done
{
    my $vm = machine('monolithicSparse');
    spew($vm->{vmx}, slurp($vm->{vmx}) =~ s/^(scsi0:1\.fileName = "[^"]*)"/$1/mr);
    my $before = folder_digest($vm->{dir});
    for my $call (sub { remove_snapshot($vm->{vmx}, [0]) }, sub { delete_vm($vm->{vmx}) }) {
        is($call->(), VIX_E_CANNOT_READ_VM_CONFIG, 'a quote that is not closed: 4002');
    }
    is(folder_digest($vm->{dir}), $before, 'nothing is touched');
}

# ---- a neighbour in the folder is deleted
{
    my $vm   = machine('monolithicSparse');
    my $disk = present_path($vm->{vmx}, 'scsi0:1');
    my $held = guest_reads($vm->{vmx}, 'scsi0:1');
    make_vm(
        dir   => $vm->{dir},
        name  => 'other',
        disks => 0,
        keys  => [
            'scsi0.present'    => 'TRUE',
            'scsi0:0.present'  => 'TRUE',
            'scsi0:0.fileName' => $vm->{disks}[1]{name} . '.vmdk',
        ],
    );
    spew($vm->{vmx}, $ways{'its line is deleted'}->(slurp($vm->{vmx})));
    is(delete_vm("$vm->{dir}/other.vmx"), VIX_OK, 'a neighbour that names the base is deleted');
    is_deeply([wrong($disk, $held)], [], 'the child of that base reads as before');
}

# ---- the list is lost
for my $how (qw(gone empty case)) {
    my $vm    = machine('monolithicSparse');
    my $list  = "$vm->{dir}/alpha.vmsd";
    my $state = slurp("$vm->{dir}/alpha-Snapshot1.vmsn");
    rename $list, $how eq 'case' ? "$vm->{dir}/ALPHA.VMSD" : "$vm->{dir}/set-aside" or die $!;
    spew($list, '') if $how eq 'empty';
    my $reads = guest_reads($vm->{vmx}, 'scsi0:0');
    is(take_snapshot($vm->{vmx}, 'new'), VIX_OK, "the list is $how: a snapshot");
    my $detail = VMware::Vix::last_error_detail();
    like($detail, $how eq 'case' ? qr/\A\z/ : qr/alpha-Snapshot1\.vmsn/, 'what it has lost is told');
    ok(-e "$vm->{dir}/alpha-Snapshot2.vmsn", 'the new one has a number of its own');
    is(remove_snapshot($vm->{vmx}, [$how eq 'case' ? (0, 0) : 0]), VIX_OK, 'it goes again');
    is(slurp("$vm->{dir}/alpha-Snapshot1.vmsn"), $state, 'the lost one\'s state is as it was');
    is(guest_reads($vm->{vmx}, 'scsi0:0'), $reads, 'the guest reads the same');
    if ($how ne 'case') {
        rename "$vm->{dir}/set-aside", $list or die $!;
        is(revert_to($vm->{vmx}, [0]), VIX_OK, 'the list is found again: back to its snapshot');
    }
}

# ---- a copy of a parent's folder
{
    my $keep = temp_dir();
    my $vm   = make_vm(dir => "$keep/parent", disks => [{ size_mb => 1 }]);
    is(take_snapshot($vm->{vmx}, 'base'), VIX_OK, 'a snapshot');
    is(linked_clone($vm->{vmx}, [0], "$keep/clone/c.vmx"), VIX_OK, 'with a linked clone');
    my $reads = guest_reads("$keep/clone/c.vmx");
    system('cp', '-r', '--', "$keep/parent", "$keep/copy") and die 'cp';
    is(remove_snapshot($vm->{vmx}, [0]), VIX_E_SNAPSHOT_DISKLOCKED, 'it cannot be removed');
    is(remove_snapshot("$keep/copy/alpha.vmx", [0]), VIX_OK, 'that of a copy can');
    spew("$keep/clone/c.vmsd", '');
    is(remove_snapshot($vm->{vmx}, [0]),
        VIX_E_SNAPSHOT_DISKLOCKED, 'nor when the clone has lost its list');
    ok(guest_reads("$keep/clone/c.vmx") eq $reads, 'the clone reads as before');
}

done_testing();
