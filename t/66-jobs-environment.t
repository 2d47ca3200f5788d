#!/usr/bin/perl
# A script may change its %ENV, its locale and its folder while jobs run: each job goes by what they
# were when it started.

use strict;
use warnings;

use Cwd qw(getcwd);
use FindBin qw($Bin);
use lib "$Bin/lib";
use POSIX ();
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::API::Job;
use VMware::Vix::API::VM;
use VMware::Vix::Simple;
use VixTest qw(make_vm temp_dir);
use VixTest::Handles qw(connect_host);
use VixTest::Jobs qw(hold_folder);

my $dir  = temp_dir();
my $host = connect_host();
my (undef, $vm) = VMOpen($host, make_vm(dir => "$dir/vm", name => 'vm')->{vmx});

# Each of these frees what getenv() returned before, and moves the list of variables.
sub change_environment {
    my ($round) = @_;
    $ENV{"NOISE_$_"} = 'x' x (1 + ($round * 37 + $_ * 101) % 2000) for 1 .. 40;
    delete @ENV{ map {"NOISE_$_"} grep { ($_ + $round) % 3 } 1 .. 40 };
    $ENV{LANGUAGE}     = $round % 2 ? 'de' : 'fr';
    $ENV{HOME}         = "$dir/nobody$round";
    $ENV{TMPDIR}       = "$dir/none$round";
    $ENV{VIX_DRIVE_C}  = "$dir/drive$round";
    $ENV{PATH}         = "/none$round:" . 'x' x ($round % 500);
    POSIX::setlocale(POSIX::LC_ALL(), $round % 2 ? 'C' : 'C.UTF-8');
    return;
}

mkdir "$dir/c" or die $!;
my $round = 0;
for my $try (1 .. 8) {
    local %ENV = (%ENV, VIX_DRIVE_C => "$dir/c");
    my $folder = getcwd();
    chdir $dir or die $!;
    my $held = hold_folder("$dir/vm");    # the linked clone waits
    my @jobs = (
        VMware::Vix::API::VM::Clone($vm, 0, VIX_CLONETYPE_FULL, "C:\\full$try\\full.vmx", 0, 0),
        VMware::Vix::API::VM::Clone($vm, 0, VIX_CLONETYPE_LINKED, "$dir/linked$try/linked.vmx", 0, 0),
        VMware::Vix::API::VM::Open($host, "vm/vm.vmx"),
        VMware::Vix::API::VM::Open($host, "$dir/none/none.vmx"),
    );
    chdir $folder or die $!;
    change_environment($round++) for 1 .. 3;
    close $held or die $!;
    change_environment($round++) while grep { !(VMware::Vix::API::Job::WaitTimeout($_, 0))[0] } @jobs;
    my @errors = map { VMware::Vix::API::Job::GetError($_) } @jobs;
    is_deeply(\@errors, [(VIX_OK) x 3, VIX_E_VM_NOT_FOUND], "jobs while %ENV changes, $try");
    ok(-e "$dir/c/full$try/full.vmx",     'the drive is that of the start');
    ReleaseHandle($_) for @jobs;
}
note "it changed $round times meanwhile";
done_testing;
