package VixBuild::Needs;

# What has to be installed to build VMware::Vix, and in which packages: all that is missing is named
# at once. CPAN's testers take the end of a Makefile.PL with status 0 and without a Makefile for
# "cannot be tested here", which is no failure.

use 5.014;
use strict;
use warnings;

use Config;

use VixBuild::Compiler;
use VixBuild::Core;

# Key, name, the header that shows it, packages on Debian, Fedora, Arch Linux and openSUSE.
my @NEEDS = (
    [compiler => 'a C++20 compiler', undef, qw(g++ gcc-c++ gcc gcc-c++)],
    [make     => 'make',             undef, qw(make make make make)],
    [cmake    => 'CMake 3.18',       undef, qw(cmake cmake cmake cmake)],
    [perl => 'the headers of Perl', undef, qw(libperl-dev perl-devel perl perl)],
    [   boost => 'Boost.Filesystem 1.74', 'boost/filesystem.hpp',
        qw(libboost-filesystem-dev boost-devel boost libboost_filesystem-devel)
    ],
    [   json => 'nlohmann-json 3.7', 'nlohmann/json.hpp',
        qw(nlohmann-json3-dev json-devel nlohmann-json nlohmann_json-devel)
    ],
    [zlib  => 'zlib',     'zlib.h',  qw(zlib1g-dev zlib-devel zlib zlib-devel)],
    [png   => 'libpng',   'png.h',   qw(libpng-dev libpng-devel libpng libpng16-devel)],
    [xml   => 'libxml2',  'libxml2/libxml/tree.h', qw(libxml2-dev libxml2-devel libxml2 libxml2-devel)],
    [   libvirt => 'the headers of libvirt', 'libvirt/libvirt.h',
        qw(libvirt-dev libvirt-devel libvirt libvirt-devel)
    ],
    [   crypto => 'the headers of OpenSSL', 'openssl/evp.h',
        qw(libssl-dev openssl-devel openssl libopenssl-devel)
    ],
    [crypt => 'libcrypt', 'crypt.h', qw(libcrypt-dev libxcrypt-devel libxcrypt libxcrypt-devel)],
);
my @INSTALL = (
    ['Debian, Ubuntu' => 'apt-get install'],
    ['Fedora'         => 'dnf install'],
    ['Arch Linux'     => 'pacman -S --needed'],
    ['openSUSE'       => 'zypper install'],
);
my $CMAKE_VERSION = 3.018;
my $PERL_SOURCE   = qq{#include "EXTERN.h"\n#include "perl.h"\n#include "XSUB.h"\n};

# Configures the core. ({key => what is wrong with it}, what CMake said if it failed).
sub find_missing {
    my ($compiler, @options) = @_;
    my %missing;
    my $complaint = $compiler->complaint;
    $missing{compiler} = $complaint if $complaint;
    $missing{make} = "$Config{make} was not found" if !VixBuild::Compiler::find_program($Config{make});
    my $cmake = _cmake_version();
    $missing{cmake} = $cmake ? "CMake $cmake is too old" : 'cmake was not found'
        if _number($cmake) < $CMAKE_VERSION;
    $missing{perl} = 'perl.h was not found' if !-e "$Config{archlibexp}/CORE/perl.h";
    if (grep { $missing{$_} } qw(compiler make cmake)) {
        return ({ %missing, _missing_headers() }, '');
    }
    VixBuild::Core::forget_others($compiler);
    my $said = VixBuild::Core::configure(VixBuild::Core::arguments($compiler, @options));
    $missing{$1} = 'headers or library were not found' while $said =~ /^-- missing: (\w+)$/mg;
    if (!%missing && !$compiler->compiles($PERL_SOURCE, "-I$Config{archlibexp}/CORE",
        split ' ', $Config{ccflags}))
    {
        $missing{perl} = "$Config{archlibexp}/CORE/perl.h does not compile";
    }
    return (\%missing, $said);
}

# The text that names them and how to install them.
sub text_about {
    my ($missing) = @_;
    my @needs = grep { $missing->{ $_->[0] } } @NEEDS;
    my $text  = "VMware::Vix cannot be built yet, since this is missing:\n\n";
    $text .= sprintf "    %-24s%s\n", $_->[1], $missing->{ $_->[0] } =~ s/\n/\n        /gr for @needs;
    $text .= "\nInstall it (as root), then run the same command again:\n\n";
    for my $system (0 .. $#INSTALL) {
        my ($name, $command) = @{ $INSTALL[$system] };
        $text .= sprintf "    %-16s%s %s\n", "$name:", $command, join ' ',
            map { $_->[3 + $system] } @needs;
    }
    return $text . <<'END_OF_TEXT';

Libraries in a folder of their own are found with CMAKE_PREFIX_PATH=/that/folder.
Another compiler can be named in CXX. No Makefile was written.
END_OF_TEXT
}

# Without CMake: libraries none of whose usual places has a header.
sub _missing_headers {
    my @folders = (glob('/usr/include/*-linux-gnu*'), '/usr/include', '/usr/local/include',
        map {"$_/include"} split /[:;]/, $ENV{CMAKE_PREFIX_PATH} // '');
    my %missing;
    for my $need (grep { $_->[2] } @NEEDS) {
        my $header = $need->[2];
        next if grep { -e "$_/$header" } @folders;
        $missing{ $need->[0] } = "$header was not found";
    }
    return %missing;
}

sub _cmake_version {
    return if !VixBuild::Compiler::find_program('cmake');
    my ($version) = VixBuild::Compiler::output_of('cmake', '--version') =~ /version (\d+\.\d+)/;
    return $version;
}

# "3.18" is 3.018.
sub _number {
    my ($version) = @_;
    return ($version // '') =~ /\A(\d+)\.(\d+)/ ? $1 + $2 / 1000 : 0;
}

1;
