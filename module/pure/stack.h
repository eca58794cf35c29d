/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Thread stacks: what becomes of one whose guard page is touched (SPEC ST).
 *
 *   DeallocationStack                  StackLimit            StackBase
 *   | lowest | reserved ... | guard run | committed ........ |
 *
 * The lowest page is never committed. A guard run is the guarantee and a page
 * more (SPEC ST-2, ST-11), so that an overflow leaves the guarantee to its handler.
 */
#ifndef WINVM_PURE_STACK_H
#define WINVM_PURE_STACK_H

#include "check.h"
#include "seam.h"

/* Pages of a guard run of a thread that asked for no guarantee: 2 and 1. */
#define WINVM_STACK_RUN_LEAST	3U

/**
 * struct winvm_stack - what a thread's TEB says
 * @base: StackBase, the first byte behind the stack
 * @limit: StackLimit, the lowest committed byte without guard
 * @deallocation: DeallocationStack, the lowest byte
 * @guarantee: GuaranteedStackBytes
 *
 * The program writes these words as it likes: nothing is taken for granted.
 */
struct winvm_stack {
	u64 base;
	u64 limit;
	u64 deallocation;
	u32 guarantee;
};

/**
 * struct winvm_stack_plan - what to do when a guard page is touched
 * @room: the next guard run has room; if not, the stack overflows (SPEC ST-10)
 * @touched: pages that lose their guard: from the page touched up to the old
 *	StackLimit (SPEC ST-3, ST-6)
 * @below: the next guard run, or if there is no room the pages that are left
 *	for the exception's handler; 0 pages if there are none
 */
struct winvm_stack_plan {
	bool room;
	struct winvm_span touched;
	struct winvm_span below;
};

/** winvm_stack_holds() - is the address one of the stack's? */
bool winvm_stack_holds(const struct winvm_stack *stack, u64 address);

/** winvm_stack_run() - pages of a guard run (SPEC ST-2, ST-11) */
u64 winvm_stack_run(u32 guarantee);

/**
 * winvm_stack_plan() - decide
 * @vpn: the page touched, one of the stack's and of @memory's
 * @memory: the allocation it lies in: no plan goes beyond
 */
void winvm_stack_plan(const struct winvm_stack *stack, u64 vpn, struct winvm_span memory,
		      struct winvm_stack_plan *plan);

#endif
