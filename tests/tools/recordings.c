// SPDX-License-Identifier: GPL-2.0
/* Recordings: read strictly, compared range by range, laid out as pictures. */
#include <harness.h>

#include <locale.h>

#include "../../libwinvm/tools/duration.h"
#include "../../libwinvm/tools/history.h"
#include "../../libwinvm/tools/scan.h"
#include "../../libwinvm/tools/space.h"
#include "../../libwinvm/tools/svg.h"

#define HEAD                                                                                       \
	"{\"format\":\"winvm recording\",\"version\":1,\"pid\":7,\"name\":\"x\",\"kernel\":\"6\"," \
	"\"page\":4096,\"start_ms\":0,\"interval_ms\":1000}\n"
#define SUMS(reserved, committed, count)                                                  \
	"\"reserved\":" #reserved ",\"committed\":" #committed ",\"private\":" #committed \
	",\"resident\":0,\"resident_private\":0,\"resident_shared\":0,\"count\":" #count
#define SAMPLE(number, time, rest) "{\"sample\":" #number ",\"time_ms\":" #time "," rest "}\n"
#define EMPTY(number, time)	   SAMPLE(number, time, SUMS(0, 0, 0) ",\"regions\":[]")
#define COMMITTED(base, size)                                                \
	"{\"base\":\"" base "\",\"size\":" #size ",\"state\":\"committed\"," \
	"\"type\":\"private\",\"protection\":\"READWRITE\"}"
#define RESERVED(base, size) \
	"{\"base\":\"" base "\",\"size\":" #size ",\"state\":\"reserved\",\"type\":\"private\"}"
#define END(samples) "{\"end\":\"count\",\"samples\":" #samples "}\n"

struct result {
	struct history history;
	struct recording_error error;
	bool fine;
};

static struct result read_text(const char *text)
{
	struct result result = { 0 };
	FILE *file = fmemopen((void *)(uintptr_t)text, strlen(text), "r");

	setlocale(LC_CTYPE, "C.UTF-8");
	result.fine = history_read(&result.history, file, &result.error);
	fclose(file);
	return result;
}

TEST(a_recording_is_read)
{
	struct result result = read_text(
		HEAD SAMPLE(0, 0, SUMS(8192, 0, 1) ",\"regions\":[" RESERVED("0x10000", 8192) "]")
			SAMPLE(1, 1000,
			       SUMS(4096, 4096, 2) ",\"gone\":[],\"changed\":[" COMMITTED(
				       "0x10000", 4096) "," RESERVED("0x11000", 4096) "]")
				SAMPLE(2, 2000,
				       SUMS(4096, 0, 1) ",\"charge\":5,\"gone\":[\"0x10000\"]")
					END(3));
	struct recording *recording = &result.history.recording;

	ASSERT_TRUE(result.fine)
	TH_LOG("line %llu: %s", (unsigned long long)result.error.line, result.error.what);
	EXPECT_EQ(3, recording->count);
	EXPECT_EQ(7, recording->pid);
	EXPECT_EQ(END_COUNT, recording->end);
	EXPECT_EQ(4096, recording->totals[1].of[TOTAL_COMMITTED]);
	EXPECT_FALSE(total_known(&recording->totals[1], TOTAL_CHARGE));
	EXPECT_EQ(5, recording->last.totals.of[TOTAL_CHARGE]);
	EXPECT_EQ(1, recording->last.count);
	EXPECT_EQ(0x11000, recording->last.regions[0].base);
	EXPECT_EQ(1, history_peak(&result.history, TOTAL_COMMITTED));
	EXPECT_FALSE(history_knows(&result.history, TOTAL_CHARGE));
	EXPECT_EQ(3, result.history.all); /* the second region is of another allocation */
	history_close(&result.history);
}

#define ONE(region) HEAD SAMPLE(0, 0, SUMS(0, 4096, 1) ",\"regions\":[" region "]") END(1)

static const struct {
	uint64_t line;
	const char *what;
	const char *text;
} damages[] = {
	{ 1, "unexpected character",
	  "\x7f"
	  "ELF\n" },
	{ 1, "line ends early", "{" },
	{ 1, "no recording", "{\"format\":\"gpx\",\"version\":1}\n" },
	{ 1, "does not know", "{\"format\":\"winvm recording\",\"version\":2}\n" },
	{ 1, "lacks a key", "{\"format\":\"winvm recording\",\"version\":1}\n" },
	{ 1, "does not belong", "{\"versions\":1}\n" },
	{ 2, "end is missing", HEAD },
	{ 3, "end is missing", HEAD EMPTY(0, 0) },
	{ 2, "line ends", HEAD "{\"sample\":0,\"time_ms\":" },
	{ 2, "line ends", HEAD "{\"sam" },
	{ 2, "not whole", HEAD "{\"sample\":NaN}\n" },
	{ 2, "not whole", HEAD "{\"sample\":Infinity}\n" },
	{ 2, "negative", HEAD "{\"sample\":-1}\n" },
	{ 2, "not whole", HEAD "{\"sample\":1.5}\n" },
	{ 2, "not whole", HEAD "{\"sample\":1e3}\n" },
	{ 2, "too great", HEAD "{\"sample\":9223372036854775808}\n" },
	{ 2, "too great", HEAD "{\"sample\":99999999999999999999}\n" },
	{ 2, "no number", HEAD "{\"sample\":\"0\"}\n" },
	{ 2, "too deep", HEAD "{\"sample\":[[[[[[[[[[0]]]]]]]]]]}\n" },
	{ 2, "':' expected", HEAD "{\"sample\" 0}\n" },
	{ 2, "',' expected", HEAD "{\"sample\":0 \"time_ms\":0}\n" },
	{ 2, "does not belong", HEAD "{\"sam\001ple\":0}\n" },
	{ 2, "does not belong", HEAD "{\"sam\\u0000ple\":0}\n" },
	{ 2, "zero in it", HEAD "{\"end\":\"count\\u0000\"}\n" },
	{ 2, "too long", HEAD "{\"end\":\"0123456789012345\"}\n" },
	{ 2, "invalid string", HEAD "{\"\\x\":0}\n" },
	{ 2, "invalid string", HEAD "{\"\\u00g0\":0}\n" },
	{ 2, "lacks a key", HEAD "{\"sample\":0}\n" },
	{ 2, "not whole", HEAD SAMPLE(0, 0, SUMS(0, 0, 0)) },
	{ 2, "wrong place", HEAD EMPTY(1, 0) },
	{ 3, "wrong place", HEAD EMPTY(0, 0) EMPTY(0, 1) },
	{ 3, "before the one before", HEAD EMPTY(0, 5) EMPTY(1, 4) },
	{ 3, "another number", HEAD EMPTY(0, 0) END(2) },
	{ 2, "another number", HEAD END(1) },
	{ 3, "no sample", HEAD END(0) },
	{ 4, "behind the end", HEAD EMPTY(0, 0) END(1) EMPTY(1, 1) },
	{ 4, "behind the end", HEAD EMPTY(0, 0) END(1) END(1) },
	{ 3, "unexpected character", HEAD EMPTY(0, 0) "{\"end\":\"count\",\"samples\":1}}\n" },
	{ 3, "end that there is not", HEAD EMPTY(0, 0) "{\"end\":\"none\",\"samples\":1}\n" },
	{ 3, "not one", HEAD EMPTY(0, 0) "{\"end\":\"count\"}\n" },
	{ 2, "has changes", HEAD SAMPLE(0, 0, SUMS(0, 0, 0) ",\"regions\":[],\"gone\":[]") },
	{ 3, "not there", HEAD EMPTY(0, 0) SAMPLE(1, 1, SUMS(0, 0, 0) ",\"gone\":[\"0x1000\"]") },
	{ 2, "without 0x", ONE(COMMITTED("10000", 4096)) },
	{ 2, "something else", ONE(COMMITTED("0x1000G", 4096)) },
	{ 2, "too long", ONE(COMMITTED("0x00000000000010000", 4096)) },
	{ 2, "empty", ONE(COMMITTED("0x10000", 0)) },
	{ 2, "beyond", ONE(COMMITTED("0xfffffffffffff000", 4096)) },
	{ 2, "beyond", ONE(COMMITTED("0x1000", 9223372036854775807)) },
	{ 2, "overlap",
	  HEAD SAMPLE(0, 0,
		      SUMS(0, 8192, 2) ",\"regions\":[" COMMITTED("0x10000", 4096) "," COMMITTED(
			      "0x10000", 4096) "]") },
	{ 2, "overlap",
	  HEAD SAMPLE(0, 0,
		      SUMS(0, 8192, 2) ",\"regions\":[" COMMITTED("0x20000", 4096) "," COMMITTED(
			      "0x10000", 4096) "]") },
	{ 2, "not those of the regions",
	  HEAD SAMPLE(0, 0, SUMS(0, 8192, 1) ",\"regions\":[" COMMITTED("0x10000", 4096) "]") },
	{ 2, "a state", ONE("{\"base\":\"0x10000\",\"size\":4096,\"state\":\"free\"}") },
	{ 2, "a type",
	  ONE("{\"base\":\"0x10000\",\"size\":4096,\"state\":\"committed\",\"type\":\"\"}") },
	{ 2, "has a protection",
	  ONE("{\"base\":\"0x10000\",\"size\":4096,\"state\":\"reserved\","
	      "\"type\":\"private\",\"protection\":\"READONLY\"}") },
	{ 2, "a protection",
	  ONE("{\"base\":\"0x10000\",\"size\":4096,\"state\":\"committed\","
	      "\"type\":\"private\",\"protection\":\"READWRITE+GUARDS\"}") },
	{ 2, "more in memory",
	  ONE("{\"base\":\"0x10000\",\"size\":4096,\"state\":\"committed\","
	      "\"type\":\"private\",\"resident\":8192}") },
	{ 2, "before its allocation",
	  ONE("{\"base\":\"0x10000\",\"size\":4096,\"state\":\"committed\","
	      "\"type\":\"private\",\"allocation\":\"0x20000\"}") },
};

TEST(damage_is_told_by_line)
{
	for (size_t n = 0; n < sizeof(damages) / sizeof(damages[0]); n++) {
		struct result result = read_text(damages[n].text);

		EXPECT_FALSE(result.fine)
		TH_LOG("%zu: \"%s\"", n, damages[n].what);
		EXPECT_EQ(damages[n].line, result.error.line)
		TH_LOG("%zu: \"%s\"", n, damages[n].what);
		EXPECT_TRUE(result.error.what && strstr(result.error.what, damages[n].what))
		TH_LOG("%zu: \"%s\", not \"%s\"", n, result.error.what, damages[n].what);
		history_close(&result.history);
	}
}

/* Cut off anywhere, a recording is damaged, and never a crash. */
TEST(what_is_cut_off_is_noticed)
{
	static const char whole[] =
		HEAD SAMPLE(0, 0, SUMS(0, 4096, 1) ",\"regions\":[" COMMITTED("0x10000", 4096) "]")
			SAMPLE(1, 1, SUMS(0, 4096, 1)) "{\"end\":\"count\",\"samples\":2}";
	char part[sizeof(whole)];

	for (size_t length = 1; length < sizeof(whole) - 1; length++) {
		struct result result;

		memcpy(part, whole, length);
		part[length] = 0;
		result = read_text(part);
		EXPECT_FALSE(result.fine)
		TH_LOG("of %zu bytes", length);
		history_close(&result.history);
	}
}

TEST(a_line_has_an_end)
{
	static char long_line[] = "/tmp/winvm-long.XXXXXX";
	struct recording_error error;
	struct recording recording;
	int fd = mkstemp(long_line);
	FILE *file = fdopen(fd, "r");

	ASSERT_EQ(0, ftruncate(fd, (off_t)RECORDING_LINE + 1));
	unlink(long_line);
	EXPECT_FALSE(recording_read(file, &recording, NULL, NULL, &error));
	EXPECT_STREQ("a line that is too long", error.what);
	recording_free(&recording);
	fclose(file);
}

TEST(names_are_made_fit)
{
	struct result result = read_text(HEAD SAMPLE(
		0, 0,
		SUMS(0, 4096, 1) ",\"regions\":[{\"base\":\"0x10000\",\"size\":4096,"
				 "\"state\":\"committed\",\"type\":\"private\","
				 "\"protection\":\"EXECUTE_READ+GUARD+NOCACHE\","
				 "\"backing\":\"\\u001b[2J\\u00f6\\ud83d\\ude00\\n\\/\"}]") END(1));

	ASSERT_TRUE(result.fine);
	EXPECT_STREQ("?[2J\303\266\360\237\230\200?/",
		     result.history.recording.last.regions[0].backing);
	EXPECT_EQ(0x320, result.history.recording.last.regions[0].protect);
	history_close(&result.history);
}

static void add_region(struct snapshot *snapshot, uint64_t base, uint64_t size, DWORD state,
		       uint64_t resident)
{
	struct recorded_region *region = snapshot_add(snapshot);

	region->base = base;
	region->size = size;
	region->allocation = 0x10000;
	region->state = state;
	region->type = MEM_PRIVATE;
	region->protect = state == MEM_COMMIT ? PAGE_READWRITE : 0;
	region->resident = region->resident_private = resident;
}

/* A page amid what is reserved: one change of one page, however regions split. */
TEST(changes_are_of_ranges)
{
	struct snapshot before = { 0 }, after = { 0 };
	struct changes changes = { 0 };

	add_region(&before, 0x10000, 0x10000, MEM_RESERVE, 0);
	add_region(&after, 0x10000, 0x4000, MEM_RESERVE, 0);
	add_region(&after, 0x14000, 0x1000, MEM_COMMIT, 0x1000);
	add_region(&after, 0x15000, 0xb000, MEM_RESERVE, 0);
	changes_find(&changes, &before, &after);
	ASSERT_EQ(1, changes.count);
	EXPECT_EQ(CHANGE_CHANGED, changes.of[0].kind);
	EXPECT_EQ(0x14000, changes.of[0].base);
	EXPECT_EQ(0x1000, changes.of[0].size);
	EXPECT_EQ(0x1000, changes.of[0].committed);
	EXPECT_TRUE(changes.of[0].resident_known);
	EXPECT_EQ(0x1000, changes.of[0].resident);
	changes.count = 0;
	changes_find(&changes, &after, &before);
	ASSERT_EQ(1, changes.count);
	EXPECT_EQ(-0x1000, changes.of[0].committed);
	EXPECT_EQ(-0x1000, changes.of[0].resident);
	changes.count = 0;
	changes_find(&changes, &after, &after);
	EXPECT_EQ(0, changes.count);
	changes_free(&changes);
	snapshot_empty(&before);
	snapshot_empty(&after);
}

TEST(what_comes_goes_and_is_touched)
{
	struct snapshot before = { 0 }, after = { 0 };
	struct changes changes = { 0 };

	add_region(&before, 0x10000, 0x2000, MEM_COMMIT, 0x1000);
	add_region(&before, 0x20000, 0x8000, MEM_COMMIT, 0x1000);
	add_region(&after, 0x20000, 0x8000, MEM_COMMIT, 0x7000);
	add_region(&after, 0x30000, 0x3000, MEM_COMMIT, 0);
	changes_find(&changes, &before, &after);
	changes_sort(&changes);
	ASSERT_EQ(3, changes.count);
	EXPECT_EQ(CHANGE_RESIDENT, changes.of[0].kind);
	EXPECT_EQ(0x6000, changes.of[0].resident);
	EXPECT_EQ(0, changes.of[0].committed);
	EXPECT_EQ(CHANGE_APPEARED, changes.of[1].kind);
	EXPECT_EQ(0x3000, changes.of[1].committed);
	EXPECT_EQ(CHANGE_GONE, changes.of[2].kind);
	EXPECT_EQ(-0x2000, changes.of[2].committed);
	EXPECT_EQ(-0x1000, changes.of[2].resident);
	changes_free(&changes);
	snapshot_empty(&before);
	snapshot_empty(&after);
}

/* Where a region is cut in two nobody knows how much of either part was in memory. */
TEST(what_is_not_known_is_not_told)
{
	struct snapshot before = { 0 }, after = { 0 };
	struct changes changes = { 0 };

	add_region(&before, 0x10000, 0x8000, MEM_COMMIT, 0x3000);
	add_region(&after, 0x10000, 0x4000, MEM_COMMIT, 0x2000);
	add_region(&after, 0x14000, 0x4000, MEM_RESERVE, 0);
	changes_find(&changes, &before, &after);
	ASSERT_EQ(2, changes.count);
	EXPECT_EQ(CHANGE_CHANGED, changes.of[0].kind);
	EXPECT_EQ(-0x4000, changes.of[0].committed);
	EXPECT_FALSE(changes.of[0].resident_known);
	EXPECT_EQ(CHANGE_RESIDENT, changes.of[1].kind);
	EXPECT_TRUE(changes.of[1].mixed);
	EXPECT_EQ(-0x1000, changes.of[1].resident);
	changes_free(&changes);
	snapshot_empty(&before);
	snapshot_empty(&after);
}

TEST(places_are_apart)
{
	struct snapshot one = { 0 }, other = { 0 };
	struct place places[SPACE_PLACES];

	EXPECT_EQ(0, space_places(&one, &other, places));
	add_region(&one, 0x10000, 0x10000, MEM_COMMIT, 0);
	add_region(&one, 1ULL << 40, 0x10000, MEM_COMMIT, 0);
	add_region(&other, 0x20000, 0x10000, MEM_COMMIT, 0);
	ASSERT_EQ(2, space_places(&one, &other, places));
	EXPECT_EQ(0x10000, places[0].start);
	EXPECT_EQ(0x30000, places[0].end);
	EXPECT_EQ(1ULL << 40, places[1].start);
	for (uint64_t i = 1; i < 100; i++)
		add_region(&one, (1ULL << 40) + (i << 32), 0x1000, MEM_COMMIT, 0);
	EXPECT_LE(space_places(&one, &other, places), (size_t)SPACE_PLACES);
	snapshot_empty(&one);
	snapshot_empty(&other);
}

/* The smallest of things takes a column, and all of what is in memory is all of the height. */
TEST(columns_show_what_lies_there)
{
	const struct place place = { 0, (uint64_t)SPACE_COLUMNS << 20 };
	struct column_run runs[SPACE_COLUMNS];
	struct snapshot snapshot = { 0 };

	add_region(&snapshot, 0, 4096, MEM_COMMIT, 4096);
	add_region(&snapshot, 10 << 20, 90 << 20, MEM_RESERVE, 0);
	add_region(&snapshot, 100 << 20, 100 << 20, MEM_COMMIT, 50 << 20);
	ASSERT_EQ(3, space_runs(&snapshot, &place, runs));
	EXPECT_EQ(0, runs[0].first);
	EXPECT_EQ(1, runs[0].count);
	EXPECT_EQ(SPACE_LEVELS, runs[0].level);
	EXPECT_EQ(10, runs[1].first);
	EXPECT_EQ(90, runs[1].count);
	EXPECT_FALSE(runs[1].committed);
	EXPECT_EQ(0, runs[1].level);
	EXPECT_EQ(100, runs[2].count);
	EXPECT_TRUE(runs[2].committed);
	EXPECT_EQ(SPACE_LEVELS / 2, runs[2].level);
	snapshot_empty(&snapshot);
}

TEST(axes_have_few_marks)
{
	EXPECT_EQ(4096, svg_size_step(0, 6));
	EXPECT_EQ(16 << 20, svg_size_step(80 << 20, 6));
	EXPECT_EQ(1ULL << 61, svg_size_step(INT64_MAX, 6));
	EXPECT_EQ(500, svg_time_step(3900, 8));
	EXPECT_EQ(1, svg_time_step(0, 8));
	EXPECT_EQ(900000, svg_time_step(7200000, 8));
	EXPECT_LE(INT64_MAX / svg_time_step(INT64_MAX, 8), 8);
	EXPECT_EQ(32, svg_round_up(17, 16));
	EXPECT_EQ(16, svg_round_up(16, 16));
}

TEST(names_are_no_markup)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);

	svg_text(file, "<script src='x'>&\"</script>");
	fclose(file);
	EXPECT_STREQ("&lt;script src=&#39;x&#39;&gt;&amp;&quot;&lt;/script&gt;", text);
	free(text);
}

static uint64_t time_of(const char *text)
{
	uint64_t time;

	return duration_parse(text, &time) ? time : 0;
}

TEST(times_are_read_and_written)
{
	static const char *const wrong[] = {
		"", "0", "0.0001", "-1", "1x", "ms", "1 ms", "1.", "1e3", "99999999999999999999"
	};

	EXPECT_EQ(2000, time_of("2"));
	EXPECT_EQ(250, time_of("0.25"));
	EXPECT_EQ(250, time_of("250ms"));
	EXPECT_EQ(90000, time_of("1.5m"));
	EXPECT_EQ(3600000, time_of("1h"));
	for (size_t n = 0; n < sizeof(wrong) / sizeof(wrong[0]); n++) {
		EXPECT_EQ(0, time_of(wrong[n]))
		TH_LOG("\"%s\"", wrong[n]);
	}
	EXPECT_STREQ("250 ms", duration(250).text);
	EXPECT_STREQ("1.5 s", duration(1500).text);
	EXPECT_STREQ("1.4 s", duration(1402).text);
	EXPECT_STREQ("1.05 s", duration(1050).text);
	EXPECT_STREQ("59 s", duration(59000).text);
	EXPECT_STREQ("2 min 5 s", duration(125000).text);
	EXPECT_STREQ("3 h 20 min", duration(12000000).text);
}

TEST_HARNESS_MAIN
