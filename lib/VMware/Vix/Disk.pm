package VMware::Vix::Disk;

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

VMware::Vix::Disk - makes and changes virtual disks by themselves

=head1 SYNOPSIS

    use VMware::Vix::Disk;
    use VMware::Vix::Simple;

    my ($err) = VMware::Vix::Disk::Create('/srv/vms/web/data.vmdk', 20 << 21, 'lsilogic', 0);
    die GetErrorText($err), ': ', VMware::Vix::last_error_detail(), "\n" if $err != VIX_OK;

=head1 DESCRIPTION

The functions work on a virtual disk (.vmdk) without its virtual machine. They are what
L<vmware-vdiskmanager> does. They are not part of VMware's VIX API, and nothing is exported.

Each function waits until its work is done, and returns the error code; VIX_OK (0) means success.
C<VMware::Vix::last_error_detail()> returns the reason of a failure. While a function waits,
signals, progress and cancelling work as in L<VMware::Vix::Simple/While a call waits>.

Paths are paths of this host; the drive map of L<VMware::Vix::Settings> applies. A name of a new disk
ends in C<.vmdk>.

=head2 Types of disks

    0  one growable file (monolithicSparse)
    1  growable, split into several files (twoGbMaxExtentSparse)
    2  one preallocated file (monolithicFlat)
    3  preallocated, split into several files (twoGbMaxExtentFlat)
    4  preallocated, for ESX (vmfs)
    5  compressed for transport (streamOptimized); no virtual machine can write to it
    6  thin, for ESX (vmfs)

=head1 FUNCTIONS

=head2 Create

    ($err) = VMware::Vix::Disk::Create($diskPath, $capacityInSectors, $adapterType, $diskType);

Makes an empty disk. The disk appears complete or not at all.

    $diskPath           path     of the new descriptor
    $capacityInSectors  integer  in sectors of 512 bytes, from 1 MB to 8192 GB
    $adapterType        text     ide, buslogic (up to 2040 GB) or lsilogic
    $diskType           integer  see "Types of disks"

Errors: VIX_E_INVALID_ARG (3); VIX_E_FILE_ALREADY_EXISTS (12) if one of the disk's files exists;
VIX_E_FILE_ALREADY_LOCKED (15); VIX_E_DISK_FULL (8) and the other errors of writing files.

=head2 Convert

    ($err) = VMware::Vix::Disk::Convert($sourcePath, $diskPath, $diskType);

Makes a copy of a disk in another type. The source may be any disk that VMClone can read, and one
with parents: the copy has none. A growable or compressed copy leaves out what holds only zeros. An
extent of a growable disk that keeps its layout is copied as it is, which is faster.

While a virtual machine runs with the source, the error is VIX_E_FILE_ALREADY_LOCKED (15). The other
errors are those of C<Create> and of reading a disk, see L<VMware::Vix::Simple/VMClone>.

=head2 Grow

    ($err) = VMware::Vix::Disk::Grow($diskPath, $capacityInSectors);

Adds zeros at the end of a base disk. Returns VIX_E_INVALID_ARG (3) unless the capacity grows and is
within the limits of C<Create>. See L</ERRORS OF CHANGES>.

=head2 Defragment

    ($err) = VMware::Vix::Disk::Defragment($diskPath);

Puts the grains of a growable disk in order. A preallocated disk stays as it is.

=head2 Shrink

    ($err) = VMware::Vix::Disk::Shrink($diskPath);

The same, and leaves out what holds only zeros.

=head2 Rename

    ($err) = VMware::Vix::Disk::Rename($diskPath, $newPath);

Renames the disk with its files, in the .vmx that has it and in a linked clone's snapshot list.
Returns VIX_E_FILE_ALREADY_EXISTS (12) if one of the new files exists, and VIX_E_NOT_SUPPORTED (6)
across file systems, without hard links, and for files outside the disk's folder.

=head2 CheckChain

    ($err) = VMware::Vix::Disk::CheckChain($diskPath);

Checks the disk and all that it depends on. Returns the error of the first fault.

=head2 Repair

    ($err) = VMware::Vix::Disk::Repair($diskPath);

Checks the tables of the disk, and repairs them. C<last_error_detail()> is empty after VIX_OK if there
was no fault. Returns VIX_E_DISK_CANTREPAIR (16062) if data is lost.

=head2 Delete

    ($err) = VMware::Vix::Disk::Delete($diskPath);

Deletes the disk with its files. Returns VIX_E_OBJECT_IS_BUSY (5) if a virtual machine names it.

=head2 MakeDeletable

    ($err) = VMware::Vix::Disk::MakeDeletable($diskPath);

Sets C<ddb.deletable> to C<true>.

=head1 ERRORS OF CHANGES

Grow, Defragment, Shrink, Rename, Repair, Delete and MakeDeletable return:

    VIX_E_VM_IS_RUNNING (3007)         a virtual machine runs with the disk
    VIX_E_FILE_ALREADY_LOCKED (15)     another program uses the disk
    VIX_E_DISK_PARTIALCHAIN (16003)    a snapshot, a suspended virtual machine or another disk needs
                                       the disk, or two virtual machines have it
    VIX_E_DISK_NOTSUPPORTED (16013)    a compressed disk, or one of ESX's growable types
    VIX_E_NEED_KEY (30)                its virtual machine is encrypted

If who needs the disk cannot be found out, because a file may not be read, the error says so and
nothing is changed. If the process is killed, the disk is complete, and the same call can be made again.

=head1 SEE ALSO

L<vmware-vdiskmanager>, L<VMware::Vix::Simple>

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
