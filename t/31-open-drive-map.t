#!/usr/bin/perl
# Windows paths lead to files of this host through the drive map: ~/.vmware/vix.conf, overridden by
# the environment.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls qw(clone_vm open_vm);
use VixTest::Files qw(list_files);

my $keep = temp_dir();
$ENV{HOME} = "$keep/home";
delete @ENV{ grep {/^VIX_/} keys %ENV };
mkdir "$keep/home";
mkdir "$keep/home/.vmware";

my $vm = make_vm(dir => "$keep/drive/Virtual Machines/WinXP", name => 'WinXP');

sub code_for {
    my ($path) = @_;
    my ($err, $handle) = open_vm($path);
    ReleaseHandle($handle) if $handle;
    return $err;
}

sub configure {
    return spew("$keep/home/.vmware/vix.conf", join '', map {"$_\n"} @_);
}

my $path = 'C:\\Virtual Machines\\WinXP\\WinXP.vmx';
is(code_for($path), VIX_E_FILE_NAME_INVALID, 'without a map there is no drive C');
like(
    GetErrorText(VIX_E_FILE_NAME_INVALID),
    qr/drive\.C\b.*VIX_DRIVE_C\b/s,
    'the text names both settings'
);
is(code_for($vm->{vmx}), VIX_OK, 'POSIX paths need no map');

configure('# where things are', qq(drive.C = "$keep/drive"));
is(code_for($path), VIX_OK, 'the settings file maps it');
is(code_for('c:\\virtual machines\\WINXP\\winxp.VMX'), VIX_OK, 'names match in any case');
is(code_for('C:/Virtual Machines/WinXP/WinXP.vmx'), VIX_OK, 'so do forward slashes');
is(code_for('C:\\Virtual Machines\\WinXP\\..\\WinXP\\.\\WinXP.vmx'), VIX_OK, 'and dots');
is(code_for('C:\\Virtual Machines\\None\\None.vmx'),
    VIX_E_VM_NOT_FOUND, 'what is not there is not found');
is(code_for('D:\\Virtual Machines\\WinXP\\WinXP.vmx'),
    VIX_E_FILE_NAME_INVALID, 'other drives stay unknown');
is(code_for('C:WinXP.vmx'), VIX_E_FILE_NAME_INVALID, 'a path relative to a drive has no meaning');
is(code_for('\\\\server\\share\\WinXP.vmx'), VIX_E_FILE_NAME_INVALID,
    'nor has one on another host');
is(code_for('C:\\..\\..\\..\\etc\\passwd'),
    VIX_E_VM_NOT_FOUND, 'a path cannot climb out of its drive');

sub is_refused_with {
    my ($pattern, $what) = @_;
    is(code_for($vm->{vmx}), VIX_E_INVALID_ARG, "$what: is refused");
    like(GetErrorText(VIX_E_INVALID_ARG), $pattern, "$what: the text says where and why");
    return;
}

configure(qq(DRIVE.c = "/none"), qq(drive.C = "$keep/drive"));
is_refused_with(qr{\Q$keep\E/home/.vmware/vix.conf: line 2: }, 'of two lines neither counts');
configure('drive.C = "/none"');
is(code_for($path), VIX_E_FILE_NOT_FOUND, 'the file is read anew at each call');
like(GetErrorText(VIX_E_FILE_NOT_FOUND), qr{the folder mapped to drive C, /none, .*drive\.C},
    'and a folder that is not there is named with its setting');
{
    local $ENV{VIX_DRIVE_C} = "$keep/drive";
    is(code_for($path), VIX_OK, 'the environment overrides the file');
}
unlink "$keep/home/.vmware/vix.conf";
for my $bad (
    ['drive.C = "relative/folder"', 'drive.C'],
    ['clone.sync = "perhaps"', 'clone.sync'],
    ['disk.folders = "relative"', 'disk.folders']
    )
{
    my ($line, $name) = @{$bad};
    configure($line);
    is(code_for($vm->{vmx}), VIX_E_INVALID_ARG, "$line: cannot be used");
    like(GetErrorText(VIX_E_INVALID_ARG), qr/\Q$name\E/, "$line: the text names it");
}
configure(qq(drive.C = "$keep/drive"), 'no.such.setting = "x"');
is_refused_with(qr/vix\.conf: line 2: .*no\.such\.setting/, 'a setting that is none');
configure(qq(drive.C = "$keep/drive"), '', 'clone.link = "relative"');
is_refused_with(qr/vix\.conf: line 3: .*clone\.link;.*clone\.links\?/, 'one that is misspelt');
configure(qq(drive.CC = "$keep/drive"));
is_refused_with(qr/vix\.conf: line 1: .*drive\.CC;.*drive\.C\?/, 'a drive of two letters');
configure(qq(drive.C = "$keep/drive"), 'a line that is none');
is_refused_with(qr/vix\.conf: line 2: /, 'a line that is none');
configure(qq(drive.C = "$keep/drive"), '.encoding = "UTF-8"', '# a comment', '');
is(code_for($path), VIX_OK, 'encoding, comment and empty lines are none of these');
{
    local $ENV{VIX_CLONE_LINK} = 'relative';
    is_refused_with(qr/VIX_CLONE_LINK .*VIX_CLONE_LINKS\?/, 'a misspelt variable');
}
{
    local $ENV{VIX_BACKUP_FOLDER} = '/backup';
    is(code_for($path), VIX_OK, 'a variable of the script\'s own is left alone');
}

# Cloning through the map.
{
    my $result = clone_vm($path, 'C:\\virtual machines\\Win XP Copy\\Copy.vmx');
    is($result->{err}, VIX_OK, 'from drive C to drive C') or diag($result->{text});
    is_deeply(
        [list_files("$keep/drive/Virtual Machines/Win XP Copy")],
        ['Copy.nvram', 'Copy.vmsd', 'Copy.vmx', 'Copy.vmxf', 'WinXP-cl1.vmdk'],
        'the folder that is there is found in any case, new names keep the caller\'s'
    );
    my @folders = grep { !m{/} } list_files("$keep/drive");
    is_deeply(\@folders, ['Virtual Machines'], 'no second folder in another case');
}
{
    my $vmx  = "$keep/drive/Virtual Machines/WinXP/WinXP.vmx";
    my $text = slurp($vmx);
    $text =~ s/"WinXP\.vmdk"/"c:\\virtual machines\\winxp\\winxp.vmdk"/;
    spew($vmx, $text);
    my $result = clone_vm($path, 'C:\\Other\\Copy.vmx');
    is($result->{err}, VIX_OK, 'a disk that the .vmx names by its Windows path')
        or diag($result->{text});
    is(code_for('C:\\OTHER\\COPY.VMX'), VIX_OK, 'and the clone opens');
}

done_testing();
