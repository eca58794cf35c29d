// SPDX-License-Identifier: GPL-2.0
/* Jobs: whom they hold, what these may commit, and who may do what (SPEC CC-14). */
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "genl.h"
#include "job.h"
#include "victim.h"

#define LIMIT (100 * RAW_PAGE)

FIXTURE(job)
{
	int device;
	int job;
};

FIXTURE_SETUP(job)
{
	self->device = raw_open();
	ASSERT_LE(0, self->device);
	self->job = job_new(self->device);
	if (self->job < 0)
		SKIP(return, "this kernel does not tell of forks");
}

FIXTURE_TEARDOWN(job)
{
	close(self->job);
	close(self->device);
}

/* Commits page by page: how many pages it got before 1455; -1 for another answer. */
static int commit_most(int device, int most)
{
	char *base = raw_reserve(device, (size_t)most * RAW_PAGE);
	uint32_t status = base ? 0 : 1;
	int got = 0;

	while (!status && got < most) {
		status =
			raw_commit(device, base + (size_t)got * RAW_PAGE, RAW_PAGE, PAGE_READWRITE);
		got += !status;
	}
	return !status || status == NT_COMMITMENT_LIMIT ? got : -1;
}

/* In a process of its own, which joins first if @job is one: what commit_most() gives. */
struct worker {
	int job;
	int most;
};

static int work(void *argument)
{
	const struct worker *worker = argument;
	int device = raw_open();

	if (worker->job >= 0 && job_assign(device, worker->job))
		return 255;
	return commit_most(device, worker->most);
}

TEST_F(job, CC_14_all_together)
{
	struct worker worker = { .job = self->job, .most = 200 };
	struct winvm_job_limits now;
	char *base;

	ASSERT_EQ(0, job_limit(self->device, self->job, 0, LIMIT));
	EXPECT_EQ(100, child_run(work, &worker));
	ASSERT_TRUE(job_empties(self->device, self->job));
	now = job_query(self->device, self->job);
	EXPECT_EQ(WINVM_JOB_LIMIT_JOB_MEMORY, now.flags);
	EXPECT_EQ(LIMIT, now.job_bytes);
	EXPECT_EQ(0, now.process_bytes);
	EXPECT_EQ(LIMIT, now.peak_job_bytes);
	EXPECT_EQ(LIMIT, now.peak_process_bytes);
	EXPECT_EQ(1, now.total);
	/* What one has the others have not. */
	ASSERT_EQ(0, job_assign(self->device, self->job));
	ASSERT_NE(NULL, base = raw_committed(self->device, 60 * RAW_PAGE));
	worker.job = -1;
	EXPECT_EQ(40, child_run(work, &worker));
	EXPECT_EQ(0, raw_release(self->device, base));
	EXPECT_EQ(100, child_run(work, &worker));
}

TEST_F(job, CC_14_refused_without_a_trace)
{
	struct winvm_counters before;
	char *base = raw_reserve(self->device, 4 * LIMIT);

	ASSERT_EQ(0, job_limit(self->device, self->job, 0, LIMIT));
	ASSERT_EQ(0, job_assign(self->device, self->job));
	before = raw_counters(self->device);
	EXPECT_EQ(NT_COMMITMENT_LIMIT, raw_commit(self->device, base, LIMIT + 1, PAGE_READWRITE));
	EXPECT_EQ(before.commit_bytes, raw_counters(self->device).commit_bytes);
	EXPECT_EQ(before.peak_commit_bytes, raw_counters(self->device).peak_commit_bytes);
	EXPECT_EQ(before.system_commit_bytes, raw_counters(self->device).system_commit_bytes);
	EXPECT_EQ(0, job_query(self->device, self->job).commit_bytes);
	EXPECT_EQ(0, job_query(self->device, self->job).peak_job_bytes);
	EXPECT_EQ(0, job_query(self->device, self->job).peak_process_bytes);
	EXPECT_EQ(MEM_RESERVE, raw_state(self->device, base));
	EXPECT_EQ(0, raw_commit(self->device, base, LIMIT, PAGE_READWRITE));
}

TEST_F(job, CC_14_each_process)
{
	struct worker worker = { .job = self->job, .most = 200 };
	char *base;

	ASSERT_EQ(0, job_limit(self->device, self->job, LIMIT, 0));
	ASSERT_EQ(0, job_assign(self->device, self->job));
	ASSERT_NE(NULL, base = raw_committed(self->device, 60 * RAW_PAGE));
	worker.job = -1;
	EXPECT_EQ(100, child_run(work, &worker));
	EXPECT_EQ(40, commit_most(self->device, 200));
	EXPECT_EQ(160 * RAW_PAGE, job_query(self->device, self->job).peak_job_bytes);
	EXPECT_EQ(LIMIT, job_query(self->device, self->job).peak_process_bytes);
	EXPECT_EQ(LIMIT, job_query(self->device, self->job).process_bytes);
}

/* What is there already stays, and no more is had. */
TEST_F(job, CC_14_limits_below_what_is_committed)
{
	char *base = raw_reserve(self->device, 4 * LIMIT);

	ASSERT_EQ(0, raw_commit(self->device, base, LIMIT, PAGE_READWRITE));
	ASSERT_EQ(0, job_limit(self->device, self->job, 0, LIMIT / 2));
	ASSERT_EQ(0, job_assign(self->device, self->job));
	EXPECT_EQ(LIMIT, job_query(self->device, self->job).commit_bytes);
	EXPECT_EQ(0, job_query(self->device, self->job).peak_process_bytes);
	EXPECT_EQ(0, raw_decommit(self->device, base, RAW_PAGE));
	EXPECT_EQ(NT_COMMITMENT_LIMIT, raw_commit(self->device, base, RAW_PAGE, PAGE_READWRITE));
	/* The same for each. */
	ASSERT_EQ(0, job_limit(self->device, self->job, LIMIT / 2, 0));
	EXPECT_EQ(NT_COMMITMENT_LIMIT, raw_commit(self->device, base, RAW_PAGE, PAGE_READWRITE));
	EXPECT_EQ(0, raw_decommit(self->device, base, LIMIT / 2 + RAW_PAGE));
	EXPECT_EQ(0, raw_commit(self->device, base, RAW_PAGE, PAGE_READWRITE));
	EXPECT_EQ(NT_COMMITMENT_LIMIT,
		  raw_commit(self->device, base, 2 * RAW_PAGE, PAGE_READWRITE));
	ASSERT_EQ(0, job_limit(self->device, self->job, 0, 0));
	EXPECT_EQ(0, raw_commit(self->device, base, 2 * LIMIT, PAGE_READWRITE));
	EXPECT_EQ(0, raw_release(self->device, base));
	EXPECT_EQ(0, job_query(self->device, self->job).commit_bytes);
}

TEST_F(job, CC_14_who_belongs_to_it)
{
	uint32_t numbers[4] = { 0 }, active = 0;
	int other = job_new(self->device);
	pid_t pid;

	EXPECT_EQ(0, job_has(self->device, self->job));
	EXPECT_EQ(0, job_has(self->device, WINVM_NO_FILE));
	EXPECT_EQ(0, job_processes(self->device, self->job, numbers, 4, &active));
	ASSERT_EQ(0, job_assign(self->device, self->job));
	EXPECT_EQ(1, job_has(self->device, self->job));
	EXPECT_EQ(1, job_has(self->device, WINVM_NO_FILE));
	EXPECT_EQ(0, job_has(self->device, other));
	/* Nobody is in two, nor comes twice, nor gets out. */
	EXPECT_EQ(NT_ACCESS_DENIED, job_assign(self->device, other));
	EXPECT_EQ(NT_ACCESS_DENIED, job_assign(self->device, self->job));
	pid = fork();
	if (!pid)
		victim_wait(open("/dev/null", O_WRONLY));
	EXPECT_EQ(2, job_processes(self->device, self->job, numbers, 4, &active));
	EXPECT_EQ((uint32_t)getpid(), numbers[0]);
	EXPECT_EQ((uint32_t)pid, numbers[1]);
	EXPECT_EQ(2, active);
	EXPECT_EQ(1, job_processes(self->device, self->job, numbers, 1, &active));
	EXPECT_EQ(2, active);
	kill(pid, SIGKILL);
	EXPECT_EQ(pid, waitpid(pid, NULL, 0));
	EXPECT_EQ(1, job_processes(self->device, self->job, numbers, 4, &active));
	EXPECT_EQ(2, job_query(self->device, self->job).total);
	close(other);
}

/* Grandchildren by vfork, whose parent has gone, that execute a program. */
static int start_others(void *argument)
{
	char job[16];

	snprintf(job, sizeof(job), "%d", *(int *)argument);
	if (vfork())
		_exit(0);
	if (vfork())
		_exit(0);
	execl("/proc/self/exe", "job", "--member", job, NULL);
	_exit(1);
}

/* What it has become: is in the job, and held to its limit. */
static int member(int job)
{
	int device = raw_open();
	uint32_t in = job_has(device, WINVM_NO_FILE);
	int got = commit_most(device, 200);
	char answer[2] = { (char)(in == 1), (char)(got == 100) };

	return write(job, answer, 2) == 2 ? 0 : 1;
}

TEST_F(job, CC_14_children_join_whatever_they_become)
{
	int ends[2];
	char answer[2] = { 0 };
	pid_t pid;

	ASSERT_EQ(0, pipe(ends));
	ASSERT_EQ(0, job_limit(self->device, self->job, LIMIT, 0));
	pid = fork();
	if (!pid) {
		int device = raw_open();

		if (job_assign(device, self->job))
			_exit(1);
		_exit(start_others(&ends[1]));
	}
	EXPECT_EQ(pid, waitpid(pid, NULL, 0));
	close(ends[1]);
	ASSERT_EQ(2, read(ends[0], answer, 2));
	EXPECT_EQ(1, answer[0]);
	EXPECT_EQ(1, answer[1]);
	EXPECT_EQ(3, job_query(self->device, self->job).total);
	EXPECT_TRUE(job_empties(self->device, self->job));
	close(ends[0]);
}

/* A child that does not use the module yet, by a handle; and its children. */
TEST_F(job, CC_14_another_process_is_assigned)
{
	struct child child = child_start(0);
	int handle = raw_open_process(self->device, child.pid);

	ASSERT_LE(0, handle);
	EXPECT_EQ(0, job_assign(handle, self->job));
	EXPECT_EQ(1, job_has(handle, self->job));
	EXPECT_EQ(0, job_has(self->device, self->job));
	ASSERT_EQ(0, job_limit(self->device, self->job, 0, LIMIT));
	EXPECT_EQ(NULL, raw_committed(handle, LIMIT + 1));
	EXPECT_NE(NULL, raw_committed(handle, LIMIT));
	EXPECT_EQ(LIMIT, job_query(self->device, self->job).commit_bytes);
	/* Its address space is gone then, and it still belongs to the job. */
	child_exec(&child);
	EXPECT_EQ(NT_PROCESS_IS_TERMINATING, job_assign(handle, self->job));
	EXPECT_EQ(1, job_query(self->device, self->job).active);
	close(handle);
	handle = raw_open_process(self->device, child.pid);
	EXPECT_EQ(1, job_has(handle, self->job));
	EXPECT_EQ(NULL, raw_committed(handle, LIMIT + 1));
	child_kill(&child);
	close(handle);
	EXPECT_TRUE(job_empties(self->device, self->job));
}

/* Threads are no members, and their end is not the process's. */
static void *nothing(void *unused)
{
	return unused;
}

TEST_F(job, CC_14_threads_are_not_counted)
{
	pthread_t thread;

	ASSERT_EQ(0, job_assign(self->device, self->job));
	for (int i = 0; i < 10; i++) {
		ASSERT_EQ(0, pthread_create(&thread, NULL, nothing, NULL));
		ASSERT_EQ(0, pthread_join(thread, NULL));
	}
	EXPECT_EQ(1, job_query(self->device, self->job).active);
	EXPECT_EQ(1, job_query(self->device, self->job).total);
}

TEST_F(job, rights_are_the_descriptors)
{
	static const uint32_t rights[] = { WINVM_JOB_ASSIGN_PROCESS, WINVM_JOB_SET_ATTRIBUTES,
					   WINVM_JOB_QUERY, WINVM_JOB_TERMINATE, 0 };
	uint32_t status, active;

	for (int i = 0; i < 5; i++) {
		uint32_t has = rights[i], value = 0, no = NT_ACCESS_DENIED;
		int weak = job_open(self->device, self->job, has, &status);

		ASSERT_LE(0, weak);
		EXPECT_EQ(has == WINVM_JOB_SET_ATTRIBUTES ? 0 : no,
			  job_limit(self->device, weak, 0, 0));
		EXPECT_EQ(has == WINVM_JOB_QUERY ? 0 : no, job_has(self->device, weak));
		EXPECT_EQ(has == WINVM_JOB_QUERY ? 0 : -1,
			  job_processes(self->device, weak, NULL, 0, &active));
		EXPECT_EQ(has == WINVM_JOB_TERMINATE ? 0 : no, job_terminate(self->device, weak));
		EXPECT_EQ(has == WINVM_JOB_SET_ATTRIBUTES ? NT_NO_MORE_ENTRIES_ : no,
			  job_call(self->device, WINVM_IOC_JOB_MESSAGE, weak, &value));
		if (has != WINVM_JOB_ASSIGN_PROCESS)
			EXPECT_EQ(no, job_assign(self->device, weak));
		EXPECT_EQ(-1, job_open(self->device, weak, JOB_ALL, &status));
		EXPECT_EQ(no, status);
		close(weak);
	}
	EXPECT_EQ(-1, job_open(self->device, WINVM_NO_FILE, 0x10, &status));
	EXPECT_EQ(RAW_NO_ANSWER, status);
}

TEST_F(job, descriptors_that_are_no_job)
{
	EXPECT_EQ(0xc0000008u, job_assign(self->device, 999));
	EXPECT_EQ(0xc0000024u, job_assign(self->device, self->device));
	EXPECT_EQ(0xc0000024u, job_limit(self->device, 0, 0, 0));
	EXPECT_EQ(0xc0000008u, job_terminate(self->device, -1));
}

/* Without the right to set its quotas nobody puts a process into a job. */
TEST_F(job, a_handle_that_may_not)
{
	struct child child = child_start(0);
	int file = raw_proc_open(child.pid, "environ", O_RDONLY);
	int handle = raw_handle(self->device, file, WINVM_PROCESS_QUERY_INFORMATION);

	ASSERT_LE(0, handle);
	EXPECT_EQ(NT_ACCESS_DENIED, job_assign(handle, self->job));
	EXPECT_EQ(0, job_query(self->device, self->job).active);
	child_kill(&child);
	close(handle);
	close(file);
}

/* The descriptor in another user's hands: what it is good for, and what not. */
static bool use(int ready, void *unused)
{
	(void)ready;
	(void)unused;
	return raw_committed(raw_open(), RAW_PAGE);
}

struct stranger {
	int job;
	pid_t victim;
};

static int be_a_stranger(void *argument)
{
	const struct stranger *stranger = argument;
	int device, handle;

	if (!become(USER))
		return 1;
	device = raw_open();
	handle = raw_open_process(device, stranger->victim);
	if (handle >= 0)
		return 2;
	if (job_query(device, stranger->job).active != 1)
		return 3;
	/* A member that is another user's is not his to kill. */
	if (job_terminate(device, stranger->job) != NT_ACCESS_DENIED)
		return 4;
	return job_assign(device, stranger->job) ? 5 : 0;
}

TEST_F(job, in_the_hands_of_another_user)
{
	struct victim victim = victim_start(use, NULL);
	struct stranger stranger = { .job = self->job, .victim = victim.pid };
	int handle = raw_open_process(self->device, victim.pid);

	ASSERT_EQ(0, job_assign(handle, self->job));
	EXPECT_EQ(0, child_run(be_a_stranger, &stranger));
	EXPECT_EQ(0, kill(victim.pid, 0));
	EXPECT_EQ(1, job_query(self->device, self->job).active);
	victim_end(&victim);
	close(handle);
	EXPECT_TRUE(job_empties(self->device, self->job));
}

TEST_F(job, terminated_with_those_that_are_born_meanwhile)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		int device = raw_open();

		if (job_assign(device, self->job))
			_exit(1);
		/* A bomb that the job's end stops. */
		for (;;) {
			pid_t child = fork();

			if (child > 0 && job_query(device, self->job).active > 40)
				waitpid(child, NULL, 0);
		}
	}
	while (job_query(self->device, self->job).active < 40)
		usleep(1000);
	EXPECT_EQ(0, job_terminate(self->device, self->job));
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_TRUE(job_empties(self->device, self->job));
}

static int end_my_job(void *argument)
{
	int device = raw_open(), job = *(int *)argument;

	if (job_assign(device, job))
		return 1;
	if (!fork())
		victim_wait(open("/dev/null", O_WRONLY));
	job_terminate(device, job);
	return 2;
}

TEST_F(job, terminated_by_a_member)
{
	EXPECT_EQ(128 + SIGKILL, child_run(end_my_job, &self->job));
	EXPECT_TRUE(job_empties(self->device, self->job));
}

/* Without a descriptor the limits hold as long as there are members. */
static int work_orphaned(void *unused)
{
	int device = raw_open(), job = job_new(device);

	(void)unused;
	if (job_limit(device, job, 0, LIMIT) || job_assign(device, job))
		return 255;
	close(job);
	return commit_most(device, 200);
}

TEST_F(job, CC_14_the_last_descriptor_is_closed)
{
	EXPECT_EQ(100, child_run(work_orphaned, NULL));
}

/* Who closes the device with nothing reserved comes back into the job. */
static int come_back(void *argument)
{
	int device = raw_open();

	if (job_assign(device, *(int *)argument))
		return 255;
	close(device);
	device = raw_open();
	return commit_most(device, 200);
}

TEST_F(job, CC_14_closing_the_device_is_no_way_out)
{
	ASSERT_EQ(0, job_limit(self->device, self->job, 0, LIMIT));
	EXPECT_EQ(100, child_run(come_back, &self->job));
}

/* Members that die while they commit leave nothing. */
static bool commit_for_ever(int ready, void *argument)
{
	int device = raw_open();
	char *base = raw_reserve(device, RAW_MB), byte = 1;

	if (!base || job_assign(device, *(int *)argument) || write(ready, &byte, 1) != 1)
		return false;
	for (size_t i = 0;; i++) {
		raw_commit(device, base, (1 + i % 50) * RAW_PAGE, PAGE_READWRITE);
		raw_decommit(device, base, RAW_MB);
	}
}

TEST_F(job, CC_14_members_killed_while_they_commit)
{
	ASSERT_EQ(0, job_limit(self->device, self->job, 0, LIMIT));
	for (int i = 0; i < 30; i++) {
		struct victim victim = victim_start(commit_for_ever, &self->job);

		ASSERT_LT(0, victim.pid);
		usleep((unsigned int)i * 100);
		victim_end(&victim);
	}
	EXPECT_TRUE(job_empties(self->device, self->job));
	EXPECT_EQ(30, job_query(self->device, self->job).total);
}

static struct winvm_job_call message(int device, int job)
{
	struct winvm_job_call request = { .size = sizeof(request), .job_fd = job };
	struct pollfd wait = { .fd = job, .events = POLLIN };

	poll(&wait, 1, 10000);
	ioctl(device, WINVM_IOC_JOB_MESSAGE, &request);
	return request;
}

static int work_in_parts(void *argument)
{
	int device = raw_open();

	return job_assign(device, *(int *)argument) || raw_committed(device, LIMIT + 1) ||
	       raw_committed(device, 3 * LIMIT) || !raw_committed(device, RAW_PAGE);
}

TEST_F(job, CC_14_messages)
{
	struct pollfd now = { .fd = self->job, .events = POLLIN };
	struct winvm_job_call told;
	uint32_t begin = 1;
	pid_t pid;

	ASSERT_EQ(0, job_limit(self->device, self->job, 2 * LIMIT, LIMIT));
	ASSERT_EQ(0, job_call(self->device, WINVM_IOC_JOB_MESSAGE, self->job, &begin));
	begin = 1;
	EXPECT_EQ(NT_INVALID_PARAMETER,
		  job_call(self->device, WINVM_IOC_JOB_MESSAGE, self->job, &begin));
	EXPECT_EQ(0, poll(&now, 1, 0));
	pid = fork();
	if (!pid)
		_exit(work_in_parts(&self->job));
	told = message(self->device, self->job);
	EXPECT_EQ(WINVM_JOB_MSG_NEW_PROCESS, told.value);
	EXPECT_EQ((uint32_t)pid, told.pid);
	told = message(self->device, self->job);
	EXPECT_EQ(WINVM_JOB_MSG_JOB_MEMORY_LIMIT, told.value);
	EXPECT_EQ((uint32_t)pid, told.pid);
	told = message(self->device, self->job);
	EXPECT_EQ(WINVM_JOB_MSG_PROCESS_MEMORY_LIMIT, told.value);
	EXPECT_EQ((uint32_t)pid, told.pid);
	told = message(self->device, self->job);
	EXPECT_EQ(WINVM_JOB_MSG_EXIT_PROCESS, told.value);
	told = message(self->device, self->job);
	EXPECT_EQ(WINVM_JOB_MSG_ACTIVE_PROCESS_ZERO, told.value);
	EXPECT_EQ(0, told.pid);
	EXPECT_EQ(0, told.lost);
	EXPECT_EQ(0, poll(&now, 1, 0));
	waitpid(pid, NULL, 0);
}

/* Nobody reads: the memory is bounded, the loss is counted. */
TEST_F(job, CC_14_messages_that_nobody_takes)
{
	struct winvm_job_call told = { .status = 0 };
	uint32_t begin = 1;
	int count = 0;

	ASSERT_EQ(0, job_call(self->device, WINVM_IOC_JOB_MESSAGE, self->job, &begin));
	ASSERT_EQ(0, job_limit(self->device, self->job, 0, RAW_PAGE));
	ASSERT_EQ(0, job_assign(self->device, self->job));
	for (int i = 0; i < 300; i++)
		EXPECT_EQ(NULL, raw_committed(self->device, LIMIT));
	for (; !told.status; count += !told.status)
		told = message(self->device, self->job);
	EXPECT_EQ(256, count);
	EXPECT_EQ(NT_NO_MORE_ENTRIES_, told.status);
	EXPECT_EQ(NULL, raw_committed(self->device, LIMIT));
	EXPECT_EQ(301 - 256, message(self->device, self->job).lost);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--member"))
		return member(atoi(argv[2]));
	return test_harness_run(argc, argv);
}
