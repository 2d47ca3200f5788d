package VixTest::Jobs;

# For tests of jobs: a machine whose clone takes a while, a machine that is held, and calls that start
# a clone.

use strict;
use warnings;

use Exporter 'import';
use Fcntl qw(:flock);

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest qw(make_vm);

our @EXPORT = qw(slow_machine hold_folder start_clone_job wait_for_job leftovers);

# A machine with a flat disk of this many MiB without holes, so that copying takes its time.
sub slow_machine {
    my ($dir, $size_mb) = @_;
    my $vm = make_vm(
        dir   => $dir,
        name  => 'slow',
        disks => [{ type => 'monolithicFlat', size_mb => $size_mb }],
    );
    my $block = join '', map { pack 'N', $_ * 2654435761 % 2**32 } 1 .. 2**18;
    open my $disk, '+<:raw', "$dir/slow-flat.vmdk" or die "slow-flat.vmdk: $!";
    print {$disk} $block or die $! for 1 .. $size_mb;
    close $disk or die $!;
    return $vm;
}

# Locks a machine's folder as another process of ours does. Calls that take or need a snapshot of the
# machine, change it or delete it wait until the returned file is closed, at most 30 seconds.
sub hold_folder {
    my ($dir) = @_;
    open my $folder, '<', $dir or die "$dir: $!";
    flock $folder, LOCK_EX or die "flock: $!";
    return $folder;
}

# Starts a full clone; returns its job.
sub start_clone_job {
    my ($vm, $destination, @callback) = @_;
    return VMware::Vix::API::VM::Clone($vm, VIX_INVALID_HANDLE, VIX_CLONETYPE_FULL, $destination,
        0, VIX_INVALID_HANDLE, @callback);
}

# The requested values of a job; releases the job.
sub wait_for_job {
    my ($job, @ids) = @_;
    my @values = VMware::Vix::API::Job::Wait($job, @ids);
    ReleaseHandle($job);
    return @values;
}

# The names in a folder, including hidden ones.
sub leftovers {
    my ($dir) = @_;
    opendir my $handle, $dir or die "$dir: $!";
    return [sort grep { !/\A\.\.?\z/ } readdir $handle];
}

1;
