#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
#
# What a terminal shows of what a program wrote, as SVG: terminal.pl [-d] COLUMNS <OUTPUT
#
# -d: on dark ground. Obeys what colours and ncurses send to an xterm. Of a program that
# uses the whole screen it is the last one that is shown. Lines that are wider than the
# terminal are wrapped as terminals do, so that it is seen.
use strict;
use warnings;
use open qw(:std :utf8);

my $dark = @ARGV && $ARGV[0] eq '-d' && shift @ARGV;
my $columns = shift @ARGV or die "usage: terminal.pl [-d] COLUMNS <OUTPUT\n";

# xterm's own sixteen, which owners of terminals seldom make worse.
my @palette = map { "#$_" } qw(000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5
	7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff);
my @ground = $dark ? ('#000000', '#e5e5e5') : ('#ffffff', '#000000');
my ($wide, $high) = (7.83, 17);

my (@screen, @kept, %pen);
my ($row, $column, $lines, $wrap) = (0, 0, 0, 0);

sub put {
	my ($character) = @_;
	if ($column >= $columns) {
		$row++;
		$column = 0;
	}
	$screen[$row][$column++] = { %pen, character => $character };
}

sub erase {
	my ($line, $from, $to) = @_;
	$screen[$line][$_] = { %pen, character => ' ' } for $from .. $to - 1;
}

sub colour_of_256 {
	my ($number) = @_;
	return $palette[$number] if $number < 16;
	return sprintf('#%02x%02x%02x', (8 + 10 * ($number - 232)) x 3) if $number >= 232;
	my @level = (0, 95, 135, 175, 215, 255);
	$number -= 16;
	return sprintf '#%02x%02x%02x', @level[$number / 36, $number / 6 % 6, $number % 6];
}

sub select_pen {
	my @codes = @_ ? @_ : (0);
	while (defined(my $code = shift @codes)) {
		if ($code == 0) { %pen = () }
		elsif ($code == 1) { $pen{bold} = 1 }
		elsif ($code == 2) { $pen{faint} = 1 }
		elsif ($code == 4) { $pen{underlined} = 1 }
		elsif ($code == 7) { $pen{reverse} = 1 }
		elsif ($code == 22) { delete @pen{qw(bold faint)} }
		elsif ($code == 24) { delete $pen{underlined} }
		elsif ($code == 27) { delete $pen{reverse} }
		elsif ($code >= 30 && $code <= 37) { $pen{ink} = $palette[$code - 30] }
		elsif ($code >= 40 && $code <= 47) { $pen{paper} = $palette[$code - 40] }
		elsif ($code >= 90 && $code <= 97) { $pen{ink} = $palette[$code - 82] }
		elsif ($code >= 100 && $code <= 107) { $pen{paper} = $palette[$code - 92] }
		elsif ($code == 39) { delete $pen{ink} }
		elsif ($code == 49) { delete $pen{paper} }
		elsif ($code == 38 || $code == 48) {
			my $kind = shift @codes;
			my $what = $code == 38 ? 'ink' : 'paper';
			if ($kind == 5) { $pen{$what} = colour_of_256(shift @codes) }
			else { $pen{$what} = sprintf '#%02x%02x%02x', splice @codes, 0, 3 }
		}
	}
}

# A program that takes the whole screen gives it back at its end.
sub whole_screen {
	my ($on) = @_;
	@kept = map { $_ ? [@$_] : undef } @screen unless $on;
	@screen = ();
	($row, $column) = (0, 0);
}

sub obey {
	my ($private, $numbers, $letter) = @_;
	my @numbers = split /;/, $numbers;
	my $first = $numbers[0] || 1;
	if ($private) { whole_screen($letter eq 'h') if $numbers =~ /^(1049|47|1047)$/ }
	elsif ($letter eq 'm') { select_pen(map { $_ || 0 } @numbers) }
	elsif ($letter =~ /[Hf]/) { ($row, $column) = ($first - 1, ($numbers[1] || 1) - 1) }
	elsif ($letter eq 'A') { $row -= $first }
	elsif ($letter eq 'B') { $row += $first }
	elsif ($letter eq 'C') { $column += $first }
	elsif ($letter eq 'D') { $column -= $first }
	elsif ($letter eq 'd') { $row = $first - 1 }
	elsif ($letter eq 'G') { $column = $first - 1 }
	elsif ($letter eq 'X') { erase($row, $column, $column + $first) }
	elsif ($letter eq 'b') { put($screen[$row][$column - 1]{character}) for 1 .. $first }
	elsif ($letter eq 'K') {
		my $how = $numbers[0] || 0;
		erase($row, $how ? 0 : $column, $how == 1 ? $column + 1 : $columns);
	} elsif ($letter eq 'J') {
		erase($row, $column, $columns);
		$#screen = $row if $#screen > $row;
		@screen = () if ($numbers[0] || 0) == 2;
	}
	$row = 0 if $row < 0;
	$column = 0 if $column < 0;
}

my %lines_of = (q => "\x{2500}", x => "\x{2502}", l => "\x{250c}", k => "\x{2510}",
	m => "\x{2514}", j => "\x{2518}", t => "\x{251c}", u => "\x{2524}", v => "\x{2534}",
	w => "\x{252c}", n => "\x{253c}", a => "\x{2592}", 0 => "\x{2588}", '`' => "\x{25c6}");

# A pipe has no carriage returns.
my $text = do { local $/; <STDIN> };
my $pipe = $text !~ /\r\n/;
while ($text =~ /\G(?:\e\[([?>]?)([\d;]*)([A-Za-z])|\e\](?:[^\a\e]*)(?:\a|\e\\)|\e\((.)|\e([=>78M])|(.))/gs) {
	if (defined $3) { obey($1, $2, $3) }
	elsif (defined $4) { $lines = $4 eq '0' }
	elsif (!defined $6) { }
	elsif ($6 eq "\n") { $row++; $column = 0 if $pipe }
	elsif ($6 eq "\r") { $column = 0 }
	elsif ($6 eq "\b") { $column-- if $column }
	elsif ($6 eq "\t") { $column = ($column | 7) + 1 }
	elsif ($6 eq "\x0e" || $6 eq "\x0f") { $lines = $6 eq "\x0e" }
	elsif ($6 ge ' ') { put($lines && $lines_of{$6} || $6) }
}
@screen = @kept if @kept;

sub xml {
	my ($string) = @_;
	my %of = ('&' => '&amp;', '<' => '&lt;', '>' => '&gt;');
	$string =~ s/([&<>])/$of{$1}/g;
	return $string;
}

# What it looks like: ink, paper, and the rest of the text's attributes.
sub looks {
	my ($cell) = @_;
	my ($ink, $paper) = ($cell->{ink} // $ground[1], $cell->{paper} // $ground[0]);
	($ink, $paper) = ($paper, $ink) if $cell->{reverse};
	my $more = ($cell->{bold} ? ' font-weight="bold"' : '') .
		($cell->{faint} ? ' opacity="0.6"' : '') .
		($cell->{underlined} ? ' text-decoration="underline"' : '');
	return ($ink, $paper, $more);
}

sub box {
	my ($x, $y, $w, $h, $fill, $more) = @_;
	printf qq(<rect x="%.2f" y="%.2f" width="%.2f" height="%.2f" fill="%s"%s/>\n),
		$x, $y, $w, $h, $fill, $more // '';
}

# Blocks are drawn: a font's have seams between them.
sub draw_run {
	my ($x, $y, $string, $ink, $paper, $more) = @_;
	my $width = $wide * length $string;
	box($x, $y, $width, $high, $paper) if $paper ne $ground[0];
	if ($string =~ /^\x{2588}+$/) {
		box($x, $y, $width, $high, $ink);
	} elsif ($string =~ /^([\x{2591}-\x{2593}])\1*$/) {
		box($x, $y, $width, $high, $ink,
			sprintf ' fill-opacity="%.2f"', (ord($1) - 0x2590) / 4);
	} elsif ($string =~ /[^ ]/) {
		printf qq(<text x="%.2f" y="%.2f" textLength="%.2f" fill="%s"%s>%s</text>\n),
			$x, $y + 13, $width, $ink, $more, xml($string);
	}
}

sub draw_row {
	my ($number) = @_;
	my $cells = $screen[$number] // [];
	my ($start, $string, @last) = (0, '');
	for my $i (0 .. $#$cells + 1) {
		my $cell = $cells->[$i] // { character => ' ' };
		my @now = (looks($cell), $cell->{character} =~ /[\x{2588}-\x{2593}]/ ? $cell->{character} : '');
		if ($i > $#$cells || !$i || "@now" ne "@last") {
			draw_run(10 + $start * $wide, 10 + $number * $high, $string, @last[0 .. 2])
				if length $string;
			($start, $string, @last) = ($i, '', @now);
		}
		$string .= $cell->{character};
	}
}

my ($x, $y) = (20 + $columns * $wide, 20 + @screen * $high);
printf qq(<svg xmlns="http://www.w3.org/2000/svg" width="%.0f" height="%.0f" ) .
	qq(viewBox="0 0 %.2f %.2f" xml:space="preserve" ) .
	qq(font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="13">\n),
	$x, $y, $x, $y;
box(0, 0, $x, $y, $ground[0]);
draw_row($_) for 0 .. $#screen;
print "</svg>\n";
