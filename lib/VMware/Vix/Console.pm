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

VMware::Vix::Console - the keyboard and the plugs of a running virtual machine

=head1 SYNOPSIS

    use VMware::Vix::Console;
    use VMware::Vix::Simple;

    my ($err) = VMware::Vix::Console::Type($vm, "root\n");
    die GetErrorText($err), ': ', VMware::Vix::last_error_detail(), "\n" if $err != VIX_OK;

=head1 DESCRIPTION

The functions do what somebody in front of the virtual machine could do by hand. They are what L<vmrun>'s
C<typeKeystrokesInGuest>, C<connectNamedDevice> and C<disconnectNamedDevice> do. They are not part of
VMware's VIX API, and nothing is exported. The guest needs no tools, and nobody has to log in.

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

=head2 Plug

    ($err) = VMware::Vix::Console::Plug($vmHandle, $device, $connected);

Connects a device if C<$connected> is true, else disconnects it. Returns VIX_OK for a device that is so
already. The .vmx does not change: after power-off, the next start does what C<startConnected> says.
Suspending keeps the connections, and so does a snapshot with memory.

    $device     text     its name in the .vmx, in any case: ethernet0, ide1:0, sata0:1, floppy0
    $connected  boolean

A disconnected network card has no link. A disconnected CD or floppy drive is empty, even if the guest
has locked it. A connected drive has the image that the .vmx named at the start, or the host's drive.
A guest may need a second to notice it: Linux fails the first read of a new medium.

    VIX_E_NOT_SUPPORTED (6)            a device that always stays connected (a disk, a port, a sound
                                       card); a card to connect whose network does not exist
                                       (power.networkHostonly); a drive to connect without a medium
    VIX_E_OBJECT_NOT_FOUND (25)        the virtual machine runs without such a device
    VIX_E_FAIL (1)                     QEMU refuses: the image did not exist at the start
    VIX_E_VM_NOT_RUNNING (3006)        the virtual machine is off or suspended
    VIX_E_CANNOT_CONNECT_TO_VM (3008)  another product runs it

=head1 SEE ALSO

L<VMware::Vix::Simple>, L<vmrun>

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
