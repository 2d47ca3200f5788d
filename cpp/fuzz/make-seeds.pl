#!/usr/bin/perl
# Makes the fuzzers' first inputs from t/data/samples and from machines that it creates:
#
#   perl -Mblib -It/lib cpp/fuzz/make-seeds.pl FOLDER     writes one subfolder for each fuzzer

use strict;
use warnings;

use File::Basename qw(basename);
use File::Find     ();
use File::Path     ();
use FindBin        qw($Bin);

use VixTest;
use VixTest::Calls         ();
use VixTest::Files         qw(list_files);
use VixTest::SnapshotCalls qw(linked_clone take_snapshot);

# The same names as kNames in machine_fuzz.cpp.
my @NAMES = qw(vm.vmx vm.vmsd vm.vmdk vm-000001.vmdk vm-000002.vmdk vm-s001.vmdk vm-s002.vmdk
    vm-000001-s001.vmdk vm-Snapshot1.vmsn vm-Snapshot2.vmsn vm-flat.vmdk vm.nvram vm.vmxf
    vm-delta.vmdk vm-0.vmdk vm.vmss);
my %NUMBER  = map { $NAMES[$_] => $_ } 0 .. $#NAMES;
my $LARGEST = 65_535;

my $to = shift @ARGV or die "make-seeds.pl: in which folder?\n";
my $seeds = 0;

sub put {
    my ($fuzzer, $bytes) = @_;
    return if length $bytes > 1 << 20;
    File::Path::make_path("$to/$fuzzer");
    spew("$to/$fuzzer/seed-" . ++$seeds, $bytes);
    return;
}

# In the form of extent_fuzz.cpp: the kind, a capacity of 2**12 sectors, no hole.
sub put_extent {
    my ($bytes) = @_;
    my $kind = { KDMV => 0, COWD => 1 }->{ substr $bytes, 0, 4 };
    $kind = 2 if !defined $kind && length $bytes >= 8 && unpack('Q<', $bytes) == 0xcafebabe;
    return if !defined $kind;
    put('extent', pack('CC', 4 * 12 + $kind, 0) . $bytes);
    my $flags = unpack 'V', substr $bytes, 8, 4;
    put('stream', pack('vC', 4095, 0) . substr $bytes, 512) if !$kind && $flags & 0x10000;
    return;
}

sub put_by_kind {
    my ($path) = @_;
    my $bytes = slurp($path);
    put('dictionary',     $bytes) if $path =~ /\.(?:vmx|vmsd|vmxf)$/;
    put('snapshot_list',  $bytes) if $path =~ /\.vmsd$/;
    put('snapshot_state', $bytes) if $path =~ /\.vmsn$/;
    put('lock_member',    $bytes) if $path =~ /\.lck$/;
    put('key_safe',       $1)     if $path =~ /\.vmx$/ && $bytes =~ /^encryption\.keySafe = "(.*?)"/m;
    return if $path !~ /\.vmdk$/;
    put_extent($bytes);
    put('descriptor', $bytes =~ /^# Disk/ ? $bytes : $1)
        if $bytes =~ /^# Disk/ || $bytes =~ /(# Disk DescriptorFile[^\0]*)/;
    return;
}

sub put_machine {
    my ($dir) = @_;
    my $blob = '';
    for my $name (grep { exists $NUMBER{$_} } list_files($dir)) {
        my $bytes = slurp("$dir/$name");
        $blob .= pack('Cv', $NUMBER{$name}, length $bytes) . $bytes if length $bytes <= $LARGEST;
    }
    return put('machine', $blob);
}

sub own_machines {
    my $keep  = temp_dir();
    my @small = (size_mb => 1, content => [[3, 2, 1], [600, 1, 2]]);
    my $round = 0;
    for my $type (qw(monolithicSparse twoGbMaxExtentSparse streamOptimized monolithicFlat
        vmfsSparse seSparse)) {
        my $vm = eval {
            make_vm(dir => "$keep/" . $round++, name => 'vm', disks => [{ @small, type => $type }]);
        } or next;
        if ($type =~ /^(?:mono\w+Sparse|two)/) {
            take_snapshot($vm->{vmx}, $_, "\x{4f4d}") for 'a', 'b|22';
            linked_clone($vm->{vmx}, [0], "$vm->{dir}-clone/c.vmx");
        }
        put_machine($vm->{dir});
        put_by_kind("$vm->{dir}/$_") for grep { -f "$vm->{dir}/$_" } list_files($vm->{dir});
    }
    return;
}

# A core file of ELF, with two blocks of memory; class 1 has numbers of 32 bits, 2 of 64.
sub core_file {
    my ($class) = @_;
    my ($header, $segment, $word) = $class == 1 ? (52, 32, 'V') : (64, 56, 'Q<');
    my $data = $header + 2 * $segment;
    my $bytes = pack "a4C3x9v2V${word}3Vv6", "\x7fELF", $class, 1, 1, 4, 62, 1, 0, $header, 0, 0,
        $header, $segment, 2, 0, 0, 0;
    for my $block (0, 1) {
        my @places = ($data + 16 * $block, 0, $block << 20, 16, 16);
        $bytes .= $class == 1 ? pack 'V8', 1, @places, 0, 0 : pack 'V2Q<6', 1, 0, @places, 0;
    }
    return $bytes . 'a' x 16 . 'b' x 16;
}

local $ENV{VIX_CLONE_SYNC} = 'FALSE';
File::Find::find(
    { no_chdir => 1, wanted => sub { put_by_kind($_) if -f } },
    "$Bin/../../t/data/samples"
);
put('lock_member', 'gVlKk9MtAAAAAAAA 4711-123(vmware-vmx) 3 X 123 lc=77');
put('memory_dump', core_file($_)) for 1, 2;
own_machines();
print "$seeds seeds\n";
