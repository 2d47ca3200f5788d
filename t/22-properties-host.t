# GetProperties of a host, and how it answers altogether.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest::Handles;

my $host = connect_host(type => VIX_SERVICEPROVIDER_VMWARE_PLAYER);

is_deeply(
    [GetProperties($host, VIX_PROPERTY_HOST_HOSTTYPE, VIX_PROPERTY_HOST_API_VERSION)],
    [VIX_OK, VIX_SERVICEPROVIDER_VMWARE_PLAYER, VIX_API_VERSION],
    'the type of the connection and the API version'
);
is_deeply(
    [GetProperties(connect_host(type => VIX_SERVICEPROVIDER_DEFAULT), VIX_PROPERTY_HOST_HOSTTYPE)],
    [VIX_OK, VIX_SERVICEPROVIDER_VMWARE_WORKSTATION],
    'the default type is Workstation'
);
my ($err, $version) = GetProperties($host, VIX_PROPERTY_HOST_SOFTWARE_VERSION);
like($version, qr/\A[0-9]+\.[0-9]+\z/, 'a software version');

is_deeply([GetProperties($host)], [VIX_OK], 'no property asked for: only the code');
is_deeply([GetProperties($host, (VIX_PROPERTY_HOST_HOSTTYPE) x 3)], [VIX_OK, (4) x 3],
    'one asked for three times: three values');
my @many = GetProperties($host, (VIX_PROPERTY_HOST_API_VERSION) x 5000);
is(scalar @many, 5001, 'five thousand: as many values');
is($many[-1], VIX_API_VERSION, 'up to the last');

my @foreign = map { $_->[1] } grep { $_->[2] =~ /property/ && $_->[2] !~ /propertytype|host/ }
    read_table('constants.tsv');
my @known = grep { (GetProperties($host, $_))[0] != VIX_E_UNRECOGNIZED_PROPERTY } @foreign;
is_deeply(\@known, [], 'properties of other handles are unknown to it');
is((GetProperties($host, $_))[0], VIX_E_UNRECOGNIZED_PROPERTY, "so is the number $_")
    for -1, 53, 2**31, 2**32 + 50;

is_deeply(
    [GetProperties($host, VIX_PROPERTY_HOST_HOSTTYPE, 53, VIX_PROPERTY_HOST_HOSTTYPE)],
    [VIX_E_UNRECOGNIZED_PROPERTY, undef, undef, undef],
    'one that is unknown: no value of the others, but one undef for each'
);
is_deeply([GetProperties(0)], [VIX_E_INVALID_HANDLE], 'no handle, no property');
ok(!eval { GetProperties(); 1 }, 'without any argument it dies');
like($@, qr/\AUsage: /, 'and says what is wanted');

done_testing;
