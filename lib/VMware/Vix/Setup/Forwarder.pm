package VMware::Vix::Setup::Forwarder;

# Forwards ports of this host to guests, as the NAT service of VMware does: it accepts connections and
# carries their bytes. So the host's firewall needs no rules, and ports of localhost work, too.

use 5.014;
use strict;
use warnings;

use Errno qw(EINPROGRESS EINTR EWOULDBLOCK);
use IO::Select     ();
use IO::Socket::IP ();
use Socket         ();

my $CHUNK = 65536;

# A connection whose other end takes no bytes is not read until these are sent.
my $BUFFER_LIMIT = 1 << 20;

# A client of a UDP port is forgotten after so many seconds of silence.
my $UDP_SECONDS = 60;

sub new {
    my ($class) = @_;
    return bless { listeners => {}, ends => {}, clients => {} }, $class;
}

sub _key {
    my ($one) = @_;
    return "$one->{protocol} $one->{port}";
}

# Opens the ports of these forwardings and closes all others. Returns { "tcp 2222" => reason } for those
# that cannot be opened.
sub set {
    my ($self, @forwardings) = @_;
    my %wanted = map { _key($_) => $_ } @forwardings;
    for my $key (grep { !$wanted{$_} } keys %{ $self->{listeners} }) {
        my $listener = delete $self->{listeners}{$key};
        delete $self->{clients}{$key};
        close $listener->{socket};
    }
    my %failed;
    for my $key (sort keys %wanted) {
        if (my $listener = $self->{listeners}{$key}) {
            $listener->{to} = $wanted{$key};    # new connections go there
            next;
        }
        my $socket = _listen($wanted{$key});
        if (!defined $socket) {
            $failed{$key} = $@ || "$!";
            next;
        }
        $self->{listeners}{$key} = { socket => $socket, to => $wanted{$key} };
    }
    return \%failed;
}

sub _listen {
    my ($one) = @_;
    my @tcp = $one->{protocol} eq 'tcp' ? (Listen => 128, ReuseAddr => 1) : ();
    my $socket = IO::Socket::IP->new(
        LocalHost => '0.0.0.0',
        LocalPort => $one->{port},
        Proto     => $one->{protocol},
        Type      => $one->{protocol} eq 'tcp' ? Socket::SOCK_STREAM() : Socket::SOCK_DGRAM(),
        @tcp
    ) or return;
    $socket->blocking(0);
    return $socket;
}

# Carries what there is to carry, for at most so many seconds.
sub work {
    my ($self, $seconds) = @_;
    my $until = time + $seconds;
    do {
        my $reads  = IO::Select->new;
        my $writes = IO::Select->new;
        $reads->add($_->{socket}) for values %{ $self->{listeners} };
        for my $end (values %{ $self->{ends} }) {
            $reads->add($end->{socket})
                if !$end->{connecting} && !$end->{ended} && length $end->{peer}{buffer} < $BUFFER_LIMIT;
            $writes->add($end->{socket}) if $end->{connecting} || length $end->{buffer};
        }
        $reads->add($_->{socket}) for map { values %{$_} } values %{ $self->{clients} };
        my $left = $until - time;
        my ($readable, $writable)
            = IO::Select->select($reads, $writes, undef, $left > 0 ? $left : 0);
        for my $socket (@{ $writable // [] }) {
            $self->_write($self->{ends}{ fileno $socket }) if defined fileno $socket;
        }
        for my $socket (@{ $readable // [] }) {
            $self->_read($socket) if defined fileno $socket;    # else closed meanwhile
        }
    } while (time < $until);
    $self->_forget_clients;
    return;
}

sub _read {
    my ($self, $socket) = @_;
    my $end = $self->{ends}{ fileno $socket };
    return $self->_carry($end) if $end && $end->{socket} == $socket;
    for my $key (keys %{ $self->{listeners} }) {
        my $listener = $self->{listeners}{$key};
        if ($listener->{socket} == $socket) {
            return $listener->{to}{protocol} eq 'tcp'
                ? $self->_accept($listener)
                : $self->_receive($key, $listener);
        }
        for my $client (values %{ $self->{clients}{$key} // {} }) {
            return _answer($listener, $client) if $client->{socket} == $socket;
        }
    }
    return;
}

# One connection is two ends; bytes that one end reads wait in the other's buffer.
sub _accept {
    my ($self, $listener) = @_;
    my $near = $listener->{socket}->accept or return;
    $near->blocking(0);
    my $far = IO::Socket::IP->new(
        PeerHost => $listener->{to}{address},
        PeerPort => $listener->{to}{guest_port},
        Proto    => 'tcp',
        Type     => Socket::SOCK_STREAM(),
        Blocking => 0,
    );
    return close $near if !defined $far;
    my %near = (socket => $near, buffer => '');
    my %far  = (socket => $far,  buffer => '', connecting => 1, peer => \%near);
    $near{peer} = \%far;
    $self->{ends}{ fileno $_->{socket} } = $_ for \%near, \%far;
    return;
}

sub _carry {
    my ($self, $end) = @_;
    my $bytes;
    my $count = sysread $end->{socket}, $bytes, $CHUNK;
    if (!defined $count) {
        return $!{EWOULDBLOCK} || $!{EINTR} ? undef : $self->_close($end);
    }
    my $peer = $end->{peer};
    if ($count == 0) {
        $end->{ended} = 1;
        return $self->_close($end) if $peer->{ended};
        shutdown $peer->{socket}, 1 if !length $peer->{buffer} && !$peer->{connecting};
        return;
    }
    $peer->{buffer} .= $bytes;
    return $self->_write($peer);
}

sub _write {
    my ($self, $end) = @_;
    return if !$end;
    if ($end->{connecting}) {
        if (!$end->{socket}->connect) {
            return $!{EINPROGRESS} || $!{EWOULDBLOCK} ? undef : $self->_close($end);
        }
        delete $end->{connecting};
    }
    if (length $end->{buffer}) {
        my $count = syswrite $end->{socket}, $end->{buffer};
        if (!defined $count) {
            return $!{EWOULDBLOCK} || $!{EINTR} ? undef : $self->_close($end);
        }
        substr $end->{buffer}, 0, $count, '';
    }
    return if length $end->{buffer} || !$end->{peer}{ended};
    return $self->_close($end) if $end->{ended};
    shutdown $end->{socket}, 1;
    return;
}

sub _close {
    my ($self, $end) = @_;
    my $peer = delete $end->{peer};
    delete $peer->{peer};
    for my $one ($end, $peer) {
        delete $self->{ends}{ fileno $one->{socket} };
        close $one->{socket};
    }
    return;
}

# Each client of a UDP port has a socket of its own to the guest, so that answers find their way back.
sub _receive {
    my ($self, $key, $listener) = @_;
    my $bytes;
    my $from = recv $listener->{socket}, $bytes, $CHUNK, 0;
    return if !defined $from;
    my $client = $self->{clients}{$key}{$from} //= {
        from   => $from,
        socket => IO::Socket::IP->new(
            PeerHost => $listener->{to}{address},
            PeerPort => $listener->{to}{guest_port},
            Proto    => 'udp',
            Type     => Socket::SOCK_DGRAM(),
            Blocking => 0,
        )
    };
    return delete $self->{clients}{$key}{$from} if !defined $client->{socket};
    $client->{seen} = time;
    return send $client->{socket}, $bytes, 0;
}

sub _answer {
    my ($listener, $client) = @_;
    my $bytes;
    return if !defined recv $client->{socket}, $bytes, $CHUNK, 0;
    $client->{seen} = time;
    return send $listener->{socket}, $bytes, 0, $client->{from};
}

sub _forget_clients {
    my ($self) = @_;
    for my $clients (values %{ $self->{clients} }) {
        delete @{$clients}{ grep { $clients->{$_}{seen} < time - $UDP_SECONDS } keys %{$clients} };
    }
    return;
}

1;

__END__

=encoding UTF-8

=head1 NAME

VMware::Vix::Setup::Forwarder - forwards ports of this host to guests

=head1 DESCRIPTION

A part of L<VMware::Vix::Setup>. It accepts connections on ports of all addresses of this host, and
carries their bytes to an address and port of a guest, and back.

=head1 METHODS

=head2 new

Returns a forwarder without ports.

=head2 set

    $failed = $forwarder->set(@forwardings);

Opens the ports of these forwardings, each a hash as L<VMware::Vix::Setup::Networks/read_forwardings>
returns it, and closes all others. Connections that exist go on. Returns a hash with the reason for
each port that cannot be opened; its keys are like C<tcp 2222>.

=head2 work

    $forwarder->work($seconds);

Carries bytes for so many seconds.

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
