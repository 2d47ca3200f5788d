#!/usr/bin/perl
# libvix as make install leaves it, below DESTDIR and with PREFIX: names and places, links, SONAME, header,
# vix.pc; a C program that is built by pkg-config runs with it; and no file of others is replaced.
#
# The module must have been built (make); nothing outside a temporary folder is written, but for the Makefile,
# which is put back.

use strict;
use warnings;

use Cwd            qw(abs_path);
use File::Copy     qw(copy);
use File::Path     qw(make_path);
use FindBin        qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use VixTest qw(list_files make_vm slurp spew temp_dir);
use VixTest::Tools qw(have_tool run_tool);

my $ROOT = abs_path("$Bin/../..");
chdir $ROOT or die "$ROOT: $!";
for my $tool (qw(make gcc pkg-config readelf)) {
    plan skip_all => "$tool is not installed" if !have_tool($tool);
}
plan skip_all => 'the module was not built' if !-e 'blib/libvix-yes/lib/libvixAllProducts.so';

my $temp  = temp_dir();
my $NAME  = 'libvixAllProducts.so';
my @LINKS = qw(libvix.so vmware-vix/libvixAllProducts.so vmware-vix/libvix.so
    vmware-vix/lib/libvixAllProducts.so vmware-vix/lib/libvix.so);

copy('Makefile', "$temp/Makefile") or die "Makefile: $!";
my ($read, $written) = (stat 'Makefile')[8, 9];
my $had_old = -e 'Makefile.old';
END {
    if ($temp && -e "$temp/Makefile") {
        copy("$temp/Makefile", 'Makefile');
        utime $read, $written, 'Makefile';    # not newer than what was built by it
        unlink 'Makefile.old' if !$had_old;
    }
}

sub prefix_of_makefile {
    my ($text) = slurp('Makefile') =~ /^INSTALLSITECLIB = (\S+)/m;
    return $text =~ s{/\$\(LIBVIX_LIB\)\z}{}r;
}

# What is installed below `$place`, which programs know as `$prefix`.
sub is_installed {
    my ($place, $prefix, %settings) = @_;
    my ($first) = map { (stat "$place/lib/$_")[1] } $NAME;
    ok($first, "lib/$NAME is there");
    for my $link (@LINKS) {
        is((stat "$place/lib/$link")[1], $first, "lib/$link leads to it");
        unlike(readlink "$place/lib/$link", qr{\A/}, 'from wherever the folder is');
    }
    is((stat "$place/lib/$NAME")[2] & 0555, 0555, 'everybody may load it');
    my $dynamic = run_tool('readelf', '-Wd', "$place/lib/$NAME")->{out};
    like($dynamic, qr/SONAME.*\[\Q$NAME\E\]/, 'its SONAME');
    unlike($dynamic, qr/R(?:UN)?PATH/, 'no path of the build');
    ok(-e "$place/include/vmware-vix/$_", "include/vmware-vix/$_") for qw(vix.h vm_basic_types.h);
    like(slurp("$place/lib/pkgconfig/vix.pc"), qr{^libdir=\Q$prefix\E/lib\nincludedir=\Q$prefix\E/include$}m,
        'vix.pc has the place that programs know');

    local @ENV{ keys %settings } = values %settings;
    my $said = run_tool(qw(pkg-config --cflags --libs vix));
    is($said->{status}, 0, 'pkg-config knows it') or diag $said->{err};
    my $run = run_tool('gcc', '-Wall', '-Werror', '-o', "$temp/tour", 'examples/c/tour.c', split ' ', $said->{out});
    is("$run->{status}$run->{out}$run->{err}", '0', 'a program is built by what it says');
    my $needed = run_tool('readelf', '-Wd', "$temp/tour")->{out};
    like($needed, qr/NEEDED.*\[\Q$NAME\E\]/, 'which needs the library by that name');

    my $machine = "$temp/" . ($prefix =~ s/\W/-/gr);
    my $vmx     = make_vm(dir => $machine, name => 'alpha', disks => 1)->{vmx};
    local $ENV{LD_LIBRARY_PATH} = "$place/lib";
    $run = run_tool("$temp/tour", $vmx, "$machine/clone/clone.vmx");
    is($run->{status}, 0, 'and runs') or diag $run->{err};
    like($run->{out}, qr/^linked clone made, job completed 1 time$/m, 'well');
    return;
}

my $usual = prefix_of_makefile();
subtest 'DESTDIR' => sub {
    my $run = run_tool('make', 'install', "DESTDIR=$temp/stage");
    is($run->{status}, 0, 'make install') or diag $run->{out}, $run->{err};
    is_installed("$temp/stage$usual", $usual, PKG_CONFIG_SYSROOT_DIR => "$temp/stage",
        PKG_CONFIG_PATH => "$temp/stage$usual/lib/pkgconfig");
};

subtest 'without it' => sub {
    my $run = run_tool('make', 'install', 'LIBVIX=no', "DESTDIR=$temp/without");
    is($run->{status}, 0, 'make install LIBVIX=no') or diag $run->{err};
    is_deeply([grep {/libvix|vix\.pc|\.h\z/} list_files("$temp/without")], [], 'nothing of it is there');
    $run = run_tool('make', 'install', 'LIBVIX_LIB=lib64', "DESTDIR=$temp/lib64");
    ok(-e "$temp/lib64$usual/lib64/$NAME", 'LIBVIX_LIB=lib64');
};

for my $foreign ("lib/$NAME", 'lib/libvix.so', 'lib/vmware-vix/lib/libvixAllProducts.so', 'include/vmware-vix/vix.h') {
    subtest "VMware's $foreign" => sub {
        my $place = "$temp/foreign-" . ($foreign =~ s/\W/-/gr);
        my $path  = "$place$usual/$foreign";
        make_path($path =~ s{/[^/]+\z}{}r);
        spew($path, "VMware's\n");
        my $run = run_tool('make', 'install', "DESTDIR=$place");
        isnt($run->{status}, 0, 'make install fails');
        like($run->{err}, qr/^\Q$path\E does not belong to VMware::Vix.*^Choose another folder.*LIBVIX=no/ms,
            'and names it and what to do');
        is_deeply([grep { -f "$place/$_" } list_files($place)], [substr $path, length "$place/"],
            'nothing else is installed');
        is(slurp($path), "VMware's\n", 'it is as it was');
        $run = run_tool('make', 'install', 'LIBVIX=no', "DESTDIR=$place");
        is($run->{status}, 0, 'LIBVIX=no installs the rest');
    };
}

subtest 'PREFIX' => sub {
    my $run = run_tool($^X, 'Makefile.PL', "PREFIX=$temp/prefix");
    is($run->{status}, 0, 'perl Makefile.PL PREFIX=') or diag $run->{err};
    $run = run_tool('make', 'install');
    is($run->{status}, 0, 'make install') or diag $run->{out}, $run->{err};
    is_installed("$temp/prefix", "$temp/prefix", PKG_CONFIG_PATH => "$temp/prefix/lib/pkgconfig");
    my ($list) = grep {m{auto/VMware/Vix/\.packlist\z}} list_files("$temp/prefix");
    my @unlisted = grep { my $file = $_; slurp("$temp/prefix/$list") !~ m{/\Q$file\E$}m }
        map {"lib/$_"} $NAME, @LINKS, 'pkgconfig/vix.pc';
    is_deeply(\@unlisted, [], 'the list of files has all of it');
};

done_testing;
