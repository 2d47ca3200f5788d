package VMware::Vix::Vmrun::HostNetwork;

# The commands of vmrun about the host's networks.

use 5.014;
use strict;
use warnings;

use Fcntl qw(:flock);

use VMware::Vix::API::Constants;
use VMware::Vix::Setup             ();
use VMware::Vix::Setup::Networks   ();
use VMware::Vix::Setup::Service    ();
use VMware::Vix::Vmrun::Messages   ();

my $NETWORKS    = "%-6s %-12s %-12s %-12s %-16s %s\n";
my $FORWARDINGS = "%-6s %-12s %-12s %-16s %-16s %s\n";
my $WAIT_SECONDS = 10;
my $POLL_SECONDS = 0.2;

sub commands {
    return (
        [listHostNetworks     => '',             \&_list],
        [listPortForwardings  => 'HOST_NETWORK', \&_list_forwardings],
        [setPortForwarding    => 'HOST_NETWORK PROTOCOL HOST_PORT GUEST_ADDRESS GUEST_PORT [TEXT]',
            \&_set_forwarding],
        [deletePortForwarding => 'HOST_NETWORK PROTOCOL HOST_PORT', \&_delete_forwarding],
    );
}

# The networks are those of vmrun-setup.
sub _networks {
    my $setup = VMware::Vix::Setup->new;
    if ($setup->state_of(VMware::Vix::Setup::RECORD()) ne 'ours') {
        VMware::Vix::Vmrun::fail(VMware::Vix::Vmrun::Messages::text_of(VIX_E_NOT_SUPPORTED),
            'the networks of this host are those of vmrun-setup; run vmrun-setup --install');
    }
    my ($networks, $why) = VMware::Vix::Setup::Service::networks($setup);
    VMware::Vix::Vmrun::fail('libvirt does not answer', $why) if defined $why;
    return @{$networks};
}

# Prints a table, without blanks at the ends of its lines.
sub _say_table {
    my ($title, $form, $head, @rows) = @_;
    VMware::Vix::Vmrun::say_text("$title: " . @rows);
    return if !@rows;
    VMware::Vix::Vmrun::say_text(map { s/\s+\z//r } map { sprintf $form, @{$_} } $head, @rows);
    return;
}

sub _list {
    my @rows;
    for my $network (_networks()) {
        my $subnet = length $network->{ADDRESS}
            ? VMware::Vix::Setup::Networks::subnet_of($network)
            : 'empty';
        push @rows,
            [
            $network->{NUMBER}, "vmnet$network->{NUMBER}", $network->{TYPE},
            length $network->{DHCP_FROM} ? 'true' : 'false',
            $subnet, length $network->{NETMASK} ? $network->{NETMASK} : 'empty'
            ];
    }
    return _say_table('Total host networks', $NETWORKS, [qw(INDEX NAME TYPE DHCP SUBNET MASK)], @rows);
}

# Returns the number of a network that forwards ports.
sub _number_of {
    my ($name) = @_;
    my ($number) = $name =~ /\A(?:vmnet)?([0-9]{1,3})\z/i;
    my ($network) = grep { defined $number && $_->{NUMBER} == $number } _networks();
    VMware::Vix::Vmrun::fail("there is no host network $name") if !defined $network;
    VMware::Vix::Vmrun::fail("the host network $name forwards no ports: it is not of the type nat")
        if lc $network->{TYPE} ne 'nat';
    return $number;
}

sub _port {
    my ($text) = @_;
    return $text if $text =~ /\A[1-9][0-9]{0,4}\z/ && $text < 65536;
    return VMware::Vix::Vmrun::fail("\"$text\" is not a port");
}

sub _service {
    return VMware::Vix::Setup::Service->new(VMware::Vix::Setup->new);
}

sub _list_forwardings {
    my ($self, $name) = @_;
    my $number = _number_of($name);
    my $index  = 0;
    my @rows   = map { [$index++, @{$_}{qw(protocol port address guest_port text)}] }
        grep { $_->{network} == $number } @{ VMware::Vix::Setup->new->forwardings };
    return _say_table('Total port forwardings',
        $FORWARDINGS, ['INDEX', 'PROTOCOL', 'HOST PORT', 'GUEST IP', 'GUEST PORT', 'DESCRIPTION'], @rows);
}

sub _set_forwarding {
    my ($self, $name, $protocol, $port, $address, $guest_port, $text) = @_;
    my %one = (
        network  => _number_of($name),
        protocol => VMware::Vix::Vmrun::word_of('the protocol', $protocol, qw(tcp udp)),
        port     => _port($port),
        address  => $address,
        guest_port => _port($guest_port),
        text     => ($text // '') =~ s/[\x00-\x1f\x7f]+/ /gr,
    );
    VMware::Vix::Vmrun::fail("\"$address\" is not an address")
        if 4 != grep { /\A[0-9]{1,3}\z/ && $_ < 256 } split /[.]/, $address, -1;
    _change(sub { ((grep { !_is_same($_, \%one) } @_), \%one) });
    my $service = _service();
    for (1 .. $WAIT_SECONDS / $POLL_SECONDS) {
        my $state = $service->report_on(\%one);
        if (!defined $state) {
            select undef, undef, undef, $POLL_SECONDS;
            next;
        }
        return if $state eq 'open';
        _change(sub { grep { !_is_same($_, \%one) } @_ });
        VMware::Vix::Vmrun::fail("the host's port $port cannot be opened: $state");
    }
    return VMware::Vix::Vmrun::fail('the process that forwards ports has not answered yet');
}

sub _delete_forwarding {
    my ($self, $name, $protocol, $port) = @_;
    my %one = (
        network  => _number_of($name),
        protocol => VMware::Vix::Vmrun::word_of('the protocol', $protocol, qw(tcp udp)),
        port     => _port($port),
    );
    my $found;
    _change(
        sub {
            $found = grep { _is_same($_, \%one) } @_;
            return grep { !_is_same($_, \%one) } @_;
        }
    );
    VMware::Vix::Vmrun::fail("$name does not forward the port $port") if !$found;
    return;
}

sub _is_same {
    my ($one, $other) = @_;
    return "@{$one}{qw(network protocol port)}" eq "@{$other}{qw(network protocol port)}";
}

# Changes the list of forwardings, which a process of root's reads.
sub _change {
    my ($change) = @_;
    my $service = _service();
    if (!$service->is_running) {
        VMware::Vix::Vmrun::fail(
            VMware::Vix::Vmrun::Messages::text_of(VIX_E_NOT_SUPPORTED),
            'no process forwards ports on this host: run vmrun-setup --install or vmware-networks --start'
        );
    }
    my $path = VMware::Vix::Setup::FOLDER() . '/networking';
    my $folder;
    if (!-w $path || !open $folder, '<', VMware::Vix::Setup::FOLDER()) {
        VMware::Vix::Vmrun::fail(VMware::Vix::Vmrun::Messages::text_of(VIX_E_HOST_USER_PERMISSIONS),
            "this user may not write $path");
    }
    flock $folder, LOCK_EX;
    eval { $service->set_forwardings($change->(@{ VMware::Vix::Setup->new->forwardings })); 1 }
        or VMware::Vix::Vmrun::fail('the port forwardings cannot be written', $@ =~ s/\s+\z//r);
    return;
}

1;

__END__

=encoding UTF-8

=head1 NAME

VMware::Vix::Vmrun::HostNetwork - vmrun's commands about the host's networks

=head1 DESCRIPTION

A part of L<VMware::Vix::Vmrun>; the commands are described in L<vmrun>.

=head1 FUNCTIONS

=head2 commands

Returns the commands of this module, as VMware::Vix::Vmrun::commands() does.

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
