package VMware::Vix::API::Job;

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

VMware::Vix::API::Job - waiting for calls, their results, callbacks and cancelling

=head1 SYNOPSIS

    use VMware::Vix::API::API;
    use VMware::Vix::API::Constants;
    use VMware::Vix::API::Job;
    use VMware::Vix::API::VM;

    my $job = VMware::Vix::API::VM::Clone($vm, VIX_INVALID_HANDLE, VIX_CLONETYPE_FULL,
        '/srv/vms/web2/web2.vmx', 0, VIX_INVALID_HANDLE, sub {
            my ($handle, $event, $info, $data, $percent) = @_;
            print "$percent percent of $data\n" if $event == VIX_EVENTTYPE_JOB_PROGRESS;
        }, 'web2');

    my ($err, $clone) = VMware::Vix::API::Job::Wait($job, VIX_PROPERTY_JOB_RESULT_HANDLE);
    VMware::Vix::API::API::ReleaseHandle($job);

=head1 DESCRIPTION

A job is a call that was started: see L<VMware::Vix::API::VM> and L<VMware::Vix::API::Host>. The
functions have the names of VMware's C<VixJob_...> functions. WaitTimeout was seen in scripts for
VMware's Perl binding. Cancel is an addition of this library. L<VMware::Vix::Choices/SOURCES> lists
the source of each rule.

All functions check their handle:

    VIX_E_INVALID_HANDLE (1000)                the handle has ended or is 0
    VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE (1001)  the handle is not a job

=head2 Properties

Each job that has ended has these properties:

    VIX_PROPERTY_JOB_RESULT_ERROR_CODE        the error code of the call
    VIX_PROPERTY_JOB_RESULT_EXTRA_ERROR_INFO  the detail: which file failed, and where; '' if
                                              there is none

It also has the properties of its result; the section of each call names them. GetProperties reads
all of them too.

VIX_PROPERTY_JOB_RESULT_HANDLE is a handle that the caller has to release, B<once for each time that
it is read>.

Errors:

    VIX_E_UNFINISHED_JOB (29)           the job has not ended
    VIX_E_UNRECOGNIZED_PROPERTY (6000)  the job has no such property

=head1 CALLBACKS

    $callback->($handle, $eventType, $moreEventInfo, $clientData, $percent, $done, $total);

The callback of a job is called for its events:

    VIX_EVENTTYPE_JOB_PROGRESS   the percentage has grown; at most twenty times a second
    VIX_EVENTTYPE_FIND_ITEM      a virtual machine was found
    VIX_EVENTTYPE_JOB_COMPLETED  the job has ended; the last event, exactly once

Arguments:

    $handle         handle   the job; it stays valid until the last event, even if it was
                             released
    $eventType      integer  VIX_EVENTTYPE_*
    $moreEventInfo  handle   with VIX_EVENTTYPE_FIND_ITEM a property list with
                             VIX_PROPERTY_FOUND_ITEM_LOCATION, valid while the callback runs
    $clientData     any      the last argument of the call
    $percent        integer  with progress only: 0 to 100
    $done, $total   integer  with progress only: bytes

In C a callback runs in any thread. Here it runs in the interpreter (the Perl thread) that started
the job. It runs only while this interpreter is in Wait, WaitTimeout, CheckCompletion, PumpEvents or
a waiting function of L<VMware::Vix::Simple>, for any job.

If a callback dies, Perl prints a warning, and everything else continues. If a callback itself
waits, it gets further events during its wait.

=head1 FUNCTIONS

=head2 Wait

    ($err, @values) = Wait($jobHandle, $propertyID, ...);

Waits until the job ends. Returns the job's error and the values of the properties. If the call
failed, properties that the job does not have are undef.

Signal handlers run during the wait. A handler that dies ends the wait, but not the job.

=head2 WaitTimeout

    ($complete, $err, $seconds) = WaitTimeout($jobHandle, $timeoutInSeconds);

Waits until the job ends, but not longer than the timeout.

    $timeoutInSeconds  seconds, with fractions; 0 only checks
    $complete          1 if the job has ended; also 1 for a handle that has ended
    $err               the job's error; 0 if the job has not ended
    $seconds           how long the call waited

=head2 CheckCompletion

    ($err, $complete) = CheckCompletion($jobHandle);

Returns 1 as $complete if the job has ended, otherwise 0. $err is the error of this call, not of the
job.

=head2 GetError

    $err = GetError($jobHandle);

Returns the job's error, or VIX_E_UNFINISHED_JOB (29) before the job ends.

=head2 GetNumProperties

    $count = GetNumProperties($jobHandle, $propertyID);

Returns how many values of this property the result has: in a list, one for each item. Returns 0 for
a property that the result does not have, and on every failure.

=head2 GetNthProperties

    ($err, @values) = GetNthProperties($jobHandle, $index, $propertyID, ...);

Returns the properties of one item. $index is 0 for the first item.

Errors:

    VIX_E_INVALID_ARG (3)               $index is negative
    VIX_E_UNRECOGNIZED_PROPERTY (6000)  $index is beyond the last item

=head2 Cancel

    $err = Cancel($jobHandle);

Cancels the job. The job undoes what it did, and ends as soon as it can with VIX_E_CANCELLED (10).
The call does not wait for that.

A job that can no longer be undone completes instead: a deletion, for example, after its first file.
Cancelling a job that has ended has no effect and is no error.

=head1 THREADS AND PROCESSES

Jobs belong to the process, and each Perl thread can wait for each job.

After a fork the jobs continue in the parent. In the child they have ended with VIX_E_CANCELLED, and
nothing is undone there. The child can start new jobs.

When a process exits, its jobs are cancelled. The process waits up to ten seconds for them, so that
they can undo what they did.

=head1 SEE ALSO

L<VMware::Vix::Simple>, L<VMware::Vix::API::VM>, L<VMware::Vix::API::Constants>

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
