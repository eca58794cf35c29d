/* SPDX-License-Identifier: MIT */
/*
 * All registers at once: taken into a CONTEXT, loaded from one, and kept at
 * the entry of a try block. The calls that begin with taking the caller's
 * registers are here, too; exception.c and context.c do the rest.
 */

	.text

	/* Offsets of CONTEXT, and its size. */
	.set	FLAGS, 0x30
	.set	MXCSR, 0x34
	.set	SEG_CS, 0x38
	.set	EFLAGS, 0x44
	.set	RAX, 0x78
	.set	RCX, 0x80
	.set	RDX, 0x88
	.set	RBX, 0x90
	.set	RSP, 0x98
	.set	RBP, 0xa0
	.set	RSI, 0xa8
	.set	RDI, 0xb0
	.set	R8, 0xb8
	.set	R9, 0xc0
	.set	R10, 0xc8
	.set	R11, 0xd0
	.set	R12, 0xd8
	.set	R13, 0xe0
	.set	R14, 0xe8
	.set	R15, 0xf0
	.set	RIP, 0xf8
	.set	FLOAT, 0x100
	.set	CONTEXT, 1232

	/* CONTEXT_FULL | CONTEXT_SEGMENTS */
	.set	TAKEN, 0x10000f

	.macro	ENTRY name
	.p2align 4
	.globl	\name
	.type	\name, @function
\name:
	.cfi_startproc
	endbr64
	.endm

	.macro	END name
	.cfi_endproc
	.size	\name, . - \name
	.endm

	/*
	 * The caller's registers, into the CONTEXT at \base; \pushed bytes are
	 * on the stack above the return address. Changes rax.
	 */
	.macro	TAKE base pushed
	movq	%rax, RAX(\base)
	movq	%rcx, RCX(\base)
	movq	%rdx, RDX(\base)
	movq	%rbx, RBX(\base)
	movq	%rbp, RBP(\base)
	movq	%rsi, RSI(\base)
	movq	%rdi, RDI(\base)
	movq	%r8, R8(\base)
	movq	%r9, R9(\base)
	movq	%r10, R10(\base)
	movq	%r11, R11(\base)
	movq	%r12, R12(\base)
	movq	%r13, R13(\base)
	movq	%r14, R14(\base)
	movq	%r15, R15(\base)
	leaq	\pushed + 8(%rsp), %rax
	movq	%rax, RSP(\base)
	movq	\pushed(%rsp), %rax
	movq	%rax, RIP(\base)
	movw	%cs, SEG_CS(\base)
	movw	%ds, SEG_CS + 2(\base)
	movw	%es, SEG_CS + 4(\base)
	movw	%fs, SEG_CS + 6(\base)
	movw	%gs, SEG_CS + 8(\base)
	movw	%ss, SEG_CS + 10(\base)
	movl	$TAKEN, FLAGS(\base)
	stmxcsr	MXCSR(\base)
	fxsave64 FLOAT(\base)
	.endm

	/* A CONTEXT on the stack, with the flags that were set. */
	.macro	PUSH_CONTEXT
	pushfq
	.cfi_adjust_cfa_offset 8
	subq	$CONTEXT, %rsp
	.cfi_adjust_cfa_offset CONTEXT
	TAKE	%rsp, CONTEXT + 8
	movl	CONTEXT(%rsp), %eax
	movl	%eax, EFLAGS(%rsp)
	.endm

	/* void RtlCaptureContext(CONTEXT *) */
	ENTRY	RtlCaptureContext
	pushfq
	.cfi_adjust_cfa_offset 8
	TAKE	%rdi, 8
	popq	%rax
	.cfi_adjust_cfa_offset -8
	movl	%eax, EFLAGS(%rdi)
	movq	RAX(%rdi), %rax
	ret
	END	RtlCaptureContext

	/* void RtlRestoreContext(const CONTEXT *changes, EXCEPTION_RECORD *) */
	ENTRY	RtlRestoreContext
	PUSH_CONTEXT
	movq	%rsp, %rsi
	call	winvm_context_merge
	movq	%rsp, %rdi
	call	winvm_registers_load
	ud2
	END	RtlRestoreContext

	/* void RaiseException(DWORD code, DWORD flags, DWORD count, const ULONG_PTR *) */
	ENTRY	RaiseException
	PUSH_CONTEXT
	movq	%rsp, %r8
	call	winvm_exception_raise
	movq	%rsp, %rdi
	call	winvm_registers_load
	ud2
	END	RaiseException

	/* void RtlRaiseException(EXCEPTION_RECORD *) */
	ENTRY	RtlRaiseException
	PUSH_CONTEXT
	movq	%rsp, %rsi
	call	winvm_exception_raise_record
	movq	%rsp, %rdi
	call	winvm_registers_load
	ud2
	END	RtlRaiseException

	/*
	 * Loads the registers of a CONTEXT, without regard to ContextFlags; its
	 * first field is used up. The last four go by way of the new stack,
	 * behind the 128 bytes that a function may use below rsp. (IRET would
	 * not need that, but emulators get it wrong outside of the kernel.)
	 */
	.hidden	winvm_registers_load
	ENTRY	winvm_registers_load
	fxrstor64 FLOAT(%rdi)
	movl	EFLAGS(%rdi), %eax
	movq	%rax, (%rdi)
	movq	RSP(%rdi), %rax
	subq	$128 + 32, %rax
	movq	RCX(%rdi), %rcx
	movq	RDX(%rdi), %rdx
	movq	RBX(%rdi), %rbx
	movq	RBP(%rdi), %rbp
	movq	RSI(%rdi), %rsi
	movq	R8(%rdi), %r8
	movq	R9(%rdi), %r9
	movq	R10(%rdi), %r10
	movq	R11(%rdi), %r11
	movq	R12(%rdi), %r12
	movq	R13(%rdi), %r13
	movq	R14(%rdi), %r14
	movq	R15(%rdi), %r15
	pushq	RIP(%rdi)
	pushq	RDI(%rdi)
	pushq	RAX(%rdi)
	pushq	(%rdi)
	popq	(%rax)
	popq	8(%rax)
	popq	16(%rax)
	popq	24(%rax)
	movq	%rax, %rsp
	popfq
	popq	%rax
	popq	%rdi
	ret	$128
	END	winvm_registers_load

	/*
	 * int winvm_try_enter(struct winvm_try *): the registers that a function
	 * keeps, then frame.c links the block and gives 0.
	 */
	ENTRY	winvm_try_enter
	movq	%rbx, 0(%rdi)
	movq	%rbp, 8(%rdi)
	movq	%r12, 16(%rdi)
	movq	%r13, 24(%rdi)
	movq	%r14, 32(%rdi)
	movq	%r15, 40(%rdi)
	leaq	8(%rsp), %rax
	movq	%rax, 48(%rdi)
	movq	(%rsp), %rax
	movq	%rax, 56(%rdi)
	jmp	winvm_frame_link
	END	winvm_try_enter

	/*
	 * LONG winvm_registers_ask(PWINVM_FILTER, EXCEPTION_POINTERS *, PVOID):
	 * in r10 a function inside another one would get the other's variables.
	 */
	.hidden	winvm_registers_ask
	ENTRY	winvm_registers_ask
	movq	%rdi, %rax
	movq	%rsi, %rdi
	movq	%rdx, %rsi
	xorl	%r10d, %r10d
	jmp	*%rax
	END	winvm_registers_ask

	/* Back in the block at rbx, for which signals are yet to be settled. */
	.hidden	winvm_registers_settle
	ENTRY	winvm_registers_settle
	.cfi_undefined rip
	movq	%rbx, %rdi
	call	winvm_frame_settle
	movq	%rbx, %rdi
	movq	0(%rdi), %rbx
	movq	8(%rdi), %rbp
	movq	16(%rdi), %r12
	movq	24(%rdi), %r13
	movq	32(%rdi), %r14
	movq	40(%rdi), %r15
	movq	48(%rdi), %rsp
	movl	$1, %eax
	jmp	*56(%rdi)
	END	winvm_registers_settle

	.section .note.GNU-stack, "", @progbits
