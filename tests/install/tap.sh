# SPDX-License-Identifier: GPL-2.0
#
# TAP for shell scripts that source this file.
#
#	check NAME COMMAND [ARGUMENT...]	one test: does the command succeed?
#	skip NAME REASON			one test that cannot run here
#	finish					the plan; status 1 if a test failed

tap_tests=0 tap_failures=0
tap_log=$(mktemp)
trap 'rm -f "$tap_log"' EXIT

check() {
	local name=$1
	shift
	tap_tests=$((tap_tests + 1))
	if "$@" >"$tap_log" 2>&1; then
		echo "ok $tap_tests - $name"
		return 0
	fi
	tap_failures=$((tap_failures + 1))
	echo "not ok $tap_tests - $name"
	tail -n 30 "$tap_log" | sed 's/^/# /'
	return 1
}

skip() {
	tap_tests=$((tap_tests + 1))
	echo "ok $tap_tests - $1 # SKIP $2"
}

finish() {
	echo "1..$tap_tests"
	[ $tap_failures = 0 ]
}
