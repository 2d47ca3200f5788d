# GetErrorText has an English text for every code, and one for a number that is none.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VMware::Vix::Simple;
use VixTest::Handles;

my @codes = read_table('errors.tsv');

my @silent = grep { GetErrorText($_->[1]) !~ /\A[A-Z].{4,}[^.\s]\z/ } @codes;
is_deeply([map { $_->[0] } @silent], [], 'every code has a text of a line, begun in capitals');

my @unknown = grep { GetErrorText($_->[1]) =~ /unknown error/i } @codes;
is_deeply([map { $_->[0] } @unknown], [], 'and it is its own');

my @commentary = grep {
    GetErrorText($_->[1]) =~ /open-vm-tools|misspelt|spelt so|1\.1\d|only in|name only|CLASH/i
} @codes;
is_deeply([map { $_->[0] } @commentary], [], 'none talks about where a name comes from');

my %by_text;
push @{ $by_text{ GetErrorText($_->[1]) } }, $_->[0] for @codes;
my @same = grep { @{ $by_text{$_} } > 1 } sort keys %by_text;
my %number_of = map { $_->[0] => $_->[1] } @codes;
my @shared = grep {
    my %numbers = map { $number_of{$_} => 1 } @{ $by_text{$_} };
    keys %numbers > 1
} @same;
is_deeply([map { "@{ $by_text{$_} }" } @shared], [], 'codes of different numbers differ in text');

is(GetErrorText(VIX_OK), 'Done, no error', 'also for success');
for my $number (-1, 28, 65535, 99999, 2**40) {
    like(GetErrorText($number), qr/\AUnknown error \Q$number\E\z/, "$number is unknown");
}
is(scalar(my @list = GetErrorText(1)), 1, 'one value in list context');

done_testing;
