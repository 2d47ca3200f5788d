package Bench::Many;

# A great many linked clones of one snapshot from one script, and their deletion: the time of all, and
# that of the first and the last hundred, which tells whether a clone costs more the more there are.

use strict;
use warnings;

use Bench::Command qw(command_output run_command);
use Bench::Report ();
use Bench::Rounds ();
use Bench::Vix ();

use constant HUNDRED => 100;

# %$plan as for Bench::Rounds. Each round begins with a machine that has no clones yet.
sub measure {
    my ($plan, $root) = @_;
    my @rows;
    for my $round (1 .. $plan->{rounds}) {
        my @new = $plan->{case}{deletes} ? deleting_script($plan, $root)
            : map { (one_script($plan, $root, $_), bare_files($plan, $_)) } qw(warm fsync);
        push @rows, map { +{%$_, round => $round, position => 1} } @new;
        $plan->{say}->("round $round of $plan->{rounds}");
    }
    return @rows;
}

sub one_script {
    my ($plan, $root, $mode) = @_;
    my ($folder, $load, $total, @each) = run_script($plan, $root, $mode eq 'fsync' ? 'TRUE' : 'FALSE');
    check_records("$folder/vm/vm.vmsd", $plan->{case}{many});
    my $opened = Bench::Vix::seconds_to_open("$folder/vm/vm.vmx");
    Bench::Rounds::done_with($plan, $folder);
    my %row = (case => $plan->{case}{name}, mode => $mode, load => $load);
    return (
        {%row, group => 'vmclone', contender => 'VMClone, linked, all', seconds => $total + 0},
        first_and_last(\%row, q{}, @each),
        along_the_way(\%row, 'VMClone', @each),
        {
            %row,
            group => 'open',
            contender => 'opening the parent and its snapshot',
            seconds => $opened
        }
    );
}

# Of the same script, the deletions alone. The first are those of the clones that were deleted last.
sub deleting_script {
    my ($plan, $root) = @_;
    my ($folder, $load, $total, @each) = run_script($plan, $root, 'TRUE', 'DELETE');
    check_records("$folder/vm/vm.vmsd", 0);
    Bench::Rounds::done_with($plan, $folder);
    my %row = (case => $plan->{case}{name}, mode => 'fsync', load => $load);
    return (
        {%row, group => 'vmclone', contender => 'VMDelete, all', seconds => $total + 0},
        first_and_last(\%row, q{}, @each),
        along_the_way(\%row, 'VMDelete', @each)
    );
}

# The folder, the load average before, and what the script printed.
sub run_script {
    my ($plan, $root, @options) = @_;
    my $folder = Bench::Rounds::new_folder($plan);
    run_command('cp', '-r', $plan->{source}{folder}, "$folder/vm");
    Bench::Rounds::settle($plan);
    my $load = Bench::Rounds::load_average();
    return ($folder, $load, command_output($^X, "$root/bench/many_clones.pl", $root,
        "$folder/vm/vm.vmx", "$folder/clones", $plan->{case}{many}, @options));
}

# For the plot: what one costs at some numbers of clones.
sub along_the_way {
    my ($row, $series, @each) = @_;
    my @numbers = grep { $_ <= @each } map { ($_, 2 * $_, 5 * $_) } 100, 1000, 10_000;
    return map { {
        %$row,
        group => 'way',
        contender => "$series, the 100 before number $_",
        series => $series,
        number => $_,
        seconds => middle(@each[$_ - HUNDRED .. $_ - 1])
    } } @numbers;
}

# The same of what the file system alone needs for as many.
sub bare_files {
    my ($plan, $mode) = @_;
    my $folder = Bench::Rounds::new_folder($plan);
    Bench::Rounds::settle($plan);
    my $load = Bench::Rounds::load_average();
    my ($total, @each) = command_output("$plan->{tools}/bare_clones",
        $mode eq 'fsync' ? '--fsync' : (), $folder, $plan->{case}{many});
    Bench::Rounds::done_with($plan, $folder);
    my %row = (case => $plan->{case}{name}, mode => $mode, load => $load);
    return (
        {%row, group => 'bare', contender => 'bare files, all', seconds => $total + 0},
        first_and_last(\%row, 'bare ', @each),
        along_the_way(\%row, 'bare files', @each)
    );
}

sub first_and_last {
    my ($row, $kind, @each) = @_;
    my %hundred = (first => [@each[0 .. HUNDRED - 1]], last => [@each[-HUNDRED() .. -1]]);
    return map { {
        %$row,
        group => "$kind$_",
        contender => $kind . "one of the $_ 100",
        seconds => middle(@{$hundred{$_}})
    } } qw(first last);
}

sub middle {
    my @seconds = @_;
    return Bench::Report::median(sort { $a <=> $b } @seconds);
}

# The parent has a record of each of them.
sub check_records {
    my ($list, $many) = @_;
    open my $in, '<', $list or die "$list: $!\n";
    my $count = grep {/^snapshot0\.clone\d+ /} <$in>;
    die "$list has $count clones, not $many\n" if $count != $many;
    return;
}

1;
