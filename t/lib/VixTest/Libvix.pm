package VixTest::Libvix;

# Compiles and runs programs that use libvixAllProducts.so, as others write them. The library and its
# headers are those of the build, in build/ or in the folder LIBVIX_BUILD. Other variables:
#
#   LIBVIX_C_FLAGS     more options for the compiler, such as -fsanitize=address
#   LIBVIX_LINK_FLAGS  and for linking, such as -lvirt
#   LIBVIX_C_WRAPPER   a command that runs the programs, such as valgrind --error-exitcode=9

use strict;
use warnings;

use Cwd      qw(abs_path);
use Exporter 'import';
use FindBin;
use Test::More ();

use VixTest::Files qw(temp_dir);
use VixTest::Tools qw(have_tool run_tool);

our @EXPORT_OK = qw(build_folder is_sanitized library needs_library compiler compile make_program run_program
    passes program_environment with_machines);

my ($build, $flags, $linked, $wrapper)
    = map { delete $ENV{"LIBVIX_$_"} } qw(BUILD C_FLAGS LINK_FLAGS C_WRAPPER);
my @flags   = split ' ', $flags   // '';
my @linked  = split ' ', $linked  // '';
my @wrapper = split ' ', $wrapper // '';
my ($root)  = grep { -e "$_/MANIFEST" } "$FindBin::Bin/..", "$FindBin::Bin/../..";
$build = abs_path($build // ($root // "$FindBin::Bin/..") . '/build');
my $folder = temp_dir();

sub build_folder { return $build }
sub library      { return "$build/libvixAllProducts.so" }
sub is_sanitized { return scalar grep {/\A-fsanitize/} @flags }

# Ends the test where the library or the compiler of a language is missing.
sub needs_library {
    my (@languages) = @_;
    Test::More::plan(skip_all => 'libvixAllProducts.so was not built') if !-e library();
    for my $language (@languages) {
        Test::More::plan(skip_all => "needs a compiler of $language") if !compiler($language);
    }
    return;
}

sub compiler {
    my ($language) = @_;
    my @names = $language eq 'C' ? qw(gcc cc clang) : qw(g++ c++ clang++);
    return (grep {defined} map { have_tool($_) } @names)[0];
}

# Compiles a source with these words behind the usual ones: what the compiler said, '' if all was well.
sub compile {
    my ($compiler, $source, @words) = @_;
    my $run = run_tool($compiler, "-I$build/include", @flags, $source, @words);
    return $run->{status} == 0 && $run->{out} . $run->{err} eq '' ? '' : "$run->{out}$run->{err} ";
}

# The path of a program of a source in t/capi, linked with the library; passes a test.
sub make_program {
    my ($source, @words) = @_;
    my ($name) = $source =~ m{([^/]+)\.\w+\z};
    my $cpp     = $source =~ /\.cpp\z/;
    my @strict  = ($cpp ? '-std=c++17' : '-std=c99', qw(-g -O1 -Wall -Wextra -pedantic -Werror));
    my $program = "$folder/$name";
    my $said = compile(compiler($cpp ? 'C++' : 'C'), "$FindBin::Bin/capi/$source", @strict,
        qw(-D_GNU_SOURCE -pthread -o), $program, "-L$build", '-lvixAllProducts', @linked, @words);
    Test::More::is($said, '', "$source compiles without a warning");
    return $program;
}

my %no_machines = (VIX_POWER_URI => 'qemu+unix:///system?socket=/nonexistent/vix');

# From now on programs may start virtual machines.
sub with_machines { %no_machines = (); return }

# Where programs find the library, and settings that start no virtual machine.
sub program_environment {
    return (
        LD_LIBRARY_PATH => join(':', $build, grep {defined} $ENV{LD_LIBRARY_PATH}),
        %no_machines,
    );
}

# As run_tool, in that environment.
sub run_program {
    my (@command) = @_;
    my %own = program_environment();
    local @ENV{ keys %own } = values %own;
    return run_tool(@wrapper, @command);
}

# Runs a program whose last line says that none of its checks failed.
sub passes {
    my ($what, @command) = @_;
    my $run = run_program(@command);
    my ($count) = $run->{out} =~ /^(\d+) checks, 0 failed$/m;
    my $good = $run->{status} == 0 && $run->{signal} == 0 && $count;
    Test::More::ok($good, $what . ($count ? ": $count checks" : ''))
        or Test::More::diag(substr("status $run->{status} signal $run->{signal}\n$run->{out}$run->{err}",
        -4000));
    return $good;
}

1;
