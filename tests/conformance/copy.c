// SPDX-License-Identifier: GPL-2.0
/* Operations that copy: by ReadProcessMemory, by WriteProcessMemory, by a system call. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "answer.h"
#include "operation.h"
#include "target.h"

#define MOST_BYTES 0x40000
#define UNTOUCHED  ((SIZE_T)0x7777777777777777)

static uint8_t buffer[MOST_BYTES];

static size_t limited(const char *text)
{
	uint64_t bytes = operation_number(text);

	return bytes < MOST_BYTES ? bytes : MOST_BYTES;
}

/* What a call said of how much it copied; a failure follows it on the line. */
static void show_count(bool success, SIZE_T copied)
{
	printf(success ? "ok n=" : "n=");
	if (copied == UNTOUCHED)
		printf("-");
	else
		printf("%zx", copied);
}

static uint32_t sum_up(size_t bytes)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < bytes && i < MOST_BYTES; i++)
		sum = sum * 31 + buffer[i];
	return sum;
}

void copy_read(char **argument)
{
	void *address = operation_pointer(argument[0]);
	size_t bytes = limited(argument[1]);
	SIZE_T copied = UNTOUCHED;
	bool success = ReadProcessMemory(target_process(), address, buffer, bytes, &copied);

	show_count(success, copied);
	if (copied != UNTOUCHED)
		printf(" sum=%08" PRIx32, sum_up(copied));
	if (success) {
		printf("\n");
	} else {
		printf(" ");
		answer_failure();
	}
}

void copy_write(char **argument)
{
	void *address = operation_pointer(argument[0]);
	size_t bytes = limited(argument[1]);
	SIZE_T copied = UNTOUCHED;
	bool success;

	memset(buffer, (int)operation_number(argument[2]), bytes);
	success = WriteProcessMemory(target_process(), address, buffer, bytes, &copied);
	show_count(success, copied);
	if (success) {
		printf("\n");
	} else {
		printf(" ");
		answer_failure();
	}
}

/* The kernel copies into our memory; how far it came is its answer. */
static ssize_t kernel_write(void *address, size_t bytes)
{
	static int file = -1;

	if (file < 0)
		file = memfd_create("conformance", MFD_CLOEXEC);
	if (file < 0 || pwrite(file, buffer, bytes, 0) != (ssize_t)bytes)
		return -1;
	return pread(file, address, bytes, 0);
}

void copy_by_kernel(char **argument)
{
	size_t bytes = limited(argument[1]);
	ssize_t copied;

	if (target_is_child()) {
		printf("skip\n");
		return;
	}
	memset(buffer, (int)operation_number(argument[2]), bytes);
	copied = kernel_write(operation_pointer(argument[0]), bytes);
	printf("n=%zx\n", copied < 0 ? 0 : (size_t)copied);
}
