#!/usr/bin/perl
# A chain of more disks than may be made, as others leave it: no snapshot is added, but those that
# are there can be removed, until it is short enough again.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VixTest;
use VixTest::SnapshotCalls qw(remove_snapshot take_snapshot);
use VixTest::SnapshotChain qw(chain_bytes chain_complaints chain_of);
use VixTest::SnapshotDisk  qw(present_path);
use VixTest::SnapshotState qw(write_list);

$ENV{VIX_CLONE_SYNC} = 'FALSE';    # no power will fail

my $MOST = 256;
my $OVER = 4;

my @deltas = map { { writes => [[$_ % 600, 3, $_]] } } 1 .. $MOST + $OVER - 1;
my $vm     = make_vm(disks => [{ sectors => 640, content => [], deltas => \@deltas }]);
my @names  = ('alpha', map { sprintf 'alpha-%06d', $_ } 1 .. @deltas);
my @pairs  = ('snapshot.lastUID' => scalar @deltas, 'snapshot.current' => scalar @deltas);
for my $index (0 .. $#deltas) {
    push @pairs,
        "snapshot$index.uid"      => $index + 1,
        "snapshot$index.filename" => 'alpha-Snapshot' . ($index + 1) . '.vmsn',
        $index ? ("snapshot$index.parent" => $index) : (),
        "snapshot$index.displayName"    => "s$index",
        "snapshot$index.numDisks"       => 1,
        "snapshot$index.disk0.fileName" => "$names[$index].vmdk",
        "snapshot$index.disk0.node"     => 'scsi0:0';
}
write_list("$vm->{dir}/alpha.vmsd", @pairs);
my $bytes = $vm->{disks}[0]{content}->bytes(0, 640);

is(scalar(chain_of(present_path($vm->{vmx}))), $MOST + $OVER, 'a chain over the limit');
is(take_snapshot($vm->{vmx}, 'one more'), VIX_E_DISK_TOOMANYREDO, 'is not made longer');
for my $left (reverse 1 .. $OVER) {
    is(remove_snapshot($vm->{vmx}, [0]), VIX_OK, "but shorter, $left over");
}
is(take_snapshot($vm->{vmx}, 'at the limit'), VIX_E_DISK_TOOMANYREDO, 'not yet enough');
is(remove_snapshot($vm->{vmx}, [0]), VIX_OK, 'one more is removed');
is(take_snapshot($vm->{vmx}, 'below the limit'), VIX_OK, 'then there is room for another');
my $path = present_path($vm->{vmx});
is(scalar(chain_of($path)), $MOST, 'as many as may be');
is_deeply([chain_complaints($path)], [], 'each stands on the one below');
ok(chain_bytes($path) eq $bytes, 'and no sector was lost');

done_testing();
