// SPDX-License-Identifier: GPL-2.0
/*
 * What Linux itself has mapped, in NT's words: the program and its libraries
 * are images, files are mapped, the rest is private.
 */

#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mount.h>

#include "winvm.h"

#define WINVM_IMAGE_STEPS 64	/* no ELF object has that many segments */

/* winvm_foreign_protect() - PAGE_* of what Linux has mapped */
u32 winvm_foreign_protect(const struct vm_area_struct *vma)
{
	static const u32 table[2][2][2] = {	/* executable, writable, readable */
		{ { NT_PAGE_NOACCESS, NT_PAGE_READONLY },
		  { NT_PAGE_READWRITE, NT_PAGE_READWRITE } },
		{ { NT_PAGE_EXECUTE, NT_PAGE_EXECUTE_READ },
		  { NT_PAGE_EXECUTE_READWRITE, NT_PAGE_EXECUTE_READWRITE } },
	};
	u32 protect = table[!!(vma->vm_flags & VM_EXEC)][!!(vma->vm_flags & VM_WRITE)]
			   [!!(vma->vm_flags & VM_READ)];

	/* READWRITE << 1 is WRITECOPY, for the executable kinds as well. */
	if (vma->vm_file && vma->vm_flags & VM_WRITE && !(vma->vm_flags & VM_SHARED))
		protect <<= 1;
	return protect;
}

static bool winvm_same_object(const struct vm_area_struct *a, const struct vm_area_struct *b)
{
	return a && b && a->vm_file && b->vm_file && !(b->vm_flags & VM_SHARED) &&
	       file_inode(a->vm_file) == file_inode(b->vm_file);
}

/* PROT_NONE memory without a file is what Linux programs reserve. */
static bool winvm_foreign_reserved(const struct vm_area_struct *vma)
{
	return !vma->vm_file && !(vma->vm_flags & (VM_READ | VM_WRITE | VM_EXEC | VM_IO));
}

/**
 * struct winvm_extent - the VMAs that are one allocation
 * @start: of the first
 * @end: of the last
 * @commit: bytes of them that NT would charge
 */
struct winvm_extent {
	unsigned long start;
	unsigned long end;
	u64 commit;
};

/* NT charges what is private, and what would be when it is written. */
static u64 winvm_foreign_commit(const struct vm_area_struct *vma)
{
	bool private = vma->vm_file ? !(vma->vm_flags & VM_SHARED) && vma->vm_flags & VM_WRITE :
				      !winvm_foreign_reserved(vma);

	return private ? vma->vm_end - vma->vm_start : 0;
}

static struct vm_area_struct *winvm_image_first(struct mm_struct *mm, struct vm_area_struct *vma)
{
	struct vm_area_struct *at = vma, *next;
	int steps;

	for (steps = 0; steps < WINVM_IMAGE_STEPS; steps++) {
		next = find_vma(mm, at->vm_start - 1);
		if (!winvm_same_object(vma, next) || next->vm_end != at->vm_start)
			break;
		at = next;
	}
	return at;
}

/*
 * An image is a run of adjacent private mappings of one file, one of which is
 * executable. Return: is @vma part of one?
 */
static bool winvm_image_extent(struct mm_struct *mm, struct vm_area_struct *vma,
			       struct winvm_extent *extent)
{
	struct vm_area_struct *at;
	bool code = false;
	int steps;

	if (!vma->vm_file || vma->vm_flags & VM_SHARED)
		return false;
	at = winvm_image_first(mm, vma);
	*extent = (struct winvm_extent){ .start = at->vm_start };
	/* From the first on, @vma lies within as many steps as it took to get there. */
	for (steps = 0; steps < 2 * WINVM_IMAGE_STEPS && winvm_same_object(vma, at); steps++) {
		code |= at->vm_flags & VM_EXEC;
		extent->end = at->vm_end;
		extent->commit += winvm_foreign_commit(at);
		at = find_vma(mm, at->vm_end);
		if (!at || at->vm_start != extent->end)
			break;
	}
	return code;
}

/*
 * winvm_foreign_describe() - what of a region its VMA tells; under mmap_lock
 * @region: base and bytes are left alone
 */
void winvm_foreign_describe(struct mm_struct *mm, struct vm_area_struct *vma,
			    struct winvm_region *region)
{
	struct winvm_extent image;

	region->state = NT_MEM_COMMIT;
	region->protect = winvm_foreign_protect(vma);
	region->allocation_protect = region->protect;
	region->allocation_base = vma->vm_start;
	region->type = vma->vm_file ? NT_MEM_MAPPED : NT_MEM_PRIVATE;
	if (winvm_image_extent(mm, vma, &image)) {
		region->type = NT_MEM_IMAGE;
		region->allocation_base = image.start;
		region->allocation_protect = NT_PAGE_EXECUTE_WRITECOPY;	/* SPEC VQ-12 */
	} else if (winvm_foreign_reserved(vma)) {
		region->state = NT_MEM_RESERVE;
		region->protect = 0;
	}
}

/* Segments of an image that follow with the same protection are the same run (SPEC VQ-6). */
static unsigned long winvm_run_end(struct mm_struct *mm, struct vm_area_struct *vma,
				   const struct winvm_region *region)
{
	struct vm_area_struct *next = vma;
	int steps;

	for (steps = 0; region->type == NT_MEM_IMAGE && steps < WINVM_IMAGE_STEPS; steps++) {
		next = find_vma(mm, vma->vm_end);
		if (!winvm_same_object(vma, next) || next->vm_start != vma->vm_end ||
		    winvm_foreign_protect(next) != region->protect)
			break;
		vma = next;
	}
	return vma->vm_end;
}

/* The VMA at @address or the first after it, before @end, that is not a window of ours. */
static struct vm_area_struct *winvm_foreign_vma(struct winvm_process *process,
						unsigned long address, unsigned long end)
{
	VMA_ITERATOR(vmi, winvm_mm(process), address);
	struct vm_area_struct *vma;

	for_each_vma_range(vmi, vma, end) {
		u64 vpn = max(address, vma->vm_start) >> PAGE_SHIFT;

		if (!winvm_arena_owns(process, vma) ||
		    !winvm_arena_covers(process, (struct winvm_span){ vpn, 1 }))
			return vma;
	}
	return NULL;
}

/*
 * winvm_foreign_region() - the region at @address, where no VAD is (SPEC VQ-8)
 * @address: page-aligned
 * @end: the region goes no further
 *
 * Return: 0 or -EINTR.
 */
int winvm_foreign_region(struct winvm_process *process, unsigned long address,
			 unsigned long end, struct winvm_region *region)
{
	struct mm_struct *mm = winvm_mm(process);
	struct vm_area_struct *vma;

	*region = (struct winvm_region){
		.base = address,
		.state = NT_MEM_FREE,
		.protect = NT_PAGE_NOACCESS,
	};
	if (mmap_read_lock_killable(mm))
		return -EINTR;
	vma = winvm_foreign_vma(process, address, end);
	if (vma && vma->vm_start <= address) {
		winvm_foreign_describe(mm, vma, region);
		end = min(end, winvm_run_end(mm, vma, region));
	} else if (vma) {
		end = vma->vm_start;
	}
	mmap_read_unlock(mm);
	region->bytes = end - address;
	return 0;
}

/* Memory that Linux shares without a file that had a name: NT's page-file section. */
static bool winvm_foreign_page_file(const struct vm_area_struct *vma)
{
	return vma->vm_file &&
	       winvm_compat_file_path(vma->vm_file)->mnt->mnt_flags & MNT_INTERNAL;
}

static void winvm_describe_mapping(struct mm_struct *mm, struct vm_area_struct *vma,
				   struct winvm_query_allocation *answer)
{
	struct winvm_extent extent = { vma->vm_start, vma->vm_end, winvm_foreign_commit(vma) };
	struct winvm_extent image;
	struct winvm_region region = { };

	winvm_foreign_describe(mm, vma, &region);
	if (region.type == NT_MEM_IMAGE && winvm_image_extent(mm, vma, &image))
		extent = image;
	answer->base = extent.start;
	answer->bytes = extent.end - extent.start;
	answer->commit_bytes = extent.commit;
	answer->allocation_protect = region.allocation_protect;
	answer->type = region.type;
	if (region.type == NT_MEM_MAPPED && winvm_foreign_page_file(vma))
		answer->flags |= WINVM_ALLOCATION_PAGE_FILE;
}

/*
 * winvm_foreign_allocation() - the whole mapping at @address, where no VAD is
 * @address: page-aligned
 * @answer: left alone where nothing is mapped
 *
 * Return: 0 or -EINTR.
 */
int winvm_foreign_allocation(struct winvm_process *process, unsigned long address,
			     struct winvm_query_allocation *answer)
{
	struct mm_struct *mm = winvm_mm(process);
	struct vm_area_struct *vma;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	vma = winvm_foreign_vma(process, address, address + PAGE_SIZE);
	if (vma)
		winvm_describe_mapping(mm, vma, answer);
	mmap_read_unlock(mm);
	return 0;
}

/*
 * winvm_foreign_file() - the file that Linux has mapped at @address
 * @address: page-aligned
 * @file: gets a reference, NULL where no file is mapped
 *
 * Return: 0 or -EINTR.
 */
int winvm_foreign_file(struct winvm_process *process, unsigned long address, struct file **file)
{
	struct mm_struct *mm = winvm_mm(process);
	struct vm_area_struct *vma;

	*file = NULL;
	if (mmap_read_lock_killable(mm))
		return -EINTR;
	vma = winvm_foreign_vma(process, address, address + PAGE_SIZE);
	if (vma && vma->vm_file)
		*file = get_file(vma->vm_file);
	mmap_read_unlock(mm);
	return 0;
}

/* Where @vma shows its file, between two addresses. */
static void winvm_describe_part(const struct vm_area_struct *vma, unsigned long start,
				unsigned long end, struct winvm_file_part *part)
{
	start = max(start, vma->vm_start);
	end = min(end, vma->vm_end);
	part->file = get_file(vma->vm_file);
	part->offset = ((loff_t)vma->vm_pgoff << PAGE_SHIFT) + (start - vma->vm_start);
	part->bytes = end - start;
}

/*
 * winvm_foreign_part() - the first mapping of Linux's own in a span that no VAD touches
 *
 * Return: 0 or -EINTR.
 */
int winvm_foreign_part(struct winvm_process *process, struct winvm_span span,
		       struct winvm_file_part *part)
{
	unsigned long start = span.vpn << PAGE_SHIFT, end = start + (span.pages << PAGE_SHIFT);
	struct mm_struct *mm = winvm_mm(process);
	struct vm_area_struct *vma;

	*part = (struct winvm_file_part){ .pages = span.pages };
	if (mmap_read_lock_killable(mm))
		return -EINTR;
	vma = winvm_foreign_vma(process, start, end);
	if (vma)
		part->pages = (min(end, vma->vm_end) - start) >> PAGE_SHIFT;
	if (vma && vma->vm_file)
		winvm_describe_part(vma, start, end, part);
	mmap_read_unlock(mm);
	return 0;
}
