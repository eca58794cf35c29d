// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/debug/winvm, for root's eyes: who uses the module and with how much,
 * what stands behind the commit limit, and what waits to be told. Nothing needs it,
 * and where the kernel has no debugfs there is none. What the files look like is no
 * promise; for programs there is netlink.
 *
 * A walk over the roster holds nothing between two lines: who dies meanwhile is
 * missing, or has been told already.
 */

#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/sched/task.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "roster.h"

/* For root, whoever else may look into the directory. */
#define WINVM_DEBUGFS_MODE	0400

static struct dentry *winvm_debugfs;

static u64 winvm_kilobytes(u64 bytes)
{
	return bytes >> 10;
}

/* The identity that was told last is the position; the head of the table is the first. */
static struct winvm_listed *winvm_processes_from(struct seq_file *file, loff_t *pos)
{
	struct winvm_listed *listed = file->private;

	if (!winvm_roster_next(*pos - 1, listed))
		return NULL;
	*pos = listed->id;
	return listed;
}

static void *winvm_processes_start(struct seq_file *file, loff_t *pos)
{
	return *pos ? winvm_processes_from(file, pos) : SEQ_START_TOKEN;
}

static void winvm_processes_drop(void *at)
{
	if (!IS_ERR_OR_NULL(at) && at != SEQ_START_TOKEN)
		mmdrop(((struct winvm_listed *)at)->mm);
}

static void *winvm_processes_next(struct seq_file *file, void *at, loff_t *pos)
{
	winvm_processes_drop(at);
	++*pos;
	return winvm_processes_from(file, pos);
}

static void winvm_processes_stop(struct seq_file *file, void *at)
{
	winvm_processes_drop(at);
}

static void winvm_processes_line(struct seq_file *file, const struct winvm_listed *listed,
				 struct task_struct *owner)
{
	const struct winvm_account *account = &listed->account;
	char comm[TASK_COMM_LEN];

	get_task_comm(comm, owner);
	seq_printf(file, "%8lu %8d %8llu %12llu %12llu %12llu %12llu %8llu %8llu  ", listed->id,
		   task_tgid_nr(owner), (u64)from_kuid_munged(&init_user_ns, task_uid(owner)),
		   winvm_kilobytes(account->virtual), winvm_kilobytes(account->peak_virtual),
		   winvm_kilobytes(account->commit), winvm_kilobytes(account->peak_commit),
		   winvm_kilobytes(account->books), account->vads);
	seq_escape(file, comm, " \t\n\\");
	seq_putc(file, '\n');
}

static int winvm_processes_show(struct seq_file *file, void *at)
{
	const struct winvm_listed *listed = at;
	struct task_struct *owner;

	if (at == SEQ_START_TOKEN) {
		seq_printf(file, "%8s %8s %8s %12s %12s %12s %12s %8s %8s  %s\n",
			   "id", "pid", "uid", "reserved", "peak", "committed", "peak",
			   "books", "vads", "name (kB)");
		return 0;
	}
	owner = winvm_mm_owner(listed->mm);
	if (!owner)
		return SEQ_SKIP;	/* just dying */
	winvm_processes_line(file, listed, owner);
	put_task_struct(owner);
	return 0;
}

static const struct seq_operations winvm_processes_operations = {
	.start = winvm_processes_start,
	.next = winvm_processes_next,
	.stop = winvm_processes_stop,
	.show = winvm_processes_show,
};

static int winvm_processes_open(struct inode *inode, struct file *file)
{
	return seq_open_private(file, &winvm_processes_operations, sizeof(struct winvm_listed));
}

static const struct file_operations winvm_processes_fops = {
	.owner = THIS_MODULE,
	.open = winvm_processes_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = seq_release_private,
};

static void winvm_put_pages(struct seq_file *file, const char *name, u64 pages)
{
	seq_printf(file, "%-12s %12llu kB\n", name, winvm_kilobytes(pages << PAGE_SHIFT));
}

/**
 * struct winvm_commit_picture - as things were when the file was opened
 * @pages: committed in the system
 * @peak: the most that was
 * @limit: its limit
 * @promised: to Linux
 * @allowances: of processes
 */
struct winvm_commit_picture {
	u64 pages;
	u64 peak;
	u64 limit;
	u64 promised;
	struct winvm_allowances allowances;
};

static int winvm_commit_show(struct seq_file *file, void *unused)
{
	const struct winvm_commit_picture *picture = file->private;

	winvm_put_pages(file, "committed:", picture->pages);
	winvm_put_pages(file, "peak:", picture->peak);
	winvm_put_pages(file, "limit:", picture->limit);
	winvm_put_pages(file, "promised:", picture->promised);
	winvm_put_pages(file, "allowed:", picture->allowances.pages);
	seq_printf(file, "%-12s %12u\n", "processes:", picture->allowances.processes);
	return 0;
}

/*
 * Each number is true of some moment, not all of the same one. They are not asked for
 * in a read: its lock is of the kind that reading the size of the swap areas takes,
 * which is done under our own.
 */
static int winvm_commit_open(struct inode *inode, struct file *file)
{
	struct winvm_commit_picture *picture = kzalloc(sizeof(*picture), GFP_KERNEL);
	int err;

	if (!picture)
		return -ENOMEM;
	winvm_commit_totals(&picture->pages, &picture->peak, &picture->limit);
	picture->promised = winvm_promise_pages();
	winvm_allowance_totals(&picture->allowances);
	err = single_open(file, winvm_commit_show, picture);
	if (err)
		kfree(picture);
	return err;
}

static int winvm_commit_release(struct inode *inode, struct file *file)
{
	kfree(((struct seq_file *)file->private_data)->private);
	return single_release(inode, file);
}

static const struct file_operations winvm_commit_fops = {
	.owner = THIS_MODULE,
	.open = winvm_commit_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = winvm_commit_release,
};

/* Of the first network namespace. */
static int winvm_events_show(struct seq_file *file, void *unused)
{
	struct winvm_count count;
	unsigned int length;

	winvm_events_count(&length, &count);
	seq_printf(file, "%-12s %12u\n", "waiting:", length);
	seq_printf(file, "%-12s %12llu\n", "events:", count.number);
	seq_printf(file, "%-12s %12llu\n", "lost:", count.lost);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(winvm_events);

/* Nothing of debugfs is to be looked at: who goes on with an error does nothing. */
void winvm_debugfs_load(void)
{
	winvm_debugfs = debugfs_create_dir("winvm", NULL);
	debugfs_create_file("processes", WINVM_DEBUGFS_MODE, winvm_debugfs, NULL,
			    &winvm_processes_fops);
	debugfs_create_file("commit", WINVM_DEBUGFS_MODE, winvm_debugfs, NULL,
			    &winvm_commit_fops);
	debugfs_create_file("events", WINVM_DEBUGFS_MODE, winvm_debugfs, NULL,
			    &winvm_events_fops);
}

/* Whoever reads is waited for, and who has a file open gets an error from then on. */
void winvm_debugfs_unload(void)
{
	debugfs_remove(winvm_debugfs);
}
