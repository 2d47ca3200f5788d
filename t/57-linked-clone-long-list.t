#!/usr/bin/perl
# A parent with a thousand linked clones gets more of them through one handle: its list is complete
# each time, and nothing of the way it is written stays.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Handles       qw(run_perl);
use VixTest::SnapshotCalls qw(delete_vm linked_clone linked_clones take_snapshot);
use VixTest::SnapshotDisk  qw(guest_reads);
use VixTest::SnapshotState qw(lengthen_list snapshot_of);

delete $ENV{VIX_CLONE_SYNC};    # what is not synced is written in another way

my $COUNT = 1000;

# (the parent, the folder of all)
sub parent {
    my $keep = temp_dir();
    my $vm   = make_vm(dir => "$keep/parent", disks => [{ size_mb => 1 }]);
    is(take_snapshot($vm->{vmx}, 'base'), VIX_OK, 'a snapshot');
    lengthen_list($vm->{vmx}, 1, $COUNT);
    return ($vm, $keep);
}

# Each of them is on record, and counted.
sub records_are {
    my ($vmx, @clones) = @_;
    my $snapshot = snapshot_of($vmx, 1);
    my $count    = $snapshot->{numclones};
    is($count, $COUNT + @clones, 'all clones are counted');
    is_deeply([map { $snapshot->{"clone$_"} } $COUNT .. $count - 1], \@clones, 'and on record');
    return;
}

sub spares { return grep {/vix-/} list_files($_[0]{dir}) }

# ---- through one handle
{
    my ($vm, $keep) = parent();
    my $reads  = guest_reads($vm->{vmx});
    my @clones = map {"$keep/c$_/c$_.vmx"} 1 .. 6;
    is(linked_clones($vm->{vmx}, [0], @clones), VIX_OK, 'six clones');
    records_are($vm->{vmx}, @clones);
    is((grep { guest_reads($_) eq $reads } @clones), 6, 'each reads as its parent');
    is_deeply([spares($vm)], [], 'a released handle leaves nothing');
    is(delete_vm($clones[2]), VIX_OK, 'one is deleted');
    records_are($vm->{vmx}, @clones[0, 1, 5, 3, 4]);
    is(delete_vm($clones[5]), VIX_OK, 'and another');
    records_are($vm->{vmx}, @clones[0, 1, 4, 3]);
}

# A script as people write it: it ends without a release.
my $SCRIPT = <<'END';
use VMware::Vix::Simple;
use VMware::Vix::API::Constants;
$SIG{URG} = sub { die "a signal" };
my ($vmx, $end, @clones) = @ARGV;
my ($err, $host) = HostConnect(VIX_API_VERSION, VIX_SERVICEPROVIDER_VMWARE_WORKSTATION, undef, 0,
    undef, undef, 0, VIX_INVALID_HANDLE);
($err, my $vm)       = VMOpen($host, $vmx);
($err, my $snapshot) = VMGetRootSnapshot($vm, 0);
for my $clone (@clones) {
    ($err, my $made) = VMClone($vm, $snapshot, VIX_CLONETYPE_LINKED, $clone, 0, VIX_INVALID_HANDLE);
    print "$err ";
}
(my $former = $vmx) =~ s/x$/sd.vix-new/;
print -e $former ? "kept\n" : "none\n";
kill 'KILL', $$ if $end eq 'kill';
system 'true'   if $end eq 'system';
die 'of itself' if $end eq 'die';
END

sub run_script {
    my ($vmx, $end, @clones) = @_;
    my $arguments = join ', ', map {"'$_'"} $vmx, $end, @clones;
    return (run_perl("\@ARGV = ($arguments);\n$SCRIPT"))[0];
}

for my $end (qw(exit system die)) {
    my ($vm, $keep) = parent();
    my @clones = map {"$keep/c$_/c$_.vmx"} 1 .. 4;
    like(run_script($vm->{vmx}, $end, @clones), qr/^0 0 0 0 kept$/m, "a script ($end)");
    records_are($vm->{vmx}, @clones);
    is_deeply([spares($vm)], [], 'its end leaves nothing');
}

# ---- a script that is killed
{
    my ($vm, $keep) = parent();
    my @clones = map {"$keep/c$_/c$_.vmx"} 1 .. 4;
    run_script($vm->{vmx}, 'kill', @clones);
    is_deeply([spares($vm)], ['alpha.vmsd.vix-new'], 'a killed one leaves the former list');
    records_are($vm->{vmx}, @clones);
    is(linked_clone($vm->{vmx}, [0], "$keep/d/d.vmx"), VIX_OK, 'another clone');
    is_deeply([spares($vm)], [], 'takes it away');
    records_are($vm->{vmx}, @clones, "$keep/d/d.vmx");

    run_script($vm->{vmx}, 'kill', map {"$keep/e$_/e$_.vmx"} 1 .. 4);
    is_deeply([spares($vm)], ['alpha.vmsd.vix-new'], 'killed again');
    is(delete_vm($vm->{vmx}), VIX_OK, 'deleting the machine');
    ok(!-e $vm->{dir}, 'takes it away, too');
}

done_testing();
