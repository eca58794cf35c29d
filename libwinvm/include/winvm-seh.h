/* SPDX-License-Identifier: MIT */
/*
 * try, except and finally for C and C++: what programs used __try for.
 *
 *	WINVM_TRY {
 *		body
 *	} WINVM_EXCEPT(GetExceptionCode() == STATUS_ACCESS_VIOLATION) {
 *		handler
 *	} WINVM_END
 *
 *	WINVM_TRY { body } WINVM_EXCEPT_CALL(filter, argument) { handler } WINVM_END
 *	WINVM_TRY { body } WINVM_FINALLY { block } WINVM_END
 *
 * excpt.h has the names of Windows for them. Differences: a try ends with
 * WINVM_END; the expression of WINVM_EXCEPT sees no local variables of the
 * function (when optimising the compiler complains, else the filter faults),
 * for which there is WINVM_EXCEPT_CALL; a try with WINVM_FINALLY may not be left
 * by return, break, continue or goto (when optimising the compiler complains,
 * else the process aborts), but by WINVM_LEAVE. A try with an except block may.
 * Neither may be left by longjmp, nor be in two coroutines of one thread at
 * once.
 *
 * Local variables that the body changes and that are read after an exception
 * have to be volatile, as with setjmp. Clang, in C, takes only a constant
 * expression in WINVM_EXCEPT.
 *
 * Entering and leaving a try are two short calls, without a system call.
 */
#ifndef WINVM_SEH_H
#define WINVM_SEH_H

#include <windef.h>
#include <winvm-exception.h>

WINVM_BEGIN_DECLS

/*
 * Asked with the exception, while the place where it happened is still intact:
 * more than 0, EXCEPTION_EXECUTE_HANDLER, runs the handler; less,
 * EXCEPTION_CONTINUE_EXECUTION, goes on with the CONTEXT as it is now; 0,
 * EXCEPTION_CONTINUE_SEARCH, leaves the exception to the next try outside.
 */
typedef LONG(NTAPI *PWINVM_FILTER)(EXCEPTION_POINTERS *ExceptionInfo, PVOID Argument);

/**
 * struct winvm_try - a try block that a thread is in, for the macros only
 * @registers: rbx, rbp, r12 to r15, rsp and rip of its entry
 * @outer: the one around it
 * @filter: NULL: a finally block
 * @argument: of the filter
 * @target: the except block to go on to after a finally block
 * @mask: signals blocked at the fault, with WINVM_TRY_SIGNAL
 * @stack: the alternate stack then
 * @code: of the exception that the block handles
 * @state: WINVM_TRY_*
 * @depth: vectored handlers around it
 * @reserved: 0
 */
struct winvm_try {
	DWORD64 registers[8];
	struct winvm_try *outer;
	PWINVM_FILTER filter;
	PVOID argument;
	struct winvm_try *target;
	DWORD64 mask;
	DWORD64 stack[3];
	DWORD code;
	DWORD state;
	DWORD depth;
	DWORD reserved;
};

WINVM_STATIC_ASSERT(offsetof(struct winvm_try, outer) == 64, "registers.S knows it");

#define WINVM_TRY_LINKED 0x1 /* the body is running */
#define WINVM_TRY_SIGNAL 0x2 /* a signal handler is running inside it */

/* Gives 0, and 1 when the block behind the body is to run. */
WINBASEAPI int winvm_try_enter(struct winvm_try *block) __attribute__((returns_twice));
WINBASEAPI void winvm_try_leave(struct winvm_try *block);
/* The finally block is done: on to the except block. */
WINBASEAPI void winvm_try_unwind(struct winvm_try *block) __attribute__((noreturn));

/* Only where it does vanish. */
#if defined(__OPTIMIZE__) && !defined(__EXCEPTIONS) && !defined(__SANITIZE_ADDRESS__)
#define WINVM_TRY_ERROR_ __attribute__((error("a try with a finally block is left by a jump")))
#else
#define WINVM_TRY_ERROR_
#endif
/* Aborts. The call vanishes if the body always ends at its end or by WINVM_LEAVE. */
WINBASEAPI void winvm_try_misuse(void) WINVM_TRY_ERROR_;

#define WINVM_TRY_INLINE_ static inline __attribute__((always_inline, no_instrument_function))

WINVM_TRY_INLINE_ void winvm_try_close_(struct winvm_try *block)
{
	if (block->state & WINVM_TRY_LINKED)
		winvm_try_leave(block);
}

WINVM_TRY_INLINE_ void winvm_try_check_(const int *armed)
{
	if (*armed)
		winvm_try_misuse();
}

static inline LONG winvm_try_constant_(EXCEPTION_POINTERS *pointers, PVOID answer)
{
	(void)pointers;
	return (LONG)(LONG_PTR)answer;
}

WINVM_END_DECLS

/* clang-format off: indented as the blocks that they make up */

/*
 * A try inside another one has the same names in it; and they are GNU C. (A
 * pragma cannot come before __label__ in its block: hence the second brace.)
 */
#define WINVM_TRY_QUIET_                                \
	_Pragma("GCC diagnostic push")                  \
	_Pragma("GCC diagnostic ignored \"-Wshadow\"")  \
	_Pragma("GCC diagnostic ignored \"-Wpedantic\"")
#define WINVM_TRY_LOUD_ _Pragma("GCC diagnostic pop")

/* Control goes to winvm_set_ first, where the filter is known, and back. */
#define WINVM_TRY                                                                               \
	{                                                                                       \
		WINVM_TRY_QUIET_                                                                \
		{                                                                               \
			__label__ winvm_body_, winvm_set_;                                      \
			struct winvm_try winvm_try_                                             \
				__attribute__((cleanup(winvm_try_close_)));                     \
			int winvm_finally_;                                                     \
			WINVM_TRY_LOUD_                                                         \
			winvm_try_.state = 0;                                                   \
			goto winvm_set_;                                                        \
winvm_body_:                                                                                    \
			if (!winvm_try_enter(&winvm_try_)) {                                    \
				WINVM_TRY_QUIET_                                                \
				{                                                               \
					__label__ winvm_leave_;                                 \
					int winvm_armed_                                        \
						__attribute__((cleanup(winvm_try_check_))) =    \
							winvm_finally_;                         \
					WINVM_TRY_LOUD_

#define WINVM_TRY_BODY_ENDS_                                            \
winvm_leave_:                                                           \
					__attribute__((unused));        \
					winvm_armed_ = 0;               \
					winvm_try_leave(&winvm_try_);   \
				}                                       \
			}

#define WINVM_TRY_SET_(finally_)        \
			else if (0) {   \
winvm_set_:                             \
				winvm_finally_ = (finally_);

#define WINVM_TRY_IS_SET_                               \
				goto winvm_body_;       \
			}

#define WINVM_TRY_CODE_(code)                                           \
	WINVM_TRY_QUIET_                                                \
	const DWORD winvm_code_ __attribute__((unused)) = (code);       \
	WINVM_TRY_LOUD_

#define WINVM_TRY_HANDLER_      \
			else {  \
				WINVM_TRY_CODE_(winvm_try_.code)

/* Ends the body, from inside inner loops and switches, too. Only to be used there. */
#define WINVM_LEAVE goto winvm_leave_

/*
 * Filter is called with the exception and Argument, which is evaluated before
 * the body runs.
 */
#define WINVM_EXCEPT_CALL(Filter, Argument)                     \
			WINVM_TRY_BODY_ENDS_                    \
			WINVM_TRY_SET_(0)                       \
			winvm_try_.filter = (Filter);           \
			winvm_try_.argument = (Argument);       \
			WINVM_TRY_IS_SET_                       \
			WINVM_TRY_HANDLER_

#define WINVM_TRY_ANSWER_(expression)                                                   \
	{                                                                               \
		WINVM_TRY_CODE_(winvm_pointers_->ExceptionRecord->ExceptionCode)        \
		return (expression);                                                    \
	}

#if defined(__cplusplus)
#define WINVM_TRY_FILTER_(expression)                                                   \
	winvm_try_.filter = [](EXCEPTION_POINTERS * winvm_pointers_, PVOID) -> LONG     \
		WINVM_TRY_ANSWER_(expression);
#elif defined(__clang__)
#define WINVM_TRY_FILTER_(expression)                                                   \
	_Static_assert((expression) == (expression), "the expression is no constant");  \
	winvm_try_.filter = winvm_try_constant_;                                        \
	winvm_try_.argument = (PVOID)(LONG_PTR)(expression);
#elif defined(__OPTIMIZE__)
/* With local variables it would need code on the stack, hence the error. */
#define WINVM_TRY_FILTER_(expression)                                                   \
	winvm_try_.filter = __extension__({                                             \
		WINVM_TRY_QUIET_                                                        \
		_Pragma("GCC diagnostic error \"-Wtrampolines\"")                       \
		LONG winvm_filter_(EXCEPTION_POINTERS *winvm_pointers_,                 \
				   PVOID winvm_argument_ __attribute__((unused)))       \
			WINVM_TRY_ANSWER_(expression)                                   \
		WINVM_TRY_LOUD_                                                         \
		winvm_filter_;                                                          \
	});
#else
/*
 * Without optimisation gcc puts code on the stack for every function whose
 * address it sees taken. With local variables this one faults when it is asked.
 */
#define WINVM_TRY_FILTER_(expression) WINVM_TRY_NAMED_(expression, __COUNTER__)
#define WINVM_TRY_NAMED_(expression, number) WINVM_TRY_SYMBOL_(expression, number)
#define WINVM_TRY_SYMBOL_(expression, number)                                                   \
	winvm_try_.filter = __extension__({                                                     \
		WINVM_TRY_QUIET_                                                                \
		PWINVM_FILTER winvm_address_;                                                   \
		auto LONG winvm_filter_(EXCEPTION_POINTERS *, PVOID)                            \
			__asm__("winvm_filter_" #number);                                       \
		__attribute__((used)) LONG winvm_filter_(EXCEPTION_POINTERS *winvm_pointers_,   \
							 PVOID winvm_argument_)                 \
		{                                                                               \
			(void)winvm_argument_;                                                  \
			WINVM_TRY_ANSWER_(expression)                                           \
		}                                                                               \
		__asm__("leaq winvm_filter_" #number "(%%rip), %0" : "=r"(winvm_address_));     \
		WINVM_TRY_LOUD_                                                                 \
		winvm_address_;                                                                 \
	});
#endif

/* The expression may use GetExceptionCode() and GetExceptionInformation(). */
#define WINVM_EXCEPT(expression)                        \
			WINVM_TRY_BODY_ENDS_            \
			WINVM_TRY_SET_(0)               \
			WINVM_TRY_FILTER_(expression)   \
			WINVM_TRY_IS_SET_               \
			WINVM_TRY_HANDLER_

/* The block runs after the body, or when an exception leaves it. */
#define WINVM_FINALLY                                                                   \
			WINVM_TRY_BODY_ENDS_                                            \
			WINVM_TRY_SET_(1)                                               \
			winvm_try_.filter = NULL;                                       \
			WINVM_TRY_IS_SET_                                               \
			{                                                               \
				WINVM_TRY_QUIET_                                        \
				const BOOL winvm_abnormal_ __attribute__((unused)) =    \
					winvm_try_.target != NULL;                      \
				WINVM_TRY_LOUD_

#define WINVM_END                                               \
			}                                       \
			if (winvm_try_.target)                  \
				winvm_try_unwind(&winvm_try_);  \
		}                                               \
	}

/* clang-format on */

/* In the expression of an except block, and in the block. */
#define GetExceptionCode() (winvm_code_)
/* In the expression only. */
#define GetExceptionInformation() (winvm_pointers_)
/* In a finally block: did an exception end the body? */
#define AbnormalTermination() (winvm_abnormal_)

#endif /* WINVM_SEH_H */
