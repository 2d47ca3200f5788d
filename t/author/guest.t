#!/usr/bin/perl
# Calls to the guest of a virtual machine that really runs: login, programs, files, processes.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls qw(open_vm);
use VixTest::Guest qw(guest_to_run log_in succeeds text_of);
use VixTest::Tools qw(have_tool);

my ($keep, $vmx) = guest_to_run('guest');
my @none = (0, VIX_INVALID_HANDLE);
my ($open_err, $vm) = open_vm($vmx);
is($open_err, VIX_OK, 'opened');

sub tools_state { return (GetProperties($vm, VIX_PROPERTY_VM_TOOLS_STATE))[1] }

sub guest_variable {
    my ($name) = @_;
    my ($err, $value) = VMReadVariable($vm, VIX_VM_GUEST_VARIABLE, $name, 0);
    return $err == VIX_OK ? $value : text_of($err);
}

sub environment_variable {
    my ($name) = @_;
    my ($err, $value) = VMReadVariable($vm, VIX_GUEST_ENVIRONMENT_VARIABLE, $name, 0);
    return $err == VIX_OK ? $value : text_of($err);
}

# The output of a script in the guest.
sub said_in_guest {
    my ($script) = @_;
    my $err = VMRunScriptInGuest($vm, '/bin/sh', "exec >/tmp/said 2>&1\n$script\n", @none);
    return text_of($err) if $err != VIX_OK;
    $err = VMCopyFileFromGuestToHost($vm, '/tmp/said', "$keep/said", @none);
    return $err == VIX_OK ? slurp("$keep/said") : text_of($err);
}

is(VMWaitForToolsInGuest($vm, 1), VIX_E_VM_NOT_RUNNING, 'no guest of one that is off');
spew($vmx, slurp($vmx) . qq{guestinfo.role = "web, of 'many'"\nguestinfo.zone = "a"\n});
succeeds(VMPowerOn($vm, VIX_VMPOWEROP_NORMAL, VIX_INVALID_HANDLE), 'VMPowerOn');
is(tools_state(), VIX_TOOLSSTATE_UNKNOWN, 'the tools are not there yet');
is(VMWaitForToolsInGuest($vm, 1), VIX_E_TIMEOUT_WAITING_FOR_TOOLS, 'nor within a second');
succeeds(VMWaitForToolsInGuest($vm, 300), 'VMWaitForToolsInGuest');
is(tools_state(), VIX_TOOLSSTATE_RUNNING, 'now they are');

# The agent starts before the network does.
my $address = '';
for (1 .. 50) {
    $address = guest_variable('ip');
    last if length $address;
    select undef, undef, undef, 0.2;
}
is($address, '10.0.2.15', 'the address that QEMU gave it');

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

subtest 'variables of the guest' => sub {
    is(guest_variable('role'), "web, of 'many'", 'one of the .vmx');
    is(guest_variable('none'), '', 'one that is not there');
    is(said_in_guest('vmware-rpctool "info-get guestinfo.none" || echo $?'),
        "No value found\n1\n", 'not in the guest, either');

    my $value = "two\nlines, \x{263a} and 'more' \$HOME";
    succeeds(VMWriteVariable($vm, VIX_VM_GUEST_VARIABLE, 'role', $value, 0), 'VMWriteVariable');
    is(guest_variable('role'), $value, 'reads back');
    utf8::encode(my $bytes = "$value\n");
    is(said_in_guest('vmware-rpctool "info-get guestinfo.role"'), $bytes, 'the guest sees it');
    is((VMWriteVariable($vm, VIX_VM_GUEST_VARIABLE, 'a/b', 'c', 0))[0],
        VIX_E_INVALID_ARG, 'a name with a /');
    is(VMWriteVariable($vm, VIX_VM_GUEST_VARIABLE, 'big', 'x' x 65_537, 0),
        VIX_E_ARGUMENT_TOO_BIG, 'a value that is too big');
    unlike(slurp($vmx), qr/two/, 'the .vmx knows nothing of it');
};

subtest 'settings of the one that runs' => sub {
    my $setting = sub {
        my ($err, $value) = VMReadVariable($vm, VIX_VM_CONFIG_RUNTIME_ONLY, $_[0], 0);
        return $err == VIX_OK ? $value : text_of($err);
    };
    my $text = slurp($vmx);
    succeeds(VMWriteVariable($vm, VIX_VM_CONFIG_RUNTIME_ONLY, 'guestinfo.zone', 'b', 0), 'set');
    is($setting->('GuestInfo.Zone'), 'b', 'is read');
    is(guest_variable('zone'), 'b', 'as a variable of the guest, too');
    is(said_in_guest('vmware-rpctool "info-get guestinfo.zone"'), "b\n", 'and there');
    succeeds(VMWriteVariable($vm, VIX_VM_GUEST_VARIABLE, 'zone', 'c', 0), 'the other way round');
    is($setting->('guestinfo.zone'), 'c', 'it is the same');
    is(slurp($vmx), $text, 'the .vmx is as it was');
};

subtest 'as root' => sub {
    is(VMWriteVariable($vm, VIX_GUEST_ENVIRONMENT_VARIABLE, 'VIX_TOUR', 'x', 0),
        VIX_E_GUEST_USER_PERMISSIONS, 'only root sets the environment');
    succeeds(VMLoginInGuest($vm, 'root', 'root-secret', 0), 'root');
    is(said_in_guest('cat /sys/firmware/qemu_fw_cfg/by_name/opt/guestinfo.role/raw'),
        "web, of 'many'", 'root sees what the .vmx says');
    is(said_in_guest("rm /run/vmware-vix/guestinfo/zone; vmware-rpctool 'info-get guestinfo.zone'"),
        "a\n", 'by name');
    is(guest_variable('zone'), 'c', 'what was set is given to it again');
    is(said_in_guest("vmware-rpctool 'info-get guestinfo.zone'"), "c\n", 'and is there');
    is(environment_variable('VIX_TOUR'), '', 'not there');
    succeeds(VMWriteVariable($vm, VIX_GUEST_ENVIRONMENT_VARIABLE, 'VIX_TOUR', "a 'b'\n\$c", 0),
        'VMWriteVariable');
    is(environment_variable('VIX_TOUR'), "a 'b'\n\$c", 'reads back');
    is(said_in_guest('printf %s "$VIX_TOUR"'), "a 'b'\n\$c", 'programs see it');
    is(VMWriteVariable($vm, VIX_GUEST_ENVIRONMENT_VARIABLE, 'a-b', 'x', 0),
        VIX_E_INVALID_ARG, 'a name that no shell takes');
    is(said_in_guest("vmware-rpctool 'info-set guestinfo.answer forty two'"), '', 'root tells');
    is(guest_variable('answer'), 'forty two', 'what the host reads');

    succeeds(VMLoginInGuest($vm, 'guest', 'guest secret', 0), 'the other user');
    is(environment_variable('VIX_TOUR'), "a 'b'\n\$c", 'has it too');
    is(environment_variable('USER'), 'guest', 'beside the own');
    is(said_in_guest('printf %s "$VIX_TOUR"'), "a 'b'\n\$c", 'and so have the own programs');
};

subtest 'the screen' => sub {
    my ($err, $size, $bytes)
        = VMCaptureScreenImage($vm, VIX_CAPTURESCREENFORMAT_PNG, VIX_INVALID_HANDLE);
    succeeds($err, 'VMCaptureScreenImage');
    is(length $bytes, $size, 'its size');
    is(substr($bytes, 0, 8), "\x89PNG\r\n\x1a\n", 'a PNG');
    my ($width, $height) = unpack 'x16 N N', $bytes;
    cmp_ok($width * $height, '>=', 320 * 200, "of $width x $height");
    my ($plain_err, $plain_size, $plain)
        = VMCaptureScreenImage($vm, VIX_CAPTURESCREENFORMAT_PNG_NOCOMPRESS, VIX_INVALID_HANDLE);
    succeeds($plain_err, 'without compression');
    cmp_ok($plain_size, '>', $width * $height * 3, 'it has all the bytes');
SKIP: {
        skip 'ImageMagick is not installed', 1 if !have_tool('identify');
        spew("$keep/screen.png", $plain);
        is(scalar qx(identify -format '%m %w %h' '$keep/screen.png'),
            "PNG $width $height", 'ImageMagick reads it');
    }
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
    is(VMKillProcessInGuest($vm, 2**32 + 1, 0), VIX_E_NO_SUCH_PROCESS, 'a number that can be none');
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

subtest 'a large file, told of and stopped' => sub {
    my $content = join '', map { pack 'N', ($_ * 2_654_435_761) % 2**32 } 1 .. 2**20;
    spew("$keep/large", $content);
    my @percent;
    my $before = VMware::Vix::on_progress(sub { push @percent, $_[0] });
    succeeds(VMCopyFileFromHostToGuest($vm, "$keep/large", '/tmp/large', @none), '4 MiB');
    VMware::Vix::on_progress($before);
    is($percent[-1], 100, 'told up to its end');
    cmp_ok(scalar @percent, '>', 10, 'in steps');
    succeeds(VMCopyFileFromGuestToHost($vm, '/tmp/large', "$keep/back", @none), 'and back');
    ok(slurp("$keep/back") eq $content, 'as it was');

    my @there = VMListDirectoryInGuest($vm, '/tmp', 0);
    $before = VMware::Vix::on_progress(sub { die "enough\n" if $_[0] > 5 });
    my $cancelled = !eval {
        VMCopyFileFromHostToGuest($vm, "$keep/large", '/tmp/large2', @none);
        1;
    };
    VMware::Vix::on_progress($before);
    ok($cancelled, 'a cancelled copy');
    is_deeply([VMFileExistsInGuest($vm, '/tmp/large2')], [VIX_OK, 0], 'is not there');
    my @after = VMListDirectoryInGuest($vm, '/tmp', 0);
    is(scalar @after, scalar @there, 'nor is anything else');
    succeeds(VMDeleteFileInGuest($vm, '/tmp/large'), 'removed');
};

subtest 'a guest that stands still for a while' => sub {
    succeeds(VMLoginInGuest($vm, 'root', 'root-secret', 0), 'root');
    my $stop = 'sleep 1; kill -STOP $(pidof qemu-ga); sleep 8; kill -CONT $(pidof qemu-ga)';
    succeeds(VMRunScriptInGuest($vm, '/bin/sh', "$stop; sleep 2; $stop",
            VIX_RUNPROGRAM_RETURN_IMMEDIATELY, VIX_INVALID_HANDLE), 'the agent is stopped twice');
    my $content = 'x' x (3 << 20);
    for my $byte (0 .. 99) { substr $content, $byte * 31_337, 1, chr $byte }
    spew("$keep/slow", $content);
    succeeds(VMCopyFileFromHostToGuest($vm, "$keep/slow", '/tmp/slow', @none), 'copied in');
    sleep 3;
    succeeds(VMCopyFileFromGuestToHost($vm, '/tmp/slow', "$keep/slow2", @none), 'and out');
    ok(slurp("$keep/slow2") eq $content, 'as it was');
    succeeds(VMDeleteFileInGuest($vm, '/tmp/slow'), 'removed');
    succeeds(VMLoginInGuest($vm, 'guest', 'guest secret', 0), 'the other user again');
};

subtest 'what there is not' => sub {
    is(VMOpenUrlInGuest($vm, 'http://localhost/', 0, VIX_INVALID_HANDLE),
        VIX_E_OP_NOT_SUPPORTED_ON_GUEST, 'VMOpenUrlInGuest');
    is(VMAddSharedFolder($vm, 'share', $keep, 0), VIX_OK, 'VMAddSharedFolder');
    like(VMware::Vix::last_error_detail(), qr/see no shared folders/, 'but the guest sees nothing');
    is_deeply([VMGetNumSharedFolders($vm)], [VIX_OK, 1], 'it is in the list');
    is(VMRemoveSharedFolder($vm, 'share', 0), VIX_OK, 'VMRemoveSharedFolder');
    is_deeply([VMGetNumSharedFolders($vm)], [VIX_OK, 0], 'there are none');
    is(VMInstallTools($vm, 0, undef), VIX_E_TOOLS_INSTALL_NO_IMAGE, 'VMInstallTools');
    is((VMListDirectoryInGuest($vm, '/no/such', 0))[0], VIX_E_FILE_NOT_FOUND, 'a folder');
    is((VMListDirectoryInGuest($vm, '/etc/passwd', 0))[0],
        VIX_E_NOT_A_DIRECTORY, 'a file for a folder');
    is(VMDeleteDirectoryInGuest($vm, '/no/such', 0), VIX_E_FILE_NOT_FOUND, 'to delete');
    is(VMRenameFileInGuest($vm, '/no/such', '/tmp/x', @none), VIX_E_FILE_NOT_FOUND, 'to rename');
    is(VMRenameFileInGuest($vm, 'x' x 256, '/tmp/x', @none), VIX_E_FILE_NAME_TOO_LONG, 'a name');
    is(VMCopyFileFromHostToGuest($vm, "$keep/no such", '/tmp/x', @none),
        VIX_E_FILE_NOT_FOUND, 'a file of the host');
    is((VMRunScriptInGuestEx($vm, '/bin/sh', 'x' x 60_536, @none))[0],
        VIX_E_ARGUMENT_TOO_BIG, 'a script that is too long');
    my ($err, $name) = VMCreateTempFileInGuest($vm, @none);
    succeeds($err, 'VMCreateTempFileInGuest');
    is_deeply([VMFileExistsInGuest($vm, $name)], [VIX_OK, 1], 'is there');
    succeeds(VMDeleteFileInGuest($vm, $name), 'and deleted');
};

succeeds(VMLogoutFromGuest($vm), 'VMLogoutFromGuest');
is((VMFileExistsInGuest($vm, '/etc/passwd'))[0],
    VIX_E_ANON_GUEST_OPERATIONS_PROHIBITED, 'nobody is logged in any more');

is((VMCaptureScreenImage($vm, VIX_CAPTURESCREENFORMAT_PNG, VIX_INVALID_HANDLE))[0],
    VIX_E_ANON_GUEST_OPERATIONS_PROHIBITED, 'nor sees the screen');
is(environment_variable('USER'), text_of(VIX_E_ANON_GUEST_OPERATIONS_PROHIBITED),
    'or the environment');

# Waits until the guest has rebooted: then the file that marks the former boot is gone.
sub started_anew {
    my $end = time + 300;
    while (time < $end) {
        sleep 1;
        next if log_in($vm) != VIX_OK;
        my ($err, $old) = VMFileExistsInGuest($vm, '/tmp/before');
        return 1 if $err == VIX_OK && !$old;
    }
    return 0;
}

sub mark_guest {
    succeeds(VMLoginInGuest($vm, 'root', 'root-secret', 0), 'root');
    return is(said_in_guest('touch /tmp/before'), '', 'marked');
}

subtest 'the guest starts anew, and ends, by itself' => sub {
    mark_guest();
    succeeds(VMWriteVariable($vm, VIX_VM_GUEST_VARIABLE, 'role', 'from the host', 0), 'the host');
    is(said_in_guest("vmware-rpctool 'info-set guestinfo.answer from the guest'"), '', 'the guest');
    succeeds(VMReset($vm, VIX_VMPOWEROP_FROM_GUEST), 'VMReset');
    ok(started_anew(), 'it is up again');
    is(said_in_guest("vmware-rpctool 'info-get guestinfo.role'"), "from the host\n",
        'knows what the host said');
    is(said_in_guest("vmware-rpctool 'info-get guestinfo.answer'"), "from the guest\n",
        'and what it said itself');
    is(guest_variable('role'), 'from the host', 'the host knows it, too');
    is(guest_variable('answer'), 'from the guest', 'both');
    is(environment_variable('VIX_TOUR'), '', 'the environment is forgotten');

    # A guest that keeps no files across a reboot is given again what it is asked for.
    mark_guest();
    is(said_in_guest('rm -r /var/lib/vmware-vix'), '', 'its files are gone');
    succeeds(VMReset($vm, VIX_VMPOWEROP_NORMAL), 'VMReset');
    ok(started_anew(), 'it is up again');
    is(guest_variable('answer'), 'from the guest', 'the host has kept it');
    is(said_in_guest("vmware-rpctool 'info-get guestinfo.answer'"), "from the guest\n",
        'and has given it again');

    is(said_in_guest("vmware-rpctool 'info-set guestinfo.answer changed'"), '', 'changed there');
    is(guest_variable('answer'), 'changed', 'is changed here');

    succeeds(VMPowerOff($vm, VIX_VMPOWEROP_FROM_GUEST), 'VMPowerOff');
    my ($err, $state) = GetProperties($vm, VIX_PROPERTY_VM_POWER_STATE);
    is($state, VIX_POWERSTATE_POWERED_OFF, 'it is off');

    succeeds(VMPowerOn($vm, @none), 'VMPowerOn');
    succeeds(log_in($vm), 'up');
    is(guest_variable('answer'), '', 'it has forgotten what was said');
    is(guest_variable('role'), "web, of 'many'", 'and knows only what the .vmx says');
    is(said_in_guest("vmware-rpctool 'info-get guestinfo.role'"), "web, of 'many'\n", 'itself, too');
    is(said_in_guest('ls /var/lib/vmware-vix | wc -l'), "1\n", 'the former files are gone');
};

done_testing;
