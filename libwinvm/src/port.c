// SPDX-License-Identifier: MIT
/*
 * Completion ports, for the messages of jobs: an epoll descriptor, which waits for
 * the jobs' descriptors and for a pipe of packets that were posted. The module keeps
 * the messages of a job until they are taken.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

/* What comes out of a port. Written to the pipe at once, and so read. */
struct winvm_packet {
	uint64_t bytes;
	uint64_t key;
	uint64_t overlapped;
};

/* A job whose messages go to a port. */
struct winvm_port_job {
	struct winvm_port_job *next;
	int fd;
	uint64_t key;
};

struct winvm_port {
	int epoll;
	int pipe[2];
	_Atomic(struct winvm_port_job *) jobs;
};

void winvm_port_close(struct winvm_port *port)
{
	struct winvm_port_job *job = atomic_load(&port->jobs), *next;

	for (; job; job = next) {
		next = job->next;
		close(job->fd);
		free(job);
	}
	close(port->epoll);
	close(port->pipe[0]);
	close(port->pipe[1]);
	free(port);
}

static bool winvm_port_watch(struct winvm_port *port, int fd, struct winvm_port_job *job)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = job };

	return !epoll_ctl(port->epoll, EPOLL_CTL_ADD, fd, &event);
}

/* NULL and errno on failure. */
static struct winvm_port *winvm_port_new(void)
{
	struct winvm_port *port = calloc(1, sizeof(*port));
	int err;

	if (!port)
		return NULL;
	port->pipe[0] = -1;
	port->pipe[1] = -1;
	port->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (port->epoll >= 0 && !pipe2(port->pipe, O_CLOEXEC | O_NONBLOCK) &&
	    winvm_port_watch(port, port->pipe[0], NULL))
		return port;
	err = errno;
	winvm_port_close(port);
	errno = err;
	return NULL;
}

static NTSTATUS winvm_port_create(HANDLE *handle)
{
	union winvm_object object = { .port = winvm_port_new() };

	if (!object.port)
		return winvm_status_of_errno(errno);
	*handle = winvm_handle_create(WINVM_HANDLE_PORT, &object);
	if (*handle)
		return STATUS_SUCCESS;
	winvm_port_close(object.port);
	return STATUS_INSUFFICIENT_RESOURCES;
}

static NTSTATUS winvm_port_get(HANDLE handle, struct winvm_port **port)
{
	union winvm_object object;
	NTSTATUS status = winvm_handle_get(handle, WINVM_HANDLE_PORT, &object);

	if (!status)
		*port = object.port;
	return status;
}

HANDLE WINAPI CreateIoCompletionPort(HANDLE FileHandle, HANDLE ExistingCompletionPort,
				     ULONG_PTR CompletionKey, DWORD NumberOfConcurrentThreads)
{
	NTSTATUS status = STATUS_SUCCESS;
	HANDLE handle = NULL;
	int saved = errno;

	(void)CompletionKey;
	(void)NumberOfConcurrentThreads;
	if (FileHandle != INVALID_HANDLE_VALUE)
		status = STATUS_NOT_SUPPORTED;
	else if (ExistingCompletionPort)
		status = STATUS_INVALID_PARAMETER;
	else
		status = winvm_port_create(&handle);
	errno = saved;
	if (status)
		winvm_error_set(status);
	return handle;
}

/* From now on, if nobody has them yet. */
static NTSTATUS winvm_port_begin(struct winvm_port *port, struct winvm_port_job *job)
{
	struct winvm_job_call request = {
		.size = sizeof(request),
		.job_fd = job->fd,
		.value = 1,
	};
	NTSTATUS status;

	if (!winvm_port_watch(port, job->fd, job))
		return winvm_status_of_errno(errno);
	status = winvm_device_call(WINVM_IOC_JOB_MESSAGE, &request);
	if (status)
		epoll_ctl(port->epoll, EPOLL_CTL_DEL, job->fd, NULL);
	return status;
}

static void winvm_port_keep(struct winvm_port *port, struct winvm_port_job *job)
{
	job->next = atomic_load(&port->jobs);
	while (!atomic_compare_exchange_weak(&port->jobs, &job->next, job))
		;
}

static NTSTATUS winvm_port_add_job(struct winvm_port *port, int fd, uint64_t key)
{
	struct winvm_port_job *job = malloc(sizeof(*job));
	NTSTATUS status;

	if (!job)
		return STATUS_NO_MEMORY;
	job->key = key;
	job->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	status = job->fd < 0 ? winvm_status_of_errno(errno) : winvm_port_begin(port, job);
	if (!status) {
		winvm_port_keep(port, job);
		return status;
	}
	if (job->fd >= 0)
		close(job->fd);
	free(job);
	return status;
}

/* The messages of a job go to a port. */
NTSTATUS winvm_port_add(HANDLE handle, const struct winvm_job *job, uint64_t key)
{
	struct winvm_port *port;
	NTSTATUS status = winvm_port_get(handle, &port);
	int saved = errno;

	if (!status)
		status = winvm_port_add_job(port, job->fd, key);
	errno = saved;
	return status;
}

static bool winvm_port_take(struct winvm_port *port, const struct winvm_port_job *job,
			    struct winvm_packet *packet)
{
	struct winvm_job_call request = { .size = sizeof(request) };

	if (!job)
		return read(port->pipe[0], packet, sizeof(*packet)) == sizeof(*packet);
	request.job_fd = job->fd;
	if (winvm_device_call(WINVM_IOC_JOB_MESSAGE, &request))
		return false;
	*packet = (struct winvm_packet){ request.value, job->key, request.pid };
	return true;
}

static int64_t winvm_port_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* Until then; another thread may take what this one has seen. */
static bool winvm_port_wait(struct winvm_port *port, DWORD milliseconds,
			    struct winvm_packet *packet)
{
	int64_t end = winvm_port_now() + milliseconds, left = milliseconds;
	struct epoll_event event;

	for (;;) {
		int wait = milliseconds == INFINITE ? -1 : left > INT32_MAX ? INT32_MAX : (int)left;

		if (epoll_wait(port->epoll, &event, 1, wait) == 1 &&
		    winvm_port_take(port, event.data.ptr, packet))
			return true;
		left = end - winvm_port_now();
		if (milliseconds != INFINITE && left <= 0)
			return false;
	}
}

static NTSTATUS winvm_port_answer(const struct winvm_packet *packet, DWORD *bytes, ULONG_PTR *key,
				  LPOVERLAPPED *overlapped)
{
	NTSTATUS status = winvm_user_put32(bytes, (uint32_t)packet->bytes);

	if (!status)
		status = winvm_user_put64(key, packet->key);
	if (!status)
		status = winvm_user_put64(overlapped, packet->overlapped);
	return status;
}

BOOL WINAPI GetQueuedCompletionStatus(HANDLE CompletionPort, LPDWORD lpNumberOfBytesTransferred,
				      PULONG_PTR lpCompletionKey, LPOVERLAPPED *lpOverlapped,
				      DWORD dwMilliseconds)
{
	struct winvm_port *port;
	struct winvm_packet packet = { .bytes = 0 };
	NTSTATUS status = winvm_port_get(CompletionPort, &port);
	int saved = errno;
	bool any;

	if (!status)
		status = winvm_user_put64(lpOverlapped, 0);
	if (status)
		return winvm_error_set(status);
	any = winvm_port_wait(port, dwMilliseconds, &packet);
	errno = saved;
	if (!any) {
		SetLastError(WAIT_TIMEOUT);
		return FALSE;
	}
	status = winvm_port_answer(&packet, lpNumberOfBytesTransferred, lpCompletionKey,
				   lpOverlapped);
	return status ? winvm_error_set(status) : TRUE;
}

BOOL WINAPI PostQueuedCompletionStatus(HANDLE CompletionPort, DWORD dwNumberOfBytesTransferred,
				       ULONG_PTR dwCompletionKey, LPOVERLAPPED lpOverlapped)
{
	const struct winvm_packet packet = {
		dwNumberOfBytesTransferred,
		dwCompletionKey,
		winvm_address(lpOverlapped),
	};
	struct winvm_port *port;
	NTSTATUS status = winvm_port_get(CompletionPort, &port);
	int saved = errno;

	if (!status && write(port->pipe[1], &packet, sizeof(packet)) != sizeof(packet))
		status = STATUS_INSUFFICIENT_RESOURCES;
	errno = saved;
	return status ? winvm_error_set(status) : TRUE;
}
