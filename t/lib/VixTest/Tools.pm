package VixTest::Tools;

# Runs other programs, always with a list of arguments and never through a shell, and compares disks
# with qemu-img and vmdkinfo.

use strict;
use warnings;

use Exporter 'import';
use File::Temp ();
use POSIX      ();

use VixTest::Files qw(content_difference slurp_file);

our @EXPORT_OK = qw(have_tool run_tool qemu_check qemu_compare qemu_content_difference vmdkinfo
    qemu_info);

# The full path of a program, or nothing.
sub have_tool {
    my ($name)  = @_;
    my ($found) = grep {-x} map {"$_/$name"} split /:/, $ENV{PATH};
    return $found;
}

# Returns { status, signal, out, err } of a program that has run to its end. Asserts nothing.
sub run_tool {
    my (@command) = @_;
    open my $out, '+>', undef or die "temporary file: $!";
    open my $err, '+>', undef or die "temporary file: $!";
    my $pid = fork;
    die "fork: $!" if !defined $pid;
    if ($pid == 0) {
        open STDIN, '<', '/dev/null' or POSIX::_exit(126);
        open STDOUT, '>&', $out      or POSIX::_exit(126);
        open STDERR, '>&', $err      or POSIX::_exit(126);
        { no warnings 'exec'; exec { $command[0] } @command; }
        POSIX::_exit(127);
    }
    waitpid $pid, 0;
    return {
        status => $? >> 8,
        signal => $? & 127,
        out    => slurp_file($out),
        err    => slurp_file($err),
    };
}

# Empty if the program succeeded; otherwise all its output.
sub _complaint {
    my (@command) = @_;
    my $run = run_tool(@command);
    return '' if $run->{status} == 0 && $run->{signal} == 0;
    return "@command: status $run->{status} signal $run->{signal}\n$run->{out}$run->{err}";
}

sub qemu_check {
    my ($disk) = @_;
    return _complaint('qemu-img', 'check', '-q', '-f', 'vmdk', $disk);
}

sub qemu_compare {
    my ($disk, $other) = @_;
    return _complaint('qemu-img', 'compare', '-f', 'vmdk', '-F', 'vmdk', $disk, $other);
}

sub vmdkinfo {
    my ($disk) = @_;
    return _complaint('vmdkinfo', $disk);
}

sub qemu_info {
    my ($disk) = @_;
    return run_tool('qemu-img', 'info', '-f', 'vmdk', $disk)->{out};
}

# Empty if QEMU reads exactly the model's bytes from the disk; otherwise the difference.
sub qemu_content_difference {
    my ($disk, $content) = @_;
    my $dir = File::Temp->newdir;
    my $raw = "$dir/disk.raw";
    my $complaint
        = _complaint('qemu-img', 'convert', '-f', 'vmdk', '-O', 'raw', '-S', '4k', $disk, $raw);
    return $complaint || content_difference($raw, $content);
}

1;
