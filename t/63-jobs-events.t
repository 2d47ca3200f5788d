# Callbacks and the progress hook: what they are told, when, and that nothing they do harms.

use strict;
use warnings;

use Config;
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VMware::Vix::API::API;
use VMware::Vix::API::Constants;
use VMware::Vix::API::Host;
use VMware::Vix::API::Job;
use VMware::Vix::API::VM;
use VMware::Vix::Simple;
use VixTest qw(make_vm temp_dir);
use VixTest::Handles;
use VixTest::Jobs;

my $SIZE_MB = 64;

my $dir  = temp_dir();
my $host = connect_host();
mkdir "$dir/out" or die $!;
my (undef, $slow)  = VMOpen($host, slow_machine("$dir/slow", $SIZE_MB)->{vmx});
my (undef, $quick) = VMOpen($host, make_vm(dir => "$dir/quick", name => 'quick', disks => 0)->{vmx});

sub is_rising {
    my ($name, @numbers) = @_;
    my @falls = grep { $numbers[$_] < $numbers[$_ - 1] } 1 .. $#numbers;
    is_deeply(\@falls, [], "$name never falls") or diag "@numbers";
    return;
}

subtest 'the events of a clone' => sub {
    my (@events, @types);
    my $data = { for => ['anything'] };
    my $job  = start_clone_job($slow, "$dir/out/e/e.vmx", sub { push @events, [@_] }, $data);
    select undef, undef, undef, 0.2;
    is(scalar @events, 0, 'nothing comes while the script does something else');
    my ($err, $clone) = VMware::Vix::API::Job::Wait($job, VIX_PROPERTY_JOB_RESULT_HANDLE);
    is($err, VIX_OK, 'it works') or diag GetErrorText($err);

    my $last     = pop @events;
    my @progress = @events;
    is_deeply($last, [$job, VIX_EVENTTYPE_JOB_COMPLETED, VIX_INVALID_HANDLE, $data],
        'the end comes last, with the job and the data');
    cmp_ok(scalar @progress, '>', 0, 'progress before it');
    is_deeply([grep { $_->[1] != VIX_EVENTTYPE_JOB_PROGRESS } @progress], [], 'and nothing else');
    is_deeply([map { [@{$_}[0, 2, 3]] } @progress],
        [map { [$job, VIX_INVALID_HANDLE, $data] } @progress], 'each for this job');
    is_rising('the percentage', map { $_->[4] } @progress);
    is_rising('the count of bytes', map { $_->[5] } @progress);
    is($progress[-1][4], 100, 'which ends at 100');
    is_deeply([@{ $progress[-1] }[5, 6]], [($SIZE_MB * 2**20) x 2], 'with all bytes of all');
    is_deeply([grep { $_->[4] == 100 } @progress[0 .. $#progress - 1]], [], 'and not before');

    my $count = @events;
    VMware::Vix::API::Job::Wait($job);
    VMware::Vix::API::API::PumpEvents($host, VIX_PUMPEVENTOPTION_NONE);
    is(scalar @events, $count, 'each came once');
    ReleaseHandle($_) for $clone, $job;
};

subtest 'where they come' => sub {
    my %deliver = (
        Wait            => sub { VMware::Vix::API::Job::Wait($_[0]) },
        WaitTimeout     => sub { VMware::Vix::API::Job::WaitTimeout($_[0], 0) },
        CheckCompletion => sub { VMware::Vix::API::Job::CheckCompletion($_[0]) },
        PumpEvents      => sub { VMware::Vix::API::API::PumpEvents($host, 0) },
        'a simple call' => sub { ReleaseHandle((VMOpen($host, "$dir/quick/quick.vmx"))[1]) },
        'Wait for another' => sub {
            wait_for_job(VMware::Vix::API::VM::Open($host, "$dir/none.vmx"));
        },
    );
    for my $how (sort keys %deliver) {
        my @types;
        my $job = VMware::Vix::API::VM::Open($host, "$dir/none.vmx", sub { push @types, $_[1] });
        select undef, undef, undef, 0.1;
        $deliver{$how}->($job);
        is_deeply(\@types, [VIX_EVENTTYPE_JOB_COMPLETED], "in $how");
        ReleaseHandle($job);
    }
};

subtest 'a job that is released at once' => sub {
    my @seen;
    ReleaseHandle(VMware::Vix::API::VM::Open($host, "$dir/none.vmx",
        sub { push @seen, [GetHandleType($_[0]), VMware::Vix::API::Job::GetError($_[0])] }));
    select undef, undef, undef, 0.1;
    VMware::Vix::API::API::PumpEvents($host, 0);
    is_deeply(\@seen, [[VIX_HANDLETYPE_JOB, VIX_E_VM_NOT_FOUND]], 'lives until its callback');
};

subtest 'items that are found' => sub {
    local $ENV{VIX_INVENTORY_FILE} = "$dir/inventory.vmls";
    my @vmx = map { make_vm(dir => "$dir/i$_", name => "i$_", disks => 0)->{vmx} } 1 .. 3;
    RegisterVM($host, $_) for @vmx;
    my (@found, @lists, @types);
    my $job = VMware::Vix::API::Host::FindItems($host, VIX_FIND_REGISTERED_VMS, 0, -1, sub {
        my (undef, $type, $info) = @_;
        push @types, $type;
        return if $type != VIX_EVENTTYPE_FIND_ITEM;
        push @found, (GetProperties($info, VIX_PROPERTY_FOUND_ITEM_LOCATION))[1];
        push @lists, $info;
    });
    is((wait_for_job($job))[0], VIX_OK, 'the call works');
    is_deeply(\@found, \@vmx, 'each is an event, with its place');
    is_deeply(\@types, [(VIX_EVENTTYPE_FIND_ITEM) x 3, VIX_EVENTTYPE_JOB_COMPLETED], 'before the end');
    is_deeply([map { GetHandleType($_) } @lists], [0, 0, 0], 'its list ends with the callback');
};

subtest 'a callback that does not behave' => sub {
    my @warnings;
    local $SIG{__WARN__} = sub { push @warnings, @_ };
    local $@ = 'kept';
    my $job = start_clone_job($quick, "$dir/out/d/d.vmx", sub { die "for no reason\n" });
    my ($err, $clone) = wait_for_job($job, VIX_PROPERTY_JOB_RESULT_HANDLE);
    is($err, VIX_OK, 'one that dies ends nothing');
    is($@, 'kept', 'nor is its message left behind');
    like($warnings[-1], qr/a callback of VMware::Vix died: for no reason/, 'it is a warning');
    ReleaseHandle($clone);

    my @inner;
    $job = VMware::Vix::API::VM::Open($host, "$dir/none.vmx", sub {
        @inner = (VMOpen($host, "$dir/quick/quick.vmx"))[0, 1];
        ReleaseHandle($inner[1]);
        ReleaseHandle($_[0]);
    });
    VMware::Vix::API::Job::Wait($job);
    is_deeply(\@inner, [VIX_OK, $quick], 'one may make calls itself');
    is(GetHandleType($job), VIX_HANDLETYPE_NONE, 'and release its job');

    my $deep = 0;
    my $again;
    $again = sub {
        return if ++$deep > 20;
        wait_for_job(VMware::Vix::API::VM::Open($host, "$dir/none.vmx", $again));
    };
    wait_for_job(VMware::Vix::API::VM::Open($host, "$dir/none.vmx", $again));
    is($deep, 21, 'and start jobs with callbacks, which wait');
    undef $again;

    ok(!eval { VMware::Vix::API::VM::Open($host, '/x', 'no such sub'); 1 }, 'what is no code dies');
    like($@, qr/callback "no such sub" is not code/, 'and says so');
    my $stack = VMware::Vix::API::VM::Open($host, "$dir/none.vmx", sub { my @x = deep(3000) });
    is((wait_for_job($stack))[0], VIX_E_VM_NOT_FOUND, 'one that makes the stack of Perl move');
};

sub deep { my ($n) = @_; no warnings 'recursion'; return $n ? (deep($n - 1), 1) : () }

subtest 'a callback by its name' => sub {
    my $job = VMware::Vix::API::VM::Open($host, "$dir/none.vmx", 'main::named', 5);
    wait_for_job($job);
    is_deeply([our @named], [[$job, VIX_EVENTTYPE_JOB_COMPLETED, 0, 5]], 'is called as well');
    for my $none (undef, 0, '') {
        my ($err) = wait_for_job(VMware::Vix::API::VM::Open($host, "$dir/none.vmx", $none, 7));
        is($err, VIX_E_VM_NOT_FOUND, 'none is none');
    }
};

sub named { push our @named, [@_]; return }

subtest 'the progress hook' => sub {
    my @seen;
    my $hook = sub { push @seen, [@_] };
    is(VMware::Vix::on_progress($hook), undef, 'there was none before');
    my ($err, $clone) = VMClone($slow, 0, VIX_CLONETYPE_FULL, "$dir/out/h/h.vmx", 0, 0);
    is($err, VIX_OK, 'a clone');
    ReleaseHandle($clone);
    is_rising('the percentage', map { $_->[0] } @seen);
    is_deeply($seen[-1], [100, ($SIZE_MB * 2**20) x 2], 'it ends with all of all');
    @seen = ();
    ReleaseHandle((VMOpen($host, "$dir/quick/quick.vmx"))[1]);
    is_deeply(\@seen, [], 'a call with nothing to count does not call it');

    is(VMware::Vix::on_progress(sub { die { at => $_[0] } if $_[0] >= 10 }), $hook, 'another one');
    ok(!eval { VMClone($slow, 0, VIX_CLONETYPE_FULL, "$dir/out/x/x.vmx", 0, 0); 1 }, 'that dies');
    cmp_ok($@->{at}, '>=', 10, 'ends the call with its exception');
    is_deeply([grep {/x/} @{ leftovers("$dir/out") }], [], 'and nothing of the clone is left');
    VMware::Vix::on_progress(undef);
    ($err, $clone) = VMClone($slow, 0, VIX_CLONETYPE_FULL, "$dir/out/x/x.vmx", 0, 0);
    is($err, VIX_OK, 'the same clone, without') or diag GetErrorText($err);
    ReleaseHandle($clone);
    is(VMware::Vix::on_progress(undef), undef, 'none again');
};

SKIP: {
    skip 'this Perl has no threads', 1 if !$Config{useithreads};
    require threads;
    subtest 'each thread has its own' => sub {
        my @mine;
        VMware::Vix::on_progress(sub { push @mine, 'hook' });
        my $job = VMware::Vix::API::VM::Open($host, "$dir/none.vmx", sub { push @mine, $_[1] });
        my @theirs = threads->create({ context => 'list' }, sub {
            my @seen;
            my $own = VMware::Vix::API::VM::Open($host, "$dir/none.vmx", sub { push @seen, $_[1] });
            VMware::Vix::API::Job::Wait($_) for $job, $own;
            ReleaseHandle($own);
            push @seen, scalar @mine, defined VMware::Vix::on_progress(undef) ? 'hook' : 'none';
            ReleaseHandle(VMware::Vix::API::VM::Open($host, "$dir/none.vmx", sub { }));
            return @seen;
        })->join;
        is_deeply(\@theirs, [VIX_EVENTTYPE_JOB_COMPLETED, 0, 'none'], 'the thread sees its own');
        is_deeply(\@mine, [], 'and takes nothing away');
        VMware::Vix::API::Job::Wait($job);
        is_deeply(\@mine, [VIX_EVENTTYPE_JOB_COMPLETED], 'from the one who started it');
        ReleaseHandle($job);
        ok(defined VMware::Vix::on_progress(undef), 'whose hook is still there');
    };
}

HostDisconnect($host);
is(VMware::Vix::live_handle_count(), 0,
    'no handle is left, nor that of the job whose callback went with its thread');

done_testing;
