// SPDX-License-Identifier: GPL-2.0
/*
 * Images: what sections of PE files show. Their pages are no pages of the file,
 * for sections lie there by sectors. So an image has an inode of its own, in a
 * file system of our own, whose pages are filled from the file. They are never
 * dirty: what is short of memory drops them, and the next fault reads them again.
 *
 * All sections of one file show the same image, as long as one is there: so its
 * pages are in memory once. Meanwhile nobody can open the file for writing, as
 * with a program that runs.
 */

#include <linux/file.h>
#include <linux/highmem.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <linux/mutex.h>
#include <linux/pagemap.h>
#include <linux/pseudo_fs.h>
#include <linux/slab.h>

#include "section.h"
#include "winvm.h"

#define WINVM_IMAGE_MAGIC	0x77766d69	/* "wvmi" */

/* What the kernel needs for one, beside the pages: itself, inode, the file opened again. */
#define WINVM_IMAGE_BOOKS	(sizeof(struct winvm_image) + 2048)

/**
 * struct winvm_image - an image, as long as its inode
 * @list: in winvm_images
 * @inode: whose pages it has; not a reference
 * @user: who came first, and pays
 * @file: the PE file, opened again, and not for writing by others
 * @pe: what is where
 */
struct winvm_image {
	struct list_head list;
	struct inode *inode;
	struct winvm_user *user;
	struct file *file;
	struct winvm_pe pe;
};

static struct vfsmount *winvm_image_mount;
static LIST_HEAD(winvm_images);
static DEFINE_MUTEX(winvm_images_lock);	/* of the list; inside process->call */

static struct winvm_image *winvm_image_of(const struct file *file)
{
	return file_inode(file)->i_private;
}

/* winvm_image_pe() - what is where in the image behind a section's file */
const struct winvm_pe *winvm_image_pe(const struct file *file)
{
	return &winvm_image_of(file)->pe;
}

/* All of it, or nothing: the file was cut, or cannot be read. */
static int winvm_image_read(struct file *file, void *to, size_t bytes, loff_t at)
{
	while (bytes) {
		ssize_t got = kernel_read(file, to, bytes, &at);

		if (got <= 0)
			return got ? (int)got : -EIO;
		to += got;
		bytes -= got;
	}
	return 0;
}

static int winvm_image_read_folio(struct file *unused, struct folio *folio)
{
	struct winvm_image *image = folio->mapping->host->i_private;
	u64 offset;
	u32 bytes = winvm_pe_source(&image->pe, folio->index, &offset);
	void *page = kmap_local_folio(folio, 0);
	int err = winvm_image_read(image->file, page, bytes, offset);

	memset(page + bytes, 0, PAGE_SIZE - bytes);
	flush_dcache_folio(folio);
	kunmap_local(page);
	if (!err)
		folio_mark_uptodate(folio);
	folio_unlock(folio);
	return err;
}

static const struct address_space_operations winvm_image_aops = {
	.read_folio = winvm_image_read_folio,
	.dirty_folio = noop_dirty_folio,
};

static void winvm_image_free(struct winvm_image *image)
{
	if (image->file) {
		allow_write_access(image->file);
		fput(image->file);
	}
	winvm_user_books_return(image->user, WINVM_IMAGE_BOOKS);
	winvm_user_put(image->user);
	kvfree(image);
}

static void winvm_image_evict(struct inode *inode)
{
	struct winvm_image *image = inode->i_private;

	truncate_inode_pages_final(&inode->i_data);
	clear_inode(inode);
	if (!image)
		return;
	mutex_lock(&winvm_images_lock);
	list_del(&image->list);
	mutex_unlock(&winvm_images_lock);
	winvm_image_free(image);
}

static const struct super_operations winvm_image_super = {
	.statfs = simple_statfs,
	.drop_inode = generic_delete_inode,
	.evict_inode = winvm_image_evict,
};

static int winvm_image_fill_super(struct fs_context *context)
{
	struct pseudo_fs_context *pseudo = init_pseudo(context, WINVM_IMAGE_MAGIC);

	if (!pseudo)
		return -ENOMEM;
	pseudo->ops = &winvm_image_super;
	return 0;
}

/* No owner: our own mount would keep the module, which ends it. */
static struct file_system_type winvm_image_type = {
	.name = "winvm-image",
	.init_fs_context = winvm_image_fill_super,
	.kill_sb = kill_anon_super,
};

/* Views' files have them, but for what datafile.c changes. By its inode nobody opens it. */
static const struct file_operations winvm_image_fops = {
	.owner = THIS_MODULE,
	.mmap = generic_file_mmap,
	.llseek = noop_llseek,
};

/*
 * A regular file that its holder may read and run. Who takes access to a page
 * away waits for its reading to end: so the file system must answer.
 */
static u32 winvm_image_allowed(struct file *file)
{
	if (!S_ISREG(file_inode(file)->i_mode))
		return STATUS_INVALID_FILE_FOR_SECTION;
	if (!(file->f_mode & FMODE_READ) || !(file->f_mode & FMODE_CAN_READ))
		return STATUS_ACCESS_DENIED;
	if (winvm_data_noexec(file) || file_permission(file, MAY_EXEC))
		return STATUS_ACCESS_DENIED;
	return winvm_data_known(d_real_inode(file->f_path.dentry)) ? STATUS_SUCCESS :
								     STATUS_NOT_SUPPORTED;
}

/* The file does not change from here on. */
static u32 winvm_image_parse(struct winvm_image *image)
{
	loff_t bytes = i_size_read(file_inode(image->file));
	size_t head_bytes = min_t(loff_t, bytes, WINVM_PE_HEAD_BYTES);
	u8 *head;
	u32 status;

	if (!bytes)
		return STATUS_INVALID_FILE_FOR_SECTION;	/* SPEC SE-6 */
	head = kvmalloc(head_bytes, GFP_KERNEL_ACCOUNT);
	if (!head)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (winvm_image_read(image->file, head, head_bytes, 0))
		status = STATUS_INVALID_FILE_FOR_SECTION;
	else
		status = winvm_pe_parse(head, head_bytes, bytes, &image->pe);
	kvfree(head);
	return status;
}

/* Open it again: the file has a position and flags that are its holder's. */
static u32 winvm_image_take_file(struct winvm_image *image, struct file *file)
{
	struct file *own = dentry_open(&file->f_path, O_RDONLY | O_LARGEFILE | O_NOATIME,
				       current_cred());

	if (IS_ERR(own))
		return PTR_ERR(own) == -EACCES || PTR_ERR(own) == -EPERM ?
		       STATUS_ACCESS_DENIED : STATUS_INSUFFICIENT_RESOURCES;
	if (deny_write_access(own)) {
		fput(own);
		return STATUS_SHARING_VIOLATION;
	}
	image->file = own;
	return winvm_image_parse(image);
}

static u32 winvm_image_alloc(struct winvm_image **made)
{
	struct winvm_user *user = winvm_user_get(current_uid());
	u32 status = STATUS_INSUFFICIENT_RESOURCES;

	if (!user)
		return status;
	if (!winvm_user_books_take(user, WINVM_IMAGE_BOOKS)) {
		status = STATUS_QUOTA_EXCEEDED;
		goto put;
	}
	*made = kvzalloc(sizeof(**made), GFP_KERNEL_ACCOUNT);
	if (!*made)
		goto books;
	(*made)->user = user;
	return STATUS_SUCCESS;

books:
	winvm_user_books_return(user, WINVM_IMAGE_BOOKS);
put:
	winvm_user_put(user);
	return status;
}

/* Nobody knows it yet. */
static u32 winvm_image_make(struct file *file, struct winvm_image **made)
{
	struct winvm_image *image;
	u32 status = winvm_image_alloc(&image);

	if (status)
		return status;
	status = winvm_image_take_file(image, file);
	if (status)
		winvm_image_free(image);
	else
		*made = image;
	return status;
}

/* The image belongs to the inode from here on. The lock is held. */
static struct inode *winvm_image_add(struct winvm_image *image)
{
	struct inode *inode = new_inode(winvm_image_mount->mnt_sb);

	if (!inode)
		return NULL;
	inode->i_ino = get_next_ino();
	inode->i_mode = S_IFREG;
	inode->i_flags |= S_NOATIME | S_NOCMTIME;
	inode->i_mapping->a_ops = &winvm_image_aops;
	i_size_write(inode, (loff_t)image->pe.pages << PAGE_SHIFT);
	inode->i_private = image;
	image->inode = inode;
	list_add(&image->list, &winvm_images);
	return inode;
}

/* A reference; NULL if there is none. One whose end has begun is none. The lock is held. */
static struct inode *winvm_image_find(const struct file *file)
{
	struct winvm_image *image;

	list_for_each_entry(image, &winvm_images, list)
		if (file_inode(image->file) == file_inode(file)) {
			struct inode *inode = igrab(image->inode);

			if (inode)
				return inode;
		}
	return NULL;
}

static struct inode *winvm_image_look(const struct file *file)
{
	struct inode *inode;

	mutex_lock(&winvm_images_lock);
	inode = winvm_image_find(file);
	mutex_unlock(&winvm_images_lock);
	return inode;
}

/* The file is read under no lock; then somebody may have been quicker. */
static u32 winvm_image_get(struct file *file, struct inode **inode)
{
	struct winvm_image *image;
	bool added = false;
	u32 status;

	*inode = winvm_image_look(file);
	if (*inode)
		return STATUS_SUCCESS;
	status = winvm_image_make(file, &image);
	if (status)
		return status;
	mutex_lock(&winvm_images_lock);
	*inode = winvm_image_find(file);
	if (!*inode) {
		*inode = winvm_image_add(image);
		added = *inode;
	}
	mutex_unlock(&winvm_images_lock);
	if (!added)
		winvm_image_free(image);
	return *inode ? STATUS_SUCCESS : STATUS_INSUFFICIENT_RESOURCES;
}

/* Open for reading: nobody writes to an image (winvm_data_writable()). */
static struct file *winvm_image_file(struct inode *inode)
{
	struct file *file;

	__module_get(THIS_MODULE);
	file = alloc_file_pseudo(inode, winvm_image_mount, "winvm-image", O_RDONLY,
				 &winvm_image_fops);
	if (IS_ERR(file))
		module_put(THIS_MODULE);
	return file;
}

/* winvm_image_again() - another struct file on the inode of an image's */
struct file *winvm_image_again(struct file *file)
{
	struct inode *inode = file_inode(file);
	struct file *again;

	ihold(inode);
	again = winvm_image_file(inode);
	if (IS_ERR(again))
		iput(inode);
	return again;
}

/* The reference on the inode is the section's. */
static u32 winvm_image_give(struct winvm_section *section, struct inode *inode)
{
	struct winvm_image *image = inode->i_private;
	u32 status = winvm_check_image_size(&section->shape, (u64)image->pe.pages << PAGE_SHIFT);
	struct file *file;

	if (status)
		goto put;
	file = winvm_image_file(inode);
	status = STATUS_INSUFFICIENT_RESOURCES;
	if (IS_ERR(file))
		goto put;
	section->file = file;
	section->origin = get_file(image->file);
	return STATUS_SUCCESS;

put:
	iput(inode);
	return status;
}

/*
 * winvm_image_section() - give a new section its image (SPEC SE-3, SE-6, SE-8)
 * @section: with what was asked for in its shape; on failure still to be freed
 * @number: the caller's descriptor of the file
 */
u32 winvm_image_section(struct winvm_section *section, int number)
{
	struct file *file = fget(number);
	struct inode *inode;
	u32 status;

	if (!file)
		return STATUS_INVALID_HANDLE;
	status = winvm_image_allowed(file);
	if (!status)
		status = winvm_image_get(file, &inode);
	fput(file);
	return status ? status : winvm_image_give(section, inode);
}

/* winvm_image_describe() - what the headers say (SPEC SE-38) */
void winvm_image_describe(const struct file *file, struct winvm_query_section *answer)
{
	const struct winvm_pe *pe = winvm_image_pe(file);

	answer->image_base = pe->base;
	answer->stack_reserve = pe->stack_reserve;
	answer->stack_commit = pe->stack_commit;
	answer->entry = pe->entry;
	answer->loader_flags = pe->loader_flags;
	answer->file_bytes = pe->file_bytes;
	answer->checksum = pe->checksum;
	answer->image_flags = pe->code ? WINVM_IMAGE_CODE : 0;
	answer->characteristics = pe->characteristics;
	answer->dll_characteristics = pe->dll_characteristics;
	answer->machine = pe->machine;
	answer->subsystem = pe->subsystem;
	answer->subsystem_major = pe->subsystem_major;
	answer->subsystem_minor = pe->subsystem_minor;
}

int winvm_image_load(void)
{
	struct vfsmount *mount = kern_mount(&winvm_image_type);

	if (IS_ERR(mount))
		return PTR_ERR(mount);
	winvm_image_mount = mount;
	return 0;
}

void winvm_image_unload(void)
{
	kern_unmount(winvm_image_mount);
}
