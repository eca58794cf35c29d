// SPDX-License-Identifier: GPL-2.0
#include "script.h"

#include <string.h>

#define LINE_BYTES 1024

static void reserve_fence(struct model_script *script, uint64_t base)
{
	struct model_allocate fence = {
		.base = base,
		.bytes = MODEL_FENCE_BYTES,
		.type = TYPE_RESERVE,
		.protect = NOACCESS,
	};

	model_allocate(script->space_now, &fence);
}

static void reserve_fences(struct model_script *script)
{
	reserve_fence(script, MODEL_ARENA_BASE - MODEL_FENCE_BYTES);
	reserve_fence(script, MODEL_ARENA_BASE + MODEL_ARENA_BYTES);
}

void model_script_begin(struct model_script *script, FILE *out, model_choose *choose, void *context)
{
	*script = (struct model_script){ .out = out, .space_now = &script->space[0] };
	for (int i = 0; i < 2; i++) {
		script->space[i].choose = choose;
		script->space[i].context = context;
		script->space[i].limits = MODEL_DEFAULT_LIMITS;
	}
	reserve_fences(script);
}

void model_script_end(struct model_script *script)
{
	model_space_empty(&script->space[0]);
	model_space_empty(&script->space[1]);
	model_close_sections(script);
}

/* Any word but "child" means the process itself. */
static void choose_target(struct model_script *script, char **word)
{
	script->space_now = &script->space[!strcmp(word[0], "child")];
	if (model_script_on_child(script) && !script->child_lives) {
		script->child_lives = true;
		reserve_fences(script);
	}
	fprintf(script->out, "ok\n");
}

static const struct operation {
	const char *name;
	int words;
	model_operation *run;
} operations[] = {
	{ "alloc", 5, model_op_alloc },
	{ "alloc2", 5, model_op_alloc2 },
	{ "alloc2r", 8, model_op_alloc2r },
	{ "nalloc", 6, model_op_nalloc },
	{ "free", 3, model_op_free },
	{ "nfree", 3, model_op_nfree },
	{ "prot", 3, model_op_prot },
	{ "protnull", 3, model_op_protnull },
	{ "nprot", 3, model_op_nprot },
	{ "query", 1, model_op_query },
	{ "walk", 0, model_op_walk },
	{ "lock", 2, model_op_lock },
	{ "unlock", 2, model_op_unlock },
	{ "nlock", 3, model_op_nlock },
	{ "nunlock", 3, model_op_nunlock },
	{ "ww", 4, model_op_ww },
	{ "rww", 2, model_op_rww },
	{ "wsx", 2, model_op_wsx },
	{ "wsex", 2, model_op_wsex },
	{ "wsset", 2, model_op_wsset },
	{ "wsset", 3, model_op_wssetex },
	{ "wsget", 0, model_op_wsget },
	{ "wsempty", 0, model_op_wsempty },
	{ "offer", 3, model_op_offer },
	{ "reclaim", 2, model_op_reclaim },
	{ "discard", 2, model_op_discard },
	{ "prefetch", 6, model_op_prefetch },
	{ "rpm", 2, model_op_rpm },
	{ "wpm", 3, model_op_wpm },
	{ "kwr", 3, model_op_kwr },
	{ "rd", 1, model_op_rd },
	{ "wr", 2, model_op_wr },
	{ "ex", 1, model_op_ex },
	{ "fill", 3, model_op_fill },
	{ "sum", 2, model_op_sum },
	{ "target", 1, choose_target },
	{ "sec", 3, model_op_sec },
	{ "nsec", 5, model_op_nsec },
	{ "close", 1, model_op_close },
	{ "qsec", 1, model_op_qsec },
	{ "map", 6, model_op_map },
	{ "map2", 7, model_op_map2 },
	{ "map3", 7, model_op_map3 },
	{ "nmap", 9, model_op_nmap },
	{ "unmap", 1, model_op_unmap },
	{ "unmap2", 2, model_op_unmap2 },
	{ "file", 2, model_op_file },
	{ "fsec", 4, model_op_fsec },
	{ "frd", 2, model_op_frd },
	{ "fwr", 3, model_op_fwr },
	{ "flush", 2, model_op_flush },
};

static int split(char *line, char **word)
{
	char *rest = line;
	int count = 0;

	while (count < MODEL_WORDS && (word[count] = strtok_r(rest, " \t", &rest)))
		count++;
	return count;
}

void model_script_perform(struct model_script *script, const char *line)
{
	char copy[LINE_BYTES];
	char *word[MODEL_WORDS];
	int count;

	snprintf(copy, sizeof(copy), "%s", line);
	count = split(copy, word);
	script->space[0].wrong = script->space[1].wrong = NULL;
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (count && !strcmp(operations[i].name, word[0]) &&
		    operations[i].words == count - 1) {
			operations[i].run(script, word + 1);
			model_keep_maximum(&script->space[0]);
			model_keep_maximum(&script->space[1]);
			return;
		}
	fprintf(script->out, "bad op\n");
}
