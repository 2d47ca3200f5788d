# The manual is whole: sound POD, every function, every constant and error code with its value,
# every setting that the library reads, and the source of each choice and of each function's rules.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Pod::Checker ();
use Test::More;

use VMware::Vix::Simple;
use VixTest::Handles;

my %file;
for my $name (
    qw(Vix.pm Vix/Tutorial.pod Vix/Simple.pm Vix/Guest.pod Vix/Settings.pod Vix/Choices.pod
    Vix/Differences.pod Vix/API/Constants.pm Vix/API/Errors.pod Vix/API/API.pm Vix/API/Host.pm
    Vix/API/Job.pm Vix/API/PropertyList.pm Vix/API/Snapshot.pm Vix/API/VM.pm)
    )
{
    my ($path) = grep { -f } map { "$_/VMware/$name" } grep { !ref } @INC;
    open my $in, '<:encoding(UTF-8)', $path or die "$name: $!";
    $file{$name} = do { local $/; <$in> };

    my $checker = Pod::Checker->new(-quiet => 1, -warnings => 2);
    open my $sink, '>', \my $messages or die $!;
    $checker->parse_from_file($path, $sink);
    is($checker->num_errors + $checker->num_warnings, 0, "$name: POD without a complaint")
        or diag $messages;
}

my @functions = @{ $VMware::Vix::Simple::EXPORT_TAGS{functions} };
my %documented = map { $_ => 1 } $file{'Vix/Simple.pm'} =~ /^=head2 (\w+)\n\n    [^\n]*\b\1\(/mg;
is_deeply([grep { !$documented{$_} } @functions], [], 'each function has a section that calls it');
like($file{'Vix.pm'}, qr/^=head2 last_error_detail$/m, 'so has last_error_detail');

my %arguments = map { $_->[0] => $_->[1] } read_table('functions.tsv');
my $synopses = $file{'Vix/Simple.pm'} =~ s/\s+/ /gr;
my @other = grep {
    my $signature = "$_($arguments{$_});" =~ s/\.\.\.\)/...)/r;
    index($synopses, $signature) < 0
} @functions;
is_deeply(\@other, [], 'with the arguments that VMware names, in their order');

for my $package (qw(API Host Job PropertyList Snapshot VM)) {
    no strict 'refs';
    my $stash = "VMware::Vix::API::$package";
    my @subs  = grep { defined &{"${stash}::$_"} } keys %{"${stash}::"};
    my %told  = map { $_ => 1 }
        $file{"Vix/API/$package.pm"} =~ /^=head2 (\w+)\n\n    [^\n]*\b\1\(/mg;
    cmp_ok(scalar @subs, '>', 0, "$package has subs");
    is_deeply([grep { !$told{$_} } @subs], [], 'each with its section') or diag "@subs";
    is_deeply([grep { !defined &{"${stash}::$_"} } sort keys %told], [], 'and no other');
}

my $constants = $file{'Vix/API/Constants.pm'};
my @missing = grep {
    my ($name, $value) = @{$_};
    my @told = $constants =~ /^    \Q$name\E +("?\w+"?|-1)(?: |$)/mg;
    @told != 1 || ($told[0] =~ /\A0x/ ? hex $told[0] : $told[0] =~ s/"//gr) ne $value
} read_table('constants.tsv');
is_deeply([map { $_->[0] } @missing], [], 'each constant is listed once, with its value');

my $errors = $file{'Vix/API/Errors.pod'} =~ s/\s+/ /gr;
my @wrong = grep {
    my ($name, $number) = @{$_};
    index($errors, " $number $name " . GetErrorText($number) . ' ') < 0
} read_table('errors.tsv');
is_deeply([map { $_->[0] } @wrong], [], 'each error code is listed, with its number and its text');

my @tags = grep { !/\A(?:all|error)\z/ } keys %VMware::Vix::API::Constants::EXPORT_TAGS;
is_deeply([grep { index($constants, "C<:$_>") < 0 } @tags], [], 'each tag is named');

my $manual = join "\n", map { $file{$_} } sort keys %file;
my @named  = $manual =~ /\b(VIX_E_\w+)\s+\((\d+)\)/g;
my @misnumbered;
while (my ($name, $number) = splice @named, 0, 2) {
    push @misnumbered, "$name ($number)" if VMware::Vix::Simple->can($name)->() != $number;
}
is_deeply(\@misnumbered, [], 'where the manual has a number behind a code it is the right one');

my @spelt = grep { !/_\z/ && $_ ne 'VIX_DRIVE_X' } $manual =~ /\b(?<!_)(VIX_[A-Z][A-Z0-9_]+)\b/g;
my @unknown = grep { !VMware::Vix::Simple->can($_) } @spelt;
my %setting = map { $_ => 1 } $file{'Vix/Settings.pod'} =~ /\((VIX_[A-Z_]+)\)$/mg;
is_deeply([grep { !$setting{$_} && !/\AVIX_DRIVE_/ } @unknown], [], 'names in it exist');

sub slurp_source {
    my ($name) = @_;
    open my $in, '<:encoding(UTF-8)', "$FindBin::Bin/../$name" or die "$name: $!";
    local $/ = undef;
    return scalar <$in>;
}

my @read = slurp_source('cpp/host/settings_file.cpp') =~ /\bfind\("(\w+\.\w+)"\)/g;
my ($names) = slurp_source('cpp/host/setting_names.cpp') =~ /kNames\[\] = \{(.*?)\}/s;
is_deeply([sort $names =~ /"([^"]+)"/g], [sort @read], 'and a name that is known');
my %told = $file{'Vix/Settings.pod'} =~ /^=item (\w+\.\w+) = "[^"]*" \((VIX_\w+)\)$/mg;
is_deeply([sort 'drive.X', @read], [sort keys %told], 'each setting that is read has a section');
my @rows = $file{'Vix/Settings.pod'} =~ /^    (\w+\.\w+) +\w+ {2,}\S/mg;
is_deeply([sort @rows], [sort 'drive.X', @read], 'and a row of the table');
is_deeply([map { 'VIX_' . uc tr/./_/r } sort keys %told], [map { $told{$_} } sort keys %told],
    'with the variable that goes before it');

my @choices = $file{'Vix/Choices.pod'} =~ /^=item \*\n\n(.*?)(?=\n\n=)/msg;
cmp_ok(scalar @choices, '>', 20, 'there are choices');
is_deeply([grep { !/\((?:page|seen|ours)[:)]/ } @choices], [], 'each says where it comes from');

my ($sources) = $file{'Vix/Choices.pod'} =~ /^=head1 SOURCES\n(.*?)^=head1 /ms;
my @sourced = $sources =~ /^=item (.+)\n\n    (?:page|seen|ours)  /mg;
my %sourced = map { $_ => 1 } map { split /, / } @sourced;
is_deeply([grep { !$sourced{$_} } @functions], [], 'the rules of each function have a source');

done_testing;
