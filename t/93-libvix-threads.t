# libvix: many threads with mixed calls. With LIBVIX_THREADS=64x1000 as many as the promise says.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

my ($threads, $calls) = (delete $ENV{LIBVIX_THREADS} // '16x200') =~ /\A(\d+)x(\d+)\z/;

use VixTest qw(make_vm temp_dir);
use VixTest::Libvix qw(make_program needs_library passes);

needs_library('C');
my $dir = temp_dir();
local $ENV{VIX_INVENTORY_FILE} = "$dir/inventory.vmls";
passes("$threads threads with $calls calls each", make_program('threads.c'), $threads, $calls,
    make_vm(dir => "$dir/vm", disks => 1)->{vmx});

done_testing;
