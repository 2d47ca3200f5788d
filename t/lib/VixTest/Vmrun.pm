package VixTest::Vmrun;

# Runs our vmrun as other programs run it: as a process, with a home folder of its own.

use strict;
use warnings;

use Exporter qw(import);
use FindBin;

use VixTest;
use VixTest::Calls qw(perl_with_vix);
use VixTest::Tools qw(run_tool);

our @EXPORT_OK = qw(vmrun said setting set_setting own_home);

# A new home, with no settings. It must be kept as long as it is used.
sub own_home {
    my $home = temp_dir();
    delete @ENV{ grep {/\AVIX_/} keys %ENV };
    $ENV{HOME} = "$home";
    return $home;
}

# { out, err, status }
sub vmrun {
    my (@arguments) = @_;
    return run_tool(perl_with_vix("$FindBin::Bin/../script/vmrun"), @arguments);
}

# Both streams and the status in one text, for commands that are expected to go one way.
sub said {
    my $run = vmrun(@_);
    return "$run->{out}$run->{err}($run->{status})";
}

sub setting {
    my ($vmx, $key) = @_;
    return slurp($vmx) =~ /^\Q$key\E *= *"([^"\r\n]*)"/mi ? $1 : undef;
}

# As a program that edits the file: the line is replaced, or appended.
sub set_setting {
    my ($vmx, $key, $value) = @_;
    my $text = slurp($vmx);
    $text .= qq{$key = "$value"\n} if $text !~ s/^\Q$key\E *= *"[^"\r\n]*"/$key = "$value"/mi;
    spew($vmx, $text);
    return;
}

1;
