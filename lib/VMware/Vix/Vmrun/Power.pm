package VMware::Vix::Vmrun::Power;

# The commands of vmrun that start and stop virtual machines.

use 5.014;
use strict;
use warnings;

use VMware::Vix::API::Constants;
use VMware::Vix::Simple;

sub commands {
    return (
        [start   => 'VMX [gui|nogui]',         \&_start],
        [stop    => 'VMX [hard|soft] [nogui]', sub { _by_mode(\&VMPowerOff, 'powerOff', @_) }],
        [reset   => 'VMX [hard|soft] [nogui]', sub { _by_mode(\&VMReset, 'reset', @_) }],
        [suspend => 'VMX [hard|soft] [nogui]', \&_suspend],
        [pause   => 'VMX',                     sub { _freeze(\&VMPause, @_) }],
        [unpause => 'VMX',                     sub { _freeze(\&VMUnpause, @_) }],
    );
}

# Without an argument no window opens.
sub _start {
    my ($self, $vmx, $window) = @_;
    $window = VMware::Vix::Vmrun::word_of('the last argument', $window // 'nogui', qw(gui nogui));
    my $options = $window eq 'gui' ? VIX_VMPOWEROP_LAUNCH_GUI : VIX_VMPOWEROP_NORMAL;
    VMware::Vix::Vmrun::check(VMPowerOn($self->open_vm($vmx), $options, VIX_INVALID_HANDLE), $vmx);
    my $note = VMware::Vix::last_error_detail();
    print {*STDERR} "vmrun: $note\n" if $window eq 'gui' && $note =~ /\bno window is opened\b/;
    return;
}

# Returns "hard", "soft" or undef. Programs also pass "nogui", which means nothing here, and both words
# as one argument ("hard nogui").
sub _mode_of {
    my (@arguments) = @_;
    my $mode;
    for my $word (map { split } @arguments) {
        my $known
            = VMware::Vix::Vmrun::word_of('the last argument', $word, qw(hard soft nogui gui));
        $mode = $known if $known =~ /\A(?:hard|soft)\z/;
    }
    return $mode;
}

# Without an argument the .vmx decides: VMware's user interface writes the setting there.
sub _by_mode {
    my ($call, $kind, $self, $vmx, @arguments) = @_;
    my $vm   = $self->open_vm($vmx);
    my $mode = _mode_of(@arguments);
    if (!defined $mode) {
        (my $err, $mode) = VMReadVariable($vm, VIX_VM_CONFIG_RUNTIME_ONLY, "powerType.$kind", 0);
        VMware::Vix::Vmrun::check($err, $vmx);
        $mode = lc($mode) eq 'soft' ? 'soft' : 'hard';
    }
    my $options = $mode eq 'soft' ? VIX_VMPOWEROP_FROM_GUEST : VIX_VMPOWEROP_NORMAL;
    VMware::Vix::Vmrun::check($call->($vm, $options), $vmx);
    return;
}

# VMSuspend has no such option; the argument is only checked.
sub _suspend {
    my ($self, $vmx, @arguments) = @_;
    _mode_of(@arguments);
    VMware::Vix::Vmrun::check(VMSuspend($self->open_vm($vmx), 0), $vmx);
    return;
}

sub _freeze {
    my ($call, $self, $vmx) = @_;
    VMware::Vix::Vmrun::check($call->($self->open_vm($vmx), 0, VIX_INVALID_HANDLE), $vmx);
    return;
}

1;

__END__

=encoding UTF-8

=head1 NAME

VMware::Vix::Vmrun::Power - vmrun's commands that start and stop virtual machines

=head1 DESCRIPTION

A part of L<VMware::Vix::Vmrun>; the commands are described in L<vmrun>.

=head1 FUNCTIONS

=head2 commands

Returns the commands of this module, as VMware::Vix::Vmrun::commands() does.

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
