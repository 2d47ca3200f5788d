package VMware::Vix::Simple;

use 5.014;
use strict;
use warnings;

use Exporter 'import';
use VMware::Vix ();
use VMware::Vix::API::Constants;

our $VERSION = $VMware::Vix::VERSION;

our @EXPORT_FUNCTIONS = qw(
    HostConnect HostDisconnect
    VMOpen VMClone VMDelete
    GetProperties
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

VMware::Vix::Simple - the calls of VMware's VIX API: open and clone virtual machines on disk

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
choice where neither says anything; L</CHOICES> lists those that matter.

=head2 Results

A call returns when its work is done (seen). The first value is the error code, VIX_OK (0) when it
worked. Calls that give more return a list that begins with the code and has the same length
whether they worked or not; call them in list context (page). Numbers are plain integers, truth is
1 or 0. The only thing that dies is a wrong number of arguments, or an argument whose own code
(an overloaded object, a tied variable) dies.

=head2 Handles

A handle is a positive integer, unique in the process and never given out twice; VIX_INVALID_HANDLE
(0) is none (page). Every call that returns a handle gives the caller one reference; ReleaseHandle
takes one away, and with the last one the handle is dead (page). A virtual machine that is opened
again through the same host while its handle lives has the same number (page), by whatever
spelling of its path: symbolic links, C<..> and drive letters are resolved first. HostDisconnect
ends all handles of its host at once (page). Calls on a handle that is dead or 0 return
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
URLs with one of them mean the same. Others are VIX_E_CANNOT_CONNECT_TO_HOST (18000) (ours).

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

Opens the virtual machine with this .vmx; see L</PATHS>. A relative path begins at the working
directory. Encrypted virtual machines open too. Errors: VIX_E_INVALID_HANDLE,
VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE; VIX_E_INVALID_ARG for an empty path (ours); VIX_E_VM_NOT_FOUND
(4000) if there is no such file (seen); VIX_E_CANNOT_READ_VM_CONFIG (4002) if it is no .vmx (seen);
VIX_E_FILE_ACCESS_ERROR (13) if it may not be read (ours); those of L</PATHS>.

=head2 VMClone

    ($err, $cloneHandle) = VMClone($vmHandle, $snapshotHandle, $cloneType,
                                   $destConfigPathName, $options, $propertyListHandle);

Makes a full clone of the virtual machine in its present state: powered off, independent, with
whole disks and no snapshots. The clone has its own name (that of its .vmx), UUIDs and MAC
addresses; static addresses stay. All or nothing: the .vmx appears last, and after a failure the
source is untouched and nothing of the clone is left. The caller releases the clone's handle.

=over 4

=item $vmHandle

The source. It may be suspended but not running (page): VIX_E_VM_IS_RUNNING (3007) (seen). Encrypted
it is VIX_E_NEED_KEY (30) (ours). A template may be cloned.

=item $snapshotHandle

VIX_INVALID_HANDLE for the present state (page). Snapshots have no calls yet, so another number is
VIX_E_INVALID_HANDLE or VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE.

=item $cloneType

VIX_CLONETYPE_FULL; VIX_CLONETYPE_LINKED is VIX_E_NOT_SUPPORTED (6) as yet; others are
VIX_E_INVALID_ARG (ours).

=item $destConfigPathName

The .vmx to make, an absolute path (page); a relative one, or one that names no file, is
VIX_E_INVALID_ARG (ours). Missing folders are made. VIX_E_FILE_ALREADY_EXISTS (12) if the .vmx
exists (ours), VIX_E_SNAPSHOT_EXISTS (13004) if its folder has files of a virtual machine (seen).

=item $options, $propertyListHandle

0 and VIX_INVALID_HANDLE (page); others are VIX_E_INVALID_ARG (ours).

=back

Checks are made in this order (ours): handles, arguments, VIX_E_NOT_SUPPORTED for a host type that
cannot clone (page) and for linked clones, state and encryption of the source, destination, disks.
The errors of disks are in L</ERRORS>.

=head2 VMDelete

    $err = VMDelete($vmHandle, $deleteOptions);

Deletes the virtual machine. With 0 its .vmdk files stay, with VIX_VMDELETE_DISK_FILES they are
deleted too (page), as far as they lie in its folder and no other virtual machine there uses them.
Files of others stay (page); a folder that is then empty goes (seen). Other options are
VIX_E_INVALID_ARG (ours). A running one is VIX_E_VM_IS_RUNNING (seen), a template
VIX_E_TEMPLATE_VM (4003) (ours), one whose .vmx is gone VIX_E_VM_NOT_FOUND (seen).

The handle stays until it is released, but calls on it fail at once (page), with VIX_E_VM_NOT_FOUND
(ours), even if another virtual machine takes the same place.

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
    VIX_PROPERTY_VM_SUPPORTED_FEATURES    0: none of the calls that the bits stand for is there yet
    VIX_PROPERTY_VM_VMTEAM_PATHNAME, VIX_PROPERTY_VM_IN_VMTEAM, VIX_PROPERTY_VM_SSL_ERROR,
    VIX_PROPERTY_VM_IS_RECORDING, VIX_PROPERTY_VM_IS_REPLAYING                        '' or 0

VIX_PROPERTY_GUEST_SHAREDFOLDERS_SHARES_PATH is VIX_E_VM_NOT_RUNNING (3006), in a running guest
VIX_E_TOOLS_NOT_RUNNING (3016). Other identifiers are VIX_E_UNRECOGNIZED_PROPERTY (6000). The errors
of VMOpen for handles and for a .vmx that is gone or garbled.

=head2 GetHandleType

    $type = GetHandleType($handle);

VIX_HANDLETYPE_HOST, VIX_HANDLETYPE_VM, or VIX_HANDLETYPE_NONE for a handle that is dead or never
was (ours). No error.

=head2 ReleaseHandle

    ReleaseHandle($handle);

Takes one reference away (page). Returns nothing; does nothing for a handle that is dead or 0
(seen). A host that is released, not disconnected, has no handle any more, while its virtual
machines can be used until they are released too (ours).

=head2 GetErrorText

    $text = GetErrorText($err);

An English text for the code, also for VIX_OK and for numbers that are no code (seen). If it is the
code of this thread's last call that failed, a colon and the detail follow: which file, where in
it, what was found. No error.

=head1 ERRORS

L<VMware::Vix::API::Errors> lists all codes. The detail alone is
C<VMware::Vix::last_error_detail()>. It is kept for each thread until its next call that returns a
code, so HostDisconnect, ReleaseHandle, GetHandleType and GetErrorText leave it alone.

Calls that read disks may return, all (ours):

    VIX_E_FILE_NOT_FOUND (4)                    a disk or extent is missing
    VIX_E_FILE_ERROR (7)                        the host reported an error in reading or writing
    VIX_E_DISK_FULL (8)                         no room for the clone
    VIX_E_FILE_READ_ONLY (11)                   the destination cannot be written
    VIX_E_FILE_ACCESS_ERROR (13)                no rights; an extent that is no plain file, or lies
                                                outside its disk's folder
    VIX_E_FILE_ALREADY_LOCKED (15)              another process works on the destination
    VIX_E_FILE_TOO_BIG (21)                     the file system cannot hold the disk
    VIX_E_DISK_NEEDSREPAIR (16006)              truncated, entries outside the file, grains overlap
    VIX_E_DISK_CID_MISMATCH (16008)             the parent changed after its child was made
    VIX_E_DISK_UNSUPPORTEDDISKVERSION (16011)   a format newer than this library
    VIX_E_DISK_OPENPARENT (16012)               a parent is missing or cannot be opened
    VIX_E_DISK_NOTSUPPORTED (16013)             a kind of disk this library does not know
    VIX_E_DISK_NEEDKEY (16014)                  encrypted
    VIX_E_DISK_TOOMANYOPENFILES (16027)         no file descriptors left
    VIX_E_DISK_TOOMANYREDO (16028)              the chain of parents is too long
    VIX_E_DISK_INVALIDCHAIN (16030)             the chain of parents has a loop
    VIX_E_DISK_INVALIDDISK (16063)              no VMDK, or one that contradicts itself
    VIX_E_DISK_UNSUPPORTEDDEVICE (16066)        a raw device or partition
    VIX_E_DISK_CAPACITY_MISMATCH (16067)        parent and child differ in size

=head1 PATHS

POSIX paths are used as they are. A Windows path (C<C:\Virtual Machines\WinXP\WinXP.vmx>), in a
call or inside a .vmx or .vmdk that was made on Windows, is looked up below the folder that its
drive is mapped to. As on Windows, case does not matter for names that exist; new names keep the case they
are given. VIX_E_FILE_NAME_INVALID (22): the drive is not mapped (the detail names the setting), a
network path, a path relative to a drive's folder (C<C:x.vmx>).

=head1 SETTINGS

In F<~/.vmware/vix.conf>, lines as in a .vmx; an environment variable goes before the file. Both are
read anew by each call; a value that cannot be used is VIX_E_INVALID_ARG.

=over 4

=item drive.X = "/folder" (VIX_DRIVE_X)

The folder that is drive X, for each letter.

=item disk.folders = "/a:/b" (VIX_DISK_FOLDERS)

A disk may name extents in its own folder only, since the name in the file is not the caller's;
these folders, and what is below, are allowed too.

=item clone.sync = "FALSE" (VIX_CLONE_SYNC)

Do not wait until the clone is safe on the disk before VMClone returns. TRUE by default.

=back

=head1 CHOICES

What the reference leaves open and a script could notice. Each has a test.

=over 4

=item *

Codes are the plain 16-bit numbers, without the flags of the C library.

=item *

Relative .vmx paths are allowed in VMOpen, not as destination of VMClone.

=item *

A .vmx is known by its path after symbolic links. A hard link in another folder is another virtual
machine, since its disks are looked for beside it.

=item *

VMClone never overwrites: neither a .vmx nor a folder with files of a virtual machine.

=item *

Of a suspended source the clone is powered off and has no memory files.

=item *

Host types other than Workstation are served from the same files, with the calls VMware had for
them.

=item *

A dead handle has the type VIX_HANDLETYPE_NONE; a deleted virtual machine still has its own.

=item *

Features that are not there yet are refused with VIX_E_NOT_SUPPORTED, and are not told of in
VIX_PROPERTY_VM_SUPPORTED_FEATURES.

=back

=head1 THREADS AND PROCESSES

Handles belong to the process: all Perl threads share them and may use them at the same time. After
a fork each process has its own copies. Virtual machines are locked on disk in VMware's own form,
between processes too.

=head1 SEE ALSO

L<VMware::Vix>, L<VMware::Vix::API::Constants>, L<VMware::Vix::API::Errors>

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
