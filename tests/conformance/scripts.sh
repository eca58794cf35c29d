# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034,SC2154 # shared with run.sh and run-model.sh
#
# Going through the scripts, with TAP. Whoever sources it sets here, oracle and
# who, and has two functions:
#
#   own_script FILE NAME    judges one of scripts/
#   wine_script FILE NAME   judges one of ../shared, if they are there
#
# WINE_SCRIPTS=K/N takes every Nth of the latter only, from the Kth.

number=0
failed=0
share=${WINE_SCRIPTS:-1/1}
from=${share%/*}
every=${share#*/}

report() { # report STATUS NAME
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number $2"
	else
		echo "not ok $number $2"
		failed=1
	fi
}

# How many tests all_scripts is. What is left out is one, too.
count_scripts() {
	set -- "$here"/scripts/*.txt
	own=$#
	set -- "$oracle"/scripts/*-[0-9]*.txt
	[ -e "$1" ] || { echo $((own + 1)); return; }
	echo $((own + ($# - from + every) / every + (every > 1)))
}

# name_of SCRIPT: the emulated processor starts another program in a tenth of a second.
name_of() {
	name=${1##*/}
	name=${name%.txt}
}

wine_scripts() {
	turn=$((every - from))
	for script in "$oracle"/scripts/*-[0-9]*.txt; do
		turn=$((turn + 1))
		[ $((turn % every)) -eq 0 ] || continue
		name_of "$script"
		wine_script "$script" "$name"
		report $? "$who wine $name"
	done
}

skip() { # skip NAME REASON
	number=$((number + 1))
	echo "ok $number $1 # SKIP $2"
}

all_scripts() {
	for script in "$here"/scripts/*.txt; do
		name_of "$script"
		own_script "$script" "$name"
		report $? "$who own $name"
	done
	set -- "$oracle"/scripts/*-[0-9]*.txt
	if [ ! -e "$1" ]; then
		skip "$who wine" "the oracle's transcripts are not in ../shared"
		return
	fi
	wine_scripts
	[ "$every" -eq 1 ] ||
		skip "$who wine, the others" "one of $every is played, from number $from: WINE_SCRIPTS=$share"
}
