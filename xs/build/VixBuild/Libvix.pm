package VixBuild::Libvix;

# Installs libvixAllProducts.so, the library for other languages, under all names and in all places
# that programs look for; never over files of VMware.

use 5.014;
use strict;
use warnings;

use File::Basename qw(dirname);
use File::Path     ();

# Below the folder of libraries: [link, what it names]. Besides, the library itself is there.
my $LIBRARY = 'libvixAllProducts.so';
my @LINKS   = (
    ['libvix.so',                     $LIBRARY],
    ["vmware-vix/$LIBRARY",           "../$LIBRARY"],
    ['vmware-vix/libvix.so',          "../$LIBRARY"],
    ["vmware-vix/lib/$LIBRARY",       "../../$LIBRARY"],
    ['vmware-vix/lib/libvix.so',      "../../$LIBRARY"],
);
my @HEADERS = map {"vmware-vix/$_"} qw(vix.h vm_basic_types.h);
my $PC      = 'pkgconfig/vix.pc';

# Whether something is there that is not ours.
sub is_foreign {
    my ($path) = @_;
    return 0 if !-e $path && !-l $path;
    if (-l $path && !-e $path) {
        my $end = readlink $path;
        return !grep { $path =~ m{/\Q$_->[0]\E\z} && $end eq $_->[1] } @LINKS;
    }
    open my $file, '<:raw', $path or return 1;
    local $/ = undef;
    return (<$file> // '') !~ /VMware::Vix/;
}

# Before an installation into a folder of libraries and one of headers: ends it where one of our files
# would replace somebody else's.
sub keep_foreign {
    my ($libraries, $headers) = @_;
    my @paths = ((map {"$libraries/$_"} $LIBRARY, $PC, map { $_->[0] } @LINKS),
        map {"$headers/$_"} @HEADERS);
    my ($path) = grep { is_foreign($_) } @paths;
    return if !defined $path;
    die "$path does not belong to VMware::Vix (to VMware's VIX?), so nothing was installed.\n"
        . "Choose another folder, with perl Makefile.PL PREFIX=/folder && make install,\n"
        . "or leave the library for other languages out, with make install LIBVIX=no.\n";
}

# After it: the links, and vix.pc. `$root` is what stands before the paths only now (DESTDIR), `$list`
# the list of files, to which these are added if it is there.
sub finish {
    my ($root, $libraries, $headers, $version, $list) = @_;
    my @made;
    for my $link (@LINKS) {
        my ($name, $target) = @{$link};
        my $path = "$root$libraries/$name";
        File::Path::make_path(dirname($path));
        next if -l $path && readlink $path eq $target && push @made, $path;
        unlink $path;
        symlink $target, $path or die "$path: $!\n";
        push @made, $path;
    }
    my $file = "$root$libraries/$PC";
    File::Path::make_path(dirname($file));
    unlink $file;
    open my $out, '>', $file or die "$file: $!\n";
    print {$out} pkg_config($libraries, $headers, $version);
    close $out or die "$file: $!\n";
    chmod 0644, $file;
    _add_to_list($list, @made, $file);
    return;
}

sub pkg_config {
    my ($libraries, $headers, $version) = @_;
    return <<"END_OF_FILE";
libdir=$libraries
includedir=$headers

Name: vix
Description: VMware's VIX API for C, by VMware::Vix
Version: $version
Libs: -L\${libdir} -lvixAllProducts
Cflags: -I\${includedir}/vmware-vix
END_OF_FILE
}

sub _add_to_list {
    my ($list, @paths) = @_;
    return if !-e $list;
    open my $in, '<', $list or die "$list: $!\n";
    chomp(my @known = <$in>);
    close $in;
    my %known = map { $_ => 1 } @known;
    chmod 0644, $list;
    open my $out, '>>', $list or die "$list: $!\n";
    print {$out} "$_\n" for grep { !$known{$_} } @paths;
    close $out or die "$list: $!\n";
    return;
}

1;
