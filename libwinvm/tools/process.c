// SPDX-License-Identifier: MIT
/* What is known of a process goes into a row. */
#include <pwd.h>
#include <stdio.h>

#include "process.h"

/* By its name, if it has one. */
static void cell_user(struct cell *cell, uint32_t uid)
{
	const struct passwd *user = getpwuid(uid);
	char number[16];

	snprintf(number, sizeof(number), "%u", uid);
	cell_text(cell, user ? user->pw_name : number);
}

static void cell_told(struct cell *cell, const struct winvm_nl_process *process, int attribute,
		      uint64_t number)
{
	if (process->told & WINVM_NL_TOLD(attribute))
		cell_number(cell, number);
}

static void sizes(const struct winvm_nl_process *process, struct cell *row)
{
	cell_told(&row[PROCESS_RESERVED], process, WINVM_NL_A_VIRTUAL_BYTES,
		  process->virtual_bytes);
	cell_told(&row[PROCESS_PEAK_RESERVED], process, WINVM_NL_A_PEAK_VIRTUAL_BYTES,
		  process->peak_virtual_bytes);
	cell_told(&row[PROCESS_COMMITTED], process, WINVM_NL_A_COMMIT_BYTES, process->commit_bytes);
	cell_told(&row[PROCESS_PEAK], process, WINVM_NL_A_PEAK_COMMIT_BYTES,
		  process->peak_commit_bytes);
	cell_told(&row[PROCESS_RESIDENT], process, WINVM_NL_A_RESIDENT_BYTES,
		  process->resident_bytes);
	cell_told(&row[PROCESS_KERNEL], process, WINVM_NL_A_BOOKKEEPING_BYTES,
		  process->bookkeeping_bytes);
	cell_told(&row[PROCESS_LIMIT], process, WINVM_NL_A_LIMIT_BYTES, process->limit_bytes);
}

void process_cells(const struct winvm_nl_process *process, struct cell *row)
{
	cell_told(&row[PROCESS_PID], process, WINVM_NL_A_PID, process->pid);
	cell_told(&row[PROCESS_UID], process, WINVM_NL_A_UID, process->uid);
	cell_told(&row[PROCESS_ID], process, WINVM_NL_A_PROCESS_ID, process->id);
	if (process->told & WINVM_NL_TOLD(WINVM_NL_A_UID))
		cell_user(&row[PROCESS_USER], process->uid);
	if (process->told & WINVM_NL_TOLD(WINVM_NL_A_COMM))
		cell_text(&row[PROCESS_NAME], process->comm);
	sizes(process, row);
	cell_told(&row[PROCESS_ALLOCATIONS], process, WINVM_NL_A_ALLOCATIONS, process->allocations);
	cell_told(&row[PROCESS_SOFT_FAULTS], process, WINVM_NL_A_SOFT_FAULTS, process->soft_faults);
	cell_told(&row[PROCESS_REFUSED], process, WINVM_NL_A_REFUSED, process->refused);
	cell_told(&row[PROCESS_HARD_FAULTS], process, WINVM_NL_A_HARD_FAULTS, process->hard_faults);
}
