#!/usr/bin/perl
# What Packer's builder for existing machines (vmware-vmx) does with vmrun: a clone into its output
# folder, edits of the .vmx, polls of the list, a snapshot.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VixTest;
use VixTest::Calls qw(without_libvirt);
use VixTest::Locks qw(put_lock);
use VixTest::Vmrun qw(own_home said setting vmrun);

my $HOME = own_home();
without_libvirt();

# Writes the .vmx as Packer does: every key in lower case, sorted, without comments.
sub rewrite {
    my ($vmx, %new) = @_;
    my %keys = (keys_of($vmx), %new);
    delete @keys{ grep {/generatedaddress/} keys %keys };
    spew($vmx, join '', map {qq{$_ = "$keys{$_}"\n}} sort keys %keys);
    return;
}

sub keys_of {
    my ($vmx) = @_;
    my %keys;
    for my $line (split /\r?\n/, slurp($vmx)) {
        $keys{ lc $1 } = $2 if $line =~ /^([^#=\s][^=]*?) *= *"([^"]*)"/;
    }
    return %keys;
}

# Packer finds the machine in the list by a line that is its absolute path.
sub is_running {
    my ($vmx) = @_;
    my $run = vmrun('-T', 'ws', 'list');
    is($run->{status}, 0, 'list');
    return scalar grep { $_ eq $vmx } split /\n/, $run->{out};
}

for my $kind (qw(full linked)) {
    subtest "a $kind clone" => sub {
        my $source = make_vm();
        my $out    = temp_dir();
        spew("$out/disk-1.vmdk", 'a disk that Packer has made before');
        my @snapshot;
        if ($kind eq 'linked') {
            is(said('-T', 'ws', 'snapshot', $source->{vmx}, 'base'), '(0)', 'the source has one');
            @snapshot = ('-snapshot', 'base');
        }
        is(said('-T', 'ws', 'clone', $source->{vmx}, "$out/built.vmx", $kind, @snapshot),
            '(0)', 'into the folder with that disk');
        is(slurp("$out/disk-1.vmdk"), 'a disk that Packer has made before', 'which is as it was');
        rewrite("$out/built.vmx", 'msg.autoanswer' => 'true', 'uuid.action' => 'create',
            'displayname' => 'built', 'scsi0:7.present' => 'FALSE');
        ok(!is_running("$out/built.vmx"), 'it does not run');
        is(said('register', "$out/built.vmx"), '(0)', 'in the list of registered machines');
        put_lock("$out/built.vmx");
        ok(is_running("$out/built.vmx"), 'it runs');
        unlink glob "$out/built.vmx.lck/*";
        rmdir "$out/built.vmx.lck";
        ok(!is_running("$out/built.vmx"), 'and ended');
        is(said('-T', 'ws', 'snapshot', "$out/built.vmx", 'packer'), '(0)', 'a snapshot');
        is(setting("$out/built.vmx", 'displayname'), 'built', 'the edits stay');
    };
}

my $off = make_vm();
is(said('-T', 'ws', 'stop', $off->{vmx}, 'hard'),
    "Error: The virtual machine is not powered on: $off->{vmx}\n(255)", 'stop of one that is off');
is(said('-T', 'ws', 'getGuestIPAddress', $off->{vmx}),
    "Error: The virtual machine is not powered on: $off->{vmx}\n(255)", 'and its address');

done_testing;
