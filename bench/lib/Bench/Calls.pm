package Bench::Calls;

# Short calls, many of them: opening and releasing the machines of one folder, and a whole process of
# vmrun. Beside each stands what cannot be saved: reading the files, and starting perl.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Path qw(make_path);
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC);

use Bench::Command qw(run_command);
use Bench::Rounds ();
use Bench::Source ();
use Bench::Vix ();

my %MEASURE = (open => \&open_machines, vmrun => \&vmrun_processes);

sub cases {
    my %common = (place => 'work', contenders => [], ours_only => 1, rounds => 15);
    return (
        {
            %common,
            name => 'open-1000',
            calls => 'open',
            many => 1000,
            disk => {},
            targets => [{mode => 'warm', below => 0.0001}],
            about => 'HostConnect, and VMOpen and ReleaseHandle of each of 1000 machines of one '
                . 'folder; the time of each'
        },
        {
            %common,
            name => 'vmrun-list',
            calls => 'vmrun',
            disk => {},
            targets => [{mode => 'warm', below => 0.05}],
            about => 'vmrun listSnapshots of a machine with ten snapshots, as a process'
        },
    );
}

# %$plan as for Bench::Rounds, without a source: it is made here.
sub measure {
    my ($plan, $root) = @_;
    make_path($plan->{folder});
    return $MEASURE{$plan->{case}{calls}}->($plan, $root);
}

sub open_machines {
    my ($plan) = @_;
    my $count = $plan->{case}{many};
    my @machines;
    run_command('qemu-img', 'create', '-q', '-f', 'vmdk', "$plan->{folder}/disk.vmdk", '1G');
    for my $number (1 .. $count) {
        my $vmx = Bench::Source::write_vmx($plan->{folder}, "disk$number.vmdk");
        push @machines, "$plan->{folder}/m$number.vmx";
        rename $vmx, $machines[-1] or die "$vmx: $!\n";
        link "$plan->{folder}/disk.vmdk", "$plan->{folder}/disk$number.vmdk" or die "link: $!\n";
        # A new machine of VMware's has an empty snapshot list.
        open my $list, '>', "$plan->{folder}/m$number.vmsd" or die "m$number.vmsd: $!\n";
        close $list or die "m$number.vmsd: $!\n";
    }
    return in_turns(
        $plan,
        ['vmclone', 'VMOpen and ReleaseHandle', sub { Bench::Vix::open_each(@machines) }],
        ['bare', 'bare files', sub { read_each(@machines) }],
    );
}

sub read_each {
    my @files = @_;
    for my $file (@files) {
        open my $in, '<', $file or die "$file: $!\n";
        read $in, my $text, -s $in;
        close $in or die "$file: $!\n";
    }
    return;
}

sub vmrun_processes {
    my ($plan, $root) = @_;
    my $blib = abs_path("$root/blib");
    run_command('qemu-img', 'create', '-q', '-f', 'vmdk', "$plan->{folder}/disk.vmdk", '1G');
    my $vmx = Bench::Source::write_vmx($plan->{folder}, "$plan->{folder}/disk.vmdk");
    my $machine = Bench::Vix::open_for_snapshots($vmx);
    Bench::Vix::add_snapshot($machine) for 1 .. 10;
    Bench::Vix::disconnect($machine->{host});
    my @vmrun = ($^X, "-I$blib/lib", "-I$blib/arch", "$blib/script/vmrun");
    return in_turns(
        $plan,
        ['vmclone', 'vmrun listSnapshots', sub { run_command(@vmrun, 'listSnapshots', $vmx) }],
        ['bare', 'perl -e 1', sub { run_command($^X, '-e', 1) }],
    );
}

# Each [group, name, sub] once a round. The time is that of one of `many`.
sub in_turns {
    my ($plan, @contenders) = @_;
    my @rows;
    for my $round (1 .. $plan->{rounds}) {
        for my $position (1 .. @contenders) {
            my ($group, $name, $run) = @{$contenders[($position + $round - 2) % @contenders]};
            my $load = Bench::Rounds::load_average();
            my $start = clock_gettime(CLOCK_MONOTONIC);
            $run->();
            my $seconds = clock_gettime(CLOCK_MONOTONIC) - $start;
            push @rows, {
                case => $plan->{case}{name},
                mode => 'warm',
                group => $group,
                contender => $name,
                round => $round,
                position => $position,
                load => $load,
                seconds => $seconds / ($plan->{case}{many} // 1)
            };
        }
        $plan->{say}->("round $round of $plan->{rounds}");
    }
    return @rows;
}

1;
