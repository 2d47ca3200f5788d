# libvix: each of its 73 functions, called from C.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VixTest qw(make_vm temp_dir);
use VixTest::Handles;
use VixTest::Libvix qw(make_program needs_library passes);

needs_library('C');
my $dir = temp_dir();
local $ENV{VIX_INVENTORY_FILE} = "$dir/inventory.vmls";
my $program = make_program('calls.c');
passes('good arguments, NULL for each pointer, dead handles', $program,
    make_vm(dir => "$dir/vm", disks => 1)->{vmx}, "$dir");

done_testing;
