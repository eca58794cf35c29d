// SPDX-License-Identifier: GPL-2.0
/*
 * Why a thread got SIGSEGV. A refused access can be explained from the page's
 * state; a guard page cannot, for the guard is gone by then. So the thread
 * that took it away is noted until its handler asks (SPEC GP-2, GP-3).
 */

#include <linux/sched.h>

#include "section.h"
#include "trace.h"
#include "winvm.h"

#define WINVM_NOTES_MOST 4096U

/*
 * In the place of a note that was told, or that is void: the thread that has
 * had one needs no memory for the next. No note is of page 0.
 */
#define WINVM_NOTE_TOLD	xa_mk_value(0)

/* Threads that never ask must not fill memory: when there are too many notes, all go. */
static void winvm_exception_limit(struct winvm_process *process)
{
	unsigned long tid;
	void *note;

	lockdep_assert_held(&process->exceptions.xa_lock);
	if (process->notes < WINVM_NOTES_MOST)
		return;
	xa_for_each(&process->exceptions, tid, note)
		__xa_erase(&process->exceptions, tid);
	process->notes = 0;
}

/* A note is the page, and whether it was the last of the thread's stack (SPEC ST-10). */
static void *winvm_exception_pack(unsigned long address, bool overflow)
{
	return xa_mk_value((address >> PAGE_SHIFT) << 1 | overflow);
}

/*
 * winvm_exception_note() - the current thread ran into a guard page
 * @overflow: and its stack has no room for another
 *
 * Without memory for the note the exception turns into an access that is
 * allowed now.
 */
void winvm_exception_note(struct winvm_process *process, unsigned long address, bool overflow)
{
	void *note = winvm_exception_pack(address, overflow);
	void *old;

	xa_lock(&process->exceptions);
	winvm_exception_limit(process);
	old = __xa_store(&process->exceptions, current->pid, note, GFP_KERNEL);
	if (!old)
		process->notes++;
	xa_unlock(&process->exceptions);
}

/* Only this thread writes its note; the others take it away. Return: it, if it was not told yet */
static void *winvm_exception_take(struct winvm_process *process)
{
	void *note = xa_load(&process->exceptions, current->pid);

	if (!note || note == WINVM_NOTE_TOLD)
		return NULL;
	xa_lock(&process->exceptions);
	note = __xa_cmpxchg(&process->exceptions, current->pid, note, WINVM_NOTE_TOLD, 0);
	xa_unlock(&process->exceptions);
	return note;
}

/* An access violation: an older note of this thread is void. */
void winvm_exception_forget(struct winvm_process *process)
{
	winvm_exception_take(process);
}

/* STATUS_SUCCESS if there is no note. */
static u32 winvm_exception_recall(struct winvm_process *process, unsigned long address)
{
	void *note = winvm_exception_take(process);

	if (note == winvm_exception_pack(address, false))
		return STATUS_GUARD_PAGE_VIOLATION;
	return note == winvm_exception_pack(address, true) ? STATUS_STACK_OVERFLOW :
							     STATUS_SUCCESS;
}

static enum winvm_access winvm_exception_access(u32 access)
{
	if (access == WINVM_ACCESS_WRITE)
		return WINVM_WRITE;
	return access == WINVM_ACCESS_EXECUTE ? WINVM_EXECUTE : WINVM_READ;
}

/*
 * An instruction fetch from a VMA without VM_EXEC never reaches our fault
 * hook; if the page is a guard page, it is hit here (SPEC GP-1).
 */
static bool winvm_exception_guard(struct winvm_process *process, u64 vpn, winvm_pstate_t state)
{
	const winvm_pstate_t mask = WINVM_PSTATE_GUARD | WINVM_PSTATE_EXECMAP |
				    WINVM_PSTATE_OFFERED;

	return (state & mask) == WINVM_PSTATE_GUARD &&
	       !winvm_pstate_cmpxchg(&process->states, vpn, state, state & ~WINVM_PSTATE_GUARD);
}

static u32 winvm_exception_explain(struct winvm_process *process, unsigned long address,
				   winvm_pstate_t state, enum winvm_access access)
{
	if (access == WINVM_EXECUTE &&
	    winvm_exception_guard(process, address >> PAGE_SHIFT, state)) {
		trace_fault(process, address, access, WINVM_FAULT_GUARD, 0);
		winvm_guard_tell(process, address, false);
		return STATUS_GUARD_PAGE_VIOLATION;
	}
	/* A guard that is there (again) is hit when the instruction runs again. */
	if (winvm_pstate_judge(state, access) == WINVM_REFUSE)
		return STATUS_ACCESS_VIOLATION;
	return STATUS_SUCCESS;
}

/* Is the address in a window, as things really are? Return: 1 and its state, 0 or -EINTR. */
static int winvm_exception_ours(struct winvm_process *process, u64 vpn, winvm_pstate_t *state)
{
	int ours = winvm_query_lock(process);

	if (ours)
		return ours;
	ours = winvm_arena_covers(process, (struct winvm_span){ vpn, 1 });
	*state = winvm_state_at(process, vpn);
	winvm_query_unlock(process);
	return ours;
}

/*
 * Asked from a signal handler: the thread was in user mode, and holds nothing
 * that is waited for here.
 */
int winvm_exception(struct winvm_process *process, void *arg)
{
	struct winvm_exception *request = arg;
	u64 vpn = request->address >> PAGE_SHIFT;
	winvm_pstate_t state;
	int ours = winvm_exception_ours(process, vpn, &state);

	if (ours < 0)
		return ours;
	request->flags = ours ? WINVM_EXCEPTION_OURS : 0;
	request->status = winvm_exception_recall(process, request->address);
	if (request->status)
		return 0;
	request->status = STATUS_ACCESS_VIOLATION;
	if (ours)
		request->status = winvm_exception_explain(process, request->address, state,
							  winvm_exception_access(request->access));
	return 0;
}
