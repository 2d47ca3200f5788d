#!/usr/bin/perl
# vmware-vdiskmanager on a disk that is there: growing, defragmenting, shrinking, renaming, checking,
# repairing and deleting it. QEMU judges the disks.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls        qw(open_vm);
use VixTest::Locks        qw(put_lock);
use VixTest::Tools        qw(have_tool run_tool);
use VixTest::Vdiskmanager qw(own_place said vdiskmanager);

my ($HOME, $PLACE) = own_place();
my $QEMU = have_tool('qemu-img') && have_tool('qemu-io');

sub qemu_finds {
    my ($disk, $raw, $what) = @_;
SKIP: {
        skip 'needs qemu-img and qemu-io', 2 if !$QEMU;
        is(run_tool('qemu-img', 'compare', '-f', 'vmdk', '-F', 'raw', $disk, $raw)->{out},
            "Images are identical.\n", "$what: QEMU finds the content");
        is(run_tool('qemu-img', 'check', '-q', '-f', 'vmdk', $disk)->{status}, 0, 'and no error');
    }
    return;
}

# Data in disorder, and zeros where data was.
sub write_as_guest {
    my ($disk) = @_;
    return if !$QEMU;
    run_tool('qemu-io', '-f', 'vmdk', map({ ('-c', $_) } 'write -P 1 3M 300k', 'write -P 2 0 64k',
        'write -P 3 1M 512k', 'write -P 0 1M 448k'), $disk);
    run_tool('qemu-img', 'convert', '-f', 'vmdk', '-O', 'raw', $disk, "$disk.raw");
    return;
}

my $DEFRAGMENTED = "  Defragment: 100% done.\nDefragmentation completed successfully.\n(0)";
my $SHRUNK       = "  Shrink: 100% done.\nShrink completed successfully.\n(0)";

subtest 'growing, defragmenting and shrinking each type' => sub {
    for my $type (0 .. 4, 6) {
        my $disk = "disk-$type.vmdk";
        vdiskmanager('-c', '-s', '5MB', '-a', 'lsilogic', '-t', $type, $disk);
        write_as_guest($disk);
        my ($cid) = slurp($disk) =~ /^CID=(\w+)/m;
        is(said('-d', $disk), $DEFRAGMENTED, "type $type is defragmented");
        qemu_finds($disk, "$disk.raw", 'defragmented');
        is(said('-k', $disk), $SHRUNK, 'shrunk');
        qemu_finds($disk, "$disk.raw", 'shrunk');
        like(slurp($disk), qr/^CID=$cid$/m, 'and has the same content id');
        like(said('-x', '12MB', $disk), qr/\A  Grow: 100% done\.\nDisk expansion completed successfully\.\n\nWARNING: .*\(0\)\z/s,
            'and grown');
        unlike(slurp($disk), qr/^CID=$cid$/m, 'with a new content id');
        truncate "$disk.raw", 12 << 20 if $QEMU;
        qemu_finds($disk, "$disk.raw", 'grown');
        like(said('-x', '11MB', $disk), qr/^Failed to expand the disk: One of the parameters supplied is invalid \(0x3\)\.\n.*\(1\)\z/ms,
            'it does not become smaller');
    }
    is_deeply([glob '*.vix-new *.lck'], [], 'no other file is left');
SKIP: {
        skip 'needs qemu-io', 1 if !$QEMU;
        cmp_ok(-s 'disk-0.vmdk', '<', (65536 * 14), 'zeros take no room');
    }
};

subtest 'a compressed disk is never changed' => sub {
    vdiskmanager(qw(-c -s 5MB -a ide -t 5 stream.vmdk));
    like(said($_, 'stream.vmdk'), qr/\(0x3e8d\)\.\n.*\(1\)\z/s, $_) for qw(-d -k);
    is(said('-R', 'stream.vmdk'), "No errors were found on the virtual disk, 'stream.vmdk'.\n(0)",
        'it can be checked');
};

my $vm   = make_vm(dir => "$PLACE/vm", name => 'vm', disks => 2);
my $base = "$PLACE/vm/vm.vmdk";

subtest 'a disk of a machine' => sub {
    my $lock = put_lock($vm->{vmx}, pid => $$);
    like(said('-k', $base), qr/\AFailed to shrink the disk: .* \(0xbbf\)\.\n/, 'not while it runs');
    unlink $lock;
    rmdir "$vm->{vmx}.lck";
    is(said('-k', $base), $SHRUNK, 'when it is off');
    is(said('-n', $base, "$PLACE/vm/system.vmdk"), "Disk rename completed successfully.\n(0)",
        'it is renamed');
    like(slurp($vm->{vmx}), qr/^scsi0:0\.fileName = "system\.vmdk"/m, 'in the .vmx, too');
    ok(!-e $base, 'the old name is gone');
    $base = "$PLACE/vm/system.vmdk";
    like(said('-U', $base), qr/\AFailed to delete disk: .* \(0x5\)\.\n.*vm\.vmx/, 'and not deleted');
    like(said('-n', $base, "$PLACE/vm/vm-0.vmdk"), qr/\(0xc\)/, 'nor renamed over another disk');
    is(said('-e', $base), "Disk chain is consistent.\n(0)", 'its chain is whole');
};

subtest 'a disk with a snapshot' => sub {
    my $handle = open_vm($vm->{vmx});
    my ($err) = VMCreateSnapshot($handle, 'one', '', 0, VIX_INVALID_HANDLE);
    is($err, VIX_OK, 'a snapshot is taken');
    my $before = slurp($base);
    for my $operation (['-x', '1GB'], ['-d'], ['-k'], ['-n'], ['-U'], ['-D']) {
        my @other = $operation->[0] eq '-n' ? 'other.vmdk' : ();
        like(said(@{$operation}, $base, @other), qr/\(0x3e83\)\.\n.*depends on it.*\(1\)\z/s,
            "$operation->[0] is refused, and says who needs it");
    }
    ok($before eq slurp($base), 'the disk is as it was');
    my ($delta) = slurp($vm->{vmx}) =~ /^scsi0:0\.fileName = "([^"]+)"/m;
    like(said('-x', '1GB', "$PLACE/vm/$delta"), qr/\(0x3e83\)/, 'a delta does not grow');
    is(said('-k', "$PLACE/vm/$delta"), $SHRUNK, 'but shrinks');
    is(said('-e', "$PLACE/vm/$delta"), "Disk chain is consistent.\n(0)", 'and is whole');
    rename $base, "$base.away";
    like(said('-e', "$PLACE/vm/$delta"), qr/\AFailed to check the disk chain: .*\(1\)\z/s,
        'unless its parent is missing');
    rename "$base.away", $base;
};

subtest 'a disk without a machine' => sub {
    vdiskmanager(qw(-c -s 5MB -a ide -t 1 alone.vmdk));
    is(said(qw(-n alone.vmdk renamed.vmdk)), "Disk rename completed successfully.\n(0)", 'renamed');
    is_deeply([sort glob 'alone* renamed*'], [qw(renamed-s001.vmdk renamed.vmdk)],
        'with its extents');
    is(said(qw(-D renamed.vmdk)), '(0)', 'made deletable');
    like(slurp('renamed.vmdk'), qr/^ddb\.deletable = "true"$/m, 'which it says');
    open my $extent, '+<:raw', 'renamed-s001.vmdk' or die "open: $!";
    seek $extent, 72, 0;
    print {$extent} "\1";
    close $extent or die "close: $!";
    is(said(qw(-R renamed.vmdk)),
        "The virtual disk, 'renamed.vmdk', was corrupted and has been successfully repaired.\n(0)",
        'one that was not closed is repaired');
    is(said(qw(-R renamed.vmdk)),
        "No errors were found on the virtual disk, 'renamed.vmdk'.\n(0)", 'once');
    is(said(qw(-U renamed.vmdk)), '(0)', 'deleted');
    is_deeply([glob 'renamed*'], [], 'with its extents');
};

chdir '/';
done_testing();
