#!/usr/bin/perl
# snapshot.action: what VMPowerOff makes of the snapshot of a virtual machine that runs, and what the
# details of the calls report of it.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls         qw(open_vm);
use VixTest::Guest         qw(run_folder why_nothing_runs);
use VixTest::SnapshotCalls qw(revert_to snapshot_names take_snapshot);

my $reason = why_nothing_runs();
plan skip_all => $reason if defined $reason;
my $keep = run_folder();

# Its snapshot "clean" was taken before this key was set.
sub machine_with_snapshot {
    my ($name, @keys) = @_;
    my $vm = make_vm(dir => "$keep/$name", name => $name, keys => [memsize => 32],
        disks => [{ type => 'monolithicSparse' }]);
    chmod 0755, "$keep/$name";
    is(take_snapshot($vm->{vmx}, 'clean'), VIX_OK, 'a snapshot');
    spew($vm->{vmx}, slurp($vm->{vmx}) . join '', map {"$_\n"} @keys);
    return $vm;
}

# (code and detail of VMPowerOn, code and detail of VMPowerOff)
sub run_once {
    my ($vm) = @_;
    my ($open_err, $handle) = open_vm($vm->{vmx});
    return $open_err if $open_err != VIX_OK;
    my @on = (VMPowerOn($handle, VIX_VMPOWEROP_NORMAL, VIX_INVALID_HANDLE),
        VMware::Vix::last_error_detail());
    my @off
        = (VMPowerOff($handle, VIX_VMPOWEROP_NORMAL), VMware::Vix::last_error_detail());
    ReleaseHandle($handle);
    return (@on, @off);
}

subtest 'autoCommit takes a new snapshot, and the old one stays' => sub {
    my $vm = machine_with_snapshot('commit', 'snapshot.action = "autoCommit"');
    my ($on, undef, $off, $detail) = run_once($vm);
    is($on,  VIX_OK, 'VMPowerOn');
    is($off, VIX_OK, 'VMPowerOff');
    like($detail, qr/new [ ] snapshot [ ] "20.* [ ] UTC", [ ] a [ ] child [ ] of [ ] "clean"/x, 'the detail');
    is(scalar @{ snapshot_names($vm->{vmx}) }, 2, 'two snapshots');
    is(revert_to($vm->{vmx}, [0]),    VIX_OK, 'back to the old one');
    is(revert_to($vm->{vmx}, [0, 0]), VIX_OK, 'back to the new one');
};

subtest 'where no snapshot may be taken, both calls report it' => sub {
    my $vm = machine_with_snapshot('forbidden', 'snapshot.action = "autoCommit"',
        'snapshot.maxSnapshots = "1"');
    my ($on, $on_detail, $off, $off_detail) = run_once($vm);
    is($on, VIX_OK, 'VMPowerOn');
    like($on_detail, qr/gets [ ] no [ ] new [ ] snapshot .* maxSnapshots/x, 'its detail');
    is($off, VIX_E_SNAPSHOT_MAXSNAPSHOTS, 'VMPowerOff');
    like($off_detail, qr/is [ ] powered [ ] off, .* has [ ] no [ ] new [ ] snapshot/x, 'its detail');
};

subtest 'autoRevert reverts' => sub {
    my $vm = machine_with_snapshot('revert', 'snapshot.action = "autoRevert"');
    my ($on, undef, $off, $detail) = run_once($vm);
    is($on,  VIX_OK, 'VMPowerOn');
    is($off, VIX_OK, 'VMPowerOff');
    like($detail, qr/reverted [ ] to [ ] its [ ] snapshot [ ] "clean"/x, 'the detail');
    unlike(slurp($vm->{vmx}), qr/snapshot\.action|vix\.session/,
        'the configuration is that of the snapshot');
};

done_testing;
