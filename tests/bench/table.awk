# SPDX-License-Identifier: GPL-2.0
# The bench's figures as tables in Markdown, one for each kernel and clock, and one
# for the curves.

BEGIN { FS = "\t" }

FNR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }

function field(name) { return $(column[name]) }

# 12345.6 as 12,346; small ones with their digits.
function figure(number,   text, out) {
	if (number == "-")
		return "-"
	if (number < 100 && number > -100)
		return sprintf("%.4g", number)
	text = sprintf("%.0f", number)
	for (out = ""; length(text) > 3; text = substr(text, 1, length(text) - 3))
		out = "," substr(text, length(text) - 2) out
	return text out
}

# Half of what lies between the quartiles, of the median.
function spread(median, low, high) {
	return median == "-" || low == "-" || median + 0 == 0 ? "" : sprintf(" ± %.0f %%", 50 * (high - low) / median)
}

function verdict(ratio, bar) {
	if (bar == "-")
		return ""
	if (ratio == "-")
		return "not measured"
	return ratio + 0 <= bar + 0 ? "reached" : "**missed**"
}

# 65536 KB and the like in people's units.
function place(name, at) {
	if (name !~ / KB$/)
		return figure(at)
	if (at >= 1024 * 1024 * 1024)
		return at / 1024 / 1024 / 1024 " TB"
	if (at >= 1024 * 1024)
		return at / 1024 / 1024 " GB"
	return at >= 1024 ? at / 1024 " MB" : at " KB"
}

function machine_title() {
	return "Linux " field("kernel") ", " field("machine") ", " (field("clock") == "instructions" ? "instructions" : "wall time, ns")
}

{
	title = machine_title()
	if (!(title in lines))
		titles[++title_count] = title
	if (field("at") == "-") {
		note = field("note")
		lines[title] = lines[title] sprintf("| %s | %s%s | %s%s | %s | %s | %s | %s |\n",
			field("name") (note == "" ? "" : " (" note ")"),
			figure(field("winvm")), spread(field("winvm"), field("winvm_q1"), field("winvm_q3")),
			figure(field("peer")), spread(field("peer"), field("peer_q1"), field("peer_q3")),
			field("peer_name"), field("ratio") == "-" ? "-" : sprintf("%.2f", field("ratio")),
			field("bar") == "-" ? "" : field("bar"), verdict(field("ratio"), field("bar")))
		if (field("bar") != "-" && field("ratio") != "-") {
			judged[title]++
			if (field("ratio") + 0 <= field("bar") + 0)
				reached[title]++
		}
	} else
		curves[title] = curves[title] sprintf("| %s | %s | %s | %s | %s |\n",
			field("name"), place(field("name"), field("at")), figure(field("winvm")),
			figure(field("peer")), field("peer_name"))
}

END {
	for (i = 1; i <= title_count; i++) {
		title = titles[i]
		printf "### %s\n\n%d of %d bars reached.\n\n", title, reached[title], judged[title]
		print "| work | winvm | peer | who that is | ratio | at most | |"
		print "|---|---:|---:|---|---:|---:|---|"
		print lines[title]
		if (title in curves) {
			print "| what grows | to | winvm | peer | who that is |"
			print "|---|---:|---:|---:|---|"
			print curves[title]
		}
	}
}
