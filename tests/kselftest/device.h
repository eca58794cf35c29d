/* SPDX-License-Identifier: GPL-2.0 */
/* The device itself, below the library. */
#ifndef KSELFTEST_DEVICE_H
#define KSELFTEST_DEVICE_H

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "vm.h"

/* errno of an ioctl, 0 if it succeeds. */
static inline int device_call(int device, unsigned long code, void *request)
{
	return ioctl(device, code, request) < 0 ? errno : 0;
}

static inline int device_open(void)
{
	return open(WINVM_DEVICE, O_RDWR | O_CLOEXEC);
}

static inline struct winvm_allocate device_reserve_request(void)
{
	return (struct winvm_allocate){
		.size = sizeof(struct winvm_allocate),
		.bytes = PAGE,
		.type = MEM_RESERVE,
		.protect = PAGE_READWRITE,
	};
}

static inline struct winvm_query device_query_request(const void *address, void *buffer,
						      uint32_t capacity)
{
	return (struct winvm_query){
		.size = sizeof(struct winvm_query),
		.address = (uintptr_t)address,
		.buffer = (uintptr_t)buffer,
		.capacity = capacity,
	};
}

/* Opens /proc/PID/NAME. */
static inline int device_open_proc(pid_t pid, const char *name, int flags)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	return open(path, flags | O_CLOEXEC);
}

/* A handle on the process behind a /proc file, or minus errno. */
static inline int device_open_process(int device, int proc_fd, uint32_t access)
{
	struct winvm_open_process request = {
		.size = sizeof(request),
		.proc_fd = proc_fd,
		.access = access,
	};
	int handle = ioctl(device, WINVM_IOC_OPEN_PROCESS, &request);

	return handle < 0 ? -errno : handle;
}

/* Runs @body in a child: its exit status, or 256 and the signal that killed it. */
static inline int in_child(int (*body)(void *), void *argument)
{
	pid_t pid = fork();
	int status;

	if (!pid)
		_exit(body(argument));
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
}

/* Passes a descriptor through a socket. */
static inline int send_descriptor(int socket, int descriptor)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
	return sendmsg(socket, &message, 0) == 1 ? 0 : -1;
}

static inline int receive_descriptor(int socket)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec data = { &byte, 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int descriptor = -1;

	if (recvmsg(socket, &message, 0) == 1 && CMSG_FIRSTHDR(&message))
		memcpy(&descriptor, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	return descriptor;
}

#endif
