// SPDX-License-Identifier: MIT
/* The counters of a process. */
#include <json.h>
#include <stdio.h>
#include <winternl.h>

#include "account.h"
#include "flow.h"
#include "output.h"

bool account_read(struct account *account, const struct target *target)
{
	VM_COUNTERS_EX counters;
	NTSTATUS status = NtQueryInformationProcess(target->handle, ProcessVmCounters, &counters,
						    sizeof(counters), NULL);

	if (status) {
		SetLastError(RtlNtStatusToDosError(status));
		return false;
	}
	*account = (struct account){
		.known = counters.PeakVirtualSize,
		.allocated = counters.VirtualSize,
		.charge = counters.PrivateUsage,
		.resident = counters.WorkingSetSize,
	};
	return true;
}

void account_print(const struct account *account)
{
	output_pair("allocated", "allocated with winvm", account->allocated, account->known,
		    PAIR_SIZE);
	output_pair("charge", "commit charge", account->charge, account->known, PAIR_SIZE);
	output_pair("resident", "in memory", account->resident, true, PAIR_SIZE);
	if (!account->known && output.form == OUTPUT_TEXT)
		putchar('\n');
}

void account_explain(const struct account *account, const struct target *target,
		     const char *meaning)
{
	char text[512];

	output_put("winvm", json_object_new_boolean(account->known));
	if (account->known || output.form != OUTPUT_TEXT)
		return;
	snprintf(text, sizeof(text), "Process %u has never allocated with winvm. %s", target->pid,
		 meaning);
	flow_text(text);
}
