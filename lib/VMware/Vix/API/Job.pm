package VMware::Vix::API::Job;

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

A job is a call that was started: see L<VMware::Vix::API::VM> and L<VMware::Vix::API::Host>. The subs
are named after VMware's C<VixJob_...>; WaitTimeout was in VMware's Perl binding, too (seen), and
Cancel is ours. What is no job is VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE (1001), a dead handle
VIX_E_INVALID_HANDLE (1000), in all of them.

=head2 Properties

Those of every job that has ended:

    VIX_PROPERTY_JOB_RESULT_ERROR_CODE          how the call ended
    VIX_PROPERTY_JOB_RESULT_EXTRA_ERROR_INFO    the detail of its failure: which file, where; '' if none

and those that its result has, which stand beside each call. VIX_PROPERTY_JOB_RESULT_HANDLE is a
handle that the caller has to release, B<each time that it is read>. Before the end all are
VIX_E_UNFINISHED_JOB (29), others that the job does not have VIX_E_UNRECOGNIZED_PROPERTY (6000).
GetProperties reads them, too.

=head1 CALLBACKS

    $callback->($handle, $eventType, $moreEventInfo, $clientData, $percent, $done, $total);

A callback is called for the events of its job: VIX_EVENTTYPE_JOB_PROGRESS, at most twenty times in a
second and when the percentage has grown; VIX_EVENTTYPE_FIND_ITEM, with VIX_PROPERTY_FOUND_ITEM_LOCATION
in the property list $moreEventInfo, for as long as the callback runs; and VIX_EVENTTYPE_JOB_COMPLETED
last, exactly once. $handle is the job, which lives until then even if it was released. The last
three arguments are there with progress only: percent, and bytes.

In C a callback runs in any thread. Here it runs in the interpreter (the Perl thread) that started the
job, and only while that is in Wait, WaitTimeout, CheckCompletion, PumpEvents or any function of
L<VMware::Vix::Simple> that waits, for whichever job (ours). A callback that dies is a warning, and all
else goes on (ours). One that waits itself gets further events within.

=head1 FUNCTIONS

=head2 Wait

    ($err, @values) = Wait($jobHandle, $propertyID, ...);

Waits for the end of the job, gives its error and the properties asked for (page). When the call
failed, those that the job has not are undef. Signal handlers run meanwhile; one that dies ends the
wait, not the job.

=head2 WaitTimeout

    ($complete, $err, $seconds) = WaitTimeout($jobHandle, $timeoutInSeconds);

Waits no longer than that; fractions of a second are fine, and 0 just looks. $complete is 1 if the job
has ended, and $err then its error; else both are 0. $seconds is how long it waited. For a dead handle
$complete is 1, for there is nothing to wait for.

=head2 CheckCompletion

    ($err, $complete) = CheckCompletion($jobHandle);

Whether the job has ended (page). $err is that of this call, not the job's.

=head2 GetError

    $err = GetError($jobHandle);

The job's error (page); VIX_E_UNFINISHED_JOB (29) before its end (ours).

=head2 GetNumProperties

    $count = GetNumProperties($jobHandle, $propertyID);

How many values of this property the result has: for lists, one for each item (page). 0 for what it
does not have, and on every failure.

=head2 GetNthProperties

    ($err, @values) = GetNthProperties($jobHandle, $index, $propertyID, ...);

The properties of one item, by its index from 0 (page). Beyond the last it is
VIX_E_UNRECOGNIZED_PROPERTY (6000) (seen), below 0 VIX_E_INVALID_ARG (3) (ours).

=head2 Cancel

    $err = Cancel($jobHandle);

The job ends as soon as it can with VIX_E_CANCELLED (10), and has undone all that it did: wait for it.
It may still end well, when it is past the point where it can be undone, as a deletion after the first
file. One that has ended stays as it is, which is no error.

=head1 THREADS AND PROCESSES

Jobs belong to the process: each Perl thread can wait for each of them. After a fork the parent goes on
with its jobs; in the child they have ended with VIX_E_CANCELLED, nothing of theirs is undone there,
and it can start others. When a process exits, its jobs are cancelled, and waited for up to ten
seconds, so that they can undo what they did.

=head1 SEE ALSO

L<VMware::Vix::Simple>, L<VMware::Vix::API::VM>, L<VMware::Vix::API::Constants>

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
