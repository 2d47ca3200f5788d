/* Callbacks: which come, when, on which thread; Vix_PumpEvents; signals while a thread waits.
 *
 *   callbacks VMX FOLDER     a machine that is off and has a disk; a folder to write to
 */
#include "check.h"

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void nap(int milliseconds) {
    struct timespec t;
    t.tv_sec = milliseconds / 1000;
    t.tv_nsec = milliseconds % 1000 * 1000000L;
    nanosleep(&t, NULL);
}

struct record {
    VixHandle job;
    pthread_t thread;
    int completed, progress, found, other, overlapping, inside;
    int nap_ms;
    VixHandle more;
    char location[4096];
};

static void record_event(VixHandle job, VixEventType type, VixHandle more, void *data) {
    struct record *record = (struct record *)data;
    if (__sync_fetch_and_add(&record->inside, 1) != 0) record->overlapping = 1;
    record->job = job;
    record->thread = pthread_self();
    if (record->nap_ms > 0) nap(record->nap_ms);
    if (type == VIX_EVENTTYPE_JOB_COMPLETED) {
        CHECK(more == VIX_INVALID_HANDLE);
        CHECK(VixJob_GetError(job) != VIX_E_UNFINISHED_JOB);
        record->completed++;
    } else if (type == VIX_EVENTTYPE_JOB_PROGRESS) {
        record->progress++;
    } else if (type == VIX_EVENTTYPE_FIND_ITEM) {
        char *location = NULL;
        CODE(Vix_GetProperties(more, VIX_PROPERTY_FOUND_ITEM_LOCATION, &location, VIX_PROPERTY_NONE),
             VIX_OK);
        if (location != NULL) strcpy(record->location, location);
        Vix_FreeBuffer(location);
        record->found++;
        record->more = more;
    } else {
        record->other++;
    }
    __sync_fetch_and_sub(&record->inside, 1);
}

static void events(VixHandle host, VixHandle vm, const char *vmx, const char *folder) {
    struct record record;
    char path[4096];
    VixHandle job;
    memset(&record, 0, sizeof record);
    ENDS(VixHost_RegisterVM(host, vmx, record_event, &record), VIX_OK);
    CHECK(record.completed == 1 && record.found == 0);
    CHECK(!pthread_equal(record.thread, pthread_self()));
    memset(&record, 0, sizeof record);
    ENDS(VixHost_FindItems(host, VIX_FIND_REGISTERED_VMS, VIX_INVALID_HANDLE, -1, record_event, &record),
         VIX_OK);
    CHECK(record.completed == 1 && record.found == 1 && strcmp(record.location, vmx) == 0);
    CHECK(Vix_GetHandleType(record.more) == VIX_HANDLETYPE_NONE);
    memset(&record, 0, sizeof record);
    sprintf(path, "%s/with-progress/c.vmx", folder);
    job = VixVM_Clone(vm, 0, VIX_CLONETYPE_FULL, path, 0, 0, record_event, &record);
    ENDS(job, VIX_OK);
    CHECK(record.job == job && record.completed == 1 && record.progress > 0 && record.other == 0);
    CHECK(!record.overlapping);
    /* A job that fails ends with its callback as well. */
    memset(&record, 0, sizeof record);
    ENDS(VixVM_Clone(vm, 0, VIX_CLONETYPE_FULL, path, 0, 0, record_event, &record),
         VIX_E_FILE_ALREADY_EXISTS);
    CHECK(record.completed == 1);
}

/* The handle is released while the callbacks still use it. */
static void released_at_once(VixHandle host) {
    struct record record;
    VixHandle job;
    int i;
    memset(&record, 0, sizeof record);
    record.nap_ms = 50;
    job = VixHost_FindItems(host, VIX_FIND_REGISTERED_VMS, 0, -1, record_event, &record);
    Vix_ReleaseHandle(job);
    CHECK(Vix_GetHandleType(job) == VIX_HANDLETYPE_JOB); /* the library's own reference */
    for (i = 0; i < 500 && Vix_GetHandleType(job) == VIX_HANDLETYPE_JOB; ++i) nap(20);
    CHECK(Vix_GetHandleType(job) == VIX_HANDLETYPE_NONE);
    CHECK(record.completed == 1 && record.found == 1 && record.job == job);
}

/* A callback that takes its time, but less than the limit: the job is complete after it. */
static void slow_callbacks(VixHandle host) {
    struct record record;
    Bool complete = FALSE;
    double begin = now();
    VixHandle job;
    memset(&record, 0, sizeof record);
    record.nap_ms = 300;
    ENDS(VixHost_FindItems(host, VIX_FIND_REGISTERED_VMS, 0, -1, record_event, &record), VIX_OK);
    CHECK(record.completed == 1 && now() - begin >= 0.6);
    memset(&record, 0, sizeof record);
    record.nap_ms = 300;
    job = VixHost_FindItems(host, VIX_FIND_REGISTERED_VMS, 0, -1, record_event, &record);
    while (!complete) {
        CODE(VixJob_CheckCompletion(job, &complete), VIX_OK);
        if (complete) break;
        nap(5);
    }
    CHECK(record.completed == 1 && record.inside == 0);
    Vix_ReleaseHandle(job);
}

/* As in a language with one lock for its interpreter: the thread that waits has it, and the callback
 * needs it. */
static pthread_mutex_t interpreter = PTHREAD_MUTEX_INITIALIZER;

static void needs_interpreter(VixHandle job, VixEventType type, VixHandle more, void *data) {
    (void)job;
    (void)more;
    pthread_mutex_lock(&interpreter);
    if (type == VIX_EVENTTYPE_JOB_COMPLETED) ++*(volatile int *)data;
    pthread_mutex_unlock(&interpreter);
}

static void waits_under_a_lock(VixHandle host) {
    static volatile int ended;
    double begin = now();
    int i;
    Bool complete = FALSE;
    VixHandle job;
    pthread_mutex_lock(&interpreter);
    job = VixHost_FindItems(host, VIX_FIND_REGISTERED_VMS, 0, -1, needs_interpreter, (void *)&ended);
    CODE(VixJob_Wait(job, VIX_PROPERTY_NONE), VIX_OK);
    CHECK(now() - begin < 10);
    CHECK(ended == 0);
    CODE(VixJob_CheckCompletion(job, &complete), VIX_OK);
    CHECK(complete == TRUE);
    Vix_ReleaseHandle(job);
    pthread_mutex_unlock(&interpreter);
    for (i = 0; i < 500; ++i) {
        int is_over;
        pthread_mutex_lock(&interpreter);
        is_over = ended;
        pthread_mutex_unlock(&interpreter);
        if (is_over) break;
        nap(20);
    }
    CHECK(i < 500);
}

/* Within a callback: another job with callbacks is waited for, and so is the job itself. */
struct nested {
    VixHandle host, vm;
    struct record inner;
    VixError inner_error, own_error;
    Bool complete;
    int ended;
};

static void wait_within(VixHandle job, VixEventType type, VixHandle more, void *data) {
    struct nested *nested = (struct nested *)data;
    (void)more;
    if (type != VIX_EVENTTYPE_JOB_COMPLETED) return;
    nested->inner_error = end_of(VixHost_FindItems(nested->host, VIX_FIND_REGISTERED_VMS, 0, -1,
                                                   record_event, &nested->inner));
    nested->own_error = VixJob_Wait(job, VIX_PROPERTY_NONE);
    CODE(VixJob_CheckCompletion(job, &nested->complete), VIX_OK);
    ++nested->ended;
}

static void nested_waits(VixHandle host, VixHandle vm) {
    struct nested nested[20];
    VixHandle jobs[20];
    double begin = now();
    int i;
    memset(nested, 0, sizeof nested);
    for (i = 0; i < 20; ++i) {
        nested[i].host = host;
        nested[i].inner_error = nested[i].own_error = 77;
        jobs[i] = VixVM_LogoutFromGuest(vm, wait_within, &nested[i]);
    }
    for (i = 0; i < 20; ++i) {
        ENDS(jobs[i], VIX_OK);
        CHECK(nested[i].ended == 1 && nested[i].inner.completed == 1 && nested[i].inner.found == 1);
        CHECK(nested[i].inner_error == VIX_OK && nested[i].own_error == VIX_OK);
        CHECK(nested[i].complete == TRUE);
    }
    CHECK(now() - begin < 20);
}

static void check_signals(VixHandle job, VixEventType type, VixHandle more, void *data) {
    static const int open[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
    static const int blocked[] = {SIGINT, SIGTERM, SIGALRM, SIGCHLD};
    sigset_t mask;
    unsigned i;
    (void)job;
    (void)type;
    (void)more;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    for (i = 0; i < sizeof open / sizeof *open; ++i) CHECK(sigismember(&mask, open[i]) == 0);
    for (i = 0; i < sizeof blocked / sizeof *blocked; ++i) CHECK(sigismember(&mask, blocked[i]) == 1);
    ++*(int *)data;
}

static int alarms; /* a handler sets it, and another thread reads it */

static void on_alarm(int signal) {
    (void)signal;
    __atomic_store_n(&alarms, 1, __ATOMIC_RELAXED);
}

static void *unlock_later(void *descriptor) {
    int i;
    for (i = 0; i < 100 && !__atomic_load_n(&alarms, __ATOMIC_RELAXED); ++i) nap(20);
    CHECK(__atomic_load_n(&alarms, __ATOMIC_RELAXED) == 1);
    flock(*(int *)descriptor, LOCK_UN);
    close(*(int *)descriptor);
    return NULL;
}

/* While a thread waits for a job, here one that cannot begin, its signals' handlers run. */
static void signals(VixHandle vm, const char *vmx) {
    char folder[4096];
    pthread_t thread;
    int descriptor, called = 0;
    VixHandle job;
    ENDS(VixVM_LogoutFromGuest(vm, check_signals, &called), VIX_OK);
    CHECK(called == 1);
    strcpy(folder, vmx);
    *strrchr(folder, '/') = '\0';
    descriptor = open(folder, O_RDONLY);
    CHECK(flock(descriptor, LOCK_EX | LOCK_NB) == 0);
    signal(SIGALRM, on_alarm);
    job = VixVM_CreateSnapshot(vm, "signals", NULL, 0, 0, NULL, NULL);
    {
        sigset_t mask, before; /* the alarm is for this thread */
        sigemptyset(&mask);
        sigaddset(&mask, SIGALRM);
        pthread_sigmask(SIG_BLOCK, &mask, &before);
        pthread_create(&thread, NULL, unlock_later, &descriptor);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
    ualarm(100000, 0);
    ENDS(job, VIX_OK);
    pthread_join(thread, NULL);
    CHECK(alarms == 1);
}

static sigjmp_buf before_call;

static void jump(int signal) {
    (void)signal;
    siglongjmp(before_call, 1);
}

static VixHandle next_number(VixHandle host) {
    VixHandle list = VIX_INVALID_HANDLE;
    CODE(VixPropertyList_AllocPropertyList(host, &list, VIX_PROPERTY_NONE), VIX_OK);
    Vix_ReleaseHandle(list);
    return list + 1;
}

/* The handler of a signal leaves by a longjmp while a call starts; starting takes a while, since the
 * call keeps a large environment. It runs when the job has begun: no lock stays locked, and the job,
 * whose handle is known by its number, ends as any other. */
static void leaves_by_longjmp(VixHandle host, const char *vmx, VixEventProc *proc) {
    static volatile int jumped, attempts, ended;
    static struct record record;
    static volatile VixHandle number;
    memset(&record, 0, sizeof record);
    jumped = attempts = ended = 0;
    signal(SIGALRM, jump);
    while (!jumped && attempts < 50) {
        ++attempts;
        number = next_number(host);
        if (sigsetjmp(before_call, 1) == 0) {
            VixHandle job;
            ualarm(2000, 0);
            job = VixVM_Open(host, vmx, proc, &record);
            ualarm(0, 0);
            CHECK(job == number);
        } else {
            jumped = Vix_GetHandleType(number) == VIX_HANDLETYPE_JOB;
        }
        if (Vix_GetHandleType(number) != VIX_HANDLETYPE_JOB) continue; /* it came before the call */
        Vix_ReleaseHandle(handle_of(number));
        ++ended;
    }
    CHECK(jumped);
    if (proc != NULL) CHECK(record.completed == ended);
    signal(SIGALRM, SIG_DFL);
}

static void jumps(VixHandle host, const char *vmx) {
    enum { VARIABLES = 96, SIZE = 1 << 20 };
    char *value = (char *)malloc(SIZE), name[40];
    int i;
    memset(value, 'x', SIZE - 1);
    value[SIZE - 1] = '\0';
    for (i = 0; i < VARIABLES; ++i) {
        sprintf(name, "LARGE_%d", i);
        setenv(name, value, 1);
    }
    leaves_by_longjmp(host, vmx, NULL);
    leaves_by_longjmp(host, vmx, record_event);
    for (i = 0; i < VARIABLES; ++i) {
        sprintf(name, "LARGE_%d", i);
        unsetenv(name);
    }
    free(value);
}

static void pump(const char *vmx) {
    struct record connect, record, other;
    VixHandle job, host, vm;
    Bool complete = FALSE;
    int i;
    memset(&connect, 0, sizeof connect);
    memset(&record, 0, sizeof record);
    memset(&other, 0, sizeof other);
    job = VixHost_Connect(VIX_API_VERSION, VIX_SERVICEPROVIDER_VMWARE_WORKSTATION, NULL, 0, NULL, NULL,
                          VIX_HOSTOPTION_USE_EVENT_PUMP, 0, record_event, &connect);
    CODE(VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_HANDLE, &host, VIX_PROPERTY_NONE), VIX_OK);
    nap(50);
    CHECK(connect.completed == 0);
    Vix_PumpEvents(VIX_INVALID_HANDLE, VIX_PUMPEVENTOPTION_NONE);
    CHECK(connect.completed == 1 && pthread_equal(connect.thread, pthread_self()));
    Vix_ReleaseHandle(job);
    CHECK(Vix_GetHandleType(job) == VIX_HANDLETYPE_NONE);

    vm = open_vm(host, vmx);
    ENDS(VixVM_LogoutFromGuest(vm, record_event, &other), VIX_OK);
    job = VixHost_FindItems(host, VIX_FIND_REGISTERED_VMS, 0, -1, record_event, &record);
    CODE(VixJob_Wait(job, VIX_PROPERTY_NONE), VIX_OK);
    nap(50);
    CHECK(record.completed == 0 && record.found == 0 && other.completed == 0);
    CODE(VixJob_CheckCompletion(job, &complete), VIX_OK);
    CHECK(complete == FALSE);
    Vix_PumpEvents(host, VIX_PUMPEVENTOPTION_NONE);
    CHECK(record.completed == 1 && record.found == 1 && other.completed == 1);
    CHECK(pthread_equal(record.thread, pthread_self()));
    CODE(VixJob_CheckCompletion(job, &complete), VIX_OK);
    CHECK(complete == TRUE);
    Vix_ReleaseHandle(job);

    /* The loop that programs for the pump have. */
    memset(&record, 0, sizeof record);
    job = VixHost_FindItems(host, VIX_FIND_REGISTERED_VMS, 0, -1, record_event, &record);
    complete = FALSE;
    for (i = 0; i < 1000 && !complete; ++i) {
        Vix_PumpEvents(host, VIX_PUMPEVENTOPTION_NONE);
        CODE(VixJob_CheckCompletion(job, &complete), VIX_OK);
        nap(2);
    }
    CHECK(complete == TRUE && record.completed == 1 && record.found == 1);
    Vix_ReleaseHandle(job);
    Vix_ReleaseHandle(vm);
    VixHost_Disconnect(host);
}

int main(int count, char **arguments) {
    VixHandle host, vm;
    if (count != 3) return 2;
    setvbuf(stdout, NULL, _IONBF, 0);
    host = connect_here(0);
    vm = open_vm(host, arguments[1]);
    events(host, vm, arguments[1], arguments[2]);
    released_at_once(host);
    slow_callbacks(host);
    waits_under_a_lock(host);
    nested_waits(host, vm);
    signals(vm, arguments[1]);
    jumps(host, arguments[1]);
    pump(arguments[1]);
    Vix_ReleaseHandle(vm);
    VixHost_Disconnect(host);
    return summary();
}
