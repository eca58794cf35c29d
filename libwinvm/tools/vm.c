// SPDX-License-Identifier: MIT
/* winvm vm: memory, page files and commit, as a debugger's !vm shows them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amount.h"
#include "ask.h"
#include "commit.h"
#include "memory.h"
#include "output.h"
#include "pagefile.h"
#include "process.h"
#include "winvm.h"

enum part { PART_MEMORY, PART_PAGE_FILES, PART_COMMIT, PART_PROCESSES, PARTS };

static const struct {
	const char *key;
	const char *title;
} part_names[PARTS] = {
	[PART_MEMORY] = { "memory", "Physical memory" },
	[PART_PAGE_FILES] = { "page_files", "Page files" },
	[PART_COMMIT] = { "commit", "Commit" },
	[PART_PROCESSES] = { "processes", "Commit charges" },
};

/**
 * struct vm - what is wanted, and what is known
 * @part: only this; PARTS: all
 * @sort: processes by which column
 * @reverse: the other way
 * @memory: nothing is known if it has no total
 * @asked: @commit is known
 * @commit: of all
 * @columns: of processes
 * @processes: their charges
 */
struct vm {
	enum part part;
	size_t sort;
	bool reverse;
	struct memory memory;
	bool asked;
	struct commit commit;
	struct column columns[PROCESS_WIDTH];
	struct table processes;
};

static const struct argp_option options[] = {
	{ "table", 't', "TABLE", 0,
	  "only this: memory (what --csv shows without), page_files, commit, processes", 0 },
	{ "sort", 's', "COLUMN", 0,
	  "processes by this column, as winvm ps; else by what is committed", 0 },
	{ "reverse", 'r', NULL, 0, "the other way", 0 },
	{ 0 }
};

static enum part parse_part(struct argp_state *state, const char *argument)
{
	enum part part = 0;

	while (part < PARTS && strcmp(argument, part_names[part].key))
		part++;
	if (part == PARTS)
		argp_error(state,
			   "there is no table \"%s\": say memory, page_files, commit or processes",
			   argument);
	return part;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct vm *vm = state->input;
	int column;

	switch (key) {
	case 't':
		vm->part = parse_part(state, argument);
		return 0;
	case 's':
		column = table_find(&vm->processes, argument);
		if (column < 0)
			argp_error(state, "there is no column \"%s\"", argument);
		vm->sort = (size_t)column;
		return 0;
	case 'r':
		vm->reverse = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "no arguments are needed, and \"%s\" is one", argument);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp parser = {
	.options = options,
	.parser = parse,
	.doc = "Shows the machine's memory and what it is used for, its page files, what is "
	       "committed of what may be, and who has committed it.",
	.children = output_options,
};

static void print_memory(const struct vm *vm)
{
	const struct memory *memory = &vm->memory;
	struct bar_part bar[MEMORY_PARTS];
	bool known = memory->total;

	memory_bar(memory, bar);

#define PLAIN(key, title, bytes)                                            \
	{                                                                   \
		key, title, AMOUNT_SIZE, known, bytes, NULL, 0, COLOUR_NONE \
	}
/* clang-format off */
#define DRAWN(key, title, part) \
	{ key, title, AMOUNT_SIZE, known, bar[part].amount, NULL, bar[part].letter, bar[part].colour }
	/* clang-format on */
	const struct amount amounts[] = {
		PLAIN("total", "total", memory->total),
		PLAIN("available", "available", memory->available),
		DRAWN("private", "private", MEMORY_PRIVATE),
		DRAWN("shareable", "shareable", MEMORY_SHAREABLE),
		DRAWN("huge_pages", "huge pages", MEMORY_HUGE),
		DRAWN("modified", "modified", MEMORY_MODIFIED),
		DRAWN("standby", "standby", MEMORY_STANDBY),
		DRAWN("kernel", "kernel", MEMORY_KERNEL),
		PLAIN("slab", "  slab", memory->slab),
		PLAIN("page_tables", "  page tables", memory->tables),
		PLAIN("stacks", "  stacks", memory->stacks),
		PLAIN("per_processor", "  per processor", memory->percpu),
		PLAIN("other", "  other", memory->other),
		PLAIN("nonpaged", "  of these nonpaged", memory_nonpaged(memory)),
		DRAWN("free", "free", MEMORY_FREE),
		PLAIN("locked", "locked", memory->locked),
	};
#undef PLAIN
#undef DRAWN

	amounts_print("memory", amounts, sizeof(amounts) / sizeof(amounts[0]));
}

static void print_page_files(const struct vm *vm)
{
	struct table table = { .columns = page_file_columns, .width = PAGE_FILE_WIDTH };

	if (!page_files_now(&table) && output.form == OUTPUT_TEXT)
		puts("unknown");
	else if (!table.rows && output.form == OUTPUT_TEXT)
		puts("none");
	else
		table_print(&table, "page_files");
	if (vm->memory.total) {
		output_put_number("page_files_size", vm->memory.swap);
		output_put_number("page_files_used", vm->memory.swap - vm->memory.swap_free);
	}
	table_empty(&table);
}

/* As proc_sys_vm(5) calls them. */
static const char *overcommit(void)
{
	FILE *file = fopen("/proc/sys/vm/overcommit_memory", "re");
	int mode = file ? fgetc(file) : EOF;

	if (file)
		fclose(file);
	switch (mode) {
	case '0':
		return "heuristic";
	case '1':
		return "always";
	case '2':
		return "never";
	}
	return NULL;
}

static void print_commit(const struct vm *vm)
{
	const struct commit *commit = &vm->commit;
	const struct winvm_nl_system *system = &commit->system;
	const char *mode = overcommit();
	bool all = commit_sees_all();
	struct amount amounts[] = {
#define TOLD(key, title, attribute, kind, number, letter, colour)                             \
	{ key,	  title, kind,	 (system->told & WINVM_NL_TOLD(WINVM_NL_A_##attribute)) != 0, \
	  number, NULL,	 letter, colour }
#define SIZE(key, title, attribute, number) \
	TOLD(key, title, attribute, AMOUNT_SIZE, number, 0, COLOUR_NONE)
		SIZE("committed", "committed", SYSTEM_COMMIT_BYTES, system->commit_bytes),
		TOLD("processes", all ? "by processes" : "by your processes", SYSTEM_COMMIT_BYTES,
		     AMOUNT_SIZE, commit->charges, 'p', COLOUR_PRIVATE),
		TOLD("others", all ? "by sections" : "by sections and others", SYSTEM_COMMIT_BYTES,
		     AMOUNT_SIZE, commit_others(commit), 's', COLOUR_GOOD),
		TOLD("left", "left", SYSTEM_LIMIT_BYTES, AMOUNT_SIZE, commit_left(commit), '.',
		     COLOUR_FAINT),
		SIZE("limit", "limit", SYSTEM_LIMIT_BYTES, system->commit_limit_bytes),
		SIZE("peak_committed", "peak", PEAK_SYSTEM_COMMIT_BYTES, system->peak_commit_bytes),
		TOLD("refused", "commits refused", REFUSED, AMOUNT_NUMBER, system->refused, 0,
		     COLOUR_NONE),
		SIZE("default_limit", "default process limit", LIMIT_BYTES,
		     system->default_limit_bytes),
		SIZE("kernel", "kernel's books", SYSTEM_COMMIT_BYTES, commit->kernel),
#undef SIZE
#undef TOLD
		{ "linux_committed", "promised by Linux", AMOUNT_SIZE, vm->memory.total,
		  vm->memory.promised, NULL, 0, COLOUR_NONE },
		{ "linux_limit", "its limit", AMOUNT_SIZE, vm->memory.total, vm->memory.promises,
		  NULL, 0, COLOUR_NONE },
		{ "overcommit", "its overcommit", AMOUNT_WORD, mode, 0, mode, 0, COLOUR_NONE },
	};

	amounts_print("commit", amounts, sizeof(amounts) / sizeof(amounts[0]));
}

static void print_processes(const struct vm *vm)
{
	bool text = output.form == OUTPUT_TEXT;

	if (!vm->asked && text) {
		puts("unknown");
		return;
	}
	if (!vm->asked)
		return;
	table_print(&vm->processes, "processes");
	if (text && !commit_sees_all())
		puts("Only processes of your own are listed; root sees all.");
}

static void (*const part_prints[PARTS])(const struct vm *vm) = {
	[PART_MEMORY] = print_memory,
	[PART_PAGE_FILES] = print_page_files,
	[PART_COMMIT] = print_commit,
	[PART_PROCESSES] = print_processes,
};

static void print_bars(const struct vm *vm)
{
	struct bar_part memory[MEMORY_PARTS], commit[COMMIT_PARTS];

	memory_bar(&vm->memory, memory);
	commit_bar(&vm->commit, commit);
	bar_gauge("memory", vm->memory.total, memory, MEMORY_PARTS);
	bar_gauge("commit", vm->commit.system.commit_limit_bytes, commit, COMMIT_PARTS);
}

static void print_title(const char *title)
{
	printf("\n%s%s%s\n", screen_colour(COLOUR_TITLE), title, screen_plain(COLOUR_TITLE));
}

static void print_all(const struct vm *vm)
{
	bool text = output.form == OUTPUT_TEXT;

	if (text)
		print_bars(vm);
	for (enum part part = 0; part < PARTS; part++) {
		if (text)
			print_title(part_names[part].title);
		part_prints[part](vm);
	}
}

/* Most of what ps shows of processes is not of interest here. */
static void choose_columns(struct vm *vm)
{
	static const struct column all[] = { PROCESS_COLUMNS };
	static const enum process_column hidden[] = { PROCESS_RESERVED, PROCESS_RESIDENT,
						      PROCESS_ALLOCATIONS, PROCESS_SOFT_FAULTS,
						      PROCESS_HARD_FAULTS };

	memcpy(vm->columns, all, sizeof(all));
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		vm->columns[hidden[i]].title = NULL;
	vm->columns[PROCESS_REFUSED].title = "REFUSED";
	vm->columns[PROCESS_REFUSED].spare = 1;
	vm->processes = (struct table){ .columns = vm->columns, .width = PROCESS_WIDTH };
}

/* Without the module the rest is told all the same. */
static void ask(struct vm *vm)
{
	struct winvm_nl *nl = ask_open("vm");
	int error = nl ? commit_ask(nl, &vm->commit) : 0;

	if (error)
		ask_failed("vm", "ask the module", error);
	vm->asked = nl && !error;
	if (nl)
		winvm_nl_close(nl);
	if (!vm->asked)
		fputs("winvm vm: what is committed, and by whom, is unknown therefore\n", stderr);
	for (size_t i = 0; i < vm->commit.count; i++)
		process_cells(&vm->commit.list[i], table_row(&vm->processes));
	table_sort(&vm->processes, vm->sort, vm->reverse);
}

int vm_run(int argc, char **argv)
{
	struct vm vm = { .part = PARTS, .sort = PROCESS_COMMITTED };

	choose_columns(&vm);
	argp_parse(&parser, argc, argv, 0, NULL, &vm);
	if (vm.part == PARTS && output.form == OUTPUT_CSV)
		vm.part = PART_MEMORY;
	memory_now(&vm.memory);
	if (vm.part != PART_MEMORY && vm.part != PART_PAGE_FILES)
		ask(&vm);
	if (vm.part == PARTS)
		print_all(&vm);
	else
		part_prints[vm.part](&vm);
	table_empty(&vm.processes);
	commit_forget(&vm.commit);
	return output_end();
}
