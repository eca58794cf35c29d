/* SPDX-License-Identifier: MIT */
/* Lists of amounts, each with its name: a line each, or members of an object. */
#ifndef TOOLS_AMOUNT_H
#define TOOLS_AMOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "screen.h"

enum amount_kind {
	AMOUNT_SIZE, /* bytes; UINT64_MAX: no limit */
	AMOUNT_NUMBER,
	AMOUNT_WORD,
};

/**
 * struct amount - of something
 * @key: its name for programs
 * @title: its name for people
 * @kind: what it is
 * @known: it is
 * @number: how much, unless it is a word
 * @word: which, if it is
 * @letter: what stands for it in a bar above; 0: nothing does
 * @colour: of that
 */
struct amount {
	const char *key;
	const char *title;
	enum amount_kind kind;
	bool known;
	uint64_t number;
	const char *word;
	char letter;
	enum colour colour;
};

/*
 * In the form that is wanted: a line each; an object, which becomes the member @key of the
 * whole, without what is not known; or the columns name and value.
 */
void amounts_print(const char *key, const struct amount *amounts, size_t count);

#endif
