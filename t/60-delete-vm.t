#!/usr/bin/perl
# VMDelete removes what makes the virtual machine, its disks only when asked to, and nothing else.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls qw(clone_vm host open_vm);
use VixTest::Disk  qw(make_disk make_delta);
use VixTest::Files qw(list_files);
use VixTest::Locks qw(other_machine put_lock);

my $keep   = temp_dir();
my $number = 0;

sub new_dir { return "$keep/" . $number++ }

# What VMDelete answers.
sub deleted {
    my ($vmx, $options) = @_;
    my ($err, $handle)  = open_vm($vmx);
    return "open: $err" if $err != VIX_OK;
    $err = VMDelete($handle, $options);
    ReleaseHandle($handle);
    return $err;
}

sub is_refused {
    my ($what, $vm, $options, $code) = @_;
    my $before = folder_digest($vm->{dir});
    is(deleted($vm->{vmx}, $options), $code, "$what: $code");
    is(folder_digest($vm->{dir}), $before, "$what: nothing was touched");
    return;
}

my %state = (
    'alpha-Snapshot1.vmsn' => 'snapshot',
    'alpha-Snapshot1.vmem' => 'memory of the snapshot',
    'alpha-3f9a02c7.vmss'  => 'state',
    'alpha-3f9a02c7.vmem'  => 'memory',
    'vmware.log'           => 'log',
    'vmware-0.log'         => 'log',
    'alpha.scoreboard'     => 'board',
);
my @state_keys
    = ('checkpoint.vmState' => 'alpha-3f9a02c7.vmss', 'vmxstats.filename' => 'alpha.scoreboard');
my $snapshot_list = join '', map {"$_\n"} '.encoding = "UTF-8"', 'snapshot.lastUID = "1"',
    'snapshot.current = "1"', 'snapshot0.uid = "1"', 'snapshot0.filename = "alpha-Snapshot1.vmsn"',
    'snapshot0.displayName = "first"', 'snapshot0.numDisks = "1"',
    'snapshot0.disk0.fileName = "alpha.vmdk"', 'snapshot0.disk0.node = "scsi0:0"',
    'snapshot.numSnapshots = "1"';

# A machine with a snapshot, suspended, with logs and a file of the user's.
sub used_machine {
    my ($dir) = @_;
    my $vm = make_vm(
        dir   => $dir,
        keys  => [@state_keys],
        disks => [{ deltas => [{}] }, { type => 'twoGbMaxExtentFlat' }],
        files => { %state, 'notes.txt' => 'mine', 'other.vmdk' => 'of somebody else' },
    );
    spew("$dir/alpha.vmsd", $snapshot_list);
    return $vm;
}

my @disks = (
    'alpha-000001.vmdk', 'alpha-0-f001.vmdk', 'alpha-0-f002.vmdk', 'alpha-0-f003.vmdk',
    'alpha-0.vmdk', 'alpha.vmdk'
);
{
    my $vm = used_machine(new_dir());
    is(deleted($vm->{vmx}, 0), VIX_OK, 'without options the machine is deleted');
    is_deeply(
        [list_files($vm->{dir})],
        [sort @disks, 'notes.txt', 'other.vmdk'],
        'its disks and files of others stay'
    );
}
{
    my $vm = used_machine(new_dir());
    is(deleted($vm->{vmx}, VIX_VMDELETE_DISK_FILES), VIX_OK, 'with its disks');
    is_deeply([list_files($vm->{dir})], ['notes.txt', 'other.vmdk'], 'files of others stay');
}
{
    my $vm = make_vm(dir => new_dir(), disks => 2);
    is(deleted($vm->{vmx}, VIX_VMDELETE_DISK_FILES), VIX_OK, 'a machine alone in its folder');
    ok(!-e $vm->{dir}, 'the folder goes, too');
}
{
    my $dir = new_dir();
    my $vm  = make_vm(dir => "$dir/vm", disks => [{}, { dir => "$dir/elsewhere", name => 'far' }]);
    my $before = folder_digest("$dir/elsewhere");
    is(deleted($vm->{vmx}, VIX_VMDELETE_DISK_FILES), VIX_OK, 'a disk in another folder');
    is(folder_digest("$dir/elsewhere"), $before, 'stays');
}
{
    my $dir    = new_dir();
    my $parent = make_disk(dir => "$dir/parent", name => 'golden', type => 'monolithicSparse',
        size_mb => 4);
    my $vm = make_vm(
        dir   => "$dir/child",
        disks => 0,
        keys  => [
            'ide0.present'    => 'TRUE',
            'ide0:0.present'  => 'TRUE',
            'ide0:0.fileName' => 'golden-cl1.vmdk'
        ],
    );
    make_delta(parent => $parent, dir => $vm->{dir}, name => 'golden-cl1', hint => $parent->{path});
    my $before = folder_digest("$dir/parent");
    is(deleted($vm->{vmx}, VIX_VMDELETE_DISK_FILES), VIX_OK, 'a linked clone');
    is(folder_digest("$dir/parent"), $before, 'its parent\'s disk stays');
    ok(!-e "$dir/child", 'its own goes');
}
{
    my $dir = new_dir();
    my $one = make_vm(dir => $dir, name => 'one');
    my $two = make_vm(dir => $dir, name => 'two');
    is(deleted($one->{vmx}, VIX_VMDELETE_DISK_FILES), VIX_OK, 'one of two machines in a folder');
    is_deeply(
        [list_files($dir)],
        [map {"two.$_"} qw(nvram vmdk vmsd vmx vmxf)],
        'the other stays whole'
    );
}
{
    my $dir = new_dir();
    my $one = make_vm(dir => $dir, name => 'one');
    my $two = make_vm(
        dir   => $dir,
        name  => 'two',
        disks => 0,
        keys  => [
            'scsi0.present'    => 'TRUE',
            'scsi0:0.present'  => 'TRUE',
            'scsi0:0.fileName' => 'one.vmdk'
        ]
    );
    is(deleted($one->{vmx}, VIX_VMDELETE_DISK_FILES), VIX_OK, 'a disk that another machine uses');
    ok(-e "$dir/one.vmdk", 'stays');
}
{
    my $dir = new_dir();
    mkdir "$dir.outside";
    spew("$dir.outside/precious", 'mine');
    my $vm = make_vm(
        dir  => $dir,
        keys => [
            nvram                => "$dir.outside/precious",
            extendedConfigFile   => '../' . ($number - 1) . '.outside/precious',
            'checkpoint.vmState' => "$dir.outside/precious",
            'vmxstats.filename'  => "$dir.outside/precious",
        ],
    );
    spew("$dir/alpha.vmsd",
              qq(snapshot0.uid = "1"\nsnapshot0.filename = "$dir.outside/precious"\n)
            . qq(snapshot0.disk0.fileName = "$dir.outside/precious"\n));
    is(deleted($vm->{vmx}, VIX_VMDELETE_DISK_FILES), VIX_OK, 'a .vmx that names files of others');
    is(slurp("$dir.outside/precious"), 'mine', 'deletes none of them');
}
{
    my $dir = new_dir();
    mkdir "$dir.outside";
    spew("$dir.outside/precious", 'mine');
    my $vm = make_vm(dir => $dir);
    unlink "$dir/alpha.nvram";
    symlink "$dir.outside/precious", "$dir/alpha.nvram" or die "symlink: $!";
    is(deleted($vm->{vmx}, VIX_VMDELETE_DISK_FILES), VIX_OK, 'a link among its files');
    is(slurp("$dir.outside/precious"), 'mine', 'what it leads to stays');
}
{
    my $vm = make_vm(dir => new_dir());
    unlink $vm->{disks}[0]{path};
    is(deleted($vm->{vmx}, VIX_VMDELETE_DISK_FILES), VIX_OK,
        'a machine whose disk is gone already');
    ok(!-e $vm->{dir}, 'is deleted');
}
{
    my $vm = make_vm(dir => new_dir(), keys => ['encryption.keySafe' => 'vmware:key/list/()']);
    is(deleted($vm->{vmx}, 0), VIX_OK, 'an encrypted machine may be deleted');
    ok(!-e $vm->{vmx}, 'is deleted');
}
{
    my $vm = make_vm(dir => new_dir());
    is(clone_vm($vm->{vmx}, "$vm->{dir}.clone/copy.vmx")->{err}, VIX_OK, 'a clone');
    my $before = folder_digest($vm->{dir});
    is(deleted("$vm->{dir}.clone/copy.vmx", VIX_VMDELETE_DISK_FILES), VIX_OK, 'is deleted again');
    ok(!-e "$vm->{dir}.clone", 'wholly');
    is(folder_digest($vm->{dir}), $before, 'its source stays');
}

my $running = make_vm(dir => new_dir());
put_lock($running->{vmx});
is_refused('a running machine', $running, 0, VIX_E_VM_IS_RUNNING);
is_refused('with its disks', $running, VIX_VMDELETE_DISK_FILES, VIX_E_VM_IS_RUNNING);
my $afar = make_vm(dir => new_dir());
put_lock($afar->{vmx}, machine => other_machine());
is_refused('a machine that runs on another host',
    $afar, VIX_VMDELETE_DISK_FILES, VIX_E_VM_IS_RUNNING);
my $template = make_vm(dir => new_dir(), keys => ['templateVM' => 'TRUE']);
is_refused('a template', $template, 0, VIX_E_TEMPLATE_VM);
my $plain = make_vm(dir => new_dir());
is_refused("options $_", $plain, $_, VIX_E_INVALID_ARG) for 1, 3, 4, -1, 1 << 20;

is(VMDelete(VIX_INVALID_HANDLE, 0), VIX_E_INVALID_HANDLE, 'no handle');
is(VMDelete(987_654_321, 0), VIX_E_INVALID_HANDLE, 'a dead handle');
is(VMDelete(host(), 0), VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE, 'a host');
{
    my ($err, $handle) = open_vm($plain->{vmx});
    is(VMDelete($handle, 0), VIX_OK, 'deleted');
    is(VMDelete($handle, 0), VIX_E_VM_NOT_FOUND, 'a second time there is nothing to delete');
    my ($code) = GetProperties($handle, VIX_PROPERTY_VM_NAME);
    is($code, VIX_E_VM_NOT_FOUND, 'other calls on the handle say so, too');
    is(GetHandleType($handle), VIX_HANDLETYPE_VM, 'the handle lives until it is released');
    ReleaseHandle($handle);
    is(GetHandleType($handle), VIX_HANDLETYPE_NONE, 'and no longer');
}

done_testing();
