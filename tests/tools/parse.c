// SPDX-License-Identifier: GPL-2.0
/*
 * Messages of the module as libwinvm-netlink reads them: built here, whole, damaged, and
 * with more than is known.
 */
#include <harness.h>

#include <netlink/genl/genl.h>

#include "../../libwinvm/netlink/internal.h"

#define FAMILY 33

/* What each attribute must become: its own number times a million. */
#define VALUE(attribute) ((uint64_t)(attribute)*1000000)

FIXTURE(message)
{
	struct nl_msg *message;
};

FIXTURE_SETUP(message)
{
	self->message = nlmsg_alloc();
	ASSERT_NE(NULL, self->message);
}

FIXTURE_TEARDOWN(message)
{
	nlmsg_free(self->message);
}

static struct nlmsghdr *begin(struct nl_msg *message, uint8_t command)
{
	genlmsg_put(message, 0, 0, FAMILY, 0, 0, command, WINVM_NL_VERSION);
	return nlmsg_hdr(message);
}

static void put(struct nl_msg *message, int attribute)
{
	nla_put_u64(message, attribute, VALUE(attribute));
}

static void put_process(struct nl_msg *message)
{
	put(message, WINVM_NL_A_PROCESS_ID);
	nla_put_u32(message, WINVM_NL_A_PID, 4711);
	nla_put_u32(message, WINVM_NL_A_UID, 1000);
	nla_put_string(message, WINVM_NL_A_COMM, "a name");
	for (int i = WINVM_NL_A_VIRTUAL_BYTES; i <= WINVM_NL_A_ALLOCATIONS; i++)
		put(message, i);
	nla_put(message, WINVM_NL_A_PAD, 0, NULL);
	put(message, WINVM_NL_A_LIMIT_BYTES);
	put(message, WINVM_NL_A_REFUSED);
	put(message, WINVM_NL_A_SOFT_FAULTS);
	put(message, WINVM_NL_A_HARD_FAULTS);
}

static void put_event(struct nl_msg *message)
{
	put(message, WINVM_NL_A_NUMBER);
	put(message, WINVM_NL_A_LOST);
	put(message, WINVM_NL_A_TIME);
}

TEST_F(message, a_process)
{
	struct nlmsghdr *header = begin(self->message, WINVM_NL_CMD_GET_PROCESS);
	struct winvm_nl_process process;

	put_process(self->message);
	ASSERT_EQ(0, winvm_nl_parse_process(header, &process));
	EXPECT_EQ(VALUE(WINVM_NL_A_PROCESS_ID), process.id);
	EXPECT_EQ(4711, process.pid);
	EXPECT_EQ(1000, process.uid);
	EXPECT_STREQ("a name", process.comm);
	EXPECT_EQ(VALUE(WINVM_NL_A_VIRTUAL_BYTES), process.virtual_bytes);
	EXPECT_EQ(VALUE(WINVM_NL_A_PEAK_VIRTUAL_BYTES), process.peak_virtual_bytes);
	EXPECT_EQ(VALUE(WINVM_NL_A_COMMIT_BYTES), process.commit_bytes);
	EXPECT_EQ(VALUE(WINVM_NL_A_PEAK_COMMIT_BYTES), process.peak_commit_bytes);
	EXPECT_EQ(VALUE(WINVM_NL_A_RESIDENT_BYTES), process.resident_bytes);
	EXPECT_EQ(VALUE(WINVM_NL_A_BOOKKEEPING_BYTES), process.bookkeeping_bytes);
	EXPECT_EQ(VALUE(WINVM_NL_A_ALLOCATIONS), process.allocations);
	EXPECT_EQ(VALUE(WINVM_NL_A_LIMIT_BYTES), process.limit_bytes);
	EXPECT_EQ(VALUE(WINVM_NL_A_SOFT_FAULTS), process.soft_faults);
	EXPECT_EQ(VALUE(WINVM_NL_A_HARD_FAULTS), process.hard_faults);
	EXPECT_EQ(VALUE(WINVM_NL_A_REFUSED), process.refused);
	EXPECT_TRUE(process.told & WINVM_NL_TOLD(WINVM_NL_A_HARD_FAULTS));
	EXPECT_FALSE(process.told & WINVM_NL_TOLD(WINVM_NL_A_NUMBER));
}

TEST_F(message, what_is_not_told_is_zero)
{
	struct nlmsghdr *header = begin(self->message, WINVM_NL_CMD_GET_PROCESS);
	struct winvm_nl_process process;

	memset(&process, 0xff, sizeof(process));
	nla_put_u32(self->message, WINVM_NL_A_PID, 1);
	ASSERT_EQ(0, winvm_nl_parse_process(header, &process));
	EXPECT_EQ(WINVM_NL_TOLD(WINVM_NL_A_PID), process.told);
	EXPECT_EQ(0, process.limit_bytes);
	EXPECT_EQ(0, process.comm[0]);
}

TEST_F(message, the_machine)
{
	struct nlmsghdr *header = begin(self->message, WINVM_NL_CMD_GET_SYSTEM);
	struct winvm_nl_system system;

	put(self->message, WINVM_NL_A_SYSTEM_COMMIT_BYTES);
	put(self->message, WINVM_NL_A_PEAK_SYSTEM_COMMIT_BYTES);
	put(self->message, WINVM_NL_A_SYSTEM_LIMIT_BYTES);
	put(self->message, WINVM_NL_A_REFUSED);
	nla_put_u64(self->message, WINVM_NL_A_LIMIT_BYTES, WINVM_NL_NO_LIMIT);
	nla_put_u32(self->message, WINVM_NL_A_NEAR_PERCENT, 90);
	nla_put_u32(self->message, WINVM_NL_A_MEMORY, WINVM_NL_MEMORY_HIGH);
	put(self->message, WINVM_NL_A_AVAILABLE_BYTES);
	put(self->message, WINVM_NL_A_LOW_BYTES);
	put(self->message, WINVM_NL_A_HIGH_BYTES);
	ASSERT_EQ(0, winvm_nl_parse_system(header, &system));
	EXPECT_EQ(VALUE(WINVM_NL_A_SYSTEM_COMMIT_BYTES), system.commit_bytes);
	EXPECT_EQ(VALUE(WINVM_NL_A_PEAK_SYSTEM_COMMIT_BYTES), system.peak_commit_bytes);
	EXPECT_EQ(VALUE(WINVM_NL_A_SYSTEM_LIMIT_BYTES), system.commit_limit_bytes);
	EXPECT_EQ(VALUE(WINVM_NL_A_REFUSED), system.refused);
	EXPECT_EQ(WINVM_NL_NO_LIMIT, system.default_limit_bytes);
	EXPECT_EQ(90, system.near_percent);
	EXPECT_EQ(WINVM_NL_MEMORY_HIGH, system.memory);
	EXPECT_EQ(VALUE(WINVM_NL_A_AVAILABLE_BYTES), system.available_bytes);
	EXPECT_EQ(VALUE(WINVM_NL_A_LOW_BYTES), system.low_bytes);
	EXPECT_EQ(VALUE(WINVM_NL_A_HIGH_BYTES), system.high_bytes);
}

/* The limit of the event is not taken for that of the process. */
TEST_F(message, a_limit_hit)
{
	struct nlmsghdr *header = begin(self->message, WINVM_NL_CMD_LIMIT);
	struct winvm_nl_event event;

	put_event(self->message);
	nla_put_u32(self->message, WINVM_NL_A_PID, 4711);
	nla_put_u32(self->message, WINVM_NL_A_LIMIT, WINVM_NL_LIMIT_JOB);
	nla_put_u8(self->message, WINVM_NL_A_LIMIT_HIT, 1);
	put(self->message, WINVM_NL_A_LIMIT_BYTES);
	put(self->message, WINVM_NL_A_WANTED_BYTES);
	put(self->message, WINVM_NL_A_JOB_ID);
	ASSERT_EQ(0, winvm_nl_parse_event(header, &event));
	EXPECT_EQ(WINVM_NL_CMD_LIMIT, event.command);
	EXPECT_EQ(VALUE(WINVM_NL_A_NUMBER), event.number);
	EXPECT_EQ(VALUE(WINVM_NL_A_LOST), event.lost);
	EXPECT_EQ(VALUE(WINVM_NL_A_TIME), event.time);
	EXPECT_EQ(4711, event.process.pid);
	EXPECT_EQ(WINVM_NL_LIMIT_JOB, event.limit);
	EXPECT_EQ(1, event.hit);
	EXPECT_EQ(VALUE(WINVM_NL_A_LIMIT_BYTES), event.limit_bytes);
	EXPECT_EQ(VALUE(WINVM_NL_A_WANTED_BYTES), event.wanted_bytes);
	EXPECT_EQ(VALUE(WINVM_NL_A_JOB_ID), event.job_id);
	EXPECT_FALSE(event.process.told & WINVM_NL_TOLD(WINVM_NL_A_LIMIT_BYTES));
}

TEST_F(message, memory_is_low)
{
	struct nlmsghdr *header = begin(self->message, WINVM_NL_CMD_MEMORY);
	struct winvm_nl_event event;

	put_event(self->message);
	nla_put_u32(self->message, WINVM_NL_A_MEMORY, WINVM_NL_MEMORY_LOW);
	put(self->message, WINVM_NL_A_AVAILABLE_BYTES);
	put(self->message, WINVM_NL_A_LOW_BYTES);
	put(self->message, WINVM_NL_A_HIGH_BYTES);
	ASSERT_EQ(0, winvm_nl_parse_event(header, &event));
	EXPECT_EQ(WINVM_NL_MEMORY_LOW, event.memory);
	EXPECT_EQ(VALUE(WINVM_NL_A_AVAILABLE_BYTES), event.available_bytes);
	EXPECT_EQ(VALUE(WINVM_NL_A_LOW_BYTES), event.low_bytes);
	EXPECT_EQ(VALUE(WINVM_NL_A_HIGH_BYTES), event.high_bytes);
	EXPECT_EQ(0, event.process.told);
}

TEST_F(message, a_stack_has_ended)
{
	struct nlmsghdr *header = begin(self->message, WINVM_NL_CMD_GUARD);
	struct winvm_nl_event event;

	put_event(self->message);
	put_process(self->message);
	nla_put_u32(self->message, WINVM_NL_A_GUARD, WINVM_NL_GUARD_STACK);
	put(self->message, WINVM_NL_A_ADDRESS);
	ASSERT_EQ(0, winvm_nl_parse_event(header, &event));
	EXPECT_EQ(WINVM_NL_GUARD_STACK, event.guard);
	EXPECT_EQ(VALUE(WINVM_NL_A_ADDRESS), event.address);
	EXPECT_STREQ("a name", event.process.comm);
}

/* Of a later module. */
TEST_F(message, unknown_attributes_are_passed_over)
{
	struct nlmsghdr *header = begin(self->message, WINVM_NL_CMD_GET_PROCESS);
	struct winvm_nl_process process;

	nla_put_u64(self->message, WINVM_NL_A_MAX + 1, 7);
	nla_put_string(self->message, WINVM_NL_A_MAX + 100, "later");
	nla_put_u32(self->message, WINVM_NL_A_PID, 4711);
	ASSERT_EQ(0, winvm_nl_parse_process(header, &process));
	EXPECT_EQ(4711, process.pid);
}

TEST_F(message, a_long_name_is_cut)
{
	struct nlmsghdr *header = begin(self->message, WINVM_NL_CMD_GET_PROCESS);
	struct winvm_nl_process process;
	char name[100];

	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = 0;
	nla_put_string(self->message, WINVM_NL_A_COMM, name);
	ASSERT_EQ(0, winvm_nl_parse_process(header, &process));
	EXPECT_EQ(sizeof(process.comm) - 1, strlen(process.comm));
}

TEST_F(message, a_name_without_an_end_is_refused)
{
	struct nlmsghdr *header = begin(self->message, WINVM_NL_CMD_GET_PROCESS);
	struct winvm_nl_process process;

	nla_put(self->message, WINVM_NL_A_COMM, 4, "name");
	EXPECT_EQ(-EPROTO, winvm_nl_parse_process(header, &process));
}

TEST_F(message, a_number_that_is_too_short_is_refused)
{
	struct nlmsghdr *header = begin(self->message, WINVM_NL_CMD_GET_PROCESS);
	struct winvm_nl_process process;

	nla_put_u8(self->message, WINVM_NL_A_COMMIT_BYTES, 1);
	EXPECT_EQ(-EPROTO, winvm_nl_parse_process(header, &process));
}

TEST_F(message, an_event_without_a_number_is_refused)
{
	struct nlmsghdr *header = begin(self->message, WINVM_NL_CMD_ATTACH);
	struct winvm_nl_event event;

	put_process(self->message);
	EXPECT_EQ(-EPROTO, winvm_nl_parse_event(header, &event));
}

TEST_F(message, one_without_a_header_is_refused)
{
	struct nlmsghdr *header = begin(self->message, WINVM_NL_CMD_ATTACH);
	struct winvm_nl_system system;

	header->nlmsg_len = NLMSG_HDRLEN;
	EXPECT_EQ(-EPROTO, winvm_nl_parse_system(header, &system));
}

/* Each length that a message can be cut to, in memory that ends there. */
TEST_F(message, cut_anywhere)
{
	struct nlmsghdr *header = begin(self->message, WINVM_NL_CMD_LIMIT);
	struct winvm_nl_event event;
	struct nlmsghdr *cut;

	put_event(self->message);
	put_process(self->message);
	for (uint32_t bytes = NLMSG_HDRLEN; bytes < header->nlmsg_len; bytes++) {
		cut = malloc(bytes);
		ASSERT_NE(NULL, cut);
		memcpy(cut, header, bytes);
		cut->nlmsg_len = bytes;
		winvm_nl_parse_event(cut, &event);
		free(cut);
	}
}

/* Bytes of chance, of one seed: nothing but an error may come of them. */
TEST_F(message, random_bytes)
{
	struct winvm_nl_event event;

	srandom(1);
	for (int i = 0; i < 100000; i++) {
		uint32_t bytes = NLMSG_HDRLEN + (uint32_t)random() % 200;
		struct nlmsghdr *header = malloc(bytes);

		ASSERT_NE(NULL, header);
		for (uint32_t at = 0; at < bytes; at++)
			((uint8_t *)header)[at] = (uint8_t)(random() >> (random() & 8));
		header->nlmsg_len = bytes;
		winvm_nl_parse_event(header, &event);
		free(header);
	}
}

static uint64_t missed(struct winvm_nl *nl, uint64_t number, uint64_t lost)
{
	struct winvm_nl_event event = { .number = number, .lost = lost };

	winvm_nl_count_missed(nl, &event);
	return event.missed;
}

TEST(who_hears_all_groups_counts_what_is_missing)
{
	struct winvm_nl nl = { .joined = WINVM_NL_GROUPS };

	EXPECT_EQ(0, missed(&nl, 100, 7));
	EXPECT_EQ(0, missed(&nl, 101, 7));
	EXPECT_EQ(3, missed(&nl, 105, 7));
	EXPECT_EQ(2, missed(&nl, 108, 9));
}

/* Events of other groups are missing, and were not lost. */
TEST(who_hears_some_groups_counts_what_the_module_lost)
{
	struct winvm_nl nl = { .joined = 1 };

	EXPECT_EQ(0, missed(&nl, 100, 7));
	EXPECT_EQ(0, missed(&nl, 105, 7));
	EXPECT_EQ(2, missed(&nl, 108, 9));
}

TEST(overruns_are_told_once)
{
	struct winvm_nl nl = { .joined = 1, .overruns = 2 };
	struct winvm_nl_event event = { .number = 1 };

	winvm_nl_count_missed(&nl, &event);
	EXPECT_EQ(2, event.overruns);
	winvm_nl_count_missed(&nl, &event);
	EXPECT_EQ(0, event.overruns);
}

TEST_HARNESS_MAIN
