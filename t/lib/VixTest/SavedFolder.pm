package VixTest::SavedFolder;

# Saves a folder in memory and restores it thousands of times without starting a program. Plain
# files and folders only. Asserts nothing.

use strict;
use warnings;

use Exporter 'import';

use VixTest::Files qw(list_files slurp);

our @EXPORT_OK = qw(save_folder restore_folder);

my $PAGE  = 4096;
my $ZEROS = "\0" x $PAGE;

# Everything below `$dir`, for restore_folder.
sub save_folder {
    my ($dir) = @_;
    my @saved;
    for my $name (list_files($dir)) {
        my @stat = lstat "$dir/$name" or die "lstat $name: $!";
        die "$name is neither a file nor a folder" if !-f _ && !-d _;
        my $bytes = -f _ ? slurp("$dir/$name") : undef;
        push @saved, { name => $name, mode => $stat[2] & oct 7777, time => $stat[9], bytes => $bytes };
    }
    return \@saved;
}

# Restores `$dir`, whatever is in it now.
sub restore_folder {
    my ($saved, $dir) = @_;
    for my $name (reverse list_files($dir)) {
        my $path = "$dir/$name";
        lstat $path;
        (-d _ ? rmdir $path : unlink $path) or die "removing $path: $!";
    }
    for my $thing (@{$saved}) {
        my $path = "$dir/$thing->{name}";
        defined $thing->{bytes} ? _write($path, $thing) : mkdir $path or die "making $path: $!";
        chmod $thing->{mode}, $path or die "chmod $path: $!";
        utime $thing->{time}, $thing->{time}, $path or die "utime $path: $!";
    }
    return;
}

# Pages of zeros are holes.
sub _write {
    my ($path, $thing) = @_;
    my $size = length $thing->{bytes};
    open my $file, '>:raw', $path or die "open $path: $!";
    for (my $at = 0; $at < $size; $at += $PAGE) {
        my $page = substr $thing->{bytes}, $at, $PAGE;
        next if $page eq $ZEROS;
        sysseek $file, $at, 0;
        syswrite($file, $page) == length $page or die "write $path: $!";
    }
    truncate $file, $size or die "truncate $path: $!";
    close $file or die "close $path: $!";
    return 1;
}

1;
