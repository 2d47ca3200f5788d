# How text goes from Perl into a call: undef, both kinds of strings, objects, what is no UTF-8.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest qw(make_vm temp_dir);
use VixTest::Handles;

my $dir  = temp_dir();
my $vm   = make_vm(dir => "$dir/B\xc3\xbcro", name => 'alpha', disks => 0);
my $host = connect_host();

sub opens {
    my ($path, $name) = @_;
    my ($err, $handle) = VMOpen($host, $path);
    is($err, VIX_OK, $name) or diag GetErrorText($err);
    ReleaseHandle($handle);
    return;
}

my $bytes = "$vm->{vmx}";
my $characters = $bytes;
utf8::decode($characters);
opens($bytes,      'bytes that are UTF-8');
opens($characters, 'characters');

my $latin1 = $characters;
utf8::downgrade($latin1);
is((VMOpen($host, $latin1))[0], VIX_E_INVALID_UTF8_STRING, 'the same in Latin-1 are not');
like(VMware::Vix::last_error_detail(), qr/vmxFilePathName/, 'and the argument is named');

is((VMOpen($host, "$bytes\0.vmx"))[0], VIX_E_INVALID_ARG, 'a NUL inside');
{
    no warnings;
    is((VMOpen($host, "a\x{d800}b"))[0], VIX_E_INVALID_UTF8_STRING, 'half a surrogate pair');
    is((VMOpen($host, "a\x{110000}b"))[0], VIX_E_INVALID_UTF8_STRING, 'more than Unicode has');
}
is((VMOpen($host, $_))[0], VIX_E_INVALID_ARG, 'no path') for undef, '';

is((connect_with($_ => "\xff"))[0], VIX_E_INVALID_UTF8_STRING, "$_ that is no UTF-8")
    for qw(name user password);

my ($err, $handle) = VMOpen($host, $bytes);
is((VMClone($handle, 0, VIX_CLONETYPE_FULL, "/tmp/\xff.vmx", 0, 0))[0],
    VIX_E_INVALID_UTF8_STRING, 'destConfigPathName that is no UTF-8');
is((VMClone($handle, 0, VIX_CLONETYPE_FULL, "/tmp/a\0.vmx", 0, 0))[0],
    VIX_E_INVALID_ARG, 'or has a NUL inside');

{
    package Path;
    use overload '""' => sub { $_[0]{path} }, fallback => 1;
    sub new { my ($class, $path) = @_; return bless { path => $path }, $class }
}
opens(Path->new($bytes),      'an object that is bytes as a string');
opens(Path->new($characters), 'an object that is characters as a string');
is((connect_with(name => Path->new('localhost')))[0], VIX_OK, 'an object as host name');

{
    package Tied;
    sub TIESCALAR { my ($class, $value) = @_; return bless { value => $value, reads => 0 }, $class }
    sub FETCH { my ($self) = @_; $self->{reads}++; return $self->{value} }
}
tie my $tied, 'Tied', $bytes;
opens($tied, 'a tied scalar');
is(tied($tied)->{reads}, 1, 'read once');

tie my $tied_number, 'Tied', VIX_PROPERTY_HOST_HOSTTYPE;
is_deeply([GetProperties($host, $tied_number)], [VIX_OK, 3], 'a tied number');
opens(substr($bytes, 0), 'an lvalue');
opens($1, 'a match variable') if $bytes =~ /(.*)/s;

{
    package Meddler;
    use overload '""' => sub { my ($self) = @_; ${ $self->{victim} } = 'x' x 100_000; 'root' };
}
my $victim = 'localhost';
my $meddler = bless { victim => \$victim }, 'Meddler';
my @answer = HostConnect(VIX_API_VERSION, 3, $victim, 0, $meddler, undef, 0, 0);
is($answer[0], VIX_OK, 'an object whose code changes the argument before it');
like($victim, qr/\Ax+\z/, 'which it did');

{
    package Deadly;
    use overload '""' => sub { die "no string today\n" }, '0+' => sub { die "no number today\n" };
}
my $deadly = bless {}, 'Deadly';
ok(!eval { VMOpen($host, $deadly); 1 }, 'an object that dies');
is($@, "no string today\n", 'dies on');
ok(!eval { GetProperties($host, 50, $deadly); 1 }, 'as a number too');
is($@, "no number today\n", 'on and on');

{
    package Deep;
    use overload '0+' => sub { my @list = Deep::grow(2000); 50 }, fallback => 1;
    no warnings 'recursion';
    sub grow { my ($n) = @_; return $n ? (grow($n - 1), 1) : () }
}
my @deep = GetProperties($host, map { bless {}, 'Deep' } 1 .. 3);
is_deeply(\@deep, [VIX_OK, 3, 3, 3], 'an object that makes the stack of Perl move');

sub snapshot_texts {
    my ($name, $description) = @_;
    my ($code, $snapshot) = VMCreateSnapshot($handle, $name, $description, 0, 0);
    return $code if $code != VIX_OK;
    my @texts = GetProperties($snapshot, VIX_PROPERTY_SNAPSHOT_DISPLAYNAME,
        VIX_PROPERTY_SNAPSHOT_DESCRIPTION);
    VMRemoveSnapshot($handle, $snapshot, 0);
    ReleaseHandle($snapshot);
    return @texts;
}
my $said = qq(B\x{fc}ro "\x{4f4d}"\n|22 # = \\ ');
is_deeply([snapshot_texts($said, "\t$said ")], [VIX_OK, $said, "\t$said "],
    'a name and a description come back as they were, whatever is in them');
is_deeply([snapshot_texts("B\xc3\xbcro", undef)], [VIX_OK, "B\x{fc}ro", ''],
    'given as bytes, too; undef is the empty text');
is_deeply([snapshot_texts("\xff", '')], [VIX_E_INVALID_UTF8_STRING], 'a name that is no UTF-8');
is_deeply([snapshot_texts('', "a\0")], [VIX_E_INVALID_ARG], 'a description with a NUL inside');
like(VMware::Vix::last_error_detail(), qr/description/, 'the argument is named');
is((VMGetNamedSnapshot($handle, "\xff"))[0], VIX_E_INVALID_UTF8_STRING,
    'a name to be looked up that is no UTF-8');
for my $name ('a/b', 'a\\b', '/', 'a/') {
    my (undef, $snapshot) = VMCreateSnapshot($handle, $name, undef, 0, 0);
    is((VMGetNamedSnapshot($handle, $name))[0], VIX_E_SNAPSHOT_NOTFOUND,
        "\"$name\" is a path, not the name of a snapshot called so");
    VMRemoveSnapshot($handle, $snapshot, 0);
    ReleaseHandle($snapshot);
}
is((VMGetNumRootSnapshots($handle))[1], 0, 'no snapshot is left of it all');

opens("$vm->{vmx}", 'after all that, a plain string');
my $long = '/' . 'x' x 100_000;
isnt((VMOpen($host, $long))[0], VIX_OK, 'a path of 100000 bytes is refused');
isnt((VMOpen($host, '/x' x 100_000))[0], VIX_OK, 'of 100000 folders too');

done_testing;
