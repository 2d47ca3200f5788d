package VixBuild::Vmrun;

# Under which names vmrun and vmware-vdiskmanager are installed: VMware's programs of the same names
# must neither be replaced nor be hidden by ours.

use 5.014;
use strict;
use warnings;

# Each program with the argument of Makefile.PL that names it, and its name beside VMware's.
my %OPTION = (vmrun => 'VMRUN_NAME', 'vmware-vdiskmanager' => 'VDISKMANAGER_NAME');
my %OTHER_NAME = (vmrun => 'vix-vmrun', 'vmware-vdiskmanager' => 'vix-vdiskmanager');

# The name that Makefile.PL was given, as VMRUN_NAME=NAME or VDISKMANAGER_NAME=NAME; else the program's
# own, unless another program has that in the PATH.
sub name_from {
    my ($program, @arguments) = @_;
    my $option = $OPTION{$program};
    my ($name) = map {/\A$option=(.*)/s} reverse @arguments;
    if (defined $name) {
        die "Makefile.PL: $option must be a name of letters, digits and . _ -, not \"$name\"\n"
            if $name !~ /\A[A-Za-z0-9][\w.-]*\z/a;
        return $name;
    }
    my ($foreign)
        = grep { is_foreign($_) } map {"$_/$program"} grep {m{\A/}} split /:/, $ENV{PATH} // '';
    return $program if !defined $foreign;
    print {*STDERR} "There is another $program, $foreign: ours will be installed as"
        . " $OTHER_NAME{$program}.\nTo name it yourself: perl Makefile.PL $option=NAME\n";
    return $OTHER_NAME{$program};
}

# Whether a file is there that is none of our programs.
sub is_foreign {
    my ($path) = @_;
    return 0 if !-e $path || -d _;
    open my $file, '<:raw', $path or return 1;
    read $file, my $begin, 4096;
    return ($begin // '') !~ /VMware::Vix/;
}

# Before an installation: ends it where a program of the first folder would replace somebody else's
# in the second.
sub keep_foreign {
    my ($from, $to) = @_;
    return if ($ENV{VMRUN_OVERWRITE} // '') eq '1';
    my ($path) = grep { is_foreign($_) } map {"$to/$_"} _names_in($from);
    return if !defined $path;
    my ($program) = $path =~ m{([^/]+)\z};
    $program = 'vmrun' if !$OPTION{$program};
    die "$path is not the $program of VMware::Vix (VMware's?), so nothing was installed.\n"
        . "Choose another name, with perl Makefile.PL $OPTION{$program}=$OTHER_NAME{$program}"
        . " && make install,\n"
        . "or replace that program, with VMRUN_OVERWRITE=1 make install.\n";
}

# Takes away what an earlier build in this folder made for other names: it would be installed, too.
sub drop_other_names {
    my (@names) = @_;
    my $names = join '|', map {quotemeta} @names;
    my @stale = grep { m{([^/]+)\z} && $1 !~ /\A(?:$names)(?:\.1\w*)?\z/ && $1 ne '.exists' }
        map { my $folder = $_; map {"$folder/$_"} _names_in($folder) }
        qw(blib/script blib/man1 blib/share/bash-completion/completions);
    unlink @stale;
    return;
}

sub _names_in {
    my ($folder) = @_;
    opendir my $handle, $folder or return;
    return grep { -f "$folder/$_" } readdir $handle;
}

# Makes `$to` of a file of script/ or its completion, with another name for the command.
sub rename_command {
    my ($from, $to, $name) = @_;
    open my $in, '<:raw', $from or die "$from: $!\n";
    my $text = do { local $/ = undef; <$in> };
    my $old = $from =~ /vdiskmanager/ ? 'vmware-vdiskmanager' : 'vmrun';
    $text =~ s/^$old(?= - )/$name/mg;                 # the manual page's own name
    $text =~ s/^(    )$old(?= )/$1$name/mg;           # command lines in it
    $text =~ s/^(complete .* )$old$/$1$name/mg;       # of bash
    open my $out, '>:raw', $to or die "$to: $!\n";
    print {$out} $text;
    close $out or die "$to: $!\n";
    chmod 0755, $to if -x $from;
    return;
}

1;
