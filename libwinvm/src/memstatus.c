// SPDX-License-Identifier: MIT
/* Memory of the machine (SPEC CC-12, CC-13). */

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "internal.h"

#include <psapi.h>

#define WINVM_PAGE UINT64_C(0x1000)

static NTSTATUS winvm_system_ask(struct winvm_query_system *system)
{
	*system = (struct winvm_query_system){ .size = sizeof(*system) };
	return winvm_device_call(WINVM_IOC_QUERY_SYSTEM, system);
}

/* What a process may have, and what it has not: by the calls of winvm. */
static NTSTATUS winvm_addresses(uint64_t *total, uint64_t *left)
{
	struct winvm_counters charged = { .size = sizeof(charged) };
	struct winvm_hello hello;
	NTSTATUS status = winvm_device_hello(&hello);

	if (!status)
		status = winvm_device_call(WINVM_IOC_COUNTERS, &charged);
	if (status)
		return status;
	*total = hello.highest_address + 1 - hello.lowest_address;
	*left = *total - charged.virtual_bytes;
	return STATUS_SUCCESS;
}

static NTSTATUS winvm_memory_status(MEMORYSTATUSEX *answer)
{
	struct winvm_query_system system;
	uint64_t total = 0, left = 0;
	NTSTATUS status = winvm_system_ask(&system);

	if (!status)
		status = winvm_addresses(&total, &left);
	if (status)
		return status;
	if (system.available_bytes > system.memory_bytes)
		system.available_bytes = system.memory_bytes;
	*answer = (MEMORYSTATUSEX){
		.dwLength = sizeof(*answer),
		.dwMemoryLoad = (DWORD)((system.memory_bytes - system.available_bytes) * 100 /
					system.memory_bytes),
		.ullTotalPhys = system.memory_bytes,
		.ullAvailPhys = system.available_bytes,
		.ullTotalPageFile = system.ceiling_bytes,
		.ullAvailPageFile = system.left_bytes,
		.ullTotalVirtual = total,
		.ullAvailVirtual = left,
	};
	return STATUS_SUCCESS;
}

BOOL WINAPI GlobalMemoryStatusEx(LPMEMORYSTATUSEX lpBuffer)
{
	MEMORYSTATUSEX answer;
	NTSTATUS status = STATUS_INVALID_PARAMETER;

	if (lpBuffer->dwLength == sizeof(answer))
		status = winvm_memory_status(&answer);
	if (status)
		return winvm_error_set(status);
	*lpBuffer = answer;
	return TRUE;
}

VOID WINAPI GlobalMemoryStatus(LPMEMORYSTATUS lpBuffer)
{
	MEMORYSTATUSEX answer;

	if (winvm_memory_status(&answer))
		answer = (MEMORYSTATUSEX){ 0 };
	*lpBuffer = (MEMORYSTATUS){
		.dwLength = sizeof(*lpBuffer),
		.dwMemoryLoad = answer.dwMemoryLoad,
		.dwTotalPhys = answer.ullTotalPhys,
		.dwAvailPhys = answer.ullAvailPhys,
		.dwTotalPageFile = answer.ullTotalPageFile,
		.dwAvailPageFile = answer.ullAvailPageFile,
		.dwTotalVirtual = answer.ullTotalVirtual,
		.dwAvailVirtual = answer.ullAvailVirtual,
	};
}

/* The beginning of a small file of /proc or /sys, with a zero; its length, or -1. */
static ssize_t winvm_file_text(const char *path, char *text, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, room - 1);

	if (length >= 0)
		text[length] = '\0';
	if (fd >= 0)
		close(fd);
	return length;
}

/* A line of /proc/meminfo, in pages; 0 if there is none. */
static SIZE_T winvm_meminfo_pages(const char *text, const char *name)
{
	const char *line = strstr(text, name);

	return line ? strtoull(line + strlen(name), NULL, 10) / 4 : 0;
}

/* What Linux has as it pleases, beside programs. */
static NTSTATUS winvm_kernel_memory(PERFORMANCE_INFORMATION *info)
{
	char text[4096];

	if (winvm_file_text("/proc/meminfo", text, sizeof(text)) < 0)
		return winvm_status_of_errno(errno);
	info->SystemCache =
		winvm_meminfo_pages(text, "\nCached:") + winvm_meminfo_pages(text, "\nBuffers:");
	info->KernelPaged = winvm_meminfo_pages(text, "\nSReclaimable:");
	info->KernelNonpaged = winvm_meminfo_pages(text, "\nSUnreclaim:") +
			       winvm_meminfo_pages(text, "\nKernelStack:") +
			       winvm_meminfo_pages(text, "\nPageTables:");
	info->KernelTotal = info->KernelPaged + info->KernelNonpaged;
	return STATUS_SUCCESS;
}

static DWORD winvm_processes(void)
{
	DIR *proc = opendir("/proc");
	const struct dirent *entry;
	DWORD count = 0;

	if (!proc)
		return 0;
	while ((entry = readdir(proc)))
		count += isdigit((unsigned char)entry->d_name[0]) != 0;
	closedir(proc);
	return count;
}

/* Open files, for handles. */
static DWORD winvm_handles(void)
{
	char text[128];

	if (winvm_file_text("/proc/sys/fs/file-nr", text, sizeof(text)) < 0)
		return 0;
	return (DWORD)strtoul(text, NULL, 10);
}

static DWORD winvm_threads(void)
{
	char text[128], *slash;

	if (winvm_file_text("/proc/loadavg", text, sizeof(text)) < 0)
		return 0;
	slash = strchr(text, '/');
	return slash ? (DWORD)strtoul(slash + 1, NULL, 10) : 0;
}

static NTSTATUS winvm_performance(PERFORMANCE_INFORMATION *info)
{
	struct winvm_query_system system;
	NTSTATUS status = winvm_system_ask(&system);

	if (status)
		return status;
	*info = (PERFORMANCE_INFORMATION){
		.cb = sizeof(*info),
		.CommitTotal = system.commit_bytes / WINVM_PAGE,
		.CommitLimit = system.commit_limit_bytes / WINVM_PAGE,
		.CommitPeak = system.peak_commit_bytes / WINVM_PAGE,
		.PhysicalTotal = system.memory_bytes / WINVM_PAGE,
		.PhysicalAvailable = system.available_bytes / WINVM_PAGE,
		.PageSize = WINVM_PAGE,
		.HandleCount = winvm_handles(),
		.ProcessCount = winvm_processes(),
		.ThreadCount = winvm_threads(),
	};
	return winvm_kernel_memory(info);
}

BOOL WINAPI GetPerformanceInfo(PPERFORMANCE_INFORMATION pPerformanceInformation, DWORD cb)
{
	NTSTATUS status = STATUS_INFO_LENGTH_MISMATCH;
	PERFORMANCE_INFORMATION info;
	int saved = errno;

	if (cb >= sizeof(info))
		status = winvm_performance(&info);
	if (!status)
		status = winvm_user_copy(pPerformanceInformation, &info, sizeof(info));
	errno = saved;
	return status ? winvm_error_set(status) : TRUE;
}

/* Blocks of memory that Linux could switch off: with what the firmware keeps. */
static uint64_t winvm_memory_blocks(void)
{
	static const char path[] = "/sys/devices/system/memory/block_size_bytes";
	DIR *blocks = opendir("/sys/devices/system/memory");
	const struct dirent *entry;
	uint64_t count = 0;
	char text[64];

	if (!blocks)
		return 0;
	while ((entry = readdir(blocks)))
		count += !strncmp(entry->d_name, "memory", 6) &&
			 isdigit((unsigned char)entry->d_name[6]);
	closedir(blocks);
	return winvm_file_text(path, text, sizeof(text)) < 0 ? 0 : count * strtoull(text, NULL, 16);
}

static uint64_t winvm_memory_installed(void)
{
	uint64_t blocks = winvm_memory_blocks(), memory = 0;
	struct sysinfo info;

	if (!sysinfo(&info))
		memory = (uint64_t)info.totalram * info.mem_unit;
	return blocks > memory ? blocks : memory;
}

BOOL WINAPI GetPhysicallyInstalledSystemMemory(PULONGLONG TotalMemoryInKilobytes)
{
	NTSTATUS status = STATUS_INVALID_PARAMETER;
	int saved = errno;

	if (TotalMemoryInKilobytes)
		status = winvm_user_put64(TotalMemoryInKilobytes, winvm_memory_installed() / 1024);
	errno = saved;
	return status ? winvm_error_set(status) : TRUE;
}
