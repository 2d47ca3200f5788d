package VixTest::CloneJudge;

# Checks a clone's disk in every way and returns what is wrong as a list of sentences. An empty list
# means a sound disk that contains exactly the model's bytes.

use strict;
use warnings;

use Exporter 'import';
use File::Basename qw(dirname);

use VixTest::DiskDescriptor qw(read_descriptor);
use VixTest::DiskReader     qw(disk_content_difference);
use VixTest::DiskSparse     qw(sparse_complaints);
use VixTest::Tools          qw(have_tool qemu_check qemu_content_difference vmdkinfo);

our @EXPORT_OK = qw(clone_complaints disk_complaints identity_complaints content_complaints
    extent_sizes);

my @KEPT_DDB = qw(adapterType geometry.cylinders geometry.heads geometry.sectors virtualHWVersion);

# Checks all disks of a machine (a record of make_vm) in its clone's folder. Optional: what
# disk_complaints takes.
sub clone_complaints {
    my ($vm, $dir, %may) = @_;
    return map { disk_complaints("$dir/$_->{base_name}-cl1.vmdk", $_, %may) } @{ $vm->{disks} };
}

# `$disk` is the clone's descriptor, `$source` the record of the disk it was made from. Optional:
# class (createType it must have), extents (their sizes), qemu (0: QEMU cannot read this layout).
sub disk_complaints {
    my ($disk, $source, %may) = @_;
    return "$disk is no plain file" if -l $disk || !-f $disk;
    my $found = read_descriptor($disk);
    my @wrong = identity_complaints($disk, $source);
    push @wrong, "createType $found->{header}{createType} instead of $may{class}"
        if $may{class} && $found->{header}{createType} ne $may{class};
    my @sizes = extent_sizes($disk);
    push @wrong, "extents @sizes instead of @{ $may{extents} }"
        if $may{extents} && "@sizes" ne "@{ $may{extents} }";
    push @wrong, _file_complaints($disk, $found);
    push @wrong, content_complaints($disk, $source->{content}, %may);
    return @wrong;
}

sub extent_sizes {
    my ($disk) = @_;
    return map { $_->{sectors} } @{ read_descriptor($disk)->{extents} };
}

sub content_complaints {
    my ($disk, $content, %may) = @_;
    my $difference = eval { disk_content_difference($disk, $content) };
    my @wrong      = defined $difference ? $difference : "unreadable: $@";
    push @wrong, qemu_check($disk), qemu_content_difference($disk, $content)
        if have_tool('qemu-img') && !(defined $may{qemu} && !$may{qemu});
    push @wrong, vmdkinfo($disk) if have_tool('vmdkinfo');
    return grep {$_} @wrong;
}

# The rules for content ids, uuid and disk data base of a disk without a parent.
sub identity_complaints {
    my ($disk, $source) = @_;
    my $found = read_descriptor($disk);
    my ($header, $ddb) = @{$found}{qw(header ddb)};
    my ($base) = _base($source);
    my $was    = read_descriptor($base->{path})->{ddb};
    my $cid    = defined $header->{CID} ? $header->{CID} : 'absent';
    my @wrong;
    push @wrong, "CID is $cid" if $cid !~ /^[0-9a-f]{8}$/ || $cid =~ /^f{7}[ef]$/;
    push @wrong, 'CID is the source\'s' if $cid eq ($source->{cid} || '');
    push @wrong, "longContentID $ddb->{longContentID} does not end in CID $cid"
        if ($ddb->{longContentID} || '') !~ /^[0-9a-f]{24}\Q$cid\E$/;
    push @wrong, "parentCID is $header->{parentCID}" if $header->{parentCID} ne 'ffffffff';
    push @wrong, 'CID and parentCID lines apart' if $found->{text} !~ /^CID=\w+\nparentCID=/m;
    push @wrong, 'has a parentFileNameHint' if exists $header->{parentFileNameHint};
    push @wrong, "encoding is $header->{encoding}" if $header->{encoding} ne 'UTF-8';
    push @wrong, "does not begin like a descriptor"
        if $found->{text} !~ /^# Disk DescriptorFile\nversion=1\n/;
    push @wrong, 'ddb.uuid is ' . ($ddb->{uuid} || 'absent')
        if ($ddb->{uuid} || '')
        !~ /^60 00 C2 9[0-9a-f]( [0-9a-f]{2}){3} [0-9a-f]{2}-([0-9a-f]{2} ?){8}$/;
    push @wrong, 'ddb.uuid is the source\'s' if ($ddb->{uuid} || '') eq ($was->{uuid} || '-');

    for my $key (grep { defined $was->{$_} } @KEPT_DDB) {
        my $is = defined $ddb->{$key} ? $ddb->{$key} : 'absent';
        push @wrong, "ddb.$key is $is instead of $was->{$key}" if $is ne $was->{$key};
    }
    return @wrong;
}

sub _base {
    my ($disk) = @_;
    $disk = $disk->{parent} while $disk->{parent};
    return $disk;
}

sub _file_complaints {
    my ($disk, $found) = @_;
    my @wrong;
    for my $extent (grep { defined $_->{name} } @{ $found->{extents} }) {
        my $file = dirname($disk) . "/$extent->{name}";
        push @wrong, "extent $extent->{name} lies elsewhere" if $extent->{name} =~ m{/};
        push @wrong, "extent $extent->{name} is no plain file", next if -l $file || !-f $file;
        push @wrong, "extent $extent->{name} is not RW" if $extent->{access} ne 'RW';
        push @wrong, map {"$extent->{name}: $_"} sparse_complaints($file)
            if $extent->{kind} eq 'SPARSE';
    }
    return @wrong;
}

1;
