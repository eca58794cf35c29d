// SPDX-License-Identifier: MIT
/*
 * Recordings, read. A file may be damaged, or somebody's who means no good: whatever is in it,
 * memory is bounded by the limits of recording.h, and what is kept fits together.
 */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "recording.h"
#include "region.h"
#include "scan.h"
#include "text.h"

/* The kernel's paths have no more. */
#define MOST_NAME 4097

/**
 * struct lines - of a file
 * @file: it
 * @text: the line, of @length bytes
 * @length: without its end
 * @room: bytes of memory
 * @number: of the line
 */
struct lines {
	FILE *file;
	char *text;
	size_t length;
	size_t room;
	uint64_t number;
};

/**
 * struct region_list - while it is read
 * @snapshot: the regions
 * @names: where names go
 */
struct region_list {
	struct snapshot snapshot;
	struct names *names;
};

/**
 * struct region_place - a region while it is read
 * @region: it
 * @names: where names go
 */
struct region_place {
	struct recorded_region region;
	struct names *names;
};

/**
 * struct address_list - of regions that are gone
 * @of: array of @count addresses
 * @count: how many there are
 * @room: for how many there is memory
 */
struct address_list {
	uint64_t *of;
	size_t count;
	size_t room;
};

/**
 * struct body - a line that is not the first: a sample or the end
 * @number: of the sample
 * @time, @of: its totals
 * @regions, @changed, @gone: since the sample before, or whole
 * @end, @samples: the end
 */
struct body {
	uint64_t number;
	uint64_t time;
	uint64_t of[TOTALS];
	struct region_list regions;
	struct region_list changed;
	struct address_list gone;
	enum recording_end end;
	uint64_t samples;
};

/* One of a list of words; -1 if it is none. */
static int find_word(const char *const *words, size_t count, const char *word)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(words[i], word))
			return (int)i;
	return -1;
}

static bool read_state(struct scan *scan, void *place)
{
	static const char *const words[] = { "committed", "reserved" };
	static const DWORD states[] = { MEM_COMMIT, MEM_RESERVE };
	char text[16];
	int found;

	if (!scan_text(scan, text, sizeof(text)))
		return false;
	found = find_word(words, 2, text);
	if (found < 0)
		return scan_wrong(scan, "a state that there is not");
	*(DWORD *)place = states[found];
	return true;
}

static bool read_type(struct scan *scan, void *place)
{
	static const char *const words[] = { "private", "mapped", "image" };
	static const DWORD types[] = { MEM_PRIVATE, MEM_MAPPED, MEM_IMAGE };
	char text[16];
	int found;

	if (!scan_text(scan, text, sizeof(text)))
		return false;
	found = find_word(words, 3, text);
	if (found < 0)
		return scan_wrong(scan, "a type that there is not");
	*(DWORD *)place = types[found];
	return true;
}

/* The words behind a protection, in their order; what is left of the text. */
static const char *read_modifiers(const char *text, DWORD *protect)
{
	static const char *const words[] = { "+GUARD", "+NOCACHE", "+WRITECOMBINE" };
	static const DWORD bits[] = { PAGE_GUARD, PAGE_NOCACHE, PAGE_WRITECOMBINE };

	for (int i = 0; i < 3; i++)
		if (!strncmp(text, words[i], strlen(words[i]))) {
			text += strlen(words[i]);
			*protect |= bits[i];
		}
	return text;
}

static bool read_protect(struct scan *scan, void *place)
{
	DWORD *protect = place;
	char text[64];
	const char *rest;
	size_t length;

	if (!scan_text(scan, text, sizeof(text)))
		return false;
	length = strcspn(text, "+");
	for (DWORD one = PAGE_NOACCESS; one <= PAGE_EXECUTE_WRITECOPY; one <<= 1) {
		const char *word = region_protect(one);

		if (strlen(word) != length || strncmp(word, text, length))
			continue;
		*protect = one;
		rest = read_modifiers(text + length, protect);
		return !*rest || scan_wrong(scan, "a protection that there is not");
	}
	return scan_wrong(scan, "a protection that there is not");
}

static bool read_backing(struct scan *scan, void *place)
{
	struct region_place *region = place;
	char text[MOST_NAME];

	if (!scan_text(scan, text, sizeof(text)))
		return false;
	region->region.backing = names_keep(region->names, text);
	return region->region.backing || scan_wrong(scan, "too many names");
}

/* What no process can have is damage. */
static bool check_region(struct scan *scan, struct recorded_region *region)
{
	if (!region->size || region->base >= RECORDING_TOP ||
	    region->size > RECORDING_TOP - region->base)
		return scan_wrong(scan, "a region that is empty, or beyond all addresses");
	if (region->resident > region->size || region->resident_private > region->resident)
		return scan_wrong(scan, "a region with more in memory than it has");
	if (region->allocation > region->base)
		return scan_wrong(scan, "a region before its allocation");
	if (region->state == MEM_RESERVE && region->protect)
		return scan_wrong(scan, "a reserved region that has a protection");
	return true;
}

#define IN_REGION(field) offsetof(struct region_place, region.field)

static bool read_region(struct scan *scan, void *list)
{
	static const struct scan_member members[] = {
		{ "base", true, scan_address, IN_REGION(base) },
		{ "size", true, scan_number, IN_REGION(size) },
		{ "state", true, read_state, IN_REGION(state) },
		{ "type", true, read_type, IN_REGION(type) },
		{ "protection", false, read_protect, IN_REGION(protect) },
		{ "allocation", false, scan_address, IN_REGION(allocation) },
		{ "resident", false, scan_number, IN_REGION(resident) },
		{ "resident_private", false, scan_number, IN_REGION(resident_private) },
		{ "backing", false, read_backing, 0 },
	};
	struct region_list *regions = list;
	struct region_place place = { .names = regions->names };
	uint32_t seen;

	if (!scan_object(scan, members, sizeof(members) / sizeof(members[0]), &place, &seen))
		return false;
	if (!(seen & 1U << 5))
		place.region.allocation = place.region.base;
	if (!check_region(scan, &place.region))
		return false;
	if (regions->snapshot.count == RECORDING_REGIONS)
		return scan_wrong(scan, "too many regions");
	*snapshot_add(&regions->snapshot) = place.region;
	return true;
}

static bool read_regions(struct scan *scan, void *place)
{
	return scan_list(scan, read_region, place);
}

static bool read_address(struct scan *scan, void *list)
{
	struct address_list *addresses = list;

	if (addresses->count == RECORDING_REGIONS)
		return scan_wrong(scan, "too many regions");
	if (addresses->count == addresses->room) {
		addresses->room = addresses->room ? 2 * addresses->room : 64;
		addresses->of =
			text_allocate(addresses->of, addresses->room, sizeof(*addresses->of));
	}
	return scan_address(scan, &addresses->of[addresses->count++]);
}

static bool read_gone(struct scan *scan, void *place)
{
	return scan_list(scan, read_address, place);
}

static bool read_end(struct scan *scan, void *place)
{
	char text[16];
	int found;

	if (!scan_text(scan, text, sizeof(text)))
		return false;
	found = find_word(end_names + 1, ENDS - 1, text);
	*(enum recording_end *)place = (enum recording_end)(found + 1);
	return found >= 0 || scan_wrong(scan, "an end that there is not");
}

#define IN_BODY(field) offsetof(struct body, field)

/* The totals come first, at their numbers. */
static const struct scan_member body_members[] = {
	[TOTAL_RESERVED] = { "reserved", false, scan_number, IN_BODY(of[TOTAL_RESERVED]) },
	[TOTAL_COMMITTED] = { "committed", false, scan_number, IN_BODY(of[TOTAL_COMMITTED]) },
	[TOTAL_PRIVATE] = { "private", false, scan_number, IN_BODY(of[TOTAL_PRIVATE]) },
	[TOTAL_RESIDENT] = { "resident", false, scan_number, IN_BODY(of[TOTAL_RESIDENT]) },
	[TOTAL_RESIDENT_PRIVATE] = { "resident_private", false, scan_number,
				     IN_BODY(of[TOTAL_RESIDENT_PRIVATE]) },
	[TOTAL_RESIDENT_SHARED] = { "resident_shared", false, scan_number,
				    IN_BODY(of[TOTAL_RESIDENT_SHARED]) },
	[TOTAL_REGIONS] = { "count", false, scan_number, IN_BODY(of[TOTAL_REGIONS]) },
	[TOTAL_CHARGE] = { "charge", false, scan_number, IN_BODY(of[TOTAL_CHARGE]) },
	[TOTAL_SOFT_FAULTS] = { "soft_faults", false, scan_number, IN_BODY(of[TOTAL_SOFT_FAULTS]) },
	[TOTAL_HARD_FAULTS] = { "hard_faults", false, scan_number, IN_BODY(of[TOTAL_HARD_FAULTS]) },
	{ "sample", false, scan_number, IN_BODY(number) },
	{ "time_ms", false, scan_number, IN_BODY(time) },
	{ "regions", false, read_regions, IN_BODY(regions) },
	{ "changed", false, read_regions, IN_BODY(changed) },
	{ "gone", false, read_gone, IN_BODY(gone) },
	{ "end", false, read_end, IN_BODY(end) },
	{ "samples", false, scan_number, IN_BODY(samples) },
};

enum {
	SEEN_TOTALS = (1U << TOTALS) - 1,
	SEEN_SUMS = (1U << (TOTAL_REGIONS + 1)) - 1,
	SEEN_SAMPLE = 1U << TOTALS,
	SEEN_TIME = 1U << (TOTALS + 1),
	SEEN_REGIONS = 1U << (TOTALS + 2),
	SEEN_CHANGES = 3U << (TOTALS + 3),
	SEEN_END = 3U << (TOTALS + 5),
};

static bool check_order(struct scan *scan, const struct snapshot *snapshot)
{
	for (size_t i = 1; i < snapshot->count; i++) {
		const struct recorded_region *before = &snapshot->regions[i - 1];

		if (before->base + before->size > snapshot->regions[i].base)
			return scan_wrong(scan, "regions that overlap, or are not in order");
	}
	return snapshot->count <= RECORDING_REGIONS || scan_wrong(scan, "too many regions");
}

/* @now: @before without what is gone, and with what has changed. */
static bool apply(struct scan *scan, struct snapshot *now, const struct snapshot *before,
		  const struct body *body)
{
	const struct snapshot *changed = &body->changed.snapshot;
	const struct address_list *gone = &body->gone;
	size_t old = 0, next = 0, left = 0;

	now->count = 0;
	while (old < before->count || next < changed->count) {
		if (next < changed->count &&
		    (old == before->count ||
		     changed->regions[next].base <= before->regions[old].base)) {
			old += old < before->count &&
			       changed->regions[next].base == before->regions[old].base;
			*snapshot_add(now) = changed->regions[next++];
		} else if (left < gone->count && gone->of[left] == before->regions[old].base) {
			left++;
			old++;
		} else {
			*snapshot_add(now) = before->regions[old++];
		}
	}
	return left == gone->count || scan_wrong(scan, "a region is gone that was not there");
}

/* In a fuzzer's build sums need not fit: it would find few that do. */
static bool check_sums(struct scan *scan, const struct snapshot *now, const struct body *body)
{
#ifndef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
	for (enum total total = 0; total <= TOTAL_REGIONS; total++)
		if (body->of[total] != now->totals.of[total])
			return scan_wrong(scan, "the totals are not those of the regions");
#else
	(void)now;
	(void)body;
#endif
	return scan->wrong == NULL;
}

static void keep_totals(struct recording *recording, const struct totals *totals)
{
	if (recording->count == recording->room) {
		recording->room = recording->room ? 2 * recording->room : 64;
		recording->totals = text_allocate(recording->totals, recording->room,
						  sizeof(*recording->totals));
	}
	recording->totals[recording->count++] = *totals;
}

static bool check_sample(struct scan *scan, const struct recording *recording,
			 const struct body *body, uint32_t seen)
{
	const uint32_t needed = SEEN_SAMPLE | SEEN_TIME | SEEN_SUMS;

	if ((seen & needed) != needed || seen & SEEN_END)
		return scan_wrong(scan, "a sample that lacks a key it needs, or has the end's");
	if (seen & SEEN_REGIONS && seen & SEEN_CHANGES)
		return scan_wrong(scan, "a sample that is whole and has changes");
	if (!recording->count && !(seen & SEEN_REGIONS))
		return scan_wrong(scan, "the first sample is not whole");
	if (recording->count == RECORDING_SAMPLES)
		return scan_wrong(scan, "too many samples");
	if (body->number != recording->count)
		return scan_wrong(scan, "a sample is missing, or in a wrong place");
	if (recording->count && body->time < recording->last.totals.time)
		return scan_wrong(scan, "a sample that was before the one before it");
	return true;
}

static void take_sample(struct recording *recording, struct snapshot *now, recording_step step,
			void *argument)
{
	struct snapshot before = recording->last;

	recording->last = *now;
	*now = before;
	keep_totals(recording, &recording->last.totals);
	if (recording->count == 1)
		snapshot_copy(&recording->first, &recording->last);
	else if (step)
		step(now, &recording->last, argument);
}

/* @now: memory for it; what was the last sample comes back. */
static bool read_sample(struct scan *scan, struct recording *recording, struct snapshot *now,
			struct body *body, uint32_t seen)
{
	if (!check_sample(scan, recording, body, seen))
		return false;
	if (seen & SEEN_REGIONS)
		snapshot_copy(now, &body->regions.snapshot);
	else if (!apply(scan, now, &recording->last, body))
		return false;
	now->totals = (struct totals){ .time = body->time, .known = seen & SEEN_TOTALS };
	memcpy(now->totals.of, body->of, sizeof(now->totals.of));
	snapshot_sum(now);
	return check_order(scan, now) && check_sums(scan, now, body);
}

static bool take_end(struct scan *scan, struct recording *recording, const struct body *body,
		     uint32_t seen)
{
	if (seen != SEEN_END)
		return scan_wrong(scan, "an end that is not one");
	if (body->samples != recording->count)
		return scan_wrong(scan, "the end tells of another number of samples");
	recording->end = body->end;
	recording->samples = body->samples;
	return true;
}

static bool read_body(struct scan *scan, struct recording *recording, struct snapshot *now,
		      recording_step step, void *argument)
{
	struct body body = { .regions.names = &recording->names,
			     .changed.names = &recording->names };
	uint32_t seen;
	bool fine = scan_object(scan, body_members, sizeof(body_members) / sizeof(body_members[0]),
				&body, &seen);

	if (fine && recording->end != END_NONE)
		fine = scan_wrong(scan, "something behind the end");
	if (fine && seen & SEEN_END) {
		fine = take_end(scan, recording, &body, seen);
	} else if (fine) {
		fine = read_sample(scan, recording, now, &body, seen);
		if (fine)
			take_sample(recording, now, step, argument);
	}
	snapshot_empty(&body.regions.snapshot);
	snapshot_empty(&body.changed.snapshot);
	free(body.gone.of);
	return fine;
}

static bool read_format(struct scan *scan, void *place)
{
	char text[32];

	(void)place;
	return scan_text(scan, text, sizeof(text)) &&
	       (!strcmp(text, RECORDING_FORMAT) || scan_wrong(scan, "this is no recording"));
}

static bool read_version(struct scan *scan, void *place)
{
	uint64_t version;

	(void)place;
	return scan_number(scan, &version) &&
	       (version == RECORDING_VERSION ||
		scan_wrong(scan, "a version of recordings that this program does not know"));
}

static bool read_name(struct scan *scan, void *place)
{
	char text[256];

	if (!scan_text(scan, text, sizeof(text)))
		return false;
	*(char **)place = text_clean(text);
	return true;
}

#define IN_HEAD(field) offsetof(struct recording, field)

static bool read_head(struct scan *scan, struct recording *recording)
{
	static const struct scan_member members[] = {
		{ "format", true, read_format, 0 },
		{ "version", true, read_version, 0 },
		{ "pid", true, scan_number, IN_HEAD(pid) },
		{ "name", true, read_name, IN_HEAD(name) },
		{ "kernel", true, read_name, IN_HEAD(kernel) },
		{ "page", true, scan_number, IN_HEAD(page) },
		{ "start_ms", true, scan_number, IN_HEAD(start) },
		{ "interval_ms", true, scan_number, IN_HEAD(interval) },
	};
	uint32_t seen;

	return scan_object(scan, members, sizeof(members) / sizeof(members[0]), recording, &seen);
}

static void line_add(struct lines *lines, char byte)
{
	if (lines->length == lines->room) {
		lines->room = lines->room ? 2 * lines->room : 4096;
		lines->text = text_allocate(lines->text, lines->room, 1);
	}
	lines->text[lines->length++] = byte;
}

/* False at the end of the file, or if the line is too long: then it is as long as may be. */
static bool line_next(struct lines *lines)
{
	int byte;

	lines->length = 0;
	lines->number++;
	while ((byte = getc_unlocked(lines->file)) != EOF && byte != '\n') {
		if (lines->length == RECORDING_LINE)
			return false;
		line_add(lines, (char)byte);
	}
	return byte == '\n' || lines->length;
}

static bool read_line(struct lines *lines, struct recording *recording, struct snapshot *now,
		      recording_step step, void *argument, struct recording_error *error)
{
	struct scan scan;
	bool fine = scan_open(&scan, lines->text, lines->length);

	if (fine)
		fine = lines->number == 1 ? read_head(&scan, recording) :
					    read_body(&scan, recording, now, step, argument);
	if (!fine)
		*error = (struct recording_error){ lines->number, scan.column, scan.wrong };
	scan_close(&scan);
	return fine;
}

/* What is wrong when no line comes any more; NULL: nothing. */
static const char *missing(const struct lines *lines, const struct recording *recording)
{
	if (ferror(lines->file))
		return strerror(errno);
	if (lines->length)
		return "a line that is too long";
	if (lines->number == 1)
		return "the file is empty";
	if (recording->end == END_NONE)
		return "the end is missing: it was cut off, or is still written";
	return recording->count ? NULL : "there is no sample";
}

bool recording_read(FILE *file, struct recording *recording, recording_step step, void *argument,
		    struct recording_error *error)
{
	struct lines lines = { .file = file };
	struct snapshot now = { 0 };
	bool fine = true;

	*recording = (struct recording){ 0 };
	while (fine && line_next(&lines))
		fine = read_line(&lines, recording, &now, step, argument, error);
	if (fine) {
		*error = (struct recording_error){ lines.number, 0, missing(&lines, recording) };
		fine = !error->what;
	}
	snapshot_empty(&now);
	free(lines.text);
	return fine;
}

/* The file is named by who called us, but perhaps not by who made it. */
static int say(const char *command, const char *path, const struct recording_error *error)
{
	char *clean = text_clean(path);

	fflush(stdout);
	fprintf(stderr, "winvm %s: %s: ", command, clean);
	free(clean);
	if (error->line)
		fprintf(stderr, "line %llu: ", (unsigned long long)error->line);
	if (error->column)
		fprintf(stderr, "at byte %zu: ", error->column);
	fprintf(stderr, "%s\n", error->what);
	return 1;
}

int recording_open(const char *command, const char *path, struct recording *recording,
		   recording_step step, void *argument)
{
	bool is_stdin = !strcmp(path, "-"), fine;
	FILE *file = is_stdin ? stdin : fopen(path, "re");
	struct recording_error error = { 0 };

	*recording = (struct recording){ 0 };
	if (!file) {
		error.what = strerror(errno);
		return say(command, path, &error);
	}
	fine = recording_read(file, recording, step, argument, &error);
	if (!is_stdin)
		fclose(file);
	return fine ? 0 : say(command, path, &error);
}
