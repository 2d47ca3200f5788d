package VixTest::FaultSweep;

# Stops one trial of VixTest::FaultTrial at each of its system calls in turn, or at some of them: by
# SIGKILL, by an error, or by a transfer cut short. Returns figures and complaints, with the points
# at which each occurred; asserts nothing.

use strict;
use warnings;

use Exporter 'import';
use POSIX ();

use VMware::Vix::API::Constants;
use VixTest::FaultTrial qw(complaints_after reset_trial run_trial start_trial state_key);
use VixTest::PowerLoss  qw(read_journal replay_call start_replay write_tree);
use VixTest::Stepper    qw(numbers_to_try stepped);

our @EXPORT_OK = qw(kill_sweep error_sweep errors_to_try power_sweep);

# name => [errno, calls it is tried at, their pattern, the expected code]; VIX_OK: the call must
# succeed.
my $CHANGES  = qr/^(?!unlink|rmdir|sync_file_range)/;
my %ERROR    = (
    EIO    => [POSIX::EIO,    'all',   qr/^(?!clone)/, VIX_E_FILE_ERROR],
    ENOSPC => [POSIX::ENOSPC, 'write', $CHANGES, VIX_E_DISK_FULL],
    EDQUOT => [122,           'write', $CHANGES, VIX_E_DISK_FULL],
    EACCES => [POSIX::EACCES, 'all', qr/^(?:open|rename|link|unlink|mkdir|rmdir|access|\w*stat)/,
        VIX_E_FILE_ACCESS_ERROR],
    EAGAIN => [POSIX::EAGAIN, 'all', qr/^clone/, VIX_E_OUT_OF_MEMORY],
    EMFILE => [POSIX::EMFILE, 'all', qr/^open/, VIX_E_DISK_TOOMANYOPENFILES],
    EINTR  => [POSIX::EINTR,  'all', qr/^(?:open|p?read|p?write|f\w*sync|fallocate|ftruncate|flock)/,
        VIX_OK],
    short  => ['short', 'all', qr/^(?:p?read|p?write)/, VIX_OK],
);

# Codes for the step that failed, which say more than the errno's own code.
my %MEANS_MORE = map { $_ => [VIX_E_CANNOT_READ_VM_CONFIG, VIX_E_DISK_OPENPARENT] }
    VIX_E_FILE_ERROR, VIX_E_FILE_ACCESS_ERROR;

sub errors_to_try { return sort keys %ERROR }

# Returns { calls, cases, wrong => { complaint => [points] }, untidy => the same }. Optional: some
# (this many points instead of all), qemu.
sub kill_sweep {
    my ($what, %may) = @_;
    my $trial = start_trial($what);
    my $sweep = _undisturbed($trial, 'write');
    for my $at (numbers_to_try($sweep->{calls}, $may{some})) {
        reset_trial($trial);
        my $run  = stepped(sub { run_trial($trial) }, at => $at, action => 'kill');
        my $code = $run->{signal} ? undef : $run->{code};
        $sweep->{cases}++;
        my @wrong = eval { complaints_after($trial, $code, %may) };
        _note($sweep, $trial, $at, $run, @wrong, $@ ? "cannot be judged: $@" : ());
    }
    return $sweep;
}

# The same for one of errors_to_try.
sub error_sweep {
    my ($what, $name, %may) = @_;
    my ($action, $calls, $which, $expected) = @{ $ERROR{$name} };
    my $trial = start_trial($what);
    my $sweep = _undisturbed($trial, $calls, $which);
    for my $at (numbers_to_try($sweep->{calls}, $may{some})) {
        reset_trial($trial);
        my $run = stepped(
            sub { run_trial($trial) },
            at => $at, action => $action, calls => $calls, only => $which,
        );
        $sweep->{cases}++;
        $sweep->{codes}{ $run->{code} // 'none' }++;
        my @wrong = _answer_complaints($run, $name, $action, $expected);
        push @wrong, _known_state($sweep, $trial, $run->{code}, %may);
        _note($sweep, $trial, $at, $run, @wrong);
    }
    return $sweep;
}

# What may be on the disk after power loss: nothing that was not synced, all names but no data,
# everything, and anything in between.
my %REMAINS = (
    nothing => { names => sub {0},          data => sub {0} },
    names   => { names => sub {1},          data => sub {0} },
    all     => { names => sub {1},          data => sub {1} },
    some    => { names => sub { rand > .3 }, data => sub { rand > .5 } },
);

# Power loss at each call that changes files, by a model of VixTest::PowerLoss.
sub power_sweep {
    my ($what, $model, %may) = @_;
    my $trial   = start_trial($what, by_content => 1);
    my $journal = "$trial->{keep}/journal";
    reset_trial($trial);
    my $replay = start_replay($trial->{work}, $model);
    my $run    = stepped(sub { run_trial($trial) }, journal => $journal);
    my @calls  = read_journal($journal);
    my $sweep  = { calls => scalar @calls, cases => 0, wrong => {}, untidy => {}, codes => {} };
    my %try    = map { $_ => 1 } numbers_to_try(@calls + 1, $may{some}), scalar @calls;
    local $ENV{VIX_CLONE_SYNC} = 'FALSE';
    for my $at (0 .. @calls) {
        for my $kind ($try{$at} ? sort keys %REMAINS : ()) {
            write_tree($replay, %{ $REMAINS{$kind} });
            $sweep->{cases}++;
            my $code = $at == @calls ? VIX_OK : undef;
            my @here = map {"$kind kept: $_"} _known_state($sweep, $trial, $code, %may);
            _note($sweep, $trial, $at, { at => $at < @calls ? _shown($calls[$at]) : 'the end' }, @here);
        }
        replay_call($replay, $calls[$at]) if $at < @calls;
    }
    return $sweep;
}

sub _shown { return join ' ', $_[0]{name}, @{ $_[0]{paths} } }

sub _undisturbed {
    my ($trial, $calls, $which) = @_;
    reset_trial($trial);
    my $run = stepped(sub { run_trial($trial) }, calls => $calls, only => $which);
    die "$trial->{what} fails undisturbed: $run->{code} $run->{detail}" if $run->{code} != VIX_OK;
    return { calls => $run->{calls}, cases => 0, wrong => {}, untidy => {}, codes => {} };
}

# A state of the machine that has been checked is not checked again.
sub _known_state {
    my ($sweep, $trial, $code, %may) = @_;
    my $key = (defined $code && $code == VIX_OK ? 'done ' : '') . state_key($trial);
    $sweep->{states}{$key} ||= [eval { complaints_after($trial, $code, %may) }];
    push @{ $sweep->{states}{$key} }, "cannot be judged: $@" if $@;
    return @{ $sweep->{states}{$key} };
}

sub _answer_complaints {
    my ($run, $name, $errno, $expected) = @_;
    return "it was killed by signal $run->{signal}" if $run->{signal};
    my @wrong;
    push @wrong, "$run->{files} descriptors are left open" if $run->{files} != 0;

    # One thread may wait a while for the next call.
    push @wrong, "$run->{threads} threads are left" if $run->{threads} > 1;
    return @wrong if $run->{code} == VIX_OK || !defined $run->{at};
    (my $call = $run->{at}) =~ s/ .*//;
    my @fits = ($expected, $MEANS_MORE{$expected} ? @{ $MEANS_MORE{$expected} } : ());

    # A clone that cannot be read keeps its snapshot, and the detail says so.
    push @fits, VIX_E_SNAPSHOT_DISKLOCKED
        if $expected != VIX_OK && $run->{detail} =~ /it counts as existing, because it cannot be read/;
    push @wrong, "$name in $call becomes $run->{code} ($run->{detail})"
        if !grep { $_ == $run->{code} } @fits;
    return @wrong if $call =~ /^clone/;    # a thread has no path
    push @wrong, "the detail tells no errno: $run->{detail}"
        if $expected != VIX_OK && $run->{detail} !~ /\(errno $errno\)/;
    push @wrong, "the detail tells no path: $run->{detail}"
        if $run->{detail} !~ m{ /| the current folder };
    return @wrong;
}

sub _note {
    my ($sweep, $trial, $at, $run, @complaints) = @_;
    my $place = "$at: " . ($run->{at} || 'none');
    s/\Q$trial->{work}\E/./g, s/\b([DEM])\d{5}\.lck/$1.lck/g for @complaints, $place;
    my %said = (wrong => [], untidy => []);
    push @{ $said{ /\buntidy/ ? 'untidy' : 'wrong' } }, $_ for @complaints;
    for my $kind (keys %said) {
        push @{ $sweep->{$kind}{ join '; ', @{ $said{$kind} } } }, $place if @{ $said{$kind} };
    }
    $sweep->{failures}++ if @{ $said{wrong} };
    return;
}

1;
