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
 *   a number that another process has got              pid_reuse
 *   a file that stands for another process             mounts, a_file_of_somebody_else
 *   a thread's file                                    threads
 *   a handle used for more than it was made for        handle_*
 *   a caller behind seccomp                            seccomp
 *   Yama                                               yama.c
 *   descriptors passed on, forked, kept across exec    holder.c
 *   files that are no process's                        process.c, holder.c
 *   zombies, kernel threads, ended processes           process.c
 */
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "device.h"
#include "victim.h"

#define SETUID_PLACE "/tmp/winvm-attack"
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

		ASSERT_LT(0, victim.pid) {
			TH_LOG("%s", attacks[i].name);
		}
		EXPECT_EQ(attacks[i].gains, child_run(attack, &one)) {
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

/* A child with this very number. */
static pid_t fork_as(pid_t pid)
{
	struct clone_args args = {
		.exit_signal = SIGCHLD,
		.set_tid = (uintptr_t)&pid,
		.set_tid_size = 1,
	};

	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

TEST_F(attack, pid_reuse)
{
	struct child child = child_start(0);
	int file = raw_proc_open(child.pid, "mem", O_RDWR);
	int handle = raw_open_process(self->device, child.pid);
	pid_t again;

	ASSERT_LE(0, file);
	ASSERT_LE(0, handle);
	child_kill(&child);
	again = fork_as(child.pid);
	if (!again)
		for (;;)
			pause();
	ASSERT_EQ(child.pid, again);
	EXPECT_EQ(-1, raw_handle(self->device, file, RAW_ALL_RIGHTS));
	EXPECT_EQ(ESRCH, errno);
	EXPECT_EQ(NULL, raw_reserve(handle, RAW_PAGE));
	EXPECT_EQ(NT_PROCESS_IS_TERMINATING, raw_release(handle, (void *)0x10000));
	kill(again, SIGKILL);
	waitpid(again, NULL, 0);
}

/* Another file at the place of mem: 0 if it gives nothing, or what its own process is. */
static int mounted_over(void *unused)
{
	struct child child = child_start(0), other = child_start(0);
	char from[32], to[32];
	int device = raw_open(), handle;

	(void)unused;
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return 100;
	snprintf(from, sizeof(from), "/proc/%d/mem", other.pid);
	snprintf(to, sizeof(to), "/proc/%d/mem", child.pid);
	if (mount(from, to, NULL, MS_BIND, NULL))
		return 101;
	/* The name says one process, the file is the other's: so is the handle. */
	handle = raw_open_process(device, child.pid);
	if (handle < 0 || !raw_reserve(handle, RAW_PAGE) || raw_counters(handle).vads != 1)
		return 1;
	child_kill(&child);
	if (!raw_reserve(handle, RAW_PAGE))
		return 2;
	child_kill(&other);
	if (raw_reserve(handle, RAW_PAGE))
		return 3;
	/* A /proc that is none. */
	if (mount("tmpfs", "/proc", "tmpfs", 0, NULL) || mkdir("/proc/1", 0755) ||
	    close(open("/proc/1/mem", O_CREAT | O_RDWR, 0600)))
		return 102;
	return raw_open_process(device, 1) != -1 || errno != EINVAL ? 4 : 0;
}

TEST_F(attack, mounts)
{
	EXPECT_EQ(0, child_run(mounted_over, NULL));
}

static int offer_own_memory(int socket)
{
	int file = raw_proc_open(getpid(), "mem", O_RDWR);

	if (file < 0 || send_descriptor(socket, file))
		return 1;
	for (;;)
		pause();
}

/* A file that came through a socket stands for who opened it, not for who took it. */
TEST_F(attack, a_file_of_somebody_else)
{
	int ends[2], handle;
	pid_t pid;
	char *base;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	pid = fork();
	if (!pid)
		_exit(offer_own_memory(ends[1]));
	handle = raw_handle(self->device, receive_descriptor(ends[0]), RAW_ALL_RIGHTS);
	ASSERT_LE(0, handle);
	base = raw_committed(handle, RAW_PAGE);
	EXPECT_NE(NULL, base);
	EXPECT_EQ(0u, raw_counters(self->device).vads);
	EXPECT_EQ((uint32_t)MEM_FREE, raw_state(self->device, base));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EXPECT_EQ(NULL, raw_reserve(handle, RAW_PAGE));
}

static void *tell_and_wait(void *socket)
{
	pid_t tid = (pid_t)syscall(SYS_gettid);

	if (write(*(int *)socket, &tid, sizeof(tid)) == sizeof(tid))
		for (;;)
			pause();
	return NULL;
}

/* The first thread is gone: the process has its memory by the others alone. */
static _Noreturn void leave_a_thread(int socket)
{
	pthread_t thread;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pthread_create(&thread, NULL, tell_and_wait, &socket);
	pthread_exit(NULL);
}

TEST_F(attack, threads)
{
	int ends[2], handle = -1;
	char path[64];
	pid_t pid, tid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	pid = fork();
	if (!pid)
		leave_a_thread(ends[1]);
	ASSERT_EQ(sizeof(tid), (size_t)read(ends[0], &tid, sizeof(tid)));
	do {
		close(handle);
		handle = raw_open_process(self->device, pid);
	} while (handle >= 0);
	EXPECT_EQ(ESRCH, errno);
	snprintf(path, sizeof(path), "/proc/%d/task/%d/mem", pid, tid);
	handle = raw_handle(self->device, open(path, O_RDWR | O_CLOEXEC), RAW_ALL_RIGHTS);
	ASSERT_LE(0, handle);
	EXPECT_NE(NULL, raw_committed(handle, RAW_PAGE));
	EXPECT_EQ(1u, raw_counters(handle).vads);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	EXPECT_EQ(NULL, raw_reserve(handle, RAW_PAGE));
}

/* It serves for memory, with the rights it was made with, whoever has it and however. */
TEST_F(attack, handle_is_no_way_to_more_rights)
{
	struct child child = child_start(0);
	int reading = raw_handle(self->device, raw_proc_open(child.pid, "mem", O_RDWR),
				 WINVM_PROCESS_VM_READ);
	char path[32], byte = 0;
	size_t bytes = 1;

	ASSERT_LE(0, reading);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", reading);
	EXPECT_EQ(-1, open(path, O_RDWR));
	EXPECT_EQ(-1, raw_handle(self->device, reading, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, raw_handle(reading, raw_proc_open(child.pid, "mem", O_RDWR), 0));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(NT_ACCESS_DENIED, raw_copy(dup(reading), &byte, &byte, &bytes, WINVM_COPY_WRITE));
	EXPECT_EQ(NT_ACCESS_DENIED, raw_release(reading, &byte));
	EXPECT_EQ(-1, read(reading, &byte, 1));
	EXPECT_EQ(-1, write(reading, &byte, 1));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, RAW_PAGE, PROT_READ, MAP_SHARED, reading, 0));
	child_kill(&child);
}

/* Each right alone, and what it does not open: writing code takes two. */
TEST_F(attack, handle_has_no_right_that_was_not_asked_for)
{
	struct child child = child_start(0);
	int all = raw_open_process(self->device, child.pid);
	char *base = raw_new(all, RAW_PAGE, MEM_RESERVE | MEM_COMMIT, PAGE_EXECUTE_READ);
	int writing = raw_handle(self->device, raw_proc_open(child.pid, "mem", O_RDWR),
				 WINVM_PROCESS_VM_WRITE);
	size_t bytes = 1;

	ASSERT_NE(NULL, base);
	EXPECT_EQ(NT_ACCESS_DENIED,
		  raw_copy(writing, base, "x", &bytes, WINVM_COPY_WRITE | WINVM_COPY_CODE));
	EXPECT_EQ(NT_PARTIAL_COPY, raw_copy(writing, base, "x", &bytes, WINVM_COPY_WRITE));
	EXPECT_EQ(0, child_peek(&child, base));
	child_kill(&child);
}

struct passed_handle {
	int socket;
	pid_t target;
};

static int use_a_handle_as_nobody(void *argument)
{
	struct passed_handle *passed = argument;
	int handle = receive_descriptor(passed->socket);

	if (!become(USER) || handle < 0)
		return 100;
	if (gains(passed->target))
		return 1;
	return raw_committed(handle, RAW_PAGE) ? 0 : 2;
}

/* It is a capability: who is given it has it. What it makes is the target's to pay. */
TEST_F(attack, handle_passed_to_somebody_with_less_rights)
{
	struct child child = child_start(0);
	struct passed_handle passed = { .target = child.pid };
	int ends[2], handle = raw_open_process(self->device, child.pid);

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	ASSERT_EQ(0, send_descriptor(ends[0], handle));
	passed.socket = ends[1];
	EXPECT_EQ(0, child_run(use_a_handle_as_nobody, &passed));
	EXPECT_EQ(RAW_PAGE, raw_counters(handle).commit_bytes);
	child_kill(&child);
}

/* A filter that refuses a call with EPERM. */
static bool forbid(int number)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = 4, .filter = code };

	return !prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) &&
	       !prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

static int behind_seccomp(void *pid)
{
	int device = raw_open(), handle = raw_open_process(device, *(pid_t *)pid);

	if (handle < 0 || !forbid(SYS_ioctl))
		return 100;
	if (raw_reserve(handle, RAW_PAGE) || errno != EPERM)
		return 1;
	if (raw_reserve(device, RAW_PAGE) || errno != EPERM)
		return 2;
	return raw_open_process(device, *(pid_t *)pid) != -1 ? 3 : 0;
}

TEST_F(attack, seccomp)
{
	struct child child = child_start(0);

	EXPECT_EQ(0, child_run(behind_seccomp, &child.pid));
	child_kill(&child);
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
