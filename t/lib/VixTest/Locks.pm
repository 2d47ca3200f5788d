package VixTest::Locks;

# Makes lock folders in VMware's form, as other programs and hosts leave them:
# `<file>.lck/M12345.lck`.

use strict;
use warnings;

use Exporter 'import';
use MIME::Base64  qw(encode_base64);
use Sys::Hostname qw(hostname);

use VixTest::Files qw(slurp spew);

our @EXPORT_OK = qw(put_lock this_machine creation_of other_machine);

# Puts a lock on `$file`. Optional: machine, pid, creation (the process's, from /proc), name, kind
# ("X" or "S"), text (the whole member), member (its file name). By default this process holds it.
sub put_lock {
    my ($file, %may) = @_;
    my $pid      = defined $may{pid}      ? $may{pid}      : $$;
    my $creation = defined $may{creation} ? $may{creation} : creation_of($pid);
    my $machine  = $may{machine} || this_machine();
    my $process  = $may{bare_pid} ? $pid : "$pid-$creation(" . ($may{name} || 'vmware-vmx') . ')';
    my $kind     = $may{kind} || 'X';
    my $text     = defined $may{text} ? $may{text} :
        pack 'a512', "$machine $process 1 $kind $creation lc=" . _checksum("$file.lck");
    mkdir "$file.lck";
    my $member = $may{member} || 'M12345.lck';
    spew("$file.lck/$member", $text);
    return "$file.lck/$member";
}

# Base64 of the hash of the host's name and of the address of the first ethN interface, as VMware
# names a Linux host. In a container with its own process ids the name includes their namespace.
sub this_machine {
    my $processes = readlink('/proc/self/ns/pid') // '';
    $processes = '' if $processes eq 'pid:[4026531836]';
    my $hash        = _hash(hostname() . $processes, 'C*');
    my ($interface) = grep { -e "/sys/class/net/eth$_/address" } 0 .. 7;
    my $address     = "\0" x 6;
    $address = pack '(H2)6', split /[:\n]/, slurp("/sys/class/net/eth$interface/address")
        if defined $interface;
    return _machine(pack('V', $hash) . $address . "\0\0");
}

sub other_machine { return _machine('other host 1') }

sub _machine {
    my ($bytes) = @_;
    my $text = encode_base64($bytes, '');
    $text =~ tr{/}{-};
    return $text;
}

# Field 22 of /proc/<pid>/stat; 0 if there is no such process.
sub creation_of {
    my ($pid)  = @_;
    my $stat   = eval { slurp("/proc/$pid/stat") } || '';
    my @fields = split ' ', ($stat =~ /.*\)\s+(.*)/s ? $1 : '');
    return $fields[19] || 0;
}

sub _checksum {
    my ($path) = @_;
    return _hash($path, 'c*');
}

sub _hash {
    my ($text, $template) = @_;
    my $hash = 5381;
    $hash = ($hash * 33 + $_) & 0xffffffff for unpack $template, $text;
    return $hash;
}

1;
