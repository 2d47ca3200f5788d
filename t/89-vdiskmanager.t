#!/usr/bin/perl
# vmware-vdiskmanager: its texts, progress and exit status, which programs read, and its disks, which
# QEMU judges.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VMware::Vix::Vdiskmanager;
use VixTest;
use VixTest::Locks        qw(put_lock);
use VixTest::Tools        qw(have_tool run_tool);
use VixTest::Vdiskmanager qw(own_place said vdiskmanager);

my ($HOME, $PLACE) = own_place();

sub qemu_says_equal {
    my ($one, $other, $what) = @_;
SKIP: {
        skip 'needs qemu-img', 2 if !have_tool('qemu-img');
        is(run_tool('qemu-img', 'compare', '-q', '-f', 'vmdk', '-F', 'vmdk', $one, $other)->{status},
            0, "$what: QEMU finds the same content");
        is(run_tool('qemu-img', 'check', '-q', '-f', 'vmdk', $other)->{status}, 0, 'and no error');
    }
    return;
}

subtest 'a command line that is none' => sub {
    my $run = vdiskmanager();
    is($run->{status}, 1, 'nothing');
    like($run->{err}, qr/there is no operation/, 'says so');
    like($run->{out}, qr/^vmware-vdiskmanager of VMware::Vix .*-c -s SIZE/ms, 'and how it goes');
    my @case = (
        [qr/-c needs 1 argument/,       qw(-c -s 1GB -a ide -t 0)],
        [qr/the capacity .* is missing/, qw(-c -a ide -t 0 x.vmdk)],
        [qr/the adapter .* is missing/, qw(-c -s 1GB -t 0 x.vmdk)],
        [qr/the type .* is missing/,    qw(-c -s 1GB -a ide x.vmdk)],
        [qr/from 0 to 6, not "7"/,      qw(-c -s 1GB -a ide -t 7 x.vmdk)],
        [qr/no adapter "floppy"/,       qw(-c -s 1GB -a floppy -t 0 x.vmdk)],
        [qr/"many" is no capacity/,     qw(-c -s many -a ide -t 0 x.vmdk)],
        [qr/only one operation/,        qw(-c -r y.vmdk -t 0 x.vmdk)],
        [qr/servers are not supported/, qw(-h esx -r y.vmdk -t 0 x.vmdk)],
        [qr/Unknown option/,            qw(-Z x.vmdk)],
    );
    for my $case (@case) {
        my ($reason, @arguments) = @{$case};
        my $run = vdiskmanager(@arguments);
        is($run->{status}, 1, "@arguments");
        like($run->{err}, $reason, 'with the reason');
    }
    is(vdiskmanager('--help')->{status}, 0, 'help is no failure');
    is(said('--version'), "vmware-vdiskmanager of VMware::Vix $VMware::Vix::VERSION\n(0)", 'version');
    is_deeply([glob '*'], [], 'no file is made');
};

subtest 'capacities' => sub {
    my %sectors = ('2048' => 2048, '1MB' => 2048, '850Mb' => 1_740_800, '40960M' => 83_886_080,
        '1.5g' => 3_145_728, '1TB' => 2**31, '2048KB' => 4096, '4096s' => 4096);
    is(VMware::Vix::Vdiskmanager::sectors_of($_), $sectors{$_}, "-s $_") for sort keys %sectors;
    my $run = vdiskmanager(qw(-c -s 1KB -a ide -t 0 x.vmdk));
    is($run->{err} =~ s/\n.*//sr,
        'Failed to create disk: One of the parameters supplied is invalid (0x3).', 'too small');
};

subtest 'each type with each adapter' => sub {
    for my $type (0 .. 6) {
        for my $adapter (qw(ide buslogic lsilogic)) {
            my $disk = "new-$type-$adapter.vmdk";
            is(said('-c', '-s', '5MB', '-a', $adapter, "-t$type", $disk),
                "Creating disk '$disk'\n  Create: 100% done.\nVirtual disk creation successful.\n(0)",
                "$type, $adapter");
            like(slurp($disk), qr/^ddb\.adapterType = "$adapter"$/m, 'the adapter');
            qemu_says_equal('new-0-ide.vmdk', $disk, 'empty');
        }
    }
    is(-s 'new-2-ide-flat.vmdk', 5 << 20, 'a flat disk has its size');
    like(slurp('new-4-ide.vmdk'), qr/^createType="vmfs"$/m, 'ESX');
    is((stat 'new-0-ide.vmdk')[2] & 0777, 0600, 'only its owner reads a new disk');
    my $run = vdiskmanager(qw(-c -s 5MB -a ide -t 0 new-0-ide.vmdk));
    is($run->{err}, "Failed to create disk: The file already exists (0xc).\n"
            . "$PLACE/new-0-ide.vmdk exists already.\n", 'none is replaced');
    is($run->{status}, 1, 'which is a failure');
    is(said(qw(-c -s 5MB -a nvme -t 0), 'for nvme.vmdk') =~ /\((\d)\)/ && $1, 0, 'NVMe');
    like(slurp('for nvme.vmdk'), qr/^ddb\.adapterType = "lsilogic"$/m, 'is lsilogic in the disk');
};

subtest 'converting a chain into each type' => sub {
    my $vm = make_vm(dir => "$PLACE/vm", name => 'vm', disks => [{ deltas => [{}, {}] }]);
    my ($source) = slurp($vm->{vmx}) =~ /^scsi0:0\.fileName = "([^"]+)"/m;
    $source = "$PLACE/vm/$source";
    for my $type (0 .. 6) {
        my $disk = "copy-$type.vmdk";
        is(said('-r', $source, '-t', $type, $disk),
            "Creating disk '$disk'\n  Convert: 100% done.\nVirtual disk conversion successful.\n(0)",
            "type $type");
        like(slurp($disk), qr/^parentCID=ffffffff$/m, 'without a parent');
        qemu_says_equal($source, $disk, "type $type");
        is(said('-r', $disk, '-t', 0, "back-$type.vmdk") =~ /successful/, 1, 'and back');
        qemu_says_equal($source, "back-$type.vmdk", "from type $type");
    }
    put_lock($source, pid => $$);
    my $run = vdiskmanager('-r', $source, '-t', 0, 'running.vmdk');
    like($run->{err}, qr/\AFailed to convert disk: .* \(0xf\)\.\n/, 'a disk in use is not read');
    ok(!-e 'running.vmdk', 'and nothing made');
};

chdir '/';
done_testing();
