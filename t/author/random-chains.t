#!/usr/bin/perl
# Random disks with random chains of deltas; each clone is compared with the model of its bytes.
# Runs for VIX_TEST_SECONDS (60); VIX_TEST_SEED repeats a run, and the seed of a failing disk is
# printed.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use VixTest::CloneTrial qw(complaints_about_clone_of);

my $until = time + ($ENV{VIX_TEST_SECONDS} || 60);
my $seed  = $ENV{VIX_TEST_SEED} || time;

sub one_of { return $_[rand @_] }

sub random_ranges {
    my ($capacity, $most) = @_;
    my @ranges;
    for (1 .. int rand $most) {
        my $start = int rand $capacity;
        my $count = 1 + int rand one_of(2, 30, 300, 3000);
        $count = $capacity - $start if $start + $count > $capacity;
        push @ranges,
            [$start, $count, one_of(0, 1 + int rand 1e6, 1 + int rand 1e6, 'noise' . int rand 99)];
    }
    return \@ranges;
}

sub random_extents {
    my ($capacity) = @_;
    my ($left, @sizes) = $capacity;
    while ($left > 0) {
        my $size = 128 * (1 + int rand 60);
        $size = $left if $size > $left;
        push @sizes, $size;
        $left -= $size;
    }
    return \@sizes;
}

sub random_switches {
    my ($type) = @_;
    return { level => int rand 10, order => one_of(undef, 'reverse', 'shuffled') }
        if $type eq 'streamOptimized';
    return {
        order => one_of(undef, 'shuffled'),
        $type eq 'vmfsSparse' ? (grain => one_of(1, 8, 128)) : ()
        }
        if $type =~ /^(?:vmfsSparse|seSparse)$/;
    return {
        grain       => one_of(16, 64, 128, 128, 256),
        version     => 1 + int rand 3,
        order       => one_of(undef, 'reverse', 'shuffled'),
        gap         => one_of(0, 0, 3, 128),
        redundant   => one_of(1, 1, 1, 0),
        lazy_tables => one_of(0, 0, 1),
    };
}

sub random_disk {
    my ($capacity, @types) = @_;
    my $type = one_of(@types);
    my %disk = (type => $type);
    $disk{extents} = random_extents($capacity) if $type =~ /^twoGb/;
    $disk{sparse}  = random_switches($type) if $type    !~ /[Ff]lat|^vmfs$/;
    return \%disk;
}

# Whole grains of zeros, if the disk has one extent whose format has an entry for them.
sub add_zeroed {
    my ($disk, $capacity) = @_;
    return if $disk->{type} !~ /^(?:monolithicSparse|seSparse)$/ || rand > 0.4;
    my $grain  = $disk->{sparse}{grain} || 8;
    my $grains = int(($capacity + $grain - 1) / $grain);
    my $first  = int rand $grains;
    my $count  = (1 + int rand($grains - $first)) * $grain;
    $count = $capacity - $first * $grain if $first * $grain + $count > $capacity;
    $disk->{zeroed} = [[$first * $grain, $count]];
    return;
}

my $done = 0;
while (time < $until) {
    $seed++;
    srand $seed;
    my $capacity = 1 + int rand one_of(300, 5000, 40_000);
    my $base     = random_disk(
        $capacity, qw(monolithicSparse twoGbMaxExtentSparse monolithicFlat
            twoGbMaxExtentFlat streamOptimized vmfs vmfsSparse seSparse)
    );
    my @deltas = map {
        random_disk($capacity, qw(monolithicSparse twoGbMaxExtentSparse vmfsSparse seSparse))
    } 1 .. int rand 6;
    $base->{content} = random_ranges($capacity, 12);
    for my $delta (@deltas) {
        $delta->{writes} = random_ranges($capacity, 5);
        add_zeroed($delta, $capacity);
    }
    my @wrong = complaints_about_clone_of(
        [{ %{$base}, sectors => $capacity, deltas => \@deltas }],
        any_extents => 1,
        qemu        => $done % 4 ? 0 : 1,
        qemu_source => 0
    );
    $done++;
    next if !@wrong;
    is_deeply(
        \@wrong, [],
        "VIX_TEST_SEED=" . ($seed - 1) . ": " . join ' < ',
        map { $_->{type} } reverse $base, @deltas
    );
}
cmp_ok($done, '>', 0, "$done random disks cloned, last seed $seed");

done_testing();
