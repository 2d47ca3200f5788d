#!/usr/bin/perl
# The clone's .vmx is the source's, edited in place: what makes the clone itself changes, all the
# rest stays to the byte.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VixTest;
use VixTest::Calls qw(clone_vm);
use VixTest::Files qw(list_files);
use VixTest::Vmx   qw(parse_vmx read_vmx changed_lines);

# ($vm, what read_vmx says of the clone, the clone's folder) for a machine with these keys.
sub cloned {
    my (%given) = @_;
    my $vm      = make_vm(%given);
    my $result  = clone_vm($vm->{vmx}, "$vm->{dir}.clone/The Copy.vmx");
    is($result->{err}, VIX_OK, 'cloned') or die $result->{text};
    return ($vm, read_vmx("$vm->{dir}.clone/The Copy.vmx"), "$vm->{dir}.clone");
}

my $keep = temp_dir();
my $run  = 0;

sub value_in_clone {
    my ($key, $value) = @_;
    my (undef, $copy) = cloned(dir => "$keep/" . $run++, keys => [$key => $value]);
    return $copy->{value}{ lc $key };
}

my ($vm, $copy, $dir) = cloned(
    dir  => "$keep/all",
    keys => [
        'vm.createDate'                    => '1400000000000000',
        'ethernet1.present'                => 'TRUE',
        'ethernet1.addressType'            => 'static',
        'ethernet1.address'                => '00:50:56:00:00:01',
        'ethernet2.present'                => 'TRUE',
        'ethernet2.addressType'            => 'generated',
        'ethernet2.generatedAddress'       => '00:0C:29:A4:2E:84',
        'ethernet2.generatedAddressOffset' => 20,
        'vmci0.id'                         => '-2091054180',
        'vmxstats.filename'                => 'alpha.scoreboard',
        'pciBridge0.pciSlotNumber'         => 17,
        'guestInfo.detailed.data'          => "architecture='X86'",
        'annotation'                       => 'a|0D|0Ab',
        'no.such.key'                      => 'kept',
        'checkpoint.vmState'               => '',
    ],
    files => {
        'alpha-3f9a02c7.vmem'  => 'memory',
        'alpha.vmx.lck.bak'    => 'x',
        'vmware.log'           => 'log',
        'alpha-Snapshot1.vmsn' => 'snapshot',
        'alpha.scoreboard'     => 'x',
        'notes.txt'            => 'mine',
    },
);
my $is = $copy->{value};

is($is->{displayname}, 'The Copy', 'displayName is the name of the clone\'s .vmx');
is($is->{nvram}, 'The Copy.nvram', 'nvram is named after the clone');
is($is->{extendedconfigfile}, 'The Copy.vmxf', 'so is extendedConfigFile');
is($is->{'scsi0:0.filename'}, 'alpha-cl1.vmdk', 'the disk is <base>-cl1');
is($is->{'scsi0:0.redo'}, '', 'redo stays empty');
is($is->{'uuid.bios'}, '', 'uuid.bios is empty: made at the first power on');
is($is->{'uuid.location'}, '', 'so is uuid.location');
is($is->{'ethernet0.addresstype'}, 'generated', 'a generated MAC stays generated');
ok(!exists $is->{'ethernet0.generatedaddress'}, 'but the address goes');
ok(!exists $is->{'ethernet0.generatedaddressoffset'}, 'and its offset');
ok(!exists $is->{'ethernet2.generatedaddress'}, 'of every adapter');
is($is->{'ethernet1.address'}, '00:50:56:00:00:01', 'a static MAC stays');
is_deeply(
    [@{ $copy->{keys} }[-2, -1]],
    ['vc.uuid', 'policy.vm.mvmtid'],
    'vc.uuid and policy.vm.mvmtid stand at the end'
);
is("$is->{'vc.uuid'}$is->{'policy.vm.mvmtid'}", '', 'both empty');
cmp_ok(abs($is->{'vm.createdate'} / 1e6 - time), '<', 3600, 'vm.createDate is the time of cloning');
is($is->{'vmci0.id'}, '-2091054180', 'vmci0.id stays, as VMware leaves it');

my @edited = qw(displayname nvram extendedconfigfile scsi0:0.filename uuid.bios uuid.location
    ethernet0.generatedaddress ethernet0.generatedaddressoffset ethernet2.generatedaddress
    ethernet2.generatedaddressoffset vm.createdate vc.uuid policy.vm.mvmtid);
is_deeply(
    [sort keys %{ changed_lines(slurp($vm->{vmx}), $copy->{text}) }],
    [sort @edited],
    'no other line is changed'
);
my @order = grep { lc ne 'vc.uuid' && lc ne 'policy.vm.mvmtid' } @{ $copy->{keys} };
my %gone  = map  { $_ => 1 } grep {/generatedaddress/} @edited;
is_deeply(
    \@order,
    [grep { !$gone{ lc $_ } } @{ read_vmx($vm->{vmx})->{keys} }],
    'the lines keep their order'
);

is_deeply(
    [list_files($dir)],
    [sort 'The Copy.nvram', 'The Copy.vmsd', 'The Copy.vmx', 'The Copy.vmxf', 'alpha-cl1.vmdk'],
    'the folder holds the clone and no log, memory, snapshot or lock file'
);
is(slurp("$dir/The Copy.nvram"), slurp("$vm->{dir}/alpha.nvram"), 'the nvram is copied');
is(slurp("$dir/The Copy.vmsd"), '', 'there are no snapshots');
my $vmxf = slurp("$dir/The Copy.vmxf");
like($vmxf, qr{<vmxPathName[^>]*>The Copy\.vmx</vmxPathName>}, 'the .vmxf names the clone\'s .vmx');
like($vmxf, qr{<VMId[^>]*>52 [0-9a-f ]{20}-[0-9a-f ]{23}</VMId>}, 'and has a VMId');
unlike($vmxf, qr{52 9c 14 e0 3b 77 d2 85}, 'of its own');

my ($first)  = slurp("$dir/alpha-cl1.vmdk") =~ /ddb\.uuid = "([^"]+)"/;
my $again    = clone_vm($vm->{vmx}, "$keep/again/The Copy.vmx");
my ($second) = slurp("$keep/again/alpha-cl1.vmdk") =~ /ddb\.uuid = "([^"]+)"/;
isnt($first, $second, 'every clone of one source has another disk uuid');

is(value_in_clone('vc.uuid', '52 f0 3d 81 a9 26 5e c7-40 b3 9d 17 e2 68 0c 54'),
    '', 'vc.uuid is emptied');
is(value_in_clone('policy.vm.mvmtid', '52 86'), '', 'policy.vm.mvmtid is emptied');
is(value_in_clone('uuid.action', 'keep'), 'keep', 'uuid.action stays');
is(value_in_clone('checkpoint.vmState', 'alpha-3f9a02c7.vmss'),
    '', 'a suspended state is not taken over');
isnt(value_in_clone('checkpoint.vmState.readOnly', 'TRUE'),
    'TRUE', 'nor that it may not be deleted');
is(value_in_clone('workingDir', '.'), '.', 'a working folder "." stays');
unlike(value_in_clone('workingDir', '/srv/snapshots') || '.', qr/srv/, 'an absolute one does not');
isnt(uc(value_in_clone('templateVM', 'TRUE') || ''),
    'TRUE', 'the clone of a template is no template');
unlike(value_in_clone('sched.swap.derivedName', '/vmfs/volumes/x/alpha-5b3.vswp') || '',
    qr/alpha/, 'no swap file of the source');
unlike(value_in_clone('migrate.hostlog', './alpha-b6047d1e.hlog') || '',
    qr/alpha/, 'no migration log of the source');
isnt(value_in_clone('vm.genid', '-4107263958821740935') || '',
    '-4107263958821740935', 'Windows sees another generation id');
isnt(value_in_clone('vm.genidX', '7290418365507126493') || '',
    '7290418365507126493', 'in both its halves');

# Text that no program would write by itself, and that VMware reads.
my @odd = (
    '#!/usr/bin/vmware',
    '# a comment = "with a value"',
    '',
    '.encoding = "UTF-8"',
    'config.version = "8"',
    'virtualHW.version="16"',
    "\tDISPLAYNAME =   \"alpha\"   # trailing remark",
    'unquoted = word',
    'empty =',
    '# two words = a b',
    'nvram = alpha.nvram',
    'numa.autosize = "1" # trailing',
    'scsi0.present = "true"',
    'SCSI0:0.FILENAME = "alpha.vmdk"',
    'scsi0:0.present = TRUE',
    'escaped = "a|22b|7Cc|zz"',
    'caf' . "\xc3\xa9" . ' = "latin"',
    'ethernet0.addressType = "static"',
    '   ',
);
my $untouched = qr{^\s*(?: \# | $ | \.enc | config | virtualHW | shared | unq | two | emp | numa
    | scsi0\. | scsi0:0\.present | esc | caf | eth)}x;
for my $eol (["\n", 'LF'], ["\r\n", 'CRLF']) {
    my ($end, $name) = @{$eol};
    my ($odd, $odd_copy)
        = cloned(dir => "$keep/odd $name", text => join($end, @odd) . $end);
    my @kept = grep {/$untouched/} split /\Q$end\E/, $odd_copy->{text};
    is_deeply(\@kept, [grep {/$untouched/} @odd], "$name: odd lines stay as they are");
    is($odd_copy->{value}{displayname}, 'The Copy', "$name: a key in capitals is found");
    like(
        $odd_copy->{text},
        qr/^SCSI0:0\.FILENAME = "alpha-cl1\.vmdk"\r?$/m,
        "$name: and keeps its spelling"
    );
    my $ends = () = $odd_copy->{text} =~ /\n/g;
    my $full = () = $odd_copy->{text} =~ /(?<!\r)\Q$end\E/g;
    is($full, $ends, "$name: every line ends alike, new ones too");
}

my ($bare, $bare_copy) = cloned(
    dir  => "$keep/no end",
    text => qq(config.version = "8"\nscsi0.present = "TRUE"\nscsi0:0.present = "TRUE"\n)
        . qq(scsi0:0.fileName = "alpha.vmdk"),
);
is($bare_copy->{value}{'scsi0:0.filename'},
    'alpha-cl1.vmdk', 'a last line without an end is edited');
is($bare_copy->{value}{displayname},
    'The Copy', 'what was missing is appended on a line of its own');

done_testing();
