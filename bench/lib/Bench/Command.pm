package Bench::Command;

# Runs other programs: quietly, and with what they said in the error when they fail.

use strict;
use warnings;

use Exporter qw(import);
use File::Temp ();
use POSIX ();

our @EXPORT_OK = qw(run_command feed_command command_output find_program);

# No pipe is read while the program runs, so a timed program never waits for us.
sub run_command {
    my @command = @_;
    my $log = File::Temp->new;
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        become($log, @command);
    }
    wait_for($pid);
    die_with_log(\@command, $log) if $?;
    return;
}

# Gives `lines` to the program's standard input. qemu-io reports a failed line without failing
# itself, so `$trouble` is a pattern that its output must not match.
sub feed_command {
    my ($lines, $trouble, @command) = @_;
    my $input = File::Temp->new;
    print {$input} "$_\n" for @$lines;
    close $input or die "$input: $!\n";
    my $log = File::Temp->new;
    my $pid = fork // die "fork: $!\n";
    if (!$pid) {
        open STDIN, '<', $input->filename or POSIX::_exit(126);
        become($log, @command);
    }
    wait_for($pid);
    die_with_log(\@command, $log) if $? || log_text($log) =~ $trouble;
    return;
}

sub command_output {
    my @command = @_;
    open my $pipe, '-|', @command or die "$command[0]: $!\n";
    my @lines = <$pipe>;
    close $pipe or die "@command: failed\n";
    return wantarray ? @lines : join q{}, @lines;
}

sub find_program {
    my ($name) = @_;
    my @folders = (split(/:/, $ENV{PATH} // q{}), '/usr/sbin', '/sbin');
    my ($found) = grep { -x } map { "$_/$name" } @folders;
    return $found;
}

# In the child: no perl of ours may go on there, whatever fails.
sub become {
    my ($log, @command) = @_;
    open STDOUT, '>&', $log or POSIX::_exit(126);
    open STDERR, '>&', $log or POSIX::_exit(126);
    no warnings 'exec';
    exec {$command[0]} @command;
    POSIX::_exit(127);
}

# A signal handler that dies must not leave the program at work on a folder that is being removed.
sub wait_for {
    my ($pid) = @_;
    return if eval { waitpid $pid, 0; 1 };
    my $error = $@;
    kill TERM => $pid;
    waitpid $pid, 0;
    die $error;
}

sub log_text {
    my ($log) = @_;
    open my $in, '<', $log->filename or die $log->filename, ": $!\n";
    local $/ = undef;
    return scalar(<$in>) // q{};
}

sub die_with_log {
    my ($command, $log) = @_;
    my $text = substr log_text($log), -600;
    die "@$command: failed ($?)\n$text\n";
}

1;
