#!/usr/bin/perl
# Going back to a snapshot brings back disks, configuration and nvram of that time, costs nothing
# that any snapshot holds, and leaves nothing behind of the state that was given up.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Disk  qw(make_disk);
use VixTest::Files qw(list_files);
use VixTest::SnapshotCalls
    qw(at_place current_place revert_to snapshot_names take_snapshot with_vm);
use VixTest::SnapshotChain qw(chain_complaints chain_of);
use VixTest::SnapshotDisk  qw(guest_reads guest_writes present_path);
use VixTest::SnapshotState qw(folder_changes snapshot_list);
use VixTest::Tools         qw(have_tool run_tool);
use VixTest::Vmx           qw(changed_lines read_vmx vmx_line);

$ENV{VIX_CLONE_SYNC} = 'FALSE';    # no power will fail

sub set_key {
    my ($vm, $key, $value) = @_;
    my $text = slurp($vm->{vmx});
    my $line = vmx_line($key, $value);
    $text =~ s/^\Q$key\E = .*/$line/mi or $text .= "$line\n";
    spew($vm->{vmx}, $text);
    return;
}

sub disks_in {
    my ($vm) = @_;
    return grep {/\.vmdk$/} list_files($vm->{dir});
}

# What a guest and its firmware find: all that a snapshot holds.
sub state_of {
    my ($vm)  = @_;
    my $text  = slurp($vm->{vmx});
    my @slots = map { $_->{slot} } @{ $vm->{disks} };
    $text =~ s/^(\w+:\d+\.fileName) = .*/$1/mg;
    return join "\n", $text, slurp("$vm->{dir}/alpha.nvram"),
        map { guest_reads($vm->{vmx}, $_) } @slots;
}

sub ok_state {
    my ($vm, $want, $what) = @_;
    ok(state_of($vm) eq $want, $what);
    is_deeply([map { chain_complaints(present_path($vm->{vmx}, $_->{slot})) } @{ $vm->{disks} }],
        [], "$what: sound disks");
    return;
}

# A machine that has changed since its snapshot, and its state of then.
sub changed_machine {
    my (%vm) = @_;
    my $vm   = make_vm(disks => [{ size_mb => 2 }], %vm);
    my $then = state_of($vm);
    my $err  = take_snapshot($vm->{vmx}, 'then');
    die "take: $err" if $err != VIX_OK;
    guest_writes($vm->{vmx}, $_->{slot}, [5, 700, 77], [1500, 40, 0])
        for grep { ($_->{mode} || '') !~ /^independent/ } @{ $vm->{disks} };
    set_key($vm, 'memsize',     128);
    set_key($vm, 'displayName', 'later');
    set_key($vm, 'new.key',     'x');
    spew("$vm->{dir}/alpha.nvram", 'MRVN later');
    return ($vm, $then);
}

{
    my ($vm, $then) = changed_machine();
    my %frozen = map { $_ => slurp("$vm->{dir}/$_") } 'alpha.vmdk', 'alpha-Snapshot1.vmsn';
    my $list   = slurp("$vm->{dir}/alpha.vmsd");
    my @files  = list_files($vm->{dir});
    is(revert_to($vm->{vmx}, [0]), VIX_OK, 'back to a snapshot');
    ok_state($vm, $then, 'all is as it was then');
    is(slurp("$vm->{dir}/$_"),         $frozen{$_}, "$_ was not touched") for sort keys %frozen;
    is(slurp("$vm->{dir}/alpha.vmsd"), $list,       'nor was there anything to change in the list');
    is(scalar disks_in($vm),           2, 'the disk of the state that was given up is gone');
    is(scalar list_files($vm->{dir}),  scalar @files, 'there are no more files than before');
    my $value = read_vmx($vm->{vmx})->{value};
    is_deeply(
        [@{$value}{qw(memsize displayname new.key)}],
        [64, 'alpha', undef],
        'the .vmx of then'
    );

    my $reads = guest_writes($vm->{vmx}, 'scsi0:0', [9, 9, 9]);
    is(guest_reads($vm->{vmx}),    $reads, 'the machine goes on from there');
    is(revert_to($vm->{vmx}, [0]), VIX_OK, 'and back again');
    ok_state($vm, $then, 'to the same');
    is(revert_to($vm->{vmx}, [0]), VIX_OK, 'and once more from there');
    ok_state($vm, $then, 'with nothing changed between');
}
for my $class (qw(monolithicFlat twoGbMaxExtentSparse twoGbMaxExtentFlat)) {
    my ($vm, $then) = changed_machine(disks => [{ type => $class, size_mb => 3 }]);
    my @before = disks_in($vm);
    is(revert_to($vm->{vmx}, [0]), VIX_OK, "$class: back to a snapshot");
    ok_state($vm, $then, "$class: all is as it was then");
    is(scalar disks_in($vm), scalar @before, "$class: the files of the former delta are gone");
}
SKIP: {
    skip 'needs qemu-img', 1 if !have_tool('qemu-img');
    my ($vm) = changed_machine();
    revert_to($vm->{vmx}, [0]);
    my $info = run_tool('qemu-img', 'info', '--backing-chain', present_path($vm->{vmx}));
    is(() = $info->{out} =~ /^image:/mg, 2, 'QEMU walks the chain') or diag($info->{err});
}

# ---- branches
{
    my ($vm, $a) = changed_machine();
    my $b = state_of($vm);
    is(take_snapshot($vm->{vmx}, 'b'), VIX_OK, 'a second snapshot');
    guest_writes($vm->{vmx}, 'scsi0:0', [600, 99, 3]);
    is(revert_to($vm->{vmx}, [0]), VIX_OK, 'from behind the second to the first');
    ok_state($vm, $a, 'the first');
    is(current_place($vm->{vmx}), 'then', 'is the current one');
    guest_writes($vm->{vmx}, 'scsi0:0', [2000, 99, 4]);
    my $c = state_of($vm);
    is(take_snapshot($vm->{vmx}, 'c'), VIX_OK, 'a third on a branch of its own');
    is_deeply(snapshot_names($vm->{vmx}), ['then', ['b', 'c']], 'beside the second');

    for my $turn (
        [[0, 0], $b, 'then/b'],
        [[0, 1], $c, 'then/c'],
        [[0],    $a, 'then'],
        [[0, 0], $b, 'then/b']
        )
    {
        my ($place, $state, $path) = @{$turn};
        guest_writes($vm->{vmx}, 'scsi0:0', [40 * @{$place}, 500, 5]);
        is(revert_to($vm->{vmx}, $place), VIX_OK, "to $path");
        ok_state($vm, $state, $path);
        is(current_place($vm->{vmx}), $path, "$path is current");
        is(scalar disks_in($vm),      4,     'one disk for each snapshot and one for the present');
    }
}

# ---- several disks
{
    my $far = temp_dir();
    my ($vm, $then) = changed_machine(
        disks => [
            { size_mb => 2 },
            { slot    => 'sata0:0', size_mb => 2, type => 'twoGbMaxExtentSparse' },
            { slot    => 'nvme0:0', size_mb => 2, dir  => "$far", name => 'far' },
        ],
    );
    is(revert_to($vm->{vmx}, [0]), VIX_OK, 'three disks, one of them in another folder');
    ok_state($vm, $then, 'all are as they were');
    is(scalar(grep {/vmdk/} list_files("$far")), 2, 'also the files there are no more than before');
}
for my $mode (qw(independent-persistent independent-nonpersistent)) {
    my ($vm)
        = changed_machine(
        disks => [{ size_mb => 2 }, { slot => 'scsi0:1', size_mb => 2, mode => $mode }]);
    my $reads = guest_writes($vm->{vmx}, 'scsi0:1', [30, 300, 6]);
    my $path  = present_path($vm->{vmx}, 'scsi0:1');
    is(revert_to($vm->{vmx}, [0]),          VIX_OK, "a machine with an $mode disk");
    is(present_path($vm->{vmx}, 'scsi0:1'), $path,  'which stays where it is');
    ok(guest_reads($vm->{vmx}, 'scsi0:1') eq $reads, 'and keeps what was written since');
}
{
    my ($vm, $then) = changed_machine(disks => [{ size_mb => 2 }, { size_mb => 2 }]);
    my $text = slurp($vm->{vmx});
    $text =~ s/^scsi0:1\..*\n//mg;
    spew($vm->{vmx}, $text);
    is(revert_to($vm->{vmx}, [0]), VIX_OK, 'a disk that was detached since');
    ok_state($vm, $then, 'is there again');
}
for my $mode ('persistent', 'independent-persistent') {
    my ($vm) = changed_machine();
    my $new = make_disk(dir => $vm->{dir}, name => 'new', type => 'monolithicFlat', size_mb => 1);
    set_key($vm, 'scsi0:1.fileName', 'new.vmdk');
    set_key($vm, 'scsi0:1.present',  'TRUE');
    set_key($vm, 'scsi0:1.mode',     $mode);
    is(revert_to($vm->{vmx}, [0]), VIX_OK, "a disk that was attached since, $mode");
    is(read_vmx($vm->{vmx})->{value}{'scsi0:1.filename'}, undef, 'is not attached any more');
    ok( -e "$vm->{dir}/new.vmdk" && -e "$vm->{dir}/new-flat.vmdk",
        'but stays: it has no part in what was given up'
    );
}

# ---- what was given up may be beyond reading
for my $broken (
    ['missing',   sub { unlink $_[0] }],
    ['garbled',   sub { spew($_[0], 'no disk') }],
    ['cut short', sub { truncate $_[0], 70_000 }],
    )
{
    my ($what, $break) = @{$broken};
    my ($vm,   $then)  = changed_machine();
    $break->(present_path($vm->{vmx}));
    my $err = revert_to($vm->{vmx}, [0]);
    is($err, VIX_OK, "from a present disk that is $what");
    next if $err != VIX_OK;
    ok_state($vm, $then, "from a present disk that is $what");
}
{
    my ($vm, $then) = changed_machine();
    unlink "$vm->{dir}/alpha.nvram";
    is(revert_to($vm->{vmx}, [0]), VIX_OK, 'from a state without nvram');
    ok_state($vm, $then, 'it is there again');
}
{
    my ($vm, $then) = changed_machine();
    my $keep = temp_dir();
    rename $vm->{dir}, "$keep/moved" or die "rename: $!";
    my %moved = (%{$vm}, dir => "$keep/moved", vmx => "$keep/moved/alpha.vmx");
    is(revert_to($moved{vmx}, [0]), VIX_OK, 'in another place than it was taken');
    ok_state(\%moved, $then, 'all is as it was then');
    mkdir $vm->{dir};    # for the one who removes it
}
{
    my ($vm, $then) = changed_machine();
    set_key($vm, 'checkpoint.vmState', 'alpha-3f9a02c7.vmss');
    spew("$vm->{dir}/alpha-3f9a02c7.$_", 'memory') for qw(vmss vmem);
    is(revert_to($vm->{vmx}, [0]), VIX_OK, 'a suspended machine is one that was off then');
    ok_state($vm, $then, 'all is as it was then');
}
{
    my ($vm, $then) = changed_machine();
    my $err = with_vm(
        $vm->{vmx},
        sub {
            my ($handle) = @_;
            my (undef, $snapshot) = at_place($handle, [0]);
            my $answer
                = VMRevertToSnapshot($handle, $snapshot, VIX_VMPOWEROP_SUPPRESS_SNAPSHOT_POWERON,
                VIX_INVALID_HANDLE);
            ReleaseHandle($snapshot);
            return $answer;
        }
    );
    is($err, VIX_OK, 'with SUPPRESS_SNAPSHOT_POWERON');
    ok_state($vm, $then, 'nothing else happens');
}
{
    my ($vm) = changed_machine();
    my $before = folder_digest($vm->{dir});
    unlink "$vm->{dir}/alpha-Snapshot1.vmsn";
    spew("$vm->{dir}/alpha-Snapshot1.vmsn", "\xd2\xbe\xd2\xbe garbage");
    my $damaged = folder_digest($vm->{dir});
    is(revert_to($vm->{vmx}, [0]), VIX_E_SNAPSHOT_DUMPER, 'a damaged state: 13001');
    is_deeply([folder_changes($damaged, $vm->{dir})], [], 'nothing was touched');
}
{
    my ($vm) = changed_machine();
    rename "$vm->{dir}/alpha.vmdk", "$vm->{dir}/gone.vmdk" or die "rename: $!";
    my $before = folder_digest($vm->{dir});
    my $err    = revert_to($vm->{vmx}, [0]);
    isnt($err, VIX_OK, "a snapshot whose disk is missing: $err");
    like(GetErrorText($err), qr/alpha\.vmdk/, 'which is named');
    is_deeply([folder_changes($before, $vm->{dir})], [], 'nothing was touched');
}

done_testing();
