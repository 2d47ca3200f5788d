package VMware::Vix::Vmrun::Messages;

# The messages of vmrun for VIX codes. Programs that drive vmrun search for these phrases, so they are
# VMware's to the letter. All other messages are the library's own texts.

use 5.014;
use strict;
use warnings;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple ();

my %PHRASE = (
    VIX_E_FILE_NOT_FOUND,         'A file was not found',
    VIX_E_FILE_ALREADY_LOCKED,    'The file is already in use',
    VIX_E_NEED_KEY,               'A password is required for this operation',
    VIX_E_AUTHENTICATION_FAIL,    'Incorrect password',
    VIX_E_PROGRAM_NOT_STARTED,    'A program could not run on the guest operating system',
    VIX_E_VM_NOT_RUNNING,         'The virtual machine is not powered on: %s',
    VIX_E_VM_IS_RUNNING,          'The virtual machine should not be powered on. It is already running.',
    VIX_E_HOST_USER_PERMISSIONS,  'Insufficient permissions in the host operating system',
    VIX_E_GUEST_USER_PERMISSIONS, 'Invalid user name or password for the guest OS',
    VIX_E_TOOLS_NOT_RUNNING,      'The VMware Tools are not running in the virtual machine: %s',
    VIX_E_VM_NOT_FOUND,           'The virtual machine cannot be found',
    VIX_E_CANNOT_READ_VM_CONFIG,  'Cannot read the virtual machine configuration file',
    VIX_E_SNAPSHOT_NOTFOUND,      'The snapshot does not exist',
    map { $_ => 'The specified guest user must be logged in interactively to perform this operation' }
        VIX_E_LOGIN_TYPE_NOT_SUPPORTED,
    VIX_E_INTERACTIVE_SESSION_NOT_PRESENT,
);

# Call it right after the call that returned the code, before another call replaces the detail.
sub text_of {
    my ($err, $vmx) = @_;
    my $phrase = $PHRASE{$err} // return VMware::Vix::Simple::GetErrorText($err);
    return $phrase if $phrase !~ /%s/;
    return defined $vmx ? sprintf $phrase, $vmx : $phrase =~ s/: %s//r;
}

1;

__END__

=encoding UTF-8

=head1 NAME

VMware::Vix::Vmrun::Messages - the messages of vmrun for calls that fail

=head1 DESCRIPTION

A part of L<VMware::Vix::Vmrun>.

=head1 FUNCTIONS

=head2 text_of

    $text = VMware::Vix::Vmrun::Messages::text_of($err, $vmx);

Returns the message for a VIX code: VMware's phrase if programs search for it, else the text of
GetErrorText.

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
