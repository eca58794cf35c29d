// SPDX-License-Identifier: MIT
/* Pages: by state and protection, and where their contents are. */
#include <windows.h>

#include "page.h"

/* Whether the access goes through comes before where the contents are. */
static enum page_kind committed_kind(const struct winvm_translation *page)
{
	if (page->location == WINVM_AT_UNTOLD)
		return PAGE_UNTOLD;
	if (page->location == WINVM_AT_BROKEN)
		return PAGE_BROKEN;
	if (page->protect & PAGE_GUARD)
		return PAGE_GUARDED;
	if ((page->protect & 0xff) == PAGE_NOACCESS)
		return PAGE_CLOSED;
	switch (page->location) {
	case WINVM_AT_MAPPED:
		return PAGE_VALID;
	case WINVM_AT_MEMORY:
		return PAGE_TRANSITION;
	case WINVM_AT_PAGE_FILE:
		return PAGE_SWAPPED;
	case WINVM_AT_FILE:
		return PAGE_PROTOTYPE;
	default:
		return PAGE_DEMAND_ZERO;
	}
}

enum page_kind page_kind(const struct winvm_translation *page)
{
	switch (page->state) {
	case MEM_COMMIT:
		return committed_kind(page);
	case MEM_RESERVE:
		return PAGE_RESERVED;
	case MEM_FREE:
		return PAGE_FREE;
	default:
		return PAGE_NONE;
	}
}

static const struct {
	const char *word;
	const char *words;
} kinds[] = {
	[PAGE_VALID] = { "valid", "it is in memory, and the processor finds it" },
	[PAGE_DEMAND_ZERO] = { "demand-zero", "committed, and never touched: the first access "
					      "brings a page of zeros" },
	[PAGE_TRANSITION] = { "transition", "it is in memory, but not in the working set: an "
					    "access costs a soft fault" },
	[PAGE_SWAPPED] = { "swapped", "it is in a page file: an access costs a hard fault" },
	[PAGE_PROTOTYPE] = { "prototype", "it is in the file that is mapped, and perhaps in "
					  "memory: an access fetches it" },
	[PAGE_GUARDED] = { "guard", "the first access is an exception, and takes the guard away" },
	[PAGE_CLOSED] = { "no access", "committed, but any access is a violation" },
	[PAGE_RESERVED] = { "reserved", "the address is taken, but nothing is committed: an "
					"access is a violation" },
	[PAGE_FREE] = { "free", "nobody has the address: an access is a violation" },
	[PAGE_BROKEN] = { "bad", "its memory is broken" },
	[PAGE_UNTOLD] = { "large", "of hugetlbfs, whose tables are not looked at" },
	[PAGE_NONE] = { "none", "no address of user space" },
};

const char *page_word(enum page_kind kind)
{
	return kinds[kind].word;
}

const char *page_words(enum page_kind kind)
{
	return kinds[kind].words;
}

const char *page_location(const struct winvm_translation *page)
{
	static const char *const words[] = {
		[WINVM_AT_NOWHERE] = "nowhere", [WINVM_AT_MAPPED] = "mapped",
		[WINVM_AT_MEMORY] = "memory",	[WINVM_AT_PAGE_FILE] = "page file",
		[WINVM_AT_FILE] = "file",	[WINVM_AT_BROKEN] = "broken",
		[WINVM_AT_UNTOLD] = "untold",
	};

	return page->location <= WINVM_AT_UNTOLD ? words[page->location] : "?";
}
