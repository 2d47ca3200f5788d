#!/usr/bin/perl
# What a snapshot writes: the new disks, the state file, the list, and in the .vmx nothing but the
# names of disks.

use strict;
use warnings;
use utf8;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VixTest;
use VixTest::Disk           qw(make_disk);
use VixTest::DiskDescriptor qw(read_descriptor);
use VixTest::Files          qw(list_files);
use VixTest::SnapshotCalls  qw(revert_to take_snapshot);
use VixTest::SnapshotChain  qw(chain_complaints chain_of);
use VixTest::SnapshotDisk   qw(content_id guest_reads guest_writes present_path);
use VixTest::SnapshotState  qw(folder_changes read_vmsn snapshot_list snapshot_of);
use VixTest::Tools          qw(have_tool qemu_check run_tool);
use VixTest::Vmx            qw(changed_lines read_vmx);

$ENV{VIX_CLONE_SYNC} = 'FALSE';    # no power will fail

sub new_files {
    my ($vm, @before) = @_;
    my %was = map { $_ => 1 } @before;
    return [grep { !$was{$_} } list_files($vm->{dir})];
}

# ---- the files
{
    my $vm     = make_vm(disks => [{ size_mb => 8 }]);
    my $vmx    = slurp($vm->{vmx});
    my @files  = list_files($vm->{dir});
    my $before = folder_digest("$vm->{dir}");
    my $begin  = time;
    is(take_snapshot($vm->{vmx}, 'first', "in\nwords"), VIX_OK, 'a snapshot is taken');
    my $end = time;
    is_deeply(
        new_files($vm, @files),
        ['alpha-000001.vmdk', 'alpha-Snapshot1.vmsn'],
        'a new disk and a state file'
    );
    is_deeply(
        [map {/ (\S+)$/} grep {/^-/} folder_changes($before, $vm->{dir})],
        ['alpha.vmsd', 'alpha.vmx'],
        'of what was there .vmx and .vmsd alone are touched'
    );
    is_deeply(
        changed_lines($vmx, slurp($vm->{vmx})),
        {   'scsi0:0.filename' => [
                qq(scsi0:0.fileName = "alpha.vmdk"\n),
                qq(scsi0:0.fileName = "alpha-000001.vmdk"\n)
            ]
        },
        'in the .vmx the name of the disk alone'
    );

    my $list = snapshot_list($vm->{vmx});
    is_deeply(
        $list->{keys},
        [   qw(.encoding snapshot.lastUID snapshot.current snapshot0.uid snapshot0.filename
                snapshot0.displayName snapshot0.description snapshot0.createTimeHigh
                snapshot0.createTimeLow snapshot0.numDisks snapshot0.disk0.fileName
                snapshot0.disk0.node snapshot.numSnapshots snapshot.mru0.uid)
        ],
        'the keys of the list stand in the order of Workstation\'s'
    );
    my $value = $list->{value};
    my ($high, $low) = delete @{$value}{qw(snapshot0.createtimehigh snapshot0.createtimelow)};
    my $seconds = ($high * 2**32 + ($low & 0xffffffff)) / 1e6;
    ok($begin - 1 <= $seconds && $seconds <= $end + 1, 'the time is now, in microseconds');
    cmp_ok(abs $low, '<=', 2**31, 'its lower half signed');
    is_deeply(
        $value,
        {   '.encoding'                => 'UTF-8',
            'snapshot.lastuid'         => 1,
            'snapshot.current'         => 1,
            'snapshot0.uid'            => 1,
            'snapshot0.filename'       => 'alpha-Snapshot1.vmsn',
            'snapshot0.displayname'    => 'first',
            'snapshot0.description'    => "in\nwords",
            'snapshot0.numdisks'       => 1,
            'snapshot0.disk0.filename' => 'alpha.vmdk',
            'snapshot0.disk0.node'     => 'scsi0:0',
            'snapshot.numsnapshots'    => 1,
            'snapshot.mru0.uid'        => 1,
        },
        'and what it says'
    );

    my $state = read_vmsn("$vm->{dir}/alpha-Snapshot1.vmsn");
    is_deeply(
        [@{$state}{qw(magic version groups group position rest)}],
        [0xbed2bed2, 8, 1, 'Snapshot', 92, "\0\0"],
        'the state is one group in VMware\'s form'
    );
    is_deeply(
        $state->{blocks},
        [   [cfgFile            => $vmx . "\0" x 8193],
            [nvramFile          => slurp("$vm->{dir}/alpha.nvram")],
            [extendedConfigFile => slurp("$vm->{dir}/alpha.vmxf") . "\0" x 8192],
        ],
        'that holds .vmx, .nvram and .vmxf as they were, byte for byte'
    );

    is(take_snapshot($vm->{vmx}, 'second'), VIX_OK, 'a second one');
    $value = snapshot_list($vm->{vmx})->{value};
    is_deeply(
        [   @{$value}{
                qw(snapshot1.parent snapshot1.disk0.filename snapshot.mru0.uid
                    snapshot.mru1.uid snapshot.numsnapshots snapshot.current)
            }
        ],
        [1, 'alpha-000001.vmdk', 2, 1, 2, 2],
        'stands below the first, on its disk'
    );
    is_deeply(
        [chain_of(present_path($vm->{vmx}))],
        [map {"$vm->{dir}/$_"} qw(alpha-000002.vmdk alpha-000001.vmdk alpha.vmdk)],
        'a chain of three disks'
    );
}

# ---- the new disks
my @classes = (
    [monolithicSparse     => 'monolithicSparse',     ['alpha-000001.vmdk']],
    [monolithicFlat       => 'monolithicSparse',     ['alpha-000001.vmdk']],
    [twoGbMaxExtentSparse => 'twoGbMaxExtentSparse', [split_names(3)]],
    [twoGbMaxExtentFlat   => 'twoGbMaxExtentSparse', [split_names(3)]],
);

sub split_names {
    my ($count) = @_;
    return ((map { sprintf 'alpha-000001-s%03d.vmdk', $_ } 1 .. $count), 'alpha-000001.vmdk');
}

for my $class (@classes) {
    my ($type, $child, $files) = @{$class};
    my $vm    = make_vm(disks => [{ type => $type, size_mb => 9, ddb => [comment => 'kept'] }]);
    my @files = list_files($vm->{dir});
    is(take_snapshot($vm->{vmx}, 'a'), VIX_OK, "$type: a snapshot is taken");
    is_deeply([grep {/vmdk/} @{ new_files($vm, @files) }], $files, "$type: the files of its child");
    my $path = present_path($vm->{vmx});
    my ($is,     $was) = (read_descriptor($path), read_descriptor($vm->{disks}[0]{path}));
    my ($header, $ddb) = @{$is}{qw(header ddb)};
    is($header->{createType}, $child, "$type: which is $child");
    is_deeply(
        [@{$header}{qw(parentCID parentFileNameHint)}],
        [$was->{header}{CID}, 'alpha.vmdk'],
        "$type: on top of the disk"
    );
    isnt($header->{CID}, $was->{header}{CID}, "$type: with a content id of its own");
    like($ddb->{longContentID}, qr/^[0-9a-f]{24}$header->{CID}$/, "$type: and a long one");
    is($ddb->{$_}, $was->{ddb}{$_}, "$type: ddb.$_ is the parent's")
        for qw(adapterType geometry.cylinders geometry.heads geometry.sectors comment);
    is_deeply([chain_complaints($path)], [], "$type: the chain is sound");
    is( guest_reads($vm->{vmx}),
        $vm->{disks}[0]{content}->bytes(0, 9 * 2048),
        "$type: the guest reads what it read before"
    );
    next if !have_tool('qemu-img');
    is(qemu_check($path), '', "$type: QEMU finds nothing wrong");
    my $info = run_tool('qemu-img', 'info', '--backing-chain', $path);
    is(() = $info->{out} =~ /^image:/mg, 2, "$type: and walks the chain") or diag($info->{err});
}
{
    my $vm = make_vm(
        disks => [{ type => 'monolithicSparse', size_mb => 1, sparse => { grain => 16 } }]);
    is(take_snapshot($vm->{vmx}, 'a'), VIX_OK, 'a disk with small grains');
    is_deeply([chain_complaints(present_path($vm->{vmx}))], [], 'gets a sound child');
    $vm = make_vm(
        disks => [
            {   type    => 'twoGbMaxExtentFlat',
                sectors => 5001,
                extents => [1001, 3000, 1000]
            }
        ]
    );
    is(take_snapshot($vm->{vmx}, 'a'), VIX_OK, 'a disk in parts of odd sizes');
    my $parts = read_descriptor(present_path($vm->{vmx}))->{extents};
    is_deeply([map { $_->{sectors} } @{$parts}],
        [1024, 3072, 905], 'gets a child in such parts, each of whole grains');
    is(guest_reads($vm->{vmx}), $vm->{disks}[0]{content}->bytes(0, 5001), 'that reads as it');
}

# ---- several disks, buses and folders
{
    my $far = temp_dir();
    my $vm  = make_vm(
        disks => [
            { size_mb => 1 },
            { slot    => 'sata0:1', type    => 'monolithicFlat',       size_mb => 1 },
            { slot    => 'ide1:0',  type    => 'twoGbMaxExtentSparse', size_mb => 3 },
            { slot    => 'nvme0:0', size_mb => 1, dir  => "$far", name => 'far' },
            { slot    => 'scsi0:1', size_mb => 1, mode => 'independent-persistent' },
            { slot    => 'scsi0:2', size_mb => 1, mode => 'independent-nonpersistent' },
            { slot    => 'scsi0:3', size_mb => 1, mode => 'persistent' },
        ],
        keys => [
            'ide0:0.present'    => 'TRUE',
            'ide0:0.deviceType' => 'cdrom-image',
            'ide0:0.fileName'   => 'none.iso',
        ],
    );
    my @independent = map {"$vm->{dir}/alpha-$_.vmdk"} 3, 4;
    my $before      = join "\n", map { slurp($_) } @independent;
    is(take_snapshot($vm->{vmx}, 'all'), VIX_OK, 'seven disks on four buses, in two folders');
    my $value = read_vmx($vm->{vmx})->{value};
    is_deeply(
        { map { $_ => $value->{"$_.filename"} } map { $_->{slot} } @{ $vm->{disks} } },
        {   'scsi0:0' => 'alpha-000001.vmdk',
            'sata0:1' => 'alpha-0-000001.vmdk',
            'ide1:0'  => 'alpha-1-000001.vmdk',
            'nvme0:0' => "$far/far-000001.vmdk",
            'scsi0:1' => 'alpha-3.vmdk',
            'scsi0:2' => 'alpha-4.vmdk',
            'scsi0:3' => 'alpha-5-000001.vmdk',
        },
        'each has a child beside it, but for the independent ones'
    );
    is(join("\n", map { slurp($_) } @independent), $before,    'which nobody touched');
    is($value->{'ide0:0.filename'},                'none.iso', 'nor is a CD a disk');
    my $snapshot = snapshot_of($vm->{vmx}, 1);
    is($snapshot->{numdisks}, 5, 'the list names five disks');
    is_deeply(
        { map { @{$snapshot}{ "disk$_.node", "disk$_.filename" } } 0 .. 4 },
        {   'scsi0:0' => 'alpha.vmdk',
            'sata0:1' => 'alpha-0.vmdk',
            'ide1:0'  => 'alpha-1.vmdk',
            'nvme0:0' => "$far/far.vmdk",
            'scsi0:3' => 'alpha-5.vmdk',
        },
        'as they were'
    );

    for my $disk (grep { $_->{slot} !~ /^scsi0:[12]$/ } @{ $vm->{disks} }) {
        my $path = present_path($vm->{vmx}, $disk->{slot});
        is_deeply([chain_complaints($path)], [], "the chain of $disk->{slot} is sound");
    }
}
{
    my $vm = make_vm(disks => 0);
    is(take_snapshot($vm->{vmx}, 'a'), VIX_OK,    'a machine without disks has snapshots, too');
    is(snapshot_of($vm->{vmx}, 1)->{numdisks}, 0, 'of no disks');
}

# ---- names
{
    my $vm = make_vm(
        disks => [{ size_mb => 1 }],
        files => {
            'alpha-000001.vmdk'      => 'of somebody',
            'alpha-000003-s001.vmdk' => 'of somebody',
            'alpha-Snapshot1.vmsn'   => 'of somebody',
        },
    );
    is(take_snapshot($vm->{vmx}, 'a'), VIX_OK, 'where files of such names lie');
    is(read_vmx($vm->{vmx})->{value}{'scsi0:0.filename'},
        'alpha-000002.vmdk', 'the lowest free number is taken');
    is(take_snapshot($vm->{vmx}, 'b'), VIX_OK, 'and again');
    is(read_vmx($vm->{vmx})->{value}{'scsi0:0.filename'},
        'alpha-000004.vmdk', 'also where an extent has the name');
    is(slurp("$vm->{dir}/alpha-000001.vmdk"), 'of somebody', 'the files of others stay');
}
{
    my @odd = ('disk-000005', 'disk-12', 'disk-0000001', 'größe', 'with blank', 'a.b');
    for my $name (@odd) {
        utf8::encode(my $bytes = $name);
        my $vm = make_vm(disks => [{ size_mb => 1, name => $bytes }]);
        is(take_snapshot($vm->{vmx}, 'a'), VIX_OK, 'a disk of any name');
        my ($child) = map {s{.*/}{}r} present_path($vm->{vmx});
        (my $stem = $bytes) =~ s/-\d{6}\z//;
        is($child, "$stem-000001.vmdk", 'has a child named after it');
        is_deeply([chain_complaints(present_path($vm->{vmx}))], [], 'that finds it');
    }
}

# ---- the .vmx as others write it
{
    my $vm = make_vm(eol => "\r\n", disks => [{ size_mb => 1 }]);
    spew($vm->{vmx},
        "# by hand\r\n\r\n" . slurp($vm->{vmx})
            =~ s/^scsi0:0\.fileName/SCSI0:0.FILENAME/mr . "unknown  =  x # why\r\n");
    my $before = slurp($vm->{vmx});
    is(take_snapshot($vm->{vmx}, 'a'), VIX_OK, 'a .vmx with CR LF, comments and other spellings');
    (my $want = $before) =~ s/alpha\.vmdk/alpha-000001.vmdk/;
    is(slurp($vm->{vmx}), $want, 'stays as it is');
    my %block = map { @{$_} } @{ read_vmsn("$vm->{dir}/alpha-Snapshot1.vmsn")->{blocks} };
    is($block{cfgFile}, $before . "\0" x 8193, 'and is kept as it was');
}
{
    my $vm = make_vm(nvram => undef, disks => [{ size_mb => 1 }]);
    unlink "$vm->{dir}/alpha.vmxf";
    chmod 0600, $vm->{vmx};
    is(take_snapshot($vm->{vmx}, 'a'), VIX_OK, 'a machine without nvram and .vmxf');
    my @blocks = @{ read_vmsn("$vm->{dir}/alpha-Snapshot1.vmsn")->{blocks} };
    is($blocks[0][0],                             'cfgFile', 'has a state file, too');
    is((grep { $_->[0] eq 'nvramFile' } @blocks), 0,         'without the nvram it has not');
    is((stat $vm->{vmx})[2] & 07777,              0600,      'and the .vmx keeps its permissions');
}
{
    my $vm = make_vm(disks => [{ size_mb => 1 }]);
    chmod 0640, $vm->{disks}[0]{path};
    chmod 0600, "$vm->{dir}/alpha.nvram";
    chmod 0640, $vm->{vmx};
    chmod 0644, "$vm->{dir}/alpha.vmsd";
    is(take_snapshot($vm->{vmx}, 'a'), VIX_OK, 'a private machine');
    my %mode = map { $_ => (stat "$vm->{dir}/$_")[2] & 07777 } list_files($vm->{dir});
    is($mode{'alpha-000001.vmdk'}, 0640, 'its new disk is no more readable than the old one');
    is($mode{'alpha-Snapshot1.vmsn'} & 0177, 0,    'nor is the nvram in the state file');
    is($mode{'alpha.vmsd'},                  0644, 'the list keeps its permissions');
}

# ---- content
{
    my $vm     = make_vm(disks => [{ size_mb => 2 }]);
    my $before = guest_reads($vm->{vmx});
    is(take_snapshot($vm->{vmx}, 'a'), VIX_OK, 'after a snapshot');
    my $frozen = slurp($vm->{disks}[0]{path});
    my $after  = guest_writes($vm->{vmx}, 'scsi0:0', [100, 60, 7], [1000, 300, 0], [0, 1, 8]);
    isnt($after, $before, 'the guest writes on');
    is(slurp($vm->{disks}[0]{path}),   $frozen, 'and the frozen disk stays as it is');
    is(take_snapshot($vm->{vmx}, 'b'), VIX_OK,  'a snapshot of what was written');
    is(guest_reads($vm->{vmx}),        $after,  'reads as that');
    is_deeply([chain_complaints(present_path($vm->{vmx}))], [], 'its content ids fit');
    is(revert_to($vm->{vmx}, [0]), VIX_OK,  'back to the first');
    is(guest_reads($vm->{vmx}),    $before, 'it is as it was');
}

done_testing();
