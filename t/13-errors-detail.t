# What a failed call adds to the text of its code: the detail, kept until the next call of the
# thread that answers with a code.

use strict;
use warnings;

use Config;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest qw(make_vm temp_dir);
use VixTest::Handles;

my $GENERAL = 'No such virtual machine';

my $host    = connect_host();
my $dir     = temp_dir();
my $missing = "$dir/no such machine.vmx";

is(VMware::Vix::last_error_detail(), '', 'no detail while all is well');

my ($err) = VMOpen($host, $missing);
is($err, VIX_E_VM_NOT_FOUND, 'a call fails');
like(VMware::Vix::last_error_detail(), qr/\Q$missing\E/, 'the detail names the file');
is(GetErrorText($err), "$GENERAL: " . VMware::Vix::last_error_detail(),
    'GetErrorText puts it behind the text of the code');
is(GetErrorText("$err"), GetErrorText($err), 'also for the code as a string');
is(GetErrorText(VIX_E_DISK_FULL), 'No room left on the disk; the data was not written',
    'but not behind that of another code');
is(GetErrorText(VIX_OK), 'Done, no error', 'nor behind success');

HostDisconnect(connect_host());
($err) = VMOpen($host, $missing);
ReleaseHandle(0);
ReleaseHandle($host + 1000);
HostDisconnect(0);
GetHandleType($host);
like(GetErrorText($err), qr/\Q$missing\E/, 'cleaning up before the report loses nothing');

GetProperties($host, VIX_PROPERTY_HOST_HOSTTYPE);
is(VMware::Vix::last_error_detail(), '', 'a call that works clears it');
is(GetErrorText($err), $GENERAL, 'then the text is the general one');

VMOpen($host, $missing);
($err) = GetProperties(0, VIX_PROPERTY_VM_NAME);
is(GetErrorText(VIX_E_VM_NOT_FOUND), $GENERAL, 'a later failure takes its place');
like(GetErrorText($err), qr/VIX_INVALID_HANDLE/, 'with its own detail');

my $accented = "$dir/B\x{fc}ro \x{4f4d}.vmx";
($err) = VMOpen($host, $accented);
like(GetErrorText($err), qr/\Q$accented\E/, 'names beyond ASCII come back as characters');

SKIP: {
    skip 'this Perl has no threads', 3 if !$Config{useithreads};
    require threads;
    ($err) = VMOpen($host, $missing);
    my @theirs = threads->create({ context => 'list' }, sub {
        my @before = VMware::Vix::last_error_detail();
        my ($own) = GetProperties($host, VIX_PROPERTY_VM_NAME);
        return (@before, GetErrorText($own));
    })->join;
    is($theirs[0], '', 'a thread starts without a detail');
    like($theirs[1], qr/has no property/, 'it has its own');
    like(GetErrorText($err), qr/\Q$missing\E/, 'and does not touch that of another');
}

done_testing;
