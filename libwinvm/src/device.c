// SPDX-License-Identifier: MIT
/*
 * /dev/winvm, opened once for the memory of the calling process.
 *
 * The descriptor is published in one atomic and never closed. Three things
 * can make it useless, and each is noticed by the call that fails: fork gives
 * the child an address space the descriptor does not serve (EPERM); the
 * program may close descriptors it does not know (EBADF), and may have got the
 * number back for a file of its own (ENOTTY, and no answer to the handshake).
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"

static atomic_int winvm_device = -1;
static atomic_uint winvm_device_abi;

/* Who asks: a call says why nothing will work, a signal handler keeps quiet. */
enum winvm_voice {
	WINVM_QUIET,
	WINVM_ALOUD,
};

/* Says once a process why nothing will work. */
static void winvm_device_complain(int err, enum winvm_voice voice)
{
	static atomic_flag said = ATOMIC_FLAG_INIT;

	if (voice == WINVM_QUIET || atomic_flag_test_and_set(&said))
		return;
	if (err == ENOENT || err == ENODEV || err == ENXIO)
		dprintf(STDERR_FILENO, "winvm: " WINVM_DEVICE " is missing; "
				       "load the kernel module (modprobe winvm)\n");
	else if (err == EPROTO)
		dprintf(STDERR_FILENO,
			"winvm: the kernel module (ABI %u) does not fit this library (ABI %u)\n",
			atomic_load(&winvm_device_abi), WINVM_ABI_VERSION);
	else
		dprintf(STDERR_FILENO, "winvm: cannot open " WINVM_DEVICE ": %s\n",
			strerrordesc_np(err));
}

/* Gives 0 or an errno, EPROTO if library and module do not understand each other. */
static int winvm_device_greet(int fd, struct winvm_hello *hello)
{
	*hello = (struct winvm_hello){
		.size = sizeof(*hello),
		.features = WINVM_FEATURE_PRIVATE,
	};
	if (ioctl(fd, WINVM_IOC_HELLO, hello) && errno != EOPNOTSUPP)
		return errno == EINVAL || errno == E2BIG || errno == ENOTTY ? EPROTO : errno;
	atomic_store(&winvm_device_abi, hello->abi);
	if (hello->abi != WINVM_ABI_VERSION || !(hello->features & WINVM_FEATURE_PRIVATE))
		return EPROTO;
	return 0;
}

static int winvm_device_open(enum winvm_voice voice)
{
	struct winvm_hello hello;
	int fd = open(WINVM_DEVICE, O_RDWR | O_CLOEXEC);
	int err = fd < 0 ? errno : winvm_device_greet(fd, &hello);

	if (!err) {
		winvm_layout_from_environment(fd, voice == WINVM_ALOUD);
		return fd;
	}
	if (fd >= 0)
		close(fd);
	winvm_device_complain(err, voice);
	return -err;
}

static NTSTATUS winvm_device_unusable(int err)
{
	if (err == ENOENT || err == ENODEV || err == ENXIO)
		return STATUS_NOT_SUPPORTED;
	return winvm_status_of_errno(err);
}

/*
 * Puts a new descriptor in the place of @old and gives it, or -errno. Of
 * several threads that do so at once one wins, and the others use what it got.
 */
static int winvm_device_publish(int old, enum winvm_voice voice)
{
	int fd = winvm_device_open(voice);

	if (fd >= 0 && !atomic_compare_exchange_strong(&winvm_device, &old, fd)) {
		close(fd);
		fd = old;
	}
	return fd;
}

/* After fork: the number stays, so that no other thread sees it change. */
static int winvm_device_renew(int old, enum winvm_voice voice)
{
	int fd = winvm_device_open(voice);
	int err;

	if (fd < 0)
		return fd;
	err = dup3(fd, old, O_CLOEXEC) < 0 ? errno : 0;
	close(fd);
	return err ? -err : old;
}

static bool winvm_device_lost(int fd)
{
	struct winvm_hello hello;

	return winvm_device_greet(fd, &hello) == EPROTO;
}

/* A descriptor to try again with after @err on @fd, or -errno. */
static int winvm_device_repair(int fd, int err, enum winvm_voice voice)
{
	if (fd < 0)
		return winvm_device_publish(fd, voice);
	if (err == EPERM)
		return winvm_device_renew(fd, voice);
	if (err == EBADF || (err == ENOTTY && winvm_device_lost(fd)))
		return winvm_device_publish(fd, voice);
	return -err;
}

/* The descriptor is not open yet, or did not do. As below. */
static int winvm_device_again(int fd, int err, unsigned long code, void *request, NTSTATUS *status)
{
	int saved = errno;
	int result = winvm_device_repair(fd, err, WINVM_ALOUD);

	errno = saved;
	if (result < 0) {
		*status = winvm_device_unusable(-result);
		return result;
	}
	result = winvm_ioctl(result, code, request);
	if (result < 0)
		*status = winvm_status_of_errno(-result);
	return result;
}

/* Gives the ioctl's result, or -errno; *@status is set if it is negative. */
static int winvm_device_ioctl(unsigned long code, void *request, NTSTATUS *status)
{
	int fd = atomic_load_explicit(&winvm_device, memory_order_acquire);
	int result = fd < 0 ? -EBADF : winvm_ioctl(fd, code, request);

	if (__builtin_expect(result >= 0, 1))
		return result;
	return winvm_device_again(fd, -result, code, request, status);
}

NTSTATUS winvm_device_call(unsigned long code, void *request)
{
	NTSTATUS status;

	if (winvm_device_ioctl(code, request, &status) < 0)
		return status;
	return (NTSTATUS)((struct winvm_request *)request)->status;
}

NTSTATUS winvm_device_hello(struct winvm_hello *hello)
{
	NTSTATUS status = STATUS_SUCCESS;

	*hello = (struct winvm_hello){ .size = sizeof(*hello) };
	winvm_device_ioctl(WINVM_IOC_HELLO, hello, &status);
	return status;
}

NTSTATUS winvm_device_open_process(struct winvm_open_process *request, int *fd)
{
	NTSTATUS status = STATUS_SUCCESS;

	*fd = winvm_device_ioctl(WINVM_IOC_OPEN_PROCESS, request, &status);
	return status;
}

/*
 * For the signal handler, which keeps errno. The process need not have used
 * the device before: others may have set guard pages in it, and a forked child
 * comes with its parent's descriptor.
 */
NTSTATUS winvm_device_exception(struct winvm_exception *request)
{
	int fd = atomic_load_explicit(&winvm_device, memory_order_acquire);
	int result = fd < 0 ? -EBADF : winvm_ioctl(fd, WINVM_IOC_EXCEPTION, request);

	if (result < 0) {
		fd = winvm_device_repair(fd, -result, WINVM_QUIET);
		result = fd < 0 ? fd : winvm_ioctl(fd, WINVM_IOC_EXCEPTION, request);
	}
	return result < 0 ? STATUS_ACCESS_VIOLATION : (NTSTATUS)request->status;
}

/*
 * fork(2): the child has its parent's ViewShare views (SPEC SE-36). It must
 * have them before it goes on, for it touches them without a call; and a child
 * that has none is spared the device.
 */
static _Thread_local bool winvm_device_shares;

static void winvm_device_before_fork(void)
{
	int fd = atomic_load_explicit(&winvm_device, memory_order_acquire);
	struct winvm_counters counters = { .size = sizeof(counters) };
	int saved = errno;

	winvm_device_shares = fd >= 0 && !ioctl(fd, WINVM_IOC_COUNTERS, &counters) &&
			      counters.shared_views;
	errno = saved;
}

/* Quiet, for it may have no use for the views; what cannot be had shows nothing. */
static void winvm_device_forked(void)
{
	struct winvm_inherit request = { .size = sizeof(request) };
	int fd = atomic_load_explicit(&winvm_device, memory_order_acquire);
	int saved = errno;

	if (winvm_device_shares && ioctl(fd, WINVM_IOC_INHERIT, &request)) {
		fd = winvm_device_repair(fd, errno, WINVM_QUIET);
		if (fd >= 0)
			ioctl(fd, WINVM_IOC_INHERIT, &request);
	}
	errno = saved;
}

__attribute__((constructor)) static void winvm_device_load(void)
{
	pthread_atfork(winvm_device_before_fork, NULL, winvm_device_forked);
}
