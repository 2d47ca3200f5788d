#!/usr/bin/perl
# Lists of snapshots as VMware's products write them are read as what they are, and changed without
# touching what a change has nothing to do with.

use strict;
use warnings;
use utf8;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::SnapshotCalls qw(current_place full_clone linked_clone remove_snapshot revert_to
    snapshot_names take_snapshot tree_of);
use VixTest::SnapshotDisk  qw(guest_reads);
use VixTest::SnapshotState qw(folder_changes read_vmsn snapshot_list snapshot_of);
use VixTest::Vmx           qw(changed_lines read_vmx);

$ENV{VIX_CLONE_SYNC} = 'FALSE';    # no power will fail

my $samples = "$Bin/data/samples";

# A machine of disks with these names, under that list.
sub machine_under {
    my ($list, %vm) = @_;
    my $vm = make_vm(%vm);
    spew("$vm->{dir}/$vm->{name}.vmsd", slurp("$samples/$list"));
    return $vm;
}

sub list_text {
    my ($vm) = @_;
    return slurp("$vm->{dir}/$vm->{name}.vmsd");
}

# ---- Fusion: the parent of a linked clone that is no more
my $office     = 'Old Office PC';
my $fusion = 'fusion-parent';

sub fusion_parent {
    my $vm = machine_under(
        "$fusion/$office.vmsd",
        name  => $office,
        text  => slurp("$samples/$fusion/$office.vmx"),
        disks => [
            {   name    => 'Office Disk',
                slot    => 'ide0:0',
                size_mb => 1,
                content => [[3, 5, 1]],
                deltas  => [{ writes => [[200, 9, 2]] }, { writes => [[900, 9, 3]] }],
            }
        ],
    );
    spew("$vm->{dir}/$office-Snapshot3.vmsn", slurp("$samples/$fusion/$office-Snapshot3.vmsn"));
    return $vm;
}
{
    my $vm = fusion_parent();
    is_deeply(
        snapshot_names($vm->{vmx}),
        ['Clean Setup', ["Snapshot for $office"]],
        'Fusion: two snapshots, the second below the first'
    );
    is(current_place($vm->{vmx}), "Clean Setup/Snapshot for $office",
        'the second is the current one');
    my ($root) = @{ tree_of($vm->{vmx}) };
    is($root->{children}[0]{description}, 'Created by clone operation.', 'made for a clone');
    is($root->{description},              '', 'the first has no description');

    my $before = list_text($vm);
    is(take_snapshot($vm->{vmx}, 'third', 'words'), VIX_OK, 'another one is taken');
    my $changed = changed_lines($before, list_text($vm));
    is_deeply(
        [sort grep { defined $changed->{$_}[0] } keys %{$changed}],
        [   qw(snapshot.current snapshot.lastuid snapshot.mru0.uid snapshot.mru1.uid
                snapshot.numsnapshots)
        ],
        'of the lines that were there these alone change'
    );
    is_deeply(
        [grep {/^snapshot2/} @{ snapshot_list($vm->{vmx})->{keys} }],
        [   map {"snapshot2.$_"}
                qw(uid filename parent displayName description createTimeHigh
                createTimeLow numDisks disk0.fileName disk0.node)
        ],
        'the new keys have the order of Fusion\'s'
    );
    my $new = snapshot_of($vm->{vmx}, 4);
    is_deeply(
        [@{$new}{qw(filename parent disk0.filename disk0.node)}],
        ["$office-Snapshot4.vmsn", 3, 'Office Disk-000002.vmdk', 'ide0:0'],
        'and say what they must'
    );
    is( read_vmx($vm->{vmx})->{value}{'ide0:0.filename'},
        'Office Disk-000003.vmdk',
        'the machine is on the next free delta'
    );
}
{
    my $vm    = fusion_parent();
    my $reads = guest_reads($vm->{vmx}, 'ide0:0');
    is(remove_snapshot($vm->{vmx}, [0, 0]), VIX_OK, 'the record of a dead clone locks nothing');
    is_deeply(snapshot_names($vm->{vmx}), ['Clean Setup'], 'the snapshot is gone');
    is(guest_reads($vm->{vmx}, 'ide0:0'), $reads, 'the guest reads the same');
    unlike(list_text($vm), qr/clone/i, 'the record went with it');
    ok(!-e "$vm->{dir}/$office-Snapshot3.vmsn", 'as did the state');
}
{
    my $vm    = fusion_parent();
    my %block = map { @{$_} } @{ read_vmsn("$vm->{dir}/$office-Snapshot3.vmsn")->{blocks} };
    is(revert_to($vm->{vmx}, [0, 0]), VIX_OK, 'back to a snapshot with a state of Fusion');
    (my $config = $block{cfgFile}) =~ s/\0+\z//;
    my $changed = changed_lines($config, slurp($vm->{vmx}));
    is_deeply([keys %{$changed}], ['ide0:0.filename'], 'its .vmx, but for the disk');
    is(slurp("$vm->{dir}/$office.nvram"), $block{nvramFile}, 'its nvram');
    is( guest_reads($vm->{vmx}, 'ide0:0'),
        $vm->{disks}[0]{parent}{content}->bytes(0, 2048),
        'its disk'
    );
}
{
    my $vm     = fusion_parent();
    my $before = folder_digest($vm->{dir});
    is(revert_to($vm->{vmx}, [0]), VIX_E_SNAPSHOT_DUMPER, 'a snapshot without its state: 13001');
    like(GetErrorText(VIX_E_SNAPSHOT_DUMPER), qr/Snapshot2\.vmsn/, 'which is named');
    is(full_clone($vm->{vmx}, [0], "$vm->{dir}/c/c.vmx"), VIX_E_SNAPSHOT_DUMPER, 'nor cloned');
    is_deeply([folder_changes($before, $vm->{dir})], [], 'nothing was touched');
}
{
    my $vm   = fusion_parent();
    my $keep = temp_dir();
    is(linked_clone($vm->{vmx}, [0, 0], "$keep/a/a.vmx"), VIX_OK, 'a linked clone of it');
    my $list = snapshot_of($vm->{vmx}, 3);
    is_deeply(
        [@{$list}{qw(clone1 numclones)}],
        ["$keep/a/a.vmx", 2],
        'is recorded behind the one that is no more'
    );
    like($list->{clone0}, qr{^/Volumes/.*\.vmx$}, 'whose record stays');
    is(full_clone($vm->{vmx}, [0, 0], "$keep/b/b.vmx"), VIX_OK,     'a full clone of it');
    is(read_vmx("$keep/$_/$_.vmx")->{value}{guestos},   'winxppro', "$_ has the configuration")
        for qw(a b);
    my $want = $vm->{disks}[0]{parent}{content}->bytes(0, 2048);
    is(guest_reads("$keep/$_/$_.vmx", 'ide0:0'), $want, "$_ has the disk of then") for qw(a b);
}

# ---- what we write of a parent is what Fusion writes of one that was made in the same way
{
    my $vm   = make_vm(disks => [{ slot => 'ide0:0', size_mb => 1 }]);
    my $keep = temp_dir();
    is(take_snapshot($vm->{vmx}, 'Clean Setup'),          VIX_OK, 'a snapshot');
    is(linked_clone($vm->{vmx}, undef, "$keep/c/c.vmx"), VIX_OK, 'and a linked clone');
    is_deeply(
        [sort @{ snapshot_list($vm->{vmx})->{keys} }],
        [sort @{ snapshot_list(fusion_parent()->{vmx})->{keys} }],
        'the same keys (their order is Workstation\'s)'
    );
}

# ---- ESXi: four snapshots, two with memory, one of a time whose lower half is negative
{
    my $vm = machine_under(
        'esxi-4-snapshots.vmsd',
        name  => 'wiki node',
        disks => [
            {   name    => 'wiki node_0',
                size_mb => 1,
                content => [[3, 5, 1]],
                deltas  => [map { { writes => [[100 * $_, 9, $_]] } } 2 .. 5]
            }
        ],
    );
    is_deeply(
        snapshot_names($vm->{vmx}),
        ['BEFORE UPGRADE', ['UPGRADED', ['warm', ['by script']]]],
        'ESXi: four snapshots, each below the other'
    );
    my ($first) = @{ tree_of($vm->{vmx}) };
    my $third = $first->{children}[0]{children}[0];
    is($first->{power}, VIX_POWERSTATE_POWERED_OFF,
        'the first was taken of a machine that was off');
    is($third->{power}, VIX_POWERSTATE_POWERED_ON, 'the third of one that ran');

    my $keep   = temp_dir();
    my $before = folder_digest($vm->{dir});
    for my $kind ([full => \&full_clone], [linked => \&linked_clone]) {
        is($kind->[1]->($vm->{vmx}, [0, 0, 0], "$keep/c/c.vmx"),
            VIX_E_VM_IS_RUNNING, "no $kind->[0] clone of a snapshot with memory");
    }
    is(revert_to($vm->{vmx}, [0, 0, 0]), VIX_E_SNAPSHOT_NOT_REVERTABLE, 'and no way back to it');
    is_deeply([folder_changes($before, $vm->{dir})], [], 'nothing was touched');

    my $text  = list_text($vm);
    my $reads = guest_reads($vm->{vmx});
    is(remove_snapshot($vm->{vmx}, [0, 0, 0]), VIX_OK, 'it can be removed');
    is(guest_reads($vm->{vmx}),                $reads, 'the guest reads the same');
    my $changed = changed_lines($text, list_text($vm));
    is_deeply([grep {/^snapshot[01]\./} keys %{$changed}], [], 'those before it stay as they were');
    is_deeply(
        snapshot_of($vm->{vmx}, 4),
        {   uid              => 4,
            filename         => 'wiki node-Snapshot4.vmsn',
            parent           => 2,
            displayname      => 'by script',
            type             => 1,
            createtimehigh   => 391230,
            createtimelow    => 783925248,
            numdisks         => 1,
            'disk0.filename' => 'wiki node_0-000003.vmdk',
            'disk0.node'     => 'scsi0:0',
        },
        'the one behind it moves up, whole'
    );
}

# ---- Workstation: CRLF, an NVMe disk
{
    my $vm = machine_under(
        'workstation-nvme.vmsd',
        name  => 'Bench NVMe',
        disks => [{ slot => 'nvme0:0', size_mb => 1, content => [], deltas => [{}] }],
    );
    my ($snapshot) = @{ tree_of($vm->{vmx}) };
    is($snapshot->{name}, 'Bench-Ready', 'Workstation: its snapshot');
    like($snapshot->{description}, qr/^Estado inicial: medição e três/, 'with its description');
    is(take_snapshot($vm->{vmx}, 'next'), VIX_OK, 'another one is taken');
    my $text = list_text($vm);
    is($text =~ tr/\r//, $text =~ tr/\n//,                    'each line still ends in CR LF');
    is(snapshot_of($vm->{vmx}, 2)->{'disk0.node'}, 'nvme0:0', 'of the NVMe disk');
}
{
    my $vm = machine_under('deleted-snapshots.vmsd', disks => [{ size_mb => 1, content => [] }]);
    is_deeply(tree_of($vm->{vmx}), [], 'a list of which all were removed is empty');
    is(take_snapshot($vm->{vmx}, 'a'), VIX_OK, 'the next one');
    ok(-e "$vm->{dir}/alpha-Snapshot6.vmsn", 'has a number that none had before');
    is(snapshot_list($vm->{vmx})->{value}{'snapshot.mru1.uid'}, 5, 'the list of recent ones stays');
}

done_testing();
