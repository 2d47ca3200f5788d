# The examples for linked clones: linked-clone.pl makes a family, lineage.pl tells who descends from
# whom in it, with clones that were deleted, moved or have lost their parent.

use strict;
use warnings;

use Cwd qw(abs_path);
use File::Path qw(make_path remove_tree);
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest qw(list_files make_vm slurp spew temp_dir);
use VixTest::SnapshotCalls qw(delete_vm linked_clone revert_to take_snapshot);
use VixTest::Tools qw(have_tool run_tool);

my $EXAMPLES = abs_path("$FindBin::Bin/../examples");

my $keep = temp_dir();
my $dir  = "$keep/vms";
make_path($dir, "$keep/home", "$keep/no programs");
delete @ENV{ grep { /\AVIX_/ } keys %ENV };
$ENV{HOME} = "$keep/home";

sub run_example {
    my ($name, @arguments) = @_;
    return run_tool($^X, (map { "-I$_" } grep { !ref } @INC), "$EXAMPLES/$name", @arguments);
}

# What lineage.pl prints, without the folder, the sizes and the words of errors; the status it ends
# with. Gives all of it.
sub lineage_is {
    my ($what, $status, $expected, @folders) = @_;
    my $run  = run_example('lineage.pl', @folders);
    my $text = $run->{out} =~ s/\Q$dir\E/DIR/gr;
    $text =~ s/, [0-9.]+ [KMGT]iB//g;
    $text =~ s/^(.*broken: error \d+): .*/$1/mg;
    is("$run->{err}$text", $expected, $what);
    is($run->{status}, $status, "$what: status $status");
    return $run->{out};
}

sub made_linked {
    my ($name, @output) = @_;
    my $run = run_example('linked-clone.pl', "$dir/golden/golden.vmx", 'base',
        "$dir/$name/$name.vmx");
    is($run->{err} . $run->{out}, join('', map { "$_\n" } @output), "linked-clone.pl makes $name");
    is($run->{status}, 0, 'status 0');
    return;
}

# linked-clone.pl: one snapshot for all.
make_vm(dir => "$dir/golden", name => 'golden', disks => [{}, { type => 'monolithicFlat' }],
    keys => [displayName => "Gr\xc3\xb6\xc3\x9fe"]);
made_linked('web1', 'Took the snapshot base.', "$dir/web1/web1.vmx is a linked clone.");
made_linked($_, "$dir/$_/$_.vmx is a linked clone.") for qw(web2 web3 web4);
{
    chdir $dir or die "chdir: $!";
    my $run = run_example('linked-clone.pl', 'golden/golden.vmx', 'base', 'web5/web5.vmx');
    is($run->{err} . $run->{out}, "$dir/web5/web5.vmx is a linked clone.\n", 'by relative paths');
    chdir '/' or die "chdir: $!";
}
my @refused = (
    ['a clone that is there', qr/cloning .* error 12: .*\Q$dir\E\/web1\/web1\.vmx already exists/,
        'golden', 'base', 'web1'],
    ['a source that is not there', qr/opening .* error 4000: .*nobody/, 'nobody', 'base', 'web9'],
    ['a path of snapshots that is not there', qr/finding .* error 13003: .*"base\/more"/,
        'golden', 'base/more', 'web9'],
);
for my $case (@refused) {
    my ($what, $message, $source, $snapshot, $name) = @{$case};
    my $run = run_example('linked-clone.pl', "$dir/$source/$source.vmx", $snapshot,
        "$dir/$name/$name.vmx");
    isnt($run->{status}, 0, "$what: refused");
    like($run->{err}, qr/\Alinked-clone\.pl: $message/, 'with the code and the detail');
}
ok(!-e "$dir/web9", 'and nothing is made');
is(run_example('linked-clone.pl', 'one')->{status}, 2, 'without arguments it tells the usage');

my $family = <<'END';
machine "Größe", DIR/golden/golden.vmx
`-- snapshot "base"
    |-- linked clone "web1", DIR/web1/web1.vmx
    |-- linked clone "web2", DIR/web2/web2.vmx
    |-- linked clone "web3", DIR/web3/web3.vmx
    |-- linked clone "web4", DIR/web4/web4.vmx
    |-- linked clone "web5", DIR/web5/web5.vmx
    `-- current state
END
lineage_is('a parent and its linked clones', 0, $family, $dir);

# Sizes are those of the files.
sub kibibytes_of {
    my ($folder) = @_;
    my $blocks = 0;
    $blocks += (lstat "$folder/$_")[12] for list_files($folder);
    return sprintf '%.0f KiB', $blocks / 2;
}
my $output = run_example('lineage.pl', $dir)->{out};
for my $name (qw(golden web1)) {
    my ($size) = $output =~ m{, ([^,]*), \Q$dir\E/$name/$name\.vmx$}m;
    is($size, kibibytes_of("$dir/$name"), "$name: the size on disk is that of its folder");
}

# A tree of snapshots with the current state in it, a clone of a clone, one that VMDelete
# removed, one that was deleted by hand, one that was moved, parents that are gone or were changed.
is(take_snapshot("$dir/golden/golden.vmx", 'updated "2"'), VIX_OK, 'another snapshot');
is(take_snapshot("$dir/golden/golden.vmx", undef), VIX_OK, 'and one without a name');
is(revert_to("$dir/golden/golden.vmx", [0, 0]), VIX_OK, 'back to the second');
is(linked_clone("$dir/web1/web1.vmx", undef, "$dir/inner/inner.vmx"), VIX_OK, 'a clone of web1');
is(delete_vm("$dir/web5/web5.vmx"), VIX_OK, 'web5 is deleted through the library');
remove_tree("$dir/web2");
make_path("$dir/moved");
rename "$dir/web3", "$dir/moved/web3" or die "rename: $!";
for my $name (qw(edited lost)) {
    make_vm(dir => "$dir/$name", name => $name, disks => [{ type => 'monolithicFlat' }]);
    is(linked_clone("$dir/$name/$name.vmx", undef, "$dir/of-$name/clone.vmx"), VIX_OK,
        "a clone of $name");
}
remove_tree("$dir/lost");
spew("$dir/edited/edited.vmdk", slurp("$dir/edited/edited.vmdk") =~ s/^CID=.*/CID=0badcafe/mr);
spew("$dir/web4/web4.vmsd", "cloneOf0 = \"$dir/edited/edited.vmx\"\n");
make_path("$dir/noise");
spew("$dir/noise/noise.vmx", "\0\1\2");

my $whole = lineage_is('all that can be amiss', 1, <<'END', $dir);
machine "edited", DIR/edited/edited.vmx
|-- linked clone "web4", DIR/web4/web4.vmx
|   `-- unprotected: its parent has no record of it
`-- snapshot "Clone"
    |-- linked clone "clone", DIR/of-edited/clone.vmx
    |   `-- broken: error 16008
    `-- current state
machine "Größe", DIR/golden/golden.vmx
`-- snapshot "base"
    |-- linked clone "web1", DIR/web1/web1.vmx
    |   `-- snapshot "Clone"
    |       |-- linked clone "inner", DIR/inner/inner.vmx
    |       `-- current state
    |-- linked clone "web3", DIR/moved/web3/web3.vmx
    |   `-- unprotected: its parent has no record of it
    |-- stale record: DIR/web2/web2.vmx is not there
    |-- stale record: DIR/web3/web3.vmx is not there
    |-- stale record: DIR/web4/web4.vmx is no clone of DIR/golden/golden.vmx
    `-- snapshot "updated "2""
        |-- snapshot ""
        `-- current state
machine "noise.vmx", DIR/noise/noise.vmx
`-- broken: error 4002
missing: DIR/lost/lost.vmx is not there
`-- linked clone "clone", DIR/of-lost/clone.vmx
    `-- broken: error 16012
END
like($whole, qr{16008: .*\Q$dir\E/edited/edited\.vmdk has the content id 0badcafe},
    'a changed parent is named');
like($whole, qr{16012: .*"\Q$dir\E/lost/lost\.vmdk", was not found; looked in \Q$dir\E/of-lost},
    'so is a missing one, and where it was looked for');

lineage_is('relatives in other folders, and theirs', 1, <<'END', "$dir/inner", "$dir/web1");
machine "Größe", elsewhere, DIR/golden/golden.vmx
`-- snapshot "base"
    |-- linked clone "web1", DIR/web1/web1.vmx
    |   `-- snapshot "Clone"
    |       |-- linked clone "inner", DIR/inner/inner.vmx
    |       `-- current state
    |-- stale record: DIR/web2/web2.vmx is not there
    |-- stale record: DIR/web3/web3.vmx is not there
    |-- stale record: DIR/web4/web4.vmx is no clone of DIR/golden/golden.vmx
    `-- snapshot "updated "2""
        |-- snapshot ""
        `-- current state
machine "edited", elsewhere, DIR/edited/edited.vmx
|-- linked clone "web4", elsewhere, DIR/web4/web4.vmx
|   `-- unprotected: its parent has no record of it
`-- snapshot "Clone"
    |-- linked clone "clone", elsewhere, DIR/of-edited/clone.vmx
    |   `-- broken: error 16008
    `-- current state
END

# Two that claim to be clones of each other.
{
    my $circle = "$keep/circle";
    for my $pair (['a', 'b'], ['b', 'a']) {
        my ($name, $other) = @{$pair};
        make_vm(dir => "$circle/$name", name => $name, disks => 0);
        spew("$circle/$name/$name.vmsd",
            qq(snapshot0.uid = "1"\nsnapshot0.clone0 = "$circle/$other/$other.vmx"\n)
                . qq(cloneOf0 = "$circle/$other/$other.vmx"\n));
    }
    my $run = run_example('lineage.pl', $circle);
    is(scalar(() = $run->{out} =~ /\/[ab]\.vmx$/mg), 2, 'a circle ends, and each is told once');
}

# The graph, as text and drawn.
my @lines = split /\n/, $whole;
my $run   = run_example('lineage.pl', '--dot', $dir);
is($run->{status}, 1, '--dot');
is(scalar(() = $run->{out} =~ /^    n\d+ \[label=/mg), scalar @lines, 'a node for each line');
is(scalar(() = $run->{out} =~ /^    n\d+ -> n\d+/mg), scalar(grep {/^[ |`]/} @lines),
    'an edge for each that is below another');
like($run->{out}, qr/label="snapshot \\"updated \\"2\\"\\"\\n/, 'names are quoted');

{
    local $ENV{PATH} = "$keep/no programs";
    my $without = run_example('lineage.pl', '--svg', "$keep/family.svg", $dir);
    is($without->{status}, 2, '--svg without dot is refused');
    like($without->{err}, qr/dot not found; install the Debian package graphviz/, 'and says why');
    is($without->{out}, '', 'and nothing else');
    ok(!-e "$keep/family.svg", 'nothing is drawn');
}
SKIP: {
    skip 'dot is not installed', 4 if !have_tool('dot');
    my $drawn = run_example('lineage.pl', '--svg', "$keep/family.svg", $dir);
    # What a file takes on disk may settle between two looks.
    my ($told, $again) = map { s/\d+ [KMG]iB/a size/gr } $whole, $drawn->{out};
    is($again, $told, '--svg prints the tree as well');
    is($drawn->{err}, '', 'without a complaint of dot');
    my $svg = slurp("$keep/family.svg");
    is(scalar(() = $svg =~ /<g id="node\d+"/g), scalar @lines, 'and draws every node');
    like($svg, qr/>machine &quot;Größe&quot;<.*>broken: error 16012: Opening/s, 'with its text');
}
is(run_example('lineage.pl')->{status}, 2, 'without folders it tells the usage');
like(run_example('lineage.pl', "$dir/nowhere")->{err}, qr/nowhere is not a folder/, 'or what is none');

# Lists that were written on Windows: through the drive map.
{
    local $ENV{VIX_DRIVE_C} = $dir;
    for my $file ("$dir/golden/golden.vmsd", "$dir/web1/web1.vmsd") {
        my $list = slurp($file);
        $list =~ s{"\Q$dir\E/(\w+)/(\w+\.vmx)"}{"C:\\$1\\$2"}g or die "$file: nothing to change";
        spew($file, $list);
    }
    my $run = run_example('lineage.pl', "$dir/golden", "$dir/web1");
    like($run->{out}, qr{^    \|-- linked clone "web1", [^,]+, \Q$dir\E/web1/web1\.vmx$}m,
        'a clone that a Windows path names');
    like($run->{out}, qr{^    \|-- stale record: C:\\web2\\web2\.vmx is not there$}m,
        'one that is not there');
}

done_testing;
