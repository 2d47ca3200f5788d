package Bench::SnapshotContender;

# Who is measured at linked clones and at consolidating a delta. Of ours the one call counts that
# does it, VMClone or VMRemoveSnapshot: machine and snapshot are already open in a script that gets
# this far. Of qemu-img the whole process counts, since there is no other way to have it done. The bare
# files of a clone (see bare_clones.cpp) are no disk; theirs is what is left of the time where nothing
# but the file system works.

use strict;
use warnings;

use Bench::Command qw(run_command command_output);
use Bench::Vix ();

my %CONTENDERS = (
    linked => contender('VMClone, linked', 'vmclone', 'warm', linked_clone('FALSE')),
    linked_s => contender('VMClone, linked', 'vmclone', 'fsync', linked_clone('TRUE')),
    create => contender('qemu-img create -b', 'qemu', 'warm', create()),
    create_s => contender('qemu-img create -b, sync', 'qemu', 'fsync', synced(create())),
    bare => contender('bare files', 'bare', 'warm', bare()),
    bare_s => contender('bare files', 'bare', 'fsync', bare('--fsync')),
    remove => consolidator('VMRemoveSnapshot', 'vmclone', 'warm', remove_snapshot('FALSE')),
    remove_s => consolidator('VMRemoveSnapshot', 'vmclone', 'fsync', remove_snapshot('TRUE')),
    commit => consolidator('qemu-img commit', 'qemu', 'warm', commit()),
    commit_s => consolidator('qemu-img commit, sync', 'qemu', 'fsync', synced(commit())),
);

sub named {
    my ($key) = @_;
    return $CONTENDERS{$key};
}

sub contender {
    my ($name, $group, $mode, $run) = @_;
    return {name => $name, group => $group, mode => $mode, run => $run, once => 0};
}

# Changes what it is given, so it gets a machine of its own; making that is not timed.
sub consolidator {
    my @what = @_;
    return {
        %{contender(@what)},
        prepare => sub {
            my ($source, $folder) = @_;
            run_command('cp', '-r', $source->{folder}, "$folder/vm");
        }
    };
}

sub linked_clone {
    my ($sync) = @_;
    return sub {
        my ($source, $folder) = @_;
        my $vmx = "$folder/clone/clone.vmx";
        my $seconds = Bench::Vix::clone_linked($source->{vmx}, $vmx, $sync);
        return ("$folder/clone/disk-cl1.vmdk", $seconds);
    };
}

sub create {
    return sub {
        my ($source, $folder) = @_;
        my $disk = "$folder/clone.vmdk";
        run_command('qemu-img', 'create', '-q', '-f', 'vmdk', '-b', $source->{top}, '-F', 'vmdk',
            $disk);
        return ($disk, undef, [$disk, $folder]);
    };
}

sub bare {
    my @flags = @_;
    return sub {
        my ($source, $folder, $tools) = @_;
        my ($all, $seconds) = command_output("$tools/bare_clones", @flags, $folder, 1);
        return (undef, $seconds + 0);
    };
}

sub remove_snapshot {
    my ($sync) = @_;
    return sub {
        my ($source, $folder) = @_;
        my $seconds = Bench::Vix::remove_snapshot("$folder/vm/vm.vmx", $sync);
        return ("$folder/vm/disk.vmdk", $seconds);
    };
}

sub commit {
    return sub {
        my ($source, $folder) = @_;
        my $vm = "$folder/vm";
        run_command('qemu-img', 'commit', '-q', '-f', 'vmdk', "$vm/disk-000001.vmdk");
        return ("$vm/disk.vmdk", undef, [glob("$vm/disk*.vmdk"), $vm]);
    };
}

# With the files that it changed on the disk.
sub synced {
    my ($run) = @_;
    return sub {
        my ($top, $seconds, $changed) = $run->(@_);
        run_command('sync', @$changed);
        return $top;
    };
}

1;
