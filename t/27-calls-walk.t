# Every documented function, called with as many arguments as it has: it answers in its own form, also
# when its handle is dead or of another kind, and dies only for a wrong number of arguments.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest qw(make_vm temp_dir);
use VixTest::Handles;

my @documented = map { [@{$_}[0 .. 2]] } read_table('functions.tsv');
my @simple     = grep { $_->[0] !~ /::/ } @documented;
cmp_ok(scalar @simple, '>', 60, 'the list of functions has been read');

my $dir  = temp_dir();
my $host = connect_host();
my (undef, $vm) = VMOpen($host, make_vm(dir => "$dir/a", disks => 0)->{vmx});

# What stands in the place of each argument where nothing is wrong but the handle.
sub arguments_for {
    my ($parameters, $handle) = @_;
    my ($first, @rest) = split /, /, $parameters;
    return ($handle, map { /handle|ID|index|options|flags|type|version|port\b|timeout|enabled|state|VIX_/i ? 0 : '' } grep {
        $_ ne '...' } @rest);
}

sub answer_of {
    my ($name, @arguments) = @_;
    no strict 'refs';    ## no critic: a function by its name
    return &{"VMware::Vix::Simple::$name"}(@arguments);
}

# What follows the code on failure, from the words of the table.
sub form_on_failure {
    my ($returns) = @_;
    return [] if $returns eq '$err' || $returns =~ /\A\(\$err, \@/;
    if ($returns =~ /\A\(\$err, %\w+\) keys (.+)/) {
        return [map { ($_, undef) } $1 =~ /\b([A-Z_]{5,})\b/g];
    }
    my ($names) = $returns =~ /\A\(\$err, (.+)\)/;
    return [map { /handle|count/i ? 'number' : undef } split /, /, $names];
}

my %no_code = map { $_ => 1 } qw(HostDisconnect ReleaseHandle GetErrorText GetHandleType);
my %own_form = (    # the first argument is no handle, or the list of results is as long as the ids
    HostConnect   => [VIX_E_INVALID_ARG, 0],
    GetProperties => [VIX_E_INVALID_HANDLE, undef],
);

for my $function (@simple) {
    my ($name, $parameters, $returns) = @{$function};
    next if $no_code{$name};
    for my $case ([0, VIX_E_INVALID_HANDLE], [$vm + 100_000, VIX_E_INVALID_HANDLE],
        [$parameters =~ /\A\$host|\A\$handle/ ? $vm : $host, VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE])
    {
        my ($handle, $code) = @{$case};
        next if $own_form{$name} && $code != VIX_E_INVALID_HANDLE;
        my @given  = arguments_for($parameters, $handle);
        my @answer = answer_of($name, @given);
        my $form   = form_on_failure($returns);
        my @expect = ($code, map { defined && $_ eq 'number' ? 0 : $_ } @{$form});
        @expect = @{ $own_form{$name} } if $own_form{$name};

        # A count on failure is 0 where VIX's C function has one, else nothing is known.
        $expect[1] = undef if $name eq 'VMGetNumSharedFolders' || $name eq 'VMCaptureScreenImage';
        is_deeply(\@answer, \@expect, "$name of $handle");
        my ($first) = answer_of($name, @given);
        is($first, $answer[0], "$name: the code stands first");
    }
    next if $parameters =~ /\.\.\./;
    my @given = arguments_for($parameters, 0);
    for my $wrong ([@given, 0], [@given[0 .. $#given - 1]]) {
        ok(!eval { answer_of($name, @{$wrong}); 1 }, "$name dies of @{[scalar @{$wrong}]} arguments");
        like($@, qr/\AUsage: VMware::Vix::Simple::\Q$name\E\(/, 'saying how it is called');
    }
}

# The low-level form of each call of VixHost_ and VixVM_ that works with a job.
my @c_calls = grep { $_->[3] && $_->[3] =~ /\AVix(?:Host|VM)_\w+\z/ && $_->[0] !~ /::/ }
    map { [@{$_}[0 .. 3]] } read_table('functions.tsv');
for my $function (grep { $_->[0] !~ /\AHostDisconnect\z|Ex\z|FindRunning/ } @c_calls) {
    my ($name, $parameters, undef, $c_function) = @{$function};
    my ($package, $sub) = $c_function =~ /\AVix(Host|VM)_(\w+)\z/;
    my @given = arguments_for($parameters, 0);
    no strict 'refs';    ## no critic: a function by its name
    for my $more ([], [undef], [undef, 0]) {
        my $job = &{"VMware::Vix::API::${package}::$sub"}(@given, @{$more});
        is(GetHandleType($job), VIX_HANDLETYPE_JOB, "$package\::$sub gives a job");
        my ($err) = VMware::Vix::API::Job::Wait($job);
        is($err, $name eq 'HostConnect' ? VIX_E_INVALID_ARG : VIX_E_INVALID_HANDLE, 'that failed');
        ReleaseHandle($job);
    }
    ok(!eval { &{"VMware::Vix::API::${package}::$sub"}(@given, undef, 0, 0); 1 }, 'three too many');
    like($@, qr/\AUsage: VMware::Vix::API::${package}::$sub\(.*callback, clientData\)/, 'are told');
}

ReleaseHandle($vm);
HostDisconnect($host);
is(VMware::Vix::live_handle_count(), 0, 'and no handle is left of it all');

done_testing;
