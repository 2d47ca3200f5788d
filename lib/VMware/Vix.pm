package VMware::Vix;

use 5.014;
use strict;
use warnings;

our $VERSION = '0.01';

require XSLoader;
XSLoader::load(__PACKAGE__, $VERSION);

1;

__END__

=encoding UTF-8

=head1 NAME

VMware::Vix - clones and snapshots of VMware virtual machines from Perl, without VMware

=head1 WHICH PAGE ANSWERS WHAT

    Question                              perldoc ...
    ------------------------------------  -----------------------------
    How do I begin?                       VMware::Vix::Tutorial
    What does a call take and return?     VMware::Vix::Simple
    What can I set? Where is C:\?         VMware::Vix::Settings
    How do scripts work in a guest?       VMware::Vix::Guest
    How do I use the command line?        vmrun
    Which constants are there?            VMware::Vix::API::Constants
    What does an error code mean?         VMware::Vix::API::Errors
    What exactly failed?                  "last_error_detail", below
    How do I show progress?               "on_progress", below
    How do I call without waiting?        VMware::Vix::API::Job
    What differs from VMware's VIX?       VMware::Vix::Differences
    How do I call it from C, Go, Python?  VMware::Vix::Libvix
    What if VMware's page is silent?      VMware::Vix::Choices

The C functions of VIX are there, too, one module for each prefix: VixVM_Open, for example, is
C<VMware::Vix::API::VM::Open>. Those that take time start a job and return without waiting for it.

    Functions that begin with             perldoc ...
    ------------------------------------  -----------------------------
    VixHost_                              VMware::Vix::API::Host
    VixVM_                                VMware::Vix::API::VM
    VixSnapshot_                          VMware::Vix::API::Snapshot
    VixJob_                               VMware::Vix::API::Job
    VixPropertyList_                      VMware::Vix::API::PropertyList
    Vix_                                  VMware::Vix::API::API

=head1 SYNOPSIS

    use strict;
    use warnings;
    use VMware::Vix::Simple;
    use VMware::Vix::API::Constants;

    my ($err, $host) = HostConnect(VIX_API_VERSION, VIX_SERVICEPROVIDER_VMWARE_WORKSTATION,
        undef, 0, undef, undef, 0, VIX_INVALID_HANDLE);
    die GetErrorText($err), "\n" if $err != VIX_OK;

    ($err, my $vm) = VMOpen($host, '/srv/vms/web/web.vmx');
    if ($err != VIX_OK) {
        print "error $err\n";
        print VMware::Vix::last_error_detail(), "\n";    # which file, and why
    }
    HostDisconnect($host);

=head1 DESCRIPTION

VMware::Vix is an open drop-in for the Perl binding of VMware's VIX API. Scripts written for that
binding run unchanged. The calls work on the files of virtual machines (.vmx, .vmsd, .vmsn, .vmdk),
on Linux. No VMware product is installed or needed.

This module loads the compiled part and holds the version of the distribution. The calls are in
L<VMware::Vix::Simple>. The three functions below are additions to VMware's API; they are not
exported.

=head1 FUNCTIONS

=head2 last_error_detail

    $detail = VMware::Vix::last_error_detail();

Returns the detail of the last call of this thread: which file failed, where in it, and what was
found there. GetErrorText appends the detail to the text of the code; this function returns it
alone, for a log or for messages of your own.

=over 4

=item *

After a call that returned VIX_OK the detail is empty, or a note. The call has worked; the note says
what it left out, kept or replaced. L<VMware::Vix::Simple> says which calls leave notes.

=item *

ReleaseHandle, HostDisconnect and GetHandleType return no error code. They do not change the detail.

=item *

Control characters in it appear as C<?>, because a terminal would obey them.

=back

=head2 on_progress

    $before = VMware::Vix::on_progress($code);

Sets the function that reports progress in this interpreter, and returns the previous one or undef.
C<on_progress(undef)> ends the reports.

While a function of L<VMware::Vix::Simple> waits, it calls

    $code->($percent, $bytes_done, $bytes_total)

each time the percentage has grown. 100 percent means that the call has worked. Only calls that know
how much they have to do report progress; VMClone does.

If $code dies, the call is cancelled and undone, and the exception passes to the caller of the call.
At 100 percent it is too late to cancel: the exception passes, and the clone stays.

=head2 live_handle_count

    $count = VMware::Vix::live_handle_count();

Returns how many handles of all kinds are alive in the process. It returns 0 when all have been
released. Tests and programs use it to find handles that they forgot to release.

=head1 REQUIREMENTS

Linux and Perl 5.14 or newer. To build:

    a C++20 compiler          GCC or Clang
    make
    CMake                     3.18 or newer
    the headers of Perl
    Boost.Filesystem          1.74 or newer
    nlohmann-json             3.7 or newer
    zlib
    libpng
    libxml2
    libcrypt
    the headers of libvirt
    libdeflate                not required: compressed disks are read faster

C<perl Makefile.PL> names each missing one with its package on Debian, Fedora, Arch Linux and
openSUSE. On Debian C<dev/setup build> installs them.

libvirt itself and QEMU are needed only by the calls that run virtual machines. They are loaded when
such a call is made, and all others work without them. On Debian C<dev/setup power> installs both.

=head1 SEE ALSO

L<VMware::Vix::Tutorial>, L<VMware::Vix::Simple>, L<VMware::Vix::Guest>, L<VMware::Vix::Settings>,
L<VMware::Vix::Choices>, L<VMware::Vix::Differences>, L<VMware::Vix::Libvix>, L<vmrun>,
L<VMware::Vix::Vmrun>

L<VMware::Vix::API::API>, L<VMware::Vix::API::Constants>, L<VMware::Vix::API::Errors>,
L<VMware::Vix::API::Host>, L<VMware::Vix::API::Job>, L<VMware::Vix::API::PropertyList>,
L<VMware::Vix::API::Snapshot>, L<VMware::Vix::API::VM>

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
