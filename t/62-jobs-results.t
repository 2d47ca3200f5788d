# Jobs: they start at once, can be waited for and asked, keep their order on one machine, and many run
# side by side.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::API::Host;
use VMware::Vix::API::Job;
use VMware::Vix::API::VM;
use VMware::Vix::Simple;
use VixTest qw(make_vm temp_dir);
use VixTest::Handles;
use VixTest::Jobs;

my $dir  = temp_dir();
my $host = connect_host();
mkdir "$dir/out" or die $!;
my (undef, $slow)  = VMOpen($host, slow_machine("$dir/slow", 64)->{vmx});
my (undef, $held)  = VMOpen($host, make_vm(dir => "$dir/held", name => 'held')->{vmx});
my (undef, $quick) = VMOpen($host, make_vm(dir => "$dir/quick", name => 'quick')->{vmx});

subtest 'a job and its end' => sub {
    my $folder = hold_folder("$dir/held");
    my $job = VMware::Vix::API::VM::Clone($held, 0, VIX_CLONETYPE_LINKED, "$dir/out/a/a.vmx", 0, 0);
    is(GetHandleType($job), VIX_HANDLETYPE_JOB, 'the call gives a job');
    is(VMware::Vix::API::Job::GetError($job), VIX_E_UNFINISHED_JOB, 'which has no error yet');
    is_deeply([GetProperties($job, VIX_PROPERTY_JOB_RESULT_HANDLE)], [VIX_E_UNFINISHED_JOB, undef],
        'nor a result');
    is_deeply([VMware::Vix::API::Job::CheckCompletion($job)], [VIX_OK, 0], 'it is not complete');
    my @answer = VMware::Vix::API::Job::WaitTimeout($job, 0.02);
    is_deeply([@answer[0, 1]], [0, VIX_OK], 'nor after a short wait');
    cmp_ok($answer[2], '>=', 0.02, 'which took as long as it was told to');
    close $folder or die $!;

    my ($err, $clone, $code, $detail) = VMware::Vix::API::Job::Wait($job,
        VIX_PROPERTY_JOB_RESULT_HANDLE, VIX_PROPERTY_JOB_RESULT_ERROR_CODE,
        VIX_PROPERTY_JOB_RESULT_EXTRA_ERROR_INFO);
    is($err, VIX_OK, 'it ends well') or diag GetErrorText($err);
    is_deeply([$code, $detail], [VIX_OK, ''], 'its properties say the same');
    is(GetHandleType($clone), VIX_HANDLETYPE_VM, 'the clone is its result');
    is_deeply([VMware::Vix::API::Job::CheckCompletion($job)], [VIX_OK, 1], 'it is complete');
    is(VMware::Vix::API::Job::GetError($job), VIX_OK, 'without error');
    is_deeply([(VMware::Vix::API::Job::WaitTimeout($job, 10))[0, 1]], [1, VIX_OK], 'for ever');
    is_deeply([GetProperties($job, VIX_PROPERTY_JOB_RESULT_HANDLE)], [VIX_OK, $clone], 'read again');
    is((VMware::Vix::API::Job::Wait($job, VIX_PROPERTY_JOB_RESULT_FILE_SIZE))[0],
        VIX_E_UNRECOGNIZED_PROPERTY, 'what a clone has not is unknown');

    ReleaseHandle($job);
    is(GetHandleType($clone), VIX_HANDLETYPE_VM, 'the clone outlives its job');
    ReleaseHandle($clone);
    is(GetHandleType($clone), VIX_HANDLETYPE_VM, 'each reading was one reference');
    ReleaseHandle($clone);
    is(GetHandleType($clone), VIX_HANDLETYPE_NONE, 'and the job held one more');
};

subtest 'a job that fails' => sub {
    my $job = start_clone_job($quick, "$dir/out/a/a.vmx");
    my @answer = VMware::Vix::API::Job::Wait($job, VIX_PROPERTY_JOB_RESULT_ERROR_CODE,
        VIX_PROPERTY_JOB_RESULT_HANDLE, VIX_PROPERTY_JOB_RESULT_EXTRA_ERROR_INFO);
    is_deeply([@answer[0 .. 2]], [VIX_E_FILE_ALREADY_EXISTS, VIX_E_FILE_ALREADY_EXISTS, undef],
        'has a code and no handle');
    like($answer[3], qr{out/a/a\.vmx}, 'its detail names the file');
    is(VMware::Vix::last_error_detail(), $answer[3], 'and is that of the last failure, too');
    VMOpen($host, "$dir/quick/quick.vmx");
    ReleaseHandle($quick);
    is(VMware::Vix::last_error_detail(), '', 'which another call cleared');
    is(VMware::Vix::API::Job::GetError($job), VIX_E_FILE_ALREADY_EXISTS, 'asked again');
    like(GetErrorText(VIX_E_FILE_ALREADY_EXISTS), qr{out/a/a\.vmx}, 'it is there again');
    is_deeply([VMware::Vix::API::Job::GetNthProperties($job, 0, VIX_PROPERTY_JOB_RESULT_HANDLE)],
        [VIX_E_FILE_ALREADY_EXISTS, undef], 'it has no items');
    is(VMware::Vix::API::Job::GetNumProperties($job, VIX_PROPERTY_JOB_RESULT_HANDLE), 0, 'none');
    ReleaseHandle($job);
};

subtest 'the items of a list' => sub {
    local $ENV{VIX_INVENTORY_FILE} = "$dir/inventory.vmls";
    my @vmx = map { make_vm(dir => "$dir/reg$_", name => "reg$_", disks => 0)->{vmx} } 1 .. 3;
    is(RegisterVM($host, $_), VIX_OK, "registers $_") or diag GetErrorText(1) for @vmx;
    is_deeply([FindItems($host, VIX_FIND_REGISTERED_VMS, -1)], [VIX_OK, @vmx], 'FindItems');
    is_deeply([FindRunningVMs($host, 100)], [VIX_OK], 'none of them runs');
    is_deeply([FindItems($host, 3, -1)], [VIX_E_INVALID_ARG], 'a type that there is not');
    my $job = VMware::Vix::API::Host::FindItems($host, VIX_FIND_REGISTERED_VMS, 0, -1);
    is((VMware::Vix::API::Job::Wait($job))[0], VIX_OK, 'the job');
    is(VMware::Vix::API::Job::GetNumProperties($job, VIX_PROPERTY_FOUND_ITEM_LOCATION), 3, 'counts');
    is_deeply(
        [map {
            [VMware::Vix::API::Job::GetNthProperties($job, $_, VIX_PROPERTY_FOUND_ITEM_LOCATION)]
        } 0 .. 4, -1],
        [(map { [VIX_OK, $_] } @vmx), ([VIX_E_UNRECOGNIZED_PROPERTY, undef]) x 2,
            [VIX_E_INVALID_ARG, undef]],
        'and has each of them, in order'
    );
    ReleaseHandle($job);
    is(UnregisterVM($host, $vmx[1]), VIX_OK, 'one goes');
    is_deeply([FindItems($host, VIX_FIND_REGISTERED_VMS, 0)], [VIX_OK, @vmx[0, 2]], 'two are left');
    is(RegisterVM($host, "$dir/none.vmx"), VIX_E_NOT_FOUND, 'one that is not there');
    is(RegisterVM($host, ''), VIX_E_INVALID_ARG, 'one without a name');
};

subtest 'many at once' => sub {
    my @jobs = map { start_clone_job($quick, "$dir/out/m$_/m.vmx") } 1 .. 100;
    is((VMOpen($host, "$dir/quick/quick.vmx"))[0], VIX_OK, 'a call meanwhile');
    ReleaseHandle($quick);
    my %code;
    for my $job (@jobs) {
        my ($err, $clone) = wait_for_job($job, VIX_PROPERTY_JOB_RESULT_HANDLE);
        $code{$err}++;
        ReleaseHandle($clone);
    }
    is_deeply(\%code, { VIX_OK() => 100 }, 'a hundred clones of one machine');
    is(scalar(grep { -e "$dir/out/m$_/m.vmx" } 1 .. 100), 100, 'are there');
};

subtest 'the order on one machine' => sub {
    my @jobs = map {
        VMware::Vix::API::VM::CreateSnapshot($quick, "s$_", undef, 0, VIX_INVALID_HANDLE);
    } 1 .. 20;
    my @snapshots = map { (wait_for_job($_, VIX_PROPERTY_JOB_RESULT_HANDLE))[1] } @jobs;
    my @names = map { (GetProperties($_, VIX_PROPERTY_SNAPSHOT_DISPLAYNAME))[1] } @snapshots;
    is_deeply(\@names, [map {"s$_"} 1 .. 20], 'each job has its own snapshot');
    my @chain;
    for (my $at = $snapshots[-1]; $at; $at = (SnapshotGetParent($at))[1]) {
        unshift @chain, (GetProperties($at, VIX_PROPERTY_SNAPSHOT_DISPLAYNAME))[1];
    }
    is_deeply(\@chain, \@names, 'and they follow each other as they were started');

    my $delete = VMware::Vix::API::VM::Delete($quick, VIX_VMDELETE_DISK_FILES);
    my $clone  = start_clone_job($quick, "$dir/out/late/late.vmx");
    is((wait_for_job($clone))[0],  VIX_E_VM_NOT_FOUND, 'what comes behind a deletion comes too late');
    is((wait_for_job($delete))[0], VIX_OK,             'whichever is waited for first');
    ReleaseHandle($_) for (@snapshots) x 2;
};

subtest 'what is released meanwhile' => sub {
    my (undef, $vm) = VMOpen($host, make_vm(dir => "$dir/rel", name => 'rel')->{vmx});
    my $job = start_clone_job($vm, "$dir/out/rel/rel.vmx");
    ReleaseHandle($vm);
    my ($err, $clone) = wait_for_job($job, VIX_PROPERTY_JOB_RESULT_HANDLE);
    is($err, VIX_OK, 'the machine was released: the job has it') or diag GetErrorText($err);
    $job = start_clone_job($clone, "$dir/out/rel2/rel2.vmx");
    ReleaseHandle($job);
    is((VMware::Vix::API::Job::Wait($job))[0], VIX_E_INVALID_HANDLE, 'the job was released');
    select undef, undef, undef, 0.02 until -e "$dir/out/rel2/rel2.vmx";
    pass('and went on all the same');

    my $other = connect_host();
    my (undef, $theirs) = VMOpen($other, "$dir/slow/slow.vmx");
    $job = start_clone_job($theirs, "$dir/out/gone/gone.vmx");
    HostDisconnect($other);
    ($err, my $dead) = wait_for_job($job, VIX_PROPERTY_JOB_RESULT_HANDLE);
    is($err, VIX_OK, 'the host was disconnected: the clone is made') or diag GetErrorText($err);
    ok(-e "$dir/out/gone/gone.vmx", 'and there');
    is(GetHandleType($dead), VIX_HANDLETYPE_NONE, 'but its handle is dead like all of that host');
    ReleaseHandle($clone);
};

subtest 'what is no job' => sub {
    for my $case ([0, VIX_E_INVALID_HANDLE], [-1, VIX_E_INVALID_HANDLE],
        [$host, VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE])
    {
        my ($handle, $code) = @{$case};
        is_deeply([VMware::Vix::API::Job::Wait($handle, 3000)], [$code, undef], 'Wait');
        is_deeply([(VMware::Vix::API::Job::WaitTimeout($handle, 5))[0, 1]], [1, $code], 'WaitTimeout');
        is_deeply([VMware::Vix::API::Job::CheckCompletion($handle)], [$code, 0], 'CheckCompletion');
        is(VMware::Vix::API::Job::GetError($handle), $code, 'GetError');
        is(VMware::Vix::API::Job::GetNumProperties($handle, 3000), 0, 'GetNumProperties');
        is_deeply([VMware::Vix::API::Job::GetNthProperties($handle, 0, 3000)], [$code, undef], 'Nth');
        is(VMware::Vix::API::Job::Cancel($handle), $code, 'Cancel');
    }
};

ReleaseHandle($_) for $held, $slow;
HostDisconnect($host);
is(VMware::Vix::live_handle_count(), 0, 'no handle is left');

done_testing;
