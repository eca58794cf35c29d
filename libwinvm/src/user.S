/* SPDX-License-Identifier: MIT */
/*
 * Access to variables of the caller that may not be there (SPEC G-8).
 *
 * None of these touches the stack, so that a fault anywhere between
 * winvm_user_begin and winvm_user_end can be ended by going on at
 * winvm_user_fault with the exception's status in eax: see signal.c.
 */

	.text

	.macro	ENTRY name
	.p2align 4
	.globl	\name
	.hidden	\name
	.type	\name, @function
\name:
	.cfi_startproc
	endbr64
	.endm

	.macro	SUCCESS name
	xorl	%eax, %eax
	ret
	.cfi_endproc
	.size	\name, . - \name
	.endm

	.macro	MARK name
	.globl	\name
	.hidden	\name
\name:
	.endm

	MARK	winvm_user_begin

	ENTRY	winvm_user_get64
	movq	(%rdi), %rax
	movq	%rax, (%rdi)
	movq	%rax, (%rsi)
	SUCCESS	winvm_user_get64

	ENTRY	winvm_user_peek64
	movq	(%rdi), %rax
	movq	%rax, (%rsi)
	SUCCESS	winvm_user_peek64

	ENTRY	winvm_user_probe32
	movl	(%rdi), %eax
	movl	%eax, (%rdi)
	SUCCESS	winvm_user_probe32

	ENTRY	winvm_user_put64
	movq	%rsi, (%rdi)
	SUCCESS	winvm_user_put64

	ENTRY	winvm_user_put32
	movl	%esi, (%rdi)
	SUCCESS	winvm_user_put32

	ENTRY	winvm_user_copy
	movq	%rdx, %rcx
	rep movsb
	SUCCESS	winvm_user_copy

	ENTRY	winvm_user_probe_read
	leaq	-1(%rdi, %rsi), %rsi
1:	movb	(%rdi), %al
	orq	$0xfff, %rdi
	incq	%rdi
	cmpq	%rsi, %rdi
	jbe	1b
	SUCCESS	winvm_user_probe_read

	ENTRY	winvm_user_probe_write
	leaq	-1(%rdi, %rsi), %rsi
1:	lock orb $0, (%rdi)
	orq	$0xfff, %rdi
	incq	%rdi
	cmpq	%rsi, %rdi
	jbe	1b
	SUCCESS	winvm_user_probe_write

	MARK	winvm_user_end
	MARK	winvm_user_fault
	ret

	.section .note.GNU-stack, "", @progbits
