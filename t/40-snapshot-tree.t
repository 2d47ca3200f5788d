#!/usr/bin/perl
# The tree of snapshots as the calls show it: children, parents, the current one, finding by name,
# and what can be asked of a snapshot.

use strict;
use warnings;
use utf8;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::SnapshotCalls qw(at_place current_place place_named remove_snapshot revert_to
    snapshot_names take_snapshot tree_of with_vm);

$ENV{VIX_CLONE_SYNC} = 'FALSE';    # no power will fail

# Takes these snapshots; "<2" goes back to the place 2 first, i.e. the next is a sibling below it.
sub machine_with {
    my (@steps) = @_;
    my $vm = make_vm(disks => [{ size_mb => 1, content => [] }]);
    for my $step (@steps) {
        my $err
            = ref $step
            ? revert_to($vm->{vmx}, $step)
            : take_snapshot($vm->{vmx}, $step, "of $step");
        die "$step: $err " . GetErrorText($err) if $err != VIX_OK;
    }
    return $vm;
}

{
    my $vm = make_vm(disks => [{ size_mb => 1 }]);
    is_deeply(tree_of($vm->{vmx}), [], 'a machine with an empty .vmsd has no snapshots');
    is(current_place($vm->{vmx}),         VIX_E_SNAPSHOT_NOTFOUND, 'and no current one');
    is((place_named($vm->{vmx}, 'a'))[0], VIX_E_SNAPSHOT_NOTFOUND, 'nor one of any name');
    is((at_place_of($vm, 0))[0],          VIX_E_INVALID_ARG,       'there is no root 0');
    unlink "$vm->{dir}/alpha.vmsd" or die "unlink: $!";
    is_deeply(tree_of($vm->{vmx}), [], 'the same without a .vmsd');
    is(take_snapshot($vm->{vmx}, 'a'), VIX_OK, 'which does not keep it from taking one');
    is_deeply(snapshot_names($vm->{vmx}), ['a'], 'that is there then');
}

sub at_place_of {
    my ($vm, @place) = @_;
    return with_vm($vm->{vmx}, sub { return at_place($_[0], \@place) });
}

{
    my $vm = machine_with('a', 'b', [0], 'c', 'd', [0, 0], 'e');
    is_deeply(
        snapshot_names($vm->{vmx}),
        ['a', ['b', ['e'], 'c', ['d']]],
        'children in the order of their creation'
    );
    is(current_place($vm->{vmx}),        'a/b/e', 'the latest is the current one');
    is(revert_to($vm->{vmx}, [0, 1]),    VIX_OK,  'after going back');
    is(current_place($vm->{vmx}),        'a/c',   'the current one is that');
    is(remove_snapshot($vm->{vmx}, [0]), VIX_OK,  'without the root');
    is_deeply(snapshot_names($vm->{vmx}), ['b', ['e'], 'c', ['d']], 'its children are roots');
    is(current_place($vm->{vmx}),        'c',    'the current one is still the same');
    is(remove_snapshot($vm->{vmx}, [1]), VIX_OK, 'without the current one');
    is_deeply(snapshot_names($vm->{vmx}), ['b', ['e'], 'd'], 'its child moves up');
    is(current_place($vm->{vmx}), VIX_E_SNAPSHOT_NOTFOUND, 'and a root leaves no current one');

    is((at_place_of($vm, $_->[0]))[0], VIX_E_INVALID_ARG, "$_->[1]: 3")
        for [2, 'a root too far'], [-1, 'a negative root'];
    is((at_place_of($vm, 0, $_))[0], VIX_E_INVALID_ARG, "child $_: 3") for 1, -1, 2**31 - 1;
}
{
    my $vm  = machine_with('a', 'b', 'c', 'd');
    my $err = remove_snapshot($vm->{vmx}, [0, 0, 0]);
    is_deeply(
        [$err,   snapshot_names($vm->{vmx})],
        [VIX_OK, ['a', ['b', ['d']]]],
        'one in the middle removed: its child has its parent'
    );
}

# ---- names
{
    my $vm    = machine_with('a', 'b', 'b', [0], 'c', 'b');
    my %found = (
        'a'     => 'a',
        'c'     => 'c',
        'a/c'   => 'c',
        'a\\c'  => 'c',
        'a/c/b' => 'b',
        'a/b/b' => 'b',
    );
    is_deeply([place_named($vm->{vmx}, $_)], [VIX_OK, $found{$_}], "'$_' is found")
        for sort keys %found;
    is((place_named($vm->{vmx}, 'b'))[0], VIX_E_SNAPSHOT_NONUNIQUE_NAME, 'b is not the only one');
    is((place_named($vm->{vmx}, $_))[0],  VIX_E_SNAPSHOT_NOTFOUND,       "'$_' is not there")
        for 'x', 'A', 'c/b', 'a/c\\b', 'a/', '/a', 'a//c', 'a/x', 'a/b/b/b', 'a ', 'c/a';
    is((place_named($vm->{vmx}, $_))[0], VIX_E_INVALID_ARG, 'an empty name: 3') for '', undef;

    is(remove_snapshot($vm->{vmx}, [0, 0, 0]), VIX_OK,                        'with one b less');
    is((place_named($vm->{vmx}, 'b'))[0],      VIX_E_SNAPSHOT_NONUNIQUE_NAME, 'there are two');
    is_deeply([place_named($vm->{vmx}, 'a/b')], [VIX_OK, 'b'],
        'one of which has a path of its own');
}
{
    my $vm = machine_with('twin', [0], 'x');
    is(revert_to($vm->{vmx}, [0]),             VIX_OK, 'back to the root');
    is(take_snapshot($vm->{vmx}, 'x'),         VIX_OK, 'a sibling of the same name');
    is((place_named($vm->{vmx}, 'twin/x'))[0], VIX_E_SNAPSHOT_NONUNIQUE_NAME, 'two of one path');
}
{
    my $vm    = make_vm(disks => [{ size_mb => 1, content => [] }]);
    my @names = (
        ['umlaut ä, euro €, 快照', 'Überblick'],
        ['"quoted" | piped',     "two\nlines\r\n|22"],
        ['  blank ends  ',       ''],
        ['with/slash',           'with\\backslash'],
        ['# no comment',         '= nothing'],
        ["tab\there",            'x' x 2000],
    );
    for my $pair (@names) {
        is(take_snapshot($vm->{vmx}, @{$pair}), VIX_OK, 'a snapshot of any name');
    }
    my @found;
    for (my $at = tree_of($vm->{vmx}); @{$at}; $at = $at->[0]{children}) {
        push @found, [@{ $at->[0] }{qw(name description)}];
    }
    is_deeply(\@found, \@names, 'names and descriptions come back as they were given');
    is_deeply([place_named($vm->{vmx}, $names[0][0])], [VIX_OK, $names[0][0]], 'found by its name');
    is((place_named($vm->{vmx}, 'with/slash'))[0], VIX_E_SNAPSHOT_NOTFOUND, 'a slash parts names');
}
{
    my $vm = make_vm(disks => [{ size_mb => 1, content => [] }]);
    is(take_snapshot($vm->{vmx}, undef, undef), VIX_OK, 'a snapshot without a name');
    my ($snapshot) = @{ tree_of($vm->{vmx}) };
    is_deeply(
        [@{$snapshot}{qw(name description power)}],
        ['', '', VIX_POWERSTATE_POWERED_OFF],
        'has neither name nor description, and was off'
    );
}

# ---- handles
{
    my $vm = machine_with('a', 'b');
    with_vm(
        $vm->{vmx},
        sub {
            my ($handle) = @_;
            my ($err, $root) = VMGetRootSnapshot($handle, 0);
            is(GetHandleType($root), VIX_HANDLETYPE_SNAPSHOT, 'a snapshot is a handle of its kind');
            ($err, my $again) = VMGetRootSnapshot($handle, 0);
            is($again, $root, 'asked for twice it has the same number');
            ReleaseHandle($again);
            is_deeply([SnapshotGetParent($root)], [VIX_OK, VIX_INVALID_HANDLE], 'a root has none');
            ($err, my $child) = SnapshotGetChild($root, 0);
            is_deeply([SnapshotGetParent($child)], [VIX_OK, $root],
                'the parent of the child is it');
            ReleaseHandle($root);
            is_deeply([SnapshotGetNumChildren($root)], [VIX_OK, 1], 'each reference is its own');
            is_deeply([VMGetCurrentSnapshot($handle)], [VIX_OK, $child], 'the child is current');
            ReleaseHandle($child);

            is(VMRemoveSnapshot($handle, $child, 0), VIX_OK,                  'removed');
            is((SnapshotGetNumChildren($child))[0],  VIX_E_SNAPSHOT_NOTFOUND, 'its handle: 13003');
            is((SnapshotGetChild($child, 0))[0],     VIX_E_SNAPSHOT_NOTFOUND, 'for each call');
            is((SnapshotGetParent($child))[0],       VIX_E_SNAPSHOT_NOTFOUND, 'there is');
            is((GetProperties($child, VIX_PROPERTY_SNAPSHOT_DISPLAYNAME))[0],
                VIX_E_SNAPSHOT_NOTFOUND, 'also for its properties');
            is(VMRemoveSnapshot($handle, $child, 0), VIX_E_SNAPSHOT_NOTFOUND, 'and to remove it');
            is(VMRevertToSnapshot($handle, $child, 0, 0), VIX_E_SNAPSHOT_NOTFOUND, 'or revert');
            ReleaseHandle($child);
            is((SnapshotGetNumChildren($child))[0], VIX_E_INVALID_HANDLE, 'released it is nothing');
            is( (SnapshotGetNumChildren($handle))[0],
                VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE,
                'a machine is no snapshot: 1001'
            );
            is( (GetProperties($root, VIX_PROPERTY_VM_NAME))[0],
                VIX_E_UNRECOGNIZED_PROPERTY,
                'a snapshot has not the properties of a machine'
            );
            ReleaseHandle($root);
            return;
        }
    );
}

done_testing();
