package Bench::Compare;

# Two runs of bench/run, perhaps of different days: what got slower. The machine may have been faster
# or slower as a whole, and another program of the same case tells how much: where there is one, the
# times are multiples of its time.

use strict;
use warnings;

use Bench::Report ();

# What differs by less is taken for the same, and so is what differs by less than the rounds of
# either run.
use constant SAME => 1.1;

my @COLUMNS = qw(case mode contender group round position seconds load series number);

# Rows as bench/run writes them; unknown columns are ignored.
sub to_lines {
    my ($rows) = @_;
    return join q{}, map {"$_\n"} join("\t", @COLUMNS),
        map { join "\t", map { $_ // q{} } @$_{@COLUMNS} } @$rows;
}

# `place` is a results.tsv, or the folder that holds one.
sub read_rows {
    my ($place) = @_;
    my $file = -d $place ? "$place/results.tsv" : $place;
    open my $in, '<', $file or die "$file: $!\n";
    chomp(my @lines = <$in>);
    close $in or die "$file: $!\n";
    my @columns = split /\t/, shift @lines // q{};
    die "$file is not a results.tsv of this bench/run\n" if !grep { $_ eq 'group' } @columns;
    return map {
        my %row;
        @row{@columns} = split /\t/, $_, -1;
        \%row;
    } @lines;
}

# The text to print: what got slower, what got faster, and what only one run has.
sub report {
    my ($old_place, $new_place) = @_;
    my ($old, $new) = map { summary(read_rows($_)) } $old_place, $new_place;
    my (%found, @only);
    for my $key (sort keys %{{%$old, %$new}}) {
        my ($before, $after) = ($old->{$key}, $new->{$key});
        if (!$before || !$after) {
            push @only, "$key, only in " . ($before ? $old_place : $new_place);
            next;
        }
        my $line = compared($before, $after);
        push @{$found{$line->{verdict}}}, $line;
    }
    return join "\n",
        section('Slower', sort { $b->{ratio} <=> $a->{ratio} } @{$found{slower} // []}),
        section('Faster', sort { $a->{ratio} <=> $b->{ratio} } @{$found{faster} // []}),
        sprintf('%d are the same within their noise.', scalar @{$found{same} // []}), @only, q{};
}

# Ours by case, mode and contender, each with the fastest other of its case and mode.
sub summary {
    my @entries = Bench::Report::summarize(@_);
    my %ours;
    for my $entry (grep { $_->{group} eq 'vmclone' } @entries) {
        my @others = sort { $a->{median} <=> $b->{median} }
            grep { $_->{group} =~ /^(?:copy|qemu|reflink|bare|libvirt)$/ }
            grep { $_->{case} eq $entry->{case} && $_->{mode} eq $entry->{mode} } @entries;
        $ours{join q{ }, @$entry{qw(case mode)}, q{} . $entry->{contender}}
            = {%$entry, other => $others[0]};
    }
    return \%ours;
}

sub compared {
    my ($old, $new) = @_;
    my $other = $old->{other} && $new->{other}
        && $old->{other}{contender} eq $new->{other}{contender};
    my ($before, $after) = map { $other ? relative($_) : $_ } $old, $new;
    my $ratio = $after->{median} / $before->{median};
    my $verdict = 'same';
    $verdict = 'slower' if $ratio > SAME && $after->{min} > $before->{median};
    $verdict = 'faster' if $ratio < 1 / SAME && $after->{median} < $before->{min};
    return {
        verdict => $verdict,
        ratio => $ratio,
        cells => [
            @$new{qw(case mode contender)},
            (map { Bench::Report::seconds($_->{median}) } $old, $new),
            sprintf('%.2fx', $ratio),
            $other ? "measured by $new->{other}{contender}" : 'seconds alone',
        ]
    };
}

sub relative {
    my ($entry) = @_;
    return {map { $_ => $entry->{$_} / $entry->{other}{median} } qw(median min)};
}

sub section {
    my ($title, @lines) = @_;
    return "$title: nothing.\n" if !@lines;
    return "$title:\n", Bench::Report::table(
        ['case', 'mode', 'contender', 'old', 'new', 'time', 'how'],
        map { $_->{cells} } @lines
        ),
        q{};
}

1;
