// SPDX-License-Identifier: GPL-2.0
/*
 * The file behind an arena: one of shmem, so that the core kernel owns the
 * pages and reclaim, swap, migration and memory cgroups all know them. It is
 * ours in three ways: only we map it, its faults ask the page states (fault.c),
 * and it keeps its process object and the module.
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

/* Only winvm_map() maps the file, and only into the mm it belongs to. */
static int winvm_file_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct winvm_process *process = file->private_data;
	int err;

	if (vma->vm_mm != winvm_mm(process))
		return -EPERM;
	if (READ_ONCE(process->arena.mapper) != current && !(current->flags & PF_KTHREAD))
		return -EPERM;
	err = winvm_core_file_ops->mmap(file, vma);
	if (err)
		return err;
	mutex_lock(&winvm_ops_lock);
	if (!winvm_vma_ops)
		winvm_vma_ops = winvm_fault_ops(vma->vm_ops);
	mutex_unlock(&winvm_ops_lock);
	vma->vm_ops = winvm_vma_ops;
	winvm_compat_vma_flags(vma, VM_DONTCOPY | VM_DONTDUMP | VM_NOHUGEPAGE);
	return 0;
}

static int winvm_file_release(struct inode *inode, struct file *file)
{
	int err = 0;

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

/* The module must outlive the mappings: the file holds it through its operations. */
static void winvm_adopt_file(struct file *file, struct winvm_process *process)
{
	mutex_lock(&winvm_ops_lock);
	if (!winvm_core_file_ops) {
		winvm_file_ops = *file->f_op;
		winvm_file_ops.owner = THIS_MODULE;
		winvm_file_ops.mmap = winvm_file_mmap;
		winvm_file_ops.release = winvm_file_release;
		winvm_file_ops.fallocate = NULL;	/* MADV_REMOVE would take pages away */
		winvm_file_ops.get_unmapped_area = NULL; /* shmem's takes its own files only */
		winvm_core_file_ops = file->f_op;
	}
	mutex_unlock(&winvm_ops_lock);
	__module_get(THIS_MODULE);
	file_inode(file)->i_fop = &winvm_inode_ops;
	file->f_op = &winvm_file_ops;
	file->private_data = process;
}

/* Under process->call for writing. */
u32 winvm_backing_create(struct winvm_process *process)
{
	struct winvm_process *again;
	struct file *file;

	again = winvm_process_get(winvm_mm(process));
	if (IS_ERR(again))
		return STATUS_NO_MEMORY;
	file = shmem_file_setup_with_mnt(winvm_mount, "winvm", MAX_LFS_FILESIZE, VM_NORESERVE);
	if (IS_ERR(file)) {
		winvm_process_put(again);
		return STATUS_NO_MEMORY;
	}
	winvm_adopt_file(file, process);
	process->arena.file = file;
	return STATUS_SUCCESS;
}

/* A tmpfs of our own: the system's may have huge pages switched on, which know no page states. */
int winvm_backing_load(void)
{
	struct file_system_type *type = get_fs_type("tmpfs");
	struct vfsmount *mount;

	if (!type)
		return -ENODEV;
	mount = vfs_kern_mount(type, SB_KERNMOUNT, type->name, NULL);
	module_put(type->owner);
	if (IS_ERR(mount))
		return PTR_ERR(mount);
	winvm_mount = mount;
	return 0;
}

void winvm_backing_unload(void)
{
	kern_unmount(winvm_mount);
}
