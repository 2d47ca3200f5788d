package VMware::Vix::API::Host;

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

VMware::Vix::API::Host - calls on a host that do not wait

=head1 SYNOPSIS

    use VMware::Vix::API::Host;
    use VMware::Vix::API::Job;
    use VMware::Vix::API::Constants;

    my $job = VMware::Vix::API::Host::FindItems($host, VIX_FIND_RUNNING_VMS, VIX_INVALID_HANDLE, -1);
    my ($err) = VMware::Vix::API::Job::Wait($job);

=head1 DESCRIPTION

Each sub starts the call, gives the handle of its job at once, and never fails: what is wrong with the
arguments, the job tells. Only when memory or handles are used up it gives VIX_INVALID_HANDLE. The
caller releases the job's handle, before its end if it likes: the job goes on. L<VMware::Vix::API::Job>
tells how to wait and where the results are; the arguments, errors and the meaning of each call are
those of the function of L<VMware::Vix::Simple> that stands beside it.

The last two arguments may be left out. $callback is code or undef; $clientData is any value, and is
passed to it. See L<VMware::Vix::API::Job/CALLBACKS>. A wrong number of arguments, or a callback that
is no code, dies.

The names and the order of arguments are those of VMware's C functions, C<VixHost_...>.

=head1 FUNCTIONS

=head2 Connect

    $job = Connect($apiVersion, $hostType, $hostName, $hostPort, $userName, $password,
            $options, $propertyListHandle, $callback, $clientData);

L<VMware::Vix::Simple/HostConnect>. Its job has VIX_PROPERTY_JOB_RESULT_HANDLE.

=head2 OpenVM

    $job = OpenVM($hostHandle, $vmxFilePathName, $options, $propertyListHandle, $callback,
            $clientData);

L<VMware::Vix::Simple/HostOpenVM>. Its job has VIX_PROPERTY_JOB_RESULT_HANDLE.

=head2 RegisterVM

    $job = RegisterVM($hostHandle, $vmxFilePath, $callback, $clientData);

L<VMware::Vix::Simple/RegisterVM>.

=head2 UnregisterVM

    $job = UnregisterVM($hostHandle, $vmxFilePath, $callback, $clientData);

L<VMware::Vix::Simple/UnregisterVM>.

=head2 FindItems

    $job = FindItems($hostHandle, $searchType, $searchCriteria, $timeoutInSeconds,
            $callback, $clientData);

L<VMware::Vix::Simple/FindItems>. $searchCriteria must be VIX_INVALID_HANDLE, else it is
VIX_E_INVALID_ARG (3). Each virtual machine is an event VIX_EVENTTYPE_FIND_ITEM, and an item of the
job's result with VIX_PROPERTY_FOUND_ITEM_LOCATION.

=head2 Disconnect

    Disconnect($hostHandle);

L<VMware::Vix::Simple/HostDisconnect>. Starts no job. Jobs that run come to their end; the handles
among their results are dead then.

=head1 SEE ALSO

L<VMware::Vix::Simple>, L<VMware::Vix::API::Job>, L<VMware::Vix::API::Constants>

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
