package VMware::Vix::Vmrun;

# The commands of vmrun, over VMware::Vix::Simple. A command is a function that takes the session and
# its own arguments, prints its results and returns the exit status. fail() and check() end a command
# with a message.

use 5.014;
use strict;
use warnings;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;

# VMware's vmrun returns -1, which a shell sees as 255; programs that drive vmrun expect it.
use constant FAILED => 255;

# The version of vmrun of VMware Workstation 14 and later. Programs compare it with the least that they
# need.
use constant LIKE_VERSION => '1.17.0';

my %HOST_TYPE = (
    ws          => VIX_SERVICEPROVIDER_VMWARE_WORKSTATION,
    fusion      => VIX_SERVICEPROVIDER_VMWARE_WORKSTATION,
    player      => VIX_SERVICEPROVIDER_VMWARE_PLAYER,
    'ws-shared' => VIX_SERVICEPROVIDER_VMWARE_WORKSTATION_SHARED,
    server1     => VIX_SERVICEPROVIDER_VMWARE_SERVER,
    server      => VIX_SERVICEPROVIDER_VMWARE_VI_SERVER,
);

# Servers on the network. VIX has one host type for them and VMware Server 2.
my %REMOTE_TYPE = (esx => 1, vc => 1);

my @LIST_COMMANDS = (
    [list             => '',                                \&_list],
    [listRegisteredVM => '',                                \&_list_registered],
    [register         => 'VMX',                             \&_register],
    [unregister       => 'VMX',                             \&_unregister],
    [upgradevm        => 'VMX',                             \&_upgrade],
    [deleteVM         => 'VMX',                             \&_delete],
    [clone => 'VMX DESTINATION full|linked [-snapshot=NAME] [-cloneName=NAME]', \&_clone],
    [readVariable  => 'VMX runtimeConfig|guestVar|guestEnv NAME',               \&_read_variable],
    [writeVariable => 'VMX runtimeConfig|guestVar|guestEnv NAME VALUE',         \&_write_variable],
    [addSharedFolder      => 'VMX NAME HOST_PATH',                   \&_add_shared_folder],
    [removeSharedFolder   => 'VMX NAME',                             \&_remove_shared_folder],
    [setSharedFolderState => 'VMX NAME HOST_PATH writable|readonly', \&_set_shared_folder],
    [enableSharedFolders  => 'VMX [runtime]', sub { _switch_shared_folders(@_[0, 1], 1) }],
    [disableSharedFolders => 'VMX [runtime]', sub { _switch_shared_folders(@_[0, 1], 0) }],
);

my %VARIABLE_TYPE = (
    runtimeconfig => VIX_VM_CONFIG_RUNTIME_ONLY,
    guestvar      => VIX_VM_GUEST_VARIABLE,
    guestenv      => VIX_GUEST_ENVIRONMENT_VARIABLE,
);

# Most commands are over in less time than it takes to load all modules, so each is loaded when it is
# needed. @PARTS are those with more commands.
my %LOAD = (
    Guest       => sub { require VMware::Vix::Vmrun::Guest },
    HostNetwork => sub { require VMware::Vix::Vmrun::HostNetwork },
    Messages    => sub { require VMware::Vix::Vmrun::Messages },
    Network     => sub { require VMware::Vix::Vmrun::Network },
    Power       => sub { require VMware::Vix::Vmrun::Power },
    Progress    => sub { require VMware::Vix::Vmrun::Progress },
    Snapshots   => sub { require VMware::Vix::Vmrun::Snapshots },
);
my @PARTS = qw(Power Snapshots Network Guest HostNetwork);

sub commands {
    my ($power, $snapshots, @others) = map { [_commands_of($_)] } @PARTS;
    return (@{$power}, @{$snapshots}, @LIST_COMMANDS, map { @{$_} } @others);
}

sub _part {
    my ($name) = @_;
    $LOAD{$name}->();
    return "VMware::Vix::Vmrun::$name";
}

sub _commands_of {
    my ($name) = @_;
    return _part($name)->can('commands')->();
}

# Returns undef if there is none of that name.
sub _find_command {
    my ($name) = @_;
    for my $part (undef, @PARTS) {
        my ($found) = grep { lc $_->[0] eq lc $name } $part ? _commands_of($part) : @LIST_COMMANDS;
        return $found if $found;
    }
    return;
}

# vmrun's text for an error code; `$vmx` as for check().
sub _text_of {
    my (@about) = @_;
    return _part('Messages')->can('text_of')->(@about);
}

# Programs search the output of vmrun without arguments for "vmrun version N.N.N".
sub version_line {
    return 'vmrun version ' . LIKE_VERSION . " build-0 (VMware::Vix $VMware::Vix::VERSION)";
}

# Returns the exit status of the whole program. For an invalid command line, calls `usage` after it
# has printed the reason.
sub run {
    my ($class, $arguments, $usage) = @_;
    my $self   = bless { machines => {} }, $class;
    my $status = eval { $self->_run(@{$arguments}) };
    my $error  = $@;
    $self->_end;
    return $status if !$error;
    die $error if ref $error ne 'HASH';
    say_text(lines_of($error->{text})) if length $error->{text};
    print_lines(\*STDERR, map {"vmrun: $_"} lines_of($error->{detail})) if $self->{detail};
    $usage->() if $error->{usage};
    return FAILED;
}

sub _run {
    my ($self, @arguments) = @_;
    misused('') if !@arguments;
    $self->_read_options(\@arguments);
    my $name = shift @arguments // misused('Error: there is no command');
    my $command = _find_command($name) // misused("Error: Unrecognized command: $name");
    (undef, my $synopsis, my $code) = @{$command};
    my $needed = grep { !/\A\[/ } split / /, $synopsis;
    fail("too few arguments; the command is: $command->[0] $synopsis") if @arguments < $needed;
    return $code->($self, @arguments) // 0;
}

# The option that programs give most. Getopt::Long takes longer to load than a short command takes, so
# it is loaded for the other options alone.
sub _read_type {
    my ($arguments) = @_;
    my $type = 'ws';
    while (@{$arguments} > 1 && $arguments->[0] eq '-T') {
        (undef, $type) = splice @{$arguments}, 0, 2;
    }
    return $type;
}

sub _read_options {
    my ($self, $arguments) = @_;
    $self->{port} = 0;
    my $type = _read_type($arguments);
    my $more = @{$arguments} && $arguments->[0] =~ /\A-/;
    $type = $self->_read_other_options($arguments, $type) if $more;
    fail(_text_of(VIX_E_WRAPPER_SERVICEPROVIDER_NOT_FOUND), "vmrun cannot reach servers of the type $type")
        if $REMOTE_TYPE{ lc $type };
    $self->{host_type} = $HOST_TYPE{ lc $type } // misused("Error: unknown host type: $type");
    return;
}

# Returns the host type: `$type`, unless there is another -T.
sub _read_other_options {
    my ($self, $arguments, $type) = @_;
    require Getopt::Long;
    my $parser
        = Getopt::Long::Parser->new(config => [qw(require_order no_ignore_case no_auto_abbrev)]);
    my $complaint = '';
    local $SIG{__WARN__} = sub { $complaint .= $_[0] };
    my $understood = $parser->getoptionsfromarray(
        $arguments,
        'T=s'    => \$type,
        'h=s'    => \$self->{host_name},
        'P=i'    => \$self->{port},
        'u=s'    => \$self->{user},
        'p=s'    => \$self->{password},
        'vp=s'   => \$self->{vm_password},
        'gu=s'   => \$self->{guest_user},
        'gp=s'   => \$self->{guest_password},
        progress => \$self->{progress},
        detail   => \$self->{detail},
    );
    chomp $complaint;
    misused("Error: $complaint") if !$understood;
    return $type;
}

# Releases all handles of the host: machines, snapshots.
sub _end {
    my ($self) = @_;
    HostDisconnect(delete $self->{host}) if $self->{host};
    return;
}

# Ends the command. Programs search for some of the texts.
sub fail {
    my ($text, $detail) = @_;
    die { text => "Error: $text", detail => $detail // '' };
}

# The same for an invalid command line, with the usage after the text.
sub misused {
    my ($text) = @_;
    die { text => $text, detail => '', usage => 1 };
}

# Ends the command unless the call worked. `$vmx`: the machine of the call, if there is one.
sub check {
    my ($err, $vmx) = @_;
    return if $err == VIX_OK;
    my $detail = VMware::Vix::last_error_detail();
    fail(_text_of($err, $vmx), $detail);
}

# Prints lines of UTF-8 to a file handle: strings of the library with Perl's UTF-8 flag are encoded.
# Names may come from anybody, so control characters other than the tab are replaced; a terminal would
# obey them. So a name with a newline is one line.
sub print_lines {
    my ($handle, @lines) = @_;
    for my $line (@lines) {
        utf8::encode($line) if utf8::is_utf8($line);
        $line =~ s/[\x00-\x08\x0a-\x1f\x7f]|\xc2[\x80-\x9f]/?/g;
        print {$handle} $line, "\n";
    }
    return;
}

sub say_text {
    my (@lines) = @_;
    return print_lines(\*STDOUT, @lines);
}

# Returns the lines of a text that may have several, such as what a guest program wrote.
sub lines_of {
    my ($text) = @_;
    return split /\r?\n/, $text =~ s/[\r\n]+\z//r;
}

sub host {
    my ($self) = @_;
    return $self->{host} if $self->{host};
    my ($err, $host) = HostConnect(
        VIX_API_VERSION, @{$self}{qw(host_type host_name port user password)},
        0, VIX_INVALID_HANDLE
    );
    check($err);
    return $self->{host} = $host;
}

# The calls need an absolute path; C:\... and [datastore] ... are such, too.
sub absolute {
    my ($path) = @_;
    return $path if $path =~ /\A(?:[A-Za-z]:[\\\/]|\[[^]\/]+\] )/ && !-e $path;
    # Most are absolute and without "." or an empty name, and File::Spec takes time to load.
    return $path if $path =~ m{\A(?:/(?!\.{1,2}(?:/|\z))[^/]+)+\z};
    require File::Spec;
    return File::Spec->rel2abs($path);
}

# Returns the machine's handle.
sub open_vm {
    my ($self, $vmx) = @_;
    return $self->{machines}{$vmx} if $self->{machines}{$vmx};
    fail("Cannot open VM: $vmx, unknown file suffix") if $vmx !~ /\.(?:vmx|vmtx)\z/i;
    my ($err, $vm) = $self->_open(absolute($vmx));
    if ($err != VIX_OK) {
        my $text = _text_of($err, $vmx);
        fail("Cannot open VM: $vmx, $text", VMware::Vix::last_error_detail());
    }
    return $self->{machines}{$vmx} = $vm;
}

sub _open {
    my ($self, $path) = @_;
    return VMOpen($self->host, $path) if !defined $self->{vm_password};
    my ($err, $list) = AllocPropertyList($self->host, VIX_PROPERTY_VM_ENCRYPTION_PASSWORD,
        $self->{vm_password}, VIX_PROPERTY_NONE);
    check($err);
    ($err, my $vm) = HostOpenVM($self->host, $path, VIX_VMOPEN_NORMAL, $list);
    ReleaseHandle($list);
    return ($err, $vm);
}

# Reads options with one dash, `-name=value` or `-name value`, out of a command's arguments.
sub options_from {
    my ($arguments, $order, @options) = @_;
    require Getopt::Long;
    my $parser = Getopt::Long::Parser->new(config => [$order, 'no_auto_abbrev']);
    my $complaint = '';
    local $SIG{__WARN__} = sub { $complaint .= $_[0] };
    return if $parser->getoptionsfromarray($arguments, @options);
    chomp $complaint;
    fail($complaint);
}

# Returns the one of `@words` that was given, whatever its case.
sub word_of {
    my ($what, $given, @words) = @_;
    my ($word) = grep { lc eq lc $given } @words;
    return $word // fail("$what must be one of " . join(', ', @words) . ", not \"$given\"");
}

sub _list {
    my ($self) = @_;
    my ($err, @paths) = FindItems($self->host, VIX_FIND_RUNNING_VMS, -1);
    check($err);
    say_text('Total running VMs: ' . @paths, @paths);
    return;
}

sub _list_registered {
    my ($self) = @_;
    my ($err, @paths) = FindItems($self->host, VIX_FIND_REGISTERED_VMS, -1);
    check($err);
    say_text('Total registered VMs: ' . @paths, @paths);
    return;
}

sub _register {
    my ($self, $vmx) = @_;
    check(RegisterVM($self->host, absolute($vmx)), $vmx);
    return;
}

sub _unregister {
    my ($self, $vmx) = @_;
    check(UnregisterVM($self->host, absolute($vmx)), $vmx);
    return;
}

sub _upgrade {
    my ($self, $vmx) = @_;
    check(VMUpgradeVirtualHardware($self->open_vm($vmx), 0), $vmx);
    return;
}

# A deleted machine must not stay registered. If it cannot be unregistered, it is deleted all the
# same.
sub _delete {
    my ($self, $vmx) = @_;
    check(VMDelete($self->open_vm($vmx), VIX_VMDELETE_DISK_FILES), $vmx);
    UnregisterVM($self->host, absolute($vmx));
    return;
}

sub _clone {
    my ($self, @arguments) = @_;
    my %may = (progress => $self->{progress});
    options_from(\@arguments, 'permute', 'snapshot=s' => \$may{snapshot},
        'cloneName=s' => \$may{name}, progress => \$may{progress});
    my ($vmx, $destination, $kind, $snapshot_name) = @arguments;
    $snapshot_name = $may{snapshot} // $snapshot_name;
    fail('clone needs a source, a destination and "full" or "linked"') if !defined $kind;
    $kind = word_of('the kind of clone', $kind, qw(full linked));
    my $vm = $self->open_vm($vmx);
    my $snapshot
        = defined $snapshot_name
        ? _part('Snapshots')->can('find')->($vm, $snapshot_name, $vmx)
        : VIX_INVALID_HANDLE;
    my $type = $kind eq 'full' ? VIX_CLONETYPE_FULL : VIX_CLONETYPE_LINKED;
    my $bar  = $may{progress} ? _part('Progress')->new("Cloning $vmx") : undef;
    my ($err, $clone)
        = VMClone($vm, $snapshot, $type, absolute($destination), 0, VIX_INVALID_HANDLE);
    $bar->end($err == VIX_OK) if $bar;
    check($err, $vmx);
    return if !defined $may{name};
    check(VMWriteVariable($clone, VIX_VM_CONFIG_RUNTIME_ONLY, 'displayName', $may{name}, 0),
        $destination);
    return;
}

sub _variable {
    my ($self, $vmx, $kind) = @_;
    my $type = $VARIABLE_TYPE{ lc $kind }
        // fail("a variable is runtimeConfig, guestVar or guestEnv, not \"$kind\"");
    my $vm = $self->open_vm($vmx);
    $self->login($vmx) if $type == VIX_GUEST_ENVIRONMENT_VARIABLE;
    return ($vm, $type);
}

sub _read_variable {
    my ($self, $vmx, $kind, $name) = @_;
    my ($err, $value) = VMReadVariable($self->_variable($vmx, $kind), $name, 0);
    check($err, $vmx);
    say_text(length $value ? lines_of($value) : '');
    return;
}

sub _write_variable {
    my ($self, $vmx, $kind, $name, $value) = @_;
    check(VMWriteVariable($self->_variable($vmx, $kind), $name, $value, 0), $vmx);
    return;
}

sub _add_shared_folder {
    my ($self, $vmx, $name, $path) = @_;
    check(VMAddSharedFolder($self->open_vm($vmx), $name, $path, VIX_SHAREDFOLDER_WRITE_ACCESS),
        $vmx);
    return;
}

sub _remove_shared_folder {
    my ($self, $vmx, $name) = @_;
    check(VMRemoveSharedFolder($self->open_vm($vmx), $name, 0), $vmx);
    return;
}

sub _set_shared_folder {
    my ($self, $vmx, $name, $path, $access) = @_;
    my $writable = word_of('access', $access, qw(writable readonly)) eq 'writable';
    my $flags    = $writable ? VIX_SHAREDFOLDER_WRITE_ACCESS : 0;
    check(VMSetSharedFolderState($self->open_vm($vmx), $name, $path, $flags), $vmx);
    return;
}

sub _switch_shared_folders {
    my ($self, $vmx, $enabled) = @_;
    check(VMEnableSharedFolders($self->open_vm($vmx), $enabled, 0), $vmx);
    return;
}

# Guest commands act as the user of -gu and -gp.
sub login {
    my ($self, $vmx, $options) = @_;
    my $vm = $self->open_vm($vmx);
    return $vm if !defined $self->{guest_user};
    check(
        VMLoginInGuest($vm, $self->{guest_user}, $self->{guest_password} // '', $options // 0),
        $vmx
    );
    return $vm;
}

1;

__END__

=encoding UTF-8

=head1 NAME

VMware::Vix::Vmrun - the commands of vmrun, as a module

=head1 SYNOPSIS

    use VMware::Vix::Vmrun;
    exit VMware::Vix::Vmrun->run(\@ARGV, sub { print "usage: ...\n" });

=head1 DESCRIPTION

This module is the program L<vmrun>, which describes the commands. Other programs should use only
C<run>.

=head1 METHODS

=head2 run

    $status = VMware::Vix::Vmrun->run(\@arguments, \&usage);

Runs one command line and returns the exit status: 0, or 255 for a failure, or 254 (see
C<checkToolsState> in L<vmrun>). It prints results and errors to standard output, as VMware's vmrun
does. For an invalid command line it prints the reason and then calls C<usage>.

=head2 commands

    @commands = VMware::Vix::Vmrun::commands();

Returns all commands. Each is an array reference with the name, the arguments as text, and the
function.

=head2 version_line

Returns the first line of the usage: C<vmrun version>, the version of VMware's vmrun whose commands
these are, and the version of this library.

=head1 FUNCTIONS FOR COMMANDS

=head2 fail

Ends the command with this message.

=head2 misused

Ends the command with this message and the usage, because the command line is invalid.

=head2 check

Ends the command with the message of a VIX code, unless that is VIX_OK.

=head2 say_text

Prints lines as UTF-8, with C<?> for each control character but the tab.

=head2 print_lines

The same to a file handle, which is the first argument.

=head2 lines_of

Returns the lines of a text. Newlines at its end add none.

=head2 host

Returns the handle of the session's host, and connects if need be.

=head2 open_vm

Returns the handle of a virtual machine.

=head2 login

The same, after a login to its guest if the command line names a user.

=head2 absolute

Returns a path as an absolute one.

=head2 options_from

Reads options out of a command's arguments.

=head2 word_of

Returns the one of a few words that was given, or ends the command.

=head1 SEE ALSO

Its parts: L<VMware::Vix::Vmrun::Power>, L<VMware::Vix::Vmrun::Snapshots>,
L<VMware::Vix::Vmrun::Network>, L<VMware::Vix::Vmrun::HostNetwork>, L<VMware::Vix::Vmrun::Guest>,
L<VMware::Vix::Vmrun::Messages>, L<VMware::Vix::Vmrun::Progress>.

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
