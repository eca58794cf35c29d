// SPDX-License-Identifier: GPL-2.0
/*
 * What the generic netlink family tells without being asked: who hears it, in
 * which order, and what is lost when somebody does not listen.
 */
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "genl.h"
#include "victim.h"

/* Each is two events. */
#define CROWD	  1000
#define LISTENERS 3

static bool use(int ready, void *unused)
{
	(void)ready;
	(void)unused;
	return raw_committed(raw_open(), 3 * RAW_PAGE);
}

static int join(const struct genl *genl)
{
	return setsockopt(genl->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &genl->group,
			  sizeof(genl->group)) ?
		       -errno :
		       0;
}

/* fd -1 on failure. @bytes: how much may wait. */
static struct genl listener(int bytes)
{
	struct genl genl = genl_open();

	if (genl.fd >= 0 &&
	    (setsockopt(genl.fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) ||
	     join(&genl))) {
		close(genl.fd);
		genl.fd = -1;
	}
	return genl;
}

/* The next event; command 0 when none comes in time. */
static struct genl_told hear(struct genl *genl)
{
	char buffer[8192] __attribute__((aligned(8)));
	ssize_t length = genl_receive(genl, buffer, sizeof(buffer));

	if (length < (ssize_t)sizeof(struct nlmsghdr))
		return (struct genl_told){ .command = 0 };
	return genl_read((const struct nlmsghdr *)buffer);
}

/* The next one about a process; what comes before it is passed over. */
static struct genl_told hear_of(struct genl *genl, pid_t pid)
{
	struct genl_told told;

	do
		told = hear(genl);
	while (told.command && told.number[WINVM_NL_A_PID] != (uint64_t)pid);
	return told;
}

FIXTURE(events)
{
	struct genl genl;
};

FIXTURE_SETUP(events)
{
	self->genl = listener(1 << 20);
	ASSERT_LE(0, self->genl.fd);
}

FIXTURE_TEARDOWN(events)
{
	close(self->genl.fd);
}

TEST_F(events, a_process_comes_and_goes)
{
	struct victim victim = victim_start(use, NULL);
	struct genl_told came, went;

	ASSERT_LT(0, victim.pid);
	came = hear_of(&self->genl, victim.pid);
	EXPECT_EQ(WINVM_NL_CMD_ATTACH, came.command);
	victim_end(&victim);
	went = hear_of(&self->genl, victim.pid);
	EXPECT_EQ(WINVM_NL_CMD_EXIT, went.command);
	EXPECT_EQ(came.number[WINVM_NL_A_NUMBER] + 1, went.number[WINVM_NL_A_NUMBER]);
	EXPECT_EQ(came.number[WINVM_NL_A_PROCESS_ID], went.number[WINVM_NL_A_PROCESS_ID]);
	EXPECT_LT(came.number[WINVM_NL_A_TIME], went.number[WINVM_NL_A_TIME]);
	EXPECT_STREQ("netlink-events", went.comm);
	EXPECT_EQ(0, went.number[WINVM_NL_A_UID]);
	EXPECT_EQ(3 * RAW_PAGE, went.number[WINVM_NL_A_PEAK_COMMIT_BYTES]);
}

/* Its address space is another one then. */
TEST_F(events, exec_is_an_end)
{
	struct child child = child_start(0);
	int device = raw_open(), handle;

	ASSERT_LT(0, child.pid);
	/* The child is made to use the module by its parent. */
	handle = raw_open_process(device, child.pid);
	ASSERT_LE(0, handle);
	EXPECT_EQ(WINVM_NL_CMD_ATTACH, hear_of(&self->genl, child.pid).command);
	child_exec(&child);
	EXPECT_EQ(WINVM_NL_CMD_EXIT, hear_of(&self->genl, child.pid).command);
	child_kill(&child);
	close(handle);
	close(device);
}

TEST_F(events, closing_the_device_unused_is_an_end)
{
	struct genl_told came, went;

	close(raw_open());
	came = hear_of(&self->genl, getpid());
	went = hear_of(&self->genl, getpid());
	EXPECT_EQ(WINVM_NL_CMD_ATTACH, came.command);
	EXPECT_EQ(WINVM_NL_CMD_EXIT, went.command);
	EXPECT_EQ(came.number[WINVM_NL_A_PROCESS_ID], went.number[WINVM_NL_A_PROCESS_ID]);
}

/* How many events come from where a listener is on, without one missing; -1 if one is. */
static long hear_all(struct genl *genl, long wanted)
{
	struct genl_told told = hear(genl);
	uint64_t next = told.number[WINVM_NL_A_NUMBER], lost = told.number[WINVM_NL_A_LOST];
	long heard = 0;

	for (; told.command; told = hear(genl)) {
		if (told.number[WINVM_NL_A_NUMBER] != next++ ||
		    told.number[WINVM_NL_A_LOST] != lost)
			return -1;
		if (++heard == wanted)
			break;
	}
	return heard;
}

/* Processes of a moment, without the cost of one. */
static void crowd_passes(void)
{
	for (int i = 0; i < CROWD; i++)
		close(raw_open());
}

/* Hears on in a process of its own, while the events come. */
static int hear_crowd(void *listener)
{
	return hear_all(listener, 2 * CROWD) == 2 * CROWD ? 0 : 1;
}

TEST_F(events, who_does_not_listen_takes_nothing_from_others)
{
	struct genl good[LISTENERS - 1], deaf = listener(4096);
	pid_t hearers[LISTENERS - 1];
	struct genl_told first, last;
	uint64_t heard = 0;
	int status;

	ASSERT_LE(0, deaf.fd);
	for (int i = 0; i < LISTENERS - 1; i++) {
		good[i] = listener(8 << 20);
		ASSERT_LE(0, good[i].fd);
		hearers[i] = fork();
		if (!hearers[i])
			_exit(hear_crowd(&good[i]));
	}
	crowd_passes();
	for (int i = 0; i < LISTENERS - 1; i++) {
		ASSERT_EQ(hearers[i], waitpid(hearers[i], &status, 0));
		EXPECT_EQ(0, status);
		close(good[i].fd);
	}
	/* It is told that it missed something, and by the numbers how much. */
	EXPECT_EQ(-ENOBUFS, genl_receive(&deaf, &first, sizeof(first)));
	first = last = hear(&deaf);
	setsockopt(deaf.fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){ .tv_usec = 1000 },
		   sizeof(struct timeval));
	for (struct genl_told told = first; told.command; told = hear(&deaf)) {
		last = told;
		heard++;
	}
	EXPECT_LT(heard, 2 * CROWD);
	close(raw_open());
	first = hear(&deaf);
	while (!first.command)
		first = hear(&deaf);
	EXPECT_LE(2 * CROWD - heard,
		  first.number[WINVM_NL_A_NUMBER] - last.number[WINVM_NL_A_NUMBER] - 1);
	close(deaf.fd);
}

static int may_join(void *uid)
{
	struct genl genl;

	if (!become(*(uid_t *)uid))
		return 100;
	genl = genl_open();
	return genl.fd < 0 ? 101 : -join(&genl);
}

TEST_F(events, users_may_not_listen)
{
	uid_t user = USER, root = 0;

	EXPECT_EQ(EPERM, child_run(may_join, &user));
	EXPECT_EQ(0, child_run(may_join, &root));
}

/* A user's own namespaces: what happens in them, and nothing from outside. */
static int listen_in_a_namespace(void *argument)
{
	const int *ends = argument;
	struct genl_told told;
	struct genl genl;
	char byte = 1;

	if (!become(USER) || unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return 100;
	genl = genl_open();
	if (genl.fd < 0 || join(&genl))
		return 101;
	/* Something happens outside. */
	if (write(ends[1], &byte, 1) != 1 || read(ends[2], &byte, 1) != 1)
		return 102;
	close(raw_open());
	told = hear(&genl);
	if (told.command != WINVM_NL_CMD_ATTACH || told.number[WINVM_NL_A_NUMBER] != 1)
		return 103;
	return told.number[WINVM_NL_A_PID] == (uint64_t)getpid() ? 0 : 104;
}

static int happen_outside(const int *ends)
{
	char byte;

	if (read(ends[0], &byte, 1) != 1)
		return -1;
	close(raw_open());
	return write(ends[3], &byte, 1) == 1 ? 0 : -1;
}

TEST_F(events, network_namespaces_hear_of_their_own)
{
	int ends[4], status;
	pid_t pid;

	if (!genl_net_namespaces())
		SKIP(return, "this kernel has no network namespaces");
	ASSERT_EQ(0, pipe(ends));
	ASSERT_EQ(0, pipe(ends + 2));
	pid = fork();
	if (!pid)
		_exit(listen_in_a_namespace(ends));
	close(ends[1]);
	close(ends[2]);
	EXPECT_EQ(0, happen_outside(ends));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status >> 8);
	/* The first one hears of both. */
	EXPECT_EQ(WINVM_NL_CMD_ATTACH, hear_of(&self->genl, getpid()).command);
	EXPECT_EQ(WINVM_NL_CMD_ATTACH, hear_of(&self->genl, pid).command);
	close(ends[0]);
	close(ends[3]);
}

/* Root from outside in a network namespace of a user's is not that user's business. */
static int use_in_users_net(void *argument)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", *(pid_t *)argument);
	fd = open(path, O_RDONLY);
	if (fd < 0 || setns(fd, CLONE_NEWNET))
		return 100;
	close(raw_open());
	return 0;
}

struct quiet {
	int go, done;
};

static int hear_nothing(struct quiet *quiet)
{
	struct genl genl;
	char byte = 1;

	if (!become(USER) || unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return 100;
	genl = genl_open();
	if (genl.fd < 0 || join(&genl))
		return 101;
	if (write(quiet->go, &byte, 1) != 1 || read(quiet->done, &byte, 1) != 1)
		return 102;
	close(raw_open());
	return hear(&genl).number[WINVM_NL_A_PID] == (uint64_t)getpid() ? 0 : 103;
}

TEST_F(events, who_rules_the_network_hears_of_its_subjects_only)
{
	int go[2], done[2], status;
	struct quiet quiet;
	char byte;
	pid_t pid;

	if (!genl_net_namespaces())
		SKIP(return, "this kernel has no network namespaces");
	ASSERT_EQ(0, pipe(go));
	ASSERT_EQ(0, pipe(done));
	quiet = (struct quiet){ go[1], done[0] };
	pid = fork();
	if (!pid)
		_exit(hear_nothing(&quiet));
	close(go[1]);
	close(done[0]);
	ASSERT_EQ(1, read(go[0], &byte, 1));
	EXPECT_EQ(0, child_run(use_in_users_net, &pid));
	ASSERT_EQ(1, write(done[1], &byte, 1));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status >> 8);
	close(go[0]);
	close(done[1]);
}

/* The module of the kernel that runs, beside this program; -1 if it is not there. */
static int module_file(void)
{
	char path[4096], file[4096 + 128];
	struct utsname kernel;
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	if (length < 0 || uname(&kernel))
		return -1;
	path[length] = 0;
	*strrchr(path, '/') = 0;
	snprintf(file, sizeof(file), "%s/../module/%s/winvm.ko", path, kernel.release);
	return open(file, O_RDONLY | O_CLOEXEC);
}

static bool unload(void)
{
	for (int tries = 0; tries < 1000; tries++) {
		if (!syscall(SYS_delete_module, "winvm", O_NONBLOCK))
			return true;
		usleep(10000);
	}
	return false;
}

TEST_F(events, the_module_goes_while_somebody_listens)
{
	int module = module_file();
	struct genl asker = genl_open();

	if (module < 0)
		SKIP(return, "winvm.ko of this kernel is not beside the tests");
	close(raw_open());
	ASSERT_TRUE(unload());
	EXPECT_EQ(-ENOENT, genl_get(&asker, (uint32_t)getpid(), NULL));
	close(asker.fd);
	ASSERT_EQ(0, syscall(SYS_finit_module, module, "", 0));
	close(module);
	close(self->genl.fd);
	self->genl = listener(1 << 20);
	ASSERT_LE(0, self->genl.fd);
	close(raw_open());
	EXPECT_EQ(WINVM_NL_CMD_ATTACH, hear_of(&self->genl, getpid()).command);
}

TEST_HARNESS_MAIN
