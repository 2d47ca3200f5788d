package VixTest::Calls;

# One sub for each VIX call of a test: clones a .vmx by path and returns what happened as a record,
# in this process or in a child with limits on time, memory and rights, which may be killed.

use strict;
use warnings;

use Exporter 'import';
use File::Temp  ();
use POSIX       ();
use Time::HiRes ();

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;

use VixTest::Files qw(slurp);
use VixTest::Tools qw(run_tool);

our @EXPORT_OK
    = qw(connect_to host open_vm clone_vm clone_in_child clone_all_in_child start_clone perl_with_vix
    without_libvirt);

my $HOST;

# For tests that ask about machines that do not run: a connection to this host's libvirt could start
# its daemon.
sub without_libvirt {
    $ENV{VIX_POWER_URI} = 'qemu+unix:///system?socket=/nowhere/libvirt-sock';
    return $ENV{VIX_POWER_URI};
}

# Connects to the host of that name, undef for this one. Returns (error, handle).
sub connect_to {
    my ($name) = @_;
    return HostConnect(VIX_API_VERSION, VIX_SERVICEPROVIDER_VMWARE_WORKSTATION, $name, 0, undef,
        undef, 0, VIX_INVALID_HANDLE);
}

# The process's handle of this host.
sub host {
    return $HOST if $HOST;
    (my $err, $HOST) = connect_to(undef);
    die "HostConnect: $err " . GetErrorText($err) if $err != VIX_OK;
    return $HOST;
}

sub open_vm {
    my ($vmx) = @_;
    return VMOpen(host(), $vmx);
}

# Returns { err, text, step => "open" or "clone", clone => handle or 0, seconds }. Optional:
# snapshot, type, options, list (instead of those of a plain full clone).
sub clone_vm {
    my ($source, $destination, %may) = @_;
    my $begin = Time::HiRes::time();
    my ($err, $vm) = open_vm($source);
    my %result = (err => $err, step => 'open', clone => 0);
    if ($err == VIX_OK) {
        my @arguments = (
            $may{snapshot} || VIX_INVALID_HANDLE,
            defined $may{type} ? $may{type} : VIX_CLONETYPE_FULL,
            $destination,
            $may{options} || 0,
            $may{list}    || VIX_INVALID_HANDLE,
        );
        @result{qw(err clone)} = VMClone($vm, @arguments);
        $result{step} = 'clone';
    }
    $result{text} = GetErrorText($result{err});
    ReleaseHandle($vm) if $vm;
    ReleaseHandle($result{clone}) if $result{clone};
    $result{seconds} = Time::HiRes::time() - $begin;
    return \%result;
}

# The command for a Perl that finds the modules where this one does.
sub perl_with_vix {
    my (@arguments) = @_;
    return ($^X, map({"-I$_"} grep { !ref && -d } @INC), @arguments);
}

# clone_vm in a new process; also returns { signal, peak_kib, output }. Optional: seconds (then a
# signal ends it), memory_kib (of address space), uid.
sub clone_in_child {
    my ($source, $destination, %may) = @_;
    my ($result) = clone_all_in_child([[$source, $destination]], %may);
    return $result;
}

# The same for a list of [source, destination], one after the other. If a case ends its process by a
# signal, its result says so, and a new process continues with the next case.
sub clone_all_in_child {
    my ($pairs, %may) = @_;
    my @left = @{$pairs};
    my @results;
    while (@left) {
        my @some = _clone_in_one_child(\@left, %may);
        push @results, @some;
        splice @left, 0, scalar @some;
    }
    return @results;
}

# At least one result.
sub _clone_in_one_child {
    my ($pairs, %may) = @_;
    my $list = File::Temp->new;
    print {$list} map {"$_->[0]\t$_->[1]\n"} @{$pairs};
    close $list or die "close: $!";
    chmod 0644, $list->filename;
    my $run
        = run_tool(_limits(%may),
        perl_with_vix('-MVixTest::Calls', '-e', 'VixTest::Calls::_report_all(@ARGV)'),
        $list->filename, $may{seconds} || 60, defined $may{uid} ? $may{uid} : ());
    my @results;
    while ($run->{out} =~ /^err=(\d+) step=(\w+) clone=(\d+) peak=(-?\d+) text=(.*)$/mg) {
        push @results,
            { err => $1, step => $2, clone => $3, peak_kib => $4, text => $5, signal => 0 };
    }
    my $output = substr "$run->{out}$run->{err}", -1000;
    push @results, { signal => $run->{signal}, err => -1, text => $output }
        if @results < @{$pairs};
    $_->{output} = $output for @results;
    return @results;
}

sub _limits {
    my (%may) = @_;
    my @command;
    push @command, 'bash', '-c', 'ulimit -v "$1"; shift; exec "$@"', 'bash', $may{memory_kib}
        if $may{memory_kib};
    return @command;
}

sub _report_all {
    my ($list, $seconds, $uid) = @_;
    local $| = 1;
    _become($uid) if defined $uid;
    host();
    my $before = _peak_kib();
    for my $pair (map { [split /\t/] } split /\n/, slurp($list)) {
        alarm $seconds;
        my $result = clone_vm(@{$pair});
        alarm 0;
        my ($text) = $result->{text} =~ /^([^\n]{0,400})/;
        printf "err=%d step=%s clone=%d peak=%d text=%s\n", @{$result}{qw(err step clone)},
            _peak_kib() - $before, $text;
    }
    return;
}

# Switches to another user, irreversibly. All modules must be loaded first, because their folder may
# be readable for the former user only.
sub _become {
    my ($uid) = @_;
    local $! = 0;
    ($(, $)) = ($uid, "$uid $uid");
    ($<, $>) = ($uid, $uid);
    die "setuid: $!" if $! || $< != $uid || $> != $uid;
    $ENV{HOME} = '/nonexistent';
    return;
}

# The peak resident memory of this process.
sub _peak_kib {
    my ($peak) = slurp('/proc/self/status') =~ /^VmHWM:\s*(\d+)/m;
    return $peak;
}

# Starts a clone in a child and returns its process id at once; the caller waits for it or kills it.
# The child exits with 0 for VIX_OK, else with 1, and writes the code to `$report` if one is given.
sub start_clone {
    my ($source, $destination, $report) = @_;
    my $pid = fork;
    die "fork: $!" if !defined $pid;
    return $pid if $pid;
    undef $HOST;
    my $result = clone_vm($source, $destination);
    if (defined $report) {
        open my $fh, '>', $report or POSIX::_exit(2);
        print {$fh} "$result->{err} $result->{text}\n";
        close $fh;
    }
    POSIX::_exit($result->{err} == VIX_OK ? 0 : 1);
}

1;
