/* SPDX-License-Identifier: GPL-2.0 */
/* A script played on the system and on the model, answer by answer. */
#ifndef RANDOM_TRIAL_H
#define RANDOM_TRIAL_H

#include <stdbool.h>
#include <stddef.h>

#include "../model/script.h"

/*
 * @alone: there is no system; the model plays by itself
 * @ours, @theirs: the model's answer and the system's, of the last operation
 * @complaint: what else is wrong, empty if nothing
 */
struct trial {
	struct model_script script;
	bool alone;
	char *ours;
	size_t ours_bytes;
	const char *theirs;
	char complaint[256];
};

void trial_begin(struct trial *trial, bool alone);

/* Everything is released; nothing may be left. Return: false if something is. */
bool trial_end(struct trial *trial);

/* Return: do the answers fit? */
bool trial_perform(struct trial *trial, const char *line);

/*
 * The same for a call that is made while commits are refused: if it was refused it
 * has changed no counter, and is made again. @refusals: how often it was.
 */
bool trial_perform_squeezed(struct trial *trial, const char *line, uint64_t *refusals);

/* Are the system's counters the model's sums? */
bool trial_count(struct trial *trial);

#endif
