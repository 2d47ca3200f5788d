#!/usr/bin/perl
# What a script does with SIGCHLD changes nothing: a program that we start and that fails is a call
# that fails, and the script's own children are its own.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use POSIX ();
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest qw(make_vm spew);
use VixTest::Calls qw(open_vm);
use VixTest::Guest qw(run_folder why_nothing_runs);

my $reason = why_nothing_runs();
plan(skip_all => $reason) if defined $reason;
my $keep = run_folder();

my $machine = make_vm(dir => "$keep/vm", name => 'vm');
my (undef, $vm) = open_vm($machine->{vmx});

# A daemon that cannot serve, before the real one in PATH.
my $path = $ENV{PATH};
mkdir "$keep/bin" or die $!;
spew("$keep/bin/qemu-storage-daemon", "#!/bin/sh\necho 'no disk today'\nexit 1\n");
chmod 0755, "$keep/bin/qemu-storage-daemon";

my $reaped = 0;

sub reap_all {
    $reaped++ while waitpid(-1, POSIX::WNOHANG()) > 0;
    return;
}

my %set = (
    'the default' => sub { $SIG{CHLD} = 'DEFAULT' },
    'IGNORE'      => sub { $SIG{CHLD} = 'IGNORE' },
    'a handler'   => sub { $SIG{CHLD} = \&reap_all },
    'a handler outside of Perl\'s care' =>
        sub { POSIX::sigaction(POSIX::SIGCHLD(), POSIX::SigAction->new(\&reap_all)) },
    'SA_NOCLDWAIT' => sub {
        my $action = POSIX::SigAction->new('DEFAULT', POSIX::SigSet->new, POSIX::SA_NOCLDWAIT());
        POSIX::sigaction(POSIX::SIGCHLD(), $action);
    },
    'blocked' => sub {
        POSIX::sigaction(POSIX::SIGCHLD(), POSIX::SigAction->new('DEFAULT'));
        POSIX::sigprocmask(POSIX::SIG_BLOCK(), POSIX::SigSet->new(POSIX::SIGCHLD()));
    },
);

for my $kind (sort keys %set) {
    $set{$kind}->();
    $reaped = 0;
    local $ENV{PATH} = "$keep/bin:$path";
    is(VMPowerOn($vm, 0, 0), VIX_E_DISK_NOIO, "$kind: disks that nobody serves are an error");
    like(VMware::Vix::last_error_detail(), qr/no disk today/, 'with its reason');
    $ENV{PATH} = $path;
    is(VMPowerOn($vm, 0, 0), VIX_OK, 'where they are served it runs') or diag VMware::Vix::last_error_detail();
    is(VMPowerOff($vm, 0), VIX_OK, 'and ends') or diag VMware::Vix::last_error_detail();
    is($reaped, 0, 'the script sees no child of ours');
}
$SIG{CHLD} = 'DEFAULT';
is(waitpid(-1, POSIX::WNOHANG()), -1, 'and there is none');

done_testing;
