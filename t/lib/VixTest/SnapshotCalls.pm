package VixTest::SnapshotCalls;

# One sub for each snapshot call of a test, each on a .vmx by path. A snapshot is named by its
# position in the tree: the list of indices from the roots down; [0, 1] is the second child of the
# first root. Asserts nothing; each returns the VIX code, or the code and the result.

use strict;
use warnings;

use Exporter 'import';

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;

use VixTest::Calls qw(open_vm);

our @EXPORT_OK = qw(with_vm at_place take_snapshot revert_to remove_snapshot linked_clone full_clone
    delete_vm tree_of current_place place_named snapshot_names);

# Returns what `$do` returns for the open machine; only VMOpen's code if that fails.
sub with_vm {
    my ($vmx, $do) = @_;
    my ($err, $vm) = open_vm($vmx);
    return $err if $err != VIX_OK;
    my @answer = $do->($vm);
    ReleaseHandle($vm);
    return wantarray ? @answer : $answer[0];
}

# Returns (code, handle) of the snapshot at a position.
sub at_place {
    my ($vm,   $place) = @_;
    my ($root, @below) = @{$place};
    my ($err,  $at)    = VMGetRootSnapshot($vm, $root);
    for my $index (@below) {
        last if $err != VIX_OK;
        my $parent = $at;
        ($err, $at) = SnapshotGetChild($parent, $index);
        ReleaseHandle($parent);
    }
    return ($err, $at);
}

sub _with_snapshot {
    my ($vmx, $place, $do) = @_;
    return with_vm(
        $vmx,
        sub {
            my ($vm) = @_;
            my ($err, $snapshot) = at_place($vm, $place);
            return $err if $err != VIX_OK;
            my @answer = $do->($vm, $snapshot);
            ReleaseHandle($snapshot);
            return wantarray ? @answer : $answer[0];
        }
    );
}

sub take_snapshot {
    my ($vmx, $name, $description, $options) = @_;
    return scalar with_vm(
        $vmx,
        sub {
            my ($vm) = @_;
            my ($err, $snapshot)
                = VMCreateSnapshot($vm, $name, $description, $options || 0, VIX_INVALID_HANDLE);
            ReleaseHandle($snapshot) if $snapshot;
            return $err;
        }
    );
}

sub revert_to {
    my ($vmx, $place) = @_;
    return
        scalar _with_snapshot($vmx, $place,
        sub { return VMRevertToSnapshot(@_, 0, VIX_INVALID_HANDLE) });
}

sub remove_snapshot {
    my ($vmx, $place, $options) = @_;
    return scalar _with_snapshot($vmx, $place, sub { return VMRemoveSnapshot(@_, $options || 0) });
}

# Clones the snapshot at a position, or the current state if there is none. Several destinations are
# made through one handle of the parent, until one fails.
sub linked_clone { return _clone(VIX_CLONETYPE_LINKED, @_) }
sub full_clone   { return _clone(VIX_CLONETYPE_FULL,   @_) }

sub _clone {
    my ($type, $vmx, $place, @destinations) = @_;
    my $clone = sub {
        my ($vm, $snapshot) = @_;
        for my $destination (@destinations) {
            my ($err, $handle) = VMClone($vm, $snapshot || VIX_INVALID_HANDLE,
                $type, $destination, 0, VIX_INVALID_HANDLE);
            ReleaseHandle($handle) if $handle;
            return $err            if $err != VIX_OK;
        }
        return VIX_OK;
    };
    return scalar($place ? _with_snapshot($vmx, $place, $clone) : with_vm($vmx, $clone));
}

sub delete_vm {
    my ($vmx, $options) = @_;
    $options = VIX_VMDELETE_DISK_FILES if !defined $options;
    return scalar with_vm($vmx, sub { return VMDelete($_[0], $options) });
}

# The roots as a list of { name, description, power, children => [the same] }. Dies if a call
# returns anything but VIX_OK.
sub tree_of {
    my ($vmx) = @_;
    return with_vm(
        $vmx,
        sub {
            my ($vm) = @_;
            my ($err, $count) = VMGetNumRootSnapshots($vm);
            die "VMGetNumRootSnapshots: $err" if $err != VIX_OK;
            return [map { _branch(VMGetRootSnapshot($vm, $_)) } 0 .. $count - 1];
        }
    );
}

sub _branch {
    my ($err, $snapshot) = @_;
    die "no snapshot: $err" if $err != VIX_OK;
    my %found;
    ($err, @found{qw(name description power)}) = GetProperties(
        $snapshot,
        VIX_PROPERTY_SNAPSHOT_DISPLAYNAME,
        VIX_PROPERTY_SNAPSHOT_DESCRIPTION,
        VIX_PROPERTY_SNAPSHOT_POWERSTATE
    );
    die "GetProperties: $err" if $err != VIX_OK;
    ($err, my $count) = SnapshotGetNumChildren($snapshot);
    die "SnapshotGetNumChildren: $err" if $err != VIX_OK;
    $found{children} = [map { _branch(SnapshotGetChild($snapshot, $_)) } 0 .. $count - 1];
    ReleaseHandle($snapshot);
    return \%found;
}

# The names of a tree as nested lists: ['a', ['b', 'c']] is a with the children b and c.
sub snapshot_names {
    my ($vmx) = @_;
    return _names(tree_of($vmx));
}

sub _names {
    my ($branches) = @_;
    return [map { ($_->{name}, @{ $_->{children} } ? _names($_->{children}) : ()) } @{$branches}];
}

# The names from the root down to the current snapshot, joined by "/"; the code if there is none.
sub current_place {
    my ($vmx) = @_;
    return with_vm(
        $vmx,
        sub {
            my ($err, $at) = VMGetCurrentSnapshot($_[0]);
            my @names;
            while ($err == VIX_OK && $at) {
                ($err, my $name) = GetProperties($at, VIX_PROPERTY_SNAPSHOT_DISPLAYNAME);
                unshift @names, $name;
                my $child = $at;
                ($err, $at) = SnapshotGetParent($child);
                ReleaseHandle($child);
            }
            return $err == VIX_OK ? join '/', @names : $err;
        }
    );
}

# Returns (code, display name) of what VMGetNamedSnapshot finds.
sub place_named {
    my ($vmx, $path) = @_;
    return with_vm(
        $vmx,
        sub {
            my ($err, $snapshot) = VMGetNamedSnapshot($_[0], $path);
            return $err if $err != VIX_OK;
            ($err, my $name) = GetProperties($snapshot, VIX_PROPERTY_SNAPSHOT_DISPLAYNAME);
            ReleaseHandle($snapshot);
            return ($err, $name);
        }
    );
}

1;
