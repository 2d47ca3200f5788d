#!/usr/bin/perl
# A parent that was moved together with its linked clones, though they name each other by absolute
# paths: it is found, stays protected, and its list is kept.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls         qw(open_vm);
use VixTest::SnapshotCalls qw(delete_vm full_clone linked_clone remove_snapshot take_snapshot);
use VixTest::SnapshotDisk  qw(guest_reads guest_writes set_content_id);
use VixTest::SnapshotState qw(snapshot_of);

$ENV{VIX_CLONE_SYNC} = 'FALSE';    # no power will fail

my @SLOTS = ('scsi0:0', 'scsi0:1', 'sata0:0');

# A folder with a machine of several disks of all kinds, a linked clone of its snapshot "base" and,
# in a folder further down, a linked clone of that one's; what the last one reads.
sub family {
    my ($root) = @_;
    mkdir $root or die "$root: $!";
    my $vm = make_vm(
        dir   => "$root/parent",
        disks => [
            { size_mb => 1 },
            { size_mb => 2, slot => 'scsi0:1', type => 'twoGbMaxExtentSparse' },
            { size_mb => 1, slot => 'sata0:0', type => 'twoGbMaxExtentFlat' },
        ]
    );
    my $err = take_snapshot($vm->{vmx}, 'base');
    $err ||= linked_clone($vm->{vmx}, [0], "$root/clone/c.vmx");
    die "family: $err" if $err;
    guest_writes("$root/clone/c.vmx", $_, [5, 50, 5]) for @SLOTS;
    $err = take_snapshot("$root/clone/c.vmx", 'own');
    $err ||= linked_clone("$root/clone/c.vmx", [0], "$root/down/there/d.vmx");
    die "family: $err" if $err;
    return { map { $_ => guest_writes("$root/down/there/d.vmx", $_, [9, 80, 6]) } @SLOTS };
}

# A full clone stands on nobody, so it can be read by itself.
sub reads_as {
    my ($vmx, $reads, $keep, $what) = @_;
    is(full_clone($vmx, undef, "$keep/full/f.vmx"), VIX_OK, "$what: it can be cloned fully");
    is_deeply([grep { guest_reads("$keep/full/f.vmx", $_) ne $reads->{$_} } @SLOTS],
        [], "$what: it reads as before");
    is(delete_vm("$keep/full/f.vmx"), VIX_OK, 'away with that');
    return;
}

my @MOVES = (
    ['the folder of both renamed', 'now'],
    ['moved further down',         'a/new/place/now'],
    ['to a folder that it had',    'here/here/here'],
);
for my $move (@MOVES) {
    my ($what, $place) = @{$move};
    my $keep  = temp_dir();
    my $reads = family("$keep/here");
    my $now   = "$keep/$place";
    rename "$keep/here", "$keep/moving" or die "rename: $!";
    system 'mkdir', '-p', '--', $now =~ s{/[^/]+$}{}r and die 'mkdir';
    rename "$keep/moving", $now or die "rename: $!";

    my $parent = "$now/parent/alpha.vmx";
    my $clone  = "$now/clone/c.vmx";
    my $last   = "$now/down/there/d.vmx";
    is((open_vm($_))[0], VIX_OK, "$what: it opens") for $parent, $clone, $last;
    reads_as($last, $reads, $keep, "$what, a clone of a clone");

    is(take_snapshot($last, 'later'), VIX_OK, "$what: a snapshot of it");
    is(linked_clone($last, [0], "$keep/new/n.vmx"), VIX_OK, "$what: a linked clone of it");
    reads_as("$keep/new/n.vmx", $reads, $keep, "$what, a new linked clone");

    is(remove_snapshot($_, [0]), VIX_E_SNAPSHOT_DISKLOCKED, "$what: its snapshot is protected")
        for $parent, $clone, $last;
    {
        local $ENV{VIX_DELETE_PROTECTPARENTS} = 'TRUE';
        is(delete_vm($parent), VIX_E_SNAPSHOT_NOPERM, "$what: so is the parent");
    }
    is(delete_vm("$keep/new/n.vmx"), VIX_OK, "$what: without the new one");
    is(delete_vm($last),             VIX_OK, "$what: and the clone");
    is(snapshot_of($clone, 1)->{numclones} || 0, 0, "$what: it is off the list");
    is(remove_snapshot($clone, [0]), VIX_OK, "$what: nothing needs the snapshot");
    is(delete_vm($clone),            VIX_OK, "$what: nor its owner");
    is(snapshot_of($parent, 1)->{numclones} || 0, 0, "$what: it is off the list");
    is(remove_snapshot($parent, [0]), VIX_OK, "$what: nothing needs the parent's");
}

# ---- what is no parent any more
{
    my $keep = temp_dir();
    family("$keep/here");
    rename "$keep/here", "$keep/now" or die "rename: $!";
    set_content_id("$keep/now/parent/alpha.vmdk");
    is((open_vm("$keep/now/clone/c.vmx"))[0],
        VIX_E_DISK_OPENPARENT, 'moved along but changed: not taken for the parent');
    like(GetErrorText(VIX_E_DISK_OPENPARENT),
        qr{\Q$keep/here/parent/alpha.vmdk\E}, 'the detail names the one that is missing');
}
{
    my $keep = temp_dir();
    family("$keep/here");
    mkdir "$keep/other"                               or die "mkdir: $!";
    rename "$keep/here/clone", "$keep/other/clone"    or die "rename: $!";
    is(remove_snapshot("$keep/here/parent/alpha.vmx", [0]),
        VIX_OK, 'a clone that went alone is none of the parent\'s');
}

# ---- a copy of all
{
    my $keep  = temp_dir();
    my $reads = family("$keep/here");
    system('cp', '-r', '--', "$keep/here", "$keep/copy") and die 'cp';
    my $parent = "$keep/copy/parent/alpha.vmx";
    is(remove_snapshot($parent, [0]), VIX_E_SNAPSHOT_DISKLOCKED, 'a copy: protected, too');
    system('rm', '-rf', '--', "$keep/here") and die 'rm';
    is((open_vm("$keep/copy/down/there/d.vmx"))[0], VIX_OK, 'it serves when the original is gone');
    reads_as("$keep/copy/down/there/d.vmx", $reads, $keep, 'a copy');
}

# ---- an extent of the parent is gone
for my $kind (qw(s f)) {
    my $keep = temp_dir();
    family("$keep/here");
    my ($file) = grep { !/-\d{6}-/ } glob "$keep/here/parent/*-${kind}001.vmdk";
    my $gone   = $file =~ s{.*/}{}r;
    my $vmx = "$keep/here/down/there/d.vmx";
    my (undef, $handle) = open_vm($vmx);
    rename $file, "$file.away" or die "rename $file: $!";
    my $says = qr{\Q$gone\E.*looked in \Q$keep/here/parent\E};
    is((open_vm($vmx))[0], VIX_E_DISK_OPENPARENT, "$gone is gone: it cannot be opened");
    like(GetErrorText(VIX_E_DISK_OPENPARENT), $says, 'the detail names it, and the folder');
    is_deeply([VMClone($handle, 0, $_, "$keep/new/n.vmx", 0, 0)],
        [VIX_E_DISK_OPENPARENT, 0], "$gone is gone: clone ($_)")
        for VIX_CLONETYPE_FULL, VIX_CLONETYPE_LINKED;
    is_deeply([VMCreateSnapshot($handle, 'x', '', 0, 0)],
        [VIX_E_DISK_OPENPARENT, 0], "$gone is gone: snapshot");
    ok(!-e "$keep/new", 'nothing was made');
    rename "$file.away", $file or die "rename: $!";
    is((open_vm($vmx))[0], VIX_OK, 'back again: it opens');
}

done_testing();
