package Bench::Growth;

# What a call costs the more snapshots a machine has. The machine gets them one by one, each as a
# child of the first one, as a machine does that is reset for each test. At some numbers of snapshots
# a copy of it loses all of them, and another one is deleted.

use strict;
use warnings;

use List::Util qw(max);
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

use Bench::Command qw(run_command);
use Bench::Report ();
use Bench::Rounds ();
use Bench::Vix ();

# How many of the last calls count at a number of snapshots.
use constant LAST => 10;

# %$plan as for Bench::Rounds. The numbers of snapshots are those of the case.
sub measure {
    my ($plan) = @_;
    my @rows;
    my @numbers = @{$plan->{case}{numbers}};
    for my $round (1 .. $plan->{rounds}) {
        my $folder = Bench::Rounds::new_folder($plan);
        run_command('cp', '-r', $plan->{source}{folder}, "$folder/vm");
        local $ENV{VIX_CLONE_SYNC} = 'FALSE';
        my $machine = Bench::Vix::open_for_snapshots("$folder/vm/vm.vmx");
        my %taken = (VMCreateSnapshot => [], VMRevertToSnapshot => []);
        for my $number (@numbers) {
            take($machine, \%taken, $number);
            my $load = Bench::Rounds::load_average();
            my %seconds = (
                (map { $_ => typical($taken{$_}) } keys %taken),
                'VMRemoveSnapshot, with children' => removal($folder),
                VMDelete => deletion($folder),
            );
            push @rows, map { {
                case => $plan->{case}{name},
                mode => 'warm',
                group => 'vmclone',
                contender => "$_, $number snapshots",
                series => $_,
                number => $number,
                round => $round,
                position => 1,
                load => $load,
                seconds => $seconds{$_}
            } } sort keys %seconds;
            $plan->{say}->("round $round of $plan->{rounds}, $number snapshots");
        }
        Bench::Vix::disconnect($machine->{host});
        Bench::Rounds::done_with($plan, $folder);
    }
    return @rows;
}

sub take {
    my ($machine, $taken, $number) = @_;
    while ($machine->{count} < $number) {
        if ($machine->{count}) {
            push @{$taken->{VMRevertToSnapshot}},
                timed(sub { Bench::Vix::revert_to_first($machine) });
        }
        push @{$taken->{VMCreateSnapshot}}, timed(sub { Bench::Vix::add_snapshot($machine) });
    }
    return;
}

sub typical {
    my ($seconds) = @_;
    my @last = @{$seconds}[max(0, @$seconds - LAST) .. $#$seconds];
    return Bench::Report::median(sort { $a <=> $b } @last);
}

# Of a copy, which is removed.
sub removal {
    my ($folder) = @_;
    return on_copy(
        $folder,
        sub {
            my ($vmx) = @_;
            my ($host, $vm, $snapshot) = Bench::Vix::open_snapshot($vmx);
            my $seconds = timed(sub { Bench::Vix::remove_with_children($vm, $snapshot) });
            Bench::Vix::disconnect($host);
            run_command('qemu-img', 'check', '-q', '-f', 'vmdk', "$folder/copy/disk.vmdk");
            return $seconds;
        }
    );
}

sub deletion {
    my ($folder) = @_;
    return on_copy(
        $folder,
        sub {
            my ($vmx) = @_;
            my ($host, $vm) = Bench::Vix::open_vm($vmx);
            my $seconds = timed(sub { Bench::Vix::delete_machine($vm) });
            Bench::Vix::disconnect($host);
            die "$folder/copy is left\n" if -e "$folder/copy";
            return $seconds;
        }
    );
}

sub on_copy {
    my ($folder, $run) = @_;
    run_command('cp', '-r', "$folder/vm", "$folder/copy");
    my $seconds = $run->("$folder/copy/vm.vmx");
    run_command('rm', '-rf', "$folder/copy");
    return $seconds;
}

sub timed {
    my ($run) = @_;
    my $start = clock_gettime(CLOCK_MONOTONIC);
    $run->();
    return clock_gettime(CLOCK_MONOTONIC) - $start;
}

1;
