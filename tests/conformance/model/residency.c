// SPDX-License-Identifier: GPL-2.0
/* Operations on the working set, and on what is offered, in the words of the replayer. */
#include <inttypes.h>
#include <string.h>

#include "script.h"

#define SHOWN_PAGES    64
#define MAXIMUM_RANGES 2

/* The word of the heard answer that tells of the page number @index, or NULL. */
static const char *heard_word(const struct model_script *script, uint64_t index)
{
	const char *at = script->heard;

	for (uint64_t i = 0; at && i <= index; i++) {
		at = strchr(at, ' ');
		at += at ? 1 : 0;
	}
	return at;
}

/* What the rules leave open is from now on what the system says it is. */
static void learn(const struct model_script *script, struct model_page *page, uint64_t index)
{
	const char *word = heard_word(script, index);

	if (word && page->protect != NOACCESS && !(page->protect & GUARD))
		page->presence = *word == '-' ? PRESENCE_OUT : PRESENCE_IN;
}

/*
 * Pages of a section come and go with what happens to them in other views; only
 * who may not read one has it not (WS-12).
 */
static enum model_presence presence_in_view(const struct model_page *page)
{
	bool readable = page->protect != NOACCESS && !(page->protect & GUARD);

	return readable || page->locked ? PRESENCE_OPEN : PRESENCE_OUT;
}

/* WS-10 to WS-15, WS-18; WS-9: AWE windows are never in the set. */
static void print_page(struct model_script *script, uint64_t address, uint64_t index, bool locks)
{
	const struct model_allocation *allocation = model_find(script->space_now, address);
	struct model_page *page = model_page_at(script->space_now, address);
	char kind = locks && page && page->locked ? 'l' : 'v';
	const char *owner = "";
	uint32_t shown;

	if (allocation && allocation->kind == KIND_VIEW && model_committed(page)) {
		page->presence = presence_in_view(page);
		owner = page->shared ? "s" : "o"; /* WS-18 */
	}
	if (!page || !model_committed(page) || page->presence == PRESENCE_OUT) {
		fprintf(script->out, " -%s", owner);
		return;
	}
	shown = model_shown(allocation, page);
	if (page->presence == PRESENCE_IN) {
		fprintf(script->out, " %c:%" PRIx32 "%s", kind, shown, owner);
		return;
	}
	fprintf(script->out, " {%c:%" PRIx32 "|-}%s", kind, shown, owner);
	learn(script, page, index);
}

static void print_pages(struct model_script *script, uint64_t address, uint64_t count, bool locks)
{
	if (!count) {
		model_print_failure(script, INFO_LENGTH_MISMATCH); /* WS-16 */
		return;
	}
	fprintf(script->out, "ok");
	for (uint64_t i = 0; i < count && i < SHOWN_PAGES; i++)
		print_page(script, address + i * PAGE_BYTES, i, locks);
	fprintf(script->out, "\n");
}

void model_op_wsx(struct model_script *script, char **word)
{
	print_pages(script, model_address(script, word[0]), model_number(word[1]), false);
}

void model_op_wsex(struct model_script *script, char **word)
{
	print_pages(script, model_address(script, word[0]), model_number(word[1]), true);
}

/* Which of the two statuses that give 87 is nobody's contract. */
static void print_limits_failure(struct model_script *script, uint32_t status)
{
	fprintf(script->out, "FAIL err=%" PRIu32 " st={%08" PRIx32 "|*}\n", model_error(status),
		status);
}

static void set_limits(struct model_script *script, char **word, uint32_t flags)
{
	uint64_t minimum = model_number(word[0]), maximum = model_number(word[1]);
	uint32_t status = model_set_limits(script->space_now, minimum, maximum, flags);

	if (status)
		print_limits_failure(script, status);
	else if (!minimum)
		fprintf(script->out,
			"{ok|FAIL err=87 st=c000000d|FAIL err=87 st=c000004c}\n"); /* WS-4 */
	else
		fprintf(script->out, "ok\n");
}

void model_op_wsset(struct model_script *script, char **word)
{
	set_limits(script, word, 0);
}

void model_op_wssetex(struct model_script *script, char **word)
{
	set_limits(script, word, (uint32_t)model_number(word[2]));
}

/* WS-7 */
void model_op_wsget(struct model_script *script, char **word)
{
	const struct model_limits *limits = &script->space_now->limits;
	uint32_t flags = limits->hard & HARD_MINIMUM ? HARD_MINIMUM : SOFT_MINIMUM;

	(void)word;
	flags |= limits->hard & HARD_MAXIMUM ? HARD_MAXIMUM : SOFT_MAXIMUM;
	fprintf(script->out, "ok min=%" PRIx64 " max=%" PRIx64 " flags=%" PRIx32 "\n",
		limits->minimum * PAGE_BYTES, limits->maximum * PAGE_BYTES, flags);
}

void model_op_wsempty(struct model_script *script, char **word)
{
	(void)word;
	model_empty(script->space_now);
	fprintf(script->out, "ok\n");
}

/* OF-5: which error it is for memory that cannot be offered is uncertain. */
static void print_error(struct model_script *script, uint32_t error)
{
	if (error == BAD_ADDRESS)
		fprintf(script->out, "r={487|87}\n");
	else
		fprintf(script->out, "r=%" PRIu32 "\n", error);
}

/* These three have no handle: always the process itself. */
void model_op_offer(struct model_script *script, char **word)
{
	print_error(script, model_offer(&script->space[0], model_address(script, word[0]),
					model_number(word[1]), (uint32_t)model_number(word[2])));
}

void model_op_reclaim(struct model_script *script, char **word)
{
	print_error(script, model_reclaim(&script->space[0], model_address(script, word[0]),
					  model_number(word[1])));
}

void model_op_discard(struct model_script *script, char **word)
{
	print_error(script, model_discard(&script->space[0], model_address(script, word[0]),
					  model_number(word[1])));
}

/* PF-1, PF-2, PF-4, PF-6: nothing else comes of it. */
void model_op_prefetch(struct model_script *script, char **word)
{
	uint64_t count = model_number(word[0]);
	uint32_t status = count ? SUCCESS : INVALID_PARAMETER_3;

	if (count > MAXIMUM_RANGES)
		count = MAXIMUM_RANGES;
	if (model_number(word[1])) {
		/* Which status it is nobody says. */
		fprintf(script->out, "FAIL err=87 st={%08" PRIx32 "|*}\n", INVALID_PARAMETER_5);
		return;
	}
	for (uint64_t i = 0; i < count && !status; i++)
		if (!model_number(word[3 + 2 * i]))
			status = INVALID_PARAMETER_4;
	if (status)
		model_print_failure(script, status);
	else
		fprintf(script->out, "ok\n");
}
