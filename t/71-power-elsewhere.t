#!/usr/bin/perl
# Which libvirt runs a machine: by setting or as the host that one connects to; what works where none
# answers; and who runs it when two want to.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls qw(connect_to);
use VixTest::Guest qw(run_folder succeeds why_nothing_runs);

my $keep = run_folder();
$ENV{VIX_INVENTORY_FILE} = "$keep/inventory.vmls";

my $dead = 'qemu+unix:///system?socket=/nowhere/libvirt-sock';
my @none = (0, VIX_INVALID_HANDLE);

# Nobody answers, or there is not even a libvirt to ask with.
sub is_out_of_reach {
    my ($err, $what) = @_;
    ok($err == VIX_E_CANNOT_CONNECT_TO_HOST || $err == VIX_E_NOT_SUPPORTED, $what) or diag $err;
    like(VMware::Vix::last_error_detail(), qr/libvirt/, 'with libvirt in the detail');
    return;
}

sub power_state { return (GetProperties($_[0], VIX_PROPERTY_VM_POWER_STATE))[1] }

subtest 'none that answers' => sub {
    local $ENV{VIX_POWER_URI} = $dead;
    my ($err, $host) = connect_to(undef);
    succeeds($err, 'HostConnect');
    ($err, my $vm) = VMOpen($host, make_vm(dir => "$keep/dead")->{vmx});
    succeeds($err, 'VMOpen');
    is_out_of_reach(VMPowerOn($vm, @none), 'VMPowerOn');
    is(power_state($vm), VIX_POWERSTATE_POWERED_OFF, 'it is off');
    ok(!glob("$keep/dead/*.lck"), 'nothing is locked');
    ($err, my $snapshot) = VMCreateSnapshot($vm, 's', undef, @none);
    succeeds($err, 'VMCreateSnapshot');
    succeeds(VMRevertToSnapshot($vm, $snapshot, @none), 'VMRevertToSnapshot');
    for my $type (VIX_CLONETYPE_FULL, VIX_CLONETYPE_LINKED) {
        ($err, my $clone) = VMClone($vm, $snapshot, $type, "$keep/clone$type/c.vmx", @none);
        succeeds($err, "VMClone $type");
        succeeds(VMDelete($clone, VIX_VMDELETE_DISK_FILES), 'VMDelete');
    }
    succeeds(VMRemoveSnapshot($vm, $snapshot, 0), 'VMRemoveSnapshot');
    succeeds((FindRunningVMs($host, 1))[0], 'FindRunningVMs');
    HostDisconnect($host);
};

is_out_of_reach((connect_to($dead))[0], 'HostConnect to none that answers');
is((connect_to('ftp://example.org/'))[0], VIX_E_CANNOT_CONNECT_TO_HOST, 'or to something else');

subtest 'the host that one connects to' => sub {
    my $reason = why_nothing_runs();
    plan skip_all => $reason                if defined $reason;
    plan skip_all => 'a session has no URI' if $> != 0;
    local $ENV{VIX_POWER_URI} = $dead;
    my ($err, $host) = connect_to('qemu+unix:///system');
    succeeds($err, 'HostConnect');
    my $vmx = make_vm(dir => "$keep/live")->{vmx};
    ($err, my $vm) = VMOpen($host, $vmx);
    succeeds(VMPowerOn($vm, @none), 'goes before the setting');
    is(power_state($vm), VIX_POWERSTATE_POWERED_ON, 'it is on');
    ($err, my @running) = FindRunningVMs($host, 1);
    is_deeply(\@running, [$vmx], 'FindRunningVMs') or diag explain \@running;
    ($err, my $local) = connect_to(undef);
    ($err, my $same)  = VMOpen($local, $vmx);
    is_out_of_reach(VMPowerOff($same, 0), 'the other connection has the setting');
    is(power_state($same), VIX_POWERSTATE_POWERED_ON, 'and sees by the locks that it runs');
    succeeds(VMPowerOff($vm, 0), 'VMPowerOff');
    HostDisconnect($_) for $host, $local;
};

subtest 'two processes start one machine' => sub {
    my $reason = why_nothing_runs();
    plan skip_all => $reason if defined $reason;
    my $vmx     = make_vm(dir => "$keep/twice")->{vmx};
    my $program = 'my ($e, $h) = HostConnect(VIX_API_VERSION, 3, undef, 0, undef, undef, 0, 0);'
        . "(\$e, my \$v) = VMOpen(\$h, '$vmx');"
        . 'print VMPowerOn($v, 0, 0), q( ), VMware::Vix::last_error_detail()';
    my @both = map {
        open my $out, '-|', $^X, (map { "-I$_" } @INC), '-MVMware::Vix::Simple',
            '-MVMware::Vix::API::Constants', '-e', $program
            or die "perl: $!";
        $out
    } 1 .. 2;
    my @said  = map { join '', readline $_ } @both;
    my @codes = sort { $a <=> $b } map {/(\d+)/} @said;
    is_deeply(\@codes, [VIX_OK, VIX_E_VM_IS_RUNNING], 'one does, the other finds it running')
        or diag "they said: @said";
    my ($err, $host) = connect_to(undef);
    ($err, my $vm) = VMOpen($host, $vmx);
    succeeds(VMPowerOff($vm, 0), 'VMPowerOff, by a third');
};

done_testing;
