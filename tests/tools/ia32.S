/* SPDX-License-Identifier: GPL-2.0 */
/* A program of 32 bits that needs no library: says that it is ready, and waits. */
	.globl _start
	.text
_start:
	movl	$4, %eax		/* write */
	movl	$1, %ebx
	movl	$ready, %ecx
	movl	$6, %edx
	int	$0x80
wait:
	movl	$29, %eax		/* pause */
	int	$0x80
	jmp	wait

	.data
ready:	.ascii	"ready\n"
	.section .note.GNU-stack, "", @progbits
