package VMware::Vix::API::API;

use 5.014;
use strict;
use warnings;

# Its subs are compiled.
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

Subs that are named after VMware's C<Vix_...>. They answer at once and start no job.

=head1 FUNCTIONS

=head2 GetProperties

    ($err, @values) = GetProperties($handle, $propertyID, ...);

L<VMware::Vix::Simple/GetProperties>.

=head2 GetPropertyType

    ($err, $type) = GetPropertyType($handle, $propertyID);

The type that the property has: VIX_PROPERTYTYPE_INTEGER, VIX_PROPERTYTYPE_INT64,
VIX_PROPERTYTYPE_BOOL, VIX_PROPERTYTYPE_STRING, VIX_PROPERTYTYPE_BLOB or VIX_PROPERTYTYPE_HANDLE. On
failure it is VIX_PROPERTYTYPE_ANY. VIX_E_UNRECOGNIZED_PROPERTY (6000) when handles of this kind have
no such property, or a property list none that was put into it; VIX_E_INVALID_HANDLE (1000).

=head2 GetHandleType

    $type = GetHandleType($handle);

L<VMware::Vix::Simple/GetHandleType>.

=head2 AddRefHandle

    AddRefHandle($handle);

One more reference, which takes one more ReleaseHandle. Returns nothing; does nothing for a handle that
is dead or 0.

=head2 ReleaseHandle

    ReleaseHandle($handle);

L<VMware::Vix::Simple/ReleaseHandle>.

=head2 GetErrorText

    $text = GetErrorText($err, $locale);

L<VMware::Vix::Simple/GetErrorText>. The text is English whatever $locale is, which may be left out.

=head2 FreeBuffer

    FreeBuffer($buffer);

Does nothing: Perl frees its values itself. It is here for scripts that were written after a C program.

=head2 PumpEvents

    PumpEvents($hostHandle, $options);

Calls the callbacks that wait in this interpreter; see L<VMware::Vix::API::Job/CALLBACKS>. Does not
wait for others. $hostHandle is not looked at, $options is VIX_PUMPEVENTOPTION_NONE.

=head1 SEE ALSO

L<VMware::Vix::Simple>, L<VMware::Vix::API::Job>, L<VMware::Vix::API::Constants>

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
