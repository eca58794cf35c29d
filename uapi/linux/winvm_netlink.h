/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The generic netlink family "winvm": who uses the module, and what they hold.
 * uapi/winvm.yaml says the same for programs.
 *
 * Everybody may ask. Of a process one sees what one sees of it in /proc: it must
 * be in the asker's PID namespace, and have its user and group or be in a user
 * namespace where the asker has CAP_SYS_PTRACE. Both count, who opened the
 * socket and who asks. What is hidden is as if it were not there. No addresses
 * are told.
 *
 * The network namespace of the socket makes no difference for questions.
 */
#ifndef _UAPI_LINUX_WINVM_NETLINK_H
#define _UAPI_LINUX_WINVM_NETLINK_H

#define WINVM_NL_FAMILY		"winvm"
#define WINVM_NL_VERSION	1

/*
 * Those who joined this group are told when processes come and go. It needs
 * CAP_SYS_ADMIN over the network namespace. In the first one all processes are
 * told of, with their numbers and users as the first namespaces have them. In
 * another one: those that live in it, and whose user namespace is that of the
 * network namespace or below it; with their numbers in their own PID namespace,
 * and their users as the network namespace has them.
 *
 * Messages are lost when there is no memory for them or too many are waiting,
 * and when a listener does not read (its recv() fails with ENOBUFS then).
 */
#define WINVM_NL_GROUP_PROCESS	"process"

/*
 * More groups, with the same rules: commits that are refused or soon will be;
 * memory of the machine low, high, or neither; guard pages and stacks that ended.
 * The numbers of events count those of all groups.
 */
#define WINVM_NL_GROUP_LIMIT	"limit"
#define WINVM_NL_GROUP_MEMORY	"memory"
#define WINVM_NL_GROUP_GUARD	"guard"

/**
 * enum winvm_nl_command - what messages are
 * @WINVM_NL_CMD_GET_PROCESS: with &WINVM_NL_A_PID: that process; -ESRCH if
 *	it does not use the module, or is hidden. As a dump (NLM_F_DUMP), without
 *	attributes: all that are not hidden, in the order of their identities.
 *	When one came or went during a dump, messages have NLM_F_DUMP_INTR; those
 *	that were there all the time are in it once, whatever else happened.
 * @WINVM_NL_CMD_ATTACH: told to the group: a process begins to use the module
 * @WINVM_NL_CMD_EXIT: told to the group: its address space is gone (it ended, or
 *	became another program), or it has closed the device without having used
 *	it. The peaks are final.
 * @WINVM_NL_CMD_LIMIT: told to the group limit: a commit is refused, or a limit
 *	is near. Of a process, with &WINVM_NL_A_LIMIT, LIMIT_HIT, LIMIT_BYTES and
 *	WANTED_BYTES, and JOB_ID if it is a job's. Near is told once, and again when
 *	a twentieth of the limit was given back meanwhile; of a process at most
 *	eight messages a second. Sections, whose commit is nobody's, are counted only
 * @WINVM_NL_CMD_MEMORY: told to the group memory: &WINVM_NL_A_MEMORY has changed.
 *	With AVAILABLE_BYTES, LOW_BYTES and HIGH_BYTES; of no process. At most 100 ms
 *	late; what is over by then is not told. Who has joined may be told of nothing for
 *	a second, unless they ask WINVM_NL_CMD_GET_SYSTEM: then of each change since
 * @WINVM_NL_CMD_GUARD: told to the group guard: of a process, with
 *	&WINVM_NL_A_GUARD and, in the first network namespace, ADDRESS
 * @WINVM_NL_CMD_SET_LIMIT: by who has CAP_SYS_ADMIN over the first user namespace,
 *	else -EPERM. &WINVM_NL_A_LIMIT_BYTES is what the process of &WINVM_NL_A_PID
 *	may commit in all, rounded down to pages, ~0: any amount; without a PID,
 *	what each may that begins to use the module from then on. -ESRCH as for
 *	GET_PROCESS. What is above it already stays committed, and no more is. The
 *	limit belongs to the address space: a child of fork and a program that is
 *	executed have the one for newcomers, as has who closes the device with
 *	nothing reserved and comes back
 * @WINVM_NL_CMD_GET_SYSTEM: what stands for the machine: SYSTEM_COMMIT_BYTES,
 *	PEAK_SYSTEM_COMMIT_BYTES, SYSTEM_LIMIT_BYTES, REFUSED, LIMIT_BYTES (the
 *	default), NEAR_PERCENT, MEMORY, AVAILABLE_BYTES, LOW_BYTES, HIGH_BYTES
 * @WINVM_NL_CMD_SET_SYSTEM: by who has CAP_SYS_ADMIN over the first user
 *	namespace, else -EPERM. Any of NEAR_PERCENT, LOW_BYTES and HIGH_BYTES, all
 *	or nothing; -EINVAL if low is not below high
 *
 * In messages to a group, the first attributes are WINVM_NL_A_NUMBER, LOST and TIME.
 */
enum winvm_nl_command {
	WINVM_NL_CMD_GET_PROCESS = 1,
	WINVM_NL_CMD_ATTACH,
	WINVM_NL_CMD_EXIT,
	WINVM_NL_CMD_LIMIT,
	WINVM_NL_CMD_MEMORY,
	WINVM_NL_CMD_GUARD,
	WINVM_NL_CMD_SET_LIMIT,
	WINVM_NL_CMD_GET_SYSTEM,
	WINVM_NL_CMD_SET_SYSTEM,

	/* private: */
	__WINVM_NL_CMD_MAX,
	WINVM_NL_CMD_MAX = __WINVM_NL_CMD_MAX - 1
};

/**
 * enum winvm_nl_limit - which limit of commit
 * @WINVM_NL_LIMIT_SYSTEM: memory and swap of the machine
 * @WINVM_NL_LIMIT_LINUX: that of Linux (strict overcommit)
 * @WINVM_NL_LIMIT_CGROUP: what a memory cgroup can hold
 * @WINVM_NL_LIMIT_PROCESS: that of the process
 * @WINVM_NL_LIMIT_JOB_PROCESS: what its job lets each process have
 * @WINVM_NL_LIMIT_JOB: what its job lets all its processes have together
 */
enum winvm_nl_limit {
	WINVM_NL_LIMIT_SYSTEM = 1,
	WINVM_NL_LIMIT_LINUX,
	WINVM_NL_LIMIT_CGROUP,
	WINVM_NL_LIMIT_PROCESS,
	WINVM_NL_LIMIT_JOB_PROCESS,
	WINVM_NL_LIMIT_JOB,
};

/**
 * enum winvm_nl_memory - how much memory is available
 * @WINVM_NL_MEMORY_MIDDLE: neither low nor high
 * @WINVM_NL_MEMORY_LOW: low
 * @WINVM_NL_MEMORY_HIGH: high
 */
enum winvm_nl_memory {
	WINVM_NL_MEMORY_MIDDLE,
	WINVM_NL_MEMORY_LOW,
	WINVM_NL_MEMORY_HIGH,
};

/**
 * enum winvm_nl_guard - what was touched
 * @WINVM_NL_GUARD_PAGE: a guard page
 * @WINVM_NL_GUARD_STACK: the last guard page of a stack that cannot grow any more
 */
enum winvm_nl_guard {
	WINVM_NL_GUARD_PAGE = 1,
	WINVM_NL_GUARD_STACK,
};

/**
 * enum winvm_nl_attribute - of a process
 * @WINVM_NL_A_PAD: says nothing
 * @WINVM_NL_A_PROCESS_ID: u64. An address space's identity, never given twice
 *	while the module is loaded
 * @WINVM_NL_A_PID: u32. Of the process, in the asker's PID namespace
 * @WINVM_NL_A_UID: u32. Its real user, in the asker's user namespace
 * @WINVM_NL_A_COMM: string. Its name, as in /proc/PID/comm
 * @WINVM_NL_A_VIRTUAL_BYTES: u64. Reserved
 * @WINVM_NL_A_PEAK_VIRTUAL_BYTES: u64. The most that was
 * @WINVM_NL_A_COMMIT_BYTES: u64. Committed
 * @WINVM_NL_A_PEAK_COMMIT_BYTES: u64. The most that was
 * @WINVM_NL_A_RESIDENT_BYTES: u64. In memory, of all that the process has
 *	mapped, as VmRSS of /proc/PID/status
 * @WINVM_NL_A_BOOKKEEPING_BYTES: u64. Memory of the kernel for allocations and
 *	page states
 * @WINVM_NL_A_ALLOCATIONS: u64. How many there are, with placeholders and views
 * @WINVM_NL_A_NUMBER: u64. Of an event, the next one's is by 1 higher: what is
 *	missing between two was lost
 * @WINVM_NL_A_LOST: u64. How many events in all were lost to all listeners
 * @WINVM_NL_A_TIME: u64. Of an event, in ns of CLOCK_BOOTTIME
 * @WINVM_NL_A_LIMIT_BYTES: u64. How much may be committed; ~0: no limit
 * @WINVM_NL_A_LIMIT: u32. One of enum winvm_nl_limit
 * @WINVM_NL_A_LIMIT_HIT: u8. 1: a commit was refused; 0: it is near
 * @WINVM_NL_A_WANTED_BYTES: u64. What the commit was for
 * @WINVM_NL_A_JOB_ID: u64. A job's identity, never given twice
 * @WINVM_NL_A_MEMORY: u32. One of enum winvm_nl_memory
 * @WINVM_NL_A_AVAILABLE_BYTES: u64. Memory that could be had without swapping
 * @WINVM_NL_A_LOW_BYTES: u64. So much available, or less, is low
 * @WINVM_NL_A_HIGH_BYTES: u64. So much available, or more, is high
 * @WINVM_NL_A_GUARD: u32. One of enum winvm_nl_guard
 * @WINVM_NL_A_ADDRESS: u64. Where it was touched
 * @WINVM_NL_A_SYSTEM_COMMIT_BYTES: u64. Committed by all, sections included
 * @WINVM_NL_A_PEAK_SYSTEM_COMMIT_BYTES: u64. The most that was
 * @WINVM_NL_A_SYSTEM_LIMIT_BYTES: u64. The system's commit limit
 * @WINVM_NL_A_REFUSED: u64. How many commits were: of the machine, sections included,
 *	since the module was loaded; of a process, in answers, since it began
 * @WINVM_NL_A_NEAR_PERCENT: u32. Of a limit; from there on it is near
 * @WINVM_NL_A_SOFT_FAULTS: u64. Page faults that needed nothing from a disk
 * @WINVM_NL_A_HARD_FAULTS: u64. Those that did
 */
enum winvm_nl_attribute {
	WINVM_NL_A_PAD = 1,
	WINVM_NL_A_PROCESS_ID,
	WINVM_NL_A_PID,
	WINVM_NL_A_UID,
	WINVM_NL_A_COMM,
	WINVM_NL_A_VIRTUAL_BYTES,
	WINVM_NL_A_PEAK_VIRTUAL_BYTES,
	WINVM_NL_A_COMMIT_BYTES,
	WINVM_NL_A_PEAK_COMMIT_BYTES,
	WINVM_NL_A_RESIDENT_BYTES,
	WINVM_NL_A_BOOKKEEPING_BYTES,
	WINVM_NL_A_ALLOCATIONS,
	WINVM_NL_A_NUMBER,
	WINVM_NL_A_LOST,
	WINVM_NL_A_TIME,
	WINVM_NL_A_LIMIT_BYTES,
	WINVM_NL_A_LIMIT,
	WINVM_NL_A_LIMIT_HIT,
	WINVM_NL_A_WANTED_BYTES,
	WINVM_NL_A_JOB_ID,
	WINVM_NL_A_MEMORY,
	WINVM_NL_A_AVAILABLE_BYTES,
	WINVM_NL_A_LOW_BYTES,
	WINVM_NL_A_HIGH_BYTES,
	WINVM_NL_A_GUARD,
	WINVM_NL_A_ADDRESS,
	WINVM_NL_A_SYSTEM_COMMIT_BYTES,
	WINVM_NL_A_PEAK_SYSTEM_COMMIT_BYTES,
	WINVM_NL_A_SYSTEM_LIMIT_BYTES,
	WINVM_NL_A_REFUSED,
	WINVM_NL_A_NEAR_PERCENT,
	WINVM_NL_A_SOFT_FAULTS,
	WINVM_NL_A_HARD_FAULTS,

	/* private: */
	__WINVM_NL_A_MAX,
	WINVM_NL_A_MAX = __WINVM_NL_A_MAX - 1
};

#endif
