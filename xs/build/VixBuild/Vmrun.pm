package VixBuild::Vmrun;

# Under which name vmrun is installed: VMware's program of the same name must neither be replaced nor
# be hidden by ours.

use 5.014;
use strict;
use warnings;

my $OTHER_NAME = 'vix-vmrun';

# The name that Makefile.PL was given, as VMRUN_NAME=NAME; else "vmrun", unless another program has
# that name in the PATH.
sub name_from {
    my (@arguments) = @_;
    my ($name) = map {/\AVMRUN_NAME=(.*)/s} reverse @arguments;
    if (defined $name) {
        die "Makefile.PL: VMRUN_NAME must be a name of letters, digits and . _ -, not \"$name\"\n"
            if $name !~ /\A[A-Za-z0-9][\w.-]*\z/a;
        return $name;
    }
    my ($foreign) = grep { is_foreign($_) } map {"$_/vmrun"} grep {m{\A/}} split /:/, $ENV{PATH} // '';
    return 'vmrun' if !defined $foreign;
    print {*STDERR} "There is another vmrun, $foreign: ours will be installed as $OTHER_NAME.\n"
        . "To name it yourself: perl Makefile.PL VMRUN_NAME=NAME\n";
    return $OTHER_NAME;
}

# Whether a file is there that is not our vmrun.
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
    die "$path is not the vmrun of VMware::Vix (VMware's?), so nothing was installed.\n"
        . "Choose another name, with perl Makefile.PL VMRUN_NAME=$OTHER_NAME && make install,\n"
        . "or replace that program, with VMRUN_OVERWRITE=1 make install.\n";
}

# Takes away what an earlier build in this folder made for another name: it would be installed, too.
sub drop_other_names {
    my ($name) = @_;
    my @stale = grep { m{([^/]+)\z} && $1 !~ /\A\Q$name\E(?:\.1\w*)?\z/ && $1 ne '.exists' }
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

# Makes `$to` of script/vmrun or its completion, with another name for the command.
sub rename_command {
    my ($from, $to, $name) = @_;
    open my $in, '<:raw', $from or die "$from: $!\n";
    my $text = do { local $/ = undef; <$in> };
    $text =~ s/^vmrun(?= - )/$name/mg;                 # the manual page's own name
    $text =~ s/^(    )vmrun(?= )/$1$name/mg;           # command lines in it
    $text =~ s/^(complete .* )vmrun$/$1$name/mg;       # of bash
    open my $out, '>:raw', $to or die "$to: $!\n";
    print {$out} $text;
    close $out or die "$to: $!\n";
    chmod 0755, $to if -x $from;
    return;
}

1;
