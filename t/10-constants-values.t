# Every constant and every error code of the tables is a sub of both packages, with its value.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest::Handles;

my @table = (read_table('constants.tsv'), read_table('errors.tsv'));
cmp_ok(scalar @table, '>', 400, 'the tables have been read');

for my $package (qw(VMware::Vix::API::Constants VMware::Vix::Simple main)) {
    my @wrong;
    for my $row (@table) {
        my ($name, $expected) = @{$row};
        my $sub = $package->can($name);
        push @wrong, "$name is missing"             if !$sub;
        push @wrong, "$name is " . $sub->()         if $sub && $sub->() ne $expected;
        push @wrong, "$name has no empty prototype" if $sub && (prototype($sub) // 'none') ne '';
    }
    is_deeply(\@wrong, [], "$package: each name, its value as plain text, an empty prototype");
}

my %in_table = map { $_->[0] => 1 } @table;
is(scalar keys %in_table, scalar @table, 'no name stands twice in the tables');

my @extra = grep { /\AVIX_/ && !$in_table{$_} } keys %VMware::Vix::API::Constants::;
is_deeply(\@extra, [], 'no constant that the tables do not have');

my @exported = @VMware::Vix::API::Constants::EXPORT;
is_deeply([sort @exported], [sort keys %in_table], 'each is exported, once');

my @tagged = map { @{$_} }
    map { $VMware::Vix::API::Constants::EXPORT_TAGS{$_} }
    grep { $_ ne 'all' } keys %VMware::Vix::API::Constants::EXPORT_TAGS;
is_deeply([sort @tagged], [sort keys %in_table], 'each is in one group');

my %group = map { $_->[0] => $_->[2] =~ s/:/_/gr } read_table('constants.tsv');
my @misplaced = grep {
    my $name = $_;
    !grep { $_ eq $name } @{ $VMware::Vix::API::Constants::EXPORT_TAGS{ $group{$name} } || [] };
} sort keys %group;
is_deeply(\@misplaced, [], 'the groups are those of the table');

done_testing;
