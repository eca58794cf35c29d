// SPDX-License-Identifier: GPL-2.0
/* Which pages were written since the last look? */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"
#include "peers.h"

#define PAGES 4096

/* Linux 6.7 and later. */
#define WP_UNPOPULATED (UINT64_C(1) << 13)
#define WP_ASYNC       (UINT64_C(1) << 15)

struct scan_region {
	uint64_t start, end, categories;
};

struct scan {
	uint64_t size, flags, start, end, walk_end, regions, region_count, most_pages;
	uint64_t inverted, mask, any_of, result_mask;
};

#define PAGEMAP_SCAN	 _IOWR('f', 16, struct scan)
#define SCAN_WP_MATCHING 1
#define SCAN_CHECK_ASYNC 2
#define SCAN_WRITTEN	 2

static int userfaultfd = -1, pagemap = -1;

static const char *no_async(void)
{
	struct uffdio_api api = { .api = UFFD_API, .features = WP_ASYNC | WP_UNPOPULATED };

	userfaultfd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (userfaultfd < 0 || pagemap < 0 || ioctl(userfaultfd, UFFDIO_API, &api))
		return "the kernel has none";
	return NULL;
}

/* The pages that were written, protected again; -1 if it failed. */
static long scan_and_reset(struct job *job)
{
	static struct scan_region regions[PAGES];
	struct scan scan = {
		.size = sizeof(scan),
		.flags = SCAN_WP_MATCHING | SCAN_CHECK_ASYNC,
		.start = (uintptr_t)job->base,
		.end = (uintptr_t)job->base + job->bytes,
		.regions = (uintptr_t)regions,
		.region_count = PAGES,
		.mask = SCAN_WRITTEN,
		.result_mask = SCAN_WRITTEN,
	};
	long count = ioctl(pagemap, PAGEMAP_SCAN, &scan), pages = 0;

	for (long i = 0; i < count; i++)
		pages += (long)((regions[i].end - regions[i].start) / PAGE);
	return count < 0 ? -1 : pages;
}

static bool begin_watched(struct job *job)
{
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_WP };

	job->base = peer_map(job->bytes, PROT_READ | PROT_WRITE);
	if (!job->base || madvise(job->base, job->bytes, MADV_NOHUGEPAGE))
		return false;
	range.range.start = (uintptr_t)job->base;
	range.range.len = job->bytes;
	if (ioctl(userfaultfd, UFFDIO_REGISTER, &range))
		return false;
	peer_touch(job->base, job->bytes);
	return true;
}

static bool run_touch(struct job *job)
{
	peer_touch(job->base, job->bytes);
	return true;
}

static bool reset(struct job *job)
{
	return scan_and_reset(job) >= 0;
}

static bool run_get(struct job *job)
{
	return scan_and_reset(job) == (long)(job->bytes / PAGE);
}

static const struct work async_dirty = {
	.begin = begin_watched,
	.prepare = reset,
	.run = run_touch,
	.end = peer_unmap,
};

static const struct work async_get = {
	.begin = begin_watched,
	.prepare = run_touch,
	.run = run_get,
	.end = peer_unmap,
};

/* What programs did before. */
static struct sigaction others;
static char *signal_base;
static unsigned char signal_written[PAGES];

static void note_write(int number, siginfo_t *information, void *context)
{
	signal_written[((char *)information->si_addr - signal_base) / (long)PAGE] = 1;
	peer_open_page(number, information, context);
}

static bool begin_signal(struct job *job)
{
	job->base = signal_base = peer_map(job->bytes, PROT_READ | PROT_WRITE);
	if (!job->base || madvise(job->base, job->bytes, MADV_NOHUGEPAGE))
		return false;
	peer_touch(job->base, job->bytes);
	return true;
}

static bool reset_signal(struct job *job)
{
	struct sigaction action = { .sa_sigaction = note_write, .sa_flags = SA_SIGINFO };

	return !mprotect(job->base, job->bytes, PROT_READ) && !sigaction(SIGSEGV, &action, &others);
}

static bool clear_signal(struct job *job)
{
	(void)job;
	return !sigaction(SIGSEGV, &others, NULL);
}

static const struct work signal_dirty = {
	.begin = begin_signal,
	.prepare = reset_signal,
	.run = run_touch,
	.clear = clear_signal,
	.end = peer_unmap,
};

static const struct bench_row rows[] = {
	{ .name = "write watch: dirty a page",
	  .unit = "page",
	  .bytes = PAGES * PAGE,
	  .count = PAGES,
	  .rounds = 11,
	  .winvm = &win32_watch_dirty,
	  .peers = { { .name = "userfaultfd WP_ASYNC",
		       .work = &async_dirty,
		       .bar = BAR(0.9),
		       .absent = no_async },
		     { .name = "mprotect + SIGSEGV handler", .work = &signal_dirty } } },
	{ .name = "write watch: get and reset 4096",
	  .unit = "call",
	  .bytes = PAGES * PAGE,
	  .count = 1,
	  .rounds = 11,
	  .winvm = &win32_watch_get,
	  .peers = { { .name = "PAGEMAP_SCAN",
		       .work = &async_get,
		       .bar = BAR(0.7),
		       .absent = no_async } } },
};

void group_watch(void)
{
	bench_rows(rows, COUNT(rows));
}
