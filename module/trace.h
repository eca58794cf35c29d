/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints, winvm:* in tracefs. Calls are told when they have come to an end,
 * with what they answer, or what they were asked if they failed, and with no lock
 * held; commits, decommits and refusals where the charge changes, whoever wanted
 * it; faults where it is known what they were.
 *
 * Each has the process whose memory it is about, which need not be the one that
 * runs, by its number in the first PID namespace.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM winvm

#if !defined(WINVM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define WINVM_TRACE_H

#include <linux/tracepoint.h>

#include "../uapi/linux/winvm_netlink.h"
#include "trace_names.h"
#include "winvm.h"

TRACE_DEFINE_ENUM(WINVM_FAULT_DEMAND_ZERO);
TRACE_DEFINE_ENUM(WINVM_FAULT_SOFT);
TRACE_DEFINE_ENUM(WINVM_FAULT_SWAP_IN);
TRACE_DEFINE_ENUM(WINVM_FAULT_FILE_READ);
TRACE_DEFINE_ENUM(WINVM_FAULT_COPY_ON_WRITE);
TRACE_DEFINE_ENUM(WINVM_FAULT_GUARD);
TRACE_DEFINE_ENUM(WINVM_FAULT_STACK_GROW);
TRACE_DEFINE_ENUM(WINVM_FAULT_STACK_OVERFLOW);
TRACE_DEFINE_ENUM(WINVM_FAULT_VIOLATION);
TRACE_DEFINE_ENUM(WINVM_READ);
TRACE_DEFINE_ENUM(WINVM_WRITE);
TRACE_DEFINE_ENUM(WINVM_EXECUTE);
TRACE_DEFINE_ENUM(WINVM_NL_LIMIT_SYSTEM);
TRACE_DEFINE_ENUM(WINVM_NL_LIMIT_LINUX);
TRACE_DEFINE_ENUM(WINVM_NL_LIMIT_CGROUP);
TRACE_DEFINE_ENUM(WINVM_NL_LIMIT_PROCESS);
TRACE_DEFINE_ENUM(WINVM_NL_LIMIT_JOB_PROCESS);
TRACE_DEFINE_ENUM(WINVM_NL_LIMIT_JOB);

TRACE_EVENT(alloc,
	    TP_PROTO(const struct winvm_process *process, const struct winvm_allocate *request),
	    TP_ARGS(process, request),
	    TP_STRUCT__entry(__field(u64, base)
			     __field(u64, bytes)
			     __field(u32, pid)
			     __field(u32, type)
			     __field(u32, protect)
			     __field(u32, status)),
	    TP_fast_assign(__entry->base = request->base;
			   __entry->bytes = request->bytes;
			   __entry->pid = winvm_trace_pid(process);
			   __entry->type = request->type;
			   __entry->protect = request->protect;
			   __entry->status = request->status;),
	    TP_printk("pid=%u base=0x%llx bytes=%llu type=%s protect=%s status=0x%x",
		      __entry->pid, __entry->base, __entry->bytes,
		      winvm_show_allocate(__entry->type), winvm_show_protect(__entry->protect),
		      __entry->status)
);

TRACE_EVENT(free,
	    TP_PROTO(const struct winvm_process *process, const struct winvm_free *request),
	    TP_ARGS(process, request),
	    TP_STRUCT__entry(__field(u64, base)
			     __field(u64, bytes)
			     __field(u32, pid)
			     __field(u32, type)
			     __field(u32, status)),
	    TP_fast_assign(__entry->base = request->base;
			   __entry->bytes = request->bytes;
			   __entry->pid = winvm_trace_pid(process);
			   __entry->type = request->type;
			   __entry->status = request->status;),
	    TP_printk("pid=%u base=0x%llx bytes=%llu type=%s status=0x%x", __entry->pid,
		      __entry->base, __entry->bytes, winvm_show_free(__entry->type),
		      __entry->status)
);

TRACE_EVENT(protect,
	    TP_PROTO(const struct winvm_process *process, const struct winvm_protect *request),
	    TP_ARGS(process, request),
	    TP_STRUCT__entry(__field(u64, base)
			     __field(u64, bytes)
			     __field(u32, pid)
			     __field(u32, protect)
			     __field(u32, old_protect)
			     __field(u32, status)),
	    TP_fast_assign(__entry->base = request->base;
			   __entry->bytes = request->bytes;
			   __entry->pid = winvm_trace_pid(process);
			   __entry->protect = request->protect;
			   __entry->old_protect = request->status ? 0 : request->old_protect;
			   __entry->status = request->status;),
	    TP_printk("pid=%u base=0x%llx bytes=%llu protect=%s old_protect=%s status=0x%x",
		      __entry->pid, __entry->base, __entry->bytes,
		      winvm_show_protect(__entry->protect),
		      winvm_show_protect(__entry->old_protect), __entry->status)
);

TRACE_EVENT(map_view,
	    TP_PROTO(const struct winvm_process *process, const struct winvm_map_view *request),
	    TP_ARGS(process, request),
	    TP_STRUCT__entry(__field(u64, base)
			     __field(u64, bytes)
			     __field(u64, offset)
			     __field(u32, pid)
			     __field(u32, type)
			     __field(u32, protect)
			     __field(u32, status)),
	    TP_fast_assign(__entry->base = request->base;
			   __entry->bytes = request->bytes;
			   __entry->offset = request->offset;
			   __entry->pid = winvm_trace_pid(process);
			   __entry->type = request->type;
			   __entry->protect = request->protect;
			   __entry->status = request->status;),
	    TP_printk("pid=%u base=0x%llx bytes=%llu offset=%llu type=%s protect=%s status=0x%x",
		      __entry->pid, __entry->base, __entry->bytes, __entry->offset,
		      winvm_show_allocate(__entry->type), winvm_show_protect(__entry->protect),
		      __entry->status)
);

TRACE_EVENT(unmap_view,
	    TP_PROTO(const struct winvm_process *process, const struct winvm_unmap_view *request),
	    TP_ARGS(process, request),
	    TP_STRUCT__entry(__field(u64, base)
			     __field(u32, pid)
			     __field(u32, flags)
			     __field(u32, status)),
	    TP_fast_assign(__entry->base = request->base;
			   __entry->pid = winvm_trace_pid(process);
			   __entry->flags = request->flags;
			   __entry->status = request->status;),
	    TP_printk("pid=%u base=0x%llx flags=%s status=0x%x", __entry->pid, __entry->base,
		      winvm_show_unmap(__entry->flags), __entry->status)
);

/* @fresh: pages that were not committed before, and are charged */
TRACE_EVENT(commit,
	    TP_PROTO(const struct winvm_process *process, u64 vpn, u64 pages, u64 fresh,
		     u32 protect, u32 status),
	    TP_ARGS(process, vpn, pages, fresh, protect, status),
	    TP_STRUCT__entry(__field(u64, base)
			     __field(u64, bytes)
			     __field(u64, charged)
			     __field(u32, pid)
			     __field(u32, protect)
			     __field(u32, status)),
	    TP_fast_assign(__entry->base = vpn << PAGE_SHIFT;
			   __entry->bytes = pages << PAGE_SHIFT;
			   __entry->charged = status ? 0 : fresh << PAGE_SHIFT;
			   __entry->pid = winvm_trace_pid(process);
			   __entry->protect = protect;
			   __entry->status = status;),
	    TP_printk("pid=%u base=0x%llx bytes=%llu charged=%llu protect=%s status=0x%x",
		      __entry->pid, __entry->base, __entry->bytes, __entry->charged,
		      winvm_show_protect(__entry->protect), __entry->status)
);

/* @committed: pages that were */
TRACE_EVENT(decommit,
	    TP_PROTO(const struct winvm_process *process, u64 vpn, u64 pages, u64 committed),
	    TP_ARGS(process, vpn, pages, committed),
	    TP_STRUCT__entry(__field(u64, base)
			     __field(u64, bytes)
			     __field(u64, returned)
			     __field(u32, pid)),
	    TP_fast_assign(__entry->base = vpn << PAGE_SHIFT;
			   __entry->bytes = pages << PAGE_SHIFT;
			   __entry->returned = committed << PAGE_SHIFT;
			   __entry->pid = winvm_trace_pid(process);),
	    TP_printk("pid=%u base=0x%llx bytes=%llu returned=%llu", __entry->pid,
		      __entry->base, __entry->bytes, __entry->returned)
);

/* @process: NULL for a section, which no process pays for */
TRACE_EVENT(refused,
	    TP_PROTO(const struct winvm_process *process, u64 pages, u32 limit),
	    TP_ARGS(process, pages, limit),
	    TP_STRUCT__entry(__field(u64, bytes)
			     __field(u32, pid)
			     __field(u32, limit)),
	    TP_fast_assign(__entry->bytes = pages << PAGE_SHIFT;
			   __entry->pid = process ? winvm_trace_pid(process) : 0;
			   __entry->limit = limit;),
	    TP_printk("pid=%u bytes=%llu limit=%s", __entry->pid, __entry->bytes,
		      winvm_show_limit(__entry->limit))
);

/* @pages: mapped by it, or committed by a stack's growth */
TRACE_EVENT(fault,
	    TP_PROTO(const struct winvm_process *process, unsigned long address,
		     enum winvm_access access, enum winvm_fault_kind kind, u64 pages),
	    TP_ARGS(process, address, access, kind, pages),
	    TP_STRUCT__entry(__field(u64, address)
			     __field(u64, pages)
			     __field(u32, pid)
			     __field(u32, access)
			     __field(u32, kind)),
	    TP_fast_assign(__entry->address = address;
			   __entry->pages = pages;
			   __entry->pid = winvm_trace_pid(process);
			   __entry->access = access;
			   __entry->kind = kind;),
	    TP_printk("pid=%u address=0x%llx access=%s kind=%s pages=%llu", __entry->pid,
		      __entry->address, winvm_show_access(__entry->access),
		      winvm_show_fault(__entry->kind), __entry->pages)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
