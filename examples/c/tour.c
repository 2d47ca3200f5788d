/*
 * A tour of VIX in C: opens a virtual machine, lists its snapshots, takes one, makes a linked clone of
 * it with a callback, shows an error with its text, and deletes what it made.
 *
 *   cc -o tour tour.c $(pkg-config --cflags --libs vix)
 *   ./tour /srv/vms/web/web.vmx /srv/vms/tour/tour.vmx
 */
#include <stdio.h>
#include <stdlib.h>

#include <vix.h>

struct events {
    int progress;
    int completed;
};

/* Ends the program if a call has failed. The text has the path and the reason. */
static void require(VixError err, const char *what) {
    if (VIX_SUCCEEDED(err)) return;
    fprintf(stderr, "%s: error %d: %s\n", what, (int)VIX_ERROR_CODE(err), Vix_GetErrorText(err, NULL));
    exit(EXIT_FAILURE);
}

/* Waits for a job whose result is a handle. */
static VixHandle handle_of(VixHandle job, const char *what) {
    VixHandle handle = VIX_INVALID_HANDLE;
    VixError err = VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_HANDLE, &handle, VIX_PROPERTY_NONE);
    Vix_ReleaseHandle(job);
    require(err, what);
    return handle;
}

/* Waits for a job without a result. */
static void finish(VixHandle job, const char *what) {
    VixError err = VixJob_Wait(job, VIX_PROPERTY_NONE);
    Vix_ReleaseHandle(job);
    require(err, what);
}

/* Runs on a thread of the library. VixJob_Wait returns after its last call. */
static void on_event(VixHandle job, VixEventType type, VixHandle more, void *data) {
    struct events *events = (struct events *)data;
    (void)job;
    (void)more;
    if (type == VIX_EVENTTYPE_JOB_PROGRESS) events->progress++;
    if (type == VIX_EVENTTYPE_JOB_COMPLETED) events->completed++;
}

static void list_snapshots(VixHandle vm) {
    int count = 0, i;
    require(VixVM_GetNumRootSnapshots(vm, &count), "counting snapshots");
    printf("%d root snapshots\n", count);
    for (i = 0; i < count; ++i) {
        VixHandle snapshot;
        char *name = NULL;
        require(VixVM_GetRootSnapshot(vm, i, &snapshot), "reading a snapshot");
        require(Vix_GetProperties(snapshot, VIX_PROPERTY_SNAPSHOT_DISPLAYNAME, &name, VIX_PROPERTY_NONE),
                "reading its name");
        printf("  %s\n", name);
        Vix_FreeBuffer(name);
        Vix_ReleaseHandle(snapshot);
    }
}

int main(int argc, char **argv) {
    VixHandle host, vm, snapshot, clone, job;
    struct events events = {0, 0};
    char *name = NULL;
    Bool running = FALSE;
    VixError err;

    if (argc != 3) {
        fprintf(stderr, "usage: %s VMX NEW-VMX\n", argv[0]);
        return EXIT_FAILURE;
    }
    host = handle_of(VixHost_Connect(VIX_API_VERSION, VIX_SERVICEPROVIDER_VMWARE_WORKSTATION, NULL, 0,
                                     NULL, NULL, 0, VIX_INVALID_HANDLE, NULL, NULL), "connecting");
    vm = handle_of(VixVM_Open(host, argv[1], NULL, NULL), "opening");
    require(Vix_GetProperties(vm, VIX_PROPERTY_VM_NAME, &name, VIX_PROPERTY_VM_IS_RUNNING, &running,
                              VIX_PROPERTY_NONE), "reading properties");
    printf("machine \"%s\" is %s\n", name, running ? "running" : "off");
    Vix_FreeBuffer(name);
    list_snapshots(vm);

    snapshot = handle_of(VixVM_CreateSnapshot(vm, "tour", "of examples/c", 0, VIX_INVALID_HANDLE, NULL,
                                              NULL), "taking a snapshot");
    list_snapshots(vm);

    job = VixVM_Clone(vm, snapshot, VIX_CLONETYPE_LINKED, argv[2], 0, VIX_INVALID_HANDLE, on_event,
                      &events);
    clone = handle_of(job, "cloning");
    printf("linked clone made, job completed %d time\n", events.completed);

    job = VixVM_Clone(vm, snapshot, VIX_CLONETYPE_LINKED, argv[2], 0, VIX_INVALID_HANDLE, NULL, NULL);
    err = VixJob_Wait(job, VIX_PROPERTY_NONE);
    printf("once more: error %d: %s\n", (int)VIX_ERROR_CODE(err), Vix_GetErrorText(err, NULL));
    Vix_ReleaseHandle(job);

    finish(VixVM_Delete(clone, VIX_VMDELETE_DISK_FILES, NULL, NULL), "deleting the clone");
    finish(VixVM_RemoveSnapshot(vm, snapshot, 0, NULL, NULL), "removing the snapshot");
    list_snapshots(vm);
    Vix_ReleaseHandle(clone);
    Vix_ReleaseHandle(snapshot);
    Vix_ReleaseHandle(vm);
    VixHost_Disconnect(host);
    return EXIT_SUCCESS;
}
