/* SPDX-License-Identifier: MIT */
/* Jobs are made, filled, limited and ended. See jobapi.h. */
#ifndef WINVM_JOBAPI2_H
#define WINVM_JOBAPI2_H

#include <minwinbase.h>

WINVM_BEGIN_DECLS

/*
 * A job, with all rights; NULL on failure. It lives until its last handle is closed
 * and its last process has ended. Jobs have no names. lpJobAttributes is not looked at.
 * Errors: 50 lpName is one, or the kernel does not tell of forks; 1450 no
 * descriptors or handles.
 */
WINBASEAPI HANDLE WINAPI CreateJobObjectW(LPSECURITY_ATTRIBUTES lpJobAttributes, LPCWSTR lpName);

/*
 * The process belongs to the job from now on, with what it has committed, even if
 * that is above a limit. Rights: JOB_OBJECT_ASSIGN_PROCESS; PROCESS_SET_QUOTA and
 * PROCESS_TERMINATE. Errors: 5 a right is missing, or it is in a job, or has ended; 6.
 */
WINBASEAPI BOOL WINAPI AssignProcessToJobObject(HANDLE hJob, HANDLE hProcess);

/*
 * Ends all processes of the job, as TerminateProcess does; the exit code is not told.
 * Right: JOB_OBJECT_TERMINATE. Errors: 5 Linux lets the caller not end some of them,
 * the others are; 6.
 */
WINBASEAPI BOOL WINAPI TerminateJobObject(HANDLE hJob, UINT uExitCode);

/*
 * Sets limits (JobObjectBasicLimitInformation, JobObjectExtendedLimitInformation), or
 * where messages go, once (JobObjectAssociateCompletionPortInformation). Limits are
 * rounded down to pages; what is above one stays committed, more is refused with 1455.
 * Right: JOB_OBJECT_SET_ATTRIBUTES. Errors: 87 another class, a flag that is none or
 * of another class, a port is set already; 50 a limit that there is not; 24 the
 * length; 5; 6; 998.
 */
WINBASEAPI BOOL WINAPI SetInformationJobObject(HANDLE hJob,
					       JOBOBJECTINFOCLASS JobObjectInformationClass,
					       LPVOID lpJobObjectInformation,
					       DWORD cbJobObjectInformationLength);

/*
 * Tells limits and peaks, counts, or who is in the job. hJob NULL: the job that the
 * caller is in; 5 if none. lpReturnLength: NULL, or bytes written. Right:
 * JOB_OBJECT_QUERY. Errors: 87 another class; 24 too short; 234 the list is not
 * complete; 5; 6; 998.
 */
WINBASEAPI BOOL WINAPI QueryInformationJobObject(HANDLE hJob,
						 JOBOBJECTINFOCLASS JobObjectInformationClass,
						 LPVOID lpJobObjectInformation,
						 DWORD cbJobObjectInformationLength,
						 LPDWORD lpReturnLength);

WINVM_END_DECLS

#endif /* WINVM_JOBAPI2_H */
