// SPDX-License-Identifier: MIT
/*
 * Try blocks: a chain for each thread, the innermost first.
 *
 * A block lies on the stack of the function that has it. Its filter is asked
 * where the exception happened, in the signal handler if it came by a signal;
 * nothing has been left then. To run the handler the registers become those of
 * the block's entry: a signal handler returns to them, so that the kernel
 * restores what else it saved. Several signal handlers may be left at once; so
 * the outermost's mask and alternate stack are kept in the block that was the
 * innermost when it was entered.
 *
 * No locks: a chain belongs to its thread. A signal handler that interrupts
 * the thread leaves the chain as it found it, or never returns.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

WINVM_STATIC_ASSERT(sizeof(((struct winvm_try *)0)->stack) == sizeof(stack_t), "it is one");

#define WINVM_MASK_BYTES      8
#define WINVM_FLAGS_DIRECTION 0x400u

static _Thread_local struct winvm_try *winvm_frames;

/* What winvm_try_enter() ends with. */
int winvm_frame_link(struct winvm_try *block)
{
	block->outer = winvm_frames;
	block->target = NULL;
	block->depth = winvm_vectored_depth();
	block->state = WINVM_TRY_LINKED;
	winvm_frames = block;
	return 0;
}

/* Those inside it that were left by a jump are forgotten as well. */
void winvm_try_leave(struct winvm_try *block)
{
	winvm_frames = block->outer;
	block->state = 0;
}

void winvm_try_misuse(void)
{
	dprintf(STDERR_FILENO, "winvm: a try with a finally block was left by a jump\n");
	abort();
}

/* A signal handler begins: gives the block that knows what it has interrupted. */
struct winvm_try *winvm_frame_note(const ucontext_t *machine)
{
	struct winvm_try *block = winvm_frames;

	if (!block || block->state & WINVM_TRY_SIGNAL)
		return NULL;
	memcpy(&block->mask, &machine->uc_sigmask, WINVM_MASK_BYTES);
	memcpy(block->stack, &machine->uc_stack, sizeof(block->stack));
	block->state |= WINVM_TRY_SIGNAL;
	return block;
}

/* It returns. The block may have been left. */
void winvm_frame_forget(struct winvm_try *noted)
{
	struct winvm_try *block = winvm_frames;

	while (block && block != noted)
		block = block->outer;
	if (block)
		block->state &= ~(DWORD)WINVM_TRY_SIGNAL;
}

/* Asks the filters; gives the block whose filter's answer is in *@answer, if not 0. */
struct winvm_try *winvm_frame_search(EXCEPTION_POINTERS *pointers, LONG *answer)
{
	struct winvm_try *block;

	*answer = EXCEPTION_CONTINUE_SEARCH;
	for (block = winvm_frames; block; block = block->outer) {
		if (block->filter)
			*answer = winvm_registers_ask(block->filter, pointers, block->argument);
		if (*answer != EXCEPTION_CONTINUE_SEARCH)
			break;
	}
	return block;
}

/* Where to go first on the way to @target: the innermost finally block. */
static struct winvm_try *winvm_frame_next(struct winvm_try *target)
{
	struct winvm_try *block = winvm_frames;

	while (block != target && block->filter)
		block = block->outer;
	return block;
}

/* The block that noted the outermost signal handler inside @block, or NULL. */
static struct winvm_try *winvm_frame_signal(const struct winvm_try *block)
{
	struct winvm_try *inner, *noted = NULL;

	for (inner = winvm_frames; inner != block->outer; inner = inner->outer)
		if (inner->state & WINVM_TRY_SIGNAL)
			noted = inner;
	return noted;
}

/* As if winvm_try_enter() returned again, with 1. */
static void winvm_frame_registers(const struct winvm_try *block, CONTEXT *context)
{
	context->Rbx = block->registers[0];
	context->Rbp = block->registers[1];
	context->R12 = block->registers[2];
	context->R13 = block->registers[3];
	context->R14 = block->registers[4];
	context->R15 = block->registers[5];
	context->Rsp = block->registers[6];
	context->Rip = block->registers[7];
	context->Rax = 1;
	context->EFlags &= ~WINVM_FLAGS_DIRECTION;
	context->ContextFlags |= CONTEXT_CONTROL | CONTEXT_INTEGER;
}

/* Without a signal to return from: registers.S goes by way of the next function. */
static void winvm_frame_detour(struct winvm_try *block, CONTEXT *context)
{
	context->Rbx = winvm_address(block);
	context->Rsp = block->registers[6] & ~UINT64_C(15);
	context->Rip = winvm_address(winvm_registers_settle);
}

/* On the stack of @block, from where no alternate stack is in use any more. */
void winvm_frame_settle(const struct winvm_try *block)
{
	int saved = errno;
	stack_t stack;

	memcpy(&stack, block->stack, sizeof(stack));
	sigaltstack(&stack, NULL);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &block->mask, NULL, WINVM_MASK_BYTES);
	errno = saved;
}

static void winvm_frame_signals(struct winvm_try *block, const struct winvm_try *noted,
				CONTEXT *context, ucontext_t *machine)
{
	block->mask = noted->mask;
	memmove(block->stack, noted->stack, sizeof(block->stack));
	if (!machine) {
		winvm_frame_detour(block, context);
		return;
	}
	memcpy(&machine->uc_sigmask, &block->mask, WINVM_MASK_BYTES);
	memcpy(&machine->uc_stack, block->stack, sizeof(block->stack));
}

/*
 * Changes @context to run the handler of @target, or a finally block on the
 * way to it. @machine: of the signal by which the exception came, NULL if it
 * was raised.
 */
void winvm_frame_leave(struct winvm_try *target, DWORD code, CONTEXT *context, ucontext_t *machine)
{
	struct winvm_try *block = winvm_frame_next(target);
	struct winvm_try *noted = winvm_frame_signal(block);

	winvm_frame_registers(block, context);
	if (noted)
		winvm_frame_signals(block, noted, context, machine);
	winvm_vectored_leave(block->depth);
	winvm_frames = block->outer;
	block->state = 0;
	block->code = code;
	if (block != target)
		block->target = target;
}

void winvm_try_unwind(struct winvm_try *block)
{
	CONTEXT context;

	RtlCaptureContext(&context);
	winvm_frame_leave(block->target, block->code, &context, NULL);
	winvm_registers_load(&context);
}
