// SPDX-License-Identifier: GPL-2.0
/*
 * Sections of users' files, and their views. The file is opened again by the
 * path of the caller's descriptor and with its credentials: once for the
 * section, and once for each view, so that struct files are ours while what the
 * file system keeps in them is right. A view's has the file system's
 * operations but for two, which map it with our hooks, and end the view.
 *
 * An overlay maps the file beneath in place of its own. So that is what we
 * open, too; which it is shows when the overlay is asked to map.
 *
 * Faults wait for the file system. Therefore only those are taken whose answer
 * no user can hold back: none that is served by a process or over a network.
 */

#include <linux/err.h>
#include <linux/falloc.h>
#include <linux/file.h>
#include <linux/hashtable.h>
#include <linux/magic.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/pagemap.h>
#include <linux/shmem_fs.h>
#include <linux/slab.h>
#include <linux/statfs.h>

#include "section.h"
#include "winvm.h"

/* Sections of users' files, by inode. */
static DEFINE_HASHTABLE(winvm_data_sections, 8);
static DEFINE_MUTEX(winvm_files_lock);	/* leaf, but for memory; under it sizes grow */

/**
 * struct winvm_data - what is ours of the struct file of a view of a user's file
 * @ops: its operations
 * @core: those it had, a reference on their module
 * @view: the view
 * @lent: the file is open for reading, and passes for more (winvm_data_copies())
 */
struct winvm_data {
	struct file_operations ops;
	const struct file_operations *core;
	struct winvm_view *view;
	bool lent;
};

static struct winvm_data *winvm_data_of(const struct file *file)
{
	return container_of(file->f_op, struct winvm_data, ops);
}

/* What a file has when its view is gone: the last look at it is for the module's sake. */
static const struct file_operations winvm_data_ended = {
	.owner = THIS_MODULE,
};

/*
 * winvm_data_close() - the VAD of a view lets go of the file, which nobody will map any more
 *
 * Who watches the file must not hear of a writer that closed it.
 */
void winvm_data_close(struct winvm_view *view)
{
	if (view->data && view->data->lent)
		view->file->f_mode &= ~FMODE_WRITE;
}

static int winvm_data_release(struct inode *inode, struct file *file)
{
	struct winvm_data *data = winvm_data_of(file);
	int err;

	winvm_data_close(data->view);
	err = data->core->release ? data->core->release(inode, file) : 0;
	file->f_op = &winvm_data_ended;
	fops_put(data->core);
	winvm_view_free(data->view);
	kfree(data);
	return err;
}

/* winvm_data_view() - the view that a file is of, NULL if it is of none */
struct winvm_view *winvm_data_view(const struct file *file)
{
	return file->f_op->release == winvm_data_release ? winvm_data_of(file)->view : NULL;
}

/* Hooks that must hear of every VMA are of file systems that we do not take. */
static bool winvm_data_hooks(const struct vm_operations_struct *core)
{
	return core && core->fault && !core->open && !core->close;
}

static int winvm_data_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct winvm_data *data = winvm_data_of(file);
	int err;

	if (!winvm_backing_maps(data->view->process, vma))
		return -EPERM;
	err = data->core->mmap(file, vma);
	if (err)
		return err;
	if (vma->vm_file != file || !winvm_data_hooks(vma->vm_ops))
		return -ENODEV;
	WRITE_ONCE(data->view->core, vma->vm_ops);
	vma->vm_ops = &winvm_fault_data_ops;
	winvm_compat_vma_flags(vma, winvm_backing_flags(data->view->process, vma) |
			       (data->view->shared ? 0 : VM_DONTCOPY));
	return 0;
}

/* Not waiting for others to give up a lease. */
static int winvm_data_flags(const struct file *file)
{
	return (file->f_mode & FMODE_WRITE ? O_RDWR : O_RDONLY) | O_LARGEFILE | O_NONBLOCK;
}

static struct file *winvm_data_again(const struct winvm_section *section)
{
	int flags = winvm_data_flags(section->origin);

	if (winvm_section_image(&section->shape))
		return winvm_image_again(section->file);
	/* Of an overlay's attributes what is beneath knows nothing. */
	if (flags & O_RDWR && IS_APPEND(file_inode(section->origin)))
		return ERR_PTR(-EPERM);
	if (section->file == section->origin)
		return dentry_open(&section->file->f_path, flags, section->file->f_cred);
	return winvm_compat_open_beneath(section->origin, flags, section->file);
}

/*
 * Where a view may copy, writes must come as far as the hooks: for this a file
 * that is open for reading passes for one that can be written. It cannot: none
 * of its pages becomes writable (winvm_data_writable()), and nobody has it as a
 * descriptor. Linux lets not all files be mapped so.
 */
static bool winvm_data_copies(const struct file *file)
{
	const struct inode *inode = file_inode(file);

	if (IS_APPEND(inode) || IS_SWAPFILE(inode))
		return false;
	return inode->i_sb->s_magic != TMPFS_MAGIC ||
	       !(SHMEM_I(file_inode(file))->seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE));
}

/*
 * winvm_data_alike() - may a view be had without writes that come as far as the hooks?
 *
 * A security module may let nobody map the file for writing who may only read it.
 */
bool winvm_data_alike(struct winvm_view *view)
{
	if (!view->data || !view->data->lent || winvm_protect_copies(view->protect))
		return false;
	winvm_data_close(view);
	return true;
}

/* winvm_data_writable() - may pages of the file of a view become writable? */
bool winvm_data_writable(const struct winvm_view *view)
{
	return view->file->f_mode & FMODE_WRITE && !view->data->lent && !winvm_view_of_image(view);
}

/* winvm_data_open() - the file of a view that is being made */
int winvm_data_open(struct winvm_view *view)
{
	struct winvm_data *data = kzalloc(sizeof(*data), GFP_KERNEL_ACCOUNT);
	struct file *file;

	if (!data)
		return -ENOMEM;
	file = winvm_data_again(view->section);
	if (IS_ERR(file)) {
		kfree(data);
		return PTR_ERR(file);
	}
	data->view = view;
	data->core = file->f_op;
	data->ops = *file->f_op;
	data->ops.owner = THIS_MODULE;
	data->ops.mmap = winvm_data_mmap;
	data->ops.release = winvm_data_release;
	data->ops.fallocate = NULL;		/* MADV_REMOVE would take pages away */
	data->ops.get_unmapped_area = NULL;	/* may know its own files only */
	__module_get(THIS_MODULE);
	data->lent = !(file->f_mode & FMODE_WRITE) && winvm_data_copies(file);
	if (data->lent)
		file->f_mode |= FMODE_WRITE;
	file->f_op = &data->ops;
	view->data = data;
	view->file = file;
	return 0;
}

/* Huge pages of the page cache would be mapped as such, over all page states. */
static int winvm_data_nothing(pte_t *pte, unsigned long address, void *unused)
{
	return 0;
}

/* winvm_data_fault() - the file system's fault hook, for a page of its own */
vm_fault_t winvm_data_fault(struct winvm_view *view, struct vm_fault *vmf)
{
	if (pmd_none(*vmf->pmd) &&
	    apply_to_page_range(vmf->vma->vm_mm, vmf->address & PAGE_MASK, PAGE_SIZE,
				winvm_data_nothing, NULL))
		return VM_FAULT_OOM;
	return view->core->fault(vmf);
}

/*
 * winvm_data_written() - the file system's, for a write to a page that is mapped
 *
 * It is asked only where the page may be written: it reserves room on the disk,
 * and sets the time of the file.
 *
 * Return: 0 with the page locked, or what the hook is to return.
 */
vm_fault_t winvm_data_written(struct winvm_view *view, struct vm_fault *vmf)
{
	winvm_pstate_t state = winvm_pstate_get(&view->process->states,
						vmf->address >> PAGE_SHIFT);
	vm_fault_t ret;

	if (!winvm_data_writable(view) || state & WINVM_PSTATE_COPIED ||
	    winvm_pstate_judge(state, WINVM_WRITE) != WINVM_PERMIT) {
		lock_page(vmf->page);
		return 0;
	}
	if (!view->core->page_mkwrite) {
		file_update_time(vmf->vma->vm_file);	/* as Linux does where there is no hook */
		lock_page(vmf->page);
		return 0;
	}
	ret = view->core->page_mkwrite(vmf);
	return ret & VM_FAULT_LOCKED ? 0 : ret;
}

/* winvm_data_page() - a page of a view, read if need be, with a reference */
struct page *winvm_data_page(const struct winvm_view *view, u64 vpn)
{
	struct address_space *mapping = winvm_view_mapping(view);
	pgoff_t index = winvm_view_pgoff(view, vpn);

	if (index >= DIV_ROUND_UP_ULL(i_size_read(mapping->host), PAGE_SIZE))
		return ERR_PTR(-EFAULT);
	if (mapping->a_ops == view->arena->f_mapping->a_ops)
		return shmem_read_mapping_page(mapping, index);
	return read_mapping_page(mapping, index, view->file);
}

/**
 * struct winvm_probe - what finds the file beneath an overlay's
 * @ops: of the file while it is asked
 * @core: those it has
 * @beneath: found, a reference
 */
struct winvm_probe {
	struct file_operations ops;
	const struct file_operations *core;
	struct file *beneath;
};

/* Nothing is mapped in the end. */
static int winvm_probe_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct winvm_probe *probe = container_of(file->f_op, struct winvm_probe, ops);
	int err = probe->core->mmap(file, vma);

	if (err)
		return err;
	if (vma->vm_file != file && !probe->beneath)
		probe->beneath = get_file(vma->vm_file);
	return -EAGAIN;
}

/* Ask an overlay's file, which nobody else has, what it maps. */
static struct file *winvm_probe(struct file *file)
{
	struct winvm_probe *probe = kzalloc(sizeof(*probe), GFP_KERNEL);
	struct file *beneath;
	unsigned long err;

	if (!probe)
		return ERR_PTR(-ENOMEM);
	probe->core = file->f_op;
	probe->ops = *file->f_op;
	probe->ops.mmap = winvm_probe_mmap;
	probe->ops.get_unmapped_area = NULL;
	file->f_op = &probe->ops;
	err = vm_mmap(file, 0, PAGE_SIZE, PROT_NONE, MAP_SHARED | MAP_NORESERVE, 0);
	file->f_op = probe->core;
	beneath = probe->beneath ?: ERR_PTR(err == -EAGAIN ? -EOPNOTSUPP : (long)err);
	kfree(probe);
	return beneath;
}

static bool winvm_data_overlay(const struct file *file)
{
	return file_inode(file)->i_sb->s_magic == OVERLAYFS_SUPER_MAGIC;
}

/*
 * winvm_data_known() - is the file system one that was tested, and served by the kernel alone?
 *
 * Of an overlay, what is beneath counts.
 */
bool winvm_data_known(const struct inode *inode)
{
	return inode->i_sb->s_magic == EXT4_SUPER_MAGIC || inode->i_sb->s_magic == TMPFS_MAGIC;
}

/* DAX has no page cache. */
static bool winvm_data_taken(const struct file *file)
{
	const struct inode *inode = file_inode(file);

	return winvm_data_known(inode) && file->f_op->mmap && !IS_DAX(inode);
}

/* Set @section->file: what is mapped of @section->origin. */
static int winvm_data_beneath(struct winvm_section *section)
{
	struct file *beneath, *file;

	section->file = section->origin;
	if (!winvm_data_overlay(section->origin))
		return 0;
	beneath = winvm_probe(section->origin);
	if (IS_ERR(beneath))
		return PTR_ERR(beneath);
	file = winvm_compat_open_beneath(section->origin, winvm_data_flags(section->origin),
					 beneath);
	fput(beneath);
	if (IS_ERR(file))
		return PTR_ERR(file);
	section->file = file;
	return 0;
}

static u32 winvm_data_status(int err)
{
	switch (err) {
	case 0:
		return STATUS_SUCCESS;
	case -EACCES:
	case -EPERM:
	case -EROFS:
		return STATUS_ACCESS_DENIED;
	case -EWOULDBLOCK:
	case -ETXTBSY:
		return STATUS_SHARING_VIOLATION;
	case -ENOSPC:
	case -EDQUOT:
	case -EFBIG:
		return STATUS_DISK_FULL;	/* SPEC SE-7 */
	case -EIO:
		return STATUS_IO_DEVICE_ERROR;
	case -EOPNOTSUPP:
		return STATUS_NOT_SUPPORTED;
	default:
		return STATUS_INSUFFICIENT_RESOURCES;
	}
}

/* winvm_data_noexec() - does its mount let nothing of it be run? */
bool winvm_data_noexec(const struct file *file)
{
	return file->f_path.mnt->mnt_flags & MNT_NOEXEC ||
	       file_inode(file)->i_sb->s_iflags & SB_I_NOEXEC;
}

/* What the descriptor lets its holder do. */
static struct winvm_file_facts winvm_data_facts(const struct file *file)
{
	return (struct winvm_file_facts){
		.bytes = i_size_read(file_inode(file)),
		.readable = file->f_mode & FMODE_READ,
		.writable = file->f_mode & FMODE_WRITE && !IS_APPEND(file_inode(file)),
		.executable = !winvm_data_noexec(file),
		.regular = S_ISREG(file_inode(file)->i_mode),
	};
}

/* As it would be found out half-way. */
static bool winvm_data_fits(const struct file *file, u64 bytes)
{
	struct kstatfs about;

	if (vfs_statfs(&file->f_path, &about) || !about.f_blocks)
		return true;	/* it does not tell */
	return bytes / about.f_bsize <= about.f_bavail;
}

/* Blocks and all, so that no later write finds the disk full; never shorter. */
static int winvm_data_grow(struct winvm_section *section, u64 bytes)
{
	u64 size = i_size_read(file_inode(section->file));

	if (bytes <= size)
		return 0;
	if (!winvm_data_fits(section->origin, bytes - size))
		return -ENOSPC;
	return vfs_fallocate(section->origin, 0, size, bytes - size);
}

static void winvm_data_begin(struct winvm_section *section)
{
	const struct inode *inode = d_inode(section->origin->f_path.dentry);

	mutex_lock(&winvm_files_lock);
	hash_add(winvm_data_sections, &section->here, (unsigned long)inode);
	mutex_unlock(&winvm_files_lock);
}

/* winvm_data_end() - of a section, as far as winvm_data_section() went */
void winvm_data_end(struct winvm_section *section)
{
	if (!hlist_unhashed(&section->here)) {
		mutex_lock(&winvm_files_lock);
		hash_del(&section->here);
		mutex_unlock(&winvm_files_lock);
	}
	if (section->file && section->file != section->origin)
		fput(section->file);
	section->file = NULL;
	if (section->origin)
		fput(section->origin);
}

static u32 winvm_data_open_section(struct winvm_section *section, struct file *user)
{
	struct file *origin;
	bool write = winvm_protect_writes(section->shape.protect);
	u32 status;

	origin = dentry_open(&user->f_path,
			     (write ? O_RDWR : O_RDONLY) | O_LARGEFILE | O_NONBLOCK |
			     (user->f_flags & O_NOATIME), user->f_cred);
	if (IS_ERR(origin))
		return winvm_data_status(PTR_ERR(origin));
	section->origin = origin;
	status = winvm_data_status(winvm_data_beneath(section));
	if (status)
		return status;
	return winvm_data_taken(section->file) ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED;
}

/*
 * winvm_data_section() - give a new section its file (SPEC SE-4 to SE-8)
 * @section: with what was asked for in its shape; on failure still to be freed
 * @number: the caller's descriptor
 */
u32 winvm_data_section(struct winvm_section *section, int number)
{
	struct file *user = fget(number);
	struct winvm_file_facts facts;
	u32 status;

	if (!user)
		return STATUS_INVALID_HANDLE;
	facts = winvm_data_facts(user);
	status = winvm_check_file(&facts, section->shape.protect);
	if (!status)
		status = winvm_data_open_section(section, user);
	fput(user);
	if (status)
		return status;
	facts.bytes = i_size_read(file_inode(section->file));
	status = winvm_check_file_size(&facts, &section->shape);
	if (!status)
		status = winvm_data_status(winvm_data_grow(section, section->shape.bytes));
	if (!status)
		winvm_data_begin(section);
	return status;
}

/* winvm_data_extend() - SPEC SE-39: the file grows with the section, neither shrinks */
u32 winvm_data_extend(struct winvm_section *section, u64 bytes)
{
	int err = winvm_data_grow(section, bytes);

	if (err)
		return winvm_data_status(err);
	mutex_lock(&winvm_files_lock);
	if (bytes > section->shape.bytes)
		WRITE_ONCE(section->shape.bytes, bytes);
	mutex_unlock(&winvm_files_lock);
	return STATUS_SUCCESS;
}

/*
 * winvm_query_file() - how much of a file is spoken for (SPEC SE-34)
 *
 * Asked by who may shorten it, and by nobody else.
 */
int winvm_query_file(struct winvm_process *process, void *arg)
{
	struct winvm_query_file *request = arg;
	struct file *file = fget(request->file_fd);
	struct winvm_section *section;
	const struct inode *inode;

	if (!file) {
		request->status = STATUS_INVALID_HANDLE;
		return 0;
	}
	inode = d_inode(file->f_path.dentry);
	request->section_bytes = 0;
	request->status = file->f_mode & FMODE_WRITE ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
	mutex_lock(&winvm_files_lock);
	hash_for_each_possible(winvm_data_sections, section, here, (unsigned long)inode)
		if (!request->status && d_inode(section->origin->f_path.dentry) == inode)
			request->section_bytes = max(request->section_bytes, section->shape.bytes);
	mutex_unlock(&winvm_files_lock);
	fput(file);
	return 0;
}
