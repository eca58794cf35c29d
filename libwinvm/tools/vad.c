// SPDX-License-Identifier: MIT
/*
 * winvm vad: the tree of VADs of a process, as the debugger's !vad prints it.
 */
#include <stdio.h>

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
	{ "start_vpn", "START VPN", COLUMN_ADDRESS, 0, 12 },
	{ "end_vpn", "END VPN", COLUMN_ADDRESS, 0, 12 },
	{ "commit_pages", "COMMIT", COLUMN_NUMBER, 0, 0 },
	{ "type", "TYPE", COLUMN_TEXT, 0, 7 },
	{ "protection", "PROTECTION", COLUMN_TEXT, 0, 17 },
	{ "kind", "KIND", COLUMN_TEXT, 0, 11 },
	{ "balance", NULL, COLUMN_TEXT, 0, 0 },
	{ "gap_pages", NULL, COLUMN_NUMBER, 0, 0 },
};

/**
 * struct vad - what is wanted
 * @target: whose tree
 * @how: an option, or 0 for the table
 * @tree: it
 */
struct vad {
	struct target target;
	int how;
	struct tree tree;
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

static void print_totals(const struct tree *tree)
{
	uint64_t pages = 0, commit = 0, levels = 0;

	for (size_t i = 0; i < tree->count; i++) {
		pages += tree->vads[i].end_vpn - tree->vads[i].start_vpn + 1;
		commit += tree->vads[i].commit_pages;
		levels += tree->vads[i].level;
	}
	if (output.form == OUTPUT_TEXT)
		printf("\nVADs %s, levels %u at most and %.1f on average\n",
		       unit_number(tree->count).text, tree->depth,
		       tree->count ? (double)levels / (double)tree->count : 0.0);
	if (output.form == OUTPUT_TEXT)
		printf("%s pages, %s of them committed\n", unit_number(pages).text,
		       unit_number(commit).text);
	output_put_number("count", tree->count);
	output_put_number("depth", tree->depth);
	output_put_number("levels", levels);
	output_put_number("pages", pages);
	output_put_number("commit_pages", commit);
}

static void print_table(const struct vad *vad)
{
	struct table table = { .columns = columns, .width = VAD_WIDTH };

	for (size_t i = 0; i < vad->tree.count; i++)
		add(&table, &vad->tree.vads[i]);
	output_put_number("pid", vad->target.pid);
	table_print(&table, "vads");
	print_totals(&vad->tree);
	table_empty(&table);
}

static void print_node(const struct winvm_vad_record *vad)
{
	const MEMORY_BASIC_INFORMATION region = as_region(vad);
	enum colour colour = region_colour(&region);

	printf("%llx-%llx %s%s%s %s", (unsigned long long)vad->start_vpn,
	       (unsigned long long)vad->end_vpn, screen_colour(colour), region_type(&region),
	       screen_plain(colour), region_protect(vad->protect));
	if (vad->commit_pages)
		printf(" commit %s", unit_number(vad->commit_pages).text);
	putchar('\n');
}

/*
 * From the highest address down, so that turning the head to the left shows the tree. A
 * balanced tree has few levels; one with a fault is not drawn.
 */
static void draw(const struct tree *tree, size_t at, unsigned int depth)
{
	if (at == TREE_NONE)
		return;
	draw(tree, tree->right[at], depth + 1);
	printf("%*s", (int)(4 * depth), "");
	print_node(&tree->vads[at]);
	draw(tree, tree->left[at], depth + 1);
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

static int show(struct vad *vad)
{
	if (!tree_read(&vad->tree, &vad->target))
		return target_failed(&vad->target, "look at the tree of");
	tree_build(&vad->tree);
	if (vad->how && vad->tree.fault)
		return print_fault(vad);
	if (vad->how == OPTION_TREE)
		draw(&vad->tree, vad->tree.root, 0);
	else if (vad->how == OPTION_DOT)
		print_dot(&vad->tree);
	else if (vad->how == OPTION_CHECK)
		printf("%s VADs on %u levels: in order, balanced, and all gaps are right\n",
		       unit_number(vad->tree.count).text, vad->tree.depth);
	else
		print_table(vad);
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
