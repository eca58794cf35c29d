// SPDX-License-Identifier: MIT
/*
 * Exceptions: who is asked about one, and those that a program raises.
 *
 * Vectored handlers come first, then the filters of the try blocks that the
 * thread is in, then the unhandled exception filter. If none of them takes a
 * fault, its signal goes where it went without the library (signal.c); an
 * exception that was raised ends the process by SIGABRT.
 */

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "internal.h"

/*
 * "Go on" to an exception that cannot be continued is an exception of its own,
 * raised at the same place. Who goes on from that as well is not asked again.
 */
static bool winvm_exception_refuse(EXCEPTION_POINTERS *pointers, ucontext_t *machine)
{
	EXCEPTION_RECORD record = {
		.ExceptionCode = (DWORD)STATUS_NONCONTINUABLE_EXCEPTION,
		.ExceptionFlags = EXCEPTION_NONCONTINUABLE,
		.ExceptionRecord = pointers->ExceptionRecord,
		.ExceptionAddress = pointers->ExceptionRecord->ExceptionAddress,
	};

	if ((NTSTATUS)pointers->ExceptionRecord->ExceptionCode == STATUS_NONCONTINUABLE_EXCEPTION)
		return false;
	return winvm_exception_dispatch(&record, pointers->ContextRecord, machine);
}

static bool winvm_exception_continue(EXCEPTION_POINTERS *pointers, ucontext_t *machine)
{
	if (pointers->ExceptionRecord->ExceptionFlags & EXCEPTION_NONCONTINUABLE)
		return winvm_exception_refuse(pointers, machine);
	winvm_vectored_call(WINVM_VECTORED_CONTINUE, pointers);
	return true;
}

/*
 * True if the thread goes on with @context. @machine is that of the signal the
 * exception came by, or NULL.
 */
bool winvm_exception_dispatch(EXCEPTION_RECORD *record, CONTEXT *context, ucontext_t *machine)
{
	EXCEPTION_POINTERS pointers = { .ExceptionRecord = record, .ContextRecord = context };
	struct winvm_try *block;
	LONG answer;

	if (winvm_vectored_call(WINVM_VECTORED_EXCEPTION, &pointers))
		return winvm_exception_continue(&pointers, machine);
	block = winvm_frame_search(&pointers, &answer);
	if (!block)
		answer = UnhandledExceptionFilter(&pointers);
	if (answer < EXCEPTION_CONTINUE_SEARCH)
		return winvm_exception_continue(&pointers, machine);
	if (answer == EXCEPTION_CONTINUE_SEARCH)
		return false;
	if (!block)
		winvm_unhandled_end(record);
	winvm_frame_leave(block, record->ExceptionCode, context, machine);
	return true;
}

static void winvm_exception_abort(const EXCEPTION_RECORD *record)
{
	dprintf(STDERR_FILENO, "winvm: unhandled exception 0x%08x at %p\n", record->ExceptionCode,
		record->ExceptionAddress);
	abort();
}

/*
 * From RtlRaiseException in registers.S, with the registers as the caller will
 * find them; gives those to go on with.
 */
void winvm_exception_raise_record(EXCEPTION_RECORD *record, CONTEXT *context)
{
	CONTEXT changed;

	winvm_context_blank(context);
	changed = *context;
	record->ExceptionAddress = winvm_pointer(context->Rip);
	if (!winvm_exception_dispatch(record, &changed, NULL))
		winvm_exception_abort(record);
	winvm_context_merge(&changed, context);
}

/* From RaiseException in registers.S. */
void winvm_exception_raise(DWORD code, DWORD flags, DWORD count, const ULONG_PTR *arguments,
			   CONTEXT *context)
{
	EXCEPTION_RECORD record = {
		.ExceptionCode = code,
		.ExceptionFlags = flags & EXCEPTION_NONCONTINUABLE,
	};

	if (count > EXCEPTION_MAXIMUM_PARAMETERS)
		count = EXCEPTION_MAXIMUM_PARAMETERS;
	if (arguments) {
		memcpy(record.ExceptionInformation, arguments, count * sizeof(*arguments));
		record.NumberParameters = count;
	}
	winvm_exception_raise_record(&record, context);
}
