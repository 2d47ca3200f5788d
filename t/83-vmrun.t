# Our vmrun: what programs that drive VMware's look for, which is its output and exit status.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VMware::Vix::Vmrun;
use VixTest;
use VixTest::Calls qw(perl_with_vix without_libvirt);
use VixTest::Locks qw(put_lock);
use VixTest::Tools qw(run_tool);
use VixTest::Vmrun qw(own_home said setting vmrun);

my $HOME = own_home();
without_libvirt();

subtest 'a command line that is none: the reason, how it goes, and 255' => sub {
    my $run = vmrun();
    is($run->{status}, 255, 'without a command');
    like($run->{out}, qr/\Avmrun version 1\.17\.0 build-0 \(VMware::Vix \d[^\n]*\n/,
        'begins with the version');
    like(said('-T', 'ws'), qr/\AError: there is no command\nvmrun version 1\.17\.0 /,
        'only options: the reason comes first');
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
    like($run->{err}, qr/\Avmrun: \Q$dir\E\/garbage\.vmx is not /, '--detail tells more');
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
    is(said('revertToSnapshot', $vm->{vmx}, 'none'),
        "Error: The snapshot does not exist\n(255)", 'one that is not there');
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

subtest 'texts with several lines' => sub {
    my $vm = make_vm();
    spew($vm->{vmx}, slurp($vm->{vmx}) . qq{guestinfo.text = "a|0D|0Ab|09c|1B|0A|0A"\n});
    is(said('readVariable', $vm->{vmx}, 'runtimeConfig', 'guestinfo.text'), "a\nb\tc?\n(0)",
        'are lines, without a newline at the end');
    is_deeply([VMware::Vix::Vmrun::lines_of("one\ntwo\n")], [qw(one two)], 'a message, too');
    is(said('snapshot', $vm->{vmx}, "x\ny"), '(0)', 'a name with a newline');
    is(said('listSnapshots', $vm->{vmx}), "Total snapshots: 1\nx?y\n(0)", 'stays one line');
};

# What the module of this build does not have is not looked at.
sub needs {
    my (@calls) = @_;
    my @missing = grep { !VMware::Vix::Simple->can($_) } @calls;
    plan skip_all => "this build has no @missing" if @missing;
    return;
}

subtest 'the list of machines' => sub {
    needs(qw(RegisterVM UnregisterVM FindItems));
    my $vm = make_vm();
    is(said('list'),             "Total running VMs: 0\n(0)",    'none runs');
    is(said('listRegisteredVM'), "Total registered VMs: 0\n(0)", 'none is registered');
    is(said('register', $vm->{vmx}), '(0)', 'registers one');
    is(said('register', $vm->{vmx}), '(0)', 'and once more, which is no error');
    is(said('listRegisteredVM'), "Total registered VMs: 1\n$vm->{vmx}\n(0)", 'lists it');
    like(slurp("$HOME/.vmware/inventory.vmls"), qr/^vmlist1\.config = "\Q$vm->{vmx}\E"$/m,
        "in Workstation's library");
    put_lock($vm->{vmx});
    is(said('list'), "Total running VMs: 1\n$vm->{vmx}\n(0)", 'it runs');
    like(said('unregister', $vm->{vmx}), qr/\AError: [^\n]*already running\.\n\(255\)\z/,
        'and stays');
    unlink glob "$vm->{vmx}.lck/*";
    is(said('unregister', $vm->{vmx}), '(0)', 'unregisters it');
    is(said('listRegisteredVM'), "Total registered VMs: 0\n(0)", 'it is gone');
    like(said('register', "$vm->{dir}/none.vmx"), qr/\AError: .*\n\(255\)\z/, 'one that is none');
};

subtest 'settings of a machine, and its hardware' => sub {
    needs(qw(VMReadVariable VMWriteVariable VMUpgradeVirtualHardware));
    my $vm = make_vm();
    is(said('readVariable', $vm->{vmx}, 'runtimeConfig', 'DISPLAYNAME'), "alpha\n(0)", 'read');
    is(said('readVariable', $vm->{vmx}, 'runtimeConfig', 'guestinfo.no'), "\n(0)", 'not there');
    is(said('writeVariable', $vm->{vmx}, 'runtimeConfig', 'memsize', 96), '(0)', 'write');
    is(setting($vm->{vmx}, 'memsize'), 96, 'it is in the .vmx');
    like(said('writeVariable', $vm->{vmx}, 'runtimeConfig', 'a=b', 1),
        qr/\AError: .*\n\(255\)\z/, 'a name that is none');
    like(said('readVariable', $vm->{vmx}, 'other', 'a'), qr/\AError: a variable is .*\(255\)\z/s,
        'a kind that is none');
    is(said('readVariable', $vm->{vmx}, 'guestVar', 'ip'),
        "Error: The virtual machine is not powered on: $vm->{vmx}\n(255)", 'of the guest');
    is(said('upgradevm', $vm->{vmx}), '(0)', 'upgradevm');
    is(setting($vm->{vmx}, 'virtualHW.version'), 22, 'raises the version');
};

subtest 'shared folders' => sub {
    needs(qw(VMAddSharedFolder VMRemoveSharedFolder VMSetSharedFolderState VMEnableSharedFolders));
    my $vm = make_vm();
    is(said('addSharedFolder', $vm->{vmx}, 'docs', $vm->{dir}), '(0)', 'add');
    is(setting($vm->{vmx}, 'sharedFolder0.writeAccess'), 'TRUE', 'it may be written to');
    is(said('setSharedFolderState', $vm->{vmx}, 'docs', $vm->{dir}, 'readonly'), '(0)', 'change');
    is(setting($vm->{vmx}, 'sharedFolder0.writeAccess'), 'FALSE', 'it may not any more');
    is(said('disableSharedFolders', $vm->{vmx}, 'runtime'), '(0)', 'switch off');
    is(setting($vm->{vmx}, 'isolation.tools.hgfs.disable'), 'TRUE', 'they are off');
    is(said('removeSharedFolder', $vm->{vmx}, 'docs'), '(0)', 'remove');
    is(setting($vm->{vmx}, 'sharedFolder.maxNum'), 0, 'none is left');
};

subtest 'network adapters' => sub {
    needs(qw(VMReadVariable VMWriteVariable));
    my $vm = make_vm();
    is(said('deleteNetworkAdapter', $vm->{vmx}, 0), '(0)', 'without the one that it has');
    is(said('listNetworkAdapters', $vm->{vmx}), "Total network adapters: 0\n(0)", 'none');
    is(said('addNetworkAdapter', $vm->{vmx}, $_), '(0)', "add $_") for qw(nat hostOnly);
    is(said('addNetworkAdapter', $vm->{vmx}, 'custom', '/dev/vmnet2'), '(0)', 'and one to vmnet2');
    is(said('setNetworkAdapter', $vm->{vmx}, 1, 'bridged'), '(0)', 'change one');
    is(said('listNetworkAdapters', $vm->{vmx}),
        "Total network adapters: 3\nINDEX  TYPE         VMNET\n0      nat          vmnet8\n"
            . "1      bridged      vmnet0\n2      custom       vmnet2\n(0)",
        'list them, as a table'
    );
    is(said('deleteNetworkAdapter', $vm->{vmx}, 0), '(0)', 'remove one');
    is(setting($vm->{vmx}, 'ethernet0.present'), 'FALSE', 'it is not there for the guest');
    like(said('listNetworkAdapters', $vm->{vmx}), qr/: 2\n.*^1  .*^2  .*\(0\)\z/ms,
        'the others keep their indices');
    for my $wrong ([deleteNetworkAdapter => 0], [setNetworkAdapter => qw(7 nat)],
        [addNetworkAdapter => 'wifi'], [addNetworkAdapter => 'custom'],
        [addNetworkAdapter => qw(custom eth0)])
    {
        my ($command, @arguments) = @{$wrong};
        like(said($command, $vm->{vmx}, @arguments), qr/\AError: .*\(255\)\z/s,
            "$command @arguments");
    }
    put_lock($vm->{vmx});
    is(said('addNetworkAdapter', $vm->{vmx}, 'nat'),
        "Error: The virtual machine should not be powered on. It is already running.\n(255)",
        'none for one that runs');
};

for my $command (
    (-e '/etc/vmware' ? () : ['listHostNetworks'], [qw(listPortForwardings vmnet8)],
        [qw(deletePortForwarding vmnet8 tcp 80)]),
    )
{
    is(said(@{$command}), 'Error: ' . GetErrorText(VIX_E_NOT_SUPPORTED) . "\n(255)",
        "@{$command} is not supported");
}

subtest 'a server on this host' => sub {
    needs(qw(RegisterVM UnregisterVM FindItems));
    my $vm = make_vm();
    my ($folder, $name) = $vm->{vmx} =~ m{(.*)/([^/]+)\z};
    my ($parent, $last) = $folder =~ m{(.*)/([^/]+)\z};
    my @server = (qw(-T server -h https://localhost:8333/sdk -u root -p secret));
    my $path   = "[standard] $last/$name";
    my $run    = vmrun('--detail', @server, 'listSnapshots', $path);
    like($run->{out}, qr/\AError: Cannot open VM: \Q$path\E, /, 'without the setting');
    like($run->{err}, qr/ set datastore\.standard = /, 'which is named');
    local $ENV{VIX_DATASTORE_STANDARD} = $parent;
    is(said(@server, 'snapshot', $path, 'base'), '(0)', 'a snapshot of its machine');
    is(said('listSnapshots', $vm->{vmx}),    "Total snapshots: 1\nbase\n(0)", 'is there');
    is(said(@server, 'listSnapshots', $path =~ tr{/}{\\}r), "Total snapshots: 1\nbase\n(0)",
        'as on Windows');
    is(said(@server, 'register', $path), '(0)', 'register');
    is(said(@server, 'listRegisteredVM'), "Total registered VMs: 1\n$path\n(0)", 'by its datastore');
    is(said('listRegisteredVM'), "Total registered VMs: 1\n$vm->{vmx}\n(0)", 'elsewhere by its path');
    is(said(@server, 'deleteVM', $path), '(0)', 'deleteVM');
    ok(!-e $vm->{vmx}, 'it is gone');
    is(said(@server, 'listRegisteredVM'), "Total registered VMs: 0\n(0)", 'from the list, too');
    like(said(@server, 'start', '[raid] a/a.vmx'), qr/\AError: Cannot open VM: /, 'another datastore');
    isnt(vmrun(qw(-T server -h esx.example.org list))->{status}, 0, 'another host');
    isnt(vmrun('-T', $_, 'list')->{status}, 0, "-T $_") for qw(esx vc);
};

subtest 'a clone with a name, one that is watched, and deleting' => sub {
    needs(qw(VMWriteVariable RegisterVM UnregisterVM FindItems));
    my $vm  = make_vm();
    my $dir = temp_dir();
    is(said('clone', $vm->{vmx}, "$dir/a/a.vmx", '-cloneName=My clone', 'full'), '(0)', 'clone');
    is(setting("$dir/a/a.vmx", 'displayName'), 'My clone', 'has its name');
    for my $place ([qw(--progress clone)], ['clone', '--progress']) {
        my $clone = "$dir/" . $place->[0] =~ tr/-//dr . '/p.vmx';
        my $run   = vmrun(@{$place}, $vm->{vmx}, $clone, 'full');
        is("$run->{out}($run->{status})", '(0)', "@{$place}: nothing but the progress");
        like($run->{err}, qr/: 100%[^\n]*\n\z/, 'which ends with 100%');
    }
    is(said('register', "$dir/a/a.vmx"), '(0)', 'register');
    is(said('deleteVM', "$dir/a/a.vmx"), '(0)', 'delete');
    ok(!-e "$dir/a", 'it is gone');
    is(said('listRegisteredVM'), "Total registered VMs: 0\n(0)", 'from the list, too');
    put_lock($vm->{vmx});
    is(said('deleteVM', $vm->{vmx}),
        "Error: The virtual machine should not be powered on. It is already running.\n(255)",
        'one that runs stays');
};

subtest 'what needs a machine that runs, and its tools' => sub {
    needs(qw(VMPowerOff VMPause VMRunProgramInGuestEx VMListProcessesInGuest));
    my $vm      = make_vm();
    my $off     = "Error: The virtual machine is not powered on: $vm->{vmx}\n(255)";
    my @user    = qw(-gu me -gp secret);
    my @guest   = (
        ['listProcessesInGuest'], ['runProgramInGuest', '-noWait', '/bin/true', '-x'],
        ['fileExistsInGuest', '/x'], ['getGuestIPAddress'], ['getGuestIPAddress', '-wait'],
    );
    my @power   = (
        ["stop"], [qw(stop hard)], [qw(reset soft)], ["suspend"], ["pause"], [qw(stop nogui)],
        ['stop', 'hard nogui'], ['reset', 'nogui soft'], [qw(suspend HARD nogui)],
        [qw(typeKeystrokesInGuest root)], [qw(connectNamedDevice ethernet0)],
        [qw(disconnectNamedDevice ethernet0)],
    );
    for my $command (@power, @guest) {
        my ($name, @arguments) = @{$command};
        is(said(@user, $name, $vm->{vmx}, @arguments), $off, "@{$command} of one that is off");
    }
    is(said('checkToolsState', $vm->{vmx}), "unknown\n(254)", 'checkToolsState');
    is(said('writeVariable', $vm->{vmx}, 'runtimeConfig', 'tools.remindInstall', 'FALSE'), '(0)',
        'as of a guest whose tools ran');
    is(said('checkToolsState', $vm->{vmx}), "installed\n(0)", 'checkToolsState of one with tools');
    like(said('stop', $vm->{vmx}, 'gently'), qr/\AError: the last argument must be one of hard, /,
        'a word that is none');
    put_lock($vm->{vmx});
    is(said('start', $vm->{vmx}, 'nogui'),
        "Error: The virtual machine should not be powered on. It is already running.\n(255)",
        'start of one that runs');
    for my $command (grep { $_->[0] ne 'getGuestIPAddress' } @guest) {
        my ($name, @arguments) = @{$command};
        is(said(@user, $name, $vm->{vmx}, @arguments),
            "Error: The VMware Tools are not running in the virtual machine: $vm->{vmx}\n(255)",
            "@{$command} without tools");
    }
};

subtest 'the example' => sub {
    my $vm     = make_vm(dir => "$HOME/example/vm", name => 'vm');
    mkdir "$HOME/example/out" or die $!;
    my @words = perl_with_vix("$FindBin::Bin/../script/vmrun");
    spew("$HOME/vmrun", join ' ', "#!/bin/sh\nexec", (map { "'$_'" } @words), qq{"\$@"\n});
    chmod 0755, "$HOME/vmrun";
    local $ENV{VMRUN} = "$HOME/vmrun";
    my $run = run_tool("$FindBin::Bin/../examples/vmrun-clones.sh", $vm->{vmx}, "$HOME/example/out");
    is($run->{status}, 0, 'runs') or diag "$run->{out}$run->{err}";
    like($run->{out}, qr/\ATotal snapshots: 1\nfor-clones\nA full clone\n/, 'says what it made');
    is_deeply([VixTest::list_files("$HOME/example/out")], [], 'takes its clones away again');
    is(setting($vm->{vmx}, 'scsi0:0.fileName'), 'vm.vmdk', 'and its snapshot');
};

done_testing;
