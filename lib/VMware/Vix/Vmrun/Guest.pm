package VMware::Vix::Vmrun::Guest;

# The commands of vmrun that work in the guest, through its tools.

use 5.014;
use strict;
use warnings;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VMware::Vix::Vmrun::Messages ();

my $POLL_SECONDS = 1;

# QEMU gives these addresses to the guest of a network that it makes for one machine; this host cannot
# reach them. Programs take what looks like an address out of the output, so an error has none.
my $USER_NETWORK = qr/\A10\.0\.2\.(?:1[5-9]|2[0-9]|30)\z/;
my $NO_ADDRESS   = 'Unable to get the IP address';
my $UNREACHABLE  = q{: the guest is in QEMU's user network, which this host cannot reach. Start libvirt's}
    . q{ network (virsh -c qemu:///system net-start default), then the virtual machine anew};
my @SHELLS       = qw(/bin/bash /bin/sh);
my $HOW          = '[-noWait] [-activeWindow] [-interactive]';

sub commands {
    return (
        [runProgramInGuest => "VMX $HOW PROGRAM [ARGUMENT...]", \&_run_program],
        [runScriptInGuest  => "VMX $HOW INTERPRETER SCRIPT",    \&_run_script],
        [fileExistsInGuest        => 'VMX PATH',          \&_file_exists],
        [directoryExistsInGuest   => 'VMX PATH',          \&_directory_exists],
        [listDirectoryInGuest     => 'VMX PATH',          \&_list_directory],
        [createDirectoryInGuest   => 'VMX PATH',          \&_create_directory],
        [deleteDirectoryInGuest   => 'VMX PATH',          \&_delete_directory],
        [deleteFileInGuest        => 'VMX PATH',          \&_delete_file],
        [renameFileInGuest        => 'VMX OLD NEW',       \&_rename_file],
        [createTempfileInGuest    => 'VMX',               \&_create_temporary_file],
        [copyFileFromHostToGuest  => 'VMX HOST GUEST',    \&_copy_to_guest],
        [copyFileFromGuestToHost  => 'VMX GUEST HOST',    \&_copy_to_host],
        [listProcessesInGuest     => 'VMX',               \&_list_processes],
        [killProcessInGuest       => 'VMX PROCESS',       \&_kill_process],
        [typeKeystrokesInGuest    => 'VMX KEYS',          \&_type_keystrokes],
        [connectNamedDevice       => 'VMX DEVICE',        sub { _plug(@_[0 .. 2], 1) }],
        [disconnectNamedDevice    => 'VMX DEVICE',        sub { _plug(@_[0 .. 2], 0) }],
        [captureScreen            => 'VMX HOST',          \&_capture_screen],
        [getGuestIPAddress        => 'VMX [-wait]',       \&_ip_address],
        [checkToolsState          => 'VMX',               \&_tools_state],
        [installTools             => 'VMX',               \&_install_tools],
    );
}

sub _check { goto &VMware::Vix::Vmrun::check }

# Reads the options of the two commands that run a program. Returns the options of the call and of
# the login.
sub _run_options {
    my ($arguments) = @_;
    VMware::Vix::Vmrun::options_from(
        $arguments, 'require_order',
        noWait       => \my $no_wait,
        activeWindow => \my $window,
        interactive  => \my $interactive
    );
    my $run = ($no_wait ? VIX_RUNPROGRAM_RETURN_IMMEDIATELY : 0)
        | ($window ? VIX_RUNPROGRAM_ACTIVATE_WINDOW : 0);
    return ($run, $interactive ? VIX_LOGIN_IN_GUEST_REQUIRE_INTERACTIVE_ENVIRONMENT : 0);
}

# Reports how the program in the guest ended. Programs search for this line.
sub _tell_end {
    my ($vmx, $err, %process) = @_;
    _check($err, $vmx);
    my $code = $process{EXIT_CODE} // 0;
    return 0 if $code == 0;
    VMware::Vix::Vmrun::say_text("Guest program exited with non-zero exit code: $code");
    return VMware::Vix::Vmrun::FAILED();
}

sub _run_program {
    my ($self, $vmx, @arguments) = @_;
    my ($run, $login) = _run_options(\@arguments);
    my $program = shift @arguments // VMware::Vix::Vmrun::fail('there is no program to run');
    my $vm      = $self->login($vmx, $login);
    my @command = _through_shell($vm, $vmx, $program, join ' ', @arguments);
    return _tell_end($vmx, VMRunProgramInGuestEx($vm, @command, $run, VIX_INVALID_HANDLE));
}

# Returns the program and its arguments for VMRunProgramInGuest. VMware's tools for Linux give the
# whole command line to bash, or to sh where there is no bash, so variables, pipes and redirections
# work. They report a program that does not exist as a missing file.
sub _through_shell {
    my ($vm, $vmx, $program, $line) = @_;
    my ($shell) = grep { _exists($vm, $vmx, $_) } @SHELLS;
    return ($program, $line) if !defined $shell;
    if ($program =~ m{\A/} && !_exists($vm, $vmx, $program)) {
        VMware::Vix::Vmrun::fail(
            VMware::Vix::Vmrun::Messages::text_of(VIX_E_FILE_NOT_FOUND, $vmx),
            "the guest has no $program"
        );
    }
    my $command = _quoted($program) . (length $line ? " $line" : '');
    return ($shell, '-c ' . _quoted($command));
}

sub _exists {
    my ($vm, $vmx, $path) = @_;
    my ($err, $exists) = VMFileExistsInGuest($vm, $path);
    _check($err, $vmx);
    return $exists;
}

# As one word of a shell.
sub _quoted {
    my ($text) = @_;
    return q{'} . $text =~ s/'/'\\''/gr . q{'};
}

sub _run_script {
    my ($self, $vmx, @arguments) = @_;
    my ($run, $login) = _run_options(\@arguments);
    my ($interpreter, $script) = @arguments;
    VMware::Vix::Vmrun::fail('there is no script to run') if !defined $script;
    return _tell_end(
        $vmx,
        VMRunScriptInGuestEx(
            $self->login($vmx, $login), $interpreter, $script, $run, VIX_INVALID_HANDLE
        )
    );
}

sub _file_exists {
    my ($self, $vmx, $path) = @_;
    my ($err, $exists) = VMFileExistsInGuest($self->login($vmx), $path);
    _check($err, $vmx);
    VMware::Vix::Vmrun::say_text($exists ? 'The file exists.' : 'The file does not exist.');
    return $exists ? 0 : VMware::Vix::Vmrun::FAILED();
}

sub _directory_exists {
    my ($self, $vmx, $path) = @_;
    my ($err, $exists) = VMDirectoryExistsInGuest($self->login($vmx), $path);
    _check($err, $vmx);
    VMware::Vix::Vmrun::say_text(
        $exists ? 'The directory exists.' : 'The directory does not exist.');
    return $exists ? 0 : VMware::Vix::Vmrun::FAILED();
}

sub _list_directory {
    my ($self, $vmx, $path) = @_;
    my ($err, @entries) = VMListDirectoryInGuest($self->login($vmx), $path, 0);
    _check($err, $vmx);
    VMware::Vix::Vmrun::say_text('Directory list: ' . @entries, map { $_->{FILE_NAME} } @entries);
    return;
}

sub _create_directory {
    my ($self, $vmx, $path) = @_;
    _check(VMCreateDirectoryInGuest($self->login($vmx), $path, VIX_INVALID_HANDLE), $vmx);
    return;
}

sub _delete_directory {
    my ($self, $vmx, $path) = @_;
    _check(VMDeleteDirectoryInGuest($self->login($vmx), $path, 0), $vmx);
    return;
}

sub _delete_file {
    my ($self, $vmx, $path) = @_;
    _check(VMDeleteFileInGuest($self->login($vmx), $path), $vmx);
    return;
}

sub _rename_file {
    my ($self, $vmx, $old, $new) = @_;
    _check(VMRenameFileInGuest($self->login($vmx), $old, $new, 0, VIX_INVALID_HANDLE), $vmx);
    return;
}

sub _create_temporary_file {
    my ($self, $vmx) = @_;
    my ($err, $name) = VMCreateTempFileInGuest($self->login($vmx), 0, VIX_INVALID_HANDLE);
    _check($err, $vmx);
    VMware::Vix::Vmrun::say_text($name);
    return;
}

sub _copy_to_guest {
    my ($self, $vmx, $from, $to) = @_;
    $from = VMware::Vix::Vmrun::absolute($from);
    _check(VMCopyFileFromHostToGuest($self->login($vmx), $from, $to, 0, VIX_INVALID_HANDLE), $vmx);
    return;
}

sub _copy_to_host {
    my ($self, $vmx, $from, $to) = @_;
    $to = VMware::Vix::Vmrun::absolute($to);
    _check(VMCopyFileFromGuestToHost($self->login($vmx), $from, $to, 0, VIX_INVALID_HANDLE), $vmx);
    return;
}

sub _list_processes {
    my ($self, $vmx) = @_;
    my ($err, @processes) = VMListProcessesInGuest($self->login($vmx), 0);
    _check($err, $vmx);
    my @lines = map {
        my $process = $_;
        my @fields = map { $_ // '' }
            @{$process}{qw(PROCESS_ID PROCESS_OWNER)},
            length($process->{PROCESS_COMMAND} // '')
            ? $process->{PROCESS_COMMAND}
            : $process->{PROCESS_NAME};
        sprintf 'pid=%s, owner=%s, cmd=%s', @fields;
    } @processes;
    VMware::Vix::Vmrun::say_text('Process list: ' . @processes, @lines);
    return;
}

sub _kill_process {
    my ($self, $vmx, $pid) = @_;
    VMware::Vix::Vmrun::fail("\"$pid\" is not a process id") if $pid !~ /\A[0-9]+\z/;
    _check(VMKillProcessInGuest($self->login($vmx), $pid, 0), $vmx);
    return;
}

# The keyboard is the machine's, so the guest needs no tools and nobody has to log in.
sub _type_keystrokes {
    my ($self, $vmx, $text) = @_;
    require VMware::Vix::Console;
    _check(VMware::Vix::Console::Type($self->open_vm($vmx), $text), $vmx);
    return;
}

sub _plug {
    my ($self, $vmx, $device, $connected) = @_;
    require VMware::Vix::Console;
    _check(VMware::Vix::Console::Plug($self->open_vm($vmx), $device, $connected), $vmx);
    return;
}

sub _capture_screen {
    my ($self, $vmx, $path) = @_;
    my ($err, undef, $bytes)
        = VMCaptureScreenImage($self->login($vmx), VIX_CAPTURESCREENFORMAT_PNG, VIX_INVALID_HANDLE);
    _check($err, $vmx);
    open my $out, '>:raw', $path or VMware::Vix::Vmrun::fail("cannot write $path: $!");
    print {$out} $bytes;
    close $out or VMware::Vix::Vmrun::fail("cannot write $path: $!");
    return;
}

sub _ip_address {
    my ($self, $vmx, @arguments) = @_;
    VMware::Vix::Vmrun::options_from(\@arguments, 'permute', wait => \my $wait);
    my $vm = $self->open_vm($vmx);
    _check(VMWaitForToolsInGuest($vm, 0), $vmx) if $wait;
    while (1) {
        my ($err, $address) = VMReadVariable($vm, VIX_VM_GUEST_VARIABLE, 'ip', 0);
        _check($err, $vmx);
        VMware::Vix::Vmrun::fail($NO_ADDRESS . $UNREACHABLE) if $address =~ $USER_NETWORK;
        if (length $address) {
            VMware::Vix::Vmrun::say_text($address);
            return;
        }
        VMware::Vix::Vmrun::fail($NO_ADDRESS) if !$wait;
        sleep $POLL_SECONDS;
    }
}

# VMware's vmrun returns -2 for an unknown state, which is not an error: the command itself worked. The
# key in the .vmx says whether tools ran in the guest before.
sub _tools_state {
    my ($self, $vmx) = @_;
    my $vm = $self->open_vm($vmx);
    my ($err, $power, $state)
        = GetProperties($vm, VIX_PROPERTY_VM_POWER_STATE, VIX_PROPERTY_VM_TOOLS_STATE);
    _check($err, $vmx);
    my $running = $state & VIX_TOOLSSTATE_RUNNING || $power & VIX_POWERSTATE_TOOLS_RUNNING;
    ($err, my $remind) = VMReadVariable($vm, VIX_VM_CONFIG_RUNTIME_ONLY, 'tools.remindInstall', 0);
    my $installed = $err == VIX_OK && lc $remind eq 'false';
    VMware::Vix::Vmrun::say_text($running ? 'running' : $installed ? 'installed' : 'unknown');
    return $running || $installed ? 0 : 254;
}

sub _install_tools {
    my ($self, $vmx) = @_;
    _check(VMInstallTools($self->open_vm($vmx), 0, undef), $vmx);
    return;
}

1;

__END__

=encoding UTF-8

=head1 NAME

VMware::Vix::Vmrun::Guest - vmrun's commands that work in the guest

=head1 DESCRIPTION

A part of L<VMware::Vix::Vmrun>; the commands are described in L<vmrun>.

=head1 FUNCTIONS

=head2 commands

Returns the commands of this module, as VMware::Vix::Vmrun::commands() does.

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
