# The ways in which scripts spell constants, each in a Perl of its own.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VixTest::Handles;

my $STRICT = 'use strict; use warnings FATAL => q(all); ';
my $USE    = 'use VMware::Vix::Simple; use VMware::Vix::API::Constants; ';

sub prints {
    my ($program, $expected, $name) = @_;
    my ($output, $status) = run_perl($program);
    is("$output [$status]", "$expected [0]", $name);
    return;
}

prints($STRICT . $USE . 'print VIX_E_FAIL',                   '1',  'bare');
prints($STRICT . $USE . 'print VIX_E_FAIL()',                 '1',  'with parentheses');
prints($STRICT . $USE . 'print &VIX_E_FAIL',                  '1',  'with an ampersand');
prints($STRICT . $USE . 'print VIX_API_VERSION, VIX_OK',      '-10', 'a negative one');
prints($STRICT . $USE . 'print 4 == VIX_E_FILE_NOT_FOUND ? "same" : "not"', 'same', 'compared');
prints($STRICT . $USE . 'print VIX_E_FAIL + 1',               '2',  'followed by an operator');
prints($STRICT . $USE . 'print eval("VIX_E_FAIL")',           '1',  'in a string eval');
prints($STRICT . $USE . 'print eval { VIX_E_FAIL }',          '1',  'in a block eval');
prints($STRICT . $USE . 'my %h = (VIX_OK() => "ok"); print $h{0}', 'ok', 'as a hash key');
prints($STRICT . $USE . 'my %h = (1 => "x"); print $h{eval(VIX_E_FAIL)}', 'x', 'as a key in eval');
prints($STRICT . $USE . 'BEGIN { print VIX_E_FAIL }',         '1',  'in a BEGIN block');
prints($STRICT . $USE . 'use constant MINE => VIX_E_FAIL; print MINE', '1', 'in a use line');
prints($STRICT . $USE . 'print VMware::Vix::Simple::VIX_E_FAIL', '1', 'through Simple');
prints($STRICT . $USE . 'print VMware::Vix::API::Constants::VIX_E_FAIL', '1', 'through Constants');
prints($STRICT . $USE . 'print VIX_CONSOLE_USER_NAME', '__VMware_Vix_Guest_Console_User__', 'a text');

prints($STRICT . 'use VMware::Vix::Simple; print VIX_E_FAIL', '1', 'with Simple alone');
prints($STRICT . 'use VMware::Vix::API::Constants; print VIX_E_FAIL', '1', 'with Constants alone');
prints('use VMware::Vix::Simple; print VIX_E_FAIL, VMware::Vix::Simple::VIX_OK', '10',
    'without strict');
prints('require VMware::Vix::Simple; print VMware::Vix::Simple::VIX_E_FAIL()', '1',
    'without importing');
prints($STRICT . 'BEGIN { require VMware::Vix::Simple; VMware::Vix::Simple->import } '
        . 'print VIX_E_FAIL', '1', 'imported by hand in a BEGIN block');
prints($STRICT . 'package Other; ' . $USE . 'package main; print Other::VIX_E_FAIL()', '1',
    'in another package');

my ($output, $status) = run_perl($STRICT . $USE . 'my $x = VIX_E_NO_SUCH_NAME');
like($output, qr/Bareword "VIX_E_NO_SUCH_NAME" not allowed/, 'a misspelt name does not compile');
isnt($status, 0, 'and ends the program');

($output, $status) = run_perl($STRICT . $USE . 'VIX_OK = 5');
like($output, qr/Can't modify/, 'a constant cannot be assigned to');

done_testing;
