# No call leaves a Perl value behind, whether it works or fails.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

BEGIN {
    plan skip_all => 'needs Test::LeakTrace (Debian: libtest-leaktrace-perl)'
        if !eval { require Test::LeakTrace; Test::LeakTrace->import('leaked_count'); 1 };
}

use VMware::Vix::API::API;
use VMware::Vix::API::Constants;
use VMware::Vix::API::Host;
use VMware::Vix::API::Job;
use VMware::Vix::API::VM;
use VMware::Vix::Simple;
use VixTest qw(make_vm temp_dir);
use VixTest::Handles;

local $SIG{__WARN__} = sub { };

my $dir  = temp_dir();
my $host = connect_host();
my $vmx  = make_vm(dir => "$dir/B\xc3\xbcro", name => 'a', disks => 0)->{vmx};
$ENV{VIX_INVENTORY_FILE} = "$dir/inventory.vmls";
RegisterVM($host, $vmx);
my (undef, $vm) = VMOpen($host, $vmx);
my (undef, $snapshot) = VMCreateSnapshot($vm, "B\x{fc}ro \x{4f4d}", 'd', 0, 0);

# What a first call may keep for good (a stash entry, a thread) is no leak.
sub keeps_nothing {
    my ($name, $code) = @_;
    $code->() for 1 .. 2;
    is(&leaked_count($code), 0, $name);
    return;
}

sub answer_of {
    my ($name, @arguments) = @_;
    no strict 'refs';    ## no critic: a function by its name
    return &{"VMware::Vix::Simple::$name"}(@arguments);
}

for my $function (grep { $_->[0] !~ /::/ } read_table('functions.tsv')) {
    my ($name, $parameters) = @{$function};
    my (undef, @rest) = split /, /, $parameters;
    my @wrong = map {/handle|ID|index|options|flags|type|version|timeout|enabled|state|port/i ? 0 : 'x'} @rest;
    keeps_nothing("$name of a dead handle", sub { my @a = answer_of($name, 0, @wrong); return });
    keeps_nothing("$name of another", sub {
        my $other = $parameters =~ /\A\$host/ ? $vm : $host;
        return if $name eq 'HostDisconnect' || $name eq 'ReleaseHandle';
        my ($err, $handle) = answer_of($name, $other, @wrong);
        ReleaseHandle($handle) if $name eq 'AllocPropertyList';
        return;
    }) if $name ne 'HostConnect';
    keeps_nothing("$name without arguments", sub { eval { answer_of($name) }; return });
}

my %works = (
    'opening and reading' => sub {
        my (undef, $mine) = VMOpen($host, $vmx);
        my @values = GetProperties($mine, VIX_PROPERTY_VM_NAME, VIX_PROPERTY_VM_VMX_PATHNAME);
        ReleaseHandle($mine);
    },
    'a clone' => sub {
        my (undef, $clone) = VMClone($vm, 0, VIX_CLONETYPE_FULL, "$dir/c/c.vmx", 0, 0);
        VMDelete($clone, VIX_VMDELETE_DISK_FILES);
        ReleaseHandle($clone);
    },
    'a snapshot\'s properties' => sub {
        my @values = GetProperties($snapshot, VIX_PROPERTY_SNAPSHOT_DISPLAYNAME, 1);
        my @more   = GetProperties($snapshot, VIX_PROPERTY_SNAPSHOT_DISPLAYNAME);
    },
    'a list of paths'   => sub { my @paths = FindItems($host, VIX_FIND_REGISTERED_VMS, -1) },
    'a variable'        => sub { my @value = VMReadVariable($vm, 2, 'displayname', 0) },
    'shared folders'    => sub { my @state = VMGetSharedFolderState($vm, 0) },
    'a hash on failure' => sub { my ($err, %info) = VMGetFileInfoInGuest($vm, '/x') },
    'a property list'   => sub {
        my (undef, $list) = AllocPropertyList($host, VIX_PROPERTY_VM_ENCRYPTION_PASSWORD, 'x',
            VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_DATA, "\0" x 1000, VIX_PROPERTY_NONE);
        my @values = GetProperties($list, VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_DATA);
        VMware::Vix::API::API::GetPropertyType($list, VIX_PROPERTY_VM_NAME);
        ReleaseHandle($list);
    },
    'a job with a callback' => sub {
        my $count = 0;
        my $job = VMware::Vix::API::VM::Open($host, $vmx, sub { $count++ }, [1, 2]);
        my (undef, $mine) = VMware::Vix::API::Job::Wait($job, VIX_PROPERTY_JOB_RESULT_HANDLE);
        ReleaseHandle($_) for $job, $mine;
    },
    'a callback that dies' => sub {
        my $job = VMware::Vix::API::VM::Open($host, '/none', sub { die { why => 'not' } });
        my @answer = VMware::Vix::API::Job::Wait($job, 3000, 3084, 3010);
        ReleaseHandle($job);
    },
    'found items as events' => sub {
        my @found;
        my $job = VMware::Vix::API::Host::FindItems($host, VIX_FIND_REGISTERED_VMS, 0, -1, sub {
            push @found, GetProperties($_[2], VIX_PROPERTY_FOUND_ITEM_LOCATION) if $_[2];
        });
        VMware::Vix::API::Job::WaitTimeout($job, 10);
        my $n = VMware::Vix::API::Job::GetNumProperties($job, VIX_PROPERTY_FOUND_ITEM_LOCATION);
        my @v = VMware::Vix::API::Job::GetNthProperties($job, 0, VIX_PROPERTY_FOUND_ITEM_LOCATION);
        ReleaseHandle($job);
    },
    'a callback that is none' => sub {
        eval { VMware::Vix::API::VM::Open($host, '/none', 'nobody') };
    },
    'the progress hook' => sub {
        my $before = VMware::Vix::on_progress(sub { });
        my (undef, $clone) = VMClone($vm, 0, VIX_CLONETYPE_FULL, "$dir/h/h.vmx", 0, 0);
        VMware::Vix::on_progress($before);
        VMDelete($clone, 0);
        ReleaseHandle($clone);
    },
    'a hook that dies' => sub {
        VMware::Vix::on_progress(sub { die "no\n" });
        eval { VMClone($vm, 0, VIX_CLONETYPE_FULL, "$dir/d/d.vmx", 0, 0) };
        VMware::Vix::on_progress(undef);
        my (undef, $there) = VMOpen($host, "$dir/d/d.vmx");
        VMDelete($there, 0);
        ReleaseHandle($there);
    },
    'texts' => sub { my @texts = (GetErrorText(4000), VMware::Vix::last_error_detail()) },
);
keeps_nothing($_, $works{$_}) for sort keys %works;

HostDisconnect($host);
is(VMware::Vix::live_handle_count(), 0, 'and no handle is left');

done_testing;
