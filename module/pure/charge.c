// SPDX-License-Identifier: GPL-2.0
/* Charges: take, return, peak. */
#include "charge.h"

/* The peak never falls (SPEC CC-8). */
void winvm_charge_mark(struct winvm_charge *charge)
{
	u64 used = READ_ONCE(charge->used), peak = READ_ONCE(charge->peak);

	while (used > peak) {
		u64 seen = cmpxchg(&charge->peak, peak, used);

		if (seen == peak)
			return;
		peak = seen;
	}
}

bool winvm_charge_try(struct winvm_charge *charge, u64 amount, u64 limit)
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

bool winvm_charge_take(struct winvm_charge *charge, u64 amount, u64 limit)
{
	if (!winvm_charge_try(charge, amount, limit))
		return false;
	winvm_charge_mark(charge);
	return true;
}

void winvm_charge_return(struct winvm_charge *charge, u64 amount)
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
