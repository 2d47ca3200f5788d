package VixTest::SnapshotModel;

# A small world of virtual machines, their snapshots and clones, played twice: with the real calls
# on real files, and with plain byte strings in memory. Each step changes both, and
# VixTest::SnapshotJudge compares them. All random numbers come from srand, so a seed repeats a
# world.
#
# A machine is { id, dir, vmx, disks => {node => {bytes, independent}}, mark, nvram, snapshots =>
# {number => snapshot}, current (number or 0), parent => [machine, number] of a linked clone, last
# }. A snapshot is { number, parent (number or 0), name, description, mark, nvram, disks }.

use strict;
use warnings;

use File::Basename qw(dirname);

use VMware::Vix::API::Constants;
use VixTest;
use VixTest::Disk           qw(make_disk);
use VixTest::DiskDescriptor qw(read_descriptor);
use VixTest::SnapshotCalls  qw(delete_vm full_clone linked_clone remove_snapshot revert_to
    take_snapshot);
use VixTest::SnapshotDisk qw(put_bytes);
use VixTest::Tools        qw(have_tool run_tool);
use VixTest::Vmx          qw(read_vmx);

my $SECTOR = 512;

# [what, how often]; what is the name of a method. It returns a sentence, or nothing if the machine
# does not allow the step.
my @STEPS = (
    [write         => 34],
    [mark          => 4],
    [take          => 16],
    [revert        => 9],
    [remove        => 13],
    [remove_branch => 3],
    [full          => 3],
    [linked        => 9],
    [delete        => 4],
    [attach        => 2],
    [swap_disk     => 2],
);

# Required: dir. Optional: disks (a list for make_vm), most_machines, most_snapshots.
sub new {
    my ($class, %given) = @_;
    my $self = bless {
        most_machines  => 6,
        most_snapshots => 8,
        last_id        => 0,
        step           => 0,
        log            => [],
        qemu           => have_tool('qemu-io'),
        %given
    }, $class;
    my $vm = make_vm(
        dir   => "$self->{dir}/vm0",
        name  => 'alpha',
        disks => $self->{disks} || [{}],
        keys  => ['guestinfo.mark' => 0],
    );
    my %disks = map { $_->{slot} => _disk_of($_) } @{ $vm->{disks} };
    $self->{machines} = [
        {   id        => 0,
            dir       => $vm->{dir},
            vmx       => $vm->{vmx},
            disks     => \%disks,
            mark      => 0,
            nvram     => slurp("$vm->{dir}/alpha.nvram"),
            snapshots => {},
            current   => 0,
            last      => 0,
        }
    ];
    $self->{keep} = $vm;
    return $self;
}

sub _disk_of {
    my ($disk) = @_;
    return {
        bytes       => $disk->{content}->bytes(0, $disk->{capacity}),
        independent => ($disk->{mode} || '') =~ /^independent/ ? 1 : 0,
    };
}

sub machines { return @{ $_[0]{machines} } }

# The steps so far, the latest last.
sub log { return @{ $_[0]{log} } }

sub _one_of { return $_[rand @_] }

# One random step. Dies with what went wrong if a call does not return what it must.
sub step {
    my ($self) = @_;
    $self->{step}++;
    my $did;
    while (!defined $did) {
        my $vm     = _one_of(@{ $self->{machines} });
        my $what   = $self->_choose($vm);
        my $method = "_step_$what";
        $did = $self->$method($vm);
    }
    push @{ $self->{log} }, "$self->{step} $did";
    return $did;
}

sub _choose {
    my ($self, $vm) = @_;
    return _one_of(qw(remove remove_branch))
        if keys %{ $vm->{snapshots} } > $self->{most_snapshots};
    my $sum = 0;
    $sum += $_->[1] for @STEPS;
    my $at = rand $sum;
    for my $step (@STEPS) {
        return $step->[0] if ($at -= $step->[1]) < 0;
    }
    return 'write';
}

sub _must {
    my ($got, $want, $what) = @_;
    die "$what: answered $got instead of $want\n" if $got != $want;
    return;
}

# ---- the machine at work

# The file that the .vmx names for a node.
sub disk_path {
    my ($vm, $node) = @_;
    my $name = read_vmx($vm->{vmx})->{value}{"$node.filename"};
    return $name =~ m{^/} ? $name : "$vm->{dir}/$name";
}

# Half of the writes go through QEMU, the others through VixTest::SnapshotDisk. In all extents of a
# disk but the first, QEMU 7 fills a new grain from the wrong place of the parent, so it writes only
# whole grains to such disks.
sub _step_write {
    my ($self, $vm) = @_;
    my $node  = _one_of(sort keys %{ $vm->{disks} });
    my $disk  = $vm->{disks}{$node};
    my $path  = disk_path($vm, $node);
    my $qemu  = $self->{qemu} && rand > 0.5;
    my $found = read_descriptor($path);
    my $split = @{ $found->{extents} } > 1 && $found->{header}{parentCID} ne 'ffffffff';
    my @ranges
        = map { [_random_range(length($disk->{bytes}) / $SECTOR, $qemu && $split ? 128 : 1)] }
        1 .. 1 + int rand 4;
    my @pieces;

    for my $range (@ranges) {
        my ($first, $sectors) = @{$range};
        my $zeros = "\0" x ($sectors * $SECTOR);
        push @pieces,
            [$first, rand > 0.75 ? $zeros : _pattern($self->{step} * 10 + @pieces, @{$range})];
    }
    my $before = $disk->{bytes};
    substr $disk->{bytes}, $_->[0] * $SECTOR, length $_->[1], $_->[1] for @pieces;
    if ($qemu) { $self->_write_by_qemu($path, @pieces) }
    else       { put_bytes($path, $before, @pieces) }
    return "write $vm->{id} $node " . join ' ', map {"$_->[0]+$_->[1]"} @ranges;
}

sub _write_by_qemu {
    my ($self, $path, @pieces) = @_;
    my @commands;
    for my $number (0 .. $#pieces) {
        my ($first, $bytes) = @{ $pieces[$number] };
        my $place = $first * $SECTOR . ' ' . length $bytes;
        my $file  = "$self->{dir}/pattern$number";
        spew($file, $bytes);
        push @commands, '-c', $bytes =~ /[^\0]/
            ? "write -s $file $place"
            : _one_of('write -z', 'write -P 0') . " $place";
    }
    my $run = run_tool('qemu-io', '-f', 'vmdk', @commands, $path);
    die "qemu-io $path: $run->{out}$run->{err}\n"
        if $run->{status} || "$run->{out}$run->{err}" =~ /failed|error|can't/i;
    return;
}

# A few sectors, a few grains, or much of the disk; often aligned to grains.
sub _random_range {
    my ($capacity, $unit) = @_;
    my $first = int rand $capacity;
    my $count = 1 + int rand _one_of(3, 40, 300, 300, 1500);
    $unit = 128 if rand > 0.5;
    $first -= $first % $unit;
    $count += -$count % $unit;
    $count = $capacity - $first if $first + $count > $capacity;
    return ($first, $count);
}

sub _pattern {
    my ($seed, $first, $sectors) = @_;
    return join '',
        map { sprintf('step%010d lba%014d', $seed, $_) x 16 } $first .. $first + $sectors - 1;
}

# The user changes a setting, and the firmware its variables.
sub _step_mark {
    my ($self, $vm) = @_;
    my $text = slurp($vm->{vmx});
    $text =~ s/^guestinfo\.mark = "\d+"/guestinfo.mark = "$self->{step}"/m
        or die "$vm->{vmx} has lost its mark\n";
    spew($vm->{vmx}, $text);
    $vm->{mark}  = $self->{step};
    $vm->{nvram} = "MRVN$self->{step}" x (1 + int rand 900);
    spew(nvram_path($vm), $vm->{nvram});
    return "mark $vm->{id}";
}

sub nvram_path {
    my ($vm) = @_;
    return "$vm->{dir}/" . read_vmx($vm->{vmx})->{value}{nvram};
}

# The user detaches a disk, or attaches it again at another node: a machine's disks may differ from
# those of its snapshots.
sub _step_swap_disk {
    my ($self, $vm) = @_;
    my @nodes = sort keys %{ $vm->{disks} };
    my $free  = 'scsi0:' . (8 + $self->{step} % 7);
    return if @nodes < 2 || $vm->{disks}{$free};
    my $node = _one_of(grep { !$vm->{disks}{$_}{independent} } @nodes);
    return if !defined $node;
    my $text = slurp($vm->{vmx});
    $text =~ s/^\Q$node\E\./$free./mg;
    spew($vm->{vmx}, $text);
    $vm->{disks}{$free} = delete $vm->{disks}{$node};
    return "move disk of $vm->{id} from $node to $free";
}

# The user attaches a disk that no snapshot knows, in the machine's folder or beside it. A revert detaches
# it. Its files stay, because nobody else has them; from then on files of its name may exist.
sub _step_attach {
    my ($self, $vm) = @_;
    my $node = 'sata0:' . (2 + $self->{step} % 20);
    return if $vm->{disks}{$node} || keys %{ $vm->{disks} } > 3;
    my $name = "disk$self->{step}";
    my $mode = _one_of('persistent', 'persistent', 'independent-persistent');
    my $way  = rand > 0.6 ? "../far$vm->{id}/" : '';
    mkdir "$vm->{dir}/$way" if $way ne '';
    my $disk = make_disk(
        dir     => "$vm->{dir}/$way",
        name    => $name,
        type    => _one_of(qw(monolithicSparse monolithicFlat twoGbMaxExtentSparse)),
        sectors => 384 * (4 + int rand 6),
    );
    my $text = slurp($vm->{vmx});
    $text =~ s/^(?:sata0\.|\Q$node\E\.).*\n//mg;
    $text .= qq($_->[0] = "$_->[1]"\n)
        for ['sata0.present', 'TRUE'], ["$node.present", 'TRUE'], ["$node.fileName", "$way$name.vmdk"],
        ["$node.mode", $mode];
    spew($vm->{vmx}, $text);
    $vm->{disks}{$node} = { %{ _disk_of({ %{$disk}, mode => $mode }) }, name => $name };
    return "attach $way$name to $vm->{id} at $node, $mode";
}

# ---- snapshots

sub children {
    my ($vm, $number) = @_;
    return grep { $vm->{snapshots}{$_}{parent} == $number }
        sort { $a <=> $b } keys %{ $vm->{snapshots} };
}

# Its position for the calls: the index among its siblings at each level.
sub place_of {
    my ($vm, $number) = @_;
    my @place;
    while ($number) {
        my $parent   = $vm->{snapshots}{$number}{parent};
        my @siblings = children($vm, $parent);
        my ($index)  = grep { $siblings[$_] == $number } 0 .. $#siblings;
        unshift @place, $index;
        $number = $parent;
    }
    return \@place;
}

sub subtree {
    my ($vm, $number) = @_;
    return ($number, map { subtree($vm, $_) } children($vm, $number));
}

# The machines that are linked clones of a snapshot.
sub clones_of {
    my ($self, $vm, $number) = @_;
    return
        grep { $_->{parent} && $_->{parent}[0] == $vm && $_->{parent}[1] == $number }
        @{ $self->{machines} };
}

# A snapshot has copies of disks; for independent ones it only records that they exist.
sub _state_of {
    my ($of) = @_;
    my (%disks, %independent);
    for my $node (keys %{ $of->{disks} }) {
        my $disk = $of->{disks}{$node};
        if   ($disk->{independent}) { $independent{$node} = $disk }
        else                        { $disks{$node}       = { %{$disk} } }
    }
    %independent = (%independent, %{ $of->{independent} || {} });
    return (
        mark        => $of->{mark},
        nvram       => $of->{nvram},
        disks       => \%disks,
        independent => \%independent
    );
}

# Puts the machine in that state. The names of disks that it loses are recorded, since their files
# may stay.
sub _go_over_to {
    my ($vm, %state) = @_;
    my %former = %{ $vm->{disks} };
    @{$vm}{qw(mark nvram)} = @state{qw(mark nvram)};
    $vm->{disks} = { %{ $state{disks} }, %{ $state{independent} } };
    for my $node (grep { !$vm->{disks}{$_} } keys %former) {
        push @{ $vm->{loose} }, $former{$node}{name} if $former{$node}{name};
    }
    return;
}

sub _step_take {
    my ($self, $vm) = @_;
    my $name = _one_of('a', 'b', 'before/after', "\x{e4}\x{20ac}", '"quoted" | 100 %', undef);
    my $description = _one_of(undef, undef, 'words', "two\nlines");
    _must(take_snapshot($vm->{vmx}, $name, $description), VIX_OK, 'take');
    $self->_record_snapshot($vm, $name, $description);
    return "take $vm->{last} of $vm->{id}";
}

sub _record_snapshot {
    my ($self, $vm, $name, $description) = @_;
    my $number = ++$vm->{last};
    $vm->{snapshots}{$number} = {
        number      => $number,
        parent      => $vm->{current},
        name        => defined $name        ? $name        : '',
        description => defined $description ? $description : '',
        _state_of($vm),
    };
    $vm->{current} = $number;
    return $number;
}

sub _any_snapshot {
    my ($vm) = @_;
    return _one_of(sort { $a <=> $b } keys %{ $vm->{snapshots} });
}

sub _step_revert {
    my ($self, $vm) = @_;
    my $number = _any_snapshot($vm) or return;
    _must(revert_to($vm->{vmx}, place_of($vm, $number)), VIX_OK, 'revert');
    _go_over_to($vm, _state_of($vm->{snapshots}{$number}));
    $vm->{current} = $number;
    return "revert $vm->{id} to $number";
}

sub _step_remove {
    my ($self, $vm) = @_;
    my $number = _any_snapshot($vm) or return;
    return $self->_remove($vm, $number, 0, $number);
}

sub _step_remove_branch {
    my ($self, $vm) = @_;
    my $number = _any_snapshot($vm) or return;
    return $self->_remove($vm, $number, VIX_SNAPSHOT_REMOVE_CHILDREN, subtree($vm, $number));
}

sub _remove {
    my ($self, $vm, $number, $options, @gone) = @_;
    my $locked = grep { $self->clones_of($vm, $_) } @gone;
    my $list   = _list_of($vm);
    my $answer = remove_snapshot($vm->{vmx}, place_of($vm, $number), $options);
    _must(
        $answer,
        $locked ? VIX_E_SNAPSHOT_DISKLOCKED : VIX_OK,
        "remove $vm->{id} $number ($options)"
    );
    if ($locked) {
        die "a refused removal changed the list\n" if _list_of($vm) ne $list;
        return "remove $number of $vm->{id}: refused";
    }
    my $parent = $vm->{snapshots}{$number}{parent};
    for my $child (grep { $options == 0 } children($vm, $number)) {
        $vm->{snapshots}{$child}{parent} = $parent;
    }
    $vm->{current} = $parent if grep { $vm->{current} == $_ } @gone;
    delete @{ $vm->{snapshots} }{@gone};
    return "remove @gone of $vm->{id}";
}

sub _list_of {
    my ($vm) = @_;
    (my $list = $vm->{vmx}) =~ s/x$/sd/;
    return -e $list ? slurp($list) : '';
}

# ---- clones

sub _step_full {
    my ($self, $vm) = @_;
    return $self->_clone($vm, 0);
}

sub _step_linked {
    my ($self, $vm) = @_;
    return $self->_clone($vm, 1);
}

sub _clone {
    my ($self, $vm, $linked) = @_;
    return if @{ $self->{machines} } >= $self->{most_machines};
    my $number = rand > 0.4 ? _any_snapshot($vm) : undef;
    my $id     = ++$self->{last_id};
    my $vmx    = "$self->{dir}/vm$id/clone$id.vmx";
    my $call   = $linked ? \&linked_clone : \&full_clone;
    my $place  = $number && place_of($vm, $number);
    my $what   = ($linked ? 'linked' : 'full') . " clone $id of $vm->{id} " . ($number || '');
    _must($call->($vm->{vmx}, $place, $vmx), VIX_OK, $what);
    $number = $self->_record_snapshot($vm, 'Clone', 'Created by clone operation.')
        if $linked && !$number;
    my %state = _state_of($number ? $vm->{snapshots}{$number} : $vm);
    my %clone = (
        id        => $id,
        dir       => dirname($vmx),
        vmx       => $vmx,
        disks     => {},
        snapshots => {},
        current   => 0,
        last      => 0,
        parent    => $linked ? [$vm, $number] : undef,
    );
    $_ = { %{$_} } for values %{ $state{independent} };
    _go_over_to(\%clone, %state);
    push @{ $self->{machines} }, \%clone;
    return $what;
}

sub _step_delete {
    my ($self, $vm) = @_;
    return if !$vm->{id} || grep { $self->clones_of($vm, $_) } keys %{ $vm->{snapshots} };
    _must(delete_vm($vm->{vmx}), VIX_OK, "delete $vm->{id}");
    die "deleted, but its folder is there: " . join(' ', list_files($vm->{dir})) . "\n"
        if -e $vm->{dir} && !$vm->{loose};
    $self->{machines} = [grep { $_ != $vm } @{ $self->{machines} }];
    return "delete $vm->{id}";
}

1;
