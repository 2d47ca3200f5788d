package VixTest::Guest;

# Virtual machines that really run, for the tests of power operations and of the guest.

use strict;
use warnings;

use Exporter 'import';
use FindBin;
use Test::More ();

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;

use VixTest::Files qw(temp_dir);
use VixTest::Tools qw(have_tool);

our @EXPORT_OK = qw(guest_to_run in_guest log_in run_folder succeeds text_of why_nothing_runs
    why_not_asked);

my ($KEEP, $RUN);
END { _end_guests() if defined $RUN }

# Why no machine can run here; undef if one can. Starts libvirt's daemons if there is no systemd.
sub why_nothing_runs {
    my $reason = why_not_asked();
    return $reason if defined $reason;
    for my $tool (qw(qemu-system-x86_64 qemu-storage-daemon virsh)) {
        return "$tool is not installed" if !have_tool($tool);
    }
    my $tools = _dev();
    return 'this is no checkout: dev/ is not there' if !-x "$tools/make-guest";
    return 'libvirt does not answer' if system("'$tools/libvirt' start >/dev/null 2>&1") != 0;
    return;
}

# `make test` must not start machines or daemons or use the network, because package builders and
# CPAN's testers run it. Such tests run on request; those in t/author run by default, because one
# starts them by name.
my $ASKED = $ENV{VIX_TEST_MACHINES} // ($FindBin::Bin =~ m{/author\z} ? 1 : 0);

sub why_not_asked {
    return if $ASKED;
    return 'starts virtual machines: set VIX_TEST_MACHINES=1 to run this test, as dev/test does';
}

sub text_of { return $_[0] == VIX_OK ? 'VIX_OK' : "$_[0]: " . GetErrorText($_[0]) }

# A test that a call returned VIX_OK; it shows the detail of a failure.
sub succeeds {
    my ($err, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $ok = Test::More::is(text_of($err), 'VIX_OK', $what);
    Test::More::diag(VMware::Vix::last_error_detail()) if !$ok;
    return $ok;
}

# A folder of the test's own as power.folder. Machines in it end with the test, so a test that
# crashes leaves none behind.
sub run_folder {
    $KEEP = temp_dir();
    chmod 0755, $KEEP;    # QEMU's own user must pass through
    $ENV{VIX_POWER_FOLDER} = $RUN = "$KEEP/run";
    $SIG{$_} = sub { exit 1 } for qw(INT TERM);
    return $KEEP;
}

# Starts a test of a guest: returns (folder, the .vmx of a small Linux in it, which is off). Skips
# all tests if there can be none.
sub guest_to_run {
    my ($name) = @_;
    my $reason = why_nothing_runs();
    Test::More::plan(skip_all => $reason) if defined $reason;
    my $keep = run_folder();
    my $vmx  = _make_guest("$keep/$name", $name);
    Test::More::plan(skip_all => 'no guest could be made') if !defined $vmx;
    return ($keep, $vmx);
}

# Logs in as root once the guest is up; returns the error.
sub log_in {
    my ($vm) = @_;
    my $err = VMWaitForToolsInGuest($vm, 300);
    return $err == VIX_OK ? VMLoginInGuest($vm, 'root', 'root-secret', 0) : $err;
}

# The exit code of a script in the guest, or the error.
sub in_guest {
    my ($vm,  $script) = @_;
    my ($err, %run)    = VMRunScriptInGuestEx($vm, '/bin/sh', $script, 0, VIX_INVALID_HANDLE);
    return $err == VIX_OK ? $run{EXIT_CODE} : "error $err: " . GetErrorText($err);
}

# Each machine has a folder there, named by its uuid in libvirt.
sub _end_guests {
    local $? = $?;
    my $uri = $> == 0 ? 'qemu:///system' : 'qemu:///session';
    for my $uuid (map { s{.*/}{}r } glob "$RUN/*-*-*-*-*") {
        system "virsh -q -c $uri destroy '$uuid' >/dev/null 2>&1";
    }
    return;
}

# Undef if Debian's packages cannot be downloaded.
sub _make_guest {
    my ($folder, $name) = @_;
    my $log = qx(@{[_dev()]}/make-guest '$folder' '$name' 2>&1);
    return "$folder/$name.vmx" if $? == 0;
    print {*STDERR} "# $_\n" for split /\n/, $log;
    return;
}

sub _dev {
    return (-d "$FindBin::Bin/../dev" ? "$FindBin::Bin/../dev" : "$FindBin::Bin/../../dev");
}

1;
