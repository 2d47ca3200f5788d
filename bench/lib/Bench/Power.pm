package Bench::Power;

# Virtual machines that run: from a clone that is not there to one that runs, many of them from one
# script, and suspending and resuming; against virt-clone and virsh, on the same small guest of
# dev/make-guest. Both sides emulate the processor, so the figures do not hang on KVM.

use strict;
use warnings;

use File::Path qw(make_path);
use List::Util qw(sum);
use Time::HiRes qw(clock_gettime sleep CLOCK_MONOTONIC);

use Bench::Command qw(run_command command_output find_program);
use Bench::Report ();
use Bench::Rounds ();
use Bench::Vix ();

use constant BOOT_SECONDS => 300;
use constant FEW => 5;

# In a package of its own, as constants of the module are there once it is loaded.
my $URI = $> == 0 ? 'qemu:///system' : 'qemu:///session';
my %MEASURE = (clone => \&clones, many => \&many, suspend => \&suspends);

sub cases {
    my %common = (place => 'work', contenders => [], ours_only => 1, disk => {});
    return (
        {
            %common,
            name => 'run-clone',
            power => 'clone',
            targets => [{mode => 'warm', group => 'libvirt', at_least => 1.0}],
            about => 'a linked clone of the small guest, and its start'
        },
        {
            %common,
            name => 'run-20',
            power => 'many',
            many => 20,
            rounds => 1,
            targets => [],
            about => '20 linked clones of the small guest started by one script; the guests wait '
                . 'until all are there, so that their booting is not measured'
        },
        {
            %common,
            name => 'run-suspend',
            power => 'suspend',
            targets =>
                [map { {mode => $_, group => 'libvirt', at_least => 1.0} } qw(suspend resume)],
            about => 'suspending and resuming the small guest'
        },
    );
}

# Why nothing can be run here; nothing where it can.
sub obstacle {
    my ($root) = @_;
    for my $program (qw(virsh virt-clone qemu-system-x86_64 qemu-storage-daemon)) {
        return "$program is not installed (dev/setup power bench)" if !find_program($program);
    }
    return 'libvirt does not answer' if system("$root/dev/libvirt start >/dev/null 2>&1") != 0;
    return;
}

# %$plan as for Bench::Rounds, without a source: it is made here.
sub measure {
    my ($plan, $root) = @_;
    my $obstacle = obstacle($root);
    die "$obstacle\n" if $obstacle;
    local $ENV{VIX_POWER_KVM} = 'FALSE';
    my $folder = $plan->{folder};
    make_path($folder);
    chmod 0711, $folder, $plan->{tools};    # QEMU's own user goes through them
    run_command("$root/dev/make-guest", "$folder/vm", 'small');
    Bench::Vix::take_snapshot("$folder/vm/small.vmx");
    my $theirs = define_domain($folder);
    my @rows = eval { $MEASURE{$plan->{case}{power}}->($plan, $theirs) };
    my $error = $@;
    virsh_quietly($_, $theirs->{name}) for qw(destroy undefine);
    die $error if $error;
    return @rows;
}

# The same machine as libvirt's own: its disk, memory and devices.
sub define_domain {
    my ($folder) = @_;
    my $name = "vix-bench-$$";
    make_path("$folder/libvirt");
    chmod 0711, "$folder/libvirt";
    my $disk = "$folder/libvirt/base.qcow2";
    run_command('qemu-img', 'convert', '-O', 'qcow2', "$folder/vm/small.vmdk", $disk);
    my $description = "$folder/libvirt/domain.xml";
    open my $out, '>', $description or die "$description: $!\n";
    print {$out} <<"END_OF_XML";
<domain type='qemu'>
  <name>$name</name><memory unit='MiB'>192</memory><vcpu>1</vcpu>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <features><acpi/><apic/></features>
  <cpu mode='maximum'/>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/><source file='$disk'/><target dev='hda' bus='ide'/>
    </disk>
    <interface type='user'><model type='vmxnet3'/></interface>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <graphics type='vnc'><listen type='socket'/></graphics>
    <video><model type='vga'/></video>
    <memballoon model='none'/>
  </devices>
</domain>
END_OF_XML
    close $out or die "$description: $!\n";
    virsh('define', $description);
    return {name => $name, disk => $disk, folder => "$folder/libvirt"};
}

sub virsh {
    my @words = @_;
    run_command('virsh', '-q', '-c', $URI, @words);
    return;
}

sub virsh_quietly {
    my @words = @_;
    eval { virsh(@words); 1 } or return;
    return 1;
}

sub row {
    my ($plan, $round, %more) = @_;
    return {
        case => $plan->{case}{name},
        round => $round,
        position => 1,
        load => Bench::Rounds::load_average(),
        %more
    };
}

sub timed {
    my ($work) = @_;
    my $start = clock_gettime(CLOCK_MONOTONIC);
    $work->();
    return clock_gettime(CLOCK_MONOTONIC) - $start;
}

sub clones {
    my ($plan, $theirs) = @_;
    my @contenders = (
        ['vmclone', 'VMClone, linked, and VMPowerOn', 'warm', our_clone($plan, 'FALSE')],
        ['vmclone', 'VMClone, linked, and VMPowerOn', 'fsync', our_clone($plan, 'TRUE')],
        ['libvirt', 'virt-clone and virsh start', 'warm', their_clone($theirs, \&copy_disk)],
        [
            'libvirt-overlay', 'qemu-img create -b, virt-clone and virsh start',
            'warm', their_clone($theirs, \&overlay_disk)
        ],
    );
    my @rows;
    for my $round (1 .. $plan->{rounds}) {
        for my $position (1 .. @contenders) {
            my ($group, $name, $mode, $run)
                = @{$contenders[($position + $round - 2) % @contenders]};
            Bench::Rounds::settle($plan);
            push @rows, row($plan, $round, position => $position, group => $group, mode => $mode,
                contender => $name, seconds => $run->());
        }
        $plan->{say}->("round $round of $plan->{rounds}");
    }
    return @rows;
}

sub our_clone {
    my ($plan, $sync) = @_;
    return sub {
        my ($host, $vm, $snapshot) = Bench::Vix::open_snapshot("$plan->{folder}/vm/small.vmx");
        my $clone;
        my $seconds = timed(
            sub {
                $clone = Bench::Vix::new_clone($vm, $snapshot,
                    "$plan->{folder}/clone/clone.vmx", $sync);
                Bench::Vix::start($clone);
            }
        );
        Bench::Vix::end_clone($clone);
        VMware::Vix::Simple::HostDisconnect($host);
        return $seconds;
    };
}

sub their_clone {
    my ($theirs, $clone) = @_;
    my $name = "$theirs->{name}-clone";
    return sub {
        my $disk = "$theirs->{folder}/clone.qcow2";
        my $seconds = timed(sub { $clone->($theirs, $name, $disk); virsh('start', $name) });
        virsh('destroy', $name);
        virsh('undefine', $name);
        unlink $disk;
        return $seconds;
    };
}

sub copy_disk {
    my ($theirs, $name, $disk) = @_;
    run_command('virt-clone', '-q', '--connect', $URI, '--original', $theirs->{name}, '--name',
        $name, '--file', $disk, '--check', 'all=off');
    return;
}

sub overlay_disk {
    my ($theirs, $name, $disk) = @_;
    run_command('qemu-img', 'create', '-q', '-f', 'qcow2', '-F', 'qcow2', '-b', $theirs->{disk},
        $disk);
    run_command('virt-clone', '-q', '--connect', $URI, '--original', $theirs->{name}, '--name',
        $name, '--file', $disk, '--preserve-data', '--check', 'all=off');
    return;
}

sub many {
    my ($plan) = @_;
    my ($host, $vm, $snapshot) = Bench::Vix::open_snapshot("$plan->{folder}/vm/small.vmx");
    my (@clones, @each);
    my $started = eval {
        for my $number (1 .. $plan->{case}{many}) {
            my $vmx = "$plan->{folder}/clones/c$number/c$number.vmx";
            push @each, timed(
                sub {
                    push @clones, Bench::Vix::new_clone($vm, $snapshot, $vmx, 'TRUE');
                    Bench::Vix::start_paused($clones[-1]);
                }
            );
        }
        push @each, timed(sub { Bench::Vix::unpause($_) for @clones });
        Bench::Vix::check_runs($_) for @clones;
        1;
    };
    my $error = $@;
    Bench::Vix::end_clone($_) for @clones;
    VMware::Vix::Simple::HostDisconnect($host);
    die $error if !$started;
    $plan->{say}->('round 1 of 1');
    my $all = sum(@each);
    pop @each;
    my $middle = sub { Bench::Report::median(sort { $a <=> $b } @_) };
    return (
        row($plan, 1, group => 'vmclone', mode => 'fsync', contender => 'all', seconds => $all),
        row($plan, 1, group => 'first', mode => 'fsync', contender => 'one of the first ' . FEW,
            seconds => $middle->(@each[0 .. FEW - 1])),
        row($plan, 1, group => 'last', mode => 'fsync', contender => 'one of the last ' . FEW,
            seconds => $middle->(@each[-FEW() .. -1])),
    );
}

sub suspends {
    my ($plan, $theirs) = @_;
    my ($host, $vm) = Bench::Vix::open_vm("$plan->{folder}/vm/small.vmx");
    Bench::Vix::start_guest($vm, BOOT_SECONDS);
    my @ours = map { [rows_of($plan, $_, 'vmclone', Bench::Vix::suspend_and_resume($vm))] }
        1 .. $plan->{rounds};
    Bench::Vix::stop($vm);
    VMware::Vix::Simple::HostDisconnect($host);
    $plan->{say}->('ours');

    virsh('start', $theirs->{name});
    wait_for_agent($theirs->{name});
    my $file = "$theirs->{folder}/state";
    my @libvirt = map {
        my $suspend = timed(sub { virsh('save', $theirs->{name}, $file) });
        my $resume = timed(sub { virsh('restore', $file) });
        [rows_of($plan, $_, 'libvirt', $suspend, $resume)];
    } 1 .. $plan->{rounds};
    return map { @$_ } @ours, @libvirt;
}

sub rows_of {
    my ($plan, $round, $group, $suspend, $resume) = @_;
    my %name = (
        vmclone => ['VMSuspend', 'VMPowerOn'],
        libvirt => ['virsh save', 'virsh restore']
    );
    my ($first, $second) = @{$name{$group}};
    return (
        row($plan, $round, group => $group, mode => 'suspend', contender => $first,
            seconds => $suspend),
        row($plan, $round, group => $group, mode => 'resume', contender => $second,
            seconds => $resume),
    );
}

sub wait_for_agent {
    my ($name) = @_;
    for (1 .. BOOT_SECONDS) {
        return if virsh_quietly('qemu-agent-command', '--timeout', 1, $name,
            '{"execute":"guest-ping"}');
        sleep 1;
    }
    die "the guest of $name did not answer\n";
}

1;
