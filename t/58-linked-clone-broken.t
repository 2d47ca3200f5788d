#!/usr/bin/perl
# A linked clone whose parent is missing or was changed: each call answers with the precise error
# and names the parent and where it was looked for; a parent that is found again serves again.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls         qw(open_vm);
use VixTest::SnapshotCalls qw(delete_vm full_clone linked_clone remove_snapshot revert_to
    take_snapshot);
use VixTest::SnapshotDisk qw(content_id guest_reads guest_writes present_path put_bytes
    set_content_id sectors);
use VixTest::SnapshotState qw(folder_changes);
use VixTest::Vmx           qw(read_vmx);

$ENV{VIX_CLONE_SYNC} = 'FALSE';    # no power will fail

# (the parent, the .vmx of a linked clone of its snapshot "base", which has snapshot "own", what it
# reads, the folder of all)
sub family {
    my ($disk, %may) = @_;
    my $keep = temp_dir();
    my $vm   = make_vm(dir => "$keep/parent", disks => [{ size_mb => 1, %{ $disk || {} } }]);
    my $vmx  = "$keep/clone/c.vmx";
    my $err  = take_snapshot($vm->{vmx}, 'base');
    $err ||= linked_clone($vm->{vmx}, [0], $vmx);
    $err ||= take_snapshot($vmx, 'own') if !$may{bare};
    die "family: $err" if $err;
    return ($vm, $vmx, guest_writes($vmx, 'scsi0:0', [5, 50, 5]), $keep);
}

# Each call on the clone answers so.
sub is_broken {
    my ($what, $vmx, $code, $says, $keep) = @_;
    my ($dir) = $vmx =~ m{^(.*)/};
    my $before = folder_digest($dir);
    my ($err, $handle) = open_vm($vmx);
    is_deeply([$err, $handle], [$code, 0], "$what: it cannot be opened: $code");
    like(GetErrorText($err), $says, "$what: says which parent");
    is_deeply([folder_changes($before, $dir)], [], "$what: nothing was touched");
    return;
}

# The same behind a handle that was opened while all was well.
sub calls_answer {
    my ($what, $handle, $code, $keep) = @_;
    is_deeply([VMClone($handle, 0, $_, "$keep/new/n.vmx", 0, 0)], [$code, 0], "$what: clone ($_)")
        for VIX_CLONETYPE_FULL, VIX_CLONETYPE_LINKED;
    ok(!-e "$keep/new", "$what: nothing was made");
    is_deeply([VMCreateSnapshot($handle, 'x', '', 0, 0)], [$code, 0], "$what: snapshot");
    return;
}

# ---- missing
{
    my ($vm, $vmx, $reads, $keep) = family();
    my (undef, $handle) = open_vm($vmx);
    my $disk = "$vm->{dir}/alpha.vmdk";
    rename $disk, "$keep/away.vmdk" or die "rename: $!";
    my $says = qr/\Q$disk\E.*\Q$vm->{dir}\E/;
    calls_answer('no parent disk', $handle, VIX_E_DISK_OPENPARENT, $keep);
    is(VMRevertToSnapshot($handle, (VMGetRootSnapshot($handle, 0))[1], 0, 0),
        VIX_E_DISK_OPENPARENT, 'no parent disk: revert');
    ReleaseHandle($handle);
    is_broken('no parent disk', $vmx, VIX_E_DISK_OPENPARENT, $says);
    rename "$keep/away.vmdk", $disk or die "rename: $!";
    is((open_vm($vmx))[0], VIX_OK, 'the parent is back: it opens');
    ok(guest_reads($vmx) eq $reads, 'and reads as before');
}
{
    my ($vm, $vmx, $reads, $keep) = family();
    rename $vm->{dir}, "$keep/moved" or die "rename: $!";
    is_broken('a parent that has moved', $vmx, VIX_E_DISK_OPENPARENT, qr{\Q$keep/parent\E});

    my $text = slurp($vmx);
    $text =~ s/^fileSearchPath = .*/fileSearchPath = ".;$keep\/moved"/m or die 'no search path';
    spew($vmx, $text);
    is((open_vm($vmx))[0], VIX_OK, 'the new folder in fileSearchPath: it opens');
    is(full_clone($vmx, undef, "$keep/w/w.vmx"), VIX_OK, 'and can be cloned');
    ok(guest_reads("$keep/w/w.vmx") eq $reads, 'as it was');
}
{
    my ($vm, $vmx, $reads, $keep) = family();
    is(delete_vm($vm->{vmx}), VIX_OK, 'a parent that was deleted');
    is_broken('a parent that was deleted',
        $vmx, VIX_E_DISK_OPENPARENT, qr{\Q$keep/parent/alpha.vmdk\E});
}
{
    my ($vm, $vmx, $reads, $keep) = family();
    unlink glob "$vm->{dir}/alpha.vmx*" or die "unlink: $!";
    is((open_vm($vmx))[0], VIX_OK, 'a parent of which the disks are left is enough');
    is(full_clone($vmx, undef, "$keep/w/w.vmx"), VIX_OK, 'also for a clone');
    ok(guest_reads("$keep/w/w.vmx") eq $reads, 'that reads the same');
}

# As a deletion leaves one that was cut off by a failure of power: any file can be gone already.
{
    my ($vm, $vmx, undef, $keep) = family();
    (my $folder = $vmx) =~ s{/[^/]*$}{};
    my (undef, $handle) = open_vm($vmx);
    is((VMCreateSnapshot($handle, 'own', '', 0, 0))[0], VIX_OK, 'a snapshot of the clone');
    ReleaseHandle($handle);
    my @files = grep { !/\.(?:vmx|vmsd)$/ } glob "$folder/*";    # these go last
    cmp_ok(scalar @files, '>=', 4, 'it has files of its own');
    for my $gone (@files) {
        system('cp', '-a', $folder, "$folder.whole") == 0 or die 'cp';
        unlink $gone or die "unlink: $!";
        my $name = $gone =~ s{.*/}{}r;
        is(delete_vm($vmx), VIX_OK, "without its $name it can be deleted");
        ok(!-e $folder, 'and nothing is left') or diag join ' ', glob "$folder/*";
        system('rm', '-rf', $folder);
        rename "$folder.whole", $folder or die "rename: $!";
    }
}
for my $type (qw(monolithicFlat twoGbMaxExtentSparse)) {
    my ($vm, $vmx, $reads, $keep) = family({ type => $type });
    my ($extent) = grep { !/alpha\.vmdk$/ } @{ $vm->{disks}[0]{files} };
    rename $extent, "$extent.away" or die "rename: $!";
    my $name = $extent =~ s{.*/}{}r;
    my $err  = full_clone($vmx, undef, "$keep/w/w.vmx");
    isnt($err, VIX_OK, "$type: no full clone where an extent of the parent is missing: $err");
    like(GetErrorText($err), qr/\Q$name/, "$type: which is named");
}

# ---- changed
{
    my ($vm, $vmx, $reads, $keep) = family();
    my (undef, $handle) = open_vm($vmx);
    my $disk = "$vm->{dir}/alpha.vmdk";
    my $was  = content_id($disk);
    set_content_id($disk);
    my $is = content_id($disk);
    calls_answer('a parent that was written to', $handle, VIX_E_DISK_CID_MISMATCH, $keep);
    ReleaseHandle($handle);
    is_broken('a parent that was written to',
        $vmx, VIX_E_DISK_CID_MISMATCH, qr/(?=.*\Q$disk\E)(?=.*$was)(?=.*$is)/s);
    set_content_id($disk, $was);
    is((open_vm($vmx))[0], VIX_OK, 'with its former content id: it opens');
}
{
    my ($vm, $vmx, $reads, $keep) = family();
    my $other = make_vm(dir => "$keep/other", disks => [{ size_mb => 3 }]);
    spew("$vm->{dir}/alpha.vmdk", slurp("$keep/other/alpha.vmdk"));
    is_broken('a parent of another size', $vmx, VIX_E_DISK_CAPACITY_MISMATCH, qr/alpha\.vmdk/);
    spew("$vm->{dir}/alpha.vmdk", 'garbage');
    is_broken('a parent that is no disk', $vmx, VIX_E_DISK_OPENPARENT, qr/alpha\.vmdk/);
}

# ---- further down
{
    my ($vm, $vmx, $reads, $keep) = family();
    is(linked_clone($vmx, undef, "$keep/second/s.vmx"), VIX_OK, 'a clone of the clone');
    set_content_id("$vm->{dir}/alpha.vmdk");
    is_broken(
        'the grandparent was written to', "$keep/second/s.vmx",
        VIX_E_DISK_CID_MISMATCH,          qr{\Q$vm->{dir}/alpha.vmdk\E}
    );
    rename $vm->{dir}, "$keep/moved" or die "rename: $!";
    is_broken(
        'the grandparent has moved', "$keep/second/s.vmx",
        VIX_E_DISK_OPENPARENT,       qr{\Q$vm->{dir}/alpha.vmdk\E}
    );
}
{
    my ($vm, $vmx, $reads, $keep) = family();
    symlink "$keep/parent", "$keep/link" or die "symlink: $!";
    is(linked_clone("$keep/link/alpha.vmx", [0], "$keep/viaLink/v.vmx"), VIX_OK, 'through a link');
    is(remove_snapshot($vm->{vmx}, [0]), VIX_E_SNAPSHOT_DISKLOCKED, 'it protects the same parent');
    is(delete_vm($vmx),                  VIX_OK,                    'without the other');
    is(remove_snapshot($vm->{vmx}, [0]), VIX_E_SNAPSHOT_DISKLOCKED, 'it still does');
    is(delete_vm("$keep/viaLink/v.vmx"), VIX_OK,                    'without it');
    is(remove_snapshot($vm->{vmx}, [0]), VIX_OK,                    'nothing does');
}

done_testing();
