/* SPDX-License-Identifier: GPL-2.0 */
/* What tracepoints say in words (trace.h). */
#ifndef WINVM_TRACE_NAMES_H
#define WINVM_TRACE_NAMES_H

#include "pure/nt.h"

/**
 * enum winvm_fault_kind - what a page fault was
 * @WINVM_FAULT_DEMAND_ZERO: the page had no contents
 * @WINVM_FAULT_SOFT: it was in memory
 * @WINVM_FAULT_SWAP_IN: it was in swap
 * @WINVM_FAULT_FILE_READ: it was in its file only
 * @WINVM_FAULT_COPY_ON_WRITE: it was copied
 * @WINVM_FAULT_GUARD: a guard page exception
 * @WINVM_FAULT_STACK_GROW: a guard page of the thread's own stack, which grew
 * @WINVM_FAULT_STACK_OVERFLOW: the same, and the stack could not grow
 * @WINVM_FAULT_VIOLATION: an access violation
 */
enum winvm_fault_kind {
	WINVM_FAULT_DEMAND_ZERO = 1,
	WINVM_FAULT_SOFT,
	WINVM_FAULT_SWAP_IN,
	WINVM_FAULT_FILE_READ,
	WINVM_FAULT_COPY_ON_WRITE,
	WINVM_FAULT_GUARD,
	WINVM_FAULT_STACK_GROW,
	WINVM_FAULT_STACK_OVERFLOW,
	WINVM_FAULT_VIOLATION,
};

#define winvm_show_fault(kind) \
	__print_symbolic(kind, \
		{ WINVM_FAULT_DEMAND_ZERO, "demand-zero" }, \
		{ WINVM_FAULT_SOFT, "soft" }, \
		{ WINVM_FAULT_SWAP_IN, "swap-in" }, \
		{ WINVM_FAULT_FILE_READ, "file-read" }, \
		{ WINVM_FAULT_COPY_ON_WRITE, "copy-on-write" }, \
		{ WINVM_FAULT_GUARD, "guard" }, \
		{ WINVM_FAULT_STACK_GROW, "stack-grow" }, \
		{ WINVM_FAULT_STACK_OVERFLOW, "stack-overflow" }, \
		{ WINVM_FAULT_VIOLATION, "violation" })

#define winvm_show_access(access) \
	__print_symbolic(access, \
		{ WINVM_READ, "read" }, \
		{ WINVM_WRITE, "write" }, \
		{ WINVM_EXECUTE, "execute" })

#define winvm_show_limit(limit) \
	__print_symbolic(limit, \
		{ WINVM_NL_LIMIT_SYSTEM, "system" }, \
		{ WINVM_NL_LIMIT_LINUX, "linux" }, \
		{ WINVM_NL_LIMIT_CGROUP, "cgroup" }, \
		{ WINVM_NL_LIMIT_PROCESS, "process" }, \
		{ WINVM_NL_LIMIT_JOB_PROCESS, "job-process" }, \
		{ WINVM_NL_LIMIT_JOB, "job" })

#define winvm_show_allocate(type) \
	__print_flags(type, "|", \
		{ NT_MEM_COMMIT, "MEM_COMMIT" }, \
		{ NT_MEM_RESERVE, "MEM_RESERVE" }, \
		{ NT_MEM_REPLACE_PLACEHOLDER, "MEM_REPLACE_PLACEHOLDER" }, \
		{ NT_MEM_RESERVE_PLACEHOLDER, "MEM_RESERVE_PLACEHOLDER" }, \
		{ NT_MEM_RESET, "MEM_RESET" }, \
		{ NT_MEM_RESET_UNDO, "MEM_RESET_UNDO" }, \
		{ NT_MEM_TOP_DOWN, "MEM_TOP_DOWN" }, \
		{ NT_MEM_WRITE_WATCH, "MEM_WRITE_WATCH" }, \
		{ NT_MEM_PHYSICAL, "MEM_PHYSICAL" }, \
		{ NT_MEM_LARGE_PAGES, "MEM_LARGE_PAGES" })

#define winvm_show_free(type) \
	__print_flags(type, "|", \
		{ NT_MEM_DECOMMIT, "MEM_DECOMMIT" }, \
		{ NT_MEM_RELEASE, "MEM_RELEASE" }, \
		{ NT_MEM_COALESCE_PLACEHOLDERS, "MEM_COALESCE_PLACEHOLDERS" }, \
		{ NT_MEM_PRESERVE_PLACEHOLDER, "MEM_PRESERVE_PLACEHOLDER" })

#define winvm_show_unmap(flags) \
	__print_flags(flags, "|", \
		{ NT_MEM_UNMAP_WITH_TRANSIENT_BOOST, "MEM_UNMAP_WITH_TRANSIENT_BOOST" }, \
		{ NT_MEM_PRESERVE_PLACEHOLDER, "MEM_PRESERVE_PLACEHOLDER" })

#define winvm_show_protect(protect) \
	__print_flags(protect, "|", \
		{ NT_PAGE_NOACCESS, "PAGE_NOACCESS" }, \
		{ NT_PAGE_READONLY, "PAGE_READONLY" }, \
		{ NT_PAGE_READWRITE, "PAGE_READWRITE" }, \
		{ NT_PAGE_WRITECOPY, "PAGE_WRITECOPY" }, \
		{ NT_PAGE_EXECUTE, "PAGE_EXECUTE" }, \
		{ NT_PAGE_EXECUTE_READ, "PAGE_EXECUTE_READ" }, \
		{ NT_PAGE_EXECUTE_READWRITE, "PAGE_EXECUTE_READWRITE" }, \
		{ NT_PAGE_EXECUTE_WRITECOPY, "PAGE_EXECUTE_WRITECOPY" }, \
		{ NT_PAGE_GUARD, "PAGE_GUARD" }, \
		{ NT_PAGE_NOCACHE, "PAGE_NOCACHE" }, \
		{ NT_PAGE_WRITECOMBINE, "PAGE_WRITECOMBINE" }, \
		{ NT_PAGE_TARGETS_INVALID, "PAGE_TARGETS_INVALID" })

#endif
