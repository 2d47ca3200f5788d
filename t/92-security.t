#!/usr/bin/perl
# The sentences of SECURITY.md, each by its number; and that none of them is without a test.

use strict;
use warnings;

use File::Glob ();
use FindBin    qw($Bin);
use lib "$Bin/lib";
use Test::More;

use POSIX ();

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls         qw(clone_vm open_vm perl_with_vix);
use VixTest::Files         qw(file_contains truncate_file);
use VixTest::HostileTrial  qw(complaints_about_hostile secret_file);
use VixTest::SnapshotCalls qw(delete_vm remove_snapshot revert_to snapshot_names take_snapshot);
use VixTest::Tools         qw(have_tool run_tool);

local $ENV{VIX_CLONE_SYNC} = 'FALSE';
umask 022;
my $keep   = temp_dir();
my $number = 0;
my %tested;

mkdir "$keep/outside" or die "mkdir: $!";
my $secret = secret_file("$keep/outside/secret");
my $marker = slurp($secret) =~ /^(.*)/ ? $1 : die 'no secret';
my $before = folder_digest("$keep/outside");

sub sentence {
    my ($of, $name, $test) = @_;
    $tested{$of}++;
    subtest "$of. $name", $test;
    is(folder_digest("$keep/outside"), $before, "$of: nothing outside was touched");
    return;
}

sub new_vm { return make_vm(dir => "$keep/vm" . ++$number, @_) }

# A machine of one flat disk with this extent.
sub vm_with_extent {
    my ($file) = @_;
    my $vm = new_vm(
        disks => [
            {   type         => 'custom',
                sectors      => 8,
                content      => [],
                extents      => [{ sectors => 8, unwritten => 1 }],
                extent_lines => [qq(RW 8 FLAT "$file" 0)],
            }
        ],
    );
    return $vm;
}

sub code_of_clone {
    my ($vm) = @_;
    return clone_vm($vm->{vmx}, "$vm->{dir}.clone/copy.vmx")->{err};
}

sub shows_secret {
    my ($dir) = @_;
    return grep { -f "$dir/$_" && file_contains("$dir/$_", $marker) } list_files($dir);
}

sub mode_of { return sprintf '%04o', (stat $_[0])[2] & 07777 }

sentence(
    1,
    'no file of a machine is a setting',
    sub {
        my $vm   = vm_with_extent($secret);
        my $text = qq(disk.folders = "$keep/outside"\n);
        mkdir "$vm->{dir}/.vmware" or die "mkdir: $!";
        spew("$vm->{dir}/$_", $text) for 'vix.conf', '.vmware/vix.conf', '.vixrc';
        my $run = run_tool(
            'sh', '-c', 'cd "$1" && shift && exec "$@"',
            'sh', $vm->{dir}, perl_with_vix(),
            '-MVixTest::Calls=clone_vm', '-e', 'print clone_vm(@ARGV)->{err}',
            $vm->{vmx}, "$vm->{dir}.clone/copy.vmx"
        );
        is($run->{out}, VIX_E_FILE_ACCESS_ERROR, 'from within the folder, too');
    }
);

sentence(
    2,
    'a hostile folder ends neither the process nor its memory',
    sub {
        my @any = (VIX_OK, 1 .. 30_000);
        my @cases;
        my $add = sub {
            my ($name, $damage, %may) = @_;
            my $vm = new_vm(%may);
            $damage->($vm->{dir});
            push @cases, { name => $name, vm => $vm, codes => \@any };
        };
        my $huge = '9' x 18;
        my $disk = sub {
            my ($line) = @_;
            return sub { spew("$_[0]/alpha.vmdk", _descriptor($line)) };
        };
        $add->('an extent of exabytes', $disk->(qq(RW $huge SPARSE "alpha-s001.vmdk")));
        $add->('a hundred thousand extents',
            $disk->(join "\n", map {qq(RW 128 SPARSE "alpha-s$_.vmdk")} 1 .. 100_000));
        $add->('a header that tells of exabytes', sub { _set_capacity("$_[0]/alpha.vmdk") });
        for my $bytes (255 << 10, 1 << 20) {
            my $elements = '<Foundry>' . 'a<b/>' x ($bytes / 5 - 20) . '</Foundry>';
            $add->("a .vmxf of elements in $bytes bytes", sub { spew("$_[0]/alpha.vmxf", $elements) });
        }
        my $entities = join '', map {"<!ENTITY e$_ '" . "&e@{[$_ - 1]};" x 10 . "'>"} 1 .. 20;
        $add->(
            'a .vmxf whose entities grow',
            sub { spew("$_[0]/alpha.vmxf", "<!DOCTYPE a [<!ENTITY e0 'x'>$entities]><a b='&e20;'/>") }
        );
        for my $suffix (qw(vmx vmsd nvram vmxf)) {
            $add->("a .$suffix of gigabytes",
                sub { truncate_file("$_[0]/alpha.$suffix", 8 << 30) });
        }
        is_deeply($_->{complaints}, [], $_->{name}) for complaints_about_hostile(@cases);
    }
);

sub _descriptor {
    my ($lines) = @_;
    return "# Disk DescriptorFile\nversion=1\nCID=00000001\nparentCID=ffffffff\n"
        . "createType=\"twoGbMaxExtentSparse\"\n$lines\nddb.adapterType = \"lsilogic\"\n";
}

sub _set_capacity {
    my ($path) = @_;
    open my $disk, '+<:raw', $path or die "open: $!";
    seek $disk, 12, 0 or die "seek: $!";
    print {$disk} pack 'Q<', 1 << 62 or die "write: $!";
    close $disk or die "close: $!";
    return;
}

sentence(
    3,
    'names are no commands',
    sub {
        my $bad  = "a\$(touch ran1)`touch ran2`;touch ran3;'\"|touch ran4";
        my $vm   = new_vm(keys => [displayName => $bad =~ s/(["|])/sprintf '|%02X', ord $1/ger]);
        my $odd  = $bad =~ s/"//gr;
        my $code = clone_vm($vm->{vmx}, "$vm->{dir}.clone/$odd.vmx")->{err};
        is($code,                        VIX_OK, 'cloned to a name of commands');
        is(take_snapshot($vm->{vmx}, $bad), VIX_OK, 'a snapshot of such a name');
        run_vmrun('listSnapshots', $vm->{vmx});
        is_deeply([grep {-e} map {"ran$_"} 1 .. 4], [], 'nothing ran');
    }
);

sentence(
    4,
    'extents lie in the folder of their disk',
    sub {
        for my $file ($secret, '../outside/secret', '/etc/passwd', '/dev/zero') {
            is(code_of_clone(vm_with_extent($file)), VIX_E_FILE_ACCESS_ERROR, $file);
        }
        my $vm = vm_with_extent('link');
        symlink $secret, "$vm->{dir}/link" or die "symlink: $!";
        is(code_of_clone($vm), VIX_E_FILE_ACCESS_ERROR, 'a link');
        $vm = vm_with_extent('fifo');
        POSIX::mkfifo("$vm->{dir}/fifo", 0600) or die "mkfifo: $!";
        is(code_of_clone($vm), VIX_E_FILE_ACCESS_ERROR, 'a FIFO');
        local $ENV{VIX_DISK_FOLDERS} = "$keep/outside";
        is(code_of_clone(vm_with_extent($secret)), VIX_OK, 'or where the caller allows');
    }
);

# Exchanges two names as fast as it can until it is killed.
sub start_swapping {
    my ($one, $other) = @_;
    my ($renameat2, $here, $exchange) = (316, -100, 2);
    my $pid = fork;
    die "fork: $!" if !defined $pid;
    return $pid if $pid;
    1 while 0 == syscall $renameat2, $here, $one, $here, $other, $exchange;
    POSIX::_exit(1);
}

sentence(
    5,
    'nor does it help to exchange them for links meanwhile',
    sub {
        plan skip_all => 'only on x86-64 Linux' if (POSIX::uname())[4] ne 'x86_64';
        for my $what ('the file', 'the folder') {
            my $vm = vm_with_extent('sub/secret');
            mkdir "$vm->{dir}/sub" or die "mkdir: $!";
            spew("$vm->{dir}/sub/secret", "\0" x 4096);
            my ($own, $link, $to)
                = $what eq 'the file'
                ? ('sub/secret', 'sub/other', $secret)
                : ('sub', 'other', "$keep/outside");
            symlink $to, "$vm->{dir}/$link" or die "symlink: $!";
            my $swapper = start_swapping("$vm->{dir}/$own", "$vm->{dir}/$link");
            my (%codes, @shown);
            for my $round (1 .. ($what eq 'the file' ? 50 : 400)) {
                my $clone = "$vm->{dir}.clone$round";
                $codes{ clone_vm($vm->{vmx}, "$clone/copy.vmx")->{err} }++;
                push @shown, shows_secret($clone) if -d $clone;
            }
            kill 'KILL', $swapper;
            waitpid $swapper, 0;
            is_deeply(\@shown, [], "$what: no clone has the secret");
            ok($codes{ +VIX_E_FILE_ACCESS_ERROR }, "$what: links were met")
                or diag explain \%codes;
        }
    }
);

sentence(
    6,
    'of what is no VMDK nothing is shown',
    sub {
        my $vm = new_vm(disks => [{ file_name => $secret, content => [], sectors => 128 }]);
        my $result = clone_vm($vm->{vmx}, "$vm->{dir}.clone/copy.vmx");
        is($result->{err}, VIX_E_DISK_INVALIDDISK, 'as a disk');
        unlike($result->{text}, qr/\Q$marker\E/, 'not in the message');
        $vm = new_vm(disks => [{ deltas => [{ hint => $secret }] }]);
        unlink "$vm->{dir}/alpha.vmdk";
        is(code_of_clone($vm), VIX_E_DISK_OPENPARENT, 'as a parent');
    }
);

sentence(
    7,
    'what a .vmx names elsewhere is neither copied nor deleted',
    sub {
        my $vm = new_vm(keys => [nvram => $secret]);
        is(code_of_clone($vm), VIX_E_FILE_ACCESS_ERROR, 'an nvram that is none');
        $vm = new_vm(keys => [extendedConfigFile => '../outside/secret']);
        is(code_of_clone($vm), VIX_OK, 'cloned');
        is_deeply([shows_secret("$vm->{dir}.clone")], [], 'without it');
        is(take_snapshot($vm->{vmx}, 'one'), VIX_OK, 'a snapshot');
        is_deeply([shows_secret($vm->{dir})], [], 'without it');
        my $list = slurp("$vm->{dir}/alpha.vmsd");
        $list =~ s/(snapshot0\.filename = ")[^"]*/$1..\/outside\/secret/;
        spew("$vm->{dir}/alpha.vmsd", $list);
        is(remove_snapshot($vm->{vmx}, [0]), VIX_OK, 'removed');
        is(delete_vm($vm->{vmx}), VIX_OK, 'deleted');
    }
);

sentence(
    8,
    'reading changes nothing',
    sub {
        my $vm = new_vm(disks => [{ deltas => [{}] }, { type => 'monolithicFlat' }]);
        my $digest = folder_digest($vm->{dir});
        my ($err, $handle) = open_vm($vm->{vmx});
        is($err, VIX_OK, 'opened');
        ReleaseHandle($handle);
        is_deeply(snapshot_names($vm->{vmx}), [], 'listed');
        is(code_of_clone($vm),        VIX_OK,  'cloned');
        is(folder_digest($vm->{dir}), $digest, 'as before');
    }
);

sentence(
    9,
    'nothing is overwritten or followed',
    sub {
        my $vm   = new_vm();
        my $into = sub { return clone_vm($vm->{vmx}, "$_[0]/copy.vmx")->{err} };
        for my $name ('copy.vmx', 'copy.nvram', '.vix-staging-copy') {
            my $clone = "$vm->{dir}.clone-$name";
            mkdir $clone or die "mkdir: $!";
            symlink "$keep/outside/new", "$clone/$name" or die "symlink: $!";
            my $listed = folder_digest($clone);
            isnt($into->($clone), VIX_OK, "a link as $name");
            is(folder_digest($clone), $listed, 'stays alone');
        }
        my $disks = "$vm->{dir}.clone-disks";
        mkdir $disks or die "mkdir: $!";
        symlink "$keep/outside/new", "$disks/alpha-cl1.vmdk" or die "symlink: $!";
        is($into->($disks), VIX_OK, 'a link as a disk');
        is(readlink "$disks/alpha-cl1.vmdk", "$keep/outside/new", 'stays beside a disk of another name');
        ok(-f "$disks/alpha-cl2.vmdk" && !-l "$disks/alpha-cl2.vmdk", "which is a file");
        ok(!-e "$keep/outside/new", 'nothing was made behind it');
    }
);

sentence(
    10,
    'what lies elsewhere is not deleted',
    sub {
        my $vm = new_vm();
        unlink "$vm->{dir}/alpha.nvram";
        symlink $secret, "$vm->{dir}/alpha.nvram" or die "symlink: $!";
        my $other = new_vm();
        my $disks = folder_digest($other->{dir});
        spew($vm->{vmx}, slurp($vm->{vmx})
                . qq(scsi0:7.present = "TRUE"\nscsi0:7.fileName = "$other->{dir}/alpha.vmdk"\n));
        is(delete_vm($vm->{vmx}, VIX_VMDELETE_DISK_FILES), VIX_OK, 'deleted');
        is(folder_digest($other->{dir}), $disks, 'but not the disk of another');
    }
);

sentence(
    11,
    'snapshots follow no planted link',
    sub {
        my $precious = spew("$keep/precious", 'precious');
        my @planted  = qw(alpha-000001.vmdk alpha-Snapshot1.vmsn alpha.vmx.vix-new
            alpha.vmsd.vix-new alpha-000002.vmdk);
        my $vm = new_vm();
        symlink $precious, "$vm->{dir}/$_" or die "symlink: $!" for @planted;
        take_snapshot($vm->{vmx}, 'one');
        revert_to($vm->{vmx}, [0]);
        is(slurp($precious), 'precious', 'what they lead to is as before');
        is_deeply([grep { !-l "$vm->{dir}/$_" && -e _ && !-f _ } @planted], [], 'no strange file');
        is(code_of_clone($vm), VIX_OK, 'and the machine is sound');
    }
);

sentence(
    12,
    'nobody sees more',
    sub {
        my $vm = new_vm(disks => [{ type => 'monolithicFlat' }]);
        chmod 0600, map {"$vm->{dir}/$_"} grep { -f "$vm->{dir}/$_" } list_files($vm->{dir});
        my %there = map { $_ => 1 } list_files($vm->{dir});
        is(take_snapshot($vm->{vmx}, 'one'), VIX_OK, 'a snapshot');
        is_deeply(
            [   grep { mode_of("$vm->{dir}/$_") ne '0600' }
                grep { !/vmsd|\.lck/ && !$there{$_} } list_files($vm->{dir})
            ],
            [],
            'of a private machine is private'
        );
        is(code_of_clone($vm), VIX_OK, 'a clone');
        my $clone = "$vm->{dir}.clone";
        is_deeply([grep { !/vmsd/ && mode_of("$clone/$_") ne '0600' } list_files($clone)],
            [], 'too');
        umask 077;
        $vm = new_vm();
        chmod 0644, map {"$vm->{dir}/$_"} list_files($vm->{dir});
        is(code_of_clone($vm), VIX_OK, 'with a umask');
        $clone = "$vm->{dir}.clone";
        is_deeply([grep { mode_of("$clone/$_") !~ /00$/ } '.', list_files($clone)],
            [], 'that is heeded');
        umask 022;
    }
);

sentence(
    13,
    'a machine stays its owner\'s',
    sub {
        my $vm = new_vm();
        chmod 0640, $vm->{vmx};
        is(take_snapshot($vm->{vmx}, 'one'), VIX_OK, 'a snapshot');
        is(mode_of($vm->{vmx}), '0640', 'the .vmx keeps its mode');
        return if $> != 0;
        chown 4711, 4712, $vm->{dir}, map {"$vm->{dir}/$_"} list_files($vm->{dir});
        is(take_snapshot($vm->{vmx}, 'two'), VIX_OK, 'root takes another');
        is_deeply([(stat "$vm->{dir}/$_")[4, 5]], [4711, 4712], "$_ keeps its owner")
            for 'alpha.vmx', 'alpha.vmsd';
        is((stat "$vm->{dir}/alpha-000002.vmdk")[4], 0, 'a new file is root\'s');
    }
);

sub run_vmrun { return run_tool(perl_with_vix("$Bin/../script/vmrun"), @_) }

my $escape  = "a\e]0;owned\a\e[31m\x7f\xc2\x9b2Jz";
my $control = qr/[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]/;

sub escaped { return $_[0] =~ s/([\x00-\x1f"|\x7f])/sprintf '|%02X', ord $1/ger }

sentence(
    14,
    'no terminal obeys a name',
    sub {
        my $vm = new_vm(keys => [displayName => escaped($escape)]);
        is(take_snapshot($vm->{vmx}, $escape), VIX_OK, 'a snapshot of such a name');
        utf8::decode(my $text = $escape);
        is_deeply(snapshot_names($vm->{vmx}), [$text], 'the calls give it as it is');
        my $run = run_vmrun('listSnapshots', $vm->{vmx});
        like($run->{out}, qr/^a\?\]0;owned\?\?\[31m\?\?2Jz$/m, 'vmrun shows it without');
        $run = run_vmrun('revertToSnapshot', $vm->{vmx}, "$escape/none");
        unlike("$run->{out}$run->{err}", $control, 'vmrun\'s errors');
        $run = run_tool(perl_with_vix("$Bin/../examples/lineage.pl"), $vm->{dir});
        like($run->{out}, qr/owned/, 'lineage.pl shows it');
        unlike("$run->{out}$run->{err}", $control, 'without');
        my $bad = vm_with_extent("none\e]0;owned\a");
        my $result = clone_vm($bad->{vmx}, "$bad->{dir}.clone/copy.vmx");
        like($result->{text} . VMware::Vix::last_error_detail(),
            qr/none\?\]0;owned\?/, 'a text of an error');
        unlike($result->{text} . VMware::Vix::last_error_detail(), $control, 'without');
    }
);

sentence(
    15,
    'a name is no markup',
    sub {
        plan skip_all => 'needs dot' if !have_tool('dot');
        my $name = '<script>alert(1)</script>"]; evil [label="&lt;\\';
        my $vm   = new_vm(keys => [displayName => escaped($name)]);
        is(take_snapshot($vm->{vmx}, $name), VIX_OK, 'a snapshot of such a name');
        my $svg = "$keep/lineage.svg";
        my $run
            = run_tool(perl_with_vix("$Bin/../examples/lineage.pl"), '--svg', $svg, $vm->{dir});
        is($run->{status}, 0, 'drawn') or diag $run->{err};
        my $picture = slurp($svg);
        unlike($picture, qr/<script|<title>evil/, 'no element of its own');
        like($picture, qr/&lt;script&gt;/, 'but text');
    }
);

sentence(
    24,
    'in a shared working folder the digits of a state tell whose it is',
    sub {
        my $work = "$keep/work";
        mkdir $work or die "mkdir: $!";
        my $vm = new_vm(keys => [workingDir => $work]);
        is(take_snapshot($vm->{vmx}, 'one'), VIX_OK, 'a snapshot');
        my @states = list_files($work);
        is(scalar @states, 1, 'one state');
        like($states[0], qr/^alpha-[0-9a-f]{8}-Snapshot1[.]vmsn$/, 'with eight digits');
        my $foreign = spew("$work/alpha-Snapshot1.vmsn", 'of another machine');
        my $digest  = folder_digest($work);
        my $copy    = "$keep/copy-of-it";
        is(system('cp', '-a', $vm->{dir}, $copy), 0, 'a copy of the machine');
        spew("$copy/alpha.vmx",
            slurp("$copy/alpha.vmx") . qq(checkpoint.vmState = "$foreign"\n));
        is(remove_snapshot("$copy/alpha.vmx", [0]), VIX_OK, 'its snapshot is removed');
        is(delete_vm("$copy/alpha.vmx", VIX_VMDELETE_DISK_FILES), VIX_OK, 'it is deleted');
        like(VMware::Vix::last_error_detail(), qr/\Q$foreign\E/, 'the detail names what stays');
        is(folder_digest($work), $digest, 'nothing has changed there');
        is(delete_vm($vm->{vmx}, VIX_VMDELETE_DISK_FILES), VIX_OK, 'the machine is deleted');
        is_deeply([list_files($work)], ['alpha-Snapshot1.vmsn'], 'with its own state alone');
    }
);

# What SECURITY.md says and what is tested.
{
    my $text = slurp("$Bin/../SECURITY.md");
    my @sentences = $text =~ /^(\d+\. (?:.|\n(?=   ))*)/mg;
    is_deeply([map {/^(\d+)/} @sentences], [1 .. @sentences], 'the sentences are numbered');
    my $core = join '', map { slurp($_) } File::Glob::bsd_glob("$Bin/../cpp/{*,*/*}/*_test.cpp");
    my (%named, @unknown);
    for my $sentence (@sentences) {
        my ($of)    = $sentence =~ /^(\d+)/;
        my ($where) = $sentence =~ /\(([^()]*)\)\s*$/;
        for my $test (split /,\s*/, $where || 'none') {
            $named{$of}++ if $test eq 't/92-security.t';
            next if $test =~ m{^t/} && -e "$Bin/../$test";
            my ($suite, $case) = split /\./, $test;
            push @unknown, "$of: $test" if $core !~ /^TEST(?:_F)?\(\Q$suite\E, \Q$case\E\)/m;
        }
    }
    is_deeply(\@unknown, [], 'each names a test that is there');
    is_deeply(\%named, { map { $_ => 1 } keys %tested }, 'and those of this file are all here');
}

done_testing();
