/* The library as a plug-in: opened, closed with work under way, opened again; and two copies of it at
 * the same time, neither of which knows the other's handles.
 *
 *   unload LIBRARY COPY VMX
 */
#include "check.h"

#include <dlfcn.h>
#include <time.h>

typedef VixHandle Connect(int, VixServiceProvider, const char *, int, const char *, const char *,
                          VixHostOptions, VixHandle, VixEventProc *, void *);
typedef VixHandle Open(VixHandle, const char *, VixEventProc *, void *);
typedef VixError Wait(VixHandle, VixPropertyID, ...);
typedef VixHandleType Type(VixHandle);
typedef void Release(VixHandle);

static volatile int completed;

static void count_end(VixHandle job, VixEventType type, VixHandle more, void *data) {
    (void)job;
    (void)more;
    (void)data;
    if (type == VIX_EVENTTYPE_JOB_COMPLETED) ++completed;
}

/* ISO C has no conversion from an object's address to a function's. */
static void find(void *library, const char *name, void *function) {
    void *found = dlsym(library, name);
    CHECK(found != NULL);
    memcpy(function, &found, sizeof found);
}

static VixHandle connect_through(void *library) {
    Connect *connect;
    Wait *wait;
    VixHandle host = 0;
    find(library, "VixHost_Connect", &connect);
    find(library, "VixJob_Wait", &wait);
    CODE(wait(connect(-1, 3, NULL, 0, NULL, NULL, 0, 0, count_end, NULL),
              VIX_PROPERTY_JOB_RESULT_HANDLE, &host, VIX_PROPERTY_NONE), VIX_OK);
    return host;
}

int main(int count, char **arguments) {
    void *library, *copy;
    VixHandle host, other, job;
    Open *open;
    Wait *wait;
    Type *type, *type_there;
    Release *disconnect;
    int i;
    if (count != 4) return 2;
    for (i = 0; i < 5; ++i) {
        library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
        CHECK(library != NULL);
        host = connect_through(library);
        find(library, "VixVM_Open", &open);
        open(host, arguments[3], count_end, NULL);
        CHECK(dlclose(library) == 0);
    }
    for (i = 0; i < 500 && completed < 10; ++i) {
        struct timespec t = {0, 10000000L};
        nanosleep(&t, NULL);
    }
    CHECK(completed == 10);

    library = dlopen(arguments[1], RTLD_NOW | RTLD_GLOBAL);
    copy = dlopen(arguments[2], RTLD_NOW | RTLD_GLOBAL);
    CHECK(library != NULL && copy != NULL && library != copy);
    find(library, "Vix_GetHandleType", &type);
    find(copy, "Vix_GetHandleType", &type_there);
    CHECK(type != type_there);
    other = connect_through(copy);
    CHECK(type_there(other) == VIX_HANDLETYPE_HOST);
    find(copy, "VixHost_Disconnect", &disconnect);
    disconnect(other);
    CHECK(type_there(other) == VIX_HANDLETYPE_NONE);
    CHECK(type(host) == VIX_HANDLETYPE_HOST);
    find(library, "VixJob_Wait", &wait);
    job = open(host, arguments[3], count_end, NULL);
    CODE(wait(job, VIX_PROPERTY_NONE), VIX_OK);
    return summary();
}
