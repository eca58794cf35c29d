// SPDX-License-Identifier: GPL-2.0
/*
 * A module that does wrong on demand, under winvm's name, so that
 * tests/vm/selftest can see each of the runner's detectors fail a run:
 *
 *	echo FAULT >/sys/module/winvm/parameters/fault
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>

static struct kmem_cache *cache;
static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);

static void lose_memory(void)
{
	void *volatile lost = kmalloc(100, GFP_KERNEL);

	lost = NULL;
}

static void lose_object(void)
{
	void *volatile lost = kmem_cache_alloc(cache, GFP_KERNEL);

	lost = NULL;
}

static void hold_module(void)
{
	__module_get(THIS_MODULE);
}

static void warn(void)
{
	WARN_ON(1);
}

static void dereference_null(void)
{
	int *volatile null = NULL;

	*null = 1;
}

static void read_past_end(void)
{
	char *volatile object = kmalloc(100, GFP_KERNEL);

	if (object)
		pr_info("%d\n", READ_ONCE(object[100]));
	kfree(object);
}

static void read_freed(void)
{
	char *volatile object = kmalloc(100, GFP_KERNEL);

	kfree(object);
	pr_info("%d\n", READ_ONCE(object[50]));
}

static void invert_locks(void)
{
	mutex_lock(&first);
	mutex_lock(&second);
	mutex_unlock(&second);
	mutex_unlock(&first);
	mutex_lock(&second);
	mutex_lock(&first);
	mutex_unlock(&first);
	mutex_unlock(&second);
}

static void sleep_in_atomic(void)
{
	preempt_disable();
	might_sleep();
	preempt_enable();
}

static void shift_too_far(void)
{
	volatile int bits = 40;

	pr_info("%d\n", 1 << bits);
}

static int contended;

static int count_up(void *unused)
{
	while (!kthread_should_stop()) {
		contended++;
		cond_resched();
	}
	return 0;
}

static void race(void)
{
	struct task_struct *threads[2];
	int i;

	for (i = 0; i < 2; i++)
		threads[i] = kthread_run(count_up, NULL, "winvm_faulty/%d", i);
	msleep(2000);
	for (i = 0; i < 2; i++)
		if (!IS_ERR(threads[i]))
			kthread_stop(threads[i]);
}

static const struct {
	const char *name;
	void (*commit)(void);
} faults[] = {
	{ "leak", lose_memory },    { "slab", lose_object },	  { "refcount", hold_module },
	{ "warn", warn },	    { "oops", dereference_null }, { "past-end", read_past_end },
	{ "freed", read_freed },    { "locks", invert_locks },	  { "atomic", sleep_in_atomic },
	{ "shift", shift_too_far }, { "race", race },
};

static int commit_fault(const char *value, const struct kernel_param *param)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		if (sysfs_streq(value, faults[i].name)) {
			faults[i].commit();
			return 0;
		}
	}
	return -EINVAL;
}

static const struct kernel_param_ops fault_ops = { .set = commit_fault };

module_param_cb(fault, &fault_ops, NULL, 0200);
MODULE_PARM_DESC(fault, "the wrong to do");

static int __init faulty_init(void)
{
	cache = kmem_cache_create("winvm_faulty", 72, 0, 0, NULL);
	return cache ? 0 : -ENOMEM;
}

static void __exit faulty_exit(void)
{
	kmem_cache_destroy(cache);
}

module_init(faulty_init);
module_exit(faulty_exit);
MODULE_DESCRIPTION("Faults for the self-test of winvm's VM runner");
MODULE_LICENSE("GPL");
