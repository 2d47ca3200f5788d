package Bench::Facts;

# What a reader needs to know of the machine to judge the figures.

use strict;
use warnings;

use POSIX qw(strftime uname);

use Bench::Command qw(command_output);

# Pairs of name and value, in the order to show them.
sub gather {
    my ($root, $folder) = @_;
    my (undef, undef, $kernel, undef, $machine) = uname();
    my ($memory) = file_text('/proc/meminfo') =~ /^MemTotal:\s*(\d+) kB/m;
    my ($model) = file_text('/proc/cpuinfo') =~ /^model name\s*:\s*(.+)$/m;
    my $cores = cores();
    return (
        ['date' => strftime('%Y-%m-%d %H:%M UTC', gmtime)],
        ['processor' => "$cores cores, " . ($model // $machine)],
        ['memory' => sprintf '%.0f GiB', ($memory // 0) / (1 << 20)],
        ['kernel' => $kernel],
        ['work folder' => file_system($folder)],
        ['loop mounts' => 'each a sparse file in the work folder, default mkfs and mount options'],
        ['VMware::Vix' => module_version($root)],
        ['qemu-img' => first_line('qemu-img', '--version')],
        ['cp' => first_line('cp', '--version')],
        ['perl' => sprintf '%vd', $^V],
    );
}

sub cores {
    my $cores = () = file_text('/proc/cpuinfo') =~ /^processor\s*:/mg;
    return $cores;
}

sub file_system {
    my ($folder) = @_;
    my $type = first_line('findmnt', '-n', '-o', 'FSTYPE', '-T', $folder);
    return "$type, " . first_line('df', '-h', '--output=avail', $folder) . ' free';
}

sub module_version {
    my ($root) = @_;
    my ($version) = file_text("$root/lib/VMware/Vix.pm") =~ /VERSION\s*=\s*'?([\d._v]+)/;
    return $version // 'not built';
}

# df has its figure on the last line, the others theirs on the first.
sub first_line {
    my @command = @_;
    my @lines = command_output(@command);
    my $line = $command[0] eq 'df' ? $lines[-1] : $lines[0];
    $line =~ s/\A\s+|\s+\z//g;
    return $line;
}

sub file_text {
    my ($path) = @_;
    open my $in, '<', $path or return q{};
    local $/ = undef;
    return scalar <$in>;
}

1;
