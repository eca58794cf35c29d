# SPDX-License-Identifier: MIT
# Completion of winvm(1) for bash.

_winvm() {
	local word=$2 before=$3 words
	case $COMP_CWORD:$before in
	1:*) words='ps monitor walk map vad pte pfn record report diff limit --help --version' ;;
	*:-s | *:--sort) [ "${COMP_WORDS[1]}" != diff ] || {
		mapfile -t COMPREPLY < <(compgen -W 'base size change committed resident kind
			before after backing' -- "$word")
		return
	}
		words='pid user name reserved committed peak_committed resident kernel
		allocations limit soft_faults hard_faults' ;;
	*:-o | *:--output) compopt -o default && return ;;
	*:-i | *:--interval | *:-t | *:--time | *:--samples) words='' ;;
	*:-g | *:--group) words='process limit memory guard' ;;
	*:-n | *:--count | *:-d | *:--default | *:--near | *:--low | *:--high) words='' ;;
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
