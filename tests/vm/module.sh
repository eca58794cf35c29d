#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Builds winvm.ko for a kernel, in a copy of the sources of its own, so that
# several kernels (and several callers) do not disturb each other.
#
#	tests/vm/module.sh KERNEL [COPY]
#
# COPY gets a copy of winvm.ko, and the build then speaks up on failure only.
# W and C of the environment are passed to Kbuild; with one of them all of the
# module is built anew, in another directory, and its path is printed as usual.

set -eu
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
. "$here/kernel.sh"

kernel_find "$1" || exit 1
copy=${2:-}
tree=${BUILD:-$top/build}/module/$kernel_release${W:+-w$W}${C:+-c$C}

[ -f "$top/Kbuild" ] || { kernel_fail "there is no Kbuild in $top"; exit 1; }
mkdir -p "$tree"
exec 9>"$tree.lock"
flock 9

# What is excluded is also safe from --delete: the objects of the last build.
sync_sources() {
	rsync -rlptci --delete --include='*/' --include='*.[chS]' --include=Kbuild --exclude='*' \
		"$top/Kbuild" "$top/module" "$top/uapi" "$tree/"
}

kbuild() {
	# No vmlinux beside Debian's headers to make BTF from.
	make -C "$kernel_build" M="$tree" CONFIG_DEBUG_INFO_BTF_MODULES= ${W:+W=$W} ${C:+C=$C} \
		-j"$(nproc)" "$@" 9>&-
}

build() {
	# The make above us has its own job server and options.
	unset MAKEFLAGS MFLAGS MAKELEVEL
	[ -z "${W:-}${C:-}" ] || kbuild clean
	if [ -n "$copy" ]; then
		kbuild modules >"$tree/build.log" 2>&1 && return 0
		cat "$tree/build.log" >&2
		return 1
	fi
	kbuild modules
}

changes=$(sync_sources)
stamp="$kernel_build $(stat -L -c %Y "$kernel_build/Makefile")"
if [ -n "$changes" ] || [ -n "${W:-}${C:-}" ] || [ ! -f "$tree/winvm.ko" ] ||
	[ "$(cat "$tree/built" 2>/dev/null)" != "$stamp" ]; then
	rm -f "$tree/built"
	build || { kernel_fail "winvm.ko could not be built for $kernel_release"; exit 1; }
	echo "$stamp" >"$tree/built"
fi
[ -z "$copy" ] || cp "$tree/winvm.ko" "$copy"
