/* SPDX-License-Identifier: GPL-2.0 */
/* The answers of a transcript. Each prints the rest of the operation's line. */
#ifndef CONFORMANCE_ANSWER_H
#define CONFORMANCE_ANSWER_H

#include <stdbool.h>
#include <stdint.h>
#include <windows.h>
#include <winternl.h>

#include "probe.h"

/* Forgets the last error and status, so that an answer shows this operation's own. */
void answer_begin(void);

/* The last error and the last status. */
void answer_failure(void);

/* "ok", or the failure. */
void answer_bool(bool success);

/* "ok ADDRESS", or the failure when @address is 0. */
void answer_address(uint64_t address);

/* An NTSTATUS and the in-out parameters after the call, without the line's end. */
void answer_status(NTSTATUS status, const void *base, SIZE_T bytes);

/* The words that follow a probe that faulted, and the line's end. */
void answer_exception(const struct probe *probe);

/*
 * The region that holds @address. Outside the arena and the slots only its
 * state and type are shown, because the rest differs from machine to machine.
 *
 * Return: the end of the region, 0 after a failure.
 */
uint64_t answer_region(uint64_t address);

#endif
