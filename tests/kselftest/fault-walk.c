// SPDX-License-Identifier: GPL-2.0
/*
 * Every allocation of a call made to fail in turn: the call either succeeds all
 * the same, or fails and leaves everything as it was (SPEC G-5). So do copies
 * from and to user space: EFAULT. Needs a kernel with fault injection: the
 * debug kernel.
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include "proc.h"
#include "raw.h"
#include "touch.h"

#define PAGES 16
#define MOST_FAILURES 500

struct scene {
	int device;
	char *base;	/* PAGES pages, half of them committed, read-write, full of 0x3c */
	char *spare;	/* what the call under test made */
	int extra;	/* descriptor the call under test made */
	int section;	/* named "scene" */
};

static bool faults_can_be_injected(void)
{
	static const char *const settings[][2] = {
		{ "/sys/kernel/debug/failslab/ignore-gfp-wait", "N" },
		{ "/sys/kernel/debug/failslab/verbose", "0" },
		{ "/sys/kernel/debug/fail_page_alloc/ignore-gfp-wait", "N" },
		{ "/sys/kernel/debug/fail_page_alloc/ignore-gfp-highmem", "N" },
		{ "/sys/kernel/debug/fail_page_alloc/min-order", "0" },
		{ "/sys/kernel/debug/fail_page_alloc/verbose", "0" },
		{ "/sys/kernel/debug/fail_usercopy/verbose", "0" },
	};

	if (access("/proc/self/fail-nth", W_OK))
		return false;
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		if (!proc_write(settings[i][0], settings[i][1]))
			return false;
	return true;
}

/* A descriptor kept open: nothing but the call itself may allocate. */
static int fail_nth = -1;

static void arm(unsigned int nth)
{
	char text[16];
	int length = snprintf(text, sizeof(text), "%u", nth);

	if (fail_nth < 0)
		fail_nth = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	/* Copies from user space fail in turn, too. */
	for (int tries = 0; pwrite(fail_nth, text, (size_t)length, 0) != length; tries++)
		if (tries > MOST_FAILURES)
			abort();
}

/* Was the failure delivered to the call? If not, it may hit the question itself. */
static bool disarm(void)
{
	char text[16] = "";
	bool delivered;

	delivered = pread(fail_nth, text, sizeof(text) - 1, 0) > 0 && atoi(text) == 0;
	arm(0);
	return delivered;
}

struct picture {
	uint64_t vads, virtual_bytes, commit_bytes, books;
	struct winvm_region regions[PAGES];
	int bytes[PAGES];
};

static struct picture take_picture(const struct scene *scene)
{
	struct winvm_counters counters = raw_counters(scene->device);
	struct picture picture;

	memset(&picture, 0, sizeof(picture));
	picture.vads = counters.vads;
	picture.virtual_bytes = counters.virtual_bytes;
	picture.commit_bytes = counters.commit_bytes;
	picture.books = counters.bookkeeping_bytes;
	for (size_t page = 0; page < PAGES; page++) {
		picture.regions[page] = raw_region(scene->device, scene->base + page * RAW_PAGE);
		picture.bytes[page] = peek(scene->base + page * RAW_PAGE);
	}
	return picture;
}

static uint32_t name_section(int device, const char *name, int *section)
{
	struct winvm_create_section request = {
		.size = sizeof(request),
		.bytes = RAW_PAGE,
		.protect = PAGE_READWRITE,
		.attributes = SEC_COMMIT,
		.access = 0xf,
		.file_fd = WINVM_NO_FILE,
		.name = (uintptr_t)name,
		.name_bytes = (uint32_t)strlen(name),
		.flags = WINVM_SECTION_EXISTING,
	};

	if (ioctl(device, WINVM_IOC_CREATE_SECTION, &request))
		return RAW_NO_ANSWER;
	*section = request.section_fd;
	return request.status;
}

static bool set_scene(struct scene *scene)
{
	scene->device = raw_open();
	scene->base = raw_reserve(scene->device, PAGES * RAW_PAGE);
	scene->spare = NULL;
	scene->extra = -1;
	if (name_section(scene->device, "scene", &scene->section) >> 30 == 3)
		return false;
	if (!scene->base || raw_commit(scene->device, scene->base, PAGES / 2 * RAW_PAGE,
				       PAGE_READWRITE))
		return false;
	memset(scene->base, 0x3c, PAGES / 2 * RAW_PAGE);
	return true;
}

/* A call and its undoing. 0: it worked. */
struct act {
	uint32_t (*call)(struct scene *scene);
	uint32_t (*undo)(struct scene *scene);
};

static uint32_t call_reserve(struct scene *scene)
{
	scene->spare = raw_reserve(scene->device, RAW_GB);
	return !scene->spare;
}

static uint32_t call_reserve_low(struct scene *scene)
{
	void *base = (void *)0x20000000;
	uint32_t status = raw_allocate(scene->device, &base, RAW_PAGE, MEM_RESERVE, PAGE_READWRITE);

	scene->spare = base;
	return status;
}

static uint32_t call_reserve_commit(struct scene *scene)
{
	scene->spare = raw_committed(scene->device, 40 * RAW_MB);
	return !scene->spare;
}

static uint32_t call_reserve_execute(struct scene *scene)
{
	scene->spare = raw_new(scene->device, 3 * RAW_PAGE, MEM_RESERVE | MEM_COMMIT,
			       PAGE_EXECUTE_READWRITE);
	return !scene->spare;
}

static uint32_t undo_spare(struct scene *scene)
{
	return raw_release(scene->device, scene->spare);
}

static uint32_t call_commit(struct scene *scene)
{
	return raw_commit(scene->device, scene->base + (PAGES - 3) * RAW_PAGE, RAW_PAGE,
			  PAGE_READONLY);
}

static uint32_t undo_commit(struct scene *scene)
{
	return raw_decommit(scene->device, scene->base + (PAGES - 3) * RAW_PAGE, RAW_PAGE);
}

static uint32_t call_protect(struct scene *scene)
{
	return raw_protect(scene->device, scene->base + RAW_PAGE, RAW_PAGE, PAGE_READONLY);
}

static uint32_t call_protect_execute(struct scene *scene)
{
	return raw_protect(scene->device, scene->base + RAW_PAGE, 2 * RAW_PAGE, PAGE_EXECUTE_READ);
}

static uint32_t undo_protect(struct scene *scene)
{
	return raw_protect(scene->device, scene->base + RAW_PAGE, 2 * RAW_PAGE, PAGE_READWRITE);
}

static uint32_t call_decommit(struct scene *scene)
{
	return raw_decommit(scene->device, scene->base + 3 * RAW_PAGE, RAW_PAGE);
}

static uint32_t undo_decommit(struct scene *scene)
{
	uint32_t status = raw_commit(scene->device, scene->base + 3 * RAW_PAGE, RAW_PAGE,
				     PAGE_READWRITE);

	if (!status)
		memset(scene->base + 3 * RAW_PAGE, 0x3c, RAW_PAGE);
	return status;
}

static uint32_t call_release_middle(struct scene *scene)
{
	return raw_free(scene->device, scene->base + 5 * RAW_PAGE, RAW_PAGE, MEM_RELEASE);
}

static uint32_t undo_release_middle(struct scene *scene)
{
	uint32_t status = raw_free(scene->device, scene->base, 0, MEM_RELEASE) |
			  raw_free(scene->device, scene->base + 6 * RAW_PAGE, 0, MEM_RELEASE);

	return status | !set_scene(scene);
}

static uint32_t call_lock(struct scene *scene)
{
	return raw_lock(scene->device, scene->base, 4 * RAW_PAGE);
}

static uint32_t undo_lock(struct scene *scene)
{
	return raw_unlock(scene->device, scene->base, 4 * RAW_PAGE);
}

static uint32_t call_query(struct scene *scene)
{
	static struct winvm_region regions[100];
	struct winvm_query query = {
		.size = sizeof(query),
		.buffer = (uintptr_t)regions,
		.capacity = 100,
	};

	return ioctl(scene->device, WINVM_IOC_QUERY, &query) ? RAW_NO_ANSWER : query.status;
}

static uint32_t undo_nothing(struct scene *scene)
{
	(void)scene;
	return 0;
}

static uint32_t call_open(struct scene *scene)
{
	scene->extra = raw_open();
	return scene->extra < 0;
}

static uint32_t call_open_parent(struct scene *scene)
{
	scene->extra = raw_open_process(scene->device, getppid());
	return scene->extra < 0;
}

static uint32_t undo_open(struct scene *scene)
{
	return close(scene->extra) ? 1 : 0;
}

/* A parent's memory from here: the mapping is a worker's. */
static uint32_t call_remote_reserve(struct scene *scene)
{
	uint32_t status;
	void *base = NULL;

	if (scene->extra < 0)
		scene->extra = raw_open_process(scene->device, getppid());
	status = raw_allocate(scene->extra, &base, RAW_PAGE, MEM_RESERVE | MEM_COMMIT,
			      PAGE_EXECUTE_READ);
	scene->spare = base;
	return status;
}

static uint32_t undo_remote_reserve(struct scene *scene)
{
	return raw_release(scene->extra, scene->spare);
}

/* By name, and whatever comes of it the name is free again afterwards. */
static uint32_t call_create_section(struct scene *scene)
{
	return name_section(scene->device, "walk", &scene->extra);
}

static uint32_t call_open_section(struct scene *scene)
{
	struct winvm_open_section request = {
		.size = sizeof(request),
		.name = (uintptr_t)"scene",
		.name_bytes = 5,
		.access = 0x4,
		.from_fd = WINVM_NO_FILE,
	};

	if (ioctl(scene->device, WINVM_IOC_OPEN_SECTION, &request))
		return RAW_NO_ANSWER;
	scene->extra = request.section_fd;
	return request.status;
}

FIXTURE(walk)
{
	struct scene scene;
};

FIXTURE_VARIANT(walk)
{
	struct act act;
};

#define ACT(name, call_, undo_)                                                                 \
	FIXTURE_VARIANT_ADD(walk, name)                                                         \
	{                                                                                       \
		.act = { call_, undo_ },                                                        \
	}

ACT(reserve, call_reserve, undo_spare);
ACT(reserve_low, call_reserve_low, undo_spare);
ACT(reserve_commit, call_reserve_commit, undo_spare);
ACT(reserve_execute, call_reserve_execute, undo_spare);
ACT(commit, call_commit, undo_commit);
ACT(protect, call_protect, undo_protect);
ACT(protect_execute, call_protect_execute, undo_protect);
ACT(decommit, call_decommit, undo_decommit);
ACT(release_middle, call_release_middle, undo_release_middle);
ACT(lock, call_lock, undo_lock);
ACT(query, call_query, undo_nothing);
ACT(open, call_open, undo_open);
ACT(open_process, call_open_parent, undo_open);
ACT(remote_reserve, call_remote_reserve, undo_remote_reserve);
ACT(create_section, call_create_section, undo_open);
ACT(open_section, call_open_section, undo_open);

FIXTURE_SETUP(walk)
{
	if (!faults_can_be_injected())
		SKIP(return, "this kernel injects no faults: tests/vm/run --kernel debug");
	ASSERT_TRUE(set_scene(&self->scene));
}

FIXTURE_TEARDOWN(walk)
{
}

/* The answer could not be written, the call may have been done. */
static bool start_anew(struct scene *scene)
{
	raw_release_everything(scene->device);
	return set_scene(scene);
}

TEST_F(walk, every_allocation_fails_in_turn)
{
	struct picture before, after;
	unsigned int nth, failed = 0;
	bool delivered = true, answered;
	uint32_t status;

	if (!self->scene.base)
		return;
	for (nth = 1; delivered && nth < MOST_FAILURES; nth++) {
		before = take_picture(&self->scene);
		arm(nth);
		errno = 0;
		status = variant->act.call(&self->scene);
		answered = errno != EFAULT;
		delivered = disarm();
		if (!status) {
			ASSERT_EQ(0u, variant->act.undo(&self->scene));
			continue;
		}
		failed++;
		if (!answered) {
			ASSERT_TRUE(start_anew(&self->scene));
			continue;
		}
		after = take_picture(&self->scene);
		EXPECT_EQ(0, memcmp(&before, &after, sizeof(before)))
			TH_LOG("allocation %u failed: status %#x; books %lu, then %lu", nth, status,
			       before.books, after.books);
	}
	EXPECT_GT(MOST_FAILURES, nth);
	EXPECT_EQ(0u, status);
	TH_LOG("%u failures walked, %u calls failed", nth - 2, failed);
}

/* A touch is repeated until there is memory. */
TEST(a_touch_survives_every_failure)
{
	struct scene scene;
	bool delivered = true;

	if (!faults_can_be_injected())
		SKIP(return, "this kernel injects no faults: tests/vm/run --kernel debug");
	ASSERT_TRUE(set_scene(&scene));
	for (unsigned int nth = 1; delivered && nth < MOST_FAILURES; nth++) {
		scene.spare = raw_committed(scene.device, 32 * RAW_MB);
		ASSERT_NE(NULL, scene.spare);
		arm(nth);
		EXPECT_TRUE(poke(scene.spare, 1));
		delivered = disarm();
		ASSERT_EQ(0u, raw_release(scene.device, scene.spare));
	}
	EXPECT_FALSE(delivered);
}

/* Without memory to split a uniform range the guard stays; it is never lost without a failure. */
TEST(a_guard_survives_or_is_consumed)
{
	const size_t bytes = 32 * RAW_MB;
	struct scene scene;
	bool delivered = true, consumed;
	int ends[2];

	if (!faults_can_be_injected())
		SKIP(return, "this kernel injects no faults: tests/vm/run --kernel debug");
	ASSERT_TRUE(set_scene(&scene));
	ASSERT_EQ(0, pipe(ends));
	for (unsigned int nth = 1; delivered && nth < MOST_FAILURES; nth++) {
		scene.spare = raw_new(scene.device, bytes, MEM_RESERVE | MEM_COMMIT,
				      PAGE_READWRITE | PAGE_GUARD);
		ASSERT_NE(NULL, scene.spare);
		arm(nth);
		EXPECT_EQ(-1, write(ends[1], scene.spare, 1));
		delivered = disarm();
		consumed = raw_protection(scene.device, scene.spare) == PAGE_READWRITE;
		EXPECT_EQ(consumed ? RAW_PAGE : bytes, raw_region(scene.device, scene.spare).bytes);
		ASSERT_EQ(0u, raw_release(scene.device, scene.spare));
	}
	EXPECT_FALSE(delivered);
}

TEST_HARNESS_MAIN
