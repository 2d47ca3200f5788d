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

=head1 SYNOPSIS

    use VMware::Vix::Simple;
    use VMware::Vix::API::Constants;

    my ($err, $vm) = VMOpen($host, $vmx);
    if ($err != VIX_OK) {
        print GetErrorText($err), "\n";
        print VMware::Vix::last_error_detail(), "\n";
    }

=head1 DESCRIPTION

An open drop-in for the Perl binding of VMware's VIX API. It works on the files of virtual machines
(.vmx, .vmsd, .vmsn, .vmdk) themselves, on Linux; no VMware product is installed or needed. This
module loads the compiled part and holds the version of the distribution; the calls are in others:

=over 4

=item L<VMware::Vix::Tutorial>

From nothing to linked clones: read this first.

=item L<VMware::Vix::Simple>

The calls: the manual.

=item L<VMware::Vix::Guest>

What a guest needs so that scripts can work in it, and who may do what there.

=item L<VMware::Vix::Settings>

What can be set, and how paths are read.

=item L<VMware::Vix::Choices>

What VMware's reference leaves open, and what this library does.

=item L<VMware::Vix::Differences>

For those who know VMware's VIX.

=item L<vmrun>, L<VMware::Vix::Vmrun>

The command line, and the module behind it.

=item L<VMware::Vix::API::VM>, L<VMware::Vix::API::Host>, L<VMware::Vix::API::Job>

The same calls without waiting: jobs, their results, callbacks, cancelling.

=item L<VMware::Vix::API::API>, L<VMware::Vix::API::Snapshot>, L<VMware::Vix::API::PropertyList>

The rest of the C functions under their own names.

=item L<VMware::Vix::API::Constants>

The constants.

=item L<VMware::Vix::API::Errors>

The error codes and their texts.

=back

=head1 FUNCTIONS

=head2 last_error_detail

    $detail = VMware::Vix::last_error_detail();

What exactly went wrong in the last call of this thread that failed: which file, where in it, what
was found. GetErrorText puts it behind the text of the code; this gives it alone, for a log or a
message of one's own. Empty when the last call that returns a code worked. Calls that return none
(ReleaseHandle, HostDisconnect, GetHandleType) leave it alone. Control characters of the names in it,
which a terminal would obey, are shown as C<?>. Not exported; not in VMware's API.

=head2 on_progress

    $before = VMware::Vix::on_progress($code);

From now on $code is called while a function of L<VMware::Vix::Simple> waits in this interpreter, with
percent, bytes done and bytes in all, each time that the percentage has grown; 100 percent means that
the call has worked. Only calls that know how much there is to do call it, as VMClone does. If it dies,
the call is cancelled, undone, and the exception goes on to whoever made the call; only at 100 percent
it is too late for that, and the clone stays. undef ends it.
Gives what was set before, or undef. Not exported; not in VMware's API.

=head2 live_handle_count

    $count = VMware::Vix::live_handle_count();

How many handles of all kinds are alive in the process: 0 when all have been released. For programs
that look for what they forgot, and for tests. Not exported; not in VMware's API.

=head1 REQUIREMENTS

Linux; Perl 5.14 or newer; to build, a C++20 compiler, CMake, Boost.Filesystem and zlib.

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
