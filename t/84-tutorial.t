# Everything that the tutorial shows is so: its scripts are written out, its commands run, and the
# output is what the page has. Directives before the blocks say what each is:
#
#   =for test file NAME       a file
#   =for test run [fails] [progress]   commands of the shell, with or without success
#   =for test output          what the commands before print, errors too
#   =for test sample, dist    run with mtools only; run by t/author/dist.t

use strict;
use warnings;

use Cwd qw(abs_path);
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VMware::Vix ();
use VixTest;
use VixTest::Tools qw(have_tool run_tool);

my $ROOT = abs_path("$FindBin::Bin/..");
my $PAGE = "$ROOT/lib/VMware/Vix/Tutorial.pod";
delete @ENV{ grep {/\AVIX_/} keys %ENV };

my $place = temp_dir();
mkdir "$place/$_" or die "$place/$_: $!" for qw(home work vms bin);
$ENV{HOME}     = "$place/home";
$ENV{PATH}     = "$place/bin:$ENV{PATH}";
$ENV{PERL5LIB} = join ':', map { abs_path($_) } grep { !ref && -d } @INC;
symlink $^X, "$place/bin/perl" or die "symlink: $!";
spew("$place/bin/vmrun", qq{#!/bin/sh\nexec "$^X" "$ROOT/script/vmrun" "\$@"\n});
chmod 0755, "$place/bin/vmrun" or die "chmod: $!";

# [directive, text] of each block of code, the text without its indentation.
sub blocks {
    my ($page) = @_;
    my @blocks;
    my $directive = '';
    for my $paragraph (split /\n(?:[ \t]*\n)+/, $page) {
        if ($paragraph =~ /\A=for test (.*)/) { $directive = $1; next }
        if ($paragraph !~ /\A    /)           { $directive = ''; next }
        my $text = $paragraph =~ s/^    //mgr;
        if ($directive eq 'more') { $blocks[-1][1] .= "\n$text\n" }
        else                      { push @blocks, [$directive, "$text\n"]; $directive = 'more' }
    }
    return @blocks;
}

sub at_place { return $_[0] =~ s{/srv/vms}{$place/vms}gr }

my $page   = slurp($PAGE);
my @blocks = blocks($page);
cmp_ok(scalar @blocks, '>', 15, 'there are blocks');
is_deeply([map { $_->[1] } grep { !length $_->[0] } @blocks], [], 'each is told what it is');

if (have_tool('mformat') && have_tool('qemu-img')) {
    my ($sample) = grep { $_->[0] eq 'sample' } @blocks;
    my $run = run_tool('sh', '-ec', "cd '$ROOT'; " . at_place($sample->[1]));
    is($run->{status}, 0, 'the sample is made') or diag $run->{err};
}
else {
    make_vm(dir => "$place/vms/web", name => 'web');
}

my ($command, $said, $skipped) = ('', undef, 0);
for my $block (@blocks) {
    my ($directive, $text) = ($block->[0], at_place($block->[1]));
    if ($directive =~ /\Afile (\S+)\z/) {
        spew("$place/work/$1", $text);
    }
    elsif ($directive =~ /\Arun\b(.*)/) {
        my $how = $1;
        $command = $text =~ s/\n.*//sr;
        $skipped = $how =~ /progress/ && !VMware::Vix->can('on_progress');
        next if $skipped;
        # What is drawn on a terminal is not what the page shows.
        my $errors = $how =~ /progress/ ? '2>/dev/null' : '2>&1';
        my $run    = run_tool('sh', '-c', "cd '$place/work'; exec $errors; $text");
        $said = $run->{out};
        my $fails = $how =~ /fails/ || $text =~ /none\n\z/;
        is($run->{status} ? 1 : 0, $fails ? 1 : 0, "$command: ends as it should") or diag $said;
    }
    elsif ($directive eq 'output') {
    SKIP: {
            skip 'this build has no on_progress', 1 if $skipped;
            is($said, $text, "$command: says what the page has");
        }
    }
    else {
        like($directive, qr/\A(?:sample|dist)\z/, 'a directive that is known');
    }
}

done_testing;
