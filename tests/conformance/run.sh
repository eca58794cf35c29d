#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Replays scripts and judges the transcripts; TAP. For the test VM.
#
#   scripts/*.txt           our own: the transcript must equal expected/
#   ../shared/.../base-*    and place-*, when there: the transcript may differ
#                           from Wine's only as wine-differences.tsv says
#
# BUILD names the build directory. KEEP, if set, is where transcripts stay.

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
replay=${BUILD:-$top/build}/conformance/replay
oracle=$top/../shared/oracle
limit=120
number=0
failed=0

if [ -n "$KEEP" ]; then
	mkdir -p "$KEEP" && out=$KEEP
else
	out=$(mktemp -d) && trap 'rm -rf "$out"' EXIT
fi

report() { # report STATUS NAME
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number $2"
	else
		echo "not ok $number $2"
		failed=1
	fi
}

play() { # play SCRIPT TRANSCRIPT
	timeout -s KILL $limit "$replay" "$1" "$2" 2>&1 | sed 's/^/# /'
	[ -s "$2" ] || echo "# no transcript"
}

own_script() {
	name=$(basename "$1" .txt)
	play "$1" "$out/$name.out"
	diff -u "$here/expected/$name.out" "$out/$name.out" >"$out/$name.diff" 2>&1
	status=$?
	sed 's/^/# /' "$out/$name.diff"
	report $status "conformance own $name"
}

wine_script() {
	name=$(basename "$1" .txt)
	play "$1" "$out/$name.out"
	"$here/compare" name="$name" "$here/wine-differences.tsv" \
		"$oracle/wine10/$name.out" "$out/$name.out"
	report $? "conformance wine $name"
}

echo "TAP version 13"
set -- "$here"/scripts/*.txt
own=$#
set -- "$oracle"/scripts/base-*.txt "$oracle"/scripts/place-*.txt
[ -e "$1" ] || set --
echo "1..$((own + ($# ? $# : 1)))"

for script in "$here"/scripts/*.txt; do
	own_script "$script"
done
for script; do
	wine_script "$script"
done
if [ $# -eq 0 ]; then
	number=$((number + 1))
	echo "ok $number conformance wine # SKIP the oracle's transcripts are not in ../shared"
fi
exit $failed
