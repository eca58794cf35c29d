// SPDX-License-Identifier: GPL-2.0
/* GetProcessMemoryInfo() of another process, as JSON: counters PID */
#include <stdio.h>
#include <stdlib.h>

#include <psapi.h>
#include <windows.h>

#define MEMBER(name) printf(",\"%s\":%llu", #name, (unsigned long long)counters.name)

int main(int argc, char **argv)
{
	DWORD pid = argc > 1 ? (DWORD)strtoul(argv[1], NULL, 10) : GetCurrentProcessId();
	HANDLE process = OpenProcess(PROCESS_QUERY_INFORMATION, FALSE, pid);
	PROCESS_MEMORY_COUNTERS_EX2 counters;

	if (!process || !GetProcessMemoryInfo(process, (PROCESS_MEMORY_COUNTERS *)&counters,
					      sizeof(counters))) {
		fprintf(stderr, "counters: process %u: error %u\n", pid, GetLastError());
		return 1;
	}
	printf("{\"pid\":%u", pid);
	MEMBER(WorkingSetSize);
	MEMBER(PrivateWorkingSetSize);
	MEMBER(PagefileUsage);
	MEMBER(PrivateUsage);
	MEMBER(SharedCommitUsage);
	puts("}");
	CloseHandle(process);
	return 0;
}
