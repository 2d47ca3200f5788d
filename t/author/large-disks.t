#!/usr/bin/perl
# Disks of terabytes: flat beyond 2 TiB, sparse up to the limit of the format's 32-bit sector
# numbers, almost all of them holes. Clones are exact and take little time and memory.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use VixTest;
use VixTest::Calls      qw(clone_in_child);
use VixTest::CloneJudge qw(clone_complaints);

my $keep = temp_dir();
my $tib  = 1 << 31;      # in sectors

sub is_cloned {
    my ($what, $disk, $seconds) = @_;
    my $dir    = "$keep/" . ($what =~ tr/a-zA-Z0-9/-/cr);
    my $vm     = make_vm(dir => "$dir/source", disks => [$disk]);
    my $begin  = time;
    my $result = clone_in_child($vm->{vmx}, "$dir/clone/copy.vmx", seconds => 300);
    my $took   = time - $begin;
    is($result->{err}, 0, "$what: cloned") or return diag($result->{output});
    cmp_ok($took, '<=', $seconds, "$what: in $took s");
    cmp_ok($result->{peak_kib}, '<', 64 * 1024, "$what: with $result->{peak_kib} KiB of memory");
    is_deeply([clone_complaints($vm, "$dir/clone", qemu => 0)], [], "$what: exactly");
    my $blocks = 0;
    $blocks += (stat)[12] for glob "\Q$dir\E/clone/*";
    cmp_ok($blocks, '<', 2 * 65_536, "$what: the holes are holes still");
    system 'rm', '-rf', '--', $dir;
    return;
}

sub spread {
    my ($capacity) = @_;
    return [map { [int($capacity / 7) * $_ + 5, 300, $_ + 1] } 0 .. 6], [[$capacity - 1, 1, 99]];
}

sub content_of {
    my ($capacity) = @_;
    my ($ranges, $last) = spread($capacity);
    return [@{$ranges}, @{$last}];
}

is_cloned('monolithicFlat 3 TiB',
    { type => 'monolithicFlat', sectors => 3 * $tib, content => content_of(3 * $tib) }, 10);
is_cloned('monolithicSparse 1 TiB, empty',
    { type => 'monolithicSparse', sectors => $tib, content => [] }, 10);
is_cloned('monolithicSparse 8 TiB',
    { type => 'monolithicSparse', sectors => 8 * $tib, content => content_of(8 * $tib) }, 30);
is_cloned('streamOptimized 2 TiB',
    { type => 'streamOptimized', sectors => 2 * $tib, content => content_of(2 * $tib) }, 30);
is_cloned(
    'twoGbMaxExtentSparse 500 GiB',
    {   type    => 'twoGbMaxExtentSparse',
        sectors => 126 * 8_323_072,
        extents => [(8_323_072) x 126],
        content => content_of(126 * 8_323_072),
    },
    30
);
is_cloned(
    'a delta on a flat disk of 3 TiB',
    {   type    => 'monolithicFlat',
        sectors => 3 * $tib,
        content => content_of(3 * $tib),
        deltas  => [{ writes => [[$tib + 7, 500, 7], [3 * $tib - 300, 300, 8]] }],
    },
    60
);

done_testing();
