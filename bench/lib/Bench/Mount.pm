package Bench::Mount;

# A file system of its own in a sparse file, mounted for as long as this object lives.

use strict;
use warnings;

use File::Path qw(make_path);

use Bench::Command qw(run_command find_program);

# Why `$kind` cannot be mounted here, or nothing.
sub obstacle {
    my ($kind) = @_;
    return 'mounting needs root' if $> != 0;
    return "mkfs.$kind is not installed" if !find_program("mkfs.$kind");
    return 'there are no loop devices' if !-e '/dev/loop-control';
    return;
}

sub new {
    my ($class, $kind, $folder, $size_mib) = @_;
    my $self = bless {image => "$folder/$kind.image", path => "$folder/$kind", mounted => 0},
        $class;
    make_path($self->{path});
    run_command('truncate', '-s', "${size_mib}M", $self->{image});
    run_command(find_program("mkfs.$kind"), '-q', $self->{image});
    run_command('mount', '-o', 'loop', '-t', $kind, $self->{image}, $self->{path});
    $self->{mounted} = 1;
    return $self;
}

sub path { return $_[0]{path} }

sub DESTROY {
    my ($self) = @_;
    return if !$self->{mounted};
    # The exit code of a program that runs at this moment must not become ours.
    local ($?, $@, $!);
    if (!eval { run_command('umount', $self->{path}); 1 }) {
        warn "$self->{path}: still busy, detached instead\n";
        eval { run_command('umount', '-l', $self->{path}); 1 } or warn $@;
    }
    unlink $self->{image};
    return;
}

1;
