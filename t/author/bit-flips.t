#!/usr/bin/perl
# Good machines with random damage to headers, tables, descriptors and the .vmx. A clone never ends
# with a signal, hangs or exceeds its memory limit, leaves nothing behind and does not change the
# source; if it succeeds, its disk is sound. Runs for VIX_TEST_SECONDS (60); VIX_TEST_SEED repeats a
# run.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use VixTest;
use VixTest::Calls        qw(clone_all_in_child);
use VixTest::DiskSparse   qw(sparse_complaints);
use VixTest::Files        qw(list_files patch_bytes read_bytes truncate_file);
use VixTest::HostileTrial qw(secret_file);
use VixTest::Tools        qw(qemu_check);

$ENV{VIX_CLONE_SYNC} = 'FALSE';

my $until = time + ($ENV{VIX_TEST_SECONDS} || 60);
my $seed  = $ENV{VIX_TEST_SEED} || time;
my $keep  = temp_dir();
secret_file("$keep/secret");

my @kinds = (
    { type => 'monolithicSparse' },
    { type => 'monolithicSparse', deltas => [{ writes => [[5, 400, 9]] }] },
    { type => 'twoGbMaxExtentSparse' },
    { type => 'monolithicFlat' },
    { type => 'twoGbMaxExtentFlat', deltas => [{ writes => [[5, 400, 9]] }] },
    { type => 'streamOptimized' },
    { type => 'streamOptimized', sparse => { markers => 0, directory => 'header' } },
    { type => 'vmfsSparse' },
    { type => 'vmfs', deltas => [{ type => 'seSparse', writes => [[5, 400, 9]] }] },
    { type => 'seSparse' },
);

sub one_of { return $_[rand @_] }

# An offset where a byte matters most: at the front of the file, anywhere, or at its end.
sub random_offset {
    my ($size) = @_;
    my $offset = int rand one_of(100, 512, 16_384, $size, $size);
    $offset = $size - 1 - int rand 1600 if rand() < 0.1;
    return $offset < 0 || $offset >= $size ? 0 : $offset;
}

my @words = (
    "\0" x 4, "\xff" x 4, "\xff" x 8, "\0" x 8, "\0\0\0\x80", "\1\0\0\0", '"', "\n", '/', '../',
    "\xff" x 64,
    '18446744073709551615', '-1', '=', '%n%s', "\0"
);

sub damage {
    my ($file) = @_;
    my $size = -s $file or return;
    for (1 .. one_of(1, 1, 1, 2, 5)) {
        my $offset = random_offset($size);
        my $byte   = read_bytes($file, $offset, 1);
        vec($byte, int rand 8, 1) ^= 1;
        $byte = one_of(@words) if rand() < 0.4;
        patch_bytes($file, $offset, $byte);
    }
    truncate_file($file, int rand $size) if rand() < 0.05;
    return;
}

sub damaged_machine {
    my ($dir) = @_;
    my $vm = make_vm(dir => $dir, disks => [{ %{ one_of(@kinds) }, size_mb => one_of(1, 2, 3) }]);
    my @files = grep {/\.(?:vmdk|vmx)$/} list_files($dir);
    damage("$dir/" . one_of(@files, grep {/\.vmdk$/} @files));
    return $vm;
}

# What is wrong with the clone of the machine in `$dir`.
sub complaints {
    my ($dir, $before, $result) = @_;
    return "signal $result->{signal}: $result->{text}" if $result->{signal};
    my @wrong;
    push @wrong, 'the source was touched' if folder_digest("$dir/vm") ne $before;
    push @wrong, "a folder is left after error $result->{err}" if $result->{err} && -e "$dir/clone";
    push @wrong, 'took much memory' if ($result->{peak_kib} || 0) > 96 * 1024;
    return @wrong if $result->{err};
    for my $file (map {"$dir/clone/$_"} grep {/\.vmdk$/} list_files("$dir/clone")) {
        push @wrong, map {"$file: $_"} sparse_complaints($file)
            if read_bytes($file, 0, 4) eq 'KDMV';
    }
    push @wrong,
        map { qemu_check("$dir/clone/$_") || () } grep {/-cl\d+\.vmdk$/} list_files("$dir/clone");
    return @wrong;
}

my ($done, $cloned, $bad) = (0, 0, 0);
while (time < $until && $bad < 10) {
    my (@cases, %before);
    my $first = $seed + 1;
    for (1 .. 40) {
        $seed++;
        srand $seed;
        my $dir = "$keep/$seed";
        push @cases, [$dir, damaged_machine("$dir/vm")];
        $before{$dir} = folder_digest("$dir/vm");
    }
    my @results = clone_all_in_child(
        [map { [$_->[1]{vmx}, "$_->[0]/clone/copy.vmx"] } @cases],
        seconds    => 10,
        memory_kib => 768 * 1024
    );
    for my $number (0 .. $#cases) {
        my $dir   = $cases[$number][0];
        my @wrong = complaints($dir, $before{$dir}, $results[$number]);
        $done++;
        $cloned++ if $results[$number]{err} == 0;
        if (@wrong) {
            $bad++;
            is_deeply(\@wrong, [], 'VIX_TEST_SEED=' . ($first + $number - 1));
            diag("kept in /tmp: "), system 'cp', '-r', $dir, '/tmp/' if $ENV{VIX_TEST_KEEP};
        }
        system 'rm', '-rf', '--', $dir;
    }
}
cmp_ok($done, '>', 0,
    "$done damaged machines, $cloned of them cloned all the same, last seed $seed");

done_testing();
