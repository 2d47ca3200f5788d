#!/usr/bin/perl
# When a linked clone is refused, with which code; afterwards the parent is byte for byte as it was,
# without a new snapshot, and nothing of the clone is there.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use POSIX ();
use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Files         qw(append_text list_files);
use VixTest::Locks         qw(other_machine put_lock);
use VixTest::SnapshotCalls qw(linked_clone take_snapshot with_vm);
use VixTest::SnapshotDisk  qw(guest_reads);
use VixTest::SnapshotState qw(folder_changes snapshot_list);

$ENV{VIX_CLONE_SYNC} = 'FALSE';    # no power will fail

# Asks for a linked clone of the snapshot at a place (undef: of the present state).
sub is_refused {
    my ($what, $vm, $place, $code, %may) = @_;
    my $keep        = temp_dir();
    my $destination = $may{destination} || "$keep/clone/c.vmx";
    my $before      = folder_digest($vm->{dir});
    my $ours        = folder_digest("$keep");
    my $answer      = $may{answer} || linked_clone($vm->{vmx}, $place, $destination);
    is($answer, $code, "$what: $code");
    like(GetErrorText($answer), $may{says}, "$what: says why") if $may{says};
    is_deeply([folder_changes($before, $vm->{dir})], [], "$what: the parent was not touched");
    is_deeply([folder_changes($ours,   "$keep")],    [], "$what: nothing of the clone is there");
    return;
}

sub machine {
    my (%vm) = @_;
    my $vm = make_vm(disks => [{ size_mb => 1 }], %vm);
    return $vm if $vm{bare};
    my $err = take_snapshot($vm->{vmx}, 'base');
    die "take: $err" if $err != VIX_OK;
    return $vm;
}

# ---- states of the parent
{
    my $vm = machine();
    append_text($vm->{vmx}, qq(checkpoint.vmState = "alpha-1.vmss"\n));
    spew("$vm->{dir}/alpha-1.vmss", 'state');
    is_refused('suspended, from a snapshot', $vm, [0], VIX_E_VM_IS_RUNNING, says => qr/suspended/);
    is_refused('suspended, as it is', $vm, undef,      VIX_E_VM_IS_RUNNING, says => qr/suspended/);
}
{
    my $vm = machine();
    put_lock($vm->{vmx}, machine => other_machine());
    is_refused('running, as it is', $vm, undef, VIX_E_VM_IS_RUNNING);
}
{
    my $vm   = machine();
    my $list = "$vm->{dir}/alpha.vmsd";
    spew($list, slurp($list) . qq(snapshot0.type = "1"\n));
    is_refused('a snapshot with memory', $vm, [0], VIX_E_VM_IS_RUNNING, says => qr/"base".*memory/);
}
{
    my $vm = machine();
    append_text($vm->{vmx}, qq(encryption.keySafe = "vmware:key/list/x"\nencryption.data = "y"\n));
    is_refused('encrypted, from a snapshot', $vm, [0],   VIX_E_NEED_KEY);
    is_refused('encrypted, as it is',        $vm, undef, VIX_E_NEED_KEY);
}
{
    my $vm = machine();
    unlink "$vm->{dir}/alpha-Snapshot1.vmsn" or die "unlink: $!";
    is_refused('a snapshot without its state',
        $vm, [0], VIX_E_SNAPSHOT_DUMPER, says => qr/alpha-Snapshot1\.vmsn/);
}

# ---- disks
for my $type (qw(streamOptimized vmfs vmfsThin)) {
    my $vm = machine(bare => 1, disks => [{ size_mb => 1 }, { type => $type, size_mb => 1 }]);
    is_refused("a $type disk", $vm, undef, VIX_E_DISK_PARENT_NOTALLOWED, says => qr/alpha-0\.vmdk/);
}
for my $delta (qw(vmfsSparse seSparse)) {
    my $vm = machine(
        bare  => 1,
        disks => [{ type => 'vmfs', size_mb => 1, deltas => [{ type => $delta }] }]
    );
    is_refused("a $delta delta",
        $vm, undef, VIX_E_DISK_PARENT_NOTALLOWED, says => qr/alpha-000001\.vmdk/);
}
{
    my $vm = machine(disks => [{ size_mb => 1 }, { size_mb => 1 }]);
    rename "$vm->{dir}/alpha-0.vmdk", "$vm->{dir}/away.vmdk" or die "rename: $!";
    is_refused('a missing disk of the snapshot',
        $vm, [0], VIX_E_FILE_NOT_FOUND, says => qr/alpha-0\.vmdk/);
    is_refused('a missing parent of the present disk',
        $vm, undef, VIX_E_DISK_OPENPARENT, says => qr/alpha-0\.vmdk/);
    spew("$vm->{dir}/alpha-0.vmdk", 'garbage');
    is_refused('a snapshot disk that is none',
        $vm, [0], VIX_E_DISK_INVALIDDISK, says => qr/alpha-0\.vmdk/);
}
{
    my $vm
        = machine(bare => 1, disks => [{ size_mb => 1, deltas => [{ parent_cid => '00000bad' }] }]);
    is_refused('a parent that was changed',
        $vm, undef, VIX_E_DISK_CID_MISMATCH, says => qr/alpha\.vmdk/);
}
{
    my $disk = qq(# Disk DescriptorFile\nversion=1\nCID=12345678\nparentCID=ffffffff\n)
        . qq(createType="fullDevice"\n\nRW 2048 FLAT "/dev/null" 0\n\nddb.adapterType = "ide"\n);
    my $vm = machine(
        bare => 1,
        keys => [
            'ide0:0.fileName' => 'raw.vmdk',
            'ide0:0.present'  => 'TRUE',
            'ide0.present'    => 'TRUE'
        ],
        files => { 'raw.vmdk' => $disk }
    );
    is_refused('a raw device', $vm, undef, VIX_E_DISK_UNSUPPORTEDDEVICE, says => qr/raw\.vmdk/);
}

# ---- destinations
{
    my $vm   = machine();
    my $keep = temp_dir();
    make_vm(dir => "$keep/there", name => 'c', disks => 0);
    spew("$keep/file", 'no folder');
    for my $place (undef, [0]) {
        my $of = $place ? 'of a snapshot' : 'as it is';
        is_refused("$of, where it is",
            $vm, $place, VIX_E_FILE_ALREADY_EXISTS, destination => "$keep/there/c.vmx");
        is_refused("$of, where another is",
            $vm, $place, VIX_E_SNAPSHOT_EXISTS, destination => "$keep/there/d.vmx");
        is_refused("$of, beside the parent",
            $vm, $place, VIX_E_SNAPSHOT_EXISTS, destination => "$vm->{dir}/d.vmx");
        is_refused("$of, onto the parent",
            $vm, $place, VIX_E_FILE_ALREADY_EXISTS, destination => $vm->{vmx});
        is_refused("$of, to nowhere", $vm, $place, VIX_E_INVALID_ARG, destination => 'rel/c.vmx');
        for my $dir ("$keep/file/x", '/proc/vix') {
            my $answer = linked_clone($vm->{vmx}, $place, "$dir/c.vmx");
            isnt($answer, VIX_OK, "$of, in a folder that cannot be made");
            is_refused("$of, in $dir", $vm, $place, $answer, destination => "$dir/c.vmx");
        }
    }
    is_deeply([grep {/^snapshot1/} @{ snapshot_list($vm->{vmx})->{keys} }], [], 'no new snapshot');
}

# ---- arguments
{
    my $vm   = machine();
    my $keep = temp_dir();
    for my $case (['options', 1, 0], ['a property list', 0, 1]) {
        my ($what, $options, $list) = @{$case};
        my $answer = with_vm(
            $vm->{vmx},
            sub {
                my ($handle) = @_;
                return (
                    VMClone(
                        $handle,              0,
                        VIX_CLONETYPE_LINKED, "$keep/c/c.vmx",
                        $options,             $list ? $handle : 0
                    )
                )[0];
            }
        );
        is_refused($what, $vm, undef, VIX_E_INVALID_ARG, answer => $answer);
    }
}
for my $product ([VIX_SERVICEPROVIDER_VMWARE_PLAYER, 'Player'],
    [VIX_SERVICEPROVIDER_VMWARE_SERVER, 'Server'])
{
    my $vm   = machine();
    my $keep = temp_dir();
    my (undef, $host) = HostConnect(VIX_API_VERSION, $product->[0], undef, 0, undef, undef, 0, 0);
    my ($err, $handle) = VMOpen($host, $vm->{vmx});
    next if $err != VIX_OK;
    my $answer = (VMClone($handle, 0, VIX_CLONETYPE_LINKED, "$keep/c/c.vmx", 0, 0))[0];
    is_refused("through $product->[1]", $vm, undef, VIX_E_NOT_SUPPORTED, answer => $answer);
    ReleaseHandle($handle);
    HostDisconnect($host);
}

# ---- rights: the parent must take the record of the clone
SKIP: {
    skip 'the rights of other users can be tried by root alone', 4 if $> != 0;
    my $vm   = machine();
    my $keep = temp_dir();
    chmod 0777, "$keep";
    chmod 0555, $vm->{dir};
    my $before = folder_digest($vm->{dir});
    for my $place (undef, [0]) {
        my $of  = $place ? 'of a snapshot' : 'as it is';
        my $pid = fork;
        die "fork: $!" if !defined $pid;
        if (!$pid) {
            ($(, $)) = (65534, '65534 65534');
            ($<, $>) = (65534, 65534);
            my $answer = linked_clone($vm->{vmx}, $place, "$keep/c/c.vmx");
            diag("answer $answer") if $answer != VIX_E_FILE_ACCESS_ERROR;
            POSIX::_exit($answer == VIX_E_FILE_ACCESS_ERROR ? 0 : 1);
        }
        waitpid $pid, 0;
        is($?, 0, "$of, in a folder that may not be written to: 13");
    }
    is_deeply([folder_changes($before, $vm->{dir})], [], 'the parent was not touched');
    is_deeply([list_files("$keep")],                 [], 'nothing of the clone is there');

    # VMware allows it of a template. The caller learns what is missing.
    spew($vm->{vmx}, slurp($vm->{vmx}) . qq(templateVM = "TRUE"\n));
    $before = folder_digest($vm->{dir});
    my $pid = fork;
    die "fork: $!" if !defined $pid;
    if (!$pid) {
        ($(, $)) = (65534, '65534 65534');
        ($<, $>) = (65534, 65534);
        my $answer = linked_clone($vm->{vmx}, [0], "$keep/c/c.vmx");
        my $detail = VMware::Vix::last_error_detail();
        my $told   = $detail =~ /has no record of this clone/;
        diag("answer $answer: $detail") if $answer != VIX_OK || !$told;
        POSIX::_exit($answer == VIX_OK && $told ? 0 : 1);
    }
    waitpid $pid, 0;
    is($?, 0, 'of a template it is made, and the detail says what is missing');
    is_deeply([folder_changes($before, $vm->{dir})], [], 'the parent was not touched');
    ok(-e "$keep/c/c.vmx", 'the clone is there');
    chmod 0755, $vm->{dir};
}

done_testing();
