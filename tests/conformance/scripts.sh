# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh disable=SC2034,SC2154 # shared with run.sh and run-model.sh
#
# Going through the scripts, with TAP. Whoever sources it sets here, oracle and
# who, and has two functions:
#
#   own_script FILE NAME    judges one of scripts/
#   wine_script FILE NAME   judges one of ../shared, if they are there

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

# How many tests all_scripts is.
count_scripts() {
	set -- "$here"/scripts/*.txt
	own=$#
	set -- "$oracle"/scripts/*-[0-9]*.txt
	[ -e "$1" ] || set -- none
	echo $((own + $#))
}

all_scripts() {
	for script in "$here"/scripts/*.txt; do
		name=$(basename "$script" .txt)
		own_script "$script" "$name"
		report $? "$who own $name"
	done
	for script in "$oracle"/scripts/*-[0-9]*.txt; do
		if [ ! -e "$script" ]; then
			number=$((number + 1))
			echo "ok $number $who wine # SKIP the oracle's transcripts are not in ../shared"
			break
		fi
		name=$(basename "$script" .txt)
		wine_script "$script" "$name"
		report $? "$who wine $name"
	done
}
