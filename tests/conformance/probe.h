/* SPDX-License-Identifier: GPL-2.0 */
/* One access to memory, and the exception it raised if it did. */
#ifndef CONFORMANCE_PROBE_H
#define CONFORMANCE_PROBE_H

#include <stdbool.h>
#include <stdint.h>

struct probe {
	bool faulted;
	uint8_t value; /* what a read found */
	uint32_t code;
	uint32_t parameters;
	uint64_t kind; /* ExceptionInformation[0]: 0 read, 1 write, 8 execute */
	uint64_t address; /* ExceptionInformation[1] */
};

/* Registers the vectored handler that makes probes survive their faults. */
bool probe_begin(void);

struct probe probe_read(uint64_t address);
struct probe probe_write(uint64_t address, uint8_t value);

/* Calls @address; the caller knows that a RET stands there, or that the call faults. */
struct probe probe_execute(uint64_t address);

#endif
