/* Many threads with mixed calls, with and without callbacks.
 *
 *   threads THREADS CALLS VMX
 */
#include "check.h"

#include <pthread.h>
#include <time.h>

static int call_count;
static const char *vmx;
static VixHandle host;
static int started, ended, wrong;

static void count_end(VixHandle job, VixEventType type, VixHandle more, void *data) {
    (void)job;
    (void)more;
    if (type == VIX_EVENTTYPE_JOB_COMPLETED) {
        __sync_fetch_and_add(&ended, 1);
        __sync_fetch_and_add((int *)data, 1);
    }
}

static void expect_at(int good, int line) {
    if (good) return;
    if (__sync_fetch_and_add(&wrong, 1) < 5) printf("# line %d\n", line);
}

#define expect(good) expect_at((good) != 0, __LINE__)

static VixError wait_for(VixHandle job, int *own) {
    VixError error;
    __sync_fetch_and_add(&started, 1);
    error = VixJob_Wait(job, VIX_PROPERTY_NONE);
    expect(__sync_fetch_and_add(own, 0) == 1);
    Vix_ReleaseHandle(job);
    return error;
}

static void one_call(VixHandle vm, int kind) {
    VixHandle handle = VIX_INVALID_HANDLE;
    char *text = NULL;
    int number = -1, own = 0;
    Bool truth = TRUE;
    switch (kind % 10) {
    case 0:
        expect(Vix_GetProperties(vm, VIX_PROPERTY_VM_NAME, &text, VIX_PROPERTY_VM_IS_RUNNING, &truth,
                                 VIX_PROPERTY_NONE) == VIX_OK);
        expect(text != NULL && truth == FALSE);
        Vix_FreeBuffer(text);
        break;
    case 1:
        handle = open_vm(host, vmx);
        expect(handle == vm);
        Vix_ReleaseHandle(handle);
        break;
    case 2:
        expect(wait_for(VixVM_LogoutFromGuest(vm, count_end, &own), &own) == VIX_OK);
        break;
    case 3:
        expect(VixPropertyList_AllocPropertyList(vm, &handle, VIX_PROPERTY_VM_NUM_VCPUS, kind,
                                                 VIX_PROPERTY_NONE) == VIX_OK);
        expect(Vix_GetProperties(handle, VIX_PROPERTY_VM_NUM_VCPUS, &number, VIX_PROPERTY_NONE) == VIX_OK);
        expect(number == kind);
        Vix_ReleaseHandle(handle);
        break;
    case 4:
        expect(VixVM_GetNumRootSnapshots(vm, &number) == VIX_OK && number == 0);
        break;
    case 5:
        expect(end_of(VixVM_PowerOff(-kind, 0, NULL, NULL)) == VIX_E_INVALID_HANDLE);
        expect(Vix_GetErrorText(VIX_E_INVALID_HANDLE, NULL)[0] != '\0');
        break;
    case 6:
        expect(wait_for(VixHost_FindItems(host, VIX_FIND_REGISTERED_VMS, 0, -1, count_end, &own), &own)
               == VIX_OK);
        break;
    case 7:
        expect(VixVM_GetNamedSnapshot(vm, "none", &handle) == VIX_E_SNAPSHOT_NOTFOUND);
        expect(handle == VIX_INVALID_HANDLE);
        break;
    case 8: {
        static int of_nobody;
        __sync_fetch_and_add(&started, 1);
        Vix_ReleaseHandle(VixVM_GetNumSharedFolders(vm, count_end, &of_nobody));
        break;
    }
    default:
        expect(Vix_GetHandleType(vm) == VIX_HANDLETYPE_VM);
    }
}

static void *work(void *seed) {
    const VixHandle vm = open_vm(host, vmx);
    unsigned state = *(unsigned *)seed;
    int i;
    for (i = 0; i < call_count; ++i) {
        state = state * 1103515245u + 12345u;
        one_call(vm, (int)(state >> 16 & 0x7fff));
    }
    Vix_ReleaseHandle(vm);
    return NULL;
}

int main(int count, char **arguments) {
    pthread_t threads[256];
    unsigned seeds[256];
    int thread_count, i;
    if (count != 4) return 2;
    thread_count = atoi(arguments[1]);
    call_count = atoi(arguments[2]);
    vmx = arguments[3];
    host = connect_here(0);
    for (i = 0; i < thread_count; ++i) {
        seeds[i] = (unsigned)i * 7919u + 1u;
        CHECK(pthread_create(&threads[i], NULL, work, &seeds[i]) == 0);
    }
    for (i = 0; i < thread_count; ++i) pthread_join(threads[i], NULL);
    for (i = 0; i < 1000 && __sync_fetch_and_add(&ended, 0) != started; ++i) {
        struct timespec t = {0, 10000000L};
        nanosleep(&t, NULL);
    }
    CHECK(wrong == 0);
    CHECK(ended == started && started > 0);
    printf("# %d callbacks\n", ended);
    VixHost_Disconnect(host);
    return summary();
}
