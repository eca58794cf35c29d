// SPDX-License-Identifier: GPL-2.0
/*
 * Every allocation of a call made to fail in turn: the call either succeeds all
 * the same, or fails and leaves everything as it was (SPEC G-5). So do copies
 * from and to user space: EFAULT. Needs a kernel with fault injection: the
 * debug kernel.
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include "inject.h"
#include "proc.h"
#include "raw.h"
#include "touch.h"

#define PAGES 16
#define MOST_FAILURES 500

struct scene {
	int device;
	char *base;	/* PAGES pages, half of them committed, read-write, full of 0x3c */
	char *view;	/* of the section, READWRITE */
	char *place;	/* a placeholder of a page */
	char *replaced; /* the same, replaced by a view */
	int shown;	/* the section behind these, of PAGES pages */
	char *unpaid;	/* view of a section of PAGES pages, all of them reserved */
	char *spare;	/* what the call under test made */
	int extra;	/* descriptor the call under test made */
	int section;	/* named "scene" */
};

struct picture {
	uint64_t vads, virtual_bytes, commit_bytes, system_bytes, books;
	struct winvm_region view, place, replaced, unpaid;
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
	picture.system_bytes = counters.system_commit_bytes;
	picture.books = counters.bookkeeping_bytes;
	picture.view = raw_region(scene->device, scene->view);
	picture.place = raw_region(scene->device, scene->place);
	picture.replaced = raw_region(scene->device, scene->replaced);
	picture.unpaid = raw_region(scene->device, scene->unpaid);
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

static uint32_t map_view(struct scene *scene, char **view, uint32_t protection)
{
	void *base = NULL;
	uint32_t status = raw_map_view(scene->device, scene->shown, &base, 0, 0, 0, protection);

	*view = base;
	return status;
}

static uint32_t replace_with_view(struct scene *scene, void *base)
{
	return raw_map_view(scene->device, scene->shown, &base, RAW_PAGE, RAW_PAGE,
			    MEM_REPLACE_PLACEHOLDER, PAGE_EXECUTE_READWRITE);
}

static uint32_t preserve(struct scene *scene, char *view)
{
	return raw_unmap_view_ex(scene->device, view, MEM_PRESERVE_PLACEHOLDER);
}

static uint32_t reserved_section(int device, int *section)
{
	struct winvm_create_section request = {
		.size = sizeof(request),
		.bytes = PAGES * RAW_PAGE,
		.protect = PAGE_READWRITE,
		.attributes = SEC_RESERVE,
		.access = SECTION_MAP_READ | SECTION_MAP_WRITE,
		.file_fd = WINVM_NO_FILE,
	};

	if (ioctl(device, WINVM_IOC_CREATE_SECTION, &request))
		return RAW_NO_ANSWER;
	*section = request.section_fd;
	return request.status;
}

static bool set_unpaid(struct scene *scene)
{
	void *base = NULL;
	int section = -1;
	bool set = !reserved_section(scene->device, &section) &&
		   !raw_map_view(scene->device, section, &base, 0, 0, 0, PAGE_READWRITE);

	close(section);
	scene->unpaid = base;
	return set;
}

/* Two placeholders of a page side by side, the second of which a view replaces. */
static bool set_placeholders(struct scene *scene)
{
	scene->place = raw_placeholder(scene->device, 2 * RAW_PAGE);
	scene->replaced = scene->place + RAW_PAGE;
	return scene->place &&
	       !raw_free(scene->device, scene->place, RAW_PAGE,
			 MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER) &&
	       !replace_with_view(scene, scene->replaced);
}

static bool set_views(struct scene *scene)
{
	return !raw_section(scene->device, PAGES * RAW_PAGE, &scene->shown) &&
	       !map_view(scene, &scene->view, PAGE_READWRITE) && set_unpaid(scene) &&
	       set_placeholders(scene);
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
	return set_views(scene);
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

static uint32_t call_nameless_section(struct scene *scene)
{
	return raw_section(scene->device, PAGES * RAW_PAGE, &scene->extra);
}

static uint32_t call_view(struct scene *scene)
{
	return map_view(scene, &scene->spare, PAGE_READWRITE);
}

static uint32_t call_view_copy(struct scene *scene)
{
	return map_view(scene, &scene->spare, PAGE_WRITECOPY);
}

static uint32_t call_view_execute(struct scene *scene)
{
	return map_view(scene, &scene->spare, PAGE_EXECUTE_READ);
}

static uint32_t undo_view(struct scene *scene)
{
	return raw_unmap_view(scene->device, scene->spare);
}

static uint32_t call_unmap(struct scene *scene)
{
	return raw_unmap_view(scene->device, scene->view);
}

static uint32_t undo_unmap(struct scene *scene)
{
	return map_view(scene, &scene->view, PAGE_READWRITE);
}

static uint32_t call_replace(struct scene *scene)
{
	return replace_with_view(scene, scene->place);
}

static uint32_t undo_replace(struct scene *scene)
{
	return preserve(scene, scene->place);
}

static uint32_t call_preserve(struct scene *scene)
{
	return preserve(scene, scene->replaced);
}

static uint32_t undo_preserve(struct scene *scene)
{
	return replace_with_view(scene, scene->replaced);
}

/* Pages that are to be copied on write are charged. */
static uint32_t call_protect_copy(struct scene *scene)
{
	return raw_protect(scene->device, scene->view + RAW_PAGE, RAW_PAGE, PAGE_WRITECOPY);
}

static uint32_t undo_protect_copy(struct scene *scene)
{
	return raw_protect(scene->device, scene->view + RAW_PAGE, RAW_PAGE, PAGE_READWRITE);
}

static uint32_t call_reserved_section(struct scene *scene)
{
	return reserved_section(scene->device, &scene->extra);
}

static uint32_t call_commit_in_view(struct scene *scene)
{
	return raw_commit(scene->device, scene->unpaid + RAW_PAGE, RAW_PAGE, PAGE_READONLY);
}

/* What a section has it keeps (SPEC SE-27): another one. */
static uint32_t undo_commit_in_view(struct scene *scene)
{
	return raw_unmap_view(scene->device, scene->unpaid) | !set_unpaid(scene);
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
ACT(create_nameless_section, call_nameless_section, undo_open);
ACT(map_view, call_view, undo_view);
ACT(create_reserved_section, call_reserved_section, undo_open);
ACT(commit_in_view, call_commit_in_view, undo_commit_in_view);
ACT(map_view_execute, call_view_execute, undo_view);
ACT(map_view_copy, call_view_copy, undo_view);
ACT(protect_view_copy, call_protect_copy, undo_protect_copy);
ACT(unmap_view, call_unmap, undo_unmap);
ACT(map_view_in_placeholder, call_replace, undo_replace);
ACT(unmap_view_to_placeholder, call_preserve, undo_preserve);

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

/* So is one that copies; the section keeps what it has. */
TEST(a_copy_on_write_survives_every_failure)
{
	struct scene scene;
	bool delivered = true;

	if (!faults_can_be_injected())
		SKIP(return, "this kernel injects no faults: tests/vm/run --kernel debug");
	ASSERT_TRUE(set_scene(&scene));
	ASSERT_TRUE(poke(scene.view, 7));
	for (unsigned int nth = 1; delivered && nth < MOST_FAILURES; nth++) {
		ASSERT_EQ(0u, map_view(&scene, &scene.spare, PAGE_WRITECOPY));
		/* Every other time the section's page is mapped already. */
		if (nth % 2)
			EXPECT_EQ(7, peek(scene.spare));
		arm((nth + 1) / 2);
		EXPECT_TRUE(poke(scene.spare, 1));
		delivered = disarm() || nth % 2;
		EXPECT_EQ(1, peek(scene.spare));
		EXPECT_EQ(7, peek(scene.view));
		ASSERT_EQ(0u, raw_unmap_view(scene.device, scene.spare));
	}
	EXPECT_FALSE(delivered);
}

static uint32_t inherit(int device)
{
	struct winvm_inherit request = { .size = sizeof(request) };

	return ioctl(device, WINVM_IOC_INHERIT, &request) ? RAW_NO_ANSWER : request.status;
}

/* A view with the protection and the byte that it has in the parent; or its place is free. */
static bool inherited(int device, char *address, uint32_t protection, int byte, bool failed)
{
	void *base = address;

	if (raw_state(device, address) == MEM_COMMIT)
		return raw_protection(device, address) == protection && peek(address) == byte;
	return failed && peek(address) == -1 &&
	       !raw_allocate(device, &base, RAW_PAGE, MEM_RESERVE, PAGE_READWRITE);
}

/* In a child. Return: 0, 1 if the failure was delivered, or what was wrong. */
static int inherit_amid_failure(const struct scene *scene, unsigned int nth)
{
	int device = raw_open();
	bool delivered, failed;

	close(fail_nth);
	fail_nth = -1;
	arm(0);
	arm(nth);
	failed = inherit(device) != 0;
	delivered = disarm();
	if (inherit(device))
		return 2;
	if (raw_state(device, scene->view) == MEM_COMMIT &&
	    raw_protection(device, scene->view + RAW_PAGE) != PAGE_READONLY)
		return 3;
	if (!inherited(device, scene->view, PAGE_READWRITE, 7, failed))
		return 4;
	if (!inherited(device, scene->replaced, PAGE_EXECUTE_READWRITE, 0, failed))
		return 5;
	return delivered;
}

/* A view that failed is there after the next call, or nothing is left of it (SPEC SE-36). */
TEST(inheriting_survives_every_failure)
{
	struct scene scene;
	int status = 1 << 8;
	pid_t pid;

	if (!faults_can_be_injected())
		SKIP(return, "this kernel injects no faults: tests/vm/run --kernel debug");
	ASSERT_TRUE(set_scene(&scene));
	ASSERT_TRUE(poke(scene.view, 7));
	ASSERT_EQ(0u, raw_protect(scene.device, scene.view + RAW_PAGE, RAW_PAGE, PAGE_READONLY));
	for (unsigned int nth = 1; status == 1 << 8 && nth < MOST_FAILURES; nth++) {
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid)
			_exit(inherit_amid_failure(&scene, nth));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
	}
	EXPECT_EQ(0, status);
}

/*
 * Without memory to split a uniform range, or to take the guard away when the call is over,
 * it stays; it is never lost without a failure (SPEC GP-5).
 */
TEST(a_guard_survives_or_is_consumed)
{
	const size_t bytes = 32 * RAW_MB;
	struct scene scene;
	bool delivered = true, consumed;
	ssize_t written;
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
		written = write(ends[1], scene.spare, 1);
		delivered = disarm();
		EXPECT_EQ(-1, written);
		consumed = raw_protection(scene.device, scene.spare) == PAGE_READWRITE;
		EXPECT_EQ(consumed ? RAW_PAGE : bytes, raw_region(scene.device, scene.spare).bytes);
		ASSERT_EQ(0u, raw_release(scene.device, scene.spare));
	}
	EXPECT_FALSE(delivered);
}

TEST_HARNESS_MAIN
