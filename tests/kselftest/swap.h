/* SPDX-License-Identifier: GPL-2.0 */
/* A swap area on compressed RAM, for tests that need one. */
#ifndef KSELFTEST_SWAP_H
#define KSELFTEST_SWAP_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/swap.h>
#include <unistd.h>

#include "proc.h"

#define SWAP_DEVICE "/dev/zram0"

/* The header that mkswap(8) writes: one page. */
static inline bool swap_format(const char *path, uint32_t pages)
{
	static uint8_t header[4096];
	const uint32_t version = 1, last = pages - 1;
	int device = open(path, O_WRONLY | O_CLOEXEC);
	bool written;

	memcpy(header + 1024, &version, sizeof(version));
	memcpy(header + 1028, &last, sizeof(last));
	memcpy(header + 4086, "SWAPSPACE2", 10);
	written = device >= 0 && pwrite(device, header, sizeof(header), 0) == sizeof(header);
	return device >= 0 && !fsync(device) && !close(device) && written;
}

/* The device, empty, with nothing on it; false when this kernel has no zram. */
static inline bool swap_device(uint32_t megabytes)
{
	char size[32];

	if (access(SWAP_DEVICE, W_OK) && system("modprobe -q zram num_devices=1"))
		return false;
	for (int tries = 0; access(SWAP_DEVICE, W_OK) && tries < 50; tries++)
		usleep(20000);
	snprintf(size, sizeof(size), "%uM", megabytes);
	/* What a test that was ended early left on. */
	swapoff(SWAP_DEVICE);
	return proc_write("/sys/block/zram0/reset", "1") &&
	       proc_write("/sys/block/zram0/disksize", size);
}

static inline bool swap_begin(uint32_t megabytes)
{
	return swap_device(megabytes) && swap_format(SWAP_DEVICE, megabytes << 8) &&
	       !swapon(SWAP_DEVICE, 0);
}

static inline bool swap_end(void)
{
	return !swapoff(SWAP_DEVICE) && proc_write("/sys/block/zram0/reset", "1");
}

#endif
