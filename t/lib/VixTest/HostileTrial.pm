package VixTest::HostileTrial;

# Clones machines that were made to do harm, in a child with limits on time and memory, and reports
# what went wrong: a signal, a code that is not allowed, something left behind, a changed source,
# more memory than the clone of a good disk may take, or the contents of a secret file where they do
# not belong.

use strict;
use warnings;

use Exporter 'import';

use VixTest;
use VixTest::Calls      qw(clone_all_in_child);
use VixTest::CloneJudge qw(clone_complaints);
use VixTest::Files      qw(file_contains);

our @EXPORT_OK = qw(complaints_about_hostile secret_file);

my $MARKER       = 'TOP-SECRET-' . 'do-not-copy-';
my $SECONDS      = 10;
my $MEMORY_KIB   = 768 * 1024;
my $RESIDENT_KIB = 64 * 1024;

# A plain file outside every machine. No clone and no message may contain anything of it.
sub secret_file {
    my ($path) = @_;
    return spew($path, ("$MARKER$$\n" x 40) . "\0" x (1 << 20));
}

# cases: [{ name, vm (a record of make_vm), codes (the allowed ones; VIX_OK requires a correct
# clone), dir (what must stay the same; the machine's folder by default) }]. Fills in `complaints`
# and returns the cases.
sub complaints_about_hostile {
    my (@cases) = @_;
    for my $case (@cases) {
        $case->{dir} ||= $case->{vm}{dir};
        $case->{clone}  = "$case->{vm}{dir}.clone";
        $case->{before} = folder_digest($case->{dir});
    }
    my @pairs = map { [$_->{vm}{vmx}, "$_->{clone}/copy.vmx"] } @cases;
    local $ENV{VIX_CLONE_SYNC} = 'FALSE';
    my @results = clone_all_in_child(\@pairs, seconds => $SECONDS, memory_kib => $MEMORY_KIB);
    my $peak    = 0;
    for my $number (0 .. $#cases) {
        my $result = $results[$number] || { signal => 0, err => -1, text => 'not reached' };
        $cases[$number]{complaints} = [_complaints($cases[$number], $result, $peak)];
        $peak = $result->{peak_kib} || $peak;
    }
    return @cases;
}

sub _complaints {
    my ($case, $result, $peak) = @_;
    return "signal $result->{signal}" if $result->{signal};
    my @wrong;
    push @wrong, "gave $result->{err} ($result->{text}) instead of @{ $case->{codes} }"
        if !grep { $_ == $result->{err} } @{ $case->{codes} };
    push @wrong, "took $result->{peak_kib} KiB of memory"
        if $result->{peak_kib}
        && $result->{peak_kib} > $RESIDENT_KIB
        && $result->{peak_kib} > $peak;
    push @wrong, 'the source was touched' if folder_digest($case->{dir}) ne $case->{before};
    push @wrong, 'the message shows the secret' if $result->{text} =~ /$MARKER/;
    if ($result->{err} == 0) {
        push @wrong, clone_complaints($case->{vm}, $case->{clone}, qemu => 0);
        push @wrong, map {"the secret is in $_"} _files_with_secret($case->{clone});
    }
    else {
        push @wrong, 'something is left at the destination' if -e $case->{clone};
    }
    return @wrong;
}

sub _files_with_secret {
    my ($dir) = @_;
    return grep { -f "$dir/$_" && file_contains("$dir/$_", $MARKER) } list_files($dir);
}

1;
