# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # shared with tests/vm/run
#
# Judges a run from the status port, the kernel log and the clock.

# What a kernel says when something is wrong. A user process's own fault
# ("general protection fault ip:") is its business.
complaints='BUG[: ]|WARNING: |Oops|KASAN|UBSAN|KCSAN|KFENCE: |Call Trace:'
complaints+='|general protection fault[,:]|unable to handle|double fault|[Kk]ernel panic'
complaints+='|possible (recursive|circular) locking|possible irq lock inversion'
complaints+='|inconsistent lock state|suspicious RCU|DEBUG_LOCKS_WARN_ON|bad unlock balance'
complaints+='|lock held when returning|held lock freed|sleeping function called'
complaints+='|scheduling while atomic|blocked for more than|soft lockup|detected .*stalls?'
complaints+='|unreferenced object|new suspected memory leaks|Bad page|bad page'
complaints+='|still has objects|Objects remaining|refcount_t: |list_(add|del) corruption'
complaints+='|stack-protector|Internal error|nobody cared|turning off the locking'
# Lines of every boot that only look alike.
innocent='Command line: |KASAN: .*initialized|kasan: KernelAddressSanitizer initialized|\* WARNING: '

find_complaints() {
	tr -d '\r' <"$log" | awk -f "$here/races.awk" | grep -anE "$complaints" | grep -avE "$innocent"
}

show_log() {
	local first
	first=$(find_complaints | head -n 1 | cut -d: -f1)
	if [ -n "$first" ]; then
		tr -d '\r' <"$log" | tail -n +$((first > 3 ? first - 3 : 1)) | head -n 60
	else
		tr -d '\r' <"$log" | tail -n 25
	fi | sed 's/^/tests\/vm\/run: | /' >&2
}

# A command that ended is said to have; its status follows shell usage.
command_status() {
	awk '$1 == "exit" { print $2 } $1 == "signal" { print 128 + $2 }' "$work/status"
}

verdict() {
	local reasons=() reason status
	touch "$work/status" "$log"
	status=$(command_status)
	[ -z "$late" ] || reasons+=("$late")
	while IFS= read -r reason; do
		reasons+=("$reason")
	done < <(sed -n 's/^fail //p' "$work/status")
	[ -z "$(find_complaints)" ] || reasons+=("the kernel complained")
	if [ -z "$late" ] && ! { grep -qx end "$work/status" && [ -n "$status" ]; }; then
		if grep -qx start "$work/status"; then
			reasons+=("the VM died before its end")
		else
			reasons+=("the VM died before the command started")
		fi
		[ ! -s "$work/qemu" ] || reasons+=("QEMU: $(tail -n 3 "$work/qemu")")
	fi
	[ ${#reasons[@]} -gt 0 ] || return "$status"
	printf 'tests/vm/run: FAILED: %s\n' "${reasons[@]}" >&2
	[ -z "$status" ] || echo "tests/vm/run: the command itself ended with status $status" >&2
	show_log
	echo "tests/vm/run: the kernel log is in $log" >&2
	return 125
}
