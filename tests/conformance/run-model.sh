#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Has the model answer scripts, and judges its transcripts; TAP. Needs no VM.
#
#   scripts/*.txt             our own: as expected/ says
#   ../shared/oracle          when there: they may differ from Wine's only as
#                             wine-differences.tsv says
#   random                    it plays by itself
#
# BUILD names the build directory.

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
build=${BUILD:-$top/build}/conformance
oracle=$top/../shared/oracle
out=$(mktemp -d) && trap 'rm -rf "$out"' EXIT
who=model
. "$here/scripts.sh"

judge() { # judge NAME SCRIPT THEIRS
	"$build/model/model" "$2" "$out/answers"
	"$here/compare" name="$1" "$here/wine-differences.tsv" "$3" "$out/answers"
}

own_script() {
	judge "own-$2" "$1" "$here/expected/$2.out"
}

wine_script() {
	judge "$2" "$1" "$oracle/wine10/$2.out"
}

echo "TAP version 13"
echo "1..$(($(count_scripts) + 2))"
all_scripts
"$build/random/random" -m 1 1000 50 >"$out/alone" 2>&1
report $? 'model alone, 50 seeds'
"$build/random/random" -m -p map 1 1000 50 >"$out/alone" 2>&1
report $? 'model alone, 50 seeds of sections and views'
exit $failed
