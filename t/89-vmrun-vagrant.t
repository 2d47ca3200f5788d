#!/usr/bin/perl
# What Vagrant's VMware provider does with vmrun: a linked clone of a box, shared folders, snapshots
# with their tree, and the end of a machine.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VixTest;
use VixTest::Calls qw(without_libvirt);
use VixTest::Vmrun qw(own_home said setting vmrun);

my $HOME = own_home();
without_libvirt();
my @WS = ('-T', 'ws');

my $box = make_vm();
my $dir = temp_dir();
my $vmx = "$dir/7f3a/box.vmx";

subtest 'up' => sub {
    is(said(@WS, 'snapshot', $box->{vmx}, '7f3a'), '(0)', 'a snapshot of the box');
    is(said(@WS, 'clone', $box->{vmx}, $vmx, 'linked', '-snapshot=7f3a'), '(0)', 'a linked clone');
    like(slurp($vmx =~ s/x\z/sd/r), qr/^cloneOf/m, 'which its snapshot list shows');
    is(said(@WS, 'enableSharedFolders', $vmx), '(0)', 'shared folders');
    is(said(@WS, 'addSharedFolder', $vmx, '-vagrant', $dir), '(0)', 'add one');
    is(said(@WS, 'setSharedFolderState', $vmx, '-vagrant', $dir, 'writable'), '(0)', 'writable');
    my $list = vmrun(@WS, 'list');
    is_deeply([grep { $_ eq $vmx } split /\n/, $list->{out}], [], 'it does not run');
};

subtest 'snapshots' => sub {
    is(said(@WS, 'snapshot', $vmx, $_), '(0)', "take $_") for qw(one two);
    is(said(@WS, 'revertToSnapshot', $vmx, 'one'), '(0)', 'revert');
    is(said(@WS, 'snapshot', $vmx, 'three'), '(0)', 'take three');
    my $list = vmrun(@WS, 'listSnapshots', $vmx);
    is_deeply([grep { !/Total snapshot/ } split /\n/, $list->{out}], [qw(one two three)],
        'all but the first line are names');
    my $tree = vmrun(@WS, 'listSnapshots', $vmx, 'showTree');
    is_deeply([grep { !/Total snapshot/ } split /\n/, $tree->{out}], ['one', "\ttwo", "\tthree"],
        'a tab for each level');
    is(said(@WS, 'deleteSnapshot', $vmx, 'three'), '(0)', 'delete by name');
};

subtest 'halt' => sub {
    is(said(@WS, 'stop', $vmx, $_),
        "Error: The virtual machine is not powered on: $vmx\n(255)", "stop $_ of one that is off")
        for qw(soft hard);
    isnt(setting($vmx, 'cleanShutdown') // 'TRUE', 'FALSE', 'which ended well');
};

# Vagrant deletes the snapshot of the box, goes on if that fails, and then deletes the folder.
subtest 'destroy' => sub {
    my $run = vmrun(@WS, 'deleteSnapshot', $box->{vmx}, '7f3a', 'andDeleteChildren');
    like("$run->{out}($run->{status})", qr/\A(?:\(0\)|Error: .*\n\(255\))\z/, 'an answer');
    is(system('rm', '-rf', "$dir/7f3a"), 0, 'the folder is gone');
    is(said(@WS, 'listSnapshots', $box->{vmx}) =~ /\(0\)\z/ ? 1 : 0, 1, 'the box can be used');
    is(said(@WS, 'snapshot', $box->{vmx}, '91cc'), '(0)', 'for the next machine');
};

subtest 'with snapshot.removeLater a box keeps no snapshots' => sub {
    local $ENV{VIX_SNAPSHOT_REMOVELATER} = 'TRUE';
    my $other = make_vm();
    for my $name (qw(one two three)) {
        my $clone = "$dir/$name/box.vmx";
        is(said(@WS, 'snapshot', $other->{vmx}, $name), '(0)', "up: a snapshot, $name");
        my $only = "Total snapshots: 1\n$name\n(0)";
        is(said(@WS, 'listSnapshots', $other->{vmx}), $only, 'the only one');
        is(said(@WS, 'clone', $other->{vmx}, $clone, 'linked', "-snapshot=$name"), '(0)', 'a linked clone');
        is(said(@WS, 'deleteSnapshot', $other->{vmx}, $name, 'andDeleteChildren'), '(0)', 'destroy');
        is(said(@WS, 'listSnapshots', $other->{vmx}), $only, 'the clone still has what it needs');
        is(said(@WS, 'snapshot', $clone, 'check'), '(0)', 'and works');
        is(system('rm', '-rf', "$dir/$name"), 0, 'the folder is gone');
    }
    is(said(@WS, 'snapshot', $other->{vmx}, 'four'), '(0)', 'another snapshot');
    is(said(@WS, 'clone', $other->{vmx}, "$dir/four/box.vmx", 'linked', '-snapshot=four'), '(0)',
        'a linked clone');
    is(said(@WS, 'deleteSnapshot', $other->{vmx}, 'four'), '(0)', 'deleted');
    is(said(@WS, 'deleteVM', "$dir/four/box.vmx"), '(0)', 'and the clone by vmrun');
    is(said(@WS, 'listSnapshots', $other->{vmx}), "Total snapshots: 0\n(0)", 'none is left');
};

done_testing;
