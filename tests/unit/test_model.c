// SPDX-License-Identifier: GPL-2.0
/*
 * Random calls on an address space of the pure pieces and on a plainly right
 * one, answers and pages compared after each. Every allocation of memory that a
 * call makes is made to fail in turn; then nothing may have changed (SPEC G-5).
 */
#include "kselftest_harness.h"
#include "random.h"
#include "reference.h"
#include "space.h"

static struct space space;
static struct reference ref;

enum op_kind {
	OP_ALLOCATE,
	OP_FREE,
	OP_PROTECT,
	OP_TOUCH,
	OP_LOCK,
};

struct op {
	enum op_kind kind;
	u64 base;
	u64 bytes;
	u32 type;
	u32 protect;
	bool extended;
	enum winvm_access access;
};

struct answer {
	u32 status;
	u64 base;
	u64 bytes;
	u32 old;
};

/* VirtualLock's mark, as a fault or a call would set it. */
static u32 space_lock_page(u64 address)
{
	u64 vpn = address >> 12;
	winvm_pstate_t state = winvm_pstate_get(&space.states, vpn);

	if (!winvm_pstate_committed(state))
		return STATUS_ACCESS_VIOLATION;
	if (winvm_pstate_cmpxchg(&space.states, vpn, state,
				 (winvm_pstate_t)(state | WINVM_PSTATE_LOCKED)))
		return STATUS_INSUFFICIENT_RESOURCES;
	return STATUS_SUCCESS;
}

static u32 reference_lock_page(u64 address)
{
	u64 i = address / 0x1000 - ref.vpn;

	if (!ref.protect[i])
		return 0xc0000005;
	ref.locked[i] = true;
	return 0;
}

static struct answer run_on_space(const struct op *op)
{
	struct answer answer = { .base = op->base, .bytes = op->bytes };

	switch (op->kind) {
	case OP_ALLOCATE:
		answer.status = space_allocate(&space, &answer.base, &answer.bytes, op->type,
					       op->protect, op->extended);
		break;
	case OP_FREE:
		answer.status = space_free(&space, &answer.base, &answer.bytes, op->type);
		break;
	case OP_PROTECT:
		answer.status = space_protect(&space, &answer.base, &answer.bytes, op->protect,
					      &answer.old);
		break;
	case OP_TOUCH:
		answer.status = space_touch(&space, op->base, op->access);
		break;
	case OP_LOCK:
		answer.status = space_lock_page(op->base);
		break;
	}
	return answer;
}

static struct answer run_on_reference(const struct op *op)
{
	struct answer answer = { .base = op->base, .bytes = op->bytes };

	switch (op->kind) {
	case OP_ALLOCATE:
		answer.status = reference_allocate(&ref, &answer.base, &answer.bytes, op->type,
						   op->protect, op->extended, space.limit);
		break;
	case OP_FREE:
		answer.status = reference_free(&ref, &answer.base, &answer.bytes, op->type);
		break;
	case OP_PROTECT:
		answer.status = reference_protect(&ref, &answer.base, &answer.bytes, op->protect,
						  &answer.old);
		break;
	case OP_TOUCH:
		answer.status = reference_touch(&ref, op->base, "rwx"[op->access]);
		break;
	case OP_LOCK:
		answer.status = reference_lock_page(op->base);
		break;
	}
	return answer;
}

/* How often each answer came: a random test that always fails shows nothing. */
static struct tally {
	u32 status;
	u32 count;
} tallies[] = {
	{ STATUS_SUCCESS, 0 }, { STATUS_CONFLICTING_ADDRESSES, 0 }, { STATUS_NO_MEMORY, 0 },
	{ STATUS_INVALID_PAGE_PROTECTION, 0 }, { STATUS_NOT_COMMITTED, 0 },
	{ STATUS_UNABLE_TO_FREE_VM, 0 }, { STATUS_FREE_VM_NOT_AT_BASE, 0 },
	{ STATUS_MEMORY_NOT_ALLOCATED, 0 }, { STATUS_GUARD_PAGE_VIOLATION, 0 },
	{ STATUS_ACCESS_VIOLATION, 0 }, { STATUS_INVALID_PARAMETER, 0 },
	{ STATUS_INVALID_PARAMETER_3, 0 },
	{ STATUS_INVALID_PARAMETER_4, 0 }, { STATUS_INVALID_PARAMETER_5, 0 },
	{ STATUS_INSUFFICIENT_RESOURCES, 0 }, { STATUS_COMMITMENT_LIMIT, 0 },
};

static void tally(u32 status)
{
	for (size_t i = 0; i < ARRAY_SIZE(tallies); i++)
		tallies[i].count += tallies[i].status == status;
}

/* What placeholders went through. */
static struct {
	u32 made, replaced, kept, coalesced;
} placeholders;

static void tally_placeholder(const struct op *op)
{
	if (op->kind == OP_ALLOCATE) {
		placeholders.made += (op->type & 0x40000) != 0;
		placeholders.replaced += (op->type & 0x4000) != 0;
	} else if (op->kind == OP_FREE) {
		placeholders.kept += op->type == 0x8002;
		placeholders.coalesced += op->type == 0x8001;
	}
}

static void verify_tally(struct __test_metadata *_metadata)
{
	for (size_t i = 0; i < ARRAY_SIZE(tallies); i++) {
		if (tallies[i].status == STATUS_COMMITMENT_LIMIT && space.limit == ~0ULL)
			continue;
		EXPECT_LT(5, tallies[i].count) {
			TH_LOG("status %#x", tallies[i].status);
		}
	}
	EXPECT_LT(500, tallies[0].count);
	EXPECT_LT(50, placeholders.made);
	EXPECT_LT(50, placeholders.replaced);
	EXPECT_LT(50, placeholders.kept);
	EXPECT_LT(10, placeholders.coalesced);
	TH_LOG("%u placeholders, %u replaced, %u kept, %u coalesced", placeholders.made,
	       placeholders.replaced, placeholders.kept, placeholders.coalesced);
	TH_LOG("%u calls succeeded, %u were made to fail", tallies[0].count,
	       tallies[ARRAY_SIZE(tallies) - 2].count);
}

static u32 random_protect(struct random *random)
{
	static const u32 protects[] = { 0x04, 0x04, 0x04, 0x02, 0x01, 0x20, 0x40, 0x10, 0x104,
					0x102, 0x120, 0x204, 0x402, 0x08, 0x101, 0x300, 0x00 };

	return protects[random_below(random, ARRAY_SIZE(protects))];
}

static u64 random_address(struct random *random)
{
	u64 page = random_below(random, REFERENCE_PAGES);

	/* Mostly near where something is, often at its start. */
	for (int tries = 0; tries < 4 && !ref.owner[page]; tries++)
		page = random_below(random, REFERENCE_PAGES);
	if (ref.owner[page] && random_below(random, 2))
		page = ref.owner[page] - ref.vpn;
	return (ref.vpn + page) * 0x1000 + (random_below(random, 4) ? 0 :
					     random_below(random, 0x1000));
}

static u64 random_bytes(struct random *random, u64 base)
{
	static const u64 limits[] = { 2, 0x1000, 0x4000, 0x10000, 0x40000, 0x1800000 };
	u64 limit = limits[random_below(random, ARRAY_SIZE(limits))];
	u64 rest = (ref.vpn + REFERENCE_PAGES) * 0x1000 - base;
	u64 bytes = random_between(random, 0, limit);

	if (random_below(random, 2))
		bytes = ALIGN(bytes, 0x1000);
	return bytes < rest ? bytes : rest;
}

/* Pages from i on that are one allocation's, and those of @more that follow it. */
static u64 run_of(u64 i, u64 more)
{
	u64 end = i + 1;

	for (; end < REFERENCE_PAGES && ref.owner[end]; end++)
		if (ref.owner[end] != ref.owner[end - 1] && !more--)
			break;
	return end - i;
}

/* A page of a placeholder or of what replaced one, if there is one near a random one. */
static u64 random_placeholder_page(struct random *random, enum reference_kind kind)
{
	u64 i = random_below(random, REFERENCE_PAGES);

	for (u64 steps = 0; steps < REFERENCE_PAGES && ref.kind[i] != kind; steps++)
		i = (i + 1) % REFERENCE_PAGES;
	return i;
}

/* Mostly the ranges that placeholders have: chance would hardly find them. */
static void random_placeholder(struct random *random, struct op *op)
{
	bool coalesce = op->kind == OP_FREE && op->type == 0x8001;
	bool preserve = op->kind == OP_FREE && op->type == 0x8002;
	u64 i = random_placeholder_page(random, preserve && random_below(random, 2) ?
				       REFERENCE_REPLACED : REFERENCE_PLACEHOLDER);

	if (op->kind == OP_ALLOCATE && (op->type & 0x40000)) {
		op->protect = random_below(random, 20) ? 0x01 : op->protect;
		op->base = ALIGN_DOWN(op->base, 0x10000);
		return;
	}
	if (!ref.owner[i] || !random_below(random, 4))
		return;
	if (random_below(random, 8))
		i = ref.owner[i] - ref.vpn;
	op->base = (ref.vpn + i) * 0x1000;
	op->bytes = run_of(i, coalesce ? random_below(random, 3) : 0) * 0x1000;
	if (preserve && random_below(random, 2))
		op->bytes = random_between(random, 1, op->bytes);
}

static struct op random_op(struct random *random)
{
	static const enum op_kind kinds[] = { OP_ALLOCATE, OP_ALLOCATE, OP_ALLOCATE, OP_FREE,
					      OP_FREE, OP_PROTECT, OP_PROTECT, OP_TOUCH, OP_TOUCH,
					      OP_LOCK };
	static const u32 alloc_types[] = { 0x2000, 0x2000, 0x3000, 0x3000, 0x1000, 0x1000, 0x1000,
					   0x103000, 0x100000, 0x102000 };
	static const u32 free_types[] = { 0x4000, 0x4000, 0x4000, 0x8000, 0x8000, 0xc000 };
	static const u32 placeholder_types[] = { 0x42000, 0x42000, 0x142000, 0x6000, 0x6000, 0x7000,
						 0x7000, 0x43000, 0x46000, 0x5000 };
	struct op op = {
		.kind = kinds[random_below(random, ARRAY_SIZE(kinds))],
		.base = random_address(random),
		.protect = random_protect(random),
		.access = (enum winvm_access)random_below(random, 3),
	};

	if (op.kind == OP_ALLOCATE && !random_below(random, 3))
		op.base = 0;
	op.bytes = random_bytes(random, op.base ? op.base : ref.vpn * 0x1000);
	op.type = op.kind == OP_FREE ? free_types[random_below(random, ARRAY_SIZE(free_types))] :
				       alloc_types[random_below(random, ARRAY_SIZE(alloc_types))];
	if (op.kind == OP_FREE && random_below(random, 2))
		op.bytes = 0;
	if (op.kind == OP_ALLOCATE && random_below(random, 2)) {
		op.extended = random_below(random, 20);
		op.type = placeholder_types[random_below(random, ARRAY_SIZE(placeholder_types))];
		random_placeholder(random, &op);
	} else if (op.kind == OP_FREE && random_below(random, 2)) {
		op.type = random_below(random, 3) ? 0x8002 : 0x8001;
		random_placeholder(random, &op);
	}
	return op;
}

static void verify_page(struct __test_metadata *_metadata, u64 i)
{
	winvm_pstate_t state = winvm_pstate_get(&space.states, ref.vpn + i);
	struct winvm_vad *vad = winvm_vad_find(&space.vads, ref.vpn + i);

	ASSERT_EQ(ref.owner[i], vad ? vad->start_vpn : 0);
	ASSERT_EQ(ref.allocation_protect[i], vad ? vad->protect : 0);
	ASSERT_EQ(ref.protect[i], winvm_protect_decode(state, vad ? vad->protect : 0));
	ASSERT_EQ(ref.locked[i], (state & WINVM_PSTATE_LOCKED) != 0);
	ASSERT_EQ(ref.kind[i] == REFERENCE_PLACEHOLDER, vad && winvm_placeholder(vad));
	ASSERT_EQ(ref.kind[i] == REFERENCE_REPLACED, vad && (vad->flags & WINVM_VAD_REPLACED));
}

static void verify_around(struct __test_metadata *_metadata, const struct op *op)
{
	u64 middle = op->base ? op->base / 0x1000 - ref.vpn : 0;
	u64 first = middle > 20 ? middle - 20 : 0;
	u64 last = middle + op->bytes / 0x1000 + 20;

	for (u64 i = first; i <= last && i < REFERENCE_PAGES; i++)
		verify_page(_metadata, i);
}

static void verify_totals(struct __test_metadata *_metadata)
{
	struct winvm_vad *vad;
	u64 committed = 0;

	ASSERT_TRUE(winvm_vad_check(&space.vads));
	for (vad = winvm_vad_first(&space.vads); vad; vad = winvm_vad_next(vad))
		committed += vad->committed;
	ASSERT_EQ(reference_committed(&ref), committed);
	ASSERT_EQ(committed, space.commit.used);
	ASSERT_LE(committed, space.limit);
	ASSERT_EQ(reference_allocations(&ref), space.vads.count);
	ASSERT_EQ(space.vads.count + space.states.nodes, seam_live());
	ASSERT_EQ(0, seam_warnings());
}

/* The run of pages from i on that a query shows as one (SPEC VQ-6, VQ-8). */
static u64 reference_run(u64 i)
{
	u64 end = i + 1;

	while (end < REFERENCE_PAGES && ref.owner[end] == ref.owner[i] &&
	       ref.protect[end] == ref.protect[i])
		end++;
	return end - i;
}

/* SPEC VQ-13: every page once. */
static void verify_walk(struct __test_metadata *_metadata)
{
	u64 end = (ref.vpn + REFERENCE_PAGES) * 0x1000;
	u64 at = ref.vpn * 0x1000;

	while (at < end) {
		u64 i = at / 0x1000 - ref.vpn;
		u64 run = reference_run(i) * 0x1000;
		struct space_region region;

		ASSERT_EQ(STATUS_SUCCESS, space_query(&space, at, &region));
		ASSERT_EQ(at, region.base);
		ASSERT_EQ(ref.owner[i] * 0x1000, region.allocation_base);
		ASSERT_EQ(ref.allocation_protect[i], region.allocation_protect);
		ASSERT_EQ(!ref.owner[i] ? 0x10000U : ref.protect[i] ? 0x1000U : 0x2000U,
			  region.state);
		ASSERT_EQ(ref.owner[i] ? ref.protect[i] : 1, region.protect);
		if (at + run < end || ref.owner[i])
			ASSERT_EQ(run, region.bytes);
		at += run;
	}
	ASSERT_EQ(end, at);
}

/*
 * Run the operation with its first, second ... allocation failing until one
 * run has no failure. Return: that run's answer.
 */
static struct answer run_with_failures(struct __test_metadata *_metadata, const struct op *op)
{
	for (u64 nth = 1;; nth++) {
		struct answer answer;

		seam_fail_nth(nth);
		answer = run_on_space(op);
		if (!seam_failed()) {
			seam_fail_nth(0);
			return answer;
		}
		ASSERT_EQ(STATUS_INSUFFICIENT_RESOURCES, answer.status);
		tally(answer.status);
		ASSERT_EQ(op->base, answer.base);
		ASSERT_EQ(op->bytes, answer.bytes);
		verify_around(_metadata, op);
		verify_totals(_metadata);
		ASSERT_LT(nth, 16);
	}
}

static void random_step(struct __test_metadata *_metadata, struct random *random)
{
	struct op op = random_op(random);
	struct answer mine, right;

	mine = random_below(random, 4) ? run_on_space(&op) : run_with_failures(_metadata, &op);
	right = run_on_reference(&op);
	ASSERT_EQ(right.status, mine.status) {
		TH_LOG("op %d base %#llx bytes %#llx type %#x protect %#x", op.kind, op.base,
		       op.bytes, op.type, op.protect);
	}
	tally(mine.status);
	if (!mine.status)
		tally_placeholder(&op);
	ASSERT_EQ(right.base, mine.base);
	ASSERT_EQ(right.bytes, mine.bytes);
	ASSERT_EQ(right.old, mine.old);
	verify_around(_metadata, &op);
	verify_totals(_metadata);
}

static void start(u64 vpn, u64 limit)
{
	memset(&ref, 0, sizeof(ref));
	ref.vpn = vpn;
	space_init(&space);
	space.lowest_vpn = vpn;
	space.highest_vpn = vpn + REFERENCE_PAGES - 1;
	space.limit = limit;
}

/* Release all; then no page state may be left. */
static void finish(struct __test_metadata *_metadata)
{
	struct winvm_vad *vad;

	while ((vad = winvm_vad_first(&space.vads))) {
		u64 base = vad->start_vpn << 12;
		u64 bytes = 0;

		/* SPEC: no memory is needed for it. */
		seam_fail_nth(1);
		ASSERT_EQ(STATUS_SUCCESS, space_free(&space, &base, &bytes, 0x8000));
		ASSERT_FALSE(seam_failed());
		seam_fail_nth(0);
	}
	ASSERT_EQ(0, space.commit.used);
	space_destroy(&space);
	ASSERT_EQ(0, seam_live());
}

static void random_steps(struct __test_metadata *_metadata, u64 seed, u64 vpn, u64 limit, u32 steps)
{
	struct random random = { seed };

	TH_LOG("seed %llu: %u steps from page %#llx, commit limit %llu", seed, steps, vpn, limit);
	start(vpn, limit);
	for (u32 step = 0; step < steps; step++) {
		random_step(_metadata, &random);
		if (step % 32 == 0)
			verify_walk(_metadata);
	}
	for (u64 i = 0; i < REFERENCE_PAGES; i++)
		verify_page(_metadata, i);
	verify_tally(_metadata);
	finish(_metadata);
}

TEST(random_calls_over_the_border_of_leaves)
{
	random_steps(_metadata, 1, 0x100800, ~0ULL, 8000);
	random_steps(_metadata, 2, 0x100010, ~0ULL, 8000);
}

TEST(random_calls_over_the_border_of_tables)
{
	random_steps(_metadata, 3, (1 << 21) - 0x1800, ~0ULL, 8000);
	random_steps(_metadata, 4, (1 << 30) - 0x1000, ~0ULL, 8000);
}

TEST(VA_53_random_calls_at_the_commit_limit)
{
	random_steps(_metadata, 5, 0x100800, 600, 8000);
	random_steps(_metadata, 6, 0x100800, 5000, 8000);
}

static u32 allocate(u64 base, u64 bytes, u32 type, u32 protect)
{
	return space_allocate(&space, &base, &bytes, type, protect, type & 0x44000);
}

static u32 release(u64 base, u64 bytes)
{
	return space_free(&space, &base, &bytes, 0x8000);
}

TEST(VF_25_partial_release_as_in_the_rule)
{
	const u64 base = 0x50000000;
	struct space_region region;

	start(0x50000, ~0ULL);
	ASSERT_EQ(STATUS_SUCCESS, allocate(base, 0x10000, 0x3000, 0x04));
	ASSERT_EQ(STATUS_SUCCESS, release(base + 0x1001, 0xfff));
	ASSERT_EQ(STATUS_SUCCESS, release(base + 1, 0xfff));
	ASSERT_EQ(STATUS_SUCCESS, space_query(&space, base + 0x2000, &region));
	EXPECT_EQ(base + 0x2000, region.allocation_base);
	EXPECT_EQ(0xe000, region.bytes);
	/* VF-27: past the shrunk VAD, in the hole, at the new base. */
	EXPECT_EQ(STATUS_UNABLE_TO_FREE_VM, release(base + 0x2000, 0xe001));
	EXPECT_EQ(STATUS_MEMORY_NOT_ALLOCATED, release(base + 0x1000, 0x1000));
	/* VF-26 */
	EXPECT_EQ(STATUS_SUCCESS, allocate(base, 0x1000, 0x2000, 0x04));
	EXPECT_EQ(STATUS_SUCCESS, release(base + 0x2000, 0));
	EXPECT_EQ(STATUS_SUCCESS, release(base, 0));
	finish(_metadata);
}

TEST(VQ_13_walk_of_the_whole_space)
{
	struct space_region region;
	u64 at = 0;

	start(0x50000, ~0ULL);
	ASSERT_EQ(STATUS_SUCCESS, allocate(0x10000, 1, 0x2000, 0x04));
	ASSERT_EQ(STATUS_SUCCESS, allocate(0x7ffffffe0000, 0x10000, 0x3000, 0x04));
	while (space_query(&space, at, &region) == STATUS_SUCCESS) {
		ASSERT_EQ(at, region.base);
		ASSERT_NE(0, region.bytes);
		at += region.bytes;
	}
	EXPECT_EQ(0x7fffffff0000, at);
	finish(_metadata);
}

TEST_HARNESS_MAIN
