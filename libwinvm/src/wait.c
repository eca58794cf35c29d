// SPDX-License-Identifier: MIT
/* Waiting for handles that Linux has a descriptor to poll for: processes and notifications. */

#include <errno.h>
#include <poll.h>
#include <time.h>

#include "internal.h"

#include <winvm.h>

/* The descriptor that can be read while the object is signalled. */
static NTSTATUS winvm_wait_process(const struct winvm_process *process, int *fd)
{
	if (!(process->access & SYNCHRONIZE))
		return STATUS_ACCESS_DENIED;
	*fd = process->pidfd;
	return STATUS_SUCCESS;
}

/* *fd: -1 for the process itself, which never ends while it waits. */
static NTSTATUS winvm_wait_fd(HANDLE handle, int *fd)
{
	union winvm_object object;

	*fd = -1;
	if (handle == NtCurrentProcess())
		return STATUS_SUCCESS;
	if (!winvm_handle_get(handle, WINVM_HANDLE_PROCESS, &object) ||
	    !winvm_handle_get(handle, WINVM_HANDLE_THREAD, &object))
		return winvm_wait_process(&object.process, fd);
	if (winvm_handle_get(handle, WINVM_HANDLE_NOTICE, &object))
		return STATUS_INVALID_HANDLE;
	*fd = object.notice.fd;
	return STATUS_SUCCESS;
}

int WINAPI winvm_get_wait_fd(HANDLE handle)
{
	NTSTATUS status;
	int fd;

	status = winvm_wait_fd(handle, &fd);
	if (!status && fd < 0)
		status = STATUS_INVALID_HANDLE;
	if (!status)
		return fd;
	winvm_error_set(status);
	return -1;
}

/**
 * struct winvm_wait - a wait that is under way
 * @fds: what is waited for, as the caller gave it
 * @count: how many
 * @all: for all at once
 * @forever: without an end
 * @end: when it ends, of CLOCK_MONOTONIC
 */
struct winvm_wait {
	struct pollfd fds[MAXIMUM_WAIT_OBJECTS];
	DWORD count;
	bool all;
	bool forever;
	struct timespec end;
};

static void winvm_wait_until(struct winvm_wait *wait, DWORD milliseconds)
{
	wait->forever = milliseconds == INFINITE;
	clock_gettime(CLOCK_MONOTONIC, &wait->end);
	wait->end.tv_sec += milliseconds / 1000;
	wait->end.tv_nsec += milliseconds % 1000 * 1000000;
	if (wait->end.tv_nsec >= 1000000000) {
		wait->end.tv_nsec -= 1000000000;
		wait->end.tv_sec++;
	}
}

/* What is left, not below 0. */
static struct timespec winvm_wait_left(const struct winvm_wait *wait)
{
	struct timespec now, left;

	clock_gettime(CLOCK_MONOTONIC, &now);
	left.tv_sec = wait->end.tv_sec - now.tv_sec;
	left.tv_nsec = wait->end.tv_nsec - now.tv_nsec;
	if (left.tv_nsec < 0) {
		left.tv_nsec += 1000000000;
		left.tv_sec--;
	}
	return left.tv_sec < 0 ? (struct timespec){ 0 } : left;
}

/* Gives how many are signalled, 0 at the end of time, or -1; a signal does not end it. */
static int winvm_wait_poll(const struct winvm_wait *wait, struct pollfd *fds)
{
	struct timespec left;
	int got;

	do {
		left = winvm_wait_left(wait);
		got = ppoll(fds, wait->count, wait->forever ? NULL : &left, NULL);
	} while (got < 0 && errno == EINTR);
	return got;
}

/* The index of the first one that is signalled. */
static DWORD winvm_wait_any(struct winvm_wait *wait)
{
	int got = winvm_wait_poll(wait, wait->fds);
	DWORD i = 0;

	if (got <= 0)
		return got ? WAIT_FAILED : WAIT_TIMEOUT;
	while (i < wait->count && !wait->fds[i].revents)
		i++;
	return WAIT_OBJECT_0 + i;
}

/* Those that are signalled already are not waited for, but looked at once more. */
static DWORD winvm_wait_all(struct winvm_wait *wait)
{
	for (;;) {
		struct pollfd missing[MAXIMUM_WAIT_OBJECTS];
		int got = poll(wait->fds, wait->count, 0);

		if (got == (int)wait->count)
			return WAIT_OBJECT_0;
		if (got < 0)
			return WAIT_FAILED;
		for (DWORD i = 0; i < wait->count; i++) {
			missing[i] = wait->fds[i];
			if (missing[i].revents)
				missing[i].fd = -1;
		}
		got = winvm_wait_poll(wait, missing);
		if (got <= 0)
			return got ? WAIT_FAILED : WAIT_TIMEOUT;
	}
}

static NTSTATUS winvm_wait_begin(struct winvm_wait *wait, DWORD count, const HANDLE *handles,
				 BOOL all, DWORD milliseconds)
{
	NTSTATUS status = STATUS_SUCCESS;

	if (!count || count > MAXIMUM_WAIT_OBJECTS)
		return STATUS_INVALID_PARAMETER;
	wait->count = count;
	wait->all = all;
	for (DWORD i = 0; i < count && !status; i++) {
		wait->fds[i] = (struct pollfd){ .events = POLLIN };
		status = winvm_wait_fd(handles[i], &wait->fds[i].fd);
		for (DWORD j = 0; all && j < i; j++)
			if (handles[j] == handles[i])
				return STATUS_INVALID_PARAMETER;
	}
	winvm_wait_until(wait, milliseconds);
	return status;
}

DWORD WINAPI WaitForMultipleObjectsEx(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
				      DWORD dwMilliseconds, BOOL bAlertable)
{
	struct winvm_wait wait;
	int saved = errno;
	NTSTATUS status = winvm_wait_begin(&wait, nCount, lpHandles, bWaitAll, dwMilliseconds);
	DWORD result = WAIT_FAILED;

	(void)bAlertable;
	if (!status) {
		result = wait.all ? winvm_wait_all(&wait) : winvm_wait_any(&wait);
		if (result == WAIT_FAILED)
			status = winvm_status_of_errno(errno);
	}
	if (status)
		winvm_error_set(status);
	errno = saved;
	return result;
}

DWORD WINAPI WaitForMultipleObjects(DWORD nCount, const HANDLE *lpHandles, BOOL bWaitAll,
				    DWORD dwMilliseconds)
{
	return WaitForMultipleObjectsEx(nCount, lpHandles, bWaitAll, dwMilliseconds, FALSE);
}

DWORD WINAPI WaitForSingleObjectEx(HANDLE hHandle, DWORD dwMilliseconds, BOOL bAlertable)
{
	return WaitForMultipleObjectsEx(1, &hHandle, FALSE, dwMilliseconds, bAlertable);
}

DWORD WINAPI WaitForSingleObject(HANDLE hHandle, DWORD dwMilliseconds)
{
	return WaitForSingleObjectEx(hHandle, dwMilliseconds, FALSE);
}
