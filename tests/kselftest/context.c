// SPDX-License-Identifier: GPL-2.0
/* CONTEXT: the registers at an exception, read and changed. */
#include "tell.h"

/*
 * Loads every register from *in, then runs one instruction that faults, or
 * calls RaiseException, and stores every register into *out. rsp and rbp stay
 * the function's; r15 is the address that faults.
 */
struct registers {
	DWORD64 rax, rcx, rdx, rbx, rsi, rdi, r8, r9, r10, r11, r12, r13, r14;
	DWORD64 flags;
	DWORD64 xmm0[2], xmm15[2];
	DWORD mxcsr;
	WORD control;
	WORD reserved;
};

void fault_with(const struct registers *in, struct registers *out);
extern const char fault_with_fault[], fault_with_on[];

__asm__(".text\n"
	".globl fault_with\n"
	"fault_with:\n"
	"	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"	push %rsi\n"
	"	mov %rdi, %r15\n"
	"	movups 112(%r15), %xmm0\n"
	"	movups 128(%r15), %xmm15\n"
	"	ldmxcsr 144(%r15)\n"
	"	fldcw 148(%r15)\n"
	"	push 104(%r15)\n"
	"	mov (%r15), %rax; mov 8(%r15), %rcx; mov 16(%r15), %rdx; mov 24(%r15), %rbx\n"
	"	mov 32(%r15), %rsi; mov 40(%r15), %rdi; mov 48(%r15), %r8; mov 56(%r15), %r9\n"
	"	mov 64(%r15), %r10; mov 72(%r15), %r11; mov 80(%r15), %r12\n"
	"	mov 88(%r15), %r13; mov 96(%r15), %r14\n"
	"	mov $0x1110, %r15d\n"
	"	popf\n"
	"fault_with_fault:\n"
	"	movb $1, (%r15)\n"
	"fault_with_on:\n"
	"	mov (%rsp), %r15\n"
	"	mov %rax, (%r15); mov %rcx, 8(%r15); mov %rdx, 16(%r15); mov %rbx, 24(%r15)\n"
	"	mov %rsi, 32(%r15); mov %rdi, 40(%r15); mov %r8, 48(%r15); mov %r9, 56(%r15)\n"
	"	mov %r10, 64(%r15); mov %r11, 72(%r15); mov %r12, 80(%r15)\n"
	"	mov %r13, 88(%r15); mov %r14, 96(%r15)\n"
	"	pushf\n"
	"	pop 104(%r15)\n"
	"	cld\n"
	"	movups %xmm0, 112(%r15)\n"
	"	movups %xmm15, 128(%r15)\n"
	"	stmxcsr 144(%r15)\n"
	"	fnstcw 148(%r15)\n"
	"	push $0x1f80\n"
	"	ldmxcsr (%rsp)\n"
	"	pop %rsi\n"
	"	fninit\n"
	"	pop %rsi\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"	ret\n");

/* CF, PF, AF, ZF, SF, DF, OF: those that a program has for itself. */
#define FLAGS 0xcd5u

static const struct registers given = {
	.rax = 0x0101010101010101, .rcx = 0x0202020202020202, .rdx = 0x0303030303030303,
	.rbx = 0x0404040404040404, .rsi = 0x0505050505050505, .rdi = 0x0606060606060606,
	.r8 = 0x0707070707070707,  .r9 = 0x0808080808080808,  .r10 = 0x0909090909090909,
	.r11 = 0x0a0a0a0a0a0a0a0a, .r12 = 0x0b0b0b0b0b0b0b0b, .r13 = 0x0c0c0c0c0c0c0c0c,
	.r14 = 0x0d0d0d0d0d0d0d0d, .flags = 0x495,
	.xmm0 = { 0x1111111111111111, 0x2222222222222222 },
	.xmm15 = { 0x3333333333333333, 0x4444444444444444 },
	.mxcsr = 0x3f80, .control = 0x77f,
};

static CONTEXT before;
static void (*change)(CONTEXT *);

static LONG CALLBACK see_and_change(EXCEPTION_POINTERS *exception)
{
	CONTEXT *context = exception->ContextRecord;

	before = *context;
	context->Rip = (DWORD64)fault_with_on;
	if (change)
		change(context);
	return EXCEPTION_CONTINUE_EXECUTION;
}

static struct registers fault_and_change(void (*how)(CONTEXT *))
{
	struct registers after;

	change = how;
	AddVectoredExceptionHandler(1, see_and_change);
	fault_with(&given, &after);
	return after;
}

static bool same(const M128A *wide, const DWORD64 *halves)
{
	return !memcmp(wide, halves, sizeof(*wide));
}

TEST(context_tells_the_registers)
{
	fault_and_change(NULL);
	EXPECT_EQ((DWORD)(CONTEXT_FULL | CONTEXT_SEGMENTS), before.ContextFlags);
	EXPECT_EQ(given.rax, before.Rax);
	EXPECT_EQ(given.rcx, before.Rcx);
	EXPECT_EQ(given.rdx, before.Rdx);
	EXPECT_EQ(given.rbx, before.Rbx);
	EXPECT_EQ(given.rsi, before.Rsi);
	EXPECT_EQ(given.rdi, before.Rdi);
	EXPECT_EQ(given.r8, before.R8);
	EXPECT_EQ(given.r9, before.R9);
	EXPECT_EQ(given.r10, before.R10);
	EXPECT_EQ(given.r11, before.R11);
	EXPECT_EQ(given.r12, before.R12);
	EXPECT_EQ(given.r13, before.R13);
	EXPECT_EQ(given.r14, before.R14);
	EXPECT_EQ(0x1110u, before.R15);
	EXPECT_EQ((DWORD64)fault_with_fault, before.Rip);
	EXPECT_EQ(given.flags & FLAGS, before.EFlags & FLAGS);
	EXPECT_EQ(given.mxcsr, before.MxCsr);
	EXPECT_EQ(given.mxcsr, before.FltSave.MxCsr);
	EXPECT_EQ(given.control, before.FltSave.ControlWord);
	EXPECT_TRUE(same(&before.Xmm0, given.xmm0));
	EXPECT_TRUE(same(&before.Xmm15, given.xmm15));
}

TEST(context_tells_the_segments)
{
	WORD cs, ss, ds, es, fs, gs;

	__asm__("movw %%cs, %0; movw %%ss, %1; movw %%ds, %2" : "=m"(cs), "=m"(ss), "=m"(ds));
	__asm__("movw %%es, %0; movw %%fs, %1; movw %%gs, %2" : "=m"(es), "=m"(fs), "=m"(gs));
	fault_and_change(NULL);
	EXPECT_EQ(cs, before.SegCs);
	EXPECT_EQ(ss, before.SegSs);
	EXPECT_EQ(ds, before.SegDs);
	EXPECT_EQ(es, before.SegEs);
	EXPECT_EQ(fs, before.SegFs);
	EXPECT_EQ(gs, before.SegGs);
}

TEST(context_unchanged_is_what_the_thread_goes_on_with)
{
	struct registers after = fault_and_change(NULL);

	after.flags = (after.flags & FLAGS) | (given.flags & ~FLAGS);
	after.reserved = given.reserved;
	EXPECT_EQ(0, memcmp(&given, &after, sizeof(after)));
}

static void change_integers(CONTEXT *context)
{
	DWORD64 *const registers[] = {
		&context->Rax, &context->Rcx, &context->Rdx, &context->Rbx, &context->Rsi,
		&context->Rdi, &context->R8,  &context->R9,  &context->R10, &context->R11,
		&context->R12, &context->R13, &context->R14,
	};

	for (size_t i = 0; i < 13; i++)
		*registers[i] = 0xf00d0000 + i;
}

TEST(context_changes_integer_registers)
{
	struct registers after = fault_and_change(change_integers);
	DWORD64 values[13];

	memcpy(values, &after, sizeof(values));
	for (size_t i = 0; i < 13; i++)
		EXPECT_EQ(0xf00d0000 + i, values[i]);
}

static void change_flags(CONTEXT *context)
{
	context->EFlags ^= FLAGS & ~0x400u;
}

TEST(context_changes_flags)
{
	struct registers after = fault_and_change(change_flags);

	EXPECT_EQ((given.flags ^ 0x8d5) & FLAGS, after.flags & FLAGS);
}

static void change_floats(CONTEXT *context)
{
	context->Xmm0.Low = 0x5555;
	context->Xmm0.High = 0x6666;
	context->Xmm15.Low = 0x7777;
	context->MxCsr = 0x5f80;
	context->FltSave.ControlWord = 0xb7f;
}

TEST(context_changes_floating_point_registers)
{
	struct registers after = fault_and_change(change_floats);

	EXPECT_EQ(0x5555u, after.xmm0[0]);
	EXPECT_EQ(0x6666u, after.xmm0[1]);
	EXPECT_EQ(0x7777u, after.xmm15[0]);
	EXPECT_EQ(given.xmm15[1], after.xmm15[1]);
	EXPECT_EQ(0x5f80u, after.mxcsr);
	EXPECT_EQ(0xb7fu, after.control);
}

/* Bits that MXCSR does not have would kill the process. */
static void change_too_much(CONTEXT *context)
{
	context->MxCsr = 0xffffffff;
}

TEST(context_changes_no_bits_that_mxcsr_does_not_have)
{
	struct registers after = fault_and_change(change_too_much);

	EXPECT_EQ(0xffbfu, after.mxcsr & 0xffbfu);
	EXPECT_EQ(0u, after.mxcsr >> 18);
}

/* ContextFlags tell what is to be changed. */
static void change_without_saying(CONTEXT *context)
{
	change_integers(context);
	change_floats(context);
	context->EFlags = 0;
	context->SegCs = 0;
	context->SegSs = 0;
	context->ContextFlags = 0;
}

/* The fault is at the same place again: the second time Rip is changed, too. */
static LONG CALLBACK change_nothing_at_first(EXCEPTION_POINTERS *exception)
{
	CONTEXT *context = exception->ContextRecord;

	tell('1');
	if (told[1])
		context->Rip = (DWORD64)fault_with_on;
	else
		change_without_saying(context);
	return EXCEPTION_CONTINUE_EXECUTION;
}

TEST(context_changes_what_its_flags_tell)
{
	struct registers after;

	AddVectoredExceptionHandler(1, change_nothing_at_first);
	fault_with(&given, &after);
	EXPECT_STREQ("11", told);
	EXPECT_EQ(given.rax, after.rax);
	EXPECT_EQ(given.r14, after.r14);
	EXPECT_EQ(given.flags & FLAGS, after.flags & FLAGS);
	EXPECT_EQ(given.xmm0[0], after.xmm0[0]);
	EXPECT_EQ(given.mxcsr, after.mxcsr);
}

/* A call is made of the instruction: rsp changes as well. */
static void called(void)
{
	tell('c');
}

static LONG CALLBACK call_something(EXCEPTION_POINTERS *exception)
{
	CONTEXT *context = exception->ContextRecord;

	/* The arguments of a function below the red zone, and where it returns to. */
	context->Rsp = ((context->Rsp - 256) & ~(DWORD64)15) - 8;
	*(DWORD64 *)context->Rsp = context->R14;
	context->Rip = (DWORD64)called;
	return EXCEPTION_CONTINUE_EXECUTION;
}

TEST(context_changes_the_stack_pointer)
{
	AddVectoredExceptionHandler(1, call_something);
	__asm__ volatile("movq %%rsp, %%r12\n\t"
			 "leaq 1f(%%rip), %%r14\n\t"
			 "movb $1, 0x1110\n"
			 "1:	movq %%r12, %%rsp"
			 ::: "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
			     "r14", "memory", "cc");
	EXPECT_STREQ("c", told);
}

/* The same for what is raised: the call returns with other registers. */
static LONG CALLBACK change_what_was_raised(EXCEPTION_POINTERS *exception)
{
	CONTEXT *context = exception->ContextRecord;

	before = *context;
	context->Rax = 0xabcd;
	context->R12 = 0x1212;
	context->Xmm0.Low = 0x5555;
	context->MxCsr = 0x5f80;
	context->EFlags |= 1;
	context->SegCs = 0;
	return EXCEPTION_CONTINUE_EXECUTION;
}

TEST(context_of_a_raised_exception)
{
	register DWORD64 rax __asm__("rax") = 0x99;
	register DWORD64 rbx __asm__("rbx") = 0x0404040404040404;
	register DWORD64 r12 __asm__("r12") = 0x0b0b0b0b0b0b0b0b;
	register DWORD64 r13 __asm__("r13") = 0x0c0c0c0c0c0c0c0c;
	DWORD64 xmm0, found_rax, found_r12, found_rbx, found_r13;
	DWORD mxcsr, standard = 0x1f80;
	BYTE carry;

	AddVectoredExceptionHandler(1, change_what_was_raised);
	rax = 0x99;
	rbx = 0x0404040404040404;
	r12 = 0x0b0b0b0b0b0b0b0b;
	r13 = 0x0c0c0c0c0c0c0c0c;
	__asm__ volatile("subq $128, %%rsp\n\t"
			 "movq %%rsp, %%r14\n\t"
			 "andq $-16, %%rsp\n\t"
			 "movl $0xe0000001, %%edi\n\t"
			 "xorl %%esi, %%esi; xorl %%edx, %%edx; xorl %%ecx, %%ecx\n\t"
			 "clc\n\t"
			 "call RaiseException\n\t"
			 "setc %b[carry]\n\t"
			 "movq %%r14, %%rsp\n\t"
			 "leaq 128(%%rsp), %%rsp\n\t"
			 "movq %%xmm0, %[xmm]\n\t"
			 "stmxcsr %[mxcsr]\n\t"
			 "ldmxcsr %[standard]\n\t"
			 : "+r"(rax), "+r"(rbx), "+r"(r12), "+r"(r13), [carry] "=&r"(carry),
			   [xmm] "=&r"(xmm0), [mxcsr] "=m"(mxcsr)
			 : [standard] "m"(standard)
			 : "rcx", "rdx", "rsi", "rdi", "r14", "xmm0", "memory", "cc");
	found_rax = rax;
	found_rbx = rbx;
	found_r12 = r12;
	found_r13 = r13;
	EXPECT_EQ(0x99u, before.Rax);
	EXPECT_EQ(0x0404040404040404u, before.Rbx);
	EXPECT_EQ(0x0b0b0b0b0b0b0b0bu, before.R12);
	EXPECT_EQ(CODE, before.Rdi);
	EXPECT_EQ(0u, before.EFlags & 1);
	EXPECT_EQ(0u, before.Dr7);
	EXPECT_EQ(0xabcdu, found_rax);
	EXPECT_EQ(0x0404040404040404u, found_rbx);
	EXPECT_EQ(0x1212u, found_r12);
	EXPECT_EQ(0x0c0c0c0c0c0c0c0cu, found_r13);
	EXPECT_EQ(0x5555u, xmm0);
	EXPECT_EQ(0x5f80u, mxcsr);
	EXPECT_EQ(1, carry);
}

TEST(context_captured_and_restored)
{
	volatile int rounds = 0;
	CONTEXT context;

	memset(&context, 0xee, sizeof(context));
	RtlCaptureContext(&context);
	rounds++;
	EXPECT_EQ((DWORD)(CONTEXT_FULL | CONTEXT_SEGMENTS), context.ContextFlags);
	EXPECT_EQ(0x1f80u, context.MxCsr);
	EXPECT_GT(0x1000u, (uintptr_t)&context - context.Rsp);
	if (rounds < 3)
		RtlRestoreContext(&context, NULL);
	EXPECT_EQ(3, rounds);
}

/* A part of the registers: the others are those of the caller. */
static CONTEXT elsewhere;
static DWORD64 r12_elsewhere;

static void arrive(void)
{
	__asm__ volatile("movq %%r12, %0" : "=m"(r12_elsewhere));
	_exit(r12_elsewhere == 0x4712 ? 12 : 13);
}

static void restore_in_part(void)
{
	RtlCaptureContext(&elsewhere);
	elsewhere.ContextFlags = CONTEXT_CONTROL;
	elsewhere.R12 = 0x99;
	elsewhere.Rip = (DWORD64)arrive;
	elsewhere.Rsp = ((elsewhere.Rsp - 256) & ~(DWORD64)15) - 8;
	__asm__ volatile("movq $0x4712, %%r12\n\t"
			 "xorl %%esi, %%esi\n\t"
			 "subq $4096, %%rsp\n\t"
			 "andq $-16, %%rsp\n\t"
			 "call RtlRestoreContext"
			 ::"D"(&elsewhere) : "r12", "rsi", "memory");
}

TEST(context_restored_in_part)
{
	EXPECT_EQ(12, end_of(restore_in_part));
}

VM_TEST_MAIN
