#!/usr/bin/perl
# Many calls at once, and large numbers. Eight processes make linked clones of one machine while
# others make full clones of it, take and remove snapshots and delete clones; one inventory has a
# thousand machines; one machine has a thousand snapshots; one snapshot list has ten thousand records
# of clones. No record is lost, nobody waits without end, no clone is incomplete, and all locks are
# released. VIX_TEST_ONLY: a pattern for the names of the parts.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use POSIX       ();
use Time::HiRes ();

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls         qw(host);
use VixTest::Files         qw(list_files);
use VixTest::SnapshotCalls qw(delete_vm full_clone linked_clone remove_snapshot revert_to
    snapshot_names take_snapshot with_vm);
use VixTest::SnapshotChain qw(chain_complaints);
use VixTest::SnapshotDisk  qw(guest_reads present_path);
use VixTest::SnapshotState qw(snapshot_list);

my $PATIENCE = 600;    # seconds; distinguishes a deadlock from a slow machine
my $only     = $ENV{VIX_TEST_ONLY} || q(.);
my %sum      = (cases => 0, failures => 0);

# Runs each sub in a process of its own. Returns what each of them returned, a list of words.
sub at_once {
    my (@subs) = @_;
    my $dir = temp_dir();
    my @pids;
    for my $number (0 .. $#subs) {
        my $pid = fork;
        die "fork: $!" if !defined $pid;
        push(@pids, $pid), next if $pid;
        alarm $PATIENCE;
        my @words = eval { $subs[$number]->() };
        spew("$dir/$number", join ' ', @words, $@ ? "failed: $@" : 'end');
        POSIX::_exit(0);
    }
    waitpid $_, 0 for @pids;
    return map { -e "$dir/$_" ? slurp("$dir/$_") : 'killed' } 0 .. $#subs;
}

sub records {
    my ($vmx) = @_;
    my $value = snapshot_list($vmx)->{value};
    return sort map { $value->{$_} } grep {/\.clone\d+$/} keys %{$value};
}

# Returns the call's code. Repeats a call that failed because another process works there.
sub patiently {
    my ($do) = @_;
    my $err;
    for (1 .. 20) {
        $err = $do->();
        return $err if $err != VIX_E_FILE_ALREADY_LOCKED;
    }
    return $err;
}

sub count_result {
    my ($cases, $good) = @_;
    $sum{cases} += $cases;
    $sum{failures}++ if !$good;
    return;
}

# Names that only an unfinished call may leave.
sub litter { return grep {/vix-|\.lck(?:\/|$)|manifest/} list_files($_[0]) }

sub crowd {
    my $vm   = make_vm(disks => [{ size_mb => 1, content => [[3, 40, 1], [700, 9, 2]] }]);
    my $keep = temp_dir();
    my $base = guest_reads($vm->{vmx});
    is(take_snapshot($vm->{vmx}, 'base'), VIX_OK, 'a snapshot');
    my $vmx = sub { return "$keep/$_[0]-$_[1]/c.vmx" };
    my $failed = sub {
        my ($do, @of) = @_;
        return grep { $_ != VIX_OK } map { $do->($_) } @of;
    };

    # The deleting process may come before VMClone has opened the clone.
    my $link = sub {
        my ($process, $number) = @_;
        my $err = linked_clone($vm->{vmx}, [0], $vmx->($process, $number));
        return $err == VIX_E_VM_NOT_FOUND && $number <= 10 ? VIX_OK : $err;
    };
    my @linkers = map {
        my $process = $_;
        sub {
            return $failed->(sub { $link->($process, $_[0]) }, 1 .. 50);
        }
    } 1 .. 8;
    my $deleter = sub {
        my %gone;
        while (keys %gone < 80) {
            for my $path (grep { !$gone{$_} && -e } map { $vmx->(1 + $_ % 8, 1 + int $_ / 8) } 0 .. 79) {
                my $err = delete_vm($path);
                $gone{$path} = 1 if $err == VIX_OK;
                return "deleting: $err" if $err != VIX_OK && $err != VIX_E_FILE_ALREADY_LOCKED;
            }
            Time::HiRes::sleep(0.02);
        }
        return;
    };
    my $cloner = sub {
        return $failed->(sub { full_clone($vm->{vmx}, undef, "$keep/full-$_[0]/c.vmx") }, 1 .. 10);
    };
    my $taker = sub {
        return $failed->(
            sub {
                my $err = take_snapshot($vm->{vmx}, "s$_[0]");
                return $err if $err != VIX_OK || $_[0] % 2;
                return remove_snapshot($vm->{vmx}, [0, 0]);
            },
            1 .. 10
        );
    };
    my $began = Time::HiRes::time();
    my @ends  = at_once(@linkers, $deleter, $cloner, $taker);
    my $took  = Time::HiRes::time() - $began;
    is_deeply(\@ends, [('end') x 11], sprintf 'all came to an end, in %.1f s', $took);
    my @left = grep {-e} map { my $p = $_; map { $vmx->($p, $_) } 1 .. 50 } 1 .. 8;
    is(scalar @left, 320, '400 linked clones less 80 deleted');
    is_deeply([records($vm->{vmx})], [sort @left], 'each has its record, and nobody else');
    my @wrong = grep { !(guest_reads($_) eq $base) } @left, map {"$keep/full-$_/c.vmx"} 1 .. 10;
    is_deeply(\@wrong, [], 'each reads as the parent did');
    my @folders = grep { !m{/} && !-e "$keep/$_/c.vmx" } list_files($keep);
    is_deeply(\@folders, [], 'there is no half clone');
    is_deeply([litter("$keep"), litter($vm->{dir})], [], 'no lock and no staging folder is left');
    is(scalar @{ [flat(snapshot_names($vm->{vmx}))] }, 6, 'the snapshots are those that were taken');
    is_deeply([chain_complaints(present_path($vm->{vmx}, 'scsi0:0'))], [], 'the parent is sound');
    count_result(500, Test::More->builder->is_passing);
    return;
}

sub flat { return map { ref $_ ? flat(@{$_}) : $_ } @_ }

sub inventory {
    my $keep = temp_dir();
    local $ENV{VIX_INVENTORY_FILE} = "$keep/inventory.vmls";
    my $one = make_vm(dir => "$keep/0", disks => [{ size_mb => 1, content => [] }]);
    my $text = slurp($one->{vmx});
    for my $number (1 .. 999) {
        mkdir "$keep/$number" or die "mkdir: $!";
        spew("$keep/$number/alpha.vmx", $text);
    }
    my @parts = map { my $part = $_; [map { "$keep/$_/alpha.vmx" } grep { $_ % 4 == $part } 0 .. 999] }
        0 .. 3;
    my $began = Time::HiRes::time();
    my @ends  = at_once(
        map {
            my $part = $_;
            sub { grep { $_ != VIX_OK } map { my $vmx = $_; patiently(sub { RegisterVM(host(), $vmx) }) } @{$part} }
        } @parts
    );
    my $took = Time::HiRes::time() - $began;
    is_deeply(\@ends, [('end') x 4], sprintf '1000 machines registered by four, in %.1f s', $took);
    my ($err, @found) = FindItems(host(), VIX_FIND_REGISTERED_VMS, 0);
    is($err,          VIX_OK, 'found');
    is(scalar @found, 1000,   'all of them');
    $began = Time::HiRes::time();
    @ends  = at_once(
        map {
            my $part = $_;
            sub { grep { $_ != VIX_OK } map { my $vmx = $_; patiently(sub { UnregisterVM(host(), $vmx) }) } @{$part} }
        } @parts
    );
    is_deeply(\@ends, [('end') x 4], sprintf 'and taken out, in %.1f s',
        Time::HiRes::time() - $began);
    ($err, @found) = FindItems(host(), VIX_FIND_REGISTERED_VMS, 0);
    is_deeply([$err, @found], [VIX_OK], 'none is left');
    count_result(2000, Test::More->builder->is_passing);
    return;
}

# Every tenth snapshot follows a revert to the first, so that chains stay short: their limit is 255.
sub snapshots {
    local $ENV{VIX_CLONE_SYNC} = 'FALSE';
    my $vm    = make_vm(disks => [{ size_mb => 1, content => [[3, 40, 1]] }]);
    my $base  = guest_reads($vm->{vmx});
    my $began = Time::HiRes::time();
    my @failed;
    my $last_hundred;
    for my $number (1 .. 1000) {
        $last_hundred = Time::HiRes::time() if $number == 901;
        my $err = take_snapshot($vm->{vmx}, "s$number");
        push @failed, "taking $number: $err" if $err != VIX_OK;
        last if @failed;
        next if $number % 10;
        $err = revert_to($vm->{vmx}, [0]);
        push @failed, "going back at $number: $err" if $err != VIX_OK;
    }
    my $now = Time::HiRes::time();
    is_deeply(\@failed, [], sprintf '1000 snapshots, in %.1f s, the last hundred in %.1f s',
        $now - $began, $now - $last_hundred);
    is(scalar(() = flat(snapshot_names($vm->{vmx}))), 1000, 'all are listed');
    ok(guest_reads($vm->{vmx}) eq $base, 'and the machine reads as before');
    is(remove_snapshot($vm->{vmx}, [0, 0]), VIX_OK, 'one is removed');
    is(scalar(() = flat(snapshot_names($vm->{vmx}))), 999, 'and gone');
    ok(guest_reads($vm->{vmx}) eq $base, 'the machine reads as before');
    count_result(1001, Test::More->builder->is_passing);
    return;
}

sub records_of_clones {
    my $vm = make_vm(disks => [{ size_mb => 1 }]);
    is(take_snapshot($vm->{vmx}, 'base'), VIX_OK, 'a snapshot');
    my $keep = temp_dir();
    is(linked_clone($vm->{vmx}, [0], "$keep/live/c.vmx"), VIX_OK, 'a clone');
    my $path = $vm->{vmx} =~ s/vmx$/vmsd/r;
    my $text = slurp($path);
    $text .= qq(snapshot0.clone$_ = "$keep/none/$_/c.vmx"\n) for 1 .. 9999;
    $text =~ s/(numClones = ")1/${1}10000/;
    spew($path, $text);
    my ($open, $clone) = (1e9, 1e9);
    for my $round (1 .. 5) {
        my $began = Time::HiRes::time();
        is(with_vm($vm->{vmx}, sub { return (VMGetNumRootSnapshots($_[0]))[0] }), VIX_OK, 'opened');
        my $opened = Time::HiRes::time();
        is(linked_clone($vm->{vmx}, [0], "$keep/$round/c.vmx"), VIX_OK, 'cloned');
        my $cloned = Time::HiRes::time();
        $open  = $opened - $began  if $open > $opened - $began;
        $clone = $cloned - $opened if $clone > $cloned - $opened;
    }
    diag sprintf 'with 10,000 records: opened in %.0f ms, cloned in %.0f ms', 1e3 * $open,
        1e3 * $clone;
    is(scalar(grep {m{^\Q$keep\E/[1-5]/c\.vmx$}} records($vm->{vmx})), 5, 'the new ones are recorded');
    isnt(remove_snapshot($vm->{vmx}, [0]), VIX_OK, 'what they depend on is kept');
    count_result(10, Test::More->builder->is_passing);
    return;
}

my @PARTS = (
    ['a crowd'              => \&crowd],
    ['an inventory'         => \&inventory],
    ['a thousand snapshots' => \&snapshots],
    ['a long list'          => \&records_of_clones],
);
for my $part (@PARTS) {
    my ($name, $do) = @{$part};
    subtest $name, $do if $name =~ /$only/;
}
print "# FIGURES cases=$sum{cases} faults=0 failures=$sum{failures}\n";

done_testing();
