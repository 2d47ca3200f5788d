package VMware::Vix::API::API;

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

VMware::Vix::API::API - handles, properties and errors, under the names of the C functions

=head1 SYNOPSIS

    use VMware::Vix::API::API;
    use VMware::Vix::API::Constants;
    my ($err, $type) = VMware::Vix::API::API::GetPropertyType($vm, VIX_PROPERTY_VM_NAME);
    VMware::Vix::API::API::ReleaseHandle($job);

=head1 DESCRIPTION

The functions have the names of VMware's C<Vix_...> functions. They return at once and start no job.

=head1 FUNCTIONS

=head2 GetProperties

    ($err, @values) = GetProperties($handle, $propertyID, ...);

The same as L<VMware::Vix::Simple/GetProperties>.

=head2 GetPropertyType

    ($err, $type) = GetPropertyType($handle, $propertyID);

Returns the type of a property of this handle:

    VIX_PROPERTYTYPE_INTEGER  an integer of 32 bits
    VIX_PROPERTYTYPE_INT64    an integer of 64 bits
    VIX_PROPERTYTYPE_BOOL     a boolean
    VIX_PROPERTYTYPE_STRING   text
    VIX_PROPERTYTYPE_BLOB     bytes
    VIX_PROPERTYTYPE_HANDLE   a handle
    VIX_PROPERTYTYPE_ANY      the call failed

Errors:

    VIX_E_INVALID_HANDLE (1000)         the handle has ended or is 0
    VIX_E_UNRECOGNIZED_PROPERTY (6000)  handles of this kind have no such property, or it was
                                        not put into the property list

=head2 GetHandleType

    $type = GetHandleType($handle);

The same as L<VMware::Vix::Simple/GetHandleType>.

=head2 AddRefHandle

    AddRefHandle($handle);

Adds one reference to the handle, which needs one more ReleaseHandle. Returns nothing. Does nothing
for a handle that has ended or is 0.

=head2 ReleaseHandle

    ReleaseHandle($handle);

The same as L<VMware::Vix::Simple/ReleaseHandle>.

=head2 GetErrorText

    $text = GetErrorText($err, $locale);

The same as L<VMware::Vix::Simple/GetErrorText>. $locale may be left out and is not used: the text
is always English.

=head2 FreeBuffer

    FreeBuffer($buffer);

Does nothing, because Perl frees its values itself. It exists for scripts that follow a C program.

=head2 PumpEvents

    PumpEvents($hostHandle, $options);

Calls the callbacks that wait in this interpreter, and returns without waiting for more. See
L<VMware::Vix::API::Job/CALLBACKS>.

Arguments:

    $hostHandle  handle  not used
    $options     flags   not used: VIX_PUMPEVENTOPTION_NONE

=head1 SEE ALSO

L<VMware::Vix::Simple>, L<VMware::Vix::API::Job>, L<VMware::Vix::API::Constants>

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
