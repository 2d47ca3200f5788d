#!/usr/bin/perl
# Virtual machines that run on another host, on storage that both hosts have: a script here drives
# libvirt, QEMU and the image server there, through ssh.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls qw(connect_to);
use VixTest::Guest qw(guest_to_run log_in succeeds);
use VixTest::Tools qw(have_tool);

plan skip_all => 'this needs root' if $> != 0;
for my $tool (qw(sshd ip unshare pgrep)) {
    plan skip_all => "$tool is not installed" if !have_tool($tool);
}
my ($keep, $vmx) = guest_to_run('guest');
my $second = "$Bin/../../dev/second-host";
END { local $? = $?; system $second, 'stop', "$keep/host" if defined $keep }
my $uri = qx($second start '$keep/host');
chomp $uri;
plan skip_all => 'there can be no second host here' if $? != 0;

$ENV{VIX_POWER_FOLDER}   = "/run/vix-test-$$";
$ENV{VIX_INVENTORY_FILE} = "$keep/inventory.vmls";
$ENV{VIX_POWER_KVM}      = 'FALSE';
my @none = (0, VIX_INVALID_HANDLE);

sub locks { my @folders = glob "$keep/guest/*.lck"; return scalar @folders }

sub there { return scalar qx($keep/host/ssh -i '$keep/host/key' root\@198.18.77.2 '@_') }

my ($err, $here) = connect_to(undef);
($err, my $host) = connect_to($uri);
succeeds($err, 'connected to the other host');
($err, my $vm) = VMOpen($host, $vmx);
succeeds($err, 'opened through it');
($err, my $seen_here) = VMOpen($here, $vmx);

sub power_state {
    my ($of) = @_;
    return (GetProperties($of // $vm, VIX_PROPERTY_VM_POWER_STATE))[1];
}

succeeds(VMPowerOn($vm, @none), 'powered on');
like(there('ps ax'), qr/qemu-system-x86_64 -name guest=guest-/, 'its process is there');
is(power_state(), VIX_POWERSTATE_POWERED_ON, 'it runs');
is(power_state($seen_here), VIX_POWERSTATE_POWERED_ON, 'which is seen from here without asking there');
is(VMPowerOn($seen_here, @none), VIX_E_VM_IS_RUNNING, 'it cannot be started here as well');
is(VMDelete($seen_here, VIX_VMDELETE_DISK_FILES), VIX_E_VM_IS_RUNNING, 'nor deleted');
is((VMClone($seen_here, VIX_INVALID_HANDLE, VIX_CLONETYPE_FULL, "$keep/full/c.vmx", @none))[0],
    VIX_E_VM_IS_RUNNING, 'nor cloned');
is_deeply([(FindRunningVMs($host, 10))], [VIX_OK, $vmx], 'the other host tells that it runs');
is(VMPowerOff($seen_here, 0), VIX_E_CANNOT_CONNECT_TO_VM, 'who does not ask that host cannot end it');

succeeds(log_in($vm), 'logged in to the guest');
succeeds(VMRunScriptInGuest($vm, '/bin/sh', 'echo from the guest >/tmp/said', @none), 'a script ran');
succeeds(VMCopyFileFromGuestToHost($vm, '/tmp/said', "$keep/said", @none), 'a file came back');
is(slurp("$keep/said"), "from the guest\n", 'with what was written');

($err, my $frozen) = VMCreateSnapshot($vm, 'disks', undef, @none);
succeeds($err, 'a snapshot of its disks');
($err, my $memory) = VMCreateSnapshot($vm, 'memory', undef, VIX_SNAPSHOT_INCLUDE_MEMORY, VIX_INVALID_HANDLE);
succeeds($err, 'a snapshot with its memory');
is(power_state(), VIX_POWERSTATE_POWERED_ON, 'it still runs');
succeeds(VMPause($vm, @none), 'paused');
is(power_state(), VIX_POWERSTATE_PAUSED, 'it is paused');
succeeds(VMUnpause($vm, @none), 'unpaused');
succeeds(VMSuspend($vm, 0), 'suspended');
is(power_state($seen_here), VIX_POWERSTATE_SUSPENDED, 'it is suspended');
is(locks(), 0, 'nothing is locked');
succeeds(VMPowerOn($vm, @none), 'resumed');
succeeds(VMWaitForToolsInGuest($vm, 300), 'the guest answers as before');
succeeds(VMRevertToSnapshot($vm, $memory, @none), 'back at the memory');
is(power_state(), VIX_POWERSTATE_POWERED_ON, 'it runs from there');
succeeds(VMWaitForToolsInGuest($vm, 300), 'and answers');
succeeds(VMPowerOff($vm, VIX_VMPOWEROP_NORMAL), 'powered off');
is(there('ls -A /run/vix-test-' . $$), '', 'nothing of it is left there');
is(locks(), 0, 'nor locked here');

# QEMU is killed: the supervisor, which ends with it, removes the locks.
succeeds(VMPowerOn($vm, @none), 'powered on');
there('pkill -KILL qemu-system');
for (1 .. 300) { last if !locks(); select undef, undef, undef, 0.1 }
is(power_state($seen_here), VIX_POWERSTATE_POWERED_OFF, 'when its process dies, it is off');

# The host crashes: its locks stay and are respected until the host can answer again.
succeeds(VMPowerOn($vm, @none), 'powered on');
system $second, 'stop', "$keep/host";
is(power_state($seen_here), VIX_POWERSTATE_POWERED_ON, 'nobody can tell that it ended');
is(VMPowerOn($vm, @none), VIX_E_CANNOT_CONNECT_TO_HOST, 'nor start it there');
is(VMPowerOn($seen_here, @none), VIX_E_VM_IS_RUNNING, 'nor here');
qx($second start '$keep/host');
succeeds(VMPowerOn($vm, @none), 'once the host is back it is started anew');
succeeds(VMPowerOff($vm, VIX_VMPOWEROP_NORMAL), 'powered off');

# Files that only this host has.
($err, my $own) = VMOpen($host, make_vm(dir => "/run/vix-test-own-$$")->{vmx});
is(VMPowerOn($own, @none), VIX_E_NOT_SUPPORTED_ON_REMOTE_OBJECT, 'a machine that is not there');
like(VMware::Vix::last_error_detail(), qr/storage that both hosts have/, 'with the reason');
system 'rm', '-rf', "/run/vix-test-own-$$";

for my $disk (glob "$keep/guest/*.vmdk") {
    next if $disk =~ /-s\d+\.vmdk/;
    is(system("qemu-img check -q '$disk' >/dev/null 2>&1"), 0, "$disk is sound");
}
ReleaseHandle($_) for $own, $seen_here, $vm;
HostDisconnect($_) for $host, $here;

done_testing();
