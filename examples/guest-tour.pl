# Makes a linked clone, starts it, runs a script in its guest, and deletes it.

use strict;
use warnings;

use File::Spec ();
use Getopt::Long;
use Pod::Usage;
use Time::HiRes qw(time);

use VMware::Vix::Simple;
use VMware::Vix::API::Constants;

my $BOOT_SECONDS = 180;
my $IN_GUEST     = '/tmp/tour.txt';

GetOptions('help' => \my $help, 'user=s' => \my $user, 'window' => \my $window) or pod2usage(2);
pod2usage(-exitval => 0, -verbose => 2, -noperldoc => 1) if $help;
pod2usage(2) if @ARGV != 3;
my ($source, $destination, $report) = map { File::Spec->rel2abs($_) } @ARGV;
my $password = $ENV{GUEST_PASSWORD} // pod2usage('GUEST_PASSWORD is not set');
$user //= 'root';

# GetErrorText returns what the code means, which file failed, and why.
sub check {
    my ($what, $err) = @_;
    return if $err == VIX_OK;
    my $text = GetErrorText($err);
    utf8::encode($text) if utf8::is_utf8($text);
    die "guest-tour.pl: $what: error $err: $text\n";
}

my $before = time;

sub say_step {
    my ($text) = @_;
    printf "%5.1f s  %s\n", time - $before, $text;
    return;
}

# Deletes the clone at the end, even after an error.
my $clone;
END {
    if ($clone) {
        my $status = $?;
        VMPowerOff($clone, VIX_VMPOWEROP_NORMAL);
        VMDelete($clone, VIX_VMDELETE_DISK_FILES);
        $? = $status;
    }
}
local $SIG{INT} = sub { die "guest-tour.pl: stopped\n" };

my ($err, $host) = HostConnect(VIX_API_VERSION, VIX_SERVICEPROVIDER_VMWARE_WORKSTATION,
    undef, 0, undef, undef, 0, VIX_INVALID_HANDLE);
check('connecting', $err);
($err, my $vm) = VMOpen($host, $source);
check("opening $source", $err);

# The clone depends on a snapshot of the source. It also gets a snapshot of its own to revert to.
($err, my $base) = VMGetNamedSnapshot($vm, 'tour');
($err, $base) = VMCreateSnapshot($vm, 'tour', undef, 0, VIX_INVALID_HANDLE)
    if $err == VIX_E_SNAPSHOT_NOTFOUND;
check("the snapshot tour of $source", $err);
($err, $clone)
    = VMClone($vm, $base, VIX_CLONETYPE_LINKED, $destination, 0, VIX_INVALID_HANDLE);
check("cloning $source to $destination", $err);
($err, my $fresh) = VMCreateSnapshot($clone, 'fresh', undef, 0, VIX_INVALID_HANDLE);
check('taking the snapshot fresh of the clone', $err);
say_step("cloned to $destination");

check('powering on',
    VMPowerOn($clone, $window ? VIX_VMPOWEROP_LAUNCH_GUI : VIX_VMPOWEROP_NORMAL,
        VIX_INVALID_HANDLE));
say_step('powered on');
check('waiting for the guest', VMWaitForToolsInGuest($clone, $BOOT_SECONDS));
say_step('the guest is up');
check("logging in as $user", VMLoginInGuest($clone, $user, $password, 0));

# The script writes its output to a file in the guest, which is then copied to the host.
($err, my %run) = VMRunScriptInGuestEx($clone, '/bin/sh',
    "exec >$IN_GUEST\nuname -sr\ncat /proc/uptime\n", 0, VIX_INVALID_HANDLE);
check('running a script', $err);
check('copying its output', VMCopyFileFromGuestToHost($clone, $IN_GUEST, $report, 0,
    VIX_INVALID_HANDLE));
say_step("a script exited with $run{EXIT_CODE}; its output is in $report");

check('suspending', VMSuspend($clone, 0));
say_step('suspended');
check('resuming', VMPowerOn($clone, VIX_VMPOWEROP_NORMAL, VIX_INVALID_HANDLE));
check('waiting for the guest', VMWaitForToolsInGuest($clone, $BOOT_SECONDS));
($err, my $there) = VMFileExistsInGuest($clone, $IN_GUEST);
check("checking for $IN_GUEST", $err);
say_step('resumed, ' . ($there ? 'where it was' : 'but not where it was'));

# The snapshot was taken while the clone was off, so the clone is off after the revert.
check('reverting', VMRevertToSnapshot($clone, $fresh, 0, VIX_INVALID_HANDLE));
($err, my $state) = GetProperties($clone, VIX_PROPERTY_VM_POWER_STATE);
check('reading its power state', $err);
say_step('reverted to the snapshot fresh, '
        . ($state == VIX_POWERSTATE_POWERED_OFF ? 'off' : 'running'));

check('deleting', VMDelete($clone, VIX_VMDELETE_DISK_FILES));
undef $clone;
say_step('deleted');
HostDisconnect($host);

__END__

=encoding UTF-8

=head1 NAME

guest-tour.pl - clone, start, use the guest, suspend, resume, revert, delete

=head1 SYNOPSIS

    GUEST_PASSWORD=... perl guest-tour.pl [--user NAME] [--window] SOURCE.vmx CLONE.vmx REPORT

    dev/make-guest /srv/vms/small small
    GUEST_PASSWORD=root-secret perl examples/guest-tour.pl \
        /srv/vms/small/small.vmx /srv/vms/tour/tour.vmx report.txt

=head1 DESCRIPTION

Makes a linked clone CLONE.vmx of the virtual machine SOURCE.vmx, powers it on and waits until the
guest's agent replies. It logs in as the user NAME (default: root) with the password of the
environment variable GUEST_PASSWORD. It runs a script in the guest and copies the output to the file
REPORT on this host. Then it suspends and resumes the clone, reverts it to the snapshot from before
its first start, and deletes it. A file that the clone's serial port wrote stays. Each step is
printed with the seconds since the start.

With C<--window> a viewer shows the screen. The guest must be a Linux with the QEMU guest agent,
such as that of F<dev/make-guest>; L<VMware::Vix::Guest> says how to install it. The first run takes
the snapshot C<tour> of the source, which must be off for that. The snapshot stays.

=cut
