package VMware::Vix::Setup::Networks;

# The texts of VMware's files about networks: netmap.conf, networking, and for each network dhcpd.conf,
# dhcpd.leases and nat.conf. Reads and writes nothing.

use 5.014;
use strict;
use warnings;

use POSIX ();

# The name of a network in netmap.conf, by which programs find its number.
my %NAME = (bridged => 'Bridged', hostonly => 'HostOnly', nat => 'NAT');

# libvirt's default. It is only a guess of when the lease began: libvirt knows its end alone.
my $LEASE_SECONDS = 3600;

# Returns [path below /etc/vmware, content] for each file. `networks`: as
# VMware::Vix::Setup::Service returns them; `forwardings`: as read_forwardings() returns them.
sub files {
    my ($mark, $networks, $forwardings) = @_;
    my @files = (
        ['netmap.conf', netmap($mark, @{$networks})],
        ['networking',  networking($mark, $networks, $forwardings)],
    );
    for my $network (grep { length $_->{ADDRESS} } @{$networks}) {
        my $folder = "vmnet$network->{NUMBER}";
        push @files, ["$folder/nat/nat.conf", nat($mark, $network, $forwardings)]
            if lc $network->{TYPE} eq 'nat';
        next if !length $network->{DHCP_FROM};
        push @files, ["$folder/dhcpd/dhcpd.conf", dhcpd_conf($mark, $network)],
            ["$folder/dhcpd/dhcpd.leases", leases($mark, @{ $network->{LEASES} // [] })];
    }
    return @files;
}

sub netmap {
    my ($mark, @networks) = @_;
    my $text = "$mark\n";
    for my $network (@networks) {
        my $number = $network->{NUMBER};
        my $name   = $NAME{ lc $network->{TYPE} } // "VMNet$number";
        $text .= qq{network$number.name = "$name"\nnetwork$number.device = "vmnet$number"\n};
    }
    return $text;
}

# The first line must be the version.
sub networking {
    my ($mark, $networks, $forwardings) = @_;
    my @lines = ('VERSION=1,0', $mark);
    for my $network (grep { $_->{NUMBER} != 0 } @{$networks}) {    # VMware's bridge has no address
        next if !length $network->{ADDRESS};
        my $answer = "answer VNET_$network->{NUMBER}_";
        push @lines,
            $answer . 'DHCP ' . (length $network->{DHCP_FROM} ? 'yes' : 'no'),
            "${answer}HOSTONLY_NETMASK $network->{NETMASK}",
            "${answer}HOSTONLY_SUBNET " . subnet_of($network),
            $answer . 'NAT ' . (lc $network->{TYPE} eq 'nat' ? 'yes' : 'no'),
            "${answer}VIRTUAL_ADAPTER yes";
    }
    for my $one (@{$forwardings}) {
        my $line = "add_nat_portfwd @{$one}{qw(network protocol port address guest_port)}";
        push @lines, length $one->{text} ? "$line $one->{text}" : $line;
    }
    return join '', map {"$_\n"} @lines;
}

# Reads the forwardings out of the file "networking": network (a number), protocol, port (of the host),
# address and guest_port, text. One that is removed further down is left out.
sub read_forwardings {
    my ($text) = @_;
    my @found;
    for my $line (split /\r?\n/, $text) {
        my ($action, $network, $protocol, $port, $rest)
            = $line =~ /\A(add|remove)_nat_portfwd\s+(?:vmnet)?(\d+)\s+(tcp|udp)\s+(\d+)\b\s*(.*)/i
            or next;
        $protocol = lc $protocol;
        @found = grep { "@{$_}{qw(network protocol port)}" ne "$network $protocol $port" } @found;
        next if lc $action eq 'remove';
        my ($address, $guest_port, $note) = $rest =~ /\A([\d.]+)\s+(\d+)\s*(.*)/ or next;
        push @found,
            {
            network    => $network,
            protocol   => $protocol,
            port       => $port,
            address    => $address,
            guest_port => $guest_port,
            text       => $note
            };
    }
    return @found;
}

# Programs search for the block of the host: its address is where guests reach this host.
sub dhcpd_conf {
    my ($mark, $network) = @_;
    my $device = "vmnet$network->{NUMBER}";
    my $subnet = subnet_of($network);
    my $router = lc $network->{TYPE} eq 'nat' ? "\toption routers $network->{ADDRESS};\n" : '';
    my $host   = length $network->{MAC} ? "\thardware ethernet $network->{MAC};\n" : '';
    return <<"END";
$mark
# The addresses are given by $network->{SOURCE}; a change of this file has no effect.
allow unknown-clients;
default-lease-time $LEASE_SECONDS;
max-lease-time $LEASE_SECONDS;

subnet $subnet netmask $network->{NETMASK} {
	range $network->{DHCP_FROM} $network->{DHCP_TO};
	option broadcast-address @{[broadcast_of($network)]};
	option domain-name-servers $network->{ADDRESS};
$router}
host $device {
$host	fixed-address $network->{ADDRESS};
}
END
}

# Times are in UTC. A lease without an end (0) lasts until 2038.
sub leases {
    my ($mark, @leases) = @_;
    my $text = "$mark\n";
    for my $lease (@leases) {
        my $ends   = $lease->{EXPIRES} || 0x7fffffff;
        my $starts = $ends - $LEASE_SECONDS;
        $starts = time if $starts > time;
        my $name = $lease->{HOST_NAME} // '';
        $text .= "lease $lease->{ADDRESS} {\n"
            . "\tstarts " . _time($starts) . ";\n"
            . "\tends " . _time($ends) . ";\n"
            . "\thardware ethernet \L$lease->{MAC}\E;\n"
            . ($name =~ /\A[\w.-]+\z/a ? qq{\tclient-hostname "$name";\n} : '')
            . "}\n";
    }
    return $text;
}

# "4 2026/11/30 00:25:16": the day of the week, the date and the time.
sub _time {
    my ($seconds) = @_;
    return POSIX::strftime('%w %Y/%m/%d %H:%M:%S', gmtime $seconds);
}

sub nat {
    my ($mark, $network, $forwardings) = @_;
    my %lines = (tcp => '', udp => '');
    for my $one (grep { $_->{network} == $network->{NUMBER} } @{$forwardings}) {
        $lines{ $one->{protocol} } .= "# $one->{text}\n" if length $one->{text};
        $lines{ $one->{protocol} } .= "$one->{port} = $one->{address}:$one->{guest_port}\n";
    }
    return <<"END";
$mark
[host]
ip = $network->{ADDRESS}
netmask = $network->{NETMASK}
device = vmnet$network->{NUMBER}

[incomingtcp]
$lines{tcp}
[incomingudp]
$lines{udp}
END
}

sub subnet_of {
    my ($network) = @_;
    return _address(_number($network->{ADDRESS}) & _number($network->{NETMASK}));
}

sub broadcast_of {
    my ($network) = @_;
    return _address(_number($network->{ADDRESS}) | ~_number($network->{NETMASK}) & 0xffff_ffff);
}

sub _number {
    my ($address) = @_;
    return unpack 'N', pack 'C4', split /[.]/, $address;
}

sub _address {
    my ($number) = @_;
    return join '.', unpack 'C4', pack 'N', $number;
}

1;

__END__

=encoding UTF-8

=head1 NAME

VMware::Vix::Setup::Networks - the texts of VMware's files about networks

=head1 DESCRIPTION

A part of L<VMware::Vix::Setup>. Its functions return texts; they read and write nothing. Networks are
those of L<VMware::Vix::Setup::Service>.

=head1 FUNCTIONS

=head2 files

Returns path and content of each file.

=head2 netmap

Returns the text of F<netmap.conf>.

=head2 networking

Returns the text of F<networking>.

=head2 dhcpd_conf

Returns the text of a network's F<dhcpd.conf>.

=head2 leases

Returns the text of a network's F<dhcpd.leases>.

=head2 nat

Returns the text of a network's F<nat.conf>.

=head2 read_forwardings

Returns the port forwardings that a text of the file "networking" has.

=head2 subnet_of

Returns the first address of a network.

=head2 broadcast_of

Returns the last address of a network.

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
