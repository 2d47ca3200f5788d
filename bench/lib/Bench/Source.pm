package Bench::Source;

# The virtual machines to clone. Their disks are written by QEMU, not by us, so that what is
# measured is what others made.
#
# A disk is described by: kind (its createType), data_mib, capacity_mib, texture, deltas (how many
# snapshot deltas stand on the base) and delta_mib (what each of them holds). With `snapshot` one is
# taken by VMCreateSnapshot, and `delta_mib`, if any, written on top of it by QEMU.

use strict;
use warnings;

use File::Glob qw(bsd_glob);
use File::Path qw(make_path);

use Bench::Command qw(run_command feed_command);
use Bench::Texture ();
use Bench::Vix ();

use constant GRAIN => 64 << 10;
use constant MIB => 1 << 20;

# Makes the virtual machine in `$folder`; `$scratch` takes the raw disk on the way.
sub make {
    my ($disk, $folder, $scratch) = @_;
    make_path($folder);
    my $top = "$folder/disk.vmdk";
    if ($disk->{data_mib}) {
        write_base($disk, $top, "$scratch/raw");
    }
    else {
        run_command('qemu-img', 'create', '-q', '-f', 'vmdk', '-o', "subformat=$disk->{kind}",
            $top, "$disk->{capacity_mib}M");
    }
    for my $number (1 .. $disk->{deltas} // 0) {
        $top = add_delta($disk, $top, sprintf('%s/disk-%06d.vmdk', $folder, $number));
    }
    my $vmx = write_vmx($folder, $top);
    if ($disk->{snapshot}) {
        Bench::Vix::take_snapshot($vmx);
        my $delta = "$folder/disk-000001.vmdk";
        fill_delta($disk, $delta);
        $top = $delta if $disk->{delta_mib};
    }
    my @files = sort(bsd_glob("$folder/*.vmdk"));
    return {
        folder => $folder,
        vmx => $vmx,
        top => $top,
        files => \@files,
        clone_kind => $disk->{kind} eq 'streamOptimized' ? 'monolithicSparse' : $disk->{kind},
    };
}

sub write_base {
    my ($disk, $path, $raw) = @_;
    Bench::Texture->new($disk->{texture} // 'random')
        ->write_raw($raw, $disk->{data_mib}, $disk->{capacity_mib});
    run_command('qemu-img', 'convert', '-f', 'raw', '-O', 'vmdk', '-o', "subformat=$disk->{kind}",
        $raw, $path);
    unlink $raw or die "$raw: $!\n";
    return;
}

# A delta that was written takes a new CID, so each is filled before the next one is put on top.
sub add_delta {
    my ($disk, $parent, $path) = @_;
    my ($parent_name) = $parent =~ m{([^/]+)\z};
    run_command('qemu-img', 'create', '-q', '-f', 'vmdk', '-b', $parent_name, '-F', 'vmdk', $path);
    fill_delta($disk, $path);
    return $path;
}

# As a guest leaves it: mostly whole grains, some single pages, nowhere in order.
sub fill_delta {
    my ($disk, $path) = @_;
    my $count = ($disk->{delta_mib} // 0) * MIB / GRAIN or return;
    my $grains = $disk->{capacity_mib} * MIB / GRAIN;
    my @lines;
    for my $n (1 .. $count) {
        my $offset = int(rand $grains) * GRAIN;
        my $pattern = 1 + int rand 254;
        push @lines, $n % 8
            ? "write -q -P $pattern $offset " . GRAIN
            : sprintf 'write -q -P %d %d 4096', $pattern, $offset + 4096 * int rand 16;
    }
    feed_command(\@lines, qr/fail|error|invalid/i, 'qemu-io', '-f', 'vmdk', $path);
    return;
}

sub write_vmx {
    my ($folder, $top) = @_;
    my ($name) = $top =~ m{([^/]+)\z};
    my $path = "$folder/vm.vmx";
    open my $out, '>', $path or die "$path: $!\n";
    print {$out} <<"END";
.encoding = "UTF-8"
config.version = "8"
virtualHW.version = "12"
displayName = "bench"
guestOS = "other-64"
memsize = "512"
scsi0.present = "TRUE"
scsi0.virtualDev = "lsilogic"
scsi0:0.present = "TRUE"
scsi0:0.fileName = "$name"
END
    close $out or die "$path: $!\n";
    return $path;
}

1;
