# SPDX-License-Identifier: MIT
# Completion of winvm(1) for bash.

_winvm() {
	local word=$2 before=$3 words
	case $COMP_CWORD:$before in
	1:*) words='ps monitor walk map vad pte pfn vm top record report diff limit
		--help --version' ;;
	*:-s | *:--sort)
		case ${COMP_WORDS[1]} in
		diff) words='base size change committed resident kind before after backing' ;;
		top) words='committed resident faults pid name' ;;
		*) words='pid user name reserved committed peak_committed resident kernel
			allocations limit soft_faults hard_faults refused' ;;
		esac ;;
	*:-o | *:--output) compopt -o default && return ;;
	*:-i | *:--interval | *:--time | *:--samples) words='' ;;
	*:-g | *:--group) words='process limit memory guard' ;;
	*:-t | *:--table)
		[ "${COMP_WORDS[1]}" = record ] ||
			words='memory page_files commit processes' ;;
	*:-n | *:--count | *:-d | *:--default | *:--near | *:--low | *:--high) words='' ;;
	*:--delay | *:--frames) words='' ;;
	*)
		words='--json --csv --human --bytes --help'
		case ${COMP_WORDS[1]} in
		ps) words+=' --sort --reverse' ;;
		monitor) words+=' --group --count' ;;
		map) words+=' --summary' ;;
		vad) words+=' --tree --dot --check' ;;
		record) words='--output --force --interval --samples --time --help' ;;
		report) words+=' --output --force' ;;
		diff) words+=' --sort --reverse --quiet' ;;
		vm) words+=' --table --sort --reverse' ;;
		top) words+=' --batch --delay --frames --sort --reverse' ;;
		limit) words+=' --default --near --low --high' ;;
		esac
		case $word:${COMP_WORDS[1]} in
		-*) ;;
		*:report | *:diff) compopt -o default && return ;;
		*:limit | *:walk | *:map | *:vad | *:pte | *:record) [ "$COMP_CWORD" != 2 ] ||
			words=$(winvm ps --csv 2>/dev/null | sed -n '2,$s/,.*//p') ;;
		esac
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _winvm winvm
