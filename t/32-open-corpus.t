#!/usr/bin/perl
# Every .vmx of the corpus opens and says of itself what stands in it, whatever program wrote it.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest::Calls qw(open_vm);
use VixTest::Files qw(folder_digest list_files);

my $corpus = "$Bin/data/corpus";

# path => [displayName, guestOS, CPUs, MiB, power state]
my $off       = VIX_POWERSTATE_POWERED_OFF;
my $suspended = VIX_POWERSTATE_SUSPENDED;
my %said      = (
    'clone-never-powered-on/Clone of Ubuntu 64-bit.vmx' =>
        ['Clone of Ubuntu 64-bit', 'ubuntu-64', 2, 6144, $off],
    'encrypted-full.vmx'                         => ['Windows 7', '', 1, undef, $off],
    'encrypted-partial-win11/Windows 11 x64.vmx' =>
        ['Windows 11 x64', 'windows11-64', undef, undef, $suspended],
    'esx4-clone-unquoted.vmx'                       => ['Clone_98', undef, undef, undef, $off],
    'esx4-master.vmx'                               => ['master0.004', undef, undef, undef, $off],
    'full-clone-owaspbwa/OWASP Broken Web Apps.vmx' =>
        ['OWASP Broken Web Apps VM v1.2', undef, 1, undef, $off],
    'fusion-parent-of-linked-clone/Windows XP Professional.vmx' =>
        ['Windows XP Professional', 'winxppro', undef, undef, $off],
    'gbk-running/vm.vmx'                 => ['hh', undef, undef, undef, $off],
    'gbk-snapshot.vmx'                   => ["Ubuntu 64 \x{4f4d}", undef, undef, undef, $off],
    'hand-edited-many-keys.vmx'          => ['Windows Server 2016', undef, undef, undef, $off],
    'lifecycle/00-new.vmx'               => ['Windows 7 x64', 'windows7-64', undef, undef, $off],
    'lifecycle/01-first-boot.vmx'        => ['Windows 7 x64', 'windows7-64', undef, undef, $off],
    'metasploitable2/Metasploitable.vmx' => ['Metasploitable2-Linux', undef, undef, undef, $off],
    'minimal-template.vmx'               => ['minimal-template', '', 1, undef, $off],
    'ovf-import/workstation.vmx'         => ['workstation', undef, undef, undef, $off],
    'suspended/Ubuntu 64-bit.vmx'        => ['Ubuntu 64-bit', undef, undef, undef, $suspended],
    'win-1251-no-cid/vm.vmx'             => ['x10', 'windows9-64', 2, 4096, $off],
    'ws5-era-crlf.vmx'                   => ['Other', undef, undef, undef, $off],
);
my @ids = (
    VIX_PROPERTY_VM_NAME, VIX_PROPERTY_VM_GUESTOS,
    VIX_PROPERTY_VM_NUM_VCPUS, VIX_PROPERTY_VM_MEMORY_SIZE,
    VIX_PROPERTY_VM_POWER_STATE
);

is_deeply(
    [sort keys %said],
    [sort grep { /\.vmx$/ && !/broken-quotes/ } list_files($corpus)],
    'every .vmx of the corpus is here but the one that t/33-open-broken.t has'
);

my $before = folder_digest($corpus);
for my $vmx (sort keys %said) {
    my ($err, $handle) = open_vm("$corpus/$vmx");
    is($err, VIX_OK, "$vmx opens") or next;
    my ($code, @values) = GetProperties($handle, @ids);
    my @known = grep { defined $said{$vmx}[$_] } 0 .. $#ids;
    is_deeply([@values[@known]], [@{ $said{$vmx} }[@known]], "$vmx: what it says");
    ReleaseHandle($handle);
}
is(folder_digest($corpus), $before, 'nothing of the corpus was touched');

done_testing();
