package VixTest;

# Builds virtual machines for tests from short descriptions. Makes and reads things but asserts
# nothing; the tests do that.
#
#   my $vm = make_vm(name => 'alpha', disks => [{ type => 'monolithicFlat', size_mb => 4 }]);
#
# The parts are in VixTest/: Content (the model of a disk's bytes), Disk* (writers of every kind of
# disk), DiskReader, Files, Tools (qemu-img and others), Vmx, Calls (the VIX calls), CloneJudge.

use strict;
use warnings;

use Exporter 'import';
use File::Basename qw(dirname);
use File::Path     ();

use VixTest::Disk  qw(make_disk make_delta);
use VixTest::Files qw(temp_dir folder_digest list_files slurp spew);
use VixTest::Vmx   qw(vmx_line);

our @EXPORT = qw(make_vm temp_dir folder_digest list_files slurp spew);

# Optional:
#   dir      the machine's folder; a new temporary one by default (kept as long as the record exists)
#   name     base name of its files, "alpha" by default
#   disks    how many, or a list of specifications: what make_disk takes, and slot ("scsi0:0"),
#            deltas (a list for make_delta, oldest first), file_name (the .vmx value, instead of the
#            disk's name relative to the machine), device_type, mode, present
#   keys     [key => value ...] of the .vmx: a value replaces the default line, undef removes it, new
#            keys are appended
#   text     the whole text of the .vmx instead
#   eol      line end of the .vmx
#   nvram    bytes of the .nvram; undef: no such file
#   files    { relative name => bytes } to put beside it
#
# Returns { dir, name, vmx, disks => [disk records, each the top of its chain, with slot] }.
sub make_vm {
    my (%given) = @_;
    my %vm = (name => 'alpha', disks => 1, eol => "\n", keys => [], files => {}, %given);
    $vm{dir} = $vm{keep} = temp_dir() if !defined $vm{dir};
    File::Path::make_path("$vm{dir}");
    $vm{disks} = [map { {} } 1 .. $vm{disks}] if !ref $vm{disks};
    my $number = 0;
    $vm{disks} = [map { _make_chain(\%vm, $_, $number++) } @{ $vm{disks} }];
    $vm{vmx}   = "$vm{dir}/$vm{name}.vmx";
    my $text = defined $vm{text} ? $vm{text} : _vmx_text(\%vm);
    spew($vm{vmx}, $text);
    my $nvram = exists $vm{nvram} ? $vm{nvram} : 'MRVN' . "\1" x 8680;
    spew("$vm{dir}/$vm{name}.nvram", $nvram) if defined $nvram;
    spew("$vm{dir}/$vm{name}.vmsd", '');
    spew("$vm{dir}/$vm{name}.vmxf", _vmxf_text($vm{name}));
    _put_file(\%vm, $_) for sort keys %{ $vm{files} };
    return \%vm;
}

sub _make_chain {
    my ($vm, $spec, $number) = @_;
    my %spec = (
        dir  => "$vm->{dir}",
        name => $number ? "$vm->{name}-" . ($number - 1) : $vm->{name},
        type => 'monolithicSparse',
        slot => "scsi0:$number",
        %{$spec},
    );
    $spec{size_mb} = 4 if !$spec{sectors} && !$spec{size_mb};
    my $deltas = delete $spec{deltas} || [];
    my $disk   = make_disk(%spec);
    my $step   = 0;
    for my $delta (@{$deltas}) {
        $step++;
        my $name = sprintf '%s-%06d', $spec{name}, $step;
        $disk = make_delta(name => $name, %{$delta}, parent => $disk);
    }
    my @for_vmx = qw(slot file_name device_type mode present);
    @{$disk}{@for_vmx} = @spec{@for_vmx};
    $disk->{base_name} = $spec{name};
    return $disk;
}

sub _vmx_text {
    my ($vm) = @_;
    my @pairs = (
        '.encoding'          => 'UTF-8',
        'config.version'     => 8,
        'virtualHW.version'  => 16,
        'pciBridge0.present' => 'TRUE',
        'nvram'              => "$vm->{name}.nvram",
        'displayName'        => $vm->{name},
        'guestOS'            => 'other-64',
        'memsize'            => 64,
        'numvcpus'           => 1,
        'extendedConfigFile' => "$vm->{name}.vmxf",
        'floppy0.present'    => 'FALSE',
        _controller_pairs($vm),
        map({ _disk_pairs($vm, $_) } @{ $vm->{disks} }),
        'ethernet0.present'                => 'TRUE',
        'ethernet0.addressType'            => 'generated',
        'ethernet0.generatedAddress'       => '00:0c:29:a4:2e:70',
        'ethernet0.generatedAddressOffset' => 0,
        'uuid.bios'                        => '56 4d 3a 91 7c 40 e5 16-b2 08 6f d3 61 a4 2e 70',
        'uuid.location'                    => '56 4d 3a 91 7c 40 e5 16-b2 08 6f d3 61 a4 2e 70',
        'cleanShutdown'                    => 'TRUE',
        'softPowerOff'                     => 'FALSE',
    );
    my %given = @{ $vm->{keys} };
    my $text  = '';
    while (my ($key, $value) = splice @pairs, 0, 2) {
        $value = delete $given{$key} if exists $given{$key};
        $text .= vmx_line($key, $value) . $vm->{eol} if defined $value;
    }
    my @extra = @{ $vm->{keys} };
    while (my ($key, $value) = splice @extra, 0, 2) {
        $text .= vmx_line($key, $value) . $vm->{eol} if exists $given{$key} && defined $value;
    }
    return $text;
}

sub _controller_pairs {
    my ($vm)        = @_;
    my %controllers = map { /^([a-z]+\d+):/ ? ($1 => 1) : () } map { $_->{slot} } @{ $vm->{disks} };
    return map { ("$_.present" => 'TRUE') } sort keys %controllers;
}

sub _disk_pairs {
    my ($vm, $disk) = @_;
    my $slot = $disk->{slot};
    my $name = $disk->{file_name};
    if (!defined $name) {
        $name = $disk->{dir} eq "$vm->{dir}" ? "$disk->{name}.vmdk" : $disk->{path};
    }
    my @pairs = ("$slot.fileName" => $name, "$slot.present" => $disk->{present} || 'TRUE');
    push @pairs, "$slot.deviceType" => $disk->{device_type} if $disk->{device_type};
    push @pairs, "$slot.mode"       => $disk->{mode} if $disk->{mode};
    return (@pairs, "$slot.redo" => '');
}

sub _vmxf_text {
    my ($name) = @_;
    return <<"END";
<?xml version="1.0"?>
<Foundry>
<VM>
<VMId type="string">52 9c 14 e0 3b 77 d2 85-a6 4f 01 c8 59 be 32 60</VMId>
<ClientMetaData>
<clientMetaDataAttributes/>
<HistoryEventList/></ClientMetaData>
<vmxPathName type="string">$name.vmx</vmxPathName></VM></Foundry>
END
}

sub _put_file {
    my ($vm, $name) = @_;
    my $path = "$vm->{dir}/$name";
    File::Path::make_path(dirname($path));
    spew($path, $vm->{files}{$name});
    return;
}

1;
