// SPDX-License-Identifier: GPL-2.0
/*
 * The file behind an arena: one of shmem, so that the core kernel owns the
 * pages and reclaim, swap, migration and memory cgroups all know them. It is
 * ours in three ways: only we map it, its faults ask the page states (fault.c),
 * and it keeps its process object and the module. Those of sections are alike.
 */

#include <linux/file.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/shmem_fs.h>

#include "winvm.h"

static struct vfsmount *winvm_mount;
static struct file_operations winvm_file_ops;	/* const once the first file filled it in */
static const struct file_operations *winvm_core_file_ops;
static const struct vm_operations_struct *winvm_vma_ops;
static DEFINE_MUTEX(winvm_ops_lock);	/* inside mmap_lock, around the first setting of the ops */

/* winvm_backing_maps() - is it winvm_map() that maps a file of ours, where it belongs? */
bool winvm_backing_maps(struct winvm_process *process, const struct vm_area_struct *vma)
{
	if (vma->vm_mm != winvm_mm(process))
		return false;
	return READ_ONCE(process->arena.mapper) == current || current->flags & PF_KTHREAD;
}

/*
 * winvm_backing_flags() - of a VMA of ours
 *
 * Huge pages know no page states, and MADV_COLLAPSE would make them where
 * address and page offset have the same place in one. In the arena they never
 * have, nor in views at multiples of 64 KB: their offsets are off by one. A
 * view in a placeholder may (SPEC PH-22). Linux spares mappings that must not
 * grow; it does not merge these, and mlock() passes them over, which is all
 * that they lack.
 */
unsigned long winvm_backing_flags(const struct winvm_process *process,
				  const struct vm_area_struct *vma)
{
	u64 shift = (vma->vm_start >> PAGE_SHIFT) - vma->vm_pgoff;
	bool spared = !(shift % (PMD_SIZE >> PAGE_SHIFT));

	return VM_DONTDUMP | VM_NOHUGEPAGE |
	       (spared || READ_ONCE(process->arena.apart) ? VM_DONTEXPAND : 0);
}

/*
 * winvm_backing_mmap() - the mmap hook of all our files of shmem
 * @flags: VM_DONTCOPY unless children of fork are to have it
 */
int winvm_backing_mmap(struct winvm_process *process, struct file *file,
		       struct vm_area_struct *vma, unsigned long flags)
{
	int err;

	if (!winvm_backing_maps(process, vma))
		return -EPERM;
	err = winvm_core_file_ops->mmap(file, vma);
	if (err)
		return err;
	mutex_lock(&winvm_ops_lock);
	if (!winvm_vma_ops)
		winvm_vma_ops = winvm_fault_ops(vma->vm_ops);
	mutex_unlock(&winvm_ops_lock);
	vma->vm_ops = winvm_vma_ops;
	winvm_compat_vma_flags(vma, flags | winvm_backing_flags(process, vma));
	return 0;
}

static int winvm_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	return winvm_backing_mmap(file->private_data, file, vma, VM_DONTCOPY);
}

static int winvm_file_release(struct inode *inode, struct file *file)
{
	int err = 0;

	winvm_backing_end(inode);
	if (winvm_core_file_ops->release)
		err = winvm_core_file_ops->release(inode, file);
	winvm_process_put(file->private_data);
	return err;
}

/* /proc/PID/map_files would open the inode afresh, with operations that know no page states. */
static int winvm_refuse_open(struct inode *inode, struct file *file)
{
	return -EPERM;
}

static const struct file_operations winvm_inode_ops = {
	.owner = THIS_MODULE,
	.open = winvm_refuse_open,
};

/* winvm_backing_ops() - shmem's operations, for our files; mmap and release are the caller's */
void winvm_backing_ops(struct file_operations *ops)
{
	*ops = *winvm_core_file_ops;
	ops->owner = THIS_MODULE;
	ops->fallocate = NULL;		/* MADV_REMOVE would take pages away */
	ops->get_unmapped_area = NULL;	/* shmem's takes its own files only */
}

static void winvm_backing_learn(const struct file_operations *core)
{
	mutex_lock(&winvm_ops_lock);
	if (!winvm_core_file_ops) {
		winvm_core_file_ops = core;
		winvm_backing_ops(&winvm_file_ops);
		winvm_file_ops.mmap = winvm_file_mmap;
		winvm_file_ops.release = winvm_file_release;
	}
	mutex_unlock(&winvm_ops_lock);
}

/* A file of shmem that nobody can open by its inode. Linux counts it by its size as committed. */
static struct file *winvm_backing_new(struct vfsmount *mount, const char *name, loff_t bytes)
{
	struct file *file = shmem_file_setup_with_mnt(mount, name, bytes, 0);

	if (IS_ERR(file))
		return file;
	winvm_backing_learn(file->f_op);
	file_inode(file)->i_fop = &winvm_inode_ops;
	return file;
}

/* winvm_backing_counted() - one that is (promise.c) */
struct file *winvm_backing_counted(const char *name, loff_t bytes)
{
	return winvm_backing_new(winvm_mount, name, bytes);
}

/*
 * One that is not. What is committed in it is counted already, and is not again
 * when it is touched. Its size is to be taken away by winvm_backing_end().
 */
static struct file *winvm_backing_on(struct vfsmount *mount, const char *name, loff_t bytes)
{
	struct file *file = winvm_backing_new(mount, name, 0);

	if (!IS_ERR(file))
		i_size_write(file_inode(file), bytes);
	return file;
}

/* winvm_backing_file() - the same for memory that views show */
struct file *winvm_backing_file(const char *name, loff_t bytes)
{
	return winvm_backing_on(winvm_mount, name, bytes);
}

/* winvm_backing_end() - before the last reference to one goes; nothing maps it any more */
void winvm_backing_end(struct inode *inode)
{
	i_size_write(inode, 0);
}

/*
 * winvm_backing_another() - another struct file on the inode of such a file
 * @ops: of ours: the module must outlive the mappings, so the file holds it through these
 */
struct file *winvm_backing_another(struct file *file, const struct file_operations *ops)
{
	struct inode *inode = file_inode(file);
	struct file *another;

	ihold(inode);
	__module_get(THIS_MODULE);
	another = alloc_file_pseudo(inode, winvm_mount, "winvm-view", O_RDWR, ops);
	if (IS_ERR(another)) {
		module_put(THIS_MODULE);
		iput(inode);
	}
	return another;
}

/* A tmpfs for the module alone. */
static struct vfsmount *winvm_backing_mount(char *options)
{
	struct file_system_type *type = get_fs_type("tmpfs");
	struct vfsmount *mount;

	if (!type)
		return ERR_PTR(-ENODEV);
	mount = vfs_kern_mount(type, SB_KERNMOUNT, type->name, options);
	module_put(type->owner);
	return mount;
}

/* On a mount of its own (folio.c), if it can be had: not every Linux knows what it is to say. */
static struct file *winvm_backing_arena(struct winvm_arena *arena)
{
	char options[] = "huge=always";
	struct vfsmount *mount = winvm_backing_mount(options);
	struct file *file;

	if (IS_ERR(mount))
		return winvm_backing_file("winvm", MAX_LFS_FILESIZE);
	winvm_folio_mount(arena, mount);
	file = winvm_backing_on(mount, "winvm", MAX_LFS_FILESIZE);
	mntput(mount);	/* it lives as long as the file */
	return file;
}

/* Alone. */
u32 winvm_backing_create(struct winvm_process *process)
{
	struct winvm_process *again;
	struct file *file;

	again = winvm_process_get(winvm_mm(process));
	if (IS_ERR(again))
		return STATUS_NO_MEMORY;
	file = winvm_backing_arena(&process->arena);
	if (IS_ERR(file)) {
		winvm_process_put(again);
		return STATUS_NO_MEMORY;
	}
	/* The module must outlive the mappings: the file holds it through its operations. */
	__module_get(THIS_MODULE);
	file->f_op = &winvm_file_ops;
	file->private_data = process;
	process->arena.file = file;
	return STATUS_SUCCESS;
}

/* A tmpfs of our own: the system's may have huge pages switched on, which know no page states. */
int winvm_backing_load(void)
{
	struct vfsmount *mount = winvm_backing_mount(NULL);

	if (IS_ERR(mount))
		return PTR_ERR(mount);
	winvm_mount = mount;
	return 0;
}

void winvm_backing_unload(void)
{
	kern_unmount(winvm_mount);
}
