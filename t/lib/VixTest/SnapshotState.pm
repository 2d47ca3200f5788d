package VixTest::SnapshotState;

# Reads snapshot states (.vmsn) by the description of their format alone, writes snapshot lists
# (.vmsd) from keys and values, and finds out what a call has done to a folder.

use strict;
use warnings;

use Exporter 'import';

use VixTest::Files qw(folder_digest slurp spew);
use VixTest::Vmx   qw(read_vmx vmx_line);

our @EXPORT_OK = qw(read_vmsn snapshot_list snapshot_of write_list lengthen_list folder_changes);

# { magic, version, groups, group (its name), position, size, blocks => [[name, bytes] ...], rest };
# rest is what follows the group.
sub read_vmsn {
    my ($path) = @_;
    my $bytes = slurp($path);
    my %found;
    @found{qw(magic version groups group position size)} = unpack 'V3 Z64 Q<2', $bytes;
    my $at = $found{position};
    while ((my $tag = unpack 'v', substr $bytes, $at, 2) != 0) {
        my ($kind, $indices, $length) = ($tag & 63, $tag >> 6 & 3, $tag >> 8);
        die "$path: a tag of kind $kind with $indices indices" if $kind != 63 || $indices;
        my $name = substr $bytes, $at + 2, $length;
        $at += 2 + $length;
        my ($on_disk, $in_memory, $padding) = unpack 'Q<2 v', substr $bytes, $at, 18;
        die "$path: $on_disk bytes that are $in_memory" if $on_disk != $in_memory;
        $at += 18 + $padding;
        push @{ $found{blocks} }, [$name, substr $bytes, $at, $on_disk];
        $at += $on_disk;
    }
    die "$path: the group has another size" if $at + 2 != $found{position} + $found{size};
    $found{rest} = substr $bytes, $at + 2;
    return \%found;
}

# The snapshot list beside a .vmx, as read_vmx returns it.
sub snapshot_list {
    my ($vmx) = @_;
    (my $path = $vmx) =~ s/\.vmx$/.vmsd/;
    return read_vmx($path);
}

# The snapshot list's entries for the snapshot with this uid: keys without "snapshot<I>." in lower
# case.
sub snapshot_of {
    my ($vmx, $uid) = @_;
    my $value = snapshot_list($vmx)->{value};
    my ($index)
        = map { /^snapshot(\d+)\.uid$/ && $value->{$_} == $uid ? $1 : () } keys %{$value};
    return if !defined $index;
    return { map { /^snapshot$index\.(.*)/ ? ($1 => $value->{$_}) : () } keys %{$value} };
}

# Writes a .vmsd of [key => value, ...].
sub write_list {
    my ($path, @pairs) = @_;
    my $text = vmx_line('.encoding', 'UTF-8') . "\n";
    while (my ($key, $value) = splice @pairs, 0, 2) {
        $text .= vmx_line($key, $value) . "\n";
    }
    return spew($path, $text);
}

# Records this many clones of a snapshot, none of which exists. A thousand take 80 KiB.
sub lengthen_list {
    my ($vmx, $uid, $count) = @_;
    (my $list = $vmx) =~ s/\.vmx$/.vmsd/;
    my $text = slurp($list);
    my ($key) = $text =~ /^(snapshot\d+)\.uid = "$uid"$/m or die "no snapshot $uid in $list";
    my $clone = '/a/folder/for/all/the/clones/c%d/clone.vmx';
    $text .= vmx_line("$key.clone0",    sprintf $clone, 0) . "\n";
    $text .= vmx_line("$key.numClones", $count) . "\n";
    $text .= vmx_line("$key.clone$_",   sprintf $clone, $_) . "\n" for 1 .. $count - 1;
    return spew($list, $text);
}

# The lines in which a folder differs from its earlier folder_digest; nothing if it was not changed.
sub folder_changes {
    my ($before, $dir) = @_;
    my %was = map { $_ => 1 } split /\n/, $before;
    my %is  = map { $_ => 1 } split /\n/, folder_digest($dir);
    return (map {"- $_"} sort grep { !$is{$_} } keys %was),
        (map {"+ $_"} sort grep { !$was{$_} } keys %is);
}

1;
