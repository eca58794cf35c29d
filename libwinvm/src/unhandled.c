// SPDX-License-Identifier: MIT
/* The filter for exceptions that nobody has taken. */

#include <stdatomic.h>
#include <unistd.h>

#include "internal.h"

static _Atomic(LPTOP_LEVEL_EXCEPTION_FILTER) winvm_unhandled_filter;

LPTOP_LEVEL_EXCEPTION_FILTER WINAPI
SetUnhandledExceptionFilter(LPTOP_LEVEL_EXCEPTION_FILTER lpFilter)
{
	winvm_vectored_take_signals();
	return atomic_exchange(&winvm_unhandled_filter, lpFilter);
}

LONG WINAPI UnhandledExceptionFilter(EXCEPTION_POINTERS *ExceptionInfo)
{
	LPTOP_LEVEL_EXCEPTION_FILTER filter = atomic_load(&winvm_unhandled_filter);

	return filter ? filter(ExceptionInfo) : EXCEPTION_CONTINUE_SEARCH;
}

/* Windows' exit code is the exception's; of it 8 bits are left, which must not say "success". */
void winvm_unhandled_end(const EXCEPTION_RECORD *record)
{
	int status = (int)(record->ExceptionCode & 0xff);

	_exit(status ? status : 0xff);
}
