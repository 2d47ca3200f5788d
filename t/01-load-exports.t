# What a plain `use` brings into a script, and what it leaves out.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VixTest::Handles;

{ package WithSimple;    require VMware::Vix::Simple;         VMware::Vix::Simple->import }
{ package WithConstants; require VMware::Vix::API::Constants; VMware::Vix::API::Constants->import }

my @functions = grep {!/::/} map { $_->[0] } read_table('functions.tsv');

sub subs_of {
    my ($package) = @_;
    no strict 'refs';
    return [sort grep { defined &{"${package}::$_"} } keys %{"${package}::"}];
}

my @constants = sort map { $_->[0] } read_table('constants.tsv'), read_table('errors.tsv');

is_deeply(subs_of('WithConstants'), \@constants, 'Constants exports the constants, nothing else');
is_deeply(
    subs_of('WithSimple'),
    [sort @functions, @constants],
    'Simple exports its functions and the constants, nothing else'
);

{
    package WithTags;
    VMware::Vix::Simple->import(qw(:functions));
    VMware::Vix::API::Constants->import(qw(:clonetype));
}
is_deeply(
    subs_of('WithTags'),
    [sort @functions, qw(VIX_CLONETYPE_FULL VIX_CLONETYPE_LINKED)],
    'by tag: the functions, a group of constants'
);

ok(!WithSimple->can('last_error_detail'), 'last_error_detail is not exported');
ok(VMware::Vix->can('last_error_detail'), 'but there');

done_testing;
