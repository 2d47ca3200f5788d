#!/usr/bin/perl
# Samples of what VMware's products write: each is cloned, with disks made to fit where the sample
# has none, or refused with the documented code; of the .vmx only the lines that make the clone
# itself change.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VixTest;
use VixTest::Calls   qw(clone_vm);
use VixTest::Rebuilt qw(clone_complaints rebuild);
use VixTest::Vmx     qw(read_vmx);

my $samples = "$Bin/data/samples";
my $lou     = "\xe6\xa5\xbc";         # U+697C and U+6A21, in the names of machines on a host in
my $mo      = "\xe6\xa8\xa1";         # China

# What VixTest::Rebuilt takes, with the names of samples; code: of the refusal.
my @machines = (
    { vmx => 'moved-linux/Relay.vmx', disks => [{ name => 'Relay' }] },
    {   vmx   => 'fusion-parent/Old Office PC.vmx',
        disks => [{ name => 'Office Disk', snapshots => 2 }]
    },
    {   vmx   => 'clone-never-started/Clone of Build Host.vmx',
        disks => [{ name => 'Build Host-cl1', clone => 'Build Host-cl2' }]
    },
    {   vmx   => 'full-clone-started/Ledger Server.vmx',
        disks => [
            {   name       => 'Ledger Server-cl1',
                clone      => 'Ledger Server-cl2',
                descriptor => 'full-clone-started/Ledger Server-cl1.vmdk',
            }
        ]
    },
    {   vmx   => 'win-1251-no-cid/vm.vmx',
        disks => [
            {   name       => 'vm',
                type       => 'twoGbMaxExtentFlat',
                descriptor => 'win-1251-no-cid/vm.vmdk',
            }
        ]
    },
    {   vmx   => 'gbk-running/vm.vmx',
        as    => "Depot 7 $lou.vmx",
        disks => [{ name => "Depot 7 $lou", descriptor => 'gbk-running/vm.vmdk' }]
    },
    {   vmx   => 'gbk-snapshot.vmx',
        as    => "Lager 64 $mo.vmx",
        disks => [{ name => "Lager 64 $mo", snapshots => 1 }]
    },
    {   vmx   => 'ovf-import/appliance.vmx',
        disks => [{ name => 'appliance-disk1', snapshots => 1 }]
    },
    { vmx => 'hand-edited-many-keys.vmx', disks => [{ name => 'System Disk' }] },
    {   vmx   => 'ws5-era-crlf.vmx',
        as    => 'vm.vmx',
        disks => [{ name => 'vm' }],
        files => { 'loader.img' => 'floppy', 'system.img' => 'floppy' }
    },
    {   vmx   => 'lifecycle/00-new.vmx',
        as    => 'Kiosk x64.vmx',
        disks => [{ name => 'Kiosk x64', descriptor => 'lifecycle/00-new.vmdk' }]
    },
    {   vmx   => 'lifecycle/01-first-boot.vmx',
        as    => 'Kiosk x64.vmx',
        disks => [{ name => 'Kiosk x64', descriptor => 'lifecycle/02-installed.vmdk' }]
    },
    {   vmx   => 'suspended/Mail Gate.vmx',
        disks => [{ name => 'Mail Gate' }],
        files =>
            { 'Mail Gate-7c1e90b2.vmss' => 'state', 'Mail Gate-7c1e90b2.vmem' => 'ram' }
    },
    { vmx => 'fusion-13/Payroll Desk.vmx',   disks => [{ name => 'Virtual Disk' }] },
    { vmx => 'fusion-13/Sensor Gateway.vmx', disks => [{ name => 'Virtual Disk' }] },
    { vmx => 'workstation-25h2/Till 4.vmx',  disks => [{ name => 'Till 4' }] },
    {   vmx   => 'workstation-25h2/Archive Node.vmx',
        disks => [map { { name => "Archive Node$_" } } '', '-0', '-1', '-2']
    },
    { vmx => 'esx4-master.vmx', disks      => [{ name => 'golden1.002', type => 'vmfs' }] },
    { vmx => 'minimal-template.vmx', disks => [] },

    {   vmx   => 'broken-quotes/Reception PC.vmx',
        disks => [{ name => 'Reception PC', descriptor => 'broken-quotes/Reception PC.vmdk' }],
        code  => VIX_E_CANNOT_READ_VM_CONFIG,
    },
    { vmx => 'encrypted-full.vmx', disks => [], code => VIX_E_NEED_KEY },
    {   vmx   => 'encrypted-partial/Front Desk.vmx',
        disks => [{ name => 'Front Desk' }],
        code  => VIX_E_NEED_KEY
    },
    { vmx => 'esx4-clone-unquoted.vmx', disks            => [], code => VIX_E_FILE_NOT_FOUND },
    { vmx => 'moved-linux/Relay.vmx', disks => [], code => VIX_E_FILE_NOT_FOUND },
    {   vmx   => 'gbk-running/vm.vmx',
        as    => "Depot 7 $lou.vmx",
        disks => [{ name => "Depot 7 $lou", descriptor => 'gbk-running/vm.vmdk' }],
        files =>
            { "Depot 7 $lou.vmx.lck/M50731.lck" => 'sample:gbk-running/vmx.lck/M50731.lck' },
        code => VIX_E_VM_IS_RUNNING
    },
    {   vmx   => 'gbk-running/vm.vmx',
        as    => "Depot 7 $lou.vmx",
        disks => [{ name => "Depot 7 $lou", descriptor => 'gbk-running/vm.vmdk' }],
        files => {
            '564d4e8e-6e8b-0e76-c00a-268da75596ac.vmem.lck/M18264.lck' =>
                'sample:gbk-running/vmem.lck/M18264.lck',
        },
        code => VIX_E_VM_IS_RUNNING
    },
);

my $keep = temp_dir();

# What VixTest::Rebuilt takes, with paths.
sub given {
    my ($sample) = @_;
    my %given = (%{$sample}, vmx => "$samples/$sample->{vmx}");
    my $beside = $sample->{files} || {};
    $given{files} = { map { $_ => bytes_of($beside->{$_}) } keys %{$beside} };
    $given{disks} = [map { disk_given(%{$_}) } @{ $sample->{disks} }];
    return %given;
}

sub disk_given {
    my (%disk) = @_;
    $disk{descriptor} = "$samples/$disk{descriptor}" if $disk{descriptor};
    return \%disk;
}

sub bytes_of {
    my ($what) = @_;
    return $what =~ /^sample:(.*)/ ? slurp("$samples/$1") : $what;
}

for my $number (0 .. $#machines) {
    my $sample = $machines[$number];
    my $name   = $sample->{vmx};
    my $dir    = "$keep/$number";
    my $vm     = rebuild("$dir/source", given($sample));
    my $before = folder_digest("$dir/source");
    my $result = clone_vm($vm->{vmx}, "$dir/clone/copy.vmx");
    is(folder_digest("$dir/source"), $before, "$name: the source is untouched");
    is($result->{err}, $sample->{code} || VIX_OK, "$name: gives " . ($sample->{code} || 'a clone'))
        or diag($result->{text});

    if ($sample->{code}) {
        ok(!-e "$dir/clone", "$name: nothing is left");
        next;
    }
    my @wrong = clone_complaints($vm, "$dir/clone/copy.vmx");
    is_deeply(\@wrong, [], "$name: the clone is sound");
    is(read_vmx("$dir/clone/copy.vmx")->{value}{displayname}, 'copy', "$name: it has its own name");
}

done_testing();
