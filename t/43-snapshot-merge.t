#!/usr/bin/perl
# Disks of all classes and grain sizes that other programs wrote, under a list of snapshots:
# removing any of them merges disks and loses no sector. What cannot be merged stays as it is.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VixTest;
use VixTest::Files         qw(list_files);
use VixTest::SnapshotCalls qw(remove_snapshot);
use VixTest::SnapshotChain qw(chain_bytes chain_complaints chain_of);
use VixTest::SnapshotDisk  qw(content_id guest_reads present_path snapshot_path);
use VixTest::SnapshotState qw(write_list);
use VixTest::Tools         qw(have_tool qemu_check);

$ENV{VIX_CLONE_SYNC} = 'FALSE';    # no power will fail

# A machine of a base and deltas, each but the last the disk of a snapshot; uid 1 is the base's.
sub machine_of {
    my ($base, @deltas) = @_;
    my $vm    = make_vm(disks => [{ sectors => 6000, %{$base}, deltas => \@deltas }]);
    my @chain = ($vm->{disks}[0]);
    unshift @chain, $chain[0]{parent} while $chain[0]{parent};
    my @pairs = ('snapshot.lastUID' => scalar @deltas, 'snapshot.current' => scalar @deltas);
    for my $uid (1 .. @deltas) {
        my $index = $uid - 1;
        push @pairs,
            "snapshot$index.uid"      => $uid,
            "snapshot$index.filename" => "alpha-Snapshot$uid.vmsn",
            $uid > 1 ? ("snapshot$index.parent" => $uid - 1) : (),
            "snapshot$index.displayName"    => "s$uid",
            "snapshot$index.numDisks"       => 1,
            "snapshot$index.disk0.fileName" => "$chain[$index]{name}.vmdk",
            "snapshot$index.disk0.node"     => 'scsi0:0';
    }
    write_list("$vm->{dir}/alpha.vmsd", @pairs);
    return ($vm, @chain);
}

# Removes the snapshot of the disk `$which` (0: the base) and says what is wrong with the rest.
sub complaints_without {
    my ($vm, $chain, $which) = @_;
    my $sectors = $chain->[0]{capacity};
    my $id      = content_id($vm->{disks}[0]{path});
    my $err     = remove_snapshot($vm->{vmx}, [(0) x ($which + 1)]);
    return "answer $err" if $err != VIX_OK;
    my @wrong;
    my $path = present_path($vm->{vmx});
    push @wrong, 'the present reads otherwise'
        if chain_bytes($path) ne $chain->[-1]{content}->bytes(0, $sectors);
    push @wrong, chain_complaints($path);
    push @wrong, 'the present has another content id' if hex content_id($path) != hex $id;
    push @wrong, 'the chain was not shortened'        if (chain_of($path)) != $#{$chain};

    for my $uid (grep { $_ != $which + 1 } 1 .. $#{$chain}) {
        my $frozen = snapshot_path($vm->{vmx}, $uid);
        push @wrong, "snapshot $uid reads otherwise"
            if chain_bytes($frozen) ne $chain->[$uid - 1]{content}->bytes(0, $sectors);
        push @wrong, chain_complaints($frozen);
    }
    return @wrong;
}

sub ok_merge {
    my ($what, $which, @disks) = @_;
    my ($vm, @chain) = machine_of(@disks);
    my @wrong = complaints_without($vm, \@chain, $which);
    push @wrong, qemu_check(present_path($vm->{vmx})) if have_tool('qemu-img');
    is_deeply([grep { $_ ne '' } @wrong], [], $what);
    return $vm;
}

my $mono = 'monolithicSparse';
my @few  = ([10, 3, 21], [300, 130, 22], [5000, 1, 23]);
my @most = ([0, 5700, 31], [5950, 50, 32]);

# ---- which of both is copied into the other
for my $base ($mono, qw(twoGbMaxExtentSparse monolithicFlat twoGbMaxExtentFlat)) {
    for my $sizes (
        ['few on many',     \@most, \@few],
        ['many on few',     \@few,  \@most],
        ['nothing on many', \@most, []],
        ['many on nothing', [],     \@most]
        )
    {
        my ($how, $below, $above) = @{$sizes};
        ok_merge(
            "$base: a base, $how",
            0,
            { type   => $base, content => $below },
            { writes => $above }
        );
        ok_merge(
            "$base: a delta, $how",
            1,
            { type   => $base, content => [[700, 900, 5]] },
            { writes => $below },
            { writes => $above }
        );
        ok_merge(
            "$base: a delta under another, $how",
            1,
            { type   => $base, content => [[700, 900, 5]] },
            { writes => $below },
            { writes => $above },
            { writes => [[600, 600, 6]] }
        );
    }
}

# ---- grains of different sizes, whole or in part
for my $pair ([16, 128], [128, 16], [64, 256], [256, 64], [128, 128]) {
    my ($below, $above) = @{$pair};
    for my $writes (\@few, \@most) {
        my $many  = $writes == \@most ? 'much' : 'little';
        my @upper = (
            { sparse => { grain => $below }, writes => [[650, 700, 7], [2300, 30, 8]] },
            { sparse => { grain => $above }, writes => $writes }
        );
        ok_merge(
            "grains of $above with $many on grains of $below",
            0, { sparse => { grain => $below } },
            $upper[1]
        );
        ok_merge("the same, both deltas", 1, { content => [[0, 6000, 4]] }, @upper);
    }
}
ok_merge(
    'a split delta on a base in one file',
    0,
    { type => $mono },
    { type => 'twoGbMaxExtentSparse', extents => [2048, 2048, 1904], writes => \@few }
);
ok_merge(
    'a delta in one file on a split base',
    0,
    { type => 'twoGbMaxExtentSparse', extents => [2048, 2048, 1904] },
    { type => $mono,                  writes  => \@most }
);
ok_merge(
    'extents that end inside a grain',
    1,
    { type => 'twoGbMaxExtentFlat',   extents => [1001, 2999, 2000] },
    { type => 'twoGbMaxExtentSparse', extents => [1001, 2999, 2000], writes => \@most },
    { type => 'twoGbMaxExtentSparse', extents => [1501, 2499, 2000], writes => [[990, 600, 9]] }
);
ok_merge(
    "grains in the order $_",
    0,
    { sparse => { order => $_ } },
    { sparse => { order => $_, gap => 3 }, writes => \@few }
) for 'reverse', 'shuffled';
ok_merge(
    'tables without copies',
    0,
    { sparse => { redundant => 0 } },
    { sparse => { redundant => 0 }, writes => \@few }
);
ok_merge(
    'tables that are not there yet',
    0,
    { sectors => 100_000, content => [[70_000, 9, 9]], sparse => { lazy_tables => 1 } },
    { sparse  => { lazy_tables => 1 }, writes => [[10, 3, 21], [300, 130, 22]] }
);
ok_merge(
    'the same the other way',
    0,
    { sectors => 100_000, content => [[5, 9, 9]], sparse => { lazy_tables => 1 } },
    { sparse  => { lazy_tables => 1 }, writes => [[66_000, 30_000, 22]] }
);
ok_merge(
    'a capacity of no whole grains',
    0,
    { sectors => 5001, content => [[4990, 11, 4]] },
    { writes  => [[4999, 2, 3]] }
);

# ---- zeros are data
my @zeroed = (zeroed => [[256, 512]]);
ok_merge('zeroed grains over data', 0, { content => [[0, 6000, 4]] }, {@zeroed});
ok_merge(
    'data over zeroed grains',
    1,         { content => [[0, 6000, 4]] },
    {@zeroed}, { writes  => \@few }
);
ok_merge(
    'zeroed grains below a larger delta',
    1,         { content => [[0,   6000, 4]] },
    {@zeroed}, { writes  => [[700, 5000, 8]] }
);
ok_merge(
    'zeroed grains in the middle',
    1,
    { content => [[0, 6000, 4]] },
    { writes  => \@most },
    {@zeroed}, { writes => [[400, 20, 9]] }
);
ok_merge('written zeros over data', 0, { content => [[0, 6000, 4]] },
    { writes => [[100, 900, 0]] });

# ---- what we cannot change in place
for my $fixed (
    ['vmfs',            { type => 'vmfs' },            {}],
    ['vmfsSparse',      { type => 'vmfs' },            { type => 'vmfsSparse' }],
    ['seSparse',        { type => 'vmfs' },            { type => 'seSparse' }],
    )
{
    my ($what, $base, $delta) = @{$fixed};
    my ($vm, @chain) = machine_of($base, { %{$delta}, writes => \@few }, { writes => \@few });
    my %before = map { $_ => slurp($_) } map { @{ $_->{files} } } @chain;
    is(remove_snapshot($vm->{vmx}, [0]), VIX_OK, "a disk below a $what one: removed");
    my @changed = grep { !-e || slurp($_) ne $before{$_} } sort keys %before;
    is_deeply(\@changed, [], "the disks stay as they are");
}

# ---- a compressed base is unpacked into the delta on it
for my $above (\@few, \@most) {
    ok_merge('a compressed base', 0, { type => 'streamOptimized' }, { writes => $above });
}

# ---- what a crash has left
{
    my ($vm, @chain) = machine_of({}, { writes => \@few }, { writes => [[310, 9, 41]] });
    my $list = "$vm->{dir}/alpha.vmsd";
    (my $text = slurp($list)) =~ s/^snapshot1\..*\n//mg;
    $text =~ s/current = "2"/current = "1"/;
    spew($list, $text);
    is(remove_snapshot($vm->{vmx}, [0]), VIX_OK, 'a delta that no snapshot names any more');
    ok(guest_reads($vm->{vmx}) eq $chain[-1]{content}->bytes(0, 6000), 'still counts');
    is_deeply([chain_complaints(present_path($vm->{vmx}))], [], 'in a sound chain');
}
{
    my ($vm, @chain) = machine_of({}, { writes => \@few });
    spew("$vm->{dir}/alpha-000002.vmdk",    slurp("$vm->{dir}/alpha-000001.vmdk"));
    spew("$vm->{dir}/alpha-Snapshot7.vmsn", 'left over');
    is(remove_snapshot($vm->{vmx}, [0]), VIX_OK, 'files of a snapshot that never was');
    ok(guest_reads($vm->{vmx}) eq $chain[-1]{content}->bytes(0, 6000), 'do no harm');
}
{
    my ($vm, @chain) = machine_of({}, { writes => \@few }, { writes => \@most });
    patch_flag($chain[0]{path});
    my $err   = remove_snapshot($vm->{vmx}, [0]);
    my $bytes = eval { guest_reads($vm->{vmx}) };
    ok( defined $bytes && $bytes eq $chain[-1]{content}->bytes(0, 6000),
        "a base that was not closed properly ($err): the present reads as before"
    );
}

# As a program that died while it wrote leaves the header.
sub patch_flag {
    my ($path) = @_;
    my $bytes = slurp($path);
    substr $bytes, 72, 1, "\1";
    return spew($path, $bytes);
}

done_testing();
