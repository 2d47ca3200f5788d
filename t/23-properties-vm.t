# GetProperties of virtual machines: every sample tells what stands in it.

use strict;
use warnings;
use utf8;

use FindBin;
use lib "$FindBin::Bin/lib";
use POSIX ();
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest qw(list_files make_vm slurp spew temp_dir);
use VixTest::Handles;

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output todo_output);

my $SAMPLES = "$FindBin::Bin/data/samples";
my $OFF    = VIX_POWERSTATE_POWERED_OFF;

my $host = connect_host();

sub properties {
    my ($vmx, @ids) = @_;
    my ($err, $vm) = VMOpen($host, $vmx);
    return $err if $err != VIX_OK;
    my @result = GetProperties($vm, @ids);
    ReleaseHandle($vm);
    return @result;
}

# What a function gives in a process without the rights of root.
sub as_nobody {
    my ($function) = @_;
    my $pid = open my $out, '-|';
    die "fork: $!" if !defined $pid;
    if (!$pid) {
        POSIX::setuid(65534) if $> == 0;
        print $function->();
        close STDOUT;
        POSIX::_exit(0);
    }
    return join '', <$out>;
}

# file => [name, guest, processors, megabytes, power state]
my %expected = (
    'clone-never-started/Clone of Build Host.vmx' =>
        ['Clone of Build Host', 'debian12-64', 2, 3072, $OFF],
    'encrypted-full.vmx'               => ['Payroll', '', 1, undef, $OFF],
    'encrypted-partial/Front Desk.vmx' =>
        ['Front Desk', 'windows11-64', 2, 5120, VIX_POWERSTATE_SUSPENDED],
    'esx4-clone-unquoted.vmx'              => ['Seat_41', 'windows7-64', 1, 1280, $OFF],
    'esx4-master.vmx'                      => ['golden1.002', 'windows7srv-64', 1, 1536, $OFF],
    'full-clone-started/Ledger Server.vmx' => ["B\x{fc}ro v2.4", 'otherlinux', 1, 640, $OFF],
    'fusion-13/Payroll Desk.vmx'           => ['Payroll Desk', 'windows11-64', 2, 4096, $OFF],
    'fusion-13/Sensor Gateway.vmx'         => ['Sensor Gateway', 'arm-debian12-64', 2, 2048, $OFF],
    'fusion-parent/Old Office PC.vmx'      => ['Old Office PC', 'winxppro', 1, 768, $OFF],
    'gbk-running/vm.vmx'                   => ['kk', 'rhel8-64', 4, 6148, $OFF],
    'gbk-snapshot.vmx'                     => ['Lager 64 模', 'fedora-64', 4, 2560, $OFF],
    'hand-edited-many-keys.vmx'   => ['Domain Controller', 'windows9srv-64', 4, 7168, $OFF],
    'lifecycle/00-new.vmx'        => ['Kiosk x64', 'windows8-64', 1, 1664, $OFF],
    'lifecycle/01-first-boot.vmx' => ['Kiosk x64', 'windows8-64', 1, 1664, $OFF],
    'minimal-template.vmx'        => ['minimal-template', '', 1, undef, $OFF],
    'moved-linux/Relay.vmx'       => ['Relay2-Linux', 'debian6', 1, 384, $OFF],
    'ovf-import/appliance.vmx'    => ['appliance', 'centos-64', 1, 1920, $OFF],
    'suspended/Mail Gate.vmx'     =>
        ['Mail Gate', 'debian10-64', 2, 1792, VIX_POWERSTATE_SUSPENDED],
    'win-1251-no-cid/vm.vmx' => ['k12', 'windows8-64', 2, 3328, $OFF],
    'workstation-25h2/Archive Node.vmx' => ['Archive Node', 'debian13-64', 2, 4096, $OFF],
    'workstation-25h2/Till 4.vmx'       => ['Till 4', 'windows11-64', 4, 8192, $OFF],
    'ws5-era-crlf.vmx'       => ['Tiny', 'dos', 1, 24, $OFF],
);

my @found = grep { /\.vmx\z/ && !/^broken-quotes/ } list_files($SAMPLES);    # t/33-open-broken.t
is_deeply([sort keys %expected], [sort @found], 'the test knows every sample');

for my $file (sort keys %expected) {
    my @answer = properties(
        "$SAMPLES/$file",               VIX_PROPERTY_VM_NAME,
        VIX_PROPERTY_VM_GUESTOS,       VIX_PROPERTY_VM_NUM_VCPUS,
        VIX_PROPERTY_VM_MEMORY_SIZE,   VIX_PROPERTY_VM_POWER_STATE,
        VIX_PROPERTY_VM_VMX_PATHNAME
    );
    my @wanted = @{ $expected{$file} };
    $wanted[3] = $answer[4] if !defined $wanted[3];
    utf8::decode(my $path = "$SAMPLES/$file");    # paths are text, too
    is_deeply(\@answer, [VIX_OK, @wanted, $path], $file) or diag GetErrorText($answer[0]);
    like($answer[4], qr/\A[1-9][0-9]*\z/, "$file: some memory");
}

my @fixed = (
    [VIX_PROPERTY_VM_VMTEAM_PATHNAME, '',                     'no team file'],
    [VIX_PROPERTY_VM_IN_VMTEAM,       0,                      'in no team'],
    [VIX_PROPERTY_VM_TOOLS_STATE,     VIX_TOOLSSTATE_UNKNOWN, 'tools in an unknown state'],
    [VIX_PROPERTY_VM_IS_RUNNING,      0,                      'does not run'],
    [VIX_PROPERTY_VM_SSL_ERROR,       0,                      'no certificate error'],
    [VIX_PROPERTY_VM_IS_RECORDING,    0,                      'does not record'],
    [VIX_PROPERTY_VM_IS_REPLAYING,    0,                      'does not replay'],
    [VIX_PROPERTY_VM_SUPPORTED_FEATURES, VIX_VM_SUPPORT_MULTIPLE_SNAPSHOTS
            | VIX_VM_SUPPORT_SHARED_FOLDERS | VIX_VM_SUPPORT_HARDWARE_UPGRADE,
        'all features but the installation of tools'],
);
my $dir = temp_dir();
my $vm  = make_vm(dir => "$dir/plain", name => 'plain', disks => 0);
is_deeply([properties($vm->{vmx}, $_->[0])], [VIX_OK, $_->[1]], $_->[2]) for @fixed;

is_deeply([properties($vm->{vmx}, VIX_PROPERTY_VM_READ_ONLY)], [VIX_OK, 0], 'may be written');
chmod 0444, $vm->{vmx} or die $!;
chmod 0755, "$dir", $ENV{HOME} or die $!;
my $answer = as_nobody(sub { join ' ', properties($vm->{vmx}, VIX_PROPERTY_VM_READ_ONLY) });
is($answer, '0 1', 'may not be written');
chmod 0000, $vm->{vmx} or die $!;
is(as_nobody(sub { (VMOpen($host, $vm->{vmx}))[0] }), VIX_E_FILE_ACCESS_ERROR, 'nor read');
chmod 0644, $vm->{vmx} or die $!;

is((properties($vm->{vmx}, VIX_PROPERTY_GUEST_SHAREDFOLDERS_SHARES_PATH))[0],
    VIX_E_VM_NOT_RUNNING, 'the folder of the shares needs a running guest');

my @foreign = map { $_->[1] }
    grep { $_->[2] =~ /\A(?:removed:)?property(?::|\z)/ && $_->[2] !~ /:(?:vm|guest)\z/ }
    read_table('constants.tsv');
my @known = grep { (properties($vm->{vmx}, $_))[0] != VIX_E_UNRECOGNIZED_PROPERTY } @foreign;
cmp_ok(scalar @foreign, '>', 30, 'the properties of other handles have been read');
is_deeply(\@known, [], 'and are unknown to a machine');

{
    my $player = connect_host(type => VIX_SERVICEPROVIDER_VMWARE_PLAYER);
    my ($err, $handle) = VMOpen($player, $vm->{vmx});
    is_deeply([GetProperties($handle, VIX_PROPERTY_VM_SUPPORTED_FEATURES)],
        [VIX_OK, VIX_VM_SUPPORT_SHARED_FOLDERS],
        'through Player shared folders alone');
    HostDisconnect($player);
}

subtest 'the path as the caller spelt it' => sub {
    local $ENV{VIX_DRIVE_C} = "$dir";
    is_deeply([properties('C:\\Plain\\PLAIN.vmx', VIX_PROPERTY_VM_VMX_PATHNAME)],
        [VIX_OK, 'C:\\Plain\\PLAIN.vmx'], 'with a drive letter');
    chdir $dir or die $!;
    is_deeply([properties('plain/plain.vmx', VIX_PROPERTY_VM_VMX_PATHNAME)],
        [VIX_OK, "$dir/plain/plain.vmx"], 'relative: made absolute');
    chdir '/' or die $!;
    symlink "$dir/plain", "$dir/link" or die $!;
    is_deeply([properties("$dir/link/plain.vmx", VIX_PROPERTY_VM_VMX_PATHNAME)],
        [VIX_OK, "$dir/link/plain.vmx"], 'links are not resolved');
};

subtest 'names beyond ASCII' => sub {
    my $accented = "$dir/B\x{fc}ro \x{4f4d}";
    make_vm(dir => $accented, name => 'alpha', disks => 0,
        keys => [displayName => do { no utf8; "B\xc3\xbcro" }]);
    my ($err, $name, $path, $guest) = properties("$accented/alpha.vmx", VIX_PROPERTY_VM_NAME,
        VIX_PROPERTY_VM_VMX_PATHNAME, VIX_PROPERTY_VM_GUESTOS);
    is($err,  VIX_OK, 'opened') or diag GetErrorText($err);
    is($name, "B\x{fc}ro", 'the name in characters');
    ok(utf8::is_utf8($name), 'as such');
    is($path, "$accented/alpha.vmx", 'the path too');
    ok(!utf8::is_utf8($guest), 'plain ASCII has no flag');
};

subtest 'more than any machine has' => sub {
    my $large = make_vm(dir => "$dir/large", name => 'large', disks => 0);
    my $text  = slurp($large->{vmx});
    my $lines = $text =~ tr/\n//;
    my $fill  = sub { join '', map {"filler$_ = \"\"\n"} 1 .. $_[0] - $lines };
    spew($large->{vmx}, $text . $fill->(20_000));
    is_deeply([properties($large->{vmx}, VIX_PROPERTY_VM_NAME)], [VIX_OK, 'large'],
        'a .vmx of 20,000 lines');
    spew($large->{vmx}, $text . $fill->(20_001));
    is((properties($large->{vmx}, VIX_PROPERTY_VM_NAME))[0], VIX_E_CANNOT_READ_VM_CONFIG,
        'one of 20,001 is refused');
    spew($large->{vmx}, $text);

    my (undef, $handle) = VMOpen($host, $large->{vmx});
    my $list = sub { join '', map {"snapshot$_.uid = \"" . ($_ + 1) . "\"\n"} 0 .. $_[0] - 1 };
    spew("$large->{dir}/large.vmsd", $list->(2000));
    is_deeply([VMGetNumRootSnapshots($handle)], [VIX_OK, 2000], 'a list of 2,000 snapshots');
    spew("$large->{dir}/large.vmsd", $list->(2001));
    is_deeply([VMGetNumRootSnapshots($handle)], [VIX_E_SNAPSHOT_CONFIG, 0],
        'one of 2,001 is refused');
};

subtest 'read anew each time' => sub {
    my ($err, $handle) = VMOpen($host, $vm->{vmx});
    is((GetProperties($handle, VIX_PROPERTY_VM_NAME))[1], 'plain', 'the name');
    make_vm(dir => "$dir/plain", name => 'plain', disks => 0, keys => [displayName => 'other']);
    is((GetProperties($handle, VIX_PROPERTY_VM_NAME))[1], 'other', 'after a change');
    open my $out, '>', $vm->{vmx} or die $!;
    print {$out} "\0\1\2 not a configuration\n";
    close $out;
    is((GetProperties($handle, VIX_PROPERTY_VM_NAME))[0], VIX_E_CANNOT_READ_VM_CONFIG, 'garbled');
    is((VMOpen($host, $vm->{vmx}))[0], VIX_E_CANNOT_READ_VM_CONFIG, 'VMOpen finds it garbled too');
};

done_testing;
