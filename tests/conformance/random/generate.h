/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Random lines of a script. The generator looks at the model's memory, so that
 * about half of what it asks for is right or nearly so.
 */
#ifndef RANDOM_GENERATE_H
#define RANDOM_GENERATE_H

#include <stdbool.h>

#include "../model/script.h"
#include "draw.h"

#define GENERATE_LINE  160
#define GENERATE_KINDS 64

/* Which operations scripts are made of. */
enum profile {
	PROFILE_ALL, /* each script has its own mixture */
	PROFILE_SET, /* the working set, locks, write watch, offered memory, copies in each */
	PROFILE_MAP, /* sections, views and placeholders in each */
};

/* What a system may not have. */
enum feature {
	FEATURE_PLACEHOLDERS = 1, /* VirtualAlloc2 */
	FEATURE_SECTIONS = 2,
	FEATURE_PLACED = 4, /* views in placeholders */
	FEATURE_RESERVED = 8, /* SEC_RESERVE */
	FEATURE_COPIES = 16, /* copy on write */
	FEATURE_FILES = 32, /* sections of files */
	FEATURES_ALL = 63,
};

/*
 * @script: the state that the next line will meet
 * @weight: how often which kind of operation comes in this script
 * @features: what is there
 * @child: this script acts on a child, too
 */
struct generator {
	struct draw draw;
	const struct model_script *script;
	unsigned int weight[GENERATE_KINDS];
	unsigned int total;
	unsigned int features;
	bool child;
};

void generate_begin(struct generator *generator, uint64_t seed, const struct model_script *script,
		    enum profile profile, unsigned int features);

void generate_line(struct generator *generator, char line[GENERATE_LINE]);

#endif
