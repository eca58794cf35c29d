/* SPDX-License-Identifier: MIT */
/*
 * Structured exception handling under its names on Windows: __try, __except,
 * __finally, __leave. What differs is told in winvm-seh.h; first of all, a try
 * ends with WINVM_END.
 *
 * In C++ the names belong to the standard library, and the macros of
 * winvm-seh.h are to be used.
 */
#ifndef WINVM_EXCPT_H
#define WINVM_EXCPT_H

#include <winvm-seh.h>

#ifndef __cplusplus
/* clang-format off: to it these are keywords */
#define __try		     WINVM_TRY
#define __except(expression) WINVM_EXCEPT(expression)
#define __finally	     WINVM_FINALLY
#define __leave		     WINVM_LEAVE
/* clang-format on */
#endif

#define _exception_code()	GetExceptionCode()
#define _exception_info()	GetExceptionInformation()
#define _abnormal_termination() AbnormalTermination()

#endif /* WINVM_EXCPT_H */
