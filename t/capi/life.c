/* How a process ends, forks, and unloads the library, in the midst of jobs.
 *
 *   life exit|exit-in-callback|handler|fork|interrupt VMX FOLDER
 *
 * The machine has a disk that takes a while to copy.
 */
#include "check.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile int events;
static volatile int completed;
static const char *mode;

static void count_events(VixHandle job, VixEventType type, VixHandle more, void *data) {
    (void)job;
    (void)more;
    (void)data;
    ++events;
    if (type == VIX_EVENTTYPE_JOB_COMPLETED) ++completed;
    if (strcmp(mode, "exit-in-callback") == 0) exit(7);
}

static VixHandle start_clone(VixHandle vm, const char *folder, const char *name) {
    char path[4096];
    sprintf(path, "%s/%s/c.vmx", folder, name);
    return VixVM_Clone(vm, VIX_INVALID_HANDLE, VIX_CLONETYPE_FULL, path, 0, VIX_INVALID_HANDLE,
                       count_events, NULL);
}

static void nap(int milliseconds) {
    struct timespec t;
    t.tv_sec = 0;
    t.tv_nsec = milliseconds * 1000000L;
    nanosleep(&t, NULL);
}

static void wait_for_events(void) {
    int i;
    for (i = 0; i < 500 && events == 0; ++i) nap(10);
}

/* Runs after the library's own handler, since it was registered before the library was used. */
static void check_silence(void) {
    const int before = events;
    nap(100);
    if (events != before) _exit(9);
}

static void in_child(VixHandle job, VixHandle host, const char *vmx, const char *folder) {
    char path[4096];
    VixHandle vm, clone;
    events = completed = 0;
    CODE(VixJob_Wait(job, VIX_PROPERTY_NONE), VIX_E_CANCELLED);
    CHECK(events == 0);
    sprintf(path, "%s", vmx);
    vm = open_vm(host, path);
    CHECK(vm > 0);
    ENDS(VixVM_LogoutFromGuest(vm, count_events, NULL), VIX_OK);
    CHECK(completed == 1);
    clone = handle_of(start_clone(vm, folder, "of-child"));
    CHECK(clone > 0 && completed == 2);
    ENDS(VixVM_Delete(clone, VIX_VMDELETE_DISK_FILES, count_events, NULL), VIX_OK);
    CHECK(completed == 3);
    fflush(stdout);
    exit(failures == 0 ? 0 : 1);
}

static void forks(VixHandle host, VixHandle vm, const char *vmx, const char *folder) {
    VixHandle job = start_clone(vm, folder, "of-parent");
    int status = -1;
    pid_t child;
    wait_for_events();
    fflush(stdout);
    child = fork();
    if (child == 0) in_child(job, host, vmx, folder);
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    ENDS(job, VIX_OK);
    CHECK(completed == 1);
}

/* Ctrl-C while a program waits for a job that cannot begin: it ends the program. */
static int is_interrupted(const char *vmx) {
    char path[4096];
    int ready[2], folder, status = -1, i;
    pid_t child;
    sprintf(path, "%s", vmx);
    *strrchr(path, '/') = '\0';
    folder = open(path, O_RDONLY | O_CLOEXEC);
    CHECK(folder >= 0 && flock(folder, LOCK_EX | LOCK_NB) == 0 && pipe(ready) == 0);
    child = fork();
    if (child == 0) {
        const VixHandle vm = open_vm(connect_here(0), vmx);
        const VixHandle job = VixVM_CreateSnapshot(vm, "waits", NULL, 0, VIX_INVALID_HANDLE, NULL, NULL);
        signal(SIGINT, SIG_DFL);
        if (write(ready[1], "x", 1) != 1) _exit(3);
        VixJob_Wait(job, VIX_PROPERTY_NONE);
        _exit(4);
    }
    if (!CHECK(child > 0)) return summary();
    CHECK(read(ready[0], path, 1) == 1);
    nap(100);
    kill(child, SIGINT);
    for (i = 0; i < 500 && waitpid(child, &status, WNOHANG) == 0; ++i) nap(10);
    CHECK(i < 500 && WIFSIGNALED(status) && WTERMSIG(status) == SIGINT);
    if (i == 500) kill(child, SIGKILL);
    return summary();
}

int main(int count, char **arguments) {
    VixHandle host, vm;
    if (count != 4) return 2;
    mode = arguments[1];
    if (strcmp(mode, "interrupt") == 0) return is_interrupted(arguments[2]);
    if (strcmp(mode, "handler") == 0) atexit(check_silence);
    host = connect_here(0);
    vm = open_vm(host, arguments[2]);
    if (strcmp(mode, "fork") == 0) {
        forks(host, vm, arguments[2], arguments[3]);
        return summary();
    }
    start_clone(vm, arguments[3], "first");
    start_clone(vm, arguments[3], "second");
    wait_for_events();
    if (strcmp(mode, "exit-in-callback") == 0) nap(900);
    CHECK(events > 0);
    return summary();
}
