// SPDX-License-Identifier: MIT
/* What is in a recording: names, regions, sums. */
#include <json.h>
#include <stdlib.h>
#include <string.h>

#include "recording.h"
#include "region.h"
#include "text.h"

const struct total_name total_names[TOTALS] = {
	[TOTAL_RESERVED] = { "reserved", "reserved", true },
	[TOTAL_COMMITTED] = { "committed", "committed", true },
	[TOTAL_PRIVATE] = { "private", "private", true },
	[TOTAL_RESIDENT] = { "resident", "resident", true },
	[TOTAL_RESIDENT_PRIVATE] = { "resident_private", "resident, private", true },
	[TOTAL_RESIDENT_SHARED] = { "resident_shared", "resident, shared", true },
	[TOTAL_REGIONS] = { "count", "regions", false },
	[TOTAL_CHARGE] = { "charge", "commit charge", true },
	[TOTAL_SOFT_FAULTS] = { "soft_faults", "soft faults", false },
	[TOTAL_HARD_FAULTS] = { "hard_faults", "hard faults", false },
};

const char *const end_names[ENDS] = {
	[END_NONE] = "none",	 [END_COUNT] = "count", [END_TIME] = "time",
	[END_SIGNAL] = "signal", [END_EXIT] = "exit",	[END_EXEC] = "exec",
	[END_FAILED] = "failed",
};

static void free_name(struct lh_entry *entry)
{
	free(lh_entry_k(entry));
}

const char *names_keep(struct names *names, const char *name)
{
	struct lh_entry *entry;
	char *clean = text_clean(name);

	if (!names->table)
		names->table = lh_kchar_table_new(64, free_name);
	entry = names->table ? lh_table_lookup_entry(names->table, clean) : NULL;
	if (entry) {
		free(clean);
		return lh_entry_k(entry);
	}
	names->bytes += strlen(clean) + 1;
	if (names->bytes > RECORDING_NAMES || !names->table ||
	    lh_table_insert(names->table, clean, NULL)) {
		free(clean);
		return NULL;
	}
	return clean;
}

void names_empty(struct names *names)
{
	if (names->table)
		lh_table_free(names->table);
	*names = (struct names){ 0 };
}

struct recorded_region *snapshot_add(struct snapshot *snapshot)
{
	if (snapshot->count == snapshot->room) {
		snapshot->room = snapshot->room ? 2 * snapshot->room : 64;
		snapshot->regions = text_allocate(snapshot->regions, snapshot->room,
						  sizeof(*snapshot->regions));
	}
	snapshot->regions[snapshot->count] = (struct recorded_region){ 0 };
	return &snapshot->regions[snapshot->count++];
}

void snapshot_copy(struct snapshot *to, const struct snapshot *from)
{
	if (to->room < from->count) {
		to->regions = text_allocate(to->regions, from->count, sizeof(*to->regions));
		to->room = from->count;
	}
	if (from->count)
		memcpy(to->regions, from->regions, from->count * sizeof(*to->regions));
	to->count = from->count;
	to->totals = from->totals;
}

void snapshot_empty(struct snapshot *snapshot)
{
	free(snapshot->regions);
	*snapshot = (struct snapshot){ 0 };
}

void snapshot_sum(struct snapshot *snapshot)
{
	uint64_t *of = snapshot->totals.of;

	memset(of, 0, (TOTAL_REGIONS + 1) * sizeof(*of));
	for (size_t i = 0; i < snapshot->count; i++) {
		const struct recorded_region *region = &snapshot->regions[i];
		bool committed = region->state == MEM_COMMIT;

		of[committed ? TOTAL_COMMITTED : TOTAL_RESERVED] += region->size;
		of[TOTAL_PRIVATE] += committed && region->type == MEM_PRIVATE ? region->size : 0;
		of[TOTAL_RESIDENT] += region->resident;
		of[TOTAL_RESIDENT_PRIVATE] += region->resident_private;
	}
	of[TOTAL_RESIDENT_SHARED] = of[TOTAL_RESIDENT] - of[TOTAL_RESIDENT_PRIVATE];
	of[TOTAL_REGIONS] = snapshot->count;
	snapshot->totals.known |= (1U << (TOTAL_REGIONS + 1)) - 1;
}

bool recorded_equal(const struct recorded_region *one, const struct recorded_region *other)
{
	return one->base == other->base && one->size == other->size &&
	       one->allocation == other->allocation && one->resident == other->resident &&
	       one->resident_private == other->resident_private && one->state == other->state &&
	       one->type == other->type && one->protect == other->protect &&
	       one->backing == other->backing;
}

static MEMORY_BASIC_INFORMATION info_of(const struct recorded_region *region)
{
	return (MEMORY_BASIC_INFORMATION){ .State = region->state, .Type = region->type };
}

enum kind recorded_kind(const struct recorded_region *region)
{
	MEMORY_BASIC_INFORMATION info = info_of(region);

	return kind_of(&info, region->backing);
}

const char *recorded_state(const struct recorded_region *region)
{
	MEMORY_BASIC_INFORMATION info = info_of(region);

	return region_state(&info);
}

const char *recorded_type(const struct recorded_region *region)
{
	MEMORY_BASIC_INFORMATION info = info_of(region);

	return region_type(&info);
}

const char *recorded_protect(const struct recorded_region *region, char *room, size_t bytes)
{
	return region_protect_text(region->protect, room, bytes);
}

void recording_free(struct recording *recording)
{
	free(recording->name);
	free(recording->kernel);
	free(recording->totals);
	snapshot_empty(&recording->first);
	snapshot_empty(&recording->last);
	names_empty(&recording->names);
	*recording = (struct recording){ 0 };
}
