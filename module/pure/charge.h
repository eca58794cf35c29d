/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A charge: an amount with a limit and a peak. Used for pages of commit and
 * for bytes of bookkeeping (SPEC CC-1, CC-8, VA-19, VA-53). Any number of
 * callers at a time; the limit is never passed, not even for a moment.
 *
 * All inline: a call takes and returns half a dozen of them, and to get there
 * and back would cost as much as they do.
 */
#ifndef WINVM_PURE_CHARGE_H
#define WINVM_PURE_CHARGE_H

#include "seam.h"

struct winvm_charge {
	u64 used;
	u64 peak;
};

/**
 * winvm_charge_try() - winvm_charge_take(), and the peak stays as it is
 *
 * For who asks several: winvm_charge_mark() is to follow when none has refused.
 */
static inline bool winvm_charge_try(struct winvm_charge *charge, u64 amount, u64 limit)
{
	u64 used = READ_ONCE(charge->used);

	for (;;) {
		u64 seen;

		if (used > limit || amount > limit - used)
			return false;
		seen = cmpxchg(&charge->used, used, used + amount);
		if (seen == used)
			return true;
		used = seen;
	}
}

/** winvm_charge_mark() - what is used now was used: the peak is no less (SPEC CC-8) */
static inline void winvm_charge_mark(struct winvm_charge *charge)
{
	u64 used = READ_ONCE(charge->used), peak = READ_ONCE(charge->peak);

	while (used > peak) {
		u64 seen = cmpxchg(&charge->peak, peak, used);

		if (seen == peak)
			return;
		peak = seen;
	}
}

/**
 * winvm_charge_take() - take @amount unless the sum would pass @limit
 * Return: false if it would; nothing is taken then.
 */
static inline bool winvm_charge_take(struct winvm_charge *charge, u64 amount, u64 limit)
{
	if (!winvm_charge_try(charge, amount, limit))
		return false;
	winvm_charge_mark(charge);
	return true;
}

/** winvm_charge_return() - give @amount back */
static inline void winvm_charge_return(struct winvm_charge *charge, u64 amount)
{
	u64 used = READ_ONCE(charge->used);

	for (;;) {
		u64 seen;

		if (WARN_ON_ONCE(amount > used))
			amount = used;
		seen = cmpxchg(&charge->used, used, used - amount);
		if (seen == used)
			return;
		used = seen;
	}
}

/** winvm_charge_add() - take without a limit, where one caller at a time changes it */
static inline void winvm_charge_add(struct winvm_charge *charge, u64 amount)
{
	u64 sum = charge->used + amount;

	WRITE_ONCE(charge->used, sum);
	if (sum > charge->peak)
		WRITE_ONCE(charge->peak, sum);
}

/** winvm_charge_sub() - give back what winvm_charge_add() has taken, one caller at a time */
static inline void winvm_charge_sub(struct winvm_charge *charge, u64 amount)
{
	WRITE_ONCE(charge->used, charge->used - amount);
}

#endif
