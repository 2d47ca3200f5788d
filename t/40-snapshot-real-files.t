#!/usr/bin/perl
# Lists of snapshots that others made, where there are some (VixTest::RealFiles), over disks made to
# fit: they are read as what they are, and another snapshot changes nothing else in them.

use strict;
use warnings;

use FindBin qw($Bin);
use lib "$Bin/lib";
use Test::More;

use Encode qw(encode_utf8);
use VMware::Vix::API::Constants;
use VMware::Vix::Simple;
use VixTest;
use VixTest::RealFiles     qw(real_files real_folder real_text why_no_real_files);
use VixTest::SnapshotCalls qw(linked_clone snapshot_names take_snapshot);
use VixTest::SnapshotState qw(snapshot_list snapshot_of);
use VixTest::Vmx           qw(changed_lines);

my $reason = why_no_real_files(qr/\.vmsd$/);
plan skip_all => $reason if $reason;

$ENV{VIX_CLONE_SYNC} = 'FALSE';    # no power will fail

my $real = real_folder();

# The snapshots of a list: { index => { key => value } }.
sub entries_of {
    my ($value) = @_;
    my %entry;
    for my $key (keys %{$value}) {
        $entry{$1}{$2} = $value->{$key} if $key =~ /^snapshot(\d+)\.(.*)/;
    }
    return \%entry;
}

# As snapshot_names gives it: a name, followed by the list of its children if it has some.
sub names_below {
    my ($entries, $uid) = @_;
    my @names;
    for my $entry (map { $entries->{$_} } sort { $a <=> $b } keys %{$entries}) {
        next if ($entry->{parent} || 0) != $uid;
        my @children = names_below($entries, $entry->{uid});
        push @names, $entry->{displayname}, @children ? [@children] : ();
    }
    return @names;
}

# A machine under the list; its disk has a delta for each snapshot.
sub machine_under {
    my ($list, $entries) = @_;
    my ($first) = grep { !$_->{parent} } values %{$entries};
    my ($disk)  = encode_utf8($first ? $first->{'disk0.filename'} : 'alpha.vmdk') =~ /(.*)\.vmdk/;
    my ($name)  = encode_utf8($first ? $first->{filename} : 'alpha-Snapshot') =~ /(.*)-Snapshot/;
    my $count   = keys %{$entries};
    my $vm      = make_vm(
        name  => $name,
        disks => [
            {   name    => $disk,
                slot    => $first ? $first->{'disk0.node'} : 'scsi0:0',
                size_mb => 1,
                content => [[3, 5, 1]],
                deltas  => [map { { writes => [[100 * $_, 9, $_]] } } 2 .. $count + 1],
            }
        ],
    );
    spew("$vm->{dir}/$name.vmsd", slurp("$real/$list"));
    return $vm;
}

for my $list (real_files(qr/\.vmsd$/)) {
    my $text    = slurp("$real/$list");
    my $value   = real_text("$real/$list")->{value};
    my $entries = entries_of($value);
    my $vm      = machine_under($list, $entries);
    is_deeply(snapshot_names($vm->{vmx}), [names_below($entries, 0)], "$list: its snapshots");
    is(take_snapshot($vm->{vmx}, 'another'), VIX_OK, "$list: another one is taken");

    my $after = slurp("$vm->{dir}/$vm->{name}.vmsd");
    is($after =~ tr/\r//, $text =~ /\r/ ? $after =~ tr/\n// : 0, "$list: the ends of its lines");
    my $changed = changed_lines($text, $after);
    is_deeply(
        [   grep { !/^snapshot\.(?:current|lastuid|numsnapshots|mru\d+\.uid)$/ }
            grep { defined $changed->{$_}[0] } keys %{$changed}
        ],
        [],
        "$list: the other lines stay"
    );
    my $new = snapshot_of($vm->{vmx}, ($value->{'snapshot.lastuid'} || 0) + 1);
    is($new->{displayname}, 'another', "$list: it has the next number");
    is($new->{parent}, $value->{'snapshot.current'}, "$list: it is below the current one");
}

# What we write of a parent of a linked clone, a snapshot and the clone's own, is what is there.
for my $list (real_files(qr/\.vmsd$/)) {
    my $keys = [sort @{ real_text("$real/$list")->{keys} }];
    next if "@{$keys}" !~ /snapshot1\.clone0/ || "@{$keys}" =~ /snapshot2\.uid/;
    my $vm   = make_vm(disks => [{ slot => 'ide0:0', size_mb => 1 }]);
    my $keep = temp_dir();
    is(take_snapshot($vm->{vmx}, 'first'), VIX_OK, "$list: as its machine: a snapshot");
    is(linked_clone($vm->{vmx}, undef, "$keep/c/c.vmx"), VIX_OK, 'and a linked clone');
    is_deeply([sort @{ snapshot_list($vm->{vmx})->{keys} }], $keys, 'give the same keys');
}

done_testing();
