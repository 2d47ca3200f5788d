package VixTest::PowerLoss;

# What a disk may contain after power loss in the middle of a call: replays the record of the call's
# system calls (call_stepper.cpp) up to one of them and drops what was not synced.
#
# The model. A file has the bytes of its last fsync. Each later write may be on disk or not, in
# pieces of 4 KiB. Names change by creating, renaming, linking and removing; each change is there as
# a whole or not at all. There are two kinds of file system:
#
#   ordered    one with a journal (ext4, XFS): names change on disk in the order in which they were
#              changed, and an fsync of anything also syncs all earlier name changes;
#   unordered  what POSIX promises at least: an fsync of a folder syncs the name changes in it, an
#              fsync of a file syncs none. Any combination of the other changes may be there.
#
# Not modelled: a write that is torn within 4 KiB, a disk that reports a flush too early, changes of
# permissions. Blocks shared by ioctl or copy_file_range end the replay with an error.

use strict;
use warnings;

use Exporter 'import';
use File::Basename qw(basename);
use File::Path     ();

use VixTest::Files qw(list_files slurp spew);
use VixTest::Tools qw(run_tool);

our @EXPORT_OK = qw(read_journal start_replay replay_call write_tree);

my $PAGE            = 4096;
my $RENAME_EXCHANGE = 2;

# The calls that succeeded, as { name, inode, offset, count, argument, paths => [..], bytes }.
sub read_journal {
    my ($path) = @_;
    my $text = slurp($path);
    my ($at, @calls) = (0);
    while ($at < length $text) {
        my $end = index $text, "\n", $at;
        my %call;
        (@call{qw(name result inode offset count size argument)})
            = split / /, substr $text, $at, $end - $at;
        my $blank = index $text, "\n\n", $end - 1;
        die "$path is cut off" if $blank < 0;
        $call{paths} = [split /\n/, substr $text, $end + 1, $blank - $end];
        $call{bytes} = substr $text, $blank + 2, $call{size};
        $at = $blank + 2 + $call{size};
        push @calls, \%call if $call{result} >= 0;
    }
    return @calls;
}

# The files below `$dir` as they are now, all of them synced.
# { dir, model, files => { id => { done, since => [[offset, bytes]...] } }, now and lasting (as the
#   process and as the disk has it) => { folder's id => { name => id } }, changes => the name changes
#   that are not synced yet }
sub start_replay {
    my ($dir, $model) = @_;
    my %replay = (dir => $dir, model => $model, files => {}, changes => [], ids => {}, count => 0);
    $replay{now} = { root => {} };
    for my $path (map {"$dir/$_"} list_files($dir)) {
        my $id = _new_id(\%replay, (stat $path)[1]);
        my ($folder, $name) = _place(\%replay, $path);
        $replay{now}{$folder}{$name} = $id;
        if   (-d $path) { $replay{now}{$id}   = {} }
        else            { $replay{files}{$id} = { done => slurp($path), since => [] } }
    }
    $replay{lasting} = { map { $_ => { %{ $replay{now}{$_} } } } keys %{ $replay{now} } };
    return \%replay;
}

# An inode's number is used again after its file is deleted.
sub _new_id {
    my ($replay, $inode) = @_;
    return $replay->{ids}{$inode} = $inode . '.' . ++$replay->{count};
}

# The folder's id and the name of a path, as the process sees it; for `$dir` itself its id.
sub _place {
    my ($replay, $path) = @_;
    return if $path !~ m{^\Q$replay->{dir}\E(?:/(.*))?$}s;
    my @names = split m{/}, defined $1 ? $1 : '';
    return 'root' if !@names;
    my $last = pop @names;
    my $at   = 'root';
    $at = defined $at ? $replay->{now}{$at}{$_} : undef for @names;
    return defined $at ? ($at, $last) : ();
}

sub _id_at {
    my ($replay, $path) = @_;
    my ($folder, $name) = _place($replay, $path) or return;
    return defined $name ? $replay->{now}{$folder}{$name} : $folder;
}

sub replay_call {
    my ($replay, $call) = @_;
    my ($name,  $paths) = @{$call}{qw(name paths)};
    my $file = $replay->{files}{ $replay->{ids}{ $call->{inode} } || '' };
    return _create($replay, $call)   if $name =~ /^(?:open|openat|creat)$/;
    return _sync($replay, $call)     if $name =~ /^(?:fsync|fdatasync|syncfs)$/;
    return _allocate($file, $call)   if $name eq 'fallocate';
    return _put($file, $call)        if $name =~ /^p?write(?:64)?$/;
    return push @{ $file->{since} }, [$call->{offset}] if $name eq 'ftruncate';
    return if $name =~ /^(?:f?chmod|fchmodat|fchown|utimensat|sync_file_range)$/;

    my $id = _id_at($replay, $paths->[0]);
    if ($name =~ /^mkdir/) {
        $id = 'folder.' . ++$replay->{count};
        $replay->{$_}{$id} = {} for qw(now lasting);
        return _change($replay, [$paths->[0], $id]);
    }
    return _change($replay, [$paths->[0], undef]) if $name =~ /^(?:unlink|rmdir)/;
    if ($name =~ /^rename/) {
        my $exchanged = $name eq 'renameat2' && $call->{argument} == $RENAME_EXCHANGE;
        my $other     = $exchanged ? _id_at($replay, $paths->[1]) : undef;
        return _change($replay, [$paths->[0], $other], [$paths->[1], $id]);
    }
    return _change($replay, [$paths->[1], $id]) if $name =~ /^link/;
    die "no model of $name";
}

sub _create {
    my ($replay, $call) = @_;
    return if defined _id_at($replay, $call->{paths}[0]);
    my $id = _new_id($replay, $call->{inode});
    $replay->{files}{$id} = { done => '', since => [] };
    return _change($replay, [$call->{paths}[0], $id]);
}

sub _put {
    my ($file, $call) = @_;
    push @{ $file->{since} }, [$call->{offset}, substr $call->{bytes}, 0, $call->{result}];
    return;
}

# Punched holes read as zeros; reserved blocks read as before.
sub _allocate {
    my ($file, $call) = @_;
    my $punches = 2;
    return if !($call->{argument} & $punches);
    push @{ $file->{since} }, [$call->{offset}, "\0" x $call->{count}, 'keeps size'];
    return;
}

# Changes entries of folders, all together or not at all.
sub _change {
    my ($replay, @entries) = @_;
    my @change = map { [_place($replay, $_->[0]), $_->[1]] } @entries;
    return if grep { @{$_} != 3 } @change;    # outside the folder
    push @{ $replay->{changes} }, \@change;
    _apply($replay->{now}, \@change);
    return;
}

sub _apply {
    my ($tree, $change) = @_;
    for my $entry (@{$change}) {
        my ($folder, $name, $id) = @{$entry};
        if   (defined $id) { $tree->{$folder}{$name} = $id }
        else               { delete $tree->{$folder}{$name} }
    }
    return;
}

sub _sync {
    my ($replay, $call) = @_;
    # By its path, because a new folder may have the number of a deleted file.
    my $at   = _id_at($replay, $call->{paths}[0]) || '';
    my $file = $replay->{now}{$at} ? undef : $replay->{files}{ $replay->{ids}{ $call->{inode} } || '' };
    if ($file) {
        $file->{done}  = _bytes_of($file, sub {1});
        $file->{since} = [];
    }
    my $folder = $file ? '' : $at;
    my $all    = $replay->{model} eq 'ordered' || $call->{name} eq 'syncfs';
    my @later;
    for my $change (@{ $replay->{changes} }) {
        if ($all || grep { $_->[0] eq $folder } @{$change}) {
            _apply($replay->{lasting}, $change);
        }
        else { push @later, $change }
    }
    $replay->{changes} = \@later;
    return;
}

sub _bytes_of {
    my ($file, $keeps) = @_;
    my $bytes = $file->{done};
    for my $write (@{ $file->{since} }) {
        my ($offset, $new, $keep_size) = @{$write};
        if (!defined $new) {
            next if !$keeps->();
            $bytes = length $bytes < $offset ? $bytes . "\0" x ($offset - length $bytes)
                : substr $bytes, 0, $offset;
            next;
        }
        my $size = length $bytes;
        for (my $at = 0; $at < length $new; $at += $PAGE) {
            next if !$keeps->();
            my $piece = substr $new, $at, $PAGE;
            my $to    = $offset + $at;
            $bytes .= "\0" x ($to - length $bytes) if length $bytes < $to;
            substr $bytes, $to, length $piece, $piece;
        }
        $bytes = substr $bytes, 0, $size if $keep_size;
    }
    return $bytes;
}

# Makes the folder what a crash at this point may leave. `%keeps` has a sub for names and one for
# data; they decide for each change that was not synced whether it is on the disk.
sub write_tree {
    my ($replay, %keeps) = @_;
    my %tree  = map { $_ => { %{ $replay->{lasting}{$_} } } } keys %{ $replay->{lasting} };
    my $going = 1;
    for my $change (@{ $replay->{changes} }) {
        my $kept = $keeps{names}->();
        $going &&= $kept;
        _apply(\%tree, $change) if $replay->{model} eq 'ordered' ? $going : $kept;
    }
    File::Path::remove_tree($replay->{dir}, { keep_root => 1 });
    my %made;
    _write_folder($replay, \%tree, 'root', $replay->{dir}, \%made, $keeps{data});

    # If two files have one inode, the later one has it. A folder that had it before has no entry
    # here.
    my @files = sort { (split /[.]/, $a)[1] <=> (split /[.]/, $b)[1] }
        grep { $replay->{files}{$_} } keys %made;
    my %mark = map { (/^(\d+)/)[0] => $made{$_} } @files;
    _renew_manifests(\%mark, grep { basename($_) eq '.manifest' } @made{@files});
    _renew_pending($made{$_}, /^(\d+)/) for grep { $made{$_} =~ /\.vix-pending$/ } @files;
    return;
}

sub _write_folder {
    my ($replay, $tree, $folder, $path, $made, $data) = @_;
    for my $name (sort keys %{ $tree->{$folder} }) {
        my ($id, $at) = ($tree->{$folder}{$name}, "$path/$name");
        if (my $file = $replay->{files}{$id}) {
            if (my $other = $made->{$id}) { link $other, $at or die "link: $!"; next }
            $made->{$id} = spew($at, _bytes_of($file, $data));
            next;
        }
        next if $made->{$id}++;    # a folder in two places: keeps one, like fsck
        mkdir $at or die "mkdir $at: $!";
        _write_folder($replay, $tree, $id, $at, $made, $data);
    }
    return;
}

# Manifests identify files by their inodes, which a real disk would have kept.
sub _renew_manifests {
    my ($mark, @manifests) = @_;
    for my $manifest (@manifests) {
        my $text = slurp($manifest);
        $text =~ s{(^|\0)(\d+):\d+\.\d+ }{ $1 . _mark_of($mark->{$2}) . ' ' }ge;
        spew($manifest, $text);
    }
    return;
}

# The journal identifies itself by its inode, which a real disk would have kept.
sub _renew_pending {
    my ($path, $inode) = @_;
    my $text = slurp($path);
    my $now  = (stat $path)[1];
    spew($path, $text) if $text =~ s/^(vix-pending 1\0)\Q$inode\E\0/$1$now\0/;
    return;
}

sub _mark_of {
    my ($path) = @_;
    return '0:0.0' if !defined $path;
    my $run = run_tool('stat', '-c', '%i %.9Y', $path);
    my ($inode, $seconds, $part) = $run->{out} =~ /^(\d+) (\d+)\.(\d+)/ or die "stat: $run->{err}";
    $part =~ s/^0+(?=\d)//;
    return "$inode:$seconds.$part";
}

1;
