/* SPDX-License-Identifier: MIT */
/*
 * Processes: a process id is Linux' pid. Handles are never inherited, nor
 * kept across exec: bInheritHandle and bInheritHandles have no effect.
 */
#ifndef WINVM_PROCESSTHREADSAPI_H
#define WINVM_PROCESSTHREADSAPI_H

#include <minwinbase.h>

WINVM_BEGIN_DECLS

typedef struct _PROCESS_INFORMATION {
	HANDLE hProcess;
	HANDLE hThread;
	DWORD dwProcessId;
	DWORD dwThreadId;
} PROCESS_INFORMATION, *PPROCESS_INFORMATION, *LPPROCESS_INFORMATION;

#define STARTF_USESTDHANDLES 0x00000100

typedef struct _STARTUPINFOA {
	DWORD cb;
	LPSTR lpReserved;
	LPSTR lpDesktop;
	LPSTR lpTitle;
	DWORD dwX;
	DWORD dwY;
	DWORD dwXSize;
	DWORD dwYSize;
	DWORD dwXCountChars;
	DWORD dwYCountChars;
	DWORD dwFillAttribute;
	DWORD dwFlags;
	WORD wShowWindow;
	WORD cbReserved2;
	LPBYTE lpReserved2;
	HANDLE hStdInput;
	HANDLE hStdOutput;
	HANDLE hStdError;
} STARTUPINFOA, *LPSTARTUPINFOA;

typedef STARTUPINFOA STARTUPINFO;
typedef LPSTARTUPINFOA LPSTARTUPINFO;

/* (HANDLE)-1, with every right. */
WINBASEAPI HANDLE WINAPI GetCurrentProcess(VOID);
WINBASEAPI DWORD WINAPI GetCurrentProcessId(VOID);

/* 0 with error 6 if hProcess is no process. */
WINBASEAPI DWORD WINAPI GetProcessId(HANDLE hProcess);

/*
 * A handle with the rights asked for, or NULL. Linux checks what it checks
 * when /proc/PID/mem is opened, or /proc/PID/environ if the only memory right
 * is PROCESS_QUERY_INFORMATION: once, the handle outlives later changes
 * (SPEC G-6); for PROCESS_TERMINATE, what it checks before a signal. Other
 * rights of a process are granted and mean nothing. MAXIMUM_ALLOWED gives all
 * that Linux grants; GENERIC_* stand for what they do on Windows.
 * Errors: 87 no such process, 5 refused, or a bit that is no right of a
 * process, 1314 ACCESS_SYSTEM_SECURITY, 50 this kernel cannot do it.
 */
WINBASEAPI HANDLE WINAPI OpenProcess(DWORD dwDesiredAccess, BOOL bInheritHandle, DWORD dwProcessId);

/*
 * Starts a program. lpCommandLine is split into arguments as Microsoft's C
 * runtime splits it; lpApplicationName NULL: the first argument, looked up in
 * PATH. lpEnvironment NULL: this process's. Security attributes and the window
 * fields of lpStartupInfo are not used. hProcess gets the memory rights that
 * Linux grants.
 * Errors: 2 no such program, 5 not executable, 193 not a program, 87 no
 * pointer or no name, 50 dwCreationFlags or STARTF_USESTDHANDLES, which are
 * not supported, 8 no memory.
 */
WINBASEAPI BOOL WINAPI CreateProcessA(LPCSTR lpApplicationName, LPSTR lpCommandLine,
				      LPSECURITY_ATTRIBUTES lpProcessAttributes,
				      LPSECURITY_ATTRIBUTES lpThreadAttributes,
				      BOOL bInheritHandles, DWORD dwCreationFlags,
				      LPVOID lpEnvironment, LPCSTR lpCurrentDirectory,
				      LPSTARTUPINFOA lpStartupInfo,
				      LPPROCESS_INFORMATION lpProcessInformation);

#define CreateProcess CreateProcessA

/*
 * Ends a process by SIGKILL, which has no exit code; the calling process ends
 * with the lower 8 bits of uExitCode. Right: PROCESS_TERMINATE.
 * Errors: 6 no such handle, 5 no right, or the process has ended.
 */
WINBASEAPI BOOL WINAPI TerminateProcess(HANDLE hProcess, UINT uExitCode);

/* exit(): atexit functions run, stdio is flushed. The lower 8 bits count. */
WINBASEAPI __attribute__((noreturn)) VOID WINAPI ExitProcess(UINT uExitCode);

/*
 * Bytes that an overflow of the calling thread's stack leaves to its handler
 * (SPEC ST-11). *StackSizeInBytes becomes what was guaranteed before, 0 at
 * first, which stands for 8 KB. Rounded up to pages. It never gets less: 0,
 * or not more than before, only asks.
 * Errors: 87 the stack has no room for so much below its committed part, or is
 * one of Linux' own; 1455 commit is short.
 */
WINBASEAPI BOOL WINAPI SetThreadStackGuarantee(PULONG StackSizeInBytes);

/* The lowest byte of the calling thread's stack, and the first behind it. Cannot fail. */
WINBASEAPI VOID WINAPI GetCurrentThreadStackLimits(PULONG_PTR LowLimit, PULONG_PTR HighLimit);

WINVM_END_DECLS

#endif /* WINVM_PROCESSTHREADSAPI_H */
