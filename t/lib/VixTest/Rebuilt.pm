package VixTest::Rebuilt;

# Makes a whole machine, in a folder of its own, around a .vmx or a disk that a product wrote, and
# reports what is wrong with its clone.

use strict;
use warnings;

use Exporter       qw(import);
use File::Basename qw(basename dirname);
use File::Copy     qw(copy);

use VixTest;
use VixTest::CloneJudge qw(disk_complaints);
use VixTest::Disk       qw(make_disk make_delta);
use VixTest::Tools      qw(have_tool qemu_check);
use VixTest::Vmx        qw(changed_lines);

our @EXPORT_OK = qw(rebuild machine_with_disk as_qemu_likes clone_complaints);

# What a clone may change in a .vmx.
my $EDITED = qr{^(?:
      \.encoding | displayname | nvram | extendedconfigfile | uuid\.(?:bios|location)
    | ethernet\d+\.generatedaddress(?:offset)? | vc\.uuid | policy\.vm\.mvmtid | vm\.createdate
    | vm\.genidx? | cleanshutdown | checkpoint\.vmstate(?:\.readonly)?
    | sched\.swap\.derivedname | migrate\.hostlog
    | workingdir | templatevm | filesearchpath | (?:scsi|sata|ide|nvme)\d+:\d+\.filename
    | floppy\d+\.filename )$}x;

# Makes the machine (a record of make_vm) in this folder. Required: vmx (path of the text), disks
# (what make_disk takes, with snapshots: how many deltas; descriptor: path of a text that replaces
# the one written; clone: name of the clone's disk). Optional: as (name of the .vmx in its folder),
# files (name => bytes, to put beside it).
sub rebuild {
    my ($dir, %given) = @_;
    my $vm = make_vm(
        dir   => $dir,
        name  => basename($given{as} || $given{vmx}, '.vmx'),
        text  => slurp($given{vmx}),
        disks => 0,
        files => $given{files} || {},
    );
    $vm->{disks} = [map { _rebuild_disk($dir, %{$_}) } @{ $given{disks} }];
    return $vm;
}

# If a descriptor is given, the extents get its sizes.
sub _rebuild_disk {
    my ($dir, %spec) = @_;
    my ($snapshots, $descriptor, $clone) = delete @spec{qw(snapshots descriptor clone)};
    my %layout = (type => 'monolithicSparse', sectors => 8192);
    if ($descriptor) {
        my @sizes = slurp($descriptor) =~ /^RW (\d+) /gm;
        my $total = 0;
        $total += $_ for @sizes;
        %layout = (type => 'twoGbMaxExtentSparse', sectors => $total, extents => \@sizes);
    }
    my $disk = make_disk(%layout, %spec, dir => $dir);
    spew($disk->{path}, slurp($descriptor)) if $descriptor;
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

# A machine, alpha.vmx in this folder, whose only disk is a copy of that file, named disk.vmdk.
sub machine_with_disk {
    my ($dir, $disk) = @_;
    make_vm(
        dir   => $dir,
        disks => 0,
        keys  => [
            'scsi0.present'    => 'TRUE',
            'scsi0:0.present'  => 'TRUE',
            'scsi0:0.fileName' => 'disk.vmdk',
        ],
    );
    copy($disk, "$dir/disk.vmdk") or die "copy $disk: $!";
    return;
}

# QEMU leaves out extents that are not RW, so it gets a source whose extents are RW.
sub as_qemu_likes {
    my ($disk) = @_;
    my $bytes = slurp($disk);
    $bytes =~ s/^RDONLY (\d+)/RW     $1/m;
    return spew("$disk.rw", $bytes);
}

# What is wrong with the clone of a machine from rebuild().
sub clone_complaints {
    my ($vm, $clone) = @_;
    my @wrong = _vmx_complaints($vm->{vmx}, $clone);
    for my $disk (@{ $vm->{disks} }) {
        my $path = dirname($clone) . "/$disk->{clone}.vmdk";
        push @wrong, disk_complaints($path, $disk, qemu => 0);
        push @wrong, grep {$_} qemu_check($path) if have_tool('qemu-img');
    }
    return @wrong;
}

# The last line may lack its line end in the source, but not in the clone, where others follow.
sub _vmx_complaints {
    my ($source, $clone) = @_;
    my $text = slurp($source);
    $text .= $text =~ /\r\n/ ? "\r\n" : "\n" if $text !~ /\n\z/;
    my $changed = changed_lines($text, slurp($clone));
    return map {"line of \"$_\" changed"} grep { $_ !~ $EDITED } sort keys %{$changed};
}

1;
