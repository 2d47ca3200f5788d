package VixTest::RealFiles;

# Files of virtual machines that others made. They are not part of this project: they are in the
# folder VIX_TEST_CORPUS, by default ../shared/corpus beside the project. Tests that need them are
# skipped without them.

use strict;
use warnings;

use Encode         qw(decode find_encoding);
use Exporter       qw(import);
use File::Basename qw(dirname);

use VixTest::Files qw(list_files);
use VixTest::Vmx   qw(read_vmx);

our @EXPORT_OK = qw(real_folder real_files real_text why_no_real_files);

sub real_folder {
    return $ENV{VIX_TEST_CORPUS} if defined $ENV{VIX_TEST_CORPUS};
    return dirname(__FILE__) . '/../../../../shared/corpus';
}

# The paths below the folder that match, in order.
sub real_files {
    my ($pattern) = @_;
    my $folder = real_folder();
    return if !-d $folder;
    return grep {/$pattern/} list_files($folder);
}

# Why a test must be skipped; nothing if there are such files.
sub why_no_real_files {
    my ($pattern) = @_;
    return if real_files($pattern);
    return 'no such files in ' . real_folder() . ' (VIX_TEST_CORPUS names the folder)';
}

# The result of read_vmx, with the values as characters, decoded by the file's .encoding.
sub real_text {
    my ($path)   = @_;
    my $found    = read_vmx($path);
    my $encoding = find_encoding($found->{value}{'.encoding'} || 'UTF-8');
    $_ = $encoding->decode($_) for values %{ $found->{value} };
    return $found;
}

1;
