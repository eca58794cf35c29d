/* SPDX-License-Identifier: GPL-2.0 */
/* Differences between kernels: here and nowhere else. */
#ifndef WINVM_COMPAT_H
#define WINVM_COMPAT_H

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/pagevec.h>
#include <linux/version.h>
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 8, 0)
#include <linux/backing-file.h>
#endif

/* 6.3: vma->vm_flags is read-only. */
static inline void winvm_compat_vma_flags(struct vm_area_struct *vma, unsigned long flags)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
	vma->vm_flags |= flags;
#else
	vm_flags_set(vma, flags);
#endif
}

/*
 * 6.12 prepares to store a new VMA before it asks the file's hook. When that changes
 * flags, as ours does, it looks from there for the VMA before, to merge them. If the
 * new one replaces several, which lie in several nodes of the kernel's tree, it looks
 * in the wrong place, and warns (commit_merge()). 6.13 merges after it has stored.
 */
static inline bool winvm_compat_merges_astray(void)
{
	return LINUX_VERSION_CODE >= KERNEL_VERSION(6, 12, 0) &&
	       LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0);
}

/*
 * 6.5: the VMA parameter is gone. A page that is going to be written is pinned,
 * so that whoever takes its mark away sees the write coming (SPEC WW-7).
 */
static inline long winvm_compat_get_remote_page(struct mm_struct *mm, unsigned long address,
						bool write, struct page **page)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
	if (write)
		return pin_user_pages_remote(mm, address, 1, FOLL_WRITE, page, NULL, NULL);
	return get_user_pages_remote(mm, address, 1, 0, page, NULL, NULL);
#else
	if (write)
		return pin_user_pages_remote(mm, address, 1, FOLL_WRITE, page, NULL);
	return get_user_pages_remote(mm, address, 1, 0, page, NULL);
#endif
}

/* 6.3: for one VMA. Whoever calls it holds mmap_lock, or is in a fault in the VMA. */
static inline void winvm_compat_zap(struct vm_area_struct *vma, unsigned long start,
				    unsigned long bytes)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
	zap_page_range(vma, start, bytes);
#else
	zap_page_range_single(vma, start, bytes, NULL);
#endif
}

/*
 * 6.5: a file whose pages another inode has is of a kind of its own. A struct
 * file on what an overlay has beneath.
 * @above: the file of the overlay
 * @beneath: what the overlay itself has opened, or an earlier result
 */
static inline struct file *winvm_compat_open_beneath(const struct file *above, int flags,
						     struct file *beneath)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
	return open_with_fake_path(&above->f_path, flags, file_inode(beneath), beneath->f_cred);
#else
	return backing_file_open(above, flags, &beneath->f_path, beneath->f_cred);
#endif
}

/* 6.8: by folio. The page is locked. */
static inline void winvm_compat_remove_page(struct address_space *mapping, struct page *page)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	generic_error_remove_page(mapping, page);
#else
	generic_error_remove_folio(mapping, page_folio(page));
#endif
}

/* 6.4: an error instead of NULL. Locked, with a reference; NULL if it is not in the cache. */
static inline struct folio *winvm_compat_lock_folio(struct address_space *mapping, pgoff_t index)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 4, 0)
	return __filemap_get_folio(mapping, index, FGP_LOCK, 0);
#else
	struct folio *folio = __filemap_get_folio(mapping, index, FGP_LOCK, 0);

	return IS_ERR(folio) ? NULL : folio;
#endif
}

/* 6.8: an overlay's mapping has the file beneath; what was opened is asked for. */
static inline const struct path *winvm_compat_file_path(struct file *file)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	return &file->f_path;
#else
	return file_user_path(file);
#endif
}

/* 6.11: by folio. How often a page of a file is mapped; a guess when the page may go. */
static inline unsigned int winvm_compat_mapcount(struct page *page)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
	return max(page_mapcount(page), 0);
#else
	return max(folio_mapcount(page_folio(page)), 0);
#endif
}

/* 6.5: entries of page tables are read through a function. */
static inline pte_t winvm_compat_entry(pte_t *pte)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)
	return READ_ONCE(*pte);
#else
	return ptep_get(pte);
#endif
}

/* Whatever else the processor writes into the entry meanwhile stays. */
static inline void winvm_compat_age(pte_t *pte)
{
	if (pte_young(winvm_compat_entry(pte)))
		clear_bit(_PAGE_BIT_ACCESSED, (unsigned long *)&pte->pte);
}

/* 6.7: not of a shadow stack. */
static inline pte_t winvm_compat_writable(pte_t entry)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)
	return pte_mkwrite(entry);
#else
	return pte_mkwrite_novma(entry);
#endif
}

/* 6.3: balancing of memory nodes makes entries writable that are dirty. */
static inline bool winvm_compat_dirty_is_writable(void)
{
	return LINUX_VERSION_CODE >= KERNEL_VERSION(6, 3, 0);
}

/* Not every configuration has it. */
static inline bool winvm_compat_write_protects(void)
{
	return IS_ENABLED(CONFIG_MAPPING_DIRTY_HELPERS);
}

static inline void winvm_compat_write_protect(struct address_space *mapping, pgoff_t index,
					      pgoff_t pages)
{
#ifdef CONFIG_MAPPING_DIRTY_HELPERS
	wp_shared_mapping_range(mapping, index, pages);
#endif
}

/*
 * 6.12: by folio. A page of shmem, made if it is not there, locked and with a
 * reference. Its contents are not cleared unless it is up to date.
 */
static inline struct folio *winvm_compat_write_begin(struct address_space *mapping, pgoff_t index)
{
	const struct address_space_operations *ops = mapping->a_ops;
	loff_t at = (loff_t)index << PAGE_SHIFT;
	void *data;
	int err;
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
	struct page *page;

	err = ops->write_begin(NULL, mapping, at, PAGE_SIZE, &page, &data);
	return err ? ERR_PTR(err) : page_folio(page);
#else
	struct folio *folio;

	err = ops->write_begin(NULL, mapping, at, PAGE_SIZE, &folio, &data);
	return err ? ERR_PTR(err) : folio;
#endif
}

#endif
