package VixTest::Differential;

# Makes one disk of a given kind, size and pattern with QEMU and with this library, and reads it with
# QEMU, libvmdk and this library: all must be equal to the byte. This library reads by cloning, and
# writes the clone. Asserts nothing.

use strict;
use warnings;

use Exporter 'import';

use VMware::Vix::API::Constants;
use VixTest;
use VixTest::Calls qw(clone_vm);
use VixTest::Files qw(read_bytes truncate_file);
use VixTest::Tools qw(run_tool);

our @EXPORT_OK = qw(subformats odd_sizes patterns differential_complaints have_libvmdk);

my $SECTOR  = 512;
my $GRAIN   = 128;             # sectors
my $TABLE   = 512 * $GRAIN;    # covered by one grain table
my $PYTHON  = '/usr/bin/python3';
my $COMPARE = __FILE__ =~ s/Differential\.pm$/libvmdk_compare.py/r;

# The kinds that qemu-img makes.
sub subformats {
    return qw(monolithicSparse monolithicFlat twoGbMaxExtentSparse twoGbMaxExtentFlat
        streamOptimized);
}

# In sectors: near a sector, a grain, and the span of one grain table. The last two are near the end
# of an extent of 2 GiB, where QEMU splits.
sub odd_sizes {
    return (1, 7, $GRAIN - 1, $GRAIN, $GRAIN + 1, 3 * $GRAIN + 5, 2048 + 7, $TABLE - 1, $TABLE,
        $TABLE + 1, 2 * $TABLE - $GRAIN, 3 * $TABLE + 77, (4 << 20) - 128, (4 << 20) + 129);
}

# name => the [first sector, count, fill] of a disk of this many sectors. Fill 0: zeros that are
# written; others seed the bytes.
my %PATTERN = (
    empty   => sub { return () },
    ends    => sub { return ([0, 1, 1], [$_[0] - 1, 1, 2]) },
    full    => sub { return [0, _most($_[0], 6000), 3] },
    stripes => sub {
        return map { [$_ * $GRAIN + 1, 3, 10 + $_] } grep { $_ % 2 } 0 .. 40;
    },
    zeros   => sub { return ([0, _most($_[0], 1000), 0], [$GRAIN, 2 * $GRAIN, 0], [5, 9, 4]) },
    borders => sub {
        return map { ([$_ - 1, 2, 20], [$_ + $GRAIN - 1, 2, 21]) } $GRAIN, $TABLE, 2 * $TABLE,
            4 << 20;
    },
);

sub patterns { return sort keys %PATTERN }

sub _most { return $_[0] < $_[1] ? $_[0] : $_[1] }

sub have_libvmdk {
    return run_tool($PYTHON, '-c', 'import pyvmdk')->{status} == 0;
}

sub _write_raw {
    my ($path, $sectors, $pattern) = @_;
    spew($path, '');
    truncate_file($path, $sectors * $SECTOR);
    open my $fh, '+<:raw', $path or die "open $path: $!";
    for my $range ($PATTERN{$pattern}->($sectors)) {
        my ($first, $count, $fill) = @{$range};
        next if $first >= $sectors;
        $count = $sectors - $first if $first + $count > $sectors;
        my $bytes = $fill ? join '', map { pack 'a16 x496', "$fill:$_" } 1 .. $count
            : "\0" x ($count * $SECTOR);
        seek $fh, $first * $SECTOR, 0 or die "seek: $!";
        print {$fh} $bytes or die "write: $!";
    }
    close $fh or die "close: $!";
    return $path;
}

# Optional: libvmdk (0: leave it out), spoil (a sub that changes the raw file before anything is
# compared with it).
sub differential_complaints {
    my ($subformat, $sectors, $pattern, %may) = @_;
    my $keep = temp_dir();
    my $raw  = _write_raw("$keep/disk.raw", $sectors, $pattern);
    mkdir "$keep/qemu" or die "mkdir: $!";
    my $made = run_tool('qemu-img', 'convert', '-q', '-f', 'raw', '-O', 'vmdk', '-o',
        "subformat=$subformat", $raw, "$keep/qemu/disk.vmdk");
    return "QEMU: $made->{err}" if $made->{status};
    my %disk = (qemu => "$keep/qemu/disk.vmdk");
    my $from = $disk{qemu};
    for my $generation (qw(ours again)) {
        my $vm = make_vm(dir => "$keep/of-$generation", disks => 0,
            keys => ['scsi0.present' => 'TRUE', 'scsi0:0.present' => 'TRUE',
                'scsi0:0.fileName' => $from]);
        my $clone = clone_vm($vm->{vmx}, "$keep/$generation/c.vmx");
        return "$generation: $clone->{err} $clone->{text}" if $clone->{err} != VIX_OK;
        ($from) = grep { !/-[sf]\d+\.vmdk$|-flat\.vmdk$/ } glob "$keep/$generation/*.vmdk";
        $disk{$generation} = $from;
    }
    $may{spoil}->($raw) if $may{spoil};
    return (_qemu_complaints($raw, \%disk), _libvmdk_complaints($raw, \%disk, %may));
}

sub _qemu_complaints {
    my ($raw, $disk) = @_;
    my @wrong;
    for my $writer (sort keys %{$disk}) {
        my $run = run_tool('qemu-img', 'compare', '-f', 'raw', '-F', 'vmdk', $raw,
            $disk->{$writer});
        push @wrong, "QEMU reads from $writer: $run->{out}$run->{err}"
            if $run->{status};
    }
    return @wrong;
}

sub _libvmdk_complaints {
    my ($raw, $disk, %may) = @_;
    return if defined $may{libvmdk} && !$may{libvmdk};
    my @writers = sort keys %{$disk};
    my $run     = run_tool($PYTHON, $COMPARE, map { ($disk->{$_}, $raw) } @writers);
    my @said    = split /\n/, $run->{out};
    return "libvmdk: $run->{err}" if @said != @writers;
    return map {"libvmdk reads from $writers[$_]: $said[$_]"} grep { $said[$_] ne 'same' } 0 .. $#said;
}

1;
