package VirtualMachineFiles;

# Reads what no call of the VIX API returns from the files of a virtual machine: its disks, the links
# between linked clones and their parents, and the sizes on disk. It only reads, and treats what it
# cannot read as empty. All text is bytes in UTF-8.

use strict;
use warnings;

use Cwd qw(realpath);
use Encode ();
use Exporter 'import';
use File::Basename qw(dirname);

our @EXPORT_OK = qw(read_dictionary numbered numbers_below path_from is_windows_path disk_names
    disk_files state_files parent_disk bytes_on_disk);

# Returns the values of a .vmx or .vmsd, by their names in lower case. Empty if the file does not exist.
sub read_dictionary {
    my ($path) = @_;
    open my $in, '<:raw', $path or return {};
    my %value;
    while (my $line = <$in>) {
        $line =~ /^\s*([^\s=#]+)\s*=\s*(?:"([^"]*)"|([^\s#]*))/ or next;
        my ($name, $value) = ($1, defined $2 ? $2 : $3);
        $value =~ s/\|([0-9A-Fa-f]{2})/chr hex $1/ge;
        $value{ lc $name } = $value;
    }
    my $encoding = $value{'.encoding'} && Encode::find_encoding($value{'.encoding'});
    return \%value if !$encoding || $encoding->name =~ /utf-?8/i;
    return { map { $_ => Encode::encode_utf8($encoding->decode("$value{$_}")) } keys %value };
}

# Returns the path of a file that a file in `$folder` names.
sub path_from {
    my ($folder, $name) = @_;
    return $name if $name =~ m{\A/};
    return "$folder/" . ($name =~ /([^\\]*)\z/)[0] if is_windows_path($name);
    return "$folder/$name";
}

sub is_windows_path { return $_[0] =~ /\A(?:[A-Za-z]:|\\\\)/ }

# Returns the descriptor of a disk: the file's text, or the text after the header of a sparse extent.
# Both are within the first 64 KiB.
sub descriptor_of {
    my ($path) = @_;
    open my $in, '<:raw', $path or return '';
    read $in, my $start, 65_536;
    return $start if $start !~ /\AKDMV/;
    my ($offset, $size) = map { 512 * $_ } unpack 'x28 Q< Q<', $start;
    return $offset < length $start ? substr $start, $offset, $size : '';
}

# Returns the files of one disk, without those of its parents.
sub disk_files {
    my ($path) = @_;
    my @extents = descriptor_of($path) =~ /^(?:RW|RDONLY|NOACCESS)\s+\d+\s+\w+\s+"([^"]+)"/mg;
    return ($path, map { path_from(dirname($path), $_) } @extents);
}

# Returns the bytes that files take on disk. A file with two names counts once.
sub bytes_on_disk {
    my (@paths) = @_;
    my %bytes;
    for my $path (@paths) {
        my @stat = lstat $path;
        $bytes{"$stat[0]:$stat[1]"} = 512 * $stat[12] if @stat && -f _;
    }
    my $sum = 0;
    $sum += $_ for values %bytes;
    return $sum;
}

# Returns the real path of a disk's parent; nothing if there is none.
sub parent_disk {
    my ($disk) = @_;
    my ($hint) = descriptor_of($disk) =~ /^parentFileNameHint="([^"]*)"/m or return;
    my $real = realpath(path_from(dirname($disk), $hint));
    return defined $real ? $real : ();
}

# Returns the disks that a configuration has and does not switch off.
sub disk_names {
    my ($config) = @_;
    my @nodes = map { /\A((?:scsi|sata|nvme|ide)\d+:\d+)\.filename\z/ } sort keys %{$config};
    my @present = grep { lc($config->{"$_.present"} // 'true') eq 'true' } @nodes;
    return map { $config->{"$_.filename"} }
        grep { ($config->{"$_.devicetype"} // '') !~ /cdrom/i } @present;
}

# Returns the files of a suspend state or snapshot state: the state, and the memory beside it.
sub state_files {
    my ($dir, $name) = @_;
    return () if !defined $name || $name eq '';
    my $path = path_from($dir, $name);
    return ($path, $path =~ s/\.[^.]*\z/.vmem/r);
}

# Returns the values of `prefix0`, `prefix1` and so on, even if a number is missing.
sub numbered {
    my ($dictionary, $prefix) = @_;
    my @numbers = map { /\A\Q$prefix\E(\d+)\z/ } keys %{$dictionary};
    return grep {length} map { $dictionary->{"$prefix$_"} } sort { $a <=> $b } @numbers;
}

# Returns the numbers of the snapshots whose parent has this uid; for '' those without a parent.
sub numbers_below {
    my ($list, $parent) = @_;
    my %known;
    my @numbers = grep { !$known{ $list->{"snapshot$_.uid"} }++ }
        sort { $a <=> $b } map { /\Asnapshot(\d+)\.uid\z/ } keys %{$list};
    return grep {
        my $above = $list->{"snapshot$_.parent"} // '';
        ($known{$above} ? $above : '') eq $parent
    } @numbers;
}

1;
