// SPDX-License-Identifier: GPL-2.0
/*
 * Somebody who is never done: threads that reserve, commit, touch, protect, guard, reset,
 * lock, decommit, map and release what they happen upon, also one another's.
 *
 *	busy SEED
 *
 * Tells when the first thousand steps are done, and goes on until it is killed. Memory is
 * touched by system calls, to which a page that cannot be had is an error.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <windows.h>

#define THREADS 4
#define PLACES	48
#define PAGE	((SIZE_T)4096)
#define MOST	256 /* pages of an allocation */
#define STEPS	1000

/**
 * struct place - an allocation, or none
 * @base: of it
 * @pages: how many
 */
struct place {
	char *_Atomic base;
	_Atomic SIZE_T pages;
};

/* Shared: whoever finds one that is gone has an error, and goes on. */
static struct place places[PLACES];
static HANDLE sections[4];
static int zeros, sink;
static pthread_barrier_t begun;

/**
 * struct thread - what one has for itself
 * @random: the last number
 * @linux: that it has mapped without winvm
 */
struct thread {
	uint64_t random;
	char *mapped[8];
};

static uint64_t draw(struct thread *thread, uint64_t below)
{
	thread->random ^= thread->random << 13;
	thread->random ^= thread->random >> 7;
	thread->random ^= thread->random << 17;
	return (thread->random >> 11) % below;
}

/* Some pages of an allocation, which may be gone. */
static char *some_pages(struct thread *thread, SIZE_T *bytes)
{
	struct place *place = &places[draw(thread, PLACES)];
	SIZE_T pages = place->pages, first;
	char *base = place->base;

	if (!base || !pages)
		return NULL;
	first = draw(thread, pages);
	*bytes = PAGE * (1 + draw(thread, pages - first));
	return base + PAGE * first;
}

static void touch(struct thread *thread, char *address, SIZE_T bytes)
{
	bool writing = draw(thread, 2);

	for (SIZE_T at = 0; at < bytes; at += PAGE)
		if ((writing ? pread(zeros, address + at, 1, 0) :
			       pwrite(sink, address + at, 1, 0)) < 0)
			break;
}

static void put(struct thread *thread, char *base, SIZE_T pages)
{
	struct place *place = &places[draw(thread, PLACES)];
	char *old = place->base;

	if (old && !VirtualFree(old, 0, MEM_RELEASE))
		UnmapViewOfFile(old);
	place->base = NULL;
	place->pages = pages;
	place->base = base;
}

static void reserve(struct thread *thread)
{
	static const DWORD protects[] = { PAGE_READWRITE, PAGE_READONLY, PAGE_EXECUTE_READWRITE,
					  PAGE_NOACCESS };
	SIZE_T pages = 1 + draw(thread, MOST);
	DWORD how = draw(thread, 3) ? MEM_RESERVE : MEM_RESERVE | MEM_COMMIT;
	char *base;

	if (!draw(thread, 8))
		how |= MEM_WRITE_WATCH;
	base = VirtualAlloc(NULL, pages * PAGE, how, protects[draw(thread, 4)]);
	if (base)
		put(thread, base, pages);
}

static void map_view(struct thread *thread)
{
	static const DWORD accesses[] = { FILE_MAP_READ, FILE_MAP_WRITE, FILE_MAP_COPY };
	char *base = MapViewOfFile(sections[draw(thread, 4)], accesses[draw(thread, 3)], 0, 0,
				   PAGE * 32);

	if (base)
		put(thread, base, 32);
}

/* What Linux is asked for: touched only, or written, or of no access. */
static void map_linux(struct thread *thread)
{
	char **map = &thread->mapped[draw(thread, 8)];

	if (*map)
		munmap(*map, 16 * PAGE);
	*map = mmap(NULL, 16 * PAGE, draw(thread, 3) ? PROT_READ | PROT_WRITE : PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (*map == MAP_FAILED)
		*map = NULL;
	for (int i = 0; *map && i < 8; i++)
		touch(thread, *map + PAGE * draw(thread, 16), PAGE);
	if (*map && draw(thread, 2))
		mprotect(*map + 4 * PAGE, 4 * PAGE, draw(thread, 2) ? PROT_READ : PROT_NONE);
}

static void protect(struct thread *thread, char *address, SIZE_T bytes)
{
	static const DWORD protects[] = {
		PAGE_READWRITE, PAGE_READONLY,	   PAGE_NOACCESS, PAGE_READWRITE | PAGE_GUARD,
		PAGE_WRITECOPY, PAGE_EXECUTE_READ,
	};
	DWORD old;

	VirtualProtect(address, bytes, protects[draw(thread, 6)], &old);
}

static void reset(struct thread *thread, char *address, SIZE_T bytes)
{
	VirtualAlloc(address, bytes, draw(thread, 2) ? MEM_RESET : MEM_RESET_UNDO, PAGE_READWRITE);
}

static void lock(struct thread *thread, char *address, SIZE_T bytes)
{
	bytes = bytes < 4 * PAGE ? bytes : 4 * PAGE;
	if (!draw(thread, 2))
		VirtualUnlock(address, bytes);
	else
		VirtualLock(address, bytes);
}

static void step(struct thread *thread)
{
	uint64_t what = draw(thread, 40);
	SIZE_T bytes;
	char *address = some_pages(thread, &bytes);

	if (what < 4 || !address)
		reserve(thread);
	else if (what < 6)
		map_view(thread);
	else if (what < 8)
		map_linux(thread);
	else if (what < 16)
		VirtualAlloc(address, bytes, MEM_COMMIT, PAGE_READWRITE);
	else if (what < 20)
		VirtualFree(address, bytes, MEM_DECOMMIT);
	else if (what < 25)
		protect(thread, address, bytes);
	else if (what < 27)
		reset(thread, address, bytes);
	else if (what < 29)
		lock(thread, address, bytes);
	else
		touch(thread, address, bytes);
}

static void *run(void *argument)
{
	struct thread thread = { .random = (uintptr_t)argument * 0x9e3779b97f4a7c15 };

	for (int i = 0; i < STEPS; i++)
		step(&thread);
	pthread_barrier_wait(&begun);
	for (;;)
		step(&thread);
	return NULL;
}

/* Of the page file: committed, and reserved only; and of a file. */
static BOOL make_sections(void)
{
	char path[] = "/tmp/busy.XXXXXX";
	HANDLE file;
	int fd = mkstemp(path);

	if (fd < 0 || ftruncate(fd, 64 * (off_t)PAGE))
		return FALSE;
	file = CreateFileA(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
			   NULL, OPEN_EXISTING, 0, NULL);
	for (int i = 0; i < 4; i++)
		sections[i] = CreateFileMappingA(i == 3 ? file : INVALID_HANDLE_VALUE, NULL,
						 PAGE_READWRITE | (i == 2 ? SEC_RESERVE : 0), 0,
						 64 * PAGE, NULL);
	return !unlink(path) && sections[0] && sections[1] && sections[2] && sections[3];
}

int main(int argc, char **argv)
{
	uintptr_t seed = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
	pthread_t thread;

	zeros = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	sink = memfd_create("sink", MFD_CLOEXEC);
	if (zeros < 0 || sink < 0 || !make_sections()) {
		fprintf(stderr, "busy: cannot begin: error %u\n", GetLastError());
		return 1;
	}
	pthread_barrier_init(&begun, NULL, THREADS + 1);
	for (uintptr_t i = 0; i < THREADS; i++)
		if (pthread_create(&thread, NULL, run, (void *)(seed * THREADS + i + 1)))
			return 1;
	pthread_barrier_wait(&begun);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
