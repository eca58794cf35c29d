// SPDX-License-Identifier: GPL-2.0
/* The model's answers against some that were worked out by hand (SPEC's own vectors). */
#include <string.h>

#include "kselftest_harness.h"
#include "script.h"

FIXTURE(model)
{
	struct model_script script;
	char *answer;
	size_t bytes;
};

static uint64_t choose(const struct model_space *space, const struct model_place *place,
		       void *context)
{
	(void)context;
	return model_lowest_fit(space, place);
}

FIXTURE_SETUP(model)
{
	model_script_begin(&self->script, open_memstream(&self->answer, &self->bytes), choose,
			   NULL);
}

FIXTURE_TEARDOWN(model)
{
	model_script_end(&self->script);
	fclose(self->script.out);
	free(self->answer);
}

static const char *perform(FIXTURE_DATA(model) * self, const char *line)
{
	rewind(self->script.out);
	model_script_perform(&self->script, line);
	fflush(self->script.out);
	self->answer[self->bytes] = '\0';
	self->answer[strcspn(self->answer, "\n")] = '\0';
	return self->answer;
}

#define EXPECT_ANSWER(expected, line) EXPECT_STREQ(expected, perform(self, line))

TEST_F(model, VA_20_rounding_of_a_reservation)
{
	static const struct {
		const char *line, *answer;
	} vectors[] = {
		{ "nalloc 1 A+0x0 0 1 0x2000 0x4", "st=00000000 a=A+0x0 s=1000" },
		{ "nalloc 1 A+0x8000 0 1 0x2000 0x4", "st=00000000 a=A+0x0 s=9000" },
		{ "nalloc 1 A+0x10 0 0x1000 0x2000 0x4", "st=00000000 a=A+0x0 s=2000" },
		{ "nalloc 1 A+0x10000 0 0x2000 0x2000 0x4", "st=00000000 a=A+0x10000 s=2000" },
		{ "nalloc 1 A+0xffff 0 0x3000 0x2000 0x4", "st=00000000 a=A+0x0 s=13000" },
		{ "nalloc 1 A+0x1010 0 0x7000 0x2000 0x4", "st=00000000 a=A+0x0 s=9000" },
		{ "nalloc 1 A+0x1010 0 0xc000 0x2000 0x4", "st=00000000 a=A+0x0 s=e000" },
	};

	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		EXPECT_ANSWER(vectors[i].answer, vectors[i].line);
		perform(self, "free A+0x0 0 0x8000");
		perform(self, "free A+0x10000 0 0x8000");
	}
}

TEST_F(model, VA_12_VA_13_ends_of_the_address_space)
{
	EXPECT_ANSWER("st=c00000f0 a=0xf000 s=1000", "nalloc 1 0xf000 0 0x1000 0x2000 0x4");
	EXPECT_ANSWER("st=c00000f0 a=? s=1000", "nalloc 1 0x7fffffff0000 0 0x1000 0x2000 0x4");
	EXPECT_ANSWER("st=c00000f2 a=? s=10001", "nalloc 1 0x7ffffffe0000 0 0x10001 0x2000 0x4");
	EXPECT_ANSWER("st=00000000 a=s1+0x0 s=10000",
		      "nalloc 1 0x7ffffffe0000 0 0x10000 0x2000 0x4");
}

TEST_F(model, VA_28_mask_counts_by_its_leading_zeros)
{
	EXPECT_ANSWER("st=00000000 a=s1+0x0 s=10000",
		      "nalloc 1 null 0x1aaaaaaa 0x10000 0x2000 0x4");
	EXPECT_ANSWER("st=00000000 a=s2+0x0 s=1ffe0000",
		      "nalloc 2 null 0x1aaaaaaa 0x1ffe0000 0x2000 0x4");
	EXPECT_ANSWER("st=c0000017 a=0 s=1000", "nalloc 3 null 0x1aaaaaaa 0x1000 0x2000 0x4");
	EXPECT_ANSWER("st={c0000017|c000000d} a=0 s=1000", "nalloc 3 null 21 0x1000 0x2000 0x4");
	EXPECT_ANSWER("st=c00000f1 a=0 s=1000", "nalloc 3 null 22 0x1000 0x2000 0x4");
}

TEST_F(model, VF_25_release_of_a_part)
{
	perform(self, "alloc 1 A+0x0 0x10000 0x3000 0x4");
	perform(self, "wr A+0x2000 0x77");
	EXPECT_ANSWER("st=00000000 a=A+0x1000 s=1000", "nfree A+0x1001 0xfff 0x8000");
	EXPECT_ANSWER("st=00000000 a=A+0x0 s=1000", "nfree A+0x1 0xfff 0x8000");
	EXPECT_ANSWER("b=A+0x2000 ab=A+0x2000 ap=4 rs=e000 st=1000 p=4 t=20000", "query A+0x2000");
	EXPECT_ANSWER("v=77", "rd A+0x2000");
	/* VF-26, VF-27 */
	EXPECT_ANSWER("ok A+0x0", "alloc 1 A+0x0 0x1000 0x2000 0x4");
	EXPECT_ANSWER("FAIL err=487 st=c00000a0", "free A+0x1000 0 0x8000");
	EXPECT_ANSWER("FAIL err=87 st=c000001a", "free A+0x2000 0xf000 0x4000");
	EXPECT_ANSWER("ok", "free A+0x2000 0 0x8000");
}

TEST_F(model, VF_20_VF_21_decommit)
{
	perform(self, "alloc 1 A+0x0 0x4000 0x3000 0x4");
	EXPECT_ANSWER("st=00000000 a=A+0x1000 s=2000", "nfree A+0x1fff 2 0x4000");
	EXPECT_ANSWER("st=c000009f a=A+0x1000 s=0", "nfree A+0x1000 0 0x4000");
	EXPECT_ANSWER("st=00000000 a=A+0x0 s=0", "nfree A+0xfff 0 0x4000");
	EXPECT_EQ(0, model_charge(&self->script.space[0]).commit_bytes);
}

TEST_F(model, VA_52_committed_pages_are_charged_once)
{
	perform(self, "alloc 1 A+0x0 0x4000 0x2000 0x4");
	perform(self, "alloc 1 A+0x0 0x2000 0x1000 0x4");
	EXPECT_ANSWER("ok A+0x1000", "alloc 1 A+0x1000 0x3000 0x1000 0x2");
	EXPECT_EQ(0x4000, model_charge(&self->script.space[0]).commit_bytes);
	EXPECT_ANSWER("b=A+0x1000 ab=A+0x0 ap=4 rs=3000 st=1000 p=2 t=20000", "query A+0x1000");
}

TEST_F(model, GP_9_guard_over_read_only)
{
	perform(self, "alloc 1 A+0x0 0x1000 0x3000 0x102");
	EXPECT_ANSWER("wr exc=80000001 n=2 i0=1 i1=A+0x8", "wr A+0x8 1");
	EXPECT_ANSWER("wr exc=c0000005 n=2 i0=1 i1=A+0x8", "wr A+0x8 1");
	EXPECT_ANSWER("v=00", "rd A+0x8");
}

TEST_F(model, WW_6_reset_of_what_was_told)
{
	perform(self, "alloc 1 A+0x0 0x4000 0x203000 0x4");
	perform(self, "fill A+0x0 0x4000 1");
	EXPECT_ANSWER("ok n=2 g=1000 A+0x0 A+0x1000", "ww A+0x0 0x4000 1 2");
	EXPECT_ANSWER("ok n=2 g=1000 A+0x2000 A+0x3000", "ww A+0x0 0x4000 0 9");
	/* VL-8 */
	EXPECT_ANSWER("ok", "lock A+0x0 0x1000");
	EXPECT_ANSWER("ok n=1 g=1000 A+0x0", "ww A+0x0 0x1000 0 9");
}

TEST_F(model, VL_10_quota)
{
	perform(self, "alloc 1 A+0x0 0x40000 0x3000 0x4");
	EXPECT_ANSWER("FAIL err=1453 st=c00000a1", "lock A+0x0 0x2b000");
	EXPECT_ANSWER("ok", "lock A+0x0 0x2a000");
	EXPECT_ANSWER("ok", "lock A+0x0 0x1000");
	EXPECT_ANSWER("FAIL err=1453 st=c00000a1", "lock A+0x2a000 0x1000");
	perform(self, "free A+0x0 0x1000 0x4000");
	EXPECT_ANSWER("ok", "lock A+0x2a000 0x1000");
}

TEST_F(model, MR_4_old_data_or_zeros)
{
	perform(self, "alloc 1 A+0x0 0x2000 0x3000 0x4");
	perform(self, "fill A+0x0 0x2000 0xab");
	EXPECT_ANSWER("ok A+0x0", "alloc 1 A+0x800 0x1800 0x80000 0x4");
	EXPECT_ANSWER("v=ab", "rd A+0x0");
	EXPECT_ANSWER("v={ab|00}", "rd A+0x1000");
	perform(self, "wr A+0x1001 0xcd");
	EXPECT_ANSWER("v=cd", "rd A+0x1001");
	EXPECT_ANSWER("v={ab|00}", "rd A+0x1000");
}

TEST_F(model, MR_9_undo_that_succeeds_or_tells)
{
	perform(self, "alloc 1 A+0x0 0x2000 0x3000 0x4");
	perform(self, "fill A+0x0 0x2000 0xab");
	perform(self, "alloc 1 A+0x0 0x2000 0x80000 0x4");
	EXPECT_ANSWER("ok A+0x0", "alloc 1 A+0x0 0x1000 0x1000000 0x4");
	EXPECT_ANSWER("v=ab", "rd A+0x0");
	EXPECT_ANSWER("v={ab|00}", "rd A+0x1000");
	self->script.heard = "FAIL err=31 st=c0000001\n";
	EXPECT_ANSWER("FAIL err={31|*} st={c0000001|*}", "alloc 1 A+0x1000 0x1000 0x1000000 0x4");
	EXPECT_ANSWER("v={ab|00}", "rd A+0x1000");
	/* Nothing was reset there. */
	EXPECT_ANSWER("ok A+0x0", "alloc 1 A+0x0 0x1000 0x1000000 0x4");
}

TEST_F(model, WW_13_latched_marks)
{
	perform(self, "alloc 1 A+0x0 0x8000 0x203000 0x4");
	perform(self, "wr A+0x3000 1");
	perform(self, "prot A+0x0 0x6000 0x4");
	perform(self, "wr A+0x5000 1");
	perform(self, "free A+0x0 0x8000 0x4000");
	EXPECT_ANSWER("ok n=1 g=1000 A+0x3000", "ww A+0x0 0x8000 0 9");
	perform(self, "alloc 1 A+0x0 0x8000 0x1000 0x4");
	EXPECT_ANSWER("ok n=1 g=1000 A+0x3000", "ww A+0x0 0x8000 1 9");
	EXPECT_ANSWER("ok n=0 g=1000", "ww A+0x0 0x8000 0 9");
	/* What was reset is an ordinary page again. */
	perform(self, "wr A+0x3000 1");
	perform(self, "free A+0x3000 0x1000 0x4000");
	EXPECT_ANSWER("ok n=0 g=1000", "ww A+0x0 0x8000 0 9");
}

TEST_F(model, WW_14_WW_15_kernel_and_copies_mark)
{
	perform(self, "alloc 1 A+0x0 0x4000 0x203000 0x4");
	perform(self, "prot A+0x2000 0x1000 0x2");
	EXPECT_ANSWER("n=1001", "kwr A+0xfff 0x2000 0x5a");
	EXPECT_ANSWER("ok n=2 g=1000 A+0x0 A+0x1000", "ww A+0x0 0x4000 1 9");
	EXPECT_ANSWER("v=5a", "rd A+0x1fff");
	EXPECT_ANSWER("ok n=1", "wpm A+0x3000 1 7");
	EXPECT_ANSWER("ok n=1 g=1000 A+0x3000", "ww A+0x0 0x4000 1 9");
}

TEST_F(model, VL_11_quota_follows_the_minimum)
{
	perform(self, "alloc 1 A+0x0 0x80000 0x3000 0x4");
	EXPECT_ANSWER("ok", "wsset 0x5c000 0x100000");
	EXPECT_ANSWER("FAIL err=1453 st=c00000a1", "lock A+0x0 0x55000");
	EXPECT_ANSWER("ok", "lock A+0x0 0x54000");
	EXPECT_ANSWER("ok", "wsset 0x1000 0x100000");
	EXPECT_ANSWER("FAIL err=1453 st=c00000a1", "lock A+0x60000 0x1000");
	perform(self, "unlock A+0x0 0x54000");
	EXPECT_ANSWER("ok", "lock A+0x0 0xc000");
	EXPECT_ANSWER("FAIL err=1453 st=c00000a1", "lock A+0xc000 0x1000");
}

TEST_F(model, WS_2_WS_4_WS_6_limits)
{
	EXPECT_ANSWER("ok min=32000 max=159000 flags=a", "wsget");
	EXPECT_ANSWER("FAIL err=87 st={c000004c|*}", "wsset 0x2000 0x1000");
	EXPECT_ANSWER("FAIL err=87 st={c000004c|*}", "wsset 0x1000 0xc000");
	EXPECT_ANSWER("FAIL err=87 st={c000000d|*}", "wsset 0 0x100000");
	EXPECT_ANSWER("FAIL err=87 st={c000000d|*}", "wsset 0x32000 0x159000 3");
	EXPECT_ANSWER("FAIL err=87 st={c000000d|*}", "wsset 0x32000 0x159000 16");
	EXPECT_ANSWER("ok", "wsset 0x1000 0x100000 5");
	EXPECT_ANSWER("ok min=14000 max=100000 flags=5", "wsget");
	perform(self, "wsset 0 0 0xa");
	EXPECT_ANSWER("ok min=14000 max=100000 flags=5", "wsget");
}

TEST_F(model, WS_10_WS_12_WS_14_valid_pages)
{
	perform(self, "alloc 1 A+0x0 0x4000 0x2000 0x4");
	perform(self, "alloc 1 A+0x0 0x3000 0x1000 0x4");
	perform(self, "rd A+0x0");
	perform(self, "wr A+0x1000 1");
	EXPECT_ANSWER("ok v:4 v:4 - - -", "wsex A+0x0 5");
	perform(self, "prot A+0x1000 0x1000 0x1");
	perform(self, "prot A+0x1000 0x1000 0x4");
	EXPECT_ANSWER("ok v:4 - -", "wsex A+0xfff 3");
	perform(self, "rd A+0x1000");
	EXPECT_ANSWER("ok v:4 v:4", "wsx A+0x0 2");
}

TEST_F(model, WS_3_WS_18_locked_pages_stay)
{
	perform(self, "alloc 1 A+0x0 0x4000 0x3000 0x4");
	perform(self, "fill A+0x0 0x4000 1");
	EXPECT_ANSWER("ok", "lock A+0x1000 0x1000");
	EXPECT_ANSWER("FAIL err=158 st=c000002a", "unlock A+0x0 0x2000");
	EXPECT_ANSWER("ok - l:4 v:4 v:4", "wsex A+0x0 4");
	EXPECT_ANSWER("ok", "wsempty");
	EXPECT_ANSWER("ok - l:4 - -", "wsex A+0x0 4");
	EXPECT_ANSWER("v=01", "rd A+0x2000");
}

TEST_F(model, VL_13_locked_pages_are_there_after_a_protection_that_lets_them_be_read)
{
	perform(self, "alloc 1 A+0x0 0x4000 0x3000 0x4");
	EXPECT_ANSWER("ok", "lock A+0x0 0x2000");
	perform(self, "prot A+0x0 0x4000 0x1");
	EXPECT_ANSWER("ok {l:1|-} {l:1|-} - -", "wsex A+0x0 4");
	perform(self, "prot A+0x0 0x4000 0x20");
	EXPECT_ANSWER("ok l:20 l:20 - -", "wsex A+0x0 4");
}

TEST_F(model, VL_6_pages_read_in_vain_are_open)
{
	perform(self, "alloc 1 A+0x0 0x4000 0x2000 0x4");
	perform(self, "alloc 1 A+0x0 0x1000 0x1000 0x4");
	perform(self, "lock A+0x0 0x2000");
	EXPECT_ANSWER("ok {v:4|-}", "wsex A+0x0 1");
	/* The system says which, and that is how it is. */
	self->script.heard = "ok -\n";
	perform(self, "wsex A+0x0 1");
	EXPECT_ANSWER("ok -", "wsex A+0x0 1");
}

TEST_F(model, WS_6_hard_maximum_leaves_it_open)
{
	perform(self, "alloc 1 A+0x0 0x20000 0x3000 0x4");
	perform(self, "wsset 0x14000 0x14000 4");
	perform(self, "fill A+0x0 0x14000 1");
	EXPECT_ANSWER("ok v:4", "wsex A+0x0 1");
	perform(self, "wr A+0x14000 1");
	EXPECT_ANSWER("ok {v:4|-}", "wsex A+0x0 1");
}

TEST_F(model, OF_2_OF_3_offer_and_reclaim)
{
	perform(self, "alloc 1 A+0x0 0x4000 0x3000 0x4");
	perform(self, "fill A+0x0 0x4000 0x5a");
	perform(self, "lock A+0x1000 0x1000");
	EXPECT_ANSWER("r=0", "offer A+0x1000 0x2000 1");
	EXPECT_ANSWER("rd exc=c0000005 n=2 i0=0 i1=A+0x1000", "rd A+0x1000");
	EXPECT_ANSWER("ok v:4 - - v:4", "wsex A+0x0 4");
	EXPECT_ANSWER("FAIL err=158 st=c000002a", "unlock A+0x1000 0x1000");
	EXPECT_EQ(0x4000, model_charge(&self->script.space[0]).commit_bytes);
	EXPECT_ANSWER("r=0", "reclaim A+0x0 0x4000");
	EXPECT_ANSWER("v=5a", "rd A+0x1000");
	EXPECT_ANSWER("r=87", "offer A+0x0 0x800 1");
	EXPECT_ANSWER("r=87", "offer A+0x0 0x1000 5");
	EXPECT_ANSWER("r={487|87}", "offer A+0x3000 0x2000 1");
}

TEST_F(model, OF_4_discard)
{
	perform(self, "alloc 1 A+0x0 0x2000 0x203000 0x4");
	perform(self, "fill A+0x0 0x2000 0x5a");
	EXPECT_ANSWER("r=0", "discard A+0x1000 0x1000");
	EXPECT_ANSWER("ok v:4 -", "wsex A+0x0 2");
	EXPECT_ANSWER("v=00", "rd A+0x1000");
	perform(self, "prot A+0x1000 0x1000 0x2");
	EXPECT_ANSWER("r=87", "discard A+0x0 0x2000");
	EXPECT_ANSWER("v=5a", "rd A+0x0");
}

TEST_F(model, PF_2_PF_4_PF_6_prefetch)
{
	perform(self, "alloc 1 A+0x0 0x2000 0x3000 0x4");
	EXPECT_ANSWER("ok", "prefetch 2 0 A+0x0 0x2000 null 1");
	EXPECT_ANSWER("ok - -", "wsex A+0x0 2");
	EXPECT_ANSWER("FAIL err=87 st=c00000f1", "prefetch 0 0 null 0 null 0");
	EXPECT_ANSWER("FAIL err=87 st=c00000f2", "prefetch 1 0 A+0x0 0 null 0");
}

TEST_F(model, RW_2_RW_4_RW_5_copies)
{
	perform(self, "target child");
	perform(self, "alloc 1 A+0x0 0x4000 0x2000 0x4");
	perform(self, "alloc 1 A+0x0 0x3000 0x1000 0x4");
	EXPECT_ANSWER("n=800 FAIL err=299 st=8000000d", "wpm A+0x2800 0x1000 1");
	EXPECT_ANSWER("n=0 sum=00000000 FAIL err=299 st=8000000d", "rpm A+0x3000 1");
	EXPECT_ANSWER("ok n=1 sum=00000001", "rpm A+0x2fff 1");
	perform(self, "prot A+0x1000 0x1000 0x2");
	EXPECT_ANSWER("n=- FAIL err=998 st=c0000005", "wpm A+0x1000 1 1");
	perform(self, "prot A+0x1000 0x1000 0x10");
	EXPECT_ANSWER("ok n=3000", "wpm A+0x0 0x3000 0x11");
	perform(self, "prot A+0x1000 0x1000 0x104");
	EXPECT_ANSWER("n=1000 FAIL err=299 st=8000000d", "wpm A+0x0 0x3000 0x12");
	EXPECT_ANSWER("ok n=3000", "wpm A+0x0 0x3000 0x12");
}

TEST_F(model, RW_4_what_a_guard_over_code_does_is_open)
{
	perform(self, "alloc 1 A+0x0 0x2000 0x3000 0x120");
	self->script.heard = "ok n=1000\n";
	EXPECT_ANSWER("ok n=1000", "wpm A+0x0 0x1000 1");
	self->script.heard = NULL;
	EXPECT_ANSWER("n=0 FAIL err=299 st=8000000d", "wpm A+0x1000 0x1000 1");
}

TEST_F(model, PH_9_PH_13_split_and_coalesce)
{
	EXPECT_ANSWER("ok A+0x0", "alloc2 1 A+0x0 0x10000 0x42000 0x1");
	EXPECT_ANSWER("FAIL err=487 st=c0000018", "free A+0x0 0x10000 0x8002");
	EXPECT_ANSWER("ok", "free A+0x4000 0x4000 0x8002");
	EXPECT_ANSWER("b=A+0x4000 ab=A+0x4000 ap=1 rs=4000 st=2000 p=0 t=20000", "query A+0x4000");
	EXPECT_ANSWER("FAIL err=87 st=c000001a", "free A+0x0 0x8000 0x4000");
	EXPECT_ANSWER("FAIL err=487 st=c0000018", "free A+0x0 0x9000 0x8001");
	EXPECT_ANSWER("ok", "free A+0x0 0x10000 0x8001");
	EXPECT_ANSWER("ok A+0x0", "alloc2 1 A+0x0 0x10000 0x7000 0x4");
	EXPECT_ANSWER("ok", "free A+0x0 0x10000 0x8002");
	EXPECT_ANSWER("b=A+0x0 ab=A+0x0 ap=1 rs=10000 st=2000 p=0 t=20000", "query A+0x0");
}

TEST(patterns_fit_either_choice)
{
	EXPECT_TRUE(model_answer_fits("v={ab|00}\n", "v=ab\n"));
	EXPECT_TRUE(model_answer_fits("v={ab|00}\n", "v=00\n"));
	EXPECT_FALSE(model_answer_fits("v={ab|00}\n", "v=ac\n"));
	EXPECT_FALSE(model_answer_fits("v={ab|00}\n", "v=ab"));
	EXPECT_TRUE(model_answer_fits("sum={1|*} faults=0", "sum=77 faults=0"));
	EXPECT_FALSE(model_answer_fits("sum={1|*} faults=0", "sum=7 7 faults=0"));
	EXPECT_FALSE(model_answer_fits("ok", "ok A"));
}

TEST_F(model, SE_16_order_of_checks)
{
	perform(self, "nsec 1 0x10000 0x2 0x8000000 0x4");
	perform(self, "alloc 0 A+0x0 0x1000 0x2000 0x4");
	EXPECT_ANSWER("st=c00000f2 a=A+0x1000 s=0", "nmap 2 1 A+0x1000 22 0 1 0 0 0x4");
	EXPECT_ANSWER("st=c0000022 a=A+0x1000 s=0", "nmap 2 1 A+0x1000 0 0 1 0 0 0x4");
	EXPECT_ANSWER("st=c0000220 a=A+0x0 s=20000", "nmap 2 1 A+0x0 0 0 1 0x20000 0 0x2");
	EXPECT_ANSWER("st=c0000220 a=A+0x1000 s=20000", "nmap 2 1 A+0x1000 0 0 0 0x20000 0 0x2");
	EXPECT_ANSWER("st=c000001f a=A+0x0 s=20000", "nmap 2 1 A+0x0 0 0 0 0x20000 0 0x2");
	EXPECT_ANSWER("st=c0000018 a=A+0x0 s=0", "nmap 2 1 A+0x0 0 0 0 0 0 0x2");
	EXPECT_ANSWER("st=c0000008 a=A+0x0 s=0", "nmap 2 7 A+0x0 0 0 1 0 0 0x2");
}

TEST_F(model, SE_26_committed_through_any_view)
{
	perform(self, "sec 1 0x4000 0x4000004");
	perform(self, "map 0 1 0x2 0 0 A+0x0");
	perform(self, "map 0 1 0x4 0 0 A+0x10000");
	EXPECT_EQ(0u, model_system_commit(&self->script));
	EXPECT_ANSWER("ok A+0x11000", "alloc 63 A+0x11000 0x1000 0x1000 0x2");
	EXPECT_ANSWER("b=A+0x1000 ab=A+0x0 ap=4 rs=1000 st=1000 p=4 t=40000", "query A+0x1000");
	EXPECT_EQ(0x1000u, model_system_commit(&self->script));
	EXPECT_EQ(0u, model_charge(&self->script.space[0]).commit_bytes);
	perform(self, "close 1");
	perform(self, "unmap A+0x0");
	EXPECT_EQ(0x1000u, model_system_commit(&self->script));
	perform(self, "unmap A+0x10000");
	EXPECT_EQ(0u, model_system_commit(&self->script));
}

TEST_F(model, SE_31_VQ_11_copy_on_write)
{
	perform(self, "sec 1 0x2000 0x4");
	perform(self, "map 0 1 0x2 0 0 A+0x0");
	perform(self, "map 0 1 0x1 0 0 A+0x10000");
	EXPECT_EQ(0x2000u, model_charge(&self->script.space[0]).commit_bytes); /* CC-4 */
	perform(self, "wr A+0x0 0x11");
	EXPECT_ANSWER("v=11", "rd A+0x10000");
	EXPECT_ANSWER("ok", "wr A+0x10001 0x12");
	EXPECT_ANSWER("v=11", "rd A+0x10000");
	perform(self, "wr A+0x0 0x13");
	EXPECT_ANSWER("v=11", "rd A+0x10000");
	EXPECT_ANSWER("v=00", "rd A+0x1");
	EXPECT_ANSWER("b=A+0x10000 ab=A+0x10000 ap=8 rs=1000 st=1000 p=4 t=40000",
		      "query A+0x10000");
	EXPECT_ANSWER("FAIL err=87 st=c000004e", "prot A+0x10000 0x1000 0x4");
	EXPECT_ANSWER("ok old=4", "prot A+0x10000 0x1000 0x8"); /* VP-18 */
	EXPECT_ANSWER("b=A+0x10000 ab=A+0x10000 ap=8 rs=1000 st=1000 p=4 t=40000",
		      "query A+0x10000");
	EXPECT_EQ(0x2000u, model_charge(&self->script.space[0]).commit_bytes);
	/* VP-21 */
	perform(self, "prot A+0x1000 0x1000 0x8");
	EXPECT_EQ(0x3000u, model_charge(&self->script.space[0]).commit_bytes);
	perform(self, "prot A+0x1000 0x1000 0x4");
	EXPECT_EQ(0x2000u, model_charge(&self->script.space[0]).commit_bytes);
}

TEST_F(model, PH_17_PH_18_views_in_placeholders)
{
	perform(self, "sec 1 0x10000 0x4");
	perform(self, "alloc2 0 A+0x0 0x10000 0x42000 0x1");
	perform(self, "nfree A+0x3000 0x2000 0x8002");
	EXPECT_ANSWER("FAIL err=487 st=c0000018", "map3 2 1 A+0x3000 0 0x1000 0x4000 0x4");
	EXPECT_ANSWER("FAIL err=1132 st=c0000220", "map3 2 1 A+0x3000 0x800 0x2000 0x4000 0x4");
	EXPECT_ANSWER("ok A+0x3000", "map3 2 1 A+0x3000 0x7000 0x2000 0x4000 0x4");
	EXPECT_ANSWER("st=c000001b a=A+0x3000 s=0", "nfree A+0x3000 0 0x8000");
	EXPECT_ANSWER("ok", "unmap2 A+0x4fff 2");
	EXPECT_ANSWER("b=A+0x3000 ab=A+0x3000 ap=1 rs=2000 st=2000 p=0 t=20000", "query A+0x3000");
	EXPECT_ANSWER("FAIL err=487 st=c0000019", "unmap2 A+0x3000 2");
	EXPECT_ANSWER("st=00000000 a=A+0x0 s=10000", "nfree A+0x0 0x10000 0x8001");
}

TEST_HARNESS_MAIN
