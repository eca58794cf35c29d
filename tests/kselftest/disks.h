/* SPDX-License-Identifier: GPL-2.0 */
/* File systems that files are mapped from, each on a mount of its own. */
#ifndef KSELFTEST_DISKS_H
#define KSELFTEST_DISKS_H

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

enum disk_kind {
	DISK_TMPFS,
	DISK_OVERLAY,
	DISK_EXT4,
};

struct disk {
	char path[32]; /* a directory of it */
	char file[64];
	char tree[32]; /* where it is mounted */
	int loop;
};

#define DISK_OPTIONS "size=64m"
#define DISK_IMAGE   "/dev/shm/ext4.image" /* stays there for the next test */

static inline bool disk_overlay(struct disk *disk)
{
	char path[64], options[256];

	if (mount("none", disk->tree, "tmpfs", 0, DISK_OPTIONS))
		return false;
	for (const char *const *name = (const char *const[]){ "l", "u", "w", "m", NULL }; *name;
	     name++) {
		snprintf(path, sizeof(path), "%s/%s", disk->tree, *name);
		if (mkdir(path, 0777))
			return false;
	}
	snprintf(options, sizeof(options), "lowerdir=%s/l,upperdir=%s/u,workdir=%s/w", disk->tree,
		 disk->tree, disk->tree);
	strcat(disk->path, "/m");
	return !mount("none", disk->path, "overlay", 0, options);
}

/* A loop device on a file, or -1. */
static inline int disk_loop(const char *image, char device[32])
{
	int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), number, loop, file;

	if (control < 0)
		return -1;
	number = ioctl(control, LOOP_CTL_GET_FREE);
	close(control);
	snprintf(device, 32, "/dev/loop%d", number);
	loop = open(device, O_RDWR | O_CLOEXEC);
	file = open(image, O_RDWR | O_CLOEXEC);
	if (loop >= 0 && (file < 0 || ioctl(loop, LOOP_SET_FD, file))) {
		close(loop);
		loop = -1;
	}
	if (file >= 0)
		close(file);
	return loop;
}

static inline bool disk_ext4(struct disk *disk)
{
	char device[32];

	if (access(DISK_IMAGE, F_OK) &&
	    system("{ modprobe -a loop ext4; truncate -s 48m " DISK_IMAGE ".new &&"
		   " mkfs.ext4 -q -F " DISK_IMAGE ".new &&"
		   " mv " DISK_IMAGE ".new " DISK_IMAGE "; } >/dev/null 2>&1"))
		return false;
	disk->loop = disk_loop(DISK_IMAGE, device);
	return disk->loop >= 0 && !mount(device, disk->tree, "ext4", 0, NULL);
}

/* False if the kernel, or the machine, lacks something. */
static inline bool disk_begin(struct disk *disk, enum disk_kind kind)
{
	bool mounted;

	*disk = (struct disk){ .tree = "/tmp/disk.XXXXXX", .loop = -1 };
	if (!mkdtemp(disk->tree))
		return false;
	strcpy(disk->path, disk->tree);
	if (kind == DISK_OVERLAY)
		mounted = disk_overlay(disk);
	else if (kind == DISK_EXT4)
		mounted = disk_ext4(disk);
	else
		mounted = !mount("none", disk->tree, "tmpfs", 0, DISK_OPTIONS);
	snprintf(disk->file, sizeof(disk->file), "%s/file", disk->path);
	unlink(disk->file);
	return mounted;
}

static inline void disk_end(struct disk *disk)
{
	unlink(disk->file);
	if (strcmp(disk->path, disk->tree))
		umount2(disk->path, MNT_DETACH);
	umount2(disk->tree, MNT_DETACH);
	rmdir(disk->tree);
	if (disk->loop >= 0) {
		ioctl(disk->loop, LOOP_CLR_FD);
		close(disk->loop);
	}
}

#endif
