// SPDX-License-Identifier: GPL-2.0
/* What winvm top works out: rates, orders, what of many lines is seen, and colours. */
#include <harness.h>

#include <locale.h>
#include <string.h>

#include "../../libwinvm/tools/ink.h"
#include "../../libwinvm/tools/pane.h"
#include "../../libwinvm/tools/sample.h"
#include "../../libwinvm/tools/unit.h"

#define FAULTS (WINVM_NL_TOLD(WINVM_NL_A_SOFT_FAULTS) | WINVM_NL_TOLD(WINVM_NL_A_HARD_FAULTS))
#define SECOND UINT64_C(1000000000)

static struct winvm_nl_process before_list[] = {
	{ .told = FAULTS, .id = 2, .soft_faults = 10, .hard_faults = 1 },
	{ .told = FAULTS, .id = 3, .soft_faults = 100, .hard_faults = 5 },
	{ .told = FAULTS, .id = 9, .soft_faults = 7 },
};

static struct winvm_nl_process now_list[] = {
	{ .told = FAULTS, .id = 1, .pid = 40, .comm = "new", .soft_faults = 9, .commit_bytes = 5 },
	{ .told = FAULTS,
	  .id = 3,
	  .pid = 30,
	  .comm = "busy",
	  .soft_faults = 400,
	  .hard_faults = 15,
	  .resident_bytes = 1,
	  .commit_bytes = 5 },
	{ .told = FAULTS,
	  .id = 9,
	  .pid = 20,
	  .comm = "less",
	  .soft_faults = 3,
	  .resident_bytes = 2,
	  .commit_bytes = 6 },
	{ .told = 0, .id = 12, .pid = 10, .comm = "mute", .commit_bytes = 5 },
};

static struct sample sample_of(struct winvm_nl_process *list, size_t count, uint64_t time)
{
	return (struct sample){ .time = time, .commit = { .list = list, .count = count } };
}

static struct sample rated(uint64_t elapsed)
{
	const struct sample before = sample_of(before_list, 3, SECOND);
	struct sample now = sample_of(now_list, 4, SECOND + elapsed);

	sample_rate(&now, &before);
	return now;
}

TEST(rates_are_of_those_that_were_there)
{
	struct sample now = rated(2 * SECOND);

	EXPECT_FALSE(now.rows[0].rated);
	EXPECT_TRUE(now.rows[1].rated);
	EXPECT_EQ(150, now.rows[1].soft);
	EXPECT_EQ(5, now.rows[1].hard);
	EXPECT_TRUE(now.rows[2].rated);
	EXPECT_EQ(0, now.rows[2].soft); /* what falls is no rate */
	EXPECT_FALSE(now.rows[3].rated);
	free(now.rows);
}

TEST(no_time_has_no_rates)
{
	struct sample now = rated(0);

	for (size_t i = 0; i < 4; i++)
		EXPECT_FALSE(now.rows[i].rated);
	free(now.rows);
}

TEST(a_first_sample_has_no_rates)
{
	const struct sample none = { 0 };
	struct sample now = sample_of(now_list, 4, SECOND);

	sample_rate(&now, &none);
	EXPECT_FALSE(now.rows[1].rated);
	free(now.rows);
}

static bool pids_are(const struct sample *sample, const uint32_t *pids)
{
	for (size_t i = 0; i < sample->commit.count; i++)
		if (sample->rows[i].process->pid != pids[i])
			return false;
	return true;
}

#define PIDS(...) ((const uint32_t[]){ __VA_ARGS__ })

TEST(each_order_and_its_reverse)
{
	struct sample now = rated(SECOND);

	sample_sort(&now, SAMPLE_COMMITTED, false);
	EXPECT_TRUE(pids_are(&now, PIDS(20, 40, 30, 10)));
	/* Equal ones are in the same order, whichever way. */
	sample_sort(&now, SAMPLE_COMMITTED, true);
	EXPECT_TRUE(pids_are(&now, PIDS(40, 30, 10, 20)));
	sample_sort(&now, SAMPLE_RESIDENT, false);
	EXPECT_TRUE(pids_are(&now, PIDS(20, 30, 40, 10)));
	sample_sort(&now, SAMPLE_FAULTS, false);
	EXPECT_EQ(30, now.rows[0].process->pid);
	sample_sort(&now, SAMPLE_PID, false);
	EXPECT_TRUE(pids_are(&now, PIDS(10, 20, 30, 40)));
	sample_sort(&now, SAMPLE_PID, true);
	EXPECT_TRUE(pids_are(&now, PIDS(40, 30, 20, 10)));
	sample_sort(&now, SAMPLE_NAME, false);
	EXPECT_TRUE(pids_are(&now, PIDS(30, 20, 10, 40)));
	EXPECT_EQ(1, sample_find(&now, 9));
	EXPECT_EQ(4, sample_find(&now, 4));
	free(now.rows);
}

TEST(the_selection_is_always_seen)
{
	struct pane pane = { 0 };

	pane_fit(&pane, 100, 10);
	pane_move(&pane, PANE_UP);
	EXPECT_EQ(0, pane.at);
	pane_move(&pane, PANE_PAGE_DOWN);
	EXPECT_EQ(9, pane.at);
	EXPECT_EQ(0, pane.first);
	pane_move(&pane, PANE_DOWN);
	EXPECT_EQ(1, pane.first);
	pane_move(&pane, PANE_END);
	EXPECT_EQ(99, pane.at);
	EXPECT_EQ(90, pane.first);
	pane_move(&pane, PANE_DOWN);
	EXPECT_EQ(99, pane.at);
	pane_move(&pane, PANE_PAGE_UP);
	EXPECT_EQ(90, pane.at);
	pane_fit(&pane, 100, 3); /* a smaller screen */
	EXPECT_TRUE(pane.at >= pane.first && pane.at < pane.first + 3);
	pane_fit(&pane, 5, 3); /* fewer lines */
	EXPECT_EQ(4, pane.at);
	EXPECT_EQ(2, pane.first);
	pane_fit(&pane, 0, 3);
	EXPECT_EQ(0, pane.at);
	EXPECT_EQ(0, pane.first);
	for (int move = PANE_UP; move <= PANE_END; move++) {
		pane_move(&pane, (enum pane_move)move);
		EXPECT_EQ(0, pane.at);
	}
}

TEST(scrolling_ends_with_the_last_line)
{
	struct pane pane = { 0 };

	pane_fit(&pane, 25, 10);
	pane_scroll(&pane, PANE_PAGE_DOWN);
	pane_scroll(&pane, PANE_PAGE_DOWN);
	EXPECT_EQ(15, pane.first);
	pane_scroll(&pane, PANE_DOWN);
	EXPECT_EQ(15, pane.first);
	pane_scroll(&pane, PANE_HOME);
	EXPECT_EQ(0, pane.first);
	pane_scroll(&pane, PANE_END);
	EXPECT_EQ(15, pane.first);
	pane_fit(&pane, 25, 30);
	EXPECT_EQ(0, pane.first);
	pane_fit(&pane, 25, 0);
	pane_scroll(&pane, PANE_END);
	EXPECT_EQ(25, pane.first);
}

TEST(colours_are_taken_apart)
{
	struct ink ink = ink_of("a\033[32mbc\033[0m\033[1m\033[90md\033[2Je"
				"\033[0m\033[38;5;133m\033[7mf\033[27;94mg\033[");

	ink_next(&ink);
	EXPECT_TRUE(ink.colour == -1 && ink.bytes == 1 && *ink.text == 'a');
	ink_next(&ink);
	EXPECT_TRUE(ink.colour == 2 && !ink.bold && ink.bytes == 2 && *ink.text == 'b');
	ink_next(&ink);
	EXPECT_TRUE(ink.colour == 8 && ink.bold && ink.bytes == 1 && *ink.text == 'd');
	ink_next(&ink);
	EXPECT_TRUE(ink.colour == 8 && !memcmp(ink.text, "Je", 2) && ink.bytes == 2);
	ink_next(&ink);
	EXPECT_TRUE(ink.colour == 133 && ink.reverse && !ink.bold && *ink.text == 'f');
	ink_next(&ink);
	EXPECT_TRUE(ink.colour == 12 && !ink.reverse && *ink.text == 'g');
	ink_next(&ink);
	EXPECT_EQ(0, ink.bytes);
	ink_next(&ink);
	EXPECT_EQ(0, ink.bytes);
}

TEST(what_is_printed_is_caught_in_lines)
{
	struct ink_lines lines = { 0 };

	ink_catch();
	printf("one\n");
	puts("");
	putchar('x');
	ink_split(&lines, ink_caught());
	ASSERT_EQ(3, lines.count);
	EXPECT_STREQ("one", lines.at[0]);
	EXPECT_STREQ("", lines.at[1]);
	EXPECT_STREQ("x", lines.at[2]);
	ink_split(&lines, NULL);
	EXPECT_EQ(0, lines.count);
	ink_catch();
	ink_split(&lines, ink_caught());
	EXPECT_EQ(0, lines.count);
	ink_forget(&lines);
}

static uint64_t ms(const char *text)
{
	uint64_t found;

	return unit_parse_seconds(text, 100, 3600000, &found) ? found : 0;
}

TEST(seconds_are_read)
{
	static const char *const wrong[] = { "",     ".",    "0",
					     "0.09", "3601", "1s",
					     "-1",   "inf",  "nan",
					     "0x10", "1e2",  "1..5",
					     "1.5.", " 1",   "99999999999999999999999999" };

	EXPECT_EQ(1000, ms("1"));
	EXPECT_EQ(500, ms("0.5"));
	EXPECT_EQ(100, ms(".1"));
	EXPECT_EQ(3600000, ms("3600"));
	for (size_t n = 0; n < sizeof(wrong) / sizeof(wrong[0]); n++) {
		EXPECT_EQ(0, ms(wrong[n]))
		TH_LOG("\"%s\"", wrong[n]);
	}
}

TEST_HARNESS_MAIN
