#!/usr/bin/perl
# Locks in VMware's own form: whoever holds one is respected, the locks of the dead are not, and
# ours are gone when the work is done.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VixTest;
use VixTest::Calls qw(clone_vm);
use VixTest::Files qw(list_files);
use VixTest::Locks qw(creation_of other_machine put_lock);
use VixTest::Tools qw(run_tool);

my $keep   = temp_dir();
my $number = 0;

# What cloning gives when `$lock` has been called with the machine.
sub code_with {
    my ($lock, %given) = @_;
    my $vm = make_vm(dir => "$keep/" . $number++, %given);
    $lock->($vm);
    my $result = clone_vm($vm->{vmx}, "$vm->{dir}.clone/copy.vmx");
    my @locks  = -d "$vm->{dir}.clone" ? grep {/\.lck/} list_files("$vm->{dir}.clone") : ();
    is_deeply(\@locks, [], 'no lock is left at the destination');
    return $result->{err};
}

# The id of a process that has ended.
sub dead_pid {
    my $pid = fork;
    die "fork: $!" if !defined $pid;
    exit 0 if !$pid;
    waitpid $pid, 0;
    return $pid;
}

my $running = VIX_E_VM_IS_RUNNING;

is(code_with(sub { put_lock($_[0]{vmx}) }), $running, 'a live process on this host holds the .vmx');
is(code_with(sub { put_lock($_[0]{disks}[0]{path}) }), $running, 'or a disk');
is(code_with(sub { put_lock("$_[0]{dir}/564d61c2-0e97-4ab8-935f-d7402b8ce619.vmem") }),
    $running, 'or the paging file of a running machine');
is(code_with(sub { put_lock($_[0]{disks}[1]{path}) }, disks => 2), $running, 'or the second disk');
is(code_with(sub { put_lock($_[0]{vmx}, bare_pid => 1) }),
    $running, 'an old lock of a process id alone');
is(code_with(sub { put_lock($_[0]{vmx}, machine => other_machine(), pid => 1, creation => 5) }),
    $running, 'a lock of another host counts, whatever runs here');
is( code_with(
        sub {
            put_lock(
                $_[0]{vmx},
                machine  => 'uuid=4c-4c-45-44-00-31-5a-10-80-42-b6-c0-4f-4e-37-32',
                pid      => 3308,
                creation => '133581006120447913',
                name     => 'vmware.exe'
            );
        }
    ),
    $running,
    'also one made by Windows'
);
is(code_with(sub { put_lock($_[0]{vmx}, machine => other_machine(), kind => 'S') }),
    VIX_OK, 'a shared lock is a reader\'s: it does not mean that the machine runs');

is(code_with(sub { put_lock($_[0]{vmx}, pid => dead_pid(), creation => 4711) }),
    VIX_OK, 'the lock of a dead process does not block');
is(code_with(sub { put_lock($_[0]{vmx}, creation => creation_of($$) + 1) }),
    VIX_OK, 'nor that of a process whose number another has now');
is(code_with(sub { put_lock($_[0]{disks}[0]{path}, pid => dead_pid(), creation => 4711) }),
    VIX_OK, 'nor on a disk');
is(code_with(sub { put_lock($_[0]{vmx}, text => 'not a lock') }),
    VIX_OK, 'nor a member that is none');
is(code_with(sub { put_lock($_[0]{vmx}, text   => '') }), VIX_OK, 'nor an empty one');
is(code_with(sub { put_lock($_[0]{vmx}, member => 'README') }),
    VIX_OK, 'nor a file of another name');
is(code_with(sub { mkdir "$_[0]{vmx}.lck" }), VIX_OK, 'nor an empty folder');
is(code_with(sub { spew("$_[0]{vmx}.lck", 'ancient') }),
    VIX_OK, 'nor an ancient lock, which was a file');

{
    my $vm     = make_vm(dir => "$keep/" . $number++);
    my $before = folder_digest($vm->{dir});
    is(clone_vm($vm->{vmx}, "$vm->{dir}.clone/copy.vmx")->{err}, VIX_OK, 'cloned');
    is(folder_digest($vm->{dir}), $before, 'no lock is left at the source');
}
{
    my $vm = make_vm(dir => "$keep/" . $number++);
    mkdir "$vm->{dir}.clone";
    put_lock("$vm->{dir}.clone/copy.vmx");
    is(clone_vm($vm->{vmx}, "$vm->{dir}.clone/copy.vmx")->{err},
        VIX_E_FILE_ALREADY_LOCKED, 'a destination that another process has locked');
    is_deeply(
        [list_files("$vm->{dir}.clone")],
        ['copy.vmx.lck', 'copy.vmx.lck/M12345.lck'],
        'its lock stays'
    );
}
{
    my $vm = make_vm(dir => "$keep/" . $number++);
    mkdir "$vm->{dir}.clone";
    put_lock("$vm->{dir}.clone/copy.vmx", pid => dead_pid(), creation => 4711);
    is(clone_vm($vm->{vmx}, "$vm->{dir}.clone/copy.vmx")->{err},
        VIX_OK, 'a destination that a dead process had locked');
    is_deeply([grep {/\.lck/} list_files("$vm->{dir}.clone")], [], 'its lock is gone');
}

# With the host's name and network, but process ids of its own, as `docker run --network=host` has it.
SKIP: {
    my @container = qw(unshare --user --map-root-user --pid --fork --mount-proc);
    skip 'no namespaces may be made here', 2 if run_tool(@container, 'true')->{status};
    my $vm = make_vm(dir => "$keep/" . $number++);
    put_lock($vm->{vmx}, pid => 1, creation => creation_of(1));
    my @vmrun = ($^X, (map {"-I$_"} grep { !ref } @INC), "$Bin/../script/vmrun");
    my $run = run_tool(@container, @vmrun, 'clone', $vm->{vmx}, "$vm->{dir}.clone/copy.vmx", 'full');
    like($run->{out}, qr/^Error: .*(?:running|powered on)/i, 'a container takes no process of its host for dead');
    ok(!-e "$vm->{dir}.clone/copy.vmx", 'and makes no clone');
}

done_testing();
