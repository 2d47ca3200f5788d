#!/usr/bin/perl
# What the sandboxes Cuckoo and CAPE do with vmrun: no -T, and only output and exit status count.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VixTest;
use VixTest::Calls qw(without_libvirt);
use VixTest::Locks qw(put_lock);
use VixTest::Vmrun qw(own_home said vmrun);

my $HOME = own_home();
without_libvirt();
my $vm = make_vm();
is(said('snapshot', $vm->{vmx}, 'clean state'), '(0)', 'set up by hand');

# The sandbox searches the whole output for a name or a path; no output at all is its error.
sub output_has {
    my ($text, @command) = @_;
    my $out = vmrun(@command)->{out};
    ok(length $out, "@command prints something");
    return index($out, $text) >= 0;
}

ok(output_has('clean state', 'listSnapshots', $vm->{vmx}), 'the snapshot is there');
ok(!output_has($vm->{vmx}, 'list'), 'the machine does not run');
is(vmrun('revertToSnapshot', $vm->{vmx}, 'clean state')->{status}, 0, 'it reverts');
isnt(vmrun('revertToSnapshot', $vm->{vmx}, 'other')->{status}, 0, 'not to one that is missing');
is(said('register', $vm->{vmx}), '(0)', 'set up by hand');
put_lock($vm->{vmx});
ok(output_has($vm->{vmx}, 'list'), 'the machine runs');
like(vmrun('start', $vm->{vmx}, 'gui')->{out}, qr/already running/,
    'start with a window prints its failure');
unlink glob "$vm->{vmx}.lck/*";
isnt(vmrun('stop', $vm->{vmx}, 'hard')->{status}, 0, 'stop of one that is off fails');
is(vmrun('snapshot', $vm->{vmx}, 'memdump')->{status}, 0, 'a snapshot for the memory');
is(vmrun('deleteSnapshot', $vm->{vmx}, 'memdump')->{status}, 0, 'is deleted again');

done_testing;
