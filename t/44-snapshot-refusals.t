#!/usr/bin/perl
# When snapshot calls refuse, with which code, that they say why, and that they touch nothing.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls         qw(host open_vm);
use VixTest::Files         qw(append_text);
use VixTest::Locks         qw(other_machine put_lock);
use VixTest::SnapshotCalls qw(at_place full_clone linked_clone remove_snapshot revert_to
    take_snapshot with_vm);
use VixTest::SnapshotState qw(folder_changes);

$ENV{VIX_CLONE_SYNC} = 'FALSE';    # no power will fail

# A machine with the snapshots a and b.
sub machine {
    my (%vm) = @_;
    my $vm = make_vm(disks => [{ size_mb => 1 }], %vm);
    for my $name (qw(a b)) {
        my $err = take_snapshot($vm->{vmx}, $name);
        die "take: $err" if $err != VIX_OK;
    }
    return $vm;
}

# Every call that changes something answers with the code and touches nothing.
sub all_refuse {
    my ($what, $vm, $code, %may) = @_;
    my $before = folder_digest($vm->{dir});
    my %call   = (
        take   => sub { return take_snapshot($vm->{vmx}, 'c') },
        revert => sub { return revert_to($vm->{vmx}, [0]) },
        remove => sub { return remove_snapshot($vm->{vmx}, [0]) },
    );
    for my $name (@{ $may{calls} || ['take', 'revert', 'remove'] }) {
        is($call{$name}->(), $code, "$what: no $name");
        like(GetErrorText($code), $may{says}, 'and says why') if $may{says};
    }
    is_deeply([folder_changes($before, $vm->{dir})], [], "$what: nothing was touched");
    return;
}

# ---- states
{
    my $vm = machine();
    put_lock($vm->{vmx}, machine => other_machine());
    all_refuse('a running machine', $vm, VIX_E_VM_IS_RUNNING, says => qr/alpha\.vmx/);
}
{
    my $vm = machine();
    put_lock("$vm->{dir}/alpha-000002.vmdk", machine => other_machine());
    all_refuse('a present disk in use', $vm, VIX_E_VM_IS_RUNNING);
}
{
    my $vm = machine();
    append_text($vm->{vmx}, qq(checkpoint.vmState = "alpha-1.vmss"\n));
    spew("$vm->{dir}/alpha-1.vmss", 'state');
    all_refuse('a suspended machine', $vm, VIX_E_VM_IS_RUNNING, calls => ['take']);
}
{
    my $vm = machine();
    append_text($vm->{vmx}, qq(encryption.keySafe = "vmware:key/list/x"\nencryption.data = "y"\n));
    all_refuse('an encrypted machine', $vm, VIX_E_NEED_KEY);
}
{
    my $vm = machine();
    append_text($vm->{vmx}, qq(templateVM = "TRUE"\n));
    all_refuse('a template', $vm, VIX_E_TEMPLATE_VM, calls => ['remove']);
}
{
    my $vm = machine();
    rename $vm->{vmx}, "$vm->{vmx}.away" or die "rename: $!";
    all_refuse('a machine that is gone', $vm, VIX_E_VM_NOT_FOUND);
    rename "$vm->{vmx}.away", $vm->{vmx} or die "rename: $!";
    my ($err, $handle) = open_vm($vm->{vmx});
    unlink $vm->{vmx};
    is((VMCreateSnapshot($handle, 'x', '', 0, 0))[0],
        VIX_E_VM_NOT_FOUND, 'the same behind an open handle');
    is((VMCreateSnapshot($handle, 'x', '', 0, 0))[1], VIX_INVALID_HANDLE, 'with no new handle');
    ReleaseHandle($handle);
}

# ---- what the .vmx says
for my $case (
    ['as many as allowed',  VIX_E_SNAPSHOT_MAXSNAPSHOTS, 'snapshot.maxSnapshots', '2'],
    ['none allowed',        VIX_E_SNAPSHOT_MAXSNAPSHOTS, 'snapshot.maxSnapshots', '0'],
    ['a limit of words',    VIX_E_CANNOT_READ_VM_CONFIG, 'snapshot.maxSnapshots', 'many'],
    ['snapshots disabled',  VIX_E_SNAPSHOT_VERSION,      'snapshot.disabled',     'TRUE'],
    ['a shared disk',       VIX_E_SNAPSHOT_VERSION,      'scsi0:0.sharing',       'multi-writer'],
    ['no working folder',   VIX_E_FILE_NOT_FOUND,        'workingDir',            '/no/such/folder'],
    ['one on drive Q',      VIX_E_FILE_NAME_INVALID,     'workingDir',            'Q:\\snapshots'],
) {
    my ($what, $code, $key, $value) = @$case;
    my $vm = machine();
    append_text($vm->{vmx}, qq($key = "$value"\n));
    all_refuse($what, $vm, $code, calls => ['take'], says => qr/\Q$key\E = "\Q$value\E"/);
}
{
    my $vm = machine();
    append_text($vm->{vmx}, qq(scsi0.sharedBus = "virtual"\n));
    all_refuse('a shared bus', $vm, VIX_E_SNAPSHOT_VERSION, calls => ['take']);
    my $dir = temp_dir();
    is(linked_clone($vm->{vmx}, [0], "$dir/linked/l.vmx"),
        VIX_E_SNAPSHOT_VERSION, 'a shared bus: no linked clone');
    is(full_clone($vm->{vmx}, undef, "$dir/full/f.vmx"), VIX_OK, 'but a full one');
}

# ---- disks
for my $type (qw(streamOptimized vmfs vmfsThin)) {
    my $vm = make_vm(disks => [{ size_mb => 1 }, { type => $type, size_mb => 1 }]);
    all_refuse(
        "a $type disk", $vm, VIX_E_DISK_PARENT_NOTALLOWED,
        calls => ['take'],
        says  => qr/alpha-0\.vmdk/
    );
}
for my $delta (qw(vmfsSparse seSparse)) {
    my $vm = make_vm(disks => [{ type => 'vmfs', size_mb => 1, deltas => [{ type => $delta }] }]);
    all_refuse("a $delta delta", $vm, VIX_E_DISK_PARENT_NOTALLOWED, calls => ['take']);
}
{
    my $vm = make_vm(disks => [{ size_mb => 1 }, { size_mb => 1 }]);
    unlink "$vm->{dir}/alpha-0.vmdk";
    all_refuse(
        'a disk that is missing', $vm, VIX_E_FILE_NOT_FOUND,
        calls => ['take'],
        says  => qr/alpha-0\.vmdk/
    );
    spew("$vm->{dir}/alpha-0.vmdk", 'garbage');
    all_refuse(
        'a disk that is none', $vm, VIX_E_DISK_INVALIDDISK,
        calls => ['take'],
        says  => qr/alpha-0\.vmdk/
    );
}
{
    my $vm = make_vm(disks => [{ size_mb => 1, deltas => [{}] }]);
    rename "$vm->{dir}/alpha.vmdk", "$vm->{dir}/gone.vmdk" or die "rename: $!";
    all_refuse(
        'a parent that is missing', $vm, VIX_E_DISK_OPENPARENT,
        calls => ['take'],
        says  => qr/alpha\.vmdk/
    );
}
{
    my $vm = make_vm(disks => [{ size_mb => 1, deltas => [{ parent_cid => '00000bad' }] }]);
    all_refuse(
        'a parent that was changed', $vm, VIX_E_DISK_CID_MISMATCH,
        calls => ['take'],
        says  => qr/alpha\.vmdk/
    );
}

{
    my $vm = make_vm(
        disks => [{ size_mb => 1 }],
        keys  => ['scsi0:1.present' => 'TRUE', 'scsi0:1.fileName' => 'alpha.vmdk']
    );
    all_refuse(
        'one disk at two nodes', $vm, VIX_E_SNAPSHOT_DUPLICATEDDISK,
        calls => ['take'],
        says  => qr/alpha\.vmdk/
    );
}
{
    my $vm   = make_vm(disks => [{ size_mb => 1, content => [], deltas => [map { {} } 1 .. 253] }]);
    my $keep = temp_dir();
    my ($count, $err) = (0, VIX_OK);
    while ($err == VIX_OK && $count < 10) {
        $err = take_snapshot($vm->{vmx}, 'x');
        $count++ if $err == VIX_OK;
    }
    all_refuse("a chain as long as can be ($count more)",
        $vm, VIX_E_DISK_TOOMANYREDO, calls => ['take']);
    is(linked_clone($vm->{vmx}, undef, "$keep/a/a.vmx"),
        VIX_E_DISK_TOOMANYREDO, 'nor has it a linked clone');
    is(full_clone($vm->{vmx}, undef, "$keep/b/b.vmx"), VIX_OK, 'but it can be used still');
    is(remove_snapshot($vm->{vmx}, [0]), VIX_OK, 'and be shortened');
    is(take_snapshot($vm->{vmx}, 'y'),   VIX_OK, 'to have another');
}

# ---- arguments
{
    my $vm     = machine();
    my $other  = machine();
    my $before = folder_digest($vm->{dir});
    my (undef, $handle) = open_vm($vm->{vmx});
    my (undef, $their)  = open_vm($other->{vmx});
    my (undef, $a)      = at_place($handle, [0]);
    my (undef, $alien)  = at_place($their, [0]);
    my $host = host();

    my @create = (
        ['options 1',           3,    $handle, 'x', '', 1,     0],
        ['options 4',           3,    $handle, 'x', '', 4,     0],
        ['options 0x80000000',  3,    $handle, 'x', '', 2**31, 0],
        ['a property list',     3,    $handle, 'x', '', 0,     $host],
        ['a host for a VM',     1001, $host,   'x', '', 0,     0],
        ['a snapshot for a VM', 1001, $a,      'x', '', 0,     0],
        ['no VM',               1000, 0,       'x', '', 0,     0],
        ['a dead VM',           1000, 99_999,  'x', '', 0,     0],
    );

    for my $case (@create) {
        my ($what, $code, @arguments) = @{$case};
        is_deeply([VMCreateSnapshot(@arguments)], [$code, 0], "create, $what: $code");
    }
    my @remove = (
        ['options 2',                3,    $handle, $a,      2],
        ['options 3',                3,    $handle, $a,      3],
        ['a snapshot of another VM', 3,    $handle, $alien,  0],
        ['a VM for a snapshot',      1001, $handle, $handle, 0],
        ['no snapshot',              1000, $handle, 0,       0],
        ['a dead snapshot',          1000, $handle, 99_999,  0],
        ['a host for a VM',          1001, $host,   $a,      0],
    );
    for my $case (@remove) {
        my ($what, $code, @arguments) = @{$case};
        is(VMRemoveSnapshot(@arguments), $code, "remove, $what: $code");
    }
    my @revert = (
        ['options 1',                3,    $handle, $a,      1,     0],
        ['options 4',                3,    $handle, $a,      4,     0],
        ['0x80 with others',         3,    $handle, $a,      0x280, 0],
        ['a property list',          3,    $handle, $a,      0,     $host],
        ['a snapshot of another VM', 3,    $handle, $alien,  0,     0],
        ['a VM for a snapshot',      1001, $handle, $handle, 0,     0],
        ['no snapshot',              1000, $handle, 0,       0,     0],
        ['a dead VM',                1000, 99_999,  $a,      0,     0],
    );
    for my $case (@revert) {
        my ($what, $code, @arguments) = @{$case};
        is(VMRevertToSnapshot(@arguments), $code, "revert, $what: $code");
    }
    my %ask = (
        VMGetNumRootSnapshots => [\&VMGetNumRootSnapshots, []],
        VMGetRootSnapshot     => [\&VMGetRootSnapshot,     [0]],
        VMGetCurrentSnapshot  => [\&VMGetCurrentSnapshot,  []],
        VMGetNamedSnapshot    => [\&VMGetNamedSnapshot,    ['a']],
    );
    for my $name (sort keys %ask) {
        my ($call, $more) = @{ $ask{$name} };
        is_deeply([$call->($host, @{$more})], [1001, 0], "$name of a host: 1001");
        is_deeply([$call->($a,    @{$more})], [1001, 0], "$name of a snapshot: 1001");
        is_deeply([$call->(0,     @{$more})], [1000, 0], "$name of nothing: 1000");
    }
    is_deeply([SnapshotGetNumChildren($handle)],     [1001, 0], 'children of a VM: 1001');
    is_deeply([SnapshotGetChild($handle, 0)],        [1001, 0], 'a child of a VM: 1001');
    is_deeply([SnapshotGetParent(0)],                [1000, 0], 'the parent of nothing: 1000');
    is_deeply([folder_changes($before, $vm->{dir})], [], 'nothing was touched');
    ReleaseHandle($_) for $a, $alien, $handle, $their;
}
{
    my $vm = machine();
    my ($err, $snapshot)
        = with_vm($vm->{vmx},
        sub { return VMCreateSnapshot($_[0], 'c', '', VIX_SNAPSHOT_INCLUDE_MEMORY, 0) });
    is($err, VIX_OK, 'with INCLUDE_MEMORY, of a machine that is off: there is none to include');
    is((GetProperties($snapshot, VIX_PROPERTY_SNAPSHOT_POWERSTATE))[1],
        VIX_POWERSTATE_POWERED_OFF, 'it was off');
    ReleaseHandle($snapshot);
}

# ---- products
{
    my $vm = machine();
    my (undef, $host) = HostConnect(VIX_API_VERSION, VIX_SERVICEPROVIDER_VMWARE_PLAYER,
        undef, 0, undef, undef, 0, 0);
    my (undef, $handle) = VMOpen($host, $vm->{vmx});
    my $before = folder_digest($vm->{dir});
    is_deeply([VMCreateSnapshot($handle, 'x', '', 0, 0)], [VIX_E_NOT_SUPPORTED, 0], 'Player: 6');
    is_deeply([VMGetNumRootSnapshots($handle)],           [VIX_E_NOT_SUPPORTED, 0], 'count: 6');
    is_deeply([VMGetRootSnapshot($handle, 0)],            [VIX_E_NOT_SUPPORTED, 0], 'root: 6');
    is_deeply([VMGetCurrentSnapshot($handle)],            [VIX_E_NOT_SUPPORTED, 0], 'current: 6');
    is_deeply([VMGetNamedSnapshot($handle, 'a')],         [VIX_E_NOT_SUPPORTED, 0], 'named: 6');
    is_deeply([folder_changes($before, $vm->{dir})],      [], 'nothing was touched');
    ReleaseHandle($handle);
    HostDisconnect($host);
}

# ---- rights
SKIP: {
    skip 'the rights of other users can be tried by root alone', 3 if $> != 0;
    my $vm = machine();
    chmod 0555, $vm->{dir};
    my $before = folder_digest($vm->{dir});
    my $pid    = fork;
    die "fork: $!" if !defined $pid;
    if (!$pid) {
        require POSIX;
        ($(, $)) = (65534, '65534 65534');
        ($<, $>) = (65534, 65534);
        POSIX::_exit(take_snapshot($vm->{vmx}, 'c') == VIX_E_FILE_ACCESS_ERROR ? 0 : 1);
    }
    waitpid $pid, 0;
    is($?, 0, 'a folder that may not be written to: 13');
    is_deeply([folder_changes($before, $vm->{dir})], [], 'nothing was touched');
    chmod 0755, $vm->{dir};
}

done_testing();
