#!/usr/bin/perl
# Nobody may read or write in a clone what he may not in its source.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VixTest;
use VixTest::Calls qw(clone_vm);
use VixTest::Files qw(list_files);

umask 022;
my $keep   = temp_dir();
my $number = 0;

# { file of the clone => its mode as text } when `$modes` ({ file => mode }) are given to the
# source's.
sub modes_of_clone {
    my ($modes, %machine) = @_;
    my $vm = make_vm(dir => "$keep/" . $number++, %machine);
    chmod $modes->{$_}, "$vm->{dir}/$_" or die "chmod $_: $!" for keys %{$modes};
    my $result = clone_vm($vm->{vmx}, "$vm->{dir}.clone/copy.vmx");
    is($result->{err}, VIX_OK, 'cloned') or diag($result->{text});
    return { map { $_ => sprintf '%04o', (stat "$vm->{dir}.clone/$_")[2] & 07777 }
            list_files("$vm->{dir}.clone") };
}

my $flat = [{ type => 'monolithicFlat' }];

is_deeply(
    modes_of_clone({}, disks => $flat),
    {   map({ ("copy.$_" => '0644') } qw(nvram vmsd vmx vmxf)),
        'alpha-cl1.vmdk'      => '0644',
        'alpha-cl1-flat.vmdk' => '0644'
    },
    'an ordinary machine: as the umask wants it'
);
{
    my $modes
        = modes_of_clone(
        { map { $_ => 0600 } qw(alpha.vmx alpha.nvram alpha.vmdk alpha-flat.vmdk) },
        disks => $flat);
    is_deeply([grep { $_ ne '0600' } values %{$modes}], [], 'a private machine has a private clone')
        or diag(explain($modes));
}
is(modes_of_clone({ 'alpha.vmx' => 0755 })->{'copy.vmx'}, '0755',
    'a .vmx that can be run stays so');
is(modes_of_clone({ 'alpha.nvram'     => 0600 })->{'copy.nvram'}, '0600', 'a private nvram');
is(modes_of_clone({ 'alpha-flat.vmdk' => 0600 }, disks => $flat)->{'alpha-cl1-flat.vmdk'},
    '0600', 'a private extent under an open descriptor');
is(modes_of_clone({ 'alpha.vmdk' => 0600 }, disks => [{ deltas => [{}] }])->{'alpha-cl1.vmdk'},
    '0600', 'a private base under an open delta');
is( modes_of_clone({ 'alpha-s002.vmdk' => 0640 }, disks => [{ type => 'twoGbMaxExtentSparse' }])
        ->{'alpha-cl1-s002.vmdk'},
    '0640',
    'one private extent of several'
);
{
    umask 077;
    my $modes = modes_of_clone({}, disks => $flat);
    is_deeply([grep { $_ ne '0600' } values %{$modes}], [], 'the umask is heeded')
        or diag(explain($modes));
    umask 022;
}

done_testing();
