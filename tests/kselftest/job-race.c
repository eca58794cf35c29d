// SPDX-License-Identifier: GPL-2.0
/*
 * Jobs while processors meet: the limit is never exceeded by a page, and who is
 * refused leaves no trace (SPEC CC-14). An argument says how often each looks.
 */
#include <sys/mman.h>

#include "job.h"
#include "victim.h"

#define LIMIT	(64 * RAW_MB)
#define MEMBERS 4

static unsigned long looks = 2000;

/* What members share with the test. */
struct board {
	uint64_t bytes[MEMBERS]; /* that each has, at least */
	uint32_t odd; /* an answer that should not be */
	unsigned long refused;
	unsigned long traces; /* that the refused have left */
	int ready;
	int stop;
};

FIXTURE(job_race)
{
	struct board *board;
	pid_t members[MEMBERS];
	int device;
	int job;
};

FIXTURE_SETUP(job_race)
{
	self->board = mmap(NULL, sizeof(*self->board), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->board);
	self->device = raw_open();
	self->job = job_new(self->device);
	ASSERT_LE(0, self->job);
}

FIXTURE_TEARDOWN(job_race)
{
	EXPECT_TRUE(job_empties(self->device, self->job));
	close(self->job);
	close(self->device);
	munmap(self->board, sizeof(*self->board));
}

/* What it has and has had is what it was. */
static void refused(struct board *board, int device, const struct winvm_counters *before)
{
	struct winvm_counters after = raw_counters(device);

	__atomic_add_fetch(&board->refused, 1, __ATOMIC_RELAXED);
	if (after.commit_bytes != before->commit_bytes ||
	    after.peak_commit_bytes != before->peak_commit_bytes)
		__atomic_add_fetch(&board->traces, 1, __ATOMIC_RELAXED);
}

/* Commits and decommits, most of the time at the limit. */
static void contend(struct board *board, int number, int job)
{
	int device = raw_open();
	char *base = raw_reserve(device, LIMIT);
	size_t at = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!base || (job >= 0 && job_assign(device, job)))
		_exit(1);
	__atomic_add_fetch(&board->ready, 1, __ATOMIC_SEQ_CST);
	for (unsigned int i = 0; !__atomic_load_n(&board->stop, __ATOMIC_RELAXED); i++) {
		size_t bytes = RAW_PAGE * (1 + i % 300);
		struct winvm_counters before = raw_counters(device);
		uint32_t status = at + bytes <= LIMIT ?
					  raw_commit(device, base + at, bytes, PAGE_READWRITE) :
					  NT_COMMITMENT_LIMIT;

		if (!status) {
			at += bytes;
		} else if (status != NT_COMMITMENT_LIMIT) {
			board->odd = status;
		} else {
			size_t back = at > 200 * RAW_PAGE ? 200 * RAW_PAGE : at;

			refused(board, device, &before);
			at -= back;
			/* Told before it is given back: it is never more than there is. */
			__atomic_store_n(&board->bytes[number], at, __ATOMIC_SEQ_CST);
			if (back)
				raw_decommit(device, base + at, back);
		}
		__atomic_store_n(&board->bytes[number], at, __ATOMIC_SEQ_CST);
	}
	_exit(0);
}

static bool begin(struct board *board, pid_t *members, int job)
{
	for (int i = 0; i < MEMBERS; i++) {
		members[i] = fork();
		if (!members[i])
			contend(board, i, job);
		if (members[i] < 0)
			return false;
	}
	while (__atomic_load_n(&board->ready, __ATOMIC_SEQ_CST) < MEMBERS)
		usleep(1000);
	return true;
}

/* How many of them have ended as they should. */
static int finish(struct board *board, const pid_t *members)
{
	int status, well = 0;

	__atomic_store_n(&board->stop, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < MEMBERS; i++)
		well += waitpid(members[i], &status, 0) == members[i] && !status;
	return well;
}

/* By what the module says, by what the members have, and by the peak. */
TEST_F(job_race, CC_14_never_exceeded_by_a_page)
{
	uint64_t most = 0;
	struct winvm_job_limits now;

	ASSERT_EQ(0, job_limit(self->device, self->job, 0, LIMIT));
	ASSERT_TRUE(begin(self->board, self->members, self->job));
	for (unsigned long i = 0; i < looks; i++) {
		uint64_t sum = 0;

		now = job_query(self->device, self->job);
		for (int member = 0; member < MEMBERS; member++)
			sum += __atomic_load_n(&self->board->bytes[member], __ATOMIC_SEQ_CST);
		most = now.commit_bytes > most ? now.commit_bytes : most;
		ASSERT_GE(LIMIT, now.commit_bytes);
		/* They are looked at one by one, and each takes 300 pages at a time. */
		ASSERT_GE(LIMIT + MEMBERS * 300 * RAW_PAGE, sum);
		usleep(200);
	}
	EXPECT_EQ(MEMBERS, finish(self->board, self->members));
	EXPECT_EQ(0, self->board->odd);
	EXPECT_LT(0, self->board->refused);
	EXPECT_EQ(0, self->board->traces);
	now = job_query(self->device, self->job);
	EXPECT_GE(LIMIT, now.peak_job_bytes);
	EXPECT_LT(LIMIT - 4 * RAW_MB, now.peak_job_bytes); /* it came near */
	EXPECT_LT(LIMIT - 8 * RAW_MB, most);
}

/* The limit for each, set again and again; none has more from then on. */
TEST_F(job_race, CC_14_limits_that_change)
{
	ASSERT_EQ(0, job_limit(self->device, self->job, LIMIT / 4, LIMIT));
	ASSERT_TRUE(begin(self->board, self->members, self->job));
	for (unsigned long i = 0; i < looks / 10; i++) {
		ASSERT_EQ(0, job_limit(self->device, self->job, LIMIT / (4 + i % 3),
				       LIMIT / (1 + i % 2)));
		ASSERT_GE(LIMIT, job_query(self->device, self->job).commit_bytes);
		usleep(1000);
	}
	EXPECT_EQ(MEMBERS, finish(self->board, self->members));
	EXPECT_EQ(0, self->board->odd);
	EXPECT_EQ(0, self->board->traces);
	EXPECT_GE(LIMIT / 4, job_query(self->device, self->job).peak_process_bytes);
	EXPECT_GE(LIMIT, job_query(self->device, self->job).peak_job_bytes);
}

/* They are put into jobs while they commit, and killed. */
TEST_F(job_race, CC_14_assigned_and_killed_while_they_commit)
{
	for (unsigned long round = 0; round < looks / 200 + 1; round++) {
		memset(self->board, 0, sizeof(*self->board));
		ASSERT_EQ(0, job_limit(self->device, self->job, 0, LIMIT));
		ASSERT_TRUE(begin(self->board, self->members, -1));
		for (int i = 0; i < MEMBERS; i++) {
			int handle = raw_open_process(self->device, self->members[i]);

			ASSERT_LE(0, handle);
			EXPECT_EQ(0, job_assign(handle, self->job));
			close(handle);
		}
		EXPECT_EQ(MEMBERS, job_query(self->device, self->job).active);
		usleep((unsigned int)round * 1000);
		EXPECT_EQ(0, job_terminate(self->device, self->job));
		for (int i = 0; i < MEMBERS; i++)
			EXPECT_EQ(self->members[i], waitpid(self->members[i], NULL, 0));
		EXPECT_EQ(0, self->board->odd);
		ASSERT_TRUE(job_empties(self->device, self->job));
	}
}

/* A process that executes itself again and again, and is put into a job meanwhile. */
static void become_again(const char *ready)
{
	execl("/proc/self/exe", "job-race", "--again", ready, NULL);
	_exit(1);
}

TEST_F(job_race, CC_14_assigned_while_it_executes)
{
	for (unsigned long round = 0; round < looks / 200 + 1; round++) {
		uint32_t status = NT_PROCESS_IS_TERMINATING;
		pid_t pid = fork();

		if (!pid)
			become_again("/dev/null");
		while (status == NT_PROCESS_IS_TERMINATING) {
			int handle = raw_open_process(self->device, pid);

			if (handle < 0)
				continue;
			status = job_assign(handle, self->job);
			close(handle);
		}
		ASSERT_EQ(0, status);
		/* From here on each of its address spaces is in the job. */
		for (int i = 0; i < 20; i++) {
			int handle = raw_open_process(self->device, pid);
			uint32_t has = handle < 0 ? 1 : job_has(handle, self->job);

			EXPECT_TRUE(has == 1 || has == NT_PROCESS_IS_TERMINATING);
			close(handle);
		}
		EXPECT_EQ(0, job_terminate(self->device, self->job));
		EXPECT_EQ(pid, waitpid(pid, NULL, 0));
	}
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--again")) {
		int device = raw_open();

		raw_committed(device, 100 * RAW_PAGE);
		become_again(argv[2]);
	}
	if (argc == 2)
		looks = strtoul(argv[1], NULL, 0);
	return test_harness_run(1, argv);
}
