# libvix: its headers compile in each C and C++ that is used, without a warning; they declare the
# functions, types and numbers of VIX; and the library exports these functions and nothing else.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VixTest qw(slurp spew temp_dir);
use VixTest::Handles;
use VixTest::Libvix qw(build_folder compile compiler library needs_library);
use VixTest::Tools qw(have_tool run_tool);

needs_library('C', 'C++');
my $dir    = temp_dir();
my $header = slurp(build_folder() . '/include/vix.h');
my @STRICT = qw(-Werror -Wall -Wextra -pedantic -c -o /dev/null);

my @functions = map { [@{$_}[0 .. 2]] } read_table('c-functions.tsv');
is(scalar @functions, 73, 'the table has 73 functions');

sub source_of {
    my ($name, $text) = @_;
    spew("$dir/$name", $text);
    return "$dir/$name";
}

# Declared anew with the types of the table: another type is an error of the compiler.
my $declarations = join '', map {"$_->[1] $_->[0]($_->[2]);\n"} @functions;
my $numbers = join '', map {"typedef char is_$_->[0]\[($_->[0] == ($_->[1])) ? 1 : -1];\n"}
    grep { $_->[1] =~ /\A-?\d+\z/ } read_table('constants.tsv'), read_table('errors.tsv');
my $texts = join '', map {qq{        || strcmp($_->[0], "$_->[1]") != 0\n}}
    grep { $_->[1] !~ /\A-?\d+\z/ } read_table('constants.tsv');
my $types = join '', map {"typedef char size_of_$_\[sizeof($_) == sizeof(int) ? 1 : -1];\n"}
    qw(VixHandle), map {"Vix$_"} qw(HandleType PropertyType PropertyID EventType HostOptions
    ServiceProvider FindItemType VMOpenOptions PumpEventsOptions VMPowerOpOptions VMDeleteOptions
    PowerState ToolsState RunProgramOptions RemoveSnapshotOptions CreateSnapshotOptions
    MsgSharedFolderOptions CloneType);
my $program = <<"END_OF_SOURCE";
#include <vix.h>
#include <stdio.h>
#include <string.h>
#ifdef __cplusplus
extern "C" {
#endif
$declarations
#ifdef __cplusplus
}
#endif
$numbers
$types
typedef char size_of_Bool[sizeof(Bool) == 1 ? 1 : -1];
typedef char size_of_VixError[sizeof(VixError) == 8 && (VixError)-1 > 0 ? 1 : -1];
typedef char size_of_integers[sizeof(int64) == 8 && sizeof(uint64) == 8 && sizeof(int32) == 4
    && sizeof(uint32) == 4 && sizeof(uint8) == 1 ? 1 : -1];
static VixEventProc callback;
static void callback(VixHandle job, VixEventType type, VixHandle more, void *data) {
    printf("%d %d %d %p\\n", job, type, more, data);
}
int use_all(VixError error, int64 size, Bool truth);
int use_all(VixError error, int64 size, Bool truth) {
    VixEventProc *pointer = callback;
    printf("%" FMT64 "u %" FMT64 "d %d\\n", VIX_ERROR_CODE(error), size, pointer == NULL);
    return VIX_FAILED(error) || !VIX_SUCCEEDED(error) || !IsBool(truth)
$texts;
}
END_OF_SOURCE

for my $name (grep { have_tool($_) } qw(gcc clang)) {
    for my $standard (qw(c89 c99 c11)) {
        is(compile($name, source_of('all.c', $program), "-std=$standard", @STRICT), '',
            "$name -std=$standard");
    }
    is(compile($name, source_of('all.c', $program), qw(-std=gnu89 -Wconversion -Wstrict-prototypes),
            @STRICT), '', "$name with more warnings");
}
for my $name (grep { have_tool($_) } qw(g++ clang++)) {
    is(compile($name, source_of('all.cpp', $program), "-std=$_", @STRICT), '', "$name -std=$_")
        for qw(c++98 c++17 c++20);
}
isnt(compile(compiler('C'), source_of('one.c', "#include <vix.h>\nchar VixJob_GetError(void);\n"),
        @STRICT), '', 'and a declaration with other types is an error');
is(compile(compiler('C'), source_of('twice.c',
            "#include <vm_basic_types.h>\n#include <vix.h>\n#include <vix.h>\n"
            . "#include <vm_basic_types.h>\nint x;\n"), '-std=c89', @STRICT), '', 'twice, in any order');
is(compile(compiler('C'), source_of('java.c', "#define VIX_HIDE_FROM_JAVA\n#include <vix.h>\n"
            . "int VixPropertyList_AllocPropertyList;\nint VixVM_CaptureScreenImage;\n"),
        '-std=c99', '-Werror', '-c', '-o', '/dev/null'), '', 'VIX_HIDE_FROM_JAVA hides two functions');

my @bare = grep { $header !~ m{\*/\n(?:\#ifndef\ VIX_HIDE_FROM_JAVA\n)?
    (?:[\w ]+[ *])\Q$_->[0]\E\(}x } @functions;
is_deeply([map { $_->[0] } @bare], [], 'each function has a comment');

subtest 'names that the library exports' => sub {
    plan skip_all => 'needs nm' if !have_tool('nm');
    my %exported = map { $_ => 1 }
        run_tool('nm', '-D', '--defined-only', library())->{out} =~ /^[0-9a-f]+ \w (\S+)$/mg;
    delete @exported{ grep {/\A(?:__asan_|__odr_asan|__lsan|__ubsan|__tsan)/} keys %exported };
    is_deeply([sort keys %exported], [sort map { $_->[0] } @functions], 'are the functions alone');
    my $dynamic = run_tool('readelf', '-Wd', library())->{out};
    like($dynamic, qr/SONAME.*\[libvixAllProducts\.so\]/, 'its name is the one that programs look for');
    like($dynamic, qr/\bNODELETE\b/, 'it stays loaded');
    unlike($dynamic, qr/R(?:UN)?PATH/, 'it has no path of the build');
    unlike($dynamic, qr/NEEDED.*\bl?i?b?perl/, 'and needs no Perl');
};

done_testing;
