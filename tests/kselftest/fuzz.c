// SPDX-License-Identifier: GPL-2.0
/*
 * Random calls with random and with boundary arguments from several threads,
 * on the own process and on a child, with Linux's calls and touches in between.
 * FUZZ_SECONDS (20) and FUZZ_SEED (printed) may be set. What must hold: no
 * complaint of the kernel, a walk that visits every byte once, and nothing left
 * when everything is released.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>

#include "child.h"
#include "proc.h"
#include "raw.h"
#include "touch.h"

#define THREADS 4
#define ARENA	(64 * RAW_MB)
#define FILE_BYTES	(64 * RAW_PAGE)

static struct {
	char *arena; /* where most addresses lie */
	int device;
	int handle;
	int file;	/* that sections are of */
	atomic_bool stop;
	atomic_bool failing;
	atomic_ulong calls;
} shared;

struct dice {
	uint64_t state;
};

/* xorshift64* */
static uint64_t roll(struct dice *dice)
{
	dice->state ^= dice->state >> 12;
	dice->state ^= dice->state << 25;
	dice->state ^= dice->state >> 27;
	return dice->state * UINT64_C(2685821657736338717);
}

static uint64_t one_of(struct dice *dice, const uint64_t *values, size_t count)
{
	return values[roll(dice) % count];
}

#define ONE_OF(dice, ...)                               \
	one_of(dice, (const uint64_t[]){ __VA_ARGS__ }, \
	       sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

static uint64_t any_address(struct dice *dice)
{
	uint64_t inside = (uintptr_t)shared.arena + roll(dice) % (ARENA);

	switch (roll(dice) % 16) {
	case 0:
		return ONE_OF(dice, 0, 1, 0xffff, 0x10000, RAW_HIGHEST, RAW_HIGHEST + 1,
			      0x7fffffffffff, 0x8000000000000000, UINT64_MAX);
	case 1:
		return roll(dice);
	case 2:
		return roll(dice) & RAW_HIGHEST;
	case 3:
	case 4:
		return 0;
	default:
		return roll(dice) & 1 ? inside & ~UINT64_C(0xffff) : inside & ~UINT64_C(0xfff);
	}
}

static uint64_t any_size(struct dice *dice)
{
	switch (roll(dice) % 8) {
	case 0:
		return ONE_OF(dice, 0, 1, 0xfff, 0x1001, 0x10000, 0x200000, RAW_HIGHEST, UINT64_MAX,
			      64 * RAW_GB, 16 * RAW_MB);
	case 1:
		return roll(dice);
	case 2:
		return roll(dice) % (32 * RAW_MB);
	default:
		return (1 + roll(dice) % 40) * RAW_PAGE;
	}
}

static uint32_t any_protection(struct dice *dice)
{
	uint32_t base = (uint32_t)ONE_OF(dice, 1, 2, 4, 4, 4, 0x10, 0x20, 0x40, 8, 0x80, 0);
	uint32_t modifier = (uint32_t)ONE_OF(dice, 0, 0, 0, 0x100, 0x200, 0x400, 0x40000000);

	return roll(dice) % 32 ? base | modifier : (uint32_t)roll(dice);
}

static uint32_t any_type(struct dice *dice)
{
	if (!(roll(dice) % 32))
		return (uint32_t)roll(dice);
	return (uint32_t)ONE_OF(dice, MEM_RESERVE, MEM_COMMIT, MEM_RESERVE | MEM_COMMIT,
				MEM_RESERVE | MEM_TOP_DOWN, MEM_RESERVE | 0x200000 /* watch */,
				MEM_RESERVE | MEM_COMMIT | 0x200000, 0x80000 /* reset */,
				MEM_RESET_UNDO, MEM_RESET, MEM_RESERVE | 0x400000 /* physical */,
				MEM_RESERVE | MEM_RESERVE_PLACEHOLDER,
				MEM_RESERVE | MEM_REPLACE_PLACEHOLDER,
				MEM_RESERVE | MEM_COMMIT | MEM_REPLACE_PLACEHOLDER);
}

/* What only the extended call has, mostly as it should be. */
static void extend(struct dice *dice, struct winvm_allocate *request)
{
	if (request->type & MEM_RESERVE_PLACEHOLDER && roll(dice) % 8)
		request->protect = PAGE_NOACCESS;
	request->flags = roll(dice) % 8 ? WINVM_ALLOCATE_EXTENDED : (uint32_t)(roll(dice) % 4);
	if (!(roll(dice) % 4)) {
		request->lowest_address = any_address(dice);
		request->highest_address = any_address(dice) - (roll(dice) & 1);
		request->alignment_bytes = ONE_OF(dice, 0, 0, 0x10000, 0x200000, 0x30000,
						  UINT64_C(1) << 46, UINT64_C(1) << 63);
	}
	if (!(roll(dice) % 8))
		request->node = (uint32_t)ONE_OF(dice, 0, 1, 2, 3, 64, 1025, UINT32_MAX);
}

/* A limit on commits keeps the machine usable for the other threads. */
static void fuzz_allocate(struct dice *dice, int device)
{
	struct winvm_allocate request = {
		.size = sizeof(request),
		.base = any_address(dice),
		.bytes = any_size(dice),
		.type = any_type(dice),
		.protect = any_protection(dice),
	};

	if (request.type & MEM_COMMIT)
		request.bytes %= 64 * RAW_MB;
	if (request.type & (MEM_RESERVE_PLACEHOLDER | MEM_REPLACE_PLACEHOLDER))
		extend(dice, &request);
	ioctl(device, WINVM_IOC_ALLOCATE, &request);
}

/* A range of placeholders as they are: chance would never find one. */
static void fuzz_placeholder(struct dice *dice, int device)
{
	struct winvm_region region = raw_region(device, (void *)(uintptr_t)any_address(dice));
	struct winvm_region next;
	uint64_t bytes = region.base + region.bytes - region.allocation_base;
	struct winvm_allocate request = {
		.size = sizeof(request),
		.base = region.allocation_base,
		.bytes = bytes,
		.type = MEM_RESERVE | MEM_REPLACE_PLACEHOLDER | (roll(dice) & 1 ? MEM_COMMIT : 0),
		.protect = any_protection(dice),
		.flags = WINVM_ALLOCATE_EXTENDED,
	};
	void *base = (void *)(uintptr_t)region.allocation_base;

	if (region.state != MEM_RESERVE && region.state != MEM_COMMIT)
		return;
	if (request.type & MEM_COMMIT && bytes > 64 * RAW_MB)
		return;
	next = raw_region(device, (char *)base + bytes);
	switch (roll(dice) % 4) {
	case 0:
		raw_free(device, base, bytes, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER);
		break;
	case 1:
		raw_free(device, (char *)base + roll(dice) % bytes,
			 (1 + roll(dice) % 16) * RAW_PAGE, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER);
		break;
	case 2:
		raw_free(device, base, bytes + next.bytes, MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS);
		break;
	default:
		ioctl(device, WINVM_IOC_ALLOCATE, &request);
	}
}

/* Succeeds between allocations only; the handle never can. */
static void fuzz_layout(struct dice *dice, int device)
{
	struct winvm_layout request = { .size = sizeof(request),
					.layout = (uint32_t)(roll(dice) % 3) };

	if (!ioctl(device, WINVM_IOC_LAYOUT, &request) && request.layout)
		ioctl(device, WINVM_IOC_LAYOUT, &(struct winvm_layout){ .size = sizeof(request) });
}

static void fuzz_free(struct dice *dice, int device)
{
	uint64_t base = any_address(dice);
	uint64_t bytes = roll(dice) % 3 ? any_size(dice) : 0;

	raw_free(device, (void *)(uintptr_t)base, bytes,
		 (uint32_t)ONE_OF(dice, MEM_DECOMMIT, MEM_RELEASE, MEM_RELEASE, 0, UINT32_MAX,
				  MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER,
				  MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS));
}

static void fuzz_protect(struct dice *dice, int device)
{
	uint64_t base = any_address(dice);

	raw_protect(device, (void *)(uintptr_t)base, any_size(dice), any_protection(dice));
}

static void fuzz_lock(struct dice *dice, int device)
{
	uint64_t base = any_address(dice);
	unsigned long call = roll(dice) & 1 ? WINVM_IOC_LOCK : WINVM_IOC_UNLOCK;

	raw_lock_call(device, call, (void *)(uintptr_t)base, any_size(dice) % (64 * RAW_PAGE));
}

static void fuzz_query(struct dice *dice, int device)
{
	struct winvm_region regions[100];
	struct winvm_query query = {
		.size = sizeof(query),
		.address = any_address(dice),
		.buffer = roll(dice) % 16 ? (uintptr_t)regions : any_address(dice),
		.capacity = 1 + (uint32_t)(roll(dice) % 100),
	};

	ioctl(device, WINVM_IOC_QUERY, &query);
}

static void fuzz_vads(struct dice *dice, int device)
{
	struct winvm_vad_record records[100];
	struct winvm_vads request = {
		.size = sizeof(request),
		.address = roll(dice) & 1 ? any_address(dice) : 0,
		.buffer = roll(dice) % 16 ? (uintptr_t)records : any_address(dice),
		.capacity = 1 + (uint32_t)(roll(dice) % 100),
	};

	ioctl(device, WINVM_IOC_VADS, &request);
}

/* Of the arena, of what Linux has mapped, or anywhere, the kernel's half included. */
static void fuzz_translate(struct dice *dice, int device)
{
	struct winvm_translation pages[70];
	bool own = roll(dice) % 16;
	struct winvm_translate request = {
		.size = sizeof(request),
		.buffer = own ? (uintptr_t)pages : any_address(dice),
		.count = own ? roll(dice) % 70 : roll(dice),
	};

	for (int i = 0; i < 70; i++)
		pages[i].address = ONE_OF(dice, any_address(dice), any_address(dice), roll(dice),
					  roll(dice) >> 17, (uintptr_t)pages + 4096 * (roll(dice) % 99),
					  (uintptr_t)fuzz_query);
	ioctl(device, WINVM_IOC_TRANSLATE, &request);
}

/* Half of them about the test's own mappings. */
static void fuzz_query_whole(struct dice *dice, int device)
{
	uint64_t address = roll(dice) & 1 ? any_address(dice) :
					    ONE_OF(dice, (uintptr_t)&shared, (uintptr_t)dice,
						   (uintptr_t)fuzz_query);
	struct winvm_query_allocation allocation = {
		.size = sizeof(allocation),
		.address = address,
	};
	char buffer[4096];
	struct winvm_query_name name = {
		.size = sizeof(name),
		.address = address,
		.buffer = roll(dice) % 16 ? (uintptr_t)buffer : any_address(dice),
		.capacity = (uint32_t)ONE_OF(dice, 0, 1, 40, sizeof(buffer)),
	};

	ioctl(device, WINVM_IOC_QUERY_ALLOCATION, &allocation);
	ioctl(device, WINVM_IOC_QUERY_NAME, &name);
}

static void fuzz_copy(struct dice *dice, int device)
{
	char buffer[3 * 4096] = "";
	size_t bytes = roll(dice) % sizeof(buffer);

	raw_copy(device, (void *)(uintptr_t)any_address(dice), buffer, &bytes,
		 device == shared.handle ? 0 :
					   (uint32_t)ONE_OF(dice, 0, WINVM_COPY_WRITE,
							    WINVM_COPY_WRITE | WINVM_COPY_CODE));
}

static void fuzz_watch(struct dice *dice, int device)
{
	uint64_t addresses[64];
	struct winvm_write_watch request = {
		.size = sizeof(request),
		.base = any_address(dice),
		.bytes = any_size(dice),
		.addresses = roll(dice) % 16 ? (uintptr_t)addresses : any_address(dice),
		.count = roll(dice) % 64,
		.flags = (uint32_t)(roll(dice) % 3),
	};

	ioctl(device, roll(dice) & 1 ? WINVM_IOC_GET_WRITE_WATCH : WINVM_IOC_RESET_WRITE_WATCH,
	      &request);
}

/* Ranges of any kind, more than are copied at a time, or an array that is nowhere. */
static void fuzz_prefetch(struct dice *dice, int device)
{
	struct winvm_range ranges[40];
	struct winvm_prefetch request = {
		.size = sizeof(request),
		.ranges = roll(dice) % 16 ? (uintptr_t)ranges : any_address(dice),
		.count = roll(dice) % 16 ? 1 + roll(dice) % 40 : roll(dice),
		.flags = roll(dice) % 16 ? 0 : (uint32_t)roll(dice),
	};

	for (int i = 0; i < 40; i++)
		ranges[i] = (struct winvm_range){ any_address(dice), any_size(dice) | 1 };
	ioctl(device, WINVM_IOC_PREFETCH, &request);
}

/* Offered pages are found again by those that reclaim and discard, and by all others. */
static void fuzz_offer(struct dice *dice, int device)
{
	unsigned long call = ONE_OF(dice, WINVM_IOC_OFFER, WINVM_IOC_OFFER, WINVM_IOC_RECLAIM,
				    WINVM_IOC_RECLAIM, WINVM_IOC_DISCARD);
	struct winvm_offer request = {
		.size = sizeof(request),
		.base = any_address(dice),
		.bytes = any_size(dice),
		.priority = call == WINVM_IOC_OFFER ? (uint32_t)(roll(dice) % 6) : 0,
	};

	/* Half of the time the whole of a run. */
	if (roll(dice) & 1) {
		struct winvm_region region = raw_region(device, (void *)(uintptr_t)request.base);

		request.bytes = region.base + region.bytes - request.base;
	}
	ioctl(device, call, &request);
}

/* Most of the arena may be the thread's stack, or nothing, or nonsense. */
static void fuzz_thread(struct dice *dice, int device)
{
	static __thread struct raw_stack stack;
	struct winvm_thread request = {
		.size = sizeof(request),
		.stack_base_at = any_address(dice),
		.stack_limit_at = any_address(dice),
		.deallocation_stack_at = any_address(dice),
		.guarantee_at = any_address(dice),
	};

	stack.base = any_address(dice);
	stack.limit = any_address(dice);
	stack.deallocation = roll(dice) & 1 ? any_address(dice) : (uintptr_t)shared.arena;
	stack.guarantee = (uint32_t)ONE_OF(dice, 0, 0, 0x1000, 0x8000, roll(dice));
	if (roll(dice) % 4)
		raw_thread(device, &stack);
	else
		ioctl(device, WINVM_IOC_THREAD, &request);
}

/* Limits mostly small, so that a hard maximum is felt. */
static void fuzz_limits(struct dice *dice, int device)
{
	struct winvm_working_set request = {
		.size = sizeof(request),
		.operation = (uint32_t)(roll(dice) % 8 != 0),
		.minimum_bytes = ONE_OF(dice, 0, 1, 20 * RAW_PAGE, 60 * RAW_PAGE, UINT64_MAX),
		.maximum_bytes = ONE_OF(dice, 0, 13 * RAW_PAGE, 60 * RAW_PAGE, 1000 * RAW_PAGE,
					UINT64_MAX, roll(dice)),
		.flags = (uint32_t)(roll(dice) % 17),
	};

	if (!(roll(dice) % 4))
		request.minimum_bytes = request.maximum_bytes = UINT64_MAX;
	ioctl(device, WINVM_IOC_WORKING_SET, &request);
}

static void fuzz_pages(struct dice *dice, int device)
{
	struct winvm_page pages[200];
	struct winvm_query_pages request = {
		.size = sizeof(request),
		.pages = roll(dice) % 16 ? (uintptr_t)pages : any_address(dice),
		.count = roll(dice) % 200,
	};

	for (size_t i = 0; i < 200; i++)
		pages[i].address = any_address(dice);
	ioctl(device, WINVM_IOC_QUERY_PAGES, &request);
}

static void fuzz_working_set(struct dice *dice, int device)
{
	uint64_t blocks[500];
	struct winvm_query_working_set request = {
		.size = sizeof(request),
		.buffer = roll(dice) % 16 ? (uintptr_t)blocks : any_address(dice),
		.capacity = ONE_OF(dice, 0, 1, 500),
	};

	ioctl(device, WINVM_IOC_QUERY_WORKING_SET, &request);
}

static void fuzz_changes(struct dice *dice, int device)
{
	struct winvm_ws_fault faults[50];
	struct winvm_watch_working_set request = {
		.size = sizeof(request),
		.buffer = roll(dice) % 16 ? (uintptr_t)faults : any_address(dice),
		.bytes = ONE_OF(dice, 0, 16, sizeof(faults)),
		.operation = roll(dice) % 8 ? WINVM_CHANGES_TAKE : WINVM_CHANGES_BEGIN,
	};

	if (request.operation == WINVM_CHANGES_TAKE)
		request.entry_bytes = (uint32_t)ONE_OF(dice, 16, 32);
	ioctl(device, WINVM_IOC_WATCH_WORKING_SET, &request);
}

/* One that is there, mostly, of the right size, mostly; what is left of it stays. */
static void fuzz_view_in_placeholder(struct dice *dice, int device, struct winvm_map_view map)
{
	size_t pages = 1 + roll(dice) % 8, bytes = (pages + roll(dice) % 3) * RAW_PAGE;
	char *place = raw_placeholder(device, bytes);
	uint32_t flags = (uint32_t)ONE_OF(dice, 0, 2, 2, 2, 3);

	if (!place)
		return;
	raw_free(device, place, pages * RAW_PAGE, MEM_RELEASE | MEM_PRESERVE_PLACEHOLDER);
	map.base = (uintptr_t)place;
	map.bytes = pages * RAW_PAGE;
	map.offset = roll(dice) % 16 * RAW_PAGE;
	map.type = MEM_REPLACE_PLACEHOLDER;
	map.flags = WINVM_MAP_VIEW_EXTENDED;
	ioctl(device, WINVM_IOC_MAP_VIEW, &map);
	if (roll(dice) % 4)
		raw_unmap_view_ex(device, place + roll(dice) % pages * RAW_PAGE, flags);
	raw_free(device, place, bytes, MEM_RELEASE | MEM_COALESCE_PLACEHOLDERS);
}

/* Sections of a few pages, in places that are taken or not. */
static void fuzz_view(struct dice *dice, int device)
{
	struct winvm_create_section create = {
		.size = sizeof(create),
		.bytes = (1 + roll(dice) % 64) * RAW_PAGE,
		.protect = (uint32_t)ONE_OF(dice, 2, 4, 4, 0x20, 0x40, 0x40),
		.attributes = (uint32_t)ONE_OF(dice, SEC_COMMIT, SEC_COMMIT, SEC_RESERVE,
					       SEC_RESERVE | SEC_NO_CHANGE, SEC_COMMIT | SEC_BASED,
					       SEC_COMMIT | SEC_GLOBAL),
		.access = 0x1f,
		.file_fd = roll(dice) & 1 ? WINVM_NO_FILE : shared.file,
		.node = (uint32_t)ONE_OF(dice, 0, 0, 0, 0, 1, 1, 7),
	};
	struct winvm_map_view map = {
		.size = sizeof(map),
		.base = any_address(dice),
		.bytes = roll(dice) % 4 ? 0 : any_size(dice),
		.offset = roll(dice) % 4 ? 0 : any_size(dice),
		.protect = any_protection(dice),
		.type = (uint32_t)ONE_OF(dice, 0, 0, 0, MEM_TOP_DOWN, MEM_RESERVE),
		.inherit = 1 + roll(dice) % 2,
		.commit_bytes = roll(dice) % 4 ? 0 : any_size(dice),
		.lowest_address = roll(dice) % 8 ? 0 : any_address(dice),
		.highest_address = roll(dice) % 8 ? 0 : any_address(dice) | 0xfff,
		.alignment_bytes = roll(dice) % 16 ? 0 : any_size(dice),
		.node = (uint32_t)ONE_OF(dice, 0, 0, 0, 0, 1, 1, 7),
		.flags = roll(dice) & 1,
	};
	struct winvm_query_section query = { .size = sizeof(query) };
	struct winvm_extend_section extend = {
		.size = sizeof(extend),
		.bytes = roll(dice) % FILE_BYTES,
	};

	if (ioctl(device, WINVM_IOC_CREATE_SECTION, &create) || create.status)
		return;
	map.section_fd = create.section_fd;
	query.section_fd = create.section_fd;
	for (int i = 0; i < 3; i++) {
		map.base = roll(dice) & 1 ? any_address(dice) : 0;
		ioctl(device, WINVM_IOC_MAP_VIEW, &map);
	}
	fuzz_view_in_placeholder(dice, device, map);
	ioctl(device, WINVM_IOC_QUERY_SECTION, &query);
	extend.section_fd = create.section_fd;
	ioctl(device, WINVM_IOC_EXTEND_SECTION, &extend);
	close(create.section_fd);
}

/* Few names, so that they are met; and those that cannot be. */
static void fuzz_names(struct dice *dice, int device)
{
	static const char names[] = "name\\\0xyz";
	struct winvm_create_section create = {
		.size = sizeof(create),
		.bytes = (1 + roll(dice) % 4) * RAW_PAGE,
		.protect = PAGE_READWRITE,
		.attributes = SEC_COMMIT,
		.access = 0x1f,
		.file_fd = WINVM_NO_FILE,
		.name = roll(dice) % 16 ? (uintptr_t)names : any_address(dice),
		.name_bytes = (uint32_t)ONE_OF(dice, 1, 2, 3, 4, 5, 6, 0, 1021, UINT32_MAX),
		.flags = (uint32_t)ONE_OF(dice, 0, WINVM_SECTION_EXISTING, WINVM_SECTION_EXISTING, 2),
		.section_fd = -1,
	};
	struct winvm_open_section open = {
		.size = sizeof(open),
		.name = (uintptr_t)names,
		.name_bytes = (uint32_t)(roll(dice) % 6),
		.access = (uint32_t)(roll(dice) % 0x21),
		.from_fd = WINVM_NO_FILE,
		.section_fd = -1,
	};

	if (ioctl(device, WINVM_IOC_CREATE_SECTION, &create))
		create.section_fd = -1;
	if (!(roll(dice) % 4)) {
		open.name = 0;
		open.name_bytes = 0;
		open.from_fd = roll(dice) % 4 ? create.section_fd : (int)(roll(dice) % 64);
	}
	if (ioctl(device, WINVM_IOC_OPEN_SECTION, &open))
		open.section_fd = -1;
	close(create.section_fd);
	close(open.section_fd);
}

static void fuzz_unmap(struct dice *dice, int device)
{
	struct winvm_inherit inherit = { .size = sizeof(inherit) };
	struct winvm_unmap_view request = {
		.size = sizeof(request),
		.base = any_address(dice),
		.flags = (uint32_t)ONE_OF(dice, 0, 0, 0, 1, 2, 4),
	};

	ioctl(device, WINVM_IOC_UNMAP_VIEW, &request);
	ioctl(device, WINVM_IOC_INHERIT, &inherit);
}

/* Views' files are cut and grow meanwhile. */
static void fuzz_file(struct dice *dice, int device)
{
	struct winvm_flush_view flush = {
		.size = sizeof(flush),
		.base = any_address(dice),
		.bytes = roll(dice) & 1 ? 0 : any_size(dice),
	};
	struct winvm_query_file query = { .size = sizeof(query), .file_fd = shared.file };

	ioctl(device, WINVM_IOC_FLUSH_VIEW, &flush);
	ioctl(device, WINVM_IOC_QUERY_FILE, &query);
	if (roll(dice) % 4 == 0 && ftruncate(shared.file, (off_t)(roll(dice) % FILE_BYTES)))
		atomic_store(&shared.stop, true);
}

/* Sizes, numbers and contents alike are noise. */
static void fuzz_noise(struct dice *dice, int device)
{
	uint64_t words[32];

	for (size_t i = 0; i < 32; i++)
		words[i] = roll(dice) & ONE_OF(dice, 0, 0, 0xff, UINT64_MAX);
	/* The low half is the size. */
	words[0] = (words[0] & ~UINT64_C(0xffffffff)) | roll(dice) % 300;
	ioctl(device, _IO(WINVM_IOC_TYPE, roll(dice) % 48), words);
}

static void fuzz_touch(struct dice *dice, int device)
{
	volatile char *address = shared.arena + roll(dice) % (ARENA);

	if (roll(dice) & 1)
		poke(address, (uint8_t)roll(dice));
	else
		peek(address);
	raw_exception(device, (void *)(uintptr_t)address, (uint32_t)(roll(dice) % 10), NULL);
}

/* Not in reach: the test's own memory. */
static void fuzz_linux(struct dice *dice, int device)
{
	char *address = shared.arena + roll(dice) % (ARENA) / RAW_PAGE * RAW_PAGE;
	size_t bytes = (1 + roll(dice) % 16) * RAW_PAGE;

	(void)device;
	switch (roll(dice) % 12) {
	case 0:
		munmap(address, bytes);
		break;
	case 1:
		if (mmap(address, bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			 0) != MAP_FAILED &&
		    roll(dice) & 1)
			munmap(address, bytes);
		break;
	case 2:
		mremap(address, bytes, bytes + RAW_PAGE, MREMAP_MAYMOVE);
		break;
	case 3:
		mprotect(address, bytes, (int)(roll(dice) % 8));
		break;
	case 4:
		mlock(address, bytes);
		munlock(address, bytes);
		break;
	default:
		madvise(address, bytes,
			(int)ONE_OF(dice, 4, 8, 9, 10, 11, 14, 15, 16, 17, 20, 21, 22, 23, 25));
		break;
	}
}

typedef void fuzzer(struct dice *dice, int device);

static fuzzer *const fuzzers[] = {
	fuzz_allocate, fuzz_allocate, fuzz_allocate, fuzz_free, fuzz_protect, fuzz_protect,
	fuzz_lock, fuzz_query, fuzz_vads, fuzz_translate, fuzz_query_whole, fuzz_copy,
	fuzz_watch, fuzz_noise,
	fuzz_touch, fuzz_touch, fuzz_touch, fuzz_linux, fuzz_placeholder, fuzz_placeholder,
	fuzz_layout, fuzz_thread, fuzz_limits, fuzz_pages, fuzz_working_set, fuzz_prefetch,
	fuzz_offer, fuzz_offer, fuzz_changes,
	fuzz_view, fuzz_view, fuzz_unmap, fuzz_unmap, fuzz_names, fuzz_file,
};

#define FUZZERS (sizeof(fuzzers) / sizeof(fuzzers[0]))

/* Noise may close nothing and open descriptors without end. */
static void close_strays(void)
{
	for (int fd = 64; fd < 1024; fd++)
		close(fd);
}

static void *fuzz(void *argument)
{
	struct dice dice = { (uintptr_t)argument };

	if (atomic_load(&shared.failing))
		proc_write("/proc/thread-self/make-it-fail", "1");
	while (!atomic_load(&shared.stop)) {
		int device = roll(&dice) % 4 ? shared.device : shared.handle;
		fuzzer *call = fuzzers[roll(&dice) % FUZZERS];

		if (device == shared.device || (call != fuzz_linux && call != fuzz_touch))
			call(&dice, device);
		if (!(atomic_fetch_add(&shared.calls, 1) % 512))
			close_strays();
	}
	return NULL;
}

static uint64_t highest_address(int device)
{
	struct winvm_hello hello = { .size = sizeof(hello) };

	ioctl(device, WINVM_IOC_HELLO, &hello);
	return hello.highest_address;
}

/* From 0 to the top of the layout, every byte exactly once (SPEC VQ-13). */
static bool walk_is_seamless(int device)
{
	uint64_t highest = highest_address(device), at = 0;

	while (at <= highest) {
		struct winvm_region region = raw_region(device, (void *)(uintptr_t)at);

		if (region.base != at || !region.bytes || region.bytes % RAW_PAGE)
			return false;
		at += region.bytes;
	}
	return at == highest + 1;
}

#define EXPECT_NOTHING_LEFT(device)                                     \
	do {                                                            \
		struct winvm_counters counters_ = raw_counters(device); \
		EXPECT_EQ(0u, counters_.vads);                          \
		EXPECT_EQ(0u, counters_.virtual_bytes);                 \
		EXPECT_EQ(0u, counters_.commit_bytes);                  \
	} while (0)

/* Returns how many threads there were. */
static int run_fuzzers(uint64_t seed, unsigned int seconds)
{
	pthread_t threads[THREADS];
	int count;

	for (count = 0; count < THREADS; count++)
		if (pthread_create(&threads[count], NULL, fuzz,
				   (void *)(uintptr_t)(seed * 8 + (uint64_t)count + 1)))
			break;
	sleep(seconds);
	atomic_store(&shared.stop, true);
	for (int i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	return count;
}

/* On the debug kernel one allocation of twenty fails, in the threads that ask for it. */
static bool failures_begin(void)
{
	static const char *const settings[][2] = {
		{ "task-filter", "Y" },	   { "verbose", "0" }, { "interval", "1" },
		{ "times", "1000000000" }, { "space", "0" },   { "ignore-gfp-wait", "N" },
		{ "probability", "5" },
	};
	char path[80];

	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		snprintf(path, sizeof(path), "/sys/kernel/debug/failslab/%s", settings[i][0]);
		if (!proc_write(path, settings[i][1]))
			return false;
	}
	atomic_store(&shared.failing, true);
	return true;
}

static void failures_end(void)
{
	atomic_store(&shared.failing, false);
	proc_write("/sys/kernel/debug/failslab/probability", "0");
}

FIXTURE(fuzz)
{
	struct child child;
	uint64_t seed;
	unsigned int seconds;
};

FIXTURE_SETUP(fuzz)
{
	self->seed = proc_rounds("FUZZ_SEED", (unsigned long)time(NULL));
	self->seconds = (unsigned int)proc_rounds("FUZZ_SECONDS", 20);
	TH_LOG("FUZZ_SEED=%lu", self->seed);
	self->child = child_start(0);
	shared.device = raw_open();
	shared.file = memfd_create("fuzz", MFD_CLOEXEC);
	ASSERT_EQ(0, ftruncate(shared.file, FILE_BYTES));
	shared.handle = raw_open_process(shared.device, self->child.pid);
	ASSERT_LE(0, shared.handle);
	shared.arena = raw_reserve(shared.device, ARENA);
	ASSERT_NE(NULL, shared.arena);
	ASSERT_EQ(0u, raw_release(shared.device, shared.arena));
}

FIXTURE_TEARDOWN(fuzz)
{
	TH_LOG("%lu calls", shared.calls);
	EXPECT_TRUE(walk_is_seamless(shared.device));
	EXPECT_TRUE(walk_is_seamless(shared.handle));
	/* What Linux was made to map over allocations hides them. */
	munmap(shared.arena, ARENA + RAW_MB);
	raw_release_everything(shared.device);
	raw_release_everything(shared.handle);
	EXPECT_NOTHING_LEFT(shared.device);
	EXPECT_NOTHING_LEFT(shared.handle);
	child_kill(&self->child);
}

TEST_F_TIMEOUT(fuzz, random_calls, 900)
{
	EXPECT_EQ(THREADS, run_fuzzers(self->seed, self->seconds));
}

TEST_F_TIMEOUT(fuzz, random_calls_with_random_failures, 900)
{
	if (!failures_begin())
		SKIP(return, "this kernel injects no faults: tests/vm/run --kernel debug");
	EXPECT_EQ(THREADS, run_fuzzers(self->seed, self->seconds));
	failures_end();
}

TEST_HARNESS_MAIN
