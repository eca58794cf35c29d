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
 *
 * In messages to a group, the first attributes are WINVM_NL_A_NUMBER, LOST and TIME.
 */
enum winvm_nl_command {
	WINVM_NL_CMD_GET_PROCESS = 1,
	WINVM_NL_CMD_ATTACH,
	WINVM_NL_CMD_EXIT,

	/* private: */
	__WINVM_NL_CMD_MAX,
	WINVM_NL_CMD_MAX = __WINVM_NL_CMD_MAX - 1
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

	/* private: */
	__WINVM_NL_A_MAX,
	WINVM_NL_A_MAX = __WINVM_NL_A_MAX - 1
};

#endif
