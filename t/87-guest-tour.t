# The example that runs a clone, on the small Linux of dev/make-guest: each step happens, in its
# order, and nothing of it stays.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VixTest qw(slurp);
use VixTest::Calls qw(perl_with_vix);
use VixTest::Files qw(list_files);
use VixTest::Guest qw(guest_to_run);
use VixTest::Tools qw(run_tool);

my $EXAMPLE = "$FindBin::Bin/../examples/guest-tour.pl";
my ($keep, $vmx) = guest_to_run('small');

sub tour {
    local $ENV{GUEST_PASSWORD} = 'guest secret';
    return run_tool(perl_with_vix($EXAMPLE),
        '--user', 'guest', $vmx, "$keep/tour/tour.vmx", "$keep/report");
}

my $run = tour();
is($run->{status}, 0, 'the tour ends well') or diag $run->{err};
is_deeply(
    [map {s/\A *[0-9.]+ s  //r} split /\n/, $run->{out}],
    [
        "cloned to $keep/tour/tour.vmx",
        'powered on',
        'the guest is up',
        "a script exited with 0; its output is in $keep/report",
        'suspended',
        'resumed, where it was',
        'reverted to the snapshot fresh, off',
        'deleted',
    ],
    'step by step'
);
like(slurp("$keep/report"), qr/\ALinux [\d.]+\S*\n[\d.]+ [\d.]+\n\z/, 'the guest has spoken');
is_deeply([list_files("$keep/tour")], ['small-console.txt'],
    'the clone is gone, but for what its port wrote');

$ENV{VIX_POWER_URI} = "qemu+unix:///system?socket=$keep/none";
$run = tour();
isnt($run->{status}, 0, 'without libvirt it ends');
like($run->{err}, qr/^guest-tour\.pl: powering on: error \d+: /m, 'and says why');
ok(!-e "$keep/tour/tour.vmx", 'and the clone is gone, too');

done_testing;
