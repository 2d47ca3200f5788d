# libvix from C, C++, Go, Python, Ruby and Java: the programs of examples/, each of which opens a machine,
# lists its snapshots, takes one, makes a linked clone with a callback, shows an error, and deletes all again.
# A language that is not installed is skipped (dev/setup languages installs them all).

use strict;
use warnings;

use Cwd qw(abs_path);
use Digest::MD5 qw(md5_hex);
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VixTest qw(list_files make_vm slurp temp_dir);
use VixTest::Handles;
use VixTest::Libvix qw(build_folder compile compiler library needs_library run_program);
use VixTest::Tools qw(have_tool run_tool);

needs_library();
my $examples = abs_path("$FindBin::Bin/../examples");
my $dir      = temp_dir();
local $ENV{VIX_LIBRARY} = library();

# Runs a command on a machine of its own.
sub tour {
    my ($language, @command) = @_;
    my $place = "$dir/$language";
    my $vmx   = make_vm(dir => "$place/vm", name => 'alpha', disks => 1)->{vmx};
    my $clone = "$place/clone/clone.vmx";
    my $run   = run_program(@command, $vmx, $clone);
    my @lines = split /\n/, $run->{out};
    is("$run->{status} $run->{signal}", '0 0', 'ends well') or diag $run->{out}, $run->{err};
    like($lines[5] // '', qr/\Aonce more: error 12: .+: .*\Q$clone\E/, 'an error has its text and the path');
    splice @lines, 5, 1;
    is_deeply(\@lines, ['machine "alpha" is off', '0 root snapshots', '1 root snapshots', '  tour',
            'linked clone made, job completed 1 time', '0 root snapshots'], 'all the rest')
        or diag $run->{err};
    ok(!-e $clone, 'the clone is deleted');
    is_deeply([grep {/\.vmsn\z|-0{5}\d\.vmdk\z/} list_files("$place/vm")], [], 'so is the snapshot');
    return;
}

subtest 'C' => sub {
    plan skip_all => 'needs a C compiler' if !compiler('C');
    is(compile(compiler('C'), "$examples/c/tour.c", qw(-std=c89 -Wall -Wextra -pedantic -Werror -o),
            "$dir/tour-c", '-L' . build_folder(), '-lvixAllProducts'), '', 'compiles');
    tour('c', "$dir/tour-c");
};

subtest 'C++' => sub {
    plan skip_all => 'needs a C++ compiler' if !compiler('C++');
    is(compile(compiler('C++'), qw(-x c++ -std=c++17), "$examples/c/tour.c", qw(-Wall -Wextra -Werror -o),
            "$dir/tour-cpp", '-L' . build_folder(), '-lvixAllProducts'), '', 'compiles');
    tour('cpp', "$dir/tour-cpp");
};

# Go keeps what it compiled, its own library above all, and compiles the example again if its source or
# an option has changed. It does not notice changed headers, so their digest is an option.
sub digest_of_headers {
    return md5_hex(map { slurp($_) } sort glob build_folder() . '/include/*.h');
}

subtest 'Go' => sub {
    plan skip_all => 'needs Go (package golang-go)' if !have_tool('go');
    plan skip_all => 'needs a C compiler' if !compiler('C');
    my $build = build_folder();
    plan skip_all => 'cgo takes no folder with a blank' if $build =~ /\s/;
    local $ENV{CGO_CFLAGS}  = "-I$build/include -Werror -DVIX_HEADERS_DIGEST=" . digest_of_headers();
    local $ENV{CGO_LDFLAGS} = "-L$build";
    local $ENV{CGO_ENABLED} = 1;
    local $ENV{GOCACHE}     = -w $build ? "$build/go-cache" : "$dir/go-cache";
    local $ENV{GOPATH}      = "$dir/go-path";
    local $ENV{GOFLAGS}     = '-mod=mod';
    local $ENV{GOPROXY}     = 'off';
    local $ENV{GOTOOLCHAIN} = 'local';
    my $run = run_tool('go', 'build', '-C', "$examples/go", '-o', "$dir/tour-go");
    $run = run_tool('sh', '-c', 'cd "$1" && exec go build -o "$2" .', 'sh', "$examples/go", "$dir/tour-go")
        if $run->{status} != 0;    # -C came with Go 1.20
    is($run->{status}, 0, 'builds') or diag $run->{err};
    tour('go', "$dir/tour-go");
};

for my $way (qw(ctypes cffi)) {
    subtest "Python with $way" => sub {
        plan skip_all => 'needs Python (package python3)' if !have_tool('python3');
        plan skip_all => "needs Python's $way (package python3-cffi)"
            if run_tool('python3', '-c', "import $way")->{status} != 0;
        local $ENV{PYTHONDONTWRITEBYTECODE} = 1;
        tour("python-$way", 'python3', "$examples/python/tour_$way.py");
    };
}

subtest 'Ruby' => sub {
    plan skip_all => 'needs Ruby (package ruby)' if !have_tool('ruby');
    plan skip_all => "needs Ruby's ffi (package ruby-ffi)" if run_tool('ruby', '-e', 'require "ffi"')->{status} != 0;
    tour('ruby', 'ruby', "$examples/ruby/tour.rb");
};

subtest 'Java' => sub {
    plan skip_all => 'needs a Java compiler (package default-jdk-headless)'
        if !have_tool('javac') || run_tool('javac', '-version')->{status} != 0;
    my ($jna) = grep {-e} '/usr/share/java/jna.jar', glob '/usr/share/java/jna/jna*.jar';
    plan skip_all => 'needs JNA (package libjna-java)' if !$jna;
    my $run = run_tool('javac', '-encoding', 'UTF-8', '-cp', $jna, '-d', "$dir/java", "$examples/java/Tour.java");
    is($run->{status}, 0, 'compiles') or diag $run->{err};
    tour('java-jna', 'java', '-cp', "$jna:$dir/java", '-Djna.library.path=' . build_folder(), 'Tour');
};

done_testing;
