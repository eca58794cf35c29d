// SPDX-License-Identifier: MIT
/*
 * CONTEXT and ucontext: one machine state in two layouts. Both keep the
 * floating point registers as FXSAVE writes them; the last 96 bytes are the
 * kernel's, which finds the rest of the state by them, and stay untouched.
 */

#include "internal.h"

#define WINVM_FXSAVE_BYTES offsetof(XSAVE_FORMAT, Reserved4)

/* What MXCSR may hold where the processor does not tell (MxCsr_Mask is 0). */
#define WINVM_MXCSR_DEFAULT_MASK 0xffbfu

/* CF, PF, AF, ZF, SF, TF, DF, OF, RF, AC; bit 1 and IF */
#define WINVM_FLAGS_MASK 0x50dd5u
#define WINVM_FLAGS_SET	 0x202u

struct winvm_register {
	size_t field;
	int index;
	DWORD class;
};

#define WINVM_REGISTER(field, index, class)                       \
	{                                                         \
		offsetof(CONTEXT, field), index, CONTEXT_##class, \
	}

static const struct winvm_register winvm_registers[] = {
	WINVM_REGISTER(Rax, REG_RAX, INTEGER), WINVM_REGISTER(Rcx, REG_RCX, INTEGER),
	WINVM_REGISTER(Rdx, REG_RDX, INTEGER), WINVM_REGISTER(Rbx, REG_RBX, INTEGER),
	WINVM_REGISTER(Rbp, REG_RBP, INTEGER), WINVM_REGISTER(Rsi, REG_RSI, INTEGER),
	WINVM_REGISTER(Rdi, REG_RDI, INTEGER), WINVM_REGISTER(R8, REG_R8, INTEGER),
	WINVM_REGISTER(R9, REG_R9, INTEGER),   WINVM_REGISTER(R10, REG_R10, INTEGER),
	WINVM_REGISTER(R11, REG_R11, INTEGER), WINVM_REGISTER(R12, REG_R12, INTEGER),
	WINVM_REGISTER(R13, REG_R13, INTEGER), WINVM_REGISTER(R14, REG_R14, INTEGER),
	WINVM_REGISTER(R15, REG_R15, INTEGER), WINVM_REGISTER(Rsp, REG_RSP, CONTROL),
	WINVM_REGISTER(Rip, REG_RIP, CONTROL),
};

#define WINVM_REGISTERS (sizeof(winvm_registers) / sizeof(winvm_registers[0]))

static bool winvm_context_has(const CONTEXT *context, DWORD class)
{
	return (context->ContextFlags & class) == class;
}

void winvm_context_save(const ucontext_t *machine, CONTEXT *context)
{
	const greg_t *gregs = machine->uc_mcontext.gregs;
	uint64_t segments = (uint64_t)gregs[REG_CSGSFS];

	memset(context, 0, sizeof(*context));
	context->ContextFlags = CONTEXT_FULL | CONTEXT_SEGMENTS;
#pragma GCC unroll 17
	for (size_t i = 0; i < WINVM_REGISTERS; i++)
		memcpy((char *)context + winvm_registers[i].field, &gregs[winvm_registers[i].index],
		       sizeof(DWORD64));
	context->EFlags = (DWORD)gregs[REG_EFL];
	context->SegCs = (WORD)segments;
	context->SegGs = (WORD)(segments >> 16);
	context->SegFs = (WORD)(segments >> 32);
	context->SegSs = (WORD)(segments >> 48);
	/* Not changed by a signal, and not told by it. */
	__asm__("movw %%ds, %0" : "=m"(context->SegDs));
	__asm__("movw %%es, %0" : "=m"(context->SegEs));
	if (!machine->uc_mcontext.fpregs)
		return;
	memcpy(&context->FltSave, machine->uc_mcontext.fpregs, WINVM_FXSAVE_BYTES);
	context->MxCsr = context->FltSave.MxCsr;
}

static void winvm_context_restore_float(const CONTEXT *context, XSAVE_FORMAT *state)
{
	DWORD mask = state->MxCsr_Mask;

	memcpy(state, &context->FltSave, WINVM_FXSAVE_BYTES);
	state->MxCsr_Mask = mask;
	state->MxCsr = context->MxCsr & (mask ? mask : WINVM_MXCSR_DEFAULT_MASK);
}

/* ContextFlags tells which registers the handler wants changed. */
void winvm_context_restore(const CONTEXT *context, ucontext_t *machine)
{
	greg_t *gregs = machine->uc_mcontext.gregs;

#pragma GCC unroll 17
	for (size_t i = 0; i < WINVM_REGISTERS; i++)
		if (winvm_context_has(context, winvm_registers[i].class))
			memcpy(&gregs[winvm_registers[i].index],
			       (const char *)context + winvm_registers[i].field, sizeof(DWORD64));
	if (winvm_context_has(context, CONTEXT_CONTROL))
		gregs[REG_EFL] = context->EFlags;
	if (winvm_context_has(context, CONTEXT_FLOATING_POINT) && machine->uc_mcontext.fpregs)
		winvm_context_restore_float(context, (XSAVE_FORMAT *)machine->uc_mcontext.fpregs);
}

/* What registers.S does not take. */
void winvm_context_blank(CONTEXT *context)
{
	memset(&context->P1Home, 0, offsetof(CONTEXT, ContextFlags));
	memset(&context->Dr0, 0, offsetof(CONTEXT, Rax) - offsetof(CONTEXT, Dr0));
	memset(context->FltSave.Reserved4, 0, sizeof(context->FltSave.Reserved4));
	memset(context->VectorRegister, 0, sizeof(CONTEXT) - offsetof(CONTEXT, VectorRegister));
}

/*
 * The same where no signal is returned from, and nobody else looks at the
 * flags: those that a program may set, and the two that are always set.
 */
void winvm_context_merge(const CONTEXT *changes, CONTEXT *context)
{
#pragma GCC unroll 17
	for (size_t i = 0; i < WINVM_REGISTERS; i++)
		if (winvm_context_has(changes, winvm_registers[i].class))
			memcpy((char *)context + winvm_registers[i].field,
			       (const char *)changes + winvm_registers[i].field, sizeof(DWORD64));
	if (winvm_context_has(changes, CONTEXT_CONTROL))
		context->EFlags = (changes->EFlags & WINVM_FLAGS_MASK) | WINVM_FLAGS_SET;
	if (winvm_context_has(changes, CONTEXT_FLOATING_POINT))
		winvm_context_restore_float(changes, &context->FltSave);
}
