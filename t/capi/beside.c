/* Loaded into another process (LD_PRELOAD): uses libvix in a thread of its own from the first moment on,
 * and says at the end how that went. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <vix.h>

static pthread_t thread;
static pid_t process;
static int wrong, calls, ends;

static void count_end(VixHandle job, VixEventType type, VixHandle more, void *data) {
    (void)job;
    (void)more;
    (void)data;
    if (type == VIX_EVENTTYPE_JOB_COMPLETED) ++ends;
}

static VixHandle finish(VixHandle job) {
    VixHandle handle = VIX_INVALID_HANDLE;
    ++calls;
    if (VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_HANDLE, &handle, VIX_PROPERTY_NONE) != VIX_OK) ++wrong;
    Vix_ReleaseHandle(job);
    return handle;
}

static void *work(void *unused) {
    const VixHandle host = finish(VixHost_Connect(-1, 3, NULL, 0, NULL, NULL, 0, 0, count_end, NULL));
    int i;
    for (i = 0; i < 200; ++i) {
        Vix_ReleaseHandle(finish(VixVM_Open(host, getenv("VIX_TEST_VMX"), count_end, NULL)));
    }
    VixHost_Disconnect(host);
    fclose(fopen(getenv("LIBVIX_TEST_DONE"), "w")); /* the process may exit, which ends all jobs */
    return unused;
}

__attribute__((constructor)) static void begin(void) {
    process = getpid();
    unsetenv("LD_PRELOAD");
    if (pthread_create(&thread, NULL, work, NULL) != 0) abort();
}

__attribute__((destructor)) static void end(void) {
    if (getpid() != process) return;
    pthread_join(thread, NULL);
    printf("libvix: %d wrong, callbacks %s calls\n", wrong, ends == calls ? "as many as" : "other than");
    fflush(stdout);
}
