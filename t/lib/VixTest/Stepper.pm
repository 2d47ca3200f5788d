package VixTest::Stepper;

# Runs a VIX call in a child whose system calls call_stepper.cpp steps through, so that one of them
# can be the last thing the child does, fail, or transfer less than requested. Can do so for every
# such call in turn. Asserts nothing.

use strict;
use warnings;

use Exporter 'import';
use File::Basename qw(dirname);
use POSIX          ();

use VixTest::Calls qw(host);
use VixTest::Files qw(slurp temp_dir);
use VixTest::Tools qw(run_tool);

our @EXPORT_OK = qw(can_step stepped numbers_to_try);

# The kernel's numbers, for x86-64; the two without a name are call_stepper.cpp's own.
my ($SYS_PRCTL, $SYS_SECCOMP, $SYS_BEGIN, $SYS_END) = (157, 317, 1000, 1001);
my $PR_SET_NO_NEW_PRIVS     = 38;
my $SECCOMP_SET_MODE_FILTER = 1;

my ($STEPPER, $KEEP, %FILTER, @NAMES);

# Why it cannot be done here; nothing if it can.
sub can_step {
    return 'only on x86-64' if (POSIX::uname())[4] ne 'x86_64';
    return if eval { _prepare(); 1 };
    return $@;
}

sub _prepare {
    return if $STEPPER;
    my $source = dirname(__FILE__) . '/call_stepper.cpp';
    my $build  = dirname(__FILE__) . '/../../../build';
    $KEEP = temp_dir();
    my $program = (-w $build ? $build : "$KEEP") . '/call_stepper';
    if (!-x $program || -M $program > -M $source) {
        my $new = "$program.$$";
        my $run = run_tool('g++', qw(-std=c++20 -O1 -o), $new, $source);
        die "the stepper does not compile: $run->{err}" if $run->{status};
        rename $new, $program or die "rename: $!";
    }
    for my $calls (qw(write all)) {
        my $run = run_tool($program, '--filter', $calls);
        die "no filter: $run->{err}" if $run->{status};
        $FILTER{$calls} = $run->{out};
    }
    @NAMES = split ' ', run_tool($program, '--names')->{out};
    host();    # before the fork, so that its calls do not count
    $STEPPER = $program;
    return;
}

# The result of `$do`, which returns a VIX code, in a child that writes nothing by other means.
# Optional: at and action (see call_stepper.cpp), calls ("write": those that change files, "all":
# also those that only read), only (a pattern for the names of those that count), journal (a file).
#
# { calls => how many there were, at => the one at which something was done, signal, code, detail,
#   files and threads => how many more of them the child had after it than before }
sub stepped {
    my ($do, %may) = @_;
    _prepare();
    pipe my $go_read,  my $go_write or die "pipe: $!";
    pipe my $out_read, my $out_write or die "pipe: $!";
    my $report = "$KEEP/report";
    unlink $report;
    my $pid = fork;
    die "fork: $!" if !defined $pid;
    if (!$pid) {
        close $out_read;
        my $child = fork;
        POSIX::_exit(3) if !defined $child;
        if (!$child) {
            close $go_write;
            _child($go_read, $out_write, $do, $may{calls} || 'write');
        }
        close $out_write;
        $^F = 255;
        my $go = POSIX::dup(fileno $go_write);
        my @at = (defined $may{at} ? $may{at} : -1, $may{action} || 'none');
        my $names = join ',', grep { !$may{only} || /$may{only}/ } @NAMES;
        my @journal = $may{journal} ? $may{journal} : ();
        exec {$STEPPER} $STEPPER, $child, $go, $report, @at, $names, @journal
            or POSIX::_exit(4);
    }
    close $_ for $go_read, $go_write, $out_write;
    my $out = do { local $/ = undef; <$out_read> };
    waitpid $pid, 0;
    die "the stepper ended with $?" if $?;
    return _outcome(slurp($report), $out);
}

sub _outcome {
    my ($report, $out) = @_;
    my ($calls) = $report =~ /^calls (\d+)$/m;
    my ($at)    = $report =~ /^at (.*)$/m;
    my ($how, $number) = $report =~ /^end (\w+) (\d+)$/m;
    my %outcome = (calls => $calls, at => $at, signal => $how eq 'signal' ? $number : 0);
    $outcome{exit} = $how eq 'exit' ? $number : 0;
    @outcome{qw(code files threads detail)} = split /\t/, $out, 4;
    return \%outcome;
}

sub _child {
    my ($go, $out, $do, $calls) = @_;
    sysread $go, my $byte, 1 or POSIX::_exit(5);
    my $filter  = $FILTER{$calls};
    my $program = pack 'S x6 P', length($filter) / 8, $filter;
    syscall($SYS_PRCTL, $PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0         or POSIX::_exit(6);
    syscall($SYS_SECCOMP, $SECCOMP_SET_MODE_FILTER, 0, $program) == 0 or POSIX::_exit(7);
    my @before = _open_things();
    syscall($SYS_BEGIN);
    my $code = eval { $do->() };
    syscall($SYS_END);
    $code = -1 if !defined $code;
    my $detail = $@ || VMware::Vix::last_error_detail();
    my @after  = _open_things();
    utf8::encode($detail) if utf8::is_utf8($detail);
    syswrite $out, join "\t", $code, $after[0] - $before[0], $after[1] - $before[1], $detail;
    POSIX::_exit(0);
}

# The numbers of descriptors and threads of this process.
sub _open_things {
    return map { opendir my $dir, "/proc/self/$_" or die "$_: $!"; scalar(() = readdir $dir) }
        qw(fd task);
}

# All the numbers below `$count`, or `$some` of them, equally many from each part of it.
sub numbers_to_try {
    my ($count, $some) = @_;
    return 0 .. $count - 1 if !$some || $some >= $count;
    return map { int(($_ + rand 1) * $count / $some) } 0 .. $some - 1;
}

1;
