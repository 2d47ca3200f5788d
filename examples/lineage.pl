# Prints the family tree of the virtual machines below some folders: snapshots, linked clones, broken
# links, stale records. Calls of the VIX API read the snapshots. No call returns the links between
# machines, so VirtualMachineFiles reads them from the snapshot lists (.vmsd). All text is bytes in
# UTF-8.

use strict;
use warnings;

use Cwd qw(realpath);
use File::Basename qw(basename dirname);
use File::Find ();
use File::Spec ();
use FindBin;
use Getopt::Long;
use lib "$FindBin::Bin/lib";
use Pod::Usage;

use VirtualMachineFiles qw(read_dictionary numbered numbers_below path_from is_windows_path
    disk_names disk_files state_files parent_disk bytes_on_disk);

use VMware::Vix::Simple;
use VMware::Vix::API::Constants;

# How dot shows each kind of node.
my %LOOK = (
    'machine'       => 'shape=box style="filled,bold" fillcolor="#dbe9f6"',
    'linked clone'  => 'shape=box style=filled fillcolor="#e3f3e1"',
    'snapshot'      => 'shape=box style=rounded',
    'current state' => 'shape=ellipse style=filled fillcolor="#fff3c4"',
    'missing'       => 'shape=box style=dashed color=red fontcolor=red',
    'broken'        => 'shape=note color=red fontcolor=red',
    'unprotected'   => 'shape=note color=red fontcolor=red',
    'stale record'  => 'shape=note style=dashed color=gray40 fontcolor=gray40',
);

my $host;
my @machines;
my %machine_at;        # by real path
my %machine_behind;    # by handle
my $broken = 0;

main();

sub main {
    my %option;
    GetOptions(\%option, 'dot', 'svg=s', 'help') or pod2usage(2);
    pod2usage(-exitval => 0, -verbose => 2, -noperldoc => 1) if $option{help};
    pod2usage(-exitval => 2, -message => 'lineage.pl: no folder is named') if !@ARGV;
    fail("$_ is not a folder") for grep { !-d } @ARGV;
    fail('dot not found; install the Debian package graphviz, or print the graph with --dot')
        if defined $option{svg} && !grep { -x "$_/dot" } File::Spec->path;

    (my $err, $host) = HostConnect(VIX_API_VERSION, VIX_SERVICEPROVIDER_VMWARE_WORKSTATION,
        undef, 0, undef, undef, 0, VIX_INVALID_HANDLE);
    fail('connecting: ' . error_text($err)) if $err != VIX_OK;
    read_machine($_) for find_configurations(@ARGV);
    read_relatives();
    my @forest = forest();
    HostDisconnect($host);

    if   ($option{dot}) { print graph(@forest) }
    else                { print text_of($_, '', '') for @forest }
    draw($option{svg}, @forest) if defined $option{svg};
    exit($broken ? 1 : 0);
}

sub fail {
    my ($message) = @_;
    print {*STDERR} "lineage.pl: $message\n";
    exit 2;
}

sub utf8_bytes {
    my ($text) = @_;
    utf8::encode($text) if utf8::is_utf8($text);
    return $text;
}

sub error_text {
    my ($err) = @_;
    return "error $err: " . utf8_bytes(GetErrorText($err));
}

# --- machines

sub find_configurations {
    my (@folders) = @_;
    my @found;
    my $look = sub { push @found, $File::Find::name if /\.vmx\z/i && -f && !-l };
    my $sort = sub {
        return sort grep { !/\A\.vix-staging-/ } @_;
    };
    File::Find::find({ wanted => $look, preprocess => $sort }, @folders);
    return @found;
}

sub read_machine {
    my ($vmx) = @_;
    my $real = realpath($vmx);
    return if $machine_at{$real};
    my $vmsd    = $real =~ s/\.[^.]*\z/.vmsd/r;
    my $list    = read_dictionary($vmsd);
    my $config  = read_dictionary($vmx);
    my %machine = (vmx => $vmx, dir => dirname($real), roots => [], linked => []);
    $machine{parents} = [numbered($list, 'cloneof')];
    $machine{disks}   = [map { path_from($machine{dir}, $_) } disk_names($config)];
    $machine{files}   = [
        $real, $vmsd,
        map({ "$machine{dir}/$_" } grep { defined } @{$config}{qw(nvram extendedconfigfile)}),
        state_files($machine{dir}, $config->{'checkpoint.vmstate'}),
        map({ disk_files($_) } @{ $machine{disks} }),
    ];
    push @machines, $machine_at{$real} = \%machine;
    my $err = open_machine(\%machine, $list);
    $machine{problem} = error_text($err) if $err != VIX_OK;
    $machine{name} //= $config->{displayname} // basename($vmx);
    return \%machine;
}

# Also reads the parents and clones of the machines found, wherever they are.
sub read_relatives {
    for (my $number = 0; $number < @machines; $number++) {
        my $machine = $machines[$number];
        my @names = (@{ $machine->{parents} }, map { @{ $_->{clones} } } all_snapshots($machine));
        for my $path (map { path_from($machine->{dir}, $_) } grep { !is_windows_path($_) } @names) {
            my $relative = -f $path && read_machine(realpath($path)) or next;
            $relative->{elsewhere} = 1;
        }
    }
    return;
}

# Returns VIX_OK or the error of the first call that failed.
sub open_machine {
    my ($machine, $list) = @_;
    my ($err, $vm) = VMOpen($host, $machine->{vmx});
    return $err if $err != VIX_OK;
    $machine_behind{$vm} = $machine;
    ($err, my $name, $machine->{state})
        = GetProperties($vm, VIX_PROPERTY_VM_NAME, VIX_PROPERTY_VM_POWER_STATE);
    return $err if $err != VIX_OK;
    $machine->{name} = utf8_bytes($name);
    return read_snapshots($machine, $vm, $list);
}

# Reads the snapshots through the calls, each with its lines of the snapshot list. Both have the same
# order.
sub read_snapshots {
    my ($machine, $vm, $list) = @_;
    my ($err, $count) = VMGetNumRootSnapshots($vm);
    return $err if $err != VIX_OK || $count == 0;
    my @numbers = numbers_below($list, '');
    for my $index (0 .. $count - 1) {
        ($err, my $handle) = VMGetRootSnapshot($vm, $index);
        return $err if $err != VIX_OK;
        push @{ $machine->{roots} }, read_snapshot($machine, $handle, $list, $numbers[$index]);
    }
    ($err, my $current) = VMGetCurrentSnapshot($vm);
    return VIX_OK if $err == VIX_E_SNAPSHOT_NOTFOUND;
    $_->{current} = $_->{handle} == $current for all_snapshots($machine);
    return $err;
}

sub read_snapshot {
    my ($machine, $handle, $list, $number) = @_;
    my $lines = "snapshot$number";
    my ($err, $name, $state) = GetProperties($handle, VIX_PROPERTY_SNAPSHOT_DISPLAYNAME,
        VIX_PROPERTY_SNAPSHOT_POWERSTATE);
    fail("$machine->{vmx} changed while it was read: " . error_text($err)) if $err != VIX_OK;
    my @disks = map { path_from($machine->{dir}, $_) }
        grep { defined } map { $list->{"$lines.disk$_.filename"} } 0 .. 255;
    my %snapshot = (
        handle => $handle,
        name   => utf8_bytes($name),
        memory => $state != VIX_POWERSTATE_POWERED_OFF,
        disks  => \@disks,
        clones => [numbered($list, "$lines.clone")],
        files  => [
            map({ disk_files($_) } @disks),
            state_files($machine->{dir}, $list->{"$lines.filename"})
        ],
        (map { $_ => [] } qw(children linked stale)),
    );
    my @below = numbers_below($list, $list->{"$lines.uid"});
    for my $index (0 .. $#below) {
        ($err, my $child) = SnapshotGetChild($handle, $index);
        fail("$machine->{vmx} changed while it was read: " . error_text($err)) if $err != VIX_OK;
        push @{ $snapshot{children} }, read_snapshot($machine, $child, $list, $below[$index]);
    }
    return \%snapshot;
}

sub all_snapshots {
    my ($branch) = @_;
    return map { ($_, all_snapshots($_)) } @{ $branch->{roots} || $branch->{children} };
}

# --- who descends from whom

# Returns the machine that a snapshot list in `$dir` names. The library's drive map resolves a Windows
# path, so a machine with such a path is found only if it can be opened.
sub machine_named {
    my ($name, $dir) = @_;
    if (is_windows_path($name)) {
        my ($err, $vm) = VMOpen($host, $name);
        return $err == VIX_OK ? $machine_behind{$vm} : undef;
    }
    my $real = realpath(path_from($dir, $name));
    return defined $real ? $machine_at{$real} : undef;
}

sub is_clone_of {
    my ($clone, $parent) = @_;
    my @parents = map { machine_named($_, $clone->{dir}) } @{ $clone->{parents} };
    return scalar grep { defined && $_ == $parent } @parents;
}

sub place_recorded {
    my ($parent, $snapshot) = @_;
    for my $name (@{ $snapshot->{clones} }) {
        my $clone = machine_named($name, $parent->{dir});
        if ($clone && is_clone_of($clone, $parent)) { place($clone, $parent, $snapshot); next }
        my $fault = $clone ? "is no clone of $parent->{vmx}" : 'is not there';
        push @{ $snapshot->{stale} }, "$name $fault";
    }
    return;
}

# Puts a clone below a snapshot, or below the machine itself. Lists may claim a circle: a clone is
# never put below itself.
sub place {
    my ($clone, $parent, $branch) = @_;
    return if $clone->{above};
    for (my $above = $parent; $above; $above = $above->{above}) { return if $above == $clone }
    $clone->{above} = $parent;
    push @{ $branch->{linked} }, $clone;
    return;
}

# Places a clone that its parent has no record of. The parent disks of the clone show the snapshot.
sub place_unrecorded {
    my ($clone, $parent) = @_;
    my %stands_on = map { $_ => 1 } map { parent_disk($_) } @{ $clone->{disks} },
        map { @{ $_->{disks} } } all_snapshots($clone);
    my ($snapshot) = grep {
        grep { defined && $stands_on{$_} } map { realpath($_) } @{ $_->{disks} }
    } all_snapshots($parent);
    $clone->{unrecorded} = !defined $parent->{problem};
    place($clone, $parent, $snapshot || $parent);
    return;
}

# Returns the roots of all trees.
sub forest {
    for my $machine (@machines) { place_recorded($machine, $_) for all_snapshots($machine) }
    my %orphans;
    for my $clone (@machines) {
        for my $name (@{ $clone->{parents} }) {
            last if $clone->{above};
            my $parent = machine_named($name, $clone->{dir});
            if   ($parent) { place_unrecorded($clone, $parent) }
            else           { push @{ $orphans{$name} }, $clone }
        }
    }
    my %is_orphan = map { $_ => 1 } map { @{$_} } values %orphans;
    my @heads = grep { !$_->{above} && !$is_orphan{$_} } @machines;
    my @roots = map { machine_node($_, 'machine') } @heads;
    for my $name (sort keys %orphans) {
        my @below = map { machine_node($_, 'linked clone') } @{ $orphans{$name} };
        push @roots, { kind => 'missing', text => "$name is not there", below => \@below };
    }
    return @roots;
}

# --- the nodes of the tree: { kind, name, text, bytes, path, notes => [words], below => [nodes] }

sub machine_node {
    my ($machine, $kind) = @_;
    my $state = $machine->{state} // 0;
    my @notes = (
        $state & VIX_POWERSTATE_POWERED_ON ? 'running'   : (),
        $state & VIX_POWERSTATE_SUSPENDED  ? 'suspended' : (),
        $machine->{elsewhere}              ? 'elsewhere' : (),
    );
    my @snapshots = all_snapshots($machine);
    my @below;
    push @below, { kind => 'broken', text => $machine->{problem} } if defined $machine->{problem};
    push @below, { kind => 'unprotected', text => 'its parent has no record of it' }
        if $machine->{unrecorded};
    push @below, map { machine_node($_, 'linked clone') } @{ $machine->{linked} };
    push @below, map { snapshot_node($machine, $_) } @{ $machine->{roots} };
    push @below, present_node($machine) if @snapshots && !grep { $_->{current} } @snapshots;
    $broken++ if defined $machine->{problem};
    my $bytes = bytes_on_disk(@{ $machine->{files} }, map { @{ $_->{files} } } @snapshots);
    return { kind => $kind, notes => \@notes, bytes => $bytes, below => \@below,
        name => $machine->{name}, path => $machine->{vmx} };
}

sub snapshot_node {
    my ($machine, $snapshot) = @_;
    my @below = map { machine_node($_, 'linked clone') } @{ $snapshot->{linked} };
    push @below, map { { kind => 'stale record', text => $_ } } @{ $snapshot->{stale} };
    push @below, map { snapshot_node($machine, $_) } @{ $snapshot->{children} };
    push @below, present_node($machine) if $snapshot->{current};
    return { kind => 'snapshot', notes => [$snapshot->{memory} ? 'with memory' : ()],
        name => $snapshot->{name}, bytes => bytes_on_disk(@{ $snapshot->{files} }),
        below => \@below };
}

sub present_node {
    my ($machine) = @_;
    my @files = map { disk_files($_) } @{ $machine->{disks} };
    return { kind => 'current state', bytes => bytes_on_disk(@files) };
}

sub size_text {
    my ($bytes) = @_;
    my @units = qw(KiB MiB GiB TiB);
    my $size  = $bytes / 1024;
    while ($size >= 1024 && @units > 1) { $size /= 1024; shift @units }
    return sprintf $size < 10 && $units[0] ne 'KiB' ? '%.1f %s' : '%.0f %s', $size, $units[0];
}

# Returns the parts of a node's text. Names may contain control characters, which are replaced.
sub parts_of {
    my ($node) = @_;
    my $title = $node->{kind};
    $title .= " \"$node->{name}\"" if defined $node->{name};
    $title .= ": $node->{text}"    if defined $node->{text};
    my @parts = ($title, @{ $node->{notes} || [] });
    push @parts, size_text($node->{bytes}) if defined $node->{bytes};
    push @parts, $node->{path} if defined $node->{path};
    s/[\x00-\x1f\x7f]|\xc2[\x80-\x9f]/?/g for @parts;
    return @parts;
}

sub text_of {
    my ($node, $first, $rest) = @_;
    my $text  = $first . join(', ', parts_of($node)) . "\n";
    my @below = @{ $node->{below} || [] };
    while (my $child = shift @below) {
        $text .= text_of($child, @below ? ("$rest|-- ", "$rest|   ") : ("$rest`-- ", "$rest    "));
    }
    return $text;
}

# --- the graph, in the language of dot

sub graph {
    my (@forest) = @_;
    my $count = 0;
    return join '', "digraph lineage {\n", "    rankdir=LR;\n",
        "    node [fontname=\"sans-serif\" fontsize=11];\n",
        map({ graph_of($_, undef, \$count) } @forest), "}\n";
}

sub graph_of {
    my ($node, $above, $count) = @_;
    my $id = 'n' . ++${$count};
    my $label = join '\n', map { wrapped($_) } parts_of($node);
    my $text = "    $id [label=\"$label\" $LOOK{ $node->{kind} }];\n";
    my $link = $node->{kind} eq 'linked clone' ? ' [style=dashed]' : '';
    $text .= "    $above -> $id$link;\n" if defined $above;
    return join '', $text, map { graph_of($_, $id, $count) } @{ $node->{below} || [] };
}

# Breaks text at blanks into lines of 40 to 60 characters, and escapes what is special for dot.
sub wrapped {
    my ($text) = @_;
    $text =~ s/(.{40,60}) (?=.{12})/$1\n/g;
    $text =~ s/(["\\])/\\$1/g;
    $text =~ s/\n/\\n/g;
    return $text;
}

sub draw {
    my ($file, @forest) = @_;
    open my $dot, '|-', 'dot', '-Tsvg', '-o', $file or fail("cannot run dot: $!");
    print {$dot} graph(@forest);
    close $dot or fail("dot cannot draw $file" . ($! ? ": $!" : ''));
    return;
}

__END__

=encoding UTF-8

=head1 NAME

lineage.pl - print the family tree of virtual machines

=head1 SYNOPSIS

    perl lineage.pl FOLDER...
    perl lineage.pl --svg family.svg FOLDER...
    perl lineage.pl --dot FOLDER... | dot -Tpdf -o family.pdf

=head1 DESCRIPTION

Finds all virtual machines (.vmx) below the folders and prints them as trees. Each machine appears
with its snapshots, its current state, and the linked clones that depend on each snapshot. Sizes are
those of the files on disk. Parents and clones in other folders appear as I<elsewhere>.

A problem appears below the node that has it:

    broken         the machine cannot be opened. The error follows; for a linked clone it
                   says what is wrong with the parent.
    missing        a parent that does not exist, with the clones that name it
    stale record   a record of a clone that was deleted or moved, or that is by now the
                   clone of another parent. Harmless.
    unprotected    a clone that its parent has no record of, for example a moved one.
                   Nothing prevents the removal of the snapshot that it depends on.

The exit status is

    0    nothing is broken
    1    a machine is broken
    2    the arguments are wrong, or nothing could be read

=head1 OPTIONS

=over

=item --svg FILE

Also draws the tree to FILE, with dot of Graphviz (Debian package graphviz).

=item --dot

Prints the tree in the language of dot instead.

=item --help

This text.

=back

=cut
