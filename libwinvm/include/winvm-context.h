/* SPDX-License-Identifier: MIT */
/*
 * CONTEXT: the registers of a thread at an exception, in the layout of
 * Windows x64. A handler that answers EXCEPTION_CONTINUE_EXECUTION may edit
 * the integer, control (Rip, Rsp, EFlags) and floating point registers. The
 * home slots, segments, debug registers and vector area are for the layout.
 */
#ifndef WINVM_CONTEXT_H
#define WINVM_CONTEXT_H

#include <windef.h>

#define CONTEXT_AMD64		0x00100000
#define CONTEXT_CONTROL		(CONTEXT_AMD64 | 0x01)
#define CONTEXT_INTEGER		(CONTEXT_AMD64 | 0x02)
#define CONTEXT_SEGMENTS	(CONTEXT_AMD64 | 0x04)
#define CONTEXT_FLOATING_POINT	(CONTEXT_AMD64 | 0x08)
#define CONTEXT_DEBUG_REGISTERS (CONTEXT_AMD64 | 0x10)
#define CONTEXT_FULL		(CONTEXT_CONTROL | CONTEXT_INTEGER | CONTEXT_FLOATING_POINT)
#define CONTEXT_ALL		(CONTEXT_FULL | CONTEXT_SEGMENTS | CONTEXT_DEBUG_REGISTERS)

typedef struct __attribute__((aligned(16))) _M128A {
	ULONGLONG Low;
	LONGLONG High;
} M128A, *PM128A;

/* The 512 bytes FXSAVE writes. */
typedef struct __attribute__((aligned(16))) _XSAVE_FORMAT {
	WORD ControlWord;
	WORD StatusWord;
	BYTE TagWord;
	BYTE Reserved1;
	WORD ErrorOpcode;
	DWORD ErrorOffset;
	WORD ErrorSelector;
	WORD Reserved2;
	DWORD DataOffset;
	WORD DataSelector;
	WORD Reserved3;
	DWORD MxCsr;
	DWORD MxCsr_Mask;
	M128A FloatRegisters[8];
	M128A XmmRegisters[16];
	BYTE Reserved4[96];
} XSAVE_FORMAT, *PXSAVE_FORMAT, XMM_SAVE_AREA32, *PXMM_SAVE_AREA32;

typedef struct __attribute__((aligned(16))) _CONTEXT {
	DWORD64 P1Home;
	DWORD64 P2Home;
	DWORD64 P3Home;
	DWORD64 P4Home;
	DWORD64 P5Home;
	DWORD64 P6Home;

	DWORD ContextFlags;
	DWORD MxCsr;

	WORD SegCs;
	WORD SegDs;
	WORD SegEs;
	WORD SegFs;
	WORD SegGs;
	WORD SegSs;
	DWORD EFlags;

	DWORD64 Dr0;
	DWORD64 Dr1;
	DWORD64 Dr2;
	DWORD64 Dr3;
	DWORD64 Dr6;
	DWORD64 Dr7;

	DWORD64 Rax;
	DWORD64 Rcx;
	DWORD64 Rdx;
	DWORD64 Rbx;
	DWORD64 Rsp;
	DWORD64 Rbp;
	DWORD64 Rsi;
	DWORD64 Rdi;
	DWORD64 R8;
	DWORD64 R9;
	DWORD64 R10;
	DWORD64 R11;
	DWORD64 R12;
	DWORD64 R13;
	DWORD64 R14;
	DWORD64 R15;

	DWORD64 Rip;

	__extension__ union {
		XMM_SAVE_AREA32 FltSave;
		__extension__ struct {
			M128A Header[2];
			M128A Legacy[8];
			M128A Xmm0;
			M128A Xmm1;
			M128A Xmm2;
			M128A Xmm3;
			M128A Xmm4;
			M128A Xmm5;
			M128A Xmm6;
			M128A Xmm7;
			M128A Xmm8;
			M128A Xmm9;
			M128A Xmm10;
			M128A Xmm11;
			M128A Xmm12;
			M128A Xmm13;
			M128A Xmm14;
			M128A Xmm15;
		};
	};

	M128A VectorRegister[26];
	DWORD64 VectorControl;

	DWORD64 DebugControl;
	DWORD64 LastBranchToRip;
	DWORD64 LastBranchFromRip;
	DWORD64 LastExceptionToRip;
	DWORD64 LastExceptionFromRip;
} CONTEXT, *PCONTEXT, *LPCONTEXT;

WINVM_STATIC_ASSERT(sizeof(XSAVE_FORMAT) == 512, "FXSAVE layout");
WINVM_STATIC_ASSERT(sizeof(CONTEXT) == 1232, "Windows x64 layout");
WINVM_STATIC_ASSERT(offsetof(CONTEXT, ContextFlags) == 0x30, "Windows x64 layout");
WINVM_STATIC_ASSERT(offsetof(CONTEXT, EFlags) == 0x44, "Windows x64 layout");
WINVM_STATIC_ASSERT(offsetof(CONTEXT, Rax) == 0x78, "Windows x64 layout");
WINVM_STATIC_ASSERT(offsetof(CONTEXT, Rip) == 0xf8, "Windows x64 layout");
WINVM_STATIC_ASSERT(offsetof(CONTEXT, FltSave) == 0x100, "Windows x64 layout");
WINVM_STATIC_ASSERT(offsetof(CONTEXT, Xmm0) == 0x1a0, "Windows x64 layout");
WINVM_STATIC_ASSERT(offsetof(CONTEXT, VectorRegister) == 0x300, "Windows x64 layout");

#endif /* WINVM_CONTEXT_H */
