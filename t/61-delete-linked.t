#!/usr/bin/perl
# Deleting a linked clone takes its own disks and its record in the parent, nothing else; deleting a
# parent is allowed, unless a setting protects it while clones of it live.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Files         qw(list_files);
use VixTest::Locks         qw(other_machine put_lock);
use VixTest::SnapshotCalls qw(delete_vm full_clone linked_clone remove_snapshot take_snapshot);
use VixTest::SnapshotDisk  qw(guest_reads guest_writes);
use VixTest::SnapshotState qw(folder_changes snapshot_list snapshot_of);

$ENV{VIX_CLONE_SYNC} = 'FALSE';    # no power will fail

# (the parent with a snapshot "base", the folder of all, the .vmx of so many linked clones of it)
sub family {
    my ($clones, @disks) = @_;
    my $keep = temp_dir();
    my $vm   = make_vm(dir => "$keep/parent", disks => @disks ? \@disks : [{ size_mb => 1 }]);
    my $err  = take_snapshot($vm->{vmx}, 'base');
    my @vmx  = map {"$keep/c$_/c$_.vmx"} 1 .. $clones;
    $err ||= linked_clone($vm->{vmx}, [0], $_) for @vmx;
    die "family: $err" if $err;
    return ($vm, $keep, @vmx);
}

sub records {
    my ($vmx, $uid) = @_;
    my $snapshot = snapshot_of($vmx, $uid || 1);
    my $count    = $snapshot->{numclones} || 0;
    die 'more records than counted' if (grep {/^clone/} keys %{$snapshot}) != $count;
    return map { $snapshot->{"clone$_"} } 0 .. $count - 1;
}

# ---- a clone
{
    my ($vm, $keep, @vmx) = family(3);
    my $list   = slurp("$vm->{dir}/alpha.vmsd");
    my $reads  = guest_reads($vmx[1]);
    my $before = folder_digest($vm->{dir});
    is(delete_vm($vmx[0]), VIX_OK, 'the first of three clones is deleted');
    ok(!-e "$keep/c1", 'its folder is gone');
    is_deeply(
        [map {/(\S+)$/} folder_changes($before, $vm->{dir})],
        ['alpha.vmsd', 'alpha.vmsd'],
        'of the parent the list alone is touched'
    );
    is_deeply([records($vm->{vmx})], [@vmx[2, 1]], 'where the last one has its place');
    ok(guest_reads($vmx[1]) eq $reads, 'that read as before');
    is(remove_snapshot($vm->{vmx}, [0]), VIX_E_SNAPSHOT_DISKLOCKED, 'and still lock the snapshot');
    is(delete_vm($vmx[2]),               VIX_OK,                    'the last one');
    is(delete_vm($vmx[1]),               VIX_OK,                    'and the other');
    is_deeply([records($vm->{vmx})], [], 'no record is left');
    is( slurp("$vm->{dir}/alpha.vmsd"),
        $list =~ s/^snapshot0\.(?:clone|numClones).*\n//mgr,
        'the list is as before there were any'
    );
    is(remove_snapshot($vm->{vmx}, [0]), VIX_OK, 'now the snapshot can go');
}
{
    my ($vm, $keep, $vmx) = family(1, { size_mb => 1, type => 'twoGbMaxExtentSparse' });
    is(delete_vm($vmx, 0), VIX_OK, 'without DISK_FILES');
    is_deeply(
        [list_files("$keep/c1")],
        [(map {"alpha-cl1-s00$_.vmdk"} 1 .. 3), 'alpha-cl1.vmdk'],
        'the disks stay'
    );
    is_deeply([records($vm->{vmx})], [], 'the record goes: there is no machine any more');
}
{
    my ($vm, $keep, $vmx) = family(1, { size_mb => 1 }, { size_mb => 1, type => 'monolithicFlat' });
    for my $name (qw(a b)) {
        is(take_snapshot($vmx, $name), VIX_OK, "the clone takes the snapshot $name");
        guest_writes($vmx, 'scsi0:0', [3, 3, 3]);
    }
    my $before = folder_digest($vm->{dir}) =~ s/^.*alpha\.vmsd$//mr;
    is(delete_vm($vmx), VIX_OK, 'a clone with snapshots');
    ok(!-e "$keep/c1", 'goes with all of them');
    is(folder_digest($vm->{dir}) =~ s/^.*alpha\.vmsd$//mr, $before, 'the parent\'s disks stay');
}
{
    my ($vm, $keep, $vmx) = family(1);
    is(linked_clone($vmx, undef, "$keep/d/d.vmx"), VIX_OK, 'a clone of the clone');
    my $before = folder_digest("$keep/c1") =~ s/^.*c1\.vmsd$//mr;
    is(delete_vm("$keep/d/d.vmx"),                      VIX_OK,  'is deleted');
    is(folder_digest("$keep/c1") =~ s/^.*c1\.vmsd$//mr, $before, 'the clone stays whole');
    is_deeply([records($vmx)],       [],     'without the record');
    is_deeply([records($vm->{vmx})], [$vmx], 'its own in the parent stays');
    like(slurp("$keep/c1/c1.vmsd"), qr/^sentinel0 = "alpha-cl1\.vmdk"$/m, 'as does the sentinel');
}
{
    my ($vm, $keep, @vmx) = family(1);
    is(take_snapshot($vm->{vmx}, 'second'),               VIX_OK, 'another snapshot');
    is(linked_clone($vm->{vmx}, [0, 0], "$keep/d/d.vmx"), VIX_OK, 'with a clone');
    is(delete_vm("$keep/d/d.vmx"),                        VIX_OK, 'which is deleted');
    is_deeply([records($vm->{vmx}, 2)], [],    'the record at that snapshot goes');
    is_deeply([records($vm->{vmx}, 1)], \@vmx, 'the one at the other stays');
}
{
    local $ENV{VIX_CLONE_LINKS} = 'relative';
    my ($vm, $keep, @vmx) = family(2);
    is(delete_vm($vmx[0]), VIX_OK, 'a clone with relative links');
    is_deeply([records($vm->{vmx})], ['../c2/c2.vmx'], 'its record goes');
}

# ---- a clone whose parent is elsewhere, gone, or not to be changed
{
    my ($vm, $keep, $vmx) = family(1);
    rename $vm->{dir}, "$keep/moved" or die "rename: $!";
    my $before = folder_digest("$keep");
    is(delete_vm($vmx), VIX_E_DISK_OPENPARENT,
        'the parent has moved: a broken clone has no handle');
    is_deeply([folder_changes($before, "$keep")], [], 'and nothing is touched');
}
{
    my ($vm, $keep, $vmx) = family(1);
    put_lock($vm->{vmx}, machine => other_machine());
    is(delete_vm($vmx), VIX_OK, 'the parent is running');
    is_deeply([records($vm->{vmx})], [], 'its list takes part in no run: the record goes');
}
{
    my ($vm, $keep, $vmx) = family(1);
    spew("$vm->{dir}/alpha.vmsd", '');
    is(delete_vm($vmx),                VIX_OK, 'a parent that has forgotten all');
    is(slurp("$vm->{dir}/alpha.vmsd"), '',     'is not reminded');
}
{
    my ($vm, $keep, $vmx) = family(1);
    my $other = make_vm(dir => "$keep/other", disks => [{ size_mb => 1 }]);
    take_snapshot($other->{vmx}, 'x');
    spew("$keep/c1/c1.vmsd",
        slurp("$keep/c1/c1.vmsd") =~ s/^cloneOf0 = .*/cloneOf0 = "$other->{vmx}"/mr);
    my $before = folder_digest("$keep/other");
    is(delete_vm($vmx), VIX_OK, 'a clone that names another parent');
    is_deeply([folder_changes($before, "$keep/other")], [], 'does that no harm');
}
{
    my ($vm, $keep, $vmx) = family(1);
    put_lock($vmx, machine => other_machine());
    my $before = folder_digest("$keep");
    is(delete_vm($vmx), VIX_E_VM_IS_RUNNING, 'a running clone: 3007');
    is_deeply([folder_changes($before, "$keep")], [], 'nothing was touched');
}

# ---- a parent
{
    my ($vm, $keep, $vmx) = family(1);
    my $before = folder_digest("$keep/c1");
    is(delete_vm($vm->{vmx}), VIX_OK, 'a parent may be deleted');
    ok(!-e $vm->{dir}, 'and is gone');
    is_deeply([folder_changes($before, "$keep/c1")], [], 'the clone was not touched');
}
{
    my ($vm, $keep, $vmx) = family(1);
    my $reads = guest_reads($vmx);
    is(delete_vm($vm->{vmx}, 0), VIX_OK, 'a parent without its disks');
    ok(guest_reads($vmx) eq $reads, 'leaves what the clone needs');
}
{
    local $ENV{VIX_DELETE_PROTECTPARENTS} = 'TRUE';
    my ($vm, $keep, @vmx) = family(2);
    for my $options (0, VIX_VMDELETE_DISK_FILES) {
        my $before = folder_digest("$keep");
        is(delete_vm($vm->{vmx}, $options),
            VIX_E_SNAPSHOT_NOPERM, "delete.protectParents: a parent stays ($options)");
        like(GetErrorText(VIX_E_SNAPSHOT_NOPERM), qr/\Q$vmx[0]\E/, 'for the clone, which is named');
        is_deeply([folder_changes($before, "$keep")], [], 'nothing was touched');
    }
    is(delete_vm($vmx[0]),    VIX_OK,                'a clone may be deleted');
    is(delete_vm($vm->{vmx}), VIX_E_SNAPSHOT_NOPERM, 'one is left');
    system 'rm', '-rf', '--', "$keep/c2";
    is(delete_vm($vm->{vmx}), VIX_OK, 'where the others are gone, so may the parent');
}
{
    local $ENV{VIX_DELETE_PROTECTPARENTS} = 'TRUE';
    my ($vm, $keep, $vmx) = family(1);
    spew("$keep/c1/c1.vmsd", '');
    is(delete_vm($vm->{vmx}), VIX_E_SNAPSHOT_NOPERM, 'a clone that has lost its list protects');
    system 'rm', '-rf', '--', "$keep/c1";
    make_vm(dir => "$keep/c1", name => 'c1', disks => [{ size_mb => 1 }]);
    is(delete_vm($vm->{vmx}), VIX_OK, 'a machine of that name that is no clone protects nothing');
    my $plain = make_vm(dir => "$keep/plain", disks => [{ size_mb => 1 }]);
    is(delete_vm($plain->{vmx}), VIX_OK, 'nor is anything else protected');
}

done_testing();
