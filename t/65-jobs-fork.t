# Fork and Perl threads: the child of a fork leaves the parent's work alone and can do its own; threads
# make calls at the same time and end as they like.

use strict;
use warnings;

use Config;
use File::Temp qw(tempdir);
use FindBin;
use lib "$FindBin::Bin/lib";
use POSIX ();
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::API::Job;
use VMware::Vix::API::VM;
use VMware::Vix::Simple;
use VixTest qw(make_vm);
use VixTest::Handles;
use VixTest::Jobs;

# No object, whose copy in a thread or child would remove the folder.
my $dir  = tempdir(CLEANUP => 1);
my $host = connect_host();
mkdir "$dir/out" or die $!;
my (undef, $slow)  = VMOpen($host, slow_machine("$dir/slow", 128)->{vmx});
my (undef, $quick) = VMOpen($host, make_vm(dir => "$dir/quick", name => 'quick')->{vmx});

# What a child process says, as lines. It ends as a script does, or at once.
sub child {
    my ($code, $end) = @_;
    my $pid = open my $out, '-|';
    die "fork: $!" if !defined $pid;
    if (!$pid) {
        my $text = eval { join "\n", $code->() };
        $text = "died: $@" if !defined $text;
        syswrite STDOUT, $text;
        POSIX::_exit(0) if $end eq '_exit';
        exec 'true' if $end eq 'exec';
        require Test::Builder;
        Test::Builder->new->no_ending(1);
        exit 0;
    }
    local $/ = undef;
    my $text = <$out>;
    close $out;
    return split /\n/, $text;
}

for my $end (qw(_exit exec exit)) {
    subtest "a fork in the midst of a job; the child ends by $end" => sub {
        my $events = 0;
        my $job    = start_clone_job($slow, "$dir/out/f/f.vmx", sub { $events++ });
        my $queued = start_clone_job($slow, "$dir/out/g/g.vmx");
        my @said = child(sub {
            my ($err, $detail) = VMware::Vix::API::Job::Wait($job,
                VIX_PROPERTY_JOB_RESULT_EXTRA_ERROR_INFO);
            my ($err2) = VMware::Vix::API::Job::Wait($queued);
            my ($name) = (GetProperties($quick, VIX_PROPERTY_VM_NAME))[1];
            my ($err3, $clone) = VMClone($quick, 0, VIX_CLONETYPE_FULL, "$dir/out/k/k.vmx", 0, 0);
            my ($err4) = VMDelete($clone, VIX_VMDELETE_DISK_FILES);
            return ($err, $err2, $name, $err3, $err4, $events, $detail);
        }, $end);
        is_deeply([@said[0, 1]], [VIX_E_CANCELLED, VIX_E_CANCELLED], 'jobs have ended in the child');
        like($said[-1], qr/before fork/, 'and tell why');
        is_deeply([@said[2 .. 4]], ['quick', VIX_OK, VIX_OK], 'its own calls work');
        is($said[5], 0, 'it hears nothing of the parent\'s job');
        my ($err, $clone) = wait_for_job($job, VIX_PROPERTY_JOB_RESULT_HANDLE);
        is($err, VIX_OK, 'the job ends well in the parent') or diag GetErrorText($err);
        cmp_ok($events, '>', 0, 'with its events');
        ($err, my $other) = wait_for_job($queued, VIX_PROPERTY_JOB_RESULT_HANDLE);
        is($err, VIX_OK, 'and so does the one that waited for it') or diag GetErrorText($err);
        is(VMDelete($_, VIX_VMDELETE_DISK_FILES), VIX_OK, 'the clone goes') for $clone, $other;
        ReleaseHandle($_) for $clone, $other;
    };
}

subtest 'a child that lives on' => sub {
    pipe my $reader, my $writer or die $!;
    my $job = start_clone_job($slow, "$dir/out/h/h.vmx");
    my $pid = fork;
    die "fork: $!" if !defined $pid;
    if (!$pid) {
        close $writer;
        sysread $reader, my $byte, 1;
        POSIX::_exit(0);
    }
    my ($err, $clone) = wait_for_job($job, VIX_PROPERTY_JOB_RESULT_HANDLE);
    is($err, VIX_OK, 'the parent clones') or diag GetErrorText($err);
    ($err, my $again) = VMClone($clone, 0, VIX_CLONETYPE_LINKED, "$dir/out/l/l.vmx", 0, 0);
    is($err, VIX_OK, 'and goes on with the clone: no lock stays with the child')
        or diag GetErrorText($err);
    close $writer;
    waitpid $pid, 0;
    VMDelete($_, VIX_VMDELETE_DISK_FILES) for $again, $clone;
    ReleaseHandle($_) for $again, $clone;
};

subtest 'many forks while jobs start and end' => sub {
    my @jobs = map { start_clone_job($quick, "$dir/out/m$_/m.vmx") } 1 .. 40;
    my $failed = 0;
    for my $turn (1 .. 20) {
        my $pid = fork;
        die "fork: $!" if !defined $pid;
        if (!$pid) {
            alarm 200;    # far more than it needs: ends a child that hangs
            my ($err, $vm) = VMOpen($host, "$dir/quick/quick.vmx");
            POSIX::_exit($err == VIX_OK ? 0 : 1);
        }
        waitpid $pid, 0;
        $failed++ if $?;
    }
    is($failed, 0, 'each child makes a call of its own');
    my @codes = map {
        my ($err, $clone) = wait_for_job($_, VIX_PROPERTY_JOB_RESULT_HANDLE);
        ReleaseHandle($clone);
        $err;
    } @jobs;
    is_deeply([grep {$_} @codes], [], 'and all jobs end well');
};

SKIP: {
    skip 'this Perl has no threads', 1 if !$Config{useithreads};
    require threads;
    subtest 'threads' => sub {
        my @threads = map {
            my $number = $_;
            threads->create({ context => 'list' }, sub {
                my $wrong = 0;
                for my $turn (1 .. 5) {
                    my ($err, $clone)
                        = VMClone($quick, 0, $turn % 2, "$dir/out/t$number-$turn/t.vmx", 0, 0);
                    $wrong++ if $err != VIX_OK;
                    ReleaseHandle($clone);
                }
                my $job = start_clone_job($quick, "$dir/out/t$number-job/t.vmx");
                return ($wrong, $job);
            });
        } 1 .. 6;
        for my $thread (@threads) {
            my ($wrong, $job) = $thread->join;
            is($wrong, 0, 'clones of a thread');
            my ($err, $clone) = wait_for_job($job, VIX_PROPERTY_JOB_RESULT_HANDLE);
            is($err, VIX_OK, 'and its job, when it is gone') or diag GetErrorText($err);
            ReleaseHandle($clone);
        }
        my ($made) = grep { -e "$dir/out/t1-$_/t.vmx" } 5;
        is($made, 5, 'are there');
        my $inner = sub { (VMOpen($host, "$dir/quick/quick.vmx"))[1] };
        is(threads->create(sub { threads->create($inner)->join })->join, $quick,
            'a thread in a thread');
        ReleaseHandle($quick);
    };
}

ReleaseHandle($_) for $slow, $quick;
HostDisconnect($host);
is(VMware::Vix::live_handle_count(), 0, 'no handle is left');

done_testing;
