# Our vmrun: what programs that drive VMware's look for, which is its output and exit status.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VMware::Vix::Simple;
use VMware::Vix::Vmrun;
use VixTest;
use VixTest::Calls qw(perl_with_vix);
use VixTest::Tools qw(run_tool);

delete @ENV{ grep { /\AVIX_/ } keys %ENV };
my $HOME = temp_dir();
$ENV{HOME} = "$HOME";

# { out, err, status }
sub vmrun {
    my (@arguments) = @_;
    return run_tool(perl_with_vix("$FindBin::Bin/../script/vmrun"), @arguments);
}

# Both streams and the status in one text, for commands that are expected to go one way.
sub said {
    my $run = vmrun(@_);
    return "$run->{out}$run->{err}($run->{status})";
}

sub setting {
    my ($vmx, $key) = @_;
    return slurp($vmx) =~ /^\Q$key\E = "([^"\r\n]*)"/mi ? $1 : undef;
}

subtest 'a command line that is none: the reason, how it goes, and 255' => sub {
    my $run = vmrun();
    is($run->{status}, 255, 'without a command');
    like($run->{out}, qr/\AError: there is no command\n/, 'says so');
    like($run->{out}, qr/^vmrun of VMware::Vix \d/m,      'and who it is');
    for my $command (map { $_->[0] } VMware::Vix::Vmrun::commands()) {
        like($run->{out}, qr/^    \Q$command\E\b/m, "and lists $command");
    }
    like(said('frobnicate'), qr/\AError: Unrecognized command: frobnicate\n.*\(255\)\z/s,
        'a command that is none');
    like(said('-T', 'toaster', 'list'), qr/\AError: unknown host type: toaster\n.*\(255\)\z/s,
        'a product that is none');
    like(said('--frobnicate', 'list'), qr/\AError: Unknown option: frobnicate\n.*\(255\)\z/s,
        'an option that is none');
    is(said('snapshot', 'x.vmx'),
        "Error: too few arguments; the command is: snapshot VMX NAME\n(255)", 'too few arguments');
};

subtest 'help and version' => sub {
    my $help = vmrun('--help');
    is($help->{status}, 0, 'help is no failure');
    for my $command (map { $_->[0] } VMware::Vix::Vmrun::commands()) {
        like($help->{out}, qr/\b\Q$command\E\b/, "it tells of $command");
    }
    is(said('--version'), "vmrun of VMware::Vix $VMware::Vix::VERSION\n(0)", 'version');
};

subtest 'a machine that cannot be opened' => sub {
    my $dir = temp_dir();
    is(said('start', "$dir/none.vmx"),
        "Error: Cannot open VM: $dir/none.vmx, The virtual machine cannot be found\n(255)", 'none');
    is(said('listSnapshots', "$dir/none"),
        "Error: Cannot open VM: $dir/none, unknown file suffix\n(255)", 'no .vmx');
    spew("$dir/garbage.vmx", "\0\0\0\0");
    is(said('listSnapshots', "$dir/garbage.vmx"),
        "Error: Cannot open VM: $dir/garbage.vmx, "
            . "Cannot read the virtual machine configuration file\n(255)",
        'garbage'
    );
    my $run = vmrun('--detail', 'listSnapshots', "$dir/garbage.vmx");
    like($run->{err}, qr/\Avmrun: \Q$dir\E\/garbage\.vmx is no /, '--detail tells more');
};

subtest 'snapshots: take, list, go back, delete' => sub {
    my $vm = make_vm();
    is(said('listSnapshots', $vm->{vmx}), "Total snapshots: 0\n(0)", 'none yet');
    is(said('snapshot', $vm->{vmx}, $_), '(0)', "takes $_") for 'a', "b \xC3\xA7", 'c';
    is(said('revertToSnapshot', $vm->{vmx}, 'a'), '(0)', 'goes back to a');
    is(said('-T', 'fusion', 'SNAPSHOT', $vm->{vmx}, 'd'), '(0)', 'takes d, in capitals');
    is(said('listSnapshots', $vm->{vmx}),
        "Total snapshots: 4\na\nb \xC3\xA7\nc\nd\n(0)", 'lists the names');
    is(said('listsnapshots', $vm->{vmx}, 'showtree'),
        "Total snapshots: 4\na\n\tb \xC3\xA7\n\t\tc\n\td\n(0)", 'and the tree, with tabs');
    like(said('revertToSnapshot', $vm->{vmx}, 'none'), qr/\AError: [^\n]*snapshot[^\n]*\n\(255\)\z/,
        'one that is not there');
    is(said('deleteSnapshot', $vm->{vmx}, "a/b \xC3\xA7", 'andDeleteChildren'),
        '(0)', 'deletes a subtree, by path');
    is(said('deleteSnapshot', $vm->{vmx}, 'a'), '(0)', 'deletes one and keeps its child');
    is(said('listSnapshots', $vm->{vmx}), "Total snapshots: 1\nd\n(0)", 'd is left');
};

subtest 'clones' => sub {
    my $vm  = make_vm();
    my $dir = temp_dir();
    is(said('clone', $vm->{vmx}, "$dir/full/full.vmx", 'full'), '(0)', 'full');
    ok(-f "$dir/full/full.vmx", 'the clone is there');
    is(said('snapshot', $vm->{vmx}, 'base'), '(0)', 'a snapshot');
    is(said('clone', $vm->{vmx}, "$dir/l/l.vmx", 'linked', '-snapshot=base'), '(0)', 'linked');
    like(slurp("$dir/l/l.vmsd"), qr/^cloneOf0 = "\Q$vm->{vmx}\E"/m, 'it names its parent');
    is(said('clone', $vm->{vmx}, "$dir/p/p.vmx", 'linked', '-snapshot', 'base'),
        '(0)', 'the option as packer writes it');
    is(said('listSnapshots', $vm->{vmx}), "Total snapshots: 1\nbase\n(0)", 'no other was taken');
    chdir $dir or die $!;
    is(said('clone', 'full/full.vmx', 'copy/copy.vmx', 'full'), '(0)', 'relative paths');
    chdir '/' or die $!;
    ok(-f "$dir/copy/copy.vmx", 'are seen from the current folder');
    like(said('clone', $vm->{vmx}, "$dir/full/full.vmx", 'full'),
        qr/\AError: .*\n\(255\)\z/, 'never over another');
    like(said('clone', $vm->{vmx}, "$dir/x/x.vmx", 'half'),
        qr/\AError: the kind of clone must be one of full, linked/, 'a kind that is none');
    like(said('-T', 'player', 'clone', $vm->{vmx}, "$dir/x/x.vmx", 'full'),
        qr/\AError: .*VMware Player\n\(255\)\z/, 'Player clones nothing');
    ok(!-e "$dir/x", 'nothing was made');
};

done_testing;
