package Bench::Many;

# A great many linked clones of one snapshot from one script: the time of all, and that of the first
# and the last hundred, which tells whether a clone costs more the more there are.

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
        for my $mode (qw(warm fsync)) {
            push @rows, map { +{%$_, round => $round, position => 1} }
                one_script($plan, $root, $mode), bare_files($plan, $mode);
        }
        $plan->{say}->("round $round of $plan->{rounds}");
    }
    return @rows;
}

sub one_script {
    my ($plan, $root, $mode) = @_;
    my $folder = Bench::Rounds::new_folder($plan);
    run_command('cp', '-r', $plan->{source}{folder}, "$folder/vm");
    Bench::Rounds::settle($plan);
    my $load = Bench::Rounds::load_average();
    my ($total, @each) = command_output($^X, "$root/bench/many_clones.pl", $root,
        "$folder/vm/vm.vmx", "$folder/clones", $plan->{case}{many},
        $mode eq 'fsync' ? 'TRUE' : 'FALSE');
    check_records($plan, "$folder/vm/vm.vmsd");
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

# All of them are known to their parent.
sub check_records {
    my ($plan, $list) = @_;
    open my $in, '<', $list or die "$list: $!\n";
    my $count = grep {/^snapshot0\.clone\d+ /} <$in>;
    die "$list has $count of $plan->{case}{many} clones\n" if $count != $plan->{case}{many};
    return;
}

1;
