// SPDX-License-Identifier: GPL-2.0
/* Thread stacks: the arithmetic of growth (SPEC ST-3, ST-6, ST-8, ST-10, ST-11). */
#include "stack.h"

#define WINVM_STACK_PAGE	4096ULL
#define WINVM_STACK_SHIFT	12

bool winvm_stack_holds(const struct winvm_stack *stack, u64 address)
{
	return address >= stack->deallocation && address < stack->base;
}

u64 winvm_stack_run(u32 guarantee)
{
	u64 pages = ALIGN((u64)guarantee, WINVM_STACK_PAGE) / WINVM_STACK_PAGE;

	return max(pages + 1, (u64)WINVM_STACK_RUN_LEAST);
}

/* The page behind the stack, or behind the allocation if that ends before. */
static u64 winvm_stack_end(const struct winvm_stack *stack, struct winvm_span memory)
{
	u64 end = ((stack->base - 1) >> WINVM_STACK_SHIFT) + 1;

	return min(end, winvm_span_last(memory) + 1);
}

/*
 * StackLimit may be anything, also below the page touched (SPEC ST-8): that
 * page loses its guard in any case.
 */
static struct winvm_span winvm_stack_touched(const struct winvm_stack *stack, u64 vpn, u64 end)
{
	u64 limit = min(stack->limit >> WINVM_STACK_SHIFT, end);

	return (struct winvm_span){ vpn, limit > vpn ? limit - vpn : 1 };
}

void winvm_stack_plan(const struct winvm_stack *stack, u64 vpn, struct winvm_span memory,
		      struct winvm_stack_plan *plan)
{
	u64 lowest = max(stack->deallocation >> WINVM_STACK_SHIFT, memory.vpn);
	u64 run = winvm_stack_run(stack->guarantee);
	u64 free = vpn > lowest ? vpn - lowest - 1 : 0;

	plan->room = run <= free;
	plan->touched = winvm_stack_touched(stack, vpn, winvm_stack_end(stack, memory));
	plan->below.pages = plan->room ? run : free;
	plan->below.vpn = vpn - plan->below.pages;
}
