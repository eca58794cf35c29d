// SPDX-License-Identifier: MIT
/* The vectored exception handler of the steps. */
#include <stdio.h>

#include "demo.h"

static struct {
	void *handler;
	fault_repair *repair;
	volatile unsigned int count;
	struct fault last;
} faults;

/*
 * Runs where the fault happened, perhaps in the middle of printf: it notes
 * what there is to tell, repairs, and leaves the telling for later.
 */
static LONG CALLBACK on_exception(EXCEPTION_POINTERS *exception)
{
	const EXCEPTION_RECORD *record = exception->ExceptionRecord;

	if (record->NumberParameters < 2)
		return EXCEPTION_CONTINUE_SEARCH;
	faults.last = (struct fault){
		.code = record->ExceptionCode,
		.kind = record->ExceptionInformation[0],
		.address = record->ExceptionInformation[1],
		.instruction = record->ExceptionAddress,
	};
	faults.count++;
	return faults.repair(&faults.last) ? EXCEPTION_CONTINUE_EXECUTION :
					     EXCEPTION_CONTINUE_SEARCH;
}

void fault_catch(fault_repair *repair)
{
	faults.repair = repair;
	faults.count = 0;
	faults.handler = AddVectoredExceptionHandler(1, on_exception);
	if (!faults.handler)
		fail("AddVectoredExceptionHandler: error %u", GetLastError());
}

unsigned int fault_release(struct fault *last)
{
	check(RemoveVectoredExceptionHandler(faults.handler), "the handler can be removed");
	*last = faults.last;
	return faults.count;
}

static const char *kind_name(ULONG_PTR kind)
{
	switch (kind) {
	case EXCEPTION_READ_FAULT:
		return "read";
	case EXCEPTION_WRITE_FAULT:
		return "write";
	case EXCEPTION_EXECUTE_FAULT:
		return "execute";
	}
	return "?";
}

void fault_show(const struct fault *fault)
{
	printf("\n    %sexception %08x%s  %s\n", screen_colour(RED), fault->code,
	       screen_colour(PLAIN),
	       fault->code == STATUS_ACCESS_VIOLATION ? "STATUS_ACCESS_VIOLATION" :
							"STATUS_GUARD_PAGE_VIOLATION");
	printf("    information[0]  %zu  (%s)\n", fault->kind, kind_name(fault->kind));
	printf("    information[1]  %#zx  (the address touched)\n", fault->address);
	printf("    instruction at  %p\n", fault->instruction);
}
