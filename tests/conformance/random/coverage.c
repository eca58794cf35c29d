// SPDX-License-Identifier: GPL-2.0
#include "coverage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM	   8192
#define KEY	   64
#define MOST_PAGES 64
/* Pages of an operation whose changes are looked at, from its first on. */
#define MOST_CHANGES 16

struct tally {
	char key[KEY];
	uint64_t count;
};

/* A table by name, with open addressing. */
struct table {
	struct tally tally[ROOM];
	unsigned int used;
};

static struct table triples, statuses, transitions;

static struct tally *find(struct table *table, const char *key)
{
	uint32_t hash = 2166136261u;
	struct tally *tally;

	for (const char *at = key; *at; at++)
		hash = (hash ^ (uint8_t)*at) * 16777619u;
	for (tally = &table->tally[hash % ROOM]; *tally->key && strcmp(tally->key, key);)
		tally = tally == &table->tally[ROOM - 1] ? table->tally : tally + 1;
	return tally;
}

static void count(struct table *table, const char *key)
{
	struct tally *tally = find(table, key);

	if (!*tally->key) {
		if (++table->used == ROOM)
			abort();
		strcpy(tally->key, key);
	}
	tally->count++;
}

/* What the operation under way acts on. */
static struct {
	char call[16];
	const struct model_space *space;
	uint64_t first;
	const char *state;
	unsigned int pages;
	const char *page[MOST_CHANGES];
} now;

static const char *view_state(const struct model_allocation *view, const struct model_page *page)
{
	if (!model_committed(page))
		return "view reserved";
	if (page->protect & GUARD)
		return "view guard";
	if (!page->shared)
		return page->locked ? "copy locked" : "copy";
	if (page->locked)
		return "view locked";
	switch (page->protect) {
	case NOACCESS:
		return "view noaccess";
	case READONLY:
		return "view readonly";
	case READWRITE:
		return view->replaced ? "placed" : "view";
	case WRITECOPY:
		return "view copying";
	case EXECUTE_WRITECOPY:
		return "view copying code";
	default:
		return "view code";
	}
}

static const char *page_state(const struct model_space *space, uint64_t address)
{
	const struct model_allocation *allocation = model_find(space, address);
	const struct model_page *page = model_page_at(space, address);

	if (!allocation)
		return "free";
	if (allocation->kind == KIND_VIEW)
		return view_state(allocation, page);
	if (allocation->kind != KIND_NORMAL)
		return allocation->kind == KIND_AWE ? "awe" : "placeholder";
	if (!model_committed(page) && page->latched)
		return "latched";
	if (!model_committed(page))
		return allocation->replaced ? "replaced" : "reserved";
	if (page->offered)
		return "offered";
	if (page->protect & GUARD)
		return "guard";
	if (page->locked)
		return "locked";
	switch (page->protect) {
	case NOACCESS:
		return "noaccess";
	case READONLY:
		return "readonly";
	case READWRITE:
		return page->written && allocation->watch ? "written" : "readwrite";
	default:
		return "executable";
	}
}

/* Of a range: the state of its pages if they agree, else what keeps them apart. */
static const char *range_state(const struct model_space *space, uint64_t base, uint64_t bytes)
{
	uint64_t first = base & ~(PAGE_BYTES - 1);
	const struct model_allocation *allocation = model_find(space, first);
	const char *state = page_state(space, first);
	bool mixed = false;

	if (!base)
		return "null";
	if (base < LOWEST_ADDRESS || base >= END_ADDRESS || bytes > END_ADDRESS - base)
		return "no address";
	for (uint64_t i = 1; i < MOST_PAGES && first + i * PAGE_BYTES < base + bytes; i++) {
		uint64_t at = first + i * PAGE_BYTES;
		const char *other = page_state(space, at);

		if (model_find(space, at) != allocation)
			return strcmp(other, "free") ? "two allocations" : "past the end";
		mixed |= other != state;
	}
	return mixed ? "mixed" : state;
}

/* Which words of which operations are the address and the size. */
static void find_range(const struct model_script *script, char **word, int count_words,
		       uint64_t *base, uint64_t *bytes)
{
	bool slotted = strstr(word[0], "alloc") != NULL;
	int address = slotted ? 2 : strcmp(word[0], "prefetch") ? 1 : 3;
	int size = strcmp(word[0], "nalloc") ? address + 1 : 4;

	if (!strncmp(word[0], "map", 3) || !strcmp(word[0], "nmap")) {
		address = strcmp(word[0], "map") ? 3 : 6;
		size = strcmp(word[0], "nmap") ? 5 : 7;
	}

	*base = count_words > address ? model_address(script, word[address]) : 0;
	*bytes = count_words > size && strcmp(word[0], "wr") && strcmp(word[0], "unmap2") ?
			 model_number(word[size]) :
			 1;
	if (!strncmp(word[0], "wsx", 3) || !strcmp(word[0], "wsex"))
		*bytes *= PAGE_BYTES;
}

/* Does it act on a range at all? */
static bool has_range(char **word, int count_words)
{
	if (strstr(word[0], "sec"))
		return false;
	if (count_words > 2)
		return strcmp(word[0], "wsset");
	return !strcmp(word[0], "unmap") || !strcmp(word[0], "query") || !strcmp(word[0], "rd") ||
	       !strcmp(word[0], "ex");
}

/* A size of 0 means the whole allocation, where it means anything. */
static void note_pages(const struct model_script *script, uint64_t base, uint64_t bytes)
{
	const struct model_allocation *allocation = model_find(script->space_now, base);
	uint64_t end = base + bytes;

	now.pages = 0;
	if (base < LOWEST_ADDRESS || base >= END_ADDRESS || bytes > END_ADDRESS - base)
		return;
	if (!bytes)
		end = allocation ? model_end(allocation) : base + 1;
	for (uint64_t at = now.first; at < end && now.pages < MOST_CHANGES; at += PAGE_BYTES)
		now.page[now.pages++] = page_state(script->space_now, at);
}

/* Each change once an operation, whatever number of pages made it. */
static void count_changes(void)
{
	const char *from[MOST_CHANGES], *to[MOST_CHANGES];
	unsigned int changes = 0, seen;
	char key[KEY];

	for (unsigned int i = 0; i < now.pages; i++) {
		from[changes] = now.page[i];
		to[changes] = page_state(now.space, now.first + i * PAGE_BYTES);
		for (seen = 0; from[seen] != from[changes] || to[seen] != to[changes]; seen++)
			;
		if (seen < changes)
			continue;
		snprintf(key, sizeof(key), "%s -> %s", from[changes], to[changes]);
		count(&transitions, key);
		changes++;
	}
}

void coverage_before(const struct model_script *script, const char *line)
{
	char copy[1024], *rest = copy;
	char *word[MODEL_WORDS];
	uint64_t base, bytes;
	int words = 0;

	snprintf(copy, sizeof(copy), "%s", line);
	while (words < MODEL_WORDS && (word[words] = strtok_r(rest, " ", &rest)))
		words++;
	snprintf(now.call, sizeof(now.call), "%.15s", word[0]);
	now.space = script->space_now;
	find_range(script, word, words, &base, &bytes);
	now.first = base & ~(PAGE_BYTES - 1);
	now.state = has_range(word, words) ? range_state(now.space, base, bytes) : "-";
	note_pages(script, base, bytes);
}

/* The status in an answer, in whatever form. */
static uint32_t status_of(const char *answer)
{
	const char *form;

	if ((form = strstr(answer, "exc=")) || (form = strstr(answer, "FAIL err=")))
		form = *form == 'e' ? form + 4 : strstr(form, "st=") + 3;
	else if ((form = strstr(answer, "first=")))
		form += 6;
	else if (!strncmp(answer, "st=", 3))
		form = answer + 3;
	else if (!strncmp(answer, "r=", 2))
		return (uint32_t)strtoul(answer + 2 + (answer[2] == '{'), NULL, 10);
	return form ? (uint32_t)strtoul(form + (*form == '{'), NULL, 16) : 0;
}

void coverage_after(const char *answer)
{
	uint32_t status = status_of(answer);
	char key[KEY];

	if (!strncmp(answer, "skip", 4))
		return;
	snprintf(key, sizeof(key), "%-9s %08" PRIx32 "  %s", now.call, status, now.state);
	if (strcmp(now.state, "-"))
		count(&triples, key);
	snprintf(key, sizeof(key), "%s %08" PRIx32, now.call, status);
	count(&statuses, key);
	count_changes();
}

/* What each call must have given (SPEC 3 to 10); placeholders' own apart. */
static const char *const wanted_statuses[] = {
	"alloc 00000000",   "alloc c000000d",	"alloc c0000017",    "alloc c0000018",
	"alloc c0000045",   "alloc c0000061",	"alloc c00000f0",    "alloc c00000f2",
	"alloc c00000f3",   "alloc c00000f4",	"alloc c000012d",    "nalloc 00000000",
	"nalloc c0000017",  "nalloc c0000018",	"nalloc c0000045",   "nalloc c0000061",
	"nalloc c00000f0",  "nalloc c00000f1",	"nalloc c00000f2",   "nalloc c00000f3",
	"nalloc c00000f4",  "nalloc c000012d",	"free 00000000",     "free c000001a",
	"free c000009f",    "free c00000a0",	"free c00000f0",     "free c00000f1",
	"free c00000f2",    "nfree 00000000",	"nfree c000001a",    "nfree c000009f",
	"nfree c00000a0",   "nfree c00000f0",	"nfree c00000f1",    "nfree c00000f2",
	"prot 00000000",    "prot c0000018",	"prot c000002d",     "prot c0000045",
	"prot c00000f0",    "prot c00000f1",	"prot c00000f2",     "nprot 00000000",
	"nprot c0000018",   "nprot c000002d",	"nprot c0000045",    "nprot c00000f0",
	"nprot c00000f1",   "nprot c00000f2",	"protnull c0000005", "protnull c0000045",
	"query 00000000",   "query c000000d",	"lock 00000000",     "lock 80000001",
	"lock c0000005",    "lock c000000d",	"lock c000004d",     "lock c00000a1",
	"nlock 00000000",   "nlock 40000019",	"nlock 80000001",    "nlock c0000005",
	"nlock c000000d",   "nlock c000004d",	"nlock c0000061",    "nlock c00000a1",
	"unlock 00000000",  "unlock c000000d",	"unlock c000002a",   "nunlock 00000000",
	"nunlock c000000d", "nunlock c000002a", "nunlock c0000061",  "ww 00000000",
	"ww c000000d",	    "ww c00000ef",	"ww c00000f0",	     "ww c00000f1",
	"rww 00000000",	    "rww c00000ef",	"rww c00000f0",	     "rww c00000f1",
	"rd 00000000",	    "rd 80000001",	"rd c0000005",	     "rd 8000000d",
	"wr 00000000",	    "wr 80000001",	"wr c0000005",	     "wr 8000000d",
	"ex 00000000",	    "ex 80000001",	"ex c0000005",	     "fill 80000001",
	"fill c0000005",    "sum 80000001",	"sum c0000005",
};

static const char *const wanted_placeholder_statuses[] = {
	"alloc2 00000000",  "alloc2 c000000d", "alloc2 c0000018",
	"alloc2 c0000045",  "alloc2 c00000f3", "alloc2r 00000000",
	"alloc2r c000000d", "free c0000018",   "nfree c0000018",
};

static const char *const wanted_transitions[] = {
	"awe -> free",
	"executable -> free",
	"executable -> guard",
	"executable -> locked",
	"executable -> noaccess",
	"executable -> readonly",
	"executable -> readwrite",
	"executable -> reserved",
	"free -> awe",
	"free -> executable",
	"free -> guard",
	"free -> noaccess",
	"free -> readonly",
	"free -> readwrite",
	"free -> reserved",
	"guard -> executable",
	"guard -> free",
	"guard -> locked",
	"guard -> readonly",
	"guard -> readwrite",
	"guard -> reserved",
	"locked -> executable",
	"locked -> free",
	"locked -> guard",
	"locked -> readonly",
	"locked -> readwrite",
	"locked -> reserved",
	"noaccess -> executable",
	"noaccess -> free",
	"noaccess -> guard",
	"noaccess -> readonly",
	"noaccess -> readwrite",
	"noaccess -> reserved",
	"readonly -> executable",
	"readonly -> free",
	"readonly -> guard",
	"readonly -> locked",
	"readonly -> noaccess",
	"readonly -> readwrite",
	"readonly -> reserved",
	"readwrite -> executable",
	"readwrite -> free",
	"readwrite -> guard",
	"readwrite -> locked",
	"readwrite -> noaccess",
	"readwrite -> readonly",
	"readwrite -> reserved",
	"readwrite -> written",
	"reserved -> executable",
	"reserved -> free",
	"reserved -> guard",
	"reserved -> noaccess",
	"reserved -> readonly",
	"reserved -> readwrite",
	"written -> executable",
	"written -> free",
	"written -> guard",
	"written -> locked",
	"written -> readonly",
	"written -> readwrite",
	"written -> reserved",
};

static const char *const wanted_placeholder_transitions[] = {
	"executable -> placeholder", "free -> placeholder",	  "guard -> replaced",
	"noaccess -> placeholder",   "placeholder -> executable", "placeholder -> free",
	"placeholder -> guard",	     "placeholder -> noaccess",	  "placeholder -> readonly",
	"placeholder -> readwrite",  "placeholder -> replaced",	  "readonly -> placeholder",
	"readwrite -> placeholder",  "readwrite -> replaced",	  "replaced -> free",
	"replaced -> placeholder",   "replaced -> readwrite",
};

/* The same of the calls on the working set, and of what goes with them (SPEC 8, 10, 13). */
static const char *const wanted_set_statuses[] = {
	"discard 00000000", "discard 00000057", "discard 000001e7",  "kwr 00000000",
	"nlock 00000000",   "nlock 40000019",	"nlock 80000001",    "nlock c0000005",
	"nlock c000000d",   "nlock c0000061",	"nlock c00000a1",    "nunlock 00000000",
	"nunlock c000000d", "nunlock c000002a", "nunlock c0000061",  "offer 00000000",
	"offer 00000057",   "offer 000001e7",	"prefetch 00000000", "reclaim 00000000",
	"reclaim 000001e7", "rpm 00000000",	"rpm 8000000d",	     "unlock 00000000",
	"unlock c000002a",  "wpm 00000000",	"wpm 8000000d",	     "wpm c0000005",
	"wsempty 00000000", "wsex 00000000",	"wsget 00000000",    "wsset 00000000",
	"wsset c000000d",   "wsset c000004c",	"wsx 00000000",
};

static const char *const wanted_set_transitions[] = {
	"executable -> locked", "executable -> offered", "guard -> locked",
	"locked -> executable", "locked -> free",	 "locked -> guard",
	"locked -> latched",	"locked -> offered",	 "locked -> readonly",
	"locked -> readwrite",	"locked -> reserved",	 "locked -> written",
	"noaccess -> offered",	"offered -> executable", "offered -> free",
	"offered -> noaccess",	"offered -> readonly",	 "offered -> readwrite",
	"offered -> reserved",	"readonly -> locked",	 "readonly -> offered",
	"readwrite -> locked",	"readwrite -> offered",	 "written -> latched",
	"written -> locked",	"written -> offered",
};

/* The same of sections and views (SPEC 11, PH-17 to PH-22). */
static const char *const wanted_map_statuses[] = {
	"sec 00000000",	   "sec c0000045",    "sec c00000f2",	  "sec c00000f4",
	"sec c000012f",	   "sec c0000040",    "nsec 00000000",	  "nsec c0000045",
	"nsec c00000f4",   "qsec 00000000",   "qsec c0000008",	  "qsec c0000022",
	"map 00000000",	   "map c0000008",    "map c0000018",	  "map c000001f",
	"map c0000022",	   "map c0000220",    "map2 00000000",	  "map2 c0000022",
	"map2 c00000f7",   "map2 c0000018",   "map3 00000000",	  "map3 c0000018",
	"map3 c000001f",   "map3 c0000220",   "map3 c0000022",	  "nmap 00000000",
	"nmap c0000008",   "nmap c0000018",   "nmap c000001f",	  "nmap c0000022",
	"nmap c0000045",   "nmap c000004e",   "nmap c00000f2",	  "nmap c00000f3",
	"nmap c00000f7",   "nmap c0000220",   "unmap 00000000",	  "unmap c0000019",
	"unmap2 00000000", "unmap2 c000000d", "unmap2 c0000018",  "unmap2 c0000019",
	"alloc c000004e",  "alloc c0000045",  "prot c000004e",	  "prot c000002d",
	"nprot c000004e",  "free c000001b",   "nfree c000001b",	  "nlock 00000000",
	"nlock c00000a1",  "offer 000001e7",  "discard 000001e7",
};

static const char *const wanted_map_transitions[] = {
	"free -> view",
	"free -> view code",
	"free -> view copying",
	"free -> view copying code",
	"free -> view noaccess",
	"free -> view readonly",
	"free -> view reserved",
	"placeholder -> placed",
	"placeholder -> view reserved",
	"placed -> placeholder",
	"placed -> free",
	"view reserved -> placeholder",
	"view reserved -> view",
	"view reserved -> view copying",
	"view reserved -> view code",
	"view reserved -> free",
	"view -> free",
	"view -> view copying",
	"view -> view locked",
	"view -> view readonly",
	"view -> view noaccess",
	"view -> view guard",
	"view copying -> copy",
	"view copying -> view readonly",
	"view copying -> view locked",
	"view copying code -> copy",
	"view locked -> copy locked",
	"view locked -> free",
	"view guard -> view",
	"view code -> view copying code",
	"copy -> copy locked",
	"copy -> free",
	"copy -> placeholder",
	"copy locked -> copy",
};

static int by_key(const void *one, const void *other)
{
	return strcmp(((const struct tally *)one)->key, ((const struct tally *)other)->key);
}

static void print_table(const struct table *table, const char *title)
{
	struct tally *sorted = malloc(sizeof(table->tally));
	unsigned int used = 0;

	if (!sorted)
		abort();
	for (unsigned int i = 0; i < ROOM; i++)
		if (*table->tally[i].key)
			sorted[used++] = table->tally[i];
	qsort(sorted, used, sizeof(*sorted), by_key);
	printf("#\n# %s: %u\n", title, used);
	for (unsigned int i = 0; i < used; i++)
		printf("# %9" PRIu64 "  %s\n", sorted[i].count, sorted[i].key);
	free(sorted);
}

static unsigned int count_rare(struct table *table, const char *const *keys, size_t keys_count,
			       uint64_t wanted)
{
	unsigned int rare = 0;

	for (size_t i = 0; i < keys_count; i++) {
		uint64_t came = find(table, keys[i])->count;

		if (came >= wanted)
			continue;
		printf("# came %" PRIu64 " times only: %s\n", came, keys[i]);
		rare++;
	}
	return rare;
}

#define COUNT_RARE(table, keys, wanted) \
	count_rare(table, keys, sizeof(keys) / sizeof((keys)[0]), wanted)

void coverage_print(void)
{
	print_table(&triples, "call, status, state before");
	print_table(&transitions, "state of a page before and after an operation");
}

unsigned int coverage_rare_set(uint64_t wanted)
{
	return COUNT_RARE(&statuses, wanted_set_statuses, wanted) +
	       COUNT_RARE(&transitions, wanted_set_transitions, wanted);
}

unsigned int coverage_rare_map(uint64_t wanted)
{
	return COUNT_RARE(&statuses, wanted_map_statuses, wanted) +
	       COUNT_RARE(&transitions, wanted_map_transitions, wanted);
}

unsigned int coverage_rare(uint64_t wanted, bool placeholders)
{
	unsigned int rare = COUNT_RARE(&statuses, wanted_statuses, wanted) +
			    COUNT_RARE(&transitions, wanted_transitions, wanted);

	if (placeholders)
		rare += COUNT_RARE(&statuses, wanted_placeholder_statuses, wanted) +
			COUNT_RARE(&transitions, wanted_placeholder_transitions, wanted);
	return rare;
}
