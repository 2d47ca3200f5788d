package VixBuild::Core;

# The core as CMake builds it, in build/: configuring it, and what CMake found out. A folder that was
# configured before (by dev/test, say) stays as it is, as long as the compiler is the same.

use 5.014;
use strict;
use warnings;

use Cwd qw(abs_path);

my $FOLDER = 'build';

# CMake's arguments, for a compiler and options of cpp/CMakeLists.txt. An option that is not given stays
# as it was.
sub arguments {
    my ($compiler, @options) = @_;
    my @launcher = $compiler->launcher;
    return (
        qw(-S cpp -B), $FOLDER,
        '-DCMAKE_BUILD_TYPE=Release', '-DCMAKE_CXX_COMPILER=' . $compiler->program,
        (@launcher ? '-DCMAKE_CXX_COMPILER_LAUNCHER=' . join ';', @launcher : ()),
        '-DCMAKE_CXX_FLAGS=' . $compiler->flags,
        @options,
    );
}

# Empty, or what CMake said, and then nothing of the try is left: CMake would remember what it did
# not find. A folder that is configured keeps its kind of build and the compiler, by its name there.
sub configure {
    my (@arguments) = @_;
    @arguments = grep { !/\A-DCMAKE_(?:BUILD_TYPE|CXX_COMPILER)=/ } @arguments if is_configured();
    my $said = VixBuild::Compiler::output_of('cmake', @arguments);
    return '' if $? == 0;
    forget() if !is_configured();
    return $said;
}

# Whether a configuration was ever completed here.
sub is_configured {
    return -e "$FOLDER/CMakeCache.txt" && grep { -e "$FOLDER/$_" } qw(Makefile build.ninja);
}

sub has_compiler {
    my ($compiler) = @_;
    my ($cached, $own) = (_cached('CMAKE_CXX_COMPILER'), $compiler->path);
    return defined $cached && defined $own && (abs_path($cached) // '') eq (abs_path($own) // '');
}

# A folder of another tree or compiler cannot be configured anew.
sub forget_others {
    my ($compiler) = @_;
    my $home = _cached('CMAKE_HOME_DIRECTORY');
    return if defined $home && $home eq abs_path('cpp') && has_compiler($compiler);
    forget() if defined $home;
    return;
}

sub forget {
    require File::Path;
    unlink map {"$FOLDER/$_"} qw(CMakeCache.txt Makefile build.ninja);
    File::Path::remove_tree("$FOLDER/CMakeFiles");
    rmdir $FOLDER;
    return;
}

# What Vix.so is linked with besides the core, as files.
sub link_libraries {
    open my $list, '<', "$FOLDER/link_libraries" or die "$FOLDER/link_libraries: $!\n";
    chomp(my @files = <$list>);
    return @files;
}

sub _cached {
    my ($name) = @_;
    open my $cache, '<', "$FOLDER/CMakeCache.txt" or return;
    while (my $line = <$cache>) {
        return $1 if $line =~ /\A\Q$name\E:\w+=(.*)/;
    }
    return;
}

1;
