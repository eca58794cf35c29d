// SPDX-License-Identifier: GPL-2.0
/*
 * Limits of commit that the administrator sets for processes, and what is told when
 * a limit is near or a commit is refused (SPEC CC-1, VA-19, VA-52).
 */
#include <pthread.h>
#include <sys/socket.h>

#include "device.h"
#include "genl.h"
#include "victim.h"

#define NO_LIMIT UINT64_MAX
#define LIMIT	 (100 * RAW_PAGE)
#define THREADS	 3

static int set_limit(struct genl *genl, uint32_t pid, uint64_t bytes)
{
	struct genl_request request;

	genl_begin(&request, genl->family, WINVM_NL_CMD_SET_LIMIT, NLM_F_ACK);
	if (pid)
		genl_add(&request, WINVM_NL_A_PID, &pid, sizeof(pid));
	genl_add(&request, WINVM_NL_A_LIMIT_BYTES, &bytes, sizeof(bytes));
	return genl_ask(genl, &request, NULL);
}

static uint64_t limit_of(struct genl *genl, pid_t pid)
{
	struct genl_told told;

	return genl_get(genl, (uint32_t)pid, &told) ? 0 : told.number[WINVM_NL_A_LIMIT_BYTES];
}

FIXTURE(limit)
{
	struct genl genl;
	uint32_t own;
	int device;
	char *base;
};

FIXTURE_SETUP(limit)
{
	self->genl = genl_open();
	ASSERT_LE(0, self->genl.fd);
	self->device = raw_open();
	ASSERT_LE(0, self->device);
	self->base = raw_reserve(self->device, 4 * LIMIT);
	ASSERT_NE(NULL, self->base);
	self->own = (uint32_t)getpid();
}

FIXTURE_TEARDOWN(limit)
{
	EXPECT_EQ(0, set_limit(&self->genl, 0, NO_LIMIT));
	set_limit(&self->genl, self->own, NO_LIMIT);
	close(self->device);
	close(self->genl.fd);
}

static uint32_t commit_pages(int device, char *base, size_t first, size_t pages)
{
	return raw_commit(device, base + first * RAW_PAGE, pages * RAW_PAGE, PAGE_READWRITE);
}

TEST_F(limit, CC_1_refused_at_the_limit_and_without_a_trace)
{
	ASSERT_EQ(0, set_limit(&self->genl, self->own, LIMIT));
	EXPECT_EQ(LIMIT, limit_of(&self->genl, getpid()));
	EXPECT_EQ(NT_COMMITMENT_LIMIT, commit_pages(self->device, self->base, 0, 101));
	EXPECT_EQ(0, raw_counters(self->device).commit_bytes);
	EXPECT_EQ(0, raw_counters(self->device).peak_commit_bytes);
	EXPECT_EQ(MEM_RESERVE, raw_state(self->device, self->base));
	for (size_t i = 0; i < 100; i++)
		EXPECT_EQ(0, commit_pages(self->device, self->base, i, 1));
	EXPECT_EQ(NT_COMMITMENT_LIMIT, commit_pages(self->device, self->base, 100, 1));
	EXPECT_EQ(LIMIT, raw_counters(self->device).commit_bytes);
	EXPECT_EQ(LIMIT, raw_counters(self->device).peak_commit_bytes);
	/* What is given back can be had again. */
	EXPECT_EQ(0, raw_decommit(self->device, self->base, RAW_PAGE));
	EXPECT_EQ(0, commit_pages(self->device, self->base, 100, 1));
	EXPECT_EQ(NT_COMMITMENT_LIMIT, commit_pages(self->device, self->base, 0, 1));
}

TEST_F(limit, CC_1_lowered_below_what_is_committed)
{
	char *base = self->base;

	ASSERT_EQ(0, commit_pages(self->device, base, 0, 100));
	memset(base, 1, LIMIT);
	ASSERT_EQ(0, set_limit(&self->genl, self->own, LIMIT / 2));
	EXPECT_EQ(LIMIT, raw_counters(self->device).commit_bytes);
	EXPECT_EQ(1, base[LIMIT - 1]);
	EXPECT_EQ(NT_COMMITMENT_LIMIT, commit_pages(self->device, base, 100, 1));
	/* Recommitting charges nothing. */
	EXPECT_EQ(0, commit_pages(self->device, base, 0, 100));
	/* What is given back above it is not had again. */
	EXPECT_EQ(0, raw_decommit(self->device, base, RAW_PAGE));
	EXPECT_EQ(NT_COMMITMENT_LIMIT, commit_pages(self->device, base, 0, 1));
	EXPECT_EQ(0, raw_decommit(self->device, base, 51 * RAW_PAGE));
	EXPECT_EQ(0, commit_pages(self->device, base, 0, 1));
	EXPECT_EQ(NT_COMMITMENT_LIMIT, commit_pages(self->device, base, 1, 1));
	ASSERT_EQ(0, set_limit(&self->genl, self->own, NO_LIMIT));
	EXPECT_EQ(NO_LIMIT, limit_of(&self->genl, getpid()));
	EXPECT_EQ(0, commit_pages(self->device, base, 0, 200));
}

/* What is not a page is rounded down. */
TEST_F(limit, CC_1_limits_of_all_sizes)
{
	ASSERT_EQ(0, set_limit(&self->genl, self->own, 2 * RAW_PAGE - 1));
	EXPECT_EQ(RAW_PAGE, limit_of(&self->genl, getpid()));
	EXPECT_EQ(NT_COMMITMENT_LIMIT, commit_pages(self->device, self->base, 0, 2));
	EXPECT_EQ(0, commit_pages(self->device, self->base, 0, 1));
	ASSERT_EQ(0, set_limit(&self->genl, self->own, 0));
	EXPECT_EQ(0, limit_of(&self->genl, getpid()));
	EXPECT_EQ(NT_COMMITMENT_LIMIT, commit_pages(self->device, self->base, 1, 1));
	ASSERT_EQ(0, set_limit(&self->genl, self->own, NO_LIMIT - 1));
	EXPECT_EQ(0, commit_pages(self->device, self->base, 1, 1));
}

/* Reports its commit and whether the limit is held, in its exit status. */
static int newcomer(void *unused)
{
	int device = raw_open();
	char *base = raw_reserve(device, 4 * LIMIT);

	(void)unused;
	if (!base || commit_pages(device, base, 0, 100))
		return 1;
	return commit_pages(device, base, 100, 1) == NT_COMMITMENT_LIMIT ? 0 : 2;
}

TEST_F(limit, newcomers_have_the_default)
{
	ASSERT_EQ(0, set_limit(&self->genl, 0, LIMIT));
	EXPECT_EQ(NO_LIMIT, limit_of(&self->genl, getpid()));
	EXPECT_EQ(0, commit_pages(self->device, self->base, 0, 101));
	EXPECT_EQ(0, child_run(newcomer, NULL));
	ASSERT_EQ(0, set_limit(&self->genl, 0, NO_LIMIT));
	EXPECT_EQ(2, child_run(newcomer, NULL));
}

/* The limit is the address space's: a child of fork has another one. */
TEST_F(limit, a_child_of_fork_is_a_newcomer)
{
	ASSERT_EQ(0, set_limit(&self->genl, self->own, RAW_PAGE));
	EXPECT_EQ(2, child_run(newcomer, NULL));
	ASSERT_EQ(0, set_limit(&self->genl, 0, LIMIT));
	EXPECT_EQ(0, child_run(newcomer, NULL));
	EXPECT_EQ(RAW_PAGE, limit_of(&self->genl, getpid()));
}

static int ask_as_user(void *unused)
{
	struct genl genl;

	(void)unused;
	if (!become(USER))
		return 1;
	genl = genl_open();
	if (set_limit(&genl, (uint32_t)getpid(), NO_LIMIT) != -EPERM)
		return 2;
	return set_limit(&genl, 0, 0) == -EPERM ? 0 : 3;
}

/* By a socket that the administrator has opened. */
static int send_as_user(void *argument)
{
	struct genl *genl = argument;

	if (!become(USER))
		return 1;
	return set_limit(genl, 0, 0) == -EPERM ? 0 : 2;
}

static int open_as_user(void *argument)
{
	int *ends = argument;
	struct genl genl;

	if (!become(USER))
		return 1;
	genl = genl_open();
	return send_descriptor(ends[1], genl.fd) ? 2 : 0;
}

TEST_F(limit, only_the_administrator_sets_them)
{
	int ends[2];
	struct genl lent = self->genl;

	EXPECT_EQ(0, child_run(ask_as_user, NULL));
	EXPECT_EQ(0, child_run(send_as_user, &lent));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	EXPECT_EQ(0, child_run(open_as_user, ends));
	lent.fd = receive_descriptor(ends[0]);
	ASSERT_LE(0, lent.fd);
	EXPECT_EQ(-EPERM, set_limit(&lent, 0, 0));
	EXPECT_EQ(-EPERM, set_limit(&lent, self->own, 0));
	EXPECT_EQ(NO_LIMIT, limit_of(&self->genl, getpid()));
	close(lent.fd);
	close(ends[0]);
	close(ends[1]);
}

/* Root of a user namespace of his own is nobody here. */
static int ask_in_namespace(void *unused)
{
	struct genl genl;

	(void)unused;
	if (!become(USER) || unshare(CLONE_NEWUSER))
		return 77;
	genl = genl_open();
	return set_limit(&genl, 0, 0) == -EPERM ? 0 : 3;
}

TEST_F(limit, not_by_root_of_a_user_namespace)
{
	int status = child_run(ask_in_namespace, NULL);

	if (status == 77)
		SKIP(return, "no user namespaces on this machine");
	EXPECT_EQ(0, status);
}

TEST_F(limit, requests_that_are_none)
{
	uint32_t pid = 0x7ffffff0, none = 0;
	uint64_t bytes = 1;
	struct genl_request request;

	EXPECT_EQ(-ESRCH, set_limit(&self->genl, pid, 0));
	EXPECT_EQ(-ESRCH, set_limit(&self->genl, 1, 0)); /* does not use the module */
	genl_begin(&request, self->genl.family, WINVM_NL_CMD_SET_LIMIT, NLM_F_ACK);
	EXPECT_EQ(-EINVAL, genl_ask(&self->genl, &request, NULL));
	genl_add(&request, WINVM_NL_A_LIMIT_BYTES, &pid, sizeof(pid));
	EXPECT_NE(0, genl_ask(&self->genl, &request, NULL));
	genl_begin(&request, self->genl.family, WINVM_NL_CMD_SET_LIMIT, NLM_F_ACK);
	genl_add(&request, WINVM_NL_A_LIMIT_BYTES, &bytes, sizeof(bytes));
	genl_add(&request, WINVM_NL_A_PID, &none, sizeof(none));
	EXPECT_NE(0, genl_ask(&self->genl, &request, NULL));
	genl_begin(&request, self->genl.family, WINVM_NL_CMD_SET_LIMIT, NLM_F_ACK);
	genl_add(&request, WINVM_NL_A_LIMIT_BYTES, &bytes, sizeof(bytes));
	genl_add(&request, WINVM_NL_A_VIRTUAL_BYTES, &bytes, sizeof(bytes));
	EXPECT_NE(0, genl_ask(&self->genl, &request, NULL));
	EXPECT_EQ(NO_LIMIT, limit_of(&self->genl, getpid()));
}

/* Commits and decommits at the limit, until it is told to stop. */
struct contender {
	pthread_t thread;
	int device;
	char *base;
	int *stop;
	uint32_t odd; /* an answer that should not be */
};

static void *contend(void *argument)
{
	struct contender *self = argument;
	size_t at = 0;

	for (unsigned int i = 0; !__atomic_load_n(self->stop, __ATOMIC_RELAXED); i++) {
		size_t pages = 1 + i % 7;
		uint32_t status = at + pages <= 100 ?
					  commit_pages(self->device, self->base, at, pages) :
					  NT_COMMITMENT_LIMIT;

		if (!status) {
			at += pages;
		} else if (status != NT_COMMITMENT_LIMIT) {
			self->odd = status;
		} else {
			size_t back = at > 20 ? 20 : at;

			at -= back;
			if (back)
				raw_decommit(self->device, self->base + at * RAW_PAGE,
					     back * RAW_PAGE);
		}
	}
	return NULL;
}

/* While threads commit at the limit it is set again and again. */
TEST_F(limit, CC_1_set_while_threads_commit)
{
	struct contender contenders[THREADS];
	int stop = 0;

	for (size_t i = 0; i < THREADS; i++) {
		contenders[i] = (struct contender){
			.device = self->device,
			.base = raw_reserve(self->device, LIMIT),
			.stop = &stop,
		};
		ASSERT_NE(NULL, contenders[i].base);
		ASSERT_EQ(0, pthread_create(&contenders[i].thread, NULL, contend, &contenders[i]));
	}
	for (unsigned int i = 0; i < 100; i++) {
		uint64_t limit = i % 2 ? LIMIT : 2 * LIMIT;

		EXPECT_EQ(0, set_limit(&self->genl, self->own, limit));
		usleep(1000);
	}
	/* From here on no more than that. */
	EXPECT_EQ(0, set_limit(&self->genl, self->own, LIMIT));
	for (size_t i = 0, low = 0; i < 300; i++) {
		uint64_t now = raw_counters(self->device).commit_bytes;

		/* It was more before, perhaps, and stays until it is given back. */
		low = low || now <= LIMIT;
		if (low)
			EXPECT_GE(LIMIT, now);
		usleep(500);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (size_t i = 0; i < THREADS; i++) {
		ASSERT_EQ(0, pthread_join(contenders[i].thread, NULL));
		EXPECT_EQ(0, contenders[i].odd);
		EXPECT_EQ(0, raw_release(self->device, contenders[i].base));
	}
	EXPECT_EQ(0, raw_counters(self->device).commit_bytes);
}

/* A target dies while its limit is set. */
static bool use(int ready, void *unused)
{
	(void)ready;
	(void)unused;
	return raw_committed(raw_open(), RAW_PAGE);
}

TEST_F(limit, targets_that_die)
{
	for (int i = 0; i < 50; i++) {
		struct victim victim = victim_start(use, NULL);
		int err;

		ASSERT_LT(0, victim.pid);
		kill(victim.pid, SIGKILL);
		do
			err = set_limit(&self->genl, (uint32_t)victim.pid, LIMIT);
		while (!err);
		EXPECT_EQ(-ESRCH, err);
		victim_end(&victim);
	}
}

/* Hears of limits. fd -1 on failure. */
static struct genl listener(void)
{
	struct genl genl = genl_open();
	struct timeval patience = { .tv_sec = 5 };
	uint32_t group = genl.group + 1; /* the groups follow each other */

	if (genl.fd >= 0 &&
	    setsockopt(genl.fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group))) {
		close(genl.fd);
		genl.fd = -1;
	}
	setsockopt(genl.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return genl;
}

static struct genl_told hear(struct genl *genl, int flags)
{
	char buffer[8192] __attribute__((aligned(8)));
	ssize_t length = recv(genl->fd, buffer, sizeof(buffer), flags);

	if (length < (ssize_t)sizeof(struct nlmsghdr))
		return (struct genl_told){ .command = 0 };
	return genl_read((const struct nlmsghdr *)buffer);
}

TEST_F(limit, near_and_hit_are_told)
{
	struct genl ears = listener();
	struct genl_told told;

	ASSERT_LE(0, ears.fd);
	ASSERT_EQ(0, set_limit(&self->genl, self->own, LIMIT));
	EXPECT_EQ(0, commit_pages(self->device, self->base, 0, 89));
	EXPECT_EQ(0, commit_pages(self->device, self->base, 89, 3));
	told = hear(&ears, 0);
	EXPECT_EQ(WINVM_NL_CMD_LIMIT, told.command);
	EXPECT_EQ(self->own, told.number[WINVM_NL_A_PID]);
	EXPECT_EQ(WINVM_NL_LIMIT_PROCESS, told.number[WINVM_NL_A_LIMIT]);
	EXPECT_EQ(0, told.number[WINVM_NL_A_LIMIT_HIT]);
	EXPECT_EQ(LIMIT, told.number[WINVM_NL_A_LIMIT_BYTES]);
	EXPECT_EQ(3 * RAW_PAGE, told.number[WINVM_NL_A_WANTED_BYTES]);
	EXPECT_EQ(92 * RAW_PAGE, told.number[WINVM_NL_A_COMMIT_BYTES]);
	EXPECT_FALSE(told.has & UINT64_C(1) << WINVM_NL_A_JOB_ID);
	/* Not again while it is near, nor when it was less for a little. */
	EXPECT_EQ(0, commit_pages(self->device, self->base, 92, 1));
	EXPECT_EQ(0, raw_decommit(self->device, self->base, 4 * RAW_PAGE));
	EXPECT_EQ(0, commit_pages(self->device, self->base, 0, 4));
	EXPECT_EQ(NT_COMMITMENT_LIMIT, commit_pages(self->device, self->base, 93, 8));
	told = hear(&ears, 0);
	EXPECT_EQ(WINVM_NL_CMD_LIMIT, told.command);
	EXPECT_EQ(1, told.number[WINVM_NL_A_LIMIT_HIT]);
	EXPECT_EQ(WINVM_NL_LIMIT_PROCESS, told.number[WINVM_NL_A_LIMIT]);
	EXPECT_EQ(8 * RAW_PAGE, told.number[WINVM_NL_A_WANTED_BYTES]);
	EXPECT_EQ(93 * RAW_PAGE, told.number[WINVM_NL_A_COMMIT_BYTES]);
	/* Again after it was much less. */
	EXPECT_EQ(0, raw_decommit(self->device, self->base, 50 * RAW_PAGE));
	EXPECT_EQ(0, commit_pages(self->device, self->base, 0, 1));
	EXPECT_EQ(0, commit_pages(self->device, self->base, 0, 50));
	told = hear(&ears, 0);
	EXPECT_EQ(0, told.number[WINVM_NL_A_LIMIT_HIT]);
	EXPECT_EQ(WINVM_NL_LIMIT_PROCESS, told.number[WINVM_NL_A_LIMIT]);
	EXPECT_EQ(49 * RAW_PAGE, told.number[WINVM_NL_A_WANTED_BYTES]);
	close(ears.fd);
}

/* Whoever is refused again and again cannot drown the others' news. */
TEST_F(limit, a_loop_of_refusals_is_no_flood)
{
	struct genl ears = listener();
	int heard = 0;

	ASSERT_LE(0, ears.fd);
	ASSERT_EQ(0, set_limit(&self->genl, self->own, 0));
	for (int i = 0; i < 500; i++)
		EXPECT_EQ(NT_COMMITMENT_LIMIT, commit_pages(self->device, self->base, 0, 1));
	while (hear(&ears, heard ? MSG_DONTWAIT : 0).command)
		heard++;
	EXPECT_LT(0, heard);
	EXPECT_GT(250, heard);
	close(ears.fd);
}

TEST_HARNESS_MAIN
