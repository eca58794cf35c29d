/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The script language of the conformance tests, answered by the model.
 *
 * Where the rules leave the answer open, what is printed is a pattern:
 * "{a|b}" stands for either, "*" among them for any run without spaces. The
 * first is what the model itself goes on with, unless it heard another.
 */
#ifndef MODEL_SCRIPT_H
#define MODEL_SCRIPT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "space.h"

#define MODEL_ARENA_BASE  UINT64_C(0x200000000000)
#define MODEL_ARENA_BYTES UINT64_C(0x400000)
#define MODEL_FENCE_BYTES UINT64_C(0x10000)
#define MODEL_SLOTS	  64
#define MODEL_SECTIONS	  16
#define MODEL_FILES	  4
#define MODEL_WORDS	  16

struct model_slot {
	uint64_t base;
	uint64_t bytes;
};

struct model_handle {
	struct model_section *section;
	uint32_t rights;
};

/*
 * @space: of the process itself and of its child
 * @space_now: the one that operations act on
 * @child_lives: the child's fences are there
 * @heard: what the system answered, if there is one; where the answer is open
 *	and matters later, the model goes on with that
 * @holding: number of the slot that the operation under way will fill
 * @out: where answers go
 */
struct model_script {
	struct model_space space[2];
	struct model_space *space_now;
	bool child_lives;
	struct model_slot slot[MODEL_SLOTS];
	struct model_handle section[MODEL_SECTIONS];
	struct model_file *file[MODEL_FILES];
	unsigned int holding;
	const char *heard;
	FILE *out;
};

void model_script_begin(struct model_script *script, FILE *out, model_choose *choose,
			void *context);
void model_script_end(struct model_script *script);

static inline bool model_script_on_child(const struct model_script *script)
{
	return script->space_now == &script->space[1];
}

/* Answers one line of a script; prints nothing but the answer. */
void model_script_perform(struct model_script *script, const char *line);

/* Does an answer fit a pattern? */
bool model_answer_fits(const char *pattern, const char *answer);

/* slot.c */
uint64_t model_address(const struct model_script *script, const char *text);
const char *model_name(const struct model_script *script, uint64_t address);
void model_hold(struct model_script *script, uint64_t number, uint64_t base);

static inline unsigned int model_slot_number(uint64_t number)
{
	return (unsigned int)(number % MODEL_SLOTS);
}

/* status.c: Win32's error for a status (SPEC 0.1) */
uint32_t model_error(uint32_t status);

/* An operation's words follow its name. calls.c, residency.c, sections.c, touches.c, copies.c. */
typedef void model_operation(struct model_script *script, char **word);

model_operation model_op_alloc, model_op_alloc2, model_op_alloc2r, model_op_nalloc;
model_operation model_op_free, model_op_nfree, model_op_prot, model_op_protnull, model_op_nprot;
model_operation model_op_query, model_op_walk;
model_operation model_op_lock, model_op_unlock, model_op_nlock, model_op_nunlock;
model_operation model_op_ww, model_op_rww;
model_operation model_op_wsx, model_op_wsex, model_op_wsset, model_op_wssetex, model_op_wsget;
model_operation model_op_wsempty, model_op_offer, model_op_reclaim, model_op_discard;
model_operation model_op_prefetch, model_op_rpm, model_op_wpm, model_op_kwr;
model_operation model_op_rd, model_op_wr, model_op_ex, model_op_fill, model_op_sum;

model_operation model_op_sec, model_op_nsec, model_op_close, model_op_qsec;
model_operation model_op_map, model_op_map2, model_op_map3, model_op_nmap;
model_operation model_op_unmap, model_op_unmap2;
model_operation model_op_file, model_op_fsec, model_op_frd, model_op_fwr, model_op_flush;

/* sections.c: those that are open */
void model_close_sections(struct model_script *script);

/* What the system is charged for both processes and all sections, in bytes (CC-3). */
uint64_t model_system_commit(const struct model_script *script);

/* "FAIL err=... st=...", and the end of the line. */
void model_print_failure(struct model_script *script, uint32_t status);

/* "ok", or the failure. */
void model_print_success(struct model_script *script, uint32_t status);

/* Status, base and size as an Nt call gives them. */
void model_print_line(struct model_script *script, uint32_t status, uint64_t base, uint64_t bytes);

uint64_t model_number(const char *text);

/* What comes of a piece of a WriteProcessMemory (SPEC RW-2, RW-4, RW-5). */
enum model_outcome {
	OUTCOME_WRITTEN,
	OUTCOME_REFUSED,
	OUTCOME_READ_ONLY,
	OUTCOME_REFUSED_SOMEHOW, /* as either of the two */
	OUTCOME_OPEN, /* refused, or written when tried again */
};

/* Writes @bytes within one page. @again: what was open is to be written. */
enum model_outcome model_write_piece(struct model_space *space, uint64_t address, uint64_t bytes,
				     uint8_t value, bool again);

#endif
