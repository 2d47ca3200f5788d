#!/usr/bin/perl
# A clone that fails midway leaves nothing, not even the folders made for it; several at a time do
# not harm each other.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VixTest;
use VixTest::Calls      qw(clone_vm start_clone);
use VixTest::CloneJudge qw(clone_complaints);
use VixTest::Files      qw(list_files);
use VixTest::Tools      qw(run_tool);

my $keep = temp_dir();

# The last grain of the last disk is damaged, so that all the rest has been written before.
my $half = make_vm(
    dir   => "$keep/half",
    disks => [
        { type => 'monolithicFlat', size_mb => 8 },
        {   type    => 'streamOptimized',
            content => [[0, 8192, 'noise']],
            sparse  => { corrupt => { 63 => sub { 'x' x length $_[0] } } }
        },
    ],
);
{
    my $before = folder_digest($half->{dir});
    is(clone_vm($half->{vmx}, "$keep/a/b/c/copy.vmx")->{err},
        VIX_E_DISK_NEEDSREPAIR, 'it fails when much is done');
    ok(!-e "$keep/a", 'the folders made for it are gone');
    is(folder_digest($half->{dir}), $before, 'the source is untouched');

    mkdir "$keep/mine";
    spew("$keep/mine/notes.txt", 'mine');
    is(clone_vm($half->{vmx}, "$keep/mine/copy.vmx")->{err},
        VIX_E_DISK_NEEDSREPAIR, 'the same in a folder that is there');
    is_deeply([list_files("$keep/mine")], ['notes.txt'], 'the folder stays, with what was in it');
}

my $vm = make_vm(
    dir   => "$keep/source",
    disks => [
        { type => 'monolithicFlat', content       => [[0, 8192, 5]] },
        { type => 'twoGbMaxExtentSparse', content => [[0, 8000, 6]] }
    ]
);
my $before = folder_digest($vm->{dir});

sub is_whole {
    my ($what, $dir) = @_;
    is_deeply([clone_complaints($vm, $dir, qemu => 0)], [], "$what: whole");
    is_deeply([grep {/staging|\.lck/} list_files($dir)], [], "$what: nothing else");
    return;
}

{
    mkdir "$keep/left";
    mkdir "$keep/left/.vix-staging-copy";
    spew("$keep/left/.vix-staging-copy/$_", 'old') for 'alpha-cl1.vmdk', 'copy.vmx', 'junk';
    is(clone_vm($vm->{vmx}, "$keep/left/copy.vmx")->{err},
        VIX_OK, 'the staging folder of a clone that died is no obstacle');
    is_whole('behind a dead one', "$keep/left");
}
{
    mkdir "$keep/empty";
    is(clone_vm($vm->{vmx}, "$keep/empty/copy.vmx")->{err},
        VIX_OK, 'an empty folder is no obstacle');
    is_whole('in an empty folder', "$keep/empty");
}

# Several at a time.
for my $round (1 .. 8) {
    my $dir  = "$keep/race$round";
    my @pids = map { start_clone($vm->{vmx}, "$dir/copy.vmx", "$keep/race$round.$_") } 1 .. 3;
    waitpid $_, 0 for @pids;
    my @codes = sort { $a <=> $b } map { slurp("$keep/race$round.$_") =~ /^(\d+)/ } 1 .. 3;
    is($codes[0], VIX_OK, "round $round: of three to one destination one succeeds");
    is_deeply(
        [grep { $_ != VIX_E_FILE_ALREADY_EXISTS && $_ != VIX_E_FILE_ALREADY_LOCKED } @codes[1, 2]],
        [],
        "round $round: the others hear that somebody is there"
    ) or diag(map { slurp("$keep/race$round.$_") } 1 .. 3);
    is_whole("round $round", $dir);
}
{
    my @pids = map { start_clone($vm->{vmx}, "$keep/apart$_/copy.vmx", "$keep/apart.$_") } 1 .. 4;
    waitpid $_, 0 for @pids;
    is_deeply(
        [map { slurp("$keep/apart.$_") =~ /^(\d+)/ } 1 .. 4],
        [(VIX_OK) x 4],
        'four clones of one source at a time all succeed'
    );
    is_whole("clone $_", "$keep/apart$_") for 1 .. 4;
}
is(folder_digest($vm->{dir}), $before, 'after all this the source is untouched');

# No room.
sub mounted {
    my ($options) = @_;
    mkdir "$keep/mount";
    return run_tool('mount', '-t', 'tmpfs', '-o', $options, 'vixtest', "$keep/mount")->{status}
        == 0;
}

SKIP: {
    skip 'needs root to mount small file systems', 1 if $> != 0 || !mounted('size=1m');
    run_tool('umount', "$keep/mount");

    for my $kib (64, 1024, 4096, 4200, 6144, 8000, 8192) {
        mounted("size=${kib}k") or die 'mount';
        my $result = clone_vm($vm->{vmx}, "$keep/mount/clone/copy.vmx");
        if ($result->{err} == VIX_OK) {
            is_whole("$kib KiB", "$keep/mount/clone");
        }
        else {
            is($result->{err}, VIX_E_DISK_FULL, "$kib KiB are not enough") or diag($result->{text});
            is_deeply([list_files("$keep/mount")], [], "$kib KiB: nothing is left");
        }
        run_tool('umount', "$keep/mount");
    }
    for my $files (1 .. 8) {
        mounted("nr_inodes=$files") or die 'mount';
        my $result = clone_vm($vm->{vmx}, "$keep/mount/clone/copy.vmx");
        is($result->{err}, VIX_E_DISK_FULL, "room for $files files only") or diag($result->{text});
        is_deeply([list_files("$keep/mount")], [], "room for $files files only: nothing is left");
        run_tool('umount', "$keep/mount");
    }
    mounted('ro') or die 'mount';
    is(clone_vm($vm->{vmx}, "$keep/mount/clone/copy.vmx")->{err},
        VIX_E_FILE_READ_ONLY, 'a file system that may not be written');
    run_tool('umount', "$keep/mount");
    is(folder_digest($vm->{dir}), $before, 'the source is untouched');
}

done_testing();

# A mount that a failed test left must not outlive it, nor may this change how the test exits.
END {
    local $?;
    run_tool('umount', "$keep/mount") if $keep && -d "$keep/mount" && $> == 0;
}
