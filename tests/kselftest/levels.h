/* SPDX-License-Identifier: GPL-2.0 */
/* When the machine's memory is low, and when high, as the netlink family is told. */
#ifndef KSELFTEST_LEVELS_H
#define KSELFTEST_LEVELS_H

#include "genl.h"

/* Whatever is available: low, neither, high. */
#define LEVELS_LOW    (UINT64_C(1) << 50), (UINT64_C(1) << 51)
#define LEVELS_MIDDLE UINT64_C(0), (UINT64_C(1) << 50)
#define LEVELS_HIGH   UINT64_C(0), UINT64_C(1)

/* Those of a machine with no more than 4 GB. */
#define LEVELS_USUAL (UINT64_C(32) << 20), (UINT64_C(96) << 20)

/* 0 or minus errno. */
static inline int levels_set(struct genl *genl, uint64_t low, uint64_t high)
{
	struct genl_request request;

	genl_begin(&request, genl->family, WINVM_NL_CMD_SET_SYSTEM, NLM_F_ACK);
	genl_add(&request, WINVM_NL_A_LOW_BYTES, &low, sizeof(low));
	genl_add(&request, WINVM_NL_A_HIGH_BYTES, &high, sizeof(high));
	return genl_ask(genl, &request, NULL);
}

static inline int levels_get(struct genl *genl, struct genl_told *told)
{
	struct genl_request request;

	genl_begin(&request, genl->family, WINVM_NL_CMD_GET_SYSTEM, 0);
	return genl_ask(genl, &request, told);
}

#endif
