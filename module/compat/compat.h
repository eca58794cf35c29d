/* SPDX-License-Identifier: GPL-2.0 */
/* Differences between kernels: here and nowhere else. */
#ifndef WINVM_COMPAT_H
#define WINVM_COMPAT_H

#include <linux/mm.h>
#include <linux/pagevec.h>
#include <linux/version.h>

/* 6.3: vma->vm_flags is read-only. */
static inline void winvm_compat_vma_flags(struct vm_area_struct *vma, unsigned long flags)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
	vma->vm_flags |= flags;
#else
	vm_flags_set(vma, flags);
#endif
}

/* 6.5: the VMA parameter is gone. */
static inline long winvm_compat_get_remote_page(struct mm_struct *mm, unsigned long address,
						unsigned int flags, struct page **page)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
	return get_user_pages_remote(mm, address, 1, flags, page, NULL, NULL);
#else
	return get_user_pages_remote(mm, address, 1, flags, page, NULL);
#endif
}

/*
 * Write-protect a file range wherever it is mapped. Not every configuration
 * has the helper; unmapping does as well, the next access maps read-only.
 */
static inline void winvm_compat_write_protect(struct address_space *mapping, pgoff_t first,
					      pgoff_t pages)
{
#ifdef CONFIG_MAPPING_DIRTY_HELPERS
	wp_shared_mapping_range(mapping, first, pages);
#else
	unmap_mapping_pages(mapping, first, pages, false);
#endif
}

#endif
