/* SPDX-License-Identifier: MIT */
#ifndef WINVM_SYSTEMTOPOLOGYAPI_H
#define WINVM_SYSTEMTOPOLOGYAPI_H

#include <minwinbase.h>

WINVM_BEGIN_DECLS

/* The highest NUMA node there is, 0 where there is one. Error: 998 bad pointer (SPEC NU-1). */
WINBASEAPI BOOL WINAPI GetNumaHighestNodeNumber(PULONG HighestNodeNumber);

WINVM_END_DECLS

#endif /* WINVM_SYSTEMTOPOLOGYAPI_H */
