package VixTest::Guest;

# Virtual machines that really run, for the tests of power and of the guest.

use strict;
use warnings;

use Exporter 'import';
use FindBin;

use VixTest::Tools qw(have_tool);

our @EXPORT_OK = qw(end_guests make_guest why_nothing_runs);

# Why nothing can be run here; undef where it can. Starts libvirt's daemons where no systemd does.
sub why_nothing_runs {
    for my $tool (qw(qemu-system-x86_64 qemu-storage-daemon virsh)) {
        return "$tool is not installed" if !have_tool($tool);
    }
    my $tools = _dev();
    return 'this is no checkout: dev/ is not there' if !-x "$tools/make-guest";
    return 'libvirt does not answer' if system("'$tools/libvirt' start >/dev/null 2>&1") != 0;
    return;
}

# Ends what still runs with that folder as power.folder, for an END block: a test that dies leaves no
# machine behind. Each has a folder there, called after the uuid that libvirt knows it by.
sub end_guests {
    my ($folder) = @_;
    local $? = $?;
    my $uri = $> == 0 ? 'qemu:///system' : 'qemu:///session';
    for my $uuid (map { s{.*/}{}r } glob "$folder/*-*-*-*-*") {
        system "virsh -q -c $uri destroy '$uuid' >/dev/null 2>&1";
    }
    return;
}

# The .vmx of a small Linux made in that folder; undef where Debian's packages cannot be had.
sub make_guest {
    my ($folder, $name) = @_;
    my $log = qx(@{[_dev()]}/make-guest '$folder' '$name' 2>&1);
    return "$folder/$name.vmx" if $? == 0;
    print {*STDERR} "# $_\n" for split /\n/, $log;
    return;
}

sub _dev {
    return (-d "$FindBin::Bin/../dev" ? "$FindBin::Bin/../dev" : "$FindBin::Bin/../../dev");
}

1;
