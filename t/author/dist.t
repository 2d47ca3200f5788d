#!/usr/bin/perl
# The distribution is whole: the tarball that `make dist` makes builds, passes its tests and
# installs in a clean place, and what is installed works from there. Runs all tests of the tarball,
# or those named in DIST_TEST_FILES.

use strict;
use warnings;

use Cwd qw(abs_path);
use ExtUtils::Manifest qw(manicopy maniread);
use FindBin qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use VixTest::Files qw(slurp spew temp_dir);
use VixTest::Tools qw(run_tool);

my $ROOT = abs_path("$Bin/../..");
my $TESTS = $ENV{DIST_TEST_FILES} || 't/*.t';
delete @ENV{ grep {/\A(?:VIX_|PERL5LIB\z|PERL5OPT\z|PERL_M)/} keys %ENV };

my $temp = temp_dir();
mkdir "$temp/$_" or die "$temp/$_: $!" for qw(tree clean home);
$ENV{HOME} = "$temp/home";

# In a folder; ends the test where it fails, with the end of what it said.
sub do_in {
    my ($folder, $what, @command) = @_;
    my $run = run_tool('sh', '-c', 'cd "$1" && shift && exec "$@" 2>&1', 'sh', $folder, @command);
    is($run->{status}, 0, $what) or BAIL_OUT("$what: " . substr $run->{out}, -3000);
    return $run->{out};
}

subtest 'MANIFEST is what is there' => sub {
    chdir $ROOT or die "chdir: $!";
    local $ExtUtils::Manifest::Quiet = 1;
    my ($missing, $extra) = ExtUtils::Manifest::fullcheck();
    is_deeply($missing, [], 'nothing is listed that is not there');
    is_deeply($extra,   [], 'nothing is there that is not listed');
};

subtest 'make dist' => sub {
    chdir $ROOT or die "chdir: $!";
    local $ExtUtils::Manifest::Quiet = 1;
    manicopy(maniread(), "$temp/tree", 'cp');
    do_in("$temp/tree", 'configure', $^X, 'Makefile.PL');
    do_in("$temp/tree", 'make dist', 'make', 'dist');
    my ($tarball) = glob "$temp/tree/VMware-Vix-*.tar.gz";
    ok($tarball, 'there is a tarball') or BAIL_OUT('no tarball');
    do_in("$temp/clean", 'it unpacks', 'tar', '-xzf', $tarball);
};

my ($source) = glob "$temp/clean/VMware-Vix-*";
my $INSTALLED = "$temp/installed";

subtest 'META' => sub {
    my $meta = slurp("$source/META.json");
    like($meta, qr/"name"\s*:\s*"VMware-Vix"/, 'names the distribution');
    like($meta, qr/"license"\s*:\s*\[\s*"perl_5"/, 'and its license');
    ok(-f "$source/META.yml", 'for old clients, too');
    ok(-f "$source/$_", "$_ is in it") for qw(LICENSE Changes README);
};

subtest 'build, test, install' => sub {
    do_in($source, 'configure', $^X, 'Makefile.PL', "INSTALL_BASE=$INSTALLED");
    do_in($source, 'make', 'make');
    my $said = do_in($source, 'make test', 'make', 'test', "TEST_FILES=$TESTS");
    like($said, qr/^All tests successful\.$/m, 'all tests passed');
    do_in($source, 'make install', 'make', 'install');
};

subtest 'what is installed works without its source' => sub {
    rename $source, "$temp/away" or die "rename: $!";
    local $ENV{PERL5LIB} = "$INSTALLED/lib/perl5";
    mkdir "$temp/vm" or die "mkdir: $!";
    spew("$temp/vm/vm.vmx", qq{.encoding = "UTF-8"\nconfig.version = "8"\ndisplayName = "vm"\n});
    my $vmrun = "$INSTALLED/bin/vmrun";
    ok(-x $vmrun, 'vmrun is there');
    do_in('/', 'it takes a snapshot', $vmrun, 'snapshot', "$temp/vm/vm.vmx", 'base');
    like(do_in('/', 'lists it', $vmrun, 'listSnapshots', "$temp/vm/vm.vmx"),
        qr/^Total snapshots: 1\nbase\n/, 'by name');
    do_in('/', 'clones', $vmrun, 'clone', "$temp/vm/vm.vmx", "$temp/copy/copy.vmx", 'full');
    ok(-f "$temp/copy/copy.vmx", 'the clone is there');
    my @pages = glob "$INSTALLED/man/man*/*";
    for my $page (qw(vmrun VMware::Vix VMware::Vix::Simple VMware::Vix::Tutorial)) {
        ok(scalar(grep {m{/\Q$page\E\.\d}} @pages), "there is a manual page $page");
    }
};

done_testing;
