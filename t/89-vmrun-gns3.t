#!/usr/bin/perl
# What GNS3's server does with vmrun: it reads the version, takes one snapshot for all linked clones,
# and edits the snapshot list so that the parent has no record of a clone.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VixTest;
use VixTest::Calls qw(without_libvirt);
use VixTest::Vmrun qw(own_home said setting vmrun);

my $HOME = own_home();
without_libvirt();

my $usage = vmrun();
my ($version) = $usage->{out} =~ /vmrun version ([0-9.]+)/;
is_deeply([split /\./, $version], [1, 17, 0], 'a version of three numbers, not below 1.13.0');

my $vm   = make_vm();
my $vmsd = $vm->{vmx} =~ s/x\z/sd/r;
my $dir  = temp_dir();
my $BASE = 'GNS3 Linked Base for clones';
is(said('-T', 'ws', 'snapshot', $vm->{vmx}, $BASE), '(0)', 'the base for clones');

# Lower-case keys, no comments, and without the records of clones.
sub edit_list {
    my %keys;
    for my $line (split /\n/, slurp($vmsd)) {
        my ($key, $value) = split /=/, $line, 2;
        next if !defined $value;
        $keys{ lc $key =~ s/\s//gr } = $value =~ s/\A[" ]+|[" \r]+\z//gr;
    }
    my ($name) = map {/\A([^.]+)/} grep { $keys{$_} eq $BASE } keys %keys;
    ok(defined $name, 'the list has the base by its name');
    if (defined $keys{"$name.numclones"}) {
        delete $keys{"$name.clone$_"} for 0 .. $keys{"$name.numclones"} - 1;
        $keys{"$name.numclones"}--;
    }
    spew($vmsd, join '', map {qq{$_ = "$keys{$_}"\n}} sort keys %keys);
    return;
}

for my $name ('Router 1', 'Router 2') {
    subtest "a linked clone, $name" => sub {
        my $clone = "$dir/$name/$name.vmx";
        mkdir "$dir/$name" or die "mkdir: $!";
        is(said('-T', 'ws', 'clone', $vm->{vmx}, $clone, 'linked', "-snapshot=$BASE",
            "-cloneName=$name"), '(0)', 'into its folder');
        is(setting($clone, 'displayName'), $name, 'with its name');
        edit_list();
        is(said('-T', 'ws', 'listSnapshots', $vm->{vmx}), "Total snapshots: 1\n$BASE\n(0)",
            'the edited list is read');
        is(said('-T', 'ws', 'stop', $clone, 'soft'),
            "Error: The virtual machine is not powered on: $clone\n(255)", 'it is off');
    };
}

my $list = vmrun('-T', 'ws', 'list');
is_deeply([split /\n/, $list->{out}], ['Total running VMs: 0'], 'lines of paths');

done_testing;
