#!/usr/bin/perl
# What a virtual machine is not started with, and which disks a guest gets and boots from.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix;
use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls qw(clone_vm open_vm);
use VixTest::Guest qw(guest_to_run in_guest log_in);
use VixTest::Vmrun qw(set_setting);

sub power_on {
    my ($vm) = @_;
    my $err = VMPowerOn($vm, VIX_VMPOWEROP_NORMAL, VIX_INVALID_HANDLE);
    return ($err, VMware::Vix::last_error_detail());
}

# Opens a machine of one disk with these keys too; its folder lasts as long as the last value.
sub machine {
    my (%keys) = @_;
    my $made = make_vm(disks => [{ slot => 'scsi0:0' }], keys => [%keys]);
    my ($err, $vm) = open_vm($made->{vmx});
    is($err, VIX_OK, 'opened');
    return ($vm, $made->{vmx}, $made);
}

subtest 'a guest of another processor' => sub {
    my ($vm, $vmx, $made) = machine(guestOS => 'arm-ubuntu-64');
    my $before = slurp($vmx);
    my ($err, $detail) = power_on($vm);
    is($err, VIX_E_CANNOT_POWER_ON_VM, 'is not powered on');
    like($detail, qr/\Q$vmx\E .* arm-ubuntu-64 .* ARM/x, 'and the detail says why');
    is(slurp($vmx), $before, 'its .vmx is as it was');
    my ($snapshot_err) = VMCreateSnapshot($vm, 'now', undef, 0, VIX_INVALID_HANDLE);
    is($snapshot_err, VIX_OK, 'has snapshots');
    is(clone_vm($vmx, temp_dir() . '/copy/copy.vmx')->{err}, VIX_OK, 'and clones');
};

for my $case (
    ['a disk where no place is' => 'nvme0:64', 'nvme0:64.fileName', 'alpha.vmdk'],
    ['a device without a file' => 'scsi0:2', 'scsi0:2.deviceType', 'disk'],
    )
{
    my ($what, $node, @key) = @{$case};
    subtest $what => sub {
        my ($vm, $vmx, $made) = machine("$node.present" => 'TRUE', @key);
        my ($err, $detail) = power_on($vm);
        is($err, VIX_E_CANNOT_POWER_ON_VM, 'is not started without');
        like($detail, qr/\Q$vmx\E .* \Q$node\E/x, 'and the detail names it');
    };
}

subtest 'a boot hint that is not understood' => sub {
    my ($vm, undef, $made) = machine('bios.bootOrder' => 'disk,cdrom');
    my ($err, $detail) = power_on($vm);
    is($err, VIX_E_CANNOT_POWER_ON_VM, 'is not passed over');
    like($detail, qr/bios[.]bootOrder .* "disk"/x, 'and the detail quotes it');
};

# The boot disk is the last place of an LSI Logic, behind disks that nothing boots from.
subtest 'a guest boots from the disk of bios.hddOrder and has all its disks' => sub {
    my ($keep, $vmx) = guest_to_run('guest');
    my %more = ('ide0:0' => 10, 'ide1:1' => 11, 'scsi1:0' => 12, 'scsi1:9' => 13, 'nvme0:3' => 14);
    my $text = slurp($vmx) =~ s/^(?:scsi|sata)0\.\w+\s.*\n//mgr =~ s/^(?:ide|scsi|sata)0:0/scsi0:15/mgr;
    $text .= qq(scsi0.present = "TRUE"\nscsi0.virtualDev = "lsilogic"\n);
    $text .= qq(scsi1.present = "TRUE"\nscsi1.virtualDev = "pvscsi"\nnvme0.present = "TRUE"\n);
    $text .= qq(bios.hddOrder = "scsi0:15"\n);
    for my $node (sort keys %more) {
        my $file = "$node.vmdk" =~ tr/:/-/r;
        system('qemu-img', 'create', '-q', '-f', 'vmdk', "$keep/guest/$file", "$more{$node}M") == 0
            or die 'qemu-img';
        $text .= qq($node.present = "TRUE"\n$node.fileName = "$file"\n);
    }
    spew($vmx, $text);
    my ($open_err, $vm) = open_vm($vmx);
    is($open_err, VIX_OK, 'opened');
    my ($err, $detail) = power_on($vm);
    is($err, VIX_OK, 'powered on') or diag($detail);
    is(log_in($vm), VIX_OK, 'it has booted');
    my $has = sub {
        my ($where, $mib) = @_;
        my $blocks = $mib * 2048;
        my $script = qq(cat /sys/bus/scsi/devices/$where/block/*/size | grep -qx $blocks);
        is(in_guest($vm, $script), 0, "$mib MiB at $where");
    };
    $has->('0:0:0:0', 10);
    $has->('1:0:1:0', 11);
    $has->('2:0:0:0', 12);
    $has->('2:0:9:0', 13);
    is(VMPowerOff($vm, VIX_VMPOWEROP_NORMAL), VIX_OK, 'off');

    open my $floppy, '>', "$keep/floppy.img" or die "floppy: $!";
    truncate $floppy, 1_474_560 or die "floppy: $!";
    my @keys = (
        'floppy0.present' => 'TRUE', 'floppy0.fileType' => 'file',
        'floppy0.fileName' => "$keep/floppy.img",
        'serial1.present' => 'TRUE', 'serial1.fileType' => 'pipe',
        'serial1.fileName' => "$keep/none/pipe", 'serial1.pipe.endPoint' => 'client',
        'serial2.present' => 'TRUE', 'serial2.fileType' => 'device', 'serial2.fileName' => '/dev/none',
    );
    while (my ($key, $value) = splice @keys, 0, 2) { set_setting($vmx, $key, $value) }
    ($err, $detail) = power_on($vm);
    is($err, VIX_OK, 'a floppy elsewhere and ports to nothing') or diag($detail);
    like($detail, qr/\b$_ is connected to nothing/, "the detail names $_") for 'serial1', 'serial2';
    is(VMPowerOff($vm, VIX_VMPOWEROP_NORMAL), VIX_OK, 'off');
};

done_testing;
