// SPDX-License-Identifier: MIT

#include <winvm.h>

const char *winvm_version(void)
{
	return WINVM_VERSION;
}
