package VMware::Vix::Simple;

use 5.014;
use strict;
use warnings;

use Exporter 'import';
use VMware::Vix ();
use VMware::Vix::API::Constants;

our $VERSION = $VMware::Vix::VERSION;

our @EXPORT_FUNCTIONS = qw(
    HostConnect HostDisconnect HostOpenVM
    RegisterVM UnregisterVM FindItems FindRunningVMs
    VMOpen VMClone VMDelete
    VMPowerOn VMPowerOff VMReset VMSuspend VMPause VMUnpause
    VMCreateSnapshot VMRemoveSnapshot VMRevertToSnapshot
    VMGetNumRootSnapshots VMGetRootSnapshot VMGetCurrentSnapshot VMGetNamedSnapshot
    SnapshotGetNumChildren SnapshotGetChild SnapshotGetParent
    VMReadVariable VMWriteVariable VMUpgradeVirtualHardware
    VMEnableSharedFolders VMGetNumSharedFolders VMGetSharedFolderState VMSetSharedFolderState
    VMAddSharedFolder VMRemoveSharedFolder
    VMInstallTools VMWaitForToolsInGuest VMLoginInGuest VMLogoutFromGuest
    VMRunProgramInGuest VMRunProgramInGuestEx VMRunScriptInGuest VMRunScriptInGuestEx
    VMCopyFileFromHostToGuest VMCopyFileFromGuestToHost VMDeleteFileInGuest
    VMFileExistsInGuest VMRenameFileInGuest VMCreateTempFileInGuest VMGetFileInfoInGuest
    VMListDirectoryInGuest VMCreateDirectoryInGuest VMDeleteDirectoryInGuest
    VMDirectoryExistsInGuest VMListProcessesInGuest VMKillProcessInGuest
    VMCaptureScreenImage VMOpenUrlInGuest
    VMBeginRecording VMEndRecording VMBeginReplay VMEndReplay
    GetProperties AllocPropertyList
    GetErrorText GetHandleType ReleaseHandle
);

# The constants too: old scripts name them as VMware::Vix::Simple::VIX_OK and the like.
our @EXPORT = (@EXPORT_FUNCTIONS, @VMware::Vix::API::Constants::EXPORT);
our %EXPORT_TAGS = (
    %VMware::Vix::API::Constants::EXPORT_TAGS,
    constants => \@VMware::Vix::API::Constants::EXPORT,
    functions => \@EXPORT_FUNCTIONS,
    all       => \@EXPORT,
);

1;

__END__

=encoding UTF-8

=head1 NAME

VMware::Vix::Simple - the functions of VMware's VIX API for Perl

=head1 SYNOPSIS

    use VMware::Vix::Simple;
    use VMware::Vix::API::Constants;

    my ($err, $host) = HostConnect(VIX_API_VERSION, VIX_SERVICEPROVIDER_VMWARE_WORKSTATION,
        undef, 0, undef, undef, 0, VIX_INVALID_HANDLE);
    die GetErrorText($err), "\n" if $err != VIX_OK;

    ($err, my $vm) = VMOpen($host, '/srv/vms/web/web.vmx');
    die GetErrorText($err), "\n" if $err != VIX_OK;

    ($err, my $clone) = VMClone($vm, VIX_INVALID_HANDLE, VIX_CLONETYPE_FULL,
        '/srv/vms/web2/web2.vmx', 0, VIX_INVALID_HANDLE);
    die GetErrorText($err), "\n" if $err != VIX_OK;

    HostDisconnect($host);

=head1 DESCRIPTION

The functions clone, snapshot, run and delete virtual machines. They work on the files of the
machines (.vmx, .vmdk) on this host. No VMware product is needed. Arguments, results and numbers are
those of VMware's Perl binding, so its scripts run unchanged.

All functions and all constants of L<VMware::Vix::API::Constants> are exported by default. The tags
C<:functions> and C<:constants> export one of the two; the tag of a group of constants exports that
group.

Most rules on this page come from VMware's reference. The others were observed in VMware's products,
or chosen where the reference says nothing. L<VMware::Vix::Choices/SOURCES> lists the source of each
rule, by function. L<VMware::Vix::Settings> describes the settings.

=head2 Results

A function returns when its work is done. The first value is the error code: VIX_OK (0) means
success. Functions with more results return a list that begins with the code. The list is equally
long on success and on failure, unless the function's section differs. Call these functions in list
context. Numbers are plain integers, and booleans are 1 or 0.

A call that succeeds can still have something to report: a file that it kept, or a device that it
left out. C<VMware::Vix::last_error_detail()> returns this detail after VIX_OK.

A function dies if it gets a wrong number of arguments. It also dies if an argument's own code dies:
that of an overloaded object or a tied variable.

=head2 Arguments

All arguments are required. Each function's section lists their types and values, unless the only
argument is the handle that the function works on. The types:

    handle      a number that a function returned; VIX_INVALID_HANDLE (0) is no handle
    integer     a number of 32 bits
    flags       an integer, the sum of options; 0 for none
    boolean     0 is false, any other integer is true
    text        a string, see "Text"; undef is the empty string
    path        text: a path on this host, as "PATHS" in VMware::Vix::Settings describes it
    guest path  text: a path in the guest

A number beyond 32 bits becomes the nearest number of 32 bits. That is never a handle or an option.

=head2 While a call waits

Each call is a job. A thread of the library works on the job while the script's thread waits.

=over 4

=item *

Signal handlers run while the call waits, after at most 50 milliseconds. If the handler dies, the
call ends, after its job has undone what it did. So a handler for C<ALRM> or C<INT> can end a call.

=item *

The function that L<VMware::Vix/on_progress> sets is called as the work proceeds.

=item *

Calls on one virtual machine run one after the other. Calls on different machines run at the same
time, if several Perl threads make them.

=back

L<VMware::Vix::API::VM> and L<VMware::Vix::API::Host> have the same calls without waiting.

=head2 Handles

A handle is a positive integer. It is unique in the process, and its number is never used again.

Each call that returns a handle gives the caller one reference. ReleaseHandle drops one reference.
The handle ends with its last reference. HostDisconnect ends all handles of its host at once.

A virtual machine has one handle for each host handle. Opening the machine again returns the same
number, until the handle has ended. The spelling of the path does not matter: symbolic links, C<..>
and drive letters are resolved first. A snapshot of that machine also has one handle, whichever call
returns it.

These codes report a wrong handle:

    VIX_E_INVALID_HANDLE (1000)                the handle has ended or is 0
    VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE (1001)  the handle is of another kind
    VIX_E_TOO_MANY_HANDLES (1002)              the process has used up its handle numbers

Releasing a handle that has ended is harmless.

=head2 Text

Text is UTF-8. A string with Perl's UTF-8 flag passes its characters; a string without it passes its
bytes. So a path can be passed as it was read from a folder or from the command line. Results have
the flag if they contain more than ASCII. An object with overloaded stringification passes its
string.

These codes report wrong text:

    VIX_E_INVALID_ARG (3)           the text contains a NUL
    VIX_E_INVALID_UTF8_STRING (27)  the bytes are not UTF-8

=head1 FUNCTIONS

The sections list the errors of each function. There, "another value" is one that the list of
arguments does not have. Every function that returns a code can also return the codes of L</Handles>
and L</Text>, and these:

    VIX_E_FAIL (1)           an unexpected failure
    VIX_E_OUT_OF_MEMORY (2)  memory is used up
    VIX_E_INVALID_ARG (3)    a setting has a value that is not allowed, see
                             VMware::Vix::Settings

Functions that read disks or snapshots also return the codes of L</ERRORS>.

=head2 HostConnect

    ($err, $hostHandle) = HostConnect($apiVersion, $hostType, $hostName, $hostPort,
                                      $userName, $password, $options, $propertyListHandle);

Opens a connection to this host. Each call returns a new handle.

Arguments:

    $apiVersion          integer  VIX_API_VERSION
    $hostType            integer  the product whose set of calls the connection supports
    $hostName            text     undef or '' for this host, or the URI of a libvirt
    $hostPort            integer  0; other ports, up to 65535, are not used
    $userName            text     undef; other names are not used
    $password            text     undef; other passwords are not used
    $options             flags    0
    $propertyListHandle  handle   VIX_INVALID_HANDLE

The values of $hostType:

    VIX_SERVICEPROVIDER_VMWARE_WORKSTATION  supports all calls
    VIX_SERVICEPROVIDER_DEFAULT             the same as Workstation
    VIX_SERVICEPROVIDER_VMWARE_PLAYER       without clones, snapshots, pausing and hardware
                                            upgrades
    VIX_SERVICEPROVIDER_VMWARE_SERVER       without clones, pausing and shared folders
    VIX_SERVICEPROVIDER_VMWARE_VI_SERVER    the same; FindItems names virtual machines by their
                                            datastore ([standard] web/web.vmx)
    VIX_SERVICEPROVIDER_VMWARE_WORKSTATION_SHARED
                                            without clones, pausing and shared folders

A call that the connection does not support returns VIX_E_NOT_SUPPORTED (6).

As $hostName, C<localhost>, C<127.0.0.1>, C<::1> and the host's own name also mean this host, as do
URLs with one of these. The URI of a libvirt (C<qemu+ssh://host2/system>) names the libvirt that
runs the machines of this connection. It can be on this host, or on another host that shares the
storage: see C<power.uri> in L<VMware::Vix::Settings>.

As $options, VIX_HOSTOPTION_VERIFY_SSL_CERT, the old VIX_HOSTOPTION_USE_EVENT_PUMP, or both are
accepted. Neither has an effect.

Errors:

    VIX_E_INVALID_ARG (3)                 an argument has another value
    VIX_E_CANNOT_CONNECT_TO_HOST (18000)  $hostName is another host, or a libvirt that does not
                                          answer

If $hostName is the URI of a libvirt, the call can also return the errors of L</Power calls>.

=head2 HostDisconnect

    HostDisconnect($hostHandle);

Ends the connection, its handle, and all handles that came from it. Returns nothing. Does nothing if
$hostHandle has ended, is 0 or is not a host. A call that another thread has under way runs to its
end.

=head2 VMOpen

    ($err, $vmHandle) = VMOpen($hostHandle, $vmxFilePathName);

Opens the virtual machine of a .vmx. An encrypted machine opens too, without its password.

Arguments:

    $hostHandle       handle  the host
    $vmxFilePathName  path    the .vmx; a relative path begins at the working folder

The call also checks the disks of a linked clone, so that a clone without its parent is found at
once. The detail then names the parent, and where it was searched. The clone's own files may be
missing: a clone that was deleted in part opens, and can be deleted.

Errors:

    VIX_E_INVALID_ARG (3)               the path is empty
    VIX_E_FILE_ACCESS_ERROR (13)        the .vmx is not readable, or is a folder, FIFO or device
    VIX_E_FILE_NAME_INVALID (22)        the path cannot exist on this host
    VIX_E_VM_NOT_FOUND (4000)           the file does not exist
    VIX_E_CANNOT_READ_VM_CONFIG (4002)  the file is not a .vmx, or has a broken line; the detail
                                        names file and line
    VIX_E_DISK_CID_MISMATCH (16008)     a linked clone's parent disk was changed after the clone
                                        was made
    VIX_E_DISK_OPENPARENT (16012)       a linked clone's parent disk is missing

L<VMware::Vix::Choices/Text that cannot be understood> says which lines are broken.

=head2 HostOpenVM

    ($err, $vmHandle) = HostOpenVM($hostHandle, $vmxFilePathName, $options, $propertyListHandle);

Does the same as VMOpen.

Arguments:

    $hostHandle          handle   the host
    $vmxFilePathName     path     the .vmx; a relative path begins at the working folder
    $options             integer  VIX_VMOPEN_NORMAL
    $propertyListHandle  handle   VIX_INVALID_HANDLE, or a list with
                                  VIX_PROPERTY_VM_ENCRYPTION_PASSWORD

A password that is given is checked, if the machine is encrypted. It is not needed: an encrypted
machine opens without it, and what can be done to it needs no password
(L<VMware::Vix::Choices/Encrypted machines>).

Errors, besides those of VMOpen:

    VIX_E_INVALID_ARG (3)                  $options has another value
    VIX_E_NEED_KEY (30)                    the password is empty, or no password opens the machine
    VIX_E_AUTHENTICATION_FAIL (35)         the password is wrong
    VIX_E_UNRECOGNIZED_PROPERTY (6000)     the list has another property
    VIX_E_CRYPTO_UNKNOWN_ALGORITHM (17000) the machine's key is encrypted in a way that is unknown
                                           here
    VIX_E_CRYPTO_NO_CRYPTO (17007)         OpenSSL's libcrypto is not installed, so the password
                                           cannot be checked
    VIX_E_CRYPTO_BAD_FORMAT (17009)        encryption.keySafe in the .vmx is damaged

=head2 RegisterVM

    $err = RegisterVM($hostHandle, $vmxFilePath);

Adds the virtual machine to the inventory: the library that VMware Workstation shows. The setting
C<inventory.file> names its file. Registering a machine again is no error.

VMware's own function has no effect for Workstation and Player. This one has, for every host type.

Arguments:

    $hostHandle   handle  the host
    $vmxFilePath  path    the .vmx

Errors:

    VIX_E_INVALID_ARG (3)               the path is empty
    VIX_E_FILE_ERROR (7)                the inventory has a broken line
    VIX_E_FILE_ALREADY_LOCKED (15)      others have held the inventory for 30 seconds
    VIX_E_NOT_FOUND (2000)              the .vmx does not exist
    VIX_E_CANNOT_READ_VM_CONFIG (4002)  the file is not a .vmx

=head2 UnregisterVM

    $err = UnregisterVM($hostHandle, $vmxFilePath);

Removes the virtual machine from the inventory. Its files stay. It is no error if the machine is not
registered, or if the .vmx does not exist.

Arguments:

    $hostHandle   handle  the host
    $vmxFilePath  path    the .vmx

Errors:

    VIX_E_INVALID_ARG (3)           the path is empty
    VIX_E_FILE_ERROR (7)            the inventory has a broken line
    VIX_E_FILE_ALREADY_LOCKED (15)  others have held the inventory for 30 seconds
    VIX_E_VM_IS_RUNNING (3007)      the machine is registered and runs

=head2 FindItems

    ($err, @vmxPaths) = FindItems($hostHandle, $searchType, $timeoutInSeconds);

Returns the absolute paths of virtual machines. On failure the list is C<($err)> alone.

Arguments:

    $hostHandle        handle   the host
    $searchType        integer  VIX_FIND_RUNNING_VMS: machines that run on this host
                                VIX_FIND_REGISTERED_VMS: machines in the inventory
    $timeoutInSeconds  integer  any number of seconds; the call does not wait

VMware's function finds registered machines on servers only.

Errors:

    VIX_E_INVALID_ARG (3)  $searchType has another value
    VIX_E_FILE_ERROR (7)   the inventory has a broken line

=head2 FindRunningVMs

    ($err, @vmxPaths) = FindRunningVMs($hostHandle, $timeoutInSeconds);

Does the same as FindItems with VIX_FIND_RUNNING_VMS. Arguments and errors are those of FindItems.

=head2 VMClone

    ($err, $cloneHandle) = VMClone($vmHandle, $snapshotHandle, $cloneType,
                                   $destConfigPathName, $options, $propertyListHandle);

Clones a virtual machine and opens the clone. The caller releases the clone's handle.

=over 4

=item *

A B<full> clone is independent. Its disks are complete, even if the source is a linked clone.

=item *

A B<linked> clone has new disks that depend on the disks of a snapshot of the source. They hold only
what differs. The clone is made in milliseconds, and needs its parent for as long as it exists.

=back

The clone is powered off and has no snapshots. It has its own name (that of its .vmx), UUIDs and
generated MAC addresses. Static MAC addresses stay the same.

The call makes the clone completely or not at all. The .vmx appears last. After a failure nothing of
the clone remains, and the source is unchanged. A full clone never changes its source. A linked
clone is recorded in the source's snapshot list (.vmsd).

Arguments:

    $vmHandle            handle   the source
    $snapshotHandle      handle   the snapshot to clone; VIX_INVALID_HANDLE for the current
                                  state
    $cloneType           integer  VIX_CLONETYPE_FULL or VIX_CLONETYPE_LINKED
    $destConfigPathName  path     the .vmx to make, absolute; missing folders are made
    $options             flags    0
    $propertyListHandle  handle   VIX_INVALID_HANDLE

The power state of the source:

               full clone  linked clone
    off        yes         yes
    suspended  yes         no
    running    no          only with $snapshotHandle

With $snapshotHandle, the clone gets the disks, configuration and nvram that the snapshot recorded.
A snapshot with memory cannot be cloned.

A linked clone of the current state needs a new snapshot of the source, which stays. The snapshot is
called C<Clone>, and each call takes another one. With the setting C<clone.reuseSnapshot>, further
clones use the same snapshot as long as the source does not change.

A template can be cloned, even by a user who cannot write to it. A linked clone then needs
$snapshotHandle, and the detail reports what it lacks.

A machine that is encrypted for its TPM alone, as VMware makes them for Windows 11, has full clones of
its current state. Source and clone then have the same password and the same TPM, with the same
secrets; the detail says so. L<VMware::Vix::Choices/Encrypted machines> has the rules.

The call checks in this order: handles, arguments, the host type, power state and encryption of the
source, the destination, the disks.

Errors:

    VIX_E_INVALID_ARG (3)                 $snapshotHandle is a snapshot of another machine;
                                          $destConfigPathName is relative or names no file;
                                          another argument has another value
    VIX_E_FILE_NOT_FOUND (4)              a disk is missing; or the nvram of a source that is
                                          encrypted for its TPM
    VIX_E_NOT_SUPPORTED (6)               the host type does not clone
    VIX_E_FILE_ALREADY_EXISTS (12)        the destination .vmx exists
    VIX_E_FILE_ACCESS_ERROR (13)          a linked clone: the source's folder is not writable
    VIX_E_NEED_KEY (30)                   the source is encrypted as a whole; or it is encrypted
                                          for its TPM, and this is a linked clone, a clone of a
                                          snapshot, or the source is suspended
    VIX_E_VM_IS_RUNNING (3007)            the power state of the source does not allow it, or
                                          the snapshot has memory
    VIX_E_SNAPSHOT_NOTFOUND (13003)       the snapshot was removed
    VIX_E_SNAPSHOT_EXISTS (13004)         the destination folder contains files of a virtual
                                          machine other than disks
    VIX_E_SNAPSHOT_VERSION (13005)        a linked clone: the source shares disks with other
                                          machines
    VIX_E_DISK_PARENT_NOTALLOWED (16068)  a linked clone: a disk is compressed, or has a format
                                          of ESX

A linked clone of the current state can also return the errors of VMCreateSnapshot.

=head2 VMDelete

    $err = VMDelete($vmHandle, $deleteOptions);

Deletes the virtual machine.

Arguments:

    $vmHandle       handle   the machine
    $deleteOptions  integer  0: the .vmdk files stay; VIX_VMDELETE_DISK_FILES: they are deleted
                             too

VIX_VMDELETE_DISK_FILES deletes the disks of the machine and of its snapshots that are in its
folder, including disks that the .vmx switches off. If a disk in another folder was attached, that
disk stays. The deltas that snapshots made beside it are deleted. Files of others stay. A folder
that becomes empty is deleted.

A file that something else needs stays. That is a disk that another machine of the folder, a
snapshot list, a snapshot state or another disk there depends on. The detail then names the file,
and what needs it. If the call cannot read a file of the folder, it deletes nothing and returns the
error of reading.

Deleting a linked clone deletes nothing of its parent. It removes the clone's record in the parent.
Deleting a parent makes its linked clones in other folders useless. The setting
C<delete.protectParents> prevents that.

The handle stays until it is released. Calls on it and on handles of its snapshots return
VIX_E_VM_NOT_FOUND (4000), even if another virtual machine appears at the same path.

Errors:

    VIX_E_INVALID_ARG (3)          $deleteOptions has another value
    VIX_E_VM_IS_RUNNING (3007)     the machine runs
    VIX_E_VM_NOT_FOUND (4000)      the .vmx no longer exists
    VIX_E_TEMPLATE_VM (4003)       the machine is a template
    VIX_E_SNAPSHOT_NOPERM (13006)  delete.protectParents is TRUE, and a linked clone exists

=head2 Power calls

VMPowerOn, VMPowerOff, VMReset, VMSuspend, VMPause and VMUnpause use QEMU through libvirt. The
settings C<power.*> of L<VMware::Vix::Settings> say how a machine runs. All six return these codes:

    VIX_E_NOT_SUPPORTED (6)                    libvirt is not installed, or is too old
    VIX_E_NOT_SUPPORTED_ON_REMOTE_OBJECT (20)  the libvirt is on another host that does not see
                                               the machine, or that is not reached by ssh
    VIX_E_HOST_USER_PERMISSIONS (3014)         the user lacks the right to use libvirt
    VIX_E_CANNOT_CONNECT_TO_HOST (18000)       libvirt does not answer

All but VMPowerOn also return these:

    VIX_E_VM_NOT_RUNNING (3006)        the machine is off or suspended
    VIX_E_CANNOT_CONNECT_TO_VM (3008)  another product runs the machine, or libvirt refuses the
                                       operation

=head2 VMPowerOn

    $err = VMPowerOn($vmHandle, $powerOnOptions, $propertyListHandle);

Starts the virtual machine, or resumes it if it is suspended. The machine keeps running after the
script ends.

Arguments:

    $vmHandle            handle  the machine
    $powerOnOptions      flags   VIX_VMPOWEROP_NORMAL (0): no window
                                 VIX_VMPOWEROP_LAUNCH_GUI: open a window
                                 VIX_VMPOWEROP_START_VM_PAUSED: start paused
    $propertyListHandle  handle  VIX_INVALID_HANDLE

The window is that of C<virt-viewer> or C<virt-manager>, or of the program in the setting
C<power.viewer>. Without a display, or without such a program, the machine starts without a window.

After VIX_OK the detail reports:

=over 4

=item *

devices of the .vmx that were left out or replaced;

=item *

another port for the VNC display;

=item *

a revert to the snapshot or a new snapshot, caused by C<snapshot.action>;

=item *

why no window opened.

=back

After an error nothing was started or changed. The detail names a way out: mostly a full clone.

Errors, besides those of L</Power calls>:

    VIX_E_INVALID_ARG (3)                     an argument has another value
    VIX_E_NOT_SUPPORTED (6)                   VIX_VMPOWEROP_LAUNCH_GUI with an encrypted
                                              machine; or a disk has a mode that cannot be
                                              followed
    VIX_E_FILE_ALREADY_LOCKED (15)            another virtual machine uses one of the disks
    VIX_E_NEED_KEY (30)                       the machine is encrypted as a whole; or for its TPM,
                                              and the setting power.tpm is not own
    VIX_E_CANNOT_START_READ_ONLY_VM (3005)    the .vmx is not writable
    VIX_E_VM_IS_RUNNING (3007)                the machine runs
    VIX_E_VM_INSUFFICIENT_HOST_MEMORY (3011)  the machine has more memory than the host
    VIX_E_CANNOT_POWER_ON_VM (3041)           the guest is for another processor, a disk cannot
                                              be attached, a boot setting cannot be followed, or
                                              libvirt refuses; the detail contains libvirt's
                                              message
    VIX_E_SNAPSHOT_INCONSISTENT (13011)       a snapshot or a linked clone depends on a disk
                                              that the machine would write to
    VIX_E_DISK_NEEDSREPAIR (16006)            a disk is damaged, and writing would destroy it
    VIX_E_DISK_NOTSUPPORTED (16013)           QEMU would read a disk wrongly or destroy it by
                                              writing: stream-optimized disks, deltas of ESX,
                                              unusual layouts
    VIX_E_DISK_CANTREPAIR (16062)             a disk cannot be made ready for QEMU

L<VMware::Vix::Choices/Running and suspended> has the rules for devices and booting.

=head2 VMPowerOff

    $err = VMPowerOff($vmHandle, $powerOffOptions);

Switches the virtual machine off.

Arguments:

    $vmHandle         handle  the machine
    $powerOffOptions  flags   VIX_VMPOWEROP_NORMAL: at once, without asking the guest
                              VIX_VMPOWEROP_FROM_GUEST: the guest shuts itself down

With VIX_VMPOWEROP_FROM_GUEST the call asks the guest agent, and waits for the guest to end. While
the agent does not answer, the call presses the power button. The setting C<power.guestTimeout>
limits the wait.

With C<snapshot.action = "autoRevert"> in the .vmx, the machine then reverts to its current
snapshot. With C<"autoCommit"> it takes a new snapshot. If that fails, the call returns the error
and the machine is off. The next VMPowerOn then first reverts or takes the snapshot.

Errors, besides those of L</Power calls>:

    VIX_E_INVALID_ARG (3)                       $powerOffOptions has another value
    VIX_E_POWEROP_SCRIPTS_NOT_AVAILABLE (3009)  the guest did not shut down in time; it
                                                continues to run

=head2 VMReset

    $err = VMReset($vmHandle, $resetOptions);

Restarts the virtual machine.

Arguments:

    $vmHandle      handle  the machine
    $resetOptions  flags   VIX_VMPOWEROP_NORMAL: at once, without asking the guest
                           VIX_VMPOWEROP_FROM_GUEST: the guest restarts itself

With VIX_VMPOWEROP_FROM_GUEST the call returns when the guest has been asked. It does not wait for
the guest to restart.

Errors, besides those of L</Power calls>:

    VIX_E_INVALID_ARG (3)                       $resetOptions has another value
    VIX_E_POWEROP_SCRIPTS_NOT_AVAILABLE (3009)  the guest cannot be asked

=head2 VMSuspend

    $err = VMSuspend($vmHandle, $suspendOptions);

Writes the state of the running machine into a .vmss in its working folder, and ends the machine.
VMPowerOn resumes it.

Arguments:

    $vmHandle        handle  the machine
    $suspendOptions  flags   0

Errors, besides those of L</Power calls>:

    VIX_E_INVALID_ARG (3)       $suspendOptions has another value
    VIX_E_SUSPEND_ERROR (3012)  the state cannot be written; the machine continues to run

=head2 VMPause

    $err = VMPause($vmHandle, $options, $propertyListHandle);

Stops the virtual machine until VMUnpause. A paused machine stays in memory and counts as running.

Arguments:

    $vmHandle            handle  the machine
    $options             flags   0
    $propertyListHandle  handle  VIX_INVALID_HANDLE

Errors, besides those of L</Power calls>:

    VIX_E_INVALID_ARG (3)    an argument has another value
    VIX_E_NOT_SUPPORTED (6)  the host type is not Workstation

=head2 VMUnpause

    $err = VMUnpause($vmHandle, $options, $propertyListHandle);

Lets a paused machine continue. It is no error if the machine is not paused. Arguments and errors
are those of VMPause.

=head2 Snapshot calls

The functions from VMCreateSnapshot to SnapshotGetParent read the snapshot tree from the files at
each call. The caller releases each handle that they return. All of them return these codes:

    VIX_E_NOT_SUPPORTED (6)          the host type is VIX_SERVICEPROVIDER_VMWARE_PLAYER
    VIX_E_SNAPSHOT_NOTFOUND (13003)  the snapshot of a handle was removed

VMCreateSnapshot, VMRemoveSnapshot and VMRevertToSnapshot wait up to 30 seconds for another process
that changes the machine. Cancelling their job ends the wait. They also return these codes:

    VIX_E_INVALID_ARG (3)           $snapshotHandle is a snapshot of another machine
    VIX_E_FILE_ALREADY_LOCKED (15)  the wait has ended, and the other process still works

If the machine runs, these three can also return the errors of L</Power calls>.


=head2 VMCreateSnapshot

    ($err, $snapshotHandle) = VMCreateSnapshot($vmHandle, $name, $description,
                                               $options, $propertyListHandle);

Takes a snapshot of the virtual machine. It becomes a child of the current snapshot, and the new
current snapshot.

Arguments:

    $vmHandle            handle  the machine
    $name                text    the name; undef for none; several snapshots may have the same
                                 name
    $description         text    the description; undef for none
    $options             flags   0, or VIX_SNAPSHOT_INCLUDE_MEMORY to record the memory too
    $propertyListHandle  handle  VIX_INVALID_HANDLE

A snapshot records the configuration, the nvram and all disks that are not independent. The machine
then writes to new, empty disks.

=over 4

=item *

If the machine is off, VIX_SNAPSHOT_INCLUDE_MEMORY has no effect.

=item *

If the machine is suspended, the snapshot has the suspended memory, whatever the options are.

=item *

If the machine runs, it stands still for a moment and continues. With memory, it stands still until
the memory is written, and the snapshot is one of a running machine.

=item *

If the machine runs and memory is left out, the snapshot is one of a machine that is off. Its disks
are as they were at that instant. A guest agent freezes the guest's file systems meanwhile.

=back

On failure nothing is changed.

Errors, besides those of L</Snapshot calls>:

    VIX_E_INVALID_ARG (3)                   $options or $propertyListHandle has another value
    VIX_E_NEED_KEY (30)                     the machine is encrypted
    VIX_E_VM_IS_RUNNING (3007)              another product runs or suspended the machine
    VIX_E_SNAPSHOT_VERSION (13005)          the machine shares disks with others, or has
                                            snapshot.disabled
    VIX_E_SNAPSHOT_NOCHANGE (13008)         the machine is suspended, and has a snapshot of this
                                            state
    VIX_E_SNAPSHOT_CHECKPOINT (13009)       the memory cannot be written
    VIX_E_SNAPSHOT_DUPLICATEDDISK (13015)   a disk is attached twice
    VIX_E_SNAPSHOT_INDEPENDENTDISK (13016)  a running machine has independent disks
    VIX_E_SNAPSHOT_MEMORY_ON_INDEPENDENT_DISK (13018)
                                            the same, with memory; or a suspended machine has
                                            independent disks
    VIX_E_SNAPSHOT_MAXSNAPSHOTS (13019)     the machine has 2000 snapshots, or as many as
                                            snapshot.maxSnapshots allows
    VIX_E_DISK_NOIO (16002)                 the image server of a running machine does not
                                            answer
    VIX_E_DISK_PARENT_NOTALLOWED (16068)    a disk cannot have children: it is compressed, or
                                            has a format of ESX

=head2 VMRemoveSnapshot

    $err = VMRemoveSnapshot($vmHandle, $snapshotHandle, $options);

Removes the snapshot. The current state of the machine stays as it is.

Arguments:

    $vmHandle        handle  the machine
    $snapshotHandle  handle  the snapshot
    $options         flags   0: its children stay, and become children of its parent
                             VIX_SNAPSHOT_REMOVE_CHILDREN: all snapshots below it are removed
                             too

The call merges the content of the snapshot's disks into the disks that need it. No sector of what
remains is lost.

A disk that something else needs is neither merged nor deleted. It stays in its chain until a later
removal, and the detail names it after VIX_OK. If the machine runs, the call merges its current disk
with the parent of that disk while the guest goes on. Other disks that a running machine uses, and a
base disk, stay. The next removal while the machine is off merges them.

If a linked clone depends on the snapshot, nothing is removed. A clone is found by its disks if its
own snapshot list is lost. Records of clones that no longer exist, or that depend on another parent,
are ignored.

A machine that is suspended in the snapshot's memory keeps that memory as its own.

Errors, besides those of L</Snapshot calls>:

    VIX_E_INVALID_ARG (3)              $options has another value
    VIX_E_NEED_KEY (30)                the machine is encrypted
    VIX_E_VM_IS_RUNNING (3007)         another product runs the machine
    VIX_E_TEMPLATE_VM (4003)           the machine is a template
    VIX_E_SNAPSHOT_DISKLOCKED (13014)  a linked clone depends on the snapshot; see
                                       snapshot.removeLater in VMware::Vix::Settings

=head2 VMRevertToSnapshot

    $err = VMRevertToSnapshot($vmHandle, $snapshotHandle, $options, $propertyListHandle);

Reverts disks, configuration and nvram to the snapshot, and makes it the current snapshot. The
machine is then off, suspended or running, as it was when the snapshot was taken.

Arguments:

    $vmHandle            handle  the machine
    $snapshotHandle      handle  the snapshot
    $options             flags   0: if the snapshot is one of a running machine, the machine
                                 runs
                                 VIX_VMPOWEROP_LAUNCH_GUI: the same, with a window
                                 VIX_VMPOWEROP_SUPPRESS_SNAPSHOT_POWERON, alone: the machine is
                                 suspended with the memory of the snapshot, and VMPowerOn
                                 resumes it
    $propertyListHandle  handle  VIX_INVALID_HANDLE

What was written after the snapshot and is in no other snapshot is lost. So is a suspended state.
Independent disks stay as they are. A running machine is first switched off.

Errors, besides those of L</Snapshot calls>:

    VIX_E_INVALID_ARG (3)                  $options or $propertyListHandle has another value
    VIX_E_VM_IS_RUNNING (3007)             another product runs the machine
    VIX_E_SNAPSHOT_NOT_REVERTABLE (13024)  the snapshot's memory is missing, or another product
                                           wrote it

If the machine is to run, the call can also return the errors of VMPowerOn. The machine has then
reverted to the snapshot, and is suspended.

=head2 VMGetNumRootSnapshots

    ($err, $count) = VMGetNumRootSnapshots($vmHandle);

Returns the number of snapshots without a parent: 0 for a machine without snapshots. Errors: those
of L</Snapshot calls>.

=head2 VMGetRootSnapshot

    ($err, $snapshotHandle) = VMGetRootSnapshot($vmHandle, $index);

Returns one of the snapshots without a parent.

Arguments:

    $vmHandle  handle   the machine
    $index     integer  0 for the first

Errors, besides those of L</Snapshot calls>:

    VIX_E_INVALID_ARG (3)  there is no such index

=head2 VMGetCurrentSnapshot

    ($err, $snapshotHandle) = VMGetCurrentSnapshot($vmHandle);

Returns the snapshot that the current state depends on.

Errors, besides those of L</Snapshot calls>:

    VIX_E_SNAPSHOT_NOTFOUND (13003)  there is no current snapshot

=head2 VMGetNamedSnapshot

    ($err, $snapshotHandle) = VMGetNamedSnapshot($vmHandle, $name);

Returns the snapshot with this name or path.

Arguments:

    $vmHandle  handle  the machine
    $name      text    a name, or a path: names from a root down, joined by / or by \, not both

Errors, besides those of L</Snapshot calls>:

    VIX_E_INVALID_ARG (3)                  the name is empty
    VIX_E_SNAPSHOT_NOTFOUND (13003)        no snapshot has this name
    VIX_E_SNAPSHOT_NONUNIQUE_NAME (13017)  several snapshots have this name

=head2 SnapshotGetNumChildren

    ($err, $count) = SnapshotGetNumChildren($snapshotHandle);

Returns the number of the snapshot's children, without those further down. Errors: those of
L</Snapshot calls>.

=head2 SnapshotGetChild

    ($err, $childHandle) = SnapshotGetChild($snapshotHandle, $index);

Returns one of the snapshot's children.

Arguments:

    $snapshotHandle  handle   the snapshot
    $index           integer  0 for the first

Errors, besides those of L</Snapshot calls>:

    VIX_E_INVALID_ARG (3)  there is no such index

=head2 SnapshotGetParent

    ($err, $parentHandle) = SnapshotGetParent($snapshotHandle);

Returns the snapshot's parent. For a snapshot without a parent, returns VIX_OK and
VIX_INVALID_HANDLE. Errors: those of L</Snapshot calls>.

=head2 VMReadVariable

    ($err, $value) = VMReadVariable($vmHandle, $variableType, $name, $options);

Reads a variable of the virtual machine or of its guest. A variable that does not exist has the
value ''.

Arguments:

    $vmHandle      handle   the machine
    $variableType  integer  what to read, see below
    $name          text     the variable
    $options       flags    0

The values of $variableType:

=over 4

=item *

VIX_VM_CONFIG_RUNTIME_ONLY: a setting of the machine. The value is the one that VMWriteVariable set
while the machine runs. If there is none, it is the value in the .vmx. The case of the name does not
matter.

=item *

VIX_VM_GUEST_VARIABLE: a variable that guest and host share while the machine runs. If nobody has
set it, its value is the setting C<guestinfo.NAME>. Without that setting, C<ip> is the guest's
address.

=item *

VIX_GUEST_ENVIRONMENT_VARIABLE: a variable of the environment of the user who logged in.

=back

The last two need a running guest, see L</In the guest>. L<VMware::Vix::Guest/VARIABLES> says where
they are kept. Only the last one needs a login.

Errors:

    VIX_E_INVALID_ARG (3)  $name is empty or cannot be a name; $variableType is unknown;
                           $options is not 0
    VIX_E_NEED_KEY (30)    the machine is encrypted, and the setting is not in the readable part
                           of the .vmx

A guest variable, or one of the environment, can also return the errors of L</In the guest>.

=head2 VMWriteVariable

    $err = VMWriteVariable($vmHandle, $variableType, $name, $value, $options);

Writes a variable of the virtual machine or of its guest.

Arguments:

    $vmHandle      handle   the machine
    $variableType  integer  what to write, see below
    $name          text     the variable
    $value         text     its new value
    $options       flags    0

The values of $variableType:

=over 4

=item *

VIX_VM_CONFIG_RUNTIME_ONLY: a setting of the machine. If the machine is off, the setting is written
to the .vmx. If it runs, the setting is kept until power-off, and the .vmx stays unchanged.
VMReadVariable returns it. The machine continues with the hardware that it has. Suspending and
resuming keep the setting.

=item *

VIX_VM_GUEST_VARIABLE: a variable that guest and host share. It is the setting C<guestinfo.NAME>.
The guest sees it at once, and it lasts until power-off.

=item *

VIX_GUEST_ENVIRONMENT_VARIABLE: a variable in the environment of programs that VIX starts later.
This needs a login as root.

=back

Errors:

    VIX_E_INVALID_ARG (3)                $name is empty or contains "="; the name of a guest
                                         variable contains "/", begins with "." or has more than
                                         200 bytes; a shell does not accept the name of an
                                         environment variable; $variableType is unknown;
                                         $options is not 0
    VIX_E_NEED_KEY (30)                  the machine is off and encrypted
    VIX_E_ARGUMENT_TOO_BIG (44)          the value has more than 64 KiB, and the machine runs;
                                         or all settings of a running machine together have more
                                         than some 2 MiB
    VIX_E_VM_IS_RUNNING (3007)           a setting: another product runs the machine
    VIX_E_GUEST_USER_PERMISSIONS (3015)  an environment variable: the login is not one of root

A guest variable, or one of the environment, can also return the errors of L</In the guest>.

=head2 VMUpgradeVirtualHardware

    $err = VMUpgradeVirtualHardware($vmHandle, $options);

Raises the version of the virtual hardware to the newest. If it is the newest, the call does
nothing.

Arguments:

    $vmHandle  handle  the machine
    $options   flags   0

Errors:

    VIX_E_INVALID_ARG (3)       $options has another value
    VIX_E_NOT_SUPPORTED (6)     the host type is VIX_SERVICEPROVIDER_VMWARE_PLAYER
    VIX_E_NEED_KEY (30)         the machine is encrypted
    VIX_E_VM_IS_RUNNING (3007)  the machine runs or is suspended

=head2 Shared folders

The next six functions read and write the list of shared folders in the .vmx. They return these
codes:

    VIX_E_NOT_SUPPORTED (6)  the host type is neither Workstation nor Player

QEMU's guests see no shared folders. VMware's functions need a running machine; these also work on one
that is off. If VMPowerOn started the machine and it runs, the list is changed, and the detail says
that the guest sees nothing of it. Those that change the list also return these codes:

    VIX_E_NEED_KEY (30)         the machine is encrypted
    VIX_E_VM_IS_RUNNING (3007)  another product runs the machine

=head2 VMEnableSharedFolders

    $err = VMEnableSharedFolders($vmHandle, $enabled, $options);

Sets whether the guest may see the shared folders.

Arguments:

    $vmHandle  handle   the machine
    $enabled   boolean  whether the guest may see them
    $options   flags    0

Errors, besides those of L</Shared folders>:

    VIX_E_INVALID_ARG (3)  $options has another value

=head2 VMGetNumSharedFolders

    ($err, $count) = VMGetNumSharedFolders($vmHandle);

Returns the number of shared folders. Errors: those of L</Shared folders>.

=head2 VMGetSharedFolderState

    ($err, $flags, $name, $hostPath) = VMGetSharedFolderState($vmHandle, $index);

Returns one shared folder: its flags (0 or VIX_SHAREDFOLDER_WRITE_ACCESS), its name, and its folder
on the host.

Arguments:

    $vmHandle  handle   the machine
    $index     integer  0 for the first

Errors, besides those of L</Shared folders>:

    VIX_E_INVALID_ARG (3)  there is no such index

=head2 VMSetSharedFolderState

    $err = VMSetSharedFolderState($vmHandle, $shareName, $hostPathName, $flags);

Gives a shared folder another folder on the host and other flags.

Arguments:

    $vmHandle      handle  the machine
    $shareName     text    the shared folder; case does not matter
    $hostPathName  path    a folder of the host, absolute
    $flags         flags   0, or VIX_SHAREDFOLDER_WRITE_ACCESS to let the guest write

Errors, besides those of L</Shared folders>:

    VIX_E_INVALID_ARG (3)          $hostPathName is relative, or $flags has another value
    VIX_E_FILE_NOT_FOUND (4)       $hostPathName does not exist
    VIX_E_INCORRECT_FILE_TYPE (9)  $hostPathName is not a folder
    VIX_E_NOT_FOUND (2000)         no shared folder has this name

=head2 VMAddSharedFolder

    $err = VMAddSharedFolder($vmHandle, $shareName, $hostPathName, $flags);

Adds a shared folder. Its arguments are those of VMSetSharedFolderState.

Errors, besides those of L</Shared folders>:

    VIX_E_INVALID_ARG (3)          $shareName is empty or contains "/" or "\"; $hostPathName is
                                   relative; $flags has another value
    VIX_E_FILE_NOT_FOUND (4)       $hostPathName does not exist
    VIX_E_INCORRECT_FILE_TYPE (9)  $hostPathName is not a folder
    VIX_E_ALREADY_EXISTS (23)      another shared folder has this name

=head2 VMRemoveSharedFolder

    $err = VMRemoveSharedFolder($vmHandle, $shareName, $flags);

Removes a shared folder. The folder on the host stays.

Arguments:

    $vmHandle   handle  the machine
    $shareName  text    the shared folder; case does not matter
    $flags      flags   0

Errors, besides those of L</Shared folders>:

    VIX_E_INVALID_ARG (3)   $flags has another value
    VIX_E_NOT_FOUND (2000)  no shared folder has this name

=head2 In the guest

The functions from VMInstallTools to VMOpenUrlInGuest work in the guest of a running machine,
through the QEMU guest agent. L<VMware::Vix::Guest> says how to install the agent, and who may do
what.

All but VMInstallTools, VMWaitForToolsInGuest, VMLoginInGuest and VMLogoutFromGuest need a login:
call VMLoginInGuest first.

In a hash that a function returns, all keys exist after a failure too, with the value undef. A list
of hashes is then empty.

Handles and arguments are checked first. The errors:

    VIX_E_INVALID_ARG (3)                   $options or $propertyListHandle has another value, a
                                            path is empty, or a quote in a command line has no
                                            end
    VIX_E_VM_NOT_RUNNING (3006)             the machine is off or suspended
    VIX_E_TOOLS_NOT_RUNNING (3016)          no agent answers, or another product runs the
                                            machine
    VIX_E_ANON_GUEST_OPERATIONS_PROHIBITED (3018)
                                            nobody has logged in, and the function needs it
    VIX_E_OP_NOT_SUPPORTED_ON_GUEST (3003)  the guest lacks one of the programs that the
                                            functions use
    VIX_E_OPERATION_DISABLED (20005)        the agent's configuration forbids a command

If the guest refuses, the call returns the code that is nearest to the guest's message. Examples:

    VIX_E_FILE_NOT_FOUND (4)             the path does not exist
    VIX_E_FILE_ALREADY_EXISTS (12)       the path exists
    VIX_E_FILE_ACCESS_ERROR (13)         the user may not read or write the path
    VIX_E_GUEST_USER_PERMISSIONS (3015)  the user may not do this
    VIX_E_NOT_A_FILE (20001)             the path is not a file
    VIX_E_NOT_A_DIRECTORY (20002)        the path is not a folder

The sections below list further errors.

=head2 VMInstallTools

    $err = VMInstallTools($vmHandle, $options, $commandLineArgs);

In VMware's products, mounts the installer of VMware Tools. This library has no image of it, so the
call always fails.

Arguments:

    $vmHandle         handle  the machine
    $options          flags   VIX_INSTALLTOOLS_MOUNT_TOOLS_INSTALLER (0),
                              VIX_INSTALLTOOLS_AUTO_UPGRADE, VIX_INSTALLTOOLS_RETURN_IMMEDIATELY
    $commandLineArgs  text    not used

Errors:

    VIX_E_INVALID_ARG (3)                 $options has another value
    VIX_E_VM_NOT_RUNNING (3006)           the machine is off or suspended
    VIX_E_TOOLS_INSTALL_NO_IMAGE (21000)  the machine runs

=head2 VMWaitForToolsInGuest

    $err = VMWaitForToolsInGuest($vmHandle, $timeoutInSeconds);

Waits until the guest agent answers.

Arguments:

    $vmHandle          handle   the machine
    $timeoutInSeconds  integer  how many seconds to wait; 0 or less: without a limit

Errors:

    VIX_E_TIMEOUT_WAITING_FOR_TOOLS (3000)  the time is over
    VIX_E_VM_NOT_RUNNING (3006)             the machine is off or suspended, or ended during the
                                            wait
    VIX_E_TOOLS_NOT_RUNNING (3016)          another product runs the machine

=head2 VMLoginInGuest

    $err = VMLoginInGuest($vmHandle, $userName, $password, $options);

Sets the account for later calls on this handle.

Arguments:

    $vmHandle  handle  the machine
    $userName  text    an account of the guest
    $password  text    its password, checked against the guest's own list
    $options   flags   0

Errors, besides those of L</In the guest>:

    VIX_E_INVALID_ARG (3)                  $userName is empty, or $options has another value
    VIX_E_GUEST_USER_PERMISSIONS (3015)    the account does not exist, is locked or has expired,
                                           or the password is wrong
    VIX_E_CANNOT_AUTHENTICATE_WITH_GUEST (3024)
                                           the guest's list of passwords cannot be read
    VIX_E_LOGIN_TYPE_NOT_SUPPORTED (3032)  $options is
                                           VIX_LOGIN_IN_GUEST_REQUIRE_INTERACTIVE_ENVIRONMENT
    VIX_E_EMPTY_PASSWORD_NOT_ALLOWED_IN_GUEST (3033)
                                           the account has no password

=head2 VMLogoutFromGuest

    $err = VMLogoutFromGuest($vmHandle);

Forgets that account. Returns VIX_OK without a login too, and whether the machine runs or not.

=head2 VMRunProgramInGuest

    $err = VMRunProgramInGuest($vmHandle, $guestProgramName, $commandLineArgs, $options,
                               $propertyListHandle);

Runs a program in the guest, and waits until it ends.

Arguments:

    $vmHandle            handle      the machine
    $guestProgramName    guest path  the program
    $commandLineArgs     text        its arguments, separated by blanks, quoted as in a shell;
                                     no shell reads them
    $options             flags       0
                                     VIX_RUNPROGRAM_RETURN_IMMEDIATELY: do not wait
                                     VIX_RUNPROGRAM_ACTIVATE_WINDOW: no effect
    $propertyListHandle  handle      VIX_INVALID_HANDLE

Errors, besides those of L</In the guest>:

    VIX_E_PROGRAM_NOT_STARTED (3004)  the program does not exist, or the user may not run it

=head2 VMRunProgramInGuestEx

    ($err, %procInfo) = VMRunProgramInGuestEx($vmHandle, $guestProgramName, $commandLineArgs,
                                              $options, $propertyListHandle);

Does the same as VMRunProgramInGuest, and returns a hash:

    PROCESS_ID    the process id in the guest
    ELAPSED_TIME  the run time in seconds; undef if the call did not wait
    EXIT_CODE     the exit code; undef if the call did not wait

=head2 VMRunScriptInGuest

    $err = VMRunScriptInGuest($vmHandle, $interpreter, $scriptText, $options, $propertyListHandle);

Copies a script into the guest, runs it, and deletes the copy.

Arguments:

    $vmHandle            handle  the machine
    $interpreter         text    the interpreter, with its arguments; undef: sh
    $scriptText          text    the script
    $options             flags   those of VMRunProgramInGuest
    $propertyListHandle  handle  VIX_INVALID_HANDLE

Errors, besides those of L</In the guest>:

    VIX_E_ARGUMENT_TOO_BIG (44)       interpreter and text together have more than 60536 bytes
    VIX_E_PROGRAM_NOT_STARTED (3004)  the interpreter does not exist, or the user may not run it

=head2 VMRunScriptInGuestEx

    ($err, %procInfo) = VMRunScriptInGuestEx($vmHandle, $interpreter, $scriptText, $options,
                                             $propertyListHandle);

Does the same as VMRunScriptInGuest, and returns the hash of VMRunProgramInGuestEx.

=head2 VMCopyFileFromHostToGuest

    $err = VMCopyFileFromHostToGuest($vmHandle, $hostPathName, $guestPathName, $options,
                                     $propertyListHandle);

Copies a file or a folder into the guest. An existing file is overwritten. The call can be cancelled
and reports its progress. An incomplete copy of a file is removed.

Arguments:

    $vmHandle            handle      the machine
    $hostPathName        path        the source
    $guestPathName       guest path  the destination; for a file, the path of a file
    $options             flags       0
    $propertyListHandle  handle      VIX_INVALID_HANDLE

Errors, besides those of L</In the guest>:

    VIX_E_NOT_A_FILE (20001)  the source is a file, and the destination is a folder

=head2 VMCopyFileFromGuestToHost

    $err = VMCopyFileFromGuestToHost($vmHandle, $guestPathName, $hostPathName, $options,
                                     $propertyListHandle);

Copies a file or a folder out of the guest. An existing file is overwritten. The call can be
cancelled and reports its progress. An incomplete copy of a file is removed.

Arguments:

    $vmHandle            handle      the machine
    $guestPathName       guest path  the source
    $hostPathName        path        the destination; for a file, the path of a file
    $options             flags       0
    $propertyListHandle  handle      VIX_INVALID_HANDLE

Errors, besides those of L</In the guest>:

    VIX_E_NOT_A_FILE (20001)      the source is a file, and the destination is a folder
    VIX_E_FILE_NAME_INVALID (22)  a folder of the guest contains a name that leads out of the
                                  folder

=head2 VMDeleteFileInGuest

    $err = VMDeleteFileInGuest($vmHandle, $guestPathName);

Deletes a file.

Arguments:

    $vmHandle       handle      the machine
    $guestPathName  guest path  the file

Errors: those of L</In the guest>.

=head2 VMFileExistsInGuest

    ($err, $exists) = VMFileExistsInGuest($vmHandle, $guestPathName);

Returns 1 if the path is a plain file, otherwise 0.

Arguments:

    $vmHandle       handle      the machine
    $guestPathName  guest path  the file

Errors: those of L</In the guest>.

=head2 VMRenameFileInGuest

    $err = VMRenameFileInGuest($vmHandle, $oldName, $newName, $options, $propertyListHandle);

Renames a file or a folder. It never replaces another file.

Arguments:

    $vmHandle            handle      the machine
    $oldName             guest path  the file or folder; at most 255 bytes
    $newName             guest path  its new path; at most 255 bytes
    $options             flags       0
    $propertyListHandle  handle      VIX_INVALID_HANDLE

Errors, besides those of L</In the guest>:

    VIX_E_FILE_ALREADY_EXISTS (12)    $newName exists
    VIX_E_FILE_NAME_TOO_LONG (20004)  a name has more than 255 bytes

=head2 VMCreateTempFileInGuest

    ($err, $tempFileName) = VMCreateTempFileInGuest($vmHandle, $options, $propertyListHandle);

Makes an empty file with a unique name in the guest's F</tmp>, and returns its path.

Arguments:

    $vmHandle            handle  the machine
    $options             flags   0
    $propertyListHandle  handle  VIX_INVALID_HANDLE

Errors: those of L</In the guest>.

=head2 VMGetFileInfoInGuest

    ($err, %fileInfo) = VMGetFileInfoInGuest($vmHandle, $pathName);

Returns facts about a file or folder as a hash. A symbolic link is not followed.

    FILE_SIZE      the size in bytes
    FILE_FLAGS     VIX_FILE_ATTRIBUTES_DIRECTORY, VIX_FILE_ATTRIBUTES_SYMLINK, or 0
    MOD_TIME       the time of the last change, in seconds since 1970
    FILE_MOD_TIME  the same; VMware's reference uses both names

Arguments:

    $vmHandle  handle      the machine
    $pathName  guest path  the file or folder

Errors: those of L</In the guest>.

=head2 VMListDirectoryInGuest

    ($err, @entries) = VMListDirectoryInGuest($vmHandle, $pathName, $options);

Lists a folder. Returns a reference to a hash for each entry.

    FILE_NAME        the name in the folder
    FILE_SIZE        the size in bytes
    FILE_ATTRIBUTES  VIX_FILE_ATTRIBUTES_DIRECTORY, VIX_FILE_ATTRIBUTES_SYMLINK, or 0
    FILE_MOD_TIME    the time of the last change, in seconds since 1970

Arguments:

    $vmHandle  handle      the machine
    $pathName  guest path  the folder
    $options   flags       0

Errors: those of L</In the guest>.

=head2 VMCreateDirectoryInGuest

    $err = VMCreateDirectoryInGuest($vmHandle, $pathName, $propertyListHandle);

Makes a folder, and the missing folders above it.

Arguments:

    $vmHandle            handle      the machine
    $pathName            guest path  the folder
    $propertyListHandle  handle      VIX_INVALID_HANDLE

Errors, besides those of L</In the guest>:

    VIX_E_FILE_ALREADY_EXISTS (12)  the path exists

=head2 VMDeleteDirectoryInGuest

    $err = VMDeleteDirectoryInGuest($vmHandle, $pathName, $options);

Deletes a folder with all that it contains.

Arguments:

    $vmHandle  handle      the machine
    $pathName  guest path  the folder
    $options   flags       0

Errors, besides those of L</In the guest>:

    VIX_E_NOT_A_DIRECTORY (20002)  the path is not a folder

=head2 VMDirectoryExistsInGuest

    ($err, $exists) = VMDirectoryExistsInGuest($vmHandle, $pathName);

Returns 1 if the path is a folder, otherwise 0.

Arguments:

    $vmHandle  handle      the machine
    $pathName  guest path  the folder

Errors: those of L</In the guest>.

=head2 VMListProcessesInGuest

    ($err, @processes) = VMListProcessesInGuest($vmHandle, $options);

Lists the guest's processes. Returns a reference to a hash for each process.

    PROCESS_NAME            the name
    PROCESS_ID              the process id
    PROCESS_OWNER           the name of the user
    PROCESS_COMMAND         the command line
    PROCESS_BEING_DEBUGGED  1 if a debugger is attached
    PROCESS_START_TIME      the start, in seconds since 1970

Arguments:

    $vmHandle  handle  the machine
    $options   flags   0

Errors: those of L</In the guest>.

=head2 VMKillProcessInGuest

    $err = VMKillProcessInGuest($vmHandle, $pid, $options);

Ends a process. The call asks the process to end, and kills it after some seconds.

Arguments:

    $vmHandle  handle   the machine
    $pid       integer  the process id; 64 bits
    $options   flags    0

Errors, besides those of L</In the guest>:

    VIX_E_INVALID_ARG (3)          $pid is not positive
    VIX_E_NO_SUCH_PROCESS (20003)  there is no such process

=head2 VMCaptureScreenImage

    ($err, $imageSize, $imageBytes) = VMCaptureScreenImage($vmHandle, $captureType,
        $propertyListHandle);

Returns a picture of the screen: the size of a PNG in bytes, and the PNG itself. The picture shows
what the graphics card shows, whoever has logged in.

Arguments:

    $vmHandle            handle   the machine
    $captureType         integer  VIX_CAPTURESCREENFORMAT_PNG: compressed
                                  VIX_CAPTURESCREENFORMAT_PNG_NOCOMPRESS: not compressed
    $propertyListHandle  handle   VIX_INVALID_HANDLE

Errors, besides those of L</In the guest>:

    VIX_E_INVALID_ARG (3)  $captureType has another value

=head2 VMOpenUrlInGuest

    $err = VMOpenUrlInGuest($vmHandle, $url, $windowState, $propertyListHandle);

In VMware's products, opens a page in the guest's browser. VIX 1.11 removed the function; old
scripts still name it. Here the call always fails.

Arguments:

    $vmHandle            handle   the machine
    $url                 text     the page
    $windowState         integer  not used
    $propertyListHandle  handle   VIX_INVALID_HANDLE

Errors, besides those of L</In the guest>:

    VIX_E_INVALID_ARG (3)                   $url is empty
    VIX_E_OP_NOT_SUPPORTED_ON_GUEST (3003)  after a login

=head2 Recording

VIX 1.11 removed the next four functions; old scripts still name them. They check their handles and
arguments, then return VIX_E_NOT_SUPPORTED (6). $options is 0, and $propertyListHandle is
VIX_INVALID_HANDLE; other values return VIX_E_INVALID_ARG (3).

=head2 VMBeginRecording

    ($err, $snapshotHandle) = VMBeginRecording($vmHandle, $name, $description, $options,
                                               $propertyListHandle);

In VMware's products, starts a recording of the machine. $name and $description are text.

=head2 VMEndRecording

    $err = VMEndRecording($vmHandle, $options, $propertyListHandle);

In VMware's products, ends a recording.

=head2 VMBeginReplay

    $err = VMBeginReplay($vmHandle, $snapshotHandle, $options, $propertyListHandle);

In VMware's products, replays the recording of a snapshot.

=head2 VMEndReplay

    $err = VMEndReplay($vmHandle, $options, $propertyListHandle);

In VMware's products, ends a replay.

=head2 GetProperties

    ($err, @values) = GetProperties($handle, $propertyID, ...);

Returns the values of properties. The values are read from the files at each call.

Arguments:

    $handle      handle   a host, virtual machine, snapshot, job or property list
    $propertyID  integer  VIX_PROPERTY_*, any number of them; nothing ends the list

There is one value for each identifier, in their order. If one fails, all values are undef.

Properties of hosts:

    VIX_PROPERTY_HOST_HOSTTYPE          the host type; VIX_SERVICEPROVIDER_DEFAULT becomes
                                        Workstation
    VIX_PROPERTY_HOST_API_VERSION       VIX_API_VERSION
    VIX_PROPERTY_HOST_SOFTWARE_VERSION  the version of this library

Properties of virtual machines:

    VIX_PROPERTY_VM_NAME                the display name; if there is none, the name of the .vmx
    VIX_PROPERTY_VM_VMX_PATHNAME        the path as first given to VMOpen, made absolute
    VIX_PROPERTY_VM_NUM_VCPUS           the number of processors
    VIX_PROPERTY_VM_MEMORY_SIZE         the memory in MB
    VIX_PROPERTY_VM_GUESTOS             the identifier of the guest system; '' if there is none
    VIX_PROPERTY_VM_POWER_STATE         see below
    VIX_PROPERTY_VM_IS_RUNNING          1 while the machine runs or is paused
    VIX_PROPERTY_VM_READ_ONLY           1 if this process cannot write the .vmx
    VIX_PROPERTY_VM_TOOLS_STATE         see below
    VIX_PROPERTY_VM_SUPPORTED_FEATURES  the sum of VIX_VM_SUPPORT_SHARED_FOLDERS,
                                        VIX_VM_SUPPORT_MULTIPLE_SNAPSHOTS and
                                        VIX_VM_SUPPORT_HARDWARE_UPGRADE, as the host type
                                        supports them
    VIX_PROPERTY_VM_VMTEAM_PATHNAME     ''
    VIX_PROPERTY_VM_IN_VMTEAM           0
    VIX_PROPERTY_VM_SSL_ERROR           0
    VIX_PROPERTY_VM_IS_RECORDING        0
    VIX_PROPERTY_VM_IS_REPLAYING        0

VIX_PROPERTY_VM_POWER_STATE is always one of these values:

    VIX_POWERSTATE_POWERED_OFF  the machine is off
    VIX_POWERSTATE_SUSPENDED    it is suspended
    VIX_POWERSTATE_POWERED_ON   it runs
    VIX_POWERSTATE_PAUSED       it is paused: VMPowerOn started it, and its processors stand
                                still

VIX_PROPERTY_VM_TOOLS_STATE is always one of these values:

    VIX_TOOLSSTATE_RUNNING  the machine runs, and its guest agent answered within one second
    VIX_TOOLSSTATE_UNKNOWN  otherwise: the machine is off, its guest is still starting or has no
                            agent, or another product runs it

For these two properties of a running machine, the call asks libvirt. If libvirt does not answer,
they are VIX_POWERSTATE_POWERED_ON and VIX_TOOLSSTATE_UNKNOWN.

Properties of snapshots:

    VIX_PROPERTY_SNAPSHOT_DISPLAYNAME    the name; '' if there is none
    VIX_PROPERTY_SNAPSHOT_DESCRIPTION    the description; '' if there is none
    VIX_PROPERTY_SNAPSHOT_POWERSTATE     VIX_POWERSTATE_POWERED_OFF; with memory
                                         VIX_POWERSTATE_POWERED_ON or VIX_POWERSTATE_SUSPENDED
    VIX_PROPERTY_SNAPSHOT_IS_REPLAYABLE  0

L<VMware::Vix::API::Job> lists the properties of jobs. A property list has the properties that were
put into it.

Errors, besides those of VMOpen for a .vmx that is missing or broken:

    VIX_E_VM_NOT_RUNNING (3006)         VIX_PROPERTY_GUEST_SHAREDFOLDERS_SHARES_PATH of a
                                        machine that does not run
    VIX_E_TOOLS_NOT_RUNNING (3016)      the same property of a machine that runs
    VIX_E_UNRECOGNIZED_PROPERTY (6000)  the handle has no such property

=head2 AllocPropertyList

    ($err, $propertyListHandle) = AllocPropertyList($handle, $propertyID, $value, ...,
                                                    VIX_PROPERTY_NONE);

Makes a list of properties with their values, for calls that take one. GetProperties reads the list.
The caller releases it.

Arguments:

    $handle            handle   the host that the list belongs to
    $propertyID        integer  VIX_PROPERTY_*, any number of them, each with its value
    $value                      an integer, boolean or text, as the property's type requires
    VIX_PROPERTY_NONE  integer  ends the list; may be left out

Errors:

    VIX_E_INVALID_ARG (3)               an identifier has no value, a value has the wrong type,
                                        or a property occurs twice
    VIX_E_UNRECOGNIZED_PROPERTY (6000)  an identifier is not a property

=head2 GetHandleType

    $type = GetHandleType($handle);

Returns the kind of a handle: VIX_HANDLETYPE_HOST, VIX_HANDLETYPE_VM, VIX_HANDLETYPE_SNAPSHOT,
VIX_HANDLETYPE_JOB or VIX_HANDLETYPE_PROPERTY_LIST. For a handle that has ended or never existed, it
returns VIX_HANDLETYPE_NONE. There is no error.

=head2 ReleaseHandle

    ReleaseHandle($handle);

Drops one reference of the handle. Returns nothing. Does nothing for a handle that has ended or is
0.

If a host is released but not disconnected, its virtual machines can be used until they are released
too. The same is true of a released machine and its snapshots.

=head2 GetErrorText

    $text = GetErrorText($err);

Returns an English text for the code, also for VIX_OK and for numbers that are not codes. If $err is
the code of this thread's last call that failed, a colon and the detail follow. The detail says
which file failed, where in it, and what was found. There is no error.

=head1 ERRORS

L<VMware::Vix::API::Errors> lists all codes. C<VMware::Vix::last_error_detail()> returns the detail
alone. Each thread keeps its detail until its next call that returns a code. So HostDisconnect,
ReleaseHandle, GetHandleType and GetErrorText do not change it.

Calls that read disks or snapshots may return:

    VIX_E_FILE_NOT_FOUND (4)                   a disk or extent is missing
    VIX_E_FILE_ERROR (7)                       the host reported an error while reading or
                                               writing
    VIX_E_DISK_FULL (8)                        no space is left for what the call writes
    VIX_E_FILE_READ_ONLY (11)                  the file system of the destination is read-only
    VIX_E_FILE_ACCESS_ERROR (13)               the user lacks the rights; or an extent is not a
                                               plain file, or lies outside its disk's folder
    VIX_E_FILE_ALREADY_LOCKED (15)             another process works on the same virtual machine
    VIX_E_FILE_TOO_BIG (21)                    the file system cannot hold a file of this size
    VIX_E_SNAPSHOT_DUMPER (13001)              a snapshot state (.vmsn) is missing or damaged
    VIX_E_SNAPSHOT_CONFIG (13007)              the snapshot list (.vmsd) is broken
    VIX_E_DISK_NEEDSREPAIR (16006)             a disk is truncated, has entries outside its
                                               file, or has grains that overlap
    VIX_E_DISK_CID_MISMATCH (16008)            the parent was changed after its child was made
    VIX_E_DISK_UNSUPPORTEDDISKVERSION (16011)  the format is newer than this library
    VIX_E_DISK_OPENPARENT (16012)              a parent is missing or cannot be opened
    VIX_E_DISK_NOTSUPPORTED (16013)            this library does not know this kind of disk; or
                                               QEMU cannot use it (VMPowerOn)
    VIX_E_DISK_NEEDKEY (16014)                 the disk is encrypted
    VIX_E_DISK_TOOMANYOPENFILES (16027)        no file descriptors are left
    VIX_E_DISK_TOOMANYREDO (16028)             the chain is too long
    VIX_E_DISK_INVALIDCHAIN (16030)            the chain has a loop
    VIX_E_DISK_INVALIDDISK (16063)             the file is not a VMDK, or contradicts itself
    VIX_E_DISK_UNSUPPORTEDDEVICE (16066)       the disk is a raw device or partition
    VIX_E_DISK_CAPACITY_MISMATCH (16067)       parent and child differ in size
    VIX_E_DISK_PARENT_NOTALLOWED (16068)       the disk cannot have children

=head1 THREADS AND PROCESSES

Handles belong to the process. All Perl threads share them, and may use them at the same time.

After a fork each process has its own copy of the handles. A call that another thread was waiting
for continues in the parent. In the child its job has ended with VIX_E_CANCELLED (10), and nothing
is undone there.

When a process exits, its running calls are cancelled and undone. Virtual machines are locked on
disk in VMware's own form, so processes also keep out of each other's way.

=head1 SEE ALSO

L<VMware::Vix>, L<VMware::Vix::Settings>, L<VMware::Vix::Guest>, L<VMware::Vix::Choices>,
L<VMware::Vix::API::Constants>, L<VMware::Vix::API::Errors>

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
