package VixTest::Handles;

# For tests of the calls themselves: connections as a script makes them, the tables of facts in
# t/data, and Perl programs that run in a process of their own.

use strict;
use warnings;

use Exporter 'import';
use File::Temp ();
use FindBin;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;

# No test may depend on the settings of the user who runs it.
delete @ENV{ grep { /\AVIX_/ } keys %ENV };
$ENV{HOME} = File::Temp::tempdir(CLEANUP => 1);

our @EXPORT = qw(connect_host connect_with read_table run_perl);

# The result of HostConnect with a script's arguments for this host, or with others by name:
# version, type, name, port, user, password, options, list.
sub connect_with {
    my (%other) = @_;
    my %value = (
        version => VIX_API_VERSION,
        type    => VIX_SERVICEPROVIDER_VMWARE_WORKSTATION,
        port    => 0,
        options => 0,
        list    => VIX_INVALID_HANDLE,
        %other
    );
    return HostConnect(@value{qw(version type name port user password options list)});
}

# A host handle.
sub connect_host {
    my ($err, $host) = connect_with(@_);
    die "HostConnect: $err ", GetErrorText($err) if $err != VIX_OK;
    return $host;
}

# The lines of a table in t/data as [name, value, group, ...]; hexadecimal numbers and quoted texts
# as their values.
sub read_table {
    my ($name) = @_;
    open my $in, '<', "$FindBin::Bin/data/$name" or die "t/data/$name: $!";
    my (undef, @lines) = <$in>;
    chomp @lines;
    return map { my ($key, $value, @rest) = split /\t/; [$key, _meaning($value), @rest] } @lines;
}

sub _meaning {
    my ($value) = @_;
    return $1 if $value =~ /\A"(.*)"\z/;
    return $value =~ /\A0x/ ? hex $value : $value;
}

# Runs a program in a new Perl that finds the modules where this one does. Returns its output,
# including warnings and error messages, and its exit status.
sub run_perl {
    my ($program, @switches) = @_;
    my @command = ($^X, map({"-I$_"} grep { !ref && -d } @INC), @switches, '-e', $program);
    my $pid     = open my $out, '-|';
    die "fork: $!" if !defined $pid;
    if (!$pid) {
        open STDERR, '>&', \*STDOUT or die $!;
        exec {$command[0]} @command or die "exec: $!";
    }
    my $text = do { local $/; <$out> };
    close $out;
    return ($text, $? >> 8);
}

1;
