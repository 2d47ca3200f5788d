#!/usr/bin/perl
# Machines as Workstation 25H2 and Fusion 13 make them, with hardware 21 and 22, NVMe, xHCI, secure boot,
# e1000e and vmxnet3, and 64 disks: each is opened, cloned both ways, gets a snapshot, is reverted and
# deleted, and no call changes other lines than its own.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls   qw(open_vm without_libvirt);
use VixTest::Rebuilt qw(clone_complaints rebuild);
use VixTest::Vmx     qw(changed_lines read_vmx);

without_libvirt();

my $SAMPLES = "$Bin/data/samples";
my $keep    = temp_dir();

sub succeeds {
    my ($err, $what) = @_;
    return is($err == VIX_OK ? 'VIX_OK' : "$err: " . GetErrorText($err), 'VIX_OK', $what);
}

sub clone {
    my ($vm, $type, $destination) = @_;
    my ($err, $clone) = VMClone($vm, VIX_INVALID_HANDLE, $type, $destination, 0, VIX_INVALID_HANDLE);
    ReleaseHandle($clone);
    return $err;
}

# The keys of the lines that differ, but for the disks' names.
sub changed {
    my ($before, $after) = @_;
    return [sort grep { !/:\d+\.filename\z/ } keys %{ changed_lines($before, $after) }];
}

my %hardware = (
    'workstation-25h2/Archive Node.vmx' =>
        { version => 22, disks => ['Archive Node', map {"Archive Node-$_"} 0 .. 2] },
    'fusion-13/Sensor Gateway.vmx' => { version => 21, disks => ['Virtual Disk'] },
);

for my $sample (sort keys %hardware) {
    my $given = $hardware{$sample};
    subtest $sample => sub {
        my $dir = "$keep/$given->{version}";
        my $vm  = rebuild("$dir/source", vmx => "$SAMPLES/$sample",
            disks => [map { { name => $_ } } @{ $given->{disks} }]);
        my ($err, $handle) = open_vm($vm->{vmx});
        succeeds($err, 'VMOpen');
        my @version = VMReadVariable($handle, VIX_VM_CONFIG_RUNTIME_ONLY, 'virtualHW.version', 0);
        is_deeply(\@version, [VIX_OK, $given->{version}], 'its hardware');
        succeeds(clone($handle, VIX_CLONETYPE_FULL, "$dir/full/copy.vmx"), 'a full clone');
        is_deeply([clone_complaints($vm, "$dir/full/copy.vmx")], [], 'is sound');

        my $before = slurp($vm->{vmx});
        ($err, my $snapshot) = VMCreateSnapshot($handle, 'a', undef, 0, VIX_INVALID_HANDLE);
        succeeds($err, 'VMCreateSnapshot');
        is_deeply(changed($before, slurp($vm->{vmx})), [], 'changes the names of the disks alone');
        ($err, my $clone)
            = VMClone($handle, $snapshot, VIX_CLONETYPE_LINKED, "$dir/linked/copy.vmx", 0,
            VIX_INVALID_HANDLE);
        succeeds($err, 'a linked clone');
        succeeds(VMDelete($clone, VIX_VMDELETE_DISK_FILES), 'is deleted');
        succeeds(VMRevertToSnapshot($handle, $snapshot, 0, VIX_INVALID_HANDLE), 'VMRevertToSnapshot');
        succeeds(VMRemoveSnapshot($handle, $snapshot, 0), 'VMRemoveSnapshot');
        is_deeply(changed($before, slurp($vm->{vmx})), [], 'the .vmx is as it was');
        succeeds(clone($handle, VIX_CLONETYPE_FULL, "$dir/again/copy.vmx"), 'another full clone');
        is_deeply([clone_complaints($vm, "$dir/again/copy.vmx")], [], 'is sound, too');
        succeeds(VMDelete($handle, VIX_VMDELETE_DISK_FILES), 'VMDelete');
        ok(!-e $vm->{dir}, 'deletes all');
        ReleaseHandle($_) for $snapshot, $clone, $handle;
    };
}

subtest 'an ARM guest' => sub {
    my $vm = rebuild("$keep/arm", vmx => "$SAMPLES/fusion-13/Sensor Gateway.vmx",
        disks => [{ name => 'Virtual Disk' }]);
    my (undef, $handle) = open_vm($vm->{vmx});
    my $err = VMPowerOn($handle, VIX_VMPOWEROP_NORMAL, VIX_INVALID_HANDLE);
    is($err, VIX_E_CANNOT_POWER_ON_VM, 'is not started');
    ReleaseHandle($handle);
};

subtest '64 disks on one NVMe controller' => sub {
    my $vm = make_vm(
        dir   => "$keep/many",
        name  => 'many',
        disks => [map { { slot => "nvme0:$_", sectors => 2048 } } 0 .. 63],
        keys  => ['virtualHW.version' => 21, 'nvme0.subnqnUUID' => '52 1']
    );
    my (undef, $handle) = open_vm($vm->{vmx});
    succeeds(clone($handle, VIX_CLONETYPE_FULL,   "$keep/many-full/c.vmx"),   'a full clone');
    succeeds(clone($handle, VIX_CLONETYPE_LINKED, "$keep/many-linked/c.vmx"), 'a linked clone');
    for my $dir ("$keep/many-full", "$keep/many-linked") {
        my $value = read_vmx("$dir/c.vmx")->{value};
        my %disk  = map { $_ => 1 } grep { length && -e "$dir/$_" }
            map { $value->{"nvme0:$_.filename"} // '' } 0 .. 63;
        is(scalar keys %disk, 64, "$dir has 64 disks");
    }
    my ($err, $snapshot) = VMGetNamedSnapshot($handle, 'Clone');
    succeeds($err, 'the snapshot of the linked clone');
    succeeds(VMRevertToSnapshot($handle, $snapshot, 0, VIX_INVALID_HANDLE), 'reverting');
    my (undef, $linked) = open_vm("$keep/many-linked/c.vmx");
    succeeds(VMDelete($linked, VIX_VMDELETE_DISK_FILES), 'deleting the clone');
    succeeds(VMRemoveSnapshot($handle, $snapshot, 0), 'removing the snapshot');
    succeeds(VMDelete($handle, VIX_VMDELETE_DISK_FILES), 'deleting the machine');
    ok(!-e "$keep/many", 'leaves nothing');
    ReleaseHandle($_) for $snapshot, $linked, $handle;
};

done_testing();
