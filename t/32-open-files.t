#!/usr/bin/perl
# Every .vmx, of the samples and of real machines where there are some, opens and says of itself
# what stands in it, whatever program wrote it. The tests' own reader says what that is.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use File::Basename qw(basename);
use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest::Calls     qw(open_vm);
use VixTest::Files     qw(folder_digest list_files);
use VixTest::RealFiles qw(real_files real_folder real_text why_no_real_files);

my @ids = (
    VIX_PROPERTY_VM_NAME, VIX_PROPERTY_VM_GUESTOS,
    VIX_PROPERTY_VM_NUM_VCPUS, VIX_PROPERTY_VM_MEMORY_SIZE,
    VIX_PROPERTY_VM_POWER_STATE
);

# In folders named "broken..." is what VMware refuses (t/33-open-broken.t).
sub machines_among {
    return grep { /\.vmx$/ && !m{(?:^|/)broken[^/]*/} } @_;
}

# [name, guest, processors, MiB or nothing, power state]
sub what_stands_in {
    my ($vmx) = @_;
    my $value = real_text($vmx)->{value};
    my $name  = $value->{displayname};
    $name = basename($vmx, '.vmx') if !defined $name;
    return [
        $name, $value->{guestos} || '',
        $value->{numvcpus} || 1,
        $value->{memsize},
        $value->{'checkpoint.vmstate'} ? VIX_POWERSTATE_SUSPENDED : VIX_POWERSTATE_POWERED_OFF
    ];
}

sub open_each {
    my ($folder, @machines) = @_;
    my $before = folder_digest($folder);
    for my $vmx (@machines) {
        my ($err, $handle) = open_vm("$folder/$vmx");
        is($err, VIX_OK, "$vmx opens") or next;
        my ($code, @values) = GetProperties($handle, @ids);
        my $wanted = what_stands_in("$folder/$vmx");
        $wanted->[3] = $values[3] if !defined $wanted->[3];
        is_deeply([$code, @values], [VIX_OK, @{$wanted}], "$vmx: what it says");
        ReleaseHandle($handle);
    }
    is(folder_digest($folder), $before, 'nothing was touched');
    return;
}

my $samples = "$Bin/data/samples";
open_each($samples, machines_among(list_files($samples)));

SKIP: {
    my $reason = why_no_real_files(qr/\.vmx$/);
    skip $reason, 1 if $reason;
    open_each(real_folder(), machines_among(real_files(qr/\.vmx$/)));
}

done_testing();
