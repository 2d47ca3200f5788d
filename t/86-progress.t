# The example with the progress bar: it draws one, ends well, and stops cleanly.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep);

use VixTest qw(temp_dir slurp);
use VixTest::Calls qw(perl_with_vix);
use VixTest::Jobs;
use VixTest::Tools qw(run_tool);

my $EXAMPLE = "$FindBin::Bin/../examples/progress.pl";
my $dir     = temp_dir();
my $source  = slow_machine("$dir/slow", 128)->{vmx};
mkdir "$dir/out" or die $!;

my $hidden = "$dir/hidden";
mkdir $hidden or die $!;
mkdir "$hidden/Term" or die $!;
open my $broken, '>', "$hidden/Term/ProgressBar.pm" or die $!;
print {$broken} "die 'not here';\n";
close $broken or die $!;
my ($perl, @arguments) = perl_with_vix($EXAMPLE);
my $run = run_tool($perl, "-I$hidden", @arguments, $source, "$dir/out/a/a.vmx");
isnt($run->{status}, 0, 'without the module that draws the bar it fails');
like($run->{err}, qr/libterm-progressbar-perl/, 'and tells what to install');
is_deeply(leftovers("$dir/out"), [], 'having done nothing');

SKIP: {
    skip 'Term::ProgressBar is not here', 1 if !eval { require Term::ProgressBar; 1 };
    $run = run_tool(perl_with_vix($EXAMPLE), $source, "$dir/out/a/a.vmx");
    is($run->{status}, 0, 'it clones') or diag $run->{err};
    is($run->{out}, "$dir/out/a/a.vmx is a clone.\n", 'and says so');
    like($run->{err}, qr{\d MiB/s: +100%}, 'with a rate, up to 100 percent');
    my @percent = $run->{err} =~ /: +(\d+)%/g;
    is_deeply([grep { $percent[$_] < $percent[$_ - 1] } 1 .. $#percent], [], 'which never falls');

    my $pid = fork;
    die "fork: $!" if !defined $pid;
    if (!$pid) {
        open STDERR, '>', "$dir/messages" or die $!;
        exec perl_with_vix($EXAMPLE), $source, "$dir/out/b/b.vmx" or die $!;
    }
    sleep 0.002 until @{ leftovers("$dir/out") } > 1 || waitpid $pid, POSIX::WNOHANG();
    kill INT => $pid;
    waitpid $pid, 0;
    isnt($?, 0, 'Ctrl-C ends it');
    like(slurp("$dir/messages"), qr/^progress\.pl: stopped$/m, 'with a word');
    is_deeply(leftovers("$dir/out"), ['a'], 'and nothing is left of that clone');
}

done_testing;
