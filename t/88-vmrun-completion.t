#!/usr/bin/perl
# Completion for bash: it knows all commands with their arguments, and completes what stands on a
# command line. Installed under another name it completes that one.

use strict;
use warnings;

use Cwd qw(abs_path);
use FindBin;
use lib "$FindBin::Bin/lib", "$FindBin::Bin/../xs/build";
use Test::More;

use VMware::Vix::Vmrun;
use VixBuild::Vmrun;
use VixTest;
use VixTest::Calls qw(perl_with_vix without_libvirt);
use VixTest::Tools qw(have_tool run_tool);

plan skip_all => 'needs bash' if !have_tool('bash');
my $COMPLETION = abs_path("$FindBin::Bin/../share/vmrun.bash");
delete @ENV{ grep {/\AVIX_/} keys %ENV };
without_libvirt();

my $place = temp_dir();
spew("$place/vmrun", "#!/bin/sh\nexec " . join(' ', map {"'$_'"}
    perl_with_vix(abs_path("$FindBin::Bin/../script/vmrun"))) . " \"\$@\"\n");
chmod 0755, "$place/vmrun";

# What bash has for the last of these words, sorted. Runs in `$place`.
sub completions {
    my (@words) = @_;
    my $program = 'cd "$1"; . "$2"; shift 2; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1));'
        . ' _vix_vmrun; printf "%s\n" "${COMPREPLY[@]}"';
    my $run = run_tool('bash', '-c', $program, 'bash', "$place", $COMPLETION, "$place/vmrun", @words);
    is($run->{err}, '', "@words: bash complains of nothing");
    return [sort grep {length} split /\n/, $run->{out}];
}

subtest 'the commands are those of vmrun' => sub {
    my ($table) = slurp($COMPLETION) =~ /^_vix_vmrun_commands='\n(.*?)^'/ms;
    my @expected = map { "$_->[0] $_->[1]" =~ s/ \z//r } VMware::Vix::Vmrun::commands();
    is_deeply([split /\n/, $table], \@expected, 'with the same arguments, in the same order');
    is_deeply(completions(''), [sort map { $_->[0] } VMware::Vix::Vmrun::commands()],
        'all are offered');
    is_deeply(completions('li'), [qw(list listDirectoryInGuest listHostNetworks
        listNetworkAdapters listPortForwardings listProcessesInGuest listRegisteredVM
        listSnapshots)], 'or those that begin so');
};

my $vm = make_vm(dir => "$place/web server", name => 'web');
mkdir "$place/folder" or die "mkdir: $!";
spew("$place/$_", '') for 'a.vmx', 'b.VMTX', 'notes.txt', 'g';

my @case = (
    ['options before the command'   => ['--p'],                ['--progress']],
    ['products'                     => ['-T', ''],             [qw(fusion player server server1 ws ws-shared)]],
    ['nothing for a password'       => ['-gp', ''],            []],
    ['a command after options'      => ['-T', 'ws', '-gu', 'me', 'paus'], ['pause']],
    ['machines and folders'         => ['start', ''],          ['a.vmx', 'b.VMTX', 'folder', 'web server']],
    ['a machine in a folder'        => ['start', 'web server/'], ['web server/web.vmx']],
    ['a word of two'                => ['start', 'a.vmx', ''], [qw(gui nogui)]],
    ['in any case of the command'   => ['STOP', 'a.vmx', 'h'], ['hard']],
    ['after -gu'                    => ['-gu', 'me', 'reset', 'a.vmx', 's'], ['soft']],
    ['nothing after the last'       => ['start', 'a.vmx', 'gui', ''], []],
    ['kinds of clone'               => ['clone', 'a.vmx', 'c.vmx', ''], [qw(full linked)]],
    ['options of a command'         => ['clone', 'a.vmx', 'c.vmx', 'full', '-'], [qw(-cloneName= -snapshot=)]],
    ['no value of such'             => ['clone', 'a.vmx', 'c.vmx', 'full', '-snapshot', '=', ''], []],
    ['an argument after such'       => ['clone', '-snapshot', '=', 'x', 'a.vmx', 'c.vmx', 'l'], ['linked']],
    ['kinds of variables'           => ['readVariable', 'a.vmx', 'guest'], [qw(guestEnv guestVar)]],
    ['files of the host'            => ['copyFileFromHostToGuest', 'a.vmx', 'no'], ['notes.txt']],
    ['no files of the guest'        => ['copyFileFromGuestToHost', 'a.vmx', ''], []],
    ['a command that is none'       => ['frobnicate', ''],     []],
);
for my $case (@case) {
    my ($what, $words, $expected) = @{$case};
    is_deeply(completions(@{$words}), $expected, $what);
}

subtest 'snapshots by name' => sub {
    is(run_tool("$place/vmrun", 'snapshot', $vm->{vmx}, $_)->{status}, 0, "takes $_")
        for 'base', 'before update';
    is_deeply(completions('revertToSnapshot', $vm->{vmx}, ''), ['base', 'before\\ update'],
        'as words of bash');
    is_deeply(completions('revertToSnapshot', "$vm->{vmx}" =~ s/ /\\ /gr, 'before'), ['before\\ update'],
        'of a machine as bash has its name on the line');
    is_deeply(completions('deleteSnapshot', $vm->{vmx}, 'bas'), ['base'], 'that begin so');
    is_deeply(completions('snapshot', $vm->{vmx}, ''), [], 'none where a new name is wanted');
    is_deeply(completions('revertToSnapshot', 'a.vmx', ''), [], 'none of what is no machine');
};

subtest 'another name of the command' => sub {
    VixBuild::Vmrun::rename_command($COMPLETION, "$place/other", 'vix-vmrun');
    my $run = run_tool('bash', '-c', '. "$1"; complete -p', 'bash', "$place/other");
    is($run->{out}, "complete -F _vix_vmrun vix-vmrun\n", 'is the one that is completed');
};

done_testing;
