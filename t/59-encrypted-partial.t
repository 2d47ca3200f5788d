#!/usr/bin/perl
# Machines that are encrypted for their TPM alone, as VMware makes them for Windows 11: full clones
# keep the keys and the encrypted nvram, passwords are checked, and everything else that needs the key
# is refused with its reason.

use strict;
use warnings;
use utf8;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix;
use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls   qw(clone_vm host open_vm without_libvirt);
use VixTest::Rebuilt qw(clone_complaints rebuild);
use VixTest::Vmrun   qw(own_home said vmrun);
use VixTest::Vmx     qw(read_vmx);

own_home();
without_libvirt();
binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output todo_output);

my $SAMPLES  = "$Bin/data/samples";
my %PASSWORD = (
    'workstation-25h2/Till 4.vmx' => 'till four',
    'fusion-13/Payroll Desk.vmx'  => 'Bücher 位',
);
my %DISK  = ('workstation-25h2/Till 4.vmx' => 'Till 4', 'fusion-13/Payroll Desk.vmx' => 'Virtual Disk');
my $NVRAM = "\x9e\xdd\x43\x89" . "\0" x 4092 . join '', map { chr $_ * 7 % 256 } 1 .. 8192;

my $keep   = temp_dir();
my $number = 0;

sub machine {
    my ($sample, $nvram) = @_;
    $sample //= 'workstation-25h2/Till 4.vmx';
    my $dir = "$keep/" . $number++;
    my $vm  = rebuild("$dir/source", vmx => "$SAMPLES/$sample", disks => [{ name => $DISK{$sample} }]);
    spew("$vm->{dir}/$vm->{name}.nvram", $nvram // $NVRAM);
    return ($vm, $dir);
}

sub opened_with {
    my ($vmx, $password) = @_;
    my ($err, $list) = AllocPropertyList(host(), VIX_PROPERTY_VM_ENCRYPTION_PASSWORD, $password,
        VIX_PROPERTY_NONE);
    die "AllocPropertyList: $err" if $err != VIX_OK;
    ($err, my $vm) = HostOpenVM(host(), $vmx, VIX_VMOPEN_NORMAL, $list);
    my $detail = VMware::Vix::last_error_detail();
    ReleaseHandle($list);
    return ($err, $vm, $detail);
}

# The lines that hold the encryption and the TPM.
sub key_lines {
    my ($vmx) = @_;
    return grep {/^(?:encryption\.|encryptedVM\.|vtpm\.|vmx\.encryptionType)/} split /\r?\n/,
        slurp($vmx);
}

for my $sample (sort keys %PASSWORD) {
    subtest "a full clone of $sample" => sub {
        my ($vm, $dir) = machine($sample);
        my $before = folder_digest($vm->{dir});
        my ($err, $handle) = open_vm($vm->{vmx});
        ($err, my $clone) = VMClone($handle, VIX_INVALID_HANDLE, VIX_CLONETYPE_FULL,
            "$dir/clone/copy.vmx", 0, VIX_INVALID_HANDLE);
        is($err, VIX_OK, 'VMClone') or diag(GetErrorText($err));
        like(VMware::Vix::last_error_detail(),
            qr/password of its source, and the same TPM/, 'the detail says what both share');
        ReleaseHandle($_) for $handle, $clone;
        is(folder_digest($vm->{dir}), $before, 'the source is untouched');
        is_deeply([clone_complaints($vm, "$dir/clone/copy.vmx")], [], 'the clone is sound');
        my @keys = key_lines($vm->{vmx});
        ok(@keys >= 6, 'the source has keys');
        is_deeply([key_lines("$dir/clone/copy.vmx")], \@keys, 'the clone has the same');
        ok(slurp("$dir/clone/copy.nvram") eq $NVRAM, 'and the nvram byte for byte');
        my ($opened) = opened_with("$dir/clone/copy.vmx", $PASSWORD{$sample});
        is($opened, VIX_OK, 'and the password');
    };
}

subtest 'the password given to HostOpenVM' => sub {
    for my $sample (sort keys %PASSWORD) {
        my ($vm) = machine($sample);
        my ($err, $handle) = opened_with($vm->{vmx}, $PASSWORD{$sample});
        is($err, VIX_OK, "$sample: the right one");
        ReleaseHandle($handle);
        ($err, $handle, my $detail) = opened_with($vm->{vmx}, "$PASSWORD{$sample} ");
        is($err, VIX_E_AUTHENTICATION_FAIL, "$sample: another one");
        is($handle, VIX_INVALID_HANDLE, 'gives no handle');
        unlike($detail, qr/\Q$PASSWORD{$sample}/, 'and is not repeated');
        is((opened_with($vm->{vmx}, ''))[0], VIX_E_NEED_KEY, "$sample: an empty one");
        ($err, $handle) = open_vm($vm->{vmx});
        is($err, VIX_OK, "$sample: none");
        ReleaseHandle($handle);
    }
    is((opened_with("$SAMPLES/encrypted-full.vmx", 'x'))[0], VIX_E_AUTHENTICATION_FAIL,
        'of a machine that is encrypted as a whole');
    is((opened_with(make_vm(dir => "$keep/plain", disks => 0)->{vmx}, 'x'))[0], VIX_OK,
        'of one that is not encrypted does not matter');
    is((opened_with("$keep/none.vmx", 'x'))[0], VIX_E_VM_NOT_FOUND, 'of none');
};

subtest 'what a clone needs' => sub {
    my ($vm, $dir) = machine();
    my $refused = sub {
        my ($code, $reason) = @_;
        my $before = folder_digest($vm->{dir});
        my $result = clone_vm($vm->{vmx}, "$dir/clone/copy.vmx");
        is($result->{err}, $code, $reason) or diag($result->{text});
        like(VMware::Vix::last_error_detail(), qr/$reason/, 'the detail says so')
            if $result->{err} == $code;
        ok(!-e "$dir/clone", 'nothing is left');
        is(folder_digest($vm->{dir}), $before, 'the source is untouched');
    };
    my $text = slurp($vm->{vmx});
    spew($vm->{vmx}, $text =~ s/(checkpoint\.vmState = )""/$1"x.vmss"/r);
    $refused->(VIX_E_NEED_KEY, 'suspended');
    spew($vm->{vmx}, $text =~ s/vmx\.encryptionType = "partial"/vmx.encryptionType = "all"/r);
    $refused->(VIX_E_NEED_KEY, 'as a whole');
    spew($vm->{vmx}, $text);
    unlink "$vm->{dir}/Till 4.nvram" or die $!;
    $refused->(VIX_E_FILE_NOT_FOUND, 'Till 4\.nvram');
    spew("$vm->{dir}/Till 4.nvram", $NVRAM);
    my $disk = slurp("$vm->{dir}/Till 4.vmdk");
    my $line = "encryptionKeys=\"vmware:key\"\n";
    my $at   = index $disk, 'createType=';
    substr $disk, $at, 0, $line;
    substr $disk, index($disk, "\0" x length $line, $at), length $line, '';
    spew("$vm->{dir}/Till 4.vmdk", $disk);
    $refused->(VIX_E_DISK_NEEDKEY, 'Till 4\.vmdk');
};

subtest 'what stays refused, with its reason' => sub {
    my ($vm, $dir) = machine();
    my (undef, $handle) = open_vm($vm->{vmx});
    my $before  = folder_digest($vm->{dir});
    my $refused = sub {
        my ($what, $err) = @_;
        is($err, VIX_E_NEED_KEY, $what);
        like(VMware::Vix::last_error_detail(), qr/encrypted for its TPM.*Make a full clone instead/,
            'and why');
    };
    $refused->('a linked clone', (VMClone($handle, VIX_INVALID_HANDLE, VIX_CLONETYPE_LINKED,
        "$dir/clone/copy.vmx", 0, VIX_INVALID_HANDLE))[0]);
    $refused->('a snapshot', (VMCreateSnapshot($handle, 'a', undef, 0, VIX_INVALID_HANDLE))[0]);
    ok(!-e "$dir/clone", 'nothing is left');
    is(VMPowerOn($handle, VIX_VMPOWEROP_NORMAL, VIX_INVALID_HANDLE), VIX_E_NEED_KEY, 'a start');
    like(VMware::Vix::last_error_detail(), qr/power\.tpm = "own".*BitLocker/,
        'unless the setting allows another TPM');
    is(VMWriteVariable($handle, VIX_VM_CONFIG_RUNTIME_ONLY, 'encryption.data', 'x', 0),
        VIX_E_NEED_KEY, 'a change of a key');
    is(folder_digest($vm->{dir}), $before, 'nothing is changed');
    ReleaseHandle($handle);
};

subtest 'what needs no key' => sub {
    my ($vm) = machine();
    local $ENV{VIX_INVENTORY_FILE} = "$keep/inventory.vmls";
    is(RegisterVM(host(), $vm->{vmx}), VIX_OK, 'RegisterVM');
    is_deeply([FindItems(host(), VIX_FIND_REGISTERED_VMS, -1)], [VIX_OK, $vm->{vmx}], 'FindItems');
    is(UnregisterVM(host(), $vm->{vmx}), VIX_OK, 'UnregisterVM');
    my (undef, $handle) = open_vm($vm->{vmx});
    is_deeply(
        [   GetProperties(
                $handle,                    VIX_PROPERTY_VM_NAME,
                VIX_PROPERTY_VM_GUESTOS,    VIX_PROPERTY_VM_NUM_VCPUS,
                VIX_PROPERTY_VM_POWER_STATE
            )
        ],
        [VIX_OK, 'Till 4', 'windows11-64', 4, VIX_POWERSTATE_POWERED_OFF],
        'GetProperties'
    );
    my @read = map { [VMReadVariable($handle, VIX_VM_CONFIG_RUNTIME_ONLY, $_, 0)] }
        qw(firmware annotation);
    is_deeply(\@read, [[VIX_OK, 'efi'], [VIX_OK, '']], 'VMReadVariable');
    my @keys = key_lines($vm->{vmx});
    is(VMWriteVariable($handle, VIX_VM_CONFIG_RUNTIME_ONLY, 'annotation', 'front', 0), VIX_OK,
        'VMWriteVariable');
    is(read_vmx($vm->{vmx})->{value}{annotation}, 'front', 'writes the line');
    is_deeply([key_lines($vm->{vmx})], \@keys, 'and leaves the keys');
    is(VMDelete($handle, VIX_VMDELETE_DISK_FILES), VIX_OK, 'VMDelete');
    ok(!-e $vm->{dir}, 'deletes all');
    ReleaseHandle($handle);
};

subtest 'vmrun' => sub {
    my ($vm, $dir) = machine();
    is(said('-vp', 'wrong', 'clone', $vm->{vmx}, "$dir/clone/c.vmx", 'full'),
        "Error: Cannot open VM: $vm->{vmx}, Incorrect password\n(255)", 'a wrong password');
    is(said('-vp', '', 'listSnapshots', $vm->{vmx}),
        "Error: Cannot open VM: $vm->{vmx}, A password is required for this operation\n(255)",
        'an empty one');
    is(said('-vp', 'till four', 'clone', $vm->{vmx}, "$dir/clone/c.vmx", 'full'), '(0)', 'a clone');
    is(said('-vp', 'till four', 'snapshot', $vm->{vmx}, 's'),
        "Error: A password is required for this operation\n(255)", 'a snapshot');
    like(vmrun('--detail', 'snapshot', $vm->{vmx}, 's')->{out} . vmrun('--detail', 'snapshot',
        $vm->{vmx}, 's')->{err}, qr/must be encrypted/, 'with its reason');
    is(said('-vp', 'till four', 'deleteVM', "$dir/clone/c.vmx"), '(0)', 'deleteVM');
    ok(!-e "$dir/clone", 'deletes the clone');
};

done_testing();
