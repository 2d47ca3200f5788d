#!/usr/bin/perl
# The distribution as CPAN's clients and packagers get it. The tarball of `make dist` builds, passes its
# tests and installs as a plain user, offline, in parallel, in a folder with blanks and letters beyond
# ASCII, without libvirt and without QEMU; the installed module works without its source. Run by root,
# the test switches to another user and hides an installed libvirt.
#
# Runs all tests of the tarball, or those named in DIST_TEST_FILES.

use strict;
use warnings;

use Config;
use Cwd                qw(abs_path);
use ExtUtils::Manifest qw(manicopy maniread);
use File::Find         ();
use FindBin            qw($Bin);
use lib "$Bin/../lib";
use Test::More;

use VixTest::Files qw(folder_digest list_files slurp spew temp_dir);
use VixTest::Tools qw(have_tool run_tool);

my $ROOT   = abs_path("$Bin/../..");
my $TESTS  = $ENV{DIST_TEST_FILES} || 't/*.t';
my $NOBODY = 65_534;
# As debhelper calls Makefile.PL: the C compiler links, and the flags occur twice.
my @PACKAGERS = ("LD=$Config{cc} -Wl,-z,relro", 'OPTIMIZE=-O2 -g -D_FORTIFY_SOURCE=2');
delete @ENV{ grep {/\A(?:VIX_|PERL5LIB\z|PERL5OPT\z|PERL_M|XDG_)/} keys %ENV };

my $temp  = temp_dir();
my $clean = "$temp/zwei Wörter";
mkdir $_ or die "$_: $!" for $clean, map {"$temp/$_"} qw(tree home tmp bin run install);
@ENV{qw(HOME TMPDIR XDG_RUNTIME_DIR)} = map {"$temp/$_"} qw(home tmp run);
$ENV{HARNESS_OPTIONS} = 'j4';
# For every call of Makefile.PL: with other flags than before, the core would be compiled anew.
$ENV{CPPFLAGS} = '-D_FORTIFY_SOURCE=2';

# All programs of this host except QEMU's and the other readers of disks. Those that would start a
# daemon or use the network record that they were called.
my @SPIES = qw(apt-get curl libvirtd ssh virsh virtlogd virtqemud wget);
for my $folder (grep {-d} split /:/, $ENV{PATH}) {
    opendir my $handle, $folder or next;
    for my $name (grep { !/\A(?:\.|qemu|kvm|vmdk|virt)/ && -f "$folder/$_" } readdir $handle) {
        symlink "$folder/$name", "$temp/bin/$name" if !-e "$temp/bin/$name";
    }
}
for my $name (@SPIES) {
    unlink "$temp/bin/$name";
    spew("$temp/bin/$name", "#!/bin/sh\necho $name \"\$@\" >>'$temp/tmp/called'\nexit 1\n");
    chmod 0755, "$temp/bin/$name";
}
$ENV{PATH} = "$temp/bin";

# The command that makes a plain user without network and libvirt; with less isolation if this host
# does not allow it.
my @alone = ('unshare', ($> == 0 ? '-m' : '-r'), '-n', 'sh', '-c', <<'END_OF_SCRIPT', 'sh');
mount -t sysfs sysfs /sys  # has the network cards of where it was mounted
for library in /usr/lib/*/libvirt.so.0 /usr/lib64/libvirt.so.0; do
    [ ! -e "$library" ] || mount --bind /dev/null "$library" || exit 99
done
exec "$@"
END_OF_SCRIPT
$alone[5] = 'exec "$@"' if $> != 0;
push @alone, 'setpriv', "--reuid=$NOBODY", "--regid=$NOBODY", '--clear-groups' if $> == 0;
if (run_tool(@alone, 'true')->{status} != 0) {
    diag 'no namespaces can be had here: with network and libvirt, then';
    @alone = ();
}

sub give_away {
    File::Find::find({ no_chdir => 1, wanted => sub { chown $NOBODY, $NOBODY, $_ if !-l } }, "$temp")
        if $> == 0;
    chmod 0755, "$temp";
    return;
}

# Runs a command in a folder. If it fails, the test ends with the end of the command's output.
sub do_in {
    my ($folder, $what, @command) = @_;
    my $run = run_tool(@alone, 'sh', '-c', 'cd "$1" && shift && exec "$@" 2>&1', 'sh', $folder, @command);
    return $run->{out} if is($run->{status}, 0, $what);
    diag substr $run->{out}, -3000;
    BAIL_OUT("$what failed");
    return;
}

sub fails_in {
    my ($folder, $what, @command) = @_;
    my $run = run_tool(@alone, 'sh', '-c', 'cd "$1" && shift && exec "$@" 2>&1', 'sh', $folder, @command);
    isnt($run->{status}, 0, $what);
    return $run->{out};
}

subtest 'MANIFEST is what is there' => sub {
    chdir $ROOT or die "chdir: $!";
    local $ExtUtils::Manifest::Quiet = 1;
    my ($missing, $extra) = ExtUtils::Manifest::fullcheck();
    is_deeply($missing, [], 'nothing is listed that is not there');
    is_deeply($extra,   [], 'nothing is there that is not listed');
};

subtest 'make dist' => sub {
    chdir $ROOT or die "chdir: $!";
    local $ExtUtils::Manifest::Quiet = 1;
    manicopy(maniread(), "$temp/tree", 'cp');
    give_away();
    do_in("$temp/tree", 'configure', $^X, 'Makefile.PL');
    do_in("$temp/tree", 'make dist', 'make', 'dist');
    my ($tarball) = glob "$temp/tree/VMware-Vix-*.tar.gz";
    ok($tarball, 'there is a tarball') or BAIL_OUT('no tarball');
    do_in($clean, 'it unpacks', 'tar', '-xzf', $tarball);
};

opendir my $handle, $clean or die "$clean: $!";
my ($source) = map {"$clean/$_"} grep {/\AVMware-Vix-/} readdir $handle;
my $INSTALLED = "$temp/install/ein Ort";

subtest 'META' => sub {
    my $meta = slurp("$source/META.json");
    like($meta, qr/"name"\s*:\s*"VMware-Vix"/, 'names the distribution');
    like($meta, qr/"license"\s*:\s*\[\s*"perl_5"/, 'and its license');
    ok(-f "$source/META.yml", 'for old clients, too');
    ok(-f "$source/$_", "$_ is in it") for qw(LICENSE Changes README);
};

subtest 'build' => sub {
    do_in($source, 'configure', $^X, 'Makefile.PL', "INSTALL_BASE=$INSTALLED", @PACKAGERS);
    do_in($source, 'make', 'make');
    like(slurp("$source/build/CMakeFiles/vixcore.dir/flags.make"),
        qr/^CXX_FLAGS = .*-D_FORTIFY_SOURCE=2/m, 'CPPFLAGS hold for the core');
    my $needed = run_tool('objdump', '-p', "$source/blib/arch/auto/VMware/Vix/Vix.so")->{out};
    like($needed, qr/NEEDED \s+ lib(?:std)?c\+\+/x, 'the C++ library is linked, whoever links');
    unlike(run_tool('objdump', '-T', "$source/blib/arch/auto/VMware/Vix/Vix.so")->{out},
        qr/\bstrcpy\b(?!_chk)/, 'and nothing is left that fortifying replaces');
};

subtest 'test' => sub {
    my @folders = map {"$source/$_"} qw(t lib script examples cpp share xs);
    my @before = map { folder_digest($_) } @folders;
    my $said = do_in($source, 'make test', 'make', 'test', "TEST_FILES=$TESTS");
    like($said, qr/^All tests successful\.$/m, 'all tests passed');
    note grep {/skipped/} map {"$_\n"} split /\n/, $said;
    is_deeply([map { folder_digest($_) } @folders], \@before, 'the source is as it was');
    is_deeply([list_files("$temp/$_")], [], "nothing is left in $_") for qw(home run tmp);
};

# The files installed below a folder, without perl's own notes.
sub installed_in {
    my ($folder) = @_;
    return grep { -f "$folder/$_" && !/perllocal\.pod\z/ } list_files($folder);
}

subtest 'install' => sub {
    do_in($source, 'make install', 'make', 'install');
    my @files = installed_in($INSTALLED);
    my $digest = join '', map { slurp("$INSTALLED/$_") } @files;
    do_in($source, 'once more', 'make', 'install');
    is_deeply([installed_in($INSTALLED)], \@files, 'adds nothing');
    is(join('', map { slurp("$INSTALLED/$_") } @files), $digest, 'and changes nothing');
    for my $file ('bin/vmrun', 'share/vmware-vix/vmware-rpctool',
        'share/bash-completion/completions/vmrun', 'lib/libvixAllProducts.so', 'lib/libvix.so',
        'lib/vmware-vix/lib/libvixAllProducts.so', 'lib/pkgconfig/vix.pc', 'include/vmware-vix/vix.h')
    {
        ok((grep { $_ eq $file } @files), "$file is there");
    }
    my $listed = do_in($source, 'make uninstall', 'make', 'uninstall', 'FIRST_MAKEFILE=Makefile');
    my @unlisted = grep { !/\.packlist\z/ && $listed !~ m{\Q$INSTALLED/$_\E} } @files;
    is_deeply(\@unlisted, [], 'and each file is listed for removal');
};

subtest 'manual pages' => sub {
    my @pages = map {m{\Aman/man[13]/(.*)\.[13]\w*\z}} installed_in($INSTALLED);
    my @pod;
    for my $file (maniread_of("$source/MANIFEST")) {
        next if $file !~ m{\A(?:lib/.*\.(?:pm|pod)|script/.*)\z} || slurp("$source/$file") !~ /^=head1/m;
        push @pod, $file =~ s{\A(?:lib|script)/}{}r =~ s/\.(?:pm|pod)\z//r =~ s{/}{::}gr;
    }
    is_deeply([sort @pages], [sort @pod], 'one for each module and program with POD');
    cmp_ok(scalar @pod, '>', 15, 'which are many');
};

sub maniread_of { return sort keys %{ maniread($_[0]) } }

subtest 'DESTDIR' => sub {
    do_in($source, 'as packages are made', 'make', 'install', "DESTDIR=$temp/install/stage");
    is_deeply([installed_in("$temp/install/stage$INSTALLED")], [installed_in($INSTALLED)],
        'all files go below it');
    unlike(slurp("$temp/install/stage$INSTALLED/bin/vmrun"), qr{\Q$temp/install/stage\E},
        'and do not name it');
};

subtest 'a vmrun of others' => sub {
    my $vmrun = "$INSTALLED/bin/vmrun";
    chmod 0755, $vmrun;
    spew($vmrun, "VMware's\n");
    my $said = fails_in($source, 'is not replaced', 'make', 'install');
    like($said, qr/\Q$vmrun\E is not the vmrun of VMware::Vix.*VMRUN_NAME=vix-vmrun/s, 'and says so');
    is(slurp($vmrun), "VMware's\n", 'it is as it was');
    local $ENV{PATH} = "$INSTALLED/bin:$ENV{PATH}";
    $said = do_in($source, 'configure where it is in the PATH', $^X, 'Makefile.PL',
        "INSTALL_BASE=$INSTALLED");
    like($said, qr/another vmrun, \Q$vmrun\E: ours will be installed as vix-vmrun/, 'says so');
    do_in($source, 'installs beside it', 'make', 'install');
    is(slurp($vmrun), "VMware's\n", 'it is as it was');
    {
        local $ENV{PERL5LIB} = "$INSTALLED/lib/perl5";
        like(do_in('/', 'ours has the other name', "$INSTALLED/bin/vix-vmrun", '--version'),
            qr/VMware::Vix/, 'and runs');
    }
    like(slurp("$INSTALLED/share/bash-completion/completions/vix-vmrun"), qr/^complete .* vix-vmrun$/m,
        'as its completion has');
    my ($page) = grep {m{/vix-vmrun\.1\w*\z}} installed_in($INSTALLED);
    like(slurp("$INSTALLED/$page"), qr/^vix\\-vmrun \\- /m, 'and its page');
    local $ENV{VMRUN_OVERWRITE} = 1;
    do_in($source, 'configure with its own name', $^X, 'Makefile.PL', "INSTALL_BASE=$INSTALLED",
        'VMRUN_NAME=vmrun');
    do_in($source, 'replaces it when told', 'make', 'install');
    like(slurp($vmrun), qr/VMware::Vix/, 'by ours');
};

subtest 'what is installed works without its source' => sub {
    rename $source, "$temp/away" or die "rename: $!";
    local $ENV{PERL5LIB} = "$INSTALLED/lib/perl5";
    my $place = "$temp/tmp/vm";
    mkdir $place or die "mkdir: $!";
    spew("$place/vm.vmx", qq{.encoding = "UTF-8"\nconfig.version = "8"\ndisplayName = "vm"\n});
    give_away();
    my $vmrun = "$INSTALLED/bin/vmrun";
    do_in('/', 'it takes a snapshot', $vmrun, 'snapshot', "$place/vm.vmx", 'base');
    like(do_in('/', 'lists it', $vmrun, 'listSnapshots', "$place/vm.vmx"),
        qr/^Total snapshots: 1\nbase\n/, 'by name');
    do_in('/', 'clones', $vmrun, 'clone', "$place/vm.vmx", "$place/copy/copy.vmx", 'full');
    ok(-f "$place/copy/copy.vmx", 'the clone is there');
    my $run = run_tool(@alone, $vmrun, '--detail', 'start', "$place/vm.vmx");
    is($run->{status}, 255, 'starting one fails without libvirt');
    like($run->{err}, qr/libvirt/, 'and the detail says why');
};

done_testing;
