// SPDX-License-Identifier: GPL-2.0
/*
 * Yama's ptrace_scope decides about handles as it does about /proc/PID/mem:
 * 0 the users' rule, 1 own descendants only, 2 CAP_SYS_PTRACE, 3 nobody. It
 * has no say in reading environ, which is good for queries.
 *
 * Scope 3 lasts until the machine ends: it is shown in a run of its own, with
 * the argument 3, when nothing else is left to do.
 */
#include "victim.h"

enum relation { SIBLING, OWN_CHILD, SIBLING_THAT_ALLOWS, ROOTS };

struct row {
	long scope;
	enum relation relation;
	int gains;
};

static const struct row rows[] = {
	{ 0, SIBLING, GAINS_EVERYTHING },   { 0, OWN_CHILD, GAINS_EVERYTHING },
	{ 1, SIBLING, GAINS_QUERY },	    { 1, SIBLING_THAT_ALLOWS, GAINS_EVERYTHING },
	{ 1, OWN_CHILD, GAINS_EVERYTHING }, { 1, ROOTS, GAINS_EVERYTHING },
	{ 2, SIBLING, GAINS_QUERY },	    { 2, OWN_CHILD, GAINS_QUERY },
	{ 2, ROOTS, GAINS_EVERYTHING },	    { 3, SIBLING, GAINS_QUERY },
	{ 3, OWN_CHILD, GAINS_QUERY },	    { 3, ROOTS, GAINS_QUERY },
};

static bool at_the_end;

static bool any_user(int ready, void *relation)
{
	(void)ready;
	if (*(enum relation *)relation == SIBLING_THAT_ALLOWS &&
	    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0))
		return false;
	return become(USER);
}

static bool already_user(int ready, void *unused)
{
	(void)ready;
	(void)unused;
	return !prctl(PR_SET_DUMPABLE, 1);
}

static int attack_sibling(void *pid)
{
	return become(USER) ? gains(*(pid_t *)pid) : 100;
}

static int attack_own_child(void *unused)
{
	struct victim victim;
	int gained;

	(void)unused;
	if (!become(USER))
		return 100;
	victim = victim_start(already_user, NULL);
	gained = victim.pid > 0 ? gains(victim.pid) : 101;
	victim_end(&victim);
	return gained;
}

static int gained_by(enum relation relation)
{
	struct victim victim;
	int gained;

	if (relation == OWN_CHILD)
		return child_run(attack_own_child, NULL);
	victim = victim_start(any_user, &relation);
	gained = relation == ROOTS ? gains(victim.pid) : child_run(attack_sibling, &victim.pid);
	victim_end(&victim);
	return gained;
}

/* A handle that is there stays, as an open /proc/PID/mem does. */
TEST(handles_outlive_a_stricter_scope)
{
	long before = yama_scope();
	enum relation relation = ROOTS;
	struct victim victim;
	int handle;

	if (before < 0)
		SKIP(return, "this kernel has no Yama");
	victim = victim_start(any_user, &relation);
	handle = raw_open_process(raw_open(), victim.pid);
	ASSERT_LE(0, handle);
	ASSERT_TRUE(yama_set(at_the_end ? 3 : 2));
	EXPECT_NE(NULL, raw_committed(handle, RAW_PAGE));
	victim_end(&victim);
	EXPECT_EQ(!at_the_end || before == 3, yama_set(before));
}

TEST(who_gets_a_handle)
{
	long before = yama_scope(), scope;

	if (before < 0)
		SKIP(return, "this kernel has no Yama");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (at_the_end != (rows[i].scope == 3))
			continue;
		scope = rows[i].scope;
		ASSERT_TRUE(yama_set(scope));
		EXPECT_EQ(rows[i].gains, gained_by(rows[i].relation))
		{
			TH_LOG("scope %ld, relation %d", scope, rows[i].relation);
		}
	}
	EXPECT_EQ(!at_the_end || before == 3, yama_set(before));
}

int main(int argc, char **argv)
{
	at_the_end = argc == 2 && !strcmp(argv[1], "3");
	return test_harness_run(argc, argv);
}
