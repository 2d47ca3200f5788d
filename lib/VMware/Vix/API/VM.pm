package VMware::Vix::API::VM;

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

VMware::Vix::API::VM - calls on virtual machines that do not wait

=head1 SYNOPSIS

    use VMware::Vix::API::VM;
    use VMware::Vix::API::Job;
    use VMware::Vix::API::API;
    use VMware::Vix::API::Constants;

    my @jobs = map {
        VMware::Vix::API::VM::Clone($vm, VIX_INVALID_HANDLE, VIX_CLONETYPE_FULL,
            "/srv/vms/web$_/web$_.vmx", 0, VIX_INVALID_HANDLE);
    } 1 .. 3;
    for my $job (@jobs) {
        my ($err, $clone) =
            VMware::Vix::API::Job::Wait($job, VIX_PROPERTY_JOB_RESULT_HANDLE);
        VMware::Vix::API::API::ReleaseHandle($job);
    }

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
of the arguments are those of VMware's C functions, C<VixVM_...>.

Jobs on the same virtual machine run one at a time, in the order in which they were started. Other
jobs run at the same time, up to 64.

=head1 FUNCTIONS

=head2 Open

    $job = Open($hostHandle, $vmxFilePathName, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMOpen>. Its job has VIX_PROPERTY_JOB_RESULT_HANDLE.

=head2 Clone

    $job = Clone($vmHandle, $snapshotHandle, $cloneType, $destConfigPathName, $options,
            $propertyListHandle, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMClone>. Its job has VIX_PROPERTY_JOB_RESULT_HANDLE.

=head2 Delete

    $job = Delete($vmHandle, $deleteOptions, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMDelete>.

=head2 PowerOn

    $job = PowerOn($vmHandle, $powerOnOptions, $propertyListHandle, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMPowerOn>.

=head2 PowerOff

    $job = PowerOff($vmHandle, $powerOffOptions, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMPowerOff>.

=head2 Reset

    $job = Reset($vmHandle, $resetOptions, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMReset>.

=head2 Suspend

    $job = Suspend($vmHandle, $suspendOptions, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMSuspend>.

=head2 Pause

    $job = Pause($vmHandle, $options, $propertyListHandle, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMPause>.

=head2 Unpause

    $job = Unpause($vmHandle, $options, $propertyListHandle, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMUnpause>.

=head2 CreateSnapshot

    $job = CreateSnapshot($vmHandle, $name, $description, $options, $propertyListHandle,
            $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMCreateSnapshot>. Its job has
VIX_PROPERTY_JOB_RESULT_HANDLE.

=head2 RemoveSnapshot

    $job = RemoveSnapshot($vmHandle, $snapshotHandle, $options, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMRemoveSnapshot>.

=head2 RevertToSnapshot

    $job = RevertToSnapshot($vmHandle, $snapshotHandle, $options, $propertyListHandle,
            $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMRevertToSnapshot>.

=head2 ReadVariable

    $job = ReadVariable($vmHandle, $variableType, $name, $options, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMReadVariable>. Its job has
VIX_PROPERTY_JOB_RESULT_VM_VARIABLE_STRING.

=head2 WriteVariable

    $job = WriteVariable($vmHandle, $variableType, $name, $value, $options, $callback,
            $clientData);

Does the same as L<VMware::Vix::Simple/VMWriteVariable>.

=head2 UpgradeVirtualHardware

    $job = UpgradeVirtualHardware($vmHandle, $options, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMUpgradeVirtualHardware>.

=head2 EnableSharedFolders

    $job = EnableSharedFolders($vmHandle, $enabled, $options, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMEnableSharedFolders>.

=head2 GetNumSharedFolders

    $job = GetNumSharedFolders($vmHandle, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMGetNumSharedFolders>. Its job has
VIX_PROPERTY_JOB_RESULT_SHARED_FOLDER_COUNT.

=head2 GetSharedFolderState

    $job = GetSharedFolderState($vmHandle, $index, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMGetSharedFolderState>. Its job has
VIX_PROPERTY_JOB_RESULT_SHARED_FOLDER_FLAGS, VIX_PROPERTY_JOB_RESULT_ITEM_NAME and
VIX_PROPERTY_JOB_RESULT_SHARED_FOLDER_HOST.

=head2 SetSharedFolderState

    $job = SetSharedFolderState($vmHandle, $shareName, $hostPathName, $flags, $callback,
            $clientData);

Does the same as L<VMware::Vix::Simple/VMSetSharedFolderState>.

=head2 AddSharedFolder

    $job = AddSharedFolder($vmHandle, $shareName, $hostPathName, $flags, $callback,
            $clientData);

Does the same as L<VMware::Vix::Simple/VMAddSharedFolder>.

=head2 RemoveSharedFolder

    $job = RemoveSharedFolder($vmHandle, $shareName, $flags, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMRemoveSharedFolder>.

=head2 InstallTools

    $job = InstallTools($vmHandle, $options, $commandLineArgs, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMInstallTools>.

=head2 WaitForToolsInGuest

    $job = WaitForToolsInGuest($vmHandle, $timeoutInSeconds, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMWaitForToolsInGuest>.

=head2 LoginInGuest

    $job = LoginInGuest($vmHandle, $userName, $password, $options, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMLoginInGuest>.

=head2 LogoutFromGuest

    $job = LogoutFromGuest($vmHandle, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMLogoutFromGuest>.

=head2 RunProgramInGuest

    $job = RunProgramInGuest($vmHandle, $guestProgramName, $commandLineArgs, $options,
            $propertyListHandle, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMRunProgramInGuest>. Its job has
VIX_PROPERTY_JOB_RESULT_PROCESS_ID, VIX_PROPERTY_JOB_RESULT_GUEST_PROGRAM_ELAPSED_TIME and
VIX_PROPERTY_JOB_RESULT_GUEST_PROGRAM_EXIT_CODE.

=head2 RunScriptInGuest

    $job = RunScriptInGuest($vmHandle, $interpreter, $scriptText, $options,
            $propertyListHandle, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMRunScriptInGuest>. Its job has
VIX_PROPERTY_JOB_RESULT_PROCESS_ID, VIX_PROPERTY_JOB_RESULT_GUEST_PROGRAM_ELAPSED_TIME and
VIX_PROPERTY_JOB_RESULT_GUEST_PROGRAM_EXIT_CODE.

=head2 CopyFileFromHostToGuest

    $job = CopyFileFromHostToGuest($vmHandle, $hostPathName, $guestPathName, $options,
            $propertyListHandle, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMCopyFileFromHostToGuest>.

=head2 CopyFileFromGuestToHost

    $job = CopyFileFromGuestToHost($vmHandle, $guestPathName, $hostPathName, $options,
            $propertyListHandle, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMCopyFileFromGuestToHost>.

=head2 DeleteFileInGuest

    $job = DeleteFileInGuest($vmHandle, $guestPathName, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMDeleteFileInGuest>.

=head2 FileExistsInGuest

    $job = FileExistsInGuest($vmHandle, $guestPathName, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMFileExistsInGuest>. Its job has
VIX_PROPERTY_JOB_RESULT_GUEST_OBJECT_EXISTS.

=head2 RenameFileInGuest

    $job = RenameFileInGuest($vmHandle, $oldName, $newName, $options, $propertyListHandle,
            $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMRenameFileInGuest>.

=head2 CreateTempFileInGuest

    $job = CreateTempFileInGuest($vmHandle, $options, $propertyListHandle, $callback,
            $clientData);

Does the same as L<VMware::Vix::Simple/VMCreateTempFileInGuest>. Its job has
VIX_PROPERTY_JOB_RESULT_ITEM_NAME.

=head2 GetFileInfoInGuest

    $job = GetFileInfoInGuest($vmHandle, $pathName, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMGetFileInfoInGuest>. Its job has
VIX_PROPERTY_JOB_RESULT_FILE_SIZE, VIX_PROPERTY_JOB_RESULT_FILE_FLAGS and
VIX_PROPERTY_JOB_RESULT_FILE_MOD_TIME.

=head2 ListDirectoryInGuest

    $job = ListDirectoryInGuest($vmHandle, $pathName, $options, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMListDirectoryInGuest>. Its job has
VIX_PROPERTY_JOB_RESULT_ITEM_NAME, VIX_PROPERTY_JOB_RESULT_FILE_SIZE,
VIX_PROPERTY_JOB_RESULT_FILE_FLAGS and VIX_PROPERTY_JOB_RESULT_FILE_MOD_TIME, for each item.

=head2 CreateDirectoryInGuest

    $job = CreateDirectoryInGuest($vmHandle, $pathName, $propertyListHandle, $callback,
            $clientData);

Does the same as L<VMware::Vix::Simple/VMCreateDirectoryInGuest>.

=head2 DeleteDirectoryInGuest

    $job = DeleteDirectoryInGuest($vmHandle, $pathName, $options, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMDeleteDirectoryInGuest>.

=head2 DirectoryExistsInGuest

    $job = DirectoryExistsInGuest($vmHandle, $pathName, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMDirectoryExistsInGuest>. Its job has
VIX_PROPERTY_JOB_RESULT_GUEST_OBJECT_EXISTS.

=head2 ListProcessesInGuest

    $job = ListProcessesInGuest($vmHandle, $options, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMListProcessesInGuest>. Its job has
VIX_PROPERTY_JOB_RESULT_ITEM_NAME, VIX_PROPERTY_JOB_RESULT_PROCESS_ID,
VIX_PROPERTY_JOB_RESULT_PROCESS_OWNER, VIX_PROPERTY_JOB_RESULT_PROCESS_COMMAND,
VIX_PROPERTY_JOB_RESULT_PROCESS_BEING_DEBUGGED and VIX_PROPERTY_JOB_RESULT_PROCESS_START_TIME, for
each item.

=head2 KillProcessInGuest

    $job = KillProcessInGuest($vmHandle, $pid, $options, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMKillProcessInGuest>.

=head2 CaptureScreenImage

    $job = CaptureScreenImage($vmHandle, $captureType, $propertyListHandle, $callback,
            $clientData);

Does the same as L<VMware::Vix::Simple/VMCaptureScreenImage>. Its job has
VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_SIZE and VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_DATA.

=head2 OpenUrlInGuest

    $job = OpenUrlInGuest($vmHandle, $url, $windowState, $propertyListHandle, $callback,
            $clientData);

Does the same as L<VMware::Vix::Simple/VMOpenUrlInGuest>.

=head2 BeginRecording

    $job = BeginRecording($vmHandle, $name, $description, $options, $propertyListHandle,
            $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMBeginRecording>. Its job has
VIX_PROPERTY_JOB_RESULT_HANDLE.

=head2 EndRecording

    $job = EndRecording($vmHandle, $options, $propertyListHandle, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMEndRecording>.

=head2 BeginReplay

    $job = BeginReplay($vmHandle, $snapshotHandle, $options, $propertyListHandle, $callback,
            $clientData);

Does the same as L<VMware::Vix::Simple/VMBeginReplay>.

=head2 EndReplay

    $job = EndReplay($vmHandle, $options, $propertyListHandle, $callback, $clientData);

Does the same as L<VMware::Vix::Simple/VMEndReplay>.

=head1 FUNCTIONS THAT START NO JOB

These return at once, with the results of the function that each section names.

=head2 GetNumRootSnapshots

    ($err, $count) = GetNumRootSnapshots($vmHandle);

Does the same as L<VMware::Vix::Simple/VMGetNumRootSnapshots>.

=head2 GetRootSnapshot

    ($err, $snapshotHandle) = GetRootSnapshot($vmHandle, $index);

Does the same as L<VMware::Vix::Simple/VMGetRootSnapshot>.

=head2 GetCurrentSnapshot

    ($err, $snapshotHandle) = GetCurrentSnapshot($vmHandle);

Does the same as L<VMware::Vix::Simple/VMGetCurrentSnapshot>.

=head2 GetNamedSnapshot

    ($err, $snapshotHandle) = GetNamedSnapshot($vmHandle, $name);

Does the same as L<VMware::Vix::Simple/VMGetNamedSnapshot>.

=head1 SEE ALSO

L<VMware::Vix::Simple>, L<VMware::Vix::API::Job>, L<VMware::Vix::API::Constants>

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
