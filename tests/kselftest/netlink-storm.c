// SPDX-License-Identifier: GPL-2.0
/*
 * Ten thousand events to three listeners, one of which never reads: the others
 * lose nothing, what waits is bounded, and what is lost is counted.
 *
 * They come in bursts as fast as the machine has them, each no more than the queue
 * holds; how long that takes is told, and makes no difference.
 */
#include <sys/mman.h>
#include <sys/mount.h>
#include <time.h>

#include "genl-group.h"
#include "victim.h"

#define EVENTS	    10000 /* or what the environment wants: EVENTS */
#define BURSTS	    5
#define LISTENERS   2
#define QUEUE	    4096
#define EVENTS_FILE "/sys/kernel/debug/winvm/events"

/* How many of them a listener has heard, with none missing; -1 if one is. */
struct heard {
	long events[LISTENERS];
};

FIXTURE(storm)
{
	struct heard *heard;
	struct genl deaf;
	pid_t hearers[LISTENERS];
};

static void hear(struct heard *heard, int which, struct genl *genl, long wanted)
{
	uint64_t next = 0, lost = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (long events = 0; events < wanted; events++) {
		struct genl_told told = genl_hear(genl);

		if (!told.command)
			_exit(2);
		if (events && (told.number[WINVM_NL_A_NUMBER] != next ||
			       told.number[WINVM_NL_A_LOST] != lost))
			_exit(1);
		next = told.number[WINVM_NL_A_NUMBER] + 1;
		lost = told.number[WINVM_NL_A_LOST];
		__atomic_add_fetch(&heard->events[which], 1, __ATOMIC_SEQ_CST);
	}
	_exit(0);
}

FIXTURE_SETUP(storm)
{
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	self->heard = mmap(NULL, sizeof(*self->heard), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->heard);
	self->deaf = genl_listen(WINVM_NL_GROUP_PROCESS, 4096);
	ASSERT_LE(0, self->deaf.fd);
}

FIXTURE_TEARDOWN(storm)
{
	close(self->deaf.fd);
	munmap(self->heard, sizeof(*self->heard));
}

/* An even number for each burst. */
static long events_wanted(void)
{
	return (long)proc_rounds("EVENTS", EVENTS) / BURSTS / 2 * 2 * BURSTS;
}

/* Processes of a moment, two events each. */
static void burst(long events)
{
	for (long i = 0; i < events; i += 2)
		close(raw_open());
}

/* Until all have heard so many, or one has gone. */
static bool all_heard(const struct heard *heard, long events)
{
	for (int tries = 0; tries < 6000; tries++) {
		int still = 0;

		for (int i = 0; i < LISTENERS; i++)
			still += __atomic_load_n(&heard->events[i], __ATOMIC_SEQ_CST) < events;
		if (!still)
			return true;
		usleep(10000);
	}
	return false;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

TEST_F(storm, who_never_reads_takes_nothing_from_others)
{
	long slab = proc_meminfo_kb("Slab:"), waiting = 0, all = events_wanted();
	double began;
	int status;

	for (int i = 0; i < LISTENERS; i++) {
		struct genl genl = genl_listen(WINVM_NL_GROUP_PROCESS, 16 << 20);

		ASSERT_LE(0, genl.fd);
		self->hearers[i] = fork();
		if (!self->hearers[i])
			hear(self->heard, i, &genl, all);
		close(genl.fd);
	}
	began = seconds();
	for (long events = 0; events < all; events += all / BURSTS) {
		long now;

		burst(all / BURSTS);
		now = proc_value(EVENTS_FILE, "waiting:");
		waiting = now > waiting ? now : waiting;
		ASSERT_TRUE(all_heard(self->heard, events + all / BURSTS));
	}
	TH_LOG("%.0f events a second; %ld waited at most; slab grew by %ld kB",
	       (double)all / (seconds() - began), waiting, proc_meminfo_kb("Slab:") - slab);
	for (int i = 0; i < LISTENERS; i++) {
		ASSERT_EQ(self->hearers[i], waitpid(self->hearers[i], &status, 0));
		EXPECT_EQ(0, status);
	}
	EXPECT_GE(QUEUE, waiting);
	/* All that was told is gone, but for what the deaf one's buffer holds. */
	EXPECT_GE(slab + 8 * 1024, proc_meminfo_kb("Slab:"));
	EXPECT_EQ(-ENOBUFS, genl_receive(&self->deaf, &status, sizeof(status)));
}

/* More at once than there is room for: numbers and counts say how many were lost. */
TEST_F(storm, what_is_lost_is_counted)
{
	struct genl genl = genl_listen(WINVM_NL_GROUP_PROCESS, 64 << 20);
	uint64_t first = 0, last = 0, lost_before = 0, lost = 0;
	struct timeval soon = { .tv_sec = 1 };
	struct genl_told told;
	long heard = 0, waiting;

	ASSERT_LE(0, genl.fd);
	burst(events_wanted());
	waiting = proc_value(EVENTS_FILE, "waiting:");
	setsockopt(genl.fd, SOL_SOCKET, SO_RCVTIMEO, &soon, sizeof(soon));
	for (told = genl_hear(&genl); told.command; told = genl_hear(&genl), heard++) {
		if (!heard) {
			first = told.number[WINVM_NL_A_NUMBER];
			lost_before = told.number[WINVM_NL_A_LOST];
		}
		last = told.number[WINVM_NL_A_NUMBER];
		lost = told.number[WINVM_NL_A_LOST] - lost_before;
	}
	TH_LOG("%ld heard, %lu lost, %ld waited", heard, (unsigned long)lost, waiting);
	EXPECT_LT(0, heard);
	EXPECT_GE(QUEUE, waiting);
	EXPECT_EQ((uint64_t)heard + lost, last - first + 1);
	close(genl.fd);
}

TEST_HARNESS_MAIN
