# Handles: numbers and references, what ends one, and what a dead or wrong one gives.

use strict;
use warnings;

use Cwd qw(getcwd);
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest qw(make_vm temp_dir);
use VixTest::Handles;

my $host = connect_host();
my $dir  = temp_dir();
my $vm_a = make_vm(dir => "$dir/a", name => 'a', disks => 0);
my $vm_b = make_vm(dir => "$dir/b", name => 'b', disks => 0);

sub opened {
    my ($path, $on) = @_;
    my ($err, $vm) = VMOpen($on || $host, $path);
    is($err, VIX_OK, "opens $path") or diag GetErrorText($err);
    return $vm;
}

subtest 'the same machine is the same handle' => sub {
    my $vm = opened($vm_a->{vmx});
    like($vm, qr/\A[1-9][0-9]*\z/, 'a plain positive number');
    is(GetHandleType($vm), VIX_HANDLETYPE_VM, 'of a virtual machine');
    is(opened($vm_a->{vmx}), $vm, 'opened again');
    is(opened("$dir/b/../a/./a.vmx"), $vm, 'by a roundabout path');
    symlink "$dir/a", "$dir/link" or die $!;
    is(opened("$dir/link/a.vmx"), $vm, 'through a symbolic link');
    my $before = getcwd();
    chdir "$dir/a" or die $!;
    is(opened('a.vmx'), $vm, 'by a relative path');
    chdir $before or die $!;
    isnt(opened($vm_b->{vmx}), $vm, 'another machine is another handle');

    for (1 .. 4) {
        ReleaseHandle($vm);
        is(GetHandleType($vm), VIX_HANDLETYPE_VM, "alive after release $_ of 5");
    }
    is_deeply([ReleaseHandle($vm)], [], 'ReleaseHandle returns nothing');
    is(GetHandleType($vm), VIX_HANDLETYPE_NONE, 'dead after the fifth');
    ReleaseHandle($vm) for 1 .. 3;
    my $new = opened($vm_a->{vmx});
    isnt($new, $vm, 'opened anew it has a new number');
    ReleaseHandle($vm);
    is(GetHandleType($new), VIX_HANDLETYPE_VM, 'which the old one does not touch');
    ReleaseHandle($new);
};

subtest 'a drive letter leads to the same machine' => sub {
    local $ENV{VIX_DRIVE_C} = "$dir";
    my $vm = opened($vm_a->{vmx});
    is(opened('C:\\a\\a.vmx'), $vm, 'with backslashes');
    is(opened('c:/A/A.VMX'), $vm, 'in another case');
    ReleaseHandle($vm) for 1 .. 3;
    is(GetHandleType($vm), VIX_HANDLETYPE_NONE, 'each opening was one reference');
};

subtest 'two connections are apart' => sub {
    my $other = connect_host();
    my ($mine, $theirs) = (opened($vm_a->{vmx}), opened($vm_a->{vmx}, $other));
    isnt($theirs, $mine, 'the same machine has a handle in each');
    HostDisconnect($other);
    is(GetHandleType($theirs), VIX_HANDLETYPE_NONE, 'disconnecting ends its own');
    is(GetHandleType($mine),   VIX_HANDLETYPE_VM,   'and not that of the other');
    ReleaseHandle($mine);
};

subtest 'HostDisconnect ends all handles of the host' => sub {
    my $other = connect_host();
    my @vms = map { opened($_->{vmx}, $other) } $vm_a, $vm_b, $vm_a;
    HostDisconnect($other);
    is_deeply([map { GetHandleType($_) } $other, @vms], [(VIX_HANDLETYPE_NONE) x 4], 'at once');
    ReleaseHandle($_) for $other, @vms;
    HostDisconnect($other);
    my ($err) = GetProperties($vms[0], VIX_PROPERTY_VM_NAME);
    is($err, VIX_E_INVALID_HANDLE, 'calls on them fail');
};

subtest 'a host that is released but not disconnected' => sub {
    my $other = connect_host();
    my $vm = opened($vm_a->{vmx}, $other);
    ReleaseHandle($other);
    is(GetHandleType($other), VIX_HANDLETYPE_NONE, 'has no handle any more');
    is((VMOpen($other, $vm_a->{vmx}))[0], VIX_E_INVALID_HANDLE, 'and opens nothing');
    my ($err, $name) = GetProperties($vm, VIX_PROPERTY_VM_NAME);
    is_deeply([$err, $name], [VIX_OK, 'a'], 'its machines work until they are released');
    HostDisconnect($other);
    is(GetHandleType($vm), VIX_HANDLETYPE_NONE, 'or the host is disconnected after all');
};

subtest 'wrong handles' => sub {
    my $vm   = opened($vm_a->{vmx});
    my $dead = opened($vm_b->{vmx});
    ReleaseHandle($dead) while GetHandleType($dead);
    for my $none (VIX_INVALID_HANDLE, $dead, -1, 7, 2**31 - 1, 2**31, 2**32 + $vm, -2**63) {
        is(GetHandleType($none), VIX_HANDLETYPE_NONE, "$none has no type");
        is_deeply([VMOpen($none, $vm_a->{vmx})], [VIX_E_INVALID_HANDLE, 0], 'VMOpen');
        is_deeply([GetProperties($none, 101, 108)], [VIX_E_INVALID_HANDLE, undef, undef],
            'GetProperties');
        is_deeply([VMDelete($none, 0)], [VIX_E_INVALID_HANDLE], 'VMDelete');
        is_deeply([VMClone($none, 0, VIX_CLONETYPE_FULL, "$dir/n/n.vmx", 0, 0)],
            [VIX_E_INVALID_HANDLE, 0], 'VMClone');
        ReleaseHandle($none);
        HostDisconnect($none);
    }
    is(VMDelete($host, 0), VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE, 'VMDelete of a host');
    is_deeply([VMClone($host, 0, VIX_CLONETYPE_FULL, "$dir/n/n.vmx", 0, 0)],
        [VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE, 0], 'VMClone of a host');
    is_deeply([VMOpen($vm, $vm_a->{vmx})], [VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE, 0],
        'VMOpen on a machine');
    HostDisconnect($vm);
    is(GetHandleType($vm), VIX_HANDLETYPE_VM, 'HostDisconnect of a machine does nothing');
    ReleaseHandle($vm);
};

subtest 'handles of snapshots' => sub {
    make_vm(dir => "$dir/s", name => 's', disks => 0);
    my $vm = opened("$dir/s/s.vmx");
    my ($err, $root) = VMCreateSnapshot($vm, 'root', undef, 0, VIX_INVALID_HANDLE);
    is($err, VIX_OK, 'VMCreateSnapshot works') or diag GetErrorText($err);
    is(GetHandleType($root), VIX_HANDLETYPE_SNAPSHOT, 'and gives a handle of a snapshot');
    my (undef, $child) = VMCreateSnapshot($vm, 'child', undef, 0, VIX_INVALID_HANDLE);
    isnt($child, $root, 'another snapshot has another one');
    my %same = (
        VMGetRootSnapshot    => [$root,  VMGetRootSnapshot($vm, 0)],
        VMGetNamedSnapshot   => [$root,  VMGetNamedSnapshot($vm, 'root')],
        SnapshotGetParent    => [$root,  SnapshotGetParent($child)],
        SnapshotGetChild     => [$child, SnapshotGetChild($root, 0)],
        VMGetCurrentSnapshot => [$child, VMGetCurrentSnapshot($vm)],
    );
    for my $call (sort keys %same) {
        my ($expected, @got) = @{ $same{$call} };
        is_deeply(\@got, [VIX_OK, $expected], "$call gives the one there is");
    }
    ReleaseHandle($vm);
    is(GetHandleType($vm), VIX_HANDLETYPE_NONE, 'the machine is released');
    is((GetProperties($root, VIX_PROPERTY_SNAPSHOT_DISPLAYNAME))[1], 'root', 'they live on');
    for (1 .. 3) {
        ReleaseHandle($root);
        is(GetHandleType($root), VIX_HANDLETYPE_SNAPSHOT, "alive after release $_ of 4");
    }
    ReleaseHandle($root);
    is(GetHandleType($root), VIX_HANDLETYPE_NONE, 'each call was one reference');
    is_deeply([SnapshotGetNumChildren($root)], [VIX_E_INVALID_HANDLE, 0], 'a dead one is refused');
    ReleaseHandle($child) for 1 .. 3;

    my $other = connect_host();
    my $there = opened("$dir/s/s.vmx", $other);
    my (undef, $theirs) = VMGetRootSnapshot($there, 0);
    HostDisconnect($other);
    is(GetHandleType($theirs), VIX_HANDLETYPE_NONE, 'HostDisconnect ends those of its host');
};

subtest 'what no snapshot call works on' => sub {
    make_vm(dir => "$dir/w", name => 'w', disks => 0);
    my $vm = opened("$dir/w/w.vmx");
    my (undef, $snapshot) = VMCreateSnapshot($vm, 'one', undef, 0, 0);
    my %of_vm = (
        VMCreateSnapshot      => [sub { VMCreateSnapshot($_[0], 'x', undef, 0, 0) }, 0],
        VMGetNumRootSnapshots => [sub { VMGetNumRootSnapshots($_[0]) }, 0],
        VMGetRootSnapshot     => [sub { VMGetRootSnapshot($_[0], 0) }, 0],
        VMGetCurrentSnapshot  => [sub { VMGetCurrentSnapshot($_[0]) }, 0],
        VMGetNamedSnapshot    => [sub { VMGetNamedSnapshot($_[0], 'one') }, 0],
        VMRemoveSnapshot      => [sub { VMRemoveSnapshot($_[0], $snapshot, 0) }],
        VMRevertToSnapshot    => [sub { VMRevertToSnapshot($_[0], $snapshot, 0, 0) }],
    );
    my %of_snapshot = (
        SnapshotGetNumChildren => [sub { SnapshotGetNumChildren($_[0]) }, 0],
        SnapshotGetChild       => [sub { SnapshotGetChild($_[0], 0) }, 0],
        SnapshotGetParent      => [sub { SnapshotGetParent($_[0]) }, 0],
        VMRemoveSnapshot       => [sub { VMRemoveSnapshot($vm, $_[0], 0) }],
        VMRevertToSnapshot     => [sub { VMRevertToSnapshot($vm, $_[0], 0, 0) }],
    );
    for my $case ([\%of_vm, $snapshot], [\%of_snapshot, $vm]) {
        my ($calls, $wrong) = @{$case};
        for my $name (sort keys %{$calls}) {
            my ($call, @rest) = @{ $calls->{$name} };
            is_deeply([$call->($_)], [VIX_E_INVALID_HANDLE, @rest], "$name of $_")
                for VIX_INVALID_HANDLE, -1, 2**31 - 1, 2**32 + $vm;
            is_deeply([$call->($_)], [VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE, @rest],
                "$name of another kind of handle") for $host, $wrong;
        }
    }
    is_deeply([VMOpen($snapshot, "$dir/w/w.vmx")], [VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE, 0],
        'VMOpen of a snapshot');
    is(VMDelete($snapshot, 0), VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE, 'VMDelete of a snapshot');
    is((VMGetNumRootSnapshots($vm))[1], 1, 'and the snapshot is still there');

    is(VMRemoveSnapshot($vm, $snapshot, 0), VIX_OK, 'when it is removed');
    is(GetHandleType($snapshot), VIX_HANDLETYPE_SNAPSHOT, 'its handle is still one');
    is_deeply([SnapshotGetParent($snapshot)], [VIX_E_SNAPSHOT_NOTFOUND, 0], 'but finds nothing');
    (undef, my $next) = VMCreateSnapshot($vm, 'two', undef, 0, 0);
    isnt($next, $snapshot, 'the next snapshot has another');
    is((GetProperties($snapshot, VIX_PROPERTY_SNAPSHOT_DISPLAYNAME))[0], VIX_E_SNAPSHOT_NOTFOUND,
        'and does not take its place');
    is(VMDelete($vm, 0), VIX_OK, 'when the machine is deleted');
    is((GetProperties($next, VIX_PROPERTY_SNAPSHOT_DISPLAYNAME))[0], VIX_E_VM_NOT_FOUND,
        'handles of its snapshots fail');
    ReleaseHandle($_) for $vm, $snapshot, $next;
    is(GetHandleType($snapshot), VIX_HANDLETYPE_NONE, 'all can be released');
};

subtest 'a machine that was deleted' => sub {
    my $doomed = make_vm(dir => "$dir/doomed", name => 'doomed', disks => 0);
    my $vm = opened($doomed->{vmx});
    is_deeply([VMDelete($vm, 0)], [VIX_OK], 'VMDelete gives one value') or diag GetErrorText(1);
    ok(!-e $doomed->{vmx}, 'the .vmx is gone');
    is(GetHandleType($vm), VIX_HANDLETYPE_VM, 'its handle is not');
    my ($err) = GetProperties($vm, VIX_PROPERTY_VM_NAME);
    is($err, VIX_E_VM_NOT_FOUND, 'but calls on it fail: GetProperties');
    is(VMDelete($vm, 0), VIX_E_VM_NOT_FOUND, 'VMDelete');
    ($err) = VMClone($vm, 0, VIX_CLONETYPE_FULL, "$dir/n/n.vmx", 0, 0);
    is($err, VIX_E_VM_NOT_FOUND, 'VMClone');

    make_vm(dir => "$dir/doomed", name => 'doomed', disks => 0);
    my $new = opened($doomed->{vmx});
    isnt($new, $vm, 'another machine in its place has another handle');
    is((GetProperties($vm, VIX_PROPERTY_VM_NAME))[0], VIX_E_VM_NOT_FOUND, 'the old one stays dead');
    ReleaseHandle($vm);
    is(GetHandleType($vm), VIX_HANDLETYPE_NONE, 'and can be released');
    is(opened($doomed->{vmx}), $new, 'the new one is still known');
    ReleaseHandle($new) for 1 .. 2;
};

subtest 'a machine whose files went away' => sub {
    my $lost = make_vm(dir => "$dir/lost", name => 'lost', disks => 0);
    my $vm = opened($lost->{vmx});
    unlink $lost->{vmx} or die $!;
    is((GetProperties($vm, VIX_PROPERTY_VM_NAME))[0], VIX_E_VM_NOT_FOUND, 'is not found');
    is(VMDelete($vm, 0), VIX_E_VM_NOT_FOUND, 'nor deleted');
    make_vm(dir => "$dir/lost", name => 'lost', disks => 0);
    is((GetProperties($vm, VIX_PROPERTY_VM_NAME))[1], 'lost', 'back again it is the same');
    ReleaseHandle($vm);
};

subtest 'the clone is a handle' => sub {
    my $vm = opened($vm_a->{vmx});
    my ($err, $clone) = VMClone($vm, 0, VIX_CLONETYPE_FULL, "$dir/c/c.vmx", 0, VIX_INVALID_HANDLE);
    is($err, VIX_OK, 'VMClone works') or diag GetErrorText($err);
    is(GetHandleType($clone), VIX_HANDLETYPE_VM, 'gives an open machine');
    is(opened("$dir/c/c.vmx"), $clone, 'the one that VMOpen gives');
    ReleaseHandle($clone);
    is(GetHandleType($clone), VIX_HANDLETYPE_VM, 'with a reference of its own');
    ReleaseHandle($clone);
    is(GetHandleType($clone), VIX_HANDLETYPE_NONE, 'released');
    ReleaseHandle($vm);
};

done_testing;
