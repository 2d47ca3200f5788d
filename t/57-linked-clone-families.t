#!/usr/bin/perl
# Linked clones of all relations: without a snapshot, of each other, of several disks and folders,
# with links that may move; and full clones of them.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::DiskDescriptor qw(read_descriptor);
use VixTest::Files          qw(list_files);
use VixTest::SnapshotCalls  qw(current_place full_clone linked_clone place_named remove_snapshot
    snapshot_names take_snapshot tree_of);
use VixTest::SnapshotChain qw(chain_complaints chain_of);
use VixTest::SnapshotDisk  qw(guest_reads guest_writes present_path);
use VixTest::SnapshotState qw(folder_changes snapshot_list snapshot_of);
use VixTest::Tools         qw(have_tool run_tool);
use VixTest::Vmx           qw(read_vmx);

$ENV{VIX_CLONE_SYNC} = 'FALSE';    # no power will fail

sub list_value {
    my ($vmx) = @_;
    return snapshot_list($vmx)->{value};
}

# ---- without a snapshot
{
    my $vm   = make_vm(disks => [{ size_mb => 2 }]);
    my $keep = temp_dir();
    my $now  = guest_reads($vm->{vmx});
    is(linked_clone($vm->{vmx}, undef, "$keep/a/a.vmx"), VIX_OK, 'a clone of the present state');
    my ($made) = @{ tree_of($vm->{vmx}) };
    is_deeply(
        [@{$made}{qw(name description power)}],
        ['Clone', 'Created by clone operation.', VIX_POWERSTATE_POWERED_OFF],
        'makes a snapshot as VMware does'
    );
    is(present_path($vm->{vmx}), "$vm->{dir}/alpha-000001.vmdk", 'the parent goes on on a delta');
    ok(guest_reads("$keep/a/a.vmx") eq $now, 'the clone reads the state of then');
    is(snapshot_of($vm->{vmx}, 1)->{clone0}, "$keep/a/a.vmx", 'and is on record');

    my $later = guest_writes($vm->{vmx}, 'scsi0:0', [50, 60, 7]);
    is(linked_clone($vm->{vmx}, undef, "$keep/b/b.vmx"), VIX_OK, 'another one, later');
    is_deeply(snapshot_names($vm->{vmx}), ['Clone', ['Clone']], 'makes another snapshot');
    ok(guest_reads("$keep/b/b.vmx") eq $later, 'the clone reads the state of later');
    ok(guest_reads("$keep/a/a.vmx") eq $now,   'the first that of before');
    is((place_named($vm->{vmx}, 'Clone'))[0], VIX_E_SNAPSHOT_NONUNIQUE_NAME,
        'names are not unique');
    is_deeply([place_named($vm->{vmx}, 'Clone/Clone')], [VIX_OK, 'Clone'], 'paths are');
    is(linked_clone($vm->{vmx}, undef, "$keep/c/c.vmx"), VIX_OK, 'also with nothing changed');
    is_deeply(snapshot_names($vm->{vmx}), ['Clone', ['Clone', ['Clone']]], 'it makes another one');
    is( read_descriptor("$keep/c/alpha-cl1.vmdk")->{header}{parentFileNameHint},
        "$vm->{dir}/alpha-000002.vmdk",
        'each stands on the disk of its snapshot'
    );
}

# ---- reusing a snapshot of an unchanged machine
{
    local $ENV{VIX_CLONE_REUSESNAPSHOT} = 'TRUE';
    my $vm     = make_vm(disks => [{ size_mb => 2 }, { size_mb => 2 }]);
    my $keep   = temp_dir();
    my $number = 0;
    my $clone  = sub {
        my ($what, $depth) = @_;
        my $name = 'c' . $number++;
        is(linked_clone($vm->{vmx}, undef, "$keep/$name/$name.vmx"), VIX_OK, $what);
        is(current_place($vm->{vmx}), join('/', ('Clone') x $depth), "$what: $depth snapshots");
        ok(guest_reads("$keep/$name/$name.vmx", $_) eq guest_reads($vm->{vmx}, $_),
            "$what: reads the present ($_)")
            for qw(scsi0:0 scsi0:1);
        return;
    };
    $clone->('the first makes a snapshot', 1);
    $clone->('the next takes the same',    1);
    $clone->('and the next',               1);
    is(list_value($vm->{vmx})->{'snapshot0.numclones'}, 3, 'which has three clones');
    guest_writes($vm->{vmx}, 'scsi0:1', [50, 60, 7]);
    $clone->('after a write to the second disk', 2);
    $clone->('and the next',                     2);
    spew($vm->{vmx}, slurp($vm->{vmx}) . qq(new = "key"\n));
    $clone->('after a change of the .vmx', 3);
    spew("$vm->{dir}/alpha.nvram", 'MRVN other');
    $clone->('after a change of the nvram', 4);
    is(take_snapshot($vm->{vmx}, 'Clone', 'by the user'), VIX_OK, 'a snapshot of the user');
    $clone->('is not taken', 6);
}

# ---- generations
{
    my $vm   = make_vm(disks => [{ size_mb => 2, type => 'monolithicFlat' }]);
    my $keep = temp_dir();
    my @vmx  = map {"$keep/$_/$_.vmx"} qw(one two three);
    my $from = $vm->{vmx};
    my @reads;
    for my $number (0 .. 2) {
        is(linked_clone($from, undef, $vmx[$number]), VIX_OK, 'a linked clone of the former');
        $reads[$number]
            = guest_writes($vmx[$number], 'scsi0:0', [100 * $number, 150, 40 + $number]);
        is(list_value($vmx[$number])->{cloneof0}, $from,         'names its parent');
        is(snapshot_of($from, 1)->{clone0},       $vmx[$number], 'which has it on record');
        $from = $vmx[$number];
    }
    is_deeply(
        [map {s{.*/}{}r} map { present_path($_) } @vmx],
        ['alpha-cl1-000001.vmdk', 'alpha-cl2-000001.vmdk', 'alpha-cl3.vmdk'],
        'the disks are numbered on'
    );
    is(scalar chain_of(present_path($vmx[2])), 4, 'a chain of four')
        or diag explain [chain_of(present_path($vmx[2]))];
    is_deeply([map { chain_complaints(present_path($_)) } @vmx], [], 'all are sound');
    ok(guest_reads($vmx[$_]) eq $reads[$_], "each reads what it must ($_)") for 0 .. 2;
    like(list_value($vmx[1])->{"sentinel0"},
        qr/^alpha-cl2\.vmdk$/, 'sentinels are those of its own');

    is(full_clone($vmx[2], undef, "$keep/whole/whole.vmx"),    VIX_OK, 'a full clone of the last');
    is(scalar chain_of(present_path("$keep/whole/whole.vmx")), 1,      'stands on its own');
    is(slurp("$keep/whole/whole.vmsd"),                        '',     'and is a clone of none');
    unlike(slurp("$keep/whole/whole.vmx"), qr/fileSearchPath/i, 'looks nowhere else');
    ok(guest_reads("$keep/whole/whole.vmx") eq $reads[2], 'and reads the same');
    is(full_clone($vmx[1], [0], "$keep/part/part.vmx"), VIX_OK, 'of a snapshot within');
    ok(guest_reads("$keep/part/part.vmx") eq $reads[1], 'what that holds');
    unlike(slurp("$keep/part/part.vmx"), qr/fileSearchPath/i, 'and looks nowhere else');
}

# ---- what the parent does to its own chain leaves the clone alone
{
    my $vm   = make_vm(disks => [{ size_mb => 2 }]);
    my $keep = temp_dir();
    for my $number (1 .. 4) {
        is(take_snapshot($vm->{vmx}, "s$number"), VIX_OK, "snapshot $number");
        guest_writes($vm->{vmx}, 'scsi0:0', [200 * $number, 300, $number]);
    }
    my $vmx = "$keep/c/c.vmx";
    is(linked_clone($vm->{vmx}, [0, 0, 0], $vmx), VIX_OK, 'a clone of the third of four');
    my $reads = guest_writes($vmx, 'scsi0:0', [10, 10, 9]);
    for my $place ([0], [0], [0, 0]) {
        is(remove_snapshot($vm->{vmx}, $place), VIX_OK, 'others are removed');
        ok(guest_reads($vmx) eq $reads, 'the clone reads the same');
        is_deeply([chain_complaints(present_path($vmx))], [], 'in a sound chain');
    }
    is_deeply(snapshot_names($vm->{vmx}), ['s3'], 'its own is left');
    is(remove_snapshot($vm->{vmx}, [0]), VIX_E_SNAPSHOT_DISKLOCKED, 'and is not removed: 13014');
    like(GetErrorText(VIX_E_SNAPSHOT_DISKLOCKED), qr/\Q$vmx\E/, 'for the clone, which is named');
    is(remove_snapshot($vm->{vmx}, [0], VIX_SNAPSHOT_REMOVE_CHILDREN),
        VIX_E_SNAPSHOT_DISKLOCKED, 'nor with its children');
    ok(guest_reads($vmx) eq $reads, 'the clone reads the same');
}
{
    my $vm   = make_vm(disks => [{ size_mb => 2 }]);
    my $keep = temp_dir();
    take_snapshot($vm->{vmx}, $_) for qw(a b);
    is(linked_clone($vm->{vmx}, [0, 0], "$keep/c/c.vmx"), VIX_OK, 'a clone of b');
    my $before = folder_digest($vm->{dir});
    is(remove_snapshot($vm->{vmx}, [0], VIX_SNAPSHOT_REMOVE_CHILDREN),
        VIX_E_SNAPSHOT_DISKLOCKED, 'a with its children stays for it');
    is_deeply([folder_changes($before, $vm->{dir})], [], 'nothing was touched');
    rename "$keep/c", "$keep/moved" or die "rename: $!";
    is(remove_snapshot($vm->{vmx}, [0, 0]),
        VIX_OK, 'a record of a clone that is gone locks nothing');
}

# ---- several disks
{
    my $far = temp_dir();
    my $vm  = make_vm(
        disks => [
            { size_mb => 2 },
            { slot    => 'sata0:0', size_mb => 3, type => 'twoGbMaxExtentSparse' },
            { slot    => 'nvme0:0', size_mb => 2, dir  => "$far", name => 'alpha' },
            { slot    => 'scsi0:1', size_mb => 2, mode => 'independent-persistent' },
            { slot    => 'ide0:0',  size_mb => 2, type => 'monolithicFlat', deltas => [{}, {}] },
        ],
    );
    my $keep  = temp_dir();
    my $vmx   = "$keep/c/c.vmx";
    my @slots = map { $_->{slot} } @{ $vm->{disks} };
    my %reads = map { $_ => guest_reads($vm->{vmx}, $_) } @slots;
    is(linked_clone($vm->{vmx}, undef, $vmx), VIX_OK, 'five disks on four buses, in two folders');
    my %path = map { $_ => present_path($vmx, $_) } @slots;
    is_deeply([grep { guest_reads($vmx, $_) ne $reads{$_} } @slots], [], 'all read the same');
    is_deeply([map { chain_complaints($_) } values %path],           [], 'and are sound');
    is_deeply([grep { !m{^\Q$keep/c/\E[^/]+$} } values %path], [], 'in the folder of the clone');
    my %names = reverse %path;
    is(scalar keys %names, 5, 'each under a name of its own');
    my %links = map { my @chain = chain_of($path{$_}); ($_ => scalar @chain) } @slots;
    is_deeply(
        \%links,
        { 'scsi0:0' => 2, 'sata0:0' => 2, 'nvme0:0' => 2, 'scsi0:1' => 1, 'ide0:0' => 4 },
        'on the parent\'s, but for the independent one, which is copied'
    );
    my $value = list_value($vmx);
    is_deeply(
        [sort map { $value->{"sentinel$_"} } 0 .. $value->{numsentinels} - 1],
        [sort map {s{.*/}{}r} grep { $_ ne $path{'scsi0:1'} } values %path],
        'each that stands on another is a sentinel'
    );
    is((chain_of($path{'nvme0:0'}))[1], "$far/alpha.vmdk", 'also on one of another folder');

    is(linked_clone($vmx, undef, "$keep/d/d.vmx"), VIX_OK, 'a clone of the clone');
    is_deeply([grep { guest_reads("$keep/d/d.vmx", $_) ne $reads{$_} } @slots],
        [], 'reads the same');
    is(full_clone("$keep/d/d.vmx", undef, "$keep/e/e.vmx"), VIX_OK, 'a full clone of that');
    is_deeply([grep { guest_reads("$keep/e/e.vmx", $_) ne $reads{$_} } @slots], [], 'does, too');
}

# ---- links that may move
{
    local $ENV{VIX_CLONE_LINKS} = 'relative';
    my $keep = temp_dir();
    my $vm   = make_vm(dir => "$keep/here/base", disks => [{ size_mb => 2 }]);
    my $vmx  = "$keep/here/clones/c/c.vmx";
    is(linked_clone($vm->{vmx}, undef, $vmx), VIX_OK, 'a clone with relative links');
    is(read_descriptor(present_path($vmx))->{header}{parentFileNameHint},
        '../../base/alpha.vmdk', 'the hint');
    is(list_value($vmx)->{cloneof0},            '../../base/alpha.vmx', 'the list of the clone');
    is(snapshot_of($vm->{vmx}, 1)->{clone0},    '../clones/c/c.vmx',    'the record in the parent');
    is(read_vmx($vmx)->{value}{filesearchpath}, '.;../../base',         'and where to look for it');
    my $reads = guest_writes($vmx, 'scsi0:0', [1, 1, 1]);

    rename "$keep/here", "$keep/there" or die "rename: $!";
    s/here/there/ for $vmx, $vm->{vmx};
    ok(guest_reads($vmx) eq $reads, 'both moved together');
    is(remove_snapshot($vm->{vmx}, [0]), VIX_E_SNAPSHOT_DISKLOCKED, 'the parent still knows it');
    is(linked_clone($vmx, undef, "$keep/there/clones/d/d.vmx"), VIX_OK, 'and it can be cloned');
    is(full_clone($vmx, undef, "$keep/there/clones/e/e.vmx"),   VIX_OK, 'in both ways');
    ok(guest_reads("$keep/there/clones/$_/$_.vmx") eq $reads, "$_ reads the same") for qw(d e);
SKIP: {
        skip 'needs qemu-img', 1 if !have_tool('qemu-img');
        my $info = run_tool('qemu-img', 'info', '--backing-chain',
            present_path("$keep/there/clones/d/d.vmx"));
        is(() = $info->{out} =~ /^image:/mg, 3, 'QEMU finds them, too') or diag($info->{err});
    }
}
{
    my $keep = temp_dir();
    my $vm   = make_vm(dir => "$keep/base", disks => [{ size_mb => 2 }]);
    my $vmx  = "$keep/c/c.vmx";
    is(linked_clone($vm->{vmx}, undef, $vmx), VIX_OK, 'a clone with absolute links');
    my $reads = guest_writes($vmx, 'scsi0:0', [1, 1, 1]);
    rename "$keep/c", "$keep/moved" or die "rename: $!";
    is(full_clone("$keep/moved/c.vmx", undef, "$keep/w/w.vmx"), VIX_OK, 'may itself move');
    ok(guest_reads("$keep/w/w.vmx") eq $reads, 'and finds its parent');
}
{
    local $ENV{VIX_CLONE_LINKS} = 'sideways';
    my $vm     = make_vm(disks => [{ size_mb => 2 }]);
    my $keep   = temp_dir();
    my $before = folder_digest($vm->{dir});
    my $err    = linked_clone($vm->{vmx}, undef, "$keep/c/c.vmx");
    isnt($err, VIX_OK, "links that are neither: $err");
    is_deeply([folder_changes($before, $vm->{dir})], [], 'nothing was touched');
}

done_testing();
