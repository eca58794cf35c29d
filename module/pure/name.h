/* SPDX-License-Identifier: GPL-2.0 */
/* Names of objects: bytes, told apart by each of them (SPEC SE-11). */
#ifndef WINVM_PURE_NAME_H
#define WINVM_PURE_NAME_H

#include "seam.h"
#include "nt.h"

/* Longer than any that Win32 programs have: 255 characters of four bytes. */
#define WINVM_NAME_BYTES	1020

/** winvm_check_name_length() - may a name, not an empty one, have so many bytes? */
u32 winvm_check_name_length(u64 bytes);

/**
 * winvm_check_name() - is it a name?
 * @text: @bytes of it, and no zero at its end
 *
 * Return: STATUS_SUCCESS, STATUS_OBJECT_NAME_INVALID for a zero byte,
 * STATUS_OBJECT_PATH_NOT_FOUND for a backslash: there are no directories within.
 */
u32 winvm_check_name(const char *text, u64 bytes);

/** winvm_name_order() - less than, equal to or greater than 0, as memcmp() */
int winvm_name_order(const char *a, u64 a_bytes, const char *b, u64 b_bytes);

#endif
