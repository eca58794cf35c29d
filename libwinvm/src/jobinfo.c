// SPDX-License-Identifier: MIT
/* What a job is told, and what it tells (SPEC CC-14). */

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include "internal.h"

WINVM_STATIC_ASSERT(JOB_OBJECT_LIMIT_PROCESS_MEMORY == WINVM_JOB_LIMIT_PROCESS_MEMORY &&
			    JOB_OBJECT_LIMIT_JOB_MEMORY == WINVM_JOB_LIMIT_JOB_MEMORY,
		    "flags pass through");

/* LimitFlags that Windows knows, by class. */
#define WINVM_JOB_BASIC_FLAGS 0x00ffu
#define WINVM_JOB_KNOWN_FLAGS 0x7fffu
#define WINVM_JOB_OUR_FLAGS   (JOB_OBJECT_LIMIT_PROCESS_MEMORY | JOB_OBJECT_LIMIT_JOB_MEMORY)

/* Processes of a list that are told at most, as the module has it. */
#define WINVM_JOB_NUMBERS 65536u

/* The descriptor behind a handle; NULL is the job that the caller is in. */
static NTSTATUS winvm_job_asked(HANDLE handle, int *fd)
{
	struct winvm_job job = { .fd = WINVM_NO_FILE };
	NTSTATUS status = handle ? winvm_job_get(handle, &job) : STATUS_SUCCESS;

	*fd = job.fd;
	return status;
}

static NTSTATUS winvm_job_flags(DWORD flags, DWORD known)
{
	if (flags & ~known)
		return STATUS_INVALID_PARAMETER;
	return flags & ~(DWORD)WINVM_JOB_OUR_FLAGS ? STATUS_NOT_SUPPORTED : STATUS_SUCCESS;
}

/* No basic limit is about commit: the limits stay. */
static NTSTATUS winvm_job_set_basic(const struct winvm_job *job, const void *from)
{
	JOBOBJECT_BASIC_LIMIT_INFORMATION basic;
	NTSTATUS status = winvm_user_copy(&basic, from, sizeof(basic));

	(void)job;
	return status ? status : winvm_job_flags(basic.LimitFlags, WINVM_JOB_BASIC_FLAGS);
}

static NTSTATUS winvm_job_set_extended(const struct winvm_job *job, const void *from)
{
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
	struct winvm_job_limits request = { .size = sizeof(request), .job_fd = job->fd };
	NTSTATUS status = winvm_user_copy(&limits, from, sizeof(limits));

	if (!status)
		status = winvm_job_flags(limits.BasicLimitInformation.LimitFlags,
					 WINVM_JOB_KNOWN_FLAGS);
	if (status)
		return status;
	request.flags = limits.BasicLimitInformation.LimitFlags;
	request.process_bytes = limits.ProcessMemoryLimit;
	request.job_bytes = limits.JobMemoryLimit;
	return winvm_device_call(WINVM_IOC_SET_JOB, &request);
}

static NTSTATUS winvm_job_set_port(const struct winvm_job *job, const void *from)
{
	JOBOBJECT_ASSOCIATE_COMPLETION_PORT port;
	NTSTATUS status = winvm_user_copy(&port, from, sizeof(port));

	return status ? status :
			winvm_port_add(port.CompletionPort, job, winvm_address(port.CompletionKey));
}

struct winvm_job_class {
	JOBOBJECTINFOCLASS class;
	DWORD bytes;
	NTSTATUS (*set)(const struct winvm_job *job, const void *from);
};

static const struct winvm_job_class winvm_job_settable[] = {
	{ JobObjectBasicLimitInformation, sizeof(JOBOBJECT_BASIC_LIMIT_INFORMATION),
	  winvm_job_set_basic },
	{ JobObjectAssociateCompletionPortInformation, sizeof(JOBOBJECT_ASSOCIATE_COMPLETION_PORT),
	  winvm_job_set_port },
	{ JobObjectExtendedLimitInformation, sizeof(JOBOBJECT_EXTENDED_LIMIT_INFORMATION),
	  winvm_job_set_extended },
};

static NTSTATUS winvm_job_set(HANDLE handle, JOBOBJECTINFOCLASS class, const void *from,
			      DWORD bytes)
{
	size_t count = sizeof(winvm_job_settable) / sizeof(winvm_job_settable[0]);
	struct winvm_job job;
	NTSTATUS status;

	for (size_t i = 0; i < count; i++) {
		if (winvm_job_settable[i].class != class)
			continue;
		if (bytes != winvm_job_settable[i].bytes)
			return STATUS_INFO_LENGTH_MISMATCH;
		status = winvm_job_get(handle, &job);
		return status ? status : winvm_job_settable[i].set(&job, from);
	}
	return STATUS_INVALID_INFO_CLASS;
}

BOOL WINAPI SetInformationJobObject(HANDLE hJob, JOBOBJECTINFOCLASS JobObjectInformationClass,
				    LPVOID lpJobObjectInformation,
				    DWORD cbJobObjectInformationLength)
{
	NTSTATUS status = winvm_job_set(hJob, JobObjectInformationClass, lpJobObjectInformation,
					cbJobObjectInformationLength);

	return status ? winvm_error_set(status) : TRUE;
}

/* An answer on its way to the caller. */
struct winvm_job_answer {
	int fd;
	void *to;
	DWORD room;
	DWORD bytes;
};

static NTSTATUS winvm_job_tell(struct winvm_job_answer *answer, const void *from, DWORD bytes)
{
	if (answer->room < bytes)
		return STATUS_INFO_LENGTH_MISMATCH;
	answer->bytes = bytes;
	return winvm_user_copy(answer->to, from, bytes);
}

static NTSTATUS winvm_job_query(const struct winvm_job_answer *answer,
				struct winvm_job_limits *limits)
{
	*limits = (struct winvm_job_limits){ .size = sizeof(*limits), .job_fd = answer->fd };
	return winvm_device_call(WINVM_IOC_QUERY_JOB, limits);
}

static NTSTATUS winvm_job_tell_counts(struct winvm_job_answer *answer)
{
	JOBOBJECT_BASIC_ACCOUNTING_INFORMATION counts = { .TotalProcesses = 0 };
	struct winvm_job_limits limits;
	NTSTATUS status = winvm_job_query(answer, &limits);

	counts.TotalProcesses = limits.total;
	counts.ActiveProcesses = limits.active;
	return status ? status : winvm_job_tell(answer, &counts, sizeof(counts));
}

static NTSTATUS winvm_job_tell_basic(struct winvm_job_answer *answer)
{
	JOBOBJECT_BASIC_LIMIT_INFORMATION basic = { .LimitFlags = 0 };
	struct winvm_job_limits limits;
	NTSTATUS status = winvm_job_query(answer, &limits);

	basic.LimitFlags = limits.flags & WINVM_JOB_BASIC_FLAGS;
	return status ? status : winvm_job_tell(answer, &basic, sizeof(basic));
}

static NTSTATUS winvm_job_tell_extended(struct winvm_job_answer *answer)
{
	JOBOBJECT_EXTENDED_LIMIT_INFORMATION told = { .ProcessMemoryLimit = 0 };
	struct winvm_job_limits limits;
	NTSTATUS status = winvm_job_query(answer, &limits);

	told.BasicLimitInformation.LimitFlags = limits.flags;
	told.ProcessMemoryLimit = limits.process_bytes;
	told.JobMemoryLimit = limits.job_bytes;
	told.PeakProcessMemoryUsed = limits.peak_process_bytes;
	told.PeakJobMemoryUsed = limits.peak_job_bytes;
	return status ? status : winvm_job_tell(answer, &told, sizeof(told));
}

/* Numbers of 4 bytes become such of 8, in the caller's list. */
static NTSTATUS winvm_job_put_list(struct winvm_job_answer *answer,
				   const struct winvm_job_processes *request)
{
	const DWORD head = offsetof(JOBOBJECT_BASIC_PROCESS_ID_LIST, ProcessIdList);
	const uint32_t *numbers = winvm_pointer(request->buffer);
	const DWORD counts[2] = { request->active, request->count };
	char *to = answer->to;
	NTSTATUS status = winvm_user_copy(to, counts, sizeof(counts));

	for (uint32_t i = 0; !status && i < request->count; i++)
		status = winvm_user_put64(to + head + i * sizeof(ULONG_PTR), numbers[i]);
	answer->bytes = head + request->count * (DWORD)sizeof(ULONG_PTR);
	if (!status && request->active > request->count && request->count == request->capacity)
		status = STATUS_BUFFER_OVERFLOW;
	return status;
}

static NTSTATUS winvm_job_tell_list(struct winvm_job_answer *answer)
{
	const DWORD head = offsetof(JOBOBJECT_BASIC_PROCESS_ID_LIST, ProcessIdList);
	struct winvm_job_processes request = { .size = sizeof(request), .job_fd = answer->fd };
	DWORD fit;
	NTSTATUS status;
	void *numbers;

	if (answer->room < sizeof(JOBOBJECT_BASIC_PROCESS_ID_LIST))
		return STATUS_INFO_LENGTH_MISMATCH;
	fit = (answer->room - head) / (DWORD)sizeof(ULONG_PTR);
	request.capacity = fit < WINVM_JOB_NUMBERS ? fit : WINVM_JOB_NUMBERS;
	numbers = calloc(request.capacity, sizeof(uint32_t));
	if (!numbers)
		return STATUS_NO_MEMORY;
	request.buffer = winvm_address(numbers);
	status = winvm_device_call(WINVM_IOC_JOB_PROCESSES, &request);
	if (!status)
		status = winvm_job_put_list(answer, &request);
	free(numbers);
	return status;
}

static NTSTATUS winvm_job_answer(JOBOBJECTINFOCLASS class, struct winvm_job_answer *answer)
{
	switch (class) {
	case JobObjectBasicAccountingInformation:
		return winvm_job_tell_counts(answer);
	case JobObjectBasicLimitInformation:
		return winvm_job_tell_basic(answer);
	case JobObjectBasicProcessIdList:
		return winvm_job_tell_list(answer);
	case JobObjectExtendedLimitInformation:
		return winvm_job_tell_extended(answer);
	default:
		return STATUS_INVALID_INFO_CLASS;
	}
}

BOOL WINAPI QueryInformationJobObject(HANDLE hJob, JOBOBJECTINFOCLASS JobObjectInformationClass,
				      LPVOID lpJobObjectInformation,
				      DWORD cbJobObjectInformationLength, LPDWORD lpReturnLength)
{
	struct winvm_job_answer answer = {
		.to = lpJobObjectInformation,
		.room = cbJobObjectInformationLength,
	};
	NTSTATUS status = winvm_job_asked(hJob, &answer.fd);
	int saved = errno;

	if (!status)
		status = winvm_job_answer(JobObjectInformationClass, &answer);
	errno = saved;
	if (lpReturnLength && answer.bytes && winvm_user_put32(lpReturnLength, answer.bytes))
		status = STATUS_ACCESS_VIOLATION;
	return status ? winvm_error_set(status) : TRUE;
}
