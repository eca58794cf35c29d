// SPDX-License-Identifier: GPL-2.0
/* OfferVirtualMemory, ReclaimVirtualMemory, DiscardVirtualMemory (SPEC 8.4). */
#include "space.h"

#define LOWEST_PRIORITY	 1
#define HIGHEST_PRIORITY 4

/* OF-1 */
static bool aligned(uint64_t base, uint64_t bytes)
{
	return bytes && base % PAGE_BYTES == 0 && bytes % PAGE_BYTES == 0;
}

/* OF-5: all in one allocation, and committed. */
static bool all_committed(const struct model_space *space, uint64_t base, uint64_t bytes)
{
	const struct model_allocation *allocation = model_find(space, base);

	if (!allocation || allocation->kind != KIND_NORMAL || bytes > model_end(allocation) - base)
		return false;
	for (uint64_t address = base; address < base + bytes; address += PAGE_BYTES)
		if (!model_committed(model_page_at(space, address)))
			return false;
	return true;
}

/* OF-2, OF-6, VL-18 */
static void offer_page(struct model_page *page)
{
	page->offered = true;
	page->locked = false;
	page->presence = PRESENCE_OUT;
}

uint32_t model_offer(struct model_space *space, uint64_t base, uint64_t bytes, uint32_t priority)
{
	if (!aligned(base, bytes) || priority < LOWEST_PRIORITY || priority > HIGHEST_PRIORITY)
		return BAD_ARGUMENT;
	if (!all_committed(space, base, bytes))
		return BAD_ADDRESS;
	for (uint64_t address = base; address < base + bytes; address += PAGE_BYTES)
		offer_page(model_page_at(space, address));
	return 0;
}

/* OF-3, OF-6: nothing presses, so all is as it was, also what MEM_RESET came to before. */
static void reclaim_page(struct model_page *page)
{
	if (page->offered)
		model_page_undo(page);
	page->offered = false;
}

uint32_t model_reclaim(struct model_space *space, uint64_t base, uint64_t bytes)
{
	if (!aligned(base, bytes))
		return BAD_ARGUMENT;
	if (!all_committed(space, base, bytes))
		return BAD_ADDRESS;
	for (uint64_t address = base; address < base + bytes; address += PAGE_BYTES)
		reclaim_page(model_page_at(space, address));
	return 0;
}

/* OF-4 */
static bool all_writable(const struct model_space *space, uint64_t base, uint64_t bytes)
{
	for (uint64_t address = base; address < base + bytes; address += PAGE_BYTES)
		if (model_page_at(space, address)->protect != READWRITE)
			return false;
	return true;
}

/* OF-6, DG-23: zeros; neither offered nor locked; a mark stays. */
static void discard_page(struct model_page *page)
{
	model_content_clear(&page->own);
	page->presence = PRESENCE_OUT;
	page->offered = page->locked = false;
}

uint32_t model_discard(struct model_space *space, uint64_t base, uint64_t bytes)
{
	if (!aligned(base, bytes))
		return BAD_ARGUMENT;
	if (!all_committed(space, base, bytes))
		return BAD_ADDRESS;
	if (!all_writable(space, base, bytes))
		return BAD_ARGUMENT;
	for (uint64_t address = base; address < base + bytes; address += PAGE_BYTES)
		discard_page(model_page_at(space, address));
	return 0;
}
