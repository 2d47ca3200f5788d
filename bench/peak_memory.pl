#!/usr/bin/perl
# A process of its own for bench/run, which prints the most memory it ever held, in KiB (VmHWM).
#
#     peak_memory.pl                        bare perl
#     peak_memory.pl ROOT                   with the module loaded from ROOT/blib
#     peak_memory.pl ROOT VMX TARGET SYNC   after one full clone
#
# Modules are loaded only where they are needed: the bare perl must be bare.

use strict;
use warnings;

my ($root, $vmx, $target, $sync) = @ARGV;
if (defined $root) {
    unshift @INC, "$root/bench/lib";
    require Bench::Vix;
    Bench::Vix::load($root);
}
Bench::Vix::clone_vm($vmx, $target, $sync) if defined $vmx;
open my $status, '<', '/proc/self/status' or die "/proc/self/status: $!\n";
my ($peak) = map { /^VmHWM:\s*(\d+) kB/ } <$status>;
print "$peak\n";
