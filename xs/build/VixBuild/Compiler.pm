package VixBuild::Compiler;

# The C++ compiler and its options, as the environment and the arguments of Makefile.PL name them:
# CXX (or CC, for its C++ partner), CXXFLAGS, CPPFLAGS, LDFLAGS. The core and the glue use the same.

use 5.014;
use strict;
use warnings;

use File::Basename qw(basename);
use File::Temp     ();
use POSIX          ();
use Text::ParseWords qw(shellwords);

my %IS_LAUNCHER = map { $_ => 1 } qw(ccache sccache distcc icecc buildcache);

# What the core needs of a compiler and its library.
my $CPP20 = <<'END_OF_PROGRAM';
#include <bit>
#include <charconv>
#include <concepts>
#include <span>
#include <string>
#include <string_view>
template <std::unsigned_integral Number> Number half(Number n) { return n / 2; }
struct Pair { int first = 0; int second = 0; };
int main() {
    std::string text{"vix"};
    std::erase_if(text, [](char c) { return c == 'i'; });
    const std::span<const char> bytes{text};
    const Pair pair{.first = 1, .second = static_cast<int>(half(bytes.size()))};
    int number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    static_assert(std::endian::native == std::endian::little || std::endian::native == std::endian::big);
    return std::string_view{text}.starts_with("vx") ? pair.first - pair.second : 1;
}
END_OF_PROGRAM

# `$environment`: a hash like %ENV.
sub new {
    my ($class, $environment) = @_;
    my @words = shellwords(_command_of($environment));
    my @launcher;
    push @launcher, shift @words while @words > 1 && $IS_LAUNCHER{ basename($words[0]) };
    my ($program, @flags) = @words;
    return bless {
        launcher => \@launcher,
        program  => $program,
        given    => defined $environment->{CXX} && length $environment->{CXX} ? 1 : 0,
        flags    => _joined(@flags, @{$environment}{qw(CPPFLAGS CXXFLAGS)}),
        ldflags  => _joined($environment->{LDFLAGS}),
    }, $class;
}

# The options for compiling (as in a shell) and for linking; the program; launchers such as ccache.
sub flags    { return $_[0]{flags} }
sub ldflags  { return $_[0]{ldflags} }
sub program  { return $_[0]{program} }
sub launcher { return @{ $_[0]{launcher} } }

# Whether somebody has chosen it, so that no other may take its place.
sub is_given { return $_[0]{given} }

# As a Makefile's command, without options.
sub command {
    my ($self) = @_;
    return join ' ', map { quoted($_) } @{ $self->{launcher} }, $self->{program};
}

# Its place, or nothing where it is not installed.
sub path { return find_program($_[0]{program}) }

# Empty if it builds programs of C++20; else what is wrong.
sub complaint {
    my ($self) = @_;
    return "$self->{program} was not found" if !$self->path;
    my ($good, $said) = $self->_try($CPP20, '-std=c++20', shellwords($self->{ldflags}));
    return $good ? '' : "$self->{program} does not build a C++20 program:\n$said";
}

# Whether a source compiles as the glue does.
sub compiles {
    my ($self, $source, @options) = @_;
    return ($self->_try($source, '-std=c++17', '-c', @options))[0];
}

# The C++ library that it uses, for linkers that bring none along: "c++" is LLVM's.
sub runtime {
    my ($self) = @_;
    my $source = "#include <cstddef>\n#ifndef _LIBCPP_VERSION\n#error\n#endif\n";
    return $self->compiles($source) ? 'c++' : 'stdc++';
}

# A word that a shell reads as it is.
sub quoted {
    my ($word) = @_;
    return $word if $word =~ m{\A[\w./:=+,@%-]+\z};
    $word =~ s/'/'\\''/g;
    return "'$word'";
}

sub find_program {
    my ($name) = @_;
    return -x $name && !-d _ ? $name : undef if $name =~ m{/};
    my ($found) = grep { -x && !-d _ } map {"$_/$name"} grep {length} split /:/, $ENV{PATH} // '';
    return $found;
}

# Who says only CC means its partner: gcc-13 is g++-13, clang is clang++.
sub _command_of {
    my ($environment) = @_;
    return $environment->{CXX} if defined $environment->{CXX} && length $environment->{CXX};
    my $partner = $environment->{CC} // '';
    if ($partner =~ s{\b(clang|g)(?:(?<=g)cc)?(?=[-\d.]*(?:\s|\z))}{$1++}) {
        my ($program) = grep {/\+\+/} shellwords($partner);
        return $partner if find_program($program);
    }
    my ($found) = grep { find_program($_) } qw(g++ c++ clang++);
    return $found // 'g++';
}

sub _joined {
    return join ' ', grep { defined && length } @_;
}

# (whether it worked, the first lines of what was said).
sub _try {
    my ($self, $source, @options) = @_;
    my $folder = File::Temp->newdir;
    my $file   = "$folder/try.cpp";
    open my $out, '>', $file or die "$file: $!";
    print {$out} $source;
    close $out or die "$file: $!";
    my $said = output_of(
        @{ $self->{launcher} }, $self->{program}, shellwords($self->{flags}),
        $file, '-o', "$folder/made", @options
    );
    my $good = $? == 0;
    $said =~ s{\Q$folder/\E}{}g;
    return ($good, join "\n", grep {defined} (split /\n/, $said)[0 .. 9]);
}

# What a program prints, errors too; its status is in $?.
sub output_of {
    my (@command) = @_;
    my $pid = open my $said, '-|';
    die "fork: $!" if !defined $pid;
    if ($pid == 0) {
        open STDERR, '>&', \*STDOUT or POSIX::_exit(126);
        { no warnings 'exec'; exec { $command[0] } @command; }
        print "$command[0]: $!\n";
        POSIX::_exit(127);
    }
    local $/ = undef;
    my $text = <$said>;
    close $said;
    return $text // '';
}

1;
