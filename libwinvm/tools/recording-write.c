// SPDX-License-Identifier: MIT
/* Recordings, written: a line for each sample, whole when it is out. */
#include <json.h>

#include "recording.h"

static void add(struct json_object *object, const char *key, uint64_t number)
{
	json_object_object_add(object, key, json_object_new_uint64(number));
}

static void add_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, json_object_new_string(text));
}

static struct json_object *new_address(uint64_t address)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)address);
	return json_object_new_string(text);
}

/* It is out, or an error of the file's. */
static bool write_line(FILE *file, struct json_object *object)
{
	fputs(json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN |
							     JSON_C_TO_STRING_NOSLASHESCAPE),
	      file);
	json_object_put(object);
	putc('\n', file);
	return !fflush(file) && !ferror(file);
}

bool recording_write_head(FILE *file, const struct recording *recording)
{
	struct json_object *head = json_object_new_object();

	add_text(head, "format", RECORDING_FORMAT);
	add(head, "version", RECORDING_VERSION);
	add(head, "pid", recording->pid);
	add_text(head, "name", recording->name);
	add_text(head, "kernel", recording->kernel);
	add(head, "page", recording->page);
	add(head, "start_ms", recording->start);
	add(head, "interval_ms", recording->interval);
	return write_line(file, head);
}

static struct json_object *new_region(const struct recorded_region *region)
{
	struct json_object *object = json_object_new_object();
	char protect[64];

	json_object_object_add(object, "base", new_address(region->base));
	add(object, "size", region->size);
	add_text(object, "state", recorded_state(region));
	add_text(object, "type", recorded_type(region));
	if (region->protect)
		add_text(object, "protection", recorded_protect(region, protect, sizeof(protect)));
	if (region->allocation != region->base)
		json_object_object_add(object, "allocation", new_address(region->allocation));
	if (region->resident)
		add(object, "resident", region->resident);
	if (region->resident_private)
		add(object, "resident_private", region->resident_private);
	if (region->backing)
		add_text(object, "backing", region->backing);
	return object;
}

static struct json_object *whole(const struct snapshot *now)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < now->count; i++)
		json_object_array_add(list, new_region(&now->regions[i]));
	return list;
}

/* Those of @before where none of @now begins. */
static struct json_object *gone(const struct snapshot *before, const struct snapshot *now)
{
	struct json_object *list = json_object_new_array();
	size_t at = 0;

	for (size_t i = 0; i < before->count; i++) {
		uint64_t base = before->regions[i].base;

		while (at < now->count && now->regions[at].base < base)
			at++;
		if (at == now->count || now->regions[at].base != base)
			json_object_array_add(list, new_address(base));
	}
	return list;
}

static struct json_object *changed(const struct snapshot *before, const struct snapshot *now)
{
	struct json_object *list = json_object_new_array();
	size_t at = 0;

	for (size_t i = 0; i < now->count; i++) {
		const struct recorded_region *region = &now->regions[i];

		while (at < before->count && before->regions[at].base < region->base)
			at++;
		if (at == before->count || !recorded_equal(&before->regions[at], region))
			json_object_array_add(list, new_region(region));
	}
	return list;
}

/* Nothing says as much as an empty list. */
static void add_list(struct json_object *object, const char *key, struct json_object *list)
{
	if (json_object_array_length(list))
		json_object_object_add(object, key, list);
	else
		json_object_put(list);
}

bool recording_write_sample(FILE *file, uint64_t number, const struct snapshot *before,
			    const struct snapshot *now)
{
	struct json_object *sample = json_object_new_object();

	add(sample, "sample", number);
	add(sample, "time_ms", now->totals.time);
	for (enum total total = 0; total < TOTALS; total++)
		if (total_known(&now->totals, total))
			add(sample, total_names[total].key, now->totals.of[total]);
	if (before) {
		add_list(sample, "gone", gone(before, now));
		add_list(sample, "changed", changed(before, now));
	} else {
		json_object_object_add(sample, "regions", whole(now));
	}
	return write_line(file, sample);
}

bool recording_write_end(FILE *file, enum recording_end end, uint64_t samples)
{
	struct json_object *last = json_object_new_object();

	add_text(last, "end", end_names[end]);
	add(last, "samples", samples);
	return write_line(file, last);
}
