# Signals while a call waits: handlers run soon, one that dies ends the call and leaves nothing, and
# so do Cancel and the end of the process.

use strict;
use warnings;

use Fcntl qw(:flock);
use FindBin;
use lib "$FindBin::Bin/lib";
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time ualarm);

use VMware::Vix::API::Constants;
use VMware::Vix::API::Job;
use VMware::Vix::API::VM;
use VMware::Vix::Simple;
use VixTest qw(folder_digest make_vm temp_dir);
use VixTest::Calls qw(perl_with_vix);
use VixTest::Handles;
use VixTest::Jobs;

my $SOON = 0.2;    # seconds; on a machine that does little else a tenth of it

my $dir  = temp_dir();
my $host = connect_host();
mkdir "$dir/out" or die $!;
my $machine = slow_machine("$dir/slow", 512);
my (undef, $slow) = VMOpen($host, $machine->{vmx});
my $before = folder_digest("$dir/slow");

sub clone_to {
    my ($name) = @_;
    return VMClone($slow, 0, VIX_CLONETYPE_FULL, "$dir/out/$name/$name.vmx", 0, 0);
}

sub is_untouched {
    my ($what) = @_;
    is_deeply(leftovers("$dir/out"), [], "$what: nothing is left of the clone");
    return;
}

subtest 'a handler that returns' => sub {
    my ($sent, $ran) = (time);
    local $SIG{ALRM} = sub { $ran ||= time };
    ualarm(50_000);
    my ($err, $clone) = clone_to('a');
    my $done = time;
    is($err, VIX_OK, 'does not disturb the call') or diag GetErrorText($err);
    cmp_ok($done - $sent, '>', 0.1, 'which took a while');
    cmp_ok($ran - $sent, '<', 0.05 + $SOON, 'and runs soon');
    cmp_ok($ran, '<', $done, 'before the call is through');
    is(VMDelete($clone, VIX_VMDELETE_DISK_FILES), VIX_OK, 'the clone goes');
    ReleaseHandle($clone);
};

subtest 'a handler that dies' => sub {
    local $SIG{ALRM} = sub { die "too slow\n" };
    for my $delay (0.001, 0.02, 0.05, 0.1) {
        ualarm(1e6 * $delay);
        my @answer = eval { clone_to('d') };
        ualarm(0);
        is($@, "too slow\n", "after $delay seconds: the exception goes on");
        is_untouched("after $delay seconds");
    }
    is((clone_to('d'))[0], VIX_OK, 'the same call works then');
    (undef, my $vm) = VMOpen($host, "$dir/out/d/d.vmx");
    VMDelete($vm, VIX_VMDELETE_DISK_FILES);
    ReleaseHandle($vm) for 1, 2;
};

subtest 'a handler outside of Perl\'s care' => sub {
    POSIX::sigaction(POSIX::SIGALRM(), POSIX::SigAction->new(sub { die "at once\n" }));
    for (1 .. 10) {
        ualarm(10_000 + rand 60_000);
        eval { clone_to('u') };
        is($@, "at once\n", 'an unsafe handler, which jumps out of anything');
    }
    POSIX::sigaction(POSIX::SIGALRM(), POSIX::SigAction->new('DEFAULT'));
    is_untouched('an unsafe handler');
};

subtest 'Cancel' => sub {
    for my $delay (0, 0.02, 0.1) {
        my $job = start_clone_job($slow, "$dir/out/c/c.vmx");
        sleep $delay;
        is(VMware::Vix::API::Job::Cancel($job), VIX_OK, "after $delay seconds");
        is_deeply([wait_for_job($job, VIX_PROPERTY_JOB_RESULT_HANDLE)], [VIX_E_CANCELLED, undef],
            'ends the job');
        is_untouched("cancelled after $delay seconds");
    }
    my @jobs = map { start_clone_job($slow, "$dir/out/q$_/q.vmx") } 1 .. 3;
    VMware::Vix::API::Job::Cancel($jobs[1]);
    is((VMware::Vix::API::Job::WaitTimeout($jobs[1], 0))[1], VIX_E_CANCELLED, 'at once in the queue');
    VMware::Vix::API::Job::Cancel($_) for @jobs;
    is_deeply([map { (wait_for_job($_))[0] } @jobs], [(VIX_E_CANCELLED) x 3], 'all of them');
    is_untouched('with others waiting');

    my (undef, $vm) = VMOpen($host, make_vm(dir => "$dir/v", name => 'v')->{vmx});
    my $whole = folder_digest("$dir/v");
    for (1 .. 30) {
        my $job = VMware::Vix::API::VM::Clone($vm, 0, VIX_CLONETYPE_LINKED, "$dir/out/l/l.vmx", 0, 0);
        sleep rand 0.01;
        VMware::Vix::API::Job::Cancel($job);
        my ($err, $clone) = wait_for_job($job, VIX_PROPERTY_JOB_RESULT_HANDLE);
        if ($err == VIX_OK) {
            VMDelete($clone, VIX_VMDELETE_DISK_FILES);
            VMRemoveSnapshot($vm, (VMGetCurrentSnapshot($vm))[1], 0);
            $whole = folder_digest("$dir/v");
            next;
        }
        is($err, VIX_E_CANCELLED, 'a linked clone');
        is((VMGetNumRootSnapshots($vm))[1], 0, 'its snapshot is gone again');
    }
    my $job = VMware::Vix::API::VM::Open($host, "$dir/v/v.vmx");
    is((VMware::Vix::API::Job::Wait($job))[0], VIX_OK, 'a job that ended well');
    is(VMware::Vix::API::Job::Cancel($job), VIX_OK, 'is cancelled too late');
    is(VMware::Vix::API::Job::GetError($job), VIX_OK, 'and stays as it is');
    ReleaseHandle($job);
};

subtest 'Cancel of a call that waits for others' => sub {
    my $dest = "$dir/out/w/w.vmx";
    my $vm   = (VMOpen($host, make_vm(dir => "$dir/w", name => 'w')->{vmx}))[1];
    my $snapshot = (VMCreateSnapshot($vm, 'base', undef, 0, 0))[1];
    my %start    = (
        'a snapshot'     => sub { VMware::Vix::API::VM::CreateSnapshot($vm, 'x', undef, 0, 0) },
        'a revert'       => sub { VMware::Vix::API::VM::RevertToSnapshot($vm, $snapshot, 0, 0) },
        'a removal'      => sub { VMware::Vix::API::VM::RemoveSnapshot($vm, $snapshot, 0) },
        'a linked clone' =>
            sub { VMware::Vix::API::VM::Clone($vm, $snapshot, VIX_CLONETYPE_LINKED, $dest, 0, 0) },
        'a variable' => sub {
            VMware::Vix::API::VM::WriteVariable($vm, VIX_VM_CONFIG_RUNTIME_ONLY, 'a', 'b', 0);
        },
        'a deletion' => sub { VMware::Vix::API::VM::Delete($vm, VIX_VMDELETE_DISK_FILES) },
    );
    my $whole = folder_digest("$dir/w");
    open my $folder, '<', "$dir/w" or die $!;
    flock $folder, LOCK_EX or die $!;    # as another process of ours does
    for my $what (sort keys %start) {
        my $job = $start{$what}->();
        sleep 0.05;
        is((VMware::Vix::API::Job::WaitTimeout($job, 0))[0], 0, "$what waits");
        my $begin = time;
        VMware::Vix::API::Job::Cancel($job);
        is((wait_for_job($job))[0], VIX_E_CANCELLED, 'and ends');
        cmp_ok(time - $begin, '<', $SOON, 'soon');
    }
    close $folder or die $!;
    is_deeply(folder_digest("$dir/w"), $whole, 'the machine is as it was');
    is_untouched('what waited');
    is(VMWriteVariable($vm, VIX_VM_CONFIG_RUNTIME_ONLY, 'a', 'b', 0), VIX_OK, 'and free');
    ReleaseHandle($_) for $snapshot, $vm;
};

# Runs a program in a new process that clones the machine to out/p, and sends it a signal.
sub program {
    my ($code, $signal) = @_;
    my $pid = fork;
    die "fork: $!" if !defined $pid;
    if (!$pid) {
        open STDERR, '>', "$dir/messages" or die $!;
        exec perl_with_vix('-MVixTest::Calls', '-MVixTest::Jobs', '-MVMware::Vix::Simple',
            '-MVMware::Vix::API::Job', '-e', $code, "$dir/slow/slow.vmx", "$dir/out/p/p.vmx")
            or die "exec: $!";
    }
    if ($signal) {
        sleep 0.02 until @{ leftovers("$dir/out") } || waitpid $pid, POSIX::WNOHANG();
        kill $signal => $pid;
    }
    my $begin = time;
    waitpid $pid, 0;
    return ($?, time - $begin);
}

my $start = 'my (undef, $vm) = VixTest::Calls::open_vm($ARGV[0]);';
my $clone = 'VMClone($vm, 0, 0, $ARGV[1], 0, 0);';

subtest 'the end of the process' => sub {
    my ($status) = program("$start; start_clone_job(\$vm, \$ARGV[1]); exit 3");
    is($status >> 8, 3, 'an exit in the midst of a job');
    is_untouched('an exit');
    ($status) = program("$start; start_clone_job(\$vm, \$ARGV[1]); die qq(so\\n)");
    isnt($status >> 8, 0, 'a die');
    is_untouched('a die');
    ($status) = program("$start; \$SIG{INT} = sub { exit 4 }; $clone", 'INT');
    is($status >> 8, 4, 'Ctrl-C with a handler that exits');
    is_untouched('Ctrl-C with a handler that exits');
    ($status) = program("$start; \$SIG{INT} = sub { die qq(stop\\n) }; $clone", 'INT');
    isnt($status >> 8, 0, 'Ctrl-C with a handler that dies');
    is_untouched('Ctrl-C with a handler that dies');
    ($status, my $seconds) = program("$start; $clone", 'INT');
    is($status & 127, POSIX::SIGINT(), 'Ctrl-C without a handler');
    cmp_ok($seconds, '<', 2, 'ends it at once');
    ($status) = program("$start; $clone; exit 0");
    is($status, 0, 'the next clone to that place');
    ok(-e "$dir/out/p/p.vmx", 'is there');
};

is_deeply(folder_digest("$dir/slow"), $before, 'all the time the source stayed as it was');
ReleaseHandle($slow);
HostDisconnect($host);
is(VMware::Vix::live_handle_count(), 0, 'no handle is left, whatever was ended');

done_testing;
