package VMware::Vix::Vmrun::Progress;

# Shows the progress of a long call on standard error. On a terminal it redraws one line; elsewhere it
# prints a line for each tenth.

use 5.014;
use strict;
use warnings;

use VMware::Vix ();

sub new {
    my ($class, $title) = @_;
    my $self = bless { title => $title, shown => -1, terminal => -t STDERR }, $class;
    $self->{before} = VMware::Vix::on_progress(sub { $self->show(@_) });
    return $self;
}

sub show {
    my ($self, $percent, $done, $total) = @_;
    my $step = $self->{terminal} ? $percent : $percent - $percent % 10;
    return if $step == $self->{shown};
    $self->{shown} = $step;
    my $line = sprintf '%s: %3d%%', $self->{title}, $step;
    $line .= sprintf ' (%s of %s)', _size($done), _size($total) if $total;
    print STDERR $self->{terminal} ? "\r$line\e[K" : "$line\n";
    return;
}

sub end {
    my ($self, $complete) = @_;
    VMware::Vix::on_progress($self->{before});
    $self->show(100, 0, 0) if $complete && $self->{shown} != 100;
    print STDERR "\n" if $self->{terminal} && $self->{shown} >= 0;
    return;
}

sub _size {
    my ($bytes) = @_;
    my @units = qw(bytes KiB MiB GiB TiB);
    my $unit  = 0;
    ($bytes /= 1024, $unit++) while $bytes >= 1024 && $unit < $#units;
    return sprintf $unit ? '%.1f %s' : '%d %s', $bytes, $units[$unit];
}

1;

__END__

=encoding UTF-8

=head1 NAME

VMware::Vix::Vmrun::Progress - shows the progress of a long call

=head1 SYNOPSIS

    my $line = VMware::Vix::Vmrun::Progress->new('Cloning');
    my ($err, $clone) = VMClone(...);
    $line->end($err == VIX_OK);

=head1 DESCRIPTION

A part of L<VMware::Vix::Vmrun>. It draws one line on standard error. If that is not a terminal, it
prints a line for each tenth.

=head1 METHODS

=head2 new

Starts to follow the calls of this interpreter (see L<VMware::Vix/on_progress>).

=head2 show

    $line->show($percent, $bytes_done, $bytes_in_all);

Draws the line if it has changed.

=head2 end

    $line->end($complete);

Stops following and restores the previous progress function. The line stays on the screen.

=head1 LICENSE

Free software, under the same terms as Perl itself.

=cut
