#!/usr/bin/perl
# What may not be cloned is refused with its own code, and a refusal leaves the source as it was and
# nothing at the destination.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls      qw(clone_in_child clone_vm host open_vm);
use VixTest::DiskSparse qw(set_header_field);
use VixTest::Files      qw(truncate_file);
use VixTest::Locks      qw(put_lock);

my $keep   = temp_dir();
my $number = 0;

sub machine { return make_vm(dir => "$keep/" . $number++ . '/source', @_) }

sub destination { return "$_[0]{dir}/../clone/copy.vmx" }

# Everything about the machine but times of folders, which a lock may change.
sub state_of { return folder_digest("$_[0]{dir}/..") }

sub is_refused {
    my ($what, $vm, $code, %may) = @_;
    my $before = state_of($vm);
    my $result = clone_vm($vm->{vmx}, $may{destination} || destination($vm), %{ $may{with} || {} });
    is($result->{err}, $code, "$what: $code") or diag($result->{text});
    is($result->{clone}, VIX_INVALID_HANDLE, "$what: no handle");
    is(state_of($vm), $before, "$what: nothing is left, nothing was touched");
    return $result;
}

# Handles.
{
    my $vm = machine();
    my ($err, $handle) = open_vm($vm->{vmx});
    my @ordinary
        = (VIX_INVALID_HANDLE, VIX_CLONETYPE_FULL, destination($vm), 0, VIX_INVALID_HANDLE);
    my $before  = state_of($vm);
    my %refused = (
        'no handle at all'           => [VIX_E_INVALID_HANDLE, VIX_INVALID_HANDLE, @ordinary],
        'a handle that never was'    => [VIX_E_INVALID_HANDLE, 987_654_321, @ordinary],
        'a negative handle'          => [VIX_E_INVALID_HANDLE, -1, @ordinary],
        'a host instead of a VM'     => [VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE, host(), @ordinary],
        'a VM instead of a snapshot' =>
            [VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE, $handle, $handle, @ordinary[1 .. 4]],
        'a host instead of a snapshot' =>
            [VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE, $handle, host(), @ordinary[1 .. 4]],
        'a snapshot that never was' =>
            [VIX_E_INVALID_HANDLE, $handle, 987_654_321, @ordinary[1 .. 4]],
        'a dead handle comes before bad options' =>
            [VIX_E_INVALID_HANDLE, 987_654_321, @ordinary[0 .. 2], 1, VIX_INVALID_HANDLE],
    );
    for my $what (sort keys %refused) {
        my ($code, @arguments) = @{ $refused{$what} };
        is_deeply([VMClone(@arguments)], [$code, VIX_INVALID_HANDLE], "$what: $code");
    }
    ReleaseHandle($handle);
    is_deeply(
        [VMClone($handle, @ordinary)],
        [VIX_E_INVALID_HANDLE, VIX_INVALID_HANDLE],
        'a released handle: ' . VIX_E_INVALID_HANDLE
    );
    is(state_of($vm), $before, 'nothing is left, nothing was touched');
}

# Arguments.
my $plain = machine();
is_refused("options $_", $plain, VIX_E_INVALID_ARG, with      => { options => $_ }) for 1, 2, -1;
is_refused('a property list', $plain, VIX_E_INVALID_ARG, with => { list    => host() });
is_refused("clone type $_", $plain, VIX_E_INVALID_ARG, with   => { type    => $_ }) for 2, -1, 4096;
is_refused('a relative destination', $plain, VIX_E_INVALID_ARG, destination    => 'clone/copy.vmx');
is_refused('a destination that climbs', $plain, VIX_E_INVALID_ARG, destination => '../copy.vmx');
for my $nothing ('', undef) {
    my ($err, $handle) = open_vm($plain->{vmx});
    my @result
        = VMClone($handle, VIX_INVALID_HANDLE, VIX_CLONETYPE_FULL, $nothing, 0, VIX_INVALID_HANDLE);
    is_deeply(
        \@result,
        [VIX_E_INVALID_ARG, VIX_INVALID_HANDLE],
        (defined $nothing ? 'an empty' : 'an undefined') . ' destination'
    );
    ReleaseHandle($handle);
}
{
    my $result = is_refused('a Windows destination without a drive map',
        $plain, VIX_E_FILE_NAME_INVALID, destination => 'W:\\VMs\\copy.vmx');
    like($result->{text}, qr/drive\.W.*VIX_DRIVE_W/s, 'the text names both settings');
}

# Products.
for my $product ([VIX_SERVICEPROVIDER_VMWARE_PLAYER, 'Player'],
    [VIX_SERVICEPROVIDER_VMWARE_SERVER, 'Server'])
{
    my ($provider, $name) = @{$product};
    my $before = state_of($plain);
    my ($err, $host)
        = HostConnect(VIX_API_VERSION, $provider, undef, 0, undef, undef, 0, VIX_INVALID_HANDLE);
    is($err, VIX_OK, "$name: connected");
    ($err, my $handle) = VMOpen($host, $plain->{vmx});
    is($err, VIX_OK, "$name: opened");
    my @arguments
        = (VIX_INVALID_HANDLE, VIX_CLONETYPE_FULL, destination($plain), 0, VIX_INVALID_HANDLE);
    is_deeply(
        [VMClone($handle, @arguments)],
        [VIX_E_NOT_SUPPORTED, VIX_INVALID_HANDLE],
        "$name does not clone"
    );
    $arguments[3] = 1;
    is_deeply(
        [VMClone($handle, @arguments)],
        [VIX_E_INVALID_ARG, VIX_INVALID_HANDLE],
        "$name: bad arguments come first"
    );
    HostDisconnect($host);
    is_deeply(
        [VMClone($handle, @arguments)],
        [VIX_E_INVALID_HANDLE, VIX_INVALID_HANDLE],
        "$name: disconnecting kills the handle"
    );
    is(state_of($plain), $before, "$name: nothing is left, nothing was touched");
}

# State.
my $running = machine();
put_lock($running->{vmx});
is_refused('a running machine', $running, VIX_E_VM_IS_RUNNING);
is_refused('running comes before the destination',
    $running, VIX_E_VM_IS_RUNNING, destination => $running->{vmx});
is_refused(
    'an encrypted machine',
    machine(keys => ['encryption.keySafe' => 'vmware:key/list/()']),
    VIX_E_NEED_KEY
);
is_refused(
    'a partially encrypted one',
    machine(
        keys => [
            'vmx.encryptionType' => 'partial',
            'encryption.data'    => 'xyz'
        ]
    ),
    VIX_E_NEED_KEY
);


# The same of linked clones, which take no suspended source either, and not every disk.
my %linked = (with => { type => VIX_CLONETYPE_LINKED });
is_refused('a linked clone of a running machine', $running, VIX_E_VM_IS_RUNNING, %linked);
is_refused('of a suspended one', machine(keys => ['checkpoint.vmState' => 'alpha.vmss']),
    VIX_E_VM_IS_RUNNING, %linked);
is_refused('of an encrypted one', machine(keys => ['encryption.keySafe' => 'vmware:key/list/()']),
    VIX_E_NEED_KEY, %linked);
is_refused('to where a .vmx is', $plain, VIX_E_FILE_ALREADY_EXISTS,
    destination => $plain->{vmx}, %linked);
is_refused('to where a machine is', $plain, VIX_E_SNAPSHOT_EXISTS,
    destination => "$plain->{dir}/other.vmx", %linked);
is_refused('of a compressed disk', machine(disks => [{ type => 'streamOptimized' }]),
    VIX_E_DISK_PARENT_NOTALLOWED, %linked);
is_refused('of a disk of ESX', machine(disks => [{ type => 'vmfs' }]),
    VIX_E_DISK_PARENT_NOTALLOWED, %linked);
is_refused('of a disk that is missing', machine(disks => [{ file_name => 'gone.vmdk' }]),
    VIX_E_FILE_NOT_FOUND, %linked);

{
    my $vm = machine();
    my ($err, $handle) = open_vm($vm->{vmx});
    my @arguments
        = (VIX_INVALID_HANDLE, VIX_CLONETYPE_FULL, destination($vm), 0, VIX_INVALID_HANDLE);
    spew($vm->{vmx}, "\0\1\2\3" x 100);
    is_deeply(
        [VMClone($handle, @arguments)],
        [VIX_E_CANNOT_READ_VM_CONFIG, VIX_INVALID_HANDLE],
        'a .vmx that turned to garbage behind the handle'
    );
    unlink $vm->{vmx} or die "unlink: $!";
    is_deeply(
        [VMClone($handle, @arguments)],
        [VIX_E_VM_NOT_FOUND, VIX_INVALID_HANDLE],
        'a .vmx that vanished behind the handle'
    );
    ok(!-e "$vm->{dir}/../clone", 'nothing is left');
    ReleaseHandle($handle);
}

# Destinations.
{
    my $vm = machine();
    is_refused('the source itself', $vm, VIX_E_FILE_ALREADY_EXISTS, destination => $vm->{vmx});
    is_refused('another name in the source\'s folder',
        $vm, VIX_E_SNAPSHOT_EXISTS, destination => "$vm->{dir}/other.vmx");
}
for my $leftover (
    'copy.vmx', 'COPY.nvram', 'other.vmx', 'x.vmsd', 'x.vmxf',
    'x-1.vmsn', 'x-1.vmss', 'x.vmem'
    )
{
    my $vm = machine();
    mkdir "$vm->{dir}/../clone";
    spew("$vm->{dir}/../clone/$leftover", 'left');
    is_refused("a destination folder that holds $leftover",
        $vm, $leftover eq 'copy.vmx' ? VIX_E_FILE_ALREADY_EXISTS : VIX_E_SNAPSHOT_EXISTS);
}
{
    my $vm = machine();
    mkdir "$vm->{dir}/../clone";
    mkdir "$vm->{dir}/../clone/copy.vmx";
    is_refused('a folder where the .vmx shall be', $vm, VIX_E_FILE_ALREADY_EXISTS);
}
{
    my $vm = machine();
    mkdir "$vm->{dir}/../clone";
    symlink '/nowhere/at/all', "$vm->{dir}/../clone/copy.vmx" or die "symlink: $!";
    is_refused('a dangling link where the .vmx shall be', $vm, VIX_E_FILE_ALREADY_EXISTS);
}
{
    my $vm = machine();
    spew("$vm->{dir}/../clone", 'a file');
    is_refused('a file where the folder shall be', $vm, VIX_E_FILE_NOT_FOUND);
}
{
    my $vm = machine();
    is_refused('a name too long for the host',
        $vm, VIX_E_FILE_NAME_INVALID, destination => "$vm->{dir}/../clone/" . 'n' x 300 . '.vmx');
}

# Disks.
sub damaged {
    my ($damage, %disk) = @_;
    my $vm = machine(disks => [{%disk}]);
    $damage->($vm->{disks}[0], $vm);
    return $vm;
}

sub described_as {
    my ($from, $to, %disk) = @_;
    return damaged(
        sub {
            my $text = slurp($_[0]{path});
            $text =~ s/$from/$to/ or die "nothing to change: $from";
            spew($_[0]{path}, $text);
        },
        type => 'monolithicFlat',
        %disk
    );
}

is_refused('the disk is missing', damaged(sub { unlink $_[0]{path} }), VIX_E_FILE_NOT_FOUND);
is_refused(
    'an extent is missing',
    damaged(sub { unlink $_[0]{extents}[1]{file} }, type => 'twoGbMaxExtentSparse'),
    VIX_E_FILE_NOT_FOUND
);
is_refused('the disk is empty', damaged(sub { spew($_[0]{path}, '') }), VIX_E_DISK_INVALIDDISK);
is_refused(
    'the disk is text',
    damaged(sub { spew($_[0]{path}, "hello\n" x 99) }),
    VIX_E_DISK_INVALIDDISK
);
is_refused(
    'the disk is noise',
    damaged(sub { spew($_[0]{path}, "\x9c\0\xff\1" x 999) }),
    VIX_E_DISK_INVALIDDISK
);
is_refused(
    'an extent is something else',
    damaged(sub { spew($_[0]{extents}[0]{file}, 'x' x 9999) }, type => 'twoGbMaxExtentSparse'),
    VIX_E_DISK_INVALIDDISK
);
is_refused(
    'a sparse extent was cut short',
    damaged(sub { truncate_file($_[0]{path}, 200_000) }),
    VIX_E_DISK_NEEDSREPAIR
);
is_refused(
    'a flat extent was cut short',
    damaged(sub { truncate_file($_[0]{extents}[0]{file}, 4096) }, type => 'monolithicFlat'),
    VIX_E_DISK_NEEDSREPAIR
);
is_refused(
    'sparse version 4',
    damaged(sub { set_header_field($_[0]{path}, 'version', 4) }),
    VIX_E_DISK_UNSUPPORTEDDISKVERSION
);
is_refused(
    "a disk of type $_",
    described_as('createType="monolithicFlat"', qq(createType="$_")),
    VIX_E_DISK_UNSUPPORTEDDEVICE
    )
    for
    qw(fullDevice partitionedDevice vmfsRDM vmfsRDMP vmfsRawDeviceMap vmfsPassthroughRawDeviceMap
    vmfsRaw);
is_refused(
    "an extent of type $_",
    described_as('FLAT', $_, type => 'custom'),
    VIX_E_DISK_UNSUPPORTEDDEVICE
) for qw(VMFSRDM VMFSRAW);
is_refused(
    'a type of disk nobody knows',
    described_as('createType="monolithicFlat"', 'createType="quantum"'),
    VIX_E_DISK_NOTSUPPORTED
);
is_refused(
    'an encrypted disk',
    described_as('createType=', qq(encryptionKeys="vmware:key/list"\ncreateType=)),
    VIX_E_DISK_NEEDKEY
);
is_refused(
    'a disk as a raw device',
    damaged(
        sub {
            my ($disk, $vm) = @_;
            my $text = slurp($vm->{vmx});
            spew($vm->{vmx}, $text . qq(scsi0:0.deviceType = "rawDisk"\n));
            $text = slurp($disk->{path});
            $text =~ s/createType="\w+"/createType="fullDevice"/;
            spew($disk->{path}, $text);
        },
        type => 'monolithicFlat'
    ),
    VIX_E_DISK_UNSUPPORTEDDEVICE
);
is_refused(
    'a second disk is bad',
    machine(disks => [{}, { file_name => 'gone.vmdk' }]),
    VIX_E_FILE_NOT_FOUND
);

SKIP: {
    skip 'needs root to become somebody else', 8 if $> != 0;
    my $nobody = getpwnam 'nobody';
    chmod 0755, "$keep";

    my $vm     = machine();
    my $before = state_of($vm);
    my $result = clone_in_child($vm->{vmx}, destination($vm), uid => $nobody);
    is($result->{err}, VIX_E_FILE_ACCESS_ERROR, 'a destination that may not be written')
        or diag($result->{output});
    is(state_of($vm), $before, 'nothing is left, nothing was touched');

    chmod 0, $vm->{disks}[0]{path};
    mkdir "$keep/open";
    chmod 0777, "$keep/open";
    $result = clone_in_child($vm->{vmx}, "$keep/open/clone/copy.vmx", uid => $nobody);
    is($result->{err}, VIX_E_FILE_ACCESS_ERROR, 'a disk that may not be read')
        or diag($result->{output});
    is_deeply([VixTest::list_files("$keep/open")], [], 'nothing is left');

    chmod 0644, $vm->{disks}[0]{path};
    chmod 0, $vm->{vmx};
    $result = clone_in_child($vm->{vmx}, "$keep/open/clone/copy.vmx", uid => $nobody);
    is($result->{err}, VIX_E_FILE_ACCESS_ERROR, 'a .vmx that may not be read')
        or diag($result->{output});
    is_deeply([VixTest::list_files("$keep/open")], [], 'nothing is left');

    chmod 0644, $vm->{vmx};
    $before = state_of($vm);
    $result = clone_in_child($vm->{vmx}, "$keep/open/clone/copy.vmx", uid => $nobody);
    is($result->{err}, VIX_OK, 'a source folder that may not be written is no obstacle')
        or diag($result->{output});
    is(state_of($vm), $before, 'and is not touched');
}

done_testing();
