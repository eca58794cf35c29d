# SPDX-License-Identifier: GPL-2.0
# The bench's figures as one SVG: for each kernel and clock the ratios as bars with
# their limits as marks, on a logarithmic scale; below, the curves of growth.

BEGIN {
	FS = "\t"
	WIDTH = 1100
	LEFT = 560	# where scales begin
	RIGHT = 1030
	ROW = 18
	CURVE = 190	# height of a curve
	y = 10
	body = ""
}

FNR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }

function field(name) { return $(column[name]) }

function escape(text) {
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	return text
}

function add(text) { body = body text "\n" }

function words(x, at, anchor, text) {
	add(sprintf("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>", x, at, anchor, escape(text)))
}

function line(x1, y1, x2, y2, class) {
	add(sprintf("<line class=\"%s\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>", class, x1, y1, x2, y2))
}

# What is counted in KB goes from 64 KB to 16 TB.
function place(name, at) {
	if (name !~ / KB$/)
		return at
	return at >= 1024 * 1024 * 1024 ? at / 1024 / 1024 / 1024 " TB" : at " KB"
}

# Ratios from 1/100 to 100.
function ratio_x(ratio) {
	ratio = ratio < 0.01 ? 0.01 : ratio > 100 ? 100 : ratio
	return LEFT + (RIGHT - LEFT) * (log(ratio) / log(10) + 2) / 4
}

{
	title = "Linux " field("kernel") ", " field("machine") ", " field("clock")
	if (!(title in seen)) {
		seen[title] = 1
		titles[++title_count] = title
	}
	if (field("at") == "-") {
		if (field("ratio") != "-") {
			n = ++rows[title]
			name[title, n] = field("name") "  :  " field("peer_name")
			ratio[title, n] = field("ratio")
			bar[title, n] = field("bar")
		}
		next
	}
	key = title SUBSEP field("name")
	if (!(key in points)) {
		c = ++curves[title]
		curve[title, c] = field("name")
		peer_of[key] = field("peer_name")
	}
	n = ++points[key]
	at[key, n] = field("at")
	ours[key, n] = field("winvm")
	theirs[key, n] = field("peer")
}

function draw_ratios(title,   i, top, x) {
	top = y
	for (x = 0.01; x <= 100; x *= 10) {
		line(ratio_x(x), top, ratio_x(x), top + ROW * rows[title], x == 1 ? "one" : "grid")
		words(ratio_x(x), top + ROW * rows[title] + 12, "middle", x)
	}
	for (i = 1; i <= rows[title]; i++) {
		y += ROW
		missed = bar[title, i] != "-" && ratio[title, i] + 0 > bar[title, i] + 0
		words(LEFT - 8, y - 5, "end", name[title, i])
		x = ratio_x(ratio[title, i] + 0)
		add(sprintf("<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"10\"/>",
			bar[title, i] == "-" ? "other" : missed ? "missed" : "reached", x < ratio_x(1) ? x : ratio_x(1), y - 14,
			x < ratio_x(1) ? ratio_x(1) - x : x - ratio_x(1)))
		words(RIGHT + 8, y - 5, "start", sprintf("%.2f", ratio[title, i]))
		if (bar[title, i] != "-")
			line(ratio_x(bar[title, i] + 0), y - 17, ratio_x(bar[title, i] + 0), y - 1, "bar")
	}
	y += 30
}

# Both axes are logarithmic.
function scale(value, low, high, from, to) {
	return high > low ? from + (to - from) * (log(value) - log(low)) / (log(high) - log(low)) : from
}

function polyline(key, n, class, which,   i, text, value) {
	text = ""
	for (i = 1; i <= n; i++) {
		value = which == "ours" ? ours[key, i] : theirs[key, i]
		if (value != "-" && value + 0 > 0)
			text = text sprintf("%.1f,%.1f ", scale(at[key, i], x_low, x_high, 70, 620),
				scale(value, y_low, y_high, y + CURVE - 45, y + 25))
	}
	add("<polyline class=\"" class "\" points=\"" text "\"/>")
}

function widen(value) {
	if (value == "-" || value + 0 <= 0)
		return
	if (!y_low || value + 0 < y_low)
		y_low = value + 0
	if (value + 0 > y_high)
		y_high = value + 0
}

function draw_curve(key, label, unit,   n, i) {
	n = points[key]
	x_low = at[key, 1] + 0
	x_high = at[key, n] + 0
	y_low = y_high = 0
	for (i = 1; i <= n; i++) {
		widen(ours[key, i])
		widen(theirs[key, i])
	}
	y_low *= 0.8
	y_high *= 1.25
	words(70, y + 14, "start", label)
	add(sprintf("<rect class=\"frame\" x=\"70\" y=\"%.1f\" width=\"550\" height=\"%.1f\"/>", y + 25, CURVE - 70))
	words(64, y + 34, "end", sprintf("%.3g", y_high))
	words(64, y + CURVE - 45, "end", sprintf("%.3g", y_low))
	words(64, y + CURVE / 2 - 10, "end", unit)
	words(70, y + CURVE - 30, "middle", place(label, x_low))
	words(620, y + CURVE - 30, "middle", place(label, x_high))
	polyline(key, n, "ours", "ours")
	polyline(key, n, "theirs", "theirs")
	words(640, y + 45, "start", "winvm")
	line(690, y + 41, 730, y + 41, "ours")
	if (peer_of[key] != "-") {
		words(640, y + 65, "start", peer_of[key])
		line(640, y + 72, 730, y + 72, "theirs")
	}
	y += CURVE
}

END {
	for (t = 1; t <= title_count; t++) {
		title = titles[t]
		y += 20
		add(sprintf("<text class=\"title\" x=\"10\" y=\"%.1f\">%s: ratio to the peer; less is better; the mark is the bar</text>",
			y, escape(title)))
		y += 8
		draw_ratios(title)
		for (c = 1; c <= curves[title]; c++)
			draw_curve(title SUBSEP curve[title, c], curve[title, c],
				title ~ /instructions/ ? "instr." : "ns")
	}
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"11\">\n", WIDTH, y + 10
	print "<style>.title{font-size:14px;font-weight:bold}.grid{stroke:#ddd}.one{stroke:#888}" \
		".other{fill:#bbb}.reached{fill:#4a90c2}.missed{fill:#d9822b}.bar{stroke:#000;stroke-width:2}" \
		".ours{stroke:#4a90c2;stroke-width:2;fill:none}.theirs{stroke:#888;stroke-width:2;stroke-dasharray:5 3;fill:none}" \
		".frame{fill:none;stroke:#ccc}</style>"
	printf "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n%s</svg>\n", body
}
