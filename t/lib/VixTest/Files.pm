package VixTest::Files;

# Files and folders for tests: digests of everything in a folder, bytes at an offset, text of small
# files, comparison with a content model. Holes are skipped, so that disks of terabytes cost
# nothing.

use strict;
use warnings;

use Digest::MD5 ();
use Exporter 'import';
use Fcntl      qw(O_CREAT O_RDONLY O_RDWR O_TRUNC O_WRONLY SEEK_SET);
use File::Temp ();

our @EXPORT_OK = qw(temp_dir folder_digest list_files slurp slurp_file spew append_text patch_bytes put_sectors
    get_sectors read_bytes truncate_file sparse_file data_segments file_contains content_difference);

my $SECTOR    = 512;
my $SEEK_DATA = 3;
my $SEEK_HOLE = 4;
my $ENXIO     = 6;
my $CHUNK     = 1 << 20;

# Removed when the object goes out of scope.
sub temp_dir {
    return File::Temp->newdir('vixtest-XXXXXX', TMPDIR => 1);
}

# One line for each thing below `$dir`: kind, mode, size, time of change and digest of its bytes.
# Two equal results mean that nothing in the folder was changed.
sub folder_digest {
    my ($dir) = @_;
    return join "\n", map { _describe("$dir/$_") . " $_" } list_files($dir);
}

# All names below `$dir`, folders included, sorted.
sub list_files {
    my ($dir, $below) = @_;
    $below = '' if !defined $below;
    opendir my $handle, "$dir/$below" or die "opendir $dir/$below: $!";
    my @names = sort grep { $_ ne '.' && $_ ne '..' } readdir $handle;
    closedir $handle;
    my @found;
    for my $name (map { $below eq '' ? $_ : "$below/$_" } @names) {
        push @found, $name;
        push @found, list_files($dir, $name) if -d "$dir/$name" && !-l "$dir/$name";
    }
    return @found;
}

# The subs below make the system's calls themselves: Perl's own layer reads and writes 8 KiB at a time,
# which takes several times as long for grains and whole disks.

sub slurp {
    my ($path) = @_;
    sysopen my $fh, $path, O_RDONLY or die "open $path: $!";
    return _rest_of($fh);
}

# What is in an open file from its beginning.
sub slurp_file {
    my ($fh) = @_;
    sysseek $fh, 0, SEEK_SET or die "seek: $!";
    return _rest_of($fh);
}

sub _rest_of {
    my ($fh) = @_;
    my $text = '';
    my $step = (-s $fh || $CHUNK) + 1;
    while (my $got = sysread $fh, $text, $step, length $text) { }
    return $text;
}

sub spew {
    my ($path, $text) = @_;
    sysopen my $fh, $path, O_WRONLY | O_CREAT | O_TRUNC or die "open $path: $!";
    _write_at($fh, 0, $text);
    close $fh or die "close $path: $!";
    return $path;
}

sub _write_at {
    my ($fh, $offset, $bytes) = @_;
    sysseek $fh, $offset, SEEK_SET or die "seek: $!";
    my $put = 0;
    while ($put < length $bytes) {
        my $count = syswrite $fh, $bytes, length($bytes) - $put, $put;
        die "write: $!" if !$count;
        $put += $count;
    }
    return;
}

sub append_text {
    my ($path, $text) = @_;
    spew($path, slurp($path) . $text);
    return;
}

# Writes at a sector of an open file.
sub put_sectors {
    my ($fh, $sector, $bytes) = @_;
    _write_at($fh, $sector * $SECTOR, $bytes);
    return;
}

# Reads at a sector of an open file; less at its end.
sub get_sectors {
    my ($fh, $sector, $count) = @_;
    return _read_at($fh, $sector * $SECTOR, $count);
}

sub patch_bytes {
    my ($path, $offset, $bytes) = @_;
    sysopen my $fh, $path, O_RDWR or die "open $path: $!";
    _write_at($fh, $offset, $bytes);
    close $fh or die "close $path: $!";
    return;
}

sub read_bytes {
    my ($path, $offset, $count) = @_;
    sysopen my $fh, $path, O_RDONLY or die "open $path: $!";
    return _read_at($fh, $offset, $count);
}

sub truncate_file {
    my ($path, $size) = @_;
    truncate $path, $size or die "truncate $path: $!";
    return;
}

# A file of `$size` bytes without a single block.
sub sparse_file {
    my ($path, $size) = @_;
    spew($path, '');
    truncate_file($path, $size);
    return $path;
}

# Whether a file contains a short string; holes are not read.
sub file_contains {
    my ($path, $string) = @_;
    open my $fh, '<:raw', $path or die "open $path: $!";
    for my $segment (_segments($fh, -s $fh)) {
        my ($from, $to) = @{$segment};
        for (my $at = $from; $at < $to; $at += $CHUNK) {
            my $block = _read_at($fh, $at, _smaller($CHUNK + length $string, $to - $at));
            return 1 if index($block, $string) >= 0;
        }
    }
    return 0;
}

# Empty if the raw file contains exactly the model; otherwise what differs first.
sub content_difference {
    my ($raw, $content) = @_;
    my $sectors = $content->capacity;
    my $size    = -s $raw;
    return "$raw has $size bytes, the model $sectors sectors" if $size != $sectors * $SECTOR;
    open my $fh, '<:raw', $raw or die "open $raw: $!";
    my $at = 0;
    for my $segment (_segments($fh, $size)) {
        my ($from, $to) = @{$segment};
        my $hole = _hole_difference($content, $at, $from);
        return "$raw: $hole" if $hole;
        my $data = _data_difference($fh, $content, $from, $to);
        return "$raw: $data" if $data;
        $at = $to;
    }
    my $rest = _hole_difference($content, $at, $size);
    return $rest ? "$raw: $rest" : '';
}

sub _describe {
    my ($path) = @_;
    my @stat   = lstat $path or die "lstat $path: $!";
    my $mode   = sprintf '%06o', $stat[2];
    return "$mode -> " . readlink $path if -l _;
    return "$mode folder" if -d _;
    return "$mode special" if !-f _;
    return "$mode $stat[7] $stat[9] " . _file_digest($path);
}

# MD5, because only accidents must be noticed and this takes a third of the time.
sub _file_digest {
    my ($path) = @_;
    open my $fh, '<:raw', $path or return "unreadable: $!";
    my $digest = Digest::MD5->new;
    for my $segment (_segments($fh, -s $fh)) {
        my ($from, $to) = @{$segment};
        for (my $at = $from; $at < $to; $at += $CHUNK) {
            my $block = _read_at($fh, $at, $to - $at < $CHUNK ? $to - $at : $CHUNK);
            $digest->add("$at:", $block) if $block =~ /[^\0]/;
        }
    }
    return $digest->hexdigest;
}

# [from, to) byte ranges of a file that are not holes.
sub data_segments {
    my ($path) = @_;
    open my $fh, '<:raw', $path or die "open $path: $!";
    return _segments($fh, -s $fh);
}

sub _segments {
    my ($fh, $size) = @_;
    my @segments;
    my $at = 0;
    while ($at < $size) {
        my $from = sysseek $fh, $at, $SEEK_DATA;
        last if !defined $from && $! == $ENXIO;
        return ([0, $size]) if !defined $from;
        my $to = sysseek $fh, $from, $SEEK_HOLE;
        $from -= $from % $CHUNK;
        $from = $at if $from < $at;
        $to   = _smaller($size, $to + (-$to % $CHUNK));
        push @segments, [$from, $to];
        $at = $to;
    }
    return @segments;
}

sub _smaller {
    my ($one, $other) = @_;
    return $one < $other ? $one : $other;
}

sub _read_at {
    my ($fh, $offset, $count) = @_;
    sysseek $fh, $offset, SEEK_SET or die "seek: $!";
    my $bytes = '';
    while (length $bytes < $count) {
        my $got = sysread $fh, $bytes, $count - length $bytes, length $bytes;
        die "read: $!" if !defined $got;
        last if $got == 0;
    }
    return $bytes;
}

sub _hole_difference {
    my ($content, $from, $to) = @_;
    return '' if $from >= $to;
    my ($first, $count) = ($from / $SECTOR, ($to - $from) / $SECTOR);
    return $content->has_data($first, $count) ? "data missing in sectors $first+$count" : '';
}

sub _data_difference {
    my ($fh, $content, $from, $to) = @_;
    for (my $at = $from; $at < $to; $at += $CHUNK) {
        my $count = _smaller($CHUNK, $to - $at);
        my $got   = _read_at($fh, $at, $count);
        my $want  = $content->bytes($at / $SECTOR, $count / $SECTOR);
        next if $got eq $want;
        ($got ^ $want) =~ /[^\0]/;
        my $where = $at + $-[0];
        return sprintf 'sector %d byte %d differs: "%s" instead of "%s"', int($where / $SECTOR),
            $where % $SECTOR, _shown($got, $-[0]), _shown($want, $-[0]);
    }
    return '';
}

sub _shown {
    my ($bytes, $offset) = @_;
    my $part = substr $bytes, $offset, 24;
    $part =~ s/[^ -~]/./g;
    return $part;
}

1;
