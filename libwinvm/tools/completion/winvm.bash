# SPDX-License-Identifier: MIT
# Completion of winvm(1) for bash.

_winvm() {
	local word=$2 before=$3 words
	case $COMP_CWORD:$before in
	1:*) words='ps monitor walk map vad vm top limit --help --version' ;;
	*:-s | *:--sort) words='pid user name reserved committed peak_committed resident kernel
		allocations limit soft_faults hard_faults'
		[ "${COMP_WORDS[1]}" != top ] || words='committed resident faults pid name' ;;
	*:-g | *:--group) words='process limit memory guard' ;;
	*:-t | *:--table) words='memory page_files commit processes' ;;
	*:-n | *:--count | *:-d | *:--default | *:--near | *:--low | *:--high) words='' ;;
	*:--delay | *:--frames) words='' ;;
	*)
		words='--json --csv --human --bytes --help'
		case ${COMP_WORDS[1]} in
		ps) words+=' --sort --reverse' ;;
		monitor) words+=' --group --count' ;;
		map) words+=' --summary' ;;
		vad) words+=' --tree --dot --check' ;;
		vm) words+=' --table --sort --reverse' ;;
		top) words+=' --batch --delay --frames --sort --reverse' ;;
		limit) words+=' --default --near --low --high' ;;
		esac
		case $word:${COMP_WORDS[1]} in
		-*) ;;
		*:limit | *:walk | *:map | *:vad) [ "$COMP_CWORD" != 2 ] ||
			words=$(winvm ps --csv 2>/dev/null | sed -n '2,$s/,.*//p') ;;
		esac
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}

complete -F _winvm winvm
