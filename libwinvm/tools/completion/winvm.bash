# SPDX-License-Identifier: MIT
# Completion of winvm(1) for bash.

_winvm() {
	local word=$2 before=$3 words
	case $COMP_CWORD:$before in
	1:*) words='ps monitor walk map vad pte pfn limit --help --version' ;;
	*:-s | *:--sort) words='pid user name reserved committed peak_committed resident kernel
		allocations limit soft_faults hard_faults' ;;
	*:-g | *:--group) words='process limit memory guard' ;;
	*:-n | *:--count | *:-d | *:--default | *:--near | *:--low | *:--high) words='' ;;
	*)
		words='--json --csv --human --bytes --help'
		case ${COMP_WORDS[1]} in
		ps) words+=' --sort --reverse' ;;
		monitor) words+=' --group --count' ;;
		map) words+=' --summary' ;;
		vad) words+=' --tree --dot --check' ;;
		limit) words+=' --default --near --low --high' ;;
		esac
		case $word:${COMP_WORDS[1]} in
		-*) ;;
		*:limit | *:walk | *:map | *:vad | *:pte) [ "$COMP_CWORD" != 2 ] ||
			words=$(winvm ps --csv 2>/dev/null | sed -n '2,$s/,.*//p') ;;
		esac
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _winvm winvm
