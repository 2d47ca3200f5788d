/* What the C tests share: checks that count, and calls that wait. C89, so that all of it compiles as
 * every program does that uses vix.h. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <vix.h>

/* Not each program needs all of this. */
#define MAYBE_UNUSED __attribute__((unused))

/* Callbacks check in another thread. */
static int checks;
static int failures;

MAYBE_UNUSED static int check(int good, const char *what, const char *file, int line) {
    __atomic_add_fetch(&checks, 1, __ATOMIC_RELAXED);
    if (!good) {
        __atomic_add_fetch(&failures, 1, __ATOMIC_RELAXED);
        printf("# %s:%d: %s\n", file, line, what);
        fflush(stdout);
    }
    return good;
}

#define CHECK(condition) check((condition) != 0, #condition, __FILE__, __LINE__)

MAYBE_UNUSED static int check_code(VixError found, VixError wanted, const char *what,
                                   const char *file, int line) {
    const int good = check(found == wanted, what, file, line);
    if (!good) {
        printf("#   %" FMT64 "u (%s), not %" FMT64 "u\n", found, Vix_GetErrorText(found, NULL), wanted);
    }
    return good;
}

#define CODE(found, wanted) check_code((found), (wanted), #found, __FILE__, __LINE__)

/* The error of a job, which is released. */
MAYBE_UNUSED static VixError end_of(VixHandle job) {
    const VixError error = VixJob_Wait(job, VIX_PROPERTY_NONE);
    Vix_ReleaseHandle(job);
    return error;
}

#define ENDS(job, wanted) check_code(end_of(job), (wanted), #job, __FILE__, __LINE__)

/* The handle that a job gives, which is released. */
MAYBE_UNUSED static VixHandle handle_of(VixHandle job) {
    VixHandle handle = -1;
    const VixError error =
        VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_HANDLE, &handle, VIX_PROPERTY_NONE);
    Vix_ReleaseHandle(job);
    if (error != VIX_OK) printf("# %s\n", Vix_GetErrorText(error, NULL));
    return error == VIX_OK ? handle : VIX_INVALID_HANDLE;
}

MAYBE_UNUSED static VixHandle connect_here(VixHostOptions options) {
    return handle_of(VixHost_Connect(VIX_API_VERSION, VIX_SERVICEPROVIDER_VMWARE_WORKSTATION, NULL, 0,
                                     NULL, NULL, options, VIX_INVALID_HANDLE, NULL, NULL));
}

MAYBE_UNUSED static VixHandle open_vm(VixHandle host, const char *path) {
    return handle_of(VixVM_Open(host, path, NULL, NULL));
}

/* The last line of each program. */
MAYBE_UNUSED static int summary(void) {
    printf("%d checks, %d failed\n", checks, failures);
    return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
