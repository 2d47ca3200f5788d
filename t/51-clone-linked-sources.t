#!/usr/bin/perl
# The source of a full clone may itself be a linked clone: its disk's parent lies in another folder
# and is found by the hint, the child's folder or fileSearchPath. The clone needs none of them any
# more.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VixTest;
use VixTest::Calls      qw(clone_vm);
use VixTest::CloneJudge qw(clone_complaints);
use VixTest::Disk       qw(make_disk make_delta);
use VixTest::Files      qw(patch_bytes);
use VixTest::Vmx        qw(read_vmx);

# A linked clone "child" in one folder, its parent's disk "golden" in another: { vm, here, parent }.
# May: hint, parent_cid and sectors of the delta, keys of the .vmx, moved (folder that the parent's
# disk really lies in).
sub linked_clone {
    my (%may)  = @_;
    my $keep   = temp_dir();
    my $here   = "$keep";
    my $parent = make_disk(
        dir     => $may{moved} ? "$here/$may{moved}" : "$here/parent",
        name    => 'golden',
        type    => $may{parent_type} || 'monolithicSparse',
        sectors => 8192,
    );
    my $vm = make_vm(
        dir   => "$here/child",
        disks => 0,
        keys  => [linked_keys('gone'), @{ $may{keys} || [] }]
    );
    my $delta = make_delta(
        dir    => $vm->{dir},
        name   => 'golden-cl1',
        parent => $parent,
        writes => [[1000, 300, 77]],
        hint   => defined $may{hint} ? $may{hint} : $parent->{path},
        map { exists $may{$_} ? ($_ => $may{$_}) : () } qw(parent_cid sectors content),
    );
    $delta->{base_name} = 'golden';
    $vm->{disks}        = [$delta];
    return { keep => $keep, here => $here, vm => $vm, parent => $parent };
}

sub linked_keys {
    return (
        'scsi0.present'    => 'TRUE',
        'scsi0:0.present'  => 'TRUE',
        'scsi0:0.fileName' => 'golden-cl1.vmdk'
    );
}

# A clone of a disk that is called "-cl1" is called "-cl2".
sub complaints {
    my ($linked, $result) = @_;
    return "error $result->{err}: $result->{text}" if $result->{err};
    return VixTest::CloneJudge::disk_complaints(
        "$linked->{here}/clone/golden-cl2.vmdk",
        $linked->{vm}{disks}[0],
        class => 'monolithicSparse'
    );
}

sub is_found {
    my ($what, $linked) = @_;
    my $before = folder_digest($linked->{here});
    my $result = clone_vm($linked->{vm}{vmx}, "$linked->{here}/clone/copy.vmx");
    is_deeply([complaints($linked, $result)], [], $what);
    my @touched = grep { !m{ clone(?:/|$)} } split /\n/, folder_digest($linked->{here});
    is(join("\n", @touched), $before, "$what: child and parent are untouched");
    return;
}

sub is_refused {
    my ($what, $linked, $code) = @_;
    my $before = folder_digest($linked->{here});
    my $result = clone_vm($linked->{vm}{vmx}, "$linked->{here}/clone/copy.vmx");
    is($result->{err}, $code, "$what: refused with $code") or diag($result->{text});
    is(folder_digest($linked->{here}), $before, "$what: nothing is left and nothing was touched");
    return;
}

is_found('an absolute hint', linked_clone());
is_found('a hint relative to the child', linked_clone(hint => '../parent/golden.vmdk'));
is_found('a stale hint, the parent beside the child',
    linked_clone(hint => '/gone/golden.vmdk', moved => 'child'));
is_found(
    'a stale Windows hint, the parent beside the child',
    linked_clone(hint => 'Q:\\gone\\golden.vmdk', moved => 'child')
);

{
    my $linked = linked_clone(hint => 'D:\\VMs\\Parent\\GOLDEN.vmdk', moved => 'drive/vms/parent');
    local $ENV{VIX_DRIVE_D} = "$linked->{here}/drive";
    is_found('a Windows hint through the drive map, in any case', $linked);
}
{
    my $linked = linked_clone(hint => '/gone/golden.vmdk', moved => 'elsewhere');
    my $vmx    = slurp($linked->{vm}{vmx});
    spew($linked->{vm}{vmx}, $vmx . qq(fileSearchPath = ".;$linked->{here}/elsewhere"\n));
    is_found('a stale hint, the parent on fileSearchPath', $linked);
}
{
    my $linked = linked_clone(hint => 'E:\\old\\golden.vmdk', moved => 'drive/new');
    my $vmx    = slurp($linked->{vm}{vmx});
    spew($linked->{vm}{vmx}, $vmx . qq(fileSearchPath = ".;E:\\New"\n));
    local $ENV{VIX_DRIVE_E} = "$linked->{here}/drive";
    is_found('a Windows fileSearchPath through the drive map', $linked);
    my $copy = read_vmx("$linked->{here}/clone/copy.vmx");
    unlike($copy->{value}{filesearchpath} || '', qr/New/, 'the clone no longer looks there');
}
{
    my $keep = temp_dir();
    my $base = make_disk(
        dir     => "$keep/parent",
        name    => 'golden',
        type    => 'twoGbMaxExtentSparse',
        size_mb => 8
    );
    my $frozen = make_delta(parent => $base, name => 'golden-000001', writes => [[90, 90, 5]]);
    my $vm     = make_vm(dir => "$keep/child", disks => 0, keys => [linked_keys()]);
    my $top    = make_delta(
        parent => $frozen,
        dir    => $vm->{dir},
        name   => 'golden-cl1',
        hint   => $frozen->{path},
        writes => [[100, 9, 6]],
    );
    my $result = clone_vm($vm->{vmx}, "$keep/clone/copy.vmx");
    is($result->{err}, VIX_OK, 'the parent is a snapshot with its own relative hint: cloned')
        or diag($result->{text});
    is_deeply(
        [   VixTest::CloneJudge::disk_complaints(
                "$keep/clone/golden-cl2.vmdk", $top, class => 'twoGbMaxExtentSparse'
            )
        ],
        [],
        'the parent is a snapshot with its own relative hint: flattened'
    );
}

is_refused(
    'the parent is gone',
    linked_clone(hint => '/gone/golden.vmdk', moved => 'hidden'),
    VIX_E_DISK_OPENPARENT
);
is_refused(
    'a Windows hint without a drive map',
    linked_clone(hint => 'Q:\\x\\golden.vmdk'),
    VIX_E_FILE_NAME_INVALID
);
is_refused(
    'the parent was written to since',
    linked_clone(parent_cid => 'deadbeef'),
    VIX_E_DISK_CID_MISMATCH
);
is_refused(
    'the parent has another size',
    linked_clone(sectors => 8320, content => VixTest::Content->sample(8320, 1)),
    VIX_E_DISK_CAPACITY_MISMATCH
);
{
    my $linked = linked_clone();
    patch_bytes($linked->{parent}{path}, 0, 'XXXX');
    is_refused('the parent is no disk', $linked, VIX_E_DISK_OPENPARENT);
}

done_testing();
