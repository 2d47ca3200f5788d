#!/usr/bin/perl
# Removing snapshots: wherever in the tree they stand, all that is left reads as before, the disks
# that nobody needs are merged or deleted, and nothing else lies about.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VixTest;
use VixTest::DiskDescriptor qw(read_descriptor);
use VixTest::Files          qw(list_files);
use VixTest::SnapshotCalls  qw(current_place delete_vm remove_snapshot revert_to snapshot_names
    take_snapshot);
use VixTest::SnapshotChain qw(chain_bytes chain_complaints chain_of);
use VixTest::SnapshotDisk  qw(content_id guest_reads guest_writes present_path snapshot_path);
use VixTest::SnapshotState qw(folder_changes snapshot_list snapshot_of);
use VixTest::Tools         qw(have_tool qemu_check run_tool);
use VixTest::Vmx           qw(read_vmx);

$ENV{VIX_CLONE_SYNC} = 'FALSE';    # no power will fail

# Plays a story on a machine: names are snapshots taken, after each of which the guest writes;
# places are gone back to. { vm, reads => {uid => bytes}, now => bytes }.
sub story {
    my ($disk, @steps) = @_;
    my $vm   = make_vm(disks => [{ size_mb => 2, %{$disk} }]);
    my %told = (vm => $vm, reads => {}, now => guest_reads($vm->{vmx}));
    my $uid  = 0;
    for my $step (@steps) {
        if (ref $step) {
            my $err = revert_to($vm->{vmx}, $step);
            die "revert to @{$step}: $err" if $err != VIX_OK;
        }
        else {
            my $err = take_snapshot($vm->{vmx}, $step);
            die "take $step: $err" if $err != VIX_OK;
            $told{reads}{ ++$uid } = $told{now};
        }
        $told{now} = guest_writes(
            $vm->{vmx}, 'scsi0:0',
            [300 * $uid,       500, 10 + $uid],
            [70 * $uid,        9,   50 + $uid],
            [3000 - 90 * $uid, 40,  0]
        );
    }
    return \%told;
}

# What does not read as it did, is unsound, or lies about without use.
sub story_complaints {
    my ($told) = @_;
    my $vm = $told->{vm};
    my @wrong;
    my %tops = (present => present_path($vm->{vmx}));
    my $list = snapshot_list($vm->{vmx})->{value};
    my @left = map { /^snapshot\d+\.uid$/ ? $list->{$_} : () } keys %{$list};
    $tops{$_} = snapshot_path($vm->{vmx}, $_) for @left;
    my %needed = map { $list->{"snapshot$_.filename"} => 1 } 0 .. $#left;

    for my $name (sort keys %tops) {
        my $want = $name eq 'present' ? $told->{now} : $told->{reads}{$name};
        push @wrong, "$name reads otherwise" if chain_bytes($tops{$name}) ne $want;
        push @wrong, chain_complaints($tops{$name});
        push @wrong, qemu_check($tops{$name}) if $name eq 'present' && have_tool('qemu-img');
        for my $link (chain_of($tops{$name})) {
            $needed{$_} = 1
                for map {s{.*/}{}r} $link,
                map { $_->{name} } @{ read_descriptor($link)->{extents} };
        }
    }
    my @litter = grep { !$needed{$_} && /(?:vmdk|vmsn|lck)$/ } list_files($vm->{dir});
    push @wrong, "@litter left behind" if @litter;
    return grep { $_ ne '' } @wrong;
}

# Removes the snapshot at a place and looks at what is left.
sub ok_without {
    my ($what, $told, $place, $names, $options) = @_;
    is(remove_snapshot($told->{vm}{vmx}, $place, $options), VIX_OK, "$what: removed");
    is_deeply([story_complaints($told)],        [],     "$what: the rest is as before");
    is_deeply(snapshot_names($told->{vm}{vmx}), $names, "$what: the tree");
    return;
}

my @classes = qw(monolithicSparse monolithicFlat twoGbMaxExtentSparse twoGbMaxExtentFlat);
for my $type (@classes) {
    my $line = sub { return story({ type => $type }, qw(a b c)) };
    ok_without("$type: the root",   $line->(), [0],       ['b', ['c']]);
    ok_without("$type: the middle", $line->(), [0, 0],    ['a', ['c']]);
    ok_without("$type: the leaf",   $line->(), [0, 0, 0], ['a', ['b']]);

    my $told   = $line->();
    my $uuid   = read_descriptor($told->{vm}{disks}[0]{path})->{ddb}{uuid};
    my @before = @{ $told->{vm}{disks}[0]{files} };
    my $id     = content_id(present_path($told->{vm}{vmx}));
    ok_without("$type: one by one", $told, [0],    ['b', ['c']]);
    ok_without("$type: one by one", $told, [0, 0], ['b']);
    ok_without("$type: one by one", $told, [0],    []);
    is(present_path($told->{vm}{vmx}),
        "$told->{vm}{dir}/alpha.vmdk", "$type: the first name is back");
    is_deeply([map {"$told->{vm}{dir}/$_"} grep {/vmdk$/} list_files($told->{vm}{dir})],
        \@before, "$type: the files are those of the first disk");
    my $is = read_descriptor(present_path($told->{vm}{vmx}));
    is($is->{header}{CID},        $id,        "$type: its content id is that of what is in it");
    is($is->{ddb}{uuid},          $uuid,      "$type: it is still the same disk");
    is($is->{header}{parentCID},  'ffffffff', "$type: without a parent");
    is($is->{header}{createType}, $type,      "$type: of the same class");

    $told = $line->();
    ok_without("$type: all at once", $told, [0], [], VIX_SNAPSHOT_REMOVE_CHILDREN);
    is( scalar(() = map {/vmdk$/} list_files($told->{vm}{dir})),
        scalar @before,
        "$type: one disk is left"
    );
}

# ---- branches: a with the children b (with c below it) and d, from which the present comes
sub tree { return story({}, 'a', 'b', 'c', [0], 'd') }

ok_without('the root of two branches', tree(), [0], ['b', ['c'], 'd']);
{
    my $told = tree();
    ok_without('an inner node of the other branch', $told, [0, 0], ['a', ['c', 'd']]);
    ok_without('its leaf',                          $told, [0, 0], ['a', ['d']]);
    ok_without('then the root',                     $told, [0],    ['d']);
    ok_without('and the last',                      $told, [0],    []);
    is(present_path($told->{vm}{vmx}), "$told->{vm}{dir}/alpha.vmdk", 'on the first name again');
}
ok_without('a branch with its children', tree(), [0, 0], ['a', ['d']],
    VIX_SNAPSHOT_REMOVE_CHILDREN);
{
    my $told = tree();
    ok_without(
        'the branch of the present',
        $told, [0, 1], ['a', ['b', ['c']]],
        VIX_SNAPSHOT_REMOVE_CHILDREN
    );
    is(current_place($told->{vm}{vmx}), 'a', 'the present comes from the root then');
    ok_without('and that too', $told, [0], ['b', ['c']]);
    is(current_place($told->{vm}{vmx}),     VIX_E_SNAPSHOT_NOTFOUND, 'then from none');
    is(revert_to($told->{vm}{vmx}, [0, 0]), VIX_OK, 'there is still a way to the others');
    ok(guest_reads($told->{vm}{vmx}) eq $told->{reads}{3}, 'that reads as then');
}
{
    my $told = tree();
    ok_without('the root with all its children', $told, [0], [], VIX_SNAPSHOT_REMOVE_CHILDREN);
    is_deeply(
        [list_files($told->{vm}{dir})],
        [map {"alpha.$_"} qw(nvram vmdk vmsd vmx vmxf)],
        'leaves the machine alone'
    );
    like(
        slurp("$told->{vm}{dir}/alpha.vmsd"),
        qr/^snapshot\.lastUID = "4"$/m,
        'the list remembers how many there were'
    );
    is(take_snapshot($told->{vm}{vmx}, 'new'), VIX_OK, 'the next one');
    ok(-e "$told->{vm}{dir}/alpha-Snapshot5.vmsn", 'has a number that none had');
}
{
    my $told = story({}, 'a', [0], 'b', [0], 'c', [0], 'd', [0], 'e');
    for my $name (qw(b d c e)) {
        my $names = snapshot_names($told->{vm}{vmx})->[1];
        my ($at)  = grep { $names->[$_] eq $name } 0 .. $#{$names};
        my @rest  = grep { $_ ne $name } @{$names};
        ok_without("$name of many siblings", $told, [0, $at], ['a', @rest ? \@rest : ()]);
    }
}

# ---- what VMware does not know: snapshots whose state is missing
{
    my $told = story({}, qw(a b));
    unlink "$told->{vm}{dir}/alpha-Snapshot1.vmsn" or die "unlink: $!";
    ok_without('one without its state file', $told, [0], ['b']);
}
{
    my $told = story({}, qw(a b));
    spew("$told->{vm}{dir}/alpha-Snapshot1.vmem", 'memory');
    ok_without('one with memory beside it', $told, [0], ['b']);
    ok(!-e "$told->{vm}{dir}/alpha-Snapshot1.vmem", 'which goes, too');
}
{
    my $told = story({}, qw(a b));
    my $list = "$told->{vm}{dir}/alpha.vmsd";
    spew("$told->{vm}{dir}/precious.vmsn", 'mine');
    spew($list, slurp($list) =~ s/^(snapshot0\.filename) = .*/$1 = "..\/vm\/precious.vmsn"/mr);
    mkdir "$told->{vm}{dir}/sub" or die "mkdir: $!";
    spew("$told->{vm}{dir}/sub/precious.vmsn", 'mine');
    spew($list, slurp($list) =~ s/^(snapshot0\.filename) = .*/$1 = "sub\/precious.vmsn"/mr);
    is(remove_snapshot($told->{vm}{vmx}, [0]), VIX_OK, 'one whose state file is named elsewhere');
    is(slurp("$told->{vm}{dir}/$_"), 'mine', "$_ stays") for 'precious.vmsn', 'sub/precious.vmsn';
}

# ---- several disks
{
    my $vm = make_vm(
        disks => [
            { size_mb => 2 },
            { slot    => 'sata0:0', size_mb => 2, type => 'twoGbMaxExtentSparse' },
            { slot    => 'ide0:0',  size_mb => 2, type => 'monolithicFlat' },
            { slot    => 'scsi0:1', size_mb => 1, mode => 'independent-persistent' },
        ]
    );
    my @slots = map { $_->{slot} } @{ $vm->{disks} };
    for my $name (qw(a b)) {
        is(take_snapshot($vm->{vmx}, $name), VIX_OK, "four disks: $name");
        guest_writes($vm->{vmx}, $_, [100, 300, ord $name]) for @slots;
    }
    my %reads = map { $_ => guest_reads($vm->{vmx}, $_) } @slots;
    my %then  = map { $_ => chain_bytes(snapshot_path($vm->{vmx}, 2, $_)) } @slots[0 .. 2];
    is(remove_snapshot($vm->{vmx}, [0]), VIX_OK, 'the first is removed');
    is_deeply([grep { guest_reads($vm->{vmx}, $_) ne $reads{$_} } @slots], [], 'no disk differs');
    is_deeply([grep { chain_bytes(snapshot_path($vm->{vmx}, 2, $_)) ne $then{$_} } @slots[0 .. 2]],
        [], 'nor in the other snapshot');
    is(remove_snapshot($vm->{vmx}, [0]), VIX_OK, 'and that');
    is_deeply([grep { guest_reads($vm->{vmx}, $_) ne $reads{$_} } @slots], [], 'no disk differs');
    my %path = map { $_ => present_path($vm->{vmx}, $_) } @slots;
    is_deeply(\%path, { map { $_->{slot} => $_->{path} } @{ $vm->{disks} } }, 'all names are back');
}

# ---- names that are not free again
{
    my $told = story({}, qw(a));
    my $vm   = $told->{vm};
    rename "$vm->{dir}/alpha.vmdk", "$vm->{dir}/first.vmdk" or die "rename: $!";
    spew("$vm->{dir}/alpha.vmsd", slurp("$vm->{dir}/alpha.vmsd") =~ s/"alpha\.vmdk"/"first.vmdk"/r);
    my $delta = "$vm->{dir}/alpha-000001.vmdk";
    my $bytes = slurp($delta);
    $bytes =~ s/Hint="alpha\.vmdk"/Hint="first.vmdk"/;
    spew($delta,                  $bytes);
    spew("$vm->{dir}/alpha.vmdk", 'of somebody');
    is(remove_snapshot($vm->{vmx}, [0]), VIX_OK,        'the plain name belongs to another file');
    is(slurp("$vm->{dir}/alpha.vmdk"),   'of somebody', 'which stays');
    ok(guest_reads($vm->{vmx}) eq $told->{now}, 'the disk reads as before under its own');
}
SKIP: {
    skip 'needs qemu-img', 1 if !have_tool('qemu-img');
    my $told = story({}, qw(a b c));
    remove_snapshot($told->{vm}{vmx}, [0, 0]);
    my $info = run_tool('qemu-img', 'info', '--backing-chain', present_path($told->{vm}{vmx}));
    is(() = $info->{out} =~ /^image:/mg, 3, 'QEMU walks what is left of a chain')
        or diag($info->{err});
}
{
    my $told = story({ type => 'monolithicFlat' }, qw(a b));
    chmod 0600, "$told->{vm}{dir}/alpha-000001.vmdk";
    ok_without('a private delta', $told, [0, 0], ['a']);
    my $path = present_path($told->{vm}{vmx});
    is((stat $path)[2] & 077, 0, 'is merged into nothing that others may read');
}

done_testing();
