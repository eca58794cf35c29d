/* SPDX-License-Identifier: MIT */
/*
 * Who uses winvm and what they hold, and what happens to them: the generic netlink
 * family of the module (winvm-netlink(7)), for programs. Link with -lwinvm-netlink.
 *
 * Functions give 0, or minus an errno: ENOENT the module is not loaded; EOPNOTSUPP it
 * does not know this; EPERM no right; ESRCH no such process, or none that one may see;
 * ENOMEM; EPROTO an answer that makes no sense. A socket is used by one thread at a time.
 */
#ifndef WINVM_NETLINK_H
#define WINVM_NETLINK_H

#include <stddef.h>
#include <stdint.h>

#include <linux/winvm_netlink.h>

#define WINVM_NL_API __attribute__((visibility("default")))

/* No limit, in limit_bytes. */
#define WINVM_NL_NO_LIMIT UINT64_MAX

/* Of the field "told": the attribute WINVM_NL_A_... was in the message. */
#define WINVM_NL_TOLD(attribute) (UINT64_C(1) << (attribute))

#ifdef __cplusplus
extern "C" {
#endif

struct winvm_nl;

/* A process. A field is 0 unless its attribute is in told. */
struct winvm_nl_process {
	uint64_t told; /* WINVM_NL_TOLD() bits */
	uint64_t id; /* of the address space, never given twice */
	uint32_t pid;
	uint32_t uid;
	char comm[32];
	uint64_t virtual_bytes; /* reserved */
	uint64_t peak_virtual_bytes;
	uint64_t commit_bytes;
	uint64_t peak_commit_bytes;
	uint64_t resident_bytes;
	uint64_t bookkeeping_bytes; /* of the kernel */
	uint64_t allocations;
	uint64_t limit_bytes;
	uint64_t soft_faults;
	uint64_t hard_faults;
	uint64_t refused; /* commits */
};

/* The machine. A field is 0 unless its attribute is in told. */
struct winvm_nl_system {
	uint64_t told;
	uint64_t commit_bytes;
	uint64_t peak_commit_bytes;
	uint64_t commit_limit_bytes;
	uint64_t refused; /* commits, since the module was loaded */
	uint64_t default_limit_bytes; /* of processes that come */
	uint32_t near_percent;
	uint32_t memory; /* enum winvm_nl_memory */
	uint64_t available_bytes;
	uint64_t low_bytes;
	uint64_t high_bytes;
};

/* What has happened. */
struct winvm_nl_event {
	uint64_t told;
	int command; /* WINVM_NL_CMD_ATTACH, EXIT, LIMIT, MEMORY or GUARD */
	uint32_t overruns; /* how often this listener was too slow since the last event */
	uint64_t missed; /* events that were lost between the last one and this */
	uint64_t number;
	uint64_t lost; /* by all listeners, in all */
	uint64_t time; /* ns of CLOCK_BOOTTIME */
	struct winvm_nl_process process; /* whom it happened to; pid 0: nobody */
	uint32_t limit; /* LIMIT: enum winvm_nl_limit */
	uint32_t hit; /* 1: refused, 0: near */
	uint64_t limit_bytes;
	uint64_t wanted_bytes;
	uint64_t job_id;
	uint32_t memory; /* MEMORY: enum winvm_nl_memory */
	uint32_t guard; /* GUARD: enum winvm_nl_guard */
	uint64_t available_bytes;
	uint64_t low_bytes;
	uint64_t high_bytes;
	uint64_t address; /* GUARD, in the first network namespace */
};

/* A socket for questions, or for events. */
WINVM_NL_API int winvm_nl_open(struct winvm_nl **nl);
WINVM_NL_API void winvm_nl_close(struct winvm_nl *nl);

/* One process, by its PID in the caller's namespace. */
WINVM_NL_API int winvm_nl_get_process(struct winvm_nl *nl, uint32_t pid,
				      struct winvm_nl_process *process);

/*
 * All that one may see, in the order of their identities; free() the list. When some
 * come or go meanwhile it is asked for again, a few times: those that were there all the
 * time are in it once, whatever happens.
 */
WINVM_NL_API int winvm_nl_list_processes(struct winvm_nl *nl, struct winvm_nl_process **list,
					 size_t *count);

/* What a process may commit in all; PID 0: what each may that comes. For administrators. */
WINVM_NL_API int winvm_nl_set_limit(struct winvm_nl *nl, uint32_t pid, uint64_t bytes);

WINVM_NL_API int winvm_nl_get_system(struct winvm_nl *nl, struct winvm_nl_system *system);

/*
 * Sets near_percent, low_bytes and high_bytes, those whose attributes are in told; all or
 * none. EINVAL: low would not be below high. For administrators.
 */
WINVM_NL_API int winvm_nl_set_system(struct winvm_nl *nl, const struct winvm_nl_system *system);

/*
 * Makes the socket a listener to a group, WINVM_NL_GROUP_...; it may join several, and asks
 * nothing from then on (EBUSY). It takes CAP_SYS_ADMIN over the network namespace.
 */
WINVM_NL_API int winvm_nl_join(struct winvm_nl *nl, const char *group);

/* For poll(2): readable when an event waits, or some were lost. It remains the socket's. */
WINVM_NL_API int winvm_nl_fd(const struct winvm_nl *nl);

/*
 * The next event; never waits: EAGAIN if there is none. What was lost is told with the
 * event that comes after: missed is exact for who has joined all groups, since events are
 * numbered over all of them; else it counts those the module could not tell to anybody,
 * and what this listener was too slow for is one overrun or more.
 */
WINVM_NL_API int winvm_nl_read_event(struct winvm_nl *nl, struct winvm_nl_event *event);

#ifdef __cplusplus
}
#endif

#endif /* WINVM_NETLINK_H */
