# Signals while a call waits: handlers run meanwhile, one that dies ends the call and leaves nothing,
# and so do Cancel and the end of the process.

use strict;
use warnings;

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
use VixTest::Files qw(slurp);
use VixTest::Handles;
use VixTest::Jobs;

# A call on a machine that is held waits longer than this many seconds. One that ends earlier did not
# wait for the holder.
my $PATIENCE = 25;

my $dir  = temp_dir();
my $host = connect_host();
mkdir "$dir/out" or die $!;
my $machine = slow_machine("$dir/slow", 128);
my (undef, $slow) = VMOpen($host, $machine->{vmx});
my $before = folder_digest("$dir/slow");
my (undef, $held) = VMOpen($host, make_vm(dir => "$dir/w", name => 'w')->{vmx});

sub clone_to {
    my ($name) = @_;
    return VMClone($slow, 0, VIX_CLONETYPE_FULL, "$dir/out/$name/$name.vmx", 0, 0);
}

sub is_untouched {
    my ($what) = @_;
    is_deeply(leftovers("$dir/out"), [], "$what: nothing is left of the clone");
    return;
}

# The same, or a whole clone: where the file system shares blocks, it may be faster than the signal.
sub is_untouched_or_whole {
    my ($name, $what) = @_;
    my $vmx = "$dir/out/$name/$name.vmx";
    if (-e $vmx) {
        (undef, my $vm) = VMOpen($host, $vmx);
        is(VMDelete($vm, VIX_VMDELETE_DISK_FILES), VIX_OK, "$what: the clone was there already");
        ReleaseHandle($vm);
    }
    return is_untouched($what);
}

sub write_variable {
    return VMWriteVariable($held, VIX_VM_CONFIG_RUNTIME_ONLY, 'a', 'b', 0);
}

subtest 'a handler that returns' => sub {
    my $ran = 0;
    local $SIG{ALRM} = sub { ++$ran };
    ualarm(1000, 1000);
    my ($err, $clone) = clone_to('a');
    ualarm(0);
    is($err, VIX_OK, 'does not disturb the call') or diag GetErrorText($err);
    cmp_ok($ran, '>', 0, "and runs ($ran times)");
    is(VMDelete($clone, VIX_VMDELETE_DISK_FILES), VIX_OK, 'the clone goes');
    ReleaseHandle($clone);

    my $folder = hold_folder("$dir/w");
    $SIG{ALRM} = sub { close $folder or die $! };
    ualarm(50_000);
    is(write_variable(), VIX_OK, 'while the call waits: this one waits for what the handler does');
};

# The exception of a handler, which runs after `$delay` seconds if one is given: it ends the clone, or
# the wait behind it.
sub exception_of_clone {
    my ($name, $delay) = @_;
    my @answer;
    eval { ualarm(1e6 * $delay) if $delay; @answer = clone_to($name); sleep $PATIENCE };
    ReleaseHandle($answer[1]) if @answer;
    return $@;
}

subtest 'a handler that dies' => sub {
    local $SIG{ALRM} = sub { die "too slow\n" };
    for my $delay (0.001, 0.005, 0.015, 0.03) {
        my $what = "after $delay seconds";
        is(exception_of_clone('d', $delay), "too slow\n", "$what: the exception goes on");
        is_untouched_or_whole('d', $what);
    }
    my $folder = hold_folder("$dir/w");
    my $begin  = time;
    ok(!eval { ualarm(50_000); write_variable(); 1 }, 'a call that waits for others');
    is($@, "too slow\n", 'ends with the exception');
    cmp_ok(time - $begin, '<', $PATIENCE, 'and not when the others are through');
    close $folder or die $!;
    is((clone_to('d'))[0], VIX_OK, 'the same call works then');
    (undef, my $vm) = VMOpen($host, "$dir/out/d/d.vmx");
    VMDelete($vm, VIX_VMDELETE_DISK_FILES);
    ReleaseHandle($vm) for 1, 2;
};

# A process that sends ALRM to this one once this one clones and waits, at the earliest after `$delay`
# seconds. An unsafe handler may jump out of a wait, but not out of code that holds a lock.
sub sender_of_alarm {
    my ($delay) = @_;
    my $pid = fork;
    die "fork: $!" if !defined $pid;
    return $pid if $pid;
    my $parent = getppid;
    sleep $delay;
    sleep 0.001 until @{ leftovers("$dir/out") } && slurp("/proc/$parent/stat") =~ /\) S /;
    kill ALRM => $parent;
    return POSIX::_exit(0);
}

subtest 'a handler outside of Perl\'s care' => sub {
    POSIX::sigaction(POSIX::SIGALRM(), POSIX::SigAction->new(sub { die "at once\n" }));
    for (1 .. 10) {
        my $sender = sender_of_alarm(rand 0.03);
        is(exception_of_clone('u'), "at once\n", 'an unsafe handler, which jumps out of the wait');
        waitpid $sender, 0;
        is_untouched_or_whole('u', 'an unsafe handler');
    }
    POSIX::sigaction(POSIX::SIGALRM(), POSIX::SigAction->new('DEFAULT'));
};

# Starting a call takes a while here, since it keeps a copy of a large environment. A handler that
# jumped out of that would take a lock with it, and the next call would wait for ever.
subtest 'a handler outside of Perl\'s care, while a call starts' => sub {
    local @ENV{ map {"LARGE_$_"} 1 .. 96 } = ('x' x 2**20) x 96;
    my $count = VMware::Vix::live_handle_count();
    my @counts;
    POSIX::sigaction(POSIX::SIGALRM(),
        POSIX::SigAction->new(sub { push @counts, VMware::Vix::live_handle_count(); die "at once\n" }));
    for (1 .. 50) {
        my $before = @counts;
        eval { ualarm(2000); ReleaseHandle((VMOpen($host, "$dir/w/w.vmx"))[1]) };
        ualarm(0);
        is($@, @counts > $before ? "at once\n" : '', 'the exception goes on');
        last if grep { $_ == $count + 1 } @counts;
    }
    POSIX::sigaction(POSIX::SIGALRM(), POSIX::SigAction->new('DEFAULT'));
    is($counts[-1], $count + 1, 'the handler runs when the job is there');
    is(VMware::Vix::live_handle_count(), $count, 'which ends with the call');
    is((VMOpen($host, "$dir/w/w.vmx"))[0], VIX_OK, 'the next call works');
    ReleaseHandle($held);
};

subtest 'Cancel' => sub {
    for my $delay (0, 0.01, 0.03) {
        my $job = start_clone_job($slow, "$dir/out/c/c.vmx");
        sleep $delay;
        is(VMware::Vix::API::Job::Cancel($job), VIX_OK, "after $delay seconds");
        my ($err, $clone) = wait_for_job($job, VIX_PROPERTY_JOB_RESULT_HANDLE);
        is($err, $clone ? VIX_OK : VIX_E_CANCELLED, 'ends the job');
        ReleaseHandle($clone) if $clone;
        is_untouched_or_whole('c', "cancelled after $delay seconds");
    }
    my $folder = hold_folder("$dir/w");
    my @jobs   = map {
        VMware::Vix::API::VM::Clone($held, 0, VIX_CLONETYPE_LINKED, "$dir/out/q$_/q.vmx", 0, 0);
    } 1 .. 3;
    VMware::Vix::API::Job::Cancel($jobs[1]);
    is((VMware::Vix::API::Job::WaitTimeout($jobs[1], 0))[1], VIX_E_CANCELLED, 'at once in the queue');
    VMware::Vix::API::Job::Cancel($_) for @jobs;
    is_deeply([map { (wait_for_job($_))[0] } @jobs], [(VIX_E_CANCELLED) x 3], 'all of them');
    is_untouched('with others waiting');
    close $folder or die $!;

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
    my $vm   = $held;
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
    my $folder = hold_folder("$dir/w");
    for my $what (sort keys %start) {
        my $job = $start{$what}->();
        sleep 0.05;
        is((VMware::Vix::API::Job::WaitTimeout($job, 0))[0], 0, "$what waits");
        my $begin = time;
        VMware::Vix::API::Job::Cancel($job);
        is((wait_for_job($job))[0], VIX_E_CANCELLED, 'and ends');
        cmp_ok(time - $begin, '<', $PATIENCE, 'not when the others are through');
    }
    close $folder or die $!;
    is_deeply(folder_digest("$dir/w"), $whole, 'the machine is as it was');
    is_untouched('what waited');
    is(write_variable(), VIX_OK, 'and free');
    ReleaseHandle($snapshot);
};

# Runs a program in a new process that clones the machine to out/p. Sends it a signal once it clones.
sub program {
    my ($code, $signal) = @_;
    my $pid = fork;
    die "fork: $!" if !defined $pid;
    if (!$pid) {
        local $SIG{INT} = 'DEFAULT';    # also where this test runs in the background
        open STDERR, '>', "$dir/messages" or die $!;
        exec perl_with_vix('-MVixTest::Calls', '-MVixTest::Jobs', '-MVMware::Vix::Simple',
            '-MVMware::Vix::API::Job', '-e', $code, "$dir/slow/slow.vmx", "$dir/out/p/p.vmx")
            or die "exec: $!";
    }
    if ($signal) {
        sleep 0.002 until @{ leftovers("$dir/out") } || waitpid $pid, POSIX::WNOHANG();
        kill $signal => $pid;
    }
    waitpid $pid, 0;
    return $?;
}

my $start = 'my (undef, $vm) = VixTest::Calls::open_vm($ARGV[0]);';
my $clone = 'VMClone($vm, 0, 0, $ARGV[1], 0, 0);';
my $stay  = "$clone; sleep $PATIENCE; exit 0";

subtest 'the end of the process' => sub {
    my $status = program("$start; start_clone_job(\$vm, \$ARGV[1]); exit 3");
    is($status >> 8, 3, 'an exit in the midst of a job');
    is_untouched_or_whole('p', 'an exit');
    $status = program("$start; start_clone_job(\$vm, \$ARGV[1]); die qq(so\\n)");
    isnt($status >> 8, 0, 'a die');
    is_untouched_or_whole('p', 'a die');
    $status = program("$start; \$SIG{INT} = sub { exit 4 }; $stay", 'INT');
    is($status >> 8, 4, 'Ctrl-C with a handler that exits');
    is_untouched_or_whole('p', 'Ctrl-C with a handler that exits');
    $status = program("$start; \$SIG{INT} = sub { die qq(stop\\n) }; $stay", 'INT');
    isnt($status >> 8, 0, 'Ctrl-C with a handler that dies');
    is_untouched_or_whole('p', 'Ctrl-C with a handler that dies');
    $status = program("$start; $stay", 'INT');
    is($status & 127, POSIX::SIGINT(), 'Ctrl-C without a handler ends it');
    $status = program("$start; $clone; exit 0");
    is($status, 0, 'the next clone to that place');
    ok(-e "$dir/out/p/p.vmx", 'is there');
};

is_deeply(folder_digest("$dir/slow"), $before, 'all the time the source stayed as it was');
ReleaseHandle($_) for $slow, $held;
HostDisconnect($host);
is(VMware::Vix::live_handle_count(), 0, 'no handle is left, whatever was ended');

done_testing;
