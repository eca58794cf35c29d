// SPDX-License-Identifier: MIT
/* The tree: read, put together, checked. */
#include <stdlib.h>

#include <winvm.h>

#include "text.h"
#include "tree.h"

/* By one call of the system. */
#define VADS 1024

#define PAGE_SHIFT	  12
#define GRANULARITY_PAGES 16

bool tree_read(struct tree *tree, const struct target *target)
{
	uint64_t address = 0;
	DWORD count;

	do {
		tree->vads = text_allocate(tree->vads, tree->count + VADS, sizeof(*tree->vads));
		count = VADS;
		if (!winvm_query_vads(target->handle, (void *)(uintptr_t)address,
				      tree->vads + tree->count, &count))
			return false;
		tree->count += count;
		if (count)
			address = (tree->vads[tree->count - 1].end_vpn + 1) << PAGE_SHIFT;
	} while (count == VADS);
	return true;
}

static void fault(struct tree *tree, size_t at, const char *what)
{
	if (tree->fault)
		return;
	tree->fault = what;
	tree->at = at;
}

/*
 * In the order of addresses the left child of a VAD is the highest of those before it that
 * are deeper, and its right child that of those behind it: a stack of the way down finds both.
 */
static void link_children(struct tree *tree, size_t *way)
{
	size_t depth = 0, last;

	for (size_t i = 0; i < tree->count; i++) {
		tree->left[i] = TREE_NONE;
		tree->right[i] = TREE_NONE;
		last = TREE_NONE;
		while (depth && tree->vads[way[depth - 1]].level > tree->vads[i].level)
			last = way[--depth];
		tree->left[i] = last;
		if (depth)
			tree->right[way[depth - 1]] = i;
		way[depth++] = i;
	}
	tree->root = depth ? way[0] : TREE_NONE;
}

/* A child is one level below. */
static void check_child(struct tree *tree, size_t parent, size_t child)
{
	if (child != TREE_NONE && tree->vads[child].level != tree->vads[parent].level + 1)
		fault(tree, child, "is not one level below its parent");
}

/* What the subtrees of a VAD come to. */
struct heights {
	unsigned int height;
	uint64_t max_gap;
};

static struct heights height_of(const struct heights *heights, size_t child)
{
	return child == TREE_NONE ? (struct heights){ 0 } : heights[child];
}

static void check_vad(struct tree *tree, struct heights *heights, size_t at)
{
	const struct winvm_vad_record *vad = &tree->vads[at];
	struct heights left = height_of(heights, tree->left[at]);
	struct heights right = height_of(heights, tree->right[at]);
	uint64_t most = vad->gap_pages;

	most = left.max_gap > most ? left.max_gap : most;
	most = right.max_gap > most ? right.max_gap : most;
	heights[at].height = 1 + (left.height > right.height ? left.height : right.height);
	heights[at].max_gap = most;
	check_child(tree, at, tree->left[at]);
	check_child(tree, at, tree->right[at]);
	if ((int)right.height - (int)left.height != vad->balance)
		fault(tree, at, "says another balance than its subtrees have");
	if (vad->balance < -1 || vad->balance > 1)
		fault(tree, at, "is out of balance");
	if (vad->max_gap_pages != most)
		fault(tree, at, "says another largest gap than its subtree has");
}

/* Children before parents: those on the lowest level first. */
static void check_heights(struct tree *tree)
{
	struct heights *heights = text_allocate(NULL, tree->count + 1, sizeof(*heights));

	for (unsigned int level = tree->depth; level; level--)
		for (size_t i = 0; i < tree->count; i++)
			if (tree->vads[i].level == level)
				check_vad(tree, heights, i);
	free(heights);
}

/* The gap in front of a VAD begins on the next 64 KB (SPEC AS-4). */
static void check_neighbours(struct tree *tree)
{
	uint64_t begin = GRANULARITY_PAGES;

	for (size_t i = 0; i < tree->count; i++) {
		const struct winvm_vad_record *vad = &tree->vads[i];
		uint64_t gap = vad->start_vpn > begin ? vad->start_vpn - begin : 0;

		if (vad->end_vpn < vad->start_vpn ||
		    (i && vad->start_vpn <= tree->vads[i - 1].end_vpn))
			fault(tree, i, "lies over the one before it");
		if (vad->gap_pages != gap)
			fault(tree, i, "says another gap than there is in front of it");
		begin = (vad->end_vpn + GRANULARITY_PAGES) & ~(uint64_t)(GRANULARITY_PAGES - 1);
	}
}

void tree_build(struct tree *tree)
{
	size_t *way = text_allocate(NULL, tree->count + 1, sizeof(*way));

	tree->left = text_allocate(NULL, tree->count + 1, sizeof(*tree->left));
	tree->right = text_allocate(NULL, tree->count + 1, sizeof(*tree->right));
	for (size_t i = 0; i < tree->count; i++)
		if (tree->vads[i].level > tree->depth)
			tree->depth = tree->vads[i].level;
	link_children(tree, way);
	free(way);
	if (tree->root != TREE_NONE && tree->vads[tree->root].level != 1)
		fault(tree, tree->root, "is at the top, and not on level 1");
	check_neighbours(tree);
	check_heights(tree);
}

void tree_free(struct tree *tree)
{
	free(tree->vads);
	free(tree->left);
	free(tree->right);
}
