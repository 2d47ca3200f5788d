package VixTest::DiskDescriptor;

# The text descriptor of a virtual disk. Written in Workstation's form, with switches for what other
# writers do; read back by a parser of the tests' own.

use strict;
use warnings;

use Exporter 'import';

use VixTest::Files qw(read_bytes);

our @EXPORT_OK = qw(descriptor_text read_descriptor);

my $SECTOR = 512;

my @HEADER_KEYS = qw(encoding CID parentCID isNativeSnapshot createType parentFileNameHint);

# extents: the extent lines. header: [key => value ...], in order; undef leaves a key out. ddb: the
# same for the disk data base. eol: line end.
sub descriptor_text {
    my (%given) = @_;
    my @lines = ('# Disk DescriptorFile', 'version=' . ($given{version} || 1));
    push @lines, _header_lines(@{ $given{header} });
    push @lines, '', '# Extent description', @{ $given{extents} };
    push @lines, '', '# The Disk Data Base ', '#DDB', '';
    my @ddb = @{ $given{ddb} || [] };
    while (my ($key, $value) = splice @ddb, 0, 2) {
        push @lines, qq(ddb.$key = "$value") if defined $value;
    }
    my $eol = $given{eol} || "\n";
    return join '', map {"$_$eol"} @lines;
}

sub _header_lines {
    my (%header) = @_;
    my @lines;
    for my $key (@HEADER_KEYS) {
        next if !defined $header{$key};
        push @lines, $key =~ /CID$/ ? "$key=$header{$key}" : qq($key="$header{$key}");
    }
    return @lines;
}

# Returns { text, header => {key => value}, ddb => {key => value}, extents => [{access, sectors,
# kind, name, offset}] } of a descriptor file, or of the descriptor embedded in a sparse extent.
sub read_descriptor {
    my ($path) = @_;
    my $text = read_bytes($path, 0, 4);
    if ($text eq 'KDMV') {
        my ($offset, $size) = unpack 'Q<2', read_bytes($path, 28, 16);
        $text = read_bytes($path, $offset * $SECTOR, $size * $SECTOR);
    }
    else {
        $text = read_bytes($path, 0, 1 << 20);
    }
    $text =~ s/\0.*//s;
    my %found = (text => $text, header => {}, ddb => {}, extents => []);
    _read_line(\%found, $_) for split /\r?\n/, $text;
    return \%found;
}

sub _read_line {
    my ($found, $line) = @_;
    if ($line =~ /^(RW|RDONLY|NOACCESS)\s+(\d+)\s+(\w+)(?:\s+"([^"]*)"(?:\s+(\d+))?)?/) {
        push @{ $found->{extents} },
            { access => $1, sectors => $2, kind => $3, name => $4, offset => $5 };
    }
    elsif ($line =~ /^ddb\.([\w.]+)\s*=\s*"([^"]*)"/) {
        $found->{ddb}{$1} = $2;
    }
    elsif ($line =~ /^(\w+)\s*=\s*"?([^"]*)"?$/) {
        $found->{header}{$1} = $2;
    }
    return;
}

1;
