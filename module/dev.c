// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/winvm: who may call what, and the way in and out of every call.
 *
 * A request is copied in before, and out after, all locks are held. Its size
 * grows with time: what an old caller does not know reads as zero, what a new
 * one knows and we do not must be zero.
 */

#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "trace.h"
#include "winvm.h"

union winvm_request {
	struct {
		u32 size;
		u32 status;
	};
	struct winvm_hello hello;
	struct winvm_allocate allocate;
	struct winvm_free free;
	struct winvm_protect protect;
	struct winvm_query query;
	struct winvm_lock lock;
	struct winvm_exception exception;
	struct winvm_open_process open_process;
	struct winvm_copy copy;
	struct winvm_counters counters;
	struct winvm_write_watch watch;
	struct winvm_query_allocation query_allocation;
	struct winvm_query_name query_name;
	struct winvm_layout layout;
	struct winvm_thread thread;
	struct winvm_working_set working_set;
	struct winvm_query_working_set query_working_set;
	struct winvm_query_pages query_pages;
	struct winvm_watch_working_set watch_working_set;
	struct winvm_prefetch prefetch;
	struct winvm_offer offer;
	struct winvm_create_section create_section;
	struct winvm_map_view map_view;
	struct winvm_unmap_view unmap_view;
	struct winvm_query_section query_section;
	struct winvm_flush_view flush_view;
	struct winvm_extend_section extend_section;
	struct winvm_query_file query_file;
	struct winvm_open_section open_section;
	struct winvm_inherit inherit;
	struct winvm_create_job create_job;
	struct winvm_job_call job_call;
	struct winvm_job_limits job_limits;
	struct winvm_job_processes job_processes;
	struct winvm_query_memory query_memory;
	struct winvm_query_system query_system;
	struct winvm_open_notice open_notice;
	struct winvm_vads vads;
	struct winvm_translate translate;
};

/* No right that a handle could have: a process, or a thread, calls for itself alone. */
#define WINVM_OWN	BIT(31)

/**
 * struct winvm_call - one ioctl
 * @size: of its structure now
 * @least: of its structure in the first version of the ABI
 * @right: what a handle on another process needs for it, or WINVM_OWN
 * @right_of: the same where it depends on the request, or NULL
 * @sound: are reserved fields zero, and flags known? NULL where the call looks itself
 * @locked: the call, alone; returns an NTSTATUS
 * @parallel: the same beside others, with process->call held for reading; returns
 *	-EAGAIN if it cannot
 * @unlocked: or the call, which locks for itself; returns 0 or a negative errno
 * @opens: the same for a call that makes a descriptor
 */
struct winvm_call {
	u32 size;
	u32 least;
	u32 right;
	u32 (*right_of)(const union winvm_request *request);
	bool (*sound)(const union winvm_request *request);
	u32 (*locked)(struct winvm_process *process, void *request);
	int (*parallel)(struct winvm_process *process, void *request);
	int (*unlocked)(struct winvm_process *process, void *request);
	int (*opens)(struct winvm_process *process, void *request,
		     struct winvm_descriptor *descriptor);
};

#define WINVM_FEATURES_ALWAYS	\
	(WINVM_FEATURE_PRIVATE | WINVM_FEATURE_WATCH | WINVM_FEATURE_PLACEHOLDER | \
	 WINVM_FEATURE_LAYOUT | WINVM_FEATURE_STACK | WINVM_FEATURE_QUERY | WINVM_FEATURE_RESET | \
	 WINVM_FEATURE_WORKING_SET | WINVM_FEATURE_OFFER | WINVM_FEATURE_PREFETCH | \
	 WINVM_FEATURE_SECTION)

static int winvm_hello(struct winvm_process *process, void *arg)
{
	const struct winvm_bounds *bounds = READ_ONCE(process->bounds);
	struct winvm_hello *request = arg;
	u64 wanted = request->features;

	request->abi = WINVM_ABI_VERSION;
	request->features = WINVM_FEATURES_ALWAYS;
	if (winvm_open_process_supported())
		request->features |= WINVM_FEATURE_PROCESS;
	request->lowest_address = bounds->lowest_address;
	request->highest_address = bounds->highest_address;
	request->page_bytes = PAGE_SIZE;
	request->granularity_bytes = WINVM_GRANULARITY_BYTES;
	return wanted & ~request->features ? -EOPNOTSUPP : 0;
}

static int winvm_open_process_call(struct winvm_process *process, void *request)
{
	return winvm_open_process(request);
}

static u32 winvm_copy_right(const union winvm_request *request)
{
	if (request->copy.flags & WINVM_COPY_CODE)
		return WINVM_PROCESS_VM_WRITE | WINVM_PROCESS_VM_OPERATION;
	return request->copy.flags & WINVM_COPY_WRITE ? WINVM_PROCESS_VM_WRITE :
							WINVM_PROCESS_VM_READ;
}

static u32 winvm_working_set_right(const union winvm_request *request)
{
	return request->working_set.operation == WINVM_WORKING_SET_SET ?
		       WINVM_PROCESS_SET_QUOTA : WINVM_PROCESS_QUERY_INFORMATION;
}

static bool winvm_working_set_sound(const union winvm_request *request)
{
	return request->working_set.operation <= WINVM_WORKING_SET_SET;
}

static bool winvm_watch_working_set_sound(const union winvm_request *request)
{
	const struct winvm_watch_working_set *watch = &request->watch_working_set;
	const u32 brief = offsetofend(struct winvm_ws_fault, address);

	if (watch->operation == WINVM_CHANGES_BEGIN)
		return !watch->entry_bytes;
	return watch->operation == WINVM_CHANGES_TAKE &&
	       (watch->entry_bytes == brief || watch->entry_bytes == sizeof(struct winvm_ws_fault));
}

static bool winvm_allocate_sound(const union winvm_request *request)
{
	return !request->allocate.__reserved &&
	       !(request->allocate.flags & ~WINVM_ALLOCATE_EXTENDED);
}

static bool winvm_free_sound(const union winvm_request *request)
{
	return !request->free.__reserved;
}

static bool winvm_lock_sound(const union winvm_request *request)
{
	return !request->lock.__reserved;
}

static bool winvm_layout_sound(const union winvm_request *request)
{
	return !request->layout.__reserved;
}

static bool winvm_offer_sound(const union winvm_request *request)
{
	return !request->offer.__reserved;
}

/* Reclaiming and discarding know no priority. */
static bool winvm_reclaim_sound(const union winvm_request *request)
{
	return !request->offer.priority && !request->offer.__reserved;
}

static bool winvm_create_section_sound(const union winvm_request *request)
{
	const struct winvm_create_section *create = &request->create_section;

	return !(create->flags & ~WINVM_SECTION_EXISTING) &&
	       (create->name_bytes || (!create->name && !create->flags));
}

/* By its name, or by a descriptor. */
static bool winvm_open_section_sound(const union winvm_request *request)
{
	const struct winvm_open_section *open = &request->open_section;

	return open->name_bytes ? open->from_fd == WINVM_NO_FILE : !open->name;
}

static bool winvm_map_view_sound(const union winvm_request *request)
{
	return !(request->map_view.flags & ~WINVM_MAP_VIEW_EXTENDED);
}

static bool winvm_extend_section_sound(const union winvm_request *request)
{
	return !request->extend_section.__reserved;
}

static bool winvm_query_file_sound(const union winvm_request *request)
{
	return !request->query_file.__reserved;
}

static bool winvm_unmap_view_sound(const union winvm_request *request)
{
	return !request->unmap_view.__reserved;
}

static bool winvm_create_job_sound(const union winvm_request *request)
{
	return !request->create_job.__reserved;
}

static bool winvm_job_call_sound(const union winvm_request *request)
{
	return !request->job_call.__reserved && request->job_call.value <= 1;
}

#define WINVM_CALL(nr, type, last, need, how, fn, ...)			\
	[_IOC_NR(nr)] = {						\
		.size = sizeof(struct type) +				\
			BUILD_BUG_ON_ZERO(sizeof(struct type) % sizeof(u64)), \
		.least = offsetofend(struct type, last),		\
		.right = need,						\
		.how = fn,						\
		__VA_ARGS__						\
	}

static const struct winvm_call winvm_calls[] = {
	WINVM_CALL(WINVM_IOC_HELLO, winvm_hello, granularity_bytes,
		   0, unlocked, winvm_hello),
	WINVM_CALL(WINVM_IOC_ALLOCATE, winvm_allocate, __reserved,
		   WINVM_PROCESS_VM_OPERATION, locked, winvm_allocate,
		   .parallel = winvm_allocate_parallel, .sound = winvm_allocate_sound),
	WINVM_CALL(WINVM_IOC_FREE, winvm_free, __reserved,
		   WINVM_PROCESS_VM_OPERATION, locked, winvm_free,
		   .parallel = winvm_free_parallel, .sound = winvm_free_sound),
	WINVM_CALL(WINVM_IOC_PROTECT, winvm_protect, old_protect,
		   WINVM_PROCESS_VM_OPERATION, locked, winvm_protect,
		   .parallel = winvm_protect_parallel),
	WINVM_CALL(WINVM_IOC_QUERY, winvm_query, __reserved,
		   WINVM_PROCESS_QUERY_INFORMATION, unlocked, winvm_query),
	WINVM_CALL(WINVM_IOC_LOCK, winvm_lock, __reserved,
		   WINVM_PROCESS_VM_OPERATION, locked, winvm_lock,
		   .sound = winvm_lock_sound),
	WINVM_CALL(WINVM_IOC_UNLOCK, winvm_lock, __reserved,
		   WINVM_PROCESS_VM_OPERATION, locked, winvm_unlock,
		   .sound = winvm_lock_sound),
	WINVM_CALL(WINVM_IOC_EXCEPTION, winvm_exception, flags,
		   WINVM_OWN, unlocked, winvm_exception),
	WINVM_CALL(WINVM_IOC_OPEN_PROCESS, winvm_open_process, __reserved,
		   WINVM_OWN, unlocked, winvm_open_process_call),
	WINVM_CALL(WINVM_IOC_COPY, winvm_copy, __reserved,
		   0, unlocked, winvm_copy,
		   .right_of = winvm_copy_right),
	WINVM_CALL(WINVM_IOC_COUNTERS, winvm_counters, system_commit_limit_bytes,
		   WINVM_PROCESS_QUERY_INFORMATION, unlocked, winvm_counters),
	WINVM_CALL(WINVM_IOC_GET_WRITE_WATCH, winvm_write_watch, granularity_bytes,
		   WINVM_PROCESS_VM_OPERATION, unlocked, winvm_get_write_watch),
	WINVM_CALL(WINVM_IOC_RESET_WRITE_WATCH, winvm_write_watch, granularity_bytes,
		   WINVM_PROCESS_VM_OPERATION, unlocked, winvm_reset_write_watch),
	WINVM_CALL(WINVM_IOC_LAYOUT, winvm_layout, __reserved,
		   WINVM_OWN, locked, winvm_choose_layout,
		   .sound = winvm_layout_sound),
	WINVM_CALL(WINVM_IOC_QUERY_ALLOCATION, winvm_query_allocation, node,
		   WINVM_PROCESS_QUERY_INFORMATION, unlocked, winvm_query_allocation),
	WINVM_CALL(WINVM_IOC_QUERY_NAME, winvm_query_name, length,
		   WINVM_PROCESS_QUERY_INFORMATION, unlocked, winvm_query_name),
	WINVM_CALL(WINVM_IOC_THREAD, winvm_thread, guarantee_at,
		   WINVM_OWN, unlocked, winvm_thread),
	WINVM_CALL(WINVM_IOC_WORKING_SET, winvm_working_set, flags,
		   0, locked, winvm_working_set,
		   .right_of = winvm_working_set_right, .sound = winvm_working_set_sound),
	WINVM_CALL(WINVM_IOC_QUERY_WORKING_SET, winvm_query_working_set, count,
		   WINVM_PROCESS_QUERY_INFORMATION, unlocked, winvm_query_working_set),
	WINVM_CALL(WINVM_IOC_QUERY_PAGES, winvm_query_pages, count,
		   WINVM_PROCESS_QUERY_INFORMATION, unlocked, winvm_query_pages),
	WINVM_CALL(WINVM_IOC_WATCH_WORKING_SET, winvm_watch_working_set, entry_bytes,
		   WINVM_PROCESS_QUERY_INFORMATION, unlocked, winvm_watch_working_set,
		   .sound = winvm_watch_working_set_sound),
	WINVM_CALL(WINVM_IOC_PREFETCH, winvm_prefetch, __reserved,
		   WINVM_PROCESS_VM_OPERATION, unlocked, winvm_prefetch),
	WINVM_CALL(WINVM_IOC_OFFER, winvm_offer, __reserved,
		   WINVM_PROCESS_VM_OPERATION, locked, winvm_offer,
		   .sound = winvm_offer_sound),
	WINVM_CALL(WINVM_IOC_RECLAIM, winvm_offer, __reserved,
		   WINVM_PROCESS_VM_OPERATION, locked, winvm_reclaim,
		   .sound = winvm_reclaim_sound),
	WINVM_CALL(WINVM_IOC_DISCARD, winvm_offer, __reserved,
		   WINVM_PROCESS_VM_OPERATION, locked, winvm_discard,
		   .sound = winvm_reclaim_sound),
	WINVM_CALL(WINVM_IOC_CREATE_SECTION, winvm_create_section, node,
		   0, opens, winvm_create_section,
		   .sound = winvm_create_section_sound),
	WINVM_CALL(WINVM_IOC_MAP_VIEW, winvm_map_view, inherit,
		   WINVM_PROCESS_VM_OPERATION, locked, winvm_map_view,
		   .sound = winvm_map_view_sound),
	WINVM_CALL(WINVM_IOC_UNMAP_VIEW, winvm_unmap_view, __reserved,
		   WINVM_PROCESS_VM_OPERATION, locked, winvm_unmap_view,
		   .sound = winvm_unmap_view_sound),
	WINVM_CALL(WINVM_IOC_INHERIT, winvm_inherit, views,
		   WINVM_OWN, locked, winvm_inherit),
	WINVM_CALL(WINVM_IOC_QUERY_SECTION, winvm_query_section, access,
		   0, unlocked, winvm_query_section),
	WINVM_CALL(WINVM_IOC_FLUSH_VIEW, winvm_flush_view, bytes,
		   WINVM_PROCESS_VM_OPERATION, unlocked, winvm_flush_view),
	WINVM_CALL(WINVM_IOC_EXTEND_SECTION, winvm_extend_section, bytes,
		   0, unlocked, winvm_extend_section,
		   .sound = winvm_extend_section_sound),
	WINVM_CALL(WINVM_IOC_QUERY_FILE, winvm_query_file, section_bytes,
		   0, unlocked, winvm_query_file,
		   .sound = winvm_query_file_sound),
	WINVM_CALL(WINVM_IOC_OPEN_SECTION, winvm_open_section, section_fd,
		   0, opens, winvm_open_section,
		   .sound = winvm_open_section_sound),
	WINVM_CALL(WINVM_IOC_CREATE_JOB, winvm_create_job, __reserved,
		   WINVM_OWN, opens, winvm_create_job,
		   .sound = winvm_create_job_sound),
	WINVM_CALL(WINVM_IOC_ASSIGN_JOB, winvm_job_call, lost,
		   WINVM_PROCESS_SET_QUOTA, unlocked, winvm_assign_job,
		   .sound = winvm_job_call_sound),
	WINVM_CALL(WINVM_IOC_IN_JOB, winvm_job_call, lost,
		   WINVM_PROCESS_QUERY_INFORMATION, unlocked, winvm_in_job,
		   .sound = winvm_job_call_sound),
	WINVM_CALL(WINVM_IOC_SET_JOB, winvm_job_limits, id,
		   WINVM_OWN, unlocked, winvm_set_job),
	WINVM_CALL(WINVM_IOC_QUERY_JOB, winvm_job_limits, id,
		   WINVM_OWN, unlocked, winvm_query_job),
	WINVM_CALL(WINVM_IOC_JOB_PROCESSES, winvm_job_processes, active,
		   WINVM_OWN, unlocked, winvm_job_processes),
	WINVM_CALL(WINVM_IOC_TERMINATE_JOB, winvm_job_call, lost,
		   WINVM_OWN, unlocked, winvm_terminate_job,
		   .sound = winvm_job_call_sound),
	WINVM_CALL(WINVM_IOC_JOB_MESSAGE, winvm_job_call, lost,
		   WINVM_OWN, unlocked, winvm_job_message,
		   .sound = winvm_job_call_sound),
	WINVM_CALL(WINVM_IOC_QUERY_MEMORY, winvm_query_memory, peak_bookkeeping_bytes,
		   WINVM_PROCESS_QUERY_INFORMATION, unlocked, winvm_query_memory),
	WINVM_CALL(WINVM_IOC_QUERY_SYSTEM, winvm_query_system, available_bytes,
		   WINVM_PROCESS_QUERY_INFORMATION, unlocked, winvm_query_system),
	WINVM_CALL(WINVM_IOC_OPEN_NOTICE, winvm_open_notice, notice_fd,
		   0, opens, winvm_open_notice),
	WINVM_CALL(WINVM_IOC_VADS, winvm_vads, vads,
		   WINVM_PROCESS_QUERY_INFORMATION, unlocked, winvm_vads),
	WINVM_CALL(WINVM_IOC_TRANSLATE, winvm_translate, frames,
		   WINVM_PROCESS_QUERY_INFORMATION, unlocked, winvm_translate),
};

/* What is torn is mended alone. */
static int winvm_run_parallel(const struct winvm_call *call, struct winvm_process *process,
			      union winvm_request *request)
{
	int err = -EAGAIN;

	if (down_read_killable(&process->call))
		return -EINTR;
	if (likely(!test_bit(0, &process->arena.torn)))
		err = call->parallel(process, request);
	up_read(&process->call);
	return err;
}

static int winvm_run_locked(const struct winvm_call *call, struct winvm_process *process,
			    union winvm_request *request)
{
	int err = call->parallel ? winvm_run_parallel(call, process, request) : -EAGAIN;

	if (err != -EAGAIN)
		return err;
	if (winvm_alone(process))
		return -EINTR;
	err = winvm_arena_verify(process);
	if (!err)
		request->status = call->locked(process, request);
	winvm_alone_end(process);
	return err;
}

/* Each costs an instruction while nobody wants to know. */
static void winvm_trace_call(const struct winvm_call *call, const struct winvm_process *process,
			     const union winvm_request *request)
{
	if (trace_alloc_enabled() && call->locked == winvm_allocate)
		trace_alloc(process, &request->allocate);
	if (trace_free_enabled() && call->locked == winvm_free)
		trace_free(process, &request->free);
	if (trace_protect_enabled() && call->locked == winvm_protect)
		trace_protect(process, &request->protect);
	if (trace_map_view_enabled() && call->locked == winvm_map_view)
		trace_map_view(process, &request->map_view);
	if (trace_unmap_view_enabled() && call->locked == winvm_unmap_view)
		trace_unmap_view(process, &request->unmap_view);
}

static int winvm_run(const struct winvm_call *call, struct winvm_process *process,
		     union winvm_request *request, struct winvm_descriptor *descriptor)
{
	int err;

	if (call->opens)
		return call->opens(process, request, descriptor);
	if (!call->locked)
		return call->unlocked(process, request);
	err = winvm_run_locked(call, process, request);
	if (!err)
		winvm_trace_call(call, process, request);
	return err;
}

/*
 * The device serves its opener's address space, and only calls from there. A
 * handle serves its target as long as that lives.
 */
static int winvm_run_for(const struct winvm_handle *handle, const struct winvm_call *call,
			 union winvm_request *request, struct winvm_descriptor *descriptor)
{
	struct mm_struct *mm = winvm_mm(handle->process);
	u32 right = call->right_of ? call->right_of(request) : call->right;
	int err;

	if (handle->self)
		return current->mm == mm ? winvm_run(call, handle->process, request, descriptor) :
					   -EPERM;
	if (right == WINVM_OWN)
		return -ENOTTY;
	if (call->unlocked == winvm_hello)
		return winvm_run(call, handle->process, request, descriptor);
	if ((handle->access & right) != right) {
		request->status = STATUS_ACCESS_DENIED;
		return 0;
	}
	if (!mmget_not_zero(mm)) {
		request->status = STATUS_PROCESS_IS_TERMINATING;
		return 0;
	}
	err = winvm_run(call, handle->process, request, descriptor);
	mmput(mm);
	return err;
}

static const struct winvm_call *winvm_find_call(unsigned int cmd)
{
	unsigned int nr = array_index_nospec(_IOC_NR(cmd), ARRAY_SIZE(winvm_calls));

	if (cmd != _IO(WINVM_IOC_TYPE, nr) || !winvm_calls[nr].size)
		return NULL;
	return &winvm_calls[nr];
}

/* A descriptor that the caller was not told of is none. */
static void winvm_install(struct winvm_descriptor descriptor, bool told)
{
	if (!descriptor.file)
		return;
	if (told) {
		fd_install(descriptor.number, descriptor.file);
	} else {
		put_unused_fd(descriptor.number);
		fput(descriptor.file);
	}
}

/*
 * A request is a few words. One by one they are moved at a quarter of what the
 * copy routines cost, which first look whether they may have @request.
 */
static int winvm_words_in(union winvm_request *request, const u64 __user *user, u32 bytes)
{
	u64 *word = (u64 *)request;
	u32 i;

	if (!user_read_access_begin(user, bytes))
		return -EFAULT;
	for (i = 0; i < bytes / sizeof(*word); i++)
		unsafe_get_user(word[i], &user[i], fault);
	user_read_access_end();
	return 0;
fault:
	user_read_access_end();
	return -EFAULT;
}

static int winvm_words_out(u64 __user *user, const union winvm_request *request, u32 bytes)
{
	const u64 *word = (const u64 *)request;
	u32 i;

	if (!user_write_access_begin(user, bytes))
		return -EFAULT;
	for (i = 0; i < bytes / sizeof(*word); i++)
		unsafe_put_user(word[i], &user[i], fault);
	user_write_access_end();
	return 0;
fault:
	user_write_access_end();
	return -EFAULT;
}

/* Either way all of the call's structure is set; callers may know more or less of it. */
static int winvm_request_read(const struct winvm_call *call, union winvm_request *request,
			      const void __user *user, u32 size)
{
	if (likely(size == call->size))
		return winvm_words_in(request, user, size);
	return copy_struct_from_user(request, call->size, user, size);
}

static int winvm_request_write(const struct winvm_call *call, void __user *user,
			       const union winvm_request *request, u32 size)
{
	if (likely(size == call->size))
		return winvm_words_out(user, request, size);
	return copy_to_user(user, request, min(size, call->size)) ? -EFAULT : 0;
}

long winvm_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	const struct winvm_call *call = winvm_find_call(cmd);
	void __user *user = (void __user *)arg;
	struct winvm_descriptor descriptor = { };
	union winvm_request request;
	long ret;
	u32 size;
	int err;

	if (!call)
		return -ENOTTY;
	if (get_user(size, (u32 __user *)user))
		return -EFAULT;
	if (size < call->least)
		return -EINVAL;
	if (size > PAGE_SIZE)
		return -E2BIG;
	err = winvm_request_read(call, &request, user, size);
	if (err)
		return err;
	if (call->sound && !call->sound(&request))
		return -EINVAL;
	ret = winvm_run_for(file->private_data, call, &request, &descriptor);
	/* The size that counts is the one we looked at, not what the copy brought. */
	request.size = size;
	if (ret == 0 || ret == -EOPNOTSUPP)
		if (winvm_request_write(call, user, &request, size))
			ret = -EFAULT;
	winvm_install(descriptor, !ret);
	return ret;
}

static int winvm_device_open(struct inode *inode, struct file *file)
{
	struct winvm_handle *handle;
	struct winvm_process *process;

	if (!current->mm)
		return -EPERM;
	handle = kzalloc(sizeof(*handle), GFP_KERNEL_ACCOUNT);
	if (!handle)
		return -ENOMEM;
	process = winvm_process_get(current->mm);
	if (IS_ERR(process)) {
		kfree(handle);
		return PTR_ERR(process);
	}
	handle->process = process;
	handle->self = true;
	file->private_data = handle;
	return nonseekable_open(inode, file);
}

int winvm_device_release(struct inode *inode, struct file *file)
{
	struct winvm_handle *handle = file->private_data;

	winvm_process_put(handle->process);
	kfree(handle);
	return 0;
}

const struct file_operations winvm_device_fops = {
	.owner = THIS_MODULE,
	.open = winvm_device_open,
	.release = winvm_device_release,
	.unlocked_ioctl = winvm_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};
