#!/usr/bin/perl
# A parent with a thousand linked clones gets more of them through one handle: its list is complete
# each time, and nothing of the way it is written stays.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use POSIX ();
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Handles       qw(run_perl);
use VixTest::SnapshotCalls qw(delete_vm linked_clone take_snapshot);
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
    is(linked_clone($vm->{vmx}, [0], @clones), VIX_OK, 'six clones');
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

# ---- several scripts at once, and one that reads the list meanwhile
{
    my ($vm, $keep) = parent();
    my %clones = map { my $script = $_; $script => [map {"$keep/$script$_/c.vmx"} 1 .. 6] } qw(a b c);
    my @scripts;
    for my $script (sort keys %clones) {
        my $pid = fork;
        die "fork: $!" if !defined $pid;
        push @scripts, $pid;
        next if $pid;
        POSIX::_exit(run_script($vm->{vmx}, 'exit', @{ $clones{$script} }) =~ /^(?:0 ){6}/ ? 0 : 1);
    }
    my ($reads, %wrong) = (0);
    while (waitpid($scripts[0], POSIX::WNOHANG) == 0) {
        my $snapshot = snapshot_of($vm->{vmx}, 1);
        my $records  = grep {/^clone\d+$/} keys %{$snapshot};
        $wrong{"$snapshot->{numclones} of $records"}++ if $snapshot->{numclones} != $records;
        $reads++;
    }
    my @failed = $? ? $scripts[0] : ();
    for (@scripts[1, 2]) { waitpid $_, 0; push @failed, $_ if $? }
    is_deeply(\@failed, [], 'three scripts at once');
    is_deeply(\%wrong, {}, "whoever reads the list meanwhile finds it whole ($reads times)");
    my $snapshot = snapshot_of($vm->{vmx}, 1);
    my %recorded = map { /^clone\d+$/ ? ($snapshot->{$_} => 1) : () } keys %{$snapshot};
    is((grep { !$recorded{$_} } map {@$_} values %clones), 0, 'all clones are on record');
    is($snapshot->{numclones}, $COUNT + 18, 'and counted');
    is_deeply([spares($vm)], [], 'nothing is left');
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
