/* SPDX-License-Identifier: MIT */
#ifndef WINVM_LIBLOADERAPI_H
#define WINVM_LIBLOADERAPI_H

#include <minwinbase.h>

WINVM_BEGIN_DECLS

/*
 * The path of the running program (hModule NULL; others: 126). Gives its
 * length in bytes; nSize, with error 122, when it was cut to fit; 0 on failure.
 */
WINBASEAPI DWORD WINAPI GetModuleFileNameA(HMODULE hModule, LPSTR lpFilename, DWORD nSize);

#define GetModuleFileName GetModuleFileNameA

WINVM_END_DECLS

#endif /* WINVM_LIBLOADERAPI_H */
