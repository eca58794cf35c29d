// SPDX-License-Identifier: MIT
/* Recordings, written: a line for each sample, whole when it is out. */
#include "recording.h"
#include "text.h"

static void write_text(FILE *file, const char *text)
{
	putc('"', file);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putc('\\', file);
		putc(*text, file);
	}
	putc('"', file);
}

static void write_number(FILE *file, const char *key, uint64_t number)
{
	fprintf(file, ",\"%s\":%llu", key, (unsigned long long)number);
}

static bool end_line(FILE *file)
{
	fputs("}\n", file);
	return !fflush(file) && !ferror(file);
}

bool recording_write_head(FILE *file, const struct recording *recording)
{
	fprintf(file, "{\"format\":\"%s\",\"version\":%d", RECORDING_FORMAT, RECORDING_VERSION);
	write_number(file, "pid", recording->pid);
	fputs(",\"name\":", file);
	write_text(file, recording->name);
	fputs(",\"kernel\":", file);
	write_text(file, recording->kernel);
	write_number(file, "page", recording->page);
	write_number(file, "start_ms", recording->start);
	write_number(file, "interval_ms", recording->interval);
	return end_line(file);
}

static void write_region(FILE *file, const struct recorded_region *region)
{
	char protect[64];

	fprintf(file, "{\"base\":\"0x%llx\"", (unsigned long long)region->base);
	write_number(file, "size", region->size);
	fprintf(file, ",\"state\":\"%s\",\"type\":\"%s\"", recorded_state(region),
		recorded_type(region));
	if (region->protect)
		fprintf(file, ",\"protection\":\"%s\"",
			recorded_protect(region, protect, sizeof(protect)));
	if (region->allocation != region->base)
		fprintf(file, ",\"allocation\":\"0x%llx\"", (unsigned long long)region->allocation);
	if (region->resident)
		write_number(file, "resident", region->resident);
	if (region->resident_private)
		write_number(file, "resident_private", region->resident_private);
	if (region->backing) {
		fputs(",\"backing\":", file);
		write_text(file, region->backing);
	}
	putc('}', file);
}

static void write_whole(FILE *file, const struct snapshot *now)
{
	fputs(",\"regions\":[", file);
	for (size_t i = 0; i < now->count; i++) {
		if (i)
			putc(',', file);
		write_region(file, &now->regions[i]);
	}
	putc(']', file);
}

/* Those of @before where none of @now begins. */
static void write_gone(FILE *file, const struct snapshot *before, const struct snapshot *now)
{
	size_t at = 0, written = 0;

	for (size_t i = 0; i < before->count; i++) {
		uint64_t base = before->regions[i].base;

		while (at < now->count && now->regions[at].base < base)
			at++;
		if (at < now->count && now->regions[at].base == base)
			continue;
		fprintf(file, "%s\"0x%llx\"", written++ ? "," : ",\"gone\":[",
			(unsigned long long)base);
	}
	if (written)
		putc(']', file);
}

static void write_changed(FILE *file, const struct snapshot *before, const struct snapshot *now)
{
	size_t at = 0, written = 0;

	for (size_t i = 0; i < now->count; i++) {
		const struct recorded_region *region = &now->regions[i];

		while (at < before->count && before->regions[at].base < region->base)
			at++;
		if (at < before->count && recorded_equal(&before->regions[at], region))
			continue;
		fputs(written++ ? "," : ",\"changed\":[", file);
		write_region(file, region);
	}
	if (written)
		putc(']', file);
}

bool recording_write_sample(FILE *file, uint64_t number, const struct snapshot *before,
			    const struct snapshot *now)
{
	fprintf(file, "{\"sample\":%llu", (unsigned long long)number);
	write_number(file, "time_ms", now->totals.time);
	for (enum total total = 0; total < TOTALS; total++)
		if (total_known(&now->totals, total))
			write_number(file, total_names[total].key, now->totals.of[total]);
	if (before) {
		write_gone(file, before, now);
		write_changed(file, before, now);
	} else {
		write_whole(file, now);
	}
	return end_line(file);
}

bool recording_write_end(FILE *file, enum recording_end end, uint64_t samples)
{
	fprintf(file, "{\"end\":\"%s\"", end_names[end]);
	write_number(file, "samples", samples);
	return end_line(file);
}
