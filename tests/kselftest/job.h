/* SPDX-License-Identifier: GPL-2.0 */
/* Jobs, below the library. */
#ifndef KSELFTEST_JOB_H
#define KSELFTEST_JOB_H

#include "raw.h"

#define JOB_ALL                                                                  \
	(WINVM_JOB_ASSIGN_PROCESS | WINVM_JOB_SET_ATTRIBUTES | WINVM_JOB_QUERY | \
	 WINVM_JOB_TERMINATE)

/* With these rights; from_fd WINVM_NO_FILE: a new one. The descriptor, or -1. */
static inline int job_open(int device, int from_fd, uint32_t access, uint32_t *status)
{
	struct winvm_create_job request = {
		.size = sizeof(request),
		.status = RAW_POISON,
		.access = access,
		.from_fd = from_fd,
	};

	*status = ioctl(device, WINVM_IOC_CREATE_JOB, &request) ? RAW_NO_ANSWER : request.status;
	return *status ? -1 : request.job_fd;
}

static inline int job_new(int device)
{
	uint32_t status;

	return job_open(device, WINVM_NO_FILE, JOB_ALL, &status);
}

static inline uint32_t job_call(int descriptor, unsigned long code, int job, uint32_t *value)
{
	struct winvm_job_call request = {
		.size = sizeof(request),
		.status = RAW_POISON,
		.job_fd = job,
		.value = *value,
	};

	if (ioctl(descriptor, code, &request))
		return RAW_NO_ANSWER;
	*value = request.value;
	return request.status;
}

/* The process that a descriptor serves. */
static inline uint32_t job_assign(int descriptor, int job)
{
	uint32_t ignored = 0;

	return job_call(descriptor, WINVM_IOC_ASSIGN_JOB, job, &ignored);
}

/* Whether it is in the job, or a status. */
static inline uint32_t job_has(int descriptor, int job)
{
	uint32_t value = 0, status = job_call(descriptor, WINVM_IOC_IN_JOB, job, &value);

	return status ? status : value;
}

static inline uint32_t job_terminate(int device, int job)
{
	uint32_t ignored = 0;

	return job_call(device, WINVM_IOC_TERMINATE_JOB, job, &ignored);
}

/* 0 for no limit. */
static inline uint32_t job_limit(int device, int job, uint64_t process_bytes, uint64_t job_bytes)
{
	struct winvm_job_limits request = {
		.size = sizeof(request),
		.status = RAW_POISON,
		.job_fd = job,
		.flags = (process_bytes ? WINVM_JOB_LIMIT_PROCESS_MEMORY : 0) |
			 (job_bytes ? WINVM_JOB_LIMIT_JOB_MEMORY : 0),
		.process_bytes = process_bytes,
		.job_bytes = job_bytes,
	};

	return ioctl(device, WINVM_IOC_SET_JOB, &request) ? RAW_NO_ANSWER : request.status;
}

/* All poison when refused. */
static inline struct winvm_job_limits job_query(int device, int job)
{
	struct winvm_job_limits request = { .size = sizeof(request), .job_fd = job };

	if (ioctl(device, WINVM_IOC_QUERY_JOB, &request) || request.status)
		memset(&request, 0xa5, sizeof(request));
	return request;
}

/* How many processes are told; -1 if refused. */
static inline int job_processes(int device, int job, uint32_t *numbers, uint32_t capacity,
				uint32_t *active)
{
	struct winvm_job_processes request = {
		.size = sizeof(request),
		.status = RAW_POISON,
		.job_fd = job,
		.buffer = (uintptr_t)numbers,
		.capacity = capacity,
	};

	if (ioctl(device, WINVM_IOC_JOB_PROCESSES, &request) || request.status)
		return -1;
	*active = request.active;
	return (int)request.count;
}

/* Processes end a little later than they are reaped. */
static inline int job_empties(int device, int job)
{
	for (int tries = 0; tries < 3000; tries++) {
		if (!job_query(device, job).active && !job_query(device, job).commit_bytes)
			return 1;
		usleep(10000);
	}
	return 0;
}

#endif
