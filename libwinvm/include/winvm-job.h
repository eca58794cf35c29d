/* SPDX-License-Identifier: MIT */
/* What a job's limits and counts are told in, as winnt.h has them on Windows. */
#ifndef WINVM_JOB_H
#define WINVM_JOB_H

#include <winnt.h>

#define JOB_OBJECT_ASSIGN_PROCESS	   0x0001
#define JOB_OBJECT_SET_ATTRIBUTES	   0x0002
#define JOB_OBJECT_QUERY		   0x0004
#define JOB_OBJECT_TERMINATE		   0x0008
#define JOB_OBJECT_SET_SECURITY_ATTRIBUTES 0x0010
#define JOB_OBJECT_IMPERSONATE		   0x0020
#define JOB_OBJECT_ALL_ACCESS		   0x1F003F

/* LimitFlags. Those of memory can be set; the others are known, and refused with 50. */
#define JOB_OBJECT_LIMIT_WORKINGSET		    0x0001
#define JOB_OBJECT_LIMIT_PROCESS_TIME		    0x0002
#define JOB_OBJECT_LIMIT_JOB_TIME		    0x0004
#define JOB_OBJECT_LIMIT_ACTIVE_PROCESS		    0x0008
#define JOB_OBJECT_LIMIT_AFFINITY		    0x0010
#define JOB_OBJECT_LIMIT_PRIORITY_CLASS		    0x0020
#define JOB_OBJECT_LIMIT_PRESERVE_JOB_TIME	    0x0040
#define JOB_OBJECT_LIMIT_SCHEDULING_CLASS	    0x0080
#define JOB_OBJECT_LIMIT_PROCESS_MEMORY		    0x0100
#define JOB_OBJECT_LIMIT_JOB_MEMORY		    0x0200
#define JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION 0x0400
#define JOB_OBJECT_LIMIT_BREAKAWAY_OK		    0x0800
#define JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK	    0x1000
#define JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE	    0x2000
#define JOB_OBJECT_LIMIT_SUBSET_AFFINITY	    0x4000

/* lpNumberOfBytes of GetQueuedCompletionStatus, from a job. */
#define JOB_OBJECT_MSG_END_OF_JOB_TIME	     1
#define JOB_OBJECT_MSG_END_OF_PROCESS_TIME   2
#define JOB_OBJECT_MSG_ACTIVE_PROCESS_LIMIT  3
#define JOB_OBJECT_MSG_ACTIVE_PROCESS_ZERO   4
#define JOB_OBJECT_MSG_NEW_PROCESS	     6
#define JOB_OBJECT_MSG_EXIT_PROCESS	     7
#define JOB_OBJECT_MSG_ABNORMAL_EXIT_PROCESS 8
#define JOB_OBJECT_MSG_PROCESS_MEMORY_LIMIT  9
#define JOB_OBJECT_MSG_JOB_MEMORY_LIMIT	     10

typedef enum _JOBOBJECTINFOCLASS {
	JobObjectBasicAccountingInformation = 1,
	JobObjectBasicLimitInformation,
	JobObjectBasicProcessIdList,
	JobObjectAssociateCompletionPortInformation = 7,
	JobObjectExtendedLimitInformation = 9,
} JOBOBJECTINFOCLASS;

typedef struct _IO_COUNTERS {
	ULONGLONG ReadOperationCount;
	ULONGLONG WriteOperationCount;
	ULONGLONG OtherOperationCount;
	ULONGLONG ReadTransferCount;
	ULONGLONG WriteTransferCount;
	ULONGLONG OtherTransferCount;
} IO_COUNTERS, *PIO_COUNTERS;

typedef struct _JOBOBJECT_BASIC_LIMIT_INFORMATION {
	LARGE_INTEGER PerProcessUserTimeLimit;
	LARGE_INTEGER PerJobUserTimeLimit;
	DWORD LimitFlags;
	SIZE_T MinimumWorkingSetSize;
	SIZE_T MaximumWorkingSetSize;
	DWORD ActiveProcessLimit;
	ULONG_PTR Affinity;
	DWORD PriorityClass;
	DWORD SchedulingClass;
} JOBOBJECT_BASIC_LIMIT_INFORMATION, *PJOBOBJECT_BASIC_LIMIT_INFORMATION;

/**
 * JOBOBJECT_EXTENDED_LIMIT_INFORMATION - limits of commit, in bytes
 * @BasicLimitInformation: its LimitFlags say which limits there are
 * @IoInfo: 0
 * @ProcessMemoryLimit: what each process may commit
 * @JobMemoryLimit: what all may together
 * @PeakProcessMemoryUsed: the most that one has had since it is in the job
 * @PeakJobMemoryUsed: the most that all have had together
 */
typedef struct _JOBOBJECT_EXTENDED_LIMIT_INFORMATION {
	JOBOBJECT_BASIC_LIMIT_INFORMATION BasicLimitInformation;
	IO_COUNTERS IoInfo;
	SIZE_T ProcessMemoryLimit;
	SIZE_T JobMemoryLimit;
	SIZE_T PeakProcessMemoryUsed;
	SIZE_T PeakJobMemoryUsed;
} JOBOBJECT_EXTENDED_LIMIT_INFORMATION, *PJOBOBJECT_EXTENDED_LIMIT_INFORMATION;

/* Only TotalProcesses and ActiveProcesses are counted; the others are 0. */
typedef struct _JOBOBJECT_BASIC_ACCOUNTING_INFORMATION {
	LARGE_INTEGER TotalUserTime;
	LARGE_INTEGER TotalKernelTime;
	LARGE_INTEGER ThisPeriodTotalUserTime;
	LARGE_INTEGER ThisPeriodTotalKernelTime;
	DWORD TotalPageFaultCount;
	DWORD TotalProcesses;
	DWORD ActiveProcesses;
	DWORD TotalTerminatedProcesses;
} JOBOBJECT_BASIC_ACCOUNTING_INFORMATION, *PJOBOBJECT_BASIC_ACCOUNTING_INFORMATION;

typedef struct _JOBOBJECT_BASIC_PROCESS_ID_LIST {
	DWORD NumberOfAssignedProcesses;
	DWORD NumberOfProcessIdsInList;
	ULONG_PTR ProcessIdList[1];
} JOBOBJECT_BASIC_PROCESS_ID_LIST, *PJOBOBJECT_BASIC_PROCESS_ID_LIST;

typedef struct _JOBOBJECT_ASSOCIATE_COMPLETION_PORT {
	PVOID CompletionKey;
	HANDLE CompletionPort;
} JOBOBJECT_ASSOCIATE_COMPLETION_PORT, *PJOBOBJECT_ASSOCIATE_COMPLETION_PORT;

WINVM_STATIC_ASSERT(sizeof(JOBOBJECT_BASIC_LIMIT_INFORMATION) == 64, "Windows x64 layout");
WINVM_STATIC_ASSERT(sizeof(JOBOBJECT_EXTENDED_LIMIT_INFORMATION) == 144, "Windows x64 layout");
WINVM_STATIC_ASSERT(sizeof(JOBOBJECT_BASIC_ACCOUNTING_INFORMATION) == 48, "Windows x64 layout");
WINVM_STATIC_ASSERT(sizeof(JOBOBJECT_BASIC_PROCESS_ID_LIST) == 16, "Windows x64 layout");

#endif /* WINVM_JOB_H */
