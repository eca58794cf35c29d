// SPDX-License-Identifier: GPL-2.0
/* The ABI itself: sizes, reserved fields, pointers, numbers, compat (uapi/linux/winvm.h). */
#include <sys/mman.h>

#include "raw.h"

/* @bytes: of the structure in the first version of the ABI */
struct call {
	unsigned long number;
	uint32_t bytes;
};

static const struct call calls[] = {
	{ WINVM_IOC_HELLO, sizeof(struct winvm_hello) },
	{ WINVM_IOC_ALLOCATE, offsetof(struct winvm_allocate, lowest_address) },
	{ WINVM_IOC_FREE, sizeof(struct winvm_free) },
	{ WINVM_IOC_PROTECT, sizeof(struct winvm_protect) },
	{ WINVM_IOC_QUERY, sizeof(struct winvm_query) },
	{ WINVM_IOC_LOCK, sizeof(struct winvm_lock) },
	{ WINVM_IOC_UNLOCK, sizeof(struct winvm_lock) },
	{ WINVM_IOC_EXCEPTION, sizeof(struct winvm_exception) },
	{ WINVM_IOC_OPEN_PROCESS, sizeof(struct winvm_open_process) },
	{ WINVM_IOC_COPY, sizeof(struct winvm_copy) },
	{ WINVM_IOC_COUNTERS, offsetof(struct winvm_counters, shared_views) },
	{ WINVM_IOC_GET_WRITE_WATCH, sizeof(struct winvm_write_watch) },
	{ WINVM_IOC_RESET_WRITE_WATCH, sizeof(struct winvm_write_watch) },
	{ WINVM_IOC_QUERY_ALLOCATION, sizeof(struct winvm_query_allocation) },
	{ WINVM_IOC_QUERY_NAME, sizeof(struct winvm_query_name) },
	{ WINVM_IOC_LAYOUT, sizeof(struct winvm_layout) },
	{ WINVM_IOC_THREAD, sizeof(struct winvm_thread) },
	{ WINVM_IOC_CREATE_SECTION, offsetof(struct winvm_create_section, name) },
	{ WINVM_IOC_MAP_VIEW, sizeof(struct winvm_map_view) },
	{ WINVM_IOC_UNMAP_VIEW, sizeof(struct winvm_unmap_view) },
	{ WINVM_IOC_QUERY_SECTION, offsetof(struct winvm_query_section, base) },
	{ WINVM_IOC_INHERIT, sizeof(struct winvm_inherit) },
	{ WINVM_IOC_FLUSH_VIEW, sizeof(struct winvm_flush_view) },
	{ WINVM_IOC_EXTEND_SECTION, sizeof(struct winvm_extend_section) },
	{ WINVM_IOC_QUERY_FILE, sizeof(struct winvm_query_file) },
	{ WINVM_IOC_OPEN_SECTION, sizeof(struct winvm_open_section) },
	{ WINVM_IOC_WORKING_SET, sizeof(struct winvm_working_set) },
	{ WINVM_IOC_QUERY_WORKING_SET, sizeof(struct winvm_query_working_set) },
	{ WINVM_IOC_QUERY_PAGES, sizeof(struct winvm_query_pages) },
	{ WINVM_IOC_WATCH_WORKING_SET, sizeof(struct winvm_watch_working_set) },
	{ WINVM_IOC_PREFETCH, sizeof(struct winvm_prefetch) },
	{ WINVM_IOC_OFFER, sizeof(struct winvm_offer) },
	{ WINVM_IOC_RECLAIM, sizeof(struct winvm_offer) },
	{ WINVM_IOC_DISCARD, sizeof(struct winvm_offer) },
	{ WINVM_IOC_QUERY_MEMORY, sizeof(struct winvm_query_memory) },
	{ WINVM_IOC_QUERY_SYSTEM, sizeof(struct winvm_query_system) },
	{ WINVM_IOC_OPEN_NOTICE, sizeof(struct winvm_open_notice) },
	{ WINVM_IOC_VADS, sizeof(struct winvm_vads) },
	{ WINVM_IOC_TRANSLATE, sizeof(struct winvm_translate) },
};

#define CALLS (sizeof(calls) / sizeof(calls[0]))

/* Room for any structure, and more. */
union request {
	uint32_t size;
	struct winvm_hello hello;
	struct winvm_allocate allocate;
	struct winvm_free free;
	struct winvm_query query;
	struct winvm_lock lock;
	struct winvm_open_process open_process;
	struct winvm_copy copy;
	unsigned char bytes[256];
};

FIXTURE(abi)
{
	int device;
};

FIXTURE_SETUP(abi)
{
	self->device = raw_open();
	ASSERT_LE(0, self->device);
}

FIXTURE_TEARDOWN(abi)
{
	close(self->device);
}

TEST_F(abi, hello_tells_the_limits)
{
	struct winvm_hello hello = { .size = sizeof(hello), .features = WINVM_FEATURE_PRIVATE };

	ASSERT_EQ(0, ioctl(self->device, WINVM_IOC_HELLO, &hello));
	EXPECT_EQ((uint32_t)WINVM_ABI_VERSION, hello.abi);
	EXPECT_EQ(0x10000u, hello.lowest_address);
	EXPECT_EQ(RAW_HIGHEST, hello.highest_address);
	EXPECT_EQ(4096u, hello.page_bytes);
	EXPECT_EQ(65536u, hello.granularity_bytes);
	EXPECT_TRUE(hello.features & WINVM_FEATURE_PRIVATE);
	EXPECT_TRUE(hello.features & WINVM_FEATURE_QUERY);
	EXPECT_TRUE(hello.features & WINVM_FEATURE_PLACEHOLDER);
	EXPECT_TRUE(hello.features & WINVM_FEATURE_LAYOUT);
	EXPECT_TRUE(hello.features & WINVM_FEATURE_OFFER);
	EXPECT_TRUE(hello.features & WINVM_FEATURE_PREFETCH);
}

TEST_F(abi, hello_refuses_a_feature_that_is_missing_but_tells_what_there_is)
{
	struct winvm_hello hello = { .size = sizeof(hello), .features = 1ULL << 63 };

	EXPECT_EQ(-1, ioctl(self->device, WINVM_IOC_HELLO, &hello));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ((uint32_t)WINVM_ABI_VERSION, hello.abi);
	EXPECT_TRUE(hello.features & WINVM_FEATURE_PRIVATE);
	EXPECT_FALSE(hello.features >> 63);
}

TEST_F(abi, size_too_small_is_einval_and_nothing_is_written)
{
	for (size_t i = 0; i < CALLS; i++) {
		union request request, before;

		memset(&request, 0xa5, sizeof(request));
		request.size = calls[i].bytes - 1;
		before = request;
		EXPECT_EQ(-1, ioctl(self->device, calls[i].number, &request));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(0, memcmp(&before, &request, sizeof(request)));
		request.size = 0;
		EXPECT_EQ(-1, ioctl(self->device, calls[i].number, &request));
		EXPECT_EQ(EINVAL, errno);
	}
}

TEST_F(abi, size_of_a_later_caller_with_a_zero_tail_works)
{
	union request request = { .hello = { .size = sizeof(request) } };

	EXPECT_EQ(0, ioctl(self->device, WINVM_IOC_HELLO, &request));
	EXPECT_EQ(sizeof(request), request.size);
	EXPECT_EQ((uint32_t)WINVM_ABI_VERSION, request.hello.abi);
}

TEST_F(abi, size_of_a_later_caller_with_a_tail_is_e2big_and_nothing_is_done)
{
	for (size_t i = 0; i < CALLS; i++) {
		union request request, before;

		memset(&request, 0, sizeof(request));
		request.size = sizeof(request);
		request.bytes[sizeof(request) - 1] = 1;
		before = request;
		EXPECT_EQ(-1, ioctl(self->device, calls[i].number, &request));
		EXPECT_EQ(E2BIG, errno);
		EXPECT_EQ(0, memcmp(&before, &request, sizeof(request)));
	}
}

/* To look through gigabytes of zeros would keep a processor busy, unkillably. */
TEST_F(abi, size_of_gigabytes_is_refused_at_once)
{
	size_t bytes = 4 * RAW_GB - RAW_PAGE;
	struct winvm_hello *hello = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	ASSERT_NE(MAP_FAILED, hello);
	hello->size = 0x2000;
	EXPECT_EQ(-1, ioctl(self->device, WINVM_IOC_HELLO, hello));
	EXPECT_EQ(E2BIG, errno);
	hello->size = (uint32_t)(64 * RAW_MB);
	EXPECT_EQ(-1, ioctl(self->device, WINVM_IOC_HELLO, hello));
	EXPECT_EQ(E2BIG, errno);
}

/* What the structure grew by is zero to the module, and left alone behind it. */
TEST_F(abi, a_caller_of_the_first_version_allocates)
{
	uint32_t size = offsetof(struct winvm_allocate, lowest_address);
	struct winvm_allocate request, before;

	memset(&request, 0xa5, sizeof(request));
	before = request;
	request = (struct winvm_allocate){
		.bytes = RAW_PAGE, .type = MEM_RESERVE, .protect = PAGE_READWRITE, .size = size };
	memcpy(&request.lowest_address, &before.lowest_address, sizeof(request) - size);
	ASSERT_EQ(0, ioctl(self->device, WINVM_IOC_ALLOCATE, &request));
	EXPECT_EQ(0u, request.status);
	EXPECT_EQ(size, request.size);
	EXPECT_EQ(0, memcmp(&request.lowest_address, &before.lowest_address,
			    sizeof(request) - size));
	EXPECT_EQ((uint32_t)MEM_RESERVE, raw_state(self->device, (void *)(uintptr_t)request.base));
}

TEST_F(abi, unknown_calls_are_enotty)
{
	static const unsigned long unknown[] = {
		0, _IO(WINVM_IOC_TYPE, 0x3f), _IO(WINVM_IOC_TYPE, 0xff), _IO(WINVM_IOC_TYPE + 1, 1),
		_IOWR(WINVM_IOC_TYPE, 1, struct winvm_allocate), _IOR(WINVM_IOC_TYPE, 0, int),
		0x5401, 0xffffffff,
	};

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		EXPECT_EQ(-1, ioctl(self->device, unknown[i], NULL));
		EXPECT_EQ(ENOTTY, errno);
	}
}

/* What a call that changes nothing leaves as it was. */
#define EXPECT_NOTHING_HELD(device)                                                             \
	do {                                                                                    \
		struct winvm_counters counters_ = raw_counters(device);                         \
		EXPECT_EQ(0u, counters_.vads);                                                  \
		EXPECT_EQ(0u, counters_.virtual_bytes);                                         \
		EXPECT_EQ(0u, counters_.commit_bytes);                                          \
		EXPECT_EQ(0u, counters_.bookkeeping_bytes);                                     \
	} while (0)

#define EXPECT_EINVAL(device, number, ...)                                                      \
	do {                                                                                    \
		__typeof__(__VA_ARGS__) request_ = __VA_ARGS__;                                 \
		request_.size = sizeof(request_);                                               \
		EXPECT_EQ(-1, ioctl(device, number, &request_));                                \
		EXPECT_EQ(EINVAL, errno);                                                       \
	} while (0)

TEST_F(abi, reserved_fields_and_unknown_flags_are_einval)
{
	int device = self->device;
	struct winvm_region region;

	EXPECT_EINVAL(device, WINVM_IOC_ALLOCATE, (struct winvm_allocate){
		.bytes = 1, .type = MEM_RESERVE, .protect = PAGE_READWRITE, .__reserved = 1 });
	EXPECT_EINVAL(device, WINVM_IOC_ALLOCATE, (struct winvm_allocate){
		.bytes = 1, .type = MEM_RESERVE, .protect = PAGE_READWRITE, .flags = 2 });
	EXPECT_EINVAL(device, WINVM_IOC_LAYOUT, (struct winvm_layout){ .__reserved = 1 });
	EXPECT_EINVAL(device, WINVM_IOC_FREE, (struct winvm_free){
		.type = MEM_RELEASE, .__reserved = 1 });
	EXPECT_EINVAL(device, WINVM_IOC_QUERY, (struct winvm_query){
		.buffer = (uintptr_t)&region, .capacity = 1, .__reserved = 1 });
	EXPECT_EINVAL(device, WINVM_IOC_QUERY, (struct winvm_query){
		.buffer = (uintptr_t)&region });
	EXPECT_EINVAL(device, WINVM_IOC_LOCK, (struct winvm_lock){
		.bytes = 1, .map_type = 1, .__reserved = 1 });
	EXPECT_EINVAL(device, WINVM_IOC_UNLOCK, (struct winvm_lock){
		.bytes = 1, .map_type = 1, .__reserved = 1 });
	EXPECT_EINVAL(device, WINVM_IOC_OPEN_PROCESS, (struct winvm_open_process){
		.proc_fd = -1, .__reserved = 1 });
	EXPECT_EINVAL(device, WINVM_IOC_OPEN_PROCESS, (struct winvm_open_process){
		.proc_fd = -1, .access = 0x1 });
	EXPECT_EINVAL(device, WINVM_IOC_COPY, (struct winvm_copy){ .flags = WINVM_COPY_CODE });
	EXPECT_EINVAL(device, WINVM_IOC_COPY, (struct winvm_copy){ .flags = 4 });
	EXPECT_EINVAL(device, WINVM_IOC_WORKING_SET, (struct winvm_working_set){ .operation = 2 });
	EXPECT_EINVAL(device, WINVM_IOC_WATCH_WORKING_SET, (struct winvm_watch_working_set){
		.operation = 2 });
	EXPECT_EINVAL(device, WINVM_IOC_WATCH_WORKING_SET, (struct winvm_watch_working_set){
		.operation = WINVM_CHANGES_BEGIN, .entry_bytes = 32 });
	EXPECT_EINVAL(device, WINVM_IOC_WATCH_WORKING_SET, (struct winvm_watch_working_set){
		.operation = WINVM_CHANGES_TAKE, .entry_bytes = 24 });
	EXPECT_EINVAL(device, WINVM_IOC_COPY, (struct winvm_copy){ .__reserved = 1 });
	EXPECT_EINVAL(device, WINVM_IOC_PREFETCH, (struct winvm_prefetch){ .__reserved = 1 });
	EXPECT_EINVAL(device, WINVM_IOC_OFFER, (struct winvm_offer){
		.priority = 1, .__reserved = 1 });
	EXPECT_EINVAL(device, WINVM_IOC_RECLAIM, (struct winvm_offer){ .__reserved = 1 });
	EXPECT_EINVAL(device, WINVM_IOC_DISCARD, (struct winvm_offer){ .__reserved = 1 });
	EXPECT_EINVAL(device, WINVM_IOC_RECLAIM, (struct winvm_offer){ .priority = 1 });
	EXPECT_EINVAL(device, WINVM_IOC_DISCARD, (struct winvm_offer){ .priority = 1 });
	EXPECT_EINVAL(device, WINVM_IOC_MAP_VIEW, (struct winvm_map_view){ .flags = 2 });
	EXPECT_EINVAL(device, WINVM_IOC_CREATE_SECTION, (struct winvm_create_section){
		.access = 0x20 });
	EXPECT_EINVAL(device, WINVM_IOC_CREATE_SECTION, (struct winvm_create_section){
		.name = 1 });
	EXPECT_EINVAL(device, WINVM_IOC_CREATE_SECTION, (struct winvm_create_section){
		.flags = WINVM_SECTION_EXISTING });
	EXPECT_EINVAL(device, WINVM_IOC_CREATE_SECTION, (struct winvm_create_section){
		.name = (uintptr_t)"x", .name_bytes = 1, .flags = 2 });
	EXPECT_EINVAL(device, WINVM_IOC_OPEN_SECTION, (struct winvm_open_section){
		.name = 1, .from_fd = WINVM_NO_FILE });
	EXPECT_EINVAL(device, WINVM_IOC_OPEN_SECTION, (struct winvm_open_section){
		.name = (uintptr_t)"x", .name_bytes = 1, .from_fd = 0 });
	EXPECT_EINVAL(device, WINVM_IOC_OPEN_SECTION, (struct winvm_open_section){
		.name = (uintptr_t)"x", .name_bytes = 1, .from_fd = WINVM_NO_FILE,
		.access = 0x20 });
	EXPECT_EINVAL(device, WINVM_IOC_UNMAP_VIEW, (struct winvm_unmap_view){ .__reserved = 1 });
	EXPECT_EINVAL(device, WINVM_IOC_EXTEND_SECTION, (struct winvm_extend_section){
		.__reserved = 1 });
	EXPECT_EINVAL(device, WINVM_IOC_QUERY_FILE, (struct winvm_query_file){ .__reserved = 1 });
	EXPECT_NOTHING_HELD(device);
}

TEST_F(abi, pointers_to_nowhere_are_efault)
{
	char *pages = mmap(NULL, 2 * RAW_PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void *const bad[] = {
		NULL, (void *)8, (void *)0x7ffffffff000, (void *)0x8000000000000000,
		(void *)0xffffffffffffff00, pages + RAW_PAGE, pages + RAW_PAGE - sizeof(uint32_t),
	};

	ASSERT_NE(MAP_FAILED, pages);
	ASSERT_EQ(0, munmap(pages + RAW_PAGE, RAW_PAGE));
	*(uint32_t *)(pages + RAW_PAGE - sizeof(uint32_t)) = sizeof(struct winvm_hello);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		EXPECT_EQ(-1, ioctl(self->device, WINVM_IOC_HELLO, bad[i]));
		EXPECT_EQ(EFAULT, errno);
	}
}

TEST_F(abi, an_answer_that_cannot_be_written_is_efault)
{
	struct winvm_hello *hello = mmap(NULL, RAW_PAGE, PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_NE(MAP_FAILED, hello);
	hello->size = sizeof(*hello);
	ASSERT_EQ(0, mprotect(hello, RAW_PAGE, PROT_READ));
	EXPECT_EQ(-1, ioctl(self->device, WINVM_IOC_HELLO, hello));
	EXPECT_EQ(EFAULT, errno);
}

TEST_F(abi, a_query_into_nowhere_is_efault)
{
	struct winvm_query query = {
		.size = sizeof(query), .buffer = 16, .capacity = UINT32_MAX };

	EXPECT_EQ(-1, ioctl(self->device, WINVM_IOC_QUERY, &query));
	EXPECT_EQ(EFAULT, errno);
	query.buffer = 0xffff888000000000;
	EXPECT_EQ(-1, ioctl(self->device, WINVM_IOC_QUERY, &query));
	EXPECT_EQ(EFAULT, errno);
}

static struct winvm_query_allocation query_allocation(int device, const void *address)
{
	struct winvm_query_allocation request;

	memset(&request, 0xa5, sizeof(request));
	request.size = sizeof(request);
	request.address = (uintptr_t)address;
	if (ioctl(device, WINVM_IOC_QUERY_ALLOCATION, &request))
		request.status = RAW_NO_ANSWER;
	return request;
}

TEST_F(abi, a_query_of_an_allocation_fills_every_field)
{
	char *base = raw_new(self->device, 3 * RAW_PAGE, MEM_RESERVE, PAGE_READONLY);
	struct winvm_query_allocation answer;

	ASSERT_NE(NULL, base);
	ASSERT_EQ(0u, raw_commit(self->device, base, RAW_PAGE, PAGE_READWRITE));
	answer = query_allocation(self->device, base + 2 * RAW_PAGE);
	EXPECT_EQ(0u, answer.status);
	EXPECT_EQ((uintptr_t)base + 2 * RAW_PAGE, answer.address);
	EXPECT_EQ((uintptr_t)base, answer.base);
	EXPECT_EQ(3 * RAW_PAGE, answer.bytes);
	EXPECT_EQ(RAW_PAGE, answer.commit_bytes);
	EXPECT_EQ(0u, answer.shared_commit_bytes);
	EXPECT_EQ((uint32_t)PAGE_READONLY, answer.allocation_protect);
	EXPECT_EQ((uint32_t)MEM_PRIVATE, answer.type);
	EXPECT_EQ(0u, answer.flags);
	EXPECT_EQ(WINVM_NO_NODE, answer.node);
	/* Free: all zero, but for the node. */
	answer = query_allocation(self->device, base + 3 * RAW_PAGE);
	EXPECT_EQ(0u, answer.status);
	EXPECT_EQ(0u, answer.base | answer.bytes | answer.commit_bytes |
		      answer.shared_commit_bytes);
	EXPECT_EQ(0u, answer.allocation_protect | answer.type | answer.flags);
	EXPECT_EQ(WINVM_NO_NODE, answer.node);
	answer = query_allocation(self->device, (void *)(RAW_HIGHEST + 1));
	EXPECT_EQ(NT_INVALID_PARAMETER, answer.status);
}

static struct winvm_query_name query_name(int device, const void *address, void *buffer,
					  uint32_t capacity)
{
	struct winvm_query_name request = {
		.size = sizeof(request),
		.status = RAW_POISON,
		.address = (uintptr_t)address,
		.buffer = (uintptr_t)buffer,
		.capacity = capacity,
		.length = RAW_POISON,
	};

	if (ioctl(device, WINVM_IOC_QUERY_NAME, &request))
		request.status = RAW_NO_ANSWER;
	return request;
}

TEST_F(abi, a_query_of_a_name_needs_room_for_all_of_it)
{
	const void *address = (const void *)(uintptr_t)query_name;
	uint32_t length = query_name(self->device, address, NULL, 0).length;
	char buffer[4096], untouched[4096];

	ASSERT_LT(1u, length);
	ASSERT_GT(sizeof(buffer), length);
	memset(buffer, 0xa5, sizeof(buffer));
	memset(untouched, 0xa5, sizeof(untouched));
	EXPECT_EQ(0x80000005u, query_name(self->device, address, buffer, length - 1).status);
	EXPECT_EQ(0, memcmp(buffer, untouched, sizeof(buffer)));
	EXPECT_EQ(0u, query_name(self->device, address, buffer, length).status);
	EXPECT_EQ(length, strlen(buffer) + 1);
	EXPECT_EQ(0, memcmp(buffer + length, untouched, sizeof(buffer) - length));
	EXPECT_EQ(0u, query_name(self->device, NULL, buffer, sizeof(buffer)).length);
}

TEST_F(abi, a_query_of_a_name_into_nowhere_is_efault)
{
	const void *address = (const void *)(uintptr_t)query_name;

	EXPECT_EQ(RAW_NO_ANSWER, query_name(self->device, address, NULL, UINT32_MAX).status);
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(RAW_NO_ANSWER, query_name(self->device, address, (void *)0xffff888000000000,
					    UINT32_MAX).status);
	EXPECT_EQ(EFAULT, errno);
}

TEST_F(abi, a_prefetch_from_nowhere_is_efault)
{
	static const uint64_t nowhere[] = { 0, 16, 0x7ffffffff000, 0xffff888000000000,
					    UINT64_MAX - 15 };

	for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
		struct winvm_prefetch request = { .size = sizeof(request), .ranges = nowhere[i] };

		for (request.count = 1; request.count <= UINT64_MAX / 16; request.count *= 64) {
			EXPECT_EQ(-1, ioctl(self->device, WINVM_IOC_PREFETCH, &request));
			EXPECT_EQ(EFAULT, errno);
		}
	}
}

static struct winvm_create_section name_at(uint64_t at, uint32_t bytes)
{
	return (struct winvm_create_section){
		.size = sizeof(struct winvm_create_section),
		.bytes = 1,
		.protect = PAGE_READWRITE,
		.attributes = SEC_COMMIT,
		.file_fd = WINVM_NO_FILE,
		.name = at,
		.name_bytes = bytes,
	};
}

TEST_F(abi, a_name_from_nowhere_is_efault)
{
	static const uint64_t nowhere[] = { 0, 1, 0x7ffffffff000, 0xffff888000000000, UINT64_MAX };

	for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
		struct winvm_create_section create = name_at(nowhere[i], 20);
		struct winvm_open_section open = { .size = sizeof(open),
						   .name = nowhere[i],
						   .name_bytes = 20,
						   .from_fd = WINVM_NO_FILE };

		EXPECT_EQ(-1, ioctl(self->device, WINVM_IOC_CREATE_SECTION, &create));
		EXPECT_EQ(EFAULT, errno);
		EXPECT_EQ(-1, ioctl(self->device, WINVM_IOC_OPEN_SECTION, &open));
		EXPECT_EQ(EFAULT, errno);
	}
}

/* Bytes, not text: the library never asks for these. */
TEST_F(abi, names_that_cannot_be)
{
	struct winvm_create_section create = name_at((uintptr_t)"a\0b", 3);

	EXPECT_EQ(0, ioctl(self->device, WINVM_IOC_CREATE_SECTION, &create));
	EXPECT_EQ(0xc0000033u, create.status);
	create = name_at((uintptr_t)"a\\b", 3);
	EXPECT_EQ(0, ioctl(self->device, WINVM_IOC_CREATE_SECTION, &create));
	EXPECT_EQ(0xc000003au, create.status);
	create = name_at((uintptr_t)"a", UINT32_MAX);
	EXPECT_EQ(0, ioctl(self->device, WINVM_IOC_CREATE_SECTION, &create));
	EXPECT_EQ(0xc0000106u, create.status);
	create = name_at((uintptr_t)"\xff\x01", 2);
	EXPECT_EQ(0, ioctl(self->device, WINVM_IOC_CREATE_SECTION, &create));
	EXPECT_EQ(0u, create.status);
}

/* A section whose descriptor its maker was not told of is not there, nor is its name. */
TEST_F(abi, a_section_that_nobody_was_told_of_has_no_name)
{
	struct winvm_create_section *create = mmap(NULL, RAW_PAGE, PROT_READ | PROT_WRITE,
						   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct winvm_create_section again = name_at((uintptr_t)"untold", 6);

	ASSERT_NE(MAP_FAILED, create);
	*create = again;
	ASSERT_EQ(0, mprotect(create, RAW_PAGE, PROT_READ));
	EXPECT_EQ(-1, ioctl(self->device, WINVM_IOC_CREATE_SECTION, create));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, ioctl(self->device, WINVM_IOC_CREATE_SECTION, &again));
	EXPECT_EQ(0u, again.status);
}

/* A request may lie in memory of the very process that it changes. */
TEST_F(abi, a_request_in_a_guard_page_is_efault_and_consumes_it)
{
	char *base = raw_committed(self->device, RAW_PAGE);

	ASSERT_NE(NULL, base);
	((struct winvm_hello *)base)->size = sizeof(struct winvm_hello);
	ASSERT_EQ(0u, raw_protect(self->device, base, 1, PAGE_READWRITE | PAGE_GUARD));
	EXPECT_EQ(-1, ioctl(self->device, WINVM_IOC_HELLO, base));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ((uint32_t)PAGE_READWRITE, raw_protection(self->device, base));
	EXPECT_EQ(0, ioctl(self->device, WINVM_IOC_HELLO, base));
}

struct range {
	uint64_t base;
	uint64_t bytes;
};

static const struct range wild[] = {
	{ 0, UINT64_MAX }, { 0x10000, UINT64_MAX }, { UINT64_MAX, 1 }, { UINT64_MAX, UINT64_MAX },
	{ UINT64_MAX - 0xfff, 0x1000 }, { RAW_HIGHEST + 1, 1 }, { RAW_HIGHEST, 2 },
	{ RAW_HIGHEST, UINT64_MAX - RAW_HIGHEST + 1 }, { 0x10000, RAW_HIGHEST + 1 },
	{ 0x8000000000000000, 0x8000000000000000 }, { 0xffff800000000000, 0x1000 },
	{ 0x7ffffffe0000, 0x20000 }, { 0, RAW_HIGHEST + 1 }, { 0xffffffffffff0000, 0x10001 },
};

TEST_F(abi, ranges_that_overflow_are_refused_by_every_call)
{
	for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		void *base = (void *)(uintptr_t)wild[i].base;
		size_t bytes = wild[i].bytes;

		EXPECT_NE(0u, raw_allocate(self->device, &base, bytes, MEM_RESERVE, PAGE_READWRITE));
		EXPECT_NE(0u, raw_allocate(self->device, &base, bytes, MEM_RESERVE | MEM_COMMIT,
					   PAGE_READWRITE));
		EXPECT_NE(0u, raw_commit(self->device, base, bytes, PAGE_READWRITE));
		EXPECT_NE(0u, raw_protect(self->device, base, bytes, PAGE_READONLY));
		EXPECT_NE(0u, raw_decommit(self->device, base, bytes));
		EXPECT_NE(0u, raw_free(self->device, base, bytes, MEM_RELEASE));
		EXPECT_NE(0u, raw_lock(self->device, base, bytes));
		EXPECT_NE(0u, raw_unlock(self->device, base, bytes));
		EXPECT_EQ(wild[i].base, (uint64_t)(uintptr_t)base);
	}
	EXPECT_NOTHING_HELD(self->device);
}

TEST_F(abi, a_copy_that_overflows_copies_nothing)
{
	char buffer[16] = "untouched";

	for (size_t i = 0; i < sizeof(wild) / sizeof(wild[0]); i++) {
		size_t bytes = wild[i].bytes;

		EXPECT_NE(0u, raw_copy(self->device, (void *)(uintptr_t)wild[i].base, buffer, &bytes,
				       0));
		EXPECT_EQ(0u, bytes);
	}
	EXPECT_STREQ("untouched", buffer);
}

static struct winvm_query query_some(int device, uint64_t address, struct winvm_region *regions,
				     uint32_t capacity)
{
	struct winvm_query query = {
		.size = sizeof(query),
		.status = RAW_POISON,
		.address = address,
		.buffer = (uintptr_t)regions,
		.capacity = capacity,
	};

	if (ioctl(device, WINVM_IOC_QUERY, &query))
		query.status = RAW_NO_ANSWER;
	return query;
}

/* Pages of every kind, so that there is something to tell. */
static char *patchwork(int device, size_t pages)
{
	char *base = raw_reserve(device, pages * RAW_PAGE);

	for (size_t i = 0; base && i < pages; i += 2)
		if (raw_commit(device, base + i * RAW_PAGE, RAW_PAGE, PAGE_READONLY))
			return NULL;
	return base;
}

TEST_F(abi, a_vector_query_resumes_where_it_ended)
{
	char *base = patchwork(self->device, 400);
	uint64_t at = (uintptr_t)base;
	struct winvm_region regions[70];

	ASSERT_NE(NULL, base);
	for (int turn = 0; turn < 5; turn++) {
		struct winvm_query query = query_some(self->device, at, regions, 70);

		ASSERT_EQ(0u, query.status);
		ASSERT_EQ(70u, query.count);
		for (int i = 0; i < 70; i++) {
			EXPECT_EQ(at, regions[i].base);
			EXPECT_EQ(RAW_PAGE, regions[i].bytes);
			at += regions[i].bytes;
		}
		EXPECT_EQ(at, query.next);
	}
}

TEST_F(abi, a_vector_query_stops_at_the_end_of_the_address_space)
{
	static struct winvm_region regions[4096];
	struct winvm_query query = query_some(self->device, 0, regions, 4096);

	ASSERT_EQ(0u, query.status);
	ASSERT_GT(4096u, query.count);
	EXPECT_EQ(RAW_HIGHEST + 1, query.next);
	query = query_some(self->device, query.next, regions, 4096);
	EXPECT_EQ(NT_INVALID_PARAMETER, query.status);
	EXPECT_EQ(0u, query.count);
}

/* ioctl() through the gate of 32-bit programs. */
static long compat_ioctl(int fd, unsigned long number, void *request)
{
	long result = 54;

	__asm__ volatile("int $0x80"
			 : "+a"(result)
			 : "b"(fd), "c"(number), "d"(request)
			 : "memory", "r8", "r9", "r10", "r11");
	return (int)result;
}

TEST_F(abi, calls_through_the_32_bit_gate_work_alike)
{
	struct winvm_allocate *request = mmap(NULL, RAW_PAGE, PROT_READ | PROT_WRITE,
					      MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	char *base;

	ASSERT_NE(MAP_FAILED, request);
	*request = (struct winvm_allocate){
		.size = sizeof(*request),
		.bytes = RAW_PAGE,
		.type = MEM_RESERVE | MEM_COMMIT,
		.protect = PAGE_READWRITE,
	};
	if (compat_ioctl(self->device, WINVM_IOC_ALLOCATE, request) == -ENOSYS)
		SKIP(return, "this kernel runs no 32-bit programs");
	ASSERT_EQ(0u, request->status);
	base = (char *)(uintptr_t)request->base;
	base[0] = 1;
	EXPECT_EQ((uint32_t)MEM_COMMIT, raw_state(self->device, base));
	EXPECT_EQ(-ENOTTY, compat_ioctl(self->device, _IO(WINVM_IOC_TYPE, 0x3f), request));
	EXPECT_EQ(-EFAULT, compat_ioctl(self->device, WINVM_IOC_ALLOCATE, (void *)16));
}

TEST_F(abi, the_device_cannot_be_mapped_read_or_written)
{
	char byte = 0;

	EXPECT_EQ(MAP_FAILED, mmap(NULL, RAW_PAGE, PROT_READ, MAP_SHARED, self->device, 0));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-1, read(self->device, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, write(self->device, &byte, 1));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(abi, two_descriptors_of_a_process_see_the_same_memory)
{
	int second = raw_open();
	char *base = raw_reserve(self->device, RAW_PAGE);

	ASSERT_LE(0, second);
	ASSERT_NE(NULL, base);
	EXPECT_EQ(0u, raw_commit(second, base, RAW_PAGE, PAGE_READWRITE));
	base[0] = 1;
	close(second);
	/* Nothing goes with a descriptor, not even with the last. */
	close(self->device);
	base[0] = 2;
	self->device = raw_open();
	ASSERT_LE(0, self->device);
	EXPECT_EQ((uint32_t)MEM_COMMIT, raw_state(self->device, base));
	EXPECT_EQ(0u, raw_release(self->device, base));
}

TEST_HARNESS_MAIN
