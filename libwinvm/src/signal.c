// SPDX-License-Identifier: MIT
/*
 * SIGSEGV and SIGBUS: from a fault to an exception, and on to whoever had the
 * signal before.
 *
 * The handler is installed when the library is loaded, since user.S needs it,
 * and again when a vectored handler is added and the program has put its own
 * in place meanwhile. It takes no lock and allocates nothing; a thread can be
 * interrupted anywhere. A fault that neither user.S nor a handler or filter of
 * the program claims ends as it would without the library.
 */

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

/* Of the page fault's error code, and the numbers of the traps. */
#define WINVM_FAULT_WRITE     (1 << 1)
#define WINVM_FAULT_FETCH     (1 << 4)
#define WINVM_TRAP_PROTECTION 13
#define WINVM_TRAP_PAGE	      14

#define WINVM_ACTIONS 8

/* What an exception takes of the alternate stack: the kernel's part, ours, the program's. */
#define WINVM_ROOM_BYTES 0x2000

/**
 * struct winvm_signal - one of the two signals, and who had it before us
 * @number: SIGSEGV or SIGBUS
 * @count: elements of @actions
 * @actions: the action found when the library was loaded, then those the
 *	program had put in our place when a vectored handler was added. What
 *	does not fit takes the place of the last.
 * @spent: the action had SA_RESETHAND, and has been used
 *
 * Written at load and under winvm_vectored_lock, read by the handler.
 */
struct winvm_signal {
	int number;
	atomic_uint count;
	struct sigaction actions[WINVM_ACTIONS];
	atomic_bool spent[WINVM_ACTIONS];
};

static struct winvm_signal winvm_signals[] = {
	{ .number = SIGSEGV },
	{ .number = SIGBUS },
};

static const struct sigaction winvm_signal_default = { .sa_handler = SIG_DFL };

/**
 * struct winvm_passage - a signal that this thread is passing on
 * @machine: its machine state
 * @frame: the handler's stack frame
 * @repeats: the instruction would fault again
 * @level: how many have had it before
 *
 * A program's handler that took the signal from us, and from which we took it
 * back, passes it to us again: with the same machine state, deeper in the
 * stack. Then it is the turn of the one before. A handler left by longjmp
 * leaves this behind, and the next signal may use the very same place, but is
 * not deeper.
 */
struct winvm_passage {
	const ucontext_t *machine;
	const char *frame;
	bool repeats;
	unsigned int level;
};

static _Thread_local struct winvm_passage winvm_signal_passage;

static void winvm_signal_handler(int number, siginfo_t *info, void *context);

static struct winvm_signal *winvm_signal_of(int number)
{
	return &winvm_signals[number == SIGBUS];
}

static bool winvm_signal_same(const struct sigaction *a, const struct sigaction *b)
{
	return a->sa_sigaction == b->sa_sigaction && a->sa_flags == b->sa_flags;
}

static void winvm_signal_push(struct winvm_signal *signal, const struct sigaction *action)
{
	unsigned int count = atomic_load(&signal->count);

	if (count && winvm_signal_same(&signal->actions[count - 1], action)) {
		atomic_store(&signal->spent[count - 1], false);
		return;
	}
	if (count == WINVM_ACTIONS)
		count--;
	signal->actions[count] = *action;
	atomic_store(&signal->spent[count], false);
	atomic_store_explicit(&signal->count, count + 1, memory_order_release);
}

static void winvm_signal_take_one(struct winvm_signal *signal)
{
	struct sigaction ours = {
		.sa_sigaction = winvm_signal_handler,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | SA_RESTART,
	};
	struct sigaction now;

	if (sigaction(signal->number, NULL, &now))
		return;
	if (now.sa_flags & SA_SIGINFO && now.sa_sigaction == winvm_signal_handler)
		return;
	winvm_signal_push(signal, &now);
	sigemptyset(&ours.sa_mask);
	sigaction(signal->number, &ours, NULL);
}

void winvm_signal_take(void)
{
	winvm_signal_take_one(&winvm_signals[0]);
	winvm_signal_take_one(&winvm_signals[1]);
}

__attribute__((constructor)) static void winvm_signal_load(void)
{
	winvm_signal_take();
}

/* Blocked until the handler returns, so that it arrives at the instruction that faulted. */
static void winvm_signal_queue(int number, siginfo_t *info)
{
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, number);
	pthread_sigmask(SIG_BLOCK, &mask, NULL);
	syscall(SYS_rt_tgsigqueueinfo, getpid(), gettid(), number, info);
}

/* A program's handler, with the mask and the flags it asked for. */
static void winvm_signal_call(const struct sigaction *action, siginfo_t *info, ucontext_t *machine)
{
	sigset_t mask = action->sa_mask;
	int number = info->si_signo;

	if (!(action->sa_flags & SA_NODEFER))
		sigaddset(&mask, number);
	pthread_sigmask(SIG_BLOCK, &mask, NULL);
	if (action->sa_flags & SA_SIGINFO)
		action->sa_sigaction(number, info, machine);
	else
		action->sa_handler(number);
}

/*
 * The default action: the instruction faults again without us. What would
 * not happen again, a signal sent or a guard page hit, is sent again.
 */
static void winvm_signal_die(siginfo_t *info, bool repeats)
{
	sigaction(info->si_signo, &winvm_signal_default, NULL);
	if (!repeats)
		winvm_signal_queue(info->si_signo, info);
}

static void winvm_signal_pass(const struct sigaction *action, siginfo_t *info, ucontext_t *machine,
			      bool repeats)
{
	bool sent = info->si_code <= 0;
	bool has_handler = action->sa_flags & SA_SIGINFO ||
			   (action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN);

	if (has_handler)
		winvm_signal_call(action, info, machine);
	else if (!sent || action->sa_handler == SIG_DFL)
		winvm_signal_die(info, repeats);
}

static __u32 winvm_fault_access(const ucontext_t *machine)
{
	greg_t error = machine->uc_mcontext.gregs[REG_ERR];

	if (machine->uc_mcontext.gregs[REG_TRAPNO] != WINVM_TRAP_PAGE)
		return WINVM_ACCESS_READ;
	if (error & WINVM_FAULT_FETCH)
		return WINVM_ACCESS_EXECUTE;
	return error & WINVM_FAULT_WRITE ? WINVM_ACCESS_WRITE : WINVM_ACCESS_READ;
}

/* Is it the fault of an instruction that touched memory? */
static bool winvm_fault_is(const siginfo_t *info, const ucontext_t *machine)
{
	greg_t trap = machine->uc_mcontext.gregs[REG_TRAPNO];

	if (info->si_signo == SIGBUS)
		return trap == WINVM_TRAP_PAGE &&
		       (info->si_code == BUS_ADRERR || info->si_code == BUS_MCEERR_AR);
	if (info->si_code == SI_KERNEL)
		return trap == WINVM_TRAP_PROTECTION;
	return info->si_code > 0 && trap == WINVM_TRAP_PAGE;
}

/* For an address that is not canonical the processor tells none: all ones, as on Windows. */
static void winvm_fault_explain(const siginfo_t *info, const ucontext_t *machine,
				struct winvm_exception *fault)
{
	bool page = machine->uc_mcontext.gregs[REG_TRAPNO] == WINVM_TRAP_PAGE;

	*fault = (struct winvm_exception){
		.size = sizeof(*fault),
		.status = (__u32)STATUS_ACCESS_VIOLATION,
		.address = page ? winvm_address(info->si_addr) : UINT64_MAX,
		.access = winvm_fault_access(machine),
	};
	if (info->si_signo == SIGBUS)
		fault->status = (__u32)STATUS_IN_PAGE_ERROR;
	else if (page)
		fault->status = (__u32)winvm_device_exception(fault);
}

/* A guard page is gone once it was hit (SPEC GP-3, ST-10). */
static bool winvm_fault_repeats(const struct winvm_exception *fault)
{
	NTSTATUS status = (NTSTATUS)fault->status;

	return status != STATUS_GUARD_PAGE_VIOLATION && status != STATUS_STACK_OVERFLOW;
}

/* Ends an access of user.S; true if it was one. */
static bool winvm_fault_in_user(ucontext_t *machine, __u32 status)
{
	greg_t *gregs = machine->uc_mcontext.gregs;
	greg_t rip = gregs[REG_RIP];

	if (rip < (greg_t)winvm_user_begin || rip >= (greg_t)winvm_user_end)
		return false;
	gregs[REG_RAX] = status;
	gregs[REG_RIP] = (greg_t)winvm_user_fault;
	return true;
}

/* SPEC EX-1, EX-2, GP-2 */
static void winvm_fault_record(const struct winvm_exception *fault, const ucontext_t *machine,
			       EXCEPTION_RECORD *record)
{
	*record = (EXCEPTION_RECORD){
		.ExceptionCode = fault->status,
		.ExceptionAddress = winvm_pointer((uint64_t)machine->uc_mcontext.gregs[REG_RIP]),
		.NumberParameters = 2,
		.ExceptionInformation = { fault->access, fault->address },
	};
	if ((NTSTATUS)fault->status != STATUS_IN_PAGE_ERROR)
		return;
	record->NumberParameters = 3;
	record->ExceptionInformation[2] = (DWORD)STATUS_INSUFFICIENT_RESOURCES;
}

/*
 * Is there room for an exception inside a handler on the alternate stack?
 * Where that stack overflows the kernel may begin at its top again, and faults
 * without end would go on for ever.
 */
static bool winvm_fault_has_room(const ucontext_t *machine)
{
	const stack_t *stack = &machine->uc_stack;
	uint64_t bottom = winvm_address(stack->ss_sp);

	if ((uint64_t)machine->uc_mcontext.gregs[REG_RSP] - bottom >= stack->ss_size)
		return true;
	return winvm_address(__builtin_frame_address(0)) - bottom >= WINVM_ROOM_BYTES;
}

/* True if the thread can go on, or there is nobody to ask. */
static bool winvm_fault_handle(const struct winvm_exception *fault, siginfo_t *info,
			       ucontext_t *machine)
{
	EXCEPTION_RECORD record;
	CONTEXT context;

	/* Another thread has changed the page since: try again. */
	if (!fault->status)
		return true;
	if (winvm_fault_in_user(machine, fault->status))
		return true;
	if (!winvm_fault_has_room(machine)) {
		winvm_signal_die(info, false);
		return true;
	}
	winvm_fault_record(fault, machine, &record);
	winvm_context_save(machine, &context);
	if (!winvm_exception_dispatch(&record, &context, machine))
		return false;
	winvm_context_restore(&context, machine);
	return true;
}

/* Whose turn it is: the newest action first. */
static const struct sigaction *winvm_signal_action(struct winvm_signal *signal, unsigned int level)
{
	unsigned int count = atomic_load_explicit(&signal->count, memory_order_acquire);
	const struct sigaction *action;

	if (level >= count)
		return &winvm_signal_default;
	action = &signal->actions[count - 1 - level];
	if (!(action->sa_flags & (int)SA_RESETHAND))
		return action;
	return atomic_exchange(&signal->spent[count - 1 - level], true) ? &winvm_signal_default :
									  action;
}

/* To whoever had the signal before us; this thread remembers it until that returns. */
static void winvm_signal_pass_on(siginfo_t *info, struct winvm_passage passage, ucontext_t *machine)
{
	struct winvm_signal *signal = winvm_signal_of(info->si_signo);
	struct winvm_passage outer = winvm_signal_passage;

	passage.machine = machine;
	winvm_signal_passage = passage;
	winvm_signal_pass(winvm_signal_action(signal, passage.level), info, machine,
			  passage.repeats);
	winvm_signal_passage = outer;
}

static bool winvm_signal_came_back(const ucontext_t *machine, const char *frame)
{
	return winvm_signal_passage.machine == machine && frame < winvm_signal_passage.frame;
}

static void winvm_signal_handler(int number, siginfo_t *info, void *context)
{
	struct winvm_passage passage = { .frame = __builtin_frame_address(0) };
	struct winvm_exception fault;
	ucontext_t *machine = context;
	struct winvm_try *noted = winvm_frame_note(machine);
	bool done = false;
	int saved = errno;

	(void)number;
	if (winvm_signal_came_back(machine, passage.frame)) {
		passage.repeats = winvm_signal_passage.repeats;
		passage.level = winvm_signal_passage.level + 1;
	} else if (winvm_fault_is(info, machine)) {
		winvm_fault_explain(info, machine, &fault);
		done = winvm_fault_handle(&fault, info, machine);
		passage.repeats = winvm_fault_repeats(&fault);
	}
	if (!done)
		winvm_signal_pass_on(info, passage, machine);
	winvm_frame_forget(noted);
	errno = saved;
}
