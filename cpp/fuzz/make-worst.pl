#!/usr/bin/perl
# Makes the inputs that should cost a parser most, up to 1 MiB each, for the pass of dev/fuzz that
# checks the limits of time and memory:
#
#   perl cpp/fuzz/make-worst.pl FOLDER     writes one subfolder for each fuzzer

use strict;
use warnings;

use Compress::Zlib ();
use File::Path     ();

my $LIMIT  = 1 << 20;
my $SECTOR = 512;
my $to     = shift @ARGV or die "make-worst.pl: in which folder?\n";
my $made   = 0;
srand 1;

sub put {
    my ($fuzzer, $name, $bytes) = @_;
    $bytes = substr $bytes, 0, $LIMIT;
    File::Path::make_path("$to/$fuzzer");
    open my $file, '>:raw', "$to/$fuzzer/$name" or die "$to/$fuzzer/$name: $!\n";
    print {$file} $bytes;
    close $file or die "$to/$fuzzer/$name: $!\n";
    $made++;
    return;
}

# The lines that `$line` returns for 0, 1, 2..., as many as fit.
sub lines {
    my ($line, $head) = @_;
    my $text = $head || '';
    for (my $i = 0; length $text < $LIMIT; $i++) {
        my $next = $line->($i);
        last if length($text) + length($next) > $LIMIT;
        $text .= $next;
    }
    return $text;
}

sub texts {
    return (
        'no-lines'  => "\n" x $LIMIT,
        'returns'   => "\r" x $LIMIT,
        'one-key'   => lines(sub {"a=1\n"}),
        'same-key'  => lines(sub {"abc = \"$_[0]\"\n"}),
        'keys'      => lines(sub {"k$_[0]=1\n"}),
        'cases'     => lines(sub { my $k = sprintf '%b', $_[0]; $k =~ tr/01/aA/; "$k=\n" }),
        'no-values' => "=\n" x ($LIMIT / 2),
        'one-line'  => 'a = "' . 'x' x ($LIMIT - 6) . '"',
        'one-name'  => 'x' x ($LIMIT - 2) . '=1',
        'quotes'    => '"' x $LIMIT,
        'escapes'   => 'a = "' . '|22' x ($LIMIT / 3 - 3) . '"',
        'comments'  => "#\n" x ($LIMIT / 2),
        'blanks'    => ' ' x $LIMIT,
        'not-utf-8' => "\xFF" x $LIMIT,
        'gbk'       => ".encoding = \"GBK\"\n" . lines(sub {"a$_[0]=\"\xCE\xBB\xD6\xC3\"\n"}),
        'nuls'      => "\0" x $LIMIT,
        'bom'       => "\xEF\xBB\xBF" x ($LIMIT / 3),
    );
}

sub dictionaries {
    my %text = texts();
    put('dictionary', $_, $text{$_}) for keys %text;
    return;
}

sub key_safes {
    my $start = 'vmware:key/list/(';
    put('key_safe', 'ways',    $start . 'null/,' x ($LIMIT / 6 - 4) . ')');
    put('key_safe', 'commas',  $start . 'pair/(' . ',' x ($LIMIT - 40) . '))');
    put('key_safe', 'nested',  $start . 'pair/(' x ($LIMIT / 7 - 4) . ')' x ($LIMIT / 7 - 3));
    put('key_safe', 'escapes', $start . 'pair/(phrase/a/' . '%25' x ($LIMIT / 3 - 20) . ',b,c))');
    return;
}

sub snapshot_lists {
    my %text = texts();
    my $uid  = sub {
        my ($i, $parent) = @_;
        qq(snapshot$i.uid="@{[$i + 1]}"\nsnapshot$i.parent="$parent"\n);
    };
    my %worst = (
        'deep'    => lines(sub { $uid->($_[0], $_[0]) }),
        'upwards' => lines(sub { $uid->($_[0], $_[0] + 2) }),
        'flat'    => lines(sub { $uid->($_[0], 1) }),
        'roots'   => lines(sub { $uid->($_[0], 0) }),
        'ring'    => lines(sub { $uid->($_[0], $_[0] ? $_[0] : 9000) }),
        'pairs'   => lines(sub { $uid->($_[0], ($_[0] ^ 1) + 1) }),
        'own'     => lines(sub { $uid->($_[0], $_[0] + 1) }),
        'one-uid' => lines(sub {qq(snapshot$_[0].uid="1"\n)}),
        'uids'    => lines(sub {qq(snapshot$_[0].uid="$_[0]"\n)}),
        'one'     => lines(sub {qq(snapshot0.uid="1"\n)}),
        'numbers' =>
            lines(sub { sprintf qq(snapshot%u.uid="%u"\n), 4294967295 - $_[0], $_[0] + 1 }),
        'clones' =>
            lines(sub {qq(snapshot0.clone$_[0]="/c/$_[0]/c.vmx"\n)}, qq(snapshot0.uid="1"\n)),
        'gaps'  => lines(sub {qq(snapshot0.clone@{[$_[0] * 97]}="c"\n)}, qq(snapshot0.uid="1"\n)),
        'disks' => lines(sub {qq(snapshot0.disk$_[0].node="scsi0:0"\n)}, qq(snapshot0.uid="1"\n)),
        'mru'   => lines(sub {qq(snapshot.mru$_[0].uid="$_[0]"\n)},      qq(snapshot0.uid="1"\n)),
        'sentinel' => lines(sub {qq(sentinel$_[0]="a.vmdk"\n)}, qq(cloneOf0="p.vmx"\n)),
        'cloneOf'  => lines(sub {qq(cloneOf$_[0]="p.vmx"\n)}),
        'keys-of'  => lines(sub {qq(snapshot0.k$_[0]="1"\n)}, qq(snapshot0.uid="1"\n)),
        'some'     => lines(
            sub {
                my ($s, $c) = (int $_[0] / 40, $_[0] % 40);
                ($c ? '' : qq(snapshot$s.uid="@{[$s + 1]}"\n)) . qq(snapshot$s.clone$c="c$_[0]"\n);
            }
        ),
    );
    put('snapshot_list', $_, $worst{$_} // $text{$_}) for keys %worst, keys %text;
    return;
}

sub descriptors {
    my %text = texts();
    my $head = qq(# Disk DescriptorFile\nversion=1\nCID=fffffffe\nparentCID=ffffffff\n)
        . qq(createType="twoGbMaxExtentSparse"\n);
    my $extent = qq(RW 1 SPARSE "a"\n);
    my %worst  = (
        'extents' =>
            lines(sub { $_[0] < 20_000 ? qq(RW 4192256 SPARSE "d-s$_[0].vmdk"\n) : "\n" }, $head),
        'short'     => lines(sub {$extent},                                        $head),
        'most'      => lines(sub { $_[0] < 39_999 ? qq(RW 1 SPARSE "a"\n) : '#' }, $head),
        'zeros'     => lines(sub {"RW 1 ZERO\n"},                                  $head),
        'long-name' => "${head}RW 1 SPARSE \"" . 'x' x 1_000_000 . "\"\n",
        'long-hint' => "$head${extent}parentFileNameHint=\"" . 'x' x 1_000_000 . "\"\n",
        'ddb'       => lines(sub {"ddb.k$_[0]=1\n"}, $head . $extent),
        'long-ddb'  => lines(
            sub { $_[0] < 999 ? "ddb.k$_[0]=\"" . 'y' x 1000 . "\"\n" : "\n" },
            $head . $extent
        ),
        'cids'      => lines(sub {"CID=1\n"},                    $head . $extent),
        'encodings' => lines(sub {"encoding=\"GBK\"\n"},         $head . $extent),
        'foreign'   => lines(sub {qq(RW 1 SPARSE "\xCE\xBB"\n)}, $head . "encoding=\"GBK\"\n"),
        'overflow'  => lines(sub {qq(RW 18446744073709551615 SPARSE "a"\n)}, $head),
        map { ("head-$_" => "$head$extent$text{$_}") } keys %text,
    );
    put('descriptor', $_, $worst{$_} // $text{$_}) for keys %worst, keys %text;
    return;
}

# The header of a hosted sparse extent; fields that are not given have usual values.
sub header {
    my (%is) = (
        flags       => 3,
        grain       => 128,
        capacity    => 1 << 12,
        per_table   => 512,
        rgd         => 0,
        gd          => 1,
        overhead    => 1,
        compression => 0,
        version     => 1,
        @_
    );
    return pack 'a4VVQ<Q<Q<Q<VQ<Q<Q<Ca4va433', 'KDMV', @is{qw(version flags capacity grain)}, 0, 0,
        @is{qw(per_table rgd gd overhead)}, 0, "\n \r\n", $is{compression}, '';
}

sub sectors { return $_[0] . "\0" x (-length($_[0]) % $SECTOR) }

# In the form of extent_fuzz.cpp: the kind, 2 ** `$power` sectors, `$hole` ** 2 sectors of hole.
sub extent {
    my ($name, $kind, $power, $hole, $bytes) = @_;
    return put('extent', $name, pack('CC', 4 * $power + $kind, $hole) . substr $bytes, 0,
        $LIMIT - 2);
}

sub extents {

    # As many sound tables as the file can hold, each with one grain: 4 sectors and a grain each.
    for my $grain (8, 16, 128) {
        my $tables = int(($LIMIT / $SECTOR - 20) / (4 + $grain));
        my $first  = 1 + int((4 * 8192 + 511) / $SECTOR);
        my $data   = $first + 4 * $tables;
        my $size   = 1;
        $size *= 2 while $size < $tables * 512 * $grain;
        my $needed = $size / (512 * $grain);
        my $gd = sectors(pack 'V*', map { $_ < $tables ? $first + 4 * $_ : 0 } 0 .. $needed - 1);
        my $all
            = header(capacity => $size, grain => $grain, overhead => $data)
            . $gd
            . "\0" x (($first - 1) * $SECTOR - length $gd);
        $all .= sectors(pack 'V512', ($data + $grain * $_), (0) x 511) for 0 .. $tables - 1;
        $all .= "\x5A" x ($grain * $SECTOR * $tables);
        extent("tables-of-grain-$grain", 0, int(log($size) / log(2) + .5), 0, $all);

        # Full tables, with the grains in the order that yields the most runs.
        my $grains = int(($LIMIT / $SECTOR - 40) / $grain);
        my @order  = reverse 0 .. $grains - 1;
        my $full   = int(($grains + 511) / 512);
        my $at     = 2 + 4 * $full;
        my $power  = 1;
        $power++ while 1 << $power < $grains * $grain;
        my @entries = (map { $at + $grain * $_ } @order);
        push @entries, 0 while @entries % 512;
        extent("backwards-$grain", 0, $power, 0,
                  header(capacity => 1 << $power, grain => $grain, overhead => $at)
                . sectors(pack 'V*', map { 2 + 4 * $_ } 0 .. $full - 1)
                . pack('V*', @entries)
                . "\x5A" x ($grain * $grains * $SECTOR));
    }

    # Directories of the largest size: in the bytes, in the hole, two of them, empty, and garbage.
    my $most = 1 << 22;
    for my $entry (0, 1, 2049, 0xFFFFFFFF) {
        my $bytes = header(capacity => 1 << 30, grain => 8) . pack('V', $entry) x 262_000;
        extent("directory-of-$entry", 0, 30, 0,   $bytes);
        extent("hole-and-$entry",     0, 31, 255, $bytes);
    }
    extent('directory-in-hole', 0, 31, 255,
        header(capacity => 1 << 31, grain => 8, gd => 3, rgd => 3 + 1024));
    extent('two-directories', 0, 31, 255,
        header(capacity => 1 << 31, grain => 8, gd => 2000, rgd => 12_000));
    my $rising = pack 'V*', map { 2048 + 4 * $_ } 0 .. 261_000;
    extent('tables-in-hole', 0, 30, 255, header(capacity => 1 << 30, grain => 8) . $rising);
    extent('same-twice', 0, 30, 255, header(capacity => 1 << 30, grain => 8, rgd => 1) . $rising);

    # Zeroed and unallocated grains in turn: one run each.
    my $turns
        = header(capacity => 1 << 31, grain => 128, version => 2, flags => 7)
        . sectors(pack 'V*', map { 258 + 4 * $_ } 0 .. 440)
        . "\0" x (253 * $SECTOR)
        . pack('V2', 1, 0) x (256 * 441);
    extent('turns', 0, 31, 255, $turns);

    # COWD: 4096 entries a table, grains of one sector.
    my $cowd = pack('a4V7', 'COWD', 1, 3, 1 << 23, 1, 4, 2048, 2048);
    extent('cowd', 1, 23, 255,
        $cowd . "\0" x (4 * $SECTOR - 32) . pack('V*', map { 2048 + 32 * $_ } 0 .. 2047));
    extent('cowd-turns', 1, 18, 255,
              pack('a4V7', 'COWD', 1, 3, 1 << 18, 1, 4, 64, 64)
            . "\0" x (4 * $SECTOR - 32)
            . sectors(pack 'V*', map { 5 + 32 * $_ } 0 .. 58)
            . pack('V*', map { $_ % 2 ? 0 : 2048 + $_ } 0 .. 59 * 4096));
    return;
}

sub streams {
    my $zeros = Compress::Zlib::compress("\0" x 65_536,                                  9);
    my $noise = Compress::Zlib::compress(join('', map { chr int rand 256 } 1 .. 65_536), 9);
    my $grain
        = sub { my ($lba, $data) = @_; return sectors(pack('Q<V', $lba, length $data) . $data) };
    my $put = sub {
        my ($name, $capacity, $parity, $bytes) = @_;
        return put('stream', $name, pack('vC', $capacity - 1, $parity) . substr $bytes, 0,
            $LIMIT - 3);
    };
    for my $parity (0, 1) {
        $put->(
            "bombs-$parity", 65_536, $parity, lines(sub { $grain->(128 * ($_[0] % 512), $zeros) })
        );
        $put->("noise-$parity",   65_536, $parity, lines(sub { $grain->(128 * $_[0], $noise) }));
        $put->("markers-$parity", 65_536, $parity, pack('Q<VVa496', 0, 0, 1, '') x 2047);
        $put->(
            "footers-$parity",
            65_536, $parity,
            lines(
                sub {
                    pack('Q<VVa496', 1, 0, 3, '')
                        . header(
                        capacity    => 65_536,
                        version     => 3,
                        flags       => 0x30001,
                        compression => 1
                        );
                }
            )
        );
        $put->("nothing-$parity", 65_536, $parity, "\0" x $LIMIT);
        $put->("tiny-$parity",    65_536, $parity, lines(sub { $grain->(128 * $_[0], 'x') }));

        # With a footer, a directory and full tables at the end.
        my $body = "\0" x $SECTOR;
        my @at;
        for my $number (0 .. 511) {
            push @at, (length($body) + $SECTOR) / $SECTOR;
            $body .= $grain->(128 * $number, $zeros);
        }
        $body .= pack('Q<VVa496', 4, 0, 1, '');
        my $table = (length($body) + $SECTOR) / $SECTOR;
        $body .= pack('V512', @at) . pack('Q<VVa496', 1, 0, 2, '');
        my $gd = (length($body) + $SECTOR) / $SECTOR;
        $body .=
              sectors(pack 'V', $table)
            . pack('Q<VVa496', 1, 0, 3, '')
            . header(capacity => 65_536, version => 3, flags => 0x30001, compression => 1,
            gd => $gd)
            . "\0" x $SECTOR;
        $put->("whole-$parity", 65_536, $parity, $body);
    }
    return;
}

sub states {
    my $group = sub { my ($name, $at, $size) = @_; return pack 'a64Q<Q<', $name, $at, $size };
    my $head  = sub { return pack 'VVV', 0xBED2BED2, 8, $_[0] };
    my $from  = 12 + 80;
    my $tags  = sub {
        my ($tag) = @_;
        my $many = int(($LIMIT - $from - 2) / length $tag);
        return
              $head->(1)
            . $group->('Snapshot', $from, $many * length($tag) + 2)
            . $tag x $many . "\0\0";
    };
    put('snapshot_state', 'tags',  $tags->(pack 'va1C',  1 << 8 | 1, 'a', 1));
    put('snapshot_state', 'empty', $tags->(pack 'v',     1 << 6));
    put('snapshot_state', 'long',  $tags->(pack 'va255', 255 << 8, 'n' x 255));
    put('snapshot_state', 'configs',
        $tags->(pack('va7Q<Q<v', 7 << 8 | 63, 'cfgFile', 1, 1, 0) . 'x'));
    put('snapshot_state', 'groups',   $head->(4096) . $group->('Snapshot', 12, 1000) x 13_000);
    put('snapshot_state', 'no-group', $head->(4096) . $group->('other',    12, 1 << 19) x 13_000);
    my $one = $LIMIT - $from - 2 - 27;
    put('snapshot_state', 'one-block',
              $head->(1)
            . $group->('Snapshot', $from, $LIMIT - $from)
            . pack('va7Q<Q<v', 7 << 8 | 63, 'cfgFile', $one, $one, 0)
            . 'x' x $one
            . "\0\0");
    return;
}

# The files that machine_fuzz.cpp unpacks, with at most 65,535 bytes each.
sub machines {
    my $file
        = sub { my ($number, $bytes) = @_; return pack('Cv', $number, length $bytes) . $bytes };
    my $cut   = sub { return substr $_[0], 0, 65_535 };
    my $vmx   = qq(.encoding = "UTF-8"\nconfig.version = "8"\nvirtualHW.version = "8"\n);
    my $disks = join '', map {
        my $b = $_;
        map {qq(scsi$b:$_.present = "TRUE"\nscsi$b:$_.fileName = "vm.vmdk"\n)} 0 .. 15
    } 0 .. 3;
    my $one  = qq(scsi0:0.present = "TRUE"\nscsi0:0.fileName = "vm.vmdk"\n);
    my $vmdk = sub {
        my ($cid, $parent, $hint, $extents) = @_;
        return
            qq(# Disk DescriptorFile\nversion=1\nCID=$cid\nparentCID=$parent\ncreateType="twoGbMaxExtentSparse"\n)
            . ($hint ? qq(parentFileNameHint="$hint"\n) : '')
            . $extents;
    };
    my $zeros = join '', map {"RW 4192256 ZERO\n"} 1 .. 3000;
    my $lost  = join '', map {qq(RW 1 SPARSE "vm-s$_.vmdk"\n)} 1 .. 2400;
    my $same  = qq(RW 4096 SPARSE "vm-s001.vmdk"\n) x 1900;
    my $sparse
        = header(capacity => 4096, grain => 8, overhead => 16)
        . sectors(pack 'V', 2)
        . "\0" x (4 * $SECTOR);
    my $list = $cut->(
        lines(sub {qq(snapshot$_[0].uid="@{[$_[0] + 1]}"\nsnapshot$_[0].parent="$_[0]"\n)}));
    $list =~ s/[^\n]*\z//;
    put('machine', 'extents-of-zeros',
        $file->(0, $vmx . $one) . $file->(2, $cut->($vmdk->('1', 'ffffffff', '', $zeros))));
    put('machine', 'extents-lost',
        $file->(0, $vmx . $one) . $file->(2, $cut->($vmdk->('1', 'ffffffff', '', $lost))));
    put('machine', 'extents-same',
              $file->(0, $vmx . $one)
            . $file->(2, $cut->($vmdk->('1', 'ffffffff', '', $same)))
            . $file->(5, $sparse));
    put('machine', 'disks',
              $file->(0, $vmx . $disks)
            . $file->(2, $vmdk->('1', 'ffffffff', '', qq(RW 4096 SPARSE "vm-s001.vmdk"\n)))
            . $file->(5, $sparse));
    put('machine', 'ring-of-parents',
              $file->(0, $vmx . $one)
            . $file->(2, $vmdk->('1', '1', 'vm.vmdk', $zeros =~ s/\n.*\n/\n/sr))
            . $file->(3, $vmdk->('1', '1', 'vm.vmdk', $zeros =~ s/\n.*\n/\n/sr)));
    put('machine', 'two-in-a-ring',
              $file->(0, $vmx . $one)
            . $file->(2, $vmdk->('1', '2', 'vm-000001.vmdk', "RW 8 ZERO\n"))
            . $file->(3, $vmdk->('2', '1', 'vm.vmdk',        "RW 8 ZERO\n")));
    put('machine', 'deep-list',
              $file->(0, $vmx . $one)
            . $file->(1, $list)
            . $file->(2, $vmdk->('1', 'ffffffff', '', "RW 8 ZERO\n")));
    put('machine', 'lines', $file->(0, $cut->($vmx . lines(sub {"k$_[0]=1\n"}))));
    put('machine', 'no-lines',
        $file->(0, $cut->($vmx . "\n" x 65_000)) . $file->(1, "\n" x 65_000));
    put(
        'machine',
        'search',
        $file->(
            0,
            $cut->(
                      $vmx
                    . qq(scsi0:0.present="TRUE"\nscsi0:0.fileName="none.vmdk"\nfileSearchPath = ")
                    . join(';', map {"/nowhere/$_"} 1 .. 4000) . qq("\n)
            )
        )
    );
    put(
        'machine',
        'names',
        $file->(
            0,
            $cut->(
                $vmx . join '',
                map {qq(scsi0:$_.present="TRUE"\nscsi0:$_.fileName="none$_.vmdk"\n)} 0 .. 1200
            )
        )
    );
    return;
}

dictionaries();
key_safes();
snapshot_lists();
descriptors();
extents();
streams();
states();
machines();
put('lock_member', 'words', 'a ' x ($LIMIT / 2));
put('lock_member', 'one',   'a' x $LIMIT);
put('lock_member', 'whole',
    'gVlKk9MtAAAAAAAA 4711-123(vmware-vmx) 18446744073709551615 X 123 ' . 'a ' x 230);
print "$made inputs\n";
