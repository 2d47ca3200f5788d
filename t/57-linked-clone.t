#!/usr/bin/perl
# The files of a linked clone: empty disks on top of the snapshot's, a configuration that finds
# them, a list that names the parent, and in the parent nothing but the record of the clone.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::DiskDescriptor qw(read_descriptor);
use VixTest::Files          qw(list_files);
use VixTest::SnapshotCalls  qw(linked_clone revert_to take_snapshot tree_of);
use VixTest::SnapshotChain  qw(chain_bytes chain_complaints chain_of);
use VixTest::SnapshotDisk   qw(guest_reads guest_writes present_path);
use VixTest::SnapshotState  qw(folder_changes snapshot_list);
use VixTest::Tools          qw(have_tool qemu_check run_tool);
use VixTest::Vmx            qw(changed_lines read_vmx);

$ENV{VIX_CLONE_SYNC} = 'FALSE';    # no power will fail

# A machine with one snapshot "base", which has written on since.
sub parent {
    my (@disks) = @_;
    my $vm = make_vm(
        disks => @disks ? \@disks : [{ size_mb => 2 }],
        keys  => ['guestinfo.mark' => 'then']
    );
    my %then = map { $_->{slot} => guest_reads($vm->{vmx}, $_->{slot}) } @{ $vm->{disks} };
    my $err  = take_snapshot($vm->{vmx}, 'base');
    die "take: $err" if $err != VIX_OK;
    $vm->{then_nvram} = slurp("$vm->{dir}/alpha.nvram");
    guest_writes($vm->{vmx}, $_->{slot}, [7, 700, 7])
        for grep { ($_->{mode} || '') !~ /^indep/ } @{ $vm->{disks} };
    spew($vm->{vmx},               slurp($vm->{vmx}) =~ s/"then"/"now"/r);
    spew("$vm->{dir}/alpha.nvram", 'MRVN now');
    return ($vm, \%then);
}

sub allocated {
    my ($dir) = @_;
    my $blocks = 0;
    $blocks += (stat "$dir/$_")[12] for list_files($dir);
    return $blocks * 512;
}

# ---- one disk of each class
my %child_of = (
    monolithicSparse     => ['monolithicSparse',     ['alpha-cl1.vmdk']],
    monolithicFlat       => ['monolithicSparse',     ['alpha-cl1.vmdk']],
    twoGbMaxExtentSparse => ['twoGbMaxExtentSparse', [split_names()]],
    twoGbMaxExtentFlat   => ['twoGbMaxExtentSparse', [split_names()]],
);

sub split_names {
    return ((map {"alpha-cl1-s00$_.vmdk"} 1 .. 3), 'alpha-cl1.vmdk');
}

for my $type (sort keys %child_of) {
    my ($class, $files) = @{ $child_of{$type} };
    my ($vm, $then)     = parent({ type => $type, size_mb => 3 });
    my $keep   = temp_dir();
    my $dir    = "$keep/the clone";
    my $vmx    = "$dir/my copy.vmx";
    my $before = folder_digest($vm->{dir});
    my $list   = slurp("$vm->{dir}/alpha.vmsd");
    is(linked_clone($vm->{vmx}, [0], $vmx), VIX_OK, "$type: a linked clone");
    is_deeply(
        [list_files($dir)],
        [sort @{$files}, map {"my copy.$_"} qw(nvram vmsd vmx vmxf)],
        "$type: its files"
    );
    is_deeply(
        [map {/(\S+)$/} folder_changes($before, $vm->{dir})],
        ['alpha.vmsd', 'alpha.vmsd'],
        "$type: of the parent's the list alone is touched"
    );
    is( slurp("$vm->{dir}/alpha.vmsd"),
        $list . qq(snapshot0.clone0 = "$vmx"\nsnapshot0.numClones = "1"\n),
        "$type: which has the record of the clone at its end"
    );

    my $disk   = "$dir/alpha-cl1.vmdk";
    my $is     = read_descriptor($disk);
    my $was    = read_descriptor($vm->{disks}[0]{path});
    my $header = $is->{header};
    is($header->{createType}, $class, "$type: a child that is $class");
    is_deeply(
        [@{$header}{qw(parentCID parentFileNameHint)}],
        [$was->{header}{CID}, "$vm->{dir}/alpha.vmdk"],
        "$type: on the snapshot's disk, by its full path"
    );
    isnt($header->{CID}, $was->{header}{CID}, "$type: with a content id of its own");
    like($is->{ddb}{longContentID}, qr/^[0-9a-f]{24}$header->{CID}$/, "$type: and a long one");
    isnt($is->{ddb}{uuid} || '', $was->{ddb}{uuid}, "$type: it has not the parent's uuid");
    is($is->{ddb}{$_}, $was->{ddb}{$_}, "$type: ddb.$_ is the parent's")
        for qw(adapterType geometry.cylinders geometry.heads geometry.sectors virtualHWVersion);
    is_deeply([chain_complaints($disk)], [], "$type: the chain is sound");
    ok(guest_reads($vmx) eq $then->{'scsi0:0'}, "$type: the clone reads what the snapshot holds");
    cmp_ok(allocated($dir), '<', 200_000, "$type: and takes next to no room");

    is(slurp("$dir/my copy.vmsd"), <<"END", "$type: the list of the clone");
.encoding = "UTF-8"
cloneOf0 = "$vm->{vmx}"
numCloneOf = "1"
sentinel0 = "alpha-cl1.vmdk"
numSentinels = "1"
END
    is(slurp("$dir/my copy.nvram"), $vm->{then_nvram}, "$type: the nvram is the snapshot's");
    next if !have_tool('qemu-img');
    is(qemu_check($disk), '', "$type: QEMU finds nothing wrong");
    my $info = run_tool('qemu-img', 'info', '--backing-chain', $disk);
    is(() = $info->{out} =~ /^image:/mg, 2, "$type: and walks the chain") or diag($info->{err});
}

# ---- the configuration
{
    my ($vm, undef) = parent();
    my $keep = temp_dir();
    my $vmx  = "$keep/copy/copy.vmx";
    is(linked_clone($vm->{vmx}, [0], $vmx), VIX_OK, 'a linked clone');
    my $snapshot = slurp("$vm->{dir}/alpha-Snapshot1.vmsn");
    my ($then)   = $snapshot =~ /(\.encoding = .*?)\0/s;
    my $changed  = changed_lines($then, slurp($vmx));
    my %new      = map { $_ => $changed->{$_}[1] } keys %{$changed};
    like(delete $new{'vm.createdate'}, qr/"\d+"/, 'the time of creation') if $new{'vm.createdate'};
    is_deeply(
        \%new,
        {   'nvram'                            => qq(nvram = "copy.nvram"\n),
            'displayname'                      => qq(displayName = "copy"\n),
            'extendedconfigfile'               => qq(extendedConfigFile = "copy.vmxf"\n),
            'scsi0:0.filename'                 => qq(scsi0:0.fileName = "alpha-cl1.vmdk"\n),
            'uuid.bios'                        => qq(uuid.bios = ""\n),
            'uuid.location'                    => qq(uuid.location = ""\n),
            'ethernet0.generatedaddress'       => undef,
            'ethernet0.generatedaddressoffset' => undef,
            'vc.uuid'                          => qq(vc.uuid = ""\n),
            'policy.vm.mvmtid'                 => qq(policy.vm.mvmtid = ""\n),
            'filesearchpath'                   => qq(fileSearchPath = ".;$vm->{dir}"\n),
        },
        'the .vmx of the snapshot, with what makes it a clone'
    );
    like(slurp("$keep/copy/copy.vmxf"), qr/copy\.vmx</, 'the .vmxf names the clone');
    my @ids = map { slurp($_) =~ m{<VMId[^>]*>([^<]+)<} } "$vm->{dir}/alpha.vmxf",
        "$keep/copy/copy.vmxf";
    isnt($ids[0], $ids[1], 'and has an id of its own');
    is_deeply(tree_of($vmx), [], 'the clone has no snapshots');
}

# ---- life with a clone
{
    my ($vm, $then) = parent();
    my $keep = temp_dir();
    my @vmx  = map {"$keep/$_/$_.vmx"} qw(a b);
    my $now  = guest_reads($vm->{vmx});
    is(linked_clone($vm->{vmx}, [0], $_), VIX_OK, 'two clones of one snapshot') for @vmx;
    my $a = guest_writes($vmx[0], 'scsi0:0', [100, 900, 11], [1500, 5, 0]);
    my $b = guest_writes($vmx[1], 'scsi0:0', [110, 50,  12]);
    ok(guest_reads($vmx[0]) eq $a,      'what the one writes');
    ok(guest_reads($vmx[1]) eq $b,      'the other does not see');
    ok(guest_reads($vm->{vmx}) eq $now, 'nor the parent');
    is(revert_to($vm->{vmx}, [0]),         VIX_OK, 'the parent goes back');
    is(take_snapshot($vm->{vmx}, 'later'), VIX_OK, 'takes other snapshots');
    guest_writes($vm->{vmx}, 'scsi0:0', [0, 4000, 13]);
    ok(guest_reads($vmx[0]) eq $a && guest_reads($vmx[1]) eq $b, 'and disturbs neither');
    my $value = snapshot_list($vm->{vmx})->{value};
    is_deeply([@{$value}{qw(snapshot0.clone0 snapshot0.clone1 snapshot0.numclones)}],
        [@vmx, 2], 'both are on record');
    is(take_snapshot($vmx[0], 'own'), VIX_OK, 'a clone has snapshots of its own');
    is(present_path($vmx[0]),         "$keep/a/alpha-cl1-000001.vmdk", 'in its own folder');
    is(read_descriptor(present_path($vmx[0]))->{header}{parentFileNameHint},
        'alpha-cl1.vmdk', 'on its own disk, by its name');
    like(
        slurp("$keep/a/a.vmsd"),
        qr/^cloneOf0 = .*^sentinel0 = .*^snapshot0\.uid = /ms,
        'beside what its list says of the parent'
    );
    guest_writes($vmx[0], 'scsi0:0', [100, 900, 15]);
    is(revert_to($vmx[0], [0]), VIX_OK, 'and goes back to them');
    ok(guest_reads($vmx[0]) eq $a, 'as it was');
}
{
    my ($vm, $then) = parent();
    my $keep = temp_dir();
    require VixTest::Locks;
    VixTest::Locks::put_lock($vm->{vmx}, machine => VixTest::Locks::other_machine());
    my $lock = slurp("$vm->{dir}/alpha.vmx.lck/M12345.lck");
    is(linked_clone($vm->{vmx}, [0], "$keep/a/a.vmx"),
        VIX_OK, 'of a running machine, from a snapshot that was taken while it was off');
    ok(guest_reads("$keep/a/a.vmx") eq $then->{'scsi0:0'}, 'which reads as then');
    is(slurp("$vm->{dir}/alpha.vmx.lck/M12345.lck"), $lock, 'its lock is as it was');
}

# ---- size does not matter
{
    my $vm   = make_vm(disks => [{ type => 'monolithicFlat', sectors => 2**31, content => [] }]);
    my $keep = temp_dir();
    is(linked_clone($vm->{vmx}, undef, "$keep/a/a.vmx"), VIX_OK, 'a disk of 1 TiB');
    cmp_ok(allocated("$keep/a"), '<', 1 << 20, 'gives a clone of less than 1 MiB');
}

done_testing();
