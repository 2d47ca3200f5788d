#!/usr/bin/perl
# Disks of more extents than a process may have open by its soft limit: they are cloned, merged and
# run all the same.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest qw(make_vm slurp spew);
use VixTest::Calls qw(open_vm perl_with_vix);
use VixTest::Guest qw(run_folder why_nothing_runs);

my $EXTENTS = 300;
my $LIMIT   = 128;

my $keep = run_folder();
my $vmx  = make_vm(dir => "$keep/vm", name => 'vm')->{vmx};
my ($disk) = slurp($vmx) =~ /"([^"]+\.vmdk)"/ or die 'no disk';
my @names = map { sprintf 'many-f%03d.vmdk', $_ } 1 .. $EXTENTS;
for my $number (1 .. $EXTENTS) {
    open my $extent, '>:raw', "$keep/vm/$names[$number - 1]" or die $!;
    print {$extent} "extent $number" or die $!;
    truncate $extent, 1 << 20 or die $!;
    close $extent or die $!;
}
spew("$keep/vm/$disk", join "\n", '# Disk DescriptorFile', 'version=1', 'CID=12345678',
    'parentCID=ffffffff', 'createType="twoGbMaxExtentFlat"',
    (map {qq(RW 2048 FLAT "$_" 0)} @names), 'ddb.adapterType = "lsilogic"',
    'ddb.geometry.cylinders = "38"', 'ddb.geometry.heads = "255"', 'ddb.geometry.sectors = "63"',
    'ddb.virtualHWVersion = "16"', '');

# Runs this with $vm in a process that may have few files, by its soft limit; gives what it prints.
sub limited {
    my ($code) = @_;
    my @perl = perl_with_vix('-MVMware::Vix::Simple', '-MVMware::Vix::API::Constants',
        '-MVixTest::Calls', '-e',
        "my (undef, \$vm) = VixTest::Calls::open_vm(shift); $code", $vmx, $keep);
    open my $out, '-|', 'sh', '-c', "ulimit -S -n $LIMIT; exec \"\$@\"", 'sh', @perl or die $!;
    local $/ = undef;
    my $text = <$out>;
    close $out;
    return $text;
}

sub prints_ok {
    my ($code, $what) = @_;
    return is(limited($code . 'print $err == VIX_OK ? "ok" : GetErrorText($err)'), 'ok', $what);
}

my (undef, $vm) = open_vm($vmx);
my @snapshots = map { (VMCreateSnapshot($vm, "s$_", undef, 0, VIX_INVALID_HANDLE))[1] } 1, 2;
prints_ok('my ($err) = VMClone($vm, 0, VIX_CLONETYPE_FULL, "$ARGV[0]/full/full.vmx", 0, 0);',
    'a full clone');
prints_ok('my ($err) = VMClone($vm, 0, VIX_CLONETYPE_LINKED, "$ARGV[0]/linked/linked.vmx", 0, 0);',
    'a linked clone');

SKIP: {
    my $reason = why_nothing_runs();
    skip($reason, 2) if defined $reason;
    prints_ok('my $err = VMPowerOn($vm, 0, 0);',  'starting it, with two snapshots');
    prints_ok('my $err = VMPowerOff($vm, 0);', 'and its end');
}

for my $name (qw(s1)) {
    prints_ok("my (undef, \$s) = VMGetNamedSnapshot(\$vm, '$name');"
            . 'my $err = VMRemoveSnapshot($vm, $s, 0);', "merging $name");
}
is(slurp("$keep/vm/$names[-1]") =~ /\Aextent $EXTENTS\0/ ? 'there' : 'gone', 'there',
    'the last extent is as it was');
done_testing;
