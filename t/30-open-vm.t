#!/usr/bin/perl
# VMOpen reads the .vmx of a virtual machine, changes nothing, and answers with the right code where
# there is none that it can read.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use Encode ();
use POSIX  qw(mkfifo);
use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls qw(clone_in_child host open_vm without_libvirt);
use VixTest::Files qw(sparse_file);
use VixTest::Locks qw(put_lock);

without_libvirt();

my $keep   = temp_dir();
my $number = 0;

sub new_dir { return "$keep/" . $number++ }

# (code, values of these properties) of the machine.
sub properties_of {
    my ($vmx, @ids)    = @_;
    my ($err, $handle) = open_vm($vmx);
    return $err if $err != VIX_OK;
    my ($code, @values) = GetProperties($handle, @ids);
    ReleaseHandle($handle);
    return ($code, @values);
}

sub is_refused {
    my ($what, $vmx, $code) = @_;
    my ($err, $handle) = open_vm($vmx);
    is($err, $code, "$what: $code") or diag(GetErrorText($err));
    is($handle, VIX_INVALID_HANDLE, "$what: no handle");
    return;
}

{
    my $vm = make_vm(
        dir  => new_dir(),
        keys => [
            'displayName' => 'My machine',
            'numvcpus'    => 4,
            'memsize'     => 2048,
            'guestOS'     => 'winxppro'
        ]
    );
    my $before = folder_digest($vm->{dir});
    my ($err, $handle) = open_vm($vm->{vmx});
    is($err, VIX_OK, 'a machine opens');
    cmp_ok($handle, '>', 0, 'with a handle');
    is(GetHandleType($handle), VIX_HANDLETYPE_VM, 'of a virtual machine');
    ReleaseHandle($handle);
    my @ids = (
        VIX_PROPERTY_VM_NAME, VIX_PROPERTY_VM_VMX_PATHNAME,
        VIX_PROPERTY_VM_NUM_VCPUS, VIX_PROPERTY_VM_MEMORY_SIZE,
        VIX_PROPERTY_VM_GUESTOS, VIX_PROPERTY_VM_POWER_STATE,
        VIX_PROPERTY_VM_IS_RUNNING
    );
    is_deeply(
        [properties_of($vm->{vmx}, @ids)],
        [VIX_OK, 'My machine', $vm->{vmx}, 4, 2048, 'winxppro', VIX_POWERSTATE_POWERED_OFF, 0],
        'what its .vmx says can be asked for'
    );
    is(folder_digest($vm->{dir}), $before, 'its folder is untouched');
}
{
    my $vm = make_vm(dir => new_dir(), keys => ['checkpoint.vmState' => 'alpha-1.vmss']);
    is_deeply(
        [properties_of($vm->{vmx}, VIX_PROPERTY_VM_POWER_STATE)],
        [VIX_OK, VIX_POWERSTATE_SUSPENDED],
        'a suspended one says so'
    );
    put_lock($vm->{vmx});
    is_deeply(
        [properties_of($vm->{vmx}, VIX_PROPERTY_VM_POWER_STATE, VIX_PROPERTY_VM_IS_RUNNING)],
        [VIX_OK, VIX_POWERSTATE_POWERED_ON, 1],
        'a running one, too'
    );
}
{
    my $vm = make_vm(
        dir   => new_dir(),
        disks => 0,
        text  =>
            qq(.encoding = "UTF-8"\ndisplayName = "Secret"\n)
            . qq(encryption.keySafe = "x"\nencryption.data = "y"\n)
    );
    is_deeply(
        [properties_of($vm->{vmx}, VIX_PROPERTY_VM_NAME)],
        [VIX_OK, 'Secret'],
        'an encrypted one opens, as far as it can be read'
    );
}
for my $case (
    ['GBK', 'GBK', "\x{865a}\x{62df}\x{673a}"],
    ['Shift_JIS', 'cp932', "\x{8868}\x{793a}\x{30bd}"],
    ['windows-1251', 'cp1251', "\x{41c}\x{430}\x{448}\x{438}\x{43d}\x{430}"],
    ['windows-1252', 'cp1252', "\x{201e}Pr\x{fc}fstand\x{201c} \x{20ac}"],
    ['UTF-8', 'UTF-8', "\x{1f5a5} \x{e9}"],
    )
{
    my ($encoding, $codec, $name) = @{$case};
    my $vm = make_vm(
        dir   => new_dir(),
        disks => 0,
        text  => qq(.encoding = "$encoding"\ndisplayName = ")
            . Encode::encode($codec, $name) . qq("\n)
    );
    is_deeply(
        [properties_of($vm->{vmx}, VIX_PROPERTY_VM_NAME)],
        [VIX_OK, $name],
        "a name in $encoding"
    );
}
{
    my $vm = make_vm(
        dir   => new_dir(),
        disks => 0,
        text  => qq(config.version = "8"\nDISPLAYname = bare # x\n)
    );
    is_deeply(
        [properties_of($vm->{vmx}, VIX_PROPERTY_VM_NAME)],
        [VIX_OK, 'bare'],
        'a key in any case, a value without quotes, a remark behind it'
    );
}
{
    my $vm = make_vm(
        dir   => new_dir(),
        disks => 0,
        text  => "\xef\xbb\xbf" . qq(displayName = "a|22b|7Cc|0Ad"\rconfig.version = "8")
    );
    is_deeply(
        [properties_of($vm->{vmx}, VIX_PROPERTY_VM_NAME)],
        [VIX_OK, qq(a"b|c\nd)],
        'escapes, a byte order mark, old line ends, none at the end'
    );
}
{
    my $vm = make_vm(dir => new_dir(), disks => 0, text => qq(config.version = "8"\n));
    is_deeply(
        [properties_of($vm->{vmx}, VIX_PROPERTY_VM_NAME)],
        [VIX_OK, 'alpha'],
        'without a displayName the name of the file'
    );
}

my $dir = new_dir();
mkdir $dir;
is_refused('no such file', "$dir/none.vmx", VIX_E_VM_NOT_FOUND);
is_refused('no such folder', "$dir/none/none.vmx", VIX_E_VM_NOT_FOUND);
symlink '/nowhere/none.vmx', "$dir/dangling.vmx" or die "symlink: $!";
is_refused('a dangling link', "$dir/dangling.vmx", VIX_E_VM_NOT_FOUND);
is_refused('a path through a file', spew("$dir/file", 'x') . '/a.vmx', VIX_E_VM_NOT_FOUND);
is_refused('an empty file', spew("$dir/empty.vmx", ''), VIX_E_CANNOT_READ_VM_CONFIG);
is_refused('noise', spew("$dir/noise.vmx", "\0\1\2\xff" x 200), VIX_E_CANNOT_READ_VM_CONFIG);
is_refused(
    'a text without a key',
    spew("$dir/text.vmx", "Hello,\nworld.\n"),
    VIX_E_CANNOT_READ_VM_CONFIG
);
is_refused('a disk', spew("$dir/disk.vmx", 'KDMV' . "\0" x 508), VIX_E_CANNOT_READ_VM_CONFIG);
is_refused('gigabytes', sparse_file("$dir/huge.vmx", 8 << 30), VIX_E_CANNOT_READ_VM_CONFIG);
is_refused('an empty path', '', VIX_E_INVALID_ARG);
is_refused('no path', undef, VIX_E_INVALID_ARG);
is_refused('bytes that are no UTF-8', "$dir/\xff.vmx", VIX_E_INVALID_UTF8_STRING);
mkdir "$dir/folder.vmx";
is_refused('a folder', "$dir/folder.vmx", VIX_E_FILE_ACCESS_ERROR);
mkfifo("$dir/fifo.vmx", 0600) or die "mkfifo: $!";
is_refused('a FIFO', "$dir/fifo.vmx", VIX_E_FILE_ACCESS_ERROR);
is_refused('a device', '/dev/null', VIX_E_FILE_ACCESS_ERROR);

{
    my $vm = make_vm(dir => new_dir());
    symlink $vm->{vmx}, "$dir/link.vmx" or die "symlink: $!";
    is_deeply(
        [properties_of("$dir/link.vmx", VIX_PROPERTY_VM_NAME)],
        [VIX_OK, 'alpha'],
        'a link to a .vmx opens it'
    );
}

SKIP: {
    skip 'needs root to become somebody else', 1 if $> != 0;
    chmod 0755, "$keep", $dir;
    my $vm = make_vm(dir => new_dir());
    chmod 0, $vm->{vmx};
    my $result
        = clone_in_child($vm->{vmx}, "$keep/clone/copy.vmx", uid => scalar getpwnam 'nobody');
    is($result->{err}, VIX_E_FILE_ACCESS_ERROR, 'a .vmx that may not be read')
        or diag($result->{output});
}

done_testing();
