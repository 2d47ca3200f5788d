# HostConnect: what it takes, and the error for what it does not; HostDisconnect.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Sys::Hostname qw(hostname);
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest::Handles;

sub connects {
    my ($name, %arguments) = @_;
    my @result = connect_with(%arguments);
    is(scalar @result, 2, "$name: two values");
    is($result[0], VIX_OK, "$name: connects") or diag GetErrorText($result[0]);
    is(GetHandleType($result[1]), VIX_HANDLETYPE_HOST, "$name: gives a host handle");
    HostDisconnect($result[1]);
    return;
}

sub refuses {
    my ($name, $expected, %arguments) = @_;
    my @result = connect_with(%arguments);
    is_deeply(\@result, [$expected, VIX_INVALID_HANDLE], $name);
    isnt(VMware::Vix::last_error_detail(), '', "$name: with a detail");
    return;
}

connects('Workstation');
connects('default', type => VIX_SERVICEPROVIDER_DEFAULT);
connects('Server',  type => VIX_SERVICEPROVIDER_VMWARE_SERVER);
connects('Player',  type => VIX_SERVICEPROVIDER_VMWARE_PLAYER);
connects('Server 2 on this host', type => VIX_SERVICEPROVIDER_VMWARE_VI_SERVER,
    name => 'https://localhost:8333/sdk', port => 8333, user => 'root', password => 'x');
refuses('vCenter and ESX', VIX_E_CANNOT_CONNECT_TO_HOST,
    type => VIX_SERVICEPROVIDER_VMWARE_VI_SERVER, name => 'https://vcenter.example.org/sdk');
connects('Workstation shared', type => VIX_SERVICEPROVIDER_VMWARE_WORKSTATION_SHARED);

connects("host name \"$_\"", name => $_)
    for '', 'localhost', '127.0.0.1', '::1', hostname(), 'https://localhost:443/sdk';
connects('empty user and password', user => '', password => '');
connects('a user and a password', user => 'root', password => "s\x{e9}cr\x{2026}t");
connects('a port', port => 443);
connects('a certificate check', options => VIX_HOSTOPTION_VERIFY_SSL_CERT);
connects('the old event pump', options => VIX_HOSTOPTION_USE_EVENT_PUMP);
connects('both options', options => VIX_HOSTOPTION_VERIFY_SSL_CERT | VIX_HOSTOPTION_USE_EVENT_PUMP);

refuses("API version $_", VIX_E_INVALID_ARG, version => $_) for 0, 1, 4, -2, 2**32 - 1;
refuses("host type $_", VIX_E_INVALID_ARG, type => $_) for 0, -1, 5, 12, 999, 2**32 + 3;
refuses("host \"$_\"", VIX_E_CANNOT_CONNECT_TO_HOST, name => $_)
    for 'esx.example.org', 'https://vcenter.example.org/sdk', '192.0.2.1', ' ';
refuses("options $_", VIX_E_INVALID_ARG, options => $_) for 1, 2, 0x10, 0x4001, -1, 2**32;
refuses("port $_",    VIX_E_INVALID_ARG, port    => $_) for -1, 65536;
refuses("property list $_", VIX_E_INVALID_ARG, list => $_) for 1, -1, 2**32;

my $host = connect_host();
refuses('a live handle that is no property list', VIX_E_INVALID_ARG, list => $host);

my $second = connect_host();
isnt($second, $host, 'each connection has a handle of its own');

is_deeply([HostDisconnect($host)], [], 'HostDisconnect returns nothing');
is(GetHandleType($host),   VIX_HANDLETYPE_NONE, 'and ends the handle');
is(GetHandleType($second), VIX_HANDLETYPE_HOST, 'of this connection only');
HostDisconnect($host) for 1 .. 3;
HostDisconnect($_) for VIX_INVALID_HANDLE, -1, 2**31, 2**40;
is(GetHandleType($second), VIX_HANDLETYPE_HOST, 'again, or with what is no handle: harmless');

isnt(connect_host(), $host, 'the number of a dead handle is not given out again');

is_deeply([VMOpen($host, '/vms/a.vmx')], [VIX_E_INVALID_HANDLE, 0], 'a dead host opens nothing');

my @usage = grep {
    !eval { HostConnect((0) x $_); 1 } && $@ =~ /\AUsage: .*HostConnect\(apiVersion,/
} 0, 7, 9;
is_deeply(\@usage, [0, 7, 9], 'a wrong number of arguments dies and says what is wanted');

done_testing;
