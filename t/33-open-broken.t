#!/usr/bin/perl
# A .vmx with a line that cannot be understood is refused by every call that reads it, with the
# file and the line, and nothing is changed: a disk of such a machine would be lost.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls qw(host open_vm);

my $keep = temp_dir();

# What makes a sound text broken, and what the detail says.
my %broken = (
    'no closing quote' => [
        sub {s/^(scsi0:1.fileName = ".*)"$/$1/mr},
        qr/scsi0:1\.fileName has no closing quote/
    ],
    'a bare value with a blank' => [
        sub {s/^(scsi0:1.fileName) = "(.*)"$/$1 = my $2/mr},
        qr/scsi0:1\.fileName has a blank and no quotes/
    ],
    'text behind the closing quote' =>
        [sub {s/^(scsi0:1.fileName = ".*")$/$1;/mr}, qr/text follows the closing quote/],
    'no assignment' =>
        [sub {s/^(scsi0:1.fileName) = /$1 /mr}, qr/neither an assignment nor a comment/],
    'a key twice' => [
        sub { $_ . qq(SCSI0:1.filename = "other.vmdk"\n) },
        qr/SCSI0:1\.filename is already defined in line \d+/
    ],
    'a key twice with one value' =>
        [sub {s/^(scsi0:1.present = .*)$/$1\n$1/mr}, qr/scsi0:1\.present is already defined/],
    'a word that is no switch' => [
        sub {s/^(scsi0:1.present) = .*$/$1 = "1"/mr},
        qr/scsi0:1\.present is neither "TRUE" nor "FALSE"/
    ],
    'a word that is no switch, of the controller' =>
        [sub {s/^(scsi0.present) = .*$/$1 = "yes"/mr}, qr/scsi0\.present is neither/],
    'a name in another encoding' => [
        sub {s/^(scsi0:1.fileName) = .*$/$1 = "\xC4\xE3.vmdk"/mr},
        qr/scsi0:1\.fileName is not valid in UTF-8, the encoding of the file/
    ],
);

# The machine, and a sub that breaks its text.
sub machine {
    my ($dir) = @_;
    my $vm = make_vm(dir => $dir, disks => 2, keys => ['.encoding' => 'UTF-8']);
    my $text = slurp($vm->{vmx});
    return ($vm, sub { my ($how) = @_; local $_ = $text; spew($vm->{vmx}, $how->()) });
}

my ($vm, $break) = machine("$keep/open");
for my $what (sort keys %broken) {
    my ($how, $says) = @{ $broken{$what} };
    $break->($how);
    my ($err, $handle) = open_vm($vm->{vmx});
    is($err,    VIX_E_CANNOT_READ_VM_CONFIG, "$what: is not opened");
    is($handle, VIX_INVALID_HANDLE,          "$what: no handle");
    like(GetErrorText($err), qr/\Q$vm->{vmx}\E: line \d+: .*$says/, "$what: file, line, reason");
}

# Handles of a time when the text was sound.
my %call = (
    'VMClone' => sub {
        my ($handle) = @_;
        return (VMClone($handle, VIX_INVALID_HANDLE, VIX_CLONETYPE_FULL, "$keep/copy/copy.vmx", 0,
            VIX_INVALID_HANDLE))[0];
    },
    'VMClone, linked' => sub {
        my ($handle) = @_;
        return (VMClone($handle, VIX_INVALID_HANDLE, VIX_CLONETYPE_LINKED, "$keep/copy/copy.vmx",
            0, VIX_INVALID_HANDLE))[0];
    },
    'VMCreateSnapshot' => sub {
        my ($handle) = @_;
        return (VMCreateSnapshot($handle, 'name', '', 0, VIX_INVALID_HANDLE))[0];
    },
    'VMPowerOn' => sub { VMPowerOn($_[0], VIX_VMPOWEROP_NORMAL, VIX_INVALID_HANDLE) },
    'VMDelete'  => sub { VMDelete($_[0], VIX_VMDELETE_DISK_FILES) },
    'GetProperties'     => sub { (GetProperties($_[0], VIX_PROPERTY_VM_NAME))[0] },
    'VMWriteVariable'   => sub { VMWriteVariable($_[0], VIX_VM_CONFIG_RUNTIME_ONLY, 'a', 'b', 0) },
    'VMReadVariable'    => sub { (VMReadVariable($_[0], VIX_VM_CONFIG_RUNTIME_ONLY, 'a', 0))[0] },
    'VMUpgradeVirtualHardware' => sub { VMUpgradeVirtualHardware($_[0], 0) },
    'RegisterVM'               => sub { RegisterVM(host(), $vm->{vmx}) },
);
for my $name (sort keys %call) {
    ($vm, $break) = machine("$keep/$name");
    my ($err, $handle) = open_vm($vm->{vmx});
    is($err, VIX_OK, "$name: the sound machine opens") or next;
    $break->($broken{'no closing quote'}[0]);
    my $before = folder_digest($vm->{dir});
    is($call{$name}->($handle), VIX_E_CANNOT_READ_VM_CONFIG, "$name is refused");
    is(folder_digest($vm->{dir}), $before, "$name: the folder is untouched");
    ok(!-e "$keep/copy", "$name: nothing is made");
    ReleaseHandle($handle);
}

{
    my ($err, $handle) = open_vm("$Bin/data/samples/broken-quotes/Reception PC.vmx");
    is($err, VIX_E_CANNOT_READ_VM_CONFIG, 'a file that lost two quotes is not opened');
    like(GetErrorText($err), qr/line 68: the value of sharedFolder0\.hostPath/, 'the first is told');
}

done_testing();
