package VixTest::FaultTrial;

# Calls that change files, each in a folder that is reset before every run, and what must be true
# after one of them was cut off or failed: the machine's current disks and snapshots read as before,
# a clone is absent or complete, the same call then succeeds, and nothing of the failure is left.
# Asserts nothing; returns lists of sentences.

use strict;
use warnings;

use Digest::SHA    ();
use Exporter 'import';
use File::Basename qw(dirname);

use VMware::Vix::API::Constants;
use VixTest::Disk          qw(make_delta);
use VixTest::Files         qw(folder_digest list_files slurp spew temp_dir);
use VixTest::SavedFolder   qw(restore_folder save_folder);
use VixTest::SnapshotCalls qw(delete_vm full_clone linked_clone remove_snapshot
    snapshot_names);
use VixTest::SnapshotChain qw(chain_bytes chain_complaints chain_of link_files);
use VixTest::SnapshotDisk  qw(present_path snapshot_path);
use VixTest::SnapshotKill  qw(calls_to_kill clone_complaints is_untidy killed_machine next_calls
    present_reads state_complaints);
use VixTest::SnapshotState qw(lengthen_list snapshot_list snapshot_of);
use VixTest::Tools         qw(qemu_check run_tool);
use VixTest::Vmx           qw(vmx_line);

our @EXPORT_OK = qw(trial_names start_trial reset_trial run_trial complaints_after state_key);

my @SLOTS = ('scsi0:0', 'sata0:0');

# name => { do, also, prepare => [what sets up the folder], folder (the clone's folder exists
# before), call (what it is judged as, its own name by default), earlier (clones that it makes before)
# }.
sub _trials {
    my %call   = calls_to_kill();
    my %trials = map { $_ => { do => $call{$_}[0], also => [@{ $call{$_} }[1 .. $#{ $call{$_} }]] } }
        keys %call;
    my $folder = sub { mkdir "$_[1]/clone" or die "mkdir: $!" };
    my $clone  = sub {
        my $err = linked_clone($_[0], [0, 0], "$_[1]/clone/c.vmx");
        die "preparing the clone: $err" if $err != VIX_OK;
    };
    my $full = sub { return full_clone($_[0], undef, "$_[1]/c.vmx") };
    $trials{'full clone'}             = { do => $full };
    my %there = (prepare => [$folder], folder => 1);
    $trials{'full clone into folder'} = { do => $full, %there };
    $trials{'clone into folder'}      = { %{ $trials{'clone snapshot'} }, %there };
    $trials{'delete clone'}
        = { do => sub { return delete_vm("$_[1]/c.vmx") }, prepare => [$clone] };
    $trials{'delete machine'} = { do => sub { return delete_vm($_[0]) } };
    $trials{'third clone of a long list'} = {
        do => sub {
            my @new = grep { !-e } map {"$_[1]$_"} qw(1/a.vmx 2/b.vmx);
            return linked_clone($_[0], [0, 0], @new, "$_[1]/c.vmx");
        },
        prepare => [sub { lengthen_list($_[0], 2, 1000) }],
        earlier => [qw(clone1/a.vmx clone2/b.vmx)],
        call    => 'clone snapshot',
    };
    my %where = _states();
    for my $where (keys %where) {
        my ($calls, $make, %state) = @{ $where{$where} };
        for my $call (@{$calls}) {
            my @prepare = ($make, @{ $trials{$call}{prepare} || [] });
            $trials{"$call, $where"} = { %{ $trials{$call} }, prepare => \@prepare, %state };
        }
    }
    return %trials;
}

# Machines as users leave them: name => [calls, the sub that makes the machine so, what is wrong
# with what must stay, the files that must].
sub _states {
    my @calls = (
        'take',        'revert', 'remove root', 'remove leaf', 'remove all', 'clone snapshot',
        'clone present', 'delete clone'
    );
    return (
        'a disk switched off' => [\@calls, \&_switch_off, stays => qr{^vm/alpha-stray\.vmdk$}],
        'the list lost'       => [
            ['take', 'full clone', 'clone present'],
            sub { spew($_[0] =~ s/x$/sd/r, '') },
            stays  => qr{^vm/alpha(?:-Snapshot[1-3]\.vmsn|(?:-0)?(?:-00000[1-3])?(?:-s\d+)?\.vmdk)$},
            merged => qr{^vm/alpha(?:-0)?-000002\b},
        ],
        'in a copy' => [
            [@calls, 'delete machine'],
            \&_copy_parent, stays => qr{^(?:original|others)(?:/|$)}
        ],
        'beside a neighbour' => [
            ['delete machine'], \&_add_neighbour,
            stays => qr{^vm/(?:other\b.*|alpha(?:-s\d+)?\.vmdk)$}
        ],
    );
}

# A third disk, which the .vmx switches off, depends on the first one's base.
sub _switch_off {
    my ($vmx, undef, $machine) = @_;
    my $base = $machine->{vm}{disks}[0];
    make_delta(parent => $base, name => 'alpha-stray', writes => [[900, 40, 77]]);
    spew($vmx, slurp($vmx)
            . qq{scsi0:5.present = "FALSE"\nscsi0:5.fileName = "alpha-stray.vmdk"\n});
    return;
}

# Another machine in the same folder, whose disk depends on the first one's base; no snapshot list
# says so.
sub _add_neighbour {
    my ($vmx, undef, $machine) = @_;
    make_delta(
        parent => $machine->{vm}{disks}[0],
        name   => 'other',
        writes => [[900, 40, 77]]
    );
    my @keys = (
        'config.version'    => 8,
        'virtualHW.version' => 8,
        'scsi0.present'     => 'TRUE',
        'scsi0:0.present'   => 'TRUE',
        'scsi0:0.fileName'  => 'other.vmdk'
    );
    my $text = '';
    $text .= vmx_line(splice @keys, 0, 2) . "\n" while @keys;
    spew(dirname($vmx) . '/other.vmx', $text);
    return;
}

# The machine is a copy beside the original, which has a linked clone.
sub _copy_parent {
    my ($vmx, $work) = @_;
    my $run = run_tool('cp', '-r', "$work/vm", "$work/original");
    die "cp: $run->{err}" if $run->{status};
    my $err = linked_clone("$work/original/alpha.vmx", [0, 0], "$work/others/o.vmx");
    die "the original's clone: $err" if $err != VIX_OK;
    spew($vmx =~ s/x$/sd/r, slurp("$work/original/alpha.vmsd"));
    return;
}

# The files that must stay as they are: name => bytes; for a disk, those that its guest reads.
sub _staying {
    my ($trial) = @_;
    return if !$trial->{stays};
    my $work = $trial->{work};
    return map { $_ => m{(?:-stray|/o|/other)\.vmdk$} ? chain_bytes("$work/$_") : slurp("$work/$_") }
        grep { -f "$work/$_" && $_ =~ $trial->{stays} && !/\.lck\b/ } list_files($work);
}

# The current disk may have been merged into a later one if a snapshot was removed.
sub _staying_complaints {
    my ($trial, $merged) = @_;
    my %now = _staying($trial);
    return map {"$_ is not what it was"}
        grep { !$merged || $_ !~ $merged }
        grep { !defined $now{$_} || $now{$_} ne $trial->{staying}{$_} } keys %{ $trial->{staying} };
}

sub trial_names {
    my %trials = _trials();
    return sort keys %trials;
}

# The record of a trial: { what, do, also, keep, work, saved, vmx, clone, machine, raw => the kept
# originals for qemu-img }. Optional: dir (the work folder instead of a temporary one), by_content
# (permissions and times of the source do not count).
sub start_trial {
    my ($what, %may) = @_;
    my %trials = _trials();
    (my $call = $what) =~ s/,.*//;
    my %trial = (also => [], what => $what, call => $call, keep => temp_dir(), %{ $trials{$what} });
    $trial{work}    = ($may{dir} || "$trial{keep}") . '/work';
    $trial{vmx}     = "$trial{work}/vm/alpha.vmx";
    $trial{clone}   = "$trial{work}/clone";
    mkdir $trial{work} or die "mkdir: $!";
    $trial{machine} = killed_machine("$trial{work}/vm");
    $_->(@trial{qw(vmx work machine)}) for @{ $trial{prepare} || [] };
    $trial{staying} = { _staying(\%trial) };
    $trial{saved} = save_folder($trial{work});
    $trial{by_content} = $may{by_content};
    $trial{before}     = _digest(\%trial);
    my $reads = $trial{machine}{reads};
    for my $state (keys %{$reads}) {
        spew("$trial{keep}/$state-$_.raw", $reads->{$state}{$_}) for @SLOTS;
    }
    return \%trial;
}

# Resets everything to the state before the call.
sub reset_trial {
    my ($trial) = @_;
    restore_folder($trial->{saved}, $trial->{work});
    return;
}

sub run_trial {
    my ($trial) = @_;
    return $trial->{do}->($trial->{vmx}, $trial->{clone});
}

# The digest of the machine's folder, without what locks of a dead process leave in it.
sub _digest {
    my ($trial) = @_;
    my $folder = folder_digest("$trial->{work}/vm");
    $folder =~ s/^(?:\S+ folder|\S+ (\d+) \d+) /defined $1 ? "$1 " : ''/gem if $trial->{by_content};
    return join "\n", grep { !/\.lck(?:\/|$)/ && !/vmx\.list/ } split /\n/, $folder;
}

# What is random or from the clock: content ids in disks; UUIDs and times in the other files. Each
# pattern begins with a text that is found quickly.
my $CONTENT_ID = qr/CID=[0-9a-f]{1,8}/;
my $UUID       = qr/[">](?:[0-9a-f]{2}[ -]){15}[0-9a-f]{2}/;
my $TIME       = qr/Time(?:High|Low) = "-?\d+"/;

# The same key for two states that differ only in these values, with the same ones among them equal.
sub state_key {
    my ($trial) = @_;
    my ($work, %number, @things) = ($trial->{work});
    for my $name (grep { !/\.lck\// } list_files($work)) {
        my $path = "$work/$name";
        my $is   = sprintf '%06o', (lstat $path)[2];
        if (-f _) {
            my $bytes = slurp($path);
            my @drawn = $name =~ /\.vmdk$/ ? $CONTENT_ID : ($UUID, $TIME);
            for my $one (@drawn) {
                $bytes =~ s/($one)/'#' . ($number{$1} ||= 1 + keys %number)/ge;
            }
            $is .= ' ' . Digest::SHA::sha256_hex($bytes);
        }
        push @things, "$is $name";
    }
    return join "\n", @things;
}

# What is wrong after a call that was stopped somewhere. `$code` is its result, if it returned.
# Optional: qemu (1: ask qemu-img, too), again (0: without the calls that follow). A complaint about
# wasted room, without lost data, begins with "untidy".
sub complaints_after {
    my ($trial, $code, %may) = @_;
    my @wrong = grep { !/^untidy/ } _present_complaints($trial, $code, %may);
    return @wrong if @wrong;
    return @wrong if defined $may{again} && !$may{again};
    push @wrong, _same_call_again($trial, $code);
    push @wrong, map {"then: $_"} grep { !/^untidy/ } _present_complaints($trial, VIX_OK, %may);
    my @next = $trial->{call} =~ /clone|delete/ ? () : next_calls(
        $trial->{machine}, $trial->{vmx}, 'next', [sub { return VIX_OK }, @{ $trial->{also} }],
        $trial->{work}
    );
    push @wrong, grep { !is_untidy($_) } @next;
    push @wrong, map {"at the end: $_"} _staying_complaints($trial, $trial->{merged});
    push @wrong, map {"untidy at the end: $_"}
        grep { $_ ne '' } map { chain_complaints(present_path($trial->{vmx}, $_)) } @SLOTS
        if $trial->{call} ne 'delete machine';
    push @wrong, _litter($trial) if !defined $code || $code != VIX_OK;
    return @wrong;
}

sub _present_complaints {
    my ($trial, $code, %may) = @_;
    my ($vmx, $what) = @{$trial}{qw(vmx call)};
    return _deletion_complaints($trial, $code) if $what eq 'delete machine';
    my @wrong = eval { state_complaints($trial->{machine}, $vmx, @{ $trial->{also} }) };
    push @wrong, "cannot be judged: $@" if $@;
    $_ = "untidy: $_" for grep { is_untidy($_) } @wrong;
    push @wrong, 'a full clone changed its source'
        if $what =~ /full/ && _digest($trial) ne $trial->{before};
    my $undone = $what eq 'clone present' ? $trial->{merged} : undef;
    push @wrong, _clone_complaints($trial, $code), _staying_complaints($trial, $undone);
    push @wrong, _qemu_complaints($trial) if $may{qemu} && !grep { !/^untidy/ } @wrong;
    return @wrong;
}

# A machine that is being deleted may be incomplete; what other machines need must be whole.
sub _deletion_complaints {
    my ($trial, $code) = @_;
    my @wrong = _staying_complaints($trial);
    push @wrong, 'deleted, and still there'
        if -e $trial->{vmx} && defined $code && $code == VIX_OK;
    return @wrong;
}

sub _clone_complaints {
    my ($trial, $code) = @_;
    my ($vmx, $what, $clone) = @{$trial}{qw(vmx call clone)};
    return if $what !~ /clone/;
    my $there = -e "$clone/c.vmx";
    if (my @wrong = _record_complaints($trial)) { return @wrong }
    if ($what eq 'delete clone') {
        return 'deleted, and still there' if $there && defined $code && $code == VIX_OK;
        return;
    }
    return 'no clone after success' if !$there && defined $code && $code == VIX_OK;
    return 'half a clone after a failure: ' . join ' ', list_files($clone)
        if !$there && defined $code && -e $clone && !$trial->{folder};
    return if !$there;
    return clone_complaints($trial->{machine}, $vmx, $what, $clone) if $what !~ /full/;
    my $is = eval { present_reads("$clone/c.vmx") } or return "the clone cannot be read: $@";
    my $want = $trial->{machine}{reads}{present};
    return map {"the clone's $_ differs"} grep { $is->{$_} ne $want->{$_} } @SLOTS;
}

# Each record is counted, and each clone that was made on the way has one.
sub _record_complaints {
    my ($trial) = @_;
    my @wrong;
    for my $uid (1 .. 3) {
        my $keys    = snapshot_of($trial->{vmx}, $uid);
        my $records = grep {/^clone\d/} keys %{$keys};
        my $counted = $keys->{numclones} || 0;
        push @wrong, "snapshot $uid counts $counted of $records clones" if $counted != $records;
    }
    my $list = slurp($trial->{vmx} =~ s/x$/sd/r);
    for my $clone (grep {-e} map {"$trial->{work}/$_"} @{ $trial->{earlier} || [] }) {
        push @wrong, "$clone is not on record" if index($list, qq("$clone")) < 0;
    }
    return @wrong;
}

sub _qemu_complaints {
    my ($trial) = @_;
    my ($vmx, $keep) = @{$trial}{qw(vmx keep)};
    my @wrong = _qemu_differs($trial, $vmx, 'present', @{ $trial->{also} });
    my $list  = snapshot_list($vmx)->{value};
    for my $uid (map { /^snapshot\d+\.uid$/ ? $list->{$_} : () } sort keys %{$list}) {
        next if $uid > 3;
        push @wrong, map { _compare("$keep/$uid-$_.raw", snapshot_path($vmx, $uid, $_)) } @SLOTS;
    }
    my $clone = "$trial->{clone}/c.vmx";
    return @wrong if !-e $clone || $trial->{call} eq 'delete clone';
    my $of = $trial->{call} =~ /present|full/ ? 'present' : 2;
    return @wrong, _qemu_differs($trial, $clone, $of);
}

# The current disks match one of these states, and each of their files is sound.
sub _qemu_differs {
    my ($trial, $vmx, @states) = @_;
    my %path   = map { $_ => present_path($vmx, $_) } @SLOTS;
    my %chains = map { $_ => 1 } map { chain_of($_) } values %path;
    my @wrong  = grep {$_} map { my $link = $_; _once('check', $link, sub { qemu_check($link) }) }
        sort keys %chains;
    my @closest;
    for my $state (@states) {
        my @differs = map { _compare("$trial->{keep}/$state-$_.raw", $path{$_}) } @SLOTS;
        return @wrong if !@differs;
        @closest = @differs if !@closest;
    }
    return (@wrong, @closest);
}

sub _compare {
    my ($raw, $disk) = @_;
    my $answer = _once($raw, $disk, sub { _compare_now($raw, $disk) });
    return $answer eq '' ? () : $answer;
}

# Earlier answers for the same bytes, because most calls change few files.
my %ANSWERS;

sub _once {
    my ($question, $disk, $ask) = @_;
    my $digest = Digest::SHA->new(256);
    for my $link (chain_of($disk)) {
        $digest->add("$_ ", slurp($_)) for link_files($link);
    }
    my $key = "$question $disk " . $digest->hexdigest;
    $ANSWERS{$key} = $ask->() if !exists $ANSWERS{$key};
    return $ANSWERS{$key};
}

sub _compare_now {
    my ($raw, $disk) = @_;
    my $run = run_tool('qemu-img', 'compare', '-f', 'raw', '-F', 'vmdk', $raw, $disk);
    return $run->{status} == 0 ? '' : "qemu-img compare $disk: $run->{out}$run->{err}";
}

# The same call succeeds, or its work is done already; then the next call there succeeds.
sub _same_call_again {
    my ($trial, $code) = @_;
    my ($vmx, $what, $clone) = @{$trial}{qw(vmx call clone)};
    return if defined $code && $code == VIX_OK;
    my $there = -e "$clone/c.vmx";
    return _delete_again($trial, $there)   if $what eq 'delete clone';
    return _delete_again($trial, -e $vmx)  if $what eq 'delete machine';
    return _clone_again($trial)            if $what =~ /clone/ && $there;
    my $done = $what =~ /^remove/ && _names_left($vmx) ne 'a b c';
    return if $done;
    my $err = run_trial($trial);
    return $err == VIX_OK ? () : "the same call again answers $err";
}

sub _delete_again {
    my ($trial, $there) = @_;
    my $err = run_trial($trial);
    return $err == VIX_OK ? () : "deleting again: $err" if $there;
    return "deleting what is deleted: $err" if $err != VIX_E_VM_NOT_FOUND;
    return                                  if $trial->{call} eq 'delete machine';
    my $clone = linked_clone($trial->{vmx}, [0, 0], "$trial->{clone}/c.vmx");
    my $gone  = run_trial($trial);
    return $clone == VIX_OK && $gone == VIX_OK ? () : "cloning there: $clone, deleting that: $gone";
}

# A complete clone makes the same call fail until it is deleted.
sub _clone_again {
    my ($trial) = @_;
    my $err = run_trial($trial);
    return "again over a whole clone: $err"
        if $err != VIX_E_FILE_ALREADY_EXISTS && $err != VIX_E_SNAPSHOT_EXISTS;
    my $gone  = delete_vm("$trial->{clone}/c.vmx");
    my $clone = run_trial($trial);
    return $clone == VIX_OK && $gone == VIX_OK ? () : "deleting it: $gone, cloning again: $clone";
}

sub _names_left {
    my ($vmx) = @_;
    my $flat;
    $flat = sub { return map { ref $_ ? $flat->(@{$_}) : $_ } @_ };
    return join ' ', $flat->(@{ snapshot_names($vmx) });
}

# Files that no machine of the trial names.
sub _litter {
    my ($trial) = @_;
    my %known = ("$trial->{work}/vm" => 1);
    for my $vmx (grep {-e} $trial->{vmx}, "$trial->{clone}/c.vmx") {
        (my $stem = $vmx) =~ s/\.vmx$//;
        $known{$_} = 1 for dirname($vmx), map {"$stem.$_"} qw(vmx vmsd vmxf nvram);

        # The journal names a superfluous disk for the next removal.
        $known{"$stem.vix-pending"} = 1
            if -e "$stem.vix-pending" && slurp("$stem.vix-pending") !~ /\0file /;
        my $list = snapshot_list($vmx)->{value};
        my @uids = map { /^snapshot\d+\.uid$/ ? $list->{$_} : () } keys %{$list};
        $known{ dirname($vmx) . '/' . $_ } = 1
            for map { /^snapshot\d+\.filename$/ ? $list->{$_} : () } keys %{$list};
        my @disks = map { present_path($vmx, $_) } @SLOTS;
        push @disks, map { my $uid = $_; map { snapshot_path($vmx, $uid, $_) } @SLOTS } @uids;
        for my $link (map { eval { chain_of($_) } } @disks) {    # an incomplete chain of such a clone
            $known{$_} = 1 for link_files($link);
        }
    }
    my @left = grep { !$known{"$trial->{work}/$_"} && !/^lost\+found/ } list_files($trial->{work});
    my @folders = map { dirname($_) } @{ $trial->{earlier} || [] };
    for my $may_stay ($trial->{stays} || (), map {qr{^\Q$_\E(?:/|$)}} @folders) {
        @left = grep { $_ !~ $may_stay } @left;
    }

    # The next machine of this name takes over the lock of a deleted one.
    @left = grep { !m{^vm/alpha\.vmx\.lck(?:/|$)} } @left if !-e $trial->{vmx};

    # A process that chooses a lock's number is waited for; a second later its files count as dead.
    my @young = map {m{^(.*\.lck)/[DE]\d{5}\.lck$}} @left;
    for my $lock (@young) {
        my $only = !grep {m{^\Q$lock\E/M}} @left;
        @left = grep { !m{^\Q$lock\E(?:/|$)} && $_ ne dirname($lock) } @left if $only;
    }
    s/\b([DEM])\d{5}\.lck/$1.lck/ for @left;
    return map {"untidy: $_ is left"} @left;
}

1;
