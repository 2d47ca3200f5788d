# Makes a linked clone of a named snapshot. Takes the snapshot first if there is none with that name.

use strict;
use warnings;

use File::Spec ();
use Getopt::Long;
use Pod::Usage;

use VMware::Vix::Simple;
use VMware::Vix::API::Constants;

GetOptions('help' => \my $help) or pod2usage(2);
pod2usage(-exitval => 0, -verbose => 2, -noperldoc => 1) if $help;
pod2usage(2) if @ARGV != 3;
my ($source, $name, $destination) = @ARGV;

# GetErrorText returns what the code means, which file failed, and why.
sub check {
    my ($what, $err) = @_;
    return if $err == VIX_OK;
    my $text = GetErrorText($err);
    utf8::encode($text) if utf8::is_utf8($text);
    die "linked-clone.pl: $what: error $err: $text\n";
}

my ($err, $host) = HostConnect(VIX_API_VERSION, VIX_SERVICEPROVIDER_VMWARE_WORKSTATION,
    undef, 0, undef, undef, 0, VIX_INVALID_HANDLE);
check('connecting', $err);

($err, my $vm) = VMOpen($host, $source);
check("opening $source", $err);

($err, my $snapshot) = VMGetNamedSnapshot($vm, $name);
if ($err == VIX_E_SNAPSHOT_NOTFOUND && $name !~ m{[/\\]}) {
    ($err, $snapshot)
        = VMCreateSnapshot($vm, $name, 'Base of linked clones.', 0, VIX_INVALID_HANDLE);
    check("taking the snapshot $name of $source", $err);
    print "Took the snapshot $name.\n";
}
check("finding the snapshot $name of $source", $err);

# VMClone needs an absolute path; C:\... is one, too.
$destination = File::Spec->rel2abs($destination) if $destination !~ /\A[A-Za-z]:[\\\/]/;
($err, my $clone)
    = VMClone($vm, $snapshot, VIX_CLONETYPE_LINKED, $destination, 0, VIX_INVALID_HANDLE);
check("cloning $source to $destination", $err);
print "$destination is a linked clone.\n";

HostDisconnect($host);

__END__

=encoding UTF-8

=head1 NAME

linked-clone.pl - make a linked clone of a named snapshot

=head1 SYNOPSIS

    perl linked-clone.pl SOURCE.vmx SNAPSHOT DESTINATION.vmx

    perl linked-clone.pl /srv/vms/golden/golden.vmx base /srv/vms/web1/web1.vmx

=head1 DESCRIPTION

Makes DESTINATION.vmx, a linked clone of the virtual machine SOURCE.vmx as it was when SNAPSHOT was
taken. The folder of DESTINATION.vmx need not exist.

If no snapshot has that name, the script takes one; the virtual machine must be off for that.
SNAPSHOT may also be the path of a snapshot that exists: names joined by C</>.

The clone's disks hold only what the clone has changed. The rest comes from the source, which must
keep its path.

With one named snapshot for all clones, every clone starts from the same state. The source then has
only this snapshot instead of one for each clone.

=cut
