// SPDX-License-Identifier: GPL-2.0
/* Load and unload. */

#include <linux/err.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mount.h>
#include <net/genetlink.h>

#include "../uapi/linux/winvm_netlink.h"
#include "job.h"
#include "section.h"
#include "winvm.h"

/* A fixed minor of the range for local use, so that opening the node loads the module. */
#define WINVM_MINOR 249

static struct miscdevice winvm_device = {
	.minor = WINVM_MINOR,
	.name = "winvm",
	.fops = &winvm_device_fops,
	.mode = 0666,
};

/*
 * What is learnt of /proc comes from a mount of our own: an over-mounted name
 * in the caller's namespace would teach us the wrong thing.
 */
static int winvm_learn_proc(void)
{
	struct file_system_type *type = get_fs_type("proc");
	struct vfsmount *proc;

	if (!type)
		return -ENODEV;
	proc = kern_mount(type);
	module_put(type->owner);
	if (IS_ERR(proc))
		return PTR_ERR(proc);
	winvm_handle_learn(proc);
	winvm_commit_learn(proc);
	kern_unmount(proc);
	return 0;
}

static int __init winvm_init(void)
{
	int err;

	err = winvm_learn_proc();
	if (err)
		return err;
	err = winvm_process_init();
	if (err)
		goto forget;
	err = winvm_backing_load();
	if (err)
		goto process;
	err = winvm_promise_load();
	if (err)
		goto backing;
	err = winvm_image_load();
	if (err)
		goto promise;
	err = winvm_shrink_load();
	if (err)
		goto image;
	err = winvm_remote_init();
	if (err)
		goto shrink;
	err = winvm_netlink_load();
	if (err)
		goto remote;
	winvm_memory_load();
	err = misc_register(&winvm_device);
	if (err)
		goto memory;
	winvm_debugfs_load();
	return 0;

memory:
	winvm_memory_unload();
	winvm_netlink_unload();
remote:
	winvm_remote_exit();
shrink:
	winvm_shrink_unload();
image:
	winvm_image_unload();
promise:
	winvm_promise_unload();
backing:
	winvm_backing_unload();
process:
	winvm_process_exit();
forget:
	winvm_commit_forget();
	return err;
}

static void __exit winvm_exit(void)
{
	winvm_debugfs_unload();
	misc_deregister(&winvm_device);
	winvm_remote_exit();
	winvm_process_exit();
	winvm_members_unload();
	winvm_memory_unload();
	winvm_netlink_unload();
	winvm_shrink_unload();
	winvm_image_unload();
	winvm_promise_unload();
	winvm_backing_unload();
	winvm_commit_forget();
}

module_init(winvm_init);
module_exit(winvm_exit);
MODULE_DESCRIPTION("Windows' virtual-memory contract for Linux processes");
MODULE_LICENSE("GPL");
MODULE_ALIAS_MISCDEV(WINVM_MINOR);
MODULE_ALIAS("devname:winvm");
MODULE_ALIAS_GENL_FAMILY(WINVM_NL_FAMILY);
