package VMware::Vix::Setup::Service;

# The process behind vmware-networks: keeps the files about networks true, and forwards ports.

use 5.014;
use strict;
use warnings;

use Fcntl          qw(:flock);
use File::Basename ();
use File::Path     ();
use POSIX          ();

use VMware::Vix::Setup            ();
use VMware::Vix::Setup::Forwarder ();
use VMware::Vix::Setup::Libvirt   ();
use VMware::Vix::Setup::Networks  ();

# Where libvirt keeps the leases of a network, as a file for each bridge.
use constant LEASES => '/var/lib/libvirt/dnsmasq';

# What follows from a lease appears after a second; a network that was started or stopped is seen
# after so many.
my $POLL_SECONDS = 1;
my $LONG_SECONDS = 15;

my $WAIT_SECONDS = 10;
my $RUNTIME      = '/run/vmware-vix';

# `setup`: a VMware::Vix::Setup.
sub new {
    my ($class, $setup) = @_;
    my $folder = $setup->path_of($RUNTIME);
    return bless {
        setup  => $setup,
        lock   => "$folder/networks.pid",
        report => "$folder/forwardings",
        seen   => ''
    }, $class;
}

# The three networks that every host with VMware has.
my @USUAL = ([0, 'bridged'], [1, 'hostOnly'], [8, 'nat']);

# What guests get from QEMU where libvirt's network is not active: they reach the host there.
my %USER_NETWORK = (
    SOURCE    => 'user',
    ACTIVE    => 1,
    ADDRESS   => '10.0.2.2',
    NETMASK   => '255.255.255.0',
    DHCP_FROM => '10.0.2.15',
    DHCP_TO   => '10.0.2.30',
);

# The networks with their leases. Where libvirt does not answer they have no addresses, and the second
# value says why.
sub networks {
    my ($setup) = @_;
    my ($active, $why) = VMware::Vix::Setup::Libvirt::active();
    my @networks = map { _without_address(@{$_}) } @USUAL;
    return (\@networks, $why) if !defined $active;
    for my $network (@networks) {
        my $name = $setup->source_of($network->{TYPE}) // next;
        if ($active->{$name}) {
            my @about = %{ VMware::Vix::Setup::Libvirt::describe($name) };
            %{$network} = (%{$network}, @about, SOURCE => "network:$name", ACTIVE => 1);
            $network->{LEASES} = [VMware::Vix::Setup::Libvirt::leases($name)];
        }
        elsif ($network->{TYPE} ne 'hostOnly') {
            %{$network} = (%{$network}, %USER_NETWORK);
        }
    }
    return (\@networks, undef);
}

sub _without_address {
    my ($number, $type) = @_;
    my %row = map { $_ => '' } qw(SOURCE MAC ADDRESS NETMASK DHCP_FROM DHCP_TO);
    return { %row, NUMBER => $number, TYPE => $type, ACTIVE => 0 };
}

# Writes the files of the networks that have changed.
sub update {
    my ($self) = @_;
    my $setup = $self->{setup};
    my ($networks, $why) = networks($setup);
    return if defined $why;    # the files say what was true when libvirt answered
    $setup->{networks} = $networks;
    for my $file ($setup->network_files) {
        my ($path, $content, $mode) = @{$file};
        my $state = $setup->state_of($path, $content);
        next if $state eq 'same' || $state eq 'foreign';
        my $target = $setup->path_of($path);
        File::Path::make_path(File::Basename::dirname($target), { mode => 0755 });
        VMware::Vix::Setup::replace($target, $content, $mode);
    }
    return;
}

# Takes the port forwardings out of another file of the same form, as Vagrant asks for.
sub take_settings {
    my ($self, $path) = @_;
    open my $in, '<:raw', $path // '' or die "cannot read " . ($path // 'the file') . ": $!\n";
    my $text = do { local $/ = undef; <$in> };
    $self->set_forwardings(VMware::Vix::Setup::Networks::read_forwardings($text));
    return;
}

# Writes the file "networking" with these forwardings.
sub set_forwardings {
    my ($self, @forwardings) = @_;
    my $setup = $self->{setup};
    my $path  = VMware::Vix::Setup::FOLDER() . '/networking';
    die $setup->path_of($path) . " was not made by vmrun-setup; run vmrun-setup --install\n"
        if $setup->state_of($path) ne 'ours';
    my ($networks) = networks($setup);
    my $text = VMware::Vix::Setup::Networks::networking('# ' . VMware::Vix::Setup::MARK(), $networks,
        \@forwardings);
    VMware::Vix::Setup::replace($setup->path_of($path), $text, 0644);
    return;
}

# Whether a process follows the networks. It holds a lock on the file with its number.
sub is_running {
    my ($self) = @_;
    open my $file, '<', $self->{lock} or return 0;
    return flock($file, LOCK_SH | LOCK_NB) ? 0 : 1;
}

# Runs until a signal ends it.
sub follow {
    my ($self, $ready) = @_;
    File::Path::make_path(File::Basename::dirname($self->{lock}), { mode => 0755 });
    open my $file, '+>>', $self->{lock} or die "cannot write $self->{lock}: $!\n";
    flock $file, LOCK_EX | LOCK_NB or die "another process follows the networks\n";
    truncate $file, 0;
    syswrite $file, "$$\n";
    my $ends = 0;
    local $SIG{TERM} = local $SIG{INT} = sub { $ends = 1 };
    local $SIG{PIPE} = 'IGNORE';
    my $forwarder = VMware::Vix::Setup::Forwarder->new;
    $self->{seen} = '';
    my $next = 0;
    while (!$ends) {
        my $seen = $self->_what_is_there;
        if ($seen ne $self->{seen} || time >= $next) {
            eval { $self->update; 1 } or print {*STDERR} "vmrun-setup: $@";
            $self->_forward($forwarder);
            $self->{seen} = $self->_what_is_there;
            $next = time + $LONG_SECONDS;
            $ready->() if $ready;
            undef $ready;
        }
        $forwarder->work($POLL_SECONDS);
    }
    unlink $self->{report};
    truncate $file, 0;
    return;
}

# Changes when a lease or the file "networking" does.
sub _what_is_there {
    my ($self) = @_;
    my @files = (
        $self->{setup}->path_of(VMware::Vix::Setup::FOLDER() . '/networking'),
        glob LEASES . '/*.status'
    );
    return join ' ', map { my @now = stat; @now ? "$_:$now[1]:$now[7]:$now[9]" : () } @files;
}

# Opens the ports, and leaves a report for those who set them: a line for each forwarding.
sub _forward {
    my ($self, $forwarder) = @_;
    my @forwardings = @{ $self->{setup}->forwardings };
    my $failed      = $forwarder->set(@forwardings);
    my $report      = '';
    for my $one (@forwardings) {
        my $key = "$one->{protocol} $one->{port}";
        $report .= join("\t", $key, "$one->{address}:$one->{guest_port}", $failed->{$key} // 'open') . "\n";
    }
    VMware::Vix::Setup::replace($self->{report}, $report, 0644);
    return;
}

# Returns what the service says about a forwarding: "open", or why it is not; undef if it has not seen
# the forwarding yet.
sub report_on {
    my ($self, $one) = @_;
    open my $in, '<', $self->{report} or return;
    while (my $line = <$in>) {
        chomp $line;
        my ($key, $to, $state) = split /\t/, $line, 3;
        return $state
            if $key eq "$one->{protocol} $one->{port}" && $to eq "$one->{address}:$one->{guest_port}";
    }
    return;
}

# Starts the process, and returns once the files are true. `systemd`: by its service.
sub start {
    my ($self) = @_;
    return if $self->is_running;
    return $self->_systemctl('start') if $self->{setup}{systemd};
    pipe my $from, my $to or die "pipe: $!\n";
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        close $from;
        POSIX::setsid();
        chdir '/';
        my $well = eval {
            open STDIN,  '<',  '/dev/null' or die "/dev/null: $!\n";
            open STDOUT, '>',  '/dev/null' or die "/dev/null: $!\n";
            open STDERR, '>&', \*STDOUT   or die "/dev/null: $!\n";
            $self->follow(sub { syswrite $to, 'y'; close $to });
            1;
        };
        POSIX::_exit($well ? 0 : 1);
    }
    close $to;
    sysread $from, my $answer, 1 or die "the process that follows the networks ended at once\n";
    return;
}

sub stop {
    my ($self) = @_;
    return $self->_systemctl('stop') if $self->{setup}{systemd};
    for (1 .. $WAIT_SECONDS * 10) {
        return if !$self->is_running;
        open my $file, '<', $self->{lock} or return;
        my ($pid) = (readline($file) // '') =~ /\A(\d+)$/;
        kill 'TERM', $pid if defined $pid;
        select undef, undef, undef, 0.1;
    }
    die "the process of $self->{lock} does not end\n";
}

sub _systemctl {
    my ($self, $verb) = @_;
    my $status = system 'systemctl', $verb, VMware::Vix::Setup::SERVICE();
    die "systemctl $verb failed\n" if $status != 0;
    return;
}

1;

__END__

=encoding UTF-8

=head1 NAME

VMware::Vix::Setup::Service - keeps the files about networks true, and forwards ports

=head1 DESCRIPTION

A part of L<VMware::Vix::Setup>: the process that C<vmrun-setup --follow> is.

=head1 METHODS

=head2 new

    $service = VMware::Vix::Setup::Service->new($setup);

=head2 networks

    ($networks, $why) = VMware::Vix::Setup::Service::networks($setup);

Returns the host's networks with their leases. If libvirt does not answer they have no addresses, and
the second value is the reason.

=head2 update

Writes the files of the networks that have changed.

=head2 follow

Runs until a signal ends it.

=head2 take_settings

    $service->take_settings($path);

Takes the port forwardings out of another file of the form of F</etc/vmware/networking>.

=head2 set_forwardings

    $service->set_forwardings(@forwardings);

Writes F</etc/vmware/networking> with these port forwardings.

=head2 is_running

Whether such a process runs.

=head2 start

Starts that process.

=head2 stop

Ends that process.

=head2 report_on

Returns what that process says about a port forwarding.

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
