package VMware::Vix::Vdiskmanager;

# The command line of vmware-vdiskmanager, over VMware::Vix::Disk. Programs search its output for
# VMware's texts, so those are VMware's to the letter.

use 5.014;
use strict;
use warnings;

use Errno        ();
use Getopt::Long ();

use VMware::Vix ();
use VMware::Vix::API::Constants;
use VMware::Vix::Disk   ();
use VMware::Vix::Simple ();

use constant FAILED => 1;

# Operations by their letter: operands, the function, and how a failure begins.
my %OPERATION = (
    c => ['DISK',        \&_create,         'Failed to create disk'],
    d => ['DISK',        \&_defragment,     'Failed to defragment'],
    D => ['DISK',        \&_make_deletable, 'Failed to make the disk deletable'],
    e => ['DISK',        \&_check_chain,    'Failed to check the disk chain'],
    k => ['DISK',        \&_shrink,         'Failed to shrink the disk'],
    n => ['DESTINATION', \&_rename,         'Failed to rename disk'],
    p => ['MOUNT_POINT', \&_prepare,        'Failed to prepare for shrinking'],
    r => ['DESTINATION', \&_convert,        'Failed to convert disk'],
    R => ['DISK',        \&_repair,         'Failed to repair the disk'],
    U => ['DISK',        \&_delete,         'Failed to delete disk'],
    x => ['DISK',        \&_grow,           'Failed to expand the disk'],
);

my %SECTORS_IN = (s => 1, k => 2, m => 2**11, g => 2**21, t => 2**31);

# What other controllers call their disks.
my %ADAPTER = (
    ide        => 'ide',
    buslogic   => 'buslogic',
    lsilogic   => 'lsilogic',
    lsisas1068 => 'lsilogic',
    pvscsi     => 'lsilogic',
    scsi       => 'lsilogic',
    sata       => 'lsilogic',
    nvme       => 'lsilogic',
);

my %PHRASE = (
    VIX_E_INVALID_ARG,         'One of the parameters supplied is invalid',
    VIX_E_FILE_ALREADY_EXISTS, 'The file already exists',
    VIX_E_DISK_NEEDSREPAIR,    'The specified virtual disk needs repair',
    VIX_E_DISK_CANTREPAIR,     'The specified virtual disk cannot be repaired',
);

# Returns the exit status of the program. For an invalid command line, calls `usage` after the
# reason.
sub run {
    my ($class, $arguments, $usage) = @_;
    my $self   = bless {}, $class;
    my $status = eval { $self->_run(@{$arguments}); 1 };
    return 0 if $status;
    my $error = $@;
    die $error if ref $error ne 'HASH';
    print STDERR _text($_) for @{ $error->{lines} };
    $usage->() if $error->{usage};
    return FAILED;
}

sub _run {
    my ($self, @arguments) = @_;
    my $letter = $self->_read_options(\@arguments);
    my ($operands, $code, $failure) = @{ $OPERATION{$letter} };
    my $needed = split / /, $operands;
    _misused("-$letter needs $needed argument" . ($needed == 1 ? '' : 's') . ": $operands")
        if @arguments != $needed;
    $self->{failure} = $failure;
    $code->($self, @arguments);
    return;
}

sub _read_options {
    my ($self, $arguments) = @_;
    my $parser    = Getopt::Long::Parser->new(config => [qw(bundling permute no_auto_abbrev)]);
    my $complaint = '';
    local $SIG{__WARN__} = sub { $complaint .= $_[0] };
    my %has_value  = map { $_ => 1 } qw(r x n);
    my @operations = map { $has_value{$_} ? "$_=s" : $_ } keys %OPERATION;
    my %given;
    my $understood = $parser->getoptionsfromarray($arguments, \%given, @operations,
        qw(q S a=s s=s t=s h=s u=s f=s P=s));
    chomp $complaint;
    _misused($complaint) if !$understood;
    _misused("-$_ names a server, and servers are not supported") for grep { exists $given{$_} } qw(h u f P S);
    my @letters = sort grep { exists $given{$_} } keys %OPERATION;
    _misused(@letters ? 'only one operation is allowed, not -' . join ' and -', @letters : 'there is no operation')
        if @letters != 1;
    $self->{given} = \%given;
    return $letters[0];
}

# Ends the program.
sub _misused {
    my ($text) = @_;
    die { lines => ["vmware-vdiskmanager: $text"], usage => 1 };
}

sub _check {
    my ($self, $err) = @_;
    return if $err == VIX_OK;
    my $detail = VMware::Vix::last_error_detail();
    my $phrase = $PHRASE{$err} // VMware::Vix::Simple::GetErrorText($err);
    die {
        lines => [
            sprintf('%s: %s (0x%x).', $self->{failure}, $phrase, $err),
            length $detail ? "$detail." : ()
        ]
    };
}

# A line in UTF-8. Names may come from anybody, so control characters are replaced.
sub _text {
    my ($line) = @_;
    utf8::encode($line) if utf8::is_utf8($line);
    $line =~ s/[\x00-\x08\x0a-\x1f\x7f]|\xc2[\x80-\x9f]/?/g;
    return "$line\n";
}

sub _say {
    my (@lines) = @_;
    print map { _text($_) } @lines;
    return;
}

# Calls the function and shows its progress as VMware does, in one line that is written again.
sub _with_progress {
    my ($self, $title, $call) = @_;
    my $shown = -1;
    my $before = VMware::Vix::on_progress(
        sub {
            my ($percent) = @_;
            return if $percent == $shown || $percent >= 100;
            $shown = $percent;
            print "\r  $title: $percent% done.";
        }
    );
    my ($err) = $call->();
    VMware::Vix::on_progress($before);
    print "\n" if $err != VIX_OK && $shown >= 0;
    $self->_check($err);
    print $shown >= 0 ? "\r" : '', "  $title: 100% done.\n";
    return;
}

# Returns the number of sectors for a text such as 850MB, 20G or 40960.
sub sectors_of {
    my ($size) = @_;
    my ($number, $unit) = $size =~ /\A([0-9]+(?:\.[0-9]+)?)(?:([kmgt])b?|s)?\z/i
        or _misused("\"$size\" is no capacity; write a number of sectors, or one with KB, MB, GB or TB");
    my $sectors = $number * $SECTORS_IN{ lc($unit // 's') };
    return $sectors >= 2**62 ? 2**62 : int $sectors;
}

sub _disk_type {
    my ($self) = @_;
    my $type = $self->{given}{t} // _misused('the type of the disk is missing: -t 0 to -t 6');
    _misused("-t needs a number from 0 to 6, not \"$type\"") if $type !~ /\A[0-6]\z/;
    return $type;
}

sub _create {
    my ($self, $disk) = @_;
    my $size    = $self->{given}{s} // _misused('the capacity of the disk is missing: -s');
    my $name    = $self->{given}{a} // _misused('the adapter of the disk is missing: -a');
    my $adapter = $ADAPTER{ lc $name } // _misused("-a knows no adapter \"$name\"");
    my ($sectors, $type) = (sectors_of($size), $self->_disk_type);
    _say("Creating disk '$disk'");
    $self->_with_progress('Create',
        sub { VMware::Vix::Disk::Create($disk, $sectors, $adapter, $type) });
    _say('Virtual disk creation successful.');
    return;
}

sub _convert {
    my ($self, $disk) = @_;
    my ($source, $type) = ($self->{given}{r}, $self->_disk_type);
    _say("Creating disk '$disk'");
    $self->_with_progress('Convert', sub { VMware::Vix::Disk::Convert($source, $disk, $type) });
    _say('Virtual disk conversion successful.');
    return;
}

sub _grow {
    my ($self, $disk) = @_;
    my $sectors = sectors_of($self->{given}{x});
    $self->_with_progress('Grow', sub { VMware::Vix::Disk::Grow($disk, $sectors) });
    _say(
        'Disk expansion completed successfully.',
        '',
        'WARNING: Partitions of the disk keep their sizes. Expand them with a program in the',
        '         guest.'
    );
    return;
}

sub _defragment {
    my ($self, $disk) = @_;
    $self->_with_progress('Defragment', sub { VMware::Vix::Disk::Defragment($disk) });
    _say('Defragmentation completed successfully.');
    return;
}

sub _shrink {
    my ($self, $disk) = @_;
    $self->_with_progress('Shrink', sub { VMware::Vix::Disk::Shrink($disk) });
    _say('Shrink completed successfully.');
    return;
}

sub _rename {
    my ($self, $disk) = @_;
    $self->_check(VMware::Vix::Disk::Rename($self->{given}{n}, $disk));
    _say('Disk rename completed successfully.');
    return;
}

sub _check_chain {
    my ($self, $disk) = @_;
    $self->_check(VMware::Vix::Disk::CheckChain($disk));
    _say('Disk chain is consistent.');
    return;
}

sub _repair {
    my ($self, $disk) = @_;
    $self->_check(VMware::Vix::Disk::Repair($disk));
    _say(
        length VMware::Vix::last_error_detail()
        ? "The virtual disk, '$disk', was corrupted and has been successfully repaired."
        : "No errors were found on the virtual disk, '$disk'."
    );
    return;
}

sub _delete {
    my ($self, $disk) = @_;
    $self->_check(VMware::Vix::Disk::Delete($disk));
    return;
}

sub _make_deletable {
    my ($self, $disk) = @_;
    $self->_check(VMware::Vix::Disk::MakeDeletable($disk));
    return;
}

# Fills the free space of a mounted file system with zeros, which shrinking then gives back. The file
# has no name while it is written, so nothing is left even if the program is killed.
sub _prepare {
    my ($self, $folder) = @_;
    require File::Temp;    # with IO::Handle; it takes longer to load than most calls take
    my ($file, $name) = eval { File::Temp::tempfile('.vix-zeros-XXXXXXXX', DIR => $folder) };
    my $done = defined $file && unlink $name;
    my $zeros = "\0" x 2**20;
    my $reason = defined $file ? $! : $@;
    while ($done) {
        my $written = syswrite $file, $zeros;
        next if $written;
        $reason = $!;
        $done   = $!{ENOSPC} || $!{EDQUOT};
        last;
    }
    $done &&= $file->sync || $!{ENOSPC};
    die { lines => ["$self->{failure}: $folder: " . ($reason =~ s/ at \S+ line .*//sr)] } if !$done;
    _say('  Prepare: 100% done.', 'Preparation for shrinking completed successfully.');
    return;
}

1;

__END__

=encoding UTF-8

=head1 NAME

VMware::Vix::Vdiskmanager - the command line of vmware-vdiskmanager, as a module

=head1 SYNOPSIS

    use VMware::Vix::Vdiskmanager;
    exit VMware::Vix::Vdiskmanager->run(\@ARGV, sub { print "usage: ...\n" });

=head1 DESCRIPTION

This module is the program L<vmware-vdiskmanager>, which describes the options. Other programs should
use L<VMware::Vix::Disk>.

=head1 METHODS

=head2 run

    $status = VMware::Vix::Vdiskmanager->run(\@arguments, \&usage);

Runs one command line and returns the exit status: 0, or 1 for a failure. Results go to standard
output, errors to standard error. For an invalid command line it prints the reason and then calls
C<usage>.

=head1 FUNCTIONS

=head2 sectors_of

    $sectors = VMware::Vix::Vdiskmanager::sectors_of('20GB');

Returns the number of sectors of 512 bytes for a capacity as the command line gives it.

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
