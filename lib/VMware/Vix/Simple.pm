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

VMware::Vix::Simple - the calls of VMware's VIX API: clones and snapshots of virtual machines

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

Each call does its work on the files of the virtual machines (.vmx, .vmdk) on this host; no VMware
product takes part. Arguments, results and numbers are those of VMware's Perl binding, so its
scripts run unchanged.

All functions and all constants of L<VMware::Vix::API::Constants> are exported by default. The tags
C<:functions>, C<:constants> and those of the constants' groups export less.

Behind a rule stands where it comes from: B<(page)> VMware's reference page of the call or its
chapters, B<(seen)> what VMware's products or scripts written for them were seen to do, B<(ours)> a
choice where neither says anything; L<VMware::Vix::Choices> lists those that matter.
L<VMware::Vix::Settings> has the settings, and how paths are read.

=head2 Results

A call returns when its work is done (seen). The first value is the error code, VIX_OK (0) when it
worked. Calls that give more return a list that begins with the code and has the same length
whether they worked or not; call them in list context (page). Numbers are plain integers, truth is
1 or 0. The only thing that dies is a wrong number of arguments, or an argument whose own code
(an overloaded object, a tied variable) dies.

=head2 While a call waits

Each call is a job that a thread of the library works on, while the script's own waits (ours; VIX
too does it that way). Signal handlers run meanwhile, after 50 milliseconds at the most: a handler
for C<ALRM> or C<INT> that dies ends the call, as soon as the job has undone what it did (ours). The
function set with L<VMware::Vix/on_progress> is called as the work goes on. Calls on the same
virtual machine are done one after the other, others of several threads side by side.
L<VMware::Vix::API::VM> and its neighbours have the same calls without waiting.

=head2 Handles

A handle is a positive integer, unique in the process and never given out twice; VIX_INVALID_HANDLE
(0) is none (page). Every call that returns a handle gives the caller one reference; ReleaseHandle
takes one away, and with the last one the handle is dead (page). A virtual machine that is opened
again through the same host while its handle lives has the same number (page), by whatever
spelling of its path: symbolic links, C<..> and drive letters are resolved first. So has a snapshot
of that virtual machine, whichever call gives it (ours). HostDisconnect ends all handles of its host
at once (page). Calls on a handle that is dead or 0 return
VIX_E_INVALID_HANDLE (1000), on one of another kind VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE (1001)
(ours, from the codes' meaning); releasing it again is harmless (seen). A number beyond 32 bits is
no handle, and no legal value of any other argument.

=head2 Text

Text is UTF-8 (page). A string with Perl's UTF-8 flag gives its characters; one without it gives
its bytes as they are, so paths read from a folder or from the command line fit as they come.
Results have the flag where they are more than ASCII. undef is the empty string; objects with
overloaded stringification are taken by their string (seen). Bytes that are no UTF-8 are
VIX_E_INVALID_UTF8_STRING (27), a NUL inside is VIX_E_INVALID_ARG (3).

=head1 FUNCTIONS

Each call may also return VIX_E_OUT_OF_MEMORY (2), VIX_E_FAIL (1) for what nobody expected, and,
where it takes text, the two errors of L</Text>.

=head2 HostConnect

    ($err, $hostHandle) = HostConnect($apiVersion, $hostType, $hostName, $hostPort,
                                      $userName, $password, $options, $propertyListHandle);

Opens a connection, here always to this host. Each one has a handle of its own.

=over 4

=item $apiVersion

VIX_API_VERSION (page); another number is VIX_E_INVALID_ARG (ours).

=item $hostType

VIX_SERVICEPROVIDER_VMWARE_WORKSTATION, VIX_SERVICEPROVIDER_DEFAULT (Workstation too),
VIX_SERVICEPROVIDER_VMWARE_PLAYER, VIX_SERVICEPROVIDER_VMWARE_SERVER or
VIX_SERVICEPROVIDER_VMWARE_WORKSTATION_SHARED. It decides which calls the connection supports:
only through the first two can be cloned (page). VIX_SERVICEPROVIDER_VMWARE_VI_SERVER is
VIX_E_WRAPPER_SERVICEPROVIDER_NOT_FOUND (22003), a number that is no host type VIX_E_INVALID_ARG
(ours).

=item $hostName

undef or '' for this host (page, seen); C<localhost>, C<127.0.0.1>, C<::1>, the host's own name and
URLs with one of them mean the same. The URI of a libvirt (C<qemu+ssh://host2/system>) is the one
that runs what is opened through this connection, on this host or on another that shares the
storage: see C<power.uri> in L<VMware::Vix::Settings>. Others are VIX_E_CANNOT_CONNECT_TO_HOST
(18000) (ours).

=item $hostPort, $userName, $password

0, undef, undef (page). Others are taken and not used; a port outside 0 to 65535 is
VIX_E_INVALID_ARG (ours).

=item $options

0, VIX_HOSTOPTION_VERIFY_SSL_CERT (page), the old VIX_HOSTOPTION_USE_EVENT_PUMP, or both; neither
has an effect. Other bits are VIX_E_INVALID_ARG (ours).

=item $propertyListHandle

VIX_INVALID_HANDLE (page); anything else is VIX_E_INVALID_ARG (ours).

=back

=head2 HostDisconnect

    HostDisconnect($hostHandle);

Ends the connection, its handle and all handles that were got through it (page). Returns nothing.
With a handle that is dead, 0 or no host it does nothing (seen). A call that another thread is in
the midst of comes to its end.

=head2 VMOpen

    ($err, $vmHandle) = VMOpen($hostHandle, $vmxFilePathName);

Opens the virtual machine with this .vmx; see L<VMware::Vix::Settings/PATHS>. A relative path begins
at the working directory. Encrypted virtual machines open too. Errors: VIX_E_INVALID_ARG for an
empty path (ours); VIX_E_VM_NOT_FOUND (4000) if there is no such file (seen);
VIX_E_CANNOT_READ_VM_CONFIG (4002) if it is no .vmx (seen), or if a line of it cannot be understood:
the detail has file and line, see L<VMware::Vix::Choices/Text that cannot be understood>;
VIX_E_FILE_ACCESS_ERROR (13) if it may not be read, or is a folder, FIFO or device (ours); VIX_E_FILE_NAME_INVALID (22) for a path that
cannot be on this host (ours). Of a linked clone the disks are looked at, too: VIX_E_DISK_OPENPARENT
(16012) if its parent is missing, VIX_E_DISK_CID_MISMATCH (16008) if it was changed since; files of its own may
be missing, so that one that was deleted in part can be deleted (ours). The detail names the parent
and where it was looked for.

=head2 HostOpenVM

    ($err, $vmHandle) = HostOpenVM($hostHandle, $vmxFilePathName, $options, $propertyListHandle);

Does what VMOpen does. $options is VIX_VMOPEN_NORMAL (page), others are VIX_E_INVALID_ARG (ours).
$propertyListHandle is VIX_INVALID_HANDLE or a list with VIX_PROPERTY_VM_ENCRYPTION_PASSWORD (page),
which is taken and not used: an encrypted virtual machine opens without, and cannot be cloned with it
(ours). Another property is VIX_E_UNRECOGNIZED_PROPERTY (6000) (ours).

=head2 RegisterVM

    $err = RegisterVM($hostHandle, $vmxFilePath);

Puts the virtual machine into the inventory, the library that VMware Workstation shows; see the
setting C<inventory.file>. No error if it is there already (page). A file that does not exist is
VIX_E_NOT_FOUND (2000) (page), an empty path VIX_E_INVALID_ARG (ours), one that is no .vmx
VIX_E_CANNOT_READ_VM_CONFIG (ours). VMware's own call does nothing for Workstation and Player
(page); this one does (ours).

=head2 UnregisterVM

    $err = UnregisterVM($hostHandle, $vmxFilePath);

Takes it out again; its files stay. No error if it is not there, or if there is no such file (page).
A running one is VIX_E_VM_IS_RUNNING (ours), an empty path VIX_E_INVALID_ARG (ours).

=head2 FindItems

    ($err, @vmxPaths) = FindItems($hostHandle, $searchType, $timeoutInSeconds);

The absolute paths of virtual machines, with VIX_FIND_RUNNING_VMS those that run on this host, with
VIX_FIND_REGISTERED_VMS those in the inventory (page; VMware's has the latter for servers only).
Another type is VIX_E_INVALID_ARG (ours). $timeoutInSeconds may be any number: nothing is waited for
(seen). On failure the list is C<($err)> alone (seen).

=head2 FindRunningVMs

    ($err, @vmxPaths) = FindRunningVMs($hostHandle, $timeoutInSeconds);

FindItems with VIX_FIND_RUNNING_VMS (page).

=head2 VMClone

    ($err, $cloneHandle) = VMClone($vmHandle, $snapshotHandle, $cloneType,
                                   $destConfigPathName, $options, $propertyListHandle);

Makes a clone: powered off, without snapshots, with a name (that of its .vmx), UUIDs and MAC
addresses of its own; static addresses stay. A B<full> clone is independent and has whole disks,
also that of a linked clone. A B<linked> clone has new disks that stand on those of a snapshot of
the source and hold what differs: it is made in milliseconds, and needs its parent for as long as it
lives (page).

All or nothing: the .vmx appears last, and after a failure nothing of the clone is left and the
source is as it was. A full clone never changes its source; a linked one is recorded in the source's
list of snapshots (.vmsd). The caller releases the clone's handle.

=over 4

=item $vmHandle

The source. For a full clone it may be suspended but not running (page); for a linked clone it may
not be suspended (page), and running only when a snapshot is named (seen). Else it is
VIX_E_VM_IS_RUNNING (3007) (page). Encrypted it is VIX_E_NEED_KEY (30) (ours). A template may be
cloned, also where this user may not write to it: a linked clone then needs a snapshot, and what it
lacks is in C<VMware::Vix::last_error_detail()> (ours).

=item $snapshotHandle

A snapshot of this virtual machine: the clone gets its disks, configuration and nvram as they were
when it was taken (page). One of another virtual machine is VIX_E_INVALID_ARG, a removed one
VIX_E_SNAPSHOT_NOTFOUND (13003) (both ours), one with memory VIX_E_VM_IS_RUNNING (seen).

VIX_INVALID_HANDLE is the present state (page). For a linked clone this takes a snapshot of the
source first, which stays (page): it is called C<Clone>, and each call makes another (seen). The
setting C<clone.reuseSnapshot> keeps to one as long as the source does not change.

=item $cloneType

VIX_CLONETYPE_FULL or VIX_CLONETYPE_LINKED (page); others are VIX_E_INVALID_ARG (ours).

=item $destConfigPathName

The .vmx to make, an absolute path (page); a relative one, or one that names no file, is
VIX_E_INVALID_ARG (ours). Missing folders are made. VIX_E_FILE_ALREADY_EXISTS (12) if the .vmx
exists (ours), VIX_E_SNAPSHOT_EXISTS (13004) if its folder has files of a virtual machine (seen).

=item $options, $propertyListHandle

0 and VIX_INVALID_HANDLE (page); others are VIX_E_INVALID_ARG (ours).

=back

Checks are made in this order (ours): handles, arguments, VIX_E_NOT_SUPPORTED (6) for a host type
that cannot clone (page), state and encryption of the source, destination, disks. A linked clone may
also give VIX_E_DISK_PARENT_NOTALLOWED (16068) for compressed disks and those of ESX, and
VIX_E_FILE_ACCESS_ERROR if the source's folder cannot be written (both ours). The errors of disks
are in L</ERRORS>.

=head2 VMDelete

    $err = VMDelete($vmHandle, $deleteOptions);

Deletes the virtual machine. With 0 its .vmdk files stay (page). With VIX_VMDELETE_DISK_FILES its
disks are deleted too, with those of its snapshots (page) and those that the .vmx switches off, as far
as they lie in its folder; so are deltas that its snapshots made beside a disk in another folder
(ours), while that disk, which was attached, stays. Files of others stay (page). A folder that is then
empty is deleted (seen).

A file that something else needs stays, and C<VMware::Vix::last_error_detail()> names both after
VIX_OK (ours): a disk that another virtual machine of the folder, a list or state of snapshots, or any
other disk there depends on. If that is unknown, because a file of the folder cannot be read,
VMDelete returns the error of reading it, and nothing is deleted (ours).

Other options return VIX_E_INVALID_ARG (ours), a running virtual machine VIX_E_VM_IS_RUNNING (seen), a
template VIX_E_TEMPLATE_VM (4003) (ours), one whose .vmx is gone VIX_E_VM_NOT_FOUND (seen).

Deleting a linked clone deletes nothing of its parent, and removes the parent's record of it (both
ours). A parent can be deleted, which makes its linked clones in other folders useless (page). With
the setting C<delete.protectParents> VMDelete returns VIX_E_SNAPSHOT_NOPERM (13006) as long as a
linked clone is there (seen).

The handle stays until it is released, but calls on it and on handles of its snapshots fail at once
(page), with VIX_E_VM_NOT_FOUND (ours), even if another virtual machine takes the same place.

=head2 VMPowerOn

    $err = VMPowerOn($vmHandle, $powerOnOptions, $propertyListHandle);

Starts or resumes the virtual machine (page), with QEMU through libvirt; it runs on when the script
has ended. $powerOnOptions is VIX_VMPOWEROP_NORMAL or VIX_VMPOWEROP_LAUNCH_GUI (page), also with
VIX_VMPOWEROP_START_VM_PAUSED; others, and a property list, are VIX_E_INVALID_ARG.
VIX_VMPOWEROP_LAUNCH_GUI opens a window of C<virt-viewer>, C<virt-manager> or what C<power.viewer>
names; where there is no display or none of them, it is powered on without (ours). What was left out
or replaced of the .vmx's devices, another port of the VNC display, a return to the snapshot or a new
one (C<snapshot.action>), and why no window is there, is in C<VMware::Vix::last_error_detail()> after
a call that worked (ours).

One that runs is VIX_E_VM_IS_RUNNING, an encrypted one VIX_E_NEED_KEY, or VIX_E_NOT_SUPPORTED with
VIX_VMPOWEROP_LAUNCH_GUI (page), one whose .vmx cannot be written VIX_E_CANNOT_START_READ_ONLY_VM, one
whose disk a snapshot or a linked clone needs as it is VIX_E_SNAPSHOT_INCONSISTENT, one whose disk
another virtual machine uses VIX_E_FILE_ALREADY_LOCKED, one with a disk mode that cannot be followed
VIX_E_NOT_SUPPORTED. A disk that QEMU would destroy by writing or read wrongly (stream-optimized, ESX's redo logs, odd layouts) is
VIX_E_DISK_NOTSUPPORTED, or VIX_E_DISK_NEEDSREPAIR if it is damaged. Then nothing has started or
changed, and the detail names the way out, mostly a full clone (all ours). Without libvirt
it is VIX_E_NOT_SUPPORTED, with one that does not answer VIX_E_CANNOT_CONNECT_TO_HOST, without the
right to use it VIX_E_HOST_USER_PERMISSIONS, on another host that does not see it or is not reached by
ssh VIX_E_NOT_SUPPORTED_ON_REMOTE_OBJECT; whatever else libvirt refuses is
VIX_E_CANNOT_POWER_ON_VM with its own words in the detail (all ours). VIX_E_CANNOT_POWER_ON_VM is also
a guest for another processor, a disk that cannot be attached, and a boot hint that cannot be followed
(ours): see L<VMware::Vix::Choices/Running and suspended>. The settings power.* of
L<VMware::Vix::Settings> say how it runs.

=head2 VMPowerOff

    $err = VMPowerOff($vmHandle, $powerOffOptions);

Switches it off. $powerOffOptions is VIX_VMPOWEROP_NORMAL, which asks nobody, or
VIX_VMPOWEROP_FROM_GUEST, which lets the guest shut itself down (page) and waits for it: its agent is
asked, or while that does not answer the power button is pressed; others are VIX_E_INVALID_ARG
(ours). Off or suspended it is VIX_E_VM_NOT_RUNNING (page). A guest that has not shut down after
C<power.guestTimeout> runs on: VIX_E_POWEROP_SCRIPTS_NOT_AVAILABLE. A machine that another product
runs is VIX_E_CANNOT_CONNECT_TO_VM. The errors of libvirt are those of VMPowerOn (all
ours). With C<snapshot.action = "autoRevert"> it reverts to the current snapshot then, with
C<"autoCommit"> it takes a new one (page). An error of that says that the virtual machine is off, and
the next VMPowerOn does it first (ours).

=head2 VMReset

    $err = VMReset($vmHandle, $resetOptions);

Starts it anew, with the options and errors of VMPowerOff (page).

=head2 VMSuspend

    $err = VMSuspend($vmHandle, $suspendOptions);

Writes the state of the running machine into a .vmss in its working folder and ends it; VMPowerOn goes
on from there (page). $suspendOptions is 0 (page), others are VIX_E_INVALID_ARG. The errors of
VMPowerOff; VIX_E_SUSPEND_ERROR when the state cannot be written: it runs on then (ours).

=head2 VMPause

    $err = VMPause($vmHandle, $options, $propertyListHandle);

Stops it for a while. $options is 0 and $propertyListHandle VIX_INVALID_HANDLE (page), others are
VIX_E_INVALID_ARG (ours). Only Workstation can (page): else it is VIX_E_NOT_SUPPORTED. The errors of
VMPowerOff.

=head2 VMUnpause

    $err = VMUnpause($vmHandle, $options, $propertyListHandle);

Lets it go on. Arguments and errors are those of VMPause.

=head2 VMCreateSnapshot

    ($err, $snapshotHandle) = VMCreateSnapshot($vmHandle, $name, $description,
                                               $options, $propertyListHandle);

Takes a snapshot of the virtual machine, as a child of its current one, and makes it the current one
(page). Name and description may be undef, and a name may be used more than once (page). It keeps
the configuration, the nvram and all disks that are not independent; from then on the virtual
machine writes to new, empty disks.

The options are 0 or VIX_SNAPSHOT_INCLUDE_MEMORY (page), which means nothing to a virtual machine
that is off or suspended; others, and a property list, are VIX_E_INVALID_ARG (ours). A running one
stands still for a moment, with memory for as long as it takes to write that, and goes on. With
memory the snapshot is one of a running virtual machine; without, of one that is powered off: its
disks are as they were at that instant, with the guest's file systems frozen if the guest has an
agent. That of a suspended one has its memory.

Errors: VIX_E_VM_IS_RUNNING when another product runs or suspended it; VIX_E_SNAPSHOT_NOCHANGE
(13008) for one that is suspended and was snapshotted so already; VIX_E_SNAPSHOT_INDEPENDENTDISK
(13016) for a running one with independent disks, with memory
VIX_E_SNAPSHOT_MEMORY_ON_INDEPENDENT_DISK (13018); VIX_E_SNAPSHOT_CHECKPOINT (13009) when the memory
cannot be written; VIX_E_NEED_KEY for an encrypted one; disks that can have no children, compressed
ones and those of ESX, are VIX_E_DISK_PARENT_NOTALLOWED; with 2000 snapshots, or as many as
C<snapshot.maxSnapshots> allows, there can be no more: VIX_E_SNAPSHOT_MAXSNAPSHOTS; one that shares
disks with others, or has C<snapshot.disabled>, is VIX_E_SNAPSHOT_VERSION (13005) (all ours). On failure
nothing is changed.

=head2 VMRemoveSnapshot

    $err = VMRemoveSnapshot($vmHandle, $snapshotHandle, $options);

Removes the snapshot; the present state stays as it is (page). With 0 its children stay and move up
to its parent (ours), with VIX_SNAPSHOT_REMOVE_CHILDREN all snapshots below it go as well (page).
Other options are VIX_E_INVALID_ARG (ours). What its disks hold goes where it is still needed: no
sector of what is left is lost. Calls on its handle give VIX_E_SNAPSHOT_NOTFOUND from then on
(ours).

If a linked clone depends on the snapshot, the call returns VIX_E_SNAPSHOT_DISKLOCKED (13014), and
nothing is removed (ours). A clone whose own list is lost is known by its disks; records of clones that
are gone or depend on another parent do not count. A disk that anything else needs is neither merged
nor deleted: it stays in its chain until a later removal, and C<VMware::Vix::last_error_detail()> names
it after VIX_OK (ours). Of a running virtual machine the disks that it uses are merged by the next
removal while it is off (ours). One that another product runs returns VIX_E_VM_IS_RUNNING (ours), a
template VIX_E_TEMPLATE_VM (seen). A virtual machine that is suspended in the snapshot's memory keeps
that as its own (ours).

=head2 VMRevertToSnapshot

    $err = VMRevertToSnapshot($vmHandle, $snapshotHandle, $options, $propertyListHandle);

Makes disks, configuration and nvram what they were when the snapshot was taken, and the snapshot
the current one (page). What was written since and is in no other snapshot is lost, a suspended
state too. Independent disks stay as they are. The virtual machine is powered off, suspended or
running then, as it was (page).

The options are 0, VIX_VMPOWEROP_LAUNCH_GUI for a window when it runs then, or
VIX_VMPOWEROP_SUPPRESS_SNAPSHOT_POWERON alone (page): it does not run then, but is suspended with the
memory of the snapshot, which VMPowerOn resumes (ours). Others, and a property list, are
VIX_E_INVALID_ARG. A running virtual machine is switched off first (page); one that another product
runs is VIX_E_VM_IS_RUNNING; a snapshot whose memory is gone, or was written by another product, is
VIX_E_SNAPSHOT_NOT_REVERTABLE (13024); and where it is to run, the errors of VMPowerOn (all ours):
the state of the snapshot is back then, and suspended.

=head2 VMGetNumRootSnapshots

    ($err, $count) = VMGetNumRootSnapshots($vmHandle);

How many snapshots have no parent (page); 0 for a virtual machine without snapshots.

=head2 VMGetRootSnapshot

    ($err, $snapshotHandle) = VMGetRootSnapshot($vmHandle, $index);

One of them, by its index from 0 (page). Another index is VIX_E_INVALID_ARG (ours).

=head2 VMGetCurrentSnapshot

    ($err, $snapshotHandle) = VMGetCurrentSnapshot($vmHandle);

The snapshot that the present state comes from (page); VIX_E_SNAPSHOT_NOTFOUND if there is none
(ours).

=head2 VMGetNamedSnapshot

    ($err, $snapshotHandle) = VMGetNamedSnapshot($vmHandle, $name);

The snapshot of that name, or with that path: the names from a root down, joined by C</> or by C<\>,
not both (page). Several are VIX_E_SNAPSHOT_NONUNIQUE_NAME (13017) (page), none
VIX_E_SNAPSHOT_NOTFOUND, an empty name VIX_E_INVALID_ARG (both ours).

=head2 SnapshotGetNumChildren

    ($err, $count) = SnapshotGetNumChildren($snapshotHandle);

How many snapshots are children of this one, without those further down (page).

=head2 SnapshotGetChild

    ($err, $childHandle) = SnapshotGetChild($snapshotHandle, $index);

One of its children, by its index from 0 (page). Another index is VIX_E_INVALID_ARG (ours).

=head2 SnapshotGetParent

    ($err, $parentHandle) = SnapshotGetParent($snapshotHandle);

Its parent; of a root VIX_INVALID_HANDLE, which is no error (page).

=head2 Of all snapshot calls

Each handle that they give is released by the caller (page). VIX_SERVICEPROVIDER_VMWARE_PLAYER has
no snapshots: VIX_E_NOT_SUPPORTED (6) (page). A snapshot of another virtual machine than the one
named is VIX_E_INVALID_ARG, a removed one VIX_E_SNAPSHOT_NOTFOUND (both ours). Those that change
anything wait up to 30 seconds for another process that does, and then give
VIX_E_FILE_ALREADY_LOCKED (15) (ours); cancelling their job ends the wait (ours). They also give the
errors of disks in L</ERRORS>. The tree is read from the files at each call.

=head2 VMReadVariable

    ($err, $value) = VMReadVariable($vmHandle, $variableType, $name, $options);

With VIX_VM_CONFIG_RUNTIME_ONLY the value of a setting, as VMWriteVariable has set it for the virtual
machine that runs (ours), else that of the .vmx; names are compared without regard to case (seen),
and one that is not there has the value '' (seen).
VIX_VM_GUEST_VARIABLE is a variable that the guest and the host keep while it runs, or else the
setting C<guestinfo.NAME>, or for C<ip> the guest's address; '' if there is none (ours).
VIX_GUEST_ENVIRONMENT_VARIABLE is one of the environment of the user who logged in (page); without
a login VIX_E_ANON_GUEST_OPERATIONS_PROHIBITED, '' if there is none (ours). Both need a running
guest and fail as the calls L</In the guest> do; L<VMware::Vix::Guest/VARIABLES> says where they are.
An empty name, an unknown type, or $options other than 0 are VIX_E_INVALID_ARG (ours).

=head2 VMWriteVariable

    $err = VMWriteVariable($vmHandle, $variableType, $name, $value, $options);

The same in the other direction. A setting of a virtual machine that runs lasts until it is powered
off, and is not written to its .vmx (page): it is there for who reads it, and the machine goes on with
the hardware it has (ours). It is suspended and resumed with it (ours). While another product runs it,
it is VIX_E_VM_IS_RUNNING (ours). Of one that is off it goes into the .vmx (ours). A guest variable NAME
is the setting C<guestinfo.NAME>: it is seen by the guest at once, and lasts as long (page).
A variable of the environment is for programs that VIX starts later;
setting it needs a login as root, others are VIX_E_GUEST_USER_PERMISSIONS (page). VIX_E_INVALID_ARG
for a name with C<=>, and for a guest variable's with C</> (page), which also may not begin with
C<.> or have more than 200 bytes, and for one of the environment that no shell takes (ours).
VIX_E_ARGUMENT_TOO_BIG (44) for a value of more than 64 KiB of the guest's or of a virtual machine
that runs, and for a setting once that has some 2 MiB of them (ours).

=head2 VMUpgradeVirtualHardware

    $err = VMUpgradeVirtualHardware($vmHandle, $options);

Raises the version of the virtual hardware to the newest. VIX_OK if there is nothing to do (page).
$options is 0, others are VIX_E_INVALID_ARG (ours). Running or suspended it is VIX_E_VM_IS_RUNNING,
encrypted VIX_E_NEED_KEY (ours), through Player VIX_E_NOT_SUPPORTED (page).

=head2 VMEnableSharedFolders

    $err = VMEnableSharedFolders($vmHandle, $enabled, $options);

Whether the guest may see the shared folders, in the .vmx. $options is 0, others are
VIX_E_INVALID_ARG (ours). This and the calls below are VIX_E_NOT_SUPPORTED but for Workstation and
Player (page). Those that change something are VIX_E_NOT_SUPPORTED when VMPowerOn has started it, for
QEMU's guests see no shared folders, VIX_E_VM_IS_RUNNING when another product runs it, and
VIX_E_NEED_KEY when it is encrypted (ours; VMware's want it running).

=head2 VMGetNumSharedFolders

    ($err, $count) = VMGetNumSharedFolders($vmHandle);

How many there are (page).

=head2 VMGetSharedFolderState

    ($err, $flags, $name, $hostPath) = VMGetSharedFolderState($vmHandle, $index);

One of them, by its index from 0 (page). $flags is 0 or VIX_SHAREDFOLDER_WRITE_ACCESS. Another index
is VIX_E_INVALID_ARG (ours).

=head2 VMSetSharedFolderState

    $err = VMSetSharedFolderState($vmHandle, $shareName, $hostPathName, $flags);

Gives the one of that name another folder and other flags. VIX_E_NOT_FOUND if there is none (page).

=head2 VMAddSharedFolder

    $err = VMAddSharedFolder($vmHandle, $shareName, $hostPathName, $flags);

Adds one. VIX_E_ALREADY_EXISTS (23) if the name is taken (page); VIX_E_FILE_NOT_FOUND (4) or
VIX_E_INCORRECT_FILE_TYPE (9) if $hostPathName is no folder of the host, VIX_E_INVALID_ARG for a
relative path or a name that is empty or has a separator (ours).

=head2 VMRemoveSharedFolder

    $err = VMRemoveSharedFolder($vmHandle, $shareName, $flags);

Removes it. $flags is 0 (page). VIX_E_NOT_FOUND if there is none (ours).

=head2 In the guest

The calls up to VMOpenUrlInGuest go to the guest of a virtual machine, through the QEMU guest agent
in it: L<VMware::Vix::Guest> says how to install that, and who may do what. After the checks of handle
and arguments they are VIX_E_VM_NOT_RUNNING (3006) for one that is off or suspended,
VIX_E_TOOLS_NOT_RUNNING (3016) where no agent answers or another product runs it, and
VIX_E_ANON_GUEST_OPERATIONS_PROHIBITED (3018) without a login, where they need one, which is all but
the first four (ours). What the guest refuses is the code nearest to its words:
VIX_E_FILE_NOT_FOUND (4), VIX_E_FILE_ACCESS_ERROR (13), VIX_E_FILE_ALREADY_EXISTS (12),
VIX_E_NOT_A_FILE (20001), VIX_E_NOT_A_DIRECTORY (20002), VIX_E_GUEST_USER_PERMISSIONS (3015) and so
on (ours). Options with other bits than those named, a property list, or an empty path are VIX_E_INVALID_ARG
(ours). In a result that is a hash all keys are there also on failure, with undef as values (ours);
a list of hashes is empty then.

=head2 VMInstallTools

    $err = VMInstallTools($vmHandle, $options, $commandLineArgs);

Mounts the installer of VMware's tools. $options is VIX_INSTALLTOOLS_MOUNT_TOOLS_INSTALLER,
VIX_INSTALLTOOLS_AUTO_UPGRADE or VIX_INSTALLTOOLS_RETURN_IMMEDIATELY (page). There is no such image
here: a running virtual machine is VIX_E_TOOLS_INSTALL_NO_IMAGE (21000) (ours).

=head2 VMWaitForToolsInGuest

    $err = VMWaitForToolsInGuest($vmHandle, $timeoutInSeconds);

Waits until the tools answer, $timeoutInSeconds seconds, or for ever if that is not positive (page).
VIX_E_TIMEOUT_WAITING_FOR_TOOLS (3000) when the time is over, VIX_E_VM_NOT_RUNNING when it ends
meanwhile (ours).

=head2 VMLoginInGuest

    $err = VMLoginInGuest($vmHandle, $userName, $password, $options);

Sets the account of later calls. $options is 0 or
VIX_LOGIN_IN_GUEST_REQUIRE_INTERACTIVE_ENVIRONMENT (page), which is VIX_E_LOGIN_TYPE_NOT_SUPPORTED
here (ours). The password is checked against the guest's own list: VIX_E_GUEST_USER_PERMISSIONS,
VIX_E_EMPTY_PASSWORD_NOT_ALLOWED_IN_GUEST (3033), VIX_E_CANNOT_AUTHENTICATE_WITH_GUEST (3024) (ours).
An empty name is VIX_E_INVALID_ARG (ours).

=head2 VMLogoutFromGuest

    $err = VMLogoutFromGuest($vmHandle);

Forgets that account. VIX_OK also without a login (page), and whether it runs or not (ours).

=head2 VMRunProgramInGuest

    $err = VMRunProgramInGuest($vmHandle, $guestProgramName, $commandLineArgs, $options,
                               $propertyListHandle);

Runs a program. $options may have VIX_RUNPROGRAM_RETURN_IMMEDIATELY and
VIX_RUNPROGRAM_ACTIVATE_WINDOW (page); the latter means nothing here. One that is not there or that
the user may not run is VIX_E_PROGRAM_NOT_STARTED (3004) (ours).

=head2 VMRunProgramInGuestEx

    ($err, %procInfo) = VMRunProgramInGuestEx($vmHandle, $guestProgramName, $commandLineArgs,
                                              $options, $propertyListHandle);

The same. The hash has PROCESS_ID, ELAPSED_TIME (seconds) and EXIT_CODE (page).

=head2 VMRunScriptInGuest

    $err = VMRunScriptInGuest($vmHandle, $interpreter, $scriptText, $options, $propertyListHandle);

Runs a script's text, with the options of VMRunProgramInGuest. Interpreter and text together of more
than 60536 bytes are VIX_E_ARGUMENT_TOO_BIG (44) (page).

=head2 VMRunScriptInGuestEx

    ($err, %procInfo) = VMRunScriptInGuestEx($vmHandle, $interpreter, $scriptText, $options,
                                             $propertyListHandle);

The same, with the hash of VMRunProgramInGuestEx (page).

=head2 VMCopyFileFromHostToGuest

    $err = VMCopyFileFromHostToGuest($vmHandle, $hostPathName, $guestPathName, $options,
                                     $propertyListHandle);

Copies a file or folder into the guest. $options is 0 (page). It may be cancelled, and reports its
progress; an incomplete copy is removed (ours).

=head2 VMCopyFileFromGuestToHost

    $err = VMCopyFileFromGuestToHost($vmHandle, $guestPathName, $hostPathName, $options,
                                     $propertyListHandle);

Copies a file or folder out of the guest. $options is 0 (page). It may be cancelled, and reports its
progress; an incomplete copy is removed (ours).

=head2 VMDeleteFileInGuest

    $err = VMDeleteFileInGuest($vmHandle, $guestPathName);

Deletes a file (page).

=head2 VMFileExistsInGuest

    ($err, $exists) = VMFileExistsInGuest($vmHandle, $guestPathName);

1 if there is a plain file of that name, 0 if not (page).

=head2 VMRenameFileInGuest

    $err = VMRenameFileInGuest($vmHandle, $oldName, $newName, $options, $propertyListHandle);

Renames a file or folder. Names of more than 255 bytes are VIX_E_FILE_NAME_TOO_LONG (20004), $options
is 0 (page).

=head2 VMCreateTempFileInGuest

    ($err, $tempFileName) = VMCreateTempFileInGuest($vmHandle, $options, $propertyListHandle);

Makes a file with a name of its own. $options is 0 (page).

=head2 VMGetFileInfoInGuest

    ($err, %fileInfo) = VMGetFileInfoInGuest($vmHandle, $pathName);

The hash has FILE_SIZE (bytes), FILE_FLAGS (VIX_FILE_ATTRIBUTES_*) and the time of its last change,
in seconds since 1970, as both MOD_TIME and FILE_MOD_TIME (page: once this, once that).

=head2 VMListDirectoryInGuest

    ($err, @entries) = VMListDirectoryInGuest($vmHandle, $pathName, $options);

A reference to a hash for each entry, with FILE_NAME, FILE_SIZE, FILE_ATTRIBUTES and FILE_MOD_TIME.
$options is 0 (page).

=head2 VMCreateDirectoryInGuest

    $err = VMCreateDirectoryInGuest($vmHandle, $pathName, $propertyListHandle);

Makes a folder, and those above it that are missing (page).

=head2 VMDeleteDirectoryInGuest

    $err = VMDeleteDirectoryInGuest($vmHandle, $pathName, $options);

Deletes a folder with all that is in it. $options is 0 (page).

=head2 VMDirectoryExistsInGuest

    ($err, $exists) = VMDirectoryExistsInGuest($vmHandle, $pathName);

1 if there is a folder of that name, 0 if not (page).

=head2 VMListProcessesInGuest

    ($err, @processes) = VMListProcessesInGuest($vmHandle, $options);

A reference to a hash for each process, with PROCESS_NAME, PROCESS_ID, PROCESS_OWNER,
PROCESS_COMMAND, PROCESS_BEING_DEBUGGED and PROCESS_START_TIME. $options is 0 (page).

=head2 VMKillProcessInGuest

    $err = VMKillProcessInGuest($vmHandle, $pid, $options);

Ends a process. $options is 0 (page); a $pid that is not positive is VIX_E_INVALID_ARG (page).

=head2 VMCaptureScreenImage

    ($err, $imageSize, $imageBytes) = VMCaptureScreenImage($vmHandle, $captureType,
        $propertyListHandle);

A picture of the screen. $captureType is VIX_CAPTURESCREENFORMAT_PNG or
VIX_CAPTURESCREENFORMAT_PNG_NOCOMPRESS (page), others are VIX_E_INVALID_ARG (ours). $imageBytes is
a PNG either way. It needs a login (page), though the picture is taken of the graphics card.

=head2 VMOpenUrlInGuest

    $err = VMOpenUrlInGuest($vmHandle, $url, $windowState, $propertyListHandle);

Opens a page in the guest's browser. VIX 1.11 removed it (page); old scripts name it (seen). With
a login it is VIX_E_OP_NOT_SUPPORTED_ON_GUEST (3003) (ours).

=head2 Recording

These four went with VIX 1.11 (page), and old scripts name them (seen). After the checks of handles
and arguments they are VIX_E_NOT_SUPPORTED (ours).

=head2 VMBeginRecording

    ($err, $snapshotHandle) = VMBeginRecording($vmHandle, $name, $description, $options,
                                               $propertyListHandle);

Would record what it does from now on.

=head2 VMEndRecording

    $err = VMEndRecording($vmHandle, $options, $propertyListHandle);

Would end that.

=head2 VMBeginReplay

    $err = VMBeginReplay($vmHandle, $snapshotHandle, $options, $propertyListHandle);

Would play a recording.

=head2 VMEndReplay

    $err = VMEndReplay($vmHandle, $options, $propertyListHandle);

Would end that.

=head2 GetProperties

    ($err, @values) = GetProperties($handle, $propertyID, ...);

One value for each identifier, in their order (page), or one undef for each if any of them fails
(ours). Nothing ends the list of identifiers. Values are read from the files at each call.

    of hosts
    VIX_PROPERTY_HOST_HOSTTYPE            the type; VIX_SERVICEPROVIDER_DEFAULT shows as Workstation
    VIX_PROPERTY_HOST_API_VERSION         VIX_API_VERSION
    VIX_PROPERTY_HOST_SOFTWARE_VERSION    version of this library

    of virtual machines
    VIX_PROPERTY_VM_NAME                  display name; that of the .vmx if it has none
    VIX_PROPERTY_VM_VMX_PATHNAME          the path as first given to VMOpen, made absolute
    VIX_PROPERTY_VM_NUM_VCPUS             processors
    VIX_PROPERTY_VM_MEMORY_SIZE           memory in MB
    VIX_PROPERTY_VM_GUESTOS               identifier of the guest system, '' if it has none
    VIX_PROPERTY_VM_POWER_STATE           VIX_POWERSTATE_POWERED_OFF, _SUSPENDED or _POWERED_ON
    VIX_PROPERTY_VM_IS_RUNNING            1 while it runs
    VIX_PROPERTY_VM_READ_ONLY             1 if this process may not write the .vmx
    VIX_PROPERTY_VM_TOOLS_STATE           VIX_TOOLSSTATE_UNKNOWN
    VIX_PROPERTY_VM_SUPPORTED_FEATURES    a bit for each: VIX_VM_SUPPORT_MULTIPLE_SNAPSHOTS,
                                          _SHARED_FOLDERS, _HARDWARE_UPGRADE
    VIX_PROPERTY_VM_VMTEAM_PATHNAME, VIX_PROPERTY_VM_IN_VMTEAM, VIX_PROPERTY_VM_SSL_ERROR,
    VIX_PROPERTY_VM_IS_RECORDING, VIX_PROPERTY_VM_IS_REPLAYING                        '' or 0

    of snapshots
    VIX_PROPERTY_SNAPSHOT_DISPLAYNAME     name, '' if it has none
    VIX_PROPERTY_SNAPSHOT_DESCRIPTION     description, '' if it has none
    VIX_PROPERTY_SNAPSHOT_POWERSTATE      VIX_POWERSTATE_POWERED_OFF; if it has memory, _POWERED_ON
                                          or _SUSPENDED
    VIX_PROPERTY_SNAPSHOT_IS_REPLAYABLE   0

Of jobs see L<VMware::Vix::API::Job>; a property list has what was put into it.

VIX_PROPERTY_GUEST_SHAREDFOLDERS_SHARES_PATH is VIX_E_VM_NOT_RUNNING (3006), in a running guest
VIX_E_TOOLS_NOT_RUNNING (3016). Other identifiers are VIX_E_UNRECOGNIZED_PROPERTY (6000). The errors
of VMOpen for handles and for a .vmx that is gone or garbled.

=head2 AllocPropertyList

    ($err, $propertyListHandle) = AllocPropertyList($handle, $propertyID, $value, ...,
                                                    VIX_PROPERTY_NONE);

A list of properties with their values, for calls that take one. $handle is a host's (page), which
the list belongs to: VIX_E_INVALID_HANDLE or VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE for another. The
VIX_PROPERTY_NONE at the end may be left out (ours). An identifier that is no property is
VIX_E_UNRECOGNIZED_PROPERTY; one without a value, a value of another type than the property's, or a
property twice is VIX_E_INVALID_ARG (all ours). GetProperties reads the list, the caller releases it.

=head2 GetHandleType

    $type = GetHandleType($handle);

VIX_HANDLETYPE_HOST, VIX_HANDLETYPE_VM, VIX_HANDLETYPE_SNAPSHOT, VIX_HANDLETYPE_JOB,
VIX_HANDLETYPE_PROPERTY_LIST, or VIX_HANDLETYPE_NONE for a handle
that is dead or never was (ours). No error.

=head2 ReleaseHandle

    ReleaseHandle($handle);

Takes one reference away (page). Returns nothing; does nothing for a handle that is dead or 0
(seen). A host that is released, not disconnected, has no handle any more, while its virtual
machines can be used until they are released too; so can the snapshots of a virtual machine (ours).

=head2 GetErrorText

    $text = GetErrorText($err);

An English text for the code, also for VIX_OK and for numbers that are no code (seen). If it is the
code of this thread's last call that failed, a colon and the detail follow: which file, where in
it, what was found. No error.

=head1 ERRORS

L<VMware::Vix::API::Errors> lists all codes. The detail alone is
C<VMware::Vix::last_error_detail()>. It is kept for each thread until its next call that returns a
code, so HostDisconnect, ReleaseHandle, GetHandleType and GetErrorText leave it alone.

Calls that read disks or snapshots may return, all (ours):

    VIX_E_FILE_NOT_FOUND (4)                    a disk or extent is missing
    VIX_E_FILE_ERROR (7)                        the host reported an error in reading or writing
    VIX_E_DISK_FULL (8)                         no room for the clone
    VIX_E_FILE_READ_ONLY (11)                   the file system of the destination is read-only
    VIX_E_FILE_ACCESS_ERROR (13)                no rights; an extent that is no plain file, or lies
                                                outside its disk's folder
    VIX_E_FILE_ALREADY_LOCKED (15)              another process works on the same virtual machine
    VIX_E_FILE_TOO_BIG (21)                     the file system cannot hold the disk
    VIX_E_SNAPSHOT_DUMPER (13001)               a snapshot's state (.vmsn) is missing or damaged
    VIX_E_SNAPSHOT_CONFIG (13007)               the list of snapshots (.vmsd) cannot be understood
    VIX_E_DISK_NEEDSREPAIR (16006)              truncated, entries outside the file, grains overlap
    VIX_E_DISK_CID_MISMATCH (16008)             the parent changed after its child was made
    VIX_E_DISK_UNSUPPORTEDDISKVERSION (16011)   a format newer than this library
    VIX_E_DISK_OPENPARENT (16012)               a parent is missing or cannot be opened
    VIX_E_DISK_NOTSUPPORTED (16013)             a kind of disk this library does not know, or that
                                                QEMU cannot be given (VMPowerOn)
    VIX_E_DISK_NEEDKEY (16014)                  encrypted
    VIX_E_DISK_TOOMANYOPENFILES (16027)         no file descriptors left
    VIX_E_DISK_TOOMANYREDO (16028)              the chain of parents is too long
    VIX_E_DISK_INVALIDCHAIN (16030)             the chain of parents has a loop
    VIX_E_DISK_INVALIDDISK (16063)              no VMDK, or one that contradicts itself
    VIX_E_DISK_UNSUPPORTEDDEVICE (16066)        a raw device or partition
    VIX_E_DISK_CAPACITY_MISMATCH (16067)        parent and child differ in size
    VIX_E_DISK_PARENT_NOTALLOWED (16068)        a disk that can have no children

=head1 THREADS AND PROCESSES

Handles belong to the process: all Perl threads share them and may use them at the same time. After
a fork each process has its own copies. A call that another thread was waiting for goes on in the
parent; in the child its job has ended with VIX_E_CANCELLED (10), and nothing of it is undone there.
When a process exits, what it is in the midst of is cancelled and undone. Virtual machines are locked
on disk in VMware's own form, between processes too.

=head1 SEE ALSO

L<VMware::Vix>, L<VMware::Vix::Settings>, L<VMware::Vix::Choices>, L<VMware::Vix::API::Constants>,
L<VMware::Vix::API::Errors>

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
