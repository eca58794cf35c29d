/* SPDX-License-Identifier: MIT */
/* Recordings: an address space, sample by sample (winvm-recording(5)). */
#ifndef TOOLS_RECORDING_H
#define TOOLS_RECORDING_H

#include <stdbool.h>
#include <stdio.h>
#include <windows.h>

#include "kind.h"

struct lh_table;

#define RECORDING_FORMAT  "winvm recording"
#define RECORDING_VERSION 1

/* Of a well-formed recording; what is beyond is damage. */
#define RECORDING_LINE	  ((size_t)64 << 20) /* bytes */
#define RECORDING_REGIONS ((size_t)1 << 17) /* in a sample */
#define RECORDING_SAMPLES ((size_t)1 << 20)
#define RECORDING_NAMES	  ((size_t)64 << 20) /* bytes of names in all */
#define RECORDING_TOP	  ((uint64_t)1 << 57) /* of address spaces */

/* What is known of a sample, in numbers. Those up to TOTAL_REGIONS follow from its regions. */
enum total {
	TOTAL_RESERVED,
	TOTAL_COMMITTED,
	TOTAL_PRIVATE, /* committed for the process alone */
	TOTAL_RESIDENT,
	TOTAL_RESIDENT_PRIVATE,
	TOTAL_RESIDENT_SHARED,
	TOTAL_REGIONS,
	TOTAL_CHARGE, /* for it with winvm */
	TOTAL_SOFT_FAULTS,
	TOTAL_HARD_FAULTS,
	TOTALS
};

/**
 * struct total_name - what a total is called
 * @key: for programs
 * @title: for people
 * @size: it is of bytes
 */
struct total_name {
	const char *key;
	const char *title;
	bool size;
};

extern const struct total_name total_names[TOTALS];

/**
 * struct totals - of a sample
 * @time: since the first, in milliseconds
 * @known: bits of totals
 * @of: them; 0 where nothing is known
 */
struct totals {
	uint64_t time;
	uint32_t known;
	uint64_t of[TOTALS];
};

static inline bool total_known(const struct totals *totals, enum total total)
{
	return totals->known & 1U << total;
}

/**
 * struct recorded_region - equal pages that are in use
 * @base: the first byte
 * @size: in bytes
 * @allocation: the first byte of the allocation
 * @resident: bytes in memory
 * @resident_private: of these, what no other process can have
 * @state: MEM_COMMIT or MEM_RESERVE
 * @type: MEM_PRIVATE, MEM_MAPPED or MEM_IMAGE
 * @protect: PAGE_...; 0: reserved
 * @backing: what is behind it; NULL: nothing. Equal names have equal addresses
 */
struct recorded_region {
	uint64_t base;
	uint64_t size;
	uint64_t allocation;
	uint64_t resident;
	uint64_t resident_private;
	DWORD state;
	DWORD type;
	DWORD protect;
	const char *backing;
};

/**
 * struct snapshot - of an address space
 * @regions: array of @count regions in the order of addresses
 * @count: how many there are
 * @room: for how many there is memory
 * @totals: of them
 */
struct snapshot {
	struct recorded_region *regions;
	size_t count;
	size_t room;
	struct totals totals;
};

enum recording_end {
	END_NONE, /* it has none */
	END_COUNT, /* as many as were wanted */
	END_TIME, /* as long as was wanted */
	END_SIGNAL, /* it was stopped */
	END_EXIT, /* of the process */
	END_EXEC, /* of the program in it: another has taken its place */
	END_FAILED, /* it could not be looked at any more */
	ENDS
};

extern const char *const end_names[ENDS];

/**
 * struct names - each once
 * @table: of them; NULL: there are none
 * @bytes: of all
 */
struct names {
	struct lh_table *table;
	size_t bytes;
};

/**
 * struct recording - what is kept of one: all totals, but only two of its snapshots
 * @pid: of the process
 * @name: of the process, fit for screens
 * @kernel: the release of Linux
 * @page: bytes
 * @start: when it began, in milliseconds since 1970
 * @interval: between samples, in milliseconds
 * @names: of what is behind regions
 * @first, @last: the first sample and the last
 * @totals: array of @count totals
 * @count: samples
 * @room: for how many there is memory
 * @end: why it ended
 * @samples: what the end says of their number
 */
struct recording {
	uint64_t pid;
	char *name;
	char *kernel;
	uint64_t page;
	uint64_t start;
	uint64_t interval;
	struct names names;
	struct snapshot first;
	struct snapshot last;
	struct totals *totals;
	size_t count;
	size_t room;
	enum recording_end end;
	uint64_t samples;
};

/* The one that is kept, fit for screens; NULL when there are too many. */
const char *names_keep(struct names *names, const char *name);
void names_empty(struct names *names);

struct recorded_region *snapshot_add(struct snapshot *snapshot);
void snapshot_copy(struct snapshot *to, const struct snapshot *from);
void snapshot_empty(struct snapshot *snapshot);

/* The totals that follow from the regions; the others stay. */
void snapshot_sum(struct snapshot *snapshot);

bool recorded_equal(const struct recorded_region *one, const struct recorded_region *other);
enum kind recorded_kind(const struct recorded_region *region);
const char *recorded_state(const struct recorded_region *region);
const char *recorded_type(const struct recorded_region *region);

/* "-" where nothing is protected. */
const char *recorded_protect(const struct recorded_region *region, char *room, size_t bytes);

void recording_free(struct recording *recording);

/* recording-write.c: false when it cannot be written */
bool recording_write_head(FILE *file, const struct recording *recording);

/* @before: the sample before; NULL: there is none. */
bool recording_write_sample(FILE *file, uint64_t number, const struct snapshot *before,
			    const struct snapshot *now);
bool recording_write_end(FILE *file, enum recording_end end, uint64_t samples);

/**
 * struct recording_error - where a recording is damaged
 * @line: from 1
 * @column: from 1; 0: the whole line
 * @what: is wrong
 */
struct recording_error {
	uint64_t line;
	size_t column;
	const char *what;
};

/* Called for each sample but the first. */
typedef void (*recording_step)(const struct snapshot *before, const struct snapshot *now,
			       void *argument);

/*
 * recording-read.c: false if it is damaged. Then @recording has what could be read, and is to
 * be freed, too. @step may be NULL.
 */
bool recording_read(FILE *file, struct recording *recording, recording_step step, void *argument,
		    struct recording_error *error);

/* By its path, "-": stdin. Says what is wrong with it; gives the exit status. */
int recording_open(const char *command, const char *path, struct recording *recording,
		   recording_step step, void *argument);

#endif
