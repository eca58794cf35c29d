// SPDX-License-Identifier: GPL-2.0
/*
 * What is charged, and the limits.
 *
 * Commit (pages): never passes RAM plus swap over all processes (SPEC CC-1,
 * VA-53), nor for the processes of a memory cgroup what that can hold
 * (allowance.c), nor for those of a job what was set (job.c), nor what Linux lets
 * us promise (promise.c). Books (bytes): the kernel memory that users can make
 * grow, VADs and page states; at most an eighth of RAM for a user, a quarter for
 * all (SPEC VA-19, STATUS_QUOTA_EXCEEDED).
 */

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/kref.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../uapi/linux/winvm_netlink.h"
#include "job.h"
#include "limit.h"
#include "trace.h"
#include "winvm.h"

/**
 * struct winvm_user - what the processes and sections of one user hold together
 * @link: in winvm_users
 * @refs: processes and sections of this user, guarded by winvm_users_lock
 * @uid: whose
 * @books: bytes of bookkeeping
 * @based: pages of the addresses for based sections
 */
struct winvm_user {
	struct list_head link;
	unsigned long refs;
	kuid_t uid;
	struct winvm_charge books;
	struct winvm_charge based;
};

static LIST_HEAD(winvm_users);
static DEFINE_SPINLOCK(winvm_users_lock);

static struct winvm_charge winvm_system_commit;	/* pages */
static struct winvm_charge winvm_system_books;	/* bytes */

/* Nothing that a module may call tells the size of the swap areas; this file does. */
static struct file *winvm_meminfo;

static struct {
	unsigned long read_at;	/* jiffies */
	u64 pages;
} winvm_swap;

void winvm_commit_learn(struct vfsmount *proc)
{
	struct path root = { .mnt = proc, .dentry = proc->mnt_root };
	struct file *file = file_open_root(&root, "meminfo", O_RDONLY, 0);

	winvm_meminfo = IS_ERR(file) ? NULL : file;
}

void winvm_commit_forget(void)
{
	if (winvm_meminfo)
		fput(winvm_meminfo);
}

static u64 winvm_parse_swap_kb(const char *text)
{
	const char *line = strstr(text, "SwapTotal:");
	unsigned long long kb;

	return line && sscanf(line, "SwapTotal: %llu", &kb) == 1 ? kb : 0;
}

static void winvm_read_swap(void)
{
	char *text = kmalloc(PAGE_SIZE, GFP_KERNEL);
	loff_t position = 0;
	ssize_t length;

	if (!text)
		return;
	length = kernel_read(winvm_meminfo, text, PAGE_SIZE - 1, &position);
	if (length > 0) {
		text[length] = 0;
		WRITE_ONCE(winvm_swap.pages,
			   winvm_parse_swap_kb(text) >> (PAGE_SHIFT - 10));
		WRITE_ONCE(winvm_swap.read_at, jiffies | 1);
	}
	kfree(text);
}

/*
 * winvm_swap_pages() - follows swapon and swapoff within a second
 * @now: at once: nobody is refused what there has been for less
 */
u64 winvm_swap_pages(bool now)
{
	unsigned long read_at = READ_ONCE(winvm_swap.read_at);

	if (winvm_meminfo && (!read_at || time_after(jiffies, read_at + (now ? 0 : HZ))))
		winvm_read_swap();
	return READ_ONCE(winvm_swap.pages);
}

static u64 winvm_commit_limit(bool now)
{
	return totalram_pages() + winvm_swap_pages(now);
}

/* Of the system, and of Linux. Return: 0, or which has refused. */
static u32 winvm_commit_try(u64 pages)
{
	if (!winvm_charge_try(&winvm_system_commit, pages, winvm_commit_limit(false)) &&
	    !winvm_charge_try(&winvm_system_commit, pages, winvm_commit_limit(true)))
		return WINVM_NL_LIMIT_SYSTEM;
	if (winvm_promise_cover(&winvm_system_commit.used, pages))
		return 0;
	winvm_charge_return(&winvm_system_commit, pages);
	return WINVM_NL_LIMIT_LINUX;
}

/* winvm_commit_take_shared() - for a section: no process pays (SPEC CC-3) */
u32 winvm_commit_take_shared(u64 pages)
{
	u32 refused;

	if (!pages)
		return STATUS_SUCCESS;	/* even when swapoff put the limit below what is used */
	refused = winvm_commit_try(pages);
	if (refused) {
		winvm_commit_refuse();
		trace_refused(NULL, pages, refused);
		return STATUS_COMMITMENT_LIMIT;
	}
	winvm_charge_mark(&winvm_system_commit);
	return STATUS_SUCCESS;
}

void winvm_commit_return_shared(u64 pages)
{
	winvm_charge_return(&winvm_system_commit, pages);
	winvm_promise_trim(&winvm_system_commit.used);
}

/* What a job's processes may have together, and all. Return: 0, or which has refused. */
static u32 winvm_commit_try_all(struct winvm_job *job, u64 pages)
{
	u32 refused;

	if (likely(!job))
		return winvm_commit_try(pages);
	if (!winvm_charge_try(&job->commit, pages, READ_ONCE(job->limit)))
		return WINVM_NL_LIMIT_JOB;
	refused = winvm_commit_try(pages);
	if (refused)
		winvm_charge_return(&job->commit, pages);
	return refused;
}

/* The limit of Linux is not known: it is told as the system's. */
static void winvm_commit_hit(struct winvm_process *process, u64 pages, u32 which)
{
	const struct winvm_bound bound = {
		.limit = which == WINVM_NL_LIMIT_JOB ? READ_ONCE(process->job->limit) :
						       winvm_commit_limit(false),
		.which = which,
	};

	winvm_limit_hit(process, &bound, pages);
}

/* winvm_commit_take() - all or nothing: who is refused leaves no trace, nor in a peak */
u32 winvm_commit_take(struct winvm_process *process, u64 pages)
{
	struct winvm_job *job = process->job;
	u32 refused;

	if (!pages)
		return STATUS_SUCCESS;
	if (!winvm_allowance_try(process, pages))
		return STATUS_COMMITMENT_LIMIT;
	refused = winvm_commit_try_all(job, pages);
	if (unlikely(refused)) {
		winvm_charge_return(&process->commit, pages);
		winvm_commit_hit(process, pages, refused);
		return STATUS_COMMITMENT_LIMIT;
	}
	winvm_charge_mark(&process->commit);
	winvm_charge_mark(&winvm_system_commit);
	if (unlikely(job))
		winvm_job_mark(process, job, pages);
	return STATUS_SUCCESS;
}

/* In the other order than they were taken, so that none counts what the one before does not. */
void winvm_commit_return(struct winvm_process *process, u64 pages)
{
	winvm_commit_return_shared(pages);
	if (unlikely(process->job))
		winvm_charge_return(&process->job->commit, pages);
	winvm_charge_return(&process->commit, pages);
	winvm_allowance_trim(process);
}

/* winvm_commit_totals() - the system's */
void winvm_commit_totals(struct winvm_commit_totals *totals)
{
	*totals = (struct winvm_commit_totals){
		.pages = READ_ONCE(winvm_system_commit.used),
		.peak = READ_ONCE(winvm_system_commit.peak),
		.limit = winvm_commit_limit(false),
	};
}

static struct winvm_user *winvm_user_find(kuid_t uid)
{
	struct winvm_user *user;

	lockdep_assert_held(&winvm_users_lock);
	list_for_each_entry(user, &winvm_users, link)
		if (uid_eq(user->uid, uid))
			return user;
	return NULL;
}

struct winvm_user *winvm_user_get(kuid_t uid)
{
	struct winvm_user *fresh = kzalloc(sizeof(*fresh), GFP_KERNEL_ACCOUNT);
	struct winvm_user *user;

	spin_lock_bh(&winvm_users_lock);
	user = winvm_user_find(uid);
	if (!user && fresh) {
		user = fresh;
		user->uid = uid;
		list_add(&user->link, &winvm_users);
		fresh = NULL;
	}
	if (user)
		user->refs++;
	spin_unlock_bh(&winvm_users_lock);
	kfree(fresh);
	return user;
}

/* May be called from an SRCU callback, that is with bottom halves off. */
void winvm_user_put(struct winvm_user *user)
{
	spin_lock_bh(&winvm_users_lock);
	if (--user->refs)
		user = NULL;
	else
		list_del(&user->link);
	spin_unlock_bh(&winvm_users_lock);
	kfree(user);
}

static u64 winvm_ram_bytes(void)
{
	return (u64)totalram_pages() << PAGE_SHIFT;
}

/* winvm_user_books_take() - for what belongs to a user, and to no process */
bool winvm_user_books_take(struct winvm_user *user, u64 bytes)
{
	if (!winvm_charge_take(&winvm_system_books, bytes, winvm_ram_bytes() / 4))
		return false;
	if (winvm_charge_take(&user->books, bytes, winvm_ram_bytes() / 8))
		return true;
	winvm_charge_return(&winvm_system_books, bytes);
	return false;
}

void winvm_user_books_return(struct winvm_user *user, u64 bytes)
{
	winvm_charge_return(&user->books, bytes);
	winvm_charge_return(&winvm_system_books, bytes);
}

bool winvm_user_based_take(struct winvm_user *user, u64 pages, u64 limit)
{
	return winvm_charge_take(&user->based, pages, limit);
}

void winvm_user_based_return(struct winvm_user *user, u64 pages)
{
	winvm_charge_return(&user->based, pages);
}

bool winvm_books_take(struct winvm_process *process, u64 bytes)
{
	if (!winvm_user_books_take(process->user, bytes))
		return false;
	winvm_charge_take(&process->books, bytes, U64_MAX);
	return true;
}

void winvm_books_return(struct winvm_process *process, u64 bytes)
{
	winvm_charge_return(&process->books, bytes);
	winvm_user_books_return(process->user, bytes);
}

/* An edge of a range can need a node on each of three levels. */
#define WINVM_PREPARE_NODES	6

/*
 * winvm_states_prepare() - winvm_pstate_prepare() within the quota
 *
 * Return: STATUS_SUCCESS, STATUS_QUOTA_EXCEEDED, STATUS_INSUFFICIENT_RESOURCES.
 */
u32 winvm_states_prepare(struct winvm_process *process, struct winvm_span span)
{
	u64 most = WINVM_PREPARE_NODES * WINVM_PSTATE_NODE_BYTES;
	bool ready;

	if (winvm_pstate_ready(&process->states, span.vpn, span.pages))
		return STATUS_SUCCESS;
	if (!winvm_books_take(process, most)) {
		winvm_states_trim(process);
		if (!winvm_books_take(process, most))
			return STATUS_QUOTA_EXCEEDED;
	}
	ready = winvm_pstate_prepare(&process->states, span.vpn, span.pages);
	winvm_books_return(process, most);
	winvm_states_settle(process);
	return ready ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* The call that it was for failed: give back the nodes that say nothing. */
void winvm_states_abandon(struct winvm_process *process, struct winvm_span span)
{
	winvm_pstate_tidy(&process->states, span.vpn, span.pages);
	winvm_states_settle(process);
}

/* The same for calls that give memory back: those never fail for a quota. */
u32 winvm_states_prepare_free(struct winvm_process *process, struct winvm_span span)
{
	bool ready = winvm_pstate_prepare(&process->states, span.vpn, span.pages);

	winvm_states_settle(process);
	return ready ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/*
 * Bring the books up to the nodes that there are. Nodes that a fault made to
 * split a uniform range are charged here, after the fact: they exist already.
 * Whoever changes their number settles after that, so that the last one is right.
 */
void winvm_states_settle(struct winvm_process *process)
{
	struct winvm_pstates *states = &process->states;
	s64 bytes;

	if (READ_ONCE(states->nodes) == READ_ONCE(process->state_nodes))
		return;
	spin_lock(&states->lock);
	bytes = (s64)(states->nodes - process->state_nodes) * (s64)WINVM_PSTATE_NODE_BYTES;
	WRITE_ONCE(process->state_nodes, states->nodes);
	if (bytes < 0) {
		winvm_books_return(process, -bytes);
	} else if (bytes > 0) {
		winvm_charge_take(&winvm_system_books, bytes, U64_MAX);
		winvm_charge_take(&process->user->books, bytes, U64_MAX);
		winvm_charge_take(&process->books, bytes, U64_MAX);
	}
	spin_unlock(&states->lock);
}

/* winvm_states_trim() - give back the nodes that are kept for the next commit */
void winvm_states_trim(struct winvm_process *process)
{
	winvm_pstate_keep_none(&process->states);
	winvm_states_settle(process);
}
