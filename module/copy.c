// SPDX-License-Identifier: GPL-2.0
/*
 * Read- and WriteProcessMemory (SPEC 13). Page by page, through the target's
 * own page tables and fault hooks: protections hold, guard pages are consumed,
 * nothing is forced. WriteProcessMemory alone writes to code (SPEC RW-4).
 */

#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "section.h"
#include "winvm.h"

/**
 * struct winvm_piece - what is copied at once: bytes within a page of the target
 * @address: in the target
 * @user: in the caller
 * @buffer: a page of the kernel's, between the two
 * @bytes: length
 * @flags: WINVM_COPY_*
 */
struct winvm_piece {
	unsigned long address;
	void __user *user;
	void *buffer;
	size_t bytes;
	u32 flags;
};

/* One page of the target, pinned for the moment of a copy. */
static struct page *winvm_target_page(struct mm_struct *mm, unsigned long address, bool write)
{
	struct page *page;
	long got;

	if (mmap_read_lock_killable(mm))
		return ERR_PTR(-EINTR);
	got = winvm_compat_get_remote_page(mm, untagged_addr(address), write, &page);
	mmap_read_unlock(mm);
	return got == 1 ? page : ERR_PTR(-EFAULT);
}

/* Copy between the page and the kernel's buffer: user space is never touched while it is mapped. */
static int winvm_copy_page(struct mm_struct *mm, const struct winvm_piece *piece)
{
	bool write = piece->flags & WINVM_COPY_WRITE;
	struct page *page = winvm_target_page(mm, piece->address, write);
	void *kernel;

	if (IS_ERR(page))
		return PTR_ERR(page);
	kernel = kmap_local_page(page) + offset_in_page(piece->address);
	if (write)
		memcpy(kernel, piece->buffer, piece->bytes);
	else
		memcpy(piece->buffer, kernel, piece->bytes);
	kunmap_local(kernel);
	if (write)
		unpin_user_pages_dirty_lock(&page, 1, true);
	else
		put_page(page);
	return 0;
}

/*
 * Write to the page as a fault would be let write to it: under its lock, which
 * whoever takes access away waits for (revoke.c), after a last look at its
 * state. It is never mapped writable, so that Windows' moment in which anybody
 * may write does not exist.
 *
 * Return: -EAGAIN if it is no such page any more, -ESTALE if it is not the
 * arena's: somebody mapped over it, or it was decommitted.
 */
static int winvm_write_code_locked(struct winvm_process *process, const struct winvm_piece *piece,
				   struct page *page)
{
	u64 vpn = piece->address >> PAGE_SHIFT;
	struct file *file = READ_ONCE(process->arena.file);
	struct folio *folio = page_folio(page);
	winvm_pstate_t state;
	int err;

	if (!file || folio->mapping != file->f_mapping ||
	    folio->index + folio_page_idx(folio, page) != winvm_arena_pgoff(vpn))
		return -ESTALE;
	/* As in winvm_fault(). */
	smp_mb();
	state = winvm_pstate_get(&process->states, vpn);
	if (!winvm_pstate_code(state))
		return -EAGAIN;
	err = winvm_mark_written(process, vpn, state, folio);
	if (err)
		return err == -EAGAIN ? err : -EFAULT;
	memcpy_to_page(page, offset_in_page(piece->address), piece->buffer, piece->bytes);
	set_page_dirty(page);
	return 0;
}

static int winvm_write_code(struct winvm_process *process, const struct winvm_piece *piece)
{
	struct page *page = winvm_target_page(winvm_mm(process), piece->address, false);
	int err = -EINTR;

	if (IS_ERR(page))
		return PTR_ERR(page);
	if (!folio_lock_killable(page_folio(page))) {
		err = winvm_write_code_locked(process, piece, page);
		unlock_page(page);
	}
	put_page(page);
	return err;
}

/*
 * Was nothing but the protection in the way of a write that failed?
 * @state: of the page before. What stopped a write to code was a guard that
 *	came in between (SPEC RW-5)
 */
static bool winvm_write_refused(struct winvm_process *process, u64 vpn, winvm_pstate_t state)
{
	if (!winvm_pstate_committed(state) || state & WINVM_PSTATE_OFFERED ||
	    winvm_pstate_code(state) || winvm_pstate_judge(state, WINVM_WRITE) != WINVM_REFUSE)
		return false;
	if (down_read_killable(&process->look))
		return false;
	state = winvm_state_at(process, vpn);
	winvm_query_unlock(process);
	return winvm_pstate_committed(state);
}

/* Return: 0; -EFAULT; -EACCES where nothing but the protection is in the way; -EINTR. */
static int winvm_copy_win32(struct winvm_process *process, const struct winvm_piece *piece)
{
	winvm_pstate_t state;
	int err;

	do {
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
		state = winvm_pstate_get(&process->states, piece->address >> PAGE_SHIFT);
		err = winvm_pstate_code(state) ? winvm_write_code(process, piece) : -ESTALE;
		if (err == -ESTALE)
			err = winvm_copy_page(winvm_mm(process), piece);
	} while (err == -EAGAIN);
	if (err == -EFAULT && winvm_write_refused(process, piece->address >> PAGE_SHIFT, state))
		err = -EACCES;
	return err;
}

/* Return: 0, -EFAULT or -EACCES for the target's side, -ENOTBLK for the caller's, -EINTR. */
static int winvm_copy_piece(struct winvm_process *process, const struct winvm_piece *piece)
{
	bool write = piece->flags & WINVM_COPY_WRITE;
	int err;

	if (write && copy_from_user(piece->buffer, piece->user, piece->bytes))
		return -ENOTBLK;
	if (piece->flags & WINVM_COPY_CODE)
		err = winvm_copy_win32(process, piece);
	else
		err = winvm_copy_page(winvm_mm(process), piece);
	if (err)
		return err;
	if (!write && copy_to_user(piece->user, piece->buffer, piece->bytes))
		return -ENOTBLK;
	return 0;
}

static int winvm_copy_all(struct winvm_process *process, const struct winvm_copy *request,
			  void *buffer, u64 *done)
{
	int err = 0;

	for (*done = 0; *done < request->bytes && !err;) {
		struct winvm_piece piece = {
			.address = request->address + *done,
			.user = u64_to_user_ptr(request->buffer + *done),
			.buffer = buffer,
			.flags = request->flags,
		};

		if (fatal_signal_pending(current))
			return -EINTR;
		piece.bytes = min_t(u64, request->bytes - *done,
				    PAGE_SIZE - offset_in_page(piece.address));
		err = winvm_copy_piece(process, &piece);
		if (!err)
			*done += piece.bytes;
		cond_resched();
	}
	return err;
}

static bool winvm_copy_flags_valid(u32 flags)
{
	return !(flags & ~(WINVM_COPY_WRITE | WINVM_COPY_CODE)) &&
	       flags != WINVM_COPY_CODE;
}

/* SPEC RW-4: nothing written to memory that only its protection keeps from it. */
static u32 winvm_copy_status(int err, u64 done)
{
	if (err == -EACCES && !done)
		return STATUS_ACCESS_VIOLATION;
	return err ? STATUS_PARTIAL_COPY : STATUS_SUCCESS;
}

/* SPEC RW-1 to RW-3: how far it came is told with STATUS_PARTIAL_COPY. */
int winvm_copy(struct winvm_process *process, void *arg)
{
	struct winvm_copy *request = arg;
	u64 done = 0, end;
	void *buffer;
	int err;

	if (!winvm_copy_flags_valid(request->flags) || request->__reserved)
		return -EINVAL;
	request->status = STATUS_ACCESS_VIOLATION;
	if (check_add_overflow(request->address, request->bytes, &end) ||
	    end > winvm_bounds_end(READ_ONCE(process->bounds))) {
		request->bytes = 0;
		return 0;
	}
	buffer = kmalloc(PAGE_SIZE, GFP_KERNEL_ACCOUNT);
	if (!buffer)
		return -ENOMEM;
	err = winvm_copy_all(process, request, buffer, &done);
	kfree(buffer);
	if (err == -EINTR)
		return err;
	request->status = winvm_copy_status(err, done);
	request->bytes = done;
	return 0;
}
