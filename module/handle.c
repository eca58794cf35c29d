// SPDX-License-Identifier: GPL-2.0
/*
 * Descriptors that serve another process. Who may have one is not for us to
 * decide: user space opens the target's /proc/PID/mem or environ, the kernel
 * makes its ptrace check there, and the file's mm is the proof. The check is
 * made once, as for that file itself: the handle outlives a later setuid of
 * the target.
 */

#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "winvm.h"

#define WINVM_RIGHTS_ALL	(WINVM_PROCESS_VM_OPERATION | WINVM_PROCESS_VM_READ | \
				 WINVM_PROCESS_VM_WRITE | WINVM_PROCESS_SET_QUOTA | \
				 WINVM_PROCESS_QUERY_INFORMATION)

/* How /proc/PID/mem and environ are told from all other files; NULL if not known. */
static const struct file_operations *winvm_mem_ops;
static const struct file_operations *winvm_environ_ops;

static const struct file_operations winvm_handle_fops = {
	.owner = THIS_MODULE,
	.release = winvm_device_release,
	.unlocked_ioctl = winvm_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.llseek = noop_llseek,
};

/* On every kernel we know private_data is the mm; where it is not, learn nothing. */
static const struct file_operations *winvm_learn_file(struct path *root, struct vfsmount *proc,
						      const char *name)
{
	const struct file_operations *ops = NULL;
	struct file *file = file_open_root(root, name, O_RDONLY, 0);

	if (IS_ERR(file))
		return NULL;
	if (file_inode(file)->i_sb == proc->mnt_sb && current->mm &&
	    file->private_data == current->mm)
		ops = file->f_op;
	fput(file);
	return ops;
}

void winvm_handle_learn(struct vfsmount *proc)
{
	struct path root = { .mnt = proc, .dentry = proc->mnt_root };

	winvm_mem_ops = winvm_learn_file(&root, proc, "self/mem");
	winvm_environ_ops = winvm_learn_file(&root, proc, "self/environ");
}

bool winvm_open_process_supported(void)
{
	return winvm_mem_ops && winvm_environ_ops;
}

/* What the file that was opened entitles to; 0 if it is not one of the two. */
static u32 winvm_rights_of(const struct file *file)
{
	u32 rights = WINVM_PROCESS_QUERY_INFORMATION;

	if (winvm_environ_ops && file->f_op == winvm_environ_ops)
		return rights;
	if (!winvm_mem_ops || file->f_op != winvm_mem_ops)
		return 0;
	if (file->f_mode & FMODE_READ)
		rights |= WINVM_PROCESS_VM_READ;
	if (file->f_mode & FMODE_WRITE)
		rights |= WINVM_PROCESS_VM_WRITE | WINVM_PROCESS_VM_OPERATION |
			  WINVM_PROCESS_SET_QUOTA;
	return rights;
}

/* The process behind a /proc file, with a reference; ERR_PTR on failure. */
static struct winvm_process *winvm_process_behind(const struct file *file, u32 access)
{
	u32 rights = winvm_rights_of(file);
	struct winvm_process *process;
	struct mm_struct *mm;

	if (!rights)
		return ERR_PTR(winvm_open_process_supported() ? -EINVAL : -EOPNOTSUPP);
	if (access & ~rights)
		return ERR_PTR(-EACCES);
	mm = file->private_data;	/* NULL or an error for kernel threads and zombies */
	if (IS_ERR_OR_NULL(mm) || !mmget_not_zero(mm))
		return ERR_PTR(-ESRCH);
	process = winvm_process_get(mm);
	mmput(mm);
	return process;
}

static int winvm_handle_install(struct winvm_process *process, u32 access)
{
	struct winvm_handle *handle = kzalloc(sizeof(*handle), GFP_KERNEL_ACCOUNT);
	int fd;

	if (!handle)
		return -ENOMEM;
	handle->process = process;
	handle->access = access;
	fd = anon_inode_getfd("[winvm-process]", &winvm_handle_fops, handle, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		kfree(handle);
	return fd;
}

/* Return: a descriptor, or a negative errno (uapi/linux/winvm.h). */
int winvm_open_process(struct winvm_open_process *request)
{
	struct winvm_process *process;
	struct file *file;
	int fd;

	if (request->access & ~WINVM_RIGHTS_ALL || request->__reserved)
		return -EINVAL;
	file = fget(request->proc_fd);
	if (!file)
		return -EBADF;
	process = winvm_process_behind(file, request->access);
	fput(file);
	if (IS_ERR(process))
		return PTR_ERR(process);
	fd = winvm_handle_install(process, request->access);
	if (fd < 0)
		winvm_process_put(process);
	return fd;
}
