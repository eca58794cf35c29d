// SPDX-License-Identifier: MIT
/* Memory that is low or high, as an object to wait for (SPEC CC-15). */

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "internal.h"

WINVM_STATIC_ASSERT((int)LowMemoryResourceNotification == WINVM_NOTICE_LOW &&
			    (int)HighMemoryResourceNotification == WINVM_NOTICE_HIGH,
		    "the type passes through");

void winvm_notice_close(const struct winvm_notice *notice)
{
	close(notice->fd);
}

/* The descriptor is the handle's, or closed. */
static HANDLE winvm_notice_handle(int fd)
{
	const union winvm_object object = { .notice = { .fd = fd } };
	HANDLE handle = winvm_handle_create(WINVM_HANDLE_NOTICE, &object);

	if (!handle) {
		winvm_notice_close(&object.notice);
		winvm_error_set(STATUS_INSUFFICIENT_RESOURCES);
	}
	return handle;
}

HANDLE WINAPI CreateMemoryResourceNotification(MEMORY_RESOURCE_NOTIFICATION_TYPE Type)
{
	struct winvm_open_notice request = {
		.size = sizeof(request),
		.type = (__u32)Type,
	};
	NTSTATUS status = winvm_device_call(WINVM_IOC_OPEN_NOTICE, &request);
	int saved = errno;
	HANDLE handle;

	if (status) {
		winvm_error_set(status);
		return NULL;
	}
	handle = winvm_notice_handle(request.notice_fd);
	errno = saved;
	return handle;
}

static NTSTATUS winvm_notice_query(HANDLE handle, BOOL *state)
{
	struct pollfd look = { .events = POLLIN };
	union winvm_object object;
	NTSTATUS status = winvm_handle_get(handle, WINVM_HANDLE_NOTICE, &object);

	if (status)
		return status;
	if (!state)
		return STATUS_INVALID_PARAMETER;
	look.fd = object.notice.fd;
	if (poll(&look, 1, 0) < 0)
		return winvm_status_of_errno(errno);
	return winvm_user_put32(state, look.revents & POLLIN ? TRUE : FALSE);
}

BOOL WINAPI QueryMemoryResourceNotification(HANDLE ResourceNotificationHandle, PBOOL ResourceState)
{
	int saved = errno;
	NTSTATUS status = winvm_notice_query(ResourceNotificationHandle, ResourceState);

	errno = saved;
	return status ? winvm_error_set(status) : TRUE;
}
