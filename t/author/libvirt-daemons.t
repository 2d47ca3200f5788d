#!/usr/bin/perl
# dev/libvirt where libvirt comes as one daemon for each driver: it starts the installed ones in
# their order, and ends them. Debian 12 has no such daemons, so shell scripts replace them, in a
# mount namespace that hides libvirtd and the folder of dev/libvirt.

use strict;
use warnings;

use Cwd qw(abs_path);
use FindBin;
use lib "$FindBin::Bin/../lib";
use Test::More;
use Time::HiRes qw(sleep);

use VixTest::Files qw(slurp spew temp_dir);
use VixTest::Tools qw(run_tool);

plan skip_all => 'needs root for a mount namespace' if $> != 0;
my $TOOL = abs_path("$FindBin::Bin/../../dev/libvirt");
my $keep = temp_dir();
mkdir "$keep/$_" or die "mkdir: $!" for qw(bin run);

# Records its start and runs until it is ended.
my $DAEMON = <<"END_OF_DAEMON";
#!/bin/sh
name=\${0##*/}
echo "start \$name" >>'$keep/log'
sh -c 'echo \$\$ >"\$1"; exec sleep 300' sh "\$3" &
while [ ! -s "\$3" ]; do sleep 0.05; done
END_OF_DAEMON

sub put_program {
    my ($name, $text) = @_;
    spew("$keep/bin/$name", $text);
    chmod 0755, "$keep/bin/$name";
    return;
}

put_program($_, $DAEMON) for qw(virtlogd virtnetworkd virtqemud);
put_program('virsh', "#!/bin/sh\ngrep -q virtqemud '$keep/log' 2>/dev/null\n");

# Runs a command that sees neither libvirt's own programs nor what dev/libvirt started outside.
sub run_alone {
    my (@words) = @_;
    my $hide = 'mkdir -p /run/vmware-vix-test && mount --bind "$1" /run/vmware-vix-test || exit 99;'
        . ' for p in libvirtd virtlogd virtsecretd virtnwfilterd virtnetworkd virtnodedevd virtstoraged'
        . ' virtqemud; do [ ! -e /usr/sbin/$p ] || mount --bind /dev/null /usr/sbin/$p || exit 99; done;'
        . ' shift; exec "$@"';
    local $ENV{PATH} = "$keep/bin:$ENV{PATH}";
    return run_tool('unshare', '-m', 'sh', '-c', $hide, 'sh', "$keep/run", @words);
}

# The number of daemons that run; one that has ended may still wait to be reaped.
my @pids;
sub running { return scalar grep { -e "/proc/$_/stat" && slurp("/proc/$_/stat") !~ /\) Z / } @pids }

my $run = run_alone($TOOL, 'start');
plan skip_all => 'no mount namespace can be had' if $run->{status} == 99 || $run->{err} =~ /unshare/;
is($run->{status}, 0, 'starts') or diag $run->{err};
is(slurp("$keep/log"), "start virtlogd\nstart virtnetworkd\nstart virtqemud\n",
    'the daemons that are installed, each once and in order');
@pids = map { slurp("$keep/run/$_.pid") + 0 } qw(virtlogd virtnetworkd virtqemud);
is(running(), 3, 'they run');

is(run_alone($TOOL, 'start')->{status}, 0, 'once more');
is(scalar(() = slurp("$keep/log") =~ /start/g), 3, 'starts nothing, as libvirt answers');

is(run_alone($TOOL, 'stop')->{status}, 0, 'stops');
for (1 .. 50) { last if !running(); sleep 0.1 }
is(running(), 0, 'none of them runs');

unlink "$keep/log", "$keep/bin/virtqemud";
$run = run_alone($TOOL, 'start');
is($run->{status}, 1, 'without QEMU\'s daemon it fails');
like($run->{err}, qr/^libvirt is not installed$/m, 'and says why');

END { kill 'TERM', @pids if @pids }

done_testing;
