package VixTest::SnapshotTrial;

# One random world of VixTest::SnapshotModel in one call: this many steps, checked every few of
# them.

use strict;
use warnings;

use Exporter 'import';

use VixTest::Files         qw(temp_dir);
use VixTest::SnapshotJudge qw(qemu_complaints world_complaints);
use VixTest::SnapshotModel;
use VixTest::Tools qw(have_tool);

our @EXPORT_OK = qw(complaints_about_world random_disks);

sub _one_of { return $_[rand @_] }

# A base disk of any class that may have children. Of whole grains, because QEMU misreads extents
# that end within one.
sub _random_base {
    my ($capacity) = @_;
    my $type = _one_of(
        qw(monolithicSparse monolithicSparse twoGbMaxExtentSparse twoGbMaxExtentSparse
            monolithicFlat twoGbMaxExtentFlat)
    );
    my %disk = (type => $type, sectors => $capacity);
    $disk{content} = [] if rand > 0.7;
    return \%disk if $type =~ /Flat/;
    $disk{sparse} = {
        grain     => _one_of(16,    64,        128, 128, 128, 256),
        order     => _one_of(undef, 'reverse', 'shuffled'),
        redundant => _one_of(1,     1,         1, 0),
    };
    my $third = int($capacity / 3);
    $third -= $third % 256;
    $disk{extents} = [$third, $third, $capacity - 2 * $third] if $type =~ /^twoGb/;
    return \%disk;
}

# One to three disks on several buses, some with older deltas, some independent.
sub random_disks {
    my @disks;
    my $number = 0;
    for my $slot ('scsi0:0', ('scsi0:1', 'sata0:0', 'ide0:1', 'nvme0:0')[0 .. int rand 3]) {
        last if $number > 0 && rand > 0.6;
        my $disk = _random_base(256 * (5 + int rand _one_of(6, 24, 50)));
        $disk->{slot}   = $slot;
        $disk->{deltas} = [map { { writes => [[64 * $_, 300, $_ + 1]] } } 1 .. int rand 3]
            if rand > 0.7;
        $disk->{mode} = _one_of('independent-persistent', 'independent-nonpersistent')
            if $number && rand > 0.75;
        push @disks, $disk;
        $number++;
    }
    return @disks;
}

# Returns (what the first machine's disks are, what is wrong ...).
sub complaints_about_world {
    my ($seed, $steps, %may) = @_;
    local $ENV{VIX_CLONE_SYNC} = 'FALSE';    # power loss is not tested
    my $keep = temp_dir();
    srand $seed;
    my @disks = random_disks();
    my $world = VixTest::SnapshotModel->new(dir => "$keep", disks => \@disks);
    my $shown = join ', ', map {
        join ' ', grep {defined} @{$_}{qw(slot type sectors mode)}
    } @disks;
    my $every = $may{every} || 4;
    my (%seen, @wrong);
    for my $step (1 .. $steps) {
        srand $seed * 10_000 + $step;    # File::Temp uses the same source
        my $lived = eval { $world->step; 1 };
        push @wrong, "step $step: $@"         if !$lived;
        push @wrong, world_complaints($world) if $lived && ($step % $every == 0 || $step == $steps);
        push @wrong, qemu_complaints($world, \%seen)
            if $lived && have_tool('qemu-img') && ($step % (5 * $every) == 0 || $step == $steps);
        last if @wrong;
    }
    return $shown               if !@wrong;
    $keep->unlink_on_destroy(0) if $ENV{VIX_TEST_KEEP};
    my @log = $world->log;
    return ($shown, @wrong > 12 ? @wrong[0 .. 11] : @wrong, 'done before:', @log, "in $keep");
}

1;
