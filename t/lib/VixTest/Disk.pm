package VixTest::Disk;

# Makes virtual disks from short descriptions: make_disk writes a disk of any kind from a content
# model, make_delta a delta on top of one. A disk is a record of what was written:
#
#   path, dir, name    of the descriptor (or of the one file that embeds it)
#   type, capacity     createType, sectors
#   content            the model of what a guest would read, the whole chain together
#   cid, parent        content id; the record of the disk below
#   extents            [{kind, sectors, first, file, layout}] as written; file is a full path
#   files              every file of this link

use strict;
use warnings;

use Exporter 'import';
use File::Path ();

use VixTest::Content;
use VixTest::DiskCowd       qw(write_cowd);
use VixTest::DiskDescriptor qw(descriptor_text);
use VixTest::DiskSesparse   qw(write_sesparse);
use VixTest::DiskSparse     qw(write_sparse);
use VixTest::DiskStream     qw(write_stream);
use VixTest::Files          qw(spew);

our @EXPORT_OK = qw(make_disk make_delta MIB);

use constant MIB => 2048;

my $SECTOR = 512;

# createType => [extent kind, name of an extent file, how many extents by default]
my %CLASS = (
    monolithicSparse     => ['SPARSE', '%s.vmdk', 1],
    twoGbMaxExtentSparse => ['SPARSE', '%s-s%03d.vmdk', 3],
    monolithicFlat       => ['FLAT', '%s-flat.vmdk', 1],
    twoGbMaxExtentFlat   => ['FLAT', '%s-f%03d.vmdk', 3],
    streamOptimized      => ['SPARSE', '%s.vmdk', 1],
    vmfs                 => ['VMFS', '%s-flat.vmdk', 1],
    vmfsThin             => ['VMFS', '%s-flat.vmdk', 1],
    vmfsPreallocated     => ['VMFS', '%s-flat.vmdk', 1],
    vmfsEagerZeroedThick => ['VMFS', '%s-flat.vmdk', 1],
    vmfsSparse           => ['VMFSSPARSE', '%s-delta.vmdk', 1],
    seSparse             => ['SESPARSE', '%s-sesparse.vmdk', 1],
    custom               => ['FLAT', '%s-x%03d.vmdk', 1],
);

# Required: dir, name, type, sectors (or size_mb). Optional: content (a model, or [[first, count,
# seed]]; a sample by default), stored (ranges whose grains exist; by default wherever there is
# data), zeroed, extents (sizes in sectors, or records {sectors, kind, file, offset, access,
# sparse}), sparse (switches for the writer of the extents), header, ddb, eol, version (of the
# descriptor), tail (bytes behind the descriptor text), stream.
sub make_disk {
    my (%given) = @_;
    my %disk = (sparse => {}, zeroed => [], header => [], ddb => [], %given);
    $disk{capacity} = $disk{sectors} || $disk{size_mb} * MIB;
    $disk{content}  = _model($disk{content}, $disk{capacity});
    $disk{stored} ||= [$disk{content}->extents_of_data];
    $disk{cid}    ||= '1234abcd';
    $disk{path} = "$disk{dir}/$disk{name}.vmdk";
    File::Path::make_path($disk{dir});
    $disk{extents} = [_plan_extents(\%disk)];
    my $text     = _descriptor(\%disk);
    my $embedded = $disk{type} =~ /^(?:monolithicSparse|streamOptimized)$/;
    _write_extent(\%disk, $_, $embedded && $_->{first} == 0 ? $text : undef)
        for @{ $disk{extents} };
    spew($disk{path}, $text . ($disk{tail} || '')) if !$embedded;
    my %files = map { $_ => 1 } $disk{path}, map { $_->{file} || () } @{ $disk{extents} };
    $disk{files} = [sort keys %files];
    return \%disk;
}

# A delta on `parent`, a disk record. Required: name. Optional: writes ([[first, count, seed]]),
# zeroed (ranges of whole grains that get the zero entry), type (by default the class VMware would
# take), dir, hint, parent_cid, and whatever make_disk takes.
sub make_delta {
    my (%given) = @_;
    my $parent  = delete $given{parent};
    my $content = $parent->{content}->copy;
    $content->zero(@{$_}) for @{ $given{zeroed} || [] };
    my $writes = delete $given{writes} || [];
    $content->write(@{$_}) for @{$writes};
    my $hint = delete $given{hint};
    my $cid  = delete $given{parent_cid};
    my $disk = make_disk(
        type    => $parent->{type} =~ /^twoGb/ ? 'twoGbMaxExtentSparse' : 'monolithicSparse',
        dir     => $parent->{dir},
        sectors => $parent->{capacity},
        content => $content,
        stored  => $writes,
        cid     => sprintf('%08x', hex($parent->{cid}) + 1),
        %given,
        header => [
            parentCID          => defined $cid  ? $cid  : $parent->{cid},
            parentFileNameHint => defined $hint ? $hint : "$parent->{name}.vmdk",
            @{ $given{header} || [] },
        ],
    );
    $disk->{parent} = $parent;
    return $disk;
}

sub _model {
    my ($content, $capacity) = @_;
    return VixTest::Content->sample($capacity, 1) if !defined $content;
    return VixTest::Content->from_ranges($capacity, $content) if ref $content eq 'ARRAY';
    return $content;
}

sub _plan_extents {
    my ($disk) = @_;
    my ($kind, $pattern, $count) = @{ $CLASS{ $disk->{type} } };
    my $list = $disk->{extents} || _split($disk->{capacity}, $count);
    my ($first, $number, @planned) = (0, 0);
    for my $item (@{$list}) {
        my %extent = (kind => $kind, access => 'RW', ref $item ? %{$item} : (sectors => $item));
        $number++;
        $extent{first} = $first;
        $extent{name}  = _file_name($pattern, $disk->{name}, $number)
            if !defined $extent{name} && $extent{kind} ne 'ZERO';
        $extent{file} ||= "$disk->{dir}/$extent{name}" if defined $extent{name};
        $first += $extent{sectors};
        push @planned, \%extent;
    }
    return @planned;
}

sub _file_name {
    my ($pattern, $name, $number) = @_;
    return $pattern =~ /%03d/ ?
        sprintf $pattern, $name, $number :
        sprintf $pattern, $name;
}

# Nearly equal parts of whole grains, because QEMU misreads what follows an extent that ends within
# a grain.
sub _split {
    my ($capacity, $count) = @_;
    my $part = int($capacity / $count);
    $part -= $part % 128 if $count > 1;
    return [($part) x ($count - 1), $capacity - $part * ($count - 1)];
}

sub _descriptor {
    my ($disk) = @_;
    my %header = (
        encoding   => 'UTF-8',
        CID        => $disk->{cid},
        parentCID  => 'ffffffff',
        createType => $disk->{type},
        @{ $disk->{header} },
    );
    my $cylinders = int($disk->{capacity} / (255 * 63)) || 1;
    my %ddb       = (
        adapterType          => 'lsilogic',
        'geometry.cylinders' => $cylinders,
        'geometry.heads'     => 255,
        'geometry.sectors'   => 63,
        longContentID        => '0123456789abcdef01234567' . $disk->{cid},
        uuid                 => '60 00 C2 97 18 d4 5c 03-e7 92 4b a0 6d 31 f8 c5',
        virtualHWVersion     => 16,
        @{ $disk->{ddb} },
    );
    return descriptor_text(
        header  => [%header],
        extents => $disk->{extent_lines} || [map { _extent_line($_) } @{ $disk->{extents} }],
        ddb     => [map { $_ => $ddb{$_} } sort keys %ddb],
        eol     => $disk->{eol},
        version => $disk->{version},
    );
}

sub _extent_line {
    my ($extent) = @_;
    my $line = "$extent->{access} $extent->{sectors} $extent->{kind}";
    return $line if $extent->{kind} eq 'ZERO';
    $line .= qq( "$extent->{name}");
    $line .= ' ' . ($extent->{offset} || 0) if $extent->{kind} eq 'FLAT';
    return $line;
}

sub _write_extent {
    my ($disk, $extent, $descriptor) = @_;
    my %what = (
        (map { $_ => $disk->{$_} } qw(content stored zeroed)),
        (map { $_ => $extent->{$_} } qw(first sectors)),
        descriptor => $descriptor,
        %{ $disk->{sparse} },
        %{ $extent->{sparse} || {} },
    );
    my $kind = $extent->{kind};
    return if $kind eq 'ZERO'                             || $extent->{unwritten};
    return _write_flat($disk, $extent) if $kind eq 'FLAT' || $kind eq 'VMFS';
    my $write
        = $kind eq 'VMFSSPARSE'            ? \&write_cowd :
        $kind eq 'SESPARSE'                ? \&write_sesparse :
        $disk->{type} eq 'streamOptimized' ? \&write_stream :
        \&write_sparse;
    $extent->{layout} = $write->($extent->{file}, %what);
    return;
}

# Several extents may share a file, each at an offset of its own.
sub _write_flat {
    my ($disk, $extent) = @_;
    my $offset = $extent->{offset} || 0;
    my $exists = -e $extent->{file};
    open my $fh, $exists ? '+<:raw' : '+>:raw', $extent->{file} or die "open $extent->{file}: $!";
    $disk->{content}->write_to($fh, $offset * $SECTOR, @{$extent}{qw(first sectors)});
    my $end = ($offset + $extent->{sectors}) * $SECTOR;
    truncate $fh, $end or die "truncate: $!" if $end > -s $fh;
    close $fh          or die "close: $!";
    return;
}

1;
