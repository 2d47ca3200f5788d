package VMware::Vix::API::Host;

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

VMware::Vix::API::Host - calls on a host that do not wait

=head1 SYNOPSIS

    use VMware::Vix::API::Host;
    use VMware::Vix::API::Job;
    use VMware::Vix::API::Constants;

    my $job = VMware::Vix::API::Host::FindItems($host, VIX_FIND_RUNNING_VMS, VIX_INVALID_HANDLE, -1);
    my ($err) = VMware::Vix::API::Job::Wait($job);

=head1 DESCRIPTION

Each function starts a call and returns the handle of its job at once. It never fails: even a call
with a wrong argument gets a job, and the job reports the error. Only if memory or handle numbers
are used up, the function returns VIX_INVALID_HANDLE.

The caller releases the job's handle. This is allowed before the job ends; the job continues.
L<VMware::Vix::API::Job> says how to wait and how to read the results.

Each section names the function of L<VMware::Vix::Simple> that does the same, with its arguments and
errors. Two arguments come last and may be left out:

    $callback    code  called for the job's events, see "CALLBACKS" in VMware::Vix::API::Job;
                       undef for none
    $clientData  any   passed to the callback

A function dies if the number of arguments is wrong, or if the callback is not code. Names and order
of the arguments are those of VMware's C functions, C<VixHost_...>.

=head1 FUNCTIONS

=head2 Connect

    $job = Connect($apiVersion, $hostType, $hostName, $hostPort, $userName, $password,
            $options, $propertyListHandle, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/HostConnect>. Its job has VIX_PROPERTY_JOB_RESULT_HANDLE.

=head2 OpenVM

    $job = OpenVM($hostHandle, $vmxFilePathName, $options, $propertyListHandle, $callback,
            $clientData);

Does the same as L<VMware::Vix::Simple/HostOpenVM>. Its job has VIX_PROPERTY_JOB_RESULT_HANDLE.

=head2 RegisterVM

    $job = RegisterVM($hostHandle, $vmxFilePath, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/RegisterVM>.

=head2 UnregisterVM

    $job = UnregisterVM($hostHandle, $vmxFilePath, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/UnregisterVM>.

=head2 FindItems

    $job = FindItems($hostHandle, $searchType, $searchCriteria, $timeoutInSeconds,
            $callback, $clientData);

Does the same as L<VMware::Vix::Simple/FindItems>. $searchCriteria must be VIX_INVALID_HANDLE;
another value returns VIX_E_INVALID_ARG (3).

Each virtual machine is an event VIX_EVENTTYPE_FIND_ITEM. It is also an item of the job's result,
with VIX_PROPERTY_FOUND_ITEM_LOCATION.

=head2 Disconnect

    Disconnect($hostHandle);

Does the same as L<VMware::Vix::Simple/HostDisconnect>. It starts no job. Running jobs run to their
end, and the handles among their results have then ended.

=head1 SEE ALSO

L<VMware::Vix::Simple>, L<VMware::Vix::API::Job>, L<VMware::Vix::API::Constants>

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
