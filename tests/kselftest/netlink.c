// SPDX-License-Identifier: GPL-2.0
/*
 * The generic netlink family: what it tells, to whom, and what it refuses. The
 * argument says how many messages are sent that are none, 5000 without it.
 */
#include <sys/syscall.h>

#include "genl.h"
#include "victim.h"

#define CROWD 100
#define ROOM  400

static struct genl_told told[ROOM];

static struct genl_dump all(struct genl *genl)
{
	struct genl_dump dump = { .told = told, .room = ROOM };

	genl_dump(genl, &dump);
	return dump;
}

/* Uses the module, with a page of memory. */
static bool use(int ready, void *unused)
{
	(void)ready;
	(void)unused;
	return raw_committed(raw_open(), RAW_PAGE);
}

static bool use_as(int ready, void *uid)
{
	return become(*(uid_t *)uid) && use(ready, NULL);
}

static bool use_hidden(int ready, void *uid)
{
	return use_as(ready, uid) && !prctl(PR_SET_DUMPABLE, 0);
}

/* Descriptors close and processes die; the module hears of it a little later. */
static bool gone(struct genl *genl, pid_t pid)
{
	for (int tries = 0; tries < 2000; tries++) {
		if (genl_get(genl, (uint32_t)pid, NULL) == -ESRCH)
			return true;
		usleep(10000);
	}
	return false;
}

FIXTURE(netlink)
{
	struct genl genl;
	int device;
};

FIXTURE_SETUP(netlink)
{
	self->genl = genl_open();
	ASSERT_LE(0, self->genl.fd);
	self->device = raw_open();
	ASSERT_LE(0, self->device);
}

FIXTURE_TEARDOWN(netlink)
{
	raw_release_everything(self->device);
	close(self->device);
	close(self->genl.fd);
}

TEST_F(netlink, tells_what_the_calls_tell)
{
	char *base = raw_reserve(self->device, RAW_MB);
	struct winvm_counters counters;
	struct genl_told own;

	ASSERT_NE(NULL, base);
	ASSERT_EQ(0, raw_commit(self->device, base, 5 * RAW_PAGE, PAGE_READWRITE));
	ASSERT_NE(NULL, raw_committed(self->device, 3 * RAW_PAGE));
	ASSERT_EQ(0, raw_decommit(self->device, base, RAW_PAGE));
	ASSERT_EQ(0, genl_get(&self->genl, (uint32_t)getpid(), &own));
	counters = raw_counters(self->device);
	EXPECT_EQ(WINVM_NL_CMD_GET_PROCESS, own.command);
	EXPECT_EQ(getpid(), own.number[WINVM_NL_A_PID]);
	EXPECT_EQ(getuid(), own.number[WINVM_NL_A_UID]);
	EXPECT_STREQ("netlink", own.comm);
	EXPECT_EQ(RAW_MB + 3 * RAW_PAGE, own.number[WINVM_NL_A_VIRTUAL_BYTES]);
	EXPECT_EQ(7 * RAW_PAGE, own.number[WINVM_NL_A_COMMIT_BYTES]);
	EXPECT_EQ(8 * RAW_PAGE, own.number[WINVM_NL_A_PEAK_COMMIT_BYTES]);
	EXPECT_EQ(counters.peak_virtual_bytes, own.number[WINVM_NL_A_PEAK_VIRTUAL_BYTES]);
	EXPECT_EQ(counters.bookkeeping_bytes, own.number[WINVM_NL_A_BOOKKEEPING_BYTES]);
	EXPECT_EQ(2, own.number[WINVM_NL_A_ALLOCATIONS]);
	EXPECT_LT(100 * 1024, own.number[WINVM_NL_A_RESIDENT_BYTES]);
	EXPECT_NE(0, own.number[WINVM_NL_A_PROCESS_ID]);
}

TEST_F(netlink, opening_again_is_the_same_process)
{
	int second = raw_open();
	struct genl_told before, after;

	ASSERT_NE(NULL, raw_committed(self->device, RAW_PAGE));
	ASSERT_EQ(0, genl_get(&self->genl, (uint32_t)getpid(), &before));
	close(second);
	ASSERT_EQ(0, genl_get(&self->genl, (uint32_t)getpid(), &after));
	EXPECT_EQ(before.number[WINVM_NL_A_PROCESS_ID], after.number[WINVM_NL_A_PROCESS_ID]);
}

TEST_F(netlink, who_is_gone_is_not_told)
{
	struct victim victim = victim_start(use, NULL);

	ASSERT_LT(0, victim.pid);
	EXPECT_EQ(0, genl_get(&self->genl, (uint32_t)victim.pid, NULL));
	victim_end(&victim);
	EXPECT_TRUE(gone(&self->genl, victim.pid));
	/* Without memory the last descriptor is the end. */
	close(self->device);
	EXPECT_TRUE(gone(&self->genl, getpid()));
	self->device = raw_open();
	EXPECT_EQ(0, genl_get(&self->genl, (uint32_t)getpid(), NULL));
}

/* Messages have room for a part of them only. */
TEST_F(netlink, a_dump_has_everybody_once)
{
	struct victim crowd[CROWD];
	struct genl_dump dump;

	for (int i = 0; i < CROWD; i++)
		crowd[i] = victim_start(use, NULL);
	dump = all(&self->genl);
	EXPECT_EQ(0, dump.error);
	for (int i = 0; i < CROWD; i++) {
		EXPECT_EQ(1, genl_dump_has(&dump, WINVM_NL_A_PID, (uint64_t)crowd[i].pid));
		victim_end(&crowd[i]);
	}
	EXPECT_EQ(1, genl_dump_has(&dump, WINVM_NL_A_PID, (uint64_t)getpid()));
	for (size_t i = 1; i < dump.count; i++)
		EXPECT_LT(dump.told[i - 1].number[WINVM_NL_A_PROCESS_ID],
			  dump.told[i].number[WINVM_NL_A_PROCESS_ID]);
}

/* Every other one dies between two messages; those that stay are told once. */
TEST_F(netlink, a_dump_amid_changes_misses_nobody_and_says_so)
{
	struct genl_dump dump = { .told = told, .room = ROOM };
	struct victim crowd[CROWD];

	for (int i = 0; i < CROWD; i++)
		crowd[i] = victim_start(use, NULL);
	ASSERT_EQ(0, genl_dump_begin(&self->genl));
	genl_dump_more(&self->genl, &dump);
	ASSERT_FALSE(dump.done);
	for (int i = 0; i < CROWD; i += 2)
		victim_end(&crowd[i]);
	while (!dump.done)
		genl_dump_more(&self->genl, &dump);
	EXPECT_EQ(0, dump.error);
	EXPECT_TRUE(dump.interrupted);
	for (int i = 1; i < CROWD; i += 2) {
		EXPECT_EQ(1, genl_dump_has(&dump, WINVM_NL_A_PID, (uint64_t)crowd[i].pid));
		victim_end(&crowd[i]);
	}
}

/* What a process sees of another, through a socket of its own or one it was given (-1). */
struct look {
	uid_t uid;
	pid_t pid;
	struct genl *given;
};

static int look_at(void *argument)
{
	struct look *look = argument;
	struct genl genl = { .fd = -1 };
	struct genl_dump dump;
	int err;

	if (look->uid && !become(look->uid))
		return 100;
	genl = look->given ? *look->given : genl_open();
	if (genl.fd < 0)
		return 101;
	err = genl_get(&genl, (uint32_t)look->pid, NULL);
	dump = all(&genl);
	if (dump.error || (err && err != -ESRCH))
		return 102;
	return (err ? 0 : 1) + 2 * genl_dump_has(&dump, WINVM_NL_A_PID, (uint64_t)look->pid);
}

static int seen_by(uid_t uid, pid_t pid, struct genl *given)
{
	struct look look = { uid, pid, given };

	return child_run(look_at, &look);
}

TEST_F(netlink, other_users_are_hidden)
{
	uid_t uid = USER;
	struct victim victim = victim_start(use_as, &uid);

	ASSERT_LT(0, victim.pid);
	EXPECT_EQ(3, seen_by(0, victim.pid, NULL));
	EXPECT_EQ(3, seen_by(USER, victim.pid, NULL));
	EXPECT_EQ(0, seen_by(NEIGHBOR, victim.pid, NULL));
	EXPECT_EQ(0, seen_by(USER, getpid(), NULL));
	victim_end(&victim);
}

TEST_F(netlink, who_cannot_be_dumped_is_hidden_from_its_own_user)
{
	uid_t uid = USER;
	struct victim victim = victim_start(use_hidden, &uid);

	ASSERT_LT(0, victim.pid);
	EXPECT_EQ(3, seen_by(0, victim.pid, NULL));
	EXPECT_EQ(0, seen_by(USER, victim.pid, NULL));
	victim_end(&victim);
}

/* A socket of root's gives a user nothing more. */
TEST_F(netlink, who_asks_counts)
{
	uid_t uid = NEIGHBOR;
	struct victim victim = victim_start(use_as, &uid);

	ASSERT_LT(0, victim.pid);
	EXPECT_EQ(3, seen_by(0, victim.pid, &self->genl));
	EXPECT_EQ(0, seen_by(USER, victim.pid, &self->genl));
	victim_end(&victim);
}

static int look_with_users_socket(void *argument)
{
	struct look *look = argument;
	struct genl genl;

	if (setresuid(USER, USER, 0))
		return 100;
	genl = genl_open();
	if (setresuid(0, 0, 0))
		return 101;
	look->given = &genl;
	return look_at(look);
}

/* Root that asks by a user's socket might be read along by that user. */
TEST_F(netlink, who_opened_the_socket_counts)
{
	struct look look = { .uid = 0 };
	uid_t uid = NEIGHBOR;
	struct victim victim = victim_start(use_as, &uid);

	ASSERT_LT(0, victim.pid);
	look.pid = victim.pid;
	EXPECT_EQ(0, child_run(look_with_users_socket, &look));
	victim_end(&victim);
}

/* In a PID namespace of its own: it is its first process, and alone. */
static int look_around(void *outside)
{
	struct genl genl = genl_open();
	struct genl_dump dump;
	struct genl_told own;

	if (genl.fd < 0 || !use(-1, NULL) || getpid() != 1)
		return 100;
	if (genl_get(&genl, 1, &own) || own.number[WINVM_NL_A_PID] != 1)
		return 101;
	if (genl_get(&genl, (uint32_t) * (pid_t *)outside, NULL) != -ESRCH)
		return 102;
	dump = all(&genl);
	return dump.count == 1 && dump.told[0].number[WINVM_NL_A_PID] == 1 ? 0 : 103;
}

static int look_from_a_namespace(void *outside)
{
	return unshare(CLONE_NEWPID) ? 104 : child_run(look_around, outside);
}

TEST_F(netlink, pid_namespaces_hide_what_is_outside)
{
	pid_t own = getpid();

	ASSERT_NE(NULL, raw_committed(self->device, RAW_PAGE));
	EXPECT_EQ(0, child_run(look_from_a_namespace, &own));
}

/* Its numbers from outside are others. */
static bool use_in_a_namespace(int ready, void *unused)
{
	pid_t child;

	if (unshare(CLONE_NEWPID))
		return false;
	child = fork();
	if (!child) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (use(ready, unused))
			victim_wait(ready);
		_exit(1);
	}
	for (;;)
		pause();
}

TEST_F(netlink, those_in_a_pid_namespace_are_seen_from_outside)
{
	size_t before = all(&self->genl).count;
	struct victim victim = victim_start(use_in_a_namespace, NULL);
	struct genl_dump dump = all(&self->genl);

	EXPECT_EQ(before + 1, dump.count);
	EXPECT_EQ(0, genl_dump_has(&dump, WINVM_NL_A_PID, 1));
	victim_end(&victim);
}

/* In a network namespace the family is the same. */
static int look_from_another_net(void *argument)
{
	return unshare(CLONE_NEWNET) ? 104 : look_at(argument);
}

TEST_F(netlink, network_namespaces_make_no_difference)
{
	struct look look = { .pid = getpid() };

	if (!genl_net_namespaces())
		SKIP(return, "this kernel has no network namespaces");
	EXPECT_EQ(3, child_run(look_from_another_net, &look));
}

static int refusal(struct genl *genl, uint8_t command, uint16_t type, const void *data,
		   size_t bytes)
{
	struct genl_request request;

	genl_begin(&request, genl->family, command, 0);
	if (type)
		genl_add(&request, type, data, bytes);
	return genl_ask(genl, &request, NULL);
}

TEST_F(netlink, refuses_what_it_does_not_know)
{
	struct genl_request request;
	uint32_t pid = (uint32_t)getpid(), none = 0;
	uint64_t wide = pid;

	EXPECT_EQ(-EOPNOTSUPP, refusal(&self->genl, 0, 0, NULL, 0));
	EXPECT_EQ(-EOPNOTSUPP, refusal(&self->genl, WINVM_NL_CMD_MAX + 1, 0, NULL, 0));
	EXPECT_EQ(-EINVAL, refusal(&self->genl, WINVM_NL_CMD_GET_PROCESS, 0, NULL, 0));
	EXPECT_EQ(-EINVAL, refusal(&self->genl, WINVM_NL_CMD_GET_PROCESS, WINVM_NL_A_UID, &pid, 4));
	EXPECT_EQ(-EINVAL, refusal(&self->genl, WINVM_NL_CMD_GET_PROCESS, 200, &pid, 4));
	EXPECT_EQ(-EINVAL, refusal(&self->genl, WINVM_NL_CMD_GET_PROCESS, WINVM_NL_A_PID, &pid, 2));
	EXPECT_EQ(-ERANGE,
		  refusal(&self->genl, WINVM_NL_CMD_GET_PROCESS, WINVM_NL_A_PID, &none, 4));
	EXPECT_EQ(-EINVAL,
		  refusal(&self->genl, WINVM_NL_CMD_GET_PROCESS, WINVM_NL_A_PID, &wide, 8));
	genl_begin(&request, self->genl.family, WINVM_NL_CMD_GET_PROCESS, 0);
	genl_add(&request, WINVM_NL_A_PID, &pid, sizeof(pid));
	request.genl.reserved = 1;
	EXPECT_EQ(-EINVAL, genl_ask(&self->genl, &request, NULL));
	genl_begin(&request, self->genl.family, WINVM_NL_CMD_GET_PROCESS, NLM_F_DUMP);
	genl_add(&request, WINVM_NL_A_PID, &pid, sizeof(pid));
	EXPECT_EQ(-EINVAL, genl_ask(&self->genl, &request, NULL));
	genl_begin(&request, self->genl.family, WINVM_NL_CMD_GET_PROCESS, 0);
	request.header.nlmsg_len = NLMSG_HDRLEN + 2;
	EXPECT_EQ(-EINVAL, genl_ask(&self->genl, &request, NULL));
}

/* A dump that nobody reads to its end goes with its socket. */
TEST_F(netlink, a_dump_may_be_left)
{
	struct victim crowd[CROWD / 4];
	struct genl other = genl_open();

	for (int i = 0; i < CROWD / 4; i++)
		crowd[i] = victim_start(use, NULL);
	ASSERT_EQ(0, genl_dump_begin(&other));
	close(other.fd);
	for (int i = 0; i < CROWD / 4; i++)
		victim_end(&crowd[i]);
}

#define LONG 100000

static unsigned long rounds = 5000;
static uint64_t dice = 0x9e3779b97f4a7c15;

/* xorshift64* */
static uint64_t roll(void)
{
	dice ^= dice >> 12;
	dice ^= dice << 25;
	dice ^= dice >> 27;
	return dice * UINT64_C(2685821657736338717);
}

/* Any; but in a short run none that sets what the tests after it would find. */
static uint8_t some_command(void)
{
	uint8_t command = (uint8_t)(roll() % (WINVM_NL_CMD_MAX + 2));

	return command == WINVM_NL_CMD_SET_SYSTEM && rounds < LONG ? WINVM_NL_CMD_GET_SYSTEM :
								      command;
}

/* A request as it should be, bent in some places, and as long as it may be. */
static size_t bend(struct genl_request *request, uint16_t family)
{
	uint8_t *bytes = (uint8_t *)request;
	uint64_t number = roll();
	size_t length;

	genl_begin(request, family, some_command(), roll() % 3 ? 0 : NLM_F_DUMP);
	for (uint64_t i = roll() % 6; i; i--)
		genl_add(request, (uint16_t)(roll() % (WINVM_NL_A_MAX + 4)), &number, roll() % 9);
	length = request->header.nlmsg_len;
	for (uint64_t i = roll() % 4; i; i--)
		bytes[NLMSG_HDRLEN + roll() % (length - NLMSG_HDRLEN)] = (uint8_t)roll();
	if (!(roll() % 4))
		request->header.nlmsg_len = (uint32_t)(roll() % (length + 8));
	return roll() % 4 ? length : NLMSG_HDRLEN + roll() % (length - NLMSG_HDRLEN);
}

TEST_F_TIMEOUT(netlink, survives_messages_that_are_none, 1700)
{
	const uint64_t no_limit = UINT64_MAX;
	struct genl_request request;
	char answer[16384];

	for (unsigned long i = 0; i < rounds; i++) {
		size_t length = bend(&request, self->genl.family);

		send(self->genl.fd, &request, length, 0);
		while (recv(self->genl.fd, answer, sizeof(answer), MSG_DONTWAIT) > 0)
			;
	}
	while (recv(self->genl.fd, answer, sizeof(answer), MSG_DONTWAIT) > 0 || errno == ENOBUFS)
		;
	EXPECT_EQ(0, genl_get(&self->genl, (uint32_t)getpid(), NULL));
	/* One of them may have been sound, and set what newcomers may commit. */
	genl_begin(&request, self->genl.family, WINVM_NL_CMD_SET_LIMIT, NLM_F_ACK);
	genl_add(&request, WINVM_NL_A_LIMIT_BYTES, &no_limit, sizeof(no_limit));
	EXPECT_EQ(0, genl_ask(&self->genl, &request, NULL));
}

int main(int argc, char **argv)
{
	if (argc == 2)
		rounds = strtoul(argv[1], NULL, 10);
	return test_harness_run(argc, argv);
}
