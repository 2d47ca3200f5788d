#!/usr/bin/perl
# Packer, as Debian has it, builds with our vmrun and the files of vmrun-setup: a linked clone, a full
# clone, and a machine from an ISO, each changed over ssh. The templates are those of examples/packer.
#
# Packer reads /etc/vmware and /usr/lib/vmware. The test installs there for real, but in a mount
# namespace of its own, where /etc and /usr are overlays: the host keeps its files.

use strict;
use warnings;

use File::Spec ();
use FindBin qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use VixTest::Files qw(slurp);
use VixTest::Guest qw(run_folder why_nothing_runs);
use VixTest::Tools qw(have_tool run_tool);

my $NETWORK  = "vix-packer-$$";  # one that was killed leaves its network
my $ROOT     = "$Bin/../..";
my $PASSWORD = 'root-secret';

my $why = why_no_packer();
plan skip_all => $why if defined $why;
if (!$ENV{VIX_TEST_INSIDE}) {
    local $ENV{VIX_TEST_INSIDE} = 1;
    my @perl = map {"-I$_"} map { File::Spec->rel2abs($_) } grep { !ref } @INC;
    exec 'unshare', '--mount', '--', $^X, @perl, $0 or die "unshare: $!\n";
}

sub why_no_packer {
    for my $tool (qw(packer dnsmasq dropbear xorriso unshare virsh)) {
        return "$tool is not installed (dev/setup packer)" if !have_tool($tool) && !-x "/usr/sbin/$tool";
    }
    return 'only root can install' if $> != 0;
    return 'VMware is installed here' if -e '/usr/lib/vmware';
    return why_nothing_runs();
}

my $keep = run_folder();
plan skip_all => 'no overlay can be mounted' if !overlay("$keep/over", '/etc', '/usr');
delete @ENV{ grep {/\AVIX_(?!TEST|POWER_FOLDER|GUEST)/} keys %ENV };
$ENV{VIX_POWER_NETWORKNAT} = "network:$NETWORK";
$ENV{HOME}                 = "$keep";
$ENV{PACKER_CACHE_DIR}     = "$keep/cache";
$ENV{CHECKPOINT_DISABLE}   = 1;
$ENV{PERL5LIB}             = join ':', map { File::Spec->rel2abs($_) } grep { !ref } @INC;

sub overlay {
    my ($folder, @lower) = @_;
    mkdir $folder or die "$folder: $!";
    system("mount -t tmpfs vix-test '$folder'") == 0 or return 0;
    for my $path (@lower) {
        my $at = $folder . $path;
        mkdir $_ or die "$_: $!" for $at, "$at/up", "$at/work";
        my $options = "lowerdir=$path,upperdir=$at/up,workdir=$at/work";
        return 0 if system("mount -t overlay vix-test -o '$options' '$path' 2>/dev/null") != 0;
    }
    return 1;
}

# A network of libvirt's that is only this test's.
sub start_network {
    my ($address) = grep { !uses($_) } map {"192.168.$_"} 201 .. 240;
    open my $out, '>', "$keep/network.xml" or die $!;
    print {$out} <<"END";
<network><name>$NETWORK</name><forward mode='nat'/><bridge name='vixpk$$' stp='off' delay='0'/>
<ip address='$address.1' netmask='255.255.255.0'>
<dhcp><range start='$address.2' end='$address.254'/></dhcp></ip></network>
END
    close $out or die $!;
    my $said = qx(virsh -q -c qemu:///system net-create '$keep/network.xml' 2>&1);
    return $? == 0 ? undef : $said;
}

sub uses {
    my ($address) = @_;
    return qx(ip -4 addr) =~ /\binet \Q$address\E\./;
}

my $setup = "$ROOT/script/vmrun-setup";
my $mine  = $$;
END {
    if (defined $mine && $$ == $mine && $ENV{VIX_TEST_INSIDE}) {
        my $status = $?;
        system "'$setup' --remove --no-systemd >/dev/null 2>&1";
        system "virsh -q -c qemu:///system net-destroy $NETWORK >/dev/null 2>&1";
        system "umount -l /usr /etc '$keep/over' 2>/dev/null";  # so that the folder can be removed
        $? = $status;    ## no critic (RequireLocalizedPunctuationVars)
    }
}
my $refusal = start_network();
plan skip_all => "libvirt starts no network here: $refusal" if defined $refusal;

my $made = run_tool("$ROOT/dev/make-guest", '--ssh', "$keep/guest", 'small');
plan skip_all => "no guest could be made: $made->{err}" if $made->{status} != 0;
my $installed = run_tool($setup, '--install', '--no-systemd', '--nat', $NETWORK);
is($installed->{status}, 0, 'vmrun-setup --install') or diag $installed->{out}, $installed->{err};

sub build {
    my ($template, %with) = @_;
    my @with = map { ('-var', "$_=$with{$_}") } sort keys %with;
    my $run  = run_tool('packer', 'build', '-color=false', @with, '-var', "password=$PASSWORD",
        "$ROOT/examples/packer/$template");
    is($run->{status}, 0, "packer build $template") or diag $run->{out}, $run->{err};
    return $run;
}

# The start of a disk, as a raw image.
sub raw_disk {
    my ($folder, $name) = @_;
    my ($disk) = slurp("$folder/$name.vmx") =~ /^\w+:0\.filename *= *"([^"]+\.vmdk)"/mi;
    my $raw = "$keep/$name.raw";
    run_tool('qemu-img', 'convert', '-O', 'raw', "$folder/$disk", $raw);
    return $raw;
}

for my $kind (['linked', 'true'], ['full', 'false']) {
    my ($name, $linked) = @{$kind};
    subtest "a $name clone" => sub {
        my $run = build('clone.json', source => "$keep/guest/small.vmx", output => "$keep/$name",
            name => $name, linked => $linked);
        like($run->{out}, qr/Connected to SSH!/, 'over ssh');
        my $raw = raw_disk("$keep/$name", $name);
        is(qx(MTOOLS_SKIP_CHECK=1 mtype -i '$raw\@\@1M' ::built), "built by Packer\n", 'it was changed');
        my @own = glob "$keep/$name/*.vmdk";
        my $own = 0;
        $own += -s for @own;
        cmp_ok($own, $linked eq 'true' ? '<' : '>', 8 << 20, "its disk is that of a $name clone");
        is_deeply([glob "$keep/$name/*.lck"], [], 'no lock is left');
    };
}

subtest 'a machine from an ISO' => sub {
    my $run = build('iso.json', iso => "$keep/guest/small.iso", output => "$keep/iso", name => 'iso');
    like($run->{out}, qr/Connected to SSH!/, 'over ssh');
    my $raw = raw_disk("$keep/iso", 'iso');
    open my $in, '<:raw', $raw or die "$raw: $!";
    read $in, my $begin, 20;
    is($begin, "installed by Packer\n", 'its disk was written');
    unlike(slurp("$keep/iso/iso.vmx"), qr/small\.iso/, 'the ISO is taken out again');
};

subtest 'what is left' => sub {
    is(run_tool('vmrun', 'list')->{out}, "Total running VMs: 0\n", 'nothing runs');
    my $removed = run_tool($setup, '--remove', '--no-systemd');
    is($removed->{status}, 0, 'vmrun-setup --remove') or diag $removed->{err};
    is_deeply([grep {-e} qw(/etc/vmware /usr/lib/vmware /usr/bin/vmrun /usr/bin/vmware)], [],
        'takes everything away');
};

done_testing();
