/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's test harness, with more patience. */
#ifndef KSELFTEST_PATIENT_HARNESS_H
#define KSELFTEST_PATIENT_HARNESS_H

#include <kselftest_harness.h>

/*
 * Of a test that hangs, and of no other: the debug kernel in an emulator takes
 * its time, and where two virtual machines run at once, clocks run on while
 * little is computed.
 */
#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT 240

#endif
