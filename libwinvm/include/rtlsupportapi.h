/* SPDX-License-Identifier: MIT */
/* The registers of the calling thread, and exceptions with a record of one's own. */
#ifndef WINVM_RTLSUPPORTAPI_H
#define WINVM_RTLSUPPORTAPI_H

#include <winnt.h>

WINVM_BEGIN_DECLS

/*
 * Fills ContextRecord with the registers as they are when the call returns:
 * integer, control, segment and floating point ones.
 */
NTSYSAPI VOID NTAPI RtlCaptureContext(PCONTEXT ContextRecord);

/*
 * Goes on with the registers of ContextRecord that its ContextFlags name; the
 * others keep their values. Segment registers are never changed. The signal
 * mask stays. ExceptionRecord is not used.
 */
NTSYSAPI VOID NTAPI RtlRestoreContext(PCONTEXT ContextRecord,
				      struct _EXCEPTION_RECORD *ExceptionRecord);

/*
 * Raises the exception that ExceptionRecord describes. ExceptionAddress is
 * set: to where the call returns. See RaiseException().
 */
NTSYSAPI VOID NTAPI RtlRaiseException(PEXCEPTION_RECORD ExceptionRecord);

WINVM_END_DECLS

#endif /* WINVM_RTLSUPPORTAPI_H */
