// SPDX-License-Identifier: MIT
/*
 * winvm vad: the tree of VADs of a process, as the debugger's !vad prints it.
 */
#include <stdio.h>
#include <string.h>

#include "account.h"
#include "flow.h"
#include "output.h"
#include "region.h"
#include "table.h"
#include "tree.h"
#include "winvm.h"

enum {
	OPTION_TREE = 0x100,
	OPTION_DOT,
	OPTION_CHECK,
};

enum vad_column {
	VAD_LEVEL,
	VAD_START,
	VAD_END,
	VAD_COMMIT,
	VAD_TYPE,
	VAD_PROTECT,
	VAD_KIND,
	VAD_BALANCE,
	VAD_GAP,
	VAD_WIDTH
};

static const struct column columns[VAD_WIDTH] = {
	{ "level", "LEVEL", COLUMN_NUMBER, 0, 5 },
	{ "start_vpn", "START VPN", COLUMN_PAGE, 0, 9 },
	{ "end_vpn", "END VPN", COLUMN_PAGE, 2, 9 },
	{ "commit_pages", "COMMIT", COLUMN_NUMBER, 0, 0 },
	{ "type", "TYPE", COLUMN_TEXT, 1, 7 },
	{ "protection", "PROTECTION", COLUMN_TEXT, 3, 17 },
	{ "kind", "KIND", COLUMN_TEXT, 4, 11 },
	{ "balance", NULL, COLUMN_TEXT, 0, 0 },
	{ "gap_pages", NULL, COLUMN_NUMBER, 0, 0 },
};

/**
 * struct vad - what is wanted
 * @target: whose tree
 * @how: an option, or 0 for the table
 * @tree: it
 * @account: what winvm counts
 */
struct vad {
	struct target target;
	int how;
	struct tree tree;
	struct account account;
};

/**
 * struct totals - of VADs, in pages but for @levels
 * @pages, @commit: of all
 * @private, @mapped, @image: of these, by type
 * @levels: the sum
 */
struct totals {
	uint64_t pages;
	uint64_t commit;
	uint64_t private;
	uint64_t mapped;
	uint64_t image;
	uint64_t levels;
};

static const struct argp_option options[] = {
	{ "tree", OPTION_TREE, NULL, 0, "draw the tree", 0 },
	{ "dot", OPTION_DOT, NULL, 0, "the tree for graphviz: winvm vad --dot PID | dot -Tsvg", 0 },
	{ "check", OPTION_CHECK, NULL, 0,
	  "is it a balanced tree, and does it know its gaps? Stop the process to be sure", 0 },
	{ 0 }
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct vad *vad = state->input;

	switch (key) {
	case OPTION_TREE:
	case OPTION_DOT:
	case OPTION_CHECK:
		vad->how = key;
		return 0;
	default:
		return target_parse(key, argument, state, &vad->target);
	}
}

static const struct argp parser = {
	.options = options,
	.parser = parse,
	.args_doc = "PID",
	.doc = "Shows the allocations that a process has with winvm as the module keeps them: an "
	       "AVL tree. Page numbers are hexadecimal, commit is in pages. PID may be self.",
	.children = output_options,
};

static MEMORY_BASIC_INFORMATION as_region(const struct winvm_vad_record *vad)
{
	return (MEMORY_BASIC_INFORMATION){ .State = MEM_RESERVE, .Type = vad->type };
}

static const char *kind(const struct winvm_vad_record *vad)
{
	if (vad->flags & WINVM_VADS_PLACEHOLDER)
		return "placeholder";
	if (vad->flags & WINVM_VADS_WATCH)
		return "write watch";
	if (vad->flags & WINVM_VADS_NO_CHANGE)
		return "no change";
	return vad->flags & WINVM_VADS_PAGE_FILE ? "page file" : NULL;
}

static void add(struct table *table, const struct winvm_vad_record *vad)
{
	const MEMORY_BASIC_INFORMATION region = as_region(vad);
	static const char *const balances[] = { "-1", "0", "1" };
	struct cell *row = table_row(table);
	char room[64];

	cell_number(&row[VAD_LEVEL], vad->level);
	cell_number(&row[VAD_START], vad->start_vpn);
	cell_number(&row[VAD_END], vad->end_vpn);
	cell_number(&row[VAD_COMMIT], vad->commit_pages);
	cell_word(&row[VAD_TYPE], region_type(&region), region_colour(&region));
	cell_text(&row[VAD_PROTECT], region_protect_text(vad->protect, room, sizeof(room)));
	if (kind(vad))
		cell_word(&row[VAD_KIND], kind(vad), COLOUR_NONE);
	if (vad->balance >= -1 && vad->balance <= 1)
		cell_word(&row[VAD_BALANCE], balances[vad->balance + 1], COLOUR_NONE);
	cell_number(&row[VAD_GAP], vad->gap_pages);
}

static struct totals sum(const struct tree *tree)
{
	struct totals totals = { 0 };

	for (size_t i = 0; i < tree->count; i++) {
		const struct winvm_vad_record *vad = &tree->vads[i];
		uint64_t pages = vad->end_vpn - vad->start_vpn + 1;

		totals.pages += pages;
		totals.commit += vad->commit_pages;
		totals.private += vad->type == MEM_PRIVATE ? pages : 0;
		totals.mapped += vad->type == MEM_MAPPED ? pages : 0;
		totals.image += vad->type == MEM_IMAGE ? pages : 0;
		totals.levels += vad->level;
	}
	return totals;
}

static void print_words(const struct tree *tree, const struct totals *totals)
{
	char text[384];

	snprintf(text, sizeof(text),
		 "VADs %s, levels %u at most and %.1f on average; pages %s: private %s, mapped %s, "
		 "image %s; commit charge %s pages.",
		 unit_number(tree->count).text, tree->depth,
		 tree->count ? (double)totals->levels / (double)tree->count : 0.0,
		 unit_number(totals->pages).text, unit_number(totals->private).text,
		 unit_number(totals->mapped).text, unit_number(totals->image).text,
		 unit_number(totals->commit).text);
	putchar('\n');
	flow_text(text);
}

static void print_totals(const struct tree *tree)
{
	const struct totals totals = sum(tree);

	if (output.form == OUTPUT_TEXT)
		print_words(tree, &totals);
	output_put_number("count", tree->count);
	output_put_number("depth", tree->depth);
	output_put_number("levels", totals.levels);
	output_put_number("pages", totals.pages);
	output_put_number("private_pages", totals.private);
	output_put_number("mapped_pages", totals.mapped);
	output_put_number("image_pages", totals.image);
	output_put_number("commit_pages", totals.commit);
}

static void print_table(const struct vad *vad)
{
	struct table table = { .columns = columns, .width = VAD_WIDTH };

	for (size_t i = 0; i < vad->tree.count; i++)
		add(&table, &vad->tree.vads[i]);
	output_put_number("pid", vad->target.pid);
	if (vad->account.known || output.form != OUTPUT_TEXT)
		table_print(&table, "vads");
	if (output.form != OUTPUT_CSV && vad->account.known)
		print_totals(&vad->tree);
	table_empty(&table);
}

/* In so many columns: where that is not enough, without colours and with dots for its end. */
static void print_node(const struct winvm_vad_record *vad, size_t wide)
{
	const MEMORY_BASIC_INFORMATION region = as_region(vad);
	enum colour colour = region_colour(&region);
	char range[48], rest[64] = "", line[160];

	snprintf(range, sizeof(range), "%llx-%llx", (unsigned long long)vad->start_vpn,
		 (unsigned long long)vad->end_vpn);
	if (vad->commit_pages)
		snprintf(rest, sizeof(rest), " commit %s", unit_number(vad->commit_pages).text);
	snprintf(line, sizeof(line), "%s %s %s%s", range, region_type(&region),
		 region_protect(vad->protect), rest);
	if (strlen(line) > wide)
		printf("%.*s...\n", wide > 3 ? (int)wide - 3 : 0, line);
	else
		printf("%s %s%s%s %s%s\n", range, screen_colour(colour), region_type(&region),
		       screen_plain(colour), region_protect(vad->protect), rest);
}

/* Levels of a balanced tree are fewer, whatever address space it has. */
#define MOST_LEVELS 64

enum side { SIDE_NONE, SIDE_LEFT, SIDE_RIGHT };

/**
 * struct drawing - of a tree
 * @tree: it
 * @lines: on which levels a line goes past, from a parent to a child further down
 */
struct drawing {
	const struct tree *tree;
	bool lines[MOST_LEVELS];
};

static void draw_node(const struct drawing *drawing, size_t at, unsigned int depth, enum side side)
{
	size_t width = screen_width();

	for (unsigned int i = 1; i < depth; i++)
		fputs(drawing->lines[i] ? "\u2502 " : "  ", stdout);
	if (side != SIDE_NONE)
		fputs(side == SIDE_RIGHT ? "\u250c\u2500" : "\u2514\u2500", stdout);
	width = !width ? SIZE_MAX : width > 2 * depth ? width - 2 * depth : 0;
	print_node(&drawing->tree->vads[at], width);
}

/*
 * From the highest address down, so that turning the head to the left shows the tree. One
 * with a fault is not drawn.
 */
static void draw(struct drawing *drawing, size_t at, unsigned int depth, enum side side)
{
	if (at == TREE_NONE || depth >= MOST_LEVELS)
		return;
	drawing->lines[depth] = side == SIDE_LEFT;
	draw(drawing, drawing->tree->right[at], depth + 1, SIDE_RIGHT);
	draw_node(drawing, at, depth, side);
	drawing->lines[depth] = side == SIDE_RIGHT;
	draw(drawing, drawing->tree->left[at], depth + 1, SIDE_LEFT);
}

static void print_edge(const struct tree *tree, size_t at, size_t child)
{
	if (child != TREE_NONE)
		printf("\tv%llx -> v%llx;\n", (unsigned long long)tree->vads[at].start_vpn,
		       (unsigned long long)tree->vads[child].start_vpn);
}

static void print_dot(const struct tree *tree)
{
	puts("digraph vads {\n\tnode [shape=box, fontname=\"monospace\"];");
	for (size_t i = 0; i < tree->count; i++) {
		const struct winvm_vad_record *vad = &tree->vads[i];
		const MEMORY_BASIC_INFORMATION region = as_region(vad);

		printf("\tv%llx [label=\"%llx-%llx\\n%s %s\\ncommit %llu\"];\n",
		       (unsigned long long)vad->start_vpn, (unsigned long long)vad->start_vpn,
		       (unsigned long long)vad->end_vpn, region_type(&region),
		       region_protect(vad->protect), (unsigned long long)vad->commit_pages);
		print_edge(tree, i, tree->left[i]);
		print_edge(tree, i, tree->right[i]);
	}
	puts("}");
}

static int print_fault(const struct vad *vad)
{
	const struct tree *tree = &vad->tree;

	fflush(stdout);
	fprintf(stderr,
		"winvm vad: the VAD at page %llx %s; if the process runs, stop it (kill -STOP %u) "
		"and look again\n",
		(unsigned long long)tree->vads[tree->at].start_vpn, tree->fault, vad->target.pid);
	return 1;
}

static void print_tree(const struct vad *vad)
{
	struct drawing drawing = { .tree = &vad->tree };

	draw(&drawing, vad->tree.root, 0, SIDE_NONE);
}

static void print_check(const struct vad *vad)
{
	const struct tree *tree = &vad->tree;

	if (vad->account.known)
		printf("%s VADs on %u levels: in order, balanced, and all gaps are right\n",
		       unit_number(tree->count).text, tree->depth);
}

/* Graphviz has no words for a tree that is not there. */
static int show(struct vad *vad)
{
	const struct target *target = &vad->target;

	if (!account_read(&vad->account, target) || !tree_read(&vad->tree, target))
		return target_failed(target, "look at the tree of");
	tree_build(&vad->tree);
	if (vad->how && vad->tree.fault)
		return print_fault(vad);
	if (vad->how == OPTION_TREE)
		print_tree(vad);
	else if (vad->how == OPTION_DOT)
		print_dot(&vad->tree);
	else if (vad->how == OPTION_CHECK)
		print_check(vad);
	else
		print_table(vad);
	if (!vad->how || (vad->how != OPTION_DOT && output.form == OUTPUT_TEXT))
		account_explain(&vad->account, target,
				"It has no tree: VADs are the module's, Linux has none.");
	return output_end();
}

int vad_run(int argc, char **argv)
{
	struct vad vad = { .target = { .command = "vad" } };
	int status;

	argp_parse(&parser, argc, argv, 0, NULL, &vad);
	status = target_open(&vad.target);
	if (status)
		return status;
	status = show(&vad);
	tree_free(&vad.tree);
	target_close(&vad.target);
	return status;
}
