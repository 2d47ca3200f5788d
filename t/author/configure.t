#!/usr/bin/perl
# Makefile.PL where something is missing, and with all kinds of compilers and options. It names what
# is missing with its packages, writes no Makefile and exits with 0 (for CPAN's testers "cannot be
# tested here"). Once that is installed, the same command works.

use strict;
use warnings;

use Cwd                qw(abs_path);
use ExtUtils::Manifest qw(manicopy maniread);
use FindBin            qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use VixTest::Files qw(slurp spew temp_dir);
use VixTest::Tools qw(have_tool run_tool);

my $ROOT = abs_path("$Bin/../..");
my $PATH = $ENV{PATH};
delete @ENV{ grep {/\A(?:VIX_|PERL_M|CMAKE_)|\A(?:CC|CXX|CXXFLAGS|CPPFLAGS|LDFLAGS)\z/} keys %ENV };

my $temp = temp_dir();
my $tree = "$temp/ein Baum für dies";
mkdir $_ or die "$_: $!" for $tree, map {"$temp/$_"} qw(bin empty foreign);
{
    chdir $ROOT or die "chdir: $!";
    local $ExtUtils::Manifest::Quiet = 1;
    manicopy(maniread(), $tree, 'cp');
}
chdir $tree or die "chdir: $!";

sub configure {
    my (@arguments) = @_;
    my $run = run_tool($^X, 'Makefile.PL', @arguments);
    return wantarray ? ($run->{status}, "$run->{out}$run->{err}") : $run->{status};
}

sub put_program {
    my ($path, @lines) = @_;
    spew($path, join "\n", '#!/bin/sh', @lines, '');
    chmod 0755, $path;
    return;
}

# A variable in CMake's cache.
sub cached {
    my ($name) = @_;
    return slurp('build/CMakeCache.txt') =~ /^\Q$name\E:\w+=(.*)$/m ? $1 : undef;
}

sub is_refused {
    my ($status, $said, $what, @packages) = @_;
    is($status, 0, "$what: the status is 0");
    ok(!-e 'Makefile', 'no Makefile is written');
    ok(!-e 'build/CMakeCache.txt', 'and CMake remembers nothing');
    for my $system ('apt-get install', 'dnf install', 'pacman -S --needed', 'zypper install') {
        my $package = shift @packages;
        like($said, qr/\Q$system\E .*(?<=\s)\Q$package\E(?:\s|$)/m, "$system $package");
    }
    return;
}

my %packages = (
    Boost         => [qw(libboost-filesystem-dev boost-devel boost libboost_filesystem-devel)],
    ZLIB          => [qw(zlib1g-dev zlib-devel zlib zlib-devel)],
    PNG           => [qw(libpng-dev libpng-devel libpng libpng16-devel)],
    LibXml2       => [qw(libxml2-dev libxml2-devel libxml2 libxml2-devel)],
    nlohmann_json => [qw(nlohmann-json3-dev json-devel nlohmann-json nlohmann_json-devel)],
    libvirt       => [qw(libvirt-dev libvirt-devel libvirt libvirt-devel)],
    crypto        => [qw(libssl-dev openssl-devel openssl libopenssl-devel)],
);
for my $library (sort keys %packages) {
    # Some are found by their headers alone.
    my $hides = $library =~ /\A[a-z]+\z/ ? "${library}_headers=" : "CMAKE_DISABLE_FIND_PACKAGE_$library=ON";
    subtest "without $library" => sub {
        put_program("$temp/bin/cmake", 'case $* in *--version*) exec "$REAL" "$@";; esac',
            "exec \"\$REAL\" -D$hides \"\$\@\"");
        local $ENV{REAL} = have_tool('cmake');
        local $ENV{PATH} = "$temp/bin:$PATH";
        spew('Makefile', "all :\n");
        is_refused(configure(), 'is missing', @{ $packages{$library} });
        $ENV{PATH} = $PATH;
        is(configure(), 0, 'once it is there the same command works');
        ok(-e 'Makefile', 'and writes a Makefile');
        unlink 'Makefile';
        run_tool('rm', '-rf', 'build');
    };
}

subtest 'a bare system' => sub {
    local $ENV{PATH} = "$temp/empty";
    my ($status, $said) = configure();
    is_refused($status, $said, 'no tool', qw(g++ gcc-c++ gcc gcc-c++));
    is_refused($status, $said, 'no tool', qw(cmake cmake cmake cmake));
    is_refused($status, $said, 'no tool', qw(make make make make));
};

subtest 'a compiler that is none' => sub {
    local $ENV{CXX} = 'false';
    my ($status, $said) = configure();
    is_refused($status, $said, 'false', qw(g++ gcc-c++ gcc gcc-c++));
    like($said, qr/false does not build a C\+\+20 program/, 'the compiler is named');
    local $ENV{CXX}      = 'g++';
    local $ENV{CXXFLAGS} = '-std=c++20 -fno-such-option';
    ($status, $said) = configure();
    like($said, qr/fno-such-option/, 'and what it says is shown');
};

subtest 'a CMake that is too old' => sub {
    put_program("$temp/bin/cmake", 'echo cmake version 3.9.6');
    local $ENV{PATH} = "$temp/bin:$PATH";
    my ($status, $said) = configure();
    is_refused($status, $said, 'CMake 3.9', qw(cmake cmake cmake cmake));
    like($said, qr/CMake 3\.9 is too old/, 'its version is told');
};

subtest 'a launcher before the compiler' => sub {
    put_program("$temp/foreign/ccache", 'exec "$@"');
    local $ENV{PATH} = "$temp/foreign:$PATH";
    local $ENV{CXX}  = 'ccache g++';
    is(configure(), 0, 'configures');
    is(cached('CMAKE_CXX_COMPILER_LAUNCHER'), 'ccache', 'CMake knows it as a launcher');
    like(cached('CMAKE_CXX_COMPILER'), qr{(?:\A|/)g\+\+\z}, 'and the compiler');
    like(slurp('Makefile'), qr/^CXX = ccache g\+\+$/m, 'as the glue does');
};

subtest 'options' => sub {
    local @ENV{qw(CXX CPPFLAGS CXXFLAGS LDFLAGS)}
        = ('g++ -g1', '-DONE=1', q{-O1 -DTWO='"a b"'}, '-Wl,-z,now');
    is(configure(), 0, 'configures');
    is(cached('CMAKE_CXX_FLAGS'), q{-g1 -DONE=1 -O1 -DTWO='"a b"'}, 'the core has those for compiling');
    my $makefile = slurp('Makefile');
    like($makefile, qr/^VIX_CXXFLAGS = -g1 -DONE=1 -O1 -DTWO='"a b"'$/m, 'so has the glue');
    like($makefile, qr/^OTHERLDFLAGS = -Wl,-z,now\s*$/m, 'which has those for linking');
    delete @ENV{qw(CPPFLAGS CXXFLAGS LDFLAGS)};
    $ENV{CXX} = 'g++';
    is(configure(), 0, 'configures anew without them');
    is(cached('CMAKE_CXX_FLAGS'), '', 'and they are gone');
};

subtest 'another compiler' => sub {
    plan skip_all => 'needs clang++' if !have_tool('clang++');
    {
        local $ENV{CXX} = 'g++';
        is(configure(), 0, 'first g++');
    }
    local $ENV{CC} = 'clang';
    is(configure(), 0, 'then clang, named by CC alone');
    like(cached('CMAKE_CXX_COMPILER'), qr{(?:\A|/)clang\+\+\z}, 'compiles the core');
    like(slurp('Makefile'), qr/^CXX = clang\+\+$/m, 'and the glue');
};

subtest 'a folder that dev/test configured is kept' => sub {
    run_tool('rm', '-rf', 'build');
    is(run_tool(qw(cmake -S cpp -B build -DCMAKE_BUILD_TYPE=Debug -DVIX_WERROR=ON))->{status},
        0, 'configured before');
    is(configure(), 0, 'configures');
    is(cached('CMAKE_BUILD_TYPE'), 'Debug', 'with its kind of build');
    is(cached('VIX_WERROR'),       'ON',    'and options');
};

subtest 'a folder that CMake could not configure' => sub {
    is(configure(), 0, 'a Makefile from before');
    run_tool('rm', '-rf', 'build');
    mkdir 'build' or die "mkdir: $!";
    spew('build/CMakeCache.txt', "Boost_DIR:PATH=Boost_DIR-NOTFOUND\n");
    put_program("$temp/bin/cmake", 'case $1 in --build) test -f build/Makefile; exit;; esac',
        'exec "$REAL" "$@"');
    local $ENV{REAL} = have_tool('cmake');
    local $ENV{PATH} = "$temp/bin:$PATH";
    my $run = run_tool('make', 'build/libvixcore.a');
    is($run->{status}, 0, 'is configured by make before it builds') or diag $run->{err};
    unlike(cached('Boost_DIR'), qr/NOTFOUND/, 'and finds what is there now');
};

subtest 'names of vmrun' => sub {
    put_program("$temp/foreign/vmrun", 'echo of VMware');
    my ($status, $said) = configure('VMRUN_NAME=../vmrun');
    isnt($status, 0, 'a path is refused');
    like($said, qr/VMRUN_NAME must be a name/, 'with the reason');
    is(configure('VMRUN_NAME=my-vmrun'), 0, 'a name is taken');
    like(slurp('Makefile'), qr/^VMRUN_NAME = my-vmrun$/m, 'as it is');
    like(slurp('build/script/my-vmrun'), qr/^my-vmrun - /m, 'its manual page has it');
    like(slurp('build/script/my-vmrun'), qr/^    my-vmrun list$/m, 'and its examples');
    local $ENV{PATH} = "$temp/foreign:$PATH";
    ($status, $said) = configure();
    like($said, qr{another vmrun, \Q$temp\E/foreign/vmrun}, 'a foreign one in the PATH is seen');
    like(slurp('Makefile'), qr/^VMRUN_NAME = vix-vmrun$/m, 'and not hidden');
    is(configure('VMRUN_NAME=vmrun'), 0, 'unless asked for');
    like(slurp('Makefile'), qr/^VMRUN_NAME = vmrun$/m, 'by name');
};

chdir '/';
done_testing;
