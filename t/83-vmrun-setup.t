#!/usr/bin/perl
# vmrun-setup: the files that programs search for on a host with VMware Workstation, and that nothing of
# others is replaced or deleted.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use File::Find ();
use IO::Socket::INET ();
use POSIX ();
use Test::More;

use VMware::Vix::Setup;
use VMware::Vix::Setup::Forwarder;
use VMware::Vix::Setup::Libvirt;
use VMware::Vix::Setup::Networks;
use VixTest;
use VixTest::Calls qw(perl_with_vix without_libvirt);
use VixTest::Tools qw(run_tool);
use VixTest::Vmrun qw(own_home);

my $HOME = own_home();
without_libvirt();
$ENV{PERL5LIB} = join ':', map { File::Spec->rel2abs($_) } grep { !ref } @INC;

# A host without libvirt, so that the files are the same on all hosts.
my $tools = temp_dir();
spew("$tools/virsh", "#!/bin/sh\necho 'error: there is no libvirt' >&2\nexit 1\n");
chmod 0755, "$tools/virsh" or die "chmod: $!";
$ENV{PATH} = "$tools:$ENV{PATH}";

my $MARK = '# ' . VMware::Vix::Setup::MARK();

sub setup {
    return run_tool(perl_with_vix("$FindBin::Bin/../script/vmrun-setup"), @_);
}

sub files_below {
    my ($folder) = @_;
    my @found;
    File::Find::find({ no_chdir => 1, wanted => sub { push @found, $_ if !-d } }, $folder);
    return sort map { substr $_, length $folder } @found;
}

my @PROGRAMS = qw(/usr/bin/vmplayer /usr/bin/vmrun /usr/bin/vmware /usr/bin/vmware-networks
    /usr/bin/vmware-vdiskmanager /usr/lib/vmware/bin/vmware-vmx);
my @SETTINGS = map {"/etc/vmware/$_"} qw(license-ws-vmware-vix netmap.conf networking vmware-vix.conf);

my $root = temp_dir();
subtest 'without --install it only shows what it would do' => sub {
    for my $run (setup('--root', $root), setup('--root', $root, '--install', '--dry-run')) {
        is($run->{status}, 0, 'status');
        is_deeply([sort $run->{out} =~ /^would write \Q$root\E(\S+)$/mg], [sort @PROGRAMS, @SETTINGS],
            'it names the files');
        like($run->{out}, qr/^Nothing was changed\./m, 'and says that it made none');
        is_deeply([files_below($root)], [], 'there are none');
    }
};

subtest 'the files' => sub {
    my $run = setup('--root', $root, '--install');
    is($run->{status}, 0, 'status') or diag $run->{out}, $run->{err};
    is_deeply([files_below($root)], [sort @PROGRAMS, @SETTINGS], 'all are there');
    like(slurp("$root$_"), qr/^\Q$MARK\E$/m, "$_ has the mark") for @PROGRAMS, @SETTINGS;
    is(slurp("$root/etc/vmware/netmap.conf"), <<"END", 'netmap.conf');
$MARK
network0.name = "Bridged"
network0.device = "vmnet0"
network1.name = "HostOnly"
network1.device = "vmnet1"
network8.name = "NAT"
network8.device = "vmnet8"
END
    $run = setup('--root', $root, '--install');
    unlike($run->{out}, qr/^(?:write|update)/m, 'a second time it writes nothing');
    spew("$root/etc/vmware/netmap.conf", "$MARK\nold\n");
    $run = setup('--root', $root, '--install');
    is_deeply([$run->{out} =~ /^(?:write|update) (\S+)$/mg], ["$root/etc/vmware/netmap.conf"],
        'but what is not as it should be');
};

subtest 'the programs' => sub {
    my ($this, $usual) = map { join ':', (stat)[0, 1] } $^X, '/usr/bin/perl';
    plan skip_all => 'scripts that are not installed yet start /usr/bin/perl' if $this ne $usual;
    my $version = qr/VMware Workstation 17\.6\.4 build-0 \(VMware::Vix [\d.]+\)\n/;
    for my $name (qw(vmware vmplayer)) {
        my $run = run_tool("$root/usr/bin/$name", '-v');
        like($run->{out}, qr/\A$version\z/, "$name -v");
        is($run->{status}, 0, 'status');
    }
    my $run = run_tool("$root/usr/lib/vmware/bin/vmware-vmx", '-v');
    like($run->{err}, qr/\A$version\z/, 'vmware-vmx -v, on standard error');
    is($run->{status}, 0, 'status');
    $run = run_tool("$root/usr/lib/vmware/bin/vmware-vmx", '--query-license', 'LicenseEdition');
    is("$run->{out}$run->{err}($run->{status})", "\n(0)", 'no license');
    $run = run_tool("$root/usr/bin/vmrun", 'list');
    is($run->{out}, "Total running VMs: 0\n", 'vmrun is ours');
    $run = run_tool("$root/usr/bin/vmware-vdiskmanager", '--version');
    like($run->{out}, qr/VMware::Vix/, 'so is vmware-vdiskmanager');
    isnt(run_tool("$root/usr/bin/vmware")->{status}, 0, 'there is no user interface');
    isnt(run_tool("$root/usr/bin/vmware-networks", '--frobnicate')->{status}, 0, 'nor such an option');
};

subtest 'what Vagrant writes is kept' => sub {
    my $file = "$root/etc/vmware/networking";
    spew($file, "VERSION=1,0\nadd_nat_portfwd 8 tcp 2222 192.168.122.5 22 vagrant: /a b.vmx\n"
        . "add_nat_portfwd 8 udp 53 192.168.122.5 5353\nremove_nat_portfwd 8 udp 53\n");
    is(setup('--root', $root, '--install')->{status}, 0, 'installed again');
    is(slurp($file),
        "VERSION=1,0\n$MARK\nadd_nat_portfwd 8 tcp 2222 192.168.122.5 22 vagrant: /a b.vmx\n",
        'the forwarding that is left');
};

subtest '--remove' => sub {
    my $run = setup('--root', $root, '--remove', '--dry-run');
    is_deeply([sort $run->{out} =~ /^would delete \Q$root\E(\S+)$/mg], [sort @PROGRAMS, @SETTINGS],
        'shows what it would delete');
    is_deeply([files_below($root)], [sort @PROGRAMS, @SETTINGS], 'and deletes nothing');
    spew("$root/usr/bin/vmplayer",         "#!/bin/sh\n# of VMware's installer\n");
    spew("$root/etc/vmware/license-ws-17", 'a license');
    is(setup('--root', $root, '--remove')->{status}, 0, 'status');
    is_deeply([files_below($root)], ['/etc/vmware/license-ws-17', '/usr/bin/vmplayer'],
        'what others have put there stays');
    ok(!-e "$root/usr/lib/vmware", 'empty folders go');
};

subtest 'beside VMware' => sub {
    my $other = temp_dir();
    mkdir "$other/$_" or die $! for qw(etc etc/vmware);
    spew("$other/etc/vmware/netmap.conf", "network0.name = \"Bridged\"\n");
    my $run = setup('--root', $other, '--install');
    is($run->{status}, 1, 'it refuses');
    like($run->{err}, qr{^vmrun-setup: \Q$other\E/etc/vmware/netmap\.conf is not a file of VMware::Vix$}m,
        'names the file');
    is_deeply([files_below($other)], ['/etc/vmware/netmap.conf'], 'and writes nothing');
    is(setup('--root', $other, '--remove')->{status}, 0, '--remove');
    is(slurp("$other/etc/vmware/netmap.conf"), "network0.name = \"Bridged\"\n", 'leaves it, too');
};

my %NAT = (
    NUMBER => 8, TYPE => 'nat', SOURCE => 'network:default', ACTIVE => 1, BRIDGE => 'virbr0',
    MAC => '52:54:00:77:01:02', ADDRESS => '192.168.122.1', NETMASK => '255.255.255.0',
    DHCP_FROM => '192.168.122.2', DHCP_TO => '192.168.122.254',
);

subtest 'a network' => sub {
    my %lease = (
        MAC => '00:0C:29:AA:BB:CC', ADDRESS => '192.168.122.77', HOST_NAME => 'web',
        EXPIRES => 1_600_003_600
    );
    my @forwarded = VMware::Vix::Setup::Networks::read_forwardings(
        "add_nat_portfwd 8 tcp 2222 192.168.122.77 22 ssh\n");
    my %text = map { @{$_} }
        VMware::Vix::Setup::Networks::files('# mark', [{ %NAT, LEASES => [\%lease] }], \@forwarded);
    is($text{'networking'}, <<'END', 'networking');
VERSION=1,0
# mark
answer VNET_8_DHCP yes
answer VNET_8_HOSTONLY_NETMASK 255.255.255.0
answer VNET_8_HOSTONLY_SUBNET 192.168.122.0
answer VNET_8_NAT yes
answer VNET_8_VIRTUAL_ADAPTER yes
add_nat_portfwd 8 tcp 2222 192.168.122.77 22 ssh
END
    is($text{'vmnet8/dhcpd/dhcpd.leases'}, <<"END", 'dhcpd.leases');
# mark
lease 192.168.122.77 {
\tstarts 0 2020/09/13 12:26:40;
\tends 0 2020/09/13 13:26:40;
\thardware ethernet 00:0c:29:aa:bb:cc;
\tclient-hostname "web";
}
END
    like($text{'vmnet8/dhcpd/dhcpd.conf'},
        qr/^host vmnet8 \{\n\thardware ethernet 52:54:00:77:01:02;\n\tfixed-address 192\.168\.122\.1;\n\}$/m,
        'dhcpd.conf has the host');
    like($text{'vmnet8/dhcpd/dhcpd.conf'}, qr/^subnet 192\.168\.122\.0 netmask 255\.255\.255\.0 \{$/m,
        'and the network');
    like($text{'vmnet8/nat/nat.conf'}, qr/^\[incomingtcp\]\n# ssh\n2222 = 192\.168\.122\.77:22$/m, 'nat.conf');
};

subtest "libvirt's words" => sub {
    my $about = VMware::Vix::Setup::Libvirt::read_description(<<'END');
<network>
  <bridge name='virbr0' stp='on' delay='0'/>
  <mac address='52:54:00:77:01:02'/>
  <ip family='ipv6' address='fd00::1' prefix='64'>
    <dhcp><range start='fd00::2' end='fd00::ff'/></dhcp>
  </ip>
  <ip address='192.168.122.1' netmask='255.255.255.0'>
    <dhcp>
      <range start='192.168.122.2' end='192.168.122.254'/>
    </dhcp>
  </ip>
</network>
END
    my %same = map { $_ => $NAT{$_} } qw(ADDRESS NETMASK DHCP_FROM DHCP_TO MAC);
    is_deeply($about, \%same, 'a network');
    $about = VMware::Vix::Setup::Libvirt::read_description(
        "<network><ip family='ipv4' address='10.1.0.1' prefix='20'/></network>");
    is($about->{NETMASK}, '255.255.240.0', 'a prefix');
    my @leases = VMware::Vix::Setup::Libvirt::read_leases(<<'END');
 2020-09-13 13:26:40   00:0c:29:aa:bb:cc   ipv4   192.168.122.77/24   web   ff:56:50:4d:98
 2020-09-13 13:26:40   00:0c:29:aa:bb:cd   ipv6   fd00::77/64         -     -
 2020-09-13 13:26:40   00:0c:29:aa:bb:ce   ipv4   192.168.122.78/24   -     01:00:0c:29
END
    is_deeply([map { "$_->{MAC} $_->{ADDRESS} '$_->{HOST_NAME}' $_->{EXPIRES}" } @leases],
        ["00:0c:29:aa:bb:cc 192.168.122.77 'web' 1600003600",
         "00:0c:29:aa:bb:ce 192.168.122.78 '' 1600003600"], 'leases');
};

subtest 'forwarded ports' => sub {
    my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 5) or plan skip_all => $!;
    # Who builds a package may have no network at all, not even to the host itself.
    IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $server->sockport)
        or plan skip_all => "nothing can be reached here: $!";
    $server->accept;
    my $free = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1, ReuseAddr => 1);
    my %one  = (protocol => 'tcp', port => $free->sockport, address => '127.0.0.1',
        guest_port => $server->sockport);
    close $free;
    my $forwarder = VMware::Vix::Setup::Forwarder->new;
    is_deeply($forwarder->set(\%one), {}, 'the port is open');
    my $client = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $one{port}) or die $!;
    my $sent   = join '', map {"$_\n"} 1 .. 50_000;
    my $pid    = fork // die "fork: $!";
    if ($pid == 0) {    # the guest: sends back what it gets
        my $far = $server->accept;
        my $got = do { local $/ = undef; <$far> };
        print {$far} $got;
        close $far;
        POSIX::_exit(0);
    }
    my $writer = fork // die "fork: $!";
    if ($writer == 0) {
        print {$client} $sent;
        $client->flush;
        shutdown $client, 1;
        my $back = do { local $/ = undef; <$client> };
        POSIX::_exit($back eq $sent ? 0 : 1);
    }
    close $client;
    for (1 .. 60) {
        $forwarder->work(1);
        last if waitpid($writer, POSIX::WNOHANG()) == $writer;
    }
    is($? >> 8, 0, 'all bytes go to the guest, and back');
    waitpid $pid, 0;
    my $other = VMware::Vix::Setup::Forwarder->new;
    is_deeply([keys %{ $other->set(\%one) }], ["tcp $one{port}"], 'a port that is taken is reported');
    $forwarder->set();
    is_deeply($other->set(\%one), {}, 'and is free when the first gives it up');
};

done_testing;
