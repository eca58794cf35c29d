# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2154 # kernel_* come from kernel.sh
#
# The VM's initramfs: init and the drivers it needs, cached for each kernel
# release. Sourced after kernel.sh and kernel_find.

init_sources=(init.c init-root.c init-job.c init-aftermath.c)
guest_drivers=(virtio_pci virtio_console 9pnet_virtio 9p overlay)

# The .ko files of the guest's drivers in dependency order; none when built in.
driver_files() {
	local driver
	[ -n "$kernel_modules" ] || return 0
	for driver in "${guest_drivers[@]}"; do
		/sbin/modprobe -S "$kernel_release" --show-depends "$driver" || return 1
	done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

build_initramfs() {
	local out=$1 root file name files
	root=$(mktemp -d "$out.XXXXXX") || return 1
	mkdir "$root/modules"
	files=$(driver_files) || return 1
	for file in $files; do
		name=$(basename "$file")
		name=${name%.xz}
		case $file in
		*.xz) xz -dc "$file" >"$root/modules/$name" ;;
		*) cp "$file" "$root/modules/$name" ;;
		esac
		echo "$name"
	done >"$root/drivers"
	(cd "$vm_dir" && gcc -std=gnu11 -O2 -static -o "$root/init" "${init_sources[@]}") &&
		(cd "$root" && find . -print0 | cpio -0 -o -H newc --quiet) >"$root.cpio" &&
		mv "$root.cpio" "$out"
	local status=$?
	rm -rf "$root" "$root.cpio"
	return $status
}

# Prints the path of the initramfs for the kernel that kernel_find found.
initramfs() {
	local key out
	key=$(cd "$vm_dir" && cat initramfs.sh init.h "${init_sources[@]}" | sha256sum | cut -c1-16)
	out=$winvm_cache/initramfs/$kernel_release-$key.cpio
	if [ ! -s "$out" ]; then
		mkdir -p "$(dirname "$out")" && build_initramfs "$out" || return 1
	fi
	echo "$out"
}

# Appends the job to a copy of the initramfs: the kernel unpacks both archives.
add_job() {
	local base=$1 job=$2 out=$3
	{
		cat "$base"
		(cd "$job" && find job -print0 | cpio -0 -o -H newc --quiet)
	} >"$out"
}
