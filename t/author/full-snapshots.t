#!/usr/bin/perl
# Snapshot calls and linked clones on a file system that becomes full at any point of them. Each
# returns an error or VIX_OK, nothing is lost, and the next call succeeds once there is room again.
# Needs root, because it mounts a file system in memory.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use VMware::Vix::API::Constants;
use VixTest::Files        qw(temp_dir);
use VixTest::SnapshotKill qw(calls_to_kill complaints_when_full killed_machine);
use VixTest::Tools        qw(run_tool);

plan skip_all => 'needs root to mount file systems' if $> != 0;

my $keep = temp_dir();
mkdir "$keep/mount" or die "mkdir: $!";
my $mount = run_tool('mount', '-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', "$keep/mount");
plan skip_all => "no file system can be mounted: $mount->{err}" if $mount->{status};

# Leaves room for this many bytes; for undef, plenty.
sub resize {
    my ($room) = @_;
    my $size = 64 << 20;
    if (defined $room) {
        my ($used) = run_tool('df', '-B1', '--output=used', "$keep/mount")->{out} =~ /(\d+)/;
        $size = $used + $room;
    }
    my $run = run_tool('mount', '-o', "remount,size=$size", "$keep/mount");
    die "remount: $run->{err}" if $run->{status};
    return;
}

my $machine = killed_machine("$keep/source");
my %call    = calls_to_kill();
for my $what (sort keys %call) {
    my ($refused, @wrong) = (0);
    for my $pages (0 .. 60, map { 64 + 16 * $_ } 0 .. 40) {
        my ($code, @here) = complaints_when_full($machine, $what, $call{$what}, \&resize,
            $pages * 4096 + 1, "$keep/mount");
        $refused++ if $code != VIX_OK;
        push @wrong, @here;
        last if @wrong > 5;
    }
    is_deeply(\@wrong, [], "$what: refused $refused times") or diag join "\n", @wrong;
}

done_testing();

END {
    my $status = $?;
    run_tool('umount', "$keep/mount") if $keep && -d "$keep/mount";
    $? = $status;
}
