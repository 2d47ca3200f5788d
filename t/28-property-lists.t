# Property lists: what goes in comes out, typed by its identifier; what does not belong is refused.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest qw(make_vm temp_dir);
use VixTest::Handles;

my $host = connect_host();
my $dir  = temp_dir();
my $vmx  = make_vm(dir => "$dir/a", disks => 0)->{vmx};

sub list_of {
    my (@pairs) = @_;
    return AllocPropertyList($host, @pairs);
}

sub type_of {
    return VMware::Vix::API::API::GetPropertyType(@_);
}

my ($err, $list) = list_of(
    VIX_PROPERTY_VM_ENCRYPTION_PASSWORD,     "B\x{fc}ro \x{4f4d}",
    VIX_PROPERTY_VM_NUM_VCPUS,               4,
    VIX_PROPERTY_VM_READ_ONLY,               !!0,
    VIX_PROPERTY_VM_IS_RUNNING,              'yes' eq 'yes',
    VIX_PROPERTY_JOB_RESULT_FILE_SIZE,       2**40,
    VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_DATA, "\0\xff\n",
    VIX_PROPERTY_JOB_RESULT_HANDLE,          $host,
    VIX_PROPERTY_NONE
);
is($err, VIX_OK, 'a list of every type') or diag GetErrorText($err);
is(GetHandleType($list), VIX_HANDLETYPE_PROPERTY_LIST, 'is a property list');
is_deeply(
    [GetProperties($list, VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_DATA, VIX_PROPERTY_VM_IS_RUNNING,
        VIX_PROPERTY_VM_READ_ONLY, VIX_PROPERTY_JOB_RESULT_FILE_SIZE, VIX_PROPERTY_VM_NUM_VCPUS,
        VIX_PROPERTY_JOB_RESULT_HANDLE, VIX_PROPERTY_VM_ENCRYPTION_PASSWORD)],
    [VIX_OK, "\0\xff\n", 1, 0, 2**40, 4, $host, "B\x{fc}ro \x{4f4d}"],
    'and gives each as it was put in'
);
is_deeply([type_of($list, $_->[0])], [VIX_OK, $_->[1]], "type $_->[1]") for
    [VIX_PROPERTY_VM_ENCRYPTION_PASSWORD, VIX_PROPERTYTYPE_STRING],
    [VIX_PROPERTY_VM_NUM_VCPUS, VIX_PROPERTYTYPE_INTEGER],
    [VIX_PROPERTY_VM_READ_ONLY, VIX_PROPERTYTYPE_BOOL],
    [VIX_PROPERTY_JOB_RESULT_FILE_SIZE, VIX_PROPERTYTYPE_INT64],
    [VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_DATA, VIX_PROPERTYTYPE_BLOB],
    [VIX_PROPERTY_JOB_RESULT_HANDLE, VIX_PROPERTYTYPE_HANDLE];
is_deeply([GetProperties($list, VIX_PROPERTY_VM_NAME)], [VIX_E_UNRECOGNIZED_PROPERTY, undef],
    'what was not put in is unknown');
is_deeply([type_of($list, VIX_PROPERTY_VM_NAME)],
    [VIX_E_UNRECOGNIZED_PROPERTY, VIX_PROPERTYTYPE_ANY], 'and has no type');
ReleaseHandle($list);
is(GetHandleType($list), VIX_HANDLETYPE_NONE, 'it is released as any handle');

for my $case (
    [VIX_OK,                      'nothing at all'],
    [VIX_OK,                      'the end alone',     VIX_PROPERTY_NONE],
    [VIX_OK,                      'no end',            VIX_PROPERTY_VM_NAME, 'a'],
    [VIX_OK,                      'an empty text',     VIX_PROPERTY_VM_NAME, ''],
    [VIX_OK,                      'a number as text',  VIX_PROPERTY_VM_NAME, 12],
    [VIX_OK,                      'text as a number',  VIX_PROPERTY_VM_NUM_VCPUS, '12'],
    [VIX_E_INVALID_ARG,           'no value',          VIX_PROPERTY_VM_NAME],
    [VIX_E_INVALID_ARG,           'no value at last',  VIX_PROPERTY_VM_NAME, 'a', VIX_PROPERTY_VM_GUESTOS],
    [VIX_E_INVALID_ARG,           'text for a number', VIX_PROPERTY_VM_NUM_VCPUS, 'four'],
    [VIX_E_INVALID_ARG,           'undef for a number', VIX_PROPERTY_VM_NUM_VCPUS, undef],
    [VIX_E_INVALID_ARG,           'undef for a text',  VIX_PROPERTY_VM_NAME, undef],
    [VIX_E_INVALID_ARG,           '33 bits for 32',    VIX_PROPERTY_VM_NUM_VCPUS, 2**32],
    [VIX_E_INVALID_ARG,           'the same twice',    (VIX_PROPERTY_VM_NUM_VCPUS, 1) x 2],
    [VIX_E_INVALID_ARG,           'a NUL in a text',   VIX_PROPERTY_VM_NAME, "a\0"],
    [VIX_E_INVALID_UTF8_STRING,   'no UTF-8',          VIX_PROPERTY_VM_NAME, "\xff"],
    [VIX_E_UNRECOGNIZED_PROPERTY, 'an unknown number', 9999, 1],
    [VIX_E_UNRECOGNIZED_PROPERTY, 'the end too early', VIX_PROPERTY_NONE, VIX_PROPERTY_NONE],
) {
    my ($code, $what, @pairs) = @{$case};
    my ($got, $handle) = list_of(@pairs);
    is($got, $code, $what) or diag GetErrorText($got);
    is($handle != 0, $code == VIX_OK, 'a handle only if it worked');
    ReleaseHandle($handle);
}
is((AllocPropertyList(0))[0], VIX_E_INVALID_HANDLE, 'it needs a host');

{
    package Four;
    use overload '0+' => sub {4}, fallback => 1;
}
($err, $list) = list_of(VIX_PROPERTY_VM_NUM_VCPUS, bless {}, 'Four');
is_deeply([GetProperties($list, VIX_PROPERTY_VM_NUM_VCPUS)], [VIX_OK, 4], 'an object by its number');
ReleaseHandle($list);

subtest 'opening with a list' => sub {
    my (undef, $password) = list_of(VIX_PROPERTY_VM_ENCRYPTION_PASSWORD, 'x', VIX_PROPERTY_NONE);
    my (undef, $other)    = list_of(VIX_PROPERTY_VM_NAME,                'x', VIX_PROPERTY_NONE);
    my ($e, $vm) = HostOpenVM($host, $vmx, VIX_VMOPEN_NORMAL, $password);
    is($e, VIX_OK, 'with a password') or diag GetErrorText($e);
    is_deeply([VMOpen($host, $vmx)], [VIX_OK, $vm], 'is the handle that VMOpen gives');
    is((HostOpenVM($host, $vmx, VIX_VMOPEN_NORMAL, 0))[0], VIX_OK, 'without a list');
    is((HostOpenVM($host, $vmx, VIX_VMOPEN_NORMAL, $other))[0], VIX_E_UNRECOGNIZED_PROPERTY,
        'with what it does not take');
    is((HostOpenVM($host, $vmx, VIX_VMOPEN_NORMAL, $vm))[0], VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE,
        'with no list');
    is((HostOpenVM($host, $vmx, 1, 0))[0], VIX_E_INVALID_ARG, 'with an option');
    is((HostOpenVM($host, "$vmx.no", 0, 0))[0], VIX_E_VM_NOT_FOUND, 'with a file that is not there');
    is_deeply([type_of($vm, VIX_PROPERTY_VM_NAME)], [VIX_OK, VIX_PROPERTYTYPE_STRING], 'its types');
    is((type_of($vm, VIX_PROPERTY_HOST_HOSTTYPE))[0], VIX_E_UNRECOGNIZED_PROPERTY, 'not a host\'s');
    is_deeply([type_of($host, VIX_PROPERTY_HOST_HOSTTYPE)], [VIX_OK, VIX_PROPERTYTYPE_INTEGER], 'but');
    is_deeply([type_of(0, 50)], [VIX_E_INVALID_HANDLE, VIX_PROPERTYTYPE_ANY], 'nothing has none');
    ReleaseHandle($_) for $password, $other, ($vm) x 3;
};

# The type that the table of constants tells of is the one that the property has.
my %type = (
    int    => [VIX_PROPERTYTYPE_INTEGER, 1],
    int64  => [VIX_PROPERTYTYPE_INT64,   1],
    bool   => [VIX_PROPERTYTYPE_BOOL,    1],
    handle => [VIX_PROPERTYTYPE_HANDLE,  1],
    string => [VIX_PROPERTYTYPE_STRING,  'a'],
    blob   => [VIX_PROPERTYTYPE_BLOB,    'a'],
);
my @wrong;
my $typed = 0;
for my $property (grep { $_->[2] =~ /\A(?:removed:)?property:/ } read_table('constants.tsv')) {
    my ($name, $id, undef, $meaning) = @{$property};
    my ($word) = $meaning =~ /\A~?(\w+):/ or next;
    my (undef, $one) = list_of($id, $type{$word}[1]);
    push @wrong, $name if (type_of($one, $id))[1] != $type{$word}[0];
    ReleaseHandle($one);
    $typed++;
}
is_deeply(\@wrong, [], 'each property has the type that VIX gives it');
cmp_ok($typed, '>', 40, "$typed of them");

(undef, $list) = list_of();
HostDisconnect($host);
is(GetHandleType($list), VIX_HANDLETYPE_NONE, 'a list ends with its host');
is(VMware::Vix::live_handle_count(), 0, 'and no handle is left');

done_testing;
