/* SPDX-License-Identifier: GPL-2.0 */
/* The real system: the replayer's operations, their answers caught, and all undone after a script. */
#ifndef RANDOM_SYSTEM_H
#define RANDOM_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

struct system_counters {
	uint64_t virtual_bytes;
	uint64_t commit_bytes;
	uint64_t vads;
	uint64_t system_bytes; /* of all processes, and of sections */
};

/* Reserves the fences. False, with the reason printed, if there is no winvm. */
bool system_begin(void);
void system_end(void);

/* Linux does not overcommit from here on. False, with the reason printed, if it cannot be had. */
bool system_squeeze_begin(void);
void system_squeeze_end(void);

/* It refuses every commit that it is asked for; or none. */
void system_squeeze(bool on);

/* Is an operation one that changes nothing when it is refused? */
bool system_may_refuse(const char *line);

/* The operation's answer; good until the next. */
const char *system_perform(const char *line);

/* Where slot @number points to; 0 if nowhere. */
uint64_t system_slot(unsigned int number);

/* Something may be at [base, base + bytes) that is to be released after the script. */
void system_remember(uint64_t base, uint64_t bytes);

/* Releases everything that a script left, in the process and in its child. */
void system_reset(void);

/* What the process holds beyond the fences, and whatever else was there at the beginning. */
struct system_counters system_count(void);

/* The same, when the system has at last @system_bytes, or will not: files go a moment later. */
struct system_counters system_count_settled(uint64_t system_bytes);

/* What could not be released is not counted from now on. */
void system_accept_leftovers(void);

#endif
