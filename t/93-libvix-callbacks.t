# libvix: callbacks from C, and the event pump.

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
my $vm = make_vm(dir => "$dir/vm", disks => [{ type => 'monolithicFlat', size_mb => 8 }]);
passes('callbacks', make_program('callbacks.c'), $vm->{vmx}, "$dir");

done_testing;
