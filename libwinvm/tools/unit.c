// SPDX-License-Identifier: MIT
/* Sizes: written and read. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

/* From the end: tables have many of them. */
struct unit_text unit_number(uint64_t number)
{
	struct unit_text out;
	char digits[sizeof(out.text)];
	size_t at = sizeof(digits), count = 0;

	digits[--at] = 0;
	do {
		if (count && count % 3 == 0)
			digits[--at] = ',';
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
		count++;
	} while (number);
	memcpy(out.text, digits + at, sizeof(digits) - at);
	return out;
}

static struct unit_text unit_hex(uint64_t number, int digits)
{
	struct unit_text out;

	while (digits < 16 && number >> 4 * digits)
		digits++;
	out.text[digits] = 0;
	for (; digits; number >>= 4)
		out.text[--digits] = "0123456789abcdef"[number & 15];
	return out;
}

struct unit_text unit_address(uint64_t address)
{
	return unit_hex(address, 12);
}

struct unit_text unit_page(uint64_t vpn)
{
	return unit_hex(vpn, 9);
}

/* Three digits are enough for people. */
static struct unit_text unit_human(uint64_t bytes)
{
	static const char *const units[] = { "B", "KB", "MB", "GB", "TB", "PB", "EB" };
	struct unit_text out;
	double size = (double)bytes;
	int unit = 0;

	while (size >= 999.5 && unit < 6) {
		size /= 1024;
		unit++;
	}
	if (size == (double)(uint64_t)size) {
		/* Nearly all are; and three digits have no commas. */
		out = unit_number((uint64_t)size);
		strcat(out.text, " ");
		strcat(out.text, units[unit]);
		return out;
	}
	if (size >= 99.95)
		snprintf(out.text, sizeof(out.text), "%.0f %s", size, units[unit]);
	else
		snprintf(out.text, sizeof(out.text), "%.*f %s", size < 9.995 ? 2 : 1, size,
			 units[unit]);
	return out;
}

struct unit_text unit_size(uint64_t bytes, enum unit unit)
{
	struct unit_text out;

	if (unit == UNIT_HUMAN)
		return unit_human(bytes);
	if (unit == UNIT_BYTES)
		return unit_number(bytes);
	out = unit_number(bytes / 1024 + (bytes % 1024 != 0));
	strcat(out.text, " K");
	return out;
}

struct unit_text unit_change(int64_t bytes, enum unit unit)
{
	struct unit_text out, size = unit_size((uint64_t)(bytes < 0 ? -bytes : bytes), unit);

	if (!bytes)
		return size;
	snprintf(out.text, sizeof(out.text), "%c%.30s", bytes > 0 ? '+' : '-', size.text);
	return out;
}

/* The power of two of a suffix, -1 if it is none. */
static int unit_shift(const char *suffix)
{
	static const char letters[] = "KMGT";
	const char *letter;

	if (!*suffix || !strcasecmp(suffix, "B"))
		return 0;
	letter = strchr(letters, toupper((unsigned char)*suffix));
	if (!letter)
		return -1;
	suffix++;
	if (*suffix && strcasecmp(suffix, "B") && strcasecmp(suffix, "iB"))
		return -1;
	return 10 * (int)(letter - letters + 1);
}

/* Digits behind the point, in 1/2^20: enough for any page of a TB's half. */
static const char *unit_fraction(const char *text, uint64_t *fraction)
{
	uint64_t scale = 1;

	*fraction = 0;
	if (*text != '.' || !isdigit((unsigned char)text[1]))
		return text;
	for (text++; isdigit((unsigned char)*text); text++)
		if (scale < 1000000000) {
			*fraction = *fraction * 10 + (uint64_t)(*text - '0');
			scale *= 10;
		}
	*fraction = (*fraction << 20) / scale;
	return text;
}

bool unit_parse(const char *text, uint64_t *bytes)
{
	uint64_t whole, fraction;
	const char *rest;
	char *end;
	int shift;

	if (!strcmp(text, "none")) {
		*bytes = UINT64_MAX;
		return true;
	}
	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	whole = strtoull(text, &end, 10);
	rest = unit_fraction(end, &fraction);
	shift = unit_shift(rest + (*rest == ' '));
	if (errno || shift < 0 || (fraction && !shift) || whole > (UINT64_MAX - 1) >> shift)
		return false;
	*bytes = whole << shift;
	fraction = shift >= 20 ? fraction << (shift - 20) : fraction >> (20 - shift);
	return !__builtin_add_overflow(*bytes, fraction, bytes);
}

bool unit_parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *number)
{
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	*number = strtoull(text, &end, 10);
	return !errno && !*end && *number >= least && *number <= most;
}

bool unit_parse_seconds(const char *text, uint64_t least, uint64_t most, uint64_t *ms)
{
	double seconds;
	char *end;

	/* Neither hexadecimal, nor infinite. */
	if (!*text || text[strspn(text, "0123456789.")])
		return false;
	seconds = strtod(text, &end) * 1000 + 0.5;
	if (*end || seconds < (double)least || seconds >= (double)most + 1)
		return false;
	*ms = (uint64_t)seconds;
	return true;
}
