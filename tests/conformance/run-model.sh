#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Has the model answer scripts, and judges its transcripts; TAP. Needs no VM.
#
#   scripts/*.txt             our own: as expected/ says
#   ../shared/.../base-*.txt and place-*.txt, when there: they may differ from
#                             Wine's only as wine-differences.tsv says
#   random                    it plays by itself
#
# BUILD names the build directory.

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${BUILD:-$top/build}/conformance
oracle=$top/../shared/oracle
out=$(mktemp -d) && trap 'rm -rf "$out"' EXIT
number=0
failed=0

report() { # report STATUS NAME
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number $2"
	else
		echo "not ok $number $2"
		failed=1
	fi
}

judge() { # judge NAME SCRIPT THEIRS
	"$build/model/model" "$2" "$out/answers"
	"$here/compare" name="$1" "$here/wine-differences.tsv" "$3" "$out/answers"
}

own_script() {
	name=$(basename "$1" .txt)
	judge "own-$name" "$1" "$here/expected/$name.out"
	report $? "model own $name"
}

wine_script() {
	name=$(basename "$1" .txt)
	judge "$name" "$1" "$oracle/wine10/$name.out"
	report $? "model wine $name"
}

echo "TAP version 13"
set -- "$here"/scripts/*.txt
own=$#
set -- "$oracle"/scripts/base-*.txt "$oracle"/scripts/place-*.txt
[ -e "$1" ] || set --
echo "1..$((own + ($# ? $# : 1) + 1))"

for script in "$here"/scripts/*.txt; do
	own_script "$script"
done
for script; do
	wine_script "$script"
done
if [ $# -eq 0 ]; then
	number=$((number + 1))
	echo "ok $number model wine # SKIP the oracle's transcripts are not in ../shared"
fi
"$build/random/random" -m 1 1000 50 >"$out/alone" 2>&1
report $? 'model alone, 50 seeds'
exit $failed
