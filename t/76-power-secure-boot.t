#!/usr/bin/perl
# A machine as VMware makes them for Windows 11, encrypted for its TPM and with secure boot, starts with
# a TPM of its own: its firmware shows itself, a signed system boots from its NVMe disk and finds secure
# boot and the TPM, and what is not signed does not boot.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix;
use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls qw(open_vm);
use VixTest::Guest qw(guest_to_run in_guest log_in);
use VixTest::Tools qw(have_tool);
use VixTest::Vmrun qw(set_setting);

my $CODE = '/usr/share/OVMF/OVMF_CODE_4M.secboot.fd';
my ($keep, $vmx) = guest_to_run('guest');
plan skip_all => 'swtpm is not installed' if grep { !have_tool($_) } qw(swtpm swtpm_setup);
plan skip_all => "there is no $CODE"      if !-e $CODE;
my $dir = "$keep/guest";
plan skip_all => 'the guest has no signed boot loader'
    if slurp("$dir/guest.vmdk") !~ /BOOTX64 ?EFI/;

my $NVRAM = "\x9e\xdd\x43\x89" . "\0" x 4092 . 'n' x 4096;
{
    my $text = slurp($vmx);
    $text =~ s/^(?:ide|sata|scsi)0:0\./nvme0:0./gm or die 'no disk';
    spew($vmx, $text);
}
my %keys = (
    'virtualHW.version'        => 22,
    'firmware'                 => 'efi',
    'uefi.secureBoot.enabled'  => 'TRUE',
    'nvme0.present'            => 'TRUE',
    'usb.present'              => 'TRUE',
    'ehci.present'             => 'TRUE',
    'usb_xhci.present'         => 'TRUE',
    'sound.present'            => 'TRUE',
    'sound.virtualDev'         => 'hdaudio',
    'ethernet1.present'        => 'TRUE',
    'ethernet1.connectionType' => 'nat',
    'ethernet1.virtualDev'     => 'e1000e',
    'memsize'                  => 512,
    'nvram'                    => 'guest.nvram',
    'vmx.encryptionType'       => 'partial',
    'vtpm.present'             => 'TRUE',
    'encryption.keySafe'       => 'vmware:key/list/(pair/(phrase/a/b,c,AAAA))',
    'encryption.data'          => 'AAAA',
);
set_setting($vmx, $_, $keys{$_}) for sort keys %keys;
spew("$dir/guest.nvram", $NVRAM);

sub power_on {
    my ($vm) = @_;
    my $err = VMPowerOn($vm, VIX_VMPOWEROP_NORMAL, VIX_INVALID_HANDLE);
    return ($err, VMware::Vix::last_error_detail());
}

# What the guest has written to its serial port, once that has the text, or after two minutes.
sub console_with {
    my ($wanted) = @_;
    my $said = '';
    for (1 .. 120) {
        $said = -e "$dir/guest-console.txt" ? slurp("$dir/guest-console.txt") : '';
        last if $said =~ $wanted;
        sleep 1;
    }
    return $said;
}

my ($open_err, $vm) = open_vm($vmx);
is($open_err, VIX_OK, 'opened');
my ($err, $detail) = power_on($vm);
is($err, VIX_E_NEED_KEY, 'it does not start unasked');
like($detail, qr/power\.tpm = "own"/, 'and the detail names the setting');

$ENV{VIX_POWER_TPM} = 'own';
($err, $detail) = power_on($vm);
is($err, VIX_OK, 'it starts with a TPM of its own') or BAIL_OUT($detail);
like($detail,   qr/BitLocker asks for its recovery key/, 'and the detail says what that means');
unlike($detail, qr/without secure boot/,                 'and nothing of secure boot');

subtest 'its firmware shows itself' => sub {
    like(console_with(qr/BdsDxe: starting/), qr/BdsDxe: starting \w+ "UEFI QEMU HARDDISK/,
        'UEFI starts the disk');
};

subtest 'a signed system boots' => sub {
    is(log_in($vm), VIX_OK, 'and its agent answers') or return;
    is(in_guest($vm, "dmesg | grep -q 'secureboot: Secure boot enabled'"), 0, 'secure boot is on');
    is(in_guest($vm, '[ "$(cat /sys/class/tpm/tpm0/tpm_version_major)" = 2 ]'), 0, 'it has a TPM 2.0');
    for my $device (
        ['xHCI'    => 'class 0x0c0330'],
        ['vmxnet3' => 'device 0x07b0'],
        ['e1000e'  => 'device 0x10d3'],
        ['HD audio' => 'class 0x040300'],
        )
    {
        my ($file, $number) = split / /, $device->[1];
        is(in_guest($vm, "grep -q $number /sys/bus/pci/devices/*/$file"), 0, "it has $device->[0]");
    }
};

subtest 'it is suspended and resumed with its TPM' => sub {
    is(VMSuspend($vm, 0), VIX_OK, 'VMSuspend') or diag(VMware::Vix::last_error_detail());
    is((power_on($vm))[0], VIX_OK, 'VMPowerOn');
    is(log_in($vm),        VIX_OK, 'the agent answers again');
    is(in_guest($vm, 'cat /sys/class/tpm/tpm0/pcr-sha256/0 >/dev/null'), 0, 'and the TPM');
};

is(VMPowerOff($vm, VIX_VMPOWEROP_NORMAL), VIX_OK, 'it is powered off');
is(slurp("$dir/guest.nvram"), $NVRAM, 'the nvram is as it was');
my $now = slurp($vmx);
is_deeply([grep { $now !~ /^\Q$_\E = "\Q$keys{$_}\E"$/m } grep {/encryption|vtpm/} sort keys %keys],
    [], 'and so are the keys');

subtest 'what is not signed does not boot' => sub {
    my $bytes = slurp("$dir/guest.vmdk");
    my $at    = index $bytes, 'This program cannot be run in DOS mode';
    cmp_ok($at, '>', 0, 'a loader is found');
    my $broken = 0;
    while ($at >= 0) {
        substr $bytes, $at, 4, 'THIS';
        $broken++;
        $at = index $bytes, 'This program cannot be run in DOS mode', $at;
    }
    spew("$dir/guest.vmdk", $bytes);
    is((power_on($vm))[0], VIX_OK, "changed in $broken places, it starts");
    like(console_with(qr/BdsDxe: failed to (?:load|start)/), qr/BdsDxe: failed .*: Access Denied/,
        'and the firmware refuses it');
    isnt(VMWaitForToolsInGuest($vm, 5), VIX_OK, 'and no system comes up');
    is(VMPowerOff($vm, VIX_VMPOWEROP_NORMAL), VIX_OK, 'it is powered off');
};

ReleaseHandle($vm);
done_testing();
