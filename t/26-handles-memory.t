# Calls leave nothing behind: memory does not grow with their number.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

plan skip_all => 'no /proc/self/statm here' if !-r '/proc/self/statm';

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest qw(make_vm temp_dir);
use VixTest::Handles;

sub resident_kib {
    open my $in, '<', '/proc/self/statm' or die $!;
    return (split ' ', scalar <$in>)[1] * 4;
}

# Kibibytes that `$times` rounds add, after a first tenth that may fill what is kept for good.
sub growth {
    my ($times, $round) = @_;
    $round->() for 1 .. $times / 10;
    my $before = resident_kib();
    $round->() for 1 .. $times;
    return resident_kib() - $before;
}

my $dir  = temp_dir();
my $vm   = make_vm(dir => "$dir/B\xc3\xbcro", name => 'a', disks => 0);
my $host = connect_host();
my $long = "$dir/" . 'missing/' x 400 . 'no.vmx';

cmp_ok(growth(2000, sub {
    my ($err, $handle) = VMOpen($host, $vm->{vmx});
    GetProperties($handle, VIX_PROPERTY_VM_NAME, VIX_PROPERTY_VM_VMX_PATHNAME);
    ReleaseHandle($handle);
}), '<', 512, 'opening, reading, releasing');

{
    my ($err, $handle) = VMOpen($host, $vm->{vmx});
    ($err, my $snapshot) = VMCreateSnapshot($handle, 'base' x 50, 'x' x 5000, 0, 0);
    ReleaseHandle($snapshot);
    cmp_ok(growth(2000, sub {
        my ($e, $mine) = VMGetRootSnapshot($handle, 0);
        GetProperties($mine, VIX_PROPERTY_SNAPSHOT_DISPLAYNAME, VIX_PROPERTY_SNAPSHOT_DESCRIPTION);
        ($e, my $same) = VMGetNamedSnapshot($handle, 'base' x 50);
        ReleaseHandle($_) for $mine, $same, (VMGetCurrentSnapshot($handle))[1];
        VMGetRootSnapshot($handle, 1);
    }), '<', 512, 'finding, reading and releasing a snapshot');
    ReleaseHandle($handle);
}

# Not even the smallest piece of memory, 32 bytes, may be lost in each round.
my $ROUNDS = 5000;
my $LEAK   = $ROUNDS * 26 / 1024;

cmp_ok(growth($ROUNDS, sub {
    my ($err, $own) = connect_with(name => 'localhost', user => 'someone', password => 'x' x 500);
    HostDisconnect($own);
}), '<', $LEAK, 'connecting and disconnecting');

cmp_ok(growth($ROUNDS, sub {
    my ($err) = VMOpen($host, $long);
    GetErrorText($err);
}), '<', $LEAK, 'failing with a long detail');

cmp_ok(growth($ROUNDS, sub { GetProperties($host, (VIX_PROPERTY_HOST_SOFTWARE_VERSION) x 20, 1) }),
    '<', $LEAK, 'failing with values at hand');

{
    package Deadly;
    use overload '""' => sub { die "no string today\n" };
}
my $deadly = bless {}, 'Deadly';
cmp_ok(growth($ROUNDS, sub { eval { connect_with(name => 'x' x 2000, user => $deadly) } }),
    '<', $LEAK, 'an argument that dies after another was converted');

done_testing;
