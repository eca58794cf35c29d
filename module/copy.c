// SPDX-License-Identifier: GPL-2.0
/*
 * Read- and WriteProcessMemory (SPEC 13). Page by page, through the target's
 * own page tables and fault hooks: protections hold, guard pages are consumed,
 * nothing is forced.
 */

#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "winvm.h"

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

/* Copy between the page and a kernel buffer: user space is never touched while it is mapped. */
static void winvm_copy_page(struct page *page, unsigned long offset, void *buffer, size_t bytes,
			    bool write)
{
	void *kernel = kmap_local_page(page);

	if (write)
		memcpy(kernel + offset, buffer, bytes);
	else
		memcpy(buffer, kernel + offset, bytes);
	kunmap_local(kernel);
	if (write)
		unpin_user_pages_dirty_lock(&page, 1, true);
	else
		put_page(page);
}

/* Return: 0, -EFAULT for the target's side, -ENOTBLK for the caller's, -EINTR. */
static int winvm_copy_piece(struct mm_struct *mm, unsigned long address, void __user *user,
			    void *buffer, size_t bytes, bool write)
{
	struct page *page;

	if (write && copy_from_user(buffer, user, bytes))
		return -ENOTBLK;
	page = winvm_target_page(mm, address, write);
	if (IS_ERR(page))
		return PTR_ERR(page);
	winvm_copy_page(page, offset_in_page(address), buffer, bytes, write);
	if (!write && copy_to_user(user, buffer, bytes))
		return -ENOTBLK;
	return 0;
}

static int winvm_copy_all(struct mm_struct *mm, struct winvm_copy *request, void *buffer,
			  u64 *done)
{
	bool write = request->flags & WINVM_COPY_WRITE;
	int err = 0;

	for (*done = 0; *done < request->bytes && !err;) {
		unsigned long address = request->address + *done;
		size_t bytes = min_t(u64, request->bytes - *done,
				     PAGE_SIZE - offset_in_page(address));

		if (fatal_signal_pending(current))
			return -EINTR;
		err = winvm_copy_piece(mm, address, u64_to_user_ptr(request->buffer + *done),
				       buffer, bytes, write);
		if (!err)
			*done += bytes;
		cond_resched();
	}
	return err;
}

/* SPEC RW-1 to RW-3: how far it came is told with STATUS_PARTIAL_COPY. */
int winvm_copy(struct winvm_process *process, void *arg)
{
	struct winvm_copy *request = arg;
	u64 done = 0, end;
	void *buffer;
	int err;

	if (request->flags & ~WINVM_COPY_WRITE || request->__reserved)
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
	err = winvm_copy_all(winvm_mm(process), request, buffer, &done);
	kfree(buffer);
	if (err == -EINTR)
		return err;
	request->status = err ? STATUS_PARTIAL_COPY : STATUS_SUCCESS;
	request->bytes = done;
	return 0;
}
