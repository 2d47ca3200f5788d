package VixTest::Vmx;

# Reads .vmx, .vmsd and similar files as the tests need them: values by key in any case, the keys in
# order, and the lines in which two texts of a file differ.

use strict;
use warnings;

use Exporter 'import';

use VixTest::Files qw(slurp);

our @EXPORT_OK = qw(read_vmx parse_vmx vmx_line changed_lines);

# { text, keys => [spelt as found], value => {lower-case key => value} }
sub read_vmx {
    my ($path) = @_;
    return parse_vmx(slurp($path));
}

sub parse_vmx {
    my ($text) = @_;
    my %found = (text => $text, keys => [], value => {});
    for my $line (split /\r\n|\n|\r/, $text) {
        my ($key, $value) = _split_line($line);
        next if !defined $key;
        push @{ $found{keys} }, $key;
        $found{value}{ lc $key } = $value;
    }
    return \%found;
}

sub vmx_line {
    my ($key, $value) = @_;
    return qq($key = "$value");
}

# Lines of two texts by key: { key => [old line or undef, new line or undef] } where they differ,
# with the line ends. Lines without a key are collected under '' and compared as one.
sub changed_lines {
    my ($old, $new)      = @_;
    my ($before, $after) = (_lines_by_key($old), _lines_by_key($new));
    my %changed;
    for my $key (keys %{ { %{$before}, %{$after} } }) {
        my ($was, $is) = ($before->{$key}, $after->{$key});
        next if defined $was && defined $is && $was eq $is;
        $changed{$key} = [$was, $is];
    }
    return \%changed;
}

sub _lines_by_key {
    my ($text) = @_;
    my %lines;
    for my $line ($text =~ /([^\r\n]*(?:\r\n|\n|\r|\z))/g) {
        next if $line eq '';
        my ($bare) = $line =~ /^([^\r\n]*)/;
        my ($key)  = _split_line($bare);
        $lines{ defined $key ? lc $key : '' } .= $line;
    }
    return \%lines;
}

# Nothing for comments, blank lines and lines that are not well-formed.
sub _split_line {
    my ($line) = @_;
    return
        if $line
        !~ /^[ \t]*([^\0 \t#=]+)[ \t]*=[ \t]*(?:"([^"]*)"|([^ \t#"][^ \t#]*|))[ \t]*(?:#.*)?$/;
    my ($key, $value) = ($1, defined $2 ? $2 : $3);
    $value =~ s/\|([0-9A-Fa-f]{2})/chr hex $1/ge;
    return ($key, $value);
}

1;
