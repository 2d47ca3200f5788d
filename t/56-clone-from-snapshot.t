#!/usr/bin/perl
# A full clone of a snapshot has the disks, configuration and nvram of that time and stands on its
# own; what the machine or other snapshots hold plays no part, and nothing of the source is touched.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls         qw(open_vm);
use VixTest::CloneJudge    qw(identity_complaints);
use VixTest::Files         qw(list_files);
use VixTest::Locks         qw(other_machine put_lock);
use VixTest::SnapshotCalls qw(at_place full_clone remove_snapshot revert_to take_snapshot tree_of
    with_vm);
use VixTest::SnapshotChain qw(chain_complaints chain_difference chain_of);
use VixTest::SnapshotDisk  qw(content_id guest_reads guest_writes snapshot_path);
use VixTest::SnapshotState qw(folder_changes);
use VixTest::Tools         qw(have_tool qemu_check);
use VixTest::Vmx           qw(read_vmx);

$ENV{VIX_CLONE_SYNC} = 'FALSE';    # no power will fail

# A machine with the snapshots a, b below a and c below a; each state has its own memory size, nvram
# and disk content. { vm, state => {name => {memsize, nvram, reads => {slot => bytes}}} }.
sub tree_of_states {
    my (@disks) = @_;
    my $vm      = make_vm(disks => @disks ? \@disks : [{ size_mb => 2 }]);
    my %tree    = (vm => $vm);
    _next_state(\%tree, 'a', 1);
    _next_state(\%tree, 'b', 2);
    die 'revert' if revert_to($vm->{vmx}, [0]) != VIX_OK;
    _next_state(\%tree, 'c', 3);
    _change(\%tree, 4);
    return \%tree;
}

sub _next_state {
    my ($tree, $name, $number) = @_;
    $tree->{state}{$name} = _change($tree, $number);
    my $err = take_snapshot($tree->{vm}{vmx}, $name);
    die "take $name: $err" if $err != VIX_OK;
    return;
}

sub _change {
    my ($tree, $number) = @_;
    my $vm    = $tree->{vm};
    my %state = (memsize => 64 * $number, nvram => 'MRVN' . "$number" x (200 * $number));
    spew($vm->{vmx}, slurp($vm->{vmx}) =~ s/^memsize = .*/memsize = "$state{memsize}"/mr);
    spew("$vm->{dir}/alpha.nvram", $state{nvram});
    for my $slot (map { $_->{slot} } @{ $vm->{disks} }) {
        $state{reads}{$slot}
            = guest_writes($vm->{vmx}, $slot, [500 * $number, 700, $number], [$number, 1, 9]);
    }
    return \%state;
}

# What is wrong with a clone that must be in that state.
sub clone_complaints {
    my ($tree, $state, $vmx) = @_;
    my ($dir, $name) = $vmx =~ m{^(.*)/(.*)\.vmx$};
    my $value = read_vmx($vmx)->{value};
    my @wrong;
    push @wrong, "memsize is $value->{memsize}"         if $value->{memsize} != $state->{memsize};
    push @wrong, "displayName is $value->{displayname}" if $value->{displayname} ne $name;
    push @wrong, 'uuid.bios is kept'                    if $value->{'uuid.bios'} ne '';
    push @wrong, 'the nvram is another'  if slurp("$dir/$name.nvram") ne $state->{nvram};
    push @wrong, 'the list is not empty' if slurp("$dir/$name.vmsd") ne '';
    push @wrong, 'it has snapshots'      if @{ tree_of($vmx) };

    for my $disk (@{ $tree->{vm}{disks} }) {
        my $slot = $disk->{slot};
        my $path = "$dir/" . $value->{"$slot.filename"};
        push @wrong, "$slot is $path" if $path ne "$dir/$disk->{base_name}-cl1.vmdk";
        push @wrong, chain_difference($path, $state->{reads}{$slot}), chain_complaints($path);
        push @wrong, identity_complaints($path, $disk);
        push @wrong, 'it stands on others' if chain_of($path) != 1;
        push @wrong, qemu_check($path)     if have_tool('qemu-img');
    }
    push @wrong, 'states came along' if grep {/\.vmsn$/} list_files($dir);
    return grep { $_ ne '' } @wrong;
}

my %place = (a => [0], b => [0, 0], c => [0, 1]);

for my $type (qw(monolithicSparse monolithicFlat twoGbMaxExtentSparse twoGbMaxExtentFlat)) {
    my $tree   = tree_of_states({ type => $type, size_mb => 3 });
    my $keep   = temp_dir();
    my $before = folder_digest($tree->{vm}{dir});
    for my $name (qw(a b c)) {
        my $vmx = "$keep/$name/copy of $name.vmx";
        is(full_clone($tree->{vm}{vmx}, $place{$name}, $vmx), VIX_OK, "$type: a clone of $name");
        is_deeply([clone_complaints($tree, $tree->{state}{$name}, $vmx)],
            [], "$type: is in that state");
    }
    is_deeply([folder_changes($before, $tree->{vm}{dir})], [], "$type: the source is as it was");
}
{
    my $tree = tree_of_states(
        { size_mb => 2 },
        { slot    => 'sata0:0', size_mb => 3, type => 'twoGbMaxExtentSparse' },
        { slot    => 'ide0:0',  size_mb => 2, type => 'monolithicFlat' },
    );
    my $keep = temp_dir();
    is(full_clone($tree->{vm}{vmx}, $place{b}, "$keep/x/x.vmx"), VIX_OK, 'three disks');
    is_deeply([clone_complaints($tree, $tree->{state}{b}, "$keep/x/x.vmx")], [], 'all of then');

    my $text = slurp($tree->{vm}{vmx});
    $text =~ s/^sata0.*\n//mg;
    spew($tree->{vm}{vmx}, $text);
    is(full_clone($tree->{vm}{vmx}, $place{c}, "$keep/y/y.vmx"), VIX_OK, 'one of them detached');
    is_deeply([clone_complaints($tree, $tree->{state}{c}, "$keep/y/y.vmx")],
        [], 'the clone has it still');
    is(full_clone("$keep/y/y.vmx", undef, "$keep/z/z.vmx"), VIX_OK,    'a clone of the clone');
    is(guest_reads("$keep/z/z.vmx", $_), $tree->{state}{c}{reads}{$_}, "reads the same ($_)")
        for sort keys %{ $tree->{state}{c}{reads} };
}
for my $mode (qw(independent-persistent independent-nonpersistent)) {
    my $tree = tree_of_states({ size_mb => 2 }, { size_mb => 2, mode => $mode });
    my $keep = temp_dir();
    my $now  = guest_reads($tree->{vm}{vmx}, 'scsi0:1');
    is(full_clone($tree->{vm}{vmx}, $place{a}, "$keep/x/x.vmx"), VIX_OK, "an $mode disk");
    ok(guest_reads("$keep/x/x.vmx", 'scsi0:0') eq $tree->{state}{a}{reads}{'scsi0:0'},
        'the other is as it was then');
    ok(guest_reads("$keep/x/x.vmx", 'scsi0:1') eq $now, 'it is in no snapshot: as it is now');
}

# ---- the life of the clone goes on by itself
{
    my $tree = tree_of_states();
    my $keep = temp_dir();
    my ($vmx, $copy) = ($tree->{vm}{vmx}, "$keep/x/x.vmx");
    is(full_clone($vmx, $place{b}, $copy),                       VIX_OK, 'a clone');
    is(remove_snapshot($vmx, [0], VIX_SNAPSHOT_REMOVE_CHILDREN), VIX_OK, 'of a removed snapshot');
    ok(guest_reads($copy) eq $tree->{state}{b}{reads}{'scsi0:0'}, 'reads as before');
    is(take_snapshot($copy, 'own'), VIX_OK, 'and has snapshots of its own');
    is(read_vmx($copy)->{value}{'scsi0:0.filename'},
        'alpha-cl1-000001.vmdk', 'named after its disk');
    guest_writes($copy, 'scsi0:0', [0, 50, 5]);
    is(full_clone($copy, [0], "$keep/y/y.vmx"),                VIX_OK, 'that can be cloned');
    is(read_vmx("$keep/y/y.vmx")->{value}{'scsi0:0.filename'}, 'alpha-cl2.vmdk', 'in turn');
    ok(guest_reads("$keep/y/y.vmx") eq $tree->{state}{b}{reads}{'scsi0:0'}, 'as of then');
}

# ---- states of the source
{
    my $tree = tree_of_states();
    my $keep = temp_dir();
    my $vmx  = $tree->{vm}{vmx};
    spew($vmx,                            slurp($vmx) . qq(checkpoint.vmState = "alpha-1.vmss"\n));
    spew("$tree->{vm}{dir}/alpha-1.vmss", 'state');
    is(full_clone($vmx, $place{a}, "$keep/x/x.vmx"), VIX_OK, 'a snapshot of a suspended machine');
    is_deeply([clone_complaints($tree, $tree->{state}{a}, "$keep/x/x.vmx")],
        [], 'is cloned as it is');
    is(read_vmx("$keep/x/x.vmx")->{value}{'checkpoint.vmstate'} || '', '', 'the clone is off');
    put_lock($vmx, machine => other_machine());
    is(full_clone($vmx, $place{a}, "$keep/y/y.vmx"), VIX_E_VM_IS_RUNNING, 'running: 3007');
    ok(!-e "$keep/y", 'nothing is there of the clone');
}

# ---- refusals
{
    my $tree  = tree_of_states();
    my $other = tree_of_states();
    my $keep  = temp_dir();
    my (undef, $vm)    = open_vm($tree->{vm}{vmx});
    my (undef, $their) = open_vm($other->{vm}{vmx});
    my (undef, $b)     = at_place($vm, $place{b});
    my (undef, $alien) = at_place($their, $place{b});
    my $before  = folder_digest($tree->{vm}{dir});
    my @refused = (
        ['a snapshot of another machine', $alien, VIX_E_INVALID_ARG],
        ['a machine',                     $vm,    VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE],
        ['a handle that is none',         99_999, VIX_E_INVALID_HANDLE],
        ['a negative handle',             -3,     VIX_E_INVALID_HANDLE],
    );

    for my $type (VIX_CLONETYPE_FULL, VIX_CLONETYPE_LINKED) {
        for my $case (@refused) {
            my ($what, $handle, $code) = @{$case};
            is_deeply(
                [VMClone($vm, $handle, $type, "$keep/x/x.vmx", 0, 0)],
                [$code, 0],
                "$what as snapshot (type $type): $code"
            );
        }
    }
    is_deeply([folder_changes($before, $tree->{vm}{dir})], [], 'nothing was touched');
    is(VMRemoveSnapshot($vm, $b, 0), VIX_OK, 'a snapshot that was removed');
    is_deeply(
        [VMClone($vm, $b, $_, "$keep/x/x.vmx", 0, 0)],
        [VIX_E_SNAPSHOT_NOTFOUND, 0],
        "cannot be cloned ($_)"
    ) for VIX_CLONETYPE_FULL, VIX_CLONETYPE_LINKED;
    ok(!-e "$keep/x", 'nothing was made');
    ReleaseHandle($_) for $b, $alien, $vm, $their;
}
{
    my $tree = tree_of_states();
    my $keep = temp_dir();
    my $vmx  = $tree->{vm}{vmx};
    my $disk = snapshot_path($vmx, 2);
    rename $disk, "$disk.away" or die "rename: $!";
    is(full_clone($vmx, $place{b}, "$keep/x/x.vmx"), VIX_E_FILE_NOT_FOUND, 'a missing disk: 4');
    is(full_clone($vmx, $place{a}, "$keep/a/x.vmx"), VIX_OK, 'other snapshots are not concerned');
    rename "$disk.away", $disk or die "rename: $!";
    my $base = snapshot_path($vmx, 1);
    rename $base, "$base.away" or die "rename: $!";
    is(full_clone($vmx, $place{b}, "$keep/x/x.vmx"), VIX_E_DISK_OPENPARENT, 'no parent: 16012');
    like(
        GetErrorText(VIX_E_DISK_OPENPARENT),
        qr/"alpha\.vmdk".*\Q$tree->{vm}{dir}\E/,
        'which is named, and where it was looked for'
    );
    ok(!-e "$keep/x", 'nothing was made');
}

done_testing();
