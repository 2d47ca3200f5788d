package VixTest::CloneTrial;

# One trial in one call: makes a machine with these disks, clones it, checks everything, and returns
# what is wrong as a list of sentences. Asserts nothing.

use strict;
use warnings;

use Exporter 'import';

use VixTest;
use VixTest::Calls      qw(clone_vm);
use VixTest::CloneJudge qw(clone_complaints);
use VixTest::Tools      qw(have_tool qemu_compare);

our @EXPORT_OK = qw(complaints_about_clone_of);

# disks: the specifications for make_vm. Optional: dir (else a temporary one), class and extents
# (what the clone's disks must have; by default the extents of the base), any_extents (do not check
# them), qemu (0: QEMU cannot read such a layout, source or clone), qemu_source (0: it cannot read
# the source), damage (a sub that changes the machine before it is cloned).
sub complaints_about_clone_of {
    my ($disks, %may) = @_;
    my $keep = temp_dir();
    my $dir  = $may{dir} || "$keep";
    my $vm   = make_vm(dir => "$dir/source", disks => $disks);
    $may{damage}->($vm) if $may{damage};
    my $before = folder_digest($vm->{dir});
    local $ENV{VIX_CLONE_SYNC} = 'FALSE';    # many small clones; power loss is not tested
    my $result = clone_vm($vm->{vmx}, "$dir/clone/copy.vmx");
    return "error $result->{err}: $result->{text}" if $result->{err};
    my @wrong;
    push @wrong, 'the source was touched' if folder_digest($vm->{dir}) ne $before;
    push @wrong,
        clone_complaints(
        $vm, "$dir/clone",
        qemu    => $may{qemu},
        class   => $may{class},
        extents => $may{any_extents} ? undef : $may{extents} || _base_extents($vm),
        );
    push @wrong, _source_complaints($vm, "$dir/clone") if _qemu_reads_source(%may);
    return @wrong;
}

sub _base_extents {
    my ($vm) = @_;
    my $disk = $vm->{disks}[0];
    $disk = $disk->{parent} while $disk->{parent};
    return [map { $_->{sectors} } @{ $disk->{extents} }];
}

sub _qemu_reads_source {
    my (%may) = @_;
    return have_tool('qemu-img') && !grep { defined $may{$_} && !$may{$_} } qw(qemu qemu_source);
}

sub _source_complaints {
    my ($vm, $clone) = @_;
    return grep {$_}
        map { qemu_compare("$clone/$_->{base_name}-cl1.vmdk", $_->{path}) } @{ $vm->{disks} };
}

1;
