package Bench::Contender;

# Who is measured. Each is what one would type to get the copy, and is timed from start to exit; the
# VMClone of this project runs inside the process that measures, as it runs inside a user's script.
# Those of snapshots and linked clones are in Bench::SnapshotContender.

use strict;
use warnings;

use File::Glob qw(bsd_glob);

use Bench::Command qw(run_command);
use Bench::SnapshotContender ();
use Bench::Vix ();

# Of qemu-img, the group `qemu` is judged, the one without flags that change how it works; `qemu-w`
# where a target names it.
#
# Keys that end in _s belong to the mode `fsync`: all data are on the disk when the time is taken.
# qemu-img's own way to that, `-t writeback`, flushes after every grain table entry and is several
# times slower than converting first and syncing then; so the faster way stands for it.
my %CONTENDERS = (
    vmclone => contender('VMClone', 'vmclone', 'warm', vix_clone('FALSE')),
    vmclone_s => contender('VMClone', 'vmclone', 'fsync', vix_clone('TRUE')),
    cp => contender('cp', 'copy', 'warm', copy_files()),
    cp_s => contender('cp, sync', 'copy', 'fsync', synced(copy_files())),
    never => contender('cp --reflink=never', 'copy', 'warm', copy_files('--reflink=never')),
    never_s => contender('cp --reflink=never, sync', 'copy', 'fsync',
        synced(copy_files('--reflink=never'))),
    reflink => contender('cp --reflink=always', 'reflink', 'warm',
        copy_files('--reflink=always')),
    reflink_s => contender('cp --reflink=always, sync', 'reflink', 'fsync',
        synced(copy_files('--reflink=always'))),
    two => contender('two-thread copy', 'copy', 'warm', two_threads()),
    two_s => contender('two-thread copy, fsync', 'copy', 'fsync', two_threads('--fsync')),
    qemu => contender('qemu-img convert', 'qemu', 'warm', convert()),
    qemu_once => once(contender('qemu-img convert', 'qemu', 'warm', convert())),
    qemu_w => contender('qemu-img convert -W', 'qemu-w', 'warm', convert('-W')),
    qemu_s => contender('qemu-img convert, sync', 'qemu', 'fsync', synced(convert())),
    qemu_w_s => contender('qemu-img convert -W, sync', 'qemu-w', 'fsync',
        synced(convert('-W'))),
    qemu_none => once(contender('qemu-img convert -W -t none', 'qemu-flags', 'fsync',
        convert('-W', '-t', 'none'))),
);

sub named {
    my ($key) = @_;
    my $contender = $CONTENDERS{$key} // Bench::SnapshotContender::named($key)
        or die "no contender $key\n";
    return {%$contender, key => $key};
}

# `run` makes the copy of a source (see Bench::Source) inside an empty folder and gives the path of
# the copied disk; the seconds, too, if only a part of it counts. `once` marks those too slow for
# more than one round.
sub contender {
    my ($name, $group, $mode, $run) = @_;
    return {name => $name, group => $group, mode => $mode, run => $run, once => 0};
}

sub once {
    my ($contender) = @_;
    return {%$contender, once => 1};
}

sub vix_clone {
    my ($sync) = @_;
    return sub {
        my ($source, $folder) = @_;
        Bench::Vix::clone_vm($source->{vmx}, "$folder/clone/clone.vmx", $sync);
        return "$folder/clone/disk-cl1.vmdk";
    };
}

sub copy_files {
    my @flags = @_;
    return sub {
        my ($source, $folder) = @_;
        run_command('cp', @flags, @{$source->{files}}, $folder);
        return copied_top($source, $folder);
    };
}

sub two_threads {
    my @flags = @_;
    return sub {
        my ($source, $folder, $tools) = @_;
        run_command("$tools/two_thread_copy", @flags, @{$source->{files}}, $folder);
        return copied_top($source, $folder);
    };
}

sub convert {
    my @flags = @_;
    return sub {
        my ($source, $folder) = @_;
        run_command('qemu-img', 'convert', @flags, '-f', 'vmdk', '-O', 'vmdk', '-o',
            "subformat=$source->{clone_kind}", $source->{top}, "$folder/clone.vmdk");
        return "$folder/clone.vmdk";
    };
}

# coreutils' sync with names is an fsync of each.
sub synced {
    my ($run) = @_;
    return sub {
        my ($source, $folder, $tools) = @_;
        my $top = $run->($source, $folder, $tools);
        run_command('sync', bsd_glob("$folder/*"), $folder);
        return $top;
    };
}

sub copied_top {
    my ($source, $folder) = @_;
    my ($name) = $source->{top} =~ m{([^/]+)\z};
    return "$folder/$name";
}

1;
