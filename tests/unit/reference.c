// SPDX-License-Identifier: GPL-2.0
/*
 * A plainly right address space. It takes arguments that lie in the window
 * (or base 0), and writes all numbers out, so as to share no constant and no
 * code with what it is compared with.
 */
#include "reference.h"

#define OK		0x00000000U
#define PARAMETER	0xc000000dU
#define BAD_PROTECTION	0xc0000045U
#define PARAMETER_3	0xc00000f1U
#define PARAMETER_4	0xc00000f2U
#define PARAMETER_5	0xc00000f3U
#define NO_MEMORY	0xc0000017U
#define CONFLICTING	0xc0000018U
#define UNABLE_TO_FREE	0xc000001aU
#define NOT_COMMITTED	0xc000002dU
#define NOT_AT_BASE	0xc000009fU
#define NOT_ALLOCATED	0xc00000a0U
#define COMMIT_LIMIT	0xc000012dU
#define GUARD_VIOLATION	0x80000001U
#define VIOLATION	0xc0000005U

/* All protections private memory can have (SPEC PR-1, PR-2, PR-4). */
static bool reference_protection(u32 protect)
{
	static const u32 plain[] = { 0x01, 0x02, 0x04, 0x10, 0x20, 0x40 };

	for (size_t i = 0; i < ARRAY_SIZE(plain); i++) {
		if (protect == plain[i])
			return true;
		if (plain[i] != 0x01 && (protect == (plain[i] | 0x100) ||
					 protect == (plain[i] | 0x200) ||
					 protect == (plain[i] | 0x400)))
			return true;
	}
	return false;
}

/* What a page with this protection shows (SPEC PR-6). */
static u32 reference_shown(u32 protect, u32 allocation_protect)
{
	u32 shown = protect & ~0x600U;

	if (shown != 0x01 && !(shown & 0x100))
		shown |= allocation_protect & 0x600;
	return shown;
}

static u64 page_index(const struct reference *ref, u64 address)
{
	return address / 0x1000 - ref->vpn;
}

/* The last page with a byte of [base, base + bytes). */
static u64 last_index(const struct reference *ref, u64 base, u64 bytes)
{
	return page_index(ref, base + bytes - 1);
}

static bool one_allocation(const struct reference *ref, u64 first, u64 last)
{
	for (u64 i = first; i <= last; i++)
		if (i >= REFERENCE_PAGES || !ref->owner[i] || ref->owner[i] != ref->owner[first])
			return false;
	return true;
}

static bool all_free(const struct reference *ref, u64 first, u64 last)
{
	for (u64 i = first; i <= last; i++)
		if (i >= REFERENCE_PAGES || ref->owner[i])
			return false;
	return true;
}

u64 reference_committed(const struct reference *ref)
{
	u64 committed = 0;

	for (u64 i = 0; i < REFERENCE_PAGES; i++)
		committed += ref->protect[i] != 0;
	return committed;
}

u64 reference_allocations(const struct reference *ref)
{
	u64 count = 0;

	for (u64 i = 0; i < REFERENCE_PAGES; i++)
		if (ref->owner[i] && (!i || ref->owner[i - 1] != ref->owner[i]))
			count++;
	return count;
}

/* SPEC AS-5: try every 64 KB boundary. */
static u64 choose(const struct reference *ref, u64 pages, bool top_down)
{
	u64 found = ~0ULL;

	for (u64 i = 0; i + pages <= REFERENCE_PAGES; i += 16) {
		if (!all_free(ref, i, i + pages - 1))
			continue;
		found = i;
		if (!top_down)
			break;
	}
	return found;
}

static u32 commit(struct reference *ref, u64 first, u64 last, u32 protect, u64 limit)
{
	u64 fresh = 0;

	for (u64 i = first; i <= last; i++)
		fresh += !ref->protect[i];
	if (reference_committed(ref) + fresh > limit)
		return COMMIT_LIMIT;
	for (u64 i = first; i <= last; i++)
		ref->protect[i] = reference_shown(protect, ref->allocation_protect[i]);
	return OK;
}

/* Exactly one placeholder (SPEC PH-5)? */
static bool whole_placeholder(const struct reference *ref, u64 first, u64 last)
{
	return one_allocation(ref, first, last) && ref->kind[first] == REFERENCE_PLACEHOLDER &&
	       ref->owner[first] == ref->vpn + first &&
	       (last + 1 == REFERENCE_PAGES || ref->owner[last + 1] != ref->owner[first]);
}

static u32 reserve(struct reference *ref, u64 *base, u64 *bytes, u32 type, u32 protect, u64 limit)
{
	u64 unit = type & 0x4000 ? 0x1000 : 0x10000;
	u64 start = *base / unit * unit;
	u64 end = (*base + *bytes + 0xfff) / 0x1000 * 0x1000;
	u64 pages = (end - start) / 0x1000;
	u64 first = start / 0x1000 - ref->vpn;

	if (!*base)
		first = choose(ref, pages, type & 0x100000);
	if (first == ~0ULL)
		return NO_MEMORY;
	if (type & 0x4000 ? !whole_placeholder(ref, first, first + pages - 1) :
			    !all_free(ref, first, first + pages - 1))
		return CONFLICTING;
	if ((type & 0x1000) && reference_committed(ref) + pages > limit)
		return COMMIT_LIMIT;
	for (u64 i = first; i < first + pages; i++) {
		ref->owner[i] = ref->vpn + first;
		ref->allocation_protect[i] = protect;
		ref->protect[i] = type & 0x1000 ? reference_shown(protect, protect) : 0;
		ref->kind[i] = type & 0x40000 ? REFERENCE_PLACEHOLDER :
			       type & 0x4000 ? REFERENCE_REPLACED : REFERENCE_PLAIN;
	}
	*base = (ref->vpn + first) * 0x1000;
	*bytes = pages * 0x1000;
	return OK;
}

/* SPEC PH-1, PH-5, VX-12. */
static bool extended_arguments(u64 base, u32 type, u32 protect)
{
	if (type & 0x40000)
		return (type & 0x47000) == 0x42000 && protect == 0x01 && base % 0x10000 == 0;
	if (type & 0x4000)
		return (type & 0x2000) && base && base % 0x1000 == 0;
	return !(type & 0x2000) || base % 0x10000 == 0;
}

u32 reference_allocate(struct reference *ref, u64 *base, u64 *bytes, u32 type, u32 protect,
		       bool extended, u64 limit)
{
	u64 first, last;
	u32 status;

	if (!(type & 0x3000) || (!extended && (type & 0x44000)))
		return PARAMETER_5;
	if (extended && !extended_arguments(*base, type, protect))
		return PARAMETER;
	if (!*bytes && protect != 0x08 && !reference_protection(protect))
		return BAD_PROTECTION;
	if (!*bytes)
		return PARAMETER_4;
	if (!reference_protection(protect))
		return BAD_PROTECTION;
	if (!*base || (type & 0x2000))
		return reserve(ref, base, bytes, *base ? type : type | 0x2000, protect, limit);
	first = page_index(ref, *base);
	last = last_index(ref, *base, *bytes);
	if (!one_allocation(ref, first, last) || ref->kind[first] == REFERENCE_PLACEHOLDER)
		return CONFLICTING;
	status = commit(ref, first, last, protect, limit);
	if (status)
		return status;
	*base = (ref->vpn + first) * 0x1000;
	*bytes = (last - first + 1) * 0x1000;
	return OK;
}

/* What is left behind a part that goes is an allocation of its own (SPEC VF-25, PH-9). */
static void cut_behind(struct reference *ref, u64 last)
{
	u64 owner = ref->owner[last];

	for (u64 i = last + 1; i < REFERENCE_PAGES && ref->owner[i] == owner; i++)
		ref->owner[i] = ref->vpn + last + 1;
}

static void release(struct reference *ref, u64 first, u64 last)
{
	cut_behind(ref, last);
	for (u64 i = first; i <= last; i++) {
		ref->owner[i] = 0;
		ref->allocation_protect[i] = 0;
		ref->kind[i] = REFERENCE_PLAIN;
	}
}

static void uncommit(struct reference *ref, u64 first, u64 last)
{
	for (u64 i = first; i <= last; i++) {
		ref->protect[i] = 0;
		ref->locked[i] = false;
	}
}

/* SPEC PH-7 to PH-10. */
static u32 preserve(struct reference *ref, u64 first, u64 last)
{
	if (!one_allocation(ref, first, last))
		return UNABLE_TO_FREE;
	if (ref->kind[first] == REFERENCE_PLAIN || whole_placeholder(ref, first, last))
		return CONFLICTING;
	uncommit(ref, first, last);
	cut_behind(ref, last);
	for (u64 i = first; i <= last; i++) {
		ref->owner[i] = ref->vpn + first;
		ref->allocation_protect[i] = 0x01;
		ref->kind[i] = REFERENCE_PLACEHOLDER;
	}
	return OK;
}

/* SPEC PH-13: whole placeholders from the first page to the last, two at least. */
static u32 coalesce(struct reference *ref, u64 first, u64 last)
{
	u64 starts = 0;

	for (u64 i = first; i <= last; i++) {
		if (!ref->owner[i] || ref->kind[i] != REFERENCE_PLACEHOLDER)
			return CONFLICTING;
		starts += ref->owner[i] == ref->vpn + i;
	}
	if (starts < 2 || ref->owner[first] != ref->vpn + first)
		return CONFLICTING;
	if (last + 1 < REFERENCE_PAGES && ref->owner[last + 1] == ref->owner[last])
		return CONFLICTING;
	for (u64 i = first; i <= last; i++)
		ref->owner[i] = ref->vpn + first;
	return OK;
}

static u32 reference_free_placeholder(struct reference *ref, u64 *base, u64 *bytes, u32 type)
{
	u64 first = page_index(ref, *base);
	u64 last = last_index(ref, *base, *bytes);
	u32 status;

	if (!*bytes)
		return PARAMETER_3;
	if (first >= REFERENCE_PAGES || !ref->owner[first])
		return NOT_ALLOCATED;
	status = type == 0x8001 ? coalesce(ref, first, last) : preserve(ref, first, last);
	if (status)
		return status;
	*base = (ref->vpn + first) * 0x1000;
	*bytes = (last - first + 1) * 0x1000;
	return OK;
}

u32 reference_free(struct reference *ref, u64 *base, u64 *bytes, u32 type)
{
	u64 first = page_index(ref, *base);
	bool whole = !*bytes;
	u64 last;

	if (type == 0x8001 || type == 0x8002)
		return reference_free_placeholder(ref, base, bytes, type);
	if (type != 0x4000 && type != 0x8000)
		return PARAMETER_4;
	if (first >= REFERENCE_PAGES || !ref->owner[first])
		return NOT_ALLOCATED;
	if (whole && ref->owner[first] != ref->vpn + first)
		return NOT_AT_BASE;
	last = whole ? first : last_index(ref, *base, *bytes);
	while (whole && last + 1 < REFERENCE_PAGES && ref->owner[last + 1] == ref->owner[first])
		last++;
	if (!one_allocation(ref, first, last))
		return UNABLE_TO_FREE;
	uncommit(ref, first, last);
	if (type == 0x8000)
		release(ref, first, last);
	*base = (ref->vpn + first) * 0x1000;
	*bytes = whole && type == 0x4000 ? 0 : (last - first + 1) * 0x1000;
	return OK;
}

u32 reference_protect(struct reference *ref, u64 *base, u64 *bytes, u32 protect, u32 *old)
{
	u64 first = page_index(ref, *base);
	u64 last = last_index(ref, *base, *bytes);

	if (!reference_protection(protect) && protect != 0x08)
		return BAD_PROTECTION;
	if (!*bytes)
		return PARAMETER_3;
	if (protect == 0x08)
		return PARAMETER_4;
	if (!one_allocation(ref, first, last))
		return CONFLICTING;
	for (u64 i = first; i <= last; i++)
		if (!ref->protect[i])
			return NOT_COMMITTED;
	*old = ref->protect[first];
	for (u64 i = first; i <= last; i++)
		ref->protect[i] = reference_shown(protect, ref->allocation_protect[i]);
	*base = (ref->vpn + first) * 0x1000;
	*bytes = (last - first + 1) * 0x1000;
	return OK;
}

/* Bases that permit reading, writing, executing (SPEC PR-9). */
static bool permits(u32 base, char access)
{
	switch (access) {
	case 'r':
		return base == 0x02 || base == 0x04 || base == 0x10 || base == 0x20 || base == 0x40;
	case 'w':
		return base == 0x04 || base == 0x40;
	default:
		return base == 0x10 || base == 0x20 || base == 0x40;
	}
}

u32 reference_touch(struct reference *ref, u64 address, char access)
{
	u64 i = page_index(ref, address);

	if (ref->protect[i] & 0x100) {
		ref->protect[i] = reference_shown(ref->protect[i] & 0xff,
						  ref->allocation_protect[i]);
		return GUARD_VIOLATION;
	}
	return permits(ref->protect[i] & 0xff, access) ? OK : VIOLATION;
}
