// SPDX-License-Identifier: GPL-2.0
/*
 * What Linux is told of our commit, so that Committed_AS has it and Linux may
 * refuse it where it does not overcommit (vm.overcommit_memory = 2).
 *
 * Linux counts a file of shmem that has no flags by its size, whether it has
 * pages or not, and believes the file's size when it takes that back. So there
 * is one file without pages that is as large as what we have promised. It grows
 * by a new one, of which Linux asks itself whether to allow it, and whose size is
 * given to it: to make it longer would ask for the caller's RLIMIT_FSIZE. To make
 * it shorter asks for nothing, not even for memory.
 *
 * The promise runs ahead of what is committed, by at most 1 MB in all, so that
 * a file is made for many pages. It is the commit of all processes and sections
 * together; the files that have the pages are not counted (backing.c).
 *
 * Whoever commits takes his charge first, then looks whether the promise covers
 * all charges; whoever makes the promise smaller does so first, and looks then.
 * So one of them sees the other.
 */

#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mount.h>
#include <linux/mutex.h>

#include "winvm.h"

/* Pages that the promise may be ahead, and is when it has changed. */
#define WINVM_AHEAD_MOST	(SZ_1M >> PAGE_SHIFT)
#define WINVM_AHEAD		(WINVM_AHEAD_MOST / 2)

/*
 * The promise.
 * @lock: it changes under it; innermost but for what making a file takes
 * @file: its size is @pages
 * @pages: read with READ_ONCE
 */
static struct {
	struct mutex lock;	/* as above */
	struct file *file;
	u64 pages;
} winvm_promise = {
	.lock = __MUTEX_INITIALIZER(winvm_promise.lock),
};

static loff_t winvm_promise_bytes(u64 pages)
{
	return (loff_t)pages << PAGE_SHIFT;
}

static struct file *winvm_promise_file(u64 pages)
{
	return winvm_backing_counted("winvm-commit", winvm_promise_bytes(pages));
}

static bool winvm_promise_more(u64 pages)
{
	struct file *gift = winvm_promise_file(pages);
	u64 sum = winvm_promise.pages + pages;

	if (IS_ERR(gift))
		return false;
	i_size_write(file_inode(gift), 0);
	i_size_write(file_inode(winvm_promise.file), winvm_promise_bytes(sum));
	WRITE_ONCE(winvm_promise.pages, sum);
	fput(gift);
	return true;
}

/* When somebody committed meanwhile it stays as it is. */
static void winvm_promise_less(u64 pages, const u64 *committed)
{
	u64 before = winvm_promise.pages, rest = before - pages;

	WRITE_ONCE(winvm_promise.pages, rest);
	smp_mb();	/* pairs with the cmpxchg() of winvm_charge_try() */
	if (READ_ONCE(*committed) > rest ||
	    vfs_truncate(&winvm_promise.file->f_path, winvm_promise_bytes(rest)))
		WRITE_ONCE(winvm_promise.pages, before);
}

/* By no more than what the caller took: others in his place care for theirs. */
static bool winvm_promise_grow(const u64 *committed, u64 taken)
{
	bool covered;
	u64 now;

	mutex_lock(&winvm_promise.lock);
	now = READ_ONCE(*committed);
	covered = now <= winvm_promise.pages;
	if (!covered) {
		u64 missing = min(taken, now - winvm_promise.pages);

		covered = winvm_promise_more(missing + WINVM_AHEAD) ||
			  winvm_promise_more(missing);
	}
	mutex_unlock(&winvm_promise.lock);
	return covered;
}

/*
 * winvm_promise_cover() - after something was committed
 * @committed: by all
 * @taken: pages, by the caller; they are in @committed
 *
 * Return: false if Linux refuses. The caller gives @taken back then.
 */
bool winvm_promise_cover(const u64 *committed, u64 taken)
{
	return likely(READ_ONCE(*committed) <= READ_ONCE(winvm_promise.pages)) ||
	       winvm_promise_grow(committed, taken);
}

/* How much the promise is too far ahead: down to WINVM_AHEAD, or to 0 with the last page. */
static u64 winvm_promise_excess(const u64 *committed)
{
	u64 now = READ_ONCE(*committed), pages = READ_ONCE(winvm_promise.pages);

	if (!now)
		return pages;
	return pages > now + WINVM_AHEAD_MOST ? pages - now - WINVM_AHEAD : 0;
}

/* winvm_promise_trim() - after something was given back. May sleep. */
void winvm_promise_trim(const u64 *committed)
{
	u64 excess;

	if (likely(!winvm_promise_excess(committed)))
		return;
	mutex_lock(&winvm_promise.lock);
	excess = winvm_promise_excess(committed);
	if (excess)
		winvm_promise_less(excess, committed);
	mutex_unlock(&winvm_promise.lock);
}

/* winvm_promise_pages() - how much it is */
u64 winvm_promise_pages(void)
{
	return READ_ONCE(winvm_promise.pages);
}

int winvm_promise_load(void)
{
	winvm_promise.file = winvm_promise_file(0);
	if (IS_ERR(winvm_promise.file))
		return PTR_ERR(winvm_promise.file);
	file_inode(winvm_promise.file)->i_flags |= S_PRIVATE;	/* of no policy's concern */
	return 0;
}

void winvm_promise_unload(void)
{
	fput(winvm_promise.file);
}
