package Bench::Rounds;

# Measures one case: every contender once a round, in an order that moves on by one each round, so
# that no one always comes after the same other.

use strict;
use warnings;

use File::Path qw(make_path remove_tree);
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

use Bench::Command qw(run_command command_output);

# %$plan: case, source, contenders, rounds, folder (where copies go), tools, say (for progress).
# Gives the measurements, one a contender and round.
sub measure {
    my ($plan) = @_;
    my @contenders = @{$plan->{contenders}};
    my @rows;
    for my $round (1 .. $plan->{rounds}) {
        warm_up($plan->{source});
        for my $position (1 .. @contenders) {
            my $contender = $contenders[($position + $round - 2) % @contenders];
            next if $contender->{once} && $round > 1;
            my $row = measure_one($plan, $contender, $round == 1);
            push @rows, {%$row, round => $round, position => $position};
        }
        $plan->{say}->("round $round of $plan->{rounds}");
    }
    return @rows;
}

sub measure_one {
    my ($plan, $contender, $first) = @_;
    my $folder = new_folder($plan);
    $contender->{prepare}->($plan->{source}, $folder) if $contender->{prepare};
    settle($plan);
    my $load = load_average();
    my $start = clock_gettime(CLOCK_MONOTONIC);
    my ($top, $part) = $contender->{run}->($plan->{source}, $folder, $plan->{tools});
    my $seconds = $part // clock_gettime(CLOCK_MONOTONIC) - $start;
    verify($plan->{source}, $top, $contender) if $first && defined $top;
    my $allocated = $first ? allocated_bytes($folder) : undef;
    done_with($plan, $folder);
    return {
        case => $plan->{case}{name},
        mode => $contender->{mode},
        group => $contender->{group},
        contender => $contender->{name},
        seconds => $seconds,
        allocated => $allocated,
        load => $load
    };
}

# Where a copy goes.
sub new_folder {
    my ($plan) = @_;
    my $folder = "$plan->{folder}/copy" . ($plan->{copies}++ // 0);
    make_path($folder);
    return $folder;
}

# Small copies stay until the end of the case: see `keep` in Bench::Cases.
sub done_with {
    my ($plan, $folder) = @_;
    remove_tree($folder) if !$plan->{case}{keep};
    return;
}

# What the last one left unwritten would be written in the time of the next.
sub settle {
    my ($plan) = @_;
    run_command('sync', '-f', $_) for $plan->{folder}, $plan->{tools};
    return;
}

sub warm_up {
    my ($source) = @_;
    for my $file (@{$source->{files}}) {
        open my $in, '<:raw', $file or die "$file: $!\n";
        while (sysread $in, my $block, 1 << 20) { }
    }
    return;
}

sub allocated_bytes {
    my ($folder) = @_;
    my ($kib) = command_output('du', '-sk', $folder) =~ /^(\d+)/;
    return $kib * 1024;
}

sub verify {
    my ($source, $top, $contender) = @_;
    run_command('qemu-img', 'compare', '-q', '-f', 'vmdk', '-F', 'vmdk', $source->{top}, $top);
    return if $contender->{group} ne 'vmclone' || $source->{clone_kind} =~ /Flat/;
    run_command('qemu-img', 'check', '-q', '-f', 'vmdk', $top);
    return;
}

# The most memory a process of its own holds: bare, with the module loaded, and after a clone (the
# larger of both settings of clone.sync), in KiB.
sub memory {
    my ($plan, $root) = @_;
    my @perl = ($^X, "$root/bench/peak_memory.pl");
    my %peak = (bare => peak(@perl), loaded => peak(@perl, $root), cloned => 0);
    for my $sync (qw(FALSE TRUE)) {
        my $folder = "$plan->{folder}/copy";
        make_path($folder);
        my $kib = peak(@perl, $root, $plan->{source}{vmx}, "$folder/clone/clone.vmx", $sync);
        $peak{cloned} = $kib if $kib > $peak{cloned};
        remove_tree($folder);
    }
    return {case => $plan->{case}{name}, %peak};
}

sub peak {
    my @command = @_;
    my $answer = command_output(@command);
    chomp $answer;
    return $answer;
}

sub load_average {
    open my $in, '<', '/proc/loadavg' or return 0;
    return (split q{ }, scalar <$in>)[0];
}

1;
