// SPDX-License-Identifier: GPL-2.0
/*
 * Handles that nobody should get, and such as do no harm. Who may open a
 * process is Linux' decision; here it is shown that nothing leads around it.
 *
 *   who attacks, and how                               where
 *   another user, a parent, a user namespace's root    who_gets_a_handle
 *   a target that is not dumpable, or more capable     who_gets_a_handle
 *   a setuid program, with and without no_new_privs    who_gets_a_handle
 *   a target that becomes a setuid program meanwhile   exec_*, not_dumpable_any_more
 *   a number that another process has got, a thread's
 *   file, one that stands for another process          attack-files.c
 *   a handle used for more than it was made for        attack-files.c
 *   a caller behind seccomp                            attack-files.c
 *   Yama                                               yama.c
 *   descriptors passed on, forked, kept across exec    holder.c
 *   files that are no process's                        process.c, holder.c
 *   zombies, kernel threads, ended processes           process.c
 */
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "victim.h"

#define SETUID_PLACE   "/tmp/winvm-attack"
#define SETUID_PROGRAM SETUID_PLACE "/program"

FIXTURE(attack)
{
	int device;
	long scope;
};

/* A filesystem that lets this very program be one that runs as root. */
static bool make_setuid_program(void)
{
	mkdir(SETUID_PLACE, 0755);
	return !mount("tmpfs", SETUID_PLACE, "tmpfs", 0, "mode=0755") &&
	       !system("cp /proc/$PPID/exe " SETUID_PROGRAM) && !chmod(SETUID_PROGRAM, 04755);
}

FIXTURE_SETUP(attack)
{
	self->scope = yama_scope();
	ASSERT_TRUE(self->scope < 0 || yama_set(0));
	self->device = raw_open();
	ASSERT_LE(0, self->device);
	ASSERT_TRUE(make_setuid_program());
}

FIXTURE_TEARDOWN(attack)
{
	EXPECT_EQ(0, umount2(SETUID_PLACE, MNT_DETACH));
	close(self->device);
	if (self->scope >= 0)
		yama_set(self->scope);
}

/* Targets */

static bool of_user(int ready, void *uid)
{
	(void)ready;
	return become(*(uid_t *)uid);
}

static bool not_dumpable(int ready, void *uid)
{
	(void)ready;
	return become(*(uid_t *)uid) && !prctl(PR_SET_DUMPABLE, 0);
}

static bool of_another_group(int ready, void *uid)
{
	const uid_t user = *(uid_t *)uid;

	(void)ready;
	return !setresgid(NEIGHBOR, NEIGHBOR, NEIGHBOR) && !setresuid(user, user, user) &&
	       !prctl(PR_SET_DUMPABLE, 1);
}

/* Root's capabilities stay, without root. */
static bool more_capable(int ready, void *uid)
{
	return !prctl(PR_SET_KEEPCAPS, 1) && of_user(ready, uid);
}

static bool become_setuid_program(int ready, void *uid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", ready);
	return become(*(uid_t *)uid) &&
	       execl(SETUID_PROGRAM, "program", "--wait", text, (char *)NULL);
}

static bool become_it_without_privileges(int ready, void *uid)
{
	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) && become_setuid_program(ready, uid);
}

static bool in_user_namespace(int ready, void *uid)
{
	(void)ready;
	return become(*(uid_t *)uid) && !unshare(CLONE_NEWUSER) && !prctl(PR_SET_DUMPABLE, 1);
}

static bool hidden_in_user_namespace(int ready, void *uid)
{
	return in_user_namespace(ready, uid) && !prctl(PR_SET_DUMPABLE, 0);
}

/* Attackers */

enum attacker { ROOT, A_USER, ROOT_OF_A_NAMESPACE };

struct attack {
	enum attacker attacker;
	pid_t target;
};

/* What it gains, 100 when it could not be made. */
static int attack(void *argument)
{
	const struct attack *attack = argument;

	if (attack->attacker != ROOT && !become(USER))
		return 100;
	if (attack->attacker == ROOT_OF_A_NAMESPACE && unshare(CLONE_NEWUSER))
		return 101;
	return gains(attack->target);
}

static const struct {
	const char *name;
	bool (*target)(int ready, void *uid);
	uid_t uid;
	enum attacker attacker;
	int gains;
} attacks[] = {
	{ "root, any", of_user, USER, ROOT, GAINS_EVERYTHING },
	{ "root, not dumpable", not_dumpable, USER, ROOT, GAINS_EVERYTHING },
	{ "root, in a namespace", hidden_in_user_namespace, USER, ROOT, GAINS_EVERYTHING },
	{ "user, his own", of_user, USER, A_USER, GAINS_EVERYTHING },
	{ "user, somebody else's", of_user, NEIGHBOR, A_USER, 0 },
	{ "user, root's", of_user, 0, A_USER, 0 },
	{ "user, of another group", of_another_group, USER, A_USER, 0 },
	{ "user, not dumpable", not_dumpable, USER, A_USER, 0 },
	{ "user, more capable", more_capable, USER, A_USER, 0 },
	{ "user, setuid program", become_setuid_program, USER, A_USER, 0 },
	{ "user, the same with no_new_privs", become_it_without_privileges, USER, A_USER,
	  GAINS_EVERYTHING },
	{ "user, his own in a namespace", in_user_namespace, USER, A_USER, GAINS_EVERYTHING },
	{ "user, his own hidden in a namespace", hidden_in_user_namespace, USER, A_USER, 0 },
	{ "user, somebody else's in a namespace", in_user_namespace, NEIGHBOR, A_USER, 0 },
	{ "namespace's root, his own outside", of_user, USER, ROOT_OF_A_NAMESPACE, 0 },
	{ "namespace's root, somebody else's", of_user, NEIGHBOR, ROOT_OF_A_NAMESPACE, 0 },
	{ "namespace's root, root's", of_user, 0, ROOT_OF_A_NAMESPACE, 0 },
	{ "namespace's root, not dumpable", not_dumpable, USER, ROOT_OF_A_NAMESPACE, 0 },
	{ "namespace's root, setuid program", become_setuid_program, USER, ROOT_OF_A_NAMESPACE, 0 },
	{ "namespace's root, another namespace", in_user_namespace, USER, ROOT_OF_A_NAMESPACE, 0 },
};

TEST_F(attack, who_gets_a_handle)
{
	for (size_t i = 0; i < sizeof(attacks) / sizeof(attacks[0]); i++) {
		uid_t uid = attacks[i].uid;
		struct victim victim = victim_start(attacks[i].target, &uid);
		struct attack one = { attacks[i].attacker, victim.pid };

		ASSERT_LT(0, victim.pid)
		{
			TH_LOG("%s", attacks[i].name);
		}
		EXPECT_EQ(attacks[i].gains, child_run(attack, &one))
		{
			TH_LOG("%s", attacks[i].name);
		}
		victim_end(&victim);
	}
}

/* A process that becomes the setuid program when it is told to. */
struct actor {
	pid_t pid;
	int stage;
};

static struct actor actor_start(const char *act)
{
	struct actor actor;
	int ends[2];
	char byte, text[16];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		return (struct actor){ .pid = -1 };
	actor.pid = fork();
	if (!actor.pid) {
		close(ends[0]);
		snprintf(text, sizeof(text), "%d", ends[1]);
		if (read(ends[1], &byte, 1) == 1)
			execl(SETUID_PROGRAM, "program", act, text, (char *)NULL);
		_exit(99);
	}
	close(ends[1]);
	actor.stage = ends[0];
	return actor;
}

/* Does not wait for it to be another program. */
static bool actor_cue(const struct actor *actor)
{
	return write(actor->stage, "", 1) == 1;
}

static bool actor_has_changed(const struct actor *actor)
{
	char byte;

	return read(actor->stage, &byte, 1) == 1;
}

static void actor_end(const struct actor *actor)
{
	kill(actor->pid, SIGKILL);
	waitpid(actor->pid, NULL, 0);
	close(actor->stage);
}

/* The file was opened when the target was nobody special. */
static int exec_between(void *unused)
{
	struct actor actor;
	int device = raw_open(), mem, environment;

	(void)unused;
	if (!become(USER))
		return 100;
	actor = actor_start("--wait");
	mem = raw_proc_open(actor.pid, "mem", O_RDWR);
	environment = raw_proc_open(actor.pid, "environ", O_RDONLY);
	if (mem < 0 || environment < 0 || !actor_cue(&actor) || !actor_has_changed(&actor))
		return 101;
	if (raw_handle(device, mem, RAW_ALL_RIGHTS) != -1 || errno != ESRCH)
		return 1;
	if (raw_handle(device, environment, WINVM_PROCESS_QUERY_INFORMATION) != -1 ||
	    errno != ESRCH)
		return 2;
	if (gains(actor.pid))
		return 3;
	actor_end(&actor);
	return 0;
}

TEST_F(attack, exec_between_the_file_and_the_handle)
{
	EXPECT_EQ(0, child_run(exec_between, NULL));
}

static int exec_after(void *unused)
{
	struct actor actor;
	int device = raw_open(), handle;
	size_t bytes = 1;
	char *base, byte = 0;

	(void)unused;
	if (!become(USER))
		return 100;
	actor = actor_start("--wait");
	handle = raw_open_process(device, actor.pid);
	base = raw_committed(handle, RAW_PAGE);
	if (handle < 0 || !base || !actor_cue(&actor) || !actor_has_changed(&actor))
		return 101;
	if (raw_new(handle, RAW_PAGE, MEM_RESERVE, PAGE_READWRITE) ||
	    raw_protect(handle, base, 1, PAGE_READONLY) != NT_PROCESS_IS_TERMINATING)
		return 1;
	if (raw_copy(handle, base, &byte, &bytes, WINVM_COPY_WRITE) != NT_PROCESS_IS_TERMINATING ||
	    raw_copy(handle, base, &byte, &bytes, 0) != NT_PROCESS_IS_TERMINATING)
		return 2;
	actor_end(&actor);
	return 0;
}

TEST_F(attack, exec_when_there_is_a_handle)
{
	EXPECT_EQ(0, child_run(exec_after, NULL));
}

/* Opens, allocates and writes as fast as it can, until the target says that it is over. */
static unsigned long hammer(int device, const struct actor *actor)
{
	unsigned long opened = 0;
	size_t bytes;
	char byte = 1, *base;

	do {
		int handle = raw_open_process(device, actor->pid);

		if (handle < 0)
			continue;
		opened++;
		base = raw_committed(handle, RAW_PAGE);
		bytes = 1;
		raw_copy(handle, base, &byte, &bytes, WINVM_COPY_WRITE);
		close(handle);
	} while (recv(actor->stage, &byte, 1, MSG_DONTWAIT) != 1);
	return opened;
}

/* The programs look for what was done to them: 0 if nothing was, in none. */
static int exec_races(void *rounds)
{
	unsigned long opened = 0;
	int device, status;

	if (!become(USER))
		return 100;
	device = raw_open();
	for (unsigned long i = *(unsigned long *)rounds; i; i--) {
		struct actor actor = actor_start("--judge");

		if (!actor_cue(&actor))
			return 101;
		opened += hammer(device, &actor);
		if (waitpid(actor.pid, &status, 0) != actor.pid || status)
			return 1;
		close(actor.stage);
	}
	/* It has been a race. */
	return opened ? 0 : 2;
}

TEST_F_TIMEOUT(attack, exec_races_with_calls, 900)
{
	unsigned long rounds = proc_rounds("ATTACK", 50);

	EXPECT_EQ(0, child_run(exec_races, &rounds));
}

/* As with /proc/PID/mem itself: what is open stays open, and nothing new opens. */
static int hides_later(void *unused)
{
	uid_t uid = USER;
	struct victim victim;
	int device = raw_open(), handle;

	(void)unused;
	victim = victim_start(not_dumpable, &uid);
	handle = raw_open_process(device, victim.pid);
	if (!become(USER))
		return 100;
	if (raw_state(handle, (void *)0x10000) != MEM_FREE)
		return 1;
	return gains(victim.pid) ? 2 : 0;
}

TEST_F(attack, not_dumpable_any_more)
{
	EXPECT_EQ(0, child_run(hides_later, NULL));
}

/* As the setuid program: has anybody allocated in it? 0: no. */
static int judge(int stage)
{
	int device = raw_open(), touched = geteuid() ? 2 : 0;

	for (int look = 0; look < 20; look++) {
		usleep(500);
		touched |= raw_counters(device).vads != 0;
	}
	return write(stage, "", 1) == 1 ? touched : 3;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--wait"))
		victim_wait(atoi(argv[2]));
	if (argc == 3 && !strcmp(argv[1], "--judge"))
		return judge(atoi(argv[2]));
	return test_harness_run(argc, argv);
}
