package VixTest::SnapshotKill;

# Snapshot calls that are cut off, by SIGKILL or a full disk, and what must be true afterwards: the
# current disks read as before or as the call intended, every recorded snapshot reads as before, no
# current disk is the disk of a recorded snapshot, and the next calls succeed. Asserts nothing.

use strict;
use warnings;

use Exporter 'import';
use POSIX       ();
use Time::HiRes ();

use VMware::Vix::API::Constants;
use VixTest;
use VixTest::SnapshotCalls qw(linked_clone remove_snapshot revert_to snapshot_names take_snapshot);
use VixTest::SnapshotChain qw(chain_complaints chain_difference);
use VixTest::SnapshotDisk  qw(guest_reads guest_writes present_path snapshot_path);
use VixTest::SnapshotState qw(snapshot_list);
use VixTest::Tools         qw(run_tool);

our @EXPORT_OK = qw(killed_machine calls_to_kill duration_of complaints_after_kill
    complaints_when_full is_untidy state_complaints clone_complaints next_calls present_reads);

my @SLOTS = ('scsi0:0', 'sata0:0');

# A machine with the snapshots a (uid 1) and its children b (2) and c (3). The current state comes
# from c.
# { vm, dir, reads => {uid or "present" => {slot => bytes}} }.
sub killed_machine {
    my ($dir) = @_;
    local $ENV{VIX_CLONE_SYNC} = 'FALSE';
    my $vm = make_vm(
        dir   => $dir,
        disks =>
            [{ size_mb => 2 }, { slot => 'sata0:0', size_mb => 3, type => 'twoGbMaxExtentSparse' }]
    );
    my %machine = (vm => $vm, dir => $dir, reads => {});
    my $uid     = 0;
    for my $step (qw(a b), [0], 'c') {
        my $err = ref $step ? revert_to($vm->{vmx}, $step) : take_snapshot($vm->{vmx}, $step);
        die "step: $err" if $err != VIX_OK;
        $machine{reads}{ ++$uid } = $machine{reads}{present} || present_reads($vm->{vmx}) if !ref $step;
        guest_writes($vm->{vmx}, $_, [100 * $uid, 900, $uid], [2500 + $uid, 9, 0]) for @SLOTS;
        $machine{reads}{present} = present_reads($vm->{vmx});
    }
    return \%machine;
}

sub present_reads {
    my ($vmx) = @_;
    return { map { $_ => guest_reads($vmx, $_) } @SLOTS };
}

# name => [call on a .vmx and a folder for clones, what the current disks may also read as
# afterwards].
sub calls_to_kill {
    my $all = VIX_SNAPSHOT_REMOVE_CHILDREN;
    return (
        'take'           => [sub { return take_snapshot($_[0], 'd') }],
        'revert'         => [sub { return revert_to($_[0], [0, 0]) }, 2],
        'remove root'    => [sub { return remove_snapshot($_[0], [0]) }],
        'remove leaf'    => [sub { return remove_snapshot($_[0], [0, 1]) }],
        'remove all'     => [sub { return remove_snapshot($_[0], [0], $all) }],
        'clone snapshot' => [sub { return linked_clone($_[0], [0, 0], "$_[1]/c.vmx") }],
        'clone present'  => [sub { return linked_clone($_[0], undef,  "$_[1]/c.vmx") }],
    );
}

# A copy of the machine works because its hints are relative.
sub _copy {
    my ($machine, $dir) = @_;
    my $run = run_tool('cp', '-r', $machine->{dir}, $dir);
    die "cp: $run->{err}" if $run->{status};
    return "$dir/alpha.vmx";
}

# Flaws that a cut-off call may leave, because readers do not depend on them: they read one copy of
# the tables, and open the file under the name that they were given.
sub is_untidy {
    my ($complaint) = @_;
    return $complaint =~ /redundant tables differ|the name in its descriptor is/;
}

sub duration_of {
    my ($machine, $call, $dir) = @_;
    my $longest = 0;
    for my $round (1 .. 3) {
        my $vmx   = _copy($machine, "$dir/timed$round");
        my $begin = Time::HiRes::time();
        my $pid   = _start($call, $vmx, "$dir/clone$round");
        waitpid $pid, 0;
        my $took = Time::HiRes::time() - $begin;
        die "undisturbed it fails: $?" if $?;
        $longest = $took               if $took > $longest;
        system 'rm', '-rf', '--', "$dir/timed$round", "$dir/clone$round";
    }
    return $longest;
}

sub _start {
    my ($call, @arguments) = @_;
    my $pid = fork;
    die "fork: $!" if !defined $pid;
    return $pid    if $pid;
    POSIX::_exit($call->(@arguments) == VIX_OK ? 0 : 1);
}

# Starts the call on a copy of the machine in `$dir`, kills it after this many seconds and returns
# what is wrong then. The first value is true if the signal came in time.
sub complaints_after_kill {
    my ($machine, $what, $call, $seconds, $dir) = @_;
    my ($do, @also) = @{$call};
    my $vmx = _copy($machine, "$dir/vm");
    my $pid = _start($do, $vmx, "$dir/clone");
    Time::HiRes::sleep($seconds);
    kill 'KILL', $pid;
    waitpid $pid, 0;
    my $killed = $? & 127;
    my @wrong  = grep { !is_untidy($_) } state_complaints($machine, $vmx, @also);
    @wrong = clone_complaints($machine, $vmx, $what, "$dir/clone") if !@wrong && $what =~ /clone/;
    push @wrong, grep { !is_untidy($_) } next_calls($machine, $vmx, $what, $call, $dir) if !@wrong;
    system 'rm', '-rf', '--', "$dir/vm", "$dir/clone", "$dir/again";
    return ($killed, map {"$what after $seconds s: $_"} @wrong);
}

# The same for a call on a file system at `$dir` with room for this many more bytes, which `$resize`
# provides. The first value is the call's code.
sub complaints_when_full {
    my ($machine, $what, $call, $resize, $room, $dir) = @_;
    my ($do, @also) = @{$call};
    $resize->(undef);
    my $vmx = _copy($machine, "$dir/vm");
    my %before = _contents("$dir/vm");
    $resize->($room);
    my $code  = $do->($vmx, "$dir/clone");
    my %after = _contents("$dir/vm");
    my @wrong = state_complaints($machine, $vmx, @also);
    my $list  = 'alpha.vmsd';

    # A removal that the snapshot list has recorded cannot be undone, and a clone's snapshot leaves
    # its number.
    push @wrong, map {"$_ is not as before"}
        grep { ($before{$_} // 'none') ne ($after{$_} // 'none') } sort keys %{ { %before, %after } }
        if $code != VIX_OK && $what !~ /clone/ && $before{$list} eq $after{$list};
    @wrong = clone_complaints($machine, $vmx, $what, "$dir/clone") if !@wrong && $what =~ /clone/;
    push @wrong, 'half a clone' if $code != VIX_OK && -e "$dir/clone";
    $resize->(undef);
    push @wrong, next_calls($machine, $vmx, $what, $call, $dir) if !@wrong && $code != VIX_OK;
    system 'rm', '-rf', '--', "$dir/vm", "$dir/clone";
    return ($code, map {"$what with room for $room ($code): $_"} @wrong);
}

# name => bytes of all files in a folder but locks.
sub _contents {
    my ($dir) = @_;
    return map { -f "$dir/$_" ? ($_ => slurp("$dir/$_")) : () } grep { !/\.lck\b/ } list_files($dir);
}

sub state_complaints {
    my ($machine, $vmx, @also) = @_;
    my %path  = map { $_ => present_path($vmx, $_) } @SLOTS;
    my @wrong = map { chain_complaints($path{$_}) } @SLOTS;
    my $fits  = grep {
        my $reads = $machine->{reads}{$_};
        !grep { chain_difference($path{$_}, $reads->{$_}) } @SLOTS
    } 'present', @also;
    push @wrong, 'the current disks match no state: ' . join ' ',
        map { chain_difference($path{$_}, $machine->{reads}{present}{$_}) } @SLOTS
        if !$fits;
    my $list = snapshot_list($vmx)->{value};
    for my $uid (map { /^snapshot\d+\.uid$/ ? $list->{$_} : () } sort keys %{$list}) {
        my $reads = $machine->{reads}{ $uid > 3 ? 'present' : $uid };
        for my $slot (@SLOTS) {
            my $frozen = snapshot_path($vmx, $uid, $slot);
            push @wrong, "the current disk is that of snapshot $uid" if $frozen eq $path{$slot};
            push @wrong,
                map  {"snapshot $uid: $_"}
                grep { $_ ne '' } chain_difference($frozen, $reads->{$slot}),
                chain_complaints($frozen);
        }
    }
    return @wrong;
}

# An existing clone is complete, and its snapshot has a record of it.
sub clone_complaints {
    my ($machine, $vmx, $what, $dir) = @_;
    return if !-e "$dir/c.vmx";
    my $reads = $machine->{reads}{ $what =~ /present/ ? 'present' : 2 };
    my @wrong = map { chain_difference(present_path("$dir/c.vmx", $_), $reads->{$_}) } @SLOTS;
    push @wrong, 'the clone is not on record' if slurp($vmx =~ s/x$/sd/r) !~ /"\Q$dir\E\/c\.vmx"/;
    return map {"clone: $_"} grep { $_ ne '' } @wrong;
}

# The same call again, unless its work is done, and a few others.
sub next_calls {
    my ($machine, $vmx, $what, $call, $dir) = @_;
    local $ENV{VIX_CLONE_SYNC} = 'FALSE';    # these are not killed
    my @wrong;
    my $gone = ($what =~ /^remove/ && "@{ _flat(snapshot_names($vmx)) }" ne 'a b c')
        || -e "$dir/clone/c.vmx";
    my $err = $gone ? VIX_OK : $call->[0]->($vmx, "$dir/clone");
    push @wrong, "the next one answers $err" if $err != VIX_OK;
    push @wrong,
        map {"after the next one: $_"} state_complaints($machine, $vmx, @{$call}[1 .. $#{$call}]);
    my $now = present_reads($vmx);
    $err = take_snapshot($vmx, 'after');
    push @wrong, "a snapshot then: $err" if $err != VIX_OK;

    while (@{ snapshot_names($vmx) } && $what !~ /clone/) {
        $err = remove_snapshot($vmx, [0]);
        push(@wrong, "removing all then: $err"), last if $err != VIX_OK;
    }
    push @wrong, map { chain_difference(present_path($vmx, $_), $now->{$_}) } @SLOTS;
    return grep { $_ ne '' } @wrong;
}

sub _flat {
    my ($names) = @_;
    return [map { ref $_ ? @{ _flat($_) } : $_ } @{$names}];
}

1;
