// SPDX-License-Identifier: GPL-2.0
/*
 * Sections: memory that several views show, in one process or many. Page-file
 * sections have a shmem file, as the arena does, that nothing but views map.
 *
 * A section lives as long as a descriptor or a view of it. Its rights belong to
 * the descriptor, whoever holds that. Of what is committed the system is
 * charged, no process (SPEC CC-3).
 */

#include <linux/anon_inodes.h>
#include <linux/cred.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/module.h>
#include <linux/slab.h>

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

static void winvm_section_free(struct kref *refs)
{
	struct winvm_section *section = container_of(refs, struct winvm_section, refs);

	if (section->shape.attributes & NT_SEC_FILE)
		winvm_data_end(section);
	else if (section->file)
		fput(section->file);
	winvm_commit_return_shared(section->committed);
	winvm_user_books_return(section->user, WINVM_SECTION_BOOKS);
	winvm_user_put(section->user);
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

/* The user who creates a section pays for what it takes to keep it. */
static u32 winvm_section_alloc(struct winvm_section **made)
{
	struct winvm_section *section = kzalloc(sizeof(*section), GFP_KERNEL_ACCOUNT);

	if (!section)
		return STATUS_INSUFFICIENT_RESOURCES;
	section->user = winvm_user_get(current_uid());
	if (!section->user) {
		kfree(section);
		return STATUS_INSUFFICIENT_RESOURCES;
	}
	if (!winvm_user_books_take(section->user, WINVM_SECTION_BOOKS)) {
		winvm_user_put(section->user);
		kfree(section);
		return STATUS_QUOTA_EXCEEDED;
	}
	kref_init(&section->refs);
	*made = section;
	return STATUS_SUCCESS;
}

static u32 winvm_section_of_file(const struct winvm_section_shape *shape, int number,
				 struct winvm_section **made)
{
	struct winvm_section *section;
	u32 status = winvm_section_alloc(&section);

	if (status)
		return status;
	section->shape = *shape;
	status = winvm_data_section(section, number);
	if (status)
		winvm_section_put(section);
	else
		*made = section;
	return status;
}

static u32 winvm_section_new(const struct winvm_section_shape *shape, struct winvm_section **made)
{
	struct winvm_section *section;
	u32 status = winvm_section_alloc(&section);

	if (status)
		return status;
	section->shape = *shape;
	status = winvm_commit_take_shared(winvm_section_pages(section));
	if (status)
		goto put;
	section->committed = winvm_section_pages(section);
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

static int winvm_section_release(struct inode *inode, struct file *file)
{
	struct winvm_section_handle *handle = file->private_data;

	winvm_section_put(handle->section);
	kfree(handle);
	return 0;
}

static const struct file_operations winvm_section_fops = {
	.owner = THIS_MODULE,
	.release = winvm_section_release,
	.llseek = noop_llseek,
};

/* Return: 0, or -ENOMEM, -EMFILE, -ENFILE; a reference goes to the file. */
static int winvm_section_open(struct winvm_section *section, u32 access,
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
	winvm_section_get(section);
	*descriptor = (struct winvm_descriptor){ number, file };
	return 0;
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
		.file = request->file_fd != WINVM_NO_FILE,
	};
	struct winvm_section_shape shape;
	struct winvm_section *section;
	int err;

	if (request->access & ~WINVM_SECTION_RIGHTS)
		return -EINVAL;
	request->status = winvm_check_section(&args, &shape);
	if (!request->status)
		request->status = args.file ?
			winvm_section_of_file(&shape, request->file_fd, &section) :
			winvm_section_new(&shape, &section);
	if (request->status)
		return 0;
	err = winvm_section_open(section, request->access, descriptor);
	request->bytes = section->shape.bytes;
	winvm_section_put(section);
	if (err)
		return err;
	request->section_fd = descriptor->number;
	return 0;
}

/*
 * winvm_section_of() - the section behind a descriptor of the caller's, a reference
 * @rights: what the descriptor must grant; the empty set does not do (SPEC SE-14)
 * @access: out: what it grants, unless NULL
 */
u32 winvm_section_of(int number, u32 rights, struct winvm_section **section, u32 *access)
{
	struct file *file = fget(number);
	struct winvm_section_handle *handle;
	u32 status = STATUS_SUCCESS;

	if (!file)
		return STATUS_INVALID_HANDLE;
	handle = file->private_data;
	if (file->f_op != &winvm_section_fops)
		status = STATUS_OBJECT_TYPE_MISMATCH;
	else if ((handle->access & rights) != rights)
		status = STATUS_ACCESS_DENIED;
	else
		*section = winvm_section_get(handle->section);
	if (!status && access)
		*access = handle->access;
	fput(file);
	return status;
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
	request->access = access;
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
