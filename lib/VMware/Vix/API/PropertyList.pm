package VMware::Vix::API::PropertyList;

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

VMware::Vix::API::PropertyList - property lists, under the names of the C functions

=head1 SYNOPSIS

    use VMware::Vix::API::PropertyList;
    use VMware::Vix::API::Constants;
    my ($err, $list) = VMware::Vix::API::PropertyList::AllocPropertyList($host,
        VIX_PROPERTY_VM_ENCRYPTION_PASSWORD, 'secret', VIX_PROPERTY_NONE);

=head1 FUNCTIONS

=head2 AllocPropertyList

    ($err, $propertyListHandle) = AllocPropertyList($hostHandle, $propertyID, $value, ...,
                                                    VIX_PROPERTY_NONE);

The same as L<VMware::Vix::Simple/AllocPropertyList>. It starts no job.

=head1 SEE ALSO

L<VMware::Vix::Simple>, L<VMware::Vix::API::Job>, L<VMware::Vix::API::Constants>

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
