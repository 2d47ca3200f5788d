#!/usr/bin/perl
# Lists of snapshots that people, other programs or a crash have edited: what can be understood is
# read, what cannot is refused, and nothing is made worse.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VixTest;
use VixTest::SnapshotCalls qw(current_place linked_clone remove_snapshot revert_to snapshot_names
    take_snapshot tree_of with_vm);
use VixTest::SnapshotState qw(folder_changes snapshot_list snapshot_of write_list);
use VMware::Vix::Simple;

$ENV{VIX_CLONE_SYNC} = 'FALSE';    # no power will fail

my $keep   = temp_dir();
my $number = 0;

# A machine of so many deltas under the list of these pairs.
sub machine_under {
    my ($deltas, @pairs) = @_;
    my $vm = make_vm(
        dir   => "$keep/" . $number++,
        disks => [{ size_mb => 1, content => [[9, 9, 9]], deltas => [map { {} } 1 .. $deltas] }],
    );
    write_list("$vm->{dir}/alpha.vmsd", @pairs);
    return $vm;
}

sub snapshot {
    my ($index, $uid, %more) = @_;
    my %all = (
        uid         => $uid,
        displayName => "s$uid",
        filename    => "alpha-Snapshot$uid.vmsn",
        %more
    );
    my @keys = grep { defined $all{$_} } sort keys %all;
    return map { ("snapshot$index.$_" => $all{$_}) } @keys;
}

sub names_in {
    my ($what, $names, @pairs) = @_;
    my $vm = machine_under(0, @pairs);
    is_deeply(snapshot_names($vm->{vmx}), $names, $what);
    return $vm;
}

my @three = (snapshot(0, 1), snapshot(1, 2, parent => 1), snapshot(2, 3, parent => 1));
names_in('a count that is too low',  ['s1', ['s2', 's3']], @three, 'snapshot.numSnapshots' => 1);
names_in('a count that is too high', ['s1', ['s2', 's3']], @three, 'snapshot.numSnapshots' => 9);
names_in('a count that is none', ['s1', ['s2', 's3']], @three, 'snapshot.numSnapshots' => 'many');
names_in('no count',             ['s1', ['s2', 's3']], @three);
names_in('holes in the numbers', ['s1', ['s2']], snapshot(4, 1), snapshot(17, 2, parent => 1));
names_in(
    'numbers of two digits',
    ['s1', [map {"s$_"} 2 .. 25]],
    map { snapshot($_ - 1, $_, $_ > 1 ? (parent => 1) : ()) } 1 .. 25
);
names_in('a parent that is not there', ['s1', 's2'], snapshot(0, 1), snapshot(1, 2, parent => 7));
names_in('a parent 0 is none',         ['s1'],       snapshot(0, 1, parent => 0));
names_in(
    'one that has neither a uid nor files is none',
    ['s2'],
    snapshot(0, 9, uid => undef, filename => undef),
    snapshot(1, 2)
);
names_in('keys in any case',       ['s1'], 'SNAPSHOT0.UID' => 1, 'Snapshot0.DisplayName' => 's1');
names_in('keys that nobody knows', ['s1'], snapshot(0, 1), 'snapshot.foo' => 1, 'bar' => 2);

names_in('the largest uid', ['s2147483647'], snapshot(0, 2147483647));

for my $current (0, 7, '') {
    my $vm
        = names_in("current is '$current'", ['s1'], snapshot(0, 1), 'snapshot.current' => $current);
    is(current_place($vm->{vmx}), VIX_E_SNAPSHOT_NOTFOUND, 'is none');
}

for my $refused (
    ['files of one without a uid', snapshot(0, 9, uid => undef), snapshot(1, 2)],
    ['two of the same uid',     snapshot(0, 1), snapshot(1, 1)],
    ['a uid above 2^31',        snapshot(0, 2147483648)],
    ['a uid that is no number', snapshot(0, 'x')],
    ['a parent above 2^31',  snapshot(0, 1), snapshot(1, 2, parent => 4294967297)],
    ['a current one of "x"', snapshot(0, 1), 'snapshot.current' => 'x'],
    ['a current one of -1',  snapshot(0, 1), 'snapshot.current' => -1],
    ['a last uid above 2^31', snapshot(0, 1), 'snapshot.lastUID' => 4294967296],
    ['a number with a zero in front', snapshot('00', 1)],
    ['a key twice', snapshot(0, 1), 'SNAPSHOT0.displayName' => 'again'],
    ['its own parent',  snapshot(0, 1, parent => 1)],
    ['a circle of two', snapshot(0, 1, parent => 2), snapshot(1, 2, parent => 1)],
    [   'a circle beside a tree',
        snapshot(0, 9),
        snapshot(1, 1, parent => 3),
        snapshot(2, 2, parent => 1),
        snapshot(3, 3, parent => 2)
    ],
    )
{
    my ($what, @pairs) = @{$refused};
    my $vm     = machine_under(0, @pairs);
    my $before = folder_digest($vm->{dir});
    my $count  = with_vm($vm->{vmx}, sub { return (VMGetNumRootSnapshots($_[0]))[0] });
    is($count,                         VIX_E_SNAPSHOT_CONFIG, "$what: 13007");
    is(take_snapshot($vm->{vmx}, 'x'), VIX_E_SNAPSHOT_CONFIG, 'also for a new one');
    is_deeply([folder_changes($before, $vm->{dir})], [], 'nothing was touched');
}

# Of two disks the list would forget the second.
{
    my $vm = machine_under(0, snapshot(0, 1));
    spew("$vm->{dir}/alpha.vmsd",
        slurp("$vm->{dir}/alpha.vmsd") . qq(snapshot0.disk0.fileName = "alpha.vmdk\n));
    my $before = folder_digest($vm->{dir});
    my $count  = with_vm($vm->{vmx}, sub { return (VMGetNumRootSnapshots($_[0]))[0] });
    is($count, VIX_E_SNAPSHOT_CONFIG, 'a line without a closing quote: 13007');
    like(GetErrorText($count),
        qr/alpha\.vmsd: line \d+: the value of snapshot0\.disk0\.fileName has no closing quote/,
        'with file and line');
    is_deeply([folder_changes($before, $vm->{dir})], [], 'nothing was touched');
}

# ---- changing such lists
{
    my $vm = machine_under(
        1,
        snapshot(3, 5, numDisks => 1, 'disk0.fileName' => 'alpha.vmdk', 'disk0.node' => 'scsi0:0'),
        'snapshot.current' => 5,
        'snapshot.lastUID' => 2,
        'bar'              => 'of somebody',
    );
    is(take_snapshot($vm->{vmx}, 'new'), VIX_OK, 'a list with holes and a low lastUID is added to');
    is_deeply(snapshot_names($vm->{vmx}), ['s5', ['new']], 'below the current one');
    is(snapshot_of($vm->{vmx}, 6)->{parent}, 5, 'with a uid that none has');
    my $list = snapshot_list($vm->{vmx});
    my %uids = map { /^(snapshot\d+)\.uid$/ ? ($1 => $list->{value}{$_}) : () }
        keys %{ $list->{value} };
    is_deeply(\%uids, { snapshot0 => 5, snapshot1 => 6 }, 'the numbers have no holes then');
    is_deeply(
        [@{ $list->{value} }{qw(snapshot.numsnapshots bar)}],
        [2, 'of somebody'],
        'the count is right, what nobody knows stays'
    );
}
{
    my @disk = (numDisks => 1, 'disk0.fileName' => 'alpha.vmdk', 'disk0.node' => 'scsi0:0');
    for my $hidden (
        ['a hole in the records',             clone0 => undef,         clone1 => 1, numClones => 2],
        ['a count of clones that is too low', clone0 => "$keep/x.vmx", clone1 => 1, numClones => 1],
        ['no count of clones',                clone3 => 1],
        )
    {
        my ($what, %records) = @{$hidden};
        my $vm = machine_under(1, snapshot(0, 1, @disk), 'snapshot.current' => 1);
        spew("$vm->{dir}/alpha-Snapshot1.vmsn", '');
        my $clone = "$vm->{dir}/clone/c.vmx";
        make_vm(dir => "$vm->{dir}/clone", name => 'c', disks => 0);
        write_list("$vm->{dir}/clone/c.vmsd", cloneOf0 => $vm->{vmx}, numCloneOf => 1);
        my %value = map { $_ => ($records{$_} || '') eq '1' && /^clone/ ? $clone : $records{$_} }
            keys %records;
        write_list("$vm->{dir}/alpha.vmsd", snapshot(0, 1, @disk, %value), 'snapshot.current' => 1);
        my $before = folder_digest($vm->{dir});
        is(remove_snapshot($vm->{vmx}, [0]),
            VIX_E_SNAPSHOT_DISKLOCKED, "$what: a clone that lives still protects its snapshot");
        is_deeply([folder_changes($before, $vm->{dir})], [], 'nothing was touched');
    }
}
{
    my $vm = machine_under(
        2,
        snapshot(0, 1, numDisks => 1, 'disk0.fileName' => 'alpha.vmdk', 'disk0.node' => 'scsi0:0'),
        snapshot(1, 2, parent   => 1, numDisks         => 1, 'disk0.fileName' => 'gone.vmdk'),
        'snapshot.current' => 1
    );
    my $before = folder_digest($vm->{dir});
    my $err    = remove_snapshot($vm->{vmx}, [0]);
    isnt($err, VIX_OK, 'a snapshot whose disk is missing keeps another from being removed');
    is_deeply([folder_changes($before, $vm->{dir})], [], 'before anything was touched');
    is(remove_snapshot($vm->{vmx}, [0, 0]), VIX_OK, 'but can itself be removed');
}
{
    my $vm    = machine_under(0, map { snapshot($_ - 1, $_) } 1 .. 50_000);
    my $begin = times;    # of the processor, so that a busy host does not count
    my $count = with_vm($vm->{vmx}, sub { return (VMGetNumRootSnapshots($_[0]))[0] });
    cmp_ok(times() - $begin, '<', 10, "a list without measure is answered soon ($count)");
    $vm = machine_under(0, snapshot(0, 1), map { ("snapshot0.clone$_" => "/x/$_") } 0 .. 30_000);
    $begin = times;
    is_deeply(snapshot_names($vm->{vmx}), ['s1'], 'thirty thousand records');
    cmp_ok(times() - $begin, '<', 10, 'as well');
}

done_testing();
