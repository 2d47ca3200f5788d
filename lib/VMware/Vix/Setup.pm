package VMware::Vix::Setup;

# Makes the host look like one with VMware Workstation, for programs that search for it, and undoes
# that. A file of others is never replaced and never deleted: each file of ours has a mark in its first
# lines, and a file without the mark is somebody else's.

use 5.014;
use strict;
use warnings;

use File::Basename ();
use File::Path     ();

use VMware::Vix                  ();
use VMware::Vix::Setup::Networks ();

use constant MARK => 'Made by vmrun-setup of VMware::Vix.';

# The version whose behaviour programs may expect: the first that needs no license key and that current
# versions of Packer's plugin accept.
use constant LIKE_VERSION => '17.6.4';

use constant FOLDER  => '/etc/vmware';
use constant LIBRARY => '/usr/lib/vmware';
use constant RECORD  => FOLDER . '/vmware-vix.conf';
use constant SERVICE => 'vmware-vix-networks.service';

# Folders that are removed once they are empty, the deepest first.
my @FOLDERS = (LIBRARY . '/bin', LIBRARY, FOLDER);

my $MARK_WITHIN = 4096;

# `root`: a folder that stands for /; `program`: the path of vmrun-setup.
sub new {
    my ($class, %options) = @_;
    my $self = bless { root => '', networks => [], %options }, $class;
    $self->{root} =~ s{/+\z}{};
    return $self;
}

# The line that `vmware -v` prints. It names us, so that nobody takes this host for one with VMware's.
sub version_line {
    return 'VMware Workstation ' . LIKE_VERSION . " build-0 (VMware::Vix $VMware::Vix::VERSION)";
}

sub path_of {
    my ($self, $path) = @_;
    return $self->{root} . $path;
}

# What is at a path: "absent", "ours", "same" (ours, with the wanted content) or "foreign". One of our
# own installed programs, such as /usr/bin/vmrun, is "same".
sub state_of {
    my ($self, $path, $content) = @_;
    my $file = $self->path_of($path);
    return 'absent' if !-e $file && !-l $file;
    return 'foreign' if !-f $file;
    my $text = _slurp($file) // return 'foreign';
    return 'same' if defined $content && $text eq $content;
    my $begin = substr $text, 0, $MARK_WITHIN;
    return 'ours' if index($begin, MARK) >= 0;
    return 'same' if $path =~ m{\A/usr/bin/} && $begin =~ /VMware::Vix/;
    return $path eq FOLDER . '/networking' && $self->_has_record ? 'ours' : 'foreign';
}

# Vagrant writes the file "networking" anew, without our mark. It is ours as long as our record is there
# and no VMware was installed since.
sub _has_record {
    my ($self) = @_;
    for my $path (RECORD, LIBRARY . '/bin/vmware-vmx') {
        my $text = _slurp($self->path_of($path)) // return 0;
        return 0 if index($text, MARK) < 0;
    }
    return 1;
}

# All files as [path, content, mode].
sub files {
    my ($self) = @_;
    return ($self->_programs, $self->_settings, $self->network_files);
}

sub _programs {
    my ($self) = @_;
    my %wrapper = (
        '/usr/bin/vmrun'               => $self->{vmrun},
        '/usr/bin/vmware-vdiskmanager' => $self->{vdiskmanager},
    );
    my @made = grep { defined $wrapper{$_} && $wrapper{$_} ne $_ } sort keys %wrapper;
    my @files = map { [$_, _wrapper(_quoted($wrapper{$_})), 0755] } @made;
    my %acts_as = (
        '/usr/bin/vmplayer'           => 'vmplayer',
        '/usr/bin/vmware'             => 'vmware',
        '/usr/bin/vmware-networks'    => 'vmware-networks',
        LIBRARY . '/bin/vmware-vmx'   => 'vmware-vmx',
    );
    for my $path (sort keys %acts_as) {
        push @files, [$path, _wrapper(_quoted($self->{program}) . " --as $acts_as{$path}"), 0755];
    }
    return @files;
}

# A wrapper and no link: an installer of VMware's that writes to the path replaces the wrapper, and
# would write through a link.
sub _wrapper {
    my ($command) = @_;
    my $mark = MARK;
    return "#!/bin/sh\n# $mark\nexec $command \"\$@\"\n";
}

sub _quoted {
    my ($word) = @_;
    return q{'} . $word =~ s/'/'\\''/gr . q{'};
}

sub _settings {
    my ($self) = @_;
    my $mark  = '# ' . MARK;
    my @files = (
        [RECORD, "$mark\n# vmrun-setup --remove deletes what it made.\n" . $self->_choices, 0644],
        [   FOLDER . '/license-ws-vmware-vix',
            "$mark\n# This is no license of VMware's, and none is needed: no program of VMware's is used.\n"
                . "# Packer up to 1.7 starts only where a file of this name exists.\n",
            0644
        ],
    );
    push @files, ["/etc/systemd/system/" . SERVICE, $self->_service, 0644] if $self->{systemd};
    return @files;
}

# Which network of libvirt's stands for one of VMware's; undef if none does. "bridged" is that of "nat",
# as the settings power.network... have it.
sub source_of {
    my ($self, $type) = @_;
    my $kind = lc $type eq 'hostonly' ? 'hostonly' : 'nat';
    return $self->{$kind} if defined $self->{$kind};
    my $record = _slurp($self->path_of(RECORD)) // '';
    return $1 if $record =~ /^\Q$kind\E = "([^"]+)"$/m;
    return $kind eq 'nat' ? 'default' : undef;
}

sub _choices {
    my ($self) = @_;
    return join '', map { my $name = $self->source_of($_); defined $name ? qq{$_ = "$name"\n} : () }
        qw(nat hostonly);
}

sub _service {
    my ($self) = @_;
    my $mark = '# ' . MARK;
    return <<"END";
$mark
[Unit]
Description=Addresses of virtual machines, in the form of VMware's files
After=libvirtd.service virtnetworkd.service

[Service]
ExecStart=$self->{program} --follow
Restart=on-failure

[Install]
WantedBy=multi-user.target
END
}

# The files that describe the networks; --follow writes them again when something changes.
sub network_files {
    my ($self) = @_;
    my $mark = '# ' . MARK;
    return map { [FOLDER . "/$_->[0]", $_->[1], 0644] }
        VMware::Vix::Setup::Networks::files($mark, $self->{networks}, $self->forwardings);
}

# The port forwardings in the file "networking", which other programs change, too.
sub forwardings {
    my ($self) = @_;
    my $text = _slurp($self->path_of(FOLDER . '/networking')) // '';
    return [VMware::Vix::Setup::Networks::read_forwardings($text)];
}

# Writes what is missing or outdated. Returns [action, path] for each file; with `dry`, changes nothing.
# Dies, before anything is changed, if a file of others is in the way.
sub install {
    my ($self, %how) = @_;
    my @files   = $self->files;
    my @foreign = grep { $self->state_of(@{$_}[0, 1]) eq 'foreign' } @files;
    die join '', map {"$_\n"} (map { $self->path_of($_->[0]) . ' is not a file of VMware::Vix' } @foreign),
        'Nothing was written: it seems that VMware is installed on this host.'
        if @foreign;
    return map { $self->_write($_, $how{dry}) } @files;
}

sub _write {
    my ($self, $file, $dry) = @_;
    my ($path, $content, $mode) = @{$file};
    my $state = $self->state_of($path, $content);
    return ['keep', $path] if $state eq 'same';
    my $action = $state eq 'absent' ? 'write' : 'update';
    return [$action, $path] if $dry;
    my $target = $self->path_of($path);
    File::Path::make_path(File::Basename::dirname($target), { mode => 0755 });
    replace($target, $content, $mode);
    return [$action, $path];
}

# Puts a file in place at once: readers see the former content or the new one.
sub replace {
    my ($path, $content, $mode) = @_;
    my $fresh = "$path.vix-new.$$";
    open my $out, '>:raw', $fresh or die "cannot write $fresh: $!\n";
    my $written = print {$out} $content;
    $written = close($out) && $written;
    if (!$written || !chmod($mode, $fresh) || !rename $fresh, $path) {
        my $reason = $!;
        unlink $fresh;
        die "cannot write $path: $reason\n";
    }
    return;
}

# Deletes what install() made. Returns [action, path] for each file.
sub remove {
    my ($self, %how) = @_;
    my @paths = grep { $self->_is_made($_) } $self->_made_paths;
    my @done  = map { ['delete', $_] } @paths;
    return @done if $how{dry};
    for my $path (@paths) {
        my $file = $self->path_of($path);
        unlink $file or die "cannot delete $file: $!\n";
    }
    rmdir $self->path_of($_) for $self->_vmnet_folders, @FOLDERS;
    return @done;
}

# A program that `make install` or a package put there is not ours to delete.
sub _is_made {
    my ($self, $path) = @_;
    my $text = _slurp($self->path_of($path)) // return 0;
    return 1 if index(substr($text, 0, $MARK_WITHIN), MARK) >= 0;
    return $path eq FOLDER . '/networking' && $self->_has_record;
}

# The record goes last.
sub _made_paths {
    my ($self) = @_;
    my $folder = $self->path_of(FOLDER);
    my @networks = map { substr $_, length $self->{root} }
        sort(glob _escaped($folder) . '/vmnet*/{dhcpd,nat}/*'), "$folder/netmap.conf", "$folder/networking";
    my @others = map { $_->[0] } grep { $_->[0] ne RECORD } $self->_programs, $self->_settings;
    push @others, '/etc/systemd/system/' . SERVICE if !$self->{systemd};
    push @others, '/usr/bin/vmrun', '/usr/bin/vmware-vdiskmanager';
    my %seen;
    return grep { !$seen{$_}++ } @others, @networks, RECORD;
}

sub _vmnet_folders {
    my ($self) = @_;
    my $folder = _escaped($self->path_of(FOLDER));
    return map { substr $_, length $self->{root} } glob("$folder/vmnet*/{dhcpd,nat}"),
        glob "$folder/vmnet*";
}

sub _escaped {
    my ($path) = @_;
    return $path =~ s/([\\\[\]{}*?~\s'"])/\\$1/gr;
}

sub _slurp {
    my ($path) = @_;
    open my $in, '<:raw', $path or return;
    local $/ = undef;
    return scalar readline $in;
}

1;

__END__

=encoding UTF-8

=head1 NAME

VMware::Vix::Setup - makes a host look like one with VMware Workstation

=head1 SYNOPSIS

    use VMware::Vix::Setup;

    my $setup = VMware::Vix::Setup->new(program => '/usr/bin/vmrun-setup', vmrun => '/usr/bin/vix-vmrun');
    print "@{$_}\n" for $setup->install(dry => 1);

=head1 DESCRIPTION

This module is the program L<vmrun-setup>, which describes the files. Other programs should call that.

=head1 METHODS

=head2 new

    $setup = VMware::Vix::Setup->new(%options);

    root          path  a folder that stands for /
    program       path  of vmrun-setup
    vmrun         path  of our vmrun
    vdiskmanager  path  of our vmware-vdiskmanager
    systemd       boolean  whether a service is made
    networks      array reference  see networks() of VMware::Vix::Setup::Service
    nat           name of libvirt's network for vmnet8
    hostonly      name of libvirt's network for vmnet1

=head2 files

Returns all files, each as an array reference with path, content and mode.

=head2 network_files

Returns the files that describe the networks.

=head2 forwardings

Returns the port forwardings of F</etc/vmware/networking>.

=head2 install

    @actions = $setup->install(dry => $dry);

Writes the files. Returns an array reference with action and path for each: C<write>, C<update> or
C<keep>. With C<dry> it changes nothing. Dies if a file of others has the name of one.

=head2 remove

    @actions = $setup->remove(dry => $dry);

Deletes the files that install() made.

=head2 source_of

    $name = $setup->source_of($type);

Returns the name of libvirt's network that stands for one of VMware's: C<nat>, C<bridged> or
C<hostonly>.

=head2 state_of

Returns what is at a path: C<absent>, C<ours>, C<same> or C<foreign>.

=head2 path_of

Returns the path below the root.

=head2 version_line

Returns the line that C<vmware -v> prints.

=head1 FUNCTIONS

=head2 replace

    VMware::Vix::Setup::replace($path, $content, $mode);

Writes a file so that readers see its former content or the new one.

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
