# The table of calls that cannot do their work says what each of them answers.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls   qw(open_vm without_libvirt);
use VixTest::Handles qw(read_table);
use VixTest::Locks   qw(put_lock);

without_libvirt();

my %arguments = map { $_->[0] => [split /, /, $_->[1]] } read_table('functions.tsv');
my $page = slurp("$FindBin::Bin/../lib/VMware/Vix/Differences.pod");
my @rows = $page =~ /^    (VM\w+) +(VIX_E_\w+) +(VIX_E_\w+)$/mg;
cmp_ok(scalar @rows, '>', 60, 'there is a table');

my %value_of = (
    pid         => 1,
    captureType => VIX_CAPTURESCREENFORMAT_PNG,
    windowState => 0,
);

# A good value for every argument behind the virtual machine.
sub good_arguments {
    my ($call) = @_;
    my (undef, @names) = map {s/\$//r} @{ $arguments{$call} };
    return map {
              exists $value_of{$_}             ? $value_of{$_}
            : /PropertyList/i                  ? VIX_INVALID_HANDLE
            : /options\z|Options\z|\Atimeout/ ? 0
            :                                    '/x';
    } @names;
}

sub answer {
    my ($call, $vm) = @_;
    no strict 'refs';    ## no critic: a function by its name
    my ($err) = &{"VMware::Vix::Simple::$call"}($vm, good_arguments($call));
    return $err;
}

my $off     = make_vm();
my $running = make_vm(name => 'runs');
put_lock($running->{vmx});
my (undef, $vm_off)     = open_vm($off->{vmx});
my (undef, $vm_running) = open_vm($running->{vmx});

while (my ($call, $when_off, $when_running) = splice @rows, 0, 3) {
SKIP: {
        skip "this build has no $call", 2 if !VMware::Vix::Simple->can($call);
        is(answer($call, $vm_off), VMware::Vix::Simple->can($when_off)->(), "$call, off");
        is(answer($call, $vm_running), VMware::Vix::Simple->can($when_running)->(),
            "$call, running");
    }
}

done_testing;
