// SPDX-License-Identifier: GPL-2.0
/* The VM's filesystems: the host's root, made writable by an overlay. */
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init.h"

#define HOST_OPTIONS "trans=virtio,version=9p2000.L,cache=loose,msize=512000"

static void must_mount(const char *type, const char *source, const char *at, unsigned long flags,
		       const char *options)
{
	mkdir(at, 0755);
	if (mount(source, at, type, flags, options))
		die(at);
}

/* Not every kernel has each of these. */
static void may_mount(const char *type, const char *at)
{
	mkdir(at, 0755);
	mount(type, at, type, MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL);
}

void mount_kernel_filesystems(void)
{
	must_mount("proc", "proc", "/proc", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL);
	must_mount("sysfs", "sysfs", "/sys", MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL);
	must_mount("devtmpfs", "devtmpfs", "/dev", MS_NOSUID, NULL);
	must_mount("devpts", "devpts", "/dev/pts", MS_NOSUID | MS_NOEXEC, "mode=620,ptmxmode=666");
	must_mount("tmpfs", "tmpfs", "/dev/shm", MS_NOSUID | MS_NODEV, NULL);
	may_mount("debugfs", "/sys/kernel/debug");
	may_mount("tracefs", "/sys/kernel/tracing");
	may_mount("cgroup2", "/sys/fs/cgroup");
	symlink("/proc/self/fd", "/dev/fd");
	symlink("/proc/self/fd/0", "/dev/stdin");
	symlink("/proc/self/fd/1", "/dev/stdout");
	symlink("/proc/self/fd/2", "/dev/stderr");
}

static void move_mount_into_root(const char *at)
{
	char target[64];

	snprintf(target, sizeof(target), "/root%s", at);
	if (mount(at, target, NULL, MS_MOVE, NULL))
		die(target);
}

/*
 * PID 1 shares its fs_struct with the kernel's threads, so this chroot moves
 * modprobe and the other user mode helpers along.
 */
void enter_root(void)
{
	must_mount("9p", "host", "/host", MS_RDONLY, HOST_OPTIONS);
	must_mount("tmpfs", "tmpfs", "/writable", 0, "mode=0755");
	mkdir("/writable/upper", 0755);
	mkdir("/writable/work", 0755);
	must_mount("overlay", "overlay", "/root", 0,
		   "lowerdir=/host,upperdir=/writable/upper,workdir=/writable/work");
	move_mount_into_root("/proc");
	move_mount_into_root("/sys");
	move_mount_into_root("/dev");
	if (chdir("/root") || mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
		die("entering the root");
	must_mount("tmpfs", "tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=0755");
	chmod("/tmp", 01777);
	sethostname("winvm", 5);
}
