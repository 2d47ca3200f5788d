package VMware::Vix::API::Snapshot;

use 5.014;
use strict;
use warnings;

# The functions are compiled.
use VMware::Vix ();

our $VERSION = $VMware::Vix::VERSION;

1;

__END__

=encoding UTF-8

=head1 NAME

VMware::Vix::API::Snapshot - the snapshot tree, under the names of the C functions

=head1 SYNOPSIS

    use VMware::Vix::API::Snapshot;
    my ($err, $parent) = VMware::Vix::API::Snapshot::GetParent($snapshot);

=head1 DESCRIPTION

The functions of L<VMware::Vix::Simple> on snapshots, with the names of VMware's C<VixSnapshot_...>
functions. They return at once and start no job.

=head1 FUNCTIONS

=head2 GetNumChildren

    ($err, $count) = GetNumChildren($snapshotHandle);

The same as L<VMware::Vix::Simple/SnapshotGetNumChildren>.

=head2 GetChild

    ($err, $childHandle) = GetChild($snapshotHandle, $index);

The same as L<VMware::Vix::Simple/SnapshotGetChild>.

=head2 GetParent

    ($err, $parentHandle) = GetParent($snapshotHandle);

The same as L<VMware::Vix::Simple/SnapshotGetParent>.

=head1 SEE ALSO

L<VMware::Vix::Simple>, L<VMware::Vix::API::Job>, L<VMware::Vix::API::Constants>

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
