// SPDX-License-Identifier: MIT
/*
 * Messages become structures. Each is a table: which attribute goes into which field.
 * Attributes that are not known are passed over: a later module may have more.
 */
#include <errno.h>
#include <netlink/attr.h>
#include <netlink/genl/genl.h>
#include <string.h>

#include "internal.h"

/**
 * struct winvm_nl_field - where an attribute goes
 * @attribute: WINVM_NL_A_...
 * @offset: of the field in its structure
 * @bytes: of the field
 */
struct winvm_nl_field {
	int attribute;
	size_t offset;
	size_t bytes;
};

#define FIELD(type, attribute, name)                                 \
	{                                                            \
		WINVM_NL_A_##attribute, offsetof(struct type, name), \
			sizeof(((struct type *)NULL)->name)          \
	}

static const struct winvm_nl_field winvm_nl_process_fields[] = {
	FIELD(winvm_nl_process, PROCESS_ID, id),
	FIELD(winvm_nl_process, PID, pid),
	FIELD(winvm_nl_process, UID, uid),
	FIELD(winvm_nl_process, COMM, comm),
	FIELD(winvm_nl_process, VIRTUAL_BYTES, virtual_bytes),
	FIELD(winvm_nl_process, PEAK_VIRTUAL_BYTES, peak_virtual_bytes),
	FIELD(winvm_nl_process, COMMIT_BYTES, commit_bytes),
	FIELD(winvm_nl_process, PEAK_COMMIT_BYTES, peak_commit_bytes),
	FIELD(winvm_nl_process, RESIDENT_BYTES, resident_bytes),
	FIELD(winvm_nl_process, BOOKKEEPING_BYTES, bookkeeping_bytes),
	FIELD(winvm_nl_process, ALLOCATIONS, allocations),
	FIELD(winvm_nl_process, LIMIT_BYTES, limit_bytes),
	FIELD(winvm_nl_process, SOFT_FAULTS, soft_faults),
	FIELD(winvm_nl_process, HARD_FAULTS, hard_faults),
	FIELD(winvm_nl_process, REFUSED, refused),
	{ 0 }
};

static const struct winvm_nl_field winvm_nl_system_fields[] = {
	FIELD(winvm_nl_system, SYSTEM_COMMIT_BYTES, commit_bytes),
	FIELD(winvm_nl_system, PEAK_SYSTEM_COMMIT_BYTES, peak_commit_bytes),
	FIELD(winvm_nl_system, SYSTEM_LIMIT_BYTES, commit_limit_bytes),
	FIELD(winvm_nl_system, REFUSED, refused),
	FIELD(winvm_nl_system, LIMIT_BYTES, default_limit_bytes),
	FIELD(winvm_nl_system, NEAR_PERCENT, near_percent),
	FIELD(winvm_nl_system, MEMORY, memory),
	FIELD(winvm_nl_system, AVAILABLE_BYTES, available_bytes),
	FIELD(winvm_nl_system, LOW_BYTES, low_bytes),
	FIELD(winvm_nl_system, HIGH_BYTES, high_bytes),
	{ 0 }
};

static const struct winvm_nl_field winvm_nl_event_fields[] = {
	FIELD(winvm_nl_event, NUMBER, number),
	FIELD(winvm_nl_event, LOST, lost),
	FIELD(winvm_nl_event, TIME, time),
	FIELD(winvm_nl_event, LIMIT, limit),
	FIELD(winvm_nl_event, LIMIT_HIT, hit),
	FIELD(winvm_nl_event, LIMIT_BYTES, limit_bytes),
	FIELD(winvm_nl_event, WANTED_BYTES, wanted_bytes),
	FIELD(winvm_nl_event, JOB_ID, job_id),
	FIELD(winvm_nl_event, MEMORY, memory),
	FIELD(winvm_nl_event, AVAILABLE_BYTES, available_bytes),
	FIELD(winvm_nl_event, LOW_BYTES, low_bytes),
	FIELD(winvm_nl_event, HIGH_BYTES, high_bytes),
	FIELD(winvm_nl_event, GUARD, guard),
	FIELD(winvm_nl_event, ADDRESS, address),
	{ 0 }
};

#undef FIELD

/* Of numbers the least that they can have: a message that has less is none of ours. */
static struct nla_policy winvm_nl_policy[WINVM_NL_A_MAX + 1] = {
	[WINVM_NL_A_PROCESS_ID] = { .type = NLA_U64 },
	[WINVM_NL_A_PID] = { .type = NLA_U32 },
	[WINVM_NL_A_UID] = { .type = NLA_U32 },
	[WINVM_NL_A_COMM] = { .type = NLA_STRING },
	[WINVM_NL_A_VIRTUAL_BYTES] = { .type = NLA_U64 },
	[WINVM_NL_A_PEAK_VIRTUAL_BYTES] = { .type = NLA_U64 },
	[WINVM_NL_A_COMMIT_BYTES] = { .type = NLA_U64 },
	[WINVM_NL_A_PEAK_COMMIT_BYTES] = { .type = NLA_U64 },
	[WINVM_NL_A_RESIDENT_BYTES] = { .type = NLA_U64 },
	[WINVM_NL_A_BOOKKEEPING_BYTES] = { .type = NLA_U64 },
	[WINVM_NL_A_ALLOCATIONS] = { .type = NLA_U64 },
	[WINVM_NL_A_NUMBER] = { .type = NLA_U64 },
	[WINVM_NL_A_LOST] = { .type = NLA_U64 },
	[WINVM_NL_A_TIME] = { .type = NLA_U64 },
	[WINVM_NL_A_LIMIT_BYTES] = { .type = NLA_U64 },
	[WINVM_NL_A_LIMIT] = { .type = NLA_U32 },
	[WINVM_NL_A_LIMIT_HIT] = { .type = NLA_U8 },
	[WINVM_NL_A_WANTED_BYTES] = { .type = NLA_U64 },
	[WINVM_NL_A_JOB_ID] = { .type = NLA_U64 },
	[WINVM_NL_A_MEMORY] = { .type = NLA_U32 },
	[WINVM_NL_A_AVAILABLE_BYTES] = { .type = NLA_U64 },
	[WINVM_NL_A_LOW_BYTES] = { .type = NLA_U64 },
	[WINVM_NL_A_HIGH_BYTES] = { .type = NLA_U64 },
	[WINVM_NL_A_GUARD] = { .type = NLA_U32 },
	[WINVM_NL_A_ADDRESS] = { .type = NLA_U64 },
	[WINVM_NL_A_SYSTEM_COMMIT_BYTES] = { .type = NLA_U64 },
	[WINVM_NL_A_PEAK_SYSTEM_COMMIT_BYTES] = { .type = NLA_U64 },
	[WINVM_NL_A_SYSTEM_LIMIT_BYTES] = { .type = NLA_U64 },
	[WINVM_NL_A_REFUSED] = { .type = NLA_U64 },
	[WINVM_NL_A_NEAR_PERCENT] = { .type = NLA_U32 },
	[WINVM_NL_A_SOFT_FAULTS] = { .type = NLA_U64 },
	[WINVM_NL_A_HARD_FAULTS] = { .type = NLA_U64 },
};

/* x86: a number of fewer bytes than its field has fills the low ones. */
static void winvm_nl_put(const struct winvm_nl_field *field, const struct nlattr *attribute,
			 void *structure)
{
	void *at = (char *)structure + field->offset;
	size_t bytes = (size_t)nla_len(attribute);

	if (field->attribute == WINVM_NL_A_COMM)
		nla_strlcpy(at, attribute, field->bytes);
	else
		memcpy(at, nla_data(attribute), bytes < field->bytes ? bytes : field->bytes);
}

static uint64_t winvm_nl_fill(const struct winvm_nl_field *fields, struct nlattr *const *attributes,
			      void *structure)
{
	uint64_t told = 0;

	for (; fields->attribute; fields++) {
		const struct nlattr *attribute = attributes[fields->attribute];

		if (!attribute)
			continue;
		winvm_nl_put(fields, attribute, structure);
		told |= WINVM_NL_TOLD(fields->attribute);
	}
	return told;
}

static int winvm_nl_attributes(const struct nlmsghdr *message, struct nlattr **attributes)
{
	/* libnl promises to change nothing, but for its types. */
	struct nlmsghdr *header = (struct nlmsghdr *)(uintptr_t)message;

	if (!genlmsg_valid_hdr(header, 0))
		return -EPROTO;
	return genlmsg_parse(header, 0, attributes, WINVM_NL_A_MAX, winvm_nl_policy) ? -EPROTO : 0;
}

int winvm_nl_parse_process(const struct nlmsghdr *message, struct winvm_nl_process *process)
{
	struct nlattr *attributes[WINVM_NL_A_MAX + 1];
	int error = winvm_nl_attributes(message, attributes);

	memset(process, 0, sizeof(*process));
	if (!error)
		process->told = winvm_nl_fill(winvm_nl_process_fields, attributes, process);
	return error;
}

int winvm_nl_parse_system(const struct nlmsghdr *message, struct winvm_nl_system *system)
{
	struct nlattr *attributes[WINVM_NL_A_MAX + 1];
	int error = winvm_nl_attributes(message, attributes);

	memset(system, 0, sizeof(*system));
	if (!error)
		system->told = winvm_nl_fill(winvm_nl_system_fields, attributes, system);
	return error;
}

/* The limit that an event is about need not be the process's. */
static void winvm_nl_fill_event(struct nlattr **attributes, struct winvm_nl_event *event)
{
	event->told = winvm_nl_fill(winvm_nl_event_fields, attributes, event);
	attributes[WINVM_NL_A_LIMIT_BYTES] = NULL;
	event->process.told = winvm_nl_fill(winvm_nl_process_fields, attributes, &event->process);
}

int winvm_nl_parse_event(const struct nlmsghdr *message, struct winvm_nl_event *event)
{
	struct nlattr *attributes[WINVM_NL_A_MAX + 1];
	int error = winvm_nl_attributes(message, attributes);

	memset(event, 0, sizeof(*event));
	if (error)
		return error;
	event->command = genlmsg_hdr((struct nlmsghdr *)(uintptr_t)message)->cmd;
	winvm_nl_fill_event(attributes, event);
	return event->told & WINVM_NL_TOLD(WINVM_NL_A_NUMBER) ? 0 : -EPROTO;
}
