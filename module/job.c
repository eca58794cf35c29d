// SPDX-License-Identifier: GPL-2.0
/*
 * Jobs (SPEC CC-14): what processes may commit, each and all together.
 *
 * What all may have together is a charge of the job's, beside those of the process
 * and of the system: it is never passed. What each may have bounds its allowance
 * (allowance.c). Both may be set to less than there is: that stays, and more is
 * refused. A process that comes brings what it has.
 *
 * A job is a descriptor, with the rights that it was made with; it lives until its
 * last descriptor and its last member are gone. Who may put a process into a job
 * needs a right on the process, too; that process cannot leave it any more, nor
 * come into another one.
 */

#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/poll.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "../uapi/linux/winvm_netlink.h"
#include "job.h"
#include "limit.h"

#define WINVM_JOB_RIGHTS	(WINVM_JOB_ASSIGN_PROCESS | WINVM_JOB_SET_ATTRIBUTES | \
				 WINVM_JOB_QUERY | WINVM_JOB_TERMINATE)
#define WINVM_JOB_LIMITS	(WINVM_JOB_LIMIT_PROCESS_MEMORY | WINVM_JOB_LIMIT_JOB_MEMORY)

/* Numbers of processes that one call tells. */
#define WINVM_JOB_NUMBERS	65536

/**
 * struct winvm_job_handle - what a descriptor stands for
 * @job: a reference
 * @access: WINVM_JOB_* rights
 */
struct winvm_job_handle {
	struct winvm_job *job;
	u32 access;
};

static atomic64_t winvm_job_last = ATOMIC64_INIT(0);

struct winvm_job *winvm_job_get(struct winvm_job *job)
{
	refcount_inc(&job->refs);
	return job;
}

/* May be called with bottom halves off. */
void winvm_job_put(struct winvm_job *job)
{
	struct winvm_job_message message;

	if (!refcount_dec_and_test(&job->refs))
		return;
	while (winvm_job_hear(job, &message))
		put_pid(message.pid);
	kfree(job->news.ring);
	kfree(job);
}

static struct winvm_job *winvm_job_new(void)
{
	struct winvm_job *job = kzalloc(sizeof(*job), GFP_KERNEL_ACCOUNT);

	if (!job)
		return NULL;
	refcount_set(&job->refs, 1);
	job->id = atomic64_inc_return(&winvm_job_last);
	job->process_limit = U64_MAX;
	job->limit = U64_MAX;
	INIT_LIST_HEAD(&job->members);
	INIT_LIST_HEAD(&job->spaces);
	mutex_init(&job->sweeping);
	init_waitqueue_head(&job->news.wait);
	return job;
}

/* Once when the limit comes near; again after a twentieth of it was given back. */
static bool winvm_job_nears(struct winvm_job *job, u64 limit)
{
	u64 near = winvm_near_of(limit), used = READ_ONCE(job->commit.used);

	if (used >= near)
		return !test_and_set_bit(0, &job->near);
	if (near - used > limit / 20)
		clear_bit(0, &job->near);
	return false;
}

/* winvm_job_mark() - nobody has refused it */
void winvm_job_mark(struct winvm_process *process, struct winvm_job *job, u64 pages)
{
	u64 used = READ_ONCE(process->commit.used), peak = READ_ONCE(job->process_peak);
	u64 limit = READ_ONCE(job->limit);
	const struct winvm_bound bound = { .limit = limit, .which = WINVM_NL_LIMIT_JOB };

	winvm_charge_mark(&job->commit);
	while (used > peak) {
		u64 seen = cmpxchg(&job->process_peak, peak, used);

		if (seen == peak)
			break;
		peak = seen;
	}
	if (winvm_job_nears(job, limit))
		winvm_limit_near(process, &bound, pages);
}

static int winvm_job_release(struct inode *inode, struct file *file)
{
	struct winvm_job_handle *handle = file->private_data;

	winvm_job_put(handle->job);
	kfree(handle);
	return 0;
}

/* Readable when there is a message. */
static __poll_t winvm_job_poll(struct file *file, poll_table *table)
{
	struct winvm_job_handle *handle = file->private_data;

	poll_wait(file, &handle->job->news.wait, table);
	return READ_ONCE(handle->job->news.count) ? EPOLLIN | EPOLLRDNORM : 0;
}

static const struct file_operations winvm_job_fops = {
	.owner = THIS_MODULE,
	.release = winvm_job_release,
	.poll = winvm_job_poll,
	.llseek = noop_llseek,
};

/* Return: 0, or -ENOMEM, -EMFILE, -ENFILE; the job goes to the file. */
static int winvm_job_file(struct winvm_job *job, u32 access, struct winvm_descriptor *descriptor)
{
	struct winvm_job_handle *handle = kzalloc(sizeof(*handle), GFP_KERNEL_ACCOUNT);
	struct file *file;
	int number;

	if (!handle)
		return -ENOMEM;
	handle->job = job;
	handle->access = access;
	number = get_unused_fd_flags(O_CLOEXEC);
	if (number < 0) {
		kfree(handle);
		return number;
	}
	file = anon_inode_getfile("[winvm-job]", &winvm_job_fops, handle, O_RDWR);
	if (IS_ERR(file)) {
		put_unused_fd(number);
		kfree(handle);
		return PTR_ERR(file);
	}
	*descriptor = (struct winvm_descriptor){ number, file };
	return 0;
}

/* The job behind a descriptor of the caller's, a reference; NULL and why. */
static struct winvm_job *winvm_job_of(int number, u32 right, u32 *status)
{
	struct winvm_job_handle *handle;
	struct winvm_job *job = NULL;
	struct file *file = fget(number);

	if (!file) {
		*status = STATUS_INVALID_HANDLE;
		return NULL;
	}
	handle = file->private_data;
	if (file->f_op != &winvm_job_fops)
		*status = STATUS_OBJECT_TYPE_MISMATCH;
	else if ((handle->access & right) != right)
		*status = STATUS_ACCESS_DENIED;
	else
		job = winvm_job_get(handle->job);
	fput(file);
	return job;
}

/* The same to ask it; WINVM_NO_FILE: the one that the caller is in. */
static struct winvm_job *winvm_job_asked(int number, u32 *status)
{
	struct winvm_job *job;

	if (number != WINVM_NO_FILE)
		return winvm_job_of(number, WINVM_JOB_QUERY, status);
	job = winvm_member_job(current->signal);
	if (!job)
		*status = STATUS_ACCESS_DENIED;
	return job;
}

static int winvm_job_open(struct winvm_job *job, struct winvm_create_job *request,
			  struct winvm_descriptor *descriptor)
{
	int err = winvm_job_file(job, request->access, descriptor);

	if (err) {
		winvm_job_put(job);
		return err;
	}
	request->job_fd = descriptor->number;
	request->status = STATUS_SUCCESS;
	return 0;
}

/* winvm_create_job() - NtCreateJobObject; NtDuplicateObject of one */
int winvm_create_job(struct winvm_process *process, void *arg,
		     struct winvm_descriptor *descriptor)
{
	struct winvm_create_job *request = arg;
	struct winvm_job *job;

	if (request->access & ~WINVM_JOB_RIGHTS)
		return -EINVAL;
	if (request->from_fd != WINVM_NO_FILE) {
		job = winvm_job_of(request->from_fd, request->access, &request->status);
		return job ? winvm_job_open(job, request, descriptor) : 0;
	}
	if (winvm_members_follow()) {
		request->status = STATUS_NOT_SUPPORTED;
		return 0;
	}
	job = winvm_job_new();
	return job ? winvm_job_open(job, request, descriptor) : -ENOMEM;
}

/* The task whose thread group an address space is: a reference, or NULL. */
static struct task_struct *winvm_job_task(struct winvm_process *process)
{
	if (current->mm == winvm_mm(process))
		return get_task_struct(current);
	return winvm_mm_owner(winvm_mm(process));
}

static bool winvm_task_has(struct task_struct *task, const struct winvm_process *process)
{
	bool has;

	task_lock(task);
	has = task->mm == winvm_mm(process);
	task_unlock(task);
	return has;
}

static int winvm_job_join(struct winvm_job *job, struct winvm_process *process,
			  struct task_struct *task, u32 *status)
{
	if (winvm_alone(process))
		return -EINTR;
	*status = winvm_member_join(job, process, task);
	winvm_alone_end(process);
	return 0;
}

/* It executes no other program while it joins: that one would be missed. */
static int winvm_job_assign(struct winvm_job *job, struct winvm_process *process,
			    struct task_struct *task, u32 *status)
{
	struct rw_semaphore *exec = &task->signal->exec_update_lock;
	int err = 0;

	if (down_read_killable(exec))
		return -EINTR;
	*status = STATUS_PROCESS_IS_TERMINATING;
	if (winvm_task_has(task, process))
		err = winvm_job_join(job, process, task, status);
	up_read(exec);
	return err;
}

/* winvm_assign_job() - NtAssignProcessToJobObject */
int winvm_assign_job(struct winvm_process *process, void *arg)
{
	struct winvm_job_call *request = arg;
	struct task_struct *task;
	struct winvm_job *job;
	int err = 0;

	job = winvm_job_of(request->job_fd, WINVM_JOB_ASSIGN_PROCESS, &request->status);
	if (!job)
		return 0;
	task = winvm_job_task(process);
	if (task) {
		err = winvm_job_assign(job, process, task, &request->status);
		put_task_struct(task);
	} else {
		request->status = STATUS_PROCESS_IS_TERMINATING;
	}
	winvm_job_put(job);
	return err;
}

static bool winvm_in_job_now(struct winvm_process *process, const struct winvm_job *job)
{
	struct task_struct *task = winvm_job_task(process);
	bool in;

	if (!task)
		return false;
	in = winvm_member_of(job, task);
	put_task_struct(task);
	return in;
}

/* winvm_in_job() - NtIsProcessInJob */
int winvm_in_job(struct winvm_process *process, void *arg)
{
	struct winvm_job_call *request = arg;
	struct winvm_job *job = NULL;

	if (request->job_fd != WINVM_NO_FILE) {
		job = winvm_job_of(request->job_fd, WINVM_JOB_QUERY, &request->status);
		if (!job)
			return 0;
	}
	request->value = winvm_in_job_now(process, job);
	request->status = STATUS_SUCCESS;
	if (job)
		winvm_job_put(job);
	return 0;
}

/* winvm_terminate_job() - NtTerminateJobObject */
int winvm_terminate_job(struct winvm_process *process, void *arg)
{
	struct winvm_job_call *request = arg;
	struct winvm_job *job;

	job = winvm_job_of(request->job_fd, WINVM_JOB_TERMINATE, &request->status);
	if (!job)
		return 0;
	request->status = winvm_members_kill(job);
	winvm_job_put(job);
	return 0;
}

/* A limit in pages; what is not a whole page is not enough for one. */
static u64 winvm_job_pages(u32 flags, u32 flag, u64 bytes)
{
	return flags & flag ? bytes >> PAGE_SHIFT : U64_MAX;
}

static void winvm_job_limit(struct winvm_job *job, const struct winvm_job_limits *request)
{
	u32 flags = request->flags;

	WRITE_ONCE(job->flags, flags);
	WRITE_ONCE(job->limit, winvm_job_pages(flags, WINVM_JOB_LIMIT_JOB_MEMORY,
					       request->job_bytes));
	winvm_allowance_limit_job(job, winvm_job_pages(flags, WINVM_JOB_LIMIT_PROCESS_MEMORY,
						       request->process_bytes));
}

/* winvm_set_job() - NtSetInformationJobObject; both limits, as @flags says */
int winvm_set_job(struct winvm_process *process, void *arg)
{
	struct winvm_job_limits *request = arg;
	struct winvm_job *job;

	job = winvm_job_of(request->job_fd, WINVM_JOB_SET_ATTRIBUTES, &request->status);
	if (!job)
		return 0;
	request->status = request->flags & ~WINVM_JOB_LIMITS ? STATUS_NOT_SUPPORTED :
							       STATUS_SUCCESS;
	if (!request->status)
		winvm_job_limit(job, request);
	winvm_job_put(job);
	return 0;
}

static u64 winvm_job_bytes(u64 pages)
{
	return pages == U64_MAX ? 0 : pages << PAGE_SHIFT;
}

/* winvm_query_job() - NtQueryInformationJobObject: limits, peaks and counts */
int winvm_query_job(struct winvm_process *process, void *arg)
{
	struct winvm_job_limits *request = arg;
	struct winvm_job *job;

	job = winvm_job_asked(request->job_fd, &request->status);
	if (!job)
		return 0;
	request->flags = READ_ONCE(job->flags);
	request->process_bytes = winvm_job_bytes(READ_ONCE(job->process_limit));
	request->job_bytes = winvm_job_bytes(READ_ONCE(job->limit));
	request->peak_process_bytes = READ_ONCE(job->process_peak) << PAGE_SHIFT;
	request->peak_job_bytes = READ_ONCE(job->commit.peak) << PAGE_SHIFT;
	request->commit_bytes = READ_ONCE(job->commit.used) << PAGE_SHIFT;
	request->active = READ_ONCE(job->active);
	request->total = READ_ONCE(job->total);
	request->id = job->id;
	request->status = STATUS_SUCCESS;
	winvm_job_put(job);
	return 0;
}

static int winvm_job_numbers(struct winvm_job *job, struct winvm_job_processes *request)
{
	unsigned int room = min_t(u32, request->capacity, WINVM_JOB_NUMBERS);
	u32 *numbers = kvmalloc_array(room + 1, sizeof(*numbers), GFP_KERNEL_ACCOUNT);
	int err = 0;

	if (!numbers)
		return -ENOMEM;
	request->count = winvm_members_list(job, numbers, room, &request->active);
	if (copy_to_user(u64_to_user_ptr(request->buffer), numbers,
			 request->count * sizeof(*numbers)))
		err = -EFAULT;
	kvfree(numbers);
	return err;
}

/* winvm_job_processes() - who belongs to it */
int winvm_job_processes(struct winvm_process *process, void *arg)
{
	struct winvm_job_processes *request = arg;
	struct winvm_job *job;
	int err;

	job = winvm_job_asked(request->job_fd, &request->status);
	if (!job)
		return 0;
	request->status = STATUS_SUCCESS;
	err = winvm_job_numbers(job, request);
	winvm_job_put(job);
	return err;
}

static u32 winvm_job_begin(struct winvm_job *job)
{
	struct winvm_job_message *ring;

	ring = kcalloc(WINVM_JOB_MESSAGES, sizeof(*ring), GFP_KERNEL_ACCOUNT);
	if (!ring)
		return STATUS_INSUFFICIENT_RESOURCES;
	if (winvm_job_listen(job, ring))
		return STATUS_SUCCESS;
	kfree(ring);
	return STATUS_INVALID_PARAMETER;
}

static u32 winvm_job_next(struct winvm_job *job, struct winvm_job_call *request)
{
	struct winvm_job_message message;

	if (!winvm_job_hear(job, &message))
		return STATUS_NO_MORE_ENTRIES;
	request->value = message.what;
	request->pid = message.pid ? pid_nr_ns(message.pid, task_active_pid_ns(current)) : 0;
	request->lost = READ_ONCE(job->news.lost);
	put_pid(message.pid);
	return STATUS_SUCCESS;
}

/* winvm_job_message() - the oldest one, or from now on */
int winvm_job_message(struct winvm_process *process, void *arg)
{
	struct winvm_job_call *request = arg;
	struct winvm_job *job;

	job = winvm_job_of(request->job_fd, WINVM_JOB_SET_ATTRIBUTES, &request->status);
	if (!job)
		return 0;
	request->status = request->value ? winvm_job_begin(job) : winvm_job_next(job, request);
	winvm_job_put(job);
	return 0;
}
