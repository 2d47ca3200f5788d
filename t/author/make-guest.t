#!/usr/bin/perl
# Two tests that start at once make the small Linux of dev/make-guest for the first time: one builds
# it, the other waits, and both get the same disk.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use VixTest::Files qw(temp_dir);
use VixTest::Guest qw(why_nothing_runs);
use VixTest::Tools qw(qemu_compare);

my $why = why_nothing_runs();
plan skip_all => $why if defined $why;

my $keep = temp_dir();
$ENV{VIX_GUEST_CACHE} = "$keep/cache";

my @makers;
for my $name (qw(one two)) {
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDOUT, '>', "$keep/$name.log" or die "$name.log: $!";
        open STDERR, '>&', \*STDOUT         or die "$name.log: $!";
        exec "$Bin/../../dev/make-guest", "$keep/$name", 'guest' or die "exec: $!";
    }
    push @makers, $pid;
}
for my $pid (@makers) {
    waitpid $pid, 0;
    is($?, 0, 'a guest is made') or diag qx(tail -n 5 '$keep'/*.log);
}
is(qemu_compare("$keep/one/guest.vmdk", "$keep/two/guest.vmdk"), '', 'and the other is the same');

done_testing();
