/* SPDX-License-Identifier: MIT */
/*
 * Win32 virtual memory for Linux programs.
 *
 * The calls follow Windows 10/11 x64. A call that succeeds leaves the last
 * error as it was (SPEC G-2), but for those that tell something by it; one
 * that fails sets it, and the last status (SPEC G-3). errno is never changed.
 *
 * Where the module cannot be used every memory call fails, and the library
 * says why on stderr, once:
 *
 *   ERROR_NOT_SUPPORTED        /dev/winvm is missing, or the module is too
 *                              old or too new for this library
 *   ERROR_ACCESS_DENIED        /dev/winvm may not be opened
 *   ERROR_NO_SYSTEM_RESOURCES  out of file descriptors
 */
#ifndef WINVM_WINDOWS_H
#define WINVM_WINDOWS_H

#include <windef.h>
#include <winnt.h>
#include <winerror.h>
#include <excpt.h>
#include <rtlsupportapi.h>
#include <minwinbase.h>
#include <errhandlingapi.h>
#include <fileapi.h>
#include <handleapi.h>
#include <ioapiset.h>
#include <jobapi.h>
#include <jobapi2.h>
#include <libloaderapi.h>
#include <memoryapi.h>
#include <processthreadsapi.h>
#include <synchapi.h>
#include <sysinfoapi.h>
#include <systemtopologyapi.h>
#include <winbase.h>

#endif /* WINVM_WINDOWS_H */
