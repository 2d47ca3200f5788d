package VMware::Vix::Setup::Libvirt;

# libvirt's networks and the addresses that they have given to guests, by virsh. Only for this host's
# libvirt (qemu:///system): the files of VMware::Vix::Setup are about this host.

use 5.014;
use strict;
use warnings;

use Time::Local ();

my $URI = 'qemu:///system';

# Returns what virsh prints, or undef and its complaint. In English, with times in UTC.
sub virsh {
    my (@arguments) = @_;
    local $ENV{LC_ALL} = 'C';
    local $ENV{TZ}     = 'UTC';
    my $pid = open my $out, '-|';
    return (undef, "fork: $!") if !defined $pid;
    if ($pid == 0) {
        open STDERR, '>&', \*STDOUT or die "virsh: $!\n";
        exec 'virsh', '-q', '-r', '-c', $URI, @arguments
            or print "virsh is not installed (on Debian: libvirt-clients)\n";
        require POSIX;
        POSIX::_exit(127);
    }
    my $text = do { local $/ = undef; <$out> }
        // '';
    close $out;
    return $? == 0 ? $text : (undef, $text =~ s/\s+\z//r);
}

# Returns the names of the active networks, or undef and the reason.
sub active {
    my ($text, $why) = virsh(qw(net-list --name));
    return (undef, $why) if !defined $text;
    return { map { $_ => 1 } grep {length} split /\n/, $text };
}

# Returns ADDRESS, NETMASK, DHCP_FROM, DHCP_TO and MAC of a network, empty where it has none.
sub describe {
    my ($name) = @_;
    my ($xml) = virsh('net-dumpxml', $name);
    return read_description($xml // '');
}

# libvirt writes attributes in single quotes. The first address of IPv4 counts.
sub read_description {
    my ($xml) = @_;
    my %found = map { $_ => '' } qw(ADDRESS NETMASK DHCP_FROM DHCP_TO MAC);
    ($found{MAC}) = $xml =~ /<mac address='([^']*)'/ or $found{MAC} = '';
    for my $part ($xml =~ m{(<ip\b[^>]*/>|<ip\b.*?</ip>)}sg) {
        my ($tag) = $part =~ /(<ip\b[^>]*>)/;
        next if $tag =~ /family='ipv6'/;
        ($found{ADDRESS}) = $tag =~ /\baddress='([^']*)'/ or next;
        ($found{NETMASK}) = $tag =~ /\bnetmask='([^']*)'/
            or $found{NETMASK} = _mask($tag =~ /\bprefix='(\d+)'/ ? $1 : 24);
        @found{qw(DHCP_FROM DHCP_TO)} = ($1, $2) if $part =~ /<range start='([^']*)' end='([^']*)'/;
        last;
    }
    return \%found;
}

sub _mask {
    my ($bits) = @_;
    return join '.', unpack 'C4', pack 'B32', '1' x $bits . '0' x (32 - $bits);
}

# Returns the leases of a network: MAC, ADDRESS, HOST_NAME, and EXPIRES in seconds since 1970.
sub leases {
    my ($name) = @_;
    my ($text) = virsh('net-dhcp-leases', $name);
    return read_leases($text // '');
}

sub read_leases {
    my ($text) = @_;
    my @leases;
    for my $line (split /\n/, $text) {
        my ($time, $mac, $address, $host)
            = $line =~ /\A\s*(\S+ \S+|\S+)\s+([0-9a-f:]{17})\s+ipv4\s+([\d.]+)\/\d+\s+(\S+)/i
            or next;
        my @at = $time =~ /\A(\d+)-(\d+)-(\d+) (\d+):(\d+):(\d+)\z/;
        push @leases,
            {
            MAC       => $mac,
            ADDRESS   => $address,
            HOST_NAME => $host eq '-' ? '' : $host,
            EXPIRES   => @at ? Time::Local::timegm(@at[5, 4, 3, 2], $at[1] - 1, $at[0]) : 0,
            };
    }
    return @leases;
}

1;

__END__

=encoding UTF-8

=head1 NAME

VMware::Vix::Setup::Libvirt - libvirt's networks and the addresses of guests

=head1 DESCRIPTION

A part of L<VMware::Vix::Setup>. It asks C<virsh> about the networks of C<qemu:///system> and changes
nothing.

=head1 FUNCTIONS

=head2 virsh

Returns what virsh prints for these arguments, or undef and its complaint.

=head2 active

Returns the names of the active networks as the keys of a hash, or undef and the reason.

=head2 describe

Returns the addresses of a network.

=head2 read_description

Returns them from libvirt's description.

=head2 leases

Returns the addresses that a network has given to guests.

=head2 read_leases

Returns them from what virsh prints.

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
