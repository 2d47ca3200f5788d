#!/usr/bin/perl
# Several processes make and delete linked clones of one machine at once, while it takes snapshots:
# no record is lost, no snapshot is made twice, each clone is whole.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use POSIX ();
use VMware::Vix::API::Constants;
use VixTest;
use VixTest::Files         qw(list_files);
use VixTest::SnapshotCalls qw(delete_vm full_clone linked_clone remove_snapshot take_snapshot);
use VixTest::SnapshotChain qw(chain_complaints);
use VixTest::SnapshotDisk  qw(guest_reads guest_writes present_path snapshot_path);
use VixTest::SnapshotState qw(snapshot_list);

my $PROCESSES = 4;
my $EACH      = 10;

# Runs the same in so many processes at once; each answers with the list of codes that were not
# VIX_OK.
sub at_once {
    my ($do) = @_;
    my $dir = temp_dir();
    my @pids;
    for my $process (1 .. $PROCESSES) {
        my $pid = fork;
        die "fork: $!" if !defined $pid;
        push(@pids, $pid), next if $pid;
        my @failed = grep { $_ != VIX_OK } map { $do->($process, $_) } 1 .. $EACH;
        spew("$dir/$process", join ' ', @failed, 'end');
        POSIX::_exit(0);
    }
    waitpid $_, 0 for @pids;
    return map { slurp("$dir/$_") } 1 .. $PROCESSES;
}

sub records {
    my ($vm) = @_;
    my $value = snapshot_list($vm->{vmx})->{value};
    return sort map { $value->{$_} } grep {/\.clone\d+$/} keys %{$value};
}

my @ended = ('end') x $PROCESSES;

for my $sync ('TRUE', 'FALSE') {
    local $ENV{VIX_CLONE_SYNC} = $sync;
    my $vm   = make_vm(disks => [{ size_mb => 1 }]);
    my $keep = temp_dir();
    my $base = guest_reads($vm->{vmx});
    is(take_snapshot($vm->{vmx}, 'base'), VIX_OK, 'a snapshot');
    my $vmx  = sub { return "$keep/$_[0]-$_[1]/c.vmx" };
    my @ends = at_once(sub { return linked_clone($vm->{vmx}, [0], $vmx->(@_)) });
    is_deeply(\@ends, \@ended, "sync $sync: all clones of one snapshot are made");
    my @all = sort map {
        my $p = $_;
        map { $vmx->($p, $_) } 1 .. $EACH
    } 1 .. $PROCESSES;
    is_deeply([records($vm)], \@all, "sync $sync: each is on record");
    is(snapshot_list($vm->{vmx})->{value}{'snapshot0.numclones'}, scalar @all, 'and counted');
    is_deeply([grep { guest_reads($_) ne $base } @all], [], "sync $sync: each reads the snapshot");

    @ends = at_once(sub { return $_[1] % 2 ? delete_vm($vmx->(@_)) : VIX_OK });
    is_deeply(\@ends,         \@ended,          "sync $sync: half of them are deleted at once");
    is_deeply([records($vm)], [grep {-e} @all], "sync $sync: the others are on record");
    is(scalar(grep {-e} @all), @all / 2, 'and are there');
    is_deeply([grep {/lck|staging|~|tmp/} list_files($vm->{dir})], [], 'nothing is left behind');
}
{
    local $ENV{VIX_CLONE_SYNC} = 'FALSE';
    my $vm
        = make_vm(disks => [{ size_mb => 1, type => 'twoGbMaxExtentSparse', extents => [2048] }]);
    my $keep = temp_dir();
    my $base = guest_reads($vm->{vmx});
    my $vmx  = sub { return "$keep/$_[0]-$_[1]/c.vmx" };
    my @ends = at_once(sub { return linked_clone($vm->{vmx}, undef, $vmx->(@_)) });
    is_deeply(\@ends, \@ended, 'clones of the present state at once');
    my @all = sort map {
        my $p = $_;
        map { $vmx->($p, $_) } 1 .. $EACH
    } 1 .. $PROCESSES;
    is_deeply([records($vm)], \@all, 'each is on record');
    my $value = snapshot_list($vm->{vmx})->{value};
    is($value->{'snapshot.numsnapshots'}, scalar @all, 'each at a snapshot of its own');
    is_deeply([map { $value->{"snapshot$_.numclones"} } 0 .. $#all], [(1) x @all], 'of one clone');
    is($value->{'snapshot.lastuid'}, scalar @all, 'no number was given twice');
    is_deeply([grep { guest_reads($_) ne $base } @all], [], 'each reads the state of the parent');
    my @present = grep { present_path($vm->{vmx}) eq snapshot_path($vm->{vmx}, $_) } 1 .. @all;
    is_deeply(\@present, [], 'the present disk is that of no snapshot');
    is_deeply([chain_complaints(present_path($vm->{vmx}))], [], 'and sound');
}
{
    local $ENV{VIX_CLONE_SYNC} = 'FALSE';
    my $vm   = make_vm(disks => [{ size_mb => 1 }]);
    my $keep = temp_dir();
    is(take_snapshot($vm->{vmx}, 'base'), VIX_OK, 'a snapshot');
    my $count = 0;
    my @ends  = at_once(
        sub {
            my ($process, $number) = @_;
            return $process == 1
                ? take_snapshot($vm->{vmx}, "s$number")
                : linked_clone($vm->{vmx}, [0], "$keep/$process-$number/c.vmx");
        }
    );
    is_deeply(\@ends, \@ended, 'clones while the machine takes snapshots');
    my @left = records($vm);
    is(scalar @left, ($PROCESSES - 1) * $EACH,                                 'no record is lost');
    is(snapshot_list($vm->{vmx})->{value}{'snapshot.numsnapshots'}, $EACH + 1, 'nor a snapshot');
}

# ---- a snapshot is removed while it is being cloned: one of both wins, and neither half
for my $kind ([linked => \&linked_clone], [full => \&full_clone]) {
    local $ENV{VIX_CLONE_SYNC} = 'FALSE';
    my ($name, $clone) = @{$kind};
    my $vm   = make_vm(disks => [{ size_mb => 1 }]);
    my $keep = temp_dir();
    my (@wrong, %seen);
    for my $round (1 .. 20) {
        my $reads = guest_writes($vm->{vmx}, 'scsi0:0', [100 + $round, 20, $round]);
        my $err   = take_snapshot($vm->{vmx}, 'x');
        push @wrong, "round $round: take: $err" if $err != VIX_OK;
        my $vmx = "$keep/$round/c.vmx";
        my $pid = fork;
        die "fork: $!"                                                  if !defined $pid;
        POSIX::_exit($clone->($vm->{vmx}, [0], $vmx) == VIX_OK ? 0 : 1) if !$pid;
        my $removed = remove_snapshot($vm->{vmx}, [0]);
        waitpid $pid, 0;
        my $cloned = $? == 0;
        $seen{ $cloned ? 'cloned' : 'not cloned' }++;
        push @wrong, "round $round: removed: $removed"
            if $removed != VIX_OK && $removed != VIX_E_SNAPSHOT_DISKLOCKED;
        push @wrong, "round $round: neither" if !$cloned && $removed != VIX_OK;
        push @wrong, "round $round: both" if $name eq 'linked' && $cloned && $removed == VIX_OK;
        push @wrong, "round $round: the clone reads otherwise"
            if $cloned && guest_reads($vmx) ne $reads;
        push @wrong, "round $round: half a clone" if !$cloned && -e $vmx;
        push @wrong, "round $round: the machine reads otherwise"
            if guest_reads($vm->{vmx}) ne $reads;
        delete_vm($vmx) if $cloned;
        remove_snapshot($vm->{vmx}, [0], VIX_SNAPSHOT_REMOVE_CHILDREN);
    }
    is_deeply(
        \@wrong, [],
        "$name clones of a snapshot that is removed meanwhile: " . join ', ',
        map {"$_ $seen{$_}"} sort keys %seen
    );
}

done_testing();
