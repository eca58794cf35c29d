/* SPDX-License-Identifier: MIT */
/* Sizes as people write them. */
#ifndef TOOLS_UNIT_H
#define TOOLS_UNIT_H

#include <stdbool.h>
#include <stdint.h>

enum unit {
	UNIT_KB, /* "10,224 K" */
	UNIT_HUMAN, /* "9.98 MB" */
	UNIT_BYTES, /* "10,469,376" */
};

struct unit_text {
	char text[32];
};

/* 10485760 is "10,485,760". */
struct unit_text unit_number(uint64_t number);

/* Hexadecimal, 12 digits or more. */
struct unit_text unit_address(uint64_t address);

/* A page's number, with as many digits as user space needs. */
struct unit_text unit_page(uint64_t vpn);

/* A part of a KB counts as one. */
struct unit_text unit_size(uint64_t bytes, enum unit unit);

/* How much more, or less: "+10,224 K", "-10,224 K", "0 K". */
struct unit_text unit_change(int64_t bytes, enum unit unit);

/*
 * "64M", "1.5G", "4096", "none": bytes. K, M, G, T are powers of 1024, with or without a B
 * or iB behind; none is UINT64_MAX. False if it is no size.
 */
bool unit_parse(const char *text, uint64_t *bytes);

/* A whole number from least to most, in decimal; false if it is none. */
bool unit_parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *number);

/* "0.5" seconds are 500 ms; false if it is no time, or not from least to most ms. */
bool unit_parse_seconds(const char *text, uint64_t least, uint64_t most, uint64_t *ms);

#endif
