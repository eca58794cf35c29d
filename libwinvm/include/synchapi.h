/* SPDX-License-Identifier: MIT */
#ifndef WINVM_SYNCHAPI_H
#define WINVM_SYNCHAPI_H

#include <minwinbase.h>

WINVM_BEGIN_DECLS

/* Sleeps at least that long, signals or not; 0 yields, INFINITE never ends. */
WINBASEAPI VOID WINAPI Sleep(DWORD dwMilliseconds);

WINVM_END_DECLS

#endif /* WINVM_SYNCHAPI_H */
