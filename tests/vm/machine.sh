# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # shared with tests/vm/run
#
# The life of the QEMU process: started, waited for, ended.

# Seconds; a kernel that has not come to its init by then never will.
boot_patience=${WINVM_BOOT_PATIENCE:-90}

# Ends children of ours, and quietly.
stop() {
	[ $# -gt 0 ] || return 0
	kill -KILL "$@"
	wait "$@"
} 2>/dev/null

start_readers() {
	rm -f "$work"/fifo.*
	mkfifo "$work/fifo.out" "$work/fifo.err"
	cat "$work/fifo.out" &
	readers=($!)
	cat "$work/fifo.err" >&2 &
	readers+=($!)
}

# Lets the readers take what is left; one may still wait for QEMU to open its FIFO.
release_readers() {
	local fifo
	for fifo in "$work"/fifo.*; do
		[ ! -p "$fifo" ] || : <>"$fifo"
	done
	wait "${readers[@]}" 2>/dev/null
}

machine_start() {
	start_readers
	: >"$work/status"
	setpriv --pdeathsig KILL "${qemu_command[@]}" </dev/null >"$work/qemu" 2>&1 &
	qemu=$!
}

machine_stop() {
	stop "$qemu"
	qemu=''
}

# Returns 0 when QEMU has ended, 1 when the seconds (0: any number) are over first.
machine_wait() {
	local seconds=$1 ended
	if [ "$seconds" -gt 0 ]; then
		setpriv --pdeathsig KILL sleep "$seconds" &
		timer=$!
	fi
	wait -n -p ended $qemu $timer
	if [ "$ended" = "$timer" ]; then
		timer=''
		return 1
	fi
	stop $timer
	qemu='' timer=''
}

# Keeps the log of a boot that came to nothing.
boot_again() {
	local why=$1 kept=${log%.log}-boot$2.log
	cp "$log" "$kept"
	release_readers
	echo "tests/vm/run: the kernel $why; once more ($kept)" >&2
}

# Under emulation a kernel rarely sleeps for ever in its early boot, or trips over code
# that it has just patched; then, and only if our init has not run and so nothing of
# ours is in it, it gets another chance.
machine_boot() {
	local attempt
	boot_time=$boot_patience
	[ "$timeout" = 0 ] || [ "$timeout" -gt $boot_time ] || boot_time=$timeout
	for attempt in 1 2 3; do
		late=''
		machine_start
		if machine_wait $boot_time; then
			[ ! -s "$work/status" ] && [ $attempt != 3 ] || break
			boot_again 'died before its init' $attempt
		else
			[ ! -s "$work/status" ] || break
			machine_stop
			late="the kernel did not come up within $boot_time s, three times"
			[ $attempt != 3 ] || return 1
			boot_again "did not come up within $boot_time s" $attempt
		fi
	done
}

machine_finish() {
	local left=0
	[ "$timeout" = 0 ] || left=$((timeout - boot_time))
	if [ -n "$qemu" ]; then
		if { [ "$timeout" -gt 0 ] && [ $left = 0 ]; } || ! machine_wait $left; then
			late="no end after $timeout s"
			machine_stop
		fi
	fi
	release_readers
}
