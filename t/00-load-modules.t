# The modules load in either order, again and again, alone and together, and say nothing.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VixTest::Handles;

sub loads {
    my ($program, $name) = @_;
    my ($output, $status) = run_perl("$program; print 'fine'", '-w');
    is("$output $status", 'fine 0', $name);
    return;
}

my $simple    = 'VMware::Vix::Simple';
my $constants = 'VMware::Vix::API::Constants';

loads('use VMware::Vix',                           'VMware::Vix');
loads("use $simple",                               'Simple alone');
loads("use $constants",                            'Constants alone');
loads("use $simple; use $constants",               'Simple, then Constants');
loads("use $constants; use $simple",               'Constants, then Simple');
loads("use $simple; use $simple; use $constants; use $constants", 'each twice');
loads("require $constants; require $simple; require $constants", 'with require');
loads("use $simple (); use $constants ()",         'without importing');

for my $file ('Vix/Simple.pm', 'Vix/API/Constants.pm') {
    loads(
        "no warnings; use $simple; delete \$INC{'VMware/$file'}; require 'VMware/$file'; "
            . 'die if VIX_E_FAIL != 1',
        "$file read once more"
    );
}

require VMware::Vix;
require VMware::Vix::Simple;
require VMware::Vix::API::Constants;
is(VMware::Vix::Simple->VERSION, VMware::Vix->VERSION, 'Simple has the version of the distribution');
is(VMware::Vix::API::Constants->VERSION, VMware::Vix->VERSION, 'so has Constants');

my ($err, $version) =
    VMware::Vix::Simple::GetProperties(connect_host(),
    VMware::Vix::Simple::VIX_PROPERTY_HOST_SOFTWARE_VERSION());
is($version, VMware::Vix->VERSION, 'the core has it too');

done_testing;
