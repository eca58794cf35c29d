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

WINVM_END_DECLS

#endif /* WINVM_H */
