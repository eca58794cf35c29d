/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A charge: an amount with a limit and a peak. Used for pages of commit and
 * for bytes of bookkeeping (SPEC CC-1, CC-8, VA-19, VA-53). Any number of
 * callers at a time; the limit is never passed, not even for a moment.
 */
#ifndef WINVM_PURE_CHARGE_H
#define WINVM_PURE_CHARGE_H

#include "seam.h"

struct winvm_charge {
	u64 used;
	u64 peak;
};

/**
 * winvm_charge_take() - take @amount unless the sum would pass @limit
 * Return: false if it would; nothing is taken then.
 */
bool winvm_charge_take(struct winvm_charge *charge, u64 amount, u64 limit);

/**
 * winvm_charge_try() - winvm_charge_take(), and the peak stays as it is
 *
 * For who asks several: winvm_charge_mark() is to follow when none has refused.
 */
bool winvm_charge_try(struct winvm_charge *charge, u64 amount, u64 limit);

/** winvm_charge_mark() - what is used now was used: the peak is no less */
void winvm_charge_mark(struct winvm_charge *charge);

/** winvm_charge_return() - give @amount back */
void winvm_charge_return(struct winvm_charge *charge, u64 amount);

#endif
