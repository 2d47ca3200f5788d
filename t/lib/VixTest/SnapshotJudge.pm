package VixTest::SnapshotJudge;

# Compares the files of a VixTest::SnapshotModel with the model: every disk of every machine and
# snapshot, the chains, the snapshot lists, who depends on whom, and which other files may exist.
# Returns a list of sentences; an empty one means that everything matches.

use strict;
use warnings;

use Exporter 'import';
use File::Basename qw(basename);
use VMware::Vix::API::Constants;

use VixTest::DiskDescriptor qw(read_descriptor);
use VixTest::Files          qw(list_files slurp);
use VixTest::SnapshotCalls  qw(current_place tree_of);
use VixTest::SnapshotChain  qw(chain_complaints chain_difference chain_of link_files);
use VixTest::SnapshotModel;
use VixTest::Tools qw(qemu_check run_tool);
use VixTest::Vmx   qw(parse_vmx read_vmx);

our @EXPORT_OK = qw(world_complaints qemu_complaints);

sub world_complaints {
    my ($world) = @_;
    return map { _machine_complaints($world, $_) } $world->machines;
}

sub _machine_complaints {
    my ($world, $vm) = @_;
    my @wrong = (
        _present_complaints($vm),      _tree_complaints($vm),
        _list_complaints($world, $vm), _link_complaints($vm),
    );
    push @wrong, _litter($vm);
    return map {"machine $vm->{id}: $_"} @wrong;
}

sub _list_path {
    my ($vm) = @_;
    (my $list = $vm->{vmx}) =~ s/x$/sd/;
    return $list;
}

sub _list_of {
    my ($vm) = @_;
    return -e _list_path($vm) ? read_vmx(_list_path($vm)) : parse_vmx('');
}

# uid => index, for the snapshots in the snapshot list.
sub _indices {
    my ($list) = @_;
    return map { /^snapshot(\d+)\.uid$/ ? ($list->{value}{$_} => $1) : () }
        keys %{ $list->{value} };
}

# node => file of one snapshot, from the snapshot list.
sub _disks_in_list {
    my ($vm, $list, $index) = @_;
    my %found;
    for my $number (0 .. $list->{value}{"snapshot$index.numdisks"} - 1) {
        my $disk = "snapshot$index.disk$number";
        my $name = $list->{value}{"$disk.filename"};
        $found{ $list->{value}{"$disk.node"} } = $name =~ m{^/} ? $name : "$vm->{dir}/$name";
    }
    return \%found;
}

sub _present_disks {
    my ($vm) = @_;
    return map { $_ => VixTest::SnapshotModel::disk_path($vm, $_) } sort keys %{ $vm->{disks} };
}

sub _present_complaints {
    my ($vm) = @_;
    my %path = _present_disks($vm);
    my $vmx  = read_vmx($vm->{vmx});
    my @wrong;
    my @named = sort map { /^(\w+:\d+)\.filename$/ ? $1 : () } keys %{ $vmx->{value} };
    push @wrong, "has disks @named" if "@named" ne join ' ', sort keys %path;
    push @wrong, "mark is $vmx->{value}{'guestinfo.mark'} instead of $vm->{mark}"
        if $vmx->{value}{'guestinfo.mark'} ne $vm->{mark};
    my $nvram = VixTest::SnapshotModel::nvram_path($vm);
    push @wrong, "$nvram is another" if slurp($nvram) ne $vm->{nvram};

    for my $node (sort keys %path) {
        push @wrong,
            map {"$node: $_"} chain_difference($path{$node}, $vm->{disks}{$node}{bytes}),
            chain_complaints($path{$node});
    }
    return grep { !/: $/ } @wrong;
}

# Checks the tree that the calls return.
sub _tree_complaints {
    my ($vm)  = @_;
    my $shown = join "\n", _shown(tree_of($vm->{vmx}), '');
    my $want  = join "\n", _wanted($vm, 0, '');
    my @wrong;
    push @wrong, "the calls show the tree\n$shown\ninstead of\n$want" if $shown ne $want;
    my @names;
    for (my $at = $vm->{current}; $at; $at = $vm->{snapshots}{$at}{parent}) {
        unshift @names, $vm->{snapshots}{$at}{name};
    }
    my $current = $vm->{current} ? join '/', @names : VIX_E_SNAPSHOT_NOTFOUND;
    my $is      = current_place($vm->{vmx});
    push @wrong, "current is $is instead of $current" if $is ne $current;
    return @wrong;
}

sub _shown {
    my ($branches, $indent) = @_;
    return
        map { ("$indent$_->{name}: $_->{description}", _shown($_->{children}, "$indent  ")) }
        @{$branches};
}

sub _wanted {
    my ($vm, $number, $indent) = @_;
    return map {
        my $snapshot = $vm->{snapshots}{$_};
        ("$indent$snapshot->{name}: $snapshot->{description}", _wanted($vm, $_, "$indent  "))
    } VixTest::SnapshotModel::children($vm, $number);
}

# Checks the snapshot list on disk: uids, disks of each snapshot and their content, records of
# clones, snapshot states.
sub _list_complaints {
    my ($world, $vm) = @_;
    my $list  = _list_of($vm);
    my %index = _indices($list);
    my @uids  = sort { $a <=> $b } keys %index;
    my @known = sort { $a <=> $b } keys %{ $vm->{snapshots} };
    return "the list holds @uids instead of @known" if "@uids" ne "@known";
    my $holes = join ' ', sort { $a <=> $b } values %index;
    my @wrong;
    push @wrong, "the indices in the list are $holes" if $holes ne join ' ', 0 .. $#uids;
    my %present = reverse _present_disks($vm);

    for my $uid (@uids) {
        my @here = _snapshot_complaints($world, $vm, $uid, $list, $index{$uid}, \%present);
        push @wrong, map {"snapshot $uid: $_"} @here;
    }
    return @wrong;
}

sub _snapshot_complaints {
    my ($world, $vm, $uid, $list, $index, $present) = @_;
    my $snapshot = $vm->{snapshots}{$uid};
    my $value    = $list->{value};
    my $disks    = _disks_in_list($vm, $list, $index);
    my ($is, $should) = map { join ' ', sort keys %{$_} } $disks, $snapshot->{disks};
    return "has disks $is instead of $should" if $is ne $should;
    my @wrong;
    for my $node (sort keys %{$disks}) {
        my $path = $disks->{$node};
        push @wrong, "$path is the current disk" if $present->{$path};
        push @wrong, chain_difference($path, $snapshot->{disks}{$node}{bytes}),
            chain_complaints($path);
    }
    my $parent = $value->{"snapshot$index.parent"} || 0;
    push @wrong, "its parent is $parent" if $parent != $snapshot->{parent};
    my $state = "$vm->{dir}/" . $value->{"snapshot$index.filename"};
    push @wrong, "$state is not there" if !-f $state;
    my @clones = map { $value->{"snapshot$index.clone$_"} || 'a hole' }
        0 .. ($value->{"snapshot$index.numclones"} || 0) - 1;
    my @want = map { $_->{vmx} } $world->clones_of($vm, $uid);
    push @wrong, "its clones are @clones" if "@{[sort @clones]}" ne "@{[sort @want]}";
    return grep { $_ ne '' } @wrong;
}

# A linked clone's snapshot list names its parent, and as sentinels those of its own disks whose
# parents are outside: a deletion must stop there.
sub _link_complaints {
    my ($vm)  = @_;
    my $value = _list_of($vm)->{value};
    my $of    = defined $value->{cloneof0} ? $value->{cloneof0}    : '';
    my $want  = $vm->{parent}              ? $vm->{parent}[0]{vmx} : '';
    my @wrong;
    push @wrong, "is a clone of '$of'" if $of ne $want;
    my %sentinel = map { $_ => 1 }
        map { $value->{"sentinel$_"} } 0 .. ($value->{numsentinels} || 0) - 1;
    for my $link (_links($vm)) {
        my (undef, $parent) = eval { chain_of($link) };
        next if !defined $parent || index($parent, "$vm->{dir}/") == 0;
        push @wrong, basename($link) . ' depends on a disk outside and is no sentinel'
            if !$sentinel{ basename($link) };
    }
    return @wrong;
}

# All descriptors in the machine's folder that its disks and snapshots depend on.
sub _links {
    my ($vm)  = @_;
    my $list  = _list_of($vm);
    my %index = _indices($list);
    my %path  = _present_disks($vm);
    my @tops  = (values %path, map { values %{ _disks_in_list($vm, $list, $_) } } values %index);
    my %links = map { $_ => 1 } map {
        eval { chain_of($_) }
    } @tops;
    return sort grep { index($_, "$vm->{dir}/") == 0 } keys %links;
}

# Disk and state files that nothing refers to, locks, and what else a call left behind.
sub _litter {
    my ($vm)   = @_;
    my $list   = _list_of($vm)->{value};
    my %needed = map { basename($_) => 1 } map { link_files($_) } _links($vm);
    $needed{ $list->{$_} } = 1 for grep {/^snapshot\d+\.filename$/} keys %{$list};
    my ($loose) = map  {qr/^(?:$_)\b/} join '|', @{ $vm->{loose} || ['/'] };
    my @left    = grep { !$needed{$_} && !/$loose/ }
        grep { !/\.(?:vmx|vmxf|vmsd|nvram)$/ } list_files($vm->{dir}), _files_beside($vm);
    return @left ? "has files without use: @left" : ();
}

# In the folder of disks that were attached from beside the machine's folder.
sub _files_beside {
    my ($vm) = @_;
    my $folder = "$vm->{dir}/../far$vm->{id}";
    return -d $folder ? list_files($folder) : ();
}

# Checks the same disks with QEMU. Reads only files that have changed since `$seen` was filled, a
# hash that the caller keeps.
sub qemu_complaints {
    my ($world, $seen) = @_;
    my @wrong;
    for my $vm ($world->machines) {
        for my $link (_links($vm)) {
            my $state = join ' ', map { join '/', (stat)[1, 7, 9, 10] } link_files($link);
            next if ($seen->{$link} || '') eq $state;
            $seen->{$link} = $state;
            push @wrong, qemu_check($link);
        }
        my %path = _present_disks($vm);
        push @wrong, map { _chain_for_qemu($_) } values %path;
    }
    return map {"qemu: $_"} grep { $_ ne '' } @wrong;
}

sub _chain_for_qemu {
    my ($path) = @_;
    my $run    = run_tool('qemu-img', 'info', '--backing-chain', $path);
    my @found  = $run->{out} =~ /^image: /mg;
    my @chain  = eval { chain_of($path) };
    return '' if $run->{status} == 0 && @found == @chain;
    return "$path: info --backing-chain finds " . @found . ' of ' . @chain . ": $run->{err}";
}

1;
