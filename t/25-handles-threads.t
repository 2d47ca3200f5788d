# Handles belong to the process: Perl threads share them, and use them at the same time.

use strict;
use warnings;

use Config;
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

BEGIN {
    plan skip_all => 'this Perl has no threads' if !$Config{useithreads};
    require threads;
}

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest qw(make_vm);
use VixTest::Handles;

# No object, whose copy in a thread would remove the folder when the thread ends.
my $dir  = tempdir(CLEANUP => 1);
my $vm   = make_vm(dir => "$dir/a", name => 'a', disks => 0);
my $vmx  = $vm->{vmx};
my $host = connect_host();
my ($err, $handle) = VMOpen($host, $vmx);

my ($name) = threads->create(sub { (GetProperties($handle, VIX_PROPERTY_VM_NAME))[1] })->join;
is($name, 'a', 'a thread reads through a handle that another made');

my $made = threads->create(sub { (connect_with())[1] })->join;
is(GetHandleType($made), VIX_HANDLETYPE_HOST, 'and a handle outlives the thread that made it');

my @threads = map {
    threads->create(sub {
        my $wrong = 0;
        for (1 .. 200) {
            my ($e, $mine) = VMOpen($host, $vmx);
            $wrong++ if $e != VIX_OK || $mine != $handle;
            my ($e2, $value) = GetProperties($mine, VIX_PROPERTY_VM_NAME);
            $wrong++ if $e2 != VIX_OK || $value ne 'a';
            ReleaseHandle($mine);
        }
        return $wrong;
    });
} 1 .. 4;
is_deeply([map { $_->join } @threads], [0, 0, 0, 0], 'four threads open and release one machine');
ReleaseHandle($handle);
is(GetHandleType($handle), VIX_HANDLETYPE_NONE, 'and every reference was counted');

@threads = map {
    threads->create(sub {
        my $wrong = 0;
        for (1 .. 200) {
            my $own = (connect_with())[1];
            my ($e, $mine) = VMOpen($own, $vmx);
            HostDisconnect($own);
            $wrong++ if $e != VIX_OK || GetHandleType($mine) != VIX_HANDLETYPE_NONE;
        }
        return $wrong;
    });
} 1 .. 4;
is_deeply([map { $_->join } @threads], [0, 0, 0, 0], 'connections of four threads end their own');

@threads = map {
    my $number = $_;
    threads->create(sub {
        my ($e, $mine) = VMOpen($host, $vmx);
        my $wrong = 0;
        for my $turn (1 .. 5) {
            my ($e2, $snapshot) = VMCreateSnapshot($mine, "$number/$turn", undef, 0, 0);
            my ($e3, $name) = GetProperties($snapshot, VIX_PROPERTY_SNAPSHOT_DISPLAYNAME);
            $wrong++ if $e2 != VIX_OK || $e3 != VIX_OK || $name ne "$number/$turn";
            ReleaseHandle($snapshot);
        }
        ReleaseHandle($mine);
        return $wrong;
    });
} 1 .. 4;
is_deeply([map { $_->join } @threads], [0, 0, 0, 0], 'four threads take snapshots of one machine');
{
    my ($e, $mine) = VMOpen($host, $vmx);
    my ($depth, $snapshot) = (0, (VMGetCurrentSnapshot($mine))[1]);
    while ($snapshot) { $depth++; $snapshot = (SnapshotGetParent($snapshot))[1] }
    is($depth, 20, 'and each is the child of the one before');
    ReleaseHandle($mine);
}

my ($still) = (VMOpen($host, $vmx))[1];
my $reader = threads->create(sub {
    my %seen;
    $seen{ (GetProperties($still, VIX_PROPERTY_VM_NAME))[0] }++ for 1 .. 500;
    return join ' ', sort { $a <=> $b } keys %seen;
});
HostDisconnect($host);
like($reader->join, qr/\A(?:0 )?1000\z|\A0\z/,
    'a disconnect in the midst of calls: they work until it, and give 1000 from then on');

done_testing;
