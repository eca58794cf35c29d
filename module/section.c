// SPDX-License-Identifier: GPL-2.0
/*
 * Sections: memory that several views show, in one process or many. Page-file
 * sections have a shmem file, as the arena does, that nothing but views map.
 *
 * A section lives as long as a descriptor or a view of it. Its rights belong to
 * the descriptor, whoever holds that. Of what is committed the system is
 * charged, no process (SPEC CC-3). A name that it has it loses with the last
 * descriptor (see directory.c).
 */

#include <linux/anon_inodes.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "section.h"
#include "winvm.h"

/* What the kernel needs for one, beside the pages: the file has inode, entry and itself. */
#define WINVM_SECTION_BOOKS	(sizeof(struct winvm_section) + 2048)

#define WINVM_SECTION_RIGHTS \
	(NT_SECTION_QUERY | NT_SECTION_MAP_WRITE | NT_SECTION_MAP_READ | \
	 NT_SECTION_MAP_EXECUTE | NT_SECTION_EXTEND_SIZE)

/**
 * struct winvm_section_handle - what a descriptor of a section stands for
 * @section: the section
 * @access: SECTION_* rights
 */
struct winvm_section_handle {
	struct winvm_section *section;
	u32 access;
};

static u64 winvm_section_pages(const struct winvm_section *section)
{
	return section->shape.bytes >> PAGE_SHIFT;
}

static u64 winvm_section_books(const struct winvm_section *section)
{
	return WINVM_SECTION_BOOKS + (section->name ? winvm_name_bytes(section->name) : 0);
}

static void winvm_section_free(struct kref *refs)
{
	struct winvm_section *section = container_of(refs, struct winvm_section, refs);

	if (section->shape.attributes & NT_SEC_FILE) {
		winvm_data_end(section);
	} else if (section->file) {
		winvm_backing_end(file_inode(section->file));
		fput(section->file);
	}
	winvm_commit_return_shared(atomic64_read(&section->committed));
	winvm_reserve_free(section);
	winvm_based_forget(section);
	winvm_user_books_return(section->user, winvm_section_books(section));
	winvm_user_put(section->user);
	winvm_name_free(section->name);
	kfree(section);
}

void winvm_section_put(struct winvm_section *section)
{
	kref_put(&section->refs, winvm_section_free);
}

struct winvm_section *winvm_section_get(struct winvm_section *section)
{
	kref_get(&section->refs);
	return section;
}

/*
 * For who has a descriptor: what another one needs. A name's handles are counted
 * apart from the references, which views have, too.
 */
static struct winvm_section *winvm_section_hold(struct winvm_section *section)
{
	if (section->name)
		winvm_name_hold(section->name);
	return winvm_section_get(section);
}

static void winvm_section_drop(struct winvm_section *section)
{
	if (section->name)
		winvm_name_close(section->name);
	winvm_section_put(section);
}

/*
 * The user who creates a section pays for what it takes to keep it. The name, if
 * there is one, is taken over in any case.
 */
static u32 winvm_section_alloc(struct winvm_name *name, struct winvm_section **made)
{
	struct winvm_section *section = kzalloc(sizeof(*section), GFP_KERNEL_ACCOUNT);
	u32 status = STATUS_INSUFFICIENT_RESOURCES;

	if (!section)
		goto free_name;
	section->user = winvm_user_get(current_uid());
	if (!section->user)
		goto free_section;
	section->name = name;
	if (!winvm_user_books_take(section->user, winvm_section_books(section))) {
		status = STATUS_QUOTA_EXCEEDED;
		goto put_user;
	}
	kref_init(&section->refs);
	*made = section;
	return STATUS_SUCCESS;

put_user:
	winvm_user_put(section->user);
free_section:
	kfree(section);
free_name:
	winvm_name_free(name);
	return status;
}

/* All at once, or page by page when they are committed (SPEC CC-3). */
static u32 winvm_section_charge(struct winvm_section *section)
{
	u64 pages = winvm_section_pages(section);
	u32 status;

	if (section->shape.attributes & NT_SEC_RESERVE)
		return winvm_reserve_new(section);
	status = winvm_commit_take_shared(pages);
	if (!status)
		atomic64_set(&section->committed, pages);
	return status;
}

static u32 winvm_section_of_file(const struct winvm_section_shape *shape,
				 struct winvm_name *name, int number,
				 struct winvm_section **made)
{
	struct winvm_section *section;
	u32 status = winvm_section_alloc(name, &section);

	if (status)
		return status;
	section->shape = *shape;
	status = winvm_section_image(shape) ? winvm_image_section(section, number) :
					      winvm_data_section(section, number);
	if (status)
		winvm_section_put(section);
	else
		*made = section;
	return status;
}

static u32 winvm_section_of_memory(const struct winvm_section_shape *shape,
				   struct winvm_name *name, struct winvm_section **made)
{
	struct winvm_section *section;
	u32 status = winvm_section_alloc(name, &section);

	if (status)
		return status;
	section->shape = *shape;
	if (shape->attributes & NT_SEC_BASED)
		status = winvm_based_place(section);
	if (!status)
		status = winvm_section_charge(section);
	if (status)
		goto put;
	section->file = winvm_backing_file("winvm-section",
					   (loff_t)winvm_section_pgoff(winvm_section_pages(section))
					   << PAGE_SHIFT);
	if (IS_ERR(section->file)) {
		section->file = NULL;
		status = STATUS_INSUFFICIENT_RESOURCES;
		goto put;
	}
	*made = section;
	return STATUS_SUCCESS;

put:
	winvm_section_put(section);
	return status;
}

/* @number: descriptor of its file, or WINVM_NO_FILE. The name is taken over. */
static u32 winvm_section_new(const struct winvm_section_shape *shape, struct winvm_name *name,
			     int number, struct winvm_section **made)
{
	return number == WINVM_NO_FILE ? winvm_section_of_memory(shape, name, made) :
					 winvm_section_of_file(shape, name, number, made);
}

static int winvm_section_release(struct inode *inode, struct file *file)
{
	struct winvm_section_handle *handle = file->private_data;

	winvm_section_drop(handle->section);
	kfree(handle);
	return 0;
}

static const struct file_operations winvm_section_fops = {
	.owner = THIS_MODULE,
	.release = winvm_section_release,
	.llseek = noop_llseek,
};

/* Return: 0, or -ENOMEM, -EMFILE, -ENFILE; what is held goes to the file. */
static int winvm_section_file(struct winvm_section *section, u32 access,
			      struct winvm_descriptor *descriptor)
{
	struct winvm_section_handle *handle = kzalloc(sizeof(*handle), GFP_KERNEL_ACCOUNT);
	struct file *file;
	int number;

	if (!handle)
		return -ENOMEM;
	handle->section = section;
	handle->access = access;
	number = get_unused_fd_flags(O_CLOEXEC);
	if (number < 0) {
		kfree(handle);
		return number;
	}
	file = anon_inode_getfile("[winvm-section]", &winvm_section_fops, handle, O_RDWR);
	if (IS_ERR(file)) {
		put_unused_fd(number);
		kfree(handle);
		return PTR_ERR(file);
	}
	*descriptor = (struct winvm_descriptor){ number, file };
	return 0;
}

/* Return: as winvm_section_file(); what is held is dropped if that fails. */
static int winvm_section_open(struct winvm_section *section, u32 access,
			      struct winvm_descriptor *descriptor)
{
	int err = winvm_section_file(section, access, descriptor);

	if (err)
		winvm_section_drop(section);
	return err;
}

/*
 * The section with a name: one that is there, whatever its size (SPEC SE-11), or
 * a new one. The name is taken over.
 */
static u32 winvm_section_named(const struct winvm_section_shape *shape, struct winvm_name *name,
			       int number, struct winvm_section **found)
{
	struct winvm_section *made, *other = winvm_name_find(name);
	u32 status;

	if (other) {
		winvm_name_free(name);
		*found = other;
		return STATUS_OBJECT_NAME_EXISTS;
	}
	status = winvm_section_new(shape, name, number, &made);
	if (status)
		return status;
	other = winvm_name_enter(name, made);
	*found = other ? other : made;
	if (!other)
		return STATUS_SUCCESS;
	winvm_section_put(made);	/* another thread was faster */
	return STATUS_OBJECT_NAME_EXISTS;
}

/* Return: STATUS_SUCCESS or STATUS_OBJECT_NAME_EXISTS with what winvm_section_open() takes. */
static u32 winvm_section_obtain(const struct winvm_section_shape *shape, struct winvm_name *name,
				const struct winvm_create_section *request,
				struct winvm_section **section)
{
	u32 status;

	if (!name)
		return winvm_section_new(shape, NULL, request->file_fd, section);
	status = winvm_section_named(shape, name, request->file_fd, section);
	if (status != STATUS_OBJECT_NAME_EXISTS ||
	    request->flags & WINVM_SECTION_EXISTING)
		return status;
	winvm_section_drop(*section);
	return STATUS_OBJECT_NAME_COLLISION;
}

/* winvm_create_section() - NtCreateSection */
int winvm_create_section(struct winvm_process *process, void *arg,
			 struct winvm_descriptor *descriptor)
{
	struct winvm_create_section *request = arg;
	struct winvm_section_args args = {
		.bytes = request->bytes,
		.protect = request->protect,
		.attributes = request->attributes,
		.node = request->node,
		.file = request->file_fd != WINVM_NO_FILE,
	};
	struct winvm_section_shape shape;
	struct winvm_section *section = NULL;
	struct winvm_name *name = NULL;
	u64 bytes;
	int err;

	if (request->access & ~WINVM_SECTION_RIGHTS)
		return -EINVAL;
	request->status = winvm_node_valid(request->node) ? winvm_check_section(&args, &shape) :
							    STATUS_INVALID_PARAMETER;
	if (!request->status && request->name_bytes) {
		err = winvm_name_read(request->name, request->name_bytes, &name, &request->status);
		if (err)
			return err;
	}
	if (!request->status)
		request->status = winvm_section_obtain(&shape, name, request, &section);
	if (request->status && request->status != STATUS_OBJECT_NAME_EXISTS)
		return 0;
	bytes = READ_ONCE(section->shape.bytes);
	err = winvm_section_open(section, request->access, descriptor);
	if (err)
		return err;
	request->section_fd = descriptor->number;
	request->bytes = bytes;
	return 0;
}

/* A reference to the file of a section's descriptor, or NULL and why. */
static struct file *winvm_section_fget(int number, u32 rights, u32 *status)
{
	struct file *file = fget(number);
	struct winvm_section_handle *handle;

	if (!file) {
		*status = STATUS_INVALID_HANDLE;
		return NULL;
	}
	handle = file->private_data;
	if (file->f_op != &winvm_section_fops)
		*status = STATUS_OBJECT_TYPE_MISMATCH;
	else if ((handle->access & rights) != rights)
		*status = STATUS_ACCESS_DENIED;
	else
		return file;
	fput(file);
	return NULL;
}

/*
 * winvm_section_of() - the section behind a descriptor of the caller's, a reference
 * @rights: what the descriptor must grant; the empty set does not do (SPEC SE-14)
 * @access: out: what it grants, unless NULL
 */
u32 winvm_section_of(int number, u32 rights, struct winvm_section **section, u32 *access)
{
	u32 status = STATUS_SUCCESS;
	struct file *file = winvm_section_fget(number, rights, &status);
	struct winvm_section_handle *handle;

	if (!file)
		return status;
	handle = file->private_data;
	*section = winvm_section_get(handle->section);
	if (access)
		*access = handle->access;
	fput(file);
	return STATUS_SUCCESS;
}

/* Held before its descriptor is let go: the name may have no other. */
static u32 winvm_section_again(int number, u32 rights, struct winvm_section **section)
{
	u32 status = STATUS_SUCCESS;
	struct file *file = winvm_section_fget(number, rights, &status);
	struct winvm_section_handle *handle;

	if (!file)
		return status;
	handle = file->private_data;
	*section = winvm_section_hold(handle->section);
	fput(file);
	return STATUS_SUCCESS;
}

/* Return: 0, and *@status tells, or as winvm_name_read(). */
static int winvm_section_by_name(const struct winvm_open_section *request, u32 *status,
				 struct winvm_section **section)
{
	struct winvm_name *name;
	int err = winvm_name_read(request->name, request->name_bytes, &name, status);

	if (err || *status)
		return err;
	*section = winvm_name_find(name);
	if (!*section)
		*status = STATUS_OBJECT_NAME_NOT_FOUND;
	winvm_name_free(name);
	return 0;
}

/* winvm_open_section() - NtOpenSection; NtDuplicateObject of a section */
int winvm_open_section(struct winvm_process *process, void *arg,
		       struct winvm_descriptor *descriptor)
{
	struct winvm_open_section *request = arg;
	struct winvm_section *section;
	u32 status;
	int err = 0;

	if (request->access & ~WINVM_SECTION_RIGHTS)
		return -EINVAL;
	if (request->name_bytes)
		err = winvm_section_by_name(request, &status, &section);
	else
		status = winvm_section_again(request->from_fd, request->access, &section);
	if (err)
		return err;
	request->status = status;
	if (status)
		return 0;
	err = winvm_section_open(section, request->access, descriptor);
	if (!err)
		request->section_fd = descriptor->number;
	return err;
}

/* winvm_query_section() - SPEC SE-4, SE-5, SE-38 */
int winvm_query_section(struct winvm_process *process, void *arg)
{
	struct winvm_query_section *request = arg;
	struct winvm_section *section;
	u32 access;

	request->status = winvm_section_of(request->section_fd, NT_SECTION_QUERY, &section,
					   &access);
	if (request->status)
		return 0;
	request->bytes = READ_ONCE(section->shape.bytes);
	request->attributes = section->shape.attributes;
	request->protect = section->shape.protect;
	request->base = section->shape.base;
	request->access = access;
	if (winvm_section_image(&section->shape))
		winvm_image_describe(section->file, request);
	winvm_section_put(section);
	return 0;
}

/* winvm_extend_section() - NtExtendSection (SPEC SE-39) */
int winvm_extend_section(struct winvm_process *process, void *arg)
{
	struct winvm_extend_section *request = arg;
	struct winvm_section_shape shape;
	struct winvm_section *section;

	request->status = winvm_section_of(request->section_fd, NT_SECTION_EXTEND_SIZE, &section,
					   NULL);
	if (request->status)
		return 0;
	shape = winvm_section_shape(section);
	request->status = winvm_check_extend(&shape, request->bytes);
	if (!request->status && request->bytes > shape.bytes)
		request->status = winvm_data_extend(section, request->bytes);
	if (!request->status)
		request->bytes = READ_ONCE(section->shape.bytes);
	winvm_section_put(section);
	return 0;
}
