// SPDX-License-Identifier: MIT
/* Page frames: read from /proc. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/kernel-page-flags.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "frames.h"

#define FLAGS_PATH "/proc/kpageflags"

/* Numbers by one read. */
#define BATCH 8192

/* Frames of the largest compound page, 1 GB. */
#define COMPOUND (UINT64_C(1) << 18)

static int failed(const char *what, const char *why)
{
	fflush(stdout);
	fprintf(stderr, "winvm pfn: cannot %s: %s\n", what, why);
	return 1;
}

/* The file asks for root's user number alone on some kernels. */
static bool may_see(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { 0 } };

	return !syscall(SYS_capget, &header, data) && data[0].effective >> CAP_SYS_ADMIN & 1;
}

/* The flags, or -1, and why was said. */
static int open_flags(void)
{
	static const char refused[] = "frames take CAP_SYS_ADMIN; be root: sudo winvm pfn";
	int file;

	if (!may_see()) {
		failed("see page frames", refused);
		return -1;
	}
	file = open(FLAGS_PATH, O_RDONLY | O_CLOEXEC);
	if (file < 0)
		failed("see page frames", errno == EACCES || errno == EPERM ? refused :
					  errno == ENOENT ? "this kernel does not tell of them "
							    "(CONFIG_PROC_PAGE_MONITOR)" :
							    strerror(errno));
	return file;
}

/* How many numbers there may be, for who waits: memory, and holes between. */
static uint64_t expected(void)
{
	return (uint64_t)sysconf(_SC_PHYS_PAGES) + 1;
}

/* For who looks at a terminal, once a second has passed. */
static void tell_progress(uint64_t done, time_t since, bool end)
{
	static bool told;
	uint64_t percent = done * 100 / expected();

	if (!isatty(STDERR_FILENO))
		return;
	if (end && told)
		fprintf(stderr, "\r%40s\r", "");
	if (end || time(NULL) - since < 1)
		return;
	told = true;
	fprintf(stderr, "\rwinvm pfn: read %llu frames, %llu%%", (unsigned long long)done,
		(unsigned long long)(percent > 99 ? 99 : percent));
}

static void count(struct frames *frames, const uint64_t *flags, size_t many, uint64_t *head)
{
	for (size_t i = 0; i < many; i++) {
		uint64_t all = frame_inherit(flags[i], *head);

		if (!(flags[i] >> KPF_COMPOUND_TAIL & 1))
			*head = flags[i];
		frames->of[frame_use(all)][frame_list(all)]++;
	}
	frames->all += many;
}

int frames_count(struct frames *frames)
{
	static uint64_t flags[BATCH];
	uint64_t head = 0;
	time_t since = time(NULL);
	int file = open_flags();
	ssize_t got;

	if (file < 0)
		return 1;
	*frames = (struct frames){ 0 };
	while ((got = read(file, flags, sizeof(flags))) > 0) {
		count(frames, flags, (size_t)got / sizeof(*flags), &head);
		tell_progress(frames->all, since, false);
	}
	tell_progress(frames->all, since, true);
	close(file);
	return got < 0 ? failed("read " FLAGS_PATH, strerror(errno)) : 0;
}

static bool read_at(int file, uint64_t frame, uint64_t *number)
{
	return pread(file, number, sizeof(*number), (off_t)(frame * sizeof(*number))) ==
	       sizeof(*number);
}

/* False where the kernel does not tell. */
static bool read_of(const char *path, uint64_t frame, uint64_t *number)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	bool known = file >= 0 && read_at(file, frame, number);

	if (file >= 0)
		close(file);
	return known;
}

/* From a frame back to the first of its compound page. */
static void find_head(int file, uint64_t frame, struct frame_facts *facts)
{
	uint64_t flags = facts->flags, at = frame;

	while (flags >> KPF_COMPOUND_TAIL & 1 && at && frame - at < COMPOUND)
		if (!read_at(file, --at, &flags))
			return;
	facts->head = at;
	facts->flags = frame_inherit(facts->flags, flags);
}

int frames_facts(uint64_t frame, struct frame_facts *facts)
{
	int file = open_flags();
	bool there;

	if (file < 0)
		return 1;
	*facts = (struct frame_facts){ .head = frame };
	there = frame < UINT64_C(1) << 52 && read_at(file, frame, &facts->flags);
	if (there)
		find_head(file, frame, facts);
	close(file);
	if (!there)
		return failed("tell of that frame", "there is none of this number; \"winvm pte PID "
						    "ADDRESS\" tells some");
	facts->mapped_known = read_of("/proc/kpagecount", frame, &facts->mapped);
	facts->cgroup_known = read_of("/proc/kpagecgroup", frame, &facts->cgroup);
	return 0;
}
