#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Replays scripts and judges the transcripts; TAP. For the test VM.
#
#   scripts/*.txt           our own: the transcript must equal expected/
#   ../shared/oracle        when there: the transcript of a script may differ
#                           from Wine's only as wine-differences.tsv says
#
# BUILD names the build directory. KEEP, if set, is where transcripts stay.

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
replay=${BUILD:-$top/build}/conformance/replay
oracle=$top/../shared/oracle
limit=120
who=conformance
. "$here/scripts.sh"

if [ -n "$KEEP" ]; then
	mkdir -p "$KEEP" && out=$KEEP
else
	out=$(mktemp -d) && trap 'rm -rf "$out"' EXIT
fi

play() { # play SCRIPT TRANSCRIPT
	timeout -s KILL $limit "$replay" "$1" "$2" >"$out/said" 2>&1
	[ ! -s "$out/said" ] || sed 's/^/# /' "$out/said"
	[ -s "$2" ] || echo "# no transcript"
}

own_script() {
	play "$1" "$out/$2.out"
	diff -u "$here/expected/$2.out" "$out/$2.out" >"$out/$2.diff" 2>&1 && return
	sed 's/^/# /' "$out/$2.diff"
	return 1
}

wine_script() {
	play "$1" "$out/$2.out"
	"$here/compare" name="$2" "$here/wine-differences.tsv" \
		"$oracle/wine10/$2.out" "$out/$2.out"
}

echo "TAP version 13"
echo "1..$(count_scripts)"
all_scripts
exit $failed
