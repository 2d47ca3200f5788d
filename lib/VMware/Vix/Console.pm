package VMware::Vix::Console;

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

VMware::Vix::Console - the keyboard of a running virtual machine

=head1 SYNOPSIS

    use VMware::Vix::Console;
    use VMware::Vix::Simple;

    my ($err) = VMware::Vix::Console::Type($vm, "root\n");
    die GetErrorText($err), ': ', VMware::Vix::last_error_detail(), "\n" if $err != VIX_OK;

=head1 DESCRIPTION

The functions do what somebody in front of the virtual machine could do by hand. They are what L<vmrun>'s
C<typeKeystrokesInGuest> does. They are not part of VMware's VIX API, and nothing is exported. The guest
needs no tools, and nobody has to log in.

Each function waits until its work is done, and returns the error code; VIX_OK (0) means success.
C<VMware::Vix::last_error_detail()> returns the reason of a failure. While a function waits, signals,
progress and cancelling work as in L<VMware::Vix::Simple/While a call waits>.

=head1 FUNCTIONS

=head2 Type

    ($err) = VMware::Vix::Console::Type($vmHandle, $text);

Types a text on the virtual machine's keyboard, about 15 characters a second.

    $text  text  printable characters of US-ASCII, \n, \t, \b and \e

The keyboard is one of the United States. A guest with another layout reads other characters, and a
guest whose caps lock is on reads them in the other case. A line end (\n, \r\n or \r) is the enter key;
tab, backspace and escape are theirs. Whether a program in the guest reads the keys is unknown. A
paused guest reads few of them, when it continues.

    VIX_E_INVALID_ARG (3)              a character that this keyboard does not have; nothing was
                                       typed
    VIX_E_VM_NOT_RUNNING (3006)        the virtual machine is off or suspended
    VIX_E_CANNOT_CONNECT_TO_VM (3008)  another product runs it

=head1 SEE ALSO

L<VMware::Vix::Simple>, L<vmrun>

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
