package VMware::Vix::Vmrun::Snapshots;

# The commands of vmrun about snapshots.

use 5.014;
use strict;
use warnings;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;

sub commands {
    return (
        [listSnapshots    => 'VMX [showTree]',               \&_list],
        [snapshot         => 'VMX NAME',                     \&_take],
        [deleteSnapshot   => 'VMX NAME [andDeleteChildren]', \&_delete],
        [revertToSnapshot => 'VMX NAME',                     \&_revert],
    );
}

# Returns the snapshot with this name, or with this path of names.
sub find {
    my ($vm, $name, $vmx) = @_;
    my ($err, $snapshot) = VMGetNamedSnapshot($vm, $name);
    VMware::Vix::Vmrun::check($err, $vmx);
    return $snapshot;
}

sub _list {
    my ($self, $vmx, $tree) = @_;
    VMware::Vix::Vmrun::word_of('the form of the list', $tree, 'showTree') if defined $tree;
    my $vm = $self->open_vm($vmx);
    my ($err, $count) = VMGetNumRootSnapshots($vm);
    VMware::Vix::Vmrun::check($err, $vmx);
    my @lines;
    for my $index (0 .. $count - 1) {
        ($err, my $root) = VMGetRootSnapshot($vm, $index);
        VMware::Vix::Vmrun::check($err, $vmx);
        push @lines, _subtree($root, 0, $vmx);
    }
    @lines = map { s/\A\t+//r } @lines if !defined $tree;
    VMware::Vix::Vmrun::say_text('Total snapshots: ' . @lines, @lines);
    return;
}

# Returns the names of a snapshot and of all below it, with a tab for each level.
sub _subtree {
    my ($snapshot, $depth, $vmx) = @_;
    my ($err, $name) = GetProperties($snapshot, VIX_PROPERTY_SNAPSHOT_DISPLAYNAME);
    VMware::Vix::Vmrun::check($err, $vmx);
    my @lines = ("\t" x $depth . $name);
    ($err, my $count) = SnapshotGetNumChildren($snapshot);
    VMware::Vix::Vmrun::check($err, $vmx);
    for my $index (0 .. $count - 1) {
        ($err, my $child) = SnapshotGetChild($snapshot, $index);
        VMware::Vix::Vmrun::check($err, $vmx);
        push @lines, _subtree($child, $depth + 1, $vmx);
    }
    ReleaseHandle($snapshot);
    return @lines;
}

# The snapshot of a running machine includes its memory, so that a revert finds the machine running.
sub _take {
    my ($self, $vmx, $name) = @_;
    my $vm = $self->open_vm($vmx);
    my ($err, $state) = GetProperties($vm, VIX_PROPERTY_VM_POWER_STATE);
    VMware::Vix::Vmrun::check($err, $vmx);
    my $runs    = $state & VIX_POWERSTATE_POWERED_ON;
    my $options = $runs ? VIX_SNAPSHOT_INCLUDE_MEMORY : 0;
    ($err) = VMCreateSnapshot($vm, $name, undef, $options, VIX_INVALID_HANDLE);
    VMware::Vix::Vmrun::check($err, $vmx);
    return;
}

sub _delete {
    my ($self, $vmx, $name, $children) = @_;
    VMware::Vix::Vmrun::word_of('the last argument', $children, 'andDeleteChildren')
        if defined $children;
    my $vm      = $self->open_vm($vmx);
    my $options = defined $children ? VIX_SNAPSHOT_REMOVE_CHILDREN : 0;
    VMware::Vix::Vmrun::check(VMRemoveSnapshot($vm, find($vm, $name, $vmx), $options), $vmx);
    return;
}

sub _revert {
    my ($self, $vmx, $name) = @_;
    my $vm = $self->open_vm($vmx);
    VMware::Vix::Vmrun::check(
        VMRevertToSnapshot(
            $vm, find($vm, $name, $vmx),
            VIX_VMPOWEROP_SUPPRESS_SNAPSHOT_POWERON, VIX_INVALID_HANDLE
        ),
        $vmx
    );
    return;
}

1;

__END__

=encoding UTF-8

=head1 NAME

VMware::Vix::Vmrun::Snapshots - vmrun's commands about snapshots

=head1 DESCRIPTION

A part of L<VMware::Vix::Vmrun>; the commands are described in L<vmrun>.

=head1 FUNCTIONS

=head2 commands

Returns the commands of this module, as VMware::Vix::Vmrun::commands() does.

=head2 find

    $snapshot = VMware::Vix::Vmrun::Snapshots::find($vm, $name, $vmx);

Returns the handle of the snapshot with this name or path. Ends the command if there is none, or
more than one.

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
