# The page's example, run as it is on a machine that boots: through the drive map, to a clone that
# is whole, whose disk QEMU and mtools read, and that boots. Skips what needs a program that is
# not here.

use strict;
use warnings;

use Cwd qw(abs_path);
use Digest::SHA qw(sha512);
use File::Path qw(make_path);
use FindBin;
use lib "$FindBin::Bin/lib";
use Test::More;
use Time::HiRes qw(sleep time);

use VixTest::Files qw(folder_digest list_files slurp spew temp_dir);
use VixTest::Guest qw(why_not_asked);
use VixTest::Tools qw(have_tool qemu_check qemu_compare run_tool vmdkinfo);

my $ROOT         = abs_path("$FindBin::Bin/..");
my $BOOT_SECONDS = 90;
my $BOOT_LINE    = qr/^WinXP: boot code of the partition runs\r$/m;

for my $tool (qw(qemu-img mformat mcopy)) {
    plan skip_all => "$tool is not installed" if !have_tool($tool);
}
delete @ENV{ grep { /\AVIX_/ } keys %ENV };

# A home folder and a folder to be drive C with the sample machine at `$place`, as `$name`.
sub make_place {
    my ($place, $name) = @_;
    my $temp = temp_dir();
    make_path("$temp/home/.vmware", "$temp/C");
    my $made = run_tool($^X, "$ROOT/examples/make-sample-vm.pl", "$temp/C/$place", $name);
    die "no sample machine: $made->{err}" if $made->{status};
    return $temp;
}

sub run_example {
    my ($home, %environment) = @_;
    local @ENV{ 'HOME', keys %environment } = ($home, values %environment);
    return run_tool($^X, (map { "-I$_" } grep { !ref } @INC), "$ROOT/examples/vmclone.pl");
}

# Everything a run of the example said; empty when it was content.
sub complaint_of {
    my ($run) = @_;
    return ($run->{status} || $run->{signal} ? "status $run->{status} signal $run->{signal} " : '')
        . $run->{out} . $run->{err};
}

sub settings {
    my ($text) = @_;
    return { $text =~ /^(\S+) = "([^"\r\n]*)"\r$/mg };
}

# A file of the FAT file system in the first partition of a disk.
sub guest_file {
    my ($raw, $name) = @_;
    local @ENV{qw(LC_ALL MTOOLS_SKIP_CHECK MTOOLSRC)} = ('C.UTF-8', 1, '/dev/null');
    my $copied = run_tool('mcopy', '-n', '-i', $raw . '@@' . 63 * 512, "::$name", '-');
    return $copied->{status} ? "mcopy: $copied->{err}" : $copied->{out};
}

# What a machine with this disk wrote to its serial port until the line came, or time was up. The
# disk is not written: snapshot=on.
sub serial_output_of_boot {
    my ($disk, $line) = @_;
    my $temp = temp_dir();
    spew("$temp/serial", '');
    my $emulator = fork // die "fork: $!";
    if ($emulator == 0) {
        open STDERR, '>', "$temp/errors" or die "open: $!";
        exec 'qemu-system-x86_64', '-machine', 'pc,accel=kvm:tcg',
            qw(-m 32 -display none -monitor none -nic none -serial), "file:$temp/serial",
            '-drive', "file=$disk,format=vmdk,if=ide,snapshot=on";
    }
    my $deadline = time + $BOOT_SECONDS;
    while (time < $deadline && slurp("$temp/serial") !~ $line) {
        last if waitpid($emulator, 1) != 0;    # WNOHANG: it gave up by itself
        sleep 0.1;
    }
    kill 'KILL', $emulator;
    waitpid $emulator, 0;
    return slurp("$temp/serial") . slurp("$temp/errors");
}

subtest 'drive.C in ~/.vmware/vix.conf; names match in any case, new ones keep theirs' => sub {
    my $temp = make_place('virtual machines/winxp', 'winxp');
    spew("$temp/home/.vmware/vix.conf", "drive.C = \"$temp/C\"\n");
    my $before = folder_digest("$temp/C/virtual machines/winxp");
    is(complaint_of(run_example("$temp/home")), '', 'the example runs and has nothing to say');
    is(folder_digest("$temp/C/virtual machines/winxp"), $before, 'the source is byte-identical');
    is_deeply(
        [grep { !m{/winxp/} } list_files("$temp/C")],
        [   'virtual machines',
            'virtual machines/WinXP2',
            (map { "virtual machines/WinXP2/$_" }
                    qw(WinXP2.nvram WinXP2.vmsd WinXP2.vmx WinXP2.vmxf winxp-cl1.vmdk)),
            'virtual machines/winxp',
        ],
        'the clone is in the folder that was there, under the names the example gives'
    );
};

subtest 'without a map the error names the setting' => sub {
    my $temp   = make_place('Virtual Machines/WinXP', 'WinXP');
    my $before = folder_digest("$temp/C");
    my $run    = run_example("$temp/home");
    isnt($run->{status}, 0, 'the example dies');
    like($run->{err}, qr/\AVMOpen\(\) failed, 22 /, 'when it opens the machine, with 22');
    like($run->{err}, qr/drive\.C/,                 'the text names the setting');
    like($run->{err}, qr/VIX_DRIVE_C/,              'and the environment variable');
    is(folder_digest("$temp/C"), $before, 'nothing was touched');
    is_deeply([list_files("$temp/home")], ['.vmware'], 'nothing was made');
};

subtest 'VIX_DRIVE_C goes before the file' => sub {
    my $temp = make_place('Virtual Machines/WinXP', 'WinXP');
    spew("$temp/home/.vmware/vix.conf", "drive.C = \"$temp/home\"\n");
    my ($source, $clone) = map { "$temp/C/Virtual Machines/$_" } qw(WinXP WinXP2);
    my $before = folder_digest($source);
    is(complaint_of(run_example("$temp/home", VIX_DRIVE_C => "$temp/C")), '', 'the example runs');
    is(folder_digest($source), $before, 'the source is byte-identical');
    is_deeply(
        [list_files($clone)],
        [qw(WinXP-cl1.vmdk WinXP2.nvram WinXP2.vmsd WinXP2.vmx WinXP2.vmxf)],
        'the clone has all its files and no other'
    );
    config_is_a_clones("$source/WinXP.vmx", "$clone/WinXP2.vmx");
    is(slurp("$clone/WinXP2.nvram"), slurp("$source/WinXP.nvram"), 'nvram is a copy');
    disk_is_sound("$source/WinXP.vmdk", "$clone/WinXP-cl1.vmdk");

    $before = folder_digest("$temp/C");
    my $again = run_example("$temp/home", VIX_DRIVE_C => "$temp/C");
    like($again->{err}, qr/\AVMClone\(\) failed, 12 /, 'a second run finds the clone there: 12');
    is(folder_digest("$temp/C"), $before, 'and leaves everything as it is');
};

sub config_is_a_clones {
    my ($source, $clone) = @_;
    my ($old, $new) = map { settings(slurp($_)) } $source, $clone;
    my %changed = map { $_ => $new->{$_} }
        grep { ($old->{$_} // 'none') ne ($new->{$_} // 'none') } keys %{ { %{$old}, %{$new} } };
    is_deeply(
        \%changed,
        {   displayName                        => 'WinXP2',
            nvram                              => 'WinXP2.nvram',
            extendedConfigFile                 => 'WinXP2.vmxf',
            'ide0:0.fileName'                  => 'WinXP-cl1.vmdk',
            'uuid.bios'                        => '',
            'uuid.location'                    => '',
            'ethernet0.generatedAddress'       => undef,
            'ethernet0.generatedAddressOffset' => undef,
            'vc.uuid'                          => '',
            'policy.vm.mvmtid'                 => '',
        },
        'just the keys that tell machines apart are changed, CRLF line ends kept'
    );
    return;
}

sub disk_is_sound {
    my ($source, $clone) = @_;
    is(qemu_check($clone), '', 'qemu-img check finds nothing');
    is(qemu_compare($source, $clone), '', 'qemu-img compare finds no difference');
  SKIP: {
        skip 'vmdkinfo is not installed', 1 if !have_tool('vmdkinfo');
        is(vmdkinfo($clone), '', 'vmdkinfo opens it');
    }
    my $temp = temp_dir();
    run_tool(qw(qemu-img convert -f vmdk -O raw), $clone, "$temp/raw");
    is(guest_file("$temp/raw", 'Documents and Settings/Jürgen/Übersicht – größer.txt'),
        "Größe: ½ m²\r\n", 'a file with a name beyond ASCII is in its file system');
    my $noise = join '', map { sha512("noise $_") } 1 .. (3 << 20) / 64;
    ok(guest_file("$temp/raw", 'WINDOWS/Temp/noise.bin') eq $noise, 'a file of 3 MiB too');
  SKIP: {
        skip why_not_asked(), 1 if defined why_not_asked();
        skip 'qemu-system-x86_64 is not installed', 1 if !have_tool('qemu-system-x86_64');
        like(serial_output_of_boot($clone, $BOOT_LINE), $BOOT_LINE, 'the clone boots');
    }
    return;
}

done_testing;
