#!/usr/bin/perl
# vmrun on a virtual machine that runs: a small Linux with the agent.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;

use VixTest;
use VixTest::Guest qw(guest_to_run);
use VixTest::Vmrun qw(said set_setting setting vmrun);

my ($keep, $vmx) = guest_to_run('small');
my @ROOT = qw(-gu root -gp root-secret);
spew("$keep/small/$_.iso", $_ x (1 << 20)) for 'x', 'y';
for my $cd (['ide1:0', 'x', 'FALSE'], ['ide1:1', 'y', 'TRUE']) {
    my ($node, $name, $connected) = @{$cd};
    set_setting($vmx, "$node.present",        'TRUE');
    set_setting($vmx, "$node.deviceType",     'cdrom-image');
    set_setting($vmx, "$node.fileName",       "$name.iso");
    set_setting($vmx, "$node.startConnected", $connected);
}

is(said('start', $vmx, 'nogui'), '(0)', 'start');
is(said('start', $vmx, 'nogui'),
    "Error: The virtual machine should not be powered on. It is already running.\n(255)",
    'not twice');
my $NONE = qr/Error: Unable to get the IP address: the guest is in QEMU's user network, \D+\n\(255\)/;
like(said('getGuestIPAddress', $vmx, '-wait'), qr/\A(?:[\d.:a-f]+\n\(0\)|$NONE)\z/,
    'an address, or why it is of no use');
is(said('checkToolsState', $vmx), "running\n(0)", 'the tools run');

subtest 'a program through a shell' => sub {
    my @run = (@ROOT, 'runProgramInGuest', $vmx);
    is(said(@run, '/bin/echo', 'a  $HOME', '|', 'tr a-z A-Z >/tmp/said'), '(0)', 'a pipe to a file');
    is(said(@ROOT, 'copyFileFromGuestToHost', $vmx, '/tmp/said', "$keep/said"), '(0)', 'copied');
    is(slurp("$keep/said"), "A /ROOT\n", 'variables are replaced, blanks separate words');
    is(said(@run, '/bin/sh', '-c', q{'exit "$((3 + 1))"'}),
        "Guest program exited with non-zero exit code: 4\n(255)", 'quotes for the shell');
    is(said(@run, '/bin/none', 'x'), "Error: A file was not found\n(255)", 'no such program');
    is(said(@run, '-noWait', '/bin/sleep', '1'), '(0)', 'without waiting');
};

is(said('addSharedFolder', $vmx, 'share', $keep), '(0)', 'a shared folder of one that runs');
is(setting($vmx, 'sharedFolder0.guestName'), 'share', 'is kept');
is(setting($vmx, 'cleanShutdown'), 'FALSE', 'cleanShutdown while it runs');

is(said('-gu', 'root', '-gp', 'wrong', 'fileExistsInGuest', $vmx, '/bin/sh'),
    "Error: Invalid user name or password for the guest OS\n(255)", 'a wrong login');
like(said(@ROOT, 'runProgramInGuest', $vmx, '-interactive', '/bin/true'),
    qr/\AError: The specified guest user must be logged in interactively to perform this operation\n/,
    'an interactive login');
my @script = (@ROOT, 'runScriptInGuest', $vmx);

subtest 'the keyboard' => sub {
    my $text = q{ab YZ019 `~!@#$%^&*()-_=+[{]}\\|;:'",<.>/?};
    is(said(@script, '-noWait', '/bin/sh', 'head -n 1 </dev/tty1 >/tmp/typed'), '(0)', 'it is read');
    is(said('typeKeystrokesInGuest', $vmx, "$text\n"), '(0)', 'typed');
    is(said(@script, '/bin/sh', 'sleep 1; test -s /tmp/typed'), '(0)', 'and read');
    is(said(@ROOT, 'copyFileFromGuestToHost', $vmx, '/tmp/typed', "$keep/typed"), '(0)', 'copied');
    is(slurp("$keep/typed"), "$text\n", 'each character');
    my $run = vmrun('--detail', 'typeKeystrokesInGuest', $vmx, "1\xe2\x82\xac");
    like($run->{out}, qr/\AError: An argument has a value that is not allowed/, 'a character without a key');
    like($run->{err}, qr/\Avmrun: byte 2 of the text cannot be typed: /, 'which one');
};

subtest 'plugs' => sub {
    my $guest = sub {
        my ($test, $name) = @_;
        is(said(@script, '/bin/sh', "for i in 1 2 3 4 5 6 7 8; do $test && exit; sleep 1; done; exit 9"),
            '(0)', $name);
    };
    my $link = sub { $guest->("[ \"\$(cat /sys/class/net/eth0/carrier)\" = $_[0] ]", $_[1]) };
    my $has = sub { $guest->("[ \"\$(head -c 4 /dev/$_[0] 2>/dev/null)\" = '$_[1]' ]", $_[2]) };
    is(said('disconnectNamedDevice', $vmx, 'Ethernet0'), '(0)', 'a card is disconnected');
    $link->(0, 'and has no link in the guest');
    is(said('disconnectNamedDevice', $vmx, 'ethernet0'), '(0)', 'as before');
    is(said('connectNamedDevice',    $vmx, 'ethernet0'), '(0)', 'is connected');
    $link->(1, 'and has its link');
    $has->('sr0', '', 'a CD drive starts without its image');
    is(said('connectNamedDevice', $vmx, 'ide1:0'), '(0)', 'is connected');
    $has->('sr0', 'xxxx', 'and has its image');
    $has->('sr1', 'yyyy', 'as the other one');
    is(said('disconnectNamedDevice', $vmx, 'ide1:1'), '(0)', 'which is disconnected');
    $has->('sr1', '', 'and empty');
    is(said('disconnectNamedDevice', $vmx, 'ide1:1'), '(0)', 'as before');
    is(said('connectNamedDevice',    $vmx, 'ide1:1'), '(0)', 'and connected again');
    $has->('sr1', 'yyyy', 'with its image');
    is(said('disconnectNamedDevice', $vmx, 'ethernet0'), '(0)', 'without its link');
    is(said('suspend', $vmx), '(0)', 'it is suspended');
    is(said('start', $vmx, 'nogui'), '(0)', 'and resumed');
    $link->(0, 'the card is as it was');
    $has->('sr0', 'xxxx', 'and the drive');
    is(said('connectNamedDevice', $vmx, 'ethernet0'), '(0)', 'the card is connected again');
    $link->(1, 'and has its link');
    my $missing = vmrun('--detail', 'connectNamedDevice', $vmx, 'ethernet7');
    is($missing->{status}, 255, 'a device that is not there');
    like($missing->{err}, qr/\Avmrun: \Q$vmx\E runs without a device ethernet7\. /, 'is named');
    like(said('disconnectNamedDevice', $vmx, 'scsi0:0'), qr/\AError: .* scsi0:0 is a disk\. .*\n\(255\)/,
        'a disk stays');
    is(setting($vmx, 'ide1:0.startConnected'), 'FALSE', 'the .vmx is as before');
};

is(said(@ROOT, 'copyFileFromGuestToHost', $vmx, '/none', "$keep/none"),
    "Error: A file was not found\n(255)", 'a file that is not there');
is(said('stop', $vmx, 'hard nogui'), '(0)', 'stop');
is(said('list'), "Total running VMs: 0\n(0)", 'it is off');
is(setting($vmx, 'cleanShutdown'), 'TRUE', 'cleanShutdown');
is(said('checkToolsState', $vmx), "installed\n(0)", 'its tools are installed');

subtest 'a guest that shuts down by itself' => sub {
    is(said('start', $vmx, 'nogui'), '(0)', 'start');
    like(said('getGuestIPAddress', $vmx, '-wait'), qr/\(0\)\z|$NONE/, 'it is up');
    is(said(@ROOT, 'runProgramInGuest', $vmx, '-noWait', '/bin/sh', '-c', q{'sleep 1; poweroff -f'}),
        '(0)', 'its own command');
    for (1 .. 120) {
        last if said('list') eq "Total running VMs: 0\n(0)";
        sleep 1;
    }
    is(said('list'), "Total running VMs: 0\n(0)", 'it is off');
    for (1 .. 60) {    # as Vagrant waits
        last if setting($vmx, 'cleanShutdown') eq 'TRUE';
        sleep 1;
    }
    is(setting($vmx, 'cleanShutdown'), 'TRUE', 'cleanShutdown');
};

done_testing;
