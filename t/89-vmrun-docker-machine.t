#!/usr/bin/perl
# What docker-machine's VMware driver does with vmrun: no -T, "nogui" behind stop and deleteVM, and a
# login for everything in the guest.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VixTest;
use VixTest::Calls qw(without_libvirt);
use VixTest::Locks qw(put_lock);
use VixTest::Vmrun qw(own_home said setting vmrun);

my $HOME = own_home();
without_libvirt();
my $vm    = make_vm();
my $vmx   = $vm->{vmx};
my @LOGIN = qw(-gu docker -gp tcuser);

unlike(vmrun('list')->{out}, qr/\Q$vmx\E/, 'it is stopped');
is(said('stop', $vmx, $_), "Error: The virtual machine is not powered on: $vmx\n(255)", "stop $_")
    for 'nogui', 'hard nogui';
unlike(vmrun('getGuestIPAddress', $vmx, '-wait')->{out}, qr/\d+\.\d+\.\d+\.\d+/,
    'no address while it is off');

put_lock($vmx);
my $no_tools = "Error: The VMware Tools are not running in the virtual machine: $vmx\n(255)";
for my $command (
    ['directoryExistsInGuest',  $vmx, '/var/lib/boot2docker'],
    ['CopyFileFromHostToGuest', $vmx, $vmx, '/home/docker/userdata.tar'],
    ['runScriptInGuest',        $vmx, '/bin/sh', 'sudo true'],
    )
{
    is(said(@LOGIN, @{$command}), $no_tools, "$command->[0] waits for the tools");
}
unlink glob "$vmx.lck/*";
is(said(@LOGIN, 'enableSharedFolders', $vmx), '(0)', 'a login in front of shared folders');
is(said(@LOGIN, 'addSharedFolder', $vmx, 'Users', $vm->{dir}), '(0)', 'add one');
is(setting($vmx, 'sharedFolder0.guestName'), 'Users', 'it is there');
is(said('deleteVM', $vmx, 'nogui'), '(0)', 'deleteVM');
ok(!-e $vmx, 'it is gone');

done_testing;
