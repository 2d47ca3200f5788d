#!/usr/bin/perl
# Makes a full clone and shows its progress: a bar with the rate and the remaining time. Ctrl-C cancels
# the clone and removes what was made of it.

use strict;
use warnings;

use File::Spec ();
use Getopt::Long;
use Pod::Usage;
use Time::HiRes qw(time);

use VMware::Vix::Simple;
use VMware::Vix::API::Constants;

GetOptions('help' => \my $help) or pod2usage(2);
pod2usage(-exitval => 0, -verbose => 2, -noperldoc => 1) if $help;
pod2usage(2) if @ARGV != 2;
my ($source, $destination) = @ARGV;

eval { require Term::ProgressBar; 1 }
    or die "progress.pl: the Perl module Term::ProgressBar, which draws the bar, is not installed.\n"
    . "progress.pl: On Debian: apt-get install libterm-progressbar-perl\n";

sub check {
    my ($what, $err) = @_;
    return if $err == VIX_OK;
    my $text = GetErrorText($err);
    utf8::encode($text) if utf8::is_utf8($text);
    die "progress.pl: $what: error $err: $text\n";
}

# Returns a function for VMware::Vix::on_progress. Its first call makes the bar, because only then the
# total is known.
sub bar {
    my ($begin, $bar, $next) = (time, undef, 0);
    return sub {
        my ($percent, $done, $total) = @_;
        $bar ||= Term::ProgressBar->new({
            name            => rate(0, 1),
            count           => $total,
            ETA             => 'linear',
            max_update_rate => 0.2,
            -t STDERR ? () : (term_width => 80),    # otherwise as wide as the number of bytes
        });

        # When all bytes are copied they are not yet synced, so 100 percent comes later.
        return if $percent < 100 && ($done < $next || $done == $total);
        $bar->name(rate($done, time - $begin));
        $next = $bar->update($done);
        return;
    };
}

# A fixed width keeps the bar in place.
sub rate {
    my ($bytes, $seconds) = @_;
    return sprintf '%7.1f MiB/s', $bytes / 2**20 / ($seconds || 1);
}

my ($err, $host) = HostConnect(VIX_API_VERSION, VIX_SERVICEPROVIDER_VMWARE_WORKSTATION,
    undef, 0, undef, undef, 0, VIX_INVALID_HANDLE);
check('connecting', $err);
($err, my $vm) = VMOpen($host, $source);
check("opening $source", $err);

# VMClone undoes its work before it passes the exception on.
local $SIG{INT} = sub { die "stopped\n" };
$destination = File::Spec->rel2abs($destination) if $destination !~ /\A[A-Za-z]:[\\\/]/;
VMware::Vix::on_progress(bar());
my $whole = eval {
    ($err) = VMClone($vm, VIX_INVALID_HANDLE, VIX_CLONETYPE_FULL, $destination, 0,
        VIX_INVALID_HANDLE);
    1;
};
my $why = $@;
VMware::Vix::on_progress(undef);
print STDERR "\n" if -t STDERR;
die "progress.pl: $why" if !$whole;
check("cloning $source to $destination", $err);
print "$destination is a clone.\n";
HostDisconnect($host);

__END__

=encoding UTF-8

=head1 NAME

progress.pl - make a full clone and show its progress

=head1 SYNOPSIS

    perl -Mblib examples/progress.pl SOURCE.vmx DESTINATION.vmx

=head1 DESCRIPTION

Draws a bar on standard error, with MiB per second before it and the remaining time after it. If
standard error is not a terminal, prints a line for each step. Needs the Perl module
Term::ProgressBar (Debian: libterm-progressbar-perl), and says so if it is missing.

Ctrl-C cancels the clone and removes what was made of it.

=head1 SEE ALSO

L<VMware::Vix/on_progress>; L<VMware::Vix::API::Job>, for several clones at once.

=cut
