#!/usr/bin/perl
# Calls to the guest of a virtual machine that really runs: logging in, programs, files, processes.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls qw(open_vm);
use VixTest::Guest qw(make_guest why_nothing_runs);

my $reason = why_nothing_runs();
plan skip_all => $reason if defined $reason;

my $keep = temp_dir();
chmod 0755, $keep;    # QEMU's own user goes through it
$ENV{VIX_POWER_FOLDER} = "$keep/run";
my $vmx = make_guest("$keep/guest", 'guest');
plan skip_all => 'no guest could be made' if !defined $vmx;

my @none = (0, VIX_INVALID_HANDLE);
my ($open_err, $vm) = open_vm($vmx);
is($open_err, VIX_OK, 'opened');
END { VMPowerOff($vm, VIX_VMPOWEROP_NORMAL) if $vm }

sub text_of { return $_[0] == VIX_OK ? 'VIX_OK' : "$_[0]: " . GetErrorText($_[0]) }

sub succeeds {
    my ($err, $what) = @_;
    return is(text_of($err), 'VIX_OK', $what);
}

is(VMWaitForToolsInGuest($vm, 1), VIX_E_VM_NOT_RUNNING, 'no guest of one that is off');
succeeds(VMPowerOn($vm, VIX_VMPOWEROP_NORMAL, VIX_INVALID_HANDLE), 'VMPowerOn');
succeeds(VMWaitForToolsInGuest($vm, 120), 'VMWaitForToolsInGuest');

subtest 'who may do something there' => sub {
    is((VMFileExistsInGuest($vm, '/etc/passwd'))[0],
        VIX_E_ANON_GUEST_OPERATIONS_PROHIBITED, 'nobody without a login');
    is(VMLoginInGuest($vm, 'guest', 'wrong', 0), VIX_E_GUEST_USER_PERMISSIONS, 'a wrong password');
    is(VMLoginInGuest($vm, 'open', '', 0),
        VIX_E_EMPTY_PASSWORD_NOT_ALLOWED_IN_GUEST, 'an account without one');
    is(VMLoginInGuest($vm, 'gone', 'guest secret', 0),
        VIX_E_GUEST_USER_PERMISSIONS, 'one that has expired');
    is(VMLoginInGuest($vm, 'guest', 'guest secret',
            VIX_LOGIN_IN_GUEST_REQUIRE_INTERACTIVE_ENVIRONMENT),
        VIX_E_LOGIN_TYPE_NOT_SUPPORTED, 'at the screen');
    succeeds(VMLoginInGuest($vm, 'guest', 'guest secret', 0), 'VMLoginInGuest');
};

subtest 'programs' => sub {
    my ($err, %run) = VMRunProgramInGuestEx($vm, '/bin/sh', q{-c 'exit 5'}, @none);
    succeeds($err, 'VMRunProgramInGuestEx');
    is($run{EXIT_CODE}, 5, 'its exit code');
    cmp_ok($run{PROCESS_ID}, '>', 1, 'its process id');
    like($run{ELAPSED_TIME}, qr/\A[0-9]+\z/, 'its time');
    is(VMRunProgramInGuest($vm, '/no/such', '', @none), VIX_E_PROGRAM_NOT_STARTED, 'one not there');
    ($err, %run) = VMRunScriptInGuestEx($vm, '/bin/sh', "echo a script >/tmp/said\nexit 6\n", @none);
    succeeds($err, 'VMRunScriptInGuestEx');
    is($run{EXIT_CODE}, 6, 'its exit code');
    succeeds(VMCopyFileFromGuestToHost($vm, '/tmp/said', "$keep/said", @none), 'what it wrote');
    is(slurp("$keep/said"), "a script\n", 'is that');
};

subtest 'processes' => sub {
    my ($err, %run) = VMRunProgramInGuestEx($vm, '/bin/sleep', '1000',
        VIX_RUNPROGRAM_RETURN_IMMEDIATELY, VIX_INVALID_HANDLE);
    succeeds($err, 'started');
    is($run{EXIT_CODE}, undef, 'and not waited for');
    ($err, my @all) = VMListProcessesInGuest($vm, 0);
    succeeds($err, 'VMListProcessesInGuest');
    my ($own) = grep { $_->{PROCESS_ID} == $run{PROCESS_ID} } @all;
    is("$own->{PROCESS_OWNER} $own->{PROCESS_COMMAND}", 'guest /bin/sleep 1000', 'it is there');
    is(VMKillProcessInGuest($vm, 1, 0), VIX_E_GUEST_USER_PERMISSIONS, "not another user's");
    succeeds(VMKillProcessInGuest($vm, $run{PROCESS_ID}, 0), 'VMKillProcessInGuest');
    is(VMKillProcessInGuest($vm, 999_999, 0), VIX_E_NO_SUCH_PROCESS, 'one that is none');
};

subtest 'files' => sub {
    my $content = join '', map { chr($_ % 256) } 1 .. 100_000;
    spew("$keep/in", $content);
    succeeds(VMCreateDirectoryInGuest($vm, '/tmp/a/b', VIX_INVALID_HANDLE), 'a folder');
    is(VMCreateDirectoryInGuest($vm, '/tmp/a/b', VIX_INVALID_HANDLE),
        VIX_E_FILE_ALREADY_EXISTS, 'once');
    succeeds(VMCopyFileFromHostToGuest($vm, "$keep/in", '/tmp/a/in', @none), 'a file into it');
    succeeds(VMRenameFileInGuest($vm, '/tmp/a/in', '/tmp/a/it', @none), 'another name');
    my ($err, %info) = VMGetFileInfoInGuest($vm, '/tmp/a/it');
    is($info{FILE_SIZE}, length $content, 'its size');
    ($err, my @entries) = VMListDirectoryInGuest($vm, '/tmp/a', 0);
    is_deeply(
        { map { $_->{FILE_NAME} => $_->{FILE_ATTRIBUTES} } @entries },
        { b => VIX_FILE_ATTRIBUTES_DIRECTORY, it => 0 },
        'the list'
    );
    succeeds(VMCopyFileFromGuestToHost($vm, '/tmp/a/it', "$keep/out", @none), 'out again');
    ok(slurp("$keep/out") eq $content, 'as it was');
    is_deeply([VMFileExistsInGuest($vm, '/tmp/a/b')],      [VIX_OK, 0], 'a folder is no file');
    is_deeply([VMDirectoryExistsInGuest($vm, '/tmp/a/b')], [VIX_OK, 1], 'but a folder');
    is(VMDeleteFileInGuest($vm, '/tmp/a/b'), VIX_E_NOT_A_FILE, 'and not deleted as a file');
    succeeds(VMDeleteFileInGuest($vm, '/tmp/a/it'), 'VMDeleteFileInGuest');
    succeeds(VMDeleteDirectoryInGuest($vm, '/tmp/a', 0), 'VMDeleteDirectoryInGuest');
    is((VMGetFileInfoInGuest($vm, '/tmp/a'))[0], VIX_E_FILE_NOT_FOUND, 'it is gone');
    is(VMCopyFileFromGuestToHost($vm, '/etc/shadow', "$keep/no", @none),
        VIX_E_FILE_ACCESS_ERROR, 'what the user may not read');
};

succeeds(VMLogoutFromGuest($vm), 'VMLogoutFromGuest');
is((VMFileExistsInGuest($vm, '/etc/passwd'))[0],
    VIX_E_ANON_GUEST_OPERATIONS_PROHIBITED, 'nobody is logged in any more');

succeeds(VMPowerOff($vm, VIX_VMPOWEROP_NORMAL), "VMPowerOff");

done_testing;
