package VixTest::SnapshotChain;

# The tests' own reader of a disk through its chain, following the hints as their writers meant
# them. Reports what is wrong with the links, faster than qemu-img.

use strict;
use warnings;

use Exporter 'import';
use File::Basename qw(basename dirname);

use VixTest::DiskDescriptor qw(read_descriptor);
use VixTest::DiskSparse     qw(read_sparse sparse_complaints);
use VixTest::Files          qw(get_sectors read_bytes);

our @EXPORT_OK = qw(chain_of chain_bytes chain_complaints chain_difference link_files);

my $SECTOR = 512;

# The descriptors from the disk down to its base. Dies if a parent is missing.
sub chain_of {
    my ($path) = @_;
    my @chain;
    while (defined $path) {
        die "$path is not there"             if !-f $path;
        die "$path is among its own parents" if grep { $_ eq $path } @chain;
        push @chain, $path;
        my $header = read_descriptor($path)->{header};
        last if $header->{parentCID} eq 'ffffffff';
        my $hint = $header->{parentFileNameHint};
        die "$path has a parent but no hint" if !defined $hint;
        $path = $hint =~ m{^/} ? $hint : dirname($path) . "/$hint";
    }
    return @chain;
}

# What a guest reads from the disk.
sub chain_bytes {
    my ($path) = @_;
    my @chain  = reverse chain_of($path);
    my $bytes  = '';
    for my $link (@chain) {
        my $descriptor = read_descriptor($link);
        my $size       = 0;
        $size += $_->{sectors} * $SECTOR for @{ $descriptor->{extents} };
        $bytes = "\0" x $size                                    if $bytes eq '';
        die "$link has $size bytes, its parent " . length $bytes if $size != length $bytes;
        _lay_over(\$bytes, $link, $descriptor);
    }
    return $bytes;
}

sub _lay_over {
    my ($bytes, $link, $descriptor) = @_;
    my $at = 0;
    for my $extent (@{ $descriptor->{extents} }) {
        my $size = $extent->{sectors} * $SECTOR;
        my $file = _file_of($link, $extent);
        if ($extent->{kind} eq 'SPARSE') {
            _lay_grains($bytes, $at, $size, $file);
        }
        elsif ($extent->{kind} eq 'FLAT') {
            my $got = read_bytes($file, ($extent->{offset} || 0) * $SECTOR, $size);
            die "$file is too short" if length $got != $size;
            substr ${$bytes}, $at, $size, $got;
        }
        else { die "no reader for $extent->{kind} extents" }
        $at += $size;
    }
    return;
}

sub _lay_grains {
    my ($bytes, $at, $size, $file) = @_;
    my $sparse  = read_sparse($file);
    my $grain   = $sparse->{grain_size} * $SECTOR;
    my $entries = $sparse->{entries};
    open my $fh, '<:raw', $file or die "open $file: $!";
    for my $index (keys %{$entries}) {
        my $from = $index * $grain;
        next if $from >= $size;
        my $count = $size - $from < $grain ? $size - $from : $grain;
        my $data  = "\0" x $count;
        if ($entries->{$index} != 1 || !($sparse->{flags} & 4)) {
            $data = get_sectors($fh, $entries->{$index}, $count);
            die "$file is too short" if length $data != $count;
        }
        substr ${$bytes}, $at + $from, $count, $data;
    }
    return;
}

# The file of an extent line. For an embedded descriptor that is the disk itself, whatever the line
# says.
sub _file_of {
    my ($link, $extent) = @_;
    return read_bytes($link, 0, 4) eq 'KDMV' ? $link : dirname($link) . "/$extent->{name}";
}

# All files of one link.
sub link_files {
    my ($link) = @_;
    my %files = map { _file_of($link, $_) => 1 } @{ read_descriptor($link)->{extents} };
    return sort keys %{ { %files, $link => 1 } };
}

# What is inconsistent in the chain of a disk; also checks each link alone.
sub chain_complaints {
    my ($path) = @_;
    my @chain = eval { chain_of($path) };
    return "$path: $@" if !@chain;
    my @wrong;
    for my $number (0 .. $#chain) {
        my $found = read_descriptor($chain[$number]);
        push @wrong, map {"$chain[$number]: $_"} _link_complaints($chain[$number], $found);
        next if $number == $#chain;
        my $is  = $found->{header}{parentCID};
        my $cid = read_descriptor($chain[$number + 1])->{header}{CID};
        push @wrong, "$chain[$number]: parentCID $is, its parent is $cid" if hex $is != hex $cid;
    }
    return @wrong;
}

sub _link_complaints {
    my ($link,   $found) = @_;
    my ($header, $ddb)   = @{$found}{qw(header ddb)};
    my @wrong;
    push @wrong, 'does not begin like a descriptor'
        if $found->{text} !~ /^# Disk DescriptorFile\r?\nversion=\d/;
    push @wrong, "CID is $header->{CID}"    # QEMU writes no leading zeros
        if $header->{CID} !~ /^(?!f{7}[ef])[0-9a-f]{1,8}$/;
    push @wrong, 'the name in its descriptor is ' . $found->{extents}[0]{name}
        if read_bytes($link, 0, 4) eq 'KDMV' && $found->{extents}[0]{name} ne basename($link);
    for my $extent (@{ $found->{extents} }) {
        my $file = _file_of($link, $extent);
        push @wrong, "$file is no plain file", next if -l $file || !-f $file;
        push @wrong, map {"$file: $_"} sparse_complaints($file) if $extent->{kind} eq 'SPARSE';
    }
    return @wrong;
}

# Empty if the disk reads as these bytes; otherwise where it differs first.
sub chain_difference {
    my ($path, $want) = @_;
    my $got = eval { chain_bytes($path) };
    return "$path: $@" if !defined $got;
    return ''          if $got eq $want;
    return "$path: " . length($got) . ' bytes instead of ' . length $want
        if length $got != length $want;
    ($got ^ $want) =~ /[^\0]/;
    my ($at, $sector) = ($-[0], int $-[0] / $SECTOR);
    my ($is, $should) = map { substr $_, $sector * $SECTOR, 16 } $got, $want;
    s/[^ -~]/./g for $is, $should;
    return "$path: sector $sector byte " . $at % $SECTOR . " differs: \"$is\" for \"$should\"";
}

1;
