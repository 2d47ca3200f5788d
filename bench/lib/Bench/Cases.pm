package Bench::Cases;

# What is measured, against whom, and the figures to reach. Sizes are multiples of --size, so the
# names say 1x, 3x and 6x; with the default of 1 GiB those are GiB.

use strict;
use warnings;

use Bench::Calls ();
use Bench::Power ();

# Contenders (see Bench::Contender) of a case on the work folder's own file system, ...
my @PLAIN = qw(vmclone cp two qemu qemu_w vmclone_s cp_s two_s qemu_s qemu_w_s);
# ... of a disk with a parent, where cp can only copy the chain as it is, ...
my @CHAIN = qw(vmclone cp qemu qemu_w vmclone_s cp_s qemu_s qemu_w_s);
# ... and on a file system with reflinks.
my @REFLINK = qw(vmclone reflink vmclone_s reflink_s);
my @REFLINK_FULL = (@REFLINK, qw(never qemu never_s));
my @REFLINK_CHAIN = qw(vmclone never qemu vmclone_s);

# A target: the mode it is judged in, and one of `group` and `at_least` (how many times faster than
# the fastest of that group of contenders), `below` (seconds), `allocated_below` (bytes on the disk
# that the clone takes), `growth_below` (the last clones' time over the first ones'), or `series`: the
# time at a `number` of things is `below` seconds, or the time for each of them `grows_below` so many
# times that at the number `from`.
my @FAST_COPY = (
    {mode => 'warm', group => 'copy', at_least => 1.0},
    {mode => 'warm', group => 'qemu', at_least => 2.5},
    {mode => 'fsync', group => 'copy', at_least => 1.0},
    {mode => 'fsync', group => 'qemu', at_least => 2.5},
);
my @FLATTEN = map { {mode => $_, group => 'qemu', at_least => 2.0} } qw(warm fsync);
my @METADATA = map { {mode => $_, below => 0.020} } qw(warm fsync);

my @LINKED = (
    {mode => 'fsync', below => 0.003},
    {mode => 'fsync', group => 'bare', at_least => 1 / 1.15},
    map { {mode => $_, group => 'qemu', at_least => 10} } qw(warm fsync),
);
my @CONSOLIDATE = map { {mode => $_, group => 'qemu', at_least => 1.0} } qw(warm fsync);
# Where the delta can take the base's place, its size must not matter.
my @TAKE_PLACE = map { {mode => $_, group => 'qemu', at_least => 10} } qw(warm fsync);

sub all {
    my ($size) = @_;
    return (
        work_folder_cases($size), linked_cases($size), consolidation_cases($size),
        snapshots_case($size), Bench::Calls::cases(), Bench::Power::cases(),
        (map { reflink_cases($_, $size) } qw(xfs btrfs)), deletion_case($size)
    );
}

# Linked clones of a snapshot. A few milliseconds need more rounds to be sure of, and what was made is
# kept until the end: ext4 without a journal takes the longer to make a file the more were deleted
# within the last minute.
sub linked_cases {
    my ($size) = @_;
    my %disk = (kind => 'monolithicSparse', snapshot => 1);
    my %more = (ours_only => 1, rounds => 25, keep => 1);
    my @contenders = qw(linked linked_s create create_s bare bare_s);
    return (
        {
            %more,
            %{case('linked', 'work', \@LINKED, \@contenders,
                {%disk, data_mib => $size / 4, capacity_mib => $size})}
        },
        {
            %more,
            %{case('linked-1t', 'work', [@LINKED, {mode => 'fsync', allocated_below => 1 << 20}],
                \@contenders, {%disk, data_mib => 0, capacity_mib => 1 << 20})}
        },
        (map { many_case($_, 1000, $size) } qw(work ext4 xfs btrfs)),
        many_case('work', 10_000, $size)
    );
}

sub many_case {
    my ($place, $many, $size) = @_;
    my $thousand = $many == 1000;
    my @targets = (
        {mode => 'fsync', growth_below => $thousand ? 1.1 : 1.2},
        $thousand ? {mode => 'fsync', below => 5} : (),
        {mode => 'warm', group => 'open', below => 0.05},
    );
    my %disk = (kind => 'monolithicSparse', snapshot => 1);
    my $name = ($place eq 'work' ? q{} : "$place-") . "linked-$many";
    return {
        ours_only => 1,
        rounds => $thousand ? 3 : 1,
        keep => 1,
        many => $many,
        %{case($name, $place, \@targets, [], {%disk, data_mib => 0, capacity_mib => $size})}
    };
}

# The last case of the work folder: files are made more slowly there for a while after so many were
# deleted.
sub deletion_case {
    my ($size) = @_;
    return {
        %{many_case('work', 10_000, $size)},
        name => 'delete-10000',
        deletes => 1,
        targets => [{mode => 'fsync', growth_below => 1.5}]
    };
}

# Time may grow as the number of snapshots does, and no more.
sub snapshots_case {
    my ($size) = @_;
    my @numbers = (50, 100, 200, 500, 1000, 2000);
    my @targets = map { {
        mode => 'warm', series => $_, from => 200, number => 2000, grows_below => 1.25
    } } ('VMCreateSnapshot', 'VMRevertToSnapshot', 'VMRemoveSnapshot, with children', 'VMDelete');
    push @targets,
        {
        mode => 'warm', series => 'VMRemoveSnapshot, with children', number => 2000, below => 10
        };
    return {
        ours_only => 1,
        rounds => 1,
        numbers => \@numbers,
        %{case('snapshots', 'work', \@targets, [],
            {kind => 'monolithicSparse', data_mib => 0, capacity_mib => $size})}
    };
}

# Removing the only snapshot of a machine: its disk and the delta on top become one.
sub consolidation_cases {
    my ($size) = @_;
    my $sixteenth = $size / 16;
    my $merge = sub {
        my ($name, $targets, %disk) = @_;
        return {
            ours_only => 1,
            %{case($name, 'work', $targets, [qw(remove commit remove_s commit_s)],
                {snapshot => 1, kind => 'monolithicSparse', capacity_mib => 2 * $size, %disk})}
        };
    };
    return (
        $merge->('merge-small', \@CONSOLIDATE, data_mib => $size, delta_mib => $sixteenth),
        $merge->('merge-equal', \@CONSOLIDATE, data_mib => $size / 2, delta_mib => $size / 2),
        $merge->('merge-large', \@TAKE_PLACE, data_mib => $sixteenth, delta_mib => $size),
        $merge->('merge-split', \@CONSOLIDATE,
            kind => 'twoGbMaxExtentSparse',
            data_mib => $size,
            delta_mib => $sixteenth),
        $merge->('merge-flat', \@CONSOLIDATE,
            kind => 'monolithicFlat',
            data_mib => $size,
            capacity_mib => $size,
            delta_mib => $size / 4),
    );
}

sub work_folder_cases {
    my ($size) = @_;
    my $two_extents_and_a_bit = $size * 5 > 5120 ? $size * 5 : 5120;
    return (
        case('sparse', 'work', \@FAST_COPY, [@PLAIN, 'qemu_none'],
            {kind => 'monolithicSparse', data_mib => $size, capacity_mib => 2 * $size}),
        case('flat', 'work',
            [@FAST_COPY, {mode => 'fsync', group => 'qemu-w', at_least => 1.5}],
            [@PLAIN, 'qemu_none'],
            {kind => 'monolithicFlat', data_mib => $size, capacity_mib => $size}),
        case('split', 'work', \@FAST_COPY, \@PLAIN,
            {
                kind => 'twoGbMaxExtentSparse',
                data_mib => $size,
                capacity_mib => $two_extents_and_a_bit
            }),
        case('chain', 'work', \@FLATTEN, \@CHAIN, chain($size)),
        case('stream', 'work',
            [{mode => 'warm', group => 'qemu', at_least => 3.0}],
            [qw(vmclone qemu qemu_w vmclone_s qemu_s)],
            {
                kind => 'streamOptimized',
                texture => 'half',
                data_mib => $size / 2,
                capacity_mib => $size
            }),
        case('empty-1t', 'work', [{mode => 'warm', below => 0.1}],
            [qw(vmclone cp vmclone_s cp_s qemu_once)],
            {kind => 'monolithicSparse', data_mib => 0, capacity_mib => 1 << 20}),
    );
}

sub reflink_cases {
    my ($place, $size) = @_;
    my $sparse = sub {
        my ($times) = @_;
        return {
            kind => 'monolithicSparse',
            data_mib => $times * $size,
            capacity_mib => 2 * $times * $size
        };
    };
    return (
        case("$place-sparse-1x", $place, \@METADATA, \@REFLINK, $sparse->(1)),
        case("$place-sparse-3x", $place, \@METADATA, \@REFLINK_FULL, $sparse->(3)),
        case("$place-sparse-6x", $place, \@METADATA, \@REFLINK, $sparse->(6)),
        case("$place-flat-3x", $place, \@METADATA, \@REFLINK_FULL,
            {kind => 'monolithicFlat', data_mib => 3 * $size, capacity_mib => 3 * $size}),
        case("$place-chain-1x", $place, [$FLATTEN[0]], \@REFLINK_CHAIN, chain($size)),
        # The same deltas on three times the base: what is shared must not cost more.
        case("$place-chain-3x", $place, [$FLATTEN[0]], \@REFLINK_CHAIN,
            {%{chain(3 * $size)}, delta_mib => $size / 16}),
    );
}

sub chain {
    my ($size) = @_;
    return {
        kind => 'monolithicSparse',
        data_mib => $size,
        capacity_mib => 2 * $size,
        deltas => 3,
        delta_mib => $size / 16
    };
}

sub case {
    my ($name, $place, $targets, $contenders, $disk) = @_;
    return {
        name => $name,
        place => $place,
        targets => $targets,
        contenders => $contenders,
        disk => $disk
    };
}

# One line on what the case is.
sub describe {
    my ($case) = @_;
    return $case->{about} if $case->{about};
    my $disk = $case->{disk};
    my $what = $disk->{data_mib}
        ? "$disk->{kind}, $disk->{data_mib} MiB of data in $disk->{capacity_mib} MiB"
        : "$disk->{kind}, empty, $disk->{capacity_mib} MiB";
    $what .= ", $disk->{deltas} deltas of $disk->{delta_mib} MiB" if $disk->{deltas};
    $what .= ', a snapshot' if $disk->{snapshot};
    $what .= " and $disk->{delta_mib} MiB on top of it" if $disk->{snapshot} && $disk->{delta_mib};
    $what .= ", $case->{many} linked clones of it" if $case->{many};
    $what .= ', which are deleted' if $case->{deletes};
    $what .= ', ' . join(q{, }, @{$case->{numbers}}) . ' snapshots' if $case->{numbers};
    return $case->{place} eq 'work' ? $what : "$what, on $case->{place}";
}

1;
