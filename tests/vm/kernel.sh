#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Finds (or builds) the kernel a name stands for. The one place that knows.
#
#	tests/vm/kernel.sh NAME FIELD
#
# NAME:   6.1 (Debian's stock kernel), 6.12 (its newer one), debug (6.1 with
#         KASAN and lockdep, built on first use), kcsan (6.1 with KCSAN, the
#         same), running (this machine's), or the path of a bzImage or vmlinux
#         (its build tree: KDIR, or the tree around it).
# FIELD:  release, image, build (the tree modules are built against) or
#         modules (the kernel's own modules, empty when it has none).
#
# Other scripts source it and call kernel_find NAME.

winvm_cache=${XDG_CACHE_HOME:-$HOME/.cache}/winvm
vm_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

kernel_fail() {
	echo "tests/vm: $*" >&2
	return 1
}

# The newest installed Debian kernel of a series that has its headers too.
kernel_find_debian() {
	local series=$1 pattern image release
	pattern="^${series//./\\.}\\.[0-9]+(\\+deb[0-9]+)?(-[0-9]+)?-amd64\$"
	for image in $(printf '%s\n' /boot/vmlinuz-"$series".* | sort -rV); do
		release=${image#/boot/vmlinuz-}
		[[ $release =~ $pattern && -r $image ]] || continue
		[ -e "/lib/modules/$release/build/Makefile" ] || continue
		kernel_release=$release
		kernel_image=$image
		kernel_build=$(readlink -f "/lib/modules/$release/build")
		kernel_modules=/lib/modules/$release
		return 0
	done
	kernel_fail "no Debian kernel $series with its headers is installed: run 'make deps'"
}

# One of tests/vm/kernels.
kernel_find_compiled() {
	kernel_build=$("$vm_dir/kernels/compile" "$1") || return 1
	kernel_image=$kernel_build/vmlinux
	kernel_release=$(<"$kernel_build/include/config/kernel.release")
	kernel_modules=
}

kernel_find_path() {
	local image
	image=$(readlink -f "$1")
	[ -f "$image" ] || { kernel_fail "no kernel named '$1'"; return 1; }
	kernel_image=$image
	kernel_build=${KDIR:-$(dirname "$image")}
	while [ ! -f "$kernel_build/include/config/kernel.release" ]; do
		[ "$kernel_build" != / ] ||
			{ kernel_fail "$image: its build tree is not around it: give KDIR="; return 1; }
		kernel_build=$(dirname "$kernel_build")
	done
	kernel_release=$(<"$kernel_build/include/config/kernel.release")
	kernel_modules=
	[ ! -d "/lib/modules/$kernel_release/kernel" ] || kernel_modules=/lib/modules/$kernel_release
}

kernel_find_running() {
	kernel_release=$(uname -r)
	kernel_image=/boot/vmlinuz-$kernel_release
	kernel_modules=/lib/modules/$kernel_release
	kernel_build=${KDIR:-$kernel_modules/build}
	[ -e "$kernel_build/Makefile" ] ||
		kernel_fail "no headers for the running kernel $kernel_release in $kernel_build"
}

kernel_find() {
	case $1 in
	6.1 | 6.12) kernel_find_debian "$1" ;;
	debug | kcsan) kernel_find_compiled "$1-6.1" ;;
	running) kernel_find_running ;;
	*) kernel_find_path "$1" ;;
	esac
}

# 6.1 is packed by xz, 6.12 by zstd; behind the stream comes its length.
kernel_payload() {
	local packed=$winvm_cache/vmlinux/payload.$$
	cat >"$packed"
	xz -dc --single-stream --quiet "$packed" || zstd -dcq "$packed"
	rm -f "$packed"
}

# QEMU starts an uncompressed kernel through its PVH entry; a bzImage would
# first be unpacked by an emulated CPU, which takes seconds.
kernel_uncompressed() {
	local image=$1 stamp out setup_sectors offset length
	stamp=$(stat -c %Y-%s "$image")
	out=$winvm_cache/vmlinux/$kernel_release-$stamp
	if [ "$(head -c 4 "$image" | tr -d '\0')" = $'\177ELF' ]; then
		echo "$image"
		return 0
	fi
	[ -s "$out" ] && { echo "$out"; return 0; }
	mkdir -p "$winvm_cache/vmlinux"
	# Fields of the boot protocol's header: setup_sects, payload_offset, payload_length.
	setup_sectors=$(od -An -tu1 -j $((0x1f1)) -N1 "$image")
	offset=$(od -An -tu4 -j $((0x248)) -N4 "$image")
	length=$(od -An -tu4 -j $((0x24c)) -N4 "$image")
	tail -c +$((setup_sectors * 512 + 512 + offset + 1)) "$image" | head -c "$length" |
		kernel_payload >"$out.$$" 2>/dev/null
	if [ "$(head -c 4 "$out.$$" | tr -d '\0')" = $'\177ELF' ]; then
		mv "$out.$$" "$out"
		echo "$out"
	else
		rm -f "$out.$$"
		echo "$image"
	fi
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	set -u
	[ $# -eq 2 ] || { sed -n '5,18s/^# \{0,1\}//p' "$0" >&2; exit 2; }
	kernel_find "$1" || exit 1
	case $2 in
	release) echo "$kernel_release" ;;
	image) echo "$kernel_image" ;;
	build) echo "$kernel_build" ;;
	modules) echo "$kernel_modules" ;;
	*) kernel_fail "no field named '$2'"; exit 2 ;;
	esac
fi
