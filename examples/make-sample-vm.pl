# Makes a small but real virtual machine to try things on. Its disk boots, and has a partition table and
# a FAT file system with files. The other files are like those that VMware Workstation on Windows
# writes. Names and texts are bytes in UTF-8 until config() encodes them.

use strict;
use warnings;

use Digest::SHA qw(sha512);
use Encode ();
use Fcntl qw(SEEK_SET);
use File::Basename qw(basename dirname);
use File::Path qw(make_path);
use File::Spec ();
use File::Temp ();
use Getopt::Long;
use Pod::Usage;

my $SECTOR          = 512;
my $PARTITION_START = 63;         # where Windows XP puts the first partition: after the first track
my $FAT32_FROM      = 512;        # MiB; smaller disks get FAT16
my $NOISE_SIZE      = 3 << 20;    # size of a file that does not compress
my @TYPES           = qw(monolithicSparse twoGbMaxExtentSparse monolithicFlat twoGbMaxExtentFlat
    streamOptimized);
my %PACKAGE_OF = ('qemu-img' => 'qemu-utils', map { $_ => 'mtools' } qw(mformat mcopy));

main();

sub main {
    my %option = (type => $TYPES[0], size => 64);
    GetOptions(\%option, 'type=s', 'size=i', 'help') or pod2usage(2);
    pod2usage(-exitval => 0, -verbose => 2, -noperldoc => 1) if $option{help};
    pod2usage(-exitval => 2, -message => 'make-sample-vm.pl: name one folder') if @ARGV < 1 || @ARGV > 2;
    my ($folder, $name) = @ARGV;
    $folder = File::Spec->rel2abs($folder);
    $name   = basename($folder) if !defined $name;
    check_arguments($folder, $name, \%option);

    make_path($folder, { error => \my $problems });
    fail("cannot make $folder: " . (values %{ $problems->[0] })[0]) if @{$problems};
    make_disk("$folder/$name.vmdk", $name, \%option);
    write_file("$folder/$name.nvram", nvram());
    write_file("$folder/$name.vmsd",  '');
    write_file("$folder/$name.vmxf",  extended_config($name));
    write_file("$folder/$name.vmx",   config($name));
    print "$folder/$name.vmx\n";
    return;
}

sub fail {
    my ($message) = @_;
    die "make-sample-vm.pl: $message\n";
}

sub check_arguments {
    my ($folder, $name, $option) = @_;
    fail("--type $option->{type}: must be one of @TYPES")
        if !grep { $_ eq $option->{type} } @TYPES;
    fail("--size $option->{size}: must be 16 to 65536 (MiB)")
        if $option->{size} < 16 || $option->{size} > 65536;
    fail("\"$name\" cannot be the name of a virtual machine")
        if $name eq '' || $name =~ m{[/\\"|\x00-\x1f\x7f]};
    fail('the name is not UTF-8') if !utf8::decode(my $text = $name);
    for my $file (map { "$folder/$name.$_" } qw(vmx vmdk nvram)) {
        fail("$file exists already") if -e $file;
    }
    for my $tool (sort keys %PACKAGE_OF) {
        next if grep { -x "$_/$tool" } File::Spec->path;
        fail("$tool not found; install the package $PACKAGE_OF{$tool} (dev/setup does)");
    }
    return;
}

# --- the disk

sub make_disk {
    my ($vmdk, $name, $option) = @_;
    my $temp      = File::Temp->newdir;
    my $raw       = "$temp/disk.raw";
    my $sectors   = $option->{size} * (1 << 20) / $SECTOR - $PARTITION_START;
    my $fat32     = $option->{size} >= $FAT32_FROM;
    my $partition = $raw . '@@' . $PARTITION_START * $SECTOR;

    write_file($raw, master_boot_record($name, $sectors, $fat32));
    truncate $raw, $option->{size} << 20 or fail("cannot make $raw larger: $!");
    run('mformat', '-i', $partition, ($fat32 ? '-F' : ()), '-T', $sectors, '-h', 255, '-s', 63,
        '-H', $PARTITION_START, '-v', 'SAMPLE', '::');
    patch_partition_boot_sector($raw, $name, $fat32);
    my @tops = make_guest_files("$temp/files", $name);
    run('mcopy', '-s', '-i', $partition, @tops, '::');
    run('qemu-img', 'convert', '-q', '-f', 'raw', '-O', 'vmdk',
        '-o', "subformat=$option->{type},adapter_type=ide,hwversion=7", $raw, $vmdk);
    return;
}

# Makes the files of the guest's file system below `$folder`. Returns the paths at its top level.
sub make_guest_files {
    my ($folder, $name) = @_;
    my %content = (
        'Read me first.txt' => "This is the disk of the sample virtual machine $name.\r\n",
        'Documents and Settings/All Users/Notes with quite a long name, made for testing.txt' =>
            join('', map { "line $_\r\n" } 1 .. 500),
        'Documents and Settings/Jürgen/Übersicht – größer.txt' => "Größe: ½ m²\r\n",
        'WINDOWS/Temp/noise.bin' => noise(),
        'empty.dat'              => '',
    );
    my %top;
    for my $path (sort keys %content) {
        make_path(dirname("$folder/$path"));
        write_file("$folder/$path", $content{$path});
        $top{ (split m{/}, $path)[0] } = 1;
    }
    return map { "$folder/$_" } sort keys %top;
}

# Always the same bytes, so that two sample machines can be compared.
sub noise {
    return join '', map { sha512("noise $_") } 1 .. $NOISE_SIZE / 64;
}

# --- boot code: 16-bit x86, assembled from the bytes of its instructions

# A part is hex digits (code), or [text => STRING], [label => NAME], and for the address of a label
# [word => NAME] (absolute), [near => NAME] or [short => NAME] (16 or 8 bits, relative).
sub assemble {
    my ($origin, @parts) = @_;
    my %size = (label => 0, word => 2, near => 2, short => 1);
    my (%address, @places);
    my $at = $origin;
    for my $part (@parts) {
        my ($kind, $value) = ref $part ? @{$part} : (text => pack 'H*', $part =~ s/ //gr);
        $address{$value} = $at if $kind eq 'label';
        $at += $kind eq 'text' ? length $value : $size{$kind};
        push @places, [$kind, $value, $at];
    }
    my %bytes_of = (
        text  => sub { $_[0] },
        label => sub { '' },
        word  => sub { pack 'v', $address{ $_[0] } },
        near  => sub { pack 'v', $address{ $_[0] } - $_[1] & 0xffff },
        short => sub { pack 'c', $address{ $_[0] } - $_[1] },
    );
    return join '', map { my ($kind, @rest) = @{$_}; $bytes_of{$kind}->(@rest) } @places;
}

# Prints the text at SI to the screen (int 10h) and to the first serial port (int 14h).
sub print_routine {
    return (
        [label => 'print'], 'AC',    # lodsb
        '84 C0',                     # test al, al
        '74', [short => 'printed'],  # jz printed
        '60',                        # pusha
        'B4 0E BB 07 00 CD 10',      # mov ah, 0Eh; mov bx, 7; int 10h
        '61 60',                     # popa; pusha
        'B4 01 31 D2 CD 14',         # mov ah, 1; xor dx, dx; int 14h
        '61 EB', [short => 'print'],      # popa; jmp print
        [label => 'printed'], 'C3',       # ret
    );
}

# Works as a master boot record does: moves itself away, prints a message, loads the boot sector of
# the active partition and jumps to it.
sub master_boot_record {
    my ($name, $sectors, $fat32) = @_;
    my $code = assemble(
        0x0600,
        'FA 31 C0 8E D8 8E C0 8E D0',    # cli; xor ax, ax; mov ds, ax; mov es, ax; mov ss, ax
        'BC 00 7C FB FC',                # mov sp, 7C00h; sti; cld
        'BE 00 7C BF 00 06 B9 00 01',    # mov si, 7C00h; mov di, 0600h; mov cx, 256
        'F3 A5',                         # rep movsw
        'EA', [word => 'moved'], '00 00',    # jmp 0:moved
        [label => 'moved'], '52',            # push dx (the drive we came from)
        'B8 E3 00 31 D2 CD 14',              # mov ax, 00E3h; xor dx, dx; int 14h: 9600 baud, 8N1
        '5A',                                # pop dx
        'BE', [word => 'message'],           # mov si, message
        'E8', [near => 'print'],             # call print
        'B4 42 BE', [word => 'request'],     # mov ah, 42h; mov si, request
        'CD 13',                             # int 13h: read
        '72', [short => 'halt'],             # jc halt
        'EA 00 7C 00 00',                    # jmp 0:7C00h
        [label => 'halt'], 'F4',             # hlt
        'EB', [short => 'halt'],             # jmp halt
        print_routine(),
        [label => 'request'],
        [text  => pack 'C2 v v2 Q<', 16, 0, 1, 0x7C00, 0, $PARTITION_START],
        [label => 'message'],
        [text  => "$name: boot code of the disk runs\r\n\0"],
    );
    fail("\"$name\" is too long for the boot code") if length $code > 440;
    my $entry = pack 'C a3 C a3 V V', 0x80, chs($PARTITION_START), $fat32 ? 0x0C : 0x0E,
        chs($PARTITION_START + $sectors - 1), $PARTITION_START, $sectors;
    return pack 'a440 a4 x2 a16 x48 v', $code, random_bytes(4), $entry, 0xAA55;
}

# Returns cylinder, head and sector in the form of a partition table; the largest values if the sector
# is too far out.
sub chs {
    my ($lba) = @_;
    my ($cylinder, $rest) = (int($lba / (255 * 63)), $lba % (255 * 63));
    return pack 'C3', 254, 0xFF, 0xFF if $cylinder > 1023;
    return pack 'C3', int($rest / 63), ($cylinder >> 2 & 0xC0) | ($rest % 63 + 1), $cylinder & 0xFF;
}

# Writes our code after the parameters that mformat wrote, and a jump over the parameters before them.
sub patch_partition_boot_sector {
    my ($raw, $name, $fat32) = @_;
    my $start = $fat32 ? 0x5A : 0x3E;
    my $code  = assemble(
        0x7C00 + $start,
        '31 C0 8E D8 FC',             # xor ax, ax; mov ds, ax; cld
        'BE', [word => 'message'],    # mov si, message
        'E8', [near => 'print'],      # call print
        [label => 'halt'], 'F4',      # hlt
        'EB', [short => 'halt'],      # jmp halt
        print_routine(),
        [label => 'message'],
        [text  => "$name: boot code of the partition runs\r\n\0"],
    );
    open my $fh, '+<:raw', $raw or fail("cannot open $raw: $!");
    for my $patch ([0, pack 'C3', 0xEB, $start - 2, 0x90], [$start, $code], [510, "\x55\xAA"]) {
        seek $fh, $PARTITION_START * $SECTOR + $patch->[0], SEEK_SET or fail("seek in $raw: $!");
        print {$fh} $patch->[1] or fail("cannot write $raw: $!");
    }
    close $fh or fail("cannot write $raw: $!");
    return;
}

# --- the other files

# Returns the .vmx as Workstation on Windows leaves it after the machine ran and was shut down. It has
# CRLF line ends, and the encoding of a western Windows if that can express the name.
sub config {
    my ($name) = @_;
    my $text     = Encode::decode('UTF-8', $name);
    my $western  = eval { encode_strictly('windows-1252', $text); 1 };
    my $encoding = $western ? 'windows-1252' : 'UTF-8';
    my @pairs    = (
        '.encoding' => $encoding,
        hardware_settings($text),
        identity_settings("\x56\x4d" . random_bytes(14)),
        'cleanShutdown'        => 'TRUE',
        'softPowerOff'         => 'TRUE',
        'checkpoint.vmState'   => '',
        'tools.remindInstall'  => 'TRUE',
    );
    my $lines = '';
    while (my ($key, $value) = splice @pairs, 0, 2) {
        $lines .= "$key = \"$value\"\r\n";
    }
    return encode_strictly($encoding, $lines);
}

sub encode_strictly {
    my ($encoding, $text) = @_;
    return Encode::encode($encoding, $text, Encode::FB_CROAK | Encode::LEAVE_SRC);
}

sub hardware_settings {
    my ($name) = @_;
    return (
        'config.version'                   => 8,
        'virtualHW.version'                => 7,
        'pciBridge0.present'               => 'TRUE',
        'vmci0.present'                    => 'TRUE',
        'nvram'                            => "$name.nvram",
        'virtualHW.productCompatibility'   => 'hosted',
        'powerType.powerOff'               => 'soft',
        'displayName'                      => $name,
        'extendedConfigFile'               => "$name.vmxf",
        'guestOS'                          => 'winxppro',
        'annotation'                       => 'Sample machine.|0D|0ABoots and halts; has files.',
        'memsize'                          => 64,
        'ide0:0.present'                   => 'TRUE',
        'ide0:0.fileName'                  => "$name.vmdk",
        'ide0:0.redo'                      => '',
        'ide1:0.present'                   => 'TRUE',
        'ide1:0.fileName'                  => 'auto detect',
        'ide1:0.deviceType'                => 'cdrom-raw',
        'floppy0.present'                  => 'FALSE',
        'serial0.present'                  => 'TRUE',
        'serial0.fileType'                 => 'file',
        'serial0.fileName'                 => "$name-serial.txt",
        'ethernet0.present'                => 'TRUE',
        'ethernet0.connectionType'         => 'nat',
        'ethernet0.addressType'            => 'generated',
        'pciBridge0.pciSlotNumber'         => 17,
        'ethernet0.pciSlotNumber'          => 32,
        'vmci0.pciSlotNumber'              => 33,
    );
}

# The generated MAC address and the VMCI number are derived from the UUID.
sub identity_settings {
    my ($uuid) = @_;
    my $mac = join ':', '00:0c:29', map { sprintf '%02x', $_ } unpack 'C3', substr $uuid, 13;
    return (
        'uuid.bios'                        => uuid_text($uuid),
        'uuid.location'                    => uuid_text($uuid),
        'ethernet0.generatedAddress'       => $mac,
        'ethernet0.generatedAddressOffset' => 0,
        'vmci0.id'                         => unpack('l>', substr $uuid, 12),
    );
}

sub extended_config {
    my ($name) = @_;
    my $id = uuid_text("\x52" . random_bytes(15));
    $name =~ s/([&<>])/'&#' . ord($1) . ';'/ge;
    return <<"END";
<?xml version="1.0"?>
<Foundry>
<VM>
<VMId type="string">$id</VMId>
<ClientMetaData>
<clientMetaDataAttributes/>
<HistoryEventList/></ClientMetaData>
<vmxPathName type="string">$name.vmx</vmxPathName></VM></Foundry>
END
}

# The nvram of a BIOS machine: VMware's magic number and size. Only VMware reads the content, and it
# replaces what is missing.
sub nvram {
    return pack 'a4 V a8676', 'MRVN', 1, '';
}

sub uuid_text {
    my ($bytes) = @_;
    my @hex = map { sprintf '%02x', $_ } unpack 'C16', $bytes;
    return join(' ', @hex[0 .. 7]) . '-' . join(' ', @hex[8 .. 15]);
}

# --- the system

sub random_bytes {
    my ($count) = @_;
    open my $fh, '<:raw', '/dev/urandom' or fail("cannot open /dev/urandom: $!");
    my $got = sysread $fh, my ($bytes), $count;
    fail('/dev/urandom returned too few bytes') if !defined $got || $got != $count;
    return $bytes;
}

sub write_file {
    my ($path, $bytes) = @_;
    open my $fh, '>:raw', $path or fail("cannot make $path: $!");
    print {$fh} $bytes or fail("cannot write $path: $!");
    close $fh or fail("cannot write $path: $!");
    return;
}

# mtools reads names in the locale's encoding, and checks disks more strictly than this one passes.
sub run {
    my (@command) = @_;
    local @ENV{qw(LC_ALL MTOOLS_SKIP_CHECK MTOOLSRC)} = ('C.UTF-8', 1, '/dev/null');
    my $status = system { $command[0] } @command;
    fail("cannot run $command[0]: $!") if $status == -1;
    fail("$command[0] failed (status " . ($status >> 8) . ')') if $status != 0;
    return;
}

__END__

=encoding UTF-8

=head1 NAME

make-sample-vm.pl - make a small virtual machine that boots

=head1 SYNOPSIS

  perl examples/make-sample-vm.pl [--type TYPE] [--size MIB] FOLDER [NAME]

  perl examples/make-sample-vm.pl "/srv/vms/Virtual Machines/WinXP"

=head1 DESCRIPTION

Makes FOLDER/NAME.vmx and its files: the disk, the .nvram, .vmsd and .vmxf. It makes FOLDER if need
be. The default of NAME is the last part of FOLDER.

The disk has a partition with a FAT file system and some files. When it boots, its master boot
record and the boot sector of the partition each print a line. The line appears on the screen and on
the first serial port.

The script prints the path of the new .vmx.

=head1 OPTIONS

=over

=item --type TYPE

The kind of disk: monolithicSparse (the default), twoGbMaxExtentSparse, monolithicFlat,
twoGbMaxExtentFlat or streamOptimized.

=item --size MIB

The size of the disk, 16 to 65536; the default is 64. Disks of 512 MiB or more have FAT32, smaller
ones FAT16.

=item --help

This text.

=back

=cut
