/* SPDX-License-Identifier: MIT */
/* The tree of VADs of a process, put together from outside. */
#ifndef TOOLS_TREE_H
#define TOOLS_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/winvm.h>

#include "target.h"

#define TREE_NONE SIZE_MAX

/**
 * struct tree - VADs in the order of addresses, and who is whose child
 * @vads: array of @count records
 * @left, @right: arrays of @count indices, TREE_NONE for none
 * @count: how many there are
 * @root: an index
 * @depth: levels
 * @fault: what is wrong with it: NULL if nothing is
 * @at: the index of whom that is about
 */
struct tree {
	struct winvm_vad_record *vads;
	size_t *left;
	size_t *right;
	size_t count;
	size_t root;
	unsigned int depth;
	const char *fault;
	size_t at;
};

/* Asks for all VADs; false: the last error says why not. */
bool tree_read(struct tree *tree, const struct target *target);

/*
 * Finds the children by the levels, and looks at what the module says: order, balance, gaps
 * (SPEC DS-8 to DS-10). A tree that turned meanwhile has a fault, too.
 */
void tree_build(struct tree *tree);
void tree_free(struct tree *tree);

#endif
