#!/usr/bin/perl
# Names and paths beyond ASCII survive, whatever encoding the .vmx and the descriptor are in and
# however the host's files are called.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use Encode ();
use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::Calls      qw(clone_vm open_vm);
use VixTest::CloneJudge qw(disk_complaints);
use VixTest::Disk       qw(make_disk);
use VixTest::Files      qw(list_files);
use VixTest::Vmx        qw(read_vmx);

my $keep   = temp_dir();
my $number = 0;

# Names as characters.
my $chinese  = "\x{865a}\x{62df}\x{673a} \x{4f4d}";
my $japanese = "\x{8868}\x{793a}\x{30bd}";            # in Shift_JIS two of them end in a backslash
my $russian  = "\x{41c}\x{430}\x{448}\x{438}\x{43d}\x{430}";
my $german   = "Pr\x{fc}fstand \x{df}";

# A machine called $name whose .vmx and descriptor are in $encoding and whose files have their names
# in UTF-8, as they have when a folder comes from Windows; or, with raw => 1, its disk's files in
# that encoding, too.
sub foreign_machine {
    my ($name, $encoding, $codec, %may) = @_;
    my $host  = Encode::encode('UTF-8', $name);
    my $bytes = Encode::encode($codec, $name);
    my $file  = $may{raw} ? $bytes : $host;
    my $dir   = "$keep/" . $number++;
    my $disk  = make_disk(
        dir     => "$dir/source",
        name    => $file,
        type    => 'twoGbMaxExtentSparse',
        size_mb => 6,
        header  => [encoding => $encoding],
    );
    my $text = slurp($disk->{path});
    $text =~ s/\Q$file\E/$bytes/g;
    spew($disk->{path}, $text);
    $disk->{base_name} = $file;
    my $vm = make_vm(
        dir   => "$dir/source",
        name  => $host,
        disks => 0,
        text  => join("\n",
            qq(.encoding = "$encoding"),
            qq(displayName = "$bytes"),
            qq(nvram = "$bytes.nvram"),
            qq(scsi0.present = "TRUE"),
            qq(scsi0:0.present = "TRUE"),
            qq(scsi0:0.fileName = "$bytes.vmdk"),
            qq(annotation = "$bytes"),
            ''),
    );
    return { dir => $dir, vmx => $vm->{vmx}, disk => $disk, bytes => $bytes, host => $host };
}

sub name_shown {
    my ($vmx) = @_;
    my ($err, $handle) = open_vm($vmx);
    return "error $err" if $err;
    my (undef, $name) = GetProperties($handle, VIX_PROPERTY_VM_NAME);
    ReleaseHandle($handle);
    return $name;
}

for my $case (
    ['UTF-8', 'UTF-8', $chinese],
    ['GBK', 'GBK', $chinese],
    ['Shift_JIS', 'cp932', $japanese],
    ['windows-1251', 'cp1251', $russian],
    ['windows-1252', 'cp1252', $german],
    ['Big5', 'big5-eten', "\x{529f}\x{80fd}"],
    )
{
    my ($encoding, $codec, $name) = @{$case};
    for my $raw (0, 1) {
        next if $raw && $encoding eq 'UTF-8';
        my $what    = $encoding . ($raw ? ', disk files named in it, too' : '');
        my $machine = foreign_machine($name, $encoding, $codec, raw => $raw);
        my $before  = folder_digest("$machine->{dir}/source");
        is(name_shown($machine->{vmx}), $name, "$what: the name is understood");
        my $result = clone_vm($machine->{vmx}, "$machine->{dir}/clone/copy.vmx");
        is($result->{err}, VIX_OK, "$what: cloned") or diag($result->{text});
        is(folder_digest("$machine->{dir}/source"), $before, "$what: the source is untouched");

        my $copy  = read_vmx("$machine->{dir}/clone/copy.vmx");
        my $value = $copy->{value};
        is($value->{'.encoding'}, $encoding, "$what: the encoding stays");
        is($value->{annotation}, $machine->{bytes}, "$what: other values keep their bytes");
        is($value->{'scsi0:0.filename'},
            "$machine->{bytes}-cl1.vmdk", "$what: the disk's name is in it");
        my $disk = "$machine->{dir}/clone/$machine->{host}-cl1.vmdk";
        ok(-e $disk, "$what: the file's name is in UTF-8");
        is_deeply([disk_complaints($disk, $machine->{disk}, class => 'twoGbMaxExtentSparse')],
            [], "$what: the disk is sound");
        is(name_shown("$machine->{dir}/clone/copy.vmx"), 'copy', "$what: the clone opens");
    }
}

for my $case ([characters => $chinese], ['bytes of UTF-8' => Encode::encode('UTF-8', $chinese)]) {
    my ($what, $name) = @{$case};
    my $vm     = make_vm(dir => "$keep/" . $number++);
    my $result = clone_vm($vm->{vmx}, "$vm->{dir}.$name/$name.vmx");
    is($result->{err}, VIX_OK, "a destination given as $what: cloned") or diag($result->{text});
    my $host = Encode::encode('UTF-8', $chinese);
    is_deeply(
        [list_files("$vm->{dir}.$host")],
        [sort map({"$host.$_"} qw(nvram vmsd vmx vmxf)), 'alpha-cl1.vmdk'],
        "a destination given as $what: its files"
    );
    is(name_shown("$vm->{dir}.$name/$name.vmx"), $chinese,
        "a destination given as $what: its name");
    my $value = read_vmx("$vm->{dir}.$host/$host.vmx")->{value};
    is($value->{nvram}, "$host.nvram", "a destination given as $what: in the .vmx");
}

{
    my $machine = foreign_machine($german, 'windows-1252', 'cp1252');
    my $host    = Encode::encode('UTF-8', $chinese);
    my $result  = clone_vm($machine->{vmx}, "$machine->{dir}/clone/$host.vmx");
    is($result->{err}, VIX_OK, 'a new name that the encoding cannot hold: cloned')
        or diag($result->{text});
    my $value = read_vmx("$machine->{dir}/clone/$host.vmx")->{value};
    is($value->{'.encoding'}, 'UTF-8', 'it turns the .vmx to UTF-8');
    is($value->{displayname}, $host, 'the name is right');
    is($value->{annotation}, Encode::encode('UTF-8', $german), 'and what stood there is converted');
    is(name_shown("$machine->{dir}/clone/$host.vmx"), $chinese, 'the clone shows its name');
}

{
    my $odd    = q{a "quoted" |7C 100% name};
    my $vm     = make_vm(dir => "$keep/" . $number++);
    my $result = clone_vm($vm->{vmx}, "$vm->{dir}.clone/$odd.vmx");
    is($result->{err}, VIX_OK, 'quotes and bars in the name: cloned') or diag($result->{text});
    my $text = slurp("$vm->{dir}.clone/$odd.vmx");
    like($text, qr/^displayName = "a \|22quoted\|22 \|7C7C 100% name"$/m, 'they are escaped');
    is(name_shown("$vm->{dir}.clone/$odd.vmx"), $odd, 'and read back');
    like(
        slurp("$vm->{dir}.clone/$odd.vmxf"),
        qr{>a &quot;quoted&quot; \|7C 100% name\.vmx<|>a "quoted" \|7C 100% name\.vmx<},
        'and the .vmxf is XML'
    );
}

{
    my $vm     = make_vm(dir => "$keep/" . $number++);
    my $result = clone_vm($vm->{vmx}, "$vm->{dir}.clone/Fish & <Chips>.vmx");
    is($result->{err}, VIX_OK, 'XML\'s own characters in the name: cloned')
        or diag($result->{text});
    like(
        slurp("$vm->{dir}.clone/Fish & <Chips>.vmxf"),
        qr{>Fish &amp; &lt;Chips(?:&gt;|>)\.vmx<},
        'the .vmxf is XML'
    );
}

my $invalid = make_vm(dir => "$keep/" . $number++);
is(clone_vm($invalid->{vmx}, "$keep/bad\xff/x.vmx")->{err},
    VIX_E_INVALID_UTF8_STRING, 'a destination that is no UTF-8 is refused');
is(clone_vm($invalid->{vmx}, "$keep/zero\0/x.vmx")->{err},
    VIX_E_INVALID_ARG, 'and so is one with a NUL in it');

done_testing();
