#!/usr/bin/perl
# Nothing outside a disk's folder is ever read as an extent, and nothing that is no plain file is
# opened: no clone and no message shows a byte of a file that is none of the machine's.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use POSIX  qw(mkfifo);
use Socket qw(AF_UNIX SOCK_STREAM pack_sockaddr_un);
use VMware::Vix::API::Constants;
use VixTest;
use VixTest::Calls        qw(clone_vm);
use VixTest::Disk         qw(make_disk make_delta);
use VixTest::Files        qw(patch_bytes);
use VixTest::HostileTrial qw(complaints_about_hostile secret_file);

my $keep = temp_dir();
my @cases;

my $ok      = VIX_OK;
my $denied  = VIX_E_FILE_ACCESS_ERROR;
my $missing = VIX_E_FILE_NOT_FOUND;
my $invalid = VIX_E_DISK_INVALIDDISK;
my $repair  = VIX_E_DISK_NEEDSREPAIR;
my $parent  = VIX_E_DISK_OPENPARENT;

mkdir "$keep/outside";
my $secret  = secret_file("$keep/outside/secret");
my $sectors = 8;

sub add_case {
    my ($name, $vm, @codes) = @_;
    push @cases, { name => $name, vm => $vm, dir => "$keep/outside", codes => \@codes };
    return;
}

sub new_dir { return "$keep/vm" . @cases }

# A machine in this folder whose disk has only this extent line.
sub vm_with_extent {
    my ($dir, $line) = @_;
    return make_vm(
        dir   => $dir,
        disks => [
            {   type         => 'custom',
                sectors      => $sectors,
                content      => [],
                extents      => [{ sectors => $sectors, unwritten => 1 }],
                extent_lines => [$line],
            }
        ],
    );
}

# Adds the case of such a machine; `$prepare` is called with its folder first.
sub add_extent_case {
    my ($name, $line, $prepare, @codes) = @_;
    my $dir = new_dir();
    my $vm  = vm_with_extent($dir, $line);
    $prepare->($dir) if $prepare;
    add_case($name, $vm, @codes);
    return;
}

for my $kind ('FLAT', 'VMFS') {
    my $behind = $kind eq 'FLAT' ? ' 0' : '';
    my @as     = ('RW', $sectors, $kind);
    add_extent_case("$kind: an absolute path", qq(@as "$secret"$behind), undef, $denied);
    add_extent_case("$kind: a path that climbs", qq(@as "../outside/secret"$behind), undef,
        $denied);
    add_extent_case(
        "$kind: a path that goes down and climbs",
        qq(@as "sub/../../outside/secret"$behind),
        sub { mkdir "$_[0]/sub" }, $denied
    );
    add_extent_case(
        "$kind: a path that climbs with backslashes",
        qq(@as "..\\outside\\secret"$behind),
        undef, $denied, $missing
    );
    add_extent_case(
        "$kind: a link",
        qq(@as "link"$behind),
        sub { symlink $secret, "$_[0]/link" }, $denied
    );
    add_extent_case(
        "$kind: a link to a file of the folder",
        qq(@as "link"$behind),
        sub { spew("$_[0]/own", "\0" x 4096); symlink 'own', "$_[0]/link" }, $denied
    );
    add_extent_case(
        "$kind: a dangling link",
        qq(@as "link"$behind),
        sub { symlink '/none', "$_[0]/link" },
        $denied, $missing
    );
    add_extent_case(
        "$kind: a folder that is a link",
        qq(@as "sub/secret"$behind),
        sub { symlink "$keep/outside", "$_[0]/sub" }, $denied
    );
    add_extent_case(
        "$kind: a FIFO",
        qq(@as "fifo"$behind),
        sub { mkfifo("$_[0]/fifo", 0600) }, $denied
    );
    add_extent_case("$kind: a folder", qq(@as "sub"$behind), sub { mkdir "$_[0]/sub" }, $denied);
    add_extent_case("$kind: a socket", qq(@as "sock"$behind), \&put_socket, $denied);
    add_extent_case("$kind: $_", qq(@as "$_"$behind), undef, $denied)
        for '/dev/zero', '/dev/null', '/proc/self/mem', '/proc/self/environ', '/etc/passwd';
    add_extent_case(
        "$kind: a name that ends in a blank",
        qq(@as "$secret "$behind),
        undef, $denied, $missing
    );
}
add_extent_case("$_: an absolute path", qq(RW $sectors $_ "$secret"), undef, $denied)
    for 'SPARSE', 'VMFSSPARSE', 'SESPARSE';
add_extent_case(
    'a Windows path without a drive map',
    qq(RW $sectors FLAT "Q:\\secret" 0),
    undef, VIX_E_FILE_NAME_INVALID
);
add_extent_case('a UNC path', qq(RW $sectors FLAT "\\\\server\\share\\secret" 0),
    undef, VIX_E_FILE_NAME_INVALID);
add_extent_case(
    'a zero extent that names a file',
    qq(RW $sectors ZERO "$secret" 0),
    undef, $ok, $invalid
);

SKIP: {
    skip 'needs root to make a device', 1 if $> != 0;
    add_extent_case(
        'a character device',
        qq(RW $sectors FLAT "device" 0),
        sub { system 'mknod', "$_[0]/device", 'c', 1, 5 }, $denied
    );
}

sub put_socket {
    my ($dir) = @_;
    socket my $socket, AF_UNIX, SOCK_STREAM, 0  or die "socket: $!";
    bind $socket, pack_sockaddr_un("$dir/sock") or die "bind: $!";
    return;
}

{
    local $ENV{VIX_DRIVE_Z} = $keep;
    my $dir = new_dir();
    my $vm  = vm_with_extent($dir, qq(RW $sectors FLAT "Z:\\outside\\secret" 0));
    my $result = clone_vm($vm->{vmx}, "$dir.clone/copy.vmx");
    is($result->{err}, $denied, 'a Windows path through the drive map leads out, too')
        or diag($result->{text});
}

# The disk itself.
sub add_disk_case {
    my ($name, $file, $prepare, @codes) = @_;
    my $dir = new_dir();
    my $vm = make_vm(dir => $dir, disks => [{ file_name => $file, content => [], sectors => 128 }]);
    $prepare->($dir) if $prepare;
    add_case($name, $vm, @codes);
    return;
}

add_disk_case('a disk that is somebody\'s file', $secret, undef, $invalid);
{
    my $marker = slurp($secret) =~ /^(.*)/ ? $1 : '';
    for my $line (
        "# $marker", "version=$marker", "CID=$marker", "RW $marker", "RW 8 $marker",
        "RW 8 FLAT $marker",
        "createType=\"$marker\"\nRW 8 FLAT \"x\" 0"
        )
    {
        my $texts = "$keep/outside/text" . @cases;
        spew($texts, "# a text that looks a little like a descriptor\n$line\n");
        add_disk_case("a disk that is somebody's text, with " . ($line =~ /^(\w+|#)/)[0],
            $texts, undef, $invalid, VIX_E_DISK_NOTSUPPORTED);
    }
}
add_disk_case(
    'a disk that is a link to somebody\'s file',
    'link.vmdk', sub { symlink $secret, "$_[0]/link.vmdk" },
    $denied, $invalid
);
add_disk_case('a disk that is a FIFO',
    'fifo.vmdk', sub { mkfifo("$_[0]/fifo.vmdk", 0600) }, $denied);
add_disk_case('a disk that is a folder', 'sub.vmdk', sub { mkdir "$_[0]/sub.vmdk" }, $denied);
add_disk_case("a disk that is $_", $_, undef, $denied) for '/dev/zero', '/dev/stdin', '/dev/tty';
add_disk_case('a disk that is the .vmx', 'alpha.vmx', undef, $invalid);

# Its parent.
sub add_parent_case {
    my ($name, $hint, $prepare, @codes) = @_;
    my $dir = new_dir();
    my $vm  = make_vm(dir => $dir, disks => [{ deltas => [{ hint => $hint }] }]);
    unlink "$dir/alpha.vmdk";
    $prepare->($dir) if $prepare;
    add_case($name, $vm, @codes);
    return;
}

add_parent_case('a parent that is somebody\'s file', $secret, undef, $parent);
add_parent_case(
    'a parent that is a FIFO',
    'fifo', sub { mkfifo("$_[0]/fifo", 0600) },
    $parent, $denied
);
add_parent_case("a parent that is $_", $_, undef, $parent, $denied) for '/dev/zero', '/dev/stdin';
add_parent_case('a parent that is a folder', 'sub', sub { mkdir "$_[0]/sub" }, $parent, $denied);

# Other files that a .vmx names.
sub add_key_case {
    my ($name, $keys, $prepare, @codes) = @_;
    my $dir = new_dir();
    my $vm  = make_vm(dir => $dir, keys => $keys, disks => [{ content => [] }]);
    $prepare->($dir) if $prepare;
    add_case($name, $vm, @codes);
    return;
}

for my $key ('nvram', 'extendedConfigFile') {
    my $file = $key eq 'nvram' ? 'alpha.nvram' : 'alpha.vmxf';
    add_key_case("$key: an absolute path", [$key => $secret], undef, $ok, $denied);
    add_key_case("$key: a path that climbs", [$key => '../outside/secret'], undef, $ok, $denied);
    add_key_case("$key: a link", [], sub { unlink "$_[0]/$file"; symlink $secret, "$_[0]/$file" },
        $ok, $denied);
    add_key_case("$key: a FIFO", [], sub { unlink "$_[0]/$file"; mkfifo("$_[0]/$file", 0600) },
        $ok, $denied);
    add_key_case("$key: a device", [$key => '/dev/zero'], undef, $ok, $denied);
    add_key_case("$key: a folder", [$key => 'sub'], sub { mkdir "$_[0]/sub" }, $ok, $denied);
}
add_key_case('a .vmxf of gigabytes', [], sub { truncate "$_[0]/alpha.vmxf", 8 << 30 }, $ok);
add_key_case(
    'an nvram of gigabytes',
    [], sub { truncate "$_[0]/alpha.nvram", 8 << 30 },
    $ok, $denied
);

is_deeply($_->{complaints}, [], $_->{name}) for complaints_about_hostile(@cases);

# What is allowed.
{
    my $dir  = "$keep/allowed";
    my $vm   = make_vm(dir => $dir, disks => [{ type => 'monolithicFlat' }]);
    my $text = slurp($vm->{disks}[0]{path});
    $text =~ s/"alpha-flat\.vmdk"/"$dir\/alpha-flat.vmdk"/;
    spew($vm->{disks}[0]{path}, $text);
    my $result = clone_vm($vm->{vmx}, "$dir.clone/copy.vmx");
    is($result->{err}, VIX_OK, 'an absolute path within the disk\'s folder is no harm')
        or diag($result->{text});
}
{
    my $dir = "$keep/listed";
    my $vm  = make_vm(dir => $dir, disks => [{ type => 'monolithicFlat' }]);
    mkdir "$keep/elsewhere";
    rename "$dir/alpha-flat.vmdk", "$keep/elsewhere/alpha-flat.vmdk" or die "rename: $!";
    my $text = slurp($vm->{disks}[0]{path});
    $text =~ s/"alpha-flat\.vmdk"/"$keep\/elsewhere\/alpha-flat.vmdk"/;
    spew($vm->{disks}[0]{path}, $text);
    my $result = clone_vm($vm->{vmx}, "$dir.clone/copy.vmx");
    is($result->{err}, $denied, 'an extent in another folder is refused') or diag($result->{text});
    like($result->{text}, qr/disk\.folders/, 'the text names the setting');
    local $ENV{VIX_DISK_FOLDERS} = "/none:$keep/elsewhere";
    $result = clone_vm($vm->{vmx}, "$dir.clone/copy.vmx");
    is($result->{err}, VIX_OK, 'unless the folder is listed in disk.folders')
        or diag($result->{text});
}

# The destination.
{
    my $vm = make_vm(dir => "$keep/planted");
    mkdir "$keep/planted.clone";
    mkdir "$keep/precious";
    spew("$keep/precious/data", 'mine');
    symlink "$keep/precious", "$keep/planted.clone/.vix-staging-copy" or die "symlink: $!";
    my $result = clone_vm($vm->{vmx}, "$keep/planted.clone/copy.vmx");
    isnt($result->{err}, VIX_OK, 'a link where the staging folder shall be is not followed');
    is_deeply([VixTest::list_files("$keep/precious")], ['data'], 'what it leads to is untouched');
    ok(!-e "$keep/planted.clone/copy.vmx", 'and there is no clone');
}

done_testing();
