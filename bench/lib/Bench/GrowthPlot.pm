package Bench::GrowthPlot;

# Draws how the time of a call grows with the number of snapshots or of linked clones, as an SVG with
# gnuplot: both axes logarithmic, a line a call. Where a line is level, number does not matter; where
# it rises as the dotted line, time is proportional to number.

use strict;
use warnings;

use Bench::Command qw(feed_command);

my @COLOURS = qw(c0392b 2471a3 1e8449 8e44ad a04000 f5b041 7f8c8d 000000);

# Entries of Bench::Report::summarize that have a number.
sub draw {
    my ($path, @entries) = @_;
    my @names = series_names(@entries) or return;
    my @script = (
        blocks(\@names, @entries),
        "set output '$path'",
        "set terminal svg size 900,620 font 'sans,11' background '#ffffff'",
        'set logscale xy',
        'set xlabel "number of snapshots, or of linked clones"',
        'set ylabel "seconds for one call"',
        'set format y "%g"',
        'set grid back lt 1 lc rgb "#dddddd"',
        'set key below noenhanced',
        'set border 3',
        'set tics nomirror',
        'plot ' . join ', ',
        (map { curve($_, $names[$_]) } 0 .. $#names),
        'x * 1e-5 with lines dt 3 lc rgb "#7f8c8d" title "proportional"'
    );
    feed_command(\@script, qr/^gnuplot>.*\^/m, 'gnuplot');
    return;
}

sub name_of {
    my ($entry) = @_;
    return "$entry->{case}: $entry->{series}, $entry->{mode}";
}

sub series_names {
    my @entries = @_;
    my %seen;
    return grep { !$seen{$_}++ } map { name_of($_) } @entries;
}

sub blocks {
    my ($names, @entries) = @_;
    my @lines;
    for my $i (0 .. $#$names) {
        my @points = sort { $a->{number} <=> $b->{number} }
            grep { name_of($_) eq $names->[$i] } @entries;
        push @lines, "\$series_$i << EOD", (map {"$_->{number} $_->{median}"} @points), 'EOD';
    }
    return @lines;
}

sub curve {
    my ($i, $name) = @_;
    my $colour = $COLOURS[$i % @COLOURS];
    my $dashes = $name =~ /bare/ ? 2 : 1;
    return qq{\$series_$i using 1:2 with linespoints pt 7 ps 0.5 dt $dashes lc rgb "#$colour" }
        . qq{title "$name"};
}

1;
