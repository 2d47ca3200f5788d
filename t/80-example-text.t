# The example is the page's own: its two `use` lines and its Example, token by token. The page's
# text (t/data/VMClone-example.txt) has lost its line breaks, so where a comment ends is held apart.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VixTest::Files qw(slurp);

my $PAGE    = "$FindBin::Bin/data/VMClone-example.txt";
my $EXAMPLE = "$FindBin::Bin/../examples/vmclone.pl";

sub unescape {
    my ($html) = @_;
    my %character = (lt => '<', gt => '>', quot => '"', apos => q{'}, nbsp => ' ', amp => '&');
    $html =~ s/<[^<>]*>//g;
    $html =~ s/&(\w+);/defined $character{$1} ? $character{$1} : die "unknown entity &$1;"/ge;
    return $html;
}

# The text of the <pre> that follows a heading of the page.
sub section {
    my ($page, $heading) = @_;
    my ($text) = $page =~ m{<h1>\Q$heading\E</h1>\s*<pre>(.*?)</pre>}s;
    die "$PAGE has no <pre> below $heading" if !defined $text;
    return unescape($text);
}

# Strings whole, then names with their sigil, then every other character by itself.
sub tokens {
    my ($text) = @_;
    return [$text =~ /("(?:[^"\\]|\\.)*"|[\$\@%]?\w+(?:::\w+)*|\S)/g];
}

sub squeezed {
    my ($text) = @_;
    $text =~ s/\s+/ /g;
    $text =~ s/^ | $//g;
    return $text;
}

my $page     = slurp($PAGE);
my $expected = section($page, 'Requirements') . section($page, 'Example');
my $example  = slurp($EXAMPLE);

is_deeply(tokens($example), tokens($expected), 'every token of the page, in order, and no other');
is(squeezed($example), squeezed($expected), 'spaces stand where the page has spaces');

my @comments = $example =~ /#(.*)/g;
is_deeply(
    \@comments,
    [   ' hostName', ' hostPort', ' userName', ' password',
        ' options', ' propertyListHandle', ' options', ' propertyListHandle'
    ],
    'a comment ends behind the one word that names the argument before it'
);
unlike($example, qr/[^\n -~]/, 'plain text: no tabs, no carriage returns, nothing beyond ASCII');

done_testing;
