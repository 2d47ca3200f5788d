#!/usr/bin/perl
# The manual's POD is sound, describes every function, and has no broken link.

use strict;
use warnings;

use File::Find;
use FindBin qw($Bin);
use Test::More;

use lib "$Bin/../../blib/lib", "$Bin/../../blib/arch";

chdir "$Bin/../.." or die "chdir: $!";
my @files = grep { has_pod($_) } (sources('lib', 'script', 'examples'), sources('dev'));
my %name_of = map { $_ => page_name($_) } @files;

sub sources {
    my @found;
    find({ no_chdir => 1, wanted => sub { push @found, $_ if -f } }, grep { -d } @_);
    @found = sort @found;
    return @found;
}

sub slurp {
    my ($path) = @_;
    open my $in, '<:encoding(UTF-8)', $path or die "$path: $!";
    local $/ = undef;
    return scalar <$in>;
}

sub has_pod { return slurp($_[0]) =~ /^=head1 NAME$/m }

# The name of a page in links: VMware::Vix::Simple, vmrun.
sub page_name {
    my ($path) = @_;
    return $1 =~ s{/}{::}gr if $path =~ m{\Alib/(.*)\.(?:pm|pod)\z};
    return $path =~ s{.*/}{}r;
}

# Text without its formatting: "Of C<all> calls" -> "Of all calls".
sub plain {
    my ($text) = @_;
    1 while $text =~ s/[A-Z]<([^<>]*)>/$1/;
    return $text =~ s/\s+/ /gr;
}

sub sections {
    my ($path) = @_;
    return { map { plain($_) => 1 } slurp($path) =~ /^=(?:head\d|item)\s+([^\n]+)/mg };
}

subtest 'POD without a complaint' => sub {
    plan skip_all => 'needs Test::Pod' if !eval { require Test::Pod; 1 };
    cmp_ok(scalar @files, '>', 10, 'there are pages');
    Test::Pod::pod_file_ok($_) for @files;
};

subtest 'every public function is told of' => sub {
    plan skip_all => 'needs Test::Pod::Coverage' if !eval { require Test::Pod::Coverage; 1 };
    for my $module (map { page_name($_) } grep {/\.pm\z/} sources('lib')) {
        next if $module eq 'VMware::Vix::API::Constants';    # t/02-load-manual.t checks it
        Test::Pod::Coverage::pod_coverage_ok($module, { trustme => [qr/\A[A-Z0-9_]+\z/] });
    }
};

subtest 'links lead somewhere' => sub {
    my %path_of = reverse %name_of;
    my %seen;
    for my $path (@files) {
        my $text = slurp($path) =~ s/^[ \t].*$//mgr;    # without code
        for my $link ($text =~ /L<([^<>]+)>/g) {
            next if $link =~ /\A(?:[^|]*\|)?https?:/;
            my $target = $link =~ s/\A[^|]*\|//r;
            my ($page, $section) = $target =~ m{\A([^/]*)(?:/"?(.*?)"?)?\z}s;
            my $file = length $page ? $path_of{$page} : $path;
            $seen{links}++;
            ok($file, "$path: L<$link>: there is a page") or next;
            ok(sections($file)->{ plain($section) }, "$path: L<$link>: and its section")
                if defined $section;
        }
    }
    cmp_ok($seen{links}, '>', 10, 'there were links');
};

subtest 'every page is named by another, so that it is found' => sub {
    for my $path (grep {/^lib/} @files) {
        my $name = page_name($path);
        my @by = grep { $_ ne $path && slurp($_) =~ /L<(?:[^|>]*\|)?\Q$name\E[>\/]/ } @files;
        ok(@by || $name eq 'VMware::Vix', "$name is") or diag $path;
    }
};

done_testing;
