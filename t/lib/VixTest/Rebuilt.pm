package VixTest::Rebuilt;

# Makes a whole machine around a .vmx that some product wrote: a folder of its own, with disks that
# fit; and says what a clone changed in the .vmx that it may not.

use strict;
use warnings;

use Exporter       qw(import);
use File::Basename qw(basename);

use VixTest;
use VixTest::Disk qw(make_disk make_delta);
use VixTest::Vmx  qw(changed_lines);

our @EXPORT_OK = qw(rebuild vmx_complaints);

# What a clone may change in a .vmx.
my $EDITED = qr{^(?:
      \.encoding | displayname | nvram | extendedconfigfile | uuid\.(?:bios|location)
    | ethernet\d+\.generatedaddress(?:offset)? | vc\.uuid | policy\.vm\.mvmtid | vm\.createdate
    | vm\.genidx? | cleanshutdown | checkpoint\.vmstate(?:\.readonly)?
    | sched\.swap\.derivedname | migrate\.hostlog
    | workingdir | templatevm | filesearchpath | (?:scsi|sata|ide|nvme)\d+:\d+\.filename
    | floppy\d+\.filename )$}x;

# The machine (a record of make_vm) in this folder. Needs: vmx (path of the text), disks (what
# make_disk takes, with snapshots: how many deltas; descriptor: path of a text put over the one
# written; clone: name of the clone's disk). May: as (name of the .vmx in its folder), files (name
# => bytes, put beside).
sub rebuild {
    my ($dir, %given) = @_;
    my $vm = make_vm(
        dir   => $dir,
        name  => basename($given{as} || $given{vmx}, '.vmx'),
        text  => slurp($given{vmx}),
        disks => 0,
        files => $given{files} || {},
    );
    $vm->{disks} = [map { _rebuild_disk($dir, %{$_}) } @{ $given{disks} }];
    return $vm;
}

# With a descriptor given the extents get its sizes.
sub _rebuild_disk {
    my ($dir, %spec) = @_;
    my ($snapshots, $descriptor, $clone) = delete @spec{qw(snapshots descriptor clone)};
    my %layout = (type => 'monolithicSparse', sectors => 8192);
    if ($descriptor) {
        my @sizes = slurp($descriptor) =~ /^RW (\d+) /gm;
        my $total = 0;
        $total += $_ for @sizes;
        %layout = (type => 'twoGbMaxExtentSparse', sectors => $total, extents => \@sizes);
    }
    my $disk = make_disk(%layout, %spec, dir => $dir);
    spew($disk->{path}, slurp($descriptor)) if $descriptor;
    for my $step (1 .. $snapshots || 0) {
        $disk = make_delta(
            parent => $disk,
            name   => sprintf('%s-%06d', $spec{name}, $step),
            writes => [[$step * 100, 90, $step]],
        );
    }
    $disk->{clone} = $clone || "$spec{name}-cl1";
    return $disk;
}

# A last line may lack its end in the source, not in the clone, where others follow.
sub vmx_complaints {
    my ($source, $clone) = @_;
    my $text = slurp($source);
    $text .= $text =~ /\r\n/ ? "\r\n" : "\n" if $text !~ /\n\z/;
    my $changed = changed_lines($text, slurp($clone));
    return map {"line of \"$_\" changed"} grep { $_ !~ $EDITED } sort keys %{$changed};
}

1;
