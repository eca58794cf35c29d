// SPDX-License-Identifier: MIT
/*
 * winvm pte: an address through the page tables, as the debugger's !pte shows it, beside
 * what it was in 1993.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "entry.h"
#include "line.h"
#include "output.h"
#include "page.h"
#include "region.h"
#include "table.h"
#include "text.h"
#include "translation.h"
#include "winvm.h"

/* Columns of all addresses; then for each level, the highest first, its index and entry. */
enum pte_column {
	PTE_ADDRESS,
	PTE_PAGE,
	PTE_PROTECT,
	PTE_TYPE,
	PTE_LEVEL,
	PTE_FRAME,
	PTE_FILE,
	PTE_SLOT,
	PTE_FLAGS,
	PTE_STATE,
	PTE_LOCATION,
	PTE_ALLOCATION,
	PTE_BYTES,
	PTE_OFFSET,
	PTE_DIRECTORY_X86,
	PTE_TABLE_X86,
	PTE_INDEX,
	PTE_ENTRY = PTE_INDEX + WINVM_TABLE_LEVELS,
	PTE_WIDTH = PTE_ENTRY + WINVM_TABLE_LEVELS
};

static const struct column columns[PTE_WIDTH] = {
	{ "address", "ADDRESS", COLUMN_ADDRESS, 0, 12 },
	{ "page", "PAGE", COLUMN_TEXT, 0, 0 },
	{ "protection", "PROTECTION", COLUMN_TEXT, 3, 0 },
	{ "type", "TYPE", COLUMN_TEXT, 6, 0 },
	{ "level", "LEVEL", COLUMN_NUMBER, 5, 0 },
	{ "frame", "FRAME", COLUMN_ADDRESS, 1, 12 },
	{ "page_file", NULL, COLUMN_NUMBER, 0, 0 },
	{ "slot", "SLOT", COLUMN_PLAIN, 4, 0 },
	{ "flags", "FLAGS", COLUMN_TEXT, 2, 0 },
	{ "state", NULL, COLUMN_TEXT, 0, 0 },
	{ "contents", NULL, COLUMN_TEXT, 0, 0 },
	{ "allocation", NULL, COLUMN_ADDRESS, 0, 0 },
	{ "page_size", NULL, COLUMN_SIZE, 0, 0 },
	{ "offset", NULL, COLUMN_ADDRESS, 0, 0 },
	{ "x86_directory", NULL, COLUMN_ADDRESS, 0, 0 },
	{ "x86_table", NULL, COLUMN_ADDRESS, 0, 0 },
	{ "pt_index", NULL, COLUMN_ADDRESS, 0, 0 },
	{ "pd_index", NULL, COLUMN_ADDRESS, 0, 0 },
	{ "pdpt_index", NULL, COLUMN_ADDRESS, 0, 0 },
	{ "pml4_index", NULL, COLUMN_ADDRESS, 0, 0 },
	{ "pml5_index", NULL, COLUMN_ADDRESS, 0, 0 },
	{ "pt_entry", NULL, COLUMN_ADDRESS, 0, 0 },
	{ "pd_entry", NULL, COLUMN_ADDRESS, 0, 0 },
	{ "pdpt_entry", NULL, COLUMN_ADDRESS, 0, 0 },
	{ "pml4_entry", NULL, COLUMN_ADDRESS, 0, 0 },
	{ "pml5_entry", NULL, COLUMN_ADDRESS, 0, 0 },
};

enum level_column { LEVEL_TABLE, LEVEL_INDEX, LEVEL_ENTRY, LEVEL_FRAME, LEVEL_FLAGS, LEVEL_WIDTH };

static const struct column level_columns[LEVEL_WIDTH] = {
	{ "table", "TABLE", COLUMN_TEXT, 0, 0 },  { "index", "INDEX", COLUMN_TEXT, 0, 0 },
	{ "entry", "ENTRY", COLUMN_TEXT, 0, 16 }, { "frame", "FRAME", COLUMN_TEXT, 1, 0 },
	{ "flags", "FLAGS", COLUMN_TEXT, 0, 0 },
};

/**
 * struct pte - what is wanted, and what was found
 * @target: whose addresses
 * @pages: they, an array of @count with room for @room
 * @count: how many
 * @room: for how many
 * @translation: of them
 */
struct pte {
	struct target target;
	struct winvm_translation *pages;
	size_t count;
	size_t room;
	struct translation translation;
};

static bool add_address(struct pte *pte, const char *text)
{
	uint64_t address;

	if (!address_parse(text, &address))
		return false;
	if (pte->count == pte->room) {
		pte->room = pte->room ? 2 * pte->room : 16;
		pte->pages = text_allocate(pte->pages, pte->room, sizeof(*pte->pages));
	}
	pte->pages[pte->count++] = (struct winvm_translation){ .address = address };
	return true;
}

static void add_from_input(struct pte *pte, struct argp_state *state)
{
	char *line = NULL, *word, *rest;
	size_t bytes = 0;

	while (getline(&line, &bytes, stdin) > 0) {
		word = strtok_r(line, " \t\r\n", &rest);
		for (; word; word = strtok_r(NULL, " \t\r\n", &rest))
			if (!add_address(pte, word))
				argp_error(state, "\"%s\" is no address", word);
	}
	free(line);
}

static error_t parse_address(struct pte *pte, const char *text, struct argp_state *state)
{
	if (!strcmp(text, "-"))
		add_from_input(pte, state);
	else if (!add_address(pte, text))
		argp_error(state, "\"%s\" is no address: it is hexadecimal, as 7f0012345678", text);
	return 0;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct pte *pte = state->input;

	if (key == ARGP_KEY_ARG && pte->target.pid)
		return parse_address(pte, argument, state);
	if (key == ARGP_KEY_END && pte->target.pid && !pte->count)
		argp_error(state, "which address? Say some, or - for those that come in lines");
	return target_parse(key, argument, state, &pte->target);
}

static const struct argp parser = {
	.parser = parse,
	.args_doc = "PID ADDRESS...",
	.doc = "Shows how addresses of a process are translated: the index on each level of the "
	       "page tables, the entry and its flags, the frame, and what a page is that is "
	       "not present. Addresses are hexadecimal; - reads them from the input. Frames and "
	       "slots of page files take CAP_SYS_ADMIN. PID may be self.",
	.children = output_options,
};

/* The entry that says most; 0 if none is known. */
static uint64_t last_entry(const struct winvm_translation *page)
{
	return page->level ? page->entries[page->level - 1] : 0;
}

static bool has_protection(const struct winvm_translation *page)
{
	return page->state == MEM_COMMIT && page->protect;
}

static void fill_levels(struct cell *row, const struct pte *pte,
			const struct winvm_translation *page)
{
	struct address_part parts[ADDRESS_PARTS];
	size_t count = address_parts(pte->translation.levels, parts);

	for (unsigned int level = 1; level < count; level++) {
		cell_number(&row[PTE_INDEX + level - 1],
			    address_value(page->address, &parts[count - 1 - level]));
		if (page->level && level >= page->level)
			cell_number(&row[PTE_ENTRY + level - 1], page->entries[level - 1]);
	}
	cell_number(&row[PTE_OFFSET], address_value(page->address, &parts[count - 1]));
	address_parts_x86(parts);
	cell_number(&row[PTE_DIRECTORY_X86], address_value(page->address, &parts[0]));
	cell_number(&row[PTE_TABLE_X86], address_value(page->address, &parts[1]));
}

static void fill_state(struct cell *row, const struct winvm_translation *page)
{
	const MEMORY_BASIC_INFORMATION region = { .State = page->state, .Type = page->type };
	char room[64];

	if (page->state)
		cell_word(&row[PTE_STATE], region_state(&region), COLOUR_NONE);
	if (page->type)
		cell_word(&row[PTE_TYPE], region_type(&region), region_colour(&region));
	if (has_protection(page))
		cell_text(&row[PTE_PROTECT],
			  region_protect_text(page->protect, room, sizeof(room)));
	if (page->allocation_base)
		cell_number(&row[PTE_ALLOCATION], page->allocation_base);
}

static void fill_place(struct cell *row, const struct winvm_translation *page)
{
	cell_word(&row[PTE_LOCATION], page_location(page), COLOUR_NONE);
	if (page->flags & WINVM_TRANSLATED_FRAME)
		cell_number(&row[PTE_FRAME], page->frame);
	if (!(page->flags & WINVM_TRANSLATED_SLOT))
		return;
	cell_number(&row[PTE_FILE], page->page_file);
	cell_number(&row[PTE_SLOT], page->slot);
}

static void add(struct table *table, const struct pte *pte, const struct winvm_translation *page)
{
	struct cell *row = table_row(table);
	enum page_kind kind = page_kind(page);
	char flags[ENTRY_FLAGS];

	cell_number(&row[PTE_ADDRESS], page->address);
	cell_word(&row[PTE_PAGE], page_word(kind), kind == PAGE_VALID ? COLOUR_GOOD : COLOUR_NONE);
	fill_state(row, page);
	fill_place(row, page);
	fill_levels(row, pte, page);
	if (!page->level)
		return;
	cell_number(&row[PTE_LEVEL], page->level);
	entry_flags(last_entry(page), page->level, flags);
	if (*flags)
		cell_text(&row[PTE_FLAGS], flags);
	if (entry_kind(last_entry(page), page->level) == ENTRY_PAGE)
		cell_number(&row[PTE_BYTES], entry_bytes(page->level));
}

/* What could not be told, and what to do about it. */
static void print_missing(const struct translation *translation)
{
	if (!translation->frames)
		line_print("unknown", "frames and slots: they take CAP_SYS_ADMIN; be root");
	if (!translation->entries)
		line_print("unknown", "entries, levels and flags: the module tells them, and is "
				      "not loaded; as root: modprobe winvm");
}

static void print_all(const struct pte *pte)
{
	struct table table = { .columns = columns, .width = PTE_WIDTH };

	for (size_t i = 0; i < pte->count; i++)
		add(&table, pte, &pte->pages[i]);
	output_put_number("pid", pte->target.pid);
	output_put_number("levels", pte->translation.levels);
	output_put_number("frames_told", pte->translation.frames);
	output_put_number("entries_told", pte->translation.entries);
	table_print(&table, "pages");
	table_empty(&table);
	if (output.form == OUTPUT_TEXT)
		print_missing(&pte->translation);
}

static void print_picture(uint64_t address, const struct address_part *parts, size_t count)
{
	struct address_picture picture = address_picture(address, parts, count);
	size_t screen = screen_width();

	if (screen && picture.width + 2 > screen) {
		for (size_t i = 0; i < count; i++)
			printf("  %-9s %3llx\n", parts[i].name,
			       (unsigned long long)address_value(address, &parts[i]));
		return;
	}
	for (int line = 0; line < 4; line++) {
		const char *text = picture.lines[line];
		size_t bytes = strlen(text);

		while (bytes && text[bytes - 1] == ' ')
			bytes--;
		printf("  %s%.*s%s\n", screen_colour(line == 0 ? COLOUR_FAINT : COLOUR_NONE),
		       (int)bytes, text, screen_plain(line == 0 ? COLOUR_FAINT : COLOUR_NONE));
	}
}

static void print_pictures(const struct pte *pte, const struct winvm_translation *page)
{
	struct address_part parts[ADDRESS_PARTS];
	size_t count = address_parts(pte->translation.levels, parts);
	char text[80];

	snprintf(text, sizeof(text), "of process %u, %u levels of tables", pte->target.pid,
		 pte->translation.levels);
	line_print(unit_address(page->address).text, text);
	putchar('\n');
	print_picture(page->address, parts, count);
	putchar('\n');
	snprintf(text, sizeof(text), "%08x", (unsigned int)page->address);
	line_print(text, "its lower half, as 32 bits were translated in 1993");
	putchar('\n');
	count = address_parts_x86(parts);
	print_picture(page->address, parts, count);
	putchar('\n');
}

static void add_level(struct table *table, const struct pte *pte,
		      const struct winvm_translation *page, unsigned int level,
		      const struct address_part *part)
{
	struct cell *row = table_row(table);
	uint64_t entry = page->entries[level - 1];
	char text[ENTRY_FLAGS];

	cell_word(&row[LEVEL_TABLE], part->name, COLOUR_NONE);
	snprintf(text, sizeof(text), "%03llx",
		 (unsigned long long)address_value(page->address, part));
	cell_text(&row[LEVEL_INDEX], text);
	if (!page->level || level < page->level)
		return;
	snprintf(text, sizeof(text), "%016llx", (unsigned long long)entry);
	cell_text(&row[LEVEL_ENTRY], text);
	entry_flags(entry, level, text);
	cell_text(&row[LEVEL_FLAGS], *text ? text : "not present");
	if (!pte->translation.frames || !entry_frame(entry, level))
		return;
	snprintf(text, sizeof(text), "%llx", (unsigned long long)entry_frame(entry, level));
	cell_text(&row[LEVEL_FRAME], text);
}

static void print_levels(const struct pte *pte, const struct winvm_translation *page)
{
	struct table table = { .columns = level_columns, .width = LEVEL_WIDTH };
	struct address_part parts[ADDRESS_PARTS];
	size_t count = address_parts(pte->translation.levels, parts);

	for (unsigned int i = 0; i + 1 < count; i++)
		add_level(&table, pte, page, (unsigned int)count - 1 - i, &parts[i]);
	table_text(&table);
	table_empty(&table);
	putchar('\n');
}

/* Where the contents are, in numbers. */
static void print_place(const struct winvm_translation *page)
{
	static const char *const words[] = {
		[WINVM_AT_NOWHERE] = "none yet",
		[WINVM_AT_MAPPED] = "in memory",
		[WINVM_AT_MEMORY] = "in memory, without an entry",
		[WINVM_AT_PAGE_FILE] = "in a page file",
		[WINVM_AT_FILE] = "in a file",
		[WINVM_AT_BROKEN] = "in memory that is broken",
		[WINVM_AT_UNTOLD] = "not told",
	};
	char text[160];

	if (page->state != MEM_COMMIT && page->location == WINVM_AT_NOWHERE)
		return;
	snprintf(text, sizeof(text), "%s",
		 page->location <= WINVM_AT_UNTOLD ? words[page->location] : "?");
	if (page->flags & WINVM_TRANSLATED_FRAME)
		snprintf(text, sizeof(text), "%s: frame %llx", words[page->location],
			 (unsigned long long)page->frame);
	else if (page->flags & WINVM_TRANSLATED_SLOT)
		snprintf(text, sizeof(text), "in page file %u, slot %llu", page->page_file,
			 (unsigned long long)page->slot);
	line_print("contents", text);
}

static void append(char *text, size_t bytes, const char *word)
{
	size_t used = strlen(text);

	snprintf(text + used, bytes - used, " %s", word);
}

static void print_state(const struct winvm_translation *page)
{
	const MEMORY_BASIC_INFORMATION region = { .State = page->state, .Type = page->type };
	char text[200], room[64];

	if (!page->state)
		return;
	snprintf(text, sizeof(text), "%s", region_state(&region));
	if (page->type)
		append(text, sizeof(text), region_type(&region));
	if (has_protection(page))
		append(text, sizeof(text), region_protect_text(page->protect, room, sizeof(room)));
	line_print("state", text);
	if (page->allocation_base) {
		snprintf(text, sizeof(text), "%s, by %s", unit_address(page->allocation_base).text,
			 page->flags & WINVM_TRANSLATED_VAD ? "winvm" : "Linux");
		line_print("allocation", text);
	}
}

static const char *why_none(const struct pte *pte, const struct winvm_translation *page)
{
	if (!address_canonical(page->address, pte->translation.levels))
		return "not canonical: the bits above those that are translated are not alike";
	return page->address >> 63 ? "of the kernel's half: no process may see it" :
				     page_words(PAGE_NONE);
}

static void print_page(const struct pte *pte, const struct winvm_translation *page)
{
	enum page_kind kind = page_kind(page);
	char text[200];

	print_pictures(pte, page);
	print_levels(pte, page);
	snprintf(text, sizeof(text), "%s: %s", page_word(kind),
		 kind == PAGE_NONE ? why_none(pte, page) : page_words(kind));
	line_print("page", text);
	print_state(page);
	print_place(page);
	print_missing(&pte->translation);
}

static int show(struct pte *pte)
{
	int status = translation_read(&pte->translation, pte->pages, pte->count);

	if (status)
		return status;
	if (pte->count == 1 && output.form == OUTPUT_TEXT)
		print_page(pte, &pte->pages[0]);
	else
		print_all(pte);
	return output_end();
}

int pte_run(int argc, char **argv)
{
	struct pte pte = { .target = { .command = "pte" } };
	int status;

	pte.translation.target = &pte.target;
	argp_parse(&parser, argc, argv, 0, NULL, &pte);
	status = show(&pte);
	free(pte.pages);
	return status;
}
