#!/usr/bin/perl
# Machines that others made, as VMware's products wrote them: each is cloned, with disks made to fit
# where the sample has none, or refused with the documented code; of the .vmx only the lines that
# make the clone itself change.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use File::Basename qw(basename);
use VMware::Vix::API::Constants;
use VixTest;
use VixTest::Calls      qw(clone_vm);
use VixTest::CloneJudge qw(disk_complaints);
use VixTest::Disk       qw(make_disk make_delta);
use VixTest::Tools      qw(have_tool qemu_check);
use VixTest::Vmx        qw(changed_lines read_vmx);

my $corpus = "$Bin/data/corpus";
my $wei    = "\xe4\xbd\x8d";       # U+4F4D, in the names of two machines made in China

# What a clone may change in a .vmx.
my $edited = qr{^(?:
      \.encoding | displayname | nvram | extendedconfigfile | uuid\.(?:bios|location)
    | ethernet\d+\.generatedaddress(?:offset)? | vc\.uuid | policy\.vm\.mvmtid | vm\.createdate
    | vm\.genidx? | cleanshutdown | checkpoint\.vmstate(?:\.readonly)?
    | sched\.swap\.derivedname | migrate\.hostlog
    | workingdir | templatevm | filesearchpath | (?:scsi|sata|ide|nvme)\d+:\d+\.filename
    | floppy\d+\.filename )$}x;

# vmx: where in the corpus; as: name of the .vmx in its folder; disks: what make_disk takes, with
# snapshots (how many deltas), descriptor (from the corpus, put over the one written) and clone
# (name of the clone's disk); files: put beside; code: of the refusal.
my @machines = (
    { vmx => 'metasploitable2/Metasploitable.vmx', disks => [{ name => 'Metasploitable' }] },
    {   vmx   => 'fusion-parent-of-linked-clone/Windows XP Professional.vmx',
        disks => [{ name => 'Virtual Disk', snapshots => 2 }]
    },
    {   vmx   => 'clone-never-powered-on/Clone of Ubuntu 64-bit.vmx',
        disks => [{ name => 'Ubuntu 64-bit-cl1', clone => 'Ubuntu 64-bit-cl2' }]
    },
    {   vmx   => 'full-clone-owaspbwa/OWASP Broken Web Apps.vmx',
        disks => [
            {   name       => 'OWASP Broken Web Apps-cl1',
                clone      => 'OWASP Broken Web Apps-cl2',
                descriptor => 'full-clone-owaspbwa/OWASP Broken Web Apps-cl1.vmdk',
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
        as    => "CentOS 7 64 $wei.vmx",
        disks => [{ name => "CentOS 7 64 $wei", descriptor => 'gbk-running/vm.vmdk' }]
    },
    {   vmx   => 'gbk-snapshot.vmx',
        as    => "Ubuntu 64 $wei.vmx",
        disks => [{ name => "Ubuntu 64 $wei", snapshots => 1 }]
    },
    {   vmx   => 'ovf-import/workstation.vmx',
        disks => [{ name => 'workstation-disk1', snapshots => 1 }]
    },
    { vmx => 'hand-edited-many-keys.vmx', disks => [{ name => 'Virtual Disk' }] },
    {   vmx   => 'ws5-era-crlf.vmx',
        as    => 'vm.vmx',
        disks => [{ name => 'vm' }],
        files => { 'boot.img' => 'floppy', 'kernel.img' => 'floppy' }
    },
    {   vmx   => 'lifecycle/00-new.vmx',
        as    => 'Windows 7 x64.vmx',
        disks => [{ name => 'Windows 7 x64', descriptor => 'lifecycle/00-new.vmdk' }]
    },
    {   vmx   => 'lifecycle/01-first-boot.vmx',
        as    => 'Windows 7 x64.vmx',
        disks => [{ name => 'Windows 7 x64', descriptor => 'lifecycle/02-installed.vmdk' }]
    },
    {   vmx   => 'suspended/Ubuntu 64-bit.vmx',
        disks => [{ name => 'Ubuntu 64-bit' }],
        files =>
            { 'Ubuntu 64-bit-f427a3e5.vmss' => 'state', 'Ubuntu 64-bit-f427a3e5.vmem' => 'ram' }
    },
    { vmx => 'esx4-master.vmx', disks      => [{ name => 'master0.004', type => 'vmfs' }] },
    { vmx => 'minimal-template.vmx', disks => [] },

    {   vmx   => 'broken-quotes/Windows 10 x64.vmx',
        disks => [{ name => 'Windows 10 x64', descriptor => 'broken-quotes/Windows 10 x64.vmdk' }],
        code  => VIX_E_CANNOT_READ_VM_CONFIG,
    },
    { vmx => 'encrypted-full.vmx', disks => [], code => VIX_E_NEED_KEY },
    {   vmx   => 'encrypted-partial-win11/Windows 11 x64.vmx',
        disks => [{ name => 'Windows 11 x64' }],
        code  => VIX_E_NEED_KEY
    },
    { vmx => 'esx4-clone-unquoted.vmx', disks            => [], code => VIX_E_FILE_NOT_FOUND },
    { vmx => 'metasploitable2/Metasploitable.vmx', disks => [], code => VIX_E_FILE_NOT_FOUND },
    {   vmx   => 'gbk-running/vm.vmx',
        as    => "CentOS 7 64 $wei.vmx",
        disks => [{ name => "CentOS 7 64 $wei", descriptor => 'gbk-running/vm.vmdk' }],
        files =>
            { "CentOS 7 64 $wei.vmx.lck/M60634.lck" => 'corpus:gbk-running/vmx.lck/M60634.lck' },
        code => VIX_E_VM_IS_RUNNING
    },
    {   vmx   => 'gbk-running/vm.vmx',
        as    => "CentOS 7 64 $wei.vmx",
        disks => [{ name => "CentOS 7 64 $wei", descriptor => 'gbk-running/vm.vmdk' }],
        files => {
            '564d5dfb-18f0-cfb3-bbd7-c98207cd0067.vmem.lck/M27938.lck' =>
                'corpus:gbk-running/vmem.lck/M27938.lck',
        },
        code => VIX_E_VM_IS_RUNNING
    },
);

my $keep = temp_dir();

# The machine in a folder of its own.
sub rebuilt {
    my ($sample, $dir) = @_;
    my %files = map { $_ => bytes_of($sample->{files}{$_}) } keys %{ $sample->{files} || {} };
    my $vm    = make_vm(
        dir   => $dir,
        name  => basename($sample->{as} || $sample->{vmx}, '.vmx'),
        text  => slurp("$corpus/$sample->{vmx}"),
        disks => 0,
        files => \%files,
    );
    $vm->{disks} = [map { rebuilt_disk($dir, %{$_}) } @{ $sample->{disks} }];
    return $vm;
}

sub bytes_of {
    my ($what) = @_;
    return $what =~ /^corpus:(.*)/ ? slurp("$corpus/$1") : $what;
}

# With a descriptor from the corpus the extents get its sizes.
sub rebuilt_disk {
    my ($dir, %spec) = @_;
    my ($snapshots, $descriptor, $clone) = delete @spec{qw(snapshots descriptor clone)};
    my %layout = (type => 'monolithicSparse', sectors => 8192);
    if ($descriptor) {
        my @sizes = slurp("$corpus/$descriptor") =~ /^RW (\d+) /gm;
        my $total = 0;
        $total += $_ for @sizes;
        %layout = (type => 'twoGbMaxExtentSparse', sectors => $total, extents => \@sizes);
    }
    my $disk = make_disk(%layout, %spec, dir => $dir);
    spew($disk->{path}, slurp("$corpus/$descriptor")) if $descriptor;
    for my $step (1 .. $snapshots || 0) {
        $disk = make_delta(
            parent => $disk,
            name   => sprintf('%s-%06d', $spec{name}, $step),
            writes => [[$step * 100, 90, $step]],
        );
    }
    $disk->{clone} = $clone || "$spec{name}-cl1";
    return $disk;
}

# A last line may lack its end in the source, not in the clone, where others follow.
sub line_complaints {
    my ($source, $clone) = @_;
    my $text = slurp($source);
    $text .= $text =~ /\r\n/ ? "\r\n" : "\n" if $text !~ /\n\z/;
    my $changed = changed_lines($text, slurp($clone));
    return map {"line of \"$_\" changed"} grep { $_ !~ $edited } sort keys %{$changed};
}

for my $number (0 .. $#machines) {
    my $sample = $machines[$number];
    my $name   = $sample->{vmx};
    my $dir    = "$keep/$number";
    my $vm     = rebuilt($sample, "$dir/source");
    my $before = folder_digest("$dir/source");
    my $result = clone_vm($vm->{vmx}, "$dir/clone/copy.vmx");
    is(folder_digest("$dir/source"), $before, "$name: the source is untouched");
    is($result->{err}, $sample->{code} || VIX_OK, "$name: gives " . ($sample->{code} || 'a clone'))
        or diag($result->{text});

    if ($sample->{code}) {
        ok(!-e "$dir/clone", "$name: nothing is left");
        next;
    }
    my @wrong = line_complaints($vm->{vmx}, "$dir/clone/copy.vmx");
    for my $disk (@{ $vm->{disks} }) {
        my $path = "$dir/clone/$disk->{clone}.vmdk";
        push @wrong, disk_complaints($path, $disk, qemu => 0);
        push @wrong, grep {$_} qemu_check($path) if have_tool('qemu-img');
    }
    is_deeply(\@wrong, [], "$name: the clone is sound");
    is(read_vmx("$dir/clone/copy.vmx")->{value}{displayname}, 'copy', "$name: it has its own name");
}

done_testing();
