// SPDX-License-Identifier: GPL-2.0
/*
 * What the netlink family tells of the machine, what of it can be set and by
 * whom, and the events about memory; page faults of processes.
 */
#include <sys/prctl.h>
#include <sys/wait.h>

#include "levels.h"
#include "victim.h"

/* The family's third group. */
#define MEMORY_GROUP(genl) ((genl)->group + 2)

static const int shown[] = {
	WINVM_NL_A_SYSTEM_COMMIT_BYTES, WINVM_NL_A_PEAK_SYSTEM_COMMIT_BYTES,
	WINVM_NL_A_SYSTEM_LIMIT_BYTES,	WINVM_NL_A_MEMORY,
	WINVM_NL_A_AVAILABLE_BYTES,	WINVM_NL_A_LOW_BYTES,
	WINVM_NL_A_HIGH_BYTES,
};

FIXTURE(system)
{
	struct genl genl;
	int device;
};

FIXTURE_SETUP(system)
{
	self->genl = genl_open();
	ASSERT_LE(0, self->genl.fd);
	self->device = raw_open();
	ASSERT_LE(0, self->device);
	ASSERT_EQ(0, levels_set(&self->genl, LEVELS_USUAL));
}

FIXTURE_TEARDOWN(system)
{
	levels_set(&self->genl, LEVELS_USUAL);
	close(self->genl.fd);
	close(self->device);
}

TEST_F(system, is_told)
{
	struct genl_told told;

	ASSERT_TRUE(raw_committed(self->device, 5 * RAW_PAGE));
	ASSERT_EQ(0, levels_get(&self->genl, &told));
	EXPECT_EQ(WINVM_NL_CMD_GET_SYSTEM, told.command);
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
		EXPECT_TRUE(told.has & UINT64_C(1) << shown[i]);
	EXPECT_LE(5 * RAW_PAGE, told.number[WINVM_NL_A_SYSTEM_COMMIT_BYTES]);
	EXPECT_LE(told.number[WINVM_NL_A_SYSTEM_COMMIT_BYTES],
		  told.number[WINVM_NL_A_PEAK_SYSTEM_COMMIT_BYTES]);
	EXPECT_EQ(raw_counters(self->device).system_commit_limit_bytes,
		  told.number[WINVM_NL_A_SYSTEM_LIMIT_BYTES]);
	EXPECT_LT(0u, told.number[WINVM_NL_A_AVAILABLE_BYTES]);
	EXPECT_EQ(UINT64_C(32) << 20, told.number[WINVM_NL_A_LOW_BYTES]);
	EXPECT_EQ(UINT64_C(96) << 20, told.number[WINVM_NL_A_HIGH_BYTES]);
}

TEST_F(system, state_follows_the_levels)
{
	struct genl_told told;

	ASSERT_EQ(0, levels_set(&self->genl, LEVELS_LOW));
	ASSERT_EQ(0, levels_get(&self->genl, &told));
	EXPECT_EQ(WINVM_NL_MEMORY_LOW, (int)told.number[WINVM_NL_A_MEMORY]);
	ASSERT_EQ(0, levels_set(&self->genl, LEVELS_MIDDLE));
	ASSERT_EQ(0, levels_get(&self->genl, &told));
	EXPECT_EQ(WINVM_NL_MEMORY_MIDDLE, (int)told.number[WINVM_NL_A_MEMORY]);
	ASSERT_EQ(0, levels_set(&self->genl, LEVELS_HIGH));
	ASSERT_EQ(0, levels_get(&self->genl, &told));
	EXPECT_EQ(WINVM_NL_MEMORY_HIGH, (int)told.number[WINVM_NL_A_MEMORY]);
}

static int set_one(struct genl *genl, uint16_t attribute, uint64_t value, size_t bytes)
{
	struct genl_request request;

	genl_begin(&request, genl->family, WINVM_NL_CMD_SET_SYSTEM, NLM_F_ACK);
	genl_add(&request, attribute, &value, bytes);
	return genl_ask(genl, &request, NULL);
}

static bool levels_are(struct genl *genl, uint64_t low, uint64_t high)
{
	struct genl_told told;

	return !levels_get(genl, &told) && told.number[WINVM_NL_A_LOW_BYTES] == low &&
	       told.number[WINVM_NL_A_HIGH_BYTES] == high;
}

TEST_F(system, one_level_leaves_the_other)
{
	ASSERT_EQ(0, levels_set(&self->genl, 1000, 2000));
	EXPECT_EQ(0, set_one(&self->genl, WINVM_NL_A_LOW_BYTES, 1999, 8));
	EXPECT_TRUE(levels_are(&self->genl, 1999, 2000));
	EXPECT_EQ(0, set_one(&self->genl, WINVM_NL_A_HIGH_BYTES, 5000, 8));
	EXPECT_TRUE(levels_are(&self->genl, 1999, 5000));
}

TEST_F(system, low_must_be_below_high_and_nothing_is_changed)
{
	ASSERT_EQ(0, levels_set(&self->genl, 1000, 2000));
	EXPECT_EQ(-EINVAL, levels_set(&self->genl, 3000, 3000));
	EXPECT_EQ(-EINVAL, levels_set(&self->genl, 4000, 3000));
	EXPECT_EQ(-EINVAL, levels_set(&self->genl, 0, 0));
	EXPECT_EQ(-EINVAL, set_one(&self->genl, WINVM_NL_A_LOW_BYTES, 2000, 8));
	EXPECT_EQ(-EINVAL, set_one(&self->genl, WINVM_NL_A_HIGH_BYTES, 1000, 8));
	EXPECT_TRUE(levels_are(&self->genl, 1000, 2000));
}

/* Of the wrong size, of another kind, none at all. */
TEST_F(system, what_is_not_understood_is_refused)
{
	struct genl_request request;
	uint64_t value = 5;

	ASSERT_EQ(0, levels_set(&self->genl, 1000, 2000));
	for (size_t bytes = 0; bytes < 8; bytes++)
		EXPECT_GT(0, set_one(&self->genl, WINVM_NL_A_LOW_BYTES, 1, bytes));
	for (uint16_t attribute = 1; attribute <= WINVM_NL_A_MAX + 3; attribute++) {
		/* NEAR_PERCENT is another test's. */
		if (attribute == WINVM_NL_A_LOW_BYTES || attribute == WINVM_NL_A_HIGH_BYTES ||
		    attribute == WINVM_NL_A_NEAR_PERCENT)
			continue;
		EXPECT_EQ(-EINVAL, set_one(&self->genl, attribute, 1500, 8))
		{
			TH_LOG("attribute %u", attribute);
		}
		genl_begin(&request, self->genl.family, WINVM_NL_CMD_SET_SYSTEM, NLM_F_ACK);
		genl_add(&request, WINVM_NL_A_LOW_BYTES, &value, 8);
		genl_add(&request, attribute, &value, 8);
		EXPECT_EQ(-EINVAL, genl_ask(&self->genl, &request, NULL));
		genl_begin(&request, self->genl.family, WINVM_NL_CMD_GET_SYSTEM, NLM_F_ACK);
		genl_add(&request, attribute, &value, 8);
		EXPECT_EQ(-EINVAL, genl_ask(&self->genl, &request, NULL));
	}
	genl_begin(&request, self->genl.family, WINVM_NL_CMD_SET_SYSTEM, NLM_F_ACK);
	EXPECT_EQ(-EINVAL, genl_ask(&self->genl, &request, NULL));
	EXPECT_TRUE(levels_are(&self->genl, 1000, 2000));
}

static int as_user(int (*body)(struct genl *), struct genl *genl)
{
	pid_t pid = fork();
	int status = -1;

	if (!pid) {
		if (setgid(4711) || setuid(4711))
			_exit(99);
		_exit(body(genl));
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

static int try_own_socket(struct genl *unused)
{
	struct genl genl = genl_open();
	struct genl_told told;

	(void)unused;
	if (genl.fd < 0 || levels_set(&genl, 1, 2) != -EPERM)
		return 1;
	return levels_get(&genl, &told) ? 2 : 0;
}

static int try_given_socket(struct genl *genl)
{
	return levels_set(genl, 1, 2) != -EPERM;
}

/* Everybody may ask; who sets must rule the machine, and so must who opened the socket. */
TEST_F(system, only_who_rules_sets)
{
	ASSERT_EQ(0, levels_set(&self->genl, 1000, 2000));
	EXPECT_EQ(0, as_user(try_own_socket, NULL));
	EXPECT_EQ(0, as_user(try_given_socket, &self->genl));
	EXPECT_TRUE(levels_are(&self->genl, 1000, 2000));
}

/* Opened by another user, used by us. */
TEST_F(system, a_socket_of_somebody_else_does_not_do)
{
	struct genl genl;

	ASSERT_EQ(0, levels_set(&self->genl, 1000, 2000));
	ASSERT_EQ(0, setresuid(4711, 4711, 0));
	genl = genl_open();
	ASSERT_EQ(0, setresuid(0, 0, 0));
	ASSERT_LE(0, genl.fd);
	EXPECT_EQ(-EPERM, levels_set(&genl, 1, 2));
	EXPECT_TRUE(levels_are(&genl, 1000, 2000));
	close(genl.fd);
}

/* The next event about memory; command 0 when none comes in time. */
static struct genl_told hear(struct genl *genl)
{
	char buffer[8192] __attribute__((aligned(8)));
	ssize_t length = genl_receive(genl, buffer, sizeof(buffer));

	if (length < (ssize_t)sizeof(struct nlmsghdr))
		return (struct genl_told){ .command = 0 };
	return genl_read((const struct nlmsghdr *)buffer);
}

/* What comes before, when one has just joined, is passed over. */
static struct genl_told hear_state(struct genl *genl, enum winvm_nl_memory state)
{
	struct genl_told told;

	do
		told = hear(genl);
	while (told.command && told.number[WINVM_NL_A_MEMORY] != (uint64_t)state);
	return told;
}

TEST_F(system, listeners_are_told_of_changes)
{
	struct genl ears = genl_open();
	uint32_t group = MEMORY_GROUP(&ears);
	struct genl_told told;

	ASSERT_LE(0, ears.fd);
	ASSERT_EQ(0, levels_set(&self->genl, LEVELS_MIDDLE));
	ASSERT_EQ(0,
		  setsockopt(ears.fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)));
	ASSERT_EQ(0, levels_get(&self->genl, &told));
	ASSERT_EQ(0, levels_set(&self->genl, LEVELS_LOW));
	told = hear_state(&ears, WINVM_NL_MEMORY_LOW);
	EXPECT_EQ(WINVM_NL_CMD_MEMORY, told.command);
	EXPECT_EQ(UINT64_C(1) << 50, told.number[WINVM_NL_A_LOW_BYTES]);
	EXPECT_EQ(UINT64_C(1) << 51, told.number[WINVM_NL_A_HIGH_BYTES]);
	EXPECT_LT(0u, told.number[WINVM_NL_A_AVAILABLE_BYTES]);
	EXPECT_LT(0u, told.number[WINVM_NL_A_NUMBER]);
	EXPECT_LT(0u, told.number[WINVM_NL_A_TIME]);
	EXPECT_FALSE(told.has & UINT64_C(1) << WINVM_NL_A_PID);
	ASSERT_EQ(0, levels_set(&self->genl, LEVELS_MIDDLE));
	EXPECT_EQ(WINVM_NL_CMD_MEMORY, hear_state(&ears, WINVM_NL_MEMORY_MIDDLE).command);
	ASSERT_EQ(0, levels_set(&self->genl, LEVELS_HIGH));
	EXPECT_EQ(WINVM_NL_CMD_MEMORY, hear_state(&ears, WINVM_NL_MEMORY_HIGH).command);
	close(ears.fd);
}

TEST_F(system, CC_11_faults_of_a_process)
{
	char *base = raw_committed(self->device, 256 * RAW_PAGE);
	struct genl_told before, after;

	ASSERT_NE(NULL, base);
	ASSERT_EQ(0, genl_get(&self->genl, (uint32_t)getpid(), &before));
	EXPECT_TRUE(before.has & UINT64_C(1) << WINVM_NL_A_SOFT_FAULTS);
	EXPECT_TRUE(before.has & UINT64_C(1) << WINVM_NL_A_HARD_FAULTS);
	for (size_t i = 0; i < 256; i++)
		*(volatile char *)(base + i * RAW_PAGE) = 1;
	ASSERT_EQ(0, genl_get(&self->genl, (uint32_t)getpid(), &after));
	EXPECT_LE(before.number[WINVM_NL_A_SOFT_FAULTS] + 256,
		  after.number[WINVM_NL_A_SOFT_FAULTS]);
	EXPECT_LE(before.number[WINVM_NL_A_HARD_FAULTS], after.number[WINVM_NL_A_HARD_FAULTS]);
}

TEST_F(system, refused_commits_are_counted_of_each_and_of_all)
{
	struct genl_told one[2], all[2];

	ASSERT_TRUE(raw_committed(self->device, RAW_PAGE));
	ASSERT_EQ(0, genl_get(&self->genl, (uint32_t)getpid(), &one[0]));
	ASSERT_EQ(0, levels_get(&self->genl, &all[0]));
	EXPECT_TRUE(one[0].has & UINT64_C(1) << WINVM_NL_A_REFUSED);
	EXPECT_FALSE(raw_committed(self->device, UINT64_C(1) << 42));
	ASSERT_EQ(0, genl_get(&self->genl, (uint32_t)getpid(), &one[1]));
	ASSERT_EQ(0, levels_get(&self->genl, &all[1]));
	EXPECT_EQ(one[0].number[WINVM_NL_A_REFUSED] + 1, one[1].number[WINVM_NL_A_REFUSED]);
	EXPECT_LE(all[0].number[WINVM_NL_A_REFUSED] + 1, all[1].number[WINVM_NL_A_REFUSED]);
}

TEST_HARNESS_MAIN
