package VMware::Vix::Vmrun::Network;

# The commands of vmrun about network adapters. Each changes the .vmx of a virtual machine that is off.

use 5.014;
use strict;
use warnings;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VMware::Vix::Vmrun::Messages ();

my $ADAPTERS = 10;
my $TABLE    = "%-6s %-12s %s\n";

# The type as vmrun prints it, and the network of VMware that belongs to it.
my %TYPE = (
    nat      => ['nat',      'vmnet8'],
    bridged  => ['bridged',  'vmnet0'],
    hostonly => ['hostOnly', 'vmnet1'],
    custom   => ['custom',   ''],
);

sub commands {
    return (
        [listNetworkAdapters  => 'VMX', \&_list],
        [addNetworkAdapter    => 'VMX nat|bridged|hostonly|custom [HOST_NETWORK]',       \&_add],
        [setNetworkAdapter    => 'VMX INDEX nat|bridged|hostonly|custom [HOST_NETWORK]', \&_set],
        [deleteNetworkAdapter => 'VMX INDEX', \&_delete],
    );
}

sub _read {
    my ($vm, $vmx, $index, $key) = @_;
    my ($err, $value)
        = VMReadVariable($vm, VIX_VM_CONFIG_RUNTIME_ONLY, "ethernet$index.$key", 0);
    VMware::Vix::Vmrun::check($err, $vmx);
    return $value;
}

sub _write {
    my ($vm, $vmx, $index, @settings) = @_;
    while (my ($key, $value) = splice @settings, 0, 2) {
        VMware::Vix::Vmrun::check(
            VMWriteVariable($vm, VIX_VM_CONFIG_RUNTIME_ONLY, "ethernet$index.$key", $value, 0),
            $vmx
        );
    }
    return;
}

sub _is_present {
    my ($vm, $vmx, $index) = @_;
    return lc _read($vm, $vmx, $index, 'present') eq 'true';
}

# Returns the machine if it is off: the settings of one that runs are not those of its .vmx.
sub _open_to_change {
    my ($self, $vmx) = @_;
    my $vm = $self->open_vm($vmx);
    my ($err, $state) = GetProperties($vm, VIX_PROPERTY_VM_POWER_STATE);
    VMware::Vix::Vmrun::check($err, $vmx);
    return $vm if $state & VIX_POWERSTATE_POWERED_OFF;
    VMware::Vix::Vmrun::fail(VMware::Vix::Vmrun::Messages::text_of(VIX_E_VM_IS_RUNNING, $vmx));
}

# Returns the settings for a type. A network of the host makes the adapter a custom one.
sub _settings_of {
    my ($type, $network) = @_;
    $type = VMware::Vix::Vmrun::word_of('the type', $type, qw(nat bridged hostonly custom));
    return (connectionType => $type) if $type ne 'custom' && !defined $network;
    $network //= '';
    my ($number) = $network =~ /\A(?:\/dev\/)?vmnet([0-9]{1,3})\z/i;
    VMware::Vix::Vmrun::fail("\"$network\" is not the name of a host network, such as vmnet2")
        if !defined $number;
    return (vnet => "vmnet$number", connectionType => 'custom');
}

sub _require_adapter {
    my ($vm, $vmx, $index) = @_;
    return if $index =~ /\A[0-9]\z/ && _is_present($vm, $vmx, $index);
    VMware::Vix::Vmrun::fail("there is no network adapter with the index $index");
}

sub _list {
    my ($self, $vmx) = @_;
    my $vm   = $self->open_vm($vmx);
    my @rows = map {
        my $type = lc _read($vm, $vmx, $_, 'connectionType') || 'bridged';
        my ($name, $network) = @{ $TYPE{$type} // [$type, ''] };
        $network = lc _read($vm, $vmx, $_, 'vnet') =~ s{\A.*/}{}r if !length $network;
        sprintf $TABLE, $_, $name, $network;
    } grep { _is_present($vm, $vmx, $_) } 0 .. $ADAPTERS - 1;
    VMware::Vix::Vmrun::say_text('Total network adapters: ' . @rows);
    return if !@rows;
    VMware::Vix::Vmrun::say_text(map { s/\s+\z//r } sprintf($TABLE, qw(INDEX TYPE VMNET)), @rows);
    return;
}

# Writes `present` last, so an interrupted call adds nothing.
sub _add {
    my ($self, $vmx, $type, $network) = @_;
    my @settings = _settings_of($type, $network);
    my $vm       = _open_to_change($self, $vmx);
    my ($index)  = grep { !_is_present($vm, $vmx, $_) } 0 .. $ADAPTERS - 1;
    VMware::Vix::Vmrun::fail("a virtual machine has at most $ADAPTERS network adapters")
        if !defined $index;
    my ($model) = grep {length} map { _read($vm, $vmx, $_, 'virtualDev') }
        grep { _is_present($vm, $vmx, $_) } 0 .. $ADAPTERS - 1;
    my @model = defined $model ? (virtualDev => $model) : ();
    _write(
        $vm, $vmx, $index, @settings, @model,
        addressType      => 'generated',
        generatedAddress => '',
        startConnected   => 'TRUE',
        present          => 'TRUE'
    );
    return;
}

sub _set {
    my ($self, $vmx, $index, $type, $network) = @_;
    my @settings = _settings_of($type, $network);
    my $vm       = _open_to_change($self, $vmx);
    _require_adapter($vm, $vmx, $index);
    _write($vm, $vmx, $index, @settings);
    return;
}

sub _delete {
    my ($self, $vmx, $index) = @_;
    my $vm = _open_to_change($self, $vmx);
    _require_adapter($vm, $vmx, $index);
    _write($vm, $vmx, $index, present => 'FALSE');
    return;
}

1;

__END__

=encoding UTF-8

=head1 NAME

VMware::Vix::Vmrun::Network - vmrun's commands about network adapters

=head1 DESCRIPTION

A part of L<VMware::Vix::Vmrun>; the commands are described in L<vmrun>.

=head1 FUNCTIONS

=head2 commands

Returns the commands of this module, as VMware::Vix::Vmrun::commands() does.

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
