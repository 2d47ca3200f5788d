# libvix: the calls to the guest of a machine that runs, from C.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VixTest::Guest qw(guest_to_run);
use VixTest::Libvix qw(make_program needs_library passes with_machines);

needs_library('C');
my ($keep, $vmx) = guest_to_run('small');
with_machines();
passes('a guest', make_program('guest.c'), $vmx, $keep);

done_testing;
