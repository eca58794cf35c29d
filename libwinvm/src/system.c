// SPDX-License-Identifier: MIT
/* The machine, the program, and time. */

#include <cpuid.h>
#include <errno.h>
#include <sched.h>
#include <time.h>
#include <unistd.h>

#include "internal.h"

#define WINVM_MASK_PROCESSORS 64

static void winvm_system_memory(SYSTEM_INFO *info)
{
	struct winvm_hello hello;

	/* SPEC G-1, AS-1, for a program that only asks. */
	if (winvm_device_hello(&hello))
		hello = (struct winvm_hello){
			.lowest_address = 0x10000,
			.highest_address = 0x7ffffffeffff,
			.page_bytes = 0x1000,
			.granularity_bytes = 0x10000,
		};
	info->dwPageSize = hello.page_bytes;
	info->dwAllocationGranularity = hello.granularity_bytes;
	info->lpMinimumApplicationAddress = winvm_pointer(hello.lowest_address);
	info->lpMaximumApplicationAddress = winvm_pointer(hello.highest_address);
}

static void winvm_system_processors(SYSTEM_INFO *info)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	if (sched_getaffinity(0, sizeof(set), &set))
		CPU_SET(0, &set);
	for (unsigned int cpu = 0; cpu < WINVM_MASK_PROCESSORS; cpu++) {
		if (!CPU_ISSET(cpu, &set))
			continue;
		info->dwActiveProcessorMask |= (DWORD_PTR)1 << cpu;
		info->dwNumberOfProcessors++;
	}
}

static void winvm_system_model(SYSTEM_INFO *info)
{
	unsigned int eax, ebx, ecx, edx, family, model;

	info->wProcessorArchitecture = PROCESSOR_ARCHITECTURE_AMD64;
	info->dwProcessorType = PROCESSOR_AMD_X8664;
	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx))
		return;
	family = eax >> 8 & 0xf;
	model = (eax >> 4 & 0xf) | (eax >> 12 & 0xf0);
	if (family == 0xf)
		family += eax >> 20 & 0xff;
	info->wProcessorLevel = (WORD)family;
	info->wProcessorRevision = (WORD)(model << 8 | (eax & 0xf));
}

VOID WINAPI GetSystemInfo(LPSYSTEM_INFO lpSystemInfo)
{
	int saved = errno;

	memset(lpSystemInfo, 0, sizeof(*lpSystemInfo));
	winvm_system_memory(lpSystemInfo);
	winvm_system_processors(lpSystemInfo);
	winvm_system_model(lpSystemInfo);
	errno = saved;
}

DWORD WINAPI GetModuleFileNameA(HMODULE hModule, LPSTR lpFilename, DWORD nSize)
{
	int saved = errno;
	ssize_t length;

	if (hModule || !nSize) {
		SetLastError(hModule ? ERROR_MOD_NOT_FOUND : ERROR_INSUFFICIENT_BUFFER);
		return 0;
	}
	length = readlink("/proc/self/exe", lpFilename, nSize);
	if (length < 0) {
		winvm_error_set(winvm_status_of_errno(errno));
		errno = saved;
		return 0;
	}
	if ((DWORD)length < nSize) {
		lpFilename[length] = '\0';
		return (DWORD)length;
	}
	lpFilename[nSize - 1] = '\0';
	SetLastError(ERROR_INSUFFICIENT_BUFFER);
	return nSize;
}

static void winvm_system_sleep_until(const struct timespec *end)
{
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, end, NULL) == EINTR)
		;
}

VOID WINAPI Sleep(DWORD dwMilliseconds)
{
	struct timespec end;
	int saved = errno;

	if (!dwMilliseconds)
		sched_yield();
	while (dwMilliseconds == INFINITE)
		pause();
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += dwMilliseconds / 1000;
	end.tv_nsec += dwMilliseconds % 1000 * 1000000;
	if (end.tv_nsec >= 1000000000) {
		end.tv_nsec -= 1000000000;
		end.tv_sec++;
	}
	if (dwMilliseconds)
		winvm_system_sleep_until(&end);
	errno = saved;
}
