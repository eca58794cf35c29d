/* SPDX-License-Identifier: GPL-2.0 */
/* How programs for Linux do without winvm. */
#ifndef BENCH_PEERS_H
#define BENCH_PEERS_H

#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

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

/* A handler of SIGSEGV that lets the page be used. */
static inline void peer_open_page(int number, siginfo_t *information, void *context)
{
	uintptr_t page = (uintptr_t)information->si_addr & ~(PAGE - 1);

	(void)number;
	(void)context;
	if (mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE))
		_exit(1);
}

/* Private memory in 4 KB pages, all of them there. */
static inline bool peer_begin_touched(struct job *job)
{
	job->base = peer_map(job->bytes, PROT_READ | PROT_WRITE);
	if (!job->base || madvise(job->base, job->bytes, MADV_NOHUGEPAGE))
		return false;
	peer_touch(job->base, job->bytes);
	return true;
}

#endif
