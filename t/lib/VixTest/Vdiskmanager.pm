package VixTest::Vdiskmanager;

# Runs our vmware-vdiskmanager as other programs run it: as a process, in a folder of its own.

use strict;
use warnings;

use Exporter qw(import);
use FindBin;

use VixTest;
use VixTest::Calls qw(perl_with_vix without_libvirt);
use VixTest::Tools qw(run_tool);

our @EXPORT_OK = qw(own_place vdiskmanager said);

# A new current folder, and a new home without settings. They must be kept as long as they are used.
sub own_place {
    my ($home, $place) = (temp_dir(), temp_dir());
    delete @ENV{ grep {/\AVIX_/} keys %ENV };
    without_libvirt();
    $ENV{HOME} = "$home";
    chdir "$place" or die "chdir: $!";
    return ($home, $place);
}

# { out, err, status }
sub vdiskmanager {
    my (@arguments) = @_;
    return run_tool(perl_with_vix("$FindBin::Bin/../script/vmware-vdiskmanager"), @arguments);
}

# Both streams without the progress before 100%, and the status.
sub said {
    my $run = vdiskmanager(@_);
    return ($run->{out} =~ s/\r  \w+: [0-9]+% done\.(?=\r)//gr =~ s/\r//gr) . "$run->{err}($run->{status})";
}

1;
