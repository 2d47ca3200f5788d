package Bench::Report;

# Figures from measurements: medians, ratios, and how they stand against the targets. Nothing here
# touches the machine or decides whether the run was good.

use strict;
use warnings;

use List::Util qw(max sum);

use Bench::Cases ();

use constant MEMORY_LIMIT_KIB => 64 << 10;
# Slowest over fastest round from which a figure is marked as noisy, unless both are but a few ms.
use constant NOISY => 1.5;
use constant NOISE_FLOOR_SECONDS => 0.005;

# One entry a case, mode and contender, in the order in which they were first measured.
sub summarize {
    my @rows = @_;
    my (@order, %times, %first);
    for my $row (@rows) {
        my $key = join "\t", @$row{qw(case mode contender)};
        push @order, $key if !$first{$key};
        $first{$key} //= $row;
        push @{$times{$key}}, $row->{seconds};
    }
    return map { entry($first{$_}, $times{$_}) } @order;
}

sub entry {
    my ($row, $times) = @_;
    my @sorted = sort { $a <=> $b } @$times;
    my ($low, $high) = @sorted[0, -1];
    return {
        (map { $_ => $row->{$_} } qw(case mode group contender)),
        median => median(@sorted),
        min => $low,
        max => $high,
        rounds => scalar @sorted,
        noisy => $high - $low > NOISE_FLOOR_SECONDS && $high > NOISY * $low,
        allocated => $row->{allocated},
        series => $row->{series},
        number => $row->{number}
    };
}

sub median {
    my @sorted = @_;
    my $half = int(@sorted / 2);
    return @sorted % 2 ? $sorted[$half] : ($sorted[$half - 1] + $sorted[$half]) / 2;
}

# Every target of a case with the figure reached: {case, mode, text, value, met}.
sub judge {
    my ($case, $summary, $memory) = @_;
    my @mine = grep { $_->{case} eq $case->{name} } @$summary;
    my @verdicts = map { judge_time($case, $_, \@mine) } @{$case->{targets}};
    push @verdicts, judge_memory($memory) if $memory;
    return @verdicts;
}

sub judge_time {
    my ($case, $target, $entries) = @_;
    my @mode = grep { $_->{mode} eq $target->{mode} } @$entries;
    my %verdict = (case => $case->{name}, mode => $target->{mode});
    return map { {%verdict, %$_} } judge_series($target, @mode) if $target->{series};
    my $of = $target->{below} && $target->{group} // 'vmclone';
    my ($ours) = grep { $_->{group} eq $of } @mode or return;
    if (my $limit = $target->{below}) {
        return {
            %verdict,
            text => ($target->{group} ? "$ours->{contender} " : q{}) . 'below ' . seconds($limit),
            value => seconds($ours->{median}),
            met => $ours->{median} < $limit
        };
    }
    if (my $limit = $target->{allocated_below}) {
        return {
            %verdict,
            text => 'below ' . kib($limit) . ' allocated',
            value => kib($ours->{allocated}),
            met => $ours->{allocated} < $limit
        };
    }
    return {%verdict, judge_growth($target, \@mode)} if $target->{growth_below};
    my @others = sort { $a->{median} <=> $b->{median} }
        grep { $_->{group} eq $target->{group} } @mode
        or return;
    my $ratio = $others[0]{median} / $ours->{median};
    my $best = $others[0]{min} / $ours->{min};
    return {
        %verdict,
        text => sprintf(
            $target->{at_least} < 1 ? 'at least %.2fx %s' : 'at least %.1fx %s',
            $target->{at_least}, $others[0]{contender}
        ),
        value => sprintf('%.2fx (fastest rounds: %.2fx)', $ratio, $best),
        met => $ratio >= $target->{at_least}
    };
}

# The first ones are a contender of their own, and so are the last.
sub judge_growth {
    my ($target, $entries) = @_;
    my %median = map { $_->{group} => $_->{median} } @$entries;
    my $growth = $median{last} / $median{first};
    my $bare = $median{'bare first'} && $median{'bare last'} / $median{'bare first'};
    return (
        text => "last ones below $target->{growth_below}x the first",
        value => sprintf('%.2fx', $growth) . ($bare ? sprintf ' (bare files: %.2fx)', $bare : q{}),
        met => $growth < $target->{growth_below}
    );
}

# A call among ever more snapshots: its time at one number, or the time for each of them at two.
sub judge_series {
    my ($target, @entries) = @_;
    my %at = map { $_->{number} => $_->{median} }
        grep { ($_->{series} // q{}) eq $target->{series} } @entries;
    my $number = $target->{number};
    my $time = $at{$number} or return;
    my $what = "$target->{series} of $number";
    if (my $limit = $target->{below}) {
        return {
            text => "$what below " . seconds($limit),
            value => seconds($time),
            met => $time < $limit
        };
    }
    my $from = $target->{from};
    my $growth = $time / $number / ($at{$from} / $from);
    return {
        text => "$what, for each: below $target->{grows_below}x that of $from",
        value => sprintf('%.2fx', $growth),
        met => $growth < $target->{grows_below}
    };
}

sub judge_memory {
    my ($memory) = @_;
    my $kib = $memory->{cloned} - $memory->{bare};
    return {
        case => $memory->{case},
        mode => 'memory',
        text => 'below 64 MiB above bare perl',
        value => sprintf('%.1f MiB (%.1f above the loaded module)',
            $kib / 1024, ($memory->{cloned} - $memory->{loaded}) / 1024),
        met => $kib < MEMORY_LIMIT_KIB
    };
}

# A sentence on other work that shared the machine, or nothing. The contenders alone, which take
# turns, keep the load below the number of cores.
sub company {
    my ($rows, $cores) = @_;
    my $mean = @$rows ? sum(map { $_->{load} } @$rows) / @$rows : 0;
    return if $mean <= $cores;
    return sprintf 'other work shared the machine (load average %.1f on %d cores): run again '
        . 'when it is quiet before believing a missed target', $mean, $cores;
}

sub seconds {
    my ($seconds) = @_;
    return sprintf '%.0f us', $seconds * 1e6 if $seconds < 0.001;
    return $seconds < 0.1 ? sprintf('%.1f ms', $seconds * 1000) : sprintf('%.2f s', $seconds);
}

sub kib {
    my ($bytes) = @_;
    return sprintf '%d KiB', $bytes / 1024;
}

# The summary as Markdown that reads well on a screen too.
sub to_text {
    my ($facts, $cases, $summary, $verdicts, $notes) = @_;
    my @lines = ('# How fast VMClone is', q{});
    push @lines, map {"- $_->[0]: $_->[1]"} @$facts;
    push @lines, map {"- note: $_"} @$notes;
    push @lines, q{}, '## Targets', q{}, verdict_table(@$verdicts) if @$verdicts;
    for my $case (@$cases) {
        my @entries = grep { $_->{case} eq $case->{name} && $_->{group} ne 'way' } @$summary
            or next;
        push @lines, q{}, "## $case->{name}", q{}, Bench::Cases::describe($case), q{},
            time_table(@entries);
    }
    return join "\n", @lines, q{};
}

sub verdict_table {
    my @verdicts = @_;
    return table(
        ['case', 'mode', 'target', 'reached', 'verdict'],
        map { [@$_{qw(case mode text value)}, $_->{met} ? 'met' : '**missed**'] } @verdicts
    );
}

sub time_table {
    my @entries = @_;
    my %ours = map { $_->{mode} => $_->{median} } grep { $_->{group} eq 'vmclone' } @entries;
    return table(
        ['mode', 'contender', 'median', 'fastest', 'slowest', 'rounds', 'VMware::Vix is'],
        map { [
            @$_{qw(mode contender)},
            (map { seconds($_) } @$_{qw(median min max)}),
            $_->{rounds} . ($_->{noisy} ? ', noisy' : q{}),
            $ours{$_->{mode}} && $_->{group} !~ /^(?:vmclone|(?:bare )?(?:first|last)|open)$/
                ? sprintf('%.2fx as fast', $_->{median} / $ours{$_->{mode}})
                : q{},
        ] } sort { $b->{mode} cmp $a->{mode} } @entries
    );
}

sub table {
    my @rows = @_;
    my @width = map {
        my $column = $_;
        max(map { length $_->[$column] } @rows);
    } 0 .. $#{$rows[0]};
    my @lines = map { row_text(\@width, $_) } @rows;
    splice @lines, 1, 0, '|' . join('|', map { '-' x ($_ + 2) } @width) . '|';
    return @lines;
}

sub row_text {
    my ($width, $row) = @_;
    my @cells = map { sprintf '%-*s', $width->[$_], $row->[$_] } 0 .. $#$width;
    return '| ' . join(' | ', @cells) . ' |';
}

1;
