/* SPDX-License-Identifier: GPL-2.0 */
/* How programs for Linux do without winvm. */
#ifndef BENCH_PEERS_H
#define BENCH_PEERS_H

#include <sys/mman.h>

#include "win32.h"

static inline char *peer_map(size_t bytes, int protection)
{
	char *base =
		mmap(NULL, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return base == MAP_FAILED ? NULL : base;
}

static inline char *peer_reserve(size_t bytes)
{
	return peer_map(bytes, PROT_NONE);
}

static inline bool peer_prepare_reserved(struct job *job)
{
	job->base = peer_reserve(job->bytes);
	return job->base;
}

static inline bool peer_unmap(struct job *job)
{
	return !munmap(job->base, job->bytes);
}

static inline void peer_touch(char *base, size_t bytes)
{
	for (size_t at = 0; at < bytes; at += PAGE)
		*(volatile char *)(base + at) = 1;
}

#endif
