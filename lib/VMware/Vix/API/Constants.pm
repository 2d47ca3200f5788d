package VMware::Vix::API::Constants;

use 5.014;
use strict;
use warnings;

use Exporter 'import';

# Defines the constants as functions of this package and fills the two lists.
use VMware::Vix ();
our (@EXPORT, %EXPORT_TAGS);

$EXPORT_TAGS{all} = \@EXPORT;

our $VERSION = $VMware::Vix::VERSION;

1;

__END__

=encoding UTF-8

=head1 NAME

VMware::Vix::API::Constants - the constants of VMware's VIX API

=head1 SYNOPSIS

    use VMware::Vix::API::Constants;
    print "off\n" if $state & VIX_POWERSTATE_POWERED_OFF;

    use VMware::Vix::API::Constants qw(:clonetype :error);

=head1 DESCRIPTION

All constants and error codes are functions without arguments. They work with and without
parentheses, and at compile time too. All are exported by default. Each group has a tag that exports
it alone; the titles below name the tags. The tag of the error codes is C<:error>;
L<VMware::Vix::API::Errors> lists them. The tag C<:all> exports everything.

A constant can exist although this library does not support its use; see L<VMware::Vix::Simple>.

=head1 CONSTANTS

=head2 No handle (C<:handle>)

    VIX_INVALID_HANDLE  0  no handle, in arguments and results

=head2 Kinds of handles (C<:handletype>)

What GetHandleType returns.

    VIX_HANDLETYPE_NONE                 0  no handle, or a handle that has ended
    VIX_HANDLETYPE_HOST                 2  a host connection
    VIX_HANDLETYPE_VM                   3  a virtual machine
    VIX_HANDLETYPE_NETWORK              5  a network; no call returns one
    VIX_HANDLETYPE_JOB                  6  a job: a call that was started
    VIX_HANDLETYPE_SNAPSHOT             7  a snapshot
    VIX_HANDLETYPE_PROPERTY_LIST        9  a property list
    VIX_HANDLETYPE_METADATA_CONTAINER  11  metadata; no call returns one

=head2 Types of properties (C<:propertytype>)

    VIX_PROPERTYTYPE_ANY      0  type not determined
    VIX_PROPERTYTYPE_INTEGER  1  32-bit signed integer
    VIX_PROPERTYTYPE_STRING   2  NUL-terminated UTF-8 string
    VIX_PROPERTYTYPE_BOOL     3  boolean
    VIX_PROPERTYTYPE_HANDLE   4  a VIX handle
    VIX_PROPERTYTYPE_INT64    5  64-bit signed integer
    VIX_PROPERTYTYPE_BLOB     6  bytes

=head2 Properties of any handle (C<:property>)

    VIX_PROPERTY_NONE                 0  no property; ends a list of properties
    VIX_PROPERTY_META_DATA_CONTAINER  2  metadata of a handle

=head2 Properties of hosts (C<:property_host>)

For GetProperties.

    VIX_PROPERTY_HOST_HOSTTYPE          50  integer: VIX_SERVICEPROVIDER_* of the connection
    VIX_PROPERTY_HOST_API_VERSION       51  integer: API version of the connection
    VIX_PROPERTY_HOST_SOFTWARE_VERSION  52  text: version of the product, here of this library

=head2 Properties of virtual machines (C<:property_vm>)

For GetProperties.

    VIX_PROPERTY_VM_NUM_VCPUS           101  integer: number of virtual CPUs
    VIX_PROPERTY_VM_VMX_PATHNAME        103  text: path of the .vmx file
    VIX_PROPERTY_VM_VMTEAM_PATHNAME     105  text: path of the machine's team file
    VIX_PROPERTY_VM_MEMORY_SIZE         106  integer: configured memory in MB
    VIX_PROPERTY_VM_READ_ONLY           107  boolean: the .vmx is not writable
    VIX_PROPERTY_VM_NAME                108  text: display name
    VIX_PROPERTY_VM_GUESTOS             109  text: identifier of the guest system
    VIX_PROPERTY_VM_IN_VMTEAM           128  boolean: the machine is a team member
    VIX_PROPERTY_VM_POWER_STATE         129  integer: OR of VIX_POWERSTATE_* bits
    VIX_PROPERTY_VM_TOOLS_STATE         152  integer: VIX_TOOLSSTATE_*
    VIX_PROPERTY_VM_IS_RUNNING          196  boolean: the machine runs
    VIX_PROPERTY_VM_SUPPORTED_FEATURES  197  integer: OR of VIX_VM_SUPPORT_* bits
    VIX_PROPERTY_VM_SSL_ERROR           293  boolean: the certificate of its host was not trusted

=head2 Properties of guests (C<:property_guest>)

    VIX_PROPERTY_GUEST_SHAREDFOLDERS_SHARES_PATH  4525  text: folder in the guest where shared
                                                        folders appear

=head2 Properties for opening (C<:property_encryption>)

    VIX_PROPERTY_VM_ENCRYPTION_PASSWORD  7001  text: the password of an encrypted machine

=head2 Properties of snapshots (C<:property_snapshot>)

For GetProperties.

    VIX_PROPERTY_SNAPSHOT_DISPLAYNAME  4200  text: snapshot name
    VIX_PROPERTY_SNAPSHOT_DESCRIPTION  4201  text: snapshot description
    VIX_PROPERTY_SNAPSHOT_POWERSTATE   4205  integer: VIX_POWERSTATE_* bits when it was taken

=head2 Results of jobs (C<:property_jobresult>)

For the jobs of L<VMware::Vix::API::Job>.

    VIX_PROPERTY_JOB_RESULT_ERROR_CODE                  3000  integer: final error of the job
    VIX_PROPERTY_JOB_RESULT_VM_IN_GROUP                 3001  undocumented
    VIX_PROPERTY_JOB_RESULT_USER_MESSAGE                3002  text: message on which the machine
                                                              is blocked
    VIX_PROPERTY_JOB_RESULT_EXIT_CODE                   3004  integer: exit code of the job
    VIX_PROPERTY_JOB_RESULT_COMMAND_OUTPUT              3005  text: text output of a command
    VIX_PROPERTY_JOB_RESULT_HANDLE                      3010  handle: the object that the call made
    VIX_PROPERTY_JOB_RESULT_GUEST_OBJECT_EXISTS         3011  boolean: the file or folder exists
    VIX_PROPERTY_JOB_RESULT_GUEST_PROGRAM_ELAPSED_TIME  3017  integer: run time of the program in
                                                              seconds
    VIX_PROPERTY_JOB_RESULT_GUEST_PROGRAM_EXIT_CODE     3018  integer: exit code of the program
    VIX_PROPERTY_JOB_RESULT_ITEM_NAME                   3035  text: name of the n-th item
    VIX_PROPERTY_JOB_RESULT_FOUND_ITEM_DESCRIPTION      3036  text: description of the n-th item
    VIX_PROPERTY_JOB_RESULT_SHARED_FOLDER_COUNT         3046  integer: number of shared folders
    VIX_PROPERTY_JOB_RESULT_SHARED_FOLDER_HOST          3048  text: host path of a shared folder
    VIX_PROPERTY_JOB_RESULT_SHARED_FOLDER_FLAGS         3049  integer: flags of a shared folder
    VIX_PROPERTY_JOB_RESULT_PROCESS_ID                  3051  integer: process id
    VIX_PROPERTY_JOB_RESULT_PROCESS_OWNER               3052  text: process owner
    VIX_PROPERTY_JOB_RESULT_PROCESS_COMMAND             3053  text: process command line
    VIX_PROPERTY_JOB_RESULT_FILE_FLAGS                  3054  integer: VIX_FILE_ATTRIBUTES_* bits
    VIX_PROPERTY_JOB_RESULT_PROCESS_START_TIME          3055  integer: start time, seconds since
                                                              the epoch
    VIX_PROPERTY_JOB_RESULT_VM_VARIABLE_STRING          3056  text: value that ReadVariable read
    VIX_PROPERTY_JOB_RESULT_PROCESS_BEING_DEBUGGED      3057  boolean: a debugger is attached
    VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_SIZE           3058  integer: size of the screen image,
                                                              bytes
    VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_DATA           3059  bytes: the image
    VIX_PROPERTY_JOB_RESULT_FILE_SIZE                   3061  integer: file size
    VIX_PROPERTY_JOB_RESULT_FILE_MOD_TIME               3062  integer: modification time, seconds
                                                              since the epoch
    VIX_PROPERTY_JOB_RESULT_EXTRA_ERROR_INFO            3084  text: extra text about a failure

=head2 Properties of events (C<:property_event>)

    VIX_PROPERTY_FOUND_ITEM_LOCATION  4010  text: path of an item that FindItems found

=head2 Events (C<:eventtype>)

    VIX_EVENTTYPE_JOB_COMPLETED       2  the job has ended
    VIX_EVENTTYPE_JOB_PROGRESS        3  progress report; can come many times
    VIX_EVENTTYPE_FIND_ITEM           8  one item found by FindItems
    VIX_EVENTTYPE_CALLBACK_SIGNALLED  2  the older name of VIX_EVENTTYPE_JOB_COMPLETED

=head2 Host types (C<:serviceprovider>)

For HostConnect.

    VIX_SERVICEPROVIDER_DEFAULT                     1  the library chooses: Workstation here
    VIX_SERVICEPROVIDER_VMWARE_SERVER               2  VMware Server 1; does not clone
    VIX_SERVICEPROVIDER_VMWARE_WORKSTATION          3  Workstation; also for Fusion
    VIX_SERVICEPROVIDER_VMWARE_PLAYER               4  Player; does not clone
    VIX_SERVICEPROVIDER_VMWARE_VI_SERVER           10  Server 2 on this host; does not clone
    VIX_SERVICEPROVIDER_VMWARE_WORKSTATION_SHARED  11  Workstation in shared mode; does not clone

=head2 API version (C<:apiversion>)

For HostConnect.

    VIX_API_VERSION  -1  the newest; HostConnect accepts no other

=head2 Options of connections (C<:hostoption>)

For HostConnect.

    VIX_HOSTOPTION_VERIFY_SSL_CERT  0x4000  check the server's certificate; no effect here

=head2 Kinds of clones (C<:clonetype>)

For VMClone.

    VIX_CLONETYPE_FULL    0  independent copy
    VIX_CLONETYPE_LINKED  1  copy whose disks depend on the disks of a snapshot

=head2 Options of VMDelete (C<:vmdelete>)

    VIX_VMDELETE_DISK_FILES  0x0002  delete the virtual disks too

=head2 Options of opening (C<:vmopen>)

    VIX_VMOPEN_NORMAL  0x0  no special open option

=head2 Searches (C<:find>)

    VIX_FIND_RUNNING_VMS     1  running virtual machines
    VIX_FIND_REGISTERED_VMS  4  registered virtual machines

=head2 Options of power operations (C<:vmpowerop>)

VMRevertToSnapshot accepts VIX_VMPOWEROP_LAUNCH_GUI or VIX_VMPOWEROP_SUPPRESS_SNAPSHOT_POWERON.

    VIX_VMPOWEROP_NORMAL                          0  at once, without asking the guest
    VIX_VMPOWEROP_FROM_GUEST                 0x0004  ask the guest to shut down or restart
    VIX_VMPOWEROP_SUPPRESS_SNAPSHOT_POWERON  0x0080  revert without powering on; excludes all
                                                     other options
    VIX_VMPOWEROP_LAUNCH_GUI                 0x0200  open a window that shows the machine
    VIX_VMPOWEROP_START_VM_PAUSED            0x1000  start the machine paused

=head2 Power states (C<:powerstate>)

Values of VIX_PROPERTY_VM_POWER_STATE. VMware's products can combine these bits; this library
returns VIX_POWERSTATE_POWERED_OFF, VIX_POWERSTATE_POWERED_ON, VIX_POWERSTATE_SUSPENDED or
VIX_POWERSTATE_PAUSED.

    VIX_POWERSTATE_POWERING_OFF    0x0001  power-off started, not finished
    VIX_POWERSTATE_POWERED_OFF     0x0002  off
    VIX_POWERSTATE_POWERING_ON     0x0004  power-on started, not finished
    VIX_POWERSTATE_POWERED_ON      0x0008  running
    VIX_POWERSTATE_SUSPENDING      0x0010  suspend started, not finished
    VIX_POWERSTATE_SUSPENDED       0x0020  suspended
    VIX_POWERSTATE_TOOLS_RUNNING   0x0040  running, and guest tools active
    VIX_POWERSTATE_RESETTING       0x0080  reset started, not finished
    VIX_POWERSTATE_BLOCKED_ON_MSG  0x0100  waiting for someone to answer a message
    VIX_POWERSTATE_PAUSED          0x0200  paused
    VIX_POWERSTATE_RESUMING        0x0800  resuming

=head2 States of the guest tools (C<:toolsstate>)

Values of VIX_PROPERTY_VM_TOOLS_STATE. This library returns the first two; the QEMU guest agent
takes the role of the tools.

    VIX_TOOLSSTATE_UNKNOWN        0x0001  the tools do not answer
    VIX_TOOLSSTATE_RUNNING        0x0002  the tools run in the guest
    VIX_TOOLSSTATE_NOT_INSTALLED  0x0004  the tools are not installed

=head2 Features (C<:vmsupport>)

Bits of VIX_PROPERTY_VM_SUPPORTED_FEATURES.

    VIX_VM_SUPPORT_SHARED_FOLDERS      0x0001  shared folders
    VIX_VM_SUPPORT_MULTIPLE_SNAPSHOTS  0x0002  more than one snapshot
    VIX_VM_SUPPORT_TOOLS_INSTALL       0x0004  installation of the tools
    VIX_VM_SUPPORT_HARDWARE_UPGRADE    0x0008  upgrade of the virtual hardware

=head2 Options of VMCreateSnapshot (C<:snapshot_create>)

    VIX_SNAPSHOT_INCLUDE_MEMORY  0x0002  record the memory of a running machine too; no effect
                                         on a machine that is off or suspended

=head2 Options of VMRemoveSnapshot (C<:snapshot_remove>)

    VIX_SNAPSHOT_REMOVE_CHILDREN  0x0001  remove all snapshots below it too

=head2 Options of guest logins (C<:loginguest>)

    VIX_LOGIN_IN_GUEST_REQUIRE_INTERACTIVE_ENVIRONMENT  0x08  act in the session of the user at
                                                              the console

=head2 Options of running programs (C<:runprogram>)

    VIX_RUNPROGRAM_RETURN_IMMEDIATELY  0x0001  return once the program has started
    VIX_RUNPROGRAM_ACTIVATE_WINDOW     0x0002  show the program's window; no effect here

=head2 Kinds of variables (C<:variabletype>)

    VIX_VM_GUEST_VARIABLE           1  guest variable (guestinfo); lasts until power-off
    VIX_VM_CONFIG_RUNTIME_ONLY      2  setting of the .vmx; see VMWriteVariable
    VIX_GUEST_ENVIRONMENT_VARIABLE  3  environment variable of the guest; needs a guest login

=head2 Attributes of guest files (C<:fileattributes>)

    VIX_FILE_ATTRIBUTES_DIRECTORY  0x0001  the path is a folder
    VIX_FILE_ATTRIBUTES_SYMLINK    0x0002  the path is a symbolic link

=head2 Flags of shared folders (C<:sharedfolder>)

    VIX_SHAREDFOLDER_WRITE_ACCESS  0x04  the guest may write to the folder

=head2 Formats of screen images (C<:capturescreen>)

    VIX_CAPTURESCREENFORMAT_PNG             0x01  PNG
    VIX_CAPTURESCREENFORMAT_PNG_NOCOMPRESS  0x02  PNG without compression

=head2 Options of installing the tools (C<:installtools>)

    VIX_INSTALLTOOLS_MOUNT_TOOLS_INSTALLER  0x00  only mount the installer image
    VIX_INSTALLTOOLS_AUTO_UPGRADE           0x01  upgrade installed tools without questions
    VIX_INSTALLTOOLS_RETURN_IMMEDIATELY     0x02  do not wait for the installation to end

=head2 Older versions

VMware removed these names from its headers. Scripts still use them, so they exist here. Tags:
C<:removed_property_vm>, C<:removed_property_snapshot>, C<:removed_hostoption>,
C<:removed_pumpevents>, C<:removed_capturescreen>, C<:removed_loginguest>.

    VIX_PROPERTY_VM_IS_RECORDING                 236  boolean: is recording
    VIX_PROPERTY_VM_IS_REPLAYING                 237  boolean: is replaying
    VIX_PROPERTY_VM_SSL_PEER_SHA1_THUMBPRINT     294  text: thumbprint of a certificate
    VIX_PROPERTY_SNAPSHOT_IS_REPLAYABLE         4207  boolean: is a recording
    VIX_HOSTOPTION_USE_EVENT_PUMP             0x0008  single-threaded events; no effect here
    VIX_PUMPEVENTOPTION_NONE                       0  option of the event pump
    VIX_CAPTURESCREENFORMAT_BITMAP                 0  bitmap

    VIX_ANONYMOUS_USER_NAME      "__VMware_Vix_Guest_User_Anonymous__"
        guest login without a name
    VIX_ADMINISTRATOR_USER_NAME      "__VMware_Vix_Guest_User_Admin__"
        guest login as administrator
    VIX_CONSOLE_USER_NAME          "__VMware_Vix_Guest_Console_User__"
        guest login as the user at the console

=head1 SEE ALSO

L<VMware::Vix::Simple>, L<VMware::Vix::API::Errors>

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
