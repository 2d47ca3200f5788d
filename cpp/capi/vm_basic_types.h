/*
 * vm_basic_types.h - the plain types that vix.h is made of
 *
 * Part of VMware::Vix. Own text, with the names that programs written for VMware's VIX use.
 * It compiles as C89 and later and as C++, and defines nothing but what stands here.
 */
#ifndef VIX_VM_BASIC_TYPES_H
#define VIX_VM_BASIC_TYPES_H

#include <stdint.h>

typedef int8_t int8;
typedef int16_t int16;
typedef int32_t int32;
typedef int64_t int64;
typedef uint8_t uint8;
typedef uint16_t uint16;
typedef uint32_t uint32;
typedef uint64_t uint64;

/* A truth value of one byte. A function that returns one through a pointer writes one byte. */
typedef char Bool;

#ifndef FALSE
#define FALSE 0
#endif
#ifndef TRUE
#define TRUE 1
#endif

/* Whether x is one of the two values of a Bool. */
#define IsBool(x) ((x) == TRUE || (x) == FALSE)

/* The length modifier of printf for int64 and uint64: printf("%" FMT64 "d", size). */
#ifndef FMT64
#if defined(__LP64__) || defined(_LP64)
#define FMT64 "l"
#else
#define FMT64 "ll"
#endif
#endif

#endif
