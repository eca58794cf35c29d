/* SPDX-License-Identifier: MIT */
/* What the library has beyond Win32. */
#ifndef WINVM_H
#define WINVM_H

#include <windef.h>

/* The version of this header. The Makefile reads it from here. */
#define WINVM_VERSION "1.0.0"

WINVM_BEGIN_DECLS

/* The version of the library the program runs with, in the same form. */
WINBASEAPI const char *winvm_version(void);

/* Layouts of the address space: which addresses an allocation can have (SPEC AS-1). */
#define WINVM_LAYOUT_64BIT 0 /* 0x10000 to 0x7ffffffeffff, what a process begins with */
#define WINVM_LAYOUT_2GB   1 /* 0x10000 to 0x7ffeffff, as of 32-bit Windows */

/*
 * Chooses the layout of this process, which must have no allocations yet. All
 * calls keep to it from then on. A program that is executed and a child made
 * by fork begin anew; the environment variable WINVM_LAYOUT (64bit, 2gb) is
 * obeyed when a process first uses the library. Errors: 87 no such layout,
 * 487 there are allocations, 50 the module is too old.
 */
WINBASEAPI BOOL WINAPI winvm_choose_layout(DWORD layout);

WINVM_END_DECLS

#endif /* WINVM_H */
