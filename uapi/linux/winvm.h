/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * winvm: Windows' virtual-memory contract for Linux processes.
 *
 * /dev/winvm serves the address space of the process that opened it, and no
 * other: a call through a descriptor that was inherited, passed on or kept
 * across exec fails with EPERM. WINVM_IOC_OPEN_PROCESS makes descriptors that
 * serve another process, with rights of their own.
 *
 * Every structure begins with its size in bytes, as the caller knows it.
 * Bytes past what the module knows must be zero (else E2BIG), so that
 * structures can grow at their end. Fields called __reserved must be zero
 * (else EINVAL).
 *
 * errno tells of the transport only; the answer to the call itself is the
 * NTSTATUS in the field status:
 *
 *   EFAULT      the structure, or a buffer it names, cannot be read or written
 *   EINVAL      size too small, a reserved field or an unknown flag is set
 *   E2BIG       size above a page, or the bytes past the known ones are not zero
 *   EPERM       the descriptor does not serve the calling address space
 *   ENOTTY      no such call
 *   ENOMEM      the kernel is out of memory; nothing was done
 *   EINTR       a fatal signal arrived while the call waited; nothing was done
 *
 * All addresses and sizes are in bytes unless a name says pages. In-out
 * fields keep their value when status is a failure (SPEC G-5).
 */
#ifndef _UAPI_LINUX_WINVM_H
#define _UAPI_LINUX_WINVM_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define WINVM_DEVICE "/dev/winvm"

/* Grows when a structure or a call changes in a way old callers would notice. */
#define WINVM_ABI_VERSION 1

#define WINVM_IOC_TYPE 0xb6

#define WINVM_IOC_HELLO		_IO(WINVM_IOC_TYPE, 0x00)
#define WINVM_IOC_ALLOCATE	_IO(WINVM_IOC_TYPE, 0x01)
#define WINVM_IOC_FREE		_IO(WINVM_IOC_TYPE, 0x02)
#define WINVM_IOC_PROTECT	_IO(WINVM_IOC_TYPE, 0x03)
#define WINVM_IOC_QUERY		_IO(WINVM_IOC_TYPE, 0x04)
#define WINVM_IOC_LOCK		_IO(WINVM_IOC_TYPE, 0x05)
#define WINVM_IOC_UNLOCK	_IO(WINVM_IOC_TYPE, 0x06)
#define WINVM_IOC_EXCEPTION	_IO(WINVM_IOC_TYPE, 0x07)
#define WINVM_IOC_OPEN_PROCESS	_IO(WINVM_IOC_TYPE, 0x08)
#define WINVM_IOC_COPY		_IO(WINVM_IOC_TYPE, 0x09)
#define WINVM_IOC_COUNTERS	_IO(WINVM_IOC_TYPE, 0x0a)
#define WINVM_IOC_GET_WRITE_WATCH	_IO(WINVM_IOC_TYPE, 0x0b)
#define WINVM_IOC_RESET_WRITE_WATCH	_IO(WINVM_IOC_TYPE, 0x0c)
#define WINVM_IOC_LAYOUT	_IO(WINVM_IOC_TYPE, 0x0d)
#define WINVM_IOC_QUERY_ALLOCATION	_IO(WINVM_IOC_TYPE, 0x0e)
#define WINVM_IOC_QUERY_NAME	_IO(WINVM_IOC_TYPE, 0x0f)
#define WINVM_IOC_THREAD	_IO(WINVM_IOC_TYPE, 0x10)
#define WINVM_IOC_WORKING_SET	_IO(WINVM_IOC_TYPE, 0x11)
#define WINVM_IOC_QUERY_WORKING_SET	_IO(WINVM_IOC_TYPE, 0x12)
#define WINVM_IOC_QUERY_PAGES	_IO(WINVM_IOC_TYPE, 0x13)
#define WINVM_IOC_WATCH_WORKING_SET	_IO(WINVM_IOC_TYPE, 0x14)
#define WINVM_IOC_PREFETCH	_IO(WINVM_IOC_TYPE, 0x15)
#define WINVM_IOC_OFFER		_IO(WINVM_IOC_TYPE, 0x16)
#define WINVM_IOC_RECLAIM	_IO(WINVM_IOC_TYPE, 0x17)
#define WINVM_IOC_DISCARD	_IO(WINVM_IOC_TYPE, 0x18)
#define WINVM_IOC_CREATE_SECTION	_IO(WINVM_IOC_TYPE, 0x20)
#define WINVM_IOC_MAP_VIEW	_IO(WINVM_IOC_TYPE, 0x21)
#define WINVM_IOC_UNMAP_VIEW	_IO(WINVM_IOC_TYPE, 0x22)
#define WINVM_IOC_FLUSH_VIEW	_IO(WINVM_IOC_TYPE, 0x23)
#define WINVM_IOC_QUERY_SECTION	_IO(WINVM_IOC_TYPE, 0x24)
#define WINVM_IOC_EXTEND_SECTION	_IO(WINVM_IOC_TYPE, 0x25)
#define WINVM_IOC_INHERIT	_IO(WINVM_IOC_TYPE, 0x26)
#define WINVM_IOC_OPEN_SECTION	_IO(WINVM_IOC_TYPE, 0x28)
#define WINVM_IOC_QUERY_FILE	_IO(WINVM_IOC_TYPE, 0x29)
#define WINVM_IOC_CREATE_JOB	_IO(WINVM_IOC_TYPE, 0x60)
#define WINVM_IOC_ASSIGN_JOB	_IO(WINVM_IOC_TYPE, 0x61)
#define WINVM_IOC_IN_JOB	_IO(WINVM_IOC_TYPE, 0x62)
#define WINVM_IOC_SET_JOB	_IO(WINVM_IOC_TYPE, 0x63)
#define WINVM_IOC_QUERY_JOB	_IO(WINVM_IOC_TYPE, 0x64)
#define WINVM_IOC_JOB_PROCESSES	_IO(WINVM_IOC_TYPE, 0x65)
#define WINVM_IOC_TERMINATE_JOB	_IO(WINVM_IOC_TYPE, 0x66)
#define WINVM_IOC_JOB_MESSAGE	_IO(WINVM_IOC_TYPE, 0x67)
#define WINVM_IOC_QUERY_MEMORY	_IO(WINVM_IOC_TYPE, 0x70)
#define WINVM_IOC_QUERY_SYSTEM	_IO(WINVM_IOC_TYPE, 0x71)
#define WINVM_IOC_OPEN_NOTICE	_IO(WINVM_IOC_TYPE, 0x72)
#define WINVM_IOC_VADS		_IO(WINVM_IOC_TYPE, 0x80)
#define WINVM_IOC_TRANSLATE	_IO(WINVM_IOC_TYPE, 0x81)

/* Features: bits of struct winvm_hello.features. */
#define WINVM_FEATURE_PRIVATE	0x1ULL	/* reserve, commit, protect, query, free, lock */
#define WINVM_FEATURE_PROCESS	0x2ULL	/* handles on other processes work on this kernel */
#define WINVM_FEATURE_WATCH	0x4ULL	/* MEM_WRITE_WATCH */
#define WINVM_FEATURE_PLACEHOLDER	0x8ULL	/* NtAllocateVirtualMemoryEx, placeholders */
#define WINVM_FEATURE_LAYOUT	0x10ULL	/* WINVM_IOC_LAYOUT */
#define WINVM_FEATURE_STACK	0x20ULL	/* thread stacks that grow */
#define WINVM_FEATURE_QUERY	0x40ULL	/* whole allocations and names of files */
#define WINVM_FEATURE_RESET	0x80ULL	/* MEM_RESET lets contents go, MEM_RESET_UNDO tells */
#define WINVM_FEATURE_WORKING_SET	0x100ULL	/* working set: limits, queries, watch */
#define WINVM_FEATURE_OFFER	0x200ULL	/* WINVM_IOC_OFFER, RECLAIM, DISCARD */
#define WINVM_FEATURE_PREFETCH	0x400ULL	/* WINVM_IOC_PREFETCH */
#define WINVM_FEATURE_SECTION	0x800ULL	/* sections and views */

/**
 * struct winvm_hello - handshake (WINVM_IOC_HELLO)
 * @size: sizeof(struct winvm_hello)
 * @abi: out: WINVM_ABI_VERSION of the module
 * @features: in: features the caller cannot do without; out: all the module has.
 *	EOPNOTSUPP when one that was asked for is missing (@abi and @features
 *	are written all the same).
 * @lowest_address: out: lowest address an allocation can have (SPEC AS-1)
 * @highest_address: out: highest byte an allocation can have in the process's
 *	layout (SPEC AS-1)
 * @page_bytes: out: page size (SPEC G-1)
 * @granularity_bytes: out: allocation granularity (SPEC G-1)
 */
struct winvm_hello {
	__u32 size;
	__u32 abi;
	__u64 features;
	__u64 lowest_address;
	__u64 highest_address;
	__u32 page_bytes;
	__u32 granularity_bytes;
};

/* The call is NtAllocateVirtualMemoryEx: it knows placeholders (SPEC VA-3, VX-12). */
#define WINVM_ALLOCATE_EXTENDED	0x1U

/**
 * struct winvm_allocate - NtAllocateVirtualMemory(Ex) (WINVM_IOC_ALLOCATE)
 * @size: sizeof(struct winvm_allocate)
 * @status: out: NTSTATUS (SPEC 3.1 to 3.4): of MEM_RESET_UNDO also
 *	STATUS_UNSUCCESSFUL, when a page has lost its contents; those left are kept
 * @base: in: wanted address, 0 for the module's choice; out: the address,
 *	rounded down to 64 KB when reserving, to a page otherwise (SPEC VA-20, VA-40)
 * @bytes: in: length; out: length of the whole pages (SPEC VA-20, VA-21)
 * @zero_bits: number of high zero bits, or a mask (SPEC VA-28)
 * @type: MEM_COMMIT, MEM_RESERVE, MEM_TOP_DOWN, MEM_WRITE_WATCH, MEM_RESET ...;
 *	with WINVM_ALLOCATE_EXTENDED also MEM_RESERVE_PLACEHOLDER (SPEC PH-1)
 *	and MEM_REPLACE_PLACEHOLDER (SPEC PH-5)
 * @protect: PAGE_*
 * @lowest_address: the module's choice begins here at the lowest, a multiple
 *	of 64 KB; 0 for none (SPEC VX-7)
 * @highest_address: it ends at this byte at the highest, the last of a page;
 *	0 for none (SPEC VX-8)
 * @alignment_bytes: it is a multiple of this, a power of two of at least
 *	64 KB; 0 for none (SPEC VX-6). With a base all three must be 0 (SPEC VX-5)
 * @flags: WINVM_ALLOCATE_*
 * @node: NUMA node to take pages from plus one, 0 for any (SPEC NU-1, VX-11).
 *	It is checked and remembered; which node pages come from is decided by
 *	the policy of the thread that touches them
 *
 * The first version of the structure ended with __reserved.
 */
struct winvm_allocate {
	__u32 size;
	__u32 status;
	__u64 base;
	__u64 bytes;
	__u64 zero_bits;
	__u32 type;
	__u32 protect;
	__u64 __reserved;
	__u64 lowest_address;
	__u64 highest_address;
	__u64 alignment_bytes;
	__u32 flags;
	__u32 node;
};

/**
 * struct winvm_free - NtFreeVirtualMemory (WINVM_IOC_FREE)
 * @size: sizeof(struct winvm_free)
 * @status: out: NTSTATUS (SPEC 5.1)
 * @base: in: address; out: rounded down to a page
 * @bytes: in: length, 0 for the whole allocation at @base; out: length of the
 *	pages freed, except that decommit of 0 bytes gives 0 (SPEC VF-20, VF-21, VF-25)
 * @type: MEM_DECOMMIT, or MEM_RELEASE, alone or with MEM_PRESERVE_PLACEHOLDER
 *	(SPEC PH-7, PH-9) or MEM_COALESCE_PLACEHOLDERS (SPEC PH-13)
 */
struct winvm_free {
	__u32 size;
	__u32 status;
	__u64 base;
	__u64 bytes;
	__u32 type;
	__u32 __reserved;
};

/**
 * struct winvm_protect - NtProtectVirtualMemory (WINVM_IOC_PROTECT)
 * @size: sizeof(struct winvm_protect)
 * @status: out: NTSTATUS (SPEC 6)
 * @base: in: address; out: rounded down to a page (SPEC VP-7)
 * @bytes: in: length; out: length of the whole pages
 * @protect: PAGE_*
 * @old_protect: out: protection the first page had (SPEC VP-8)
 */
struct winvm_protect {
	__u32 size;
	__u32 status;
	__u64 base;
	__u64 bytes;
	__u32 protect;
	__u32 old_protect;
};

/**
 * struct winvm_region - one run of equal pages (SPEC VQ-6)
 *
 * The layout is that of MEMORY_BASIC_INFORMATION on Windows x64, 48 bytes.
 *
 * @base: first address of the run: the address asked for, rounded down to a page
 * @allocation_base: start of the allocation, 0 if free
 * @allocation_protect: PAGE_* given when it was reserved, 0 if free
 * @partition: 0
 * @bytes: length of the run, whole pages
 * @state: MEM_COMMIT, MEM_RESERVE or MEM_FREE
 * @protect: PAGE_*, 0 if reserved, PAGE_NOACCESS if free
 * @type: MEM_PRIVATE, MEM_MAPPED, MEM_IMAGE, 0 if free
 */
struct winvm_region {
	__u64 base;
	__u64 allocation_base;
	__u32 allocation_protect;
	__u16 partition;
	__u16 __pad0;
	__u64 bytes;
	__u32 state;
	__u32 protect;
	__u32 type;
	__u32 __pad1;
};

/**
 * struct winvm_query - NtQueryVirtualMemory, one region or many (WINVM_IOC_QUERY)
 * @size: sizeof(struct winvm_query)
 * @status: out: NTSTATUS (SPEC 7): STATUS_INVALID_PARAMETER when @address lies
 *	above the user range, so that a walk ends
 * @address: in: where to begin
 * @buffer: in: address of an array of struct winvm_region
 * @capacity: in: elements @buffer can take, at least 1
 * @count: out: elements written
 * @next: out: where a walk goes on: the end of the last region written
 * @__reserved: zero
 *
 * Regions of one call are consecutive. A long call drops its locks between
 * batches: each region was true at some moment of the call.
 */
struct winvm_query {
	__u32 size;
	__u32 status;
	__u64 address;
	__u64 buffer;
	__u32 capacity;
	__u32 count;
	__u64 next;
	__u64 __reserved;
};

/**
 * struct winvm_lock - NtLockVirtualMemory, NtUnlockVirtualMemory
 *	(WINVM_IOC_LOCK, WINVM_IOC_UNLOCK)
 * @size: sizeof(struct winvm_lock)
 * @status: out: NTSTATUS (SPEC 8.1)
 * @base: in: address; out: rounded down to a page
 * @bytes: in: length; out: length of the whole pages
 * @map_type: 1 MAP_PROCESS, 2 MAP_SYSTEM (SPEC VL-1)
 */
struct winvm_lock {
	__u32 size;
	__u32 status;
	__u64 base;
	__u64 bytes;
	__u32 map_type;
	__u32 __reserved;
};

/* What kind of access faulted: ExceptionInformation[0] (SPEC EX-1, GP-2). */
#define WINVM_ACCESS_READ	0
#define WINVM_ACCESS_WRITE	1
#define WINVM_ACCESS_EXECUTE	8

/* The address lies in memory that winvm manages (reserved, committed, or free space between). */
#define WINVM_EXCEPTION_OURS	0x1U

/**
 * struct winvm_exception - why this thread got SIGSEGV (WINVM_IOC_EXCEPTION)
 *
 * Async-signal-safe: a signal handler asks with si_addr.
 *
 * @size: sizeof(struct winvm_exception)
 * @status: out: STATUS_GUARD_PAGE_VIOLATION if this thread's last fault at
 *	@address consumed a guard page, STATUS_STACK_OVERFLOW if that was the
 *	last of its stack (each told once), STATUS_ACCESS_VIOLATION
 *	if the access is not allowed, STATUS_SUCCESS if it is allowed now
 *	(another thread changed the page: run the instruction again)
 * @address: in: the address that faulted
 * @access: in: WINVM_ACCESS_*
 * @flags: out: WINVM_EXCEPTION_*
 */
struct winvm_exception {
	__u32 size;
	__u32 status;
	__u64 address;
	__u32 access;
	__u32 flags;
};

/* Rights of a handle on another process, as in Win32 (SPEC G-6). */
#define WINVM_PROCESS_VM_OPERATION	0x0008
#define WINVM_PROCESS_VM_READ		0x0010
#define WINVM_PROCESS_VM_WRITE		0x0020
#define WINVM_PROCESS_SET_QUOTA		0x0100
#define WINVM_PROCESS_QUERY_INFORMATION	0x0400

/**
 * struct winvm_open_process - a handle on another process (WINVM_IOC_OPEN_PROCESS)
 *
 * The ioctl returns a new descriptor (close-on-exec) that takes the calls of
 * this header for the address space behind @proc_fd. The kernel's check when
 * @proc_fd was opened (ptrace access mode, user namespaces, Yama, LSMs) is the
 * check; it is not made again, as for the file itself.
 *
 * @size: sizeof(struct winvm_open_process)
 * @proc_fd: descriptor of the target's /proc/PID/mem, or of /proc/PID/environ
 * @access: wanted WINVM_PROCESS_* rights. /proc/PID/mem grants
 *	QUERY_INFORMATION, VM_READ if open for reading, VM_WRITE, VM_OPERATION
 *	and SET_QUOTA if open for writing; /proc/PID/environ grants QUERY_INFORMATION only.
 *	EACCES when more is asked for.
 * @__reserved: zero
 *
 * EBADF: no such descriptor. EINVAL: not one of the two files, or an unknown
 * right. ESRCH: the process has no address space (any more). EOPNOTSUPP: this
 * kernel's layout is not known (see WINVM_FEATURE_PROCESS).
 */
struct winvm_open_process {
	__u32 size;
	__s32 proc_fd;
	__u32 access;
	__u32 __reserved;
};

/* Copy from the caller to the target: NtWriteVirtualMemory. Needs VM_WRITE, else VM_READ. */
#define WINVM_COPY_WRITE	0x1U
/*
 * With WINVM_COPY_WRITE: WriteProcessMemory. Code (PAGE_EXECUTE,
 * PAGE_EXECUTE_READ) is written to, and where a protection refuses the first
 * byte the status is STATUS_ACCESS_VIOLATION (SPEC RW-4). Needs VM_OPERATION, too.
 */
#define WINVM_COPY_CODE		0x2U

/**
 * struct winvm_copy - Read-/WriteProcessMemory (WINVM_IOC_COPY)
 * @size: sizeof(struct winvm_copy)
 * @status: out: NTSTATUS: STATUS_PARTIAL_COPY when not all was copied (SPEC 13)
 * @address: in: address in the target
 * @buffer: in: address in the caller
 * @bytes: in: length; out: bytes copied
 * @flags: in: WINVM_COPY_*
 */
struct winvm_copy {
	__u32 size;
	__u32 status;
	__u64 address;
	__u64 buffer;
	__u64 bytes;
	__u32 flags;
	__u32 __reserved;
};

/**
 * struct winvm_counters - what a process holds (WINVM_IOC_COUNTERS)
 * @size: sizeof(struct winvm_counters)
 * @status: out: NTSTATUS
 * @virtual_bytes: out: reserved and committed
 * @peak_virtual_bytes: out: the most that ever was
 * @commit_bytes: out: commit charge
 * @peak_commit_bytes: out: the most that ever was (SPEC CC-8)
 * @vads: out: number of allocations
 * @bookkeeping_bytes: out: kernel memory for VADs and page states
 * @system_commit_bytes: out: commit charge of all processes
 * @system_commit_limit_bytes: out: RAM plus swap (SPEC CC-1)
 * @shared_views: out: views that a child of fork(2) has, too (SPEC SE-36)
 */
struct winvm_counters {
	__u32 size;
	__u32 status;
	__u64 virtual_bytes;
	__u64 peak_virtual_bytes;
	__u64 commit_bytes;
	__u64 peak_commit_bytes;
	__u64 vads;
	__u64 bookkeeping_bytes;
	__u64 system_commit_bytes;
	__u64 system_commit_limit_bytes;
	__u64 shared_views;
};

/* What takes a walk through the page tables, or the views, is told if it is asked for. */
#define WINVM_MEMORY_PRIVATE	0x1U
#define WINVM_MEMORY_SHARED	0x2U

/**
 * struct winvm_query_memory - what a process has in memory, and how it came there
 *	(WINVM_IOC_QUERY_MEMORY)
 * @size: sizeof(struct winvm_query_memory)
 * @status: out: NTSTATUS
 * @flags: in: WINVM_MEMORY_*
 * @__reserved: zero
 * @commit_bytes: out: commit charge (SPEC CC-9)
 * @peak_commit_bytes: out: the most that ever was (SPEC CC-8)
 * @resident_bytes: out: in memory, of all that the process has mapped
 * @peak_resident_bytes: out: the most that ever was
 * @private_resident_bytes: out: of @resident_bytes what nobody could share; 0
 *	without WINVM_MEMORY_PRIVATE
 * @shared_commit_bytes: out: what is committed of its views of sections of the
 *	page file, each view for itself (SPEC NQ-8); 0 without WINVM_MEMORY_SHARED
 * @soft_faults: out: page faults that needed nothing from a disk, of all threads
 *	that the process has had. A page that came with another one's fault is
 *	counted as one (SPEC CC-11)
 * @hard_faults: out: page faults that did
 * @bookkeeping_bytes: out: kernel memory for VADs and page states
 * @peak_bookkeeping_bytes: out: the most that ever was
 */
struct winvm_query_memory {
	__u32 size;
	__u32 status;
	__u32 flags;
	__u32 __reserved;
	__u64 commit_bytes;
	__u64 peak_commit_bytes;
	__u64 resident_bytes;
	__u64 peak_resident_bytes;
	__u64 private_resident_bytes;
	__u64 shared_commit_bytes;
	__u64 soft_faults;
	__u64 hard_faults;
	__u64 bookkeeping_bytes;
	__u64 peak_bookkeeping_bytes;
};

/**
 * struct winvm_query_system - memory of the machine, and what of it a process may
 *	commit (WINVM_IOC_QUERY_SYSTEM)
 * @size: sizeof(struct winvm_query_system)
 * @status: out: NTSTATUS
 * @commit_bytes: out: commit charge of all processes and sections
 * @peak_commit_bytes: out: the most that was since the module was loaded
 * @commit_limit_bytes: out: RAM plus swap (SPEC CC-1)
 * @ceiling_bytes: out: the least of all limits of the process's commit (SPEC CC-12)
 * @left_bytes: out: how much more the process may commit as long as no other does
 * @memory_bytes: out: RAM that Linux has for programs and for itself
 * @available_bytes: out: what of it could be had without swapping
 */
struct winvm_query_system {
	__u32 size;
	__u32 status;
	__u64 commit_bytes;
	__u64 peak_commit_bytes;
	__u64 commit_limit_bytes;
	__u64 ceiling_bytes;
	__u64 left_bytes;
	__u64 memory_bytes;
	__u64 available_bytes;
};

#define WINVM_NOTICE_LOW	0
#define WINVM_NOTICE_HIGH	1

/**
 * struct winvm_open_notice - CreateMemoryResourceNotification (WINVM_IOC_OPEN_NOTICE)
 *
 * The descriptor can be read, as poll(2) has it, while the machine's memory is
 * low, or high, and has nothing to be read. Who waits hears of a change at most
 * 100 ms late. Between the two levels memory is neither.
 *
 * @size: sizeof(struct winvm_open_notice)
 * @status: out: NTSTATUS: STATUS_INVALID_PARAMETER for another @type (SPEC CC-15)
 * @type: in: WINVM_NOTICE_*
 * @notice_fd: out: a new descriptor, close-on-exec
 *
 * EMFILE, ENFILE: no descriptor is left.
 */
struct winvm_open_notice {
	__u32 size;
	__u32 status;
	__u32 type;
	__s32 notice_fd;
};

#define WINVM_WATCH_RESET	0x1U

/**
 * struct winvm_write_watch - GetWriteWatch, ResetWriteWatch
 *	(WINVM_IOC_GET_WRITE_WATCH, WINVM_IOC_RESET_WRITE_WATCH)
 * @size: sizeof(struct winvm_write_watch)
 * @status: out: NTSTATUS (SPEC 10)
 * @base: in: address
 * @bytes: in: length
 * @addresses: in: address of an array of __u64, in the caller, that takes page
 *	addresses, strictly ascending (ignored by reset)
 * @count: in: elements @addresses can take; out: elements written. With more
 *	marked pages than that the lowest are told (SPEC WW-6); else all that
 *	were written before the call
 * @flags: in: WINVM_WATCH_RESET to take the marks of these pages away; one
 *	that is pinned for a write keeps it (SPEC WW-7)
 * @granularity_bytes: out: page size
 */
struct winvm_write_watch {
	__u32 size;
	__u32 status;
	__u64 base;
	__u64 bytes;
	__u64 addresses;
	__u64 count;
	__u32 flags;
	__u32 granularity_bytes;
};

#define WINVM_LAYOUT_64BIT	0	/* 0x10000 to 0x7ffffffeffff, what a process begins with */
#define WINVM_LAYOUT_2GB	1	/* 0x10000 to 0x7ffeffff */

/**
 * struct winvm_layout - choose the layout of the own address space (WINVM_IOC_LAYOUT)
 *
 * It bounds what is allocated, changed, queried and copied from then on
 * (SPEC AS-1, AS-2), and lasts until exec; a child of fork begins with
 * WINVM_LAYOUT_64BIT.
 *
 * @size: sizeof(struct winvm_layout)
 * @status: out: STATUS_SUCCESS, STATUS_INVALID_PARAMETER if there is no such
 *	layout, STATUS_CONFLICTING_ADDRESSES if it is another than the one the
 *	process has, and there are allocations
 * @layout: in: WINVM_LAYOUT_*
 */
struct winvm_layout {
	__u32 size;
	__u32 status;
	__u32 layout;
	__u32 __reserved;
};

/* Shared memory that has no file: a section of the page file, in NT's words. */
#define WINVM_ALLOCATION_PAGE_FILE	0x1U
/* A placeholder that nothing has replaced (SPEC PH-2). */
#define WINVM_ALLOCATION_PLACEHOLDER	0x2U

#define WINVM_NO_NODE	0xffffffffU

/**
 * struct winvm_query_allocation - the whole allocation at an address, in
 *	whatever states its pages are (WINVM_IOC_QUERY_ALLOCATION)
 * @size: sizeof(struct winvm_query_allocation)
 * @status: out: NTSTATUS (SPEC NQ-4 to NQ-10): STATUS_INVALID_PARAMETER when
 *	@address lies above the user range
 * @address: in: any address
 * @base: out: start of the allocation, 0 if free
 * @bytes: out: length of the whole allocation, whole pages, 0 if free
 * @commit_bytes: out: commit charge of the allocation
 * @shared_commit_bytes: out: commit charge of the whole process for sections
 *	that it shares with others: 0, struct winvm_query_memory tells it
 * @allocation_protect: out: PAGE_* given when it was reserved, 0 if free
 * @type: out: MEM_PRIVATE, MEM_MAPPED, MEM_IMAGE, 0 if free
 * @flags: out: WINVM_ALLOCATION_*
 * @node: out: preferred NUMA node, WINVM_NO_NODE if none
 */
struct winvm_query_allocation {
	__u32 size;
	__u32 status;
	__u64 address;
	__u64 base;
	__u64 bytes;
	__u64 commit_bytes;
	__u64 shared_commit_bytes;
	__u32 allocation_protect;
	__u32 type;
	__u32 flags;
	__u32 node;
};

/**
 * struct winvm_query_name - the file that is mapped at an address (WINVM_IOC_QUERY_NAME)
 *
 * The path is the one the calling thread could open it by.
 *
 * @size: sizeof(struct winvm_query_name)
 * @status: out: NTSTATUS (SPEC NQ-3): STATUS_INVALID_ADDRESS where no file is
 *	mapped; STATUS_FILE_INVALID if the file has no path: it was deleted, never
 *	had one, or lies outside the caller's root; STATUS_NAME_TOO_LONG if the
 *	path has 4096 bytes or more; STATUS_BUFFER_OVERFLOW if it has more than
 *	@capacity bytes, of which none is written then;
 *	STATUS_INVALID_PARAMETER when @address lies above the user range
 * @address: in: any address
 * @buffer: in: address of the bytes that take the path
 * @capacity: in: how many these are
 * @length: out: bytes of the path with the zero byte at its end
 */
struct winvm_query_name {
	__u32 size;
	__u32 status;
	__u64 address;
	__u64 buffer;
	__u32 capacity;
	__u32 length;
};

/**
 * struct winvm_thread - where the calling thread's stack is (WINVM_IOC_THREAD)
 *
 * A thread that touches a guard page of its own stack goes on without an
 * exception: the page loses its guard, the pages below it become the next
 * guard run, StackLimit follows (SPEC ST-3). When no run fits any more, or
 * commit is short, the touch is STATUS_STACK_OVERFLOW (SPEC ST-10, EX-5).
 *
 * The module keeps the addresses of the four words, not what they hold: they
 * are read when a guard page is touched, and StackLimit is written. Words that
 * cannot be read leave the guard page an ordinary one. All 0 takes the words
 * back; so does the end of the thread, and that of the last descriptor when
 * there is no allocation. Threads that fork or clone() makes begin without.
 *
 * @size: sizeof(struct winvm_thread)
 * @status: out: NTSTATUS: STATUS_INVALID_PARAMETER if some but not all are 0,
 *	STATUS_QUOTA_EXCEEDED
 * @stack_base_at: in: address of a __u64, the first byte behind the stack
 * @stack_limit_at: in: address of a __u64, the lowest committed byte without guard
 * @deallocation_stack_at: in: address of a __u64, the lowest byte
 * @guarantee_at: in: address of a __u32, bytes that an overflow leaves to its
 *	handler; a guard run is that, rounded up to pages, and a page more, at
 *	least 3 pages (SPEC ST-11)
 */
struct winvm_thread {
	__u32 size;
	__u32 status;
	__u64 stack_base_at;
	__u64 stack_limit_at;
	__u64 deallocation_stack_at;
	__u64 guarantee_at;
};

/* What WINVM_IOC_WORKING_SET does. */
#define WINVM_WORKING_SET_GET	0
#define WINVM_WORKING_SET_SET	1

/* Which limits are hard (SPEC WS-6). */
#define WINVM_HARDWS_MIN_ENABLE		0x1U
#define WINVM_HARDWS_MIN_DISABLE	0x2U
#define WINVM_HARDWS_MAX_ENABLE		0x4U
#define WINVM_HARDWS_MAX_DISABLE	0x8U

/**
 * struct winvm_working_set - limits of the working set, and emptying it
 *	(WINVM_IOC_WORKING_SET)
 *
 * The working set is the pages that are in the page tables. What leaves it is
 * found again, with its contents, at the next touch. The hard limits count and
 * move winvm's memory only; Linux may take pages below a hard minimum when
 * memory is short.
 *
 * @size: sizeof(struct winvm_working_set)
 * @status: out: NTSTATUS: STATUS_INVALID_PARAMETER a flag is unknown or
 *	contradicts another (SPEC WS-6), or one limit of the two is 0 (SPEC WS-4);
 *	STATUS_BAD_WORKING_SET_LIMIT they are not limits (SPEC WS-2);
 *	STATUS_INSUFFICIENT_RESOURCES there is not so much memory (SPEC WS-5)
 * @minimum_bytes: WINVM_WORKING_SET_SET: in, rounded down to pages; both 0 leave
 *	the limits alone, both the largest number empty the working set (SPEC WS-3).
 *	WINVM_WORKING_SET_GET: out, as the next
 * @maximum_bytes: the same
 * @operation: in: WINVM_WORKING_SET_SET needs the right SET_QUOTA,
 *	WINVM_WORKING_SET_GET the right QUERY_INFORMATION
 * @flags: WINVM_HARDWS_*; in: 0 leaves both as they are; out: one of each pair
 */
struct winvm_working_set {
	__u32 size;
	__u32 status;
	__u64 minimum_bytes;
	__u64 maximum_bytes;
	__u32 operation;
	__u32 flags;
};

/**
 * struct winvm_query_working_set - all pages of the working set
 *	(WINVM_IOC_QUERY_WORKING_SET)
 *
 * A long call drops its locks between batches: each page was there at some
 * moment of the call.
 *
 * @size: sizeof(struct winvm_query_working_set)
 * @status: out: STATUS_INFO_LENGTH_MISMATCH when there were more pages than
 *	@capacity; the first of them are written (SPEC WS-17)
 * @buffer: in: address of an array of __u64, which become PSAPI_WORKING_SET_BLOCK
 *	(SPEC 8.3), ascending
 * @capacity: in: elements @buffer can take, may be 0
 * @count: out: how many pages there were
 */
struct winvm_query_working_set {
	__u32 size;
	__u32 status;
	__u64 buffer;
	__u64 capacity;
	__u64 count;
};

/**
 * struct winvm_page - one page that is asked about
 * @address: any address in it
 * @attributes: out: PSAPI_WORKING_SET_EX_BLOCK (SPEC 8.3); all bits 0 for an
 *	address that nothing is at
 */
struct winvm_page {
	__u64 address;
	__u64 attributes;
};

/**
 * struct winvm_query_pages - which pages are in the working set, and how
 *	(WINVM_IOC_QUERY_PAGES)
 * @size: sizeof(struct winvm_query_pages)
 * @status: out: NTSTATUS
 * @pages: address of an array of struct winvm_page, in any order (SPEC WS-15)
 * @count: in: how many; EFAULT leaves those before the bad address answered
 */
struct winvm_query_pages {
	__u32 size;
	__u32 status;
	__u64 pages;
	__u64 count;
};

/* What WINVM_IOC_WATCH_WORKING_SET does. */
#define WINVM_CHANGES_BEGIN	0
#define WINVM_CHANGES_TAKE	1

/**
 * struct winvm_ws_fault - a fault that brought a page of winvm's memory into
 *	the working set (SPEC WS-19)
 * @pc: the instruction; of a system call, the one that made it. 0 in the last
 * @address: what it touched; in the last how many faults had no room
 * @thread: Linux' id of the thread
 * @flags: 0
 */
struct winvm_ws_fault {
	__u64 pc;
	__u64 address;
	__u64 thread;
	__u64 flags;
};

/**
 * struct winvm_watch_working_set - InitializeProcessForWsWatch, GetWsChanges(Ex)
 *	(WINVM_IOC_WATCH_WORKING_SET)
 *
 * Once begun the watch lasts as long as the process. Faults of threads of the
 * process are recorded, a thousand of them; to begin again forgets those.
 * While they are taken nothing is recorded. What cannot be written stays.
 *
 * @size: sizeof(struct winvm_watch_working_set)
 * @status: out: of WINVM_CHANGES_TAKE STATUS_UNSUCCESSFUL: not begun;
 *	STATUS_NO_MORE_ENTRIES: no record, or somebody else takes them just now;
 *	STATUS_BUFFER_TOO_SMALL: @bytes tells how many are needed
 * @buffer: in: address of an array of struct winvm_ws_fault, or of the first
 *	@entry_bytes of each
 * @bytes: in: its size; out: bytes written or needed
 * @operation: in: WINVM_CHANGES_*
 * @entry_bytes: in: 16 or 32 with WINVM_CHANGES_TAKE, 0 with WINVM_CHANGES_BEGIN
 */
struct winvm_watch_working_set {
	__u32 size;
	__u32 status;
	__u64 buffer;
	__u64 bytes;
	__u32 operation;
	__u32 entry_bytes;
};

/**
 * struct winvm_range - a range of addresses
 *
 * The layout is that of WIN32_MEMORY_RANGE_ENTRY on Windows x64, 16 bytes.
 *
 * @base: address, need not be page-aligned
 * @bytes: length, not 0 (SPEC PF-4)
 */
struct winvm_range {
	__u64 base;
	__u64 bytes;
};

/**
 * struct winvm_prefetch - NtSetInformationVirtualMemory(VmPrefetchInformation),
 *	memory that is wanted soon (WINVM_IOC_PREFETCH)
 *
 * A hint: what is free, reserved or cannot be read is passed over (SPEC PF-1).
 * Pages that are in swap are brought into memory, but not mapped (SPEC PF-6);
 * files that Linux has mapped are read ahead. One call brings in at most a
 * quarter of RAM.
 *
 * @size: sizeof(struct winvm_prefetch)
 * @status: out: NTSTATUS (SPEC PF-2 to PF-4): STATUS_INVALID_PARAMETER_3 if
 *	@count is 0, _5 for flags, _4 for a range of 0 bytes, or one that
 *	passes the end of the user range; all ranges are looked at before
 *	anything is brought in
 * @ranges: in: address of an array of struct winvm_range
 * @count: in: elements of it
 * @flags: in: 0 (SPEC PF-1)
 * @__reserved: zero
 */
struct winvm_prefetch {
	__u32 size;
	__u32 status;
	__u64 ranges;
	__u64 count;
	__u32 flags;
	__u32 __reserved;
};

/**
 * struct winvm_offer - OfferVirtualMemory, ReclaimVirtualMemory, DiscardVirtualMemory
 *	(WINVM_IOC_OFFER, WINVM_IOC_RECLAIM, WINVM_IOC_DISCARD)
 *
 * The pages must be committed pages of one private allocation. Offered pages
 * are accessible to nobody; their contents are never written to swap, and go
 * when memory is short (SPEC OF-2). Reclaiming makes them accessible again
 * (SPEC OF-3). Discarding makes them zero; it takes offers back (SPEC OF-4).
 * Offering and discarding unlock the pages (SPEC VL-18).
 *
 * @size: sizeof(struct winvm_offer)
 * @status: out: NTSTATUS (SPEC OF-1 to OF-5): STATUS_INVALID_PARAMETER for a
 *	range that is not of whole pages, is empty, or passes the end of the
 *	user range, and for an unknown priority; STATUS_CONFLICTING_ADDRESSES
 *	where it is not in one private allocation; STATUS_NOT_COMMITTED;
 *	STATUS_INVALID_PAGE_PROTECTION for discarding pages that are not
 *	PAGE_READWRITE; STATUS_DEVICE_BUSY when all was reclaimed, but
 *	a page has lost its contents
 * @base: in: address, a multiple of the page size
 * @bytes: in: length, a multiple of the page size
 * @priority: in: OFFER_PRIORITY, 1 to 4 (SPEC DG-8); 0 for reclaiming and discarding
 * @__reserved: zero
 */
struct winvm_offer {
	__u32 size;
	__u32 status;
	__u64 base;
	__u64 bytes;
	__u32 priority;
	__u32 __reserved;
};

/* No file is behind a section: what is not in memory is in swap, NT's page file. */
#define WINVM_NO_FILE	(-1)

/* A section that has the name already will do (OBJ_OPENIF). */
#define WINVM_SECTION_EXISTING	0x1U

/**
 * struct winvm_create_section - NtCreateSection (WINVM_IOC_CREATE_SECTION)
 *
 * The section lives as long as a descriptor or a view of it, in whatever
 * process. Its bookkeeping is charged to the caller's user. Without a file its
 * contents begin as zeros, and SEC_COMMIT charges all of it to the system's
 * commit, SEC_RESERVE each page when it is committed through a view, for all views
 * and for good (SPEC CC-3, SE-26); each reserved page takes a bit of bookkeeping.
 * Of a file nothing is charged (SPEC CC-6). With SEC_NO_CHANGE pages
 * of views keep the protection that the view was mapped with
 * (STATUS_INVALID_PAGE_PROTECTION). A SEC_BASED section gets an address, which it
 * has in every process (SPEC SE-37). SEC_GLOBAL changes nothing.
 *
 * It may have a name, in a directory that each user (effective id) has in each
 * IPC namespace, and that nobody else sees. Names are bytes, and told apart by
 * each (SPEC SE-11). One goes with the last descriptor of its section, whoever
 * has that, also if there are views (SPEC SE-12).
 *
 * @size: sizeof(struct winvm_create_section)
 * @status: out: NTSTATUS (SPEC SE-2 to SE-11). STATUS_NOT_SUPPORTED, as yet, for
 *	files that are not on ext4, tmpfs, or an overlay of these. STATUS_NO_MEMORY if
 *	there is no address for a SEC_BASED section. STATUS_ACCESS_DENIED if the
 *	descriptor does not allow what @protect does (SPEC SE-8),
 *	STATUS_INVALID_FILE_FOR_SECTION for what is no regular file,
 *	STATUS_SHARING_VIOLATION where a lease, or the file being executed, forbids
 *	it, STATUS_DISK_FULL when the file cannot grow.
 *	STATUS_OBJECT_NAME_EXISTS, a success, if there was a section of that name:
 *	the descriptor is one of it, and @bytes, @protect, @attributes and @file_fd
 *	do not matter beyond that they can be; without WINVM_SECTION_EXISTING
 *	STATUS_OBJECT_NAME_COLLISION. STATUS_NAME_TOO_LONG for more than 1020
 *	bytes, STATUS_OBJECT_NAME_INVALID with a zero byte,
 *	STATUS_OBJECT_PATH_NOT_FOUND with a backslash
 * @bytes: in: size, of a file 0 for all of it, and if it is more the file grows,
 *	if @protect lets views write (SPEC SE-6, SE-7), of an image 0, or no more
 *	than its size; out: that of the section:
 *	whole pages, unless it is of a file (SPEC SE-5)
 * @protect: PAGE_*, the most that a view may have (SPEC SE-9, SE-15)
 * @attributes: SEC_*
 * @access: SECTION_* rights that the descriptor is to have (EINVAL for others)
 * @file_fd: descriptor of a file, of the caller, or WINVM_NO_FILE. With SEC_IMAGE a
 *	PE file that the caller may execute (SPEC SE-3); nobody can open it for
 *	writing as long as the section lives, and somebody who has is
 *	STATUS_SHARING_VIOLATION
 * @section_fd: out: a new descriptor, close-on-exec. It may be passed on: whoever
 *	has it has its rights
 * @node: NUMA node plus one, 0 for none: of views that ask for none
 * @name: address of the name, 0 for none
 * @name_bytes: its length, without a zero at its end; 0 for none
 * @flags: WINVM_SECTION_*; without a name 0
 *
 * EMFILE, ENFILE: no descriptor is left. The first version of the structure
 * ended with __reserved.
 */
struct winvm_create_section {
	__u32 size;
	__u32 status;
	__u64 bytes;
	__u32 protect;
	__u32 attributes;
	__u32 access;
	__s32 file_fd;
	__s32 section_fd;
	__u32 node;
	__u64 name;
	__u32 name_bytes;
	__u32 flags;
};

/* NtMapViewOfSectionEx, which knows MEM_REPLACE_PLACEHOLDER. */
#define WINVM_MAP_VIEW_EXTENDED	0x1U

/**
 * struct winvm_map_view - NtMapViewOfSection(Ex) (WINVM_IOC_MAP_VIEW)
 * @size: sizeof(struct winvm_map_view)
 * @status: out: NTSTATUS (SPEC PH-17, PH-22, SE-14 to SE-20, SE-24).
 *	STATUS_IMAGE_NOT_AT_BASE, a success: the image was made for another address
 *	(SPEC SE-32)
 * @base: in: wanted address, a multiple of 64 KB, or the address of a placeholder;
 *	0 for the module's choice, of an image for the address it was made for, if
 *	that is free; out: the address (SPEC PH-17, SE-16, SE-21).
 *	A based section is nowhere but at its own (SPEC SE-37), else
 *	STATUS_CONFLICTING_ADDRESSES
 * @bytes: in: length, 0 to the end of the section; out: length of the whole
 *	pages (SPEC SE-19, SE-20)
 * @offset: in the section, a multiple of 64 KB, or of the page size into a
 *	placeholder (SPEC PH-22, SE-16)
 * @zero_bits: as in struct winvm_allocate
 * @commit_bytes: as much from @offset on is to be committed, rounded up to a page
 *	(SPEC SE-25); of a SEC_COMMIT section all is
 * @section_fd: descriptor of a section, of the caller
 * @type: MEM_TOP_DOWN, MEM_REPLACE_PLACEHOLDER or 0 (SPEC PH-17, SE-17). What is
 *	replaced is one placeholder, no more and no less
 * @protect: PAGE_*, which the descriptor and the section must allow (SPEC SE-14,
 *	SE-15), and within which the pages' protection can be changed later
 *	(SPEC SE-30). Pages of an image begin with the protection of their section
 *	of the file, whatever is given, and can be changed within
 *	PAGE_EXECUTE_WRITECOPY, PAGE_WRITECOPY with SEC_IMAGE_NO_EXECUTE
 * @inherit: 1 ViewShare: a child of fork(2) gets the view with WINVM_IOC_INHERIT;
 *	2 ViewUnmap: it does not (SPEC SE-36)
 * @lowest_address: of the module's choice, as in struct winvm_allocate
 * @highest_address: the same
 * @alignment_bytes: 0 (SPEC SE-24)
 * @node: as in struct winvm_allocate; 0 takes the section's
 * @flags: WINVM_MAP_VIEW_EXTENDED or 0
 */
struct winvm_map_view {
	__u32 size;
	__u32 status;
	__u64 base;
	__u64 bytes;
	__u64 offset;
	__u64 zero_bits;
	__u64 commit_bytes;
	__s32 section_fd;
	__u32 type;
	__u32 protect;
	__u32 inherit;
	__u64 lowest_address;
	__u64 highest_address;
	__u64 alignment_bytes;
	__u32 node;
	__u32 flags;
};

/**
 * struct winvm_unmap_view - NtUnmapViewOfSectionEx (WINVM_IOC_UNMAP_VIEW)
 * @size: sizeof(struct winvm_unmap_view)
 * @status: out: NTSTATUS: STATUS_NOT_MAPPED_VIEW where no view is (SPEC SE-28);
 *	STATUS_CONFLICTING_ADDRESSES, of a view that took no placeholder's place
 * @base: any address in the view
 * @flags: MEM_UNMAP_WITH_TRANSIENT_BOOST, which changes nothing, and
 *	MEM_PRESERVE_PLACEHOLDER, which leaves the placeholder that the view took
 *	the place of (SPEC PH-18); else STATUS_INVALID_PARAMETER
 * @__reserved: zero
 */
struct winvm_unmap_view {
	__u32 size;
	__u32 status;
	__u64 base;
	__u32 flags;
	__u32 __reserved;
};

#define WINVM_IMAGE_CODE	0x1U	/* a section of the file is executable */

/**
 * struct winvm_query_section - NtQuerySection (WINVM_IOC_QUERY_SECTION)
 * @size: sizeof(struct winvm_query_section)
 * @status: out: NTSTATUS: STATUS_ACCESS_DENIED without SECTION_QUERY (SPEC SE-38)
 * @bytes: out: size of the section
 * @section_fd: in: descriptor of a section, of the caller
 * @attributes: out: SEC_* (SPEC SE-4)
 * @protect: out: PAGE_*
 * @access: out: SECTION_* rights of the descriptor
 * @base: out: address of a SEC_BASED section (SPEC SE-37), 0 of others
 * @image_base: out: the address that an image was made for. This and all that
 *	follow are what the headers of the file say; 0 if the section is no image's
 * @stack_reserve: out: bytes that its first thread's stack reserves
 * @stack_commit: out: bytes of it that are committed
 * @entry: out: where it begins to run, from its beginning; 0 for nowhere
 * @loader_flags: out: LoaderFlags
 * @file_bytes: out: length of the file, its low 32 bits
 * @checksum: out: CheckSum
 * @image_flags: out: WINVM_IMAGE_*
 * @characteristics: out: IMAGE_FILE_*
 * @dll_characteristics: out: IMAGE_DLLCHARACTERISTICS_*
 * @machine: out: IMAGE_FILE_MACHINE_*
 * @subsystem: out: IMAGE_SUBSYSTEM_*
 * @subsystem_major: out: its version
 * @subsystem_minor: out: the same
 */
struct winvm_query_section {
	__u32 size;
	__u32 status;
	__u64 bytes;
	__s32 section_fd;
	__u32 attributes;
	__u32 protect;
	__u32 access;
	__u64 base;
	__u64 image_base;
	__u64 stack_reserve;
	__u64 stack_commit;
	__u32 entry;
	__u32 loader_flags;
	__u32 file_bytes;
	__u32 checksum;
	__u32 image_flags;
	__u16 characteristics;
	__u16 dll_characteristics;
	__u16 machine;
	__u16 subsystem;
	__u16 subsystem_major;
	__u16 subsystem_minor;
};

/**
 * struct winvm_flush_view - NtFlushVirtualMemory (WINVM_IOC_FLUSH_VIEW)
 *
 * What was written through whatever mapping of the pages is on the disk when the
 * call returns. Of the page file there is nothing to write.
 *
 * @size: sizeof(struct winvm_flush_view)
 * @status: out: NTSTATUS (SPEC SE-33): STATUS_NOT_MAPPED_DATA where the range does
 *	not lie in one view; STATUS_DISK_FULL, STATUS_IO_DEVICE_ERROR
 * @base: in: any address in the view; out: rounded down to a page
 * @bytes: in: length, 0 to the end of the view; out: length of the whole pages
 */
struct winvm_flush_view {
	__u32 size;
	__u32 status;
	__u64 base;
	__u64 bytes;
};

/**
 * struct winvm_extend_section - NtExtendSection (WINVM_IOC_EXTEND_SECTION)
 *
 * The file grows with the section. Views do not.
 *
 * @size: sizeof(struct winvm_extend_section)
 * @status: out: NTSTATUS (SPEC SE-39): STATUS_SECTION_NOT_EXTENDED unless it is of
 *	a file and lets views write; STATUS_ACCESS_DENIED without SECTION_EXTEND_SIZE;
 *	STATUS_DISK_FULL
 * @section_fd: descriptor of a section, of the caller
 * @__reserved: zero
 * @bytes: in: new size; one that is not more than the old changes nothing; out:
 *	the size it has
 */
struct winvm_extend_section {
	__u32 size;
	__u32 status;
	__s32 section_fd;
	__u32 __reserved;
	__u64 bytes;
};

/**
 * struct winvm_query_file - is a file mapped? (WINVM_IOC_QUERY_FILE)
 *
 * NT lets nobody cut off what a section has of a file (SPEC SE-34). Linux does;
 * who would be NT asks first.
 *
 * @size: sizeof(struct winvm_query_file)
 * @status: out: NTSTATUS: STATUS_ACCESS_DENIED unless the descriptor may write
 * @file_fd: descriptor of a file, of the caller
 * @__reserved: zero
 * @section_bytes: out: size of the largest section of it, 0 if there is none
 */
struct winvm_query_file {
	__u32 size;
	__u32 status;
	__s32 file_fd;
	__u32 __reserved;
	__u64 section_bytes;
};

/**
 * struct winvm_open_section - another descriptor of a section: NtOpenSection by
 *	its name, NtDuplicateObject by a descriptor (WINVM_IOC_OPEN_SECTION)
 * @size: sizeof(struct winvm_open_section)
 * @status: out: NTSTATUS: STATUS_OBJECT_NAME_NOT_FOUND no section has that name
 *	(SPEC SE-12), and those of struct winvm_create_section that are about
 *	names; STATUS_ACCESS_DENIED @from_fd does not have all rights of @access
 * @name: address of the name, 0 for none; looked up as for creating
 * @name_bytes: its length; 0 for none
 * @access: SECTION_* rights that the descriptor is to have (EINVAL for others)
 * @from_fd: in: descriptor of a section, of the caller; with a name WINVM_NO_FILE
 * @section_fd: out: a new descriptor, close-on-exec
 *
 * EMFILE, ENFILE: no descriptor is left.
 */
struct winvm_open_section {
	__u32 size;
	__u32 status;
	__u64 name;
	__u32 name_bytes;
	__u32 access;
	__s32 from_fd;
	__s32 section_fd;
};

/**
 * struct winvm_inherit - the views that the caller was forked with (WINVM_IOC_INHERIT)
 *
 * A child of fork(2) has its parent's ViewShare views at their addresses, but
 * until this call they show nothing there (SPEC SE-36). By it they become the
 * child's own. Pages have the protections that they have in the parent, if it
 * lives and has the view still, else that of the view; they are not locked.
 * Views of which the child has unmapped a part are left as they are, as are
 * those for which the call fails; it can be made again. Where memory ends amid
 * the change a view is lost to the child, and its place is free.
 *
 * @size: sizeof(struct winvm_inherit)
 * @status: out: NTSTATUS of the first view that failed, or STATUS_SUCCESS
 * @views: out: how many were taken over
 */
struct winvm_inherit {
	__u32 size;
	__u32 status;
	__u64 views;
};

/* Rights on a job. */
#define WINVM_JOB_ASSIGN_PROCESS	0x1U
#define WINVM_JOB_SET_ATTRIBUTES	0x2U
#define WINVM_JOB_QUERY			0x4U
#define WINVM_JOB_TERMINATE		0x8U

/**
 * struct winvm_create_job - a job (WINVM_IOC_CREATE_JOB)
 *
 * A job holds processes, whatever programs they execute, and the children that they
 * have from then on. It lives until its last descriptor is closed and its last
 * process has ended. No process leaves a job, and none is in two.
 *
 * @size: sizeof(struct winvm_create_job)
 * @status: out: NTSTATUS: STATUS_NOT_SUPPORTED the kernel does not tell of forks;
 *	for @from_fd STATUS_INVALID_HANDLE, STATUS_OBJECT_TYPE_MISMATCH,
 *	STATUS_ACCESS_DENIED it has not all of @access
 * @access: in: rights of the new descriptor, WINVM_JOB_*
 * @job_fd: out: the descriptor, closed at exec; poll(2) says when there is a message
 * @from_fd: in: another descriptor of the job; WINVM_NO_FILE: a new job
 * @__reserved: 0
 *
 * EMFILE, ENFILE: no descriptor is left.
 */
struct winvm_create_job {
	__u32 size;
	__u32 status;
	__u32 access;
	__s32 job_fd;
	__s32 from_fd;
	__u32 __reserved;
};

/* Messages of a job. */
#define WINVM_JOB_MSG_ACTIVE_PROCESS_ZERO	4U
#define WINVM_JOB_MSG_NEW_PROCESS		6U
#define WINVM_JOB_MSG_EXIT_PROCESS		7U
#define WINVM_JOB_MSG_PROCESS_MEMORY_LIMIT	9U
#define WINVM_JOB_MSG_JOB_MEMORY_LIMIT		10U

/**
 * struct winvm_job_call - calls with a job
 *
 * WINVM_IOC_ASSIGN_JOB (right ASSIGN_PROCESS; right SET_QUOTA on the process): the
 * process that the descriptor of the call serves belongs to the job, with what it
 * has committed, even if that is above a limit. STATUS_ACCESS_DENIED it is in a
 * job; STATUS_PROCESS_IS_TERMINATING it ends or executes another program.
 * WINVM_IOC_IN_JOB (right QUERY; QUERY_INFORMATION): @value: is it in the job, or
 * with WINVM_NO_FILE in any?
 * WINVM_IOC_TERMINATE_JOB (right TERMINATE): SIGKILL to all processes of the job.
 * STATUS_ACCESS_DENIED the caller may not kill some of them; the others are.
 * WINVM_IOC_JOB_MESSAGE (right SET_ATTRIBUTES): with @value 1, messages are kept from
 * now on, beginning with one for each process that is there; once a job, else
 * STATUS_INVALID_PARAMETER. With 0, the oldest message is taken: @value, @pid and
 * @lost; STATUS_NO_MORE_ENTRIES there is none. At most 256 are kept.
 *
 * @size: sizeof(struct winvm_job_call)
 * @status: out: NTSTATUS: as above, or STATUS_INVALID_HANDLE,
 *	STATUS_OBJECT_TYPE_MISMATCH, STATUS_ACCESS_DENIED for the job
 * @job_fd: in: a job's descriptor
 * @value: as above
 * @pid: out: whom a message is about, in the caller's PID namespace; 0: nobody, or
 *	nobody whom that one has
 * @__reserved: 0
 * @lost: out: how many messages there was no room for
 */
struct winvm_job_call {
	__u32 size;
	__u32 status;
	__s32 job_fd;
	__u32 value;
	__u32 pid;
	__u32 __reserved;
	__u64 lost;
};

/* Limits of a job, as Windows numbers them. */
#define WINVM_JOB_LIMIT_PROCESS_MEMORY	0x100U
#define WINVM_JOB_LIMIT_JOB_MEMORY	0x200U

/**
 * struct winvm_job_limits - limits of a job, and what it has (WINVM_IOC_SET_JOB,
 *	WINVM_IOC_QUERY_JOB; SPEC CC-14)
 *
 * Limits are of commit. They are rounded down to pages, and may be less than there
 * is: that stays, and more is refused with STATUS_COMMITMENT_LIMIT.
 *
 * @size: sizeof(struct winvm_job_limits)
 * @status: out: NTSTATUS: STATUS_NOT_SUPPORTED a flag is unknown; or as for
 *	struct winvm_job_call, the rights are SET_ATTRIBUTES and QUERY
 * @job_fd: in: its descriptor; QUERY: WINVM_NO_FILE: the job that the caller is in,
 *	which needs no right; STATUS_ACCESS_DENIED none
 * @flags: WINVM_JOB_LIMIT_*; SET: in: which limits there are; QUERY: out
 * @process_bytes: what each process may commit; QUERY: 0 if there is no limit
 * @job_bytes: what all may commit together, the same
 * @peak_process_bytes: QUERY: out: the most that one of them had
 * @peak_job_bytes: QUERY: out: the most that all had together
 * @commit_bytes: QUERY: out: what they have
 * @active: QUERY: out: how many processes there are
 * @total: QUERY: out: how many there were in all
 * @id: QUERY: out: the job's identity, as &WINVM_NL_A_JOB_ID
 */
struct winvm_job_limits {
	__u32 size;
	__u32 status;
	__s32 job_fd;
	__u32 flags;
	__u64 process_bytes;
	__u64 job_bytes;
	__u64 peak_process_bytes;
	__u64 peak_job_bytes;
	__u64 commit_bytes;
	__u32 active;
	__u32 total;
	__u64 id;
};

/**
 * struct winvm_job_processes - who belongs to a job (WINVM_IOC_JOB_PROCESSES, right QUERY)
 * @size: sizeof(struct winvm_job_processes)
 * @status: out: NTSTATUS: as for struct winvm_job_call
 * @buffer: in: address of an array of __u32; out: numbers of processes in the
 *	caller's PID namespace
 * @job_fd: in: its descriptor, or WINVM_NO_FILE as for struct winvm_job_limits
 * @capacity: in: how many fit; more than 65536 are not told
 * @count: out: how many there are in the array
 * @active: out: how many belong to the job, those that the namespace lacks included
 */
struct winvm_job_processes {
	__u32 size;
	__u32 status;
	__u64 buffer;
	__s32 job_fd;
	__u32 capacity;
	__u32 count;
	__u32 active;
};

/* Flags of struct winvm_vad_record. */
#define WINVM_VADS_WATCH	0x1U	/* MEM_WRITE_WATCH */
#define WINVM_VADS_PLACEHOLDER	0x2U	/* that nothing has replaced */
#define WINVM_VADS_NO_CHANGE	0x4U	/* SEC_NO_CHANGE */
#define WINVM_VADS_PAGE_FILE	0x8U	/* a view of a section that has no file */

/**
 * struct winvm_vad_record - a VAD, and where it is in the tree (SPEC DS-4, DS-9)
 * @start_vpn: its first page
 * @end_vpn: its last page, inclusive
 * @commit_pages: its commit charge
 * @gap_pages: free pages in front that an allocation can use (SPEC DS-10)
 * @max_gap_pages: the most that a VAD of its subtree has
 * @protect: PAGE_*, that it was reserved with
 * @type: MEM_PRIVATE, MEM_MAPPED or MEM_IMAGE
 * @flags: WINVM_VADS_*
 * @level: the root is on 1, its children on 2, and so on
 * @balance: height of the right subtree minus that of the left: -1, 0 or 1
 */
struct winvm_vad_record {
	__u64 start_vpn;
	__u64 end_vpn;
	__u64 commit_pages;
	__u64 gap_pages;
	__u64 max_gap_pages;
	__u32 protect;
	__u32 type;
	__u32 flags;
	__u16 level;
	__s16 balance;
};

/**
 * struct winvm_vads - the tree of VADs, in the order of addresses (WINVM_IOC_VADS)
 * @size: sizeof(struct winvm_vads)
 * @status: out: STATUS_SUCCESS
 * @address: in: where to begin: the first VAD that does not end below
 * @buffer: in: address of an array of struct winvm_vad_record
 * @capacity: in: elements @buffer can take, at least 1
 * @count: out: elements written; fewer than @capacity: there are no more
 * @next: out: where to go on: the end of the last VAD written
 * @vads: out: how many there are in all
 *
 * Each was so at some moment of the call; the tree may turn between two. Of a
 * process that is stopped all is of one moment.
 */
struct winvm_vads {
	__u32 size;
	__u32 status;
	__u64 address;
	__u64 buffer;
	__u32 capacity;
	__u32 count;
	__u64 next;
	__u64 vads;
};

/* Where the contents of a page are: struct winvm_translation.location. */
#define WINVM_AT_NOWHERE	0U	/* there are none yet, or never will be */
#define WINVM_AT_MAPPED		1U	/* in memory, and the last entry says where */
#define WINVM_AT_MEMORY		2U	/* in memory, and no entry says where */
#define WINVM_AT_PAGE_FILE	3U	/* in a page file: Linux' swap */
#define WINVM_AT_FILE		4U	/* a file has them; so may memory */
#define WINVM_AT_BROKEN		5U	/* in memory that is broken */
#define WINVM_AT_UNTOLD		6U	/* hugetlbfs: its tables are not looked at */

/* Flags of struct winvm_translation. */
#define WINVM_TRANSLATED_VAD	0x1U	/* of a VAD, not what Linux itself mapped */
#define WINVM_TRANSLATED_SHARED	0x2U	/* of a section or a file, not the process' own */
#define WINVM_TRANSLATED_FRAME	0x4U	/* @frame is told */
#define WINVM_TRANSLATED_SLOT	0x8U	/* @page_file and @slot are told */

#define WINVM_TABLE_LEVELS	5

/**
 * struct winvm_translation - an address, through the page tables
 * @address: in: any
 * @entries: out: the entry on each level, as the processor has it: [0] of the page
 *	table, [1] of the page directory, up to [4], which there is with 5 levels
 *	only. Without CAP_SYS_ADMIN the bits that say where in memory, or in
 *	a page file, are 0.
 * @frame: out: number of the page's frame; with CAP_SYS_ADMIN only
 * @slot: out: number of its slot in the page file; with CAP_SYS_ADMIN only
 * @allocation_base: out: of its allocation
 * @state: out: MEM_COMMIT, MEM_RESERVE or MEM_FREE; 0: no address of user space
 * @protect: out: PAGE_* of a page that is committed
 * @allocation_protect: out: PAGE_* that its allocation began with
 * @type: out: MEM_PRIVATE, MEM_MAPPED, MEM_IMAGE, or 0
 * @page_file: out: number of the page file, as Linux counts them, from 0 on
 * @level: out: the last that was looked at: 1 the page table, 2 the page directory,
 *	and so on; 0: none. There is nothing to see below an entry that is
 *	not present, or that is the one of a large page; nor where Linux might take
 *	the table away, for nothing around the address is mapped.
 * @location: out: WINVM_AT_*
 * @flags: out: WINVM_TRANSLATED_*
 * @__reserved: out: 0
 */
struct winvm_translation {
	__u64 address;
	__u64 entries[WINVM_TABLE_LEVELS];
	__u64 frame;
	__u64 slot;
	__u64 allocation_base;
	__u32 state;
	__u32 protect;
	__u32 allocation_protect;
	__u32 type;
	__u32 page_file;
	__u8 level;
	__u8 location;
	__u8 flags;
	__u8 __reserved;
};

/**
 * struct winvm_translate - addresses through the page tables (WINVM_IOC_TRANSLATE)
 * @size: sizeof(struct winvm_translate)
 * @status: out: STATUS_SUCCESS
 * @buffer: in: address of an array of struct winvm_translation
 * @count: in: how many there are
 * @levels: out: of page tables: 4 or 5
 * @frames: out: 1 if the caller has CAP_SYS_ADMIN in the first user namespace, and
 *	so is told frames and slots; else 0
 *
 * Each was so at some moment of the call. Whether memory has what is in a file of
 * others is for those with CAP_SYS_ADMIN, too: WINVM_AT_FILE is all that others are told.
 */
struct winvm_translate {
	__u32 size;
	__u32 status;
	__u64 buffer;
	__u64 count;
	__u32 levels;
	__u32 frames;
};

#endif /* _UAPI_LINUX_WINVM_H */
