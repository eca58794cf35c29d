/* SPDX-License-Identifier: MIT */
/* Programs include it; none of its calls are provided yet. */
#ifndef WINVM_PSAPI_H
#define WINVM_PSAPI_H

#include <windows.h>

#endif /* WINVM_PSAPI_H */
