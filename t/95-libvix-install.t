# libvix as it is installed: all names that programs look for lead to one library, and no file of others
# is replaced.

use strict;
use warnings;

use File::Copy qw(copy);
use File::Path qw(make_path);
use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/../xs/build";
use Test::More;

use VixBuild::Libvix;
use VixTest qw(slurp spew temp_dir);
use VixTest::Libvix qw(build_folder compile compiler library needs_library);
use VixTest::Tools qw(have_tool run_tool);

needs_library();
my $root = temp_dir();
my ($libraries, $headers) = ('/opt/vix/lib', '/opt/vix/include');
my $list = "$root/packlist";
spew($list, "/opt/vix/bin/vmrun\n");

# As make install does: files first, then finish().
sub install {
    make_path("$root$libraries", "$root$headers/vmware-vix");
    copy(library(), "$root$libraries/libvixAllProducts.so") or die $!;
    copy(build_folder() . "/include/$_", "$root$headers/vmware-vix/$_") or die $!
        for qw(vix.h vm_basic_types.h);
    VixBuild::Libvix::finish("$root", $libraries, $headers, '0.01', $list);
    return;
}

my @names = qw(libvixAllProducts.so libvix.so vmware-vix/libvixAllProducts.so vmware-vix/libvix.so
    vmware-vix/lib/libvixAllProducts.so vmware-vix/lib/libvix.so);
for my $time ('the first time', 'once more') {
    ok(eval { VixBuild::Libvix::keep_foreign("$root$libraries", "$root$headers"); 1 }, "$time: nothing is in the way")
        or diag $@;
    install();
    is_deeply([map { (stat "$root$libraries/$_")[1] } @names],
        [((stat "$root$libraries/libvixAllProducts.so")[1]) x @names], 'all names are one file');
}
my @listed = split /\n/, slurp($list);
is(scalar(grep {/libvix\.so\z/} @listed), 3, 'each link is in the list of files once');
is(scalar(grep {m{pkgconfig/vix\.pc\z}} @listed), 1, 'so is vix.pc');
is($listed[0], '/opt/vix/bin/vmrun', 'behind what was there');
like(slurp("$root$libraries/pkgconfig/vix.pc"), qr{^libdir=/opt/vix/lib$}m, 'vix.pc has the place at run time');
unlike(slurp("$root$libraries/pkgconfig/vix.pc"), qr/\Q$root\E/, 'and no other');

subtest 'pkg-config' => sub {
    plan skip_all => 'needs pkg-config' if !have_tool('pkg-config');
    plan skip_all => 'needs a C compiler' if !compiler('C');
    local $ENV{PKG_CONFIG_PATH} = "$root$libraries/pkgconfig";
    my $run = run_tool(qw(pkg-config --cflags --libs vix));
    like($run->{out}, qr{-I/opt/vix/include/vmware-vix .*-L/opt/vix/lib -lvixAllProducts}, 'has what a build needs');
    my @words = map {s{(-[IL])}{$1$root}r} split ' ', $run->{out};
    is(compile(compiler('C'), "$FindBin::Bin/../examples/c/tour.c", '-o', "$root/tour", @words), '',
        'with which a program builds');
};

for my $foreign ("$libraries/libvixAllProducts.so", "$libraries/vmware-vix/libvixAllProducts.so",
    "$headers/vmware-vix/vix.h")
{
    my $path = "$root$foreign";
    rename $path, "$path.ours" or die $!;
    spew($path, "of VMware\n");
    ok(!eval { VixBuild::Libvix::keep_foreign("$root$libraries", "$root$headers"); 1 }, "$foreign of others");
    like($@, qr/\Q$path\E does not belong to VMware::Vix.*LIBVIX=no/s, 'is named');
    unlink $path;
    rename "$path.ours", $path or die $!;
}

# VMware's installer makes a link from the folder of libraries to its own.
unlink "$root$libraries/libvixAllProducts.so";
spew("$root/of-vmware.so", "of VMware\n");
symlink "$root/of-vmware.so", "$root$libraries/libvixAllProducts.so" or die $!;
ok(!eval { VixBuild::Libvix::keep_foreign("$root$libraries", "$root$headers"); 1 }, 'a link to a file of others');

done_testing;
