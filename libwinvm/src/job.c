// SPDX-License-Identifier: MIT
/* Jobs (SPEC CC-14). */

#include <errno.h>
#include <unistd.h>

#include "internal.h"

#define WINVM_JOB_RIGHTS                                                            \
	(JOB_OBJECT_ASSIGN_PROCESS | JOB_OBJECT_SET_ATTRIBUTES | JOB_OBJECT_QUERY | \
	 JOB_OBJECT_TERMINATE)

WINVM_STATIC_ASSERT(JOB_OBJECT_ASSIGN_PROCESS == WINVM_JOB_ASSIGN_PROCESS &&
			    JOB_OBJECT_SET_ATTRIBUTES == WINVM_JOB_SET_ATTRIBUTES &&
			    JOB_OBJECT_QUERY == WINVM_JOB_QUERY &&
			    JOB_OBJECT_TERMINATE == WINVM_JOB_TERMINATE,
		    "rights pass through");

NTSTATUS winvm_job_get(HANDLE handle, struct winvm_job *job)
{
	union winvm_object object;
	NTSTATUS status = winvm_handle_get(handle, WINVM_HANDLE_JOB, &object);

	if (!status)
		*job = object.job;
	return status;
}

void winvm_job_close(const struct winvm_job *job)
{
	close(job->fd);
}

static HANDLE winvm_job_handle(int fd)
{
	const union winvm_object object = { .job = { .fd = fd } };
	HANDLE handle = winvm_handle_create(WINVM_HANDLE_JOB, &object);

	if (!handle)
		close(fd);
	return handle;
}

static HANDLE winvm_job_create(bool named)
{
	struct winvm_create_job request = {
		.size = sizeof(request),
		.access = WINVM_JOB_RIGHTS,
		.from_fd = WINVM_NO_FILE,
	};
	NTSTATUS status = named ? STATUS_NOT_SUPPORTED :
				  winvm_device_call(WINVM_IOC_CREATE_JOB, &request);
	int saved = errno;
	HANDLE handle = status ? NULL : winvm_job_handle(request.job_fd);

	errno = saved;
	if (!handle)
		winvm_error_set(status ? status : STATUS_INSUFFICIENT_RESOURCES);
	return handle;
}

HANDLE WINAPI CreateJobObjectA(LPSECURITY_ATTRIBUTES lpJobAttributes, LPCSTR lpName)
{
	(void)lpJobAttributes;
	return winvm_job_create(lpName && *lpName);
}

HANDLE WINAPI CreateJobObjectW(LPSECURITY_ATTRIBUTES lpJobAttributes, LPCWSTR lpName)
{
	(void)lpJobAttributes;
	return winvm_job_create(lpName && *lpName);
}

/* Which of the process's handles do; that of the caller himself does always. */
static NTSTATUS winvm_job_may_assign(HANDLE handle)
{
	const DWORD needs = PROCESS_SET_QUOTA | PROCESS_TERMINATE;
	struct winvm_process process;
	NTSTATUS status;

	if (handle == NtCurrentProcess())
		return STATUS_SUCCESS;
	status = winvm_process_get(handle, &process);
	if (status)
		return status;
	return (process.access & needs) == needs ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
}

BOOL WINAPI AssignProcessToJobObject(HANDLE hJob, HANDLE hProcess)
{
	struct winvm_job_call request = { .size = sizeof(request) };
	struct winvm_job job;
	NTSTATUS status = winvm_job_get(hJob, &job);

	if (!status)
		status = winvm_job_may_assign(hProcess);
	if (!status) {
		request.job_fd = job.fd;
		status = winvm_call(hProcess, WINVM_IOC_ASSIGN_JOB, &request);
	}
	return status ? winvm_error_set(status) : TRUE;
}

BOOL WINAPI TerminateJobObject(HANDLE hJob, UINT uExitCode)
{
	struct winvm_job_call request = { .size = sizeof(request) };
	struct winvm_job job;
	NTSTATUS status = winvm_job_get(hJob, &job);

	(void)uExitCode;
	if (!status) {
		request.job_fd = job.fd;
		status = winvm_device_call(WINVM_IOC_TERMINATE_JOB, &request);
	}
	return status ? winvm_error_set(status) : TRUE;
}

BOOL WINAPI IsProcessInJob(HANDLE ProcessHandle, HANDLE JobHandle, PBOOL Result)
{
	struct winvm_job_call request = { .size = sizeof(request), .job_fd = WINVM_NO_FILE };
	struct winvm_job job = { .fd = WINVM_NO_FILE };
	NTSTATUS status = JobHandle ? winvm_job_get(JobHandle, &job) : STATUS_SUCCESS;

	request.job_fd = job.fd;
	if (!status)
		status = winvm_call(ProcessHandle, WINVM_IOC_IN_JOB, &request);
	if (!status)
		status = winvm_user_put32(Result, request.value);
	return status ? winvm_error_set(status) : TRUE;
}
