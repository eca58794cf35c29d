# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # shared with the scripts that test winvm
#
# What tests of the program winvm have in common: subjects to look at, and how to look.

. "$top/tests/install/tap.sh"

# Looks at processes only, through what the kernel's own tests go through, too.
only_elsewhere() {
	[ -n "${NO_TOOLS-}" ] || return 0
	echo "1..0 # SKIP $NO_TOOLS"
	exit 4
}

build=${BUILD:-$top/build}
winvm=$build/libwinvm/tools/winvm
work=$(mktemp -d)
unset COLUMNS NO_COLOR WINVM_COLOR
# What is written to the terminal must not depend on whether the runner has one.
export TERM=dumb

as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all
	--bounding-set=-all)

# start NAME COMMAND...: a subject, until it is ended; its PID in ${pid[NAME]}
declare -A pid
start() {
	local name=$1 ready
	shift
	mkfifo "$work/$name"
	"$@" >"$work/$name" &
	pid[$name]=$!
	read -r ready <"$work/$name" && [ "$ready" = ready ]
}

end() {
	kill "${pid[$1]}" && rm "$work/$1"
	wait "${pid[$1]}"
	[ $? = 143 ]
}

# has PATTERN COMMAND...: does what it prints match?
has() {
	local pattern=$1 out
	shift
	out=$("$@" 2>&1)
	echo "$out"
	grep -qE "$pattern" <<<"$out"
}

has_not() {
	! has "$@"
}

# gives STATUS PATTERN COMMAND...: with that status, and it says so on stderr
gives() {
	local wanted=$1 pattern=$2 status err
	shift 2
	err=$("$@" 2>&1 >/dev/null)
	status=$?
	echo "status $status: $err"
	[ $status = "$wanted" ] && grep -qE "$pattern" <<<"$err"
}

# No line of what it prints is longer.
fits() {
	local columns=$1
	shift
	COLUMNS=$columns "$@" | most=$columns perl -CS -ne 'chomp; print "$_\n";
		$long = 1 if length > $ENV{most}; END { exit($long || !$.) }'
}
