package Bench::Plot;

# Draws the summary as an SVG with gnuplot: one row a case, time on a logarithmic axis, one mark a
# contender with a line from its fastest to its slowest round; warm and fsync side by side.

use strict;
use warnings;

use Bench::Command qw(feed_command find_program);

# One colour a contender in both panels: the first pattern that fits its name.
my @COLOURS = (
    [qr/^VM/, '#c0392b'],
    [qr/reflink=always/, '#8e44ad'],
    [qr/^cp/, '#2471a3'],
    [qr/^two-thread/, '#1e8449'],
    [qr/-t none/, '#7f8c8d'],
    [qr/-W/, '#f5b041'],
    [qr/./, '#a04000'],
);

my %MODE_TITLE = (warm => 'warm cache, not synced', fsync => 'on disk (fsync) when it returns');

# Why nothing can be drawn here, or nothing.
sub obstacle {
    return find_program('gnuplot') ? undef : 'gnuplot is not installed';
}

sub draw {
    my ($path, @all) = @_;
    my @entries = grep { $MODE_TITLE{$_->{mode}} } @all or return;
    my @script = ("set output '$path'", blocks(@entries), settings(\@entries));
    for my $mode (modes(@entries)) {
        push @script, panel($mode, grep { $_->{mode} eq $mode } @entries);
    }
    feed_command([@script, 'unset multiplot'], qr/^gnuplot>.*\^/m, 'gnuplot');
    return;
}

sub modes {
    my @entries = @_;
    my %seen = map { $_->{mode} => 1 } @entries;
    return grep { $seen{$_} } qw(warm fsync);
}

sub settings {
    my ($entries) = @_;
    my @cases = case_names(@$entries);
    my $count = modes(@$entries);
    my $height = 230 + 46 * @cases;
    my @labels = map { sprintf '"%s" %d', $cases[$_], -$_ } 0 .. $#cases;
    return (
        'set terminal svg size ' . 620 * $count . ",$height font 'sans,11' background '#ffffff'",
        "set multiplot layout 1,$count",
        'set logscale x',
        'set xlabel "seconds, shorter is better"',
        'set format x "%g"',
        'set grid xtics ytics back lt 1 lc rgb "#dddddd"',
        'set bmargin 12',
        'set key at graph 0.4, screen 0.12 center top vertical maxrows 5 noenhanced',
        'set ytics (' . join(', ', @labels) . ') noenhanced',
        sprintf('set yrange [%g:0.6]', -@cases + 0.4),
        'set border 3',
        'set tics nomirror',
    );
}

sub case_names {
    my @entries = @_;
    my %seen;
    return grep { !$seen{$_}++ } map { $_->{case} } @entries;
}

# gnuplot's named data, one block a mode and contender: median, fastest, slowest, row.
sub blocks {
    my @entries = @_;
    my @cases = case_names(@entries);
    my %row = map { $cases[$_] => -$_ } 0 .. $#cases;
    my @lines;
    for my $mode (modes(@entries)) {
        my @mode = grep { $_->{mode} eq $mode } @entries;
        my @names = contenders(@mode);
        for my $i (0 .. $#names) {
            my $shift = @names > 1 ? 0.32 - 0.64 * $i / $#names : 0;
            push @lines, "\$${mode}_$i << EOD";
            push @lines, map { join q{ }, @$_{qw(median min max)}, $row{$_->{case}} + $shift }
                grep { $_->{contender} eq $names[$i] } @mode;
            push @lines, 'EOD';
        }
    }
    return @lines;
}

sub contenders {
    my @entries = @_;
    my %seen;
    return grep { !$seen{$_}++ } map { $_->{contender} } @entries;
}

sub colour_of {
    my ($name) = @_;
    my ($first) = grep { $name =~ $_->[0] } @COLOURS;
    return $first->[1];
}

sub panel {
    my ($mode, @entries) = @_;
    my @names = contenders(@entries);
    my @plots = map {
        my $size = $names[$_] =~ /^VM/ ? 1.1 : 0.7;
        sprintf q{$%s_%d using 1:4:2:3 with xerrorbars pt 7 ps %g lc rgb "%s" title "%s"},
            $mode, $_, $size, colour_of($names[$_]),
            $names[$_] =~ s/, f?sync$//r;
    } 0 .. $#names;
    return (qq{set title "$MODE_TITLE{$mode}"}, 'plot ' . join ', ', @plots);
}

1;
