# libvix in the life of a process: its end in the midst of work, fork, unloading, two copies at the same
# time, names that the program has too, and the Perl module beside it.

use strict;
use warnings;

use Config;
use File::Copy qw(copy);
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VixTest qw(list_files make_vm temp_dir);
use VixTest::Handles;
use VixTest::Jobs qw(slow_machine);
use VixTest::Tools qw(run_tool);
use VixTest::Libvix qw(is_sanitized library make_program needs_library passes run_program);

needs_library('C', 'C++');
my $dir  = temp_dir();
my $vm   = make_vm(dir => "$dir/vm", disks => 1);
my $slow = slow_machine("$dir/slow", 128);
mkdir "$dir/out" or die $!;
my $life = make_program('life.c');

sub leftovers { return [grep { !m{\Aof-} } list_files("$dir/out")] }

passes('the process ends while clones are made', $life, 'exit', $slow->{vmx}, "$dir/out");
is_deeply(leftovers(), [], 'nothing of the clones is left');
passes('its own handler at the end hears of no event', $life, 'handler', $slow->{vmx}, "$dir/out");
is_deeply(leftovers(), [], 'nothing is left');
my $run = run_program($life, 'exit-in-callback', $slow->{vmx}, "$dir/out");
is("$run->{status} $run->{signal}", '7 0', 'a callback ends the process') or diag $run->{out}, $run->{err};
is_deeply(leftovers(), [], 'nothing is left');
{
    # The child cannot free what the parent's threads held.
    local $ENV{ASAN_OPTIONS} = join ':', (grep {defined} $ENV{ASAN_OPTIONS}), 'detect_leaks=0';
    passes('fork in the midst of a clone', $life, 'fork', $slow->{vmx}, "$dir/out");
}
ok(-f "$dir/out/of-parent/c.vmx", 'the clone of the parent is there');
passes('Ctrl-C while the process waits', $life, 'interrupt', $vm->{vmx}, "$dir/out");

my $copy = "$dir/another-copy.so";
copy(library(), $copy) or die "$copy: $!";
passes('unloading, and two copies', make_program('unload.c', '-ldl'), library(), $copy, $vm->{vmx});
# Where the system's static libraries do not fit into a shared one, the library uses the shared ones, and
# the program would replace their names for itself as well.
my $needed = run_tool('readelf', '-Wd', library())->{out};
my @shared = ($needed =~ /libboost/ ? '-DSHARED_BOOST' : (), $needed =~ /libpng/ ? '-DSHARED_PNG' : ());
note "libvix uses other libraries' shared names: @shared" if @shared;
passes('a program with the same names', make_program('names.cpp', '-rdynamic', '-Wno-error', @shared),
    $vm->{vmx}, "$dir");

# Perl with its own copy of the core, in a process where a C library uses libvix meanwhile.
SKIP: {
    skip 'a sanitizer wants to be loaded first', 3 if is_sanitized();
    my $beside = make_program('beside.c', qw(-shared -fPIC));
    my @script = ('use VMware::Vix::Simple; use VMware::Vix::API::Constants;',
        'my ($e, $h) = HostConnect(-1, 3, undef, 0, undef, undef, 0, 0); my $v; my $bad = $e;',
        'for (1 .. 200) { ($e, $v) = VMOpen($h, $ARGV[0]); $bad ||= $e;',
        '  ($e, my $name) = GetProperties($v, VIX_PROPERTY_VM_NAME); $bad ||= $e; ReleaseHandle($v) }',
        'HostDisconnect($h); print "$bad\n";',
        'for (1 .. 6000) { last if -e $ENV{LIBVIX_TEST_DONE}; select undef, undef, undef, 0.01 }');
    local $ENV{LD_PRELOAD}   = $beside;
    local $ENV{VIX_TEST_VMX} = $vm->{vmx};
    local $ENV{LIBVIX_TEST_DONE} = "$dir/beside-is-done";
    my $both = run_program($^X, (map {"-I$_"} @INC), '-e', "@script", $vm->{vmx});
    is($both->{out}, "0\nlibvix: 0 wrong, callbacks as many as calls\n", 'Perl and C in one process')
        or diag $both->{err};
    is("$both->{status} $both->{signal}", '0 0', 'which ends well');
}

done_testing;
