#!/usr/bin/perl
# Files that others made, where there are some (VixTest::RealFiles): every .vmx is cloned, with
# disks made to fit, or refused for what stands in it; every sparse disk that is whole is cloned as
# QEMU reads it.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use Encode         qw(encode_utf8);
use File::Basename qw(basename dirname);
use VMware::Vix::API::Constants;
use VixTest;
use VixTest::Calls      qw(clone_vm);
use VixTest::CloneJudge qw(identity_complaints);
use VixTest::Files      qw(read_bytes);
use VixTest::RealFiles  qw(real_files real_folder real_text why_no_real_files);
use VixTest::Rebuilt    qw(as_qemu_likes clone_complaints machine_with_disk rebuild);
use VixTest::Tools      qw(have_tool qemu_check qemu_compare);
use VixTest::Vmx        qw(read_vmx);

my $reason = why_no_real_files(qr/\.(?:vmx|vmdk)$/);
plan skip_all => $reason if $reason;

my $real   = real_folder();
my $keep   = temp_dir();
my $number = 0;

# { slot => file } of the disks that are plugged in.
sub disk_files {
    my ($value) = @_;
    my %file;
    for my $slot (map { /^((?:scsi|sata|ide|nvme)\d+:\d+)\.filename$/ ? $1 : () } keys %{$value}) {
        next if lc($value->{"$slot.present"} || '') ne 'true';
        $file{$slot} = $value->{"$slot.filename"} if $value->{"$slot.filename"} =~ /\.vmdk$/;
    }
    return \%file;
}

# The code of the refusal, by the text alone; 0: none.
sub refusal {
    my ($vmx, $value) = @_;
    return VIX_E_CANNOT_READ_VM_CONFIG if $vmx =~ m{^broken};
    return VIX_E_NEED_KEY              if grep {/^(?:encryption\.|vmx\.encryption)/} keys %{$value};
    return VIX_E_FILE_NOT_FOUND        if grep {m{^/}} values %{ disk_files($value) };
    return 0;
}

# A descriptor that lies beside the .vmx, named like the disk or like the .vmx.
sub descriptor_of {
    my ($vmx, $name) = @_;
    my $beside = dirname("$real/$vmx");
    my ($found)
        = grep { -f && read_bytes($_, 0, 6) eq '# Disk' } "$beside/$name.vmdk",
        "$beside/" . basename($vmx, '.vmx') . '.vmdk';
    return $found;
}

# What make_disk and VixTest::Rebuilt take.
sub disk_for {
    my ($vmx, $file) = @_;
    my ($name, $snapshots) = encode_utf8($file) =~ /^(.*?)(?:-(\d{6}))?\.vmdk$/;
    my %disk = (name => $name, snapshots => $snapshots || 0);
    $disk{clone}      = $1 . ($2 + 1) if $name =~ /^(.*-cl)(\d+)$/;
    $disk{descriptor} = descriptor_of($vmx, $name);
    delete $disk{descriptor} if !defined $disk{descriptor} || $snapshots;
    $disk{type} = 'twoGbMaxExtentFlat'
        if $disk{descriptor} && slurp($disk{descriptor}) =~ /^RW \d+ FLAT/m;
    return \%disk;
}

# Files without which a clone is not made: images of floppies, the state of a suspended machine.
sub files_for {
    my ($value) = @_;
    my @keys    = grep { lc($value->{"$_.filetype"} || '') eq 'file' } 'floppy0', 'floppy1';
    my @names   = grep { defined && length } $value->{'checkpoint.vmstate'},
        map { $value->{"$_.filename"} } @keys;
    return { map { encode_utf8($_) => 'something' } @names };
}

sub clone_machine {
    my ($vmx) = @_;
    my $value = real_text("$real/$vmx")->{value};
    my $files = disk_files($value);
    my $code  = refusal($vmx, $value);
    my ($as)  = encode_utf8($value->{nvram} || '') =~ /^([^\/]+)\.nvram$/;
    my @disks = map { disk_for($vmx, $files->{$_}) } grep { $files->{$_} !~ m{^/} } keys %{$files};
    my $dir   = "$keep/" . $number++;
    my $vm    = rebuild(
        "$dir/source",
        vmx   => "$real/$vmx",
        as    => $as ? "$as.vmx" : undef,
        disks => \@disks,
        files => files_for($value)
    );
    my $before = folder_digest("$dir/source");
    my $result = clone_vm($vm->{vmx}, "$dir/clone/copy.vmx");
    is(folder_digest("$dir/source"), $before, "$vmx: the source is untouched");
    is($result->{err}, $code, "$vmx: gives " . ($code || 'a clone')) or diag($result->{text});
    return ok(!-e "$dir/clone", "$vmx: nothing is left") if $code;
    my @wrong = clone_complaints($vm, "$dir/clone/copy.vmx");
    is_deeply(\@wrong, [], "$vmx: the clone is sound");
    return is(read_vmx("$dir/clone/copy.vmx")->{value}{displayname}, 'copy', "$vmx: has its name");
}

sub clone_disk {
    my ($disk) = @_;
    my $dir = "$keep/" . $number++;
    my $source = "$dir/source/disk.vmdk";
    machine_with_disk("$dir/source", "$real/$disk");
    my $result = clone_vm("$dir/source/alpha.vmx", "$dir/clone/copy.vmx");
    is($result->{err}, VIX_OK, "$disk: is cloned") or diag($result->{text});
    my $clone = "$dir/clone/disk-cl1.vmdk";
    is_deeply([identity_complaints($clone, { path => $source })], [], "$disk: its identity");
    return if !have_tool('qemu-img');
    is(qemu_check($clone),                           '', "$disk: the clone is sound");
    is(qemu_compare($clone, as_qemu_likes($source)), '', "$disk: the same bytes");
    return;
}

# A sparse extent with a descriptor within.
sub is_whole_disk {
    my ($disk) = @_;
    my ($magic, $descriptor) = unpack 'a4 x24 Q<', read_bytes("$real/$disk", 0, 36);
    return $magic eq 'KDMV' && $descriptor;
}

clone_machine($_) for real_files(qr/\.vmx$/);
clone_disk($_)    for grep { is_whole_disk($_) } real_files(qr/\.vmdk$/);

done_testing();
