# SPDX-License-Identifier: GPL-2.0
#
# Passes a kernel log on, its lines as many as before, without KCSAN's reports of
# races that are wholly inside the core kernel: 6.1 has many, meant or not, among
# others between the parts of shmem that our faults call. A race is ours when one
# of the two accesses is: by a function of ours, or by a container of the kernel's
# library that we use (xarray, rb-tree, list), whose locking is its user's.

function container(name) {
	return name ~ /^_*(xas?|rb|interval_tree|hlist|list|llist|bitmap|sort)_/
}

{ lines[NR] = $0 }

/BUG: KCSAN: / { at = NR; ours = 0 }

# The head of a stack: "write to 0x... of 8 bytes by task 5 on cpu 0:"
at && / by (task|interrupt).* on cpu / { looking = 1; next }

at && looking && match($0, /\] +[A-Za-z0-9_.]+\+0x/) {
	name = substr($0, RSTART + 1, RLENGTH)
	sub(/^ +/, "", name)
	if (!container(name)) {
		ours = ours || /\[winvm\]/
		looking = 0
	}
}

at && /Reported by Kernel Concurrency Sanitizer/ {
	if (!ours)
		sub(/BUG: KCSAN: /, "", lines[at])
	at = 0
}

END {
	for (i = 1; i <= NR; i++)
		print lines[i]
}
