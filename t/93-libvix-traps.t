# libvix: what programs for VMware's library rely on without its reference saying so.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VixTest qw(make_vm temp_dir);
use VixTest::Libvix qw(make_program needs_library passes);

needs_library('C');
my $dir = temp_dir();
local $ENV{VIX_INVENTORY_FILE} = "$dir/inventory.vmls";
my $program = make_program('traps.c');
chdir $dir or die "$dir: $!";
passes('each trap', $program, make_vm(dir => "$dir/vm", disks => 1)->{vmx}, $dir);

chdir '/';    # the folder is removed at the end
done_testing;
