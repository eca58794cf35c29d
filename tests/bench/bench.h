/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the bench measures: what is compared does the same work in turn, round by
 * round, in one run; medians and quartiles are told, and their ratio.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "win32.h"

#define BENCH_ROUNDS 101 /* at most */
#define BENCH_PEERS  3

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The most that the ratio may be, on Linux 6.1, and on later ones; 0: no bar. */
struct bench_bar {
	double old;
	double new;
};

/* The same on all. */
#define BAR(most)              \
	{                      \
		(most), (most) \
	}

/* Who does the work otherwise. Whoever is not there has a reason. */
struct bench_peer {
	const char *name;
	const struct work *work;
	struct bench_bar bar;
	const char *(*absent)(void); /* NULL, or gives NULL: it is there */
	bool wine; /* does the work, which is one of win32.h */
};

/* Wine as a peer; the arguments are the work and its bar. */
#define WINE(...)                                                            \
	{                                                                    \
		.name = "Wine", .absent = no_wine, .wine = true, __VA_ARGS__ \
	}

struct bench_row {
	const char *name;
	const char *unit; /* of which a round has count */
	size_t bytes;
	size_t count;
	unsigned int rounds;
	double at; /* of a curve: where along it */
	const struct work *winvm;
	struct bench_peer peers[BENCH_PEERS];
};

/* One figure for each round: nanoseconds for a unit, or instructions. */
struct samples {
	double round[BENCH_ROUNDS];
	unsigned int count;
};

/* A line that is printed. */
struct bench_result {
	const char *name;
	const char *unit;
	const char *peer_name;
	struct samples *winvm;
	struct samples *peer; /* empty: there is no such figure */
	struct bench_bar bar;
	double at;
	char note[160];
};

/* How the bench was called. */
extern struct bench_options {
	bool tsv;
	bool quick;
	bool icount; /* the clock counts instructions, on one processor */
} bench_options;

uint64_t bench_now(void);
void samples_add(struct samples *samples, double figure);
/* These sort the rounds. 0 without any. */
double samples_median(struct samples *samples);
double samples_quantile(struct samples *samples, double fraction);

/* Measures, and prints a line for each peer. */
void bench_row(const struct bench_row *row);
void bench_rows(const struct bench_row *rows, size_t count);
/* Measures a work by itself. False: it failed. */
bool bench_measure(const struct work *work, size_t bytes, size_t count, unsigned int rounds,
		   struct samples *samples);
void bench_print(struct bench_result *result);
void bench_print_header(void);
void bench_print_group(const char *name);
/* A line for people. */
void bench_note(const char *note);
_Noreturn void bench_fail(const char *what);

/* Fewer if it is to be quick. */
unsigned int bench_rounds(unsigned int rounds);
/* How many VMAs this process has. */
size_t bench_vmas(void);

/* What of Wine's is asked for over pipes; samples may be NULL. False: it failed. */
void wine_start(const char *program);
const char *no_wine(void);
bool wine_begin(const struct work *work, const struct job *job);
bool wine_round(struct samples *samples);
bool wine_end(void);

/* Each group runs in a process of its own. */
void group_reserve(void);
void group_commit(void);
void group_protect(void);
void group_touch(void);
void group_decommit(void);
void group_query(void);
void group_guard(void);
void group_watch(void);
void group_code(void);
void group_threads(void);
void group_growth(void);
void group_memory(void);
void group_cross_process(void);

#endif
