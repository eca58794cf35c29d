/* SPDX-License-Identifier: MIT */
/*
 * Jobs: processes with limits of commit (SPEC CC-14). The children of a job's
 * processes belong to it from their first instruction on, whatever they execute.
 * No process leaves a job, and none is in two.
 */
#ifndef WINVM_JOBAPI_H
#define WINVM_JOBAPI_H

#include <minwinbase.h>

WINVM_BEGIN_DECLS

/*
 * Is the process in the job, or with NULL in any? Rights: PROCESS_QUERY_INFORMATION,
 * JOB_OBJECT_QUERY. Errors: 5, 6, 998 Result.
 */
WINBASEAPI BOOL WINAPI IsProcessInJob(HANDLE ProcessHandle, HANDLE JobHandle, PBOOL Result);

WINVM_END_DECLS

#endif /* WINVM_JOBAPI_H */
