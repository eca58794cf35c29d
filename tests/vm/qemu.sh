# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2054,SC2154 # shared with tests/vm/run
#
# The QEMU command line, and whether KVM can be had.

qemu_binary=qemu-system-x86_64

# The kernel's arguments. slab_nomerge: a cache of ours must not hide in another's.
# reboot=t with -no-reboot: the quickest way out. watchdog_thresh: on a busy host
# an emulated processor can stand still for longer than the usual 20 s, RCU's too.
kernel_arguments() {
	local kmemleak=off clock=''
	[ $leaks = no ] || kmemleak=on
	# Emulated, a slow kernel now and then sleeps past a one-shot tick for ever.
	[[ $kernel != @(debug|kcsan) ]] || clock='nohz=off highres=off'
	# An access that is watched waits for long enough that an emulated processor gets its turn.
	[ "$kernel" != kcsan ] || clock+=' kcsan.early_enable=1 kcsan.udelay_task=500 kcsan.skip_watch=300'
	echo "console=ttyS0 ignore_loglevel printk.time=1 printk.devkmsg=on panic=-1 oops=panic reboot=t" \
		"mitigations=off slab_nomerge random.trust_cpu=on tsc=reliable no_timer_check" \
		"watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=60" \
		"$(tsc_argument) kmemleak=$kmemleak $clock rdinit=/init $append"
}

# A /dev/kvm that is there need not work: the same kernel must print under it.
probe_kvm() {
	local out=$work/kvm-probe
	[ -w /dev/kvm ] || return 1
	timeout -k 1 20 $qemu_binary -nodefaults -no-user-config -display none -no-reboot \
		-machine q35 -accel kvm -cpu host -m 512M -kernel "$(kernel_uncompressed "$kernel_image")" \
		-append "console=ttyS0 panic=-1 reboot=t" -chardev "file,id=log,path=$out" \
		-serial chardev:log </dev/null >/dev/null 2>&1
	grep -qa 'Linux version' "$out" 2>/dev/null
}

# The verdict holds until this machine boots again.
kvm_works() {
	local verdict
	verdict=$winvm_cache/kvm-$(tr -d - </proc/sys/kernel/random/boot_id)
	if [ ! -s "$verdict" ]; then
		mkdir -p "$winvm_cache"
		if probe_kvm; then echo yes; else echo no; fi >"$verdict.$$"
		mv "$verdict.$$" "$verdict"
	fi
	[ "$(<"$verdict")" = yes ]
}

# Counting instructions needs TCG, one thread for all processors. A nanosecond is one
# instruction, whatever else this machine does, and idle ones take no time here.
accelerator() {
	if [ "$icount" = yes ]; then
		echo "-accel tcg,thread=single -cpu max -icount shift=0,sleep=off"
	elif kvm_works; then
		echo "-accel kvm -cpu host"
	else
		echo "-accel tcg,thread=multi -cpu max"
	fi
}

# Emulated with many threads, the guest's time stamp counter is this machine's. A
# guest that must find its speed by itself is wrong by far where the host is busy,
# and its clock runs ahead: so it is told. Holds until this machine boots again.
tsc_argument() {
	local known
	[ "$icount" = no ] && grep -qm 1 constant_tsc /proc/cpuinfo && ! kvm_works || return 0
	known=$winvm_cache/tsc-$(tr -d - </proc/sys/kernel/random/boot_id)
	if [ ! -s "$known" ]; then
		gcc -O2 -o "$known.$$.program" "$vm_dir/tsc.c" && "$known.$$.program" >"$known.$$"
		mv "$known.$$" "$known"
		rm -f "$known.$$.program"
	fi
	echo "tsc_early_khz=$(<"$known")"
}

# QEMU writes to the FIFOs as the VM does; run's readers empty them.
qemu_port() {
	local number=$1 name=$2 path=$3
	qemu_command+=(-chardev "file,id=$name,path=$path"
		-device "virtserialport,chardev=$name,nr=$number,name=winvm.$name")
}

qemu_compose() {
	local accel
	read -ra accel < <(accelerator)
	qemu_command=("$qemu_binary" -nodefaults -no-user-config -display none -no-reboot
		-machine q35 "${accel[@]}" -smp "$smp" -m "$mem"
		-kernel "$(kernel_uncompressed "$kernel_image")" -initrd "$work/initrd"
		-append "$(kernel_arguments)"
		-chardev "file,id=log,path=$log" -serial chardev:log
		-fsdev local,id=host,path=/,security_model=none,readonly=on,multidevs=remap
		-device virtio-9p-pci,fsdev=host,mount_tag=host
		-device virtio-serial-pci)
	qemu_port 1 out "$work/fifo.out"
	qemu_port 2 err "$work/fifo.err"
	qemu_port 3 status "$work/status"
	[ -z "$terminal" ] || qemu_command+=(-chardev "pipe,id=in,path=$work/in"
		-device virtserialport,chardev=in,nr=4,name=winvm.in)
}
