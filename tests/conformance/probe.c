// SPDX-License-Identifier: GPL-2.0
#include "probe.h"

#include <windows.h>

/*
 * The three instructions that may fault. The handler knows them by their
 * address and goes on behind them; a call that faulted has left its return
 * address on the stack.
 */
uint32_t probe_load(uint64_t address);
void probe_store(uint64_t address, uint8_t value);
void probe_call(uint64_t address);
extern const char probe_load_done[], probe_store_done[], probe_call_done[];

__asm__(".text\n"
	".globl probe_load, probe_store, probe_call\n"
	"probe_load:\n"
	"	movzbl (%rdi), %eax\n"
	"probe_load_done:\n"
	"	ret\n"
	"probe_store:\n"
	"	movb %sil, (%rdi)\n"
	"probe_store_done:\n"
	"	ret\n"
	"probe_call:\n"
	"	call *%rdi\n"
	"probe_call_done:\n"
	"	ret\n");

static _Thread_local struct probe seen;

static bool skip_instruction(CONTEXT *context)
{
	const DWORD64 *stack = (const DWORD64 *)context->Rsp;

	if (context->Rip == (uintptr_t)probe_load) {
		context->Rax = 0;
		context->Rip = (uintptr_t)probe_load_done;
	} else if (context->Rip == (uintptr_t)probe_store) {
		context->Rip = (uintptr_t)probe_store_done;
	} else if (*stack == (uintptr_t)probe_call_done) {
		context->Rip = *stack;
		context->Rsp += sizeof(*stack);
	} else {
		return false;
	}
	return true;
}

static LONG CALLBACK on_exception(EXCEPTION_POINTERS *exception)
{
	const EXCEPTION_RECORD *record = exception->ExceptionRecord;

	if (!skip_instruction(exception->ContextRecord))
		return EXCEPTION_CONTINUE_SEARCH;
	seen.faulted = true;
	seen.code = record->ExceptionCode;
	seen.parameters = record->NumberParameters;
	if (record->NumberParameters > 0)
		seen.kind = record->ExceptionInformation[0];
	if (record->NumberParameters > 1)
		seen.address = record->ExceptionInformation[1];
	return EXCEPTION_CONTINUE_EXECUTION;
}

bool probe_begin(void)
{
	return AddVectoredExceptionHandler(1, on_exception);
}

struct probe probe_read(uint64_t address)
{
	seen = (struct probe){ 0 };
	seen.value = (uint8_t)probe_load(address);
	return seen;
}

struct probe probe_write(uint64_t address, uint8_t value)
{
	seen = (struct probe){ 0 };
	probe_store(address, value);
	return seen;
}

struct probe probe_execute(uint64_t address)
{
	seen = (struct probe){ 0 };
	probe_call(address);
	return seen;
}
