#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
#
# Do walk, map, vad, ps, the counters and smaps speak of the same bytes? agree.pl DIR
#
# DIR has what each has said of one process: walk, map, vad, ps, counters (JSON) and smaps.
# Prints what is not so; the status is 1 then.
use strict;
use warnings;
no warnings 'portable'; # addresses have more than 32 bits
use JSON::PP;

my ($dir, $pid) = @ARGV;
my $wrong = 0;

sub of {
	my ($name) = @_;
	open my $file, '<', "$dir/$name" or die "$dir/$name: $!\n";
	local $/;
	return decode_json(<$file>);
}

my ($walk, $map, $vad, $counters) = map { of($_) } qw(walk map vad counters);
my ($ps) = grep { $_->{pid} == $pid } @{ of('ps')->{processes} };
my %kind = map { $_->{kind} => $_ } @{ $map->{kinds} };

sub same {
	my ($what, $first, @others) = @_;
	for my $other (@others) {
		next if defined $first && defined $other && $first == $other;
		printf "%s: %s\n", $what, join ' ', map { $_ // 'unknown' } $first, @others;
		$wrong = 1;
		return;
	}
}

sub sum {
	my $sum = 0;
	$sum += $_ for @_;
	return $sum;
}

sub bytes {
	my ($state, $type) = @_;
	return sum(map { $_->{size} } grep {
		(!$state || $_->{state} eq $state) && (!$type || ($_->{type} // '') eq $type)
	} @{ $walk->{regions} });
}

sub kinds {
	my ($member, @names) = @_;
	return sum(map { $kind{$_}{$member} } @names);
}

my %kinds_of = (
	private => [qw(private heap stack)],
	mapped => ['mapped file', 'shareable'],
	image => ['image'],
);
my @used = map { @$_ } values %kinds_of;

same("bytes that are $_", bytes($_), $walk->{$_}, $map->{$_}) for qw(free reserved committed);
same('bytes in all', bytes(), $walk->{all}, $map->{all}, kinds('size', @used, qw(free unusable)));
same('regions', scalar @{ $walk->{regions} }, $walk->{count}, $map->{count});
for my $type (sort keys %kinds_of) {
	my $kinds = $kinds_of{$type};
	same("bytes that are $type", bytes('', $type), $walk->{$type}, $map->{$type},
		kinds('size', @$kinds));
	same("bytes that are committed and $type", bytes('committed', $type),
		kinds('committed', @$kinds));
}
same('what is committed', $walk->{committed}, $kind{'in use'}{committed},
	kinds('committed', @used), sum(map { $_->{committed} } @{ $map->{allocations} }));
same('what is in use', $walk->{committed} + $walk->{reserved}, $kind{'in use'}{size},
	kinds('size', @used), sum(map { $_->{size} } @{ $map->{allocations} }));

# The VADs, each by what walk says of its pages.
my (%regions_of, %page_total, $shared);
push @{ $regions_of{ $_->{allocation} } }, $_ for grep { $_->{allocation} } @{ $walk->{regions} };
for my $record (@{ $vad->{vads} }) {
	my $start = hex $record->{start_vpn};
	my $size = (hex($record->{end_vpn}) + 1 - $start) * 4096;
	my $at = sprintf '0x%x', $start * 4096;
	my @regions = @{ $regions_of{$at} // [] };
	my $committed = sum(map { $_->{size} } grep { $_->{state} eq 'committed' } @regions);

	same("the size of the VAD at $at", $size, sum(map { $_->{size} } @regions));
	$page_total{ $record->{type} } += $size;
	same("the commit of the VAD at $at", $record->{commit_pages} * 4096, $committed)
		if $record->{type} eq 'private';
	$shared += $committed if ($record->{kind} // '') eq 'page file';
}
same("pages that are $_", ($page_total{$_} // 0) / 4096, $vad->{"${_}_pages"})
	for qw(private mapped image);
same('what is allocated', sum(values %page_total), $vad->{pages} * 4096, $walk->{allocated},
	$map->{allocated}, $ps->{reserved});
same('the charge', sum(map { $_->{commit_pages} } @{ $vad->{vads} }) * 4096,
	$vad->{commit_pages} * 4096, $walk->{charge}, $map->{charge}, $ps->{committed},
	$counters->{PrivateUsage}, $counters->{PagefileUsage});
same('what is committed in sections', $shared // 0, $counters->{SharedCommitUsage});
same('VADs', scalar @{ $vad->{vads} }, $vad->{count}, $ps->{allocations});

open my $smaps, '<', "$dir/smaps" or die "$dir/smaps: $!\n";
my $rss = sum(map { /^Rss: *(\d+) kB/ ? $1 * 1024 : () } <$smaps>);
same('what is in memory', $rss, $walk->{resident}, $map->{resident}, $kind{'in use'}{resident},
	kinds('resident', @used), $ps->{resident}, $counters->{WorkingSetSize});
same('what is in memory for one', $counters->{PrivateWorkingSetSize},
	$kind{'in use'}{resident_private}, kinds('resident_private', @used));

printf "%s regions, %s VADs, %s KB allocated, %s KB charged, %s KB in memory\n",
	$walk->{count}, $vad->{count}, map { $_ / 1024 } $walk->{allocated}, $walk->{charge}, $rss;
exit $wrong;
