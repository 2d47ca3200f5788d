/* Each of the 73 functions, with good arguments, with NULL for each pointer, with dead handles and
 * with handles of another type.
 *
 *   calls VMX FOLDER     a machine that is off and has a disk; a folder to write to
 */
#include "check.h"

typedef VixHandle Starter(VixHandle h, VixHandle s, const char *t, VixEventProc *cb, void *d);

/* Functions that start a job: name, handle ('h' host, 'v' machine), the error for a machine that is
 * off and texts that name nothing, the error if all texts are NULL; then the arguments: h the handle,
 * s a snapshot, t any text. 0 as a wanted error: not tried here, but in results(). */
#define CALLS(X)                                                                                     \
    X(VixHost_RegisterVM, 'h', VIX_E_NOT_FOUND, VIX_E_INVALID_ARG, (h, t, cb, d))                    \
    X(VixHost_UnregisterVM, 'h', 0, VIX_E_INVALID_ARG, (h, t, cb, d))                                \
    X(VixHost_FindItems, 'h', 0, 0, (h, VIX_FIND_REGISTERED_VMS, 0, -1, cb, d))                      \
    X(VixHost_OpenVM, 'h', VIX_E_VM_NOT_FOUND, VIX_E_INVALID_ARG, (h, t, VIX_VMOPEN_NORMAL, 0, cb, d)) \
    X(VixVM_Open, 'h', VIX_E_VM_NOT_FOUND, VIX_E_INVALID_ARG, (h, t, cb, d))                         \
    X(VixVM_PowerOn, 'v', 0, 0, (h, VIX_VMPOWEROP_NORMAL, 0, cb, d))                                 \
    X(VixVM_PowerOff, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_VM_NOT_RUNNING, (h, 0, cb, d))                \
    X(VixVM_Reset, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_VM_NOT_RUNNING, (h, 0, cb, d))                   \
    X(VixVM_Suspend, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_VM_NOT_RUNNING, (h, 0, cb, d))                 \
    X(VixVM_Pause, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_VM_NOT_RUNNING, (h, 0, 0, cb, d))                \
    X(VixVM_Unpause, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_VM_NOT_RUNNING, (h, 0, 0, cb, d))              \
    X(VixVM_Delete, 'v', 0, 0, (h, 0, cb, d))                                                        \
    X(VixVM_WaitForToolsInGuest, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_VM_NOT_RUNNING, (h, 1, cb, d))     \
    X(VixVM_LoginInGuest, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_VM_NOT_RUNNING, (h, t, t, 0, cb, d))      \
    X(VixVM_LogoutFromGuest, 'v', 0, 0, (h, cb, d))                                                  \
    X(VixVM_RunProgramInGuest, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_VM_NOT_RUNNING, (h, t, t, 0, 0, cb, d)) \
    X(VixVM_ListProcessesInGuest, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_VM_NOT_RUNNING, (h, 0, cb, d))    \
    X(VixVM_KillProcessInGuest, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_VM_NOT_RUNNING, (h, 7, 0, cb, d))   \
    X(VixVM_RunScriptInGuest, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_VM_NOT_RUNNING, (h, t, t, 0, 0, cb, d)) \
    X(VixVM_CopyFileFromHostToGuest, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_INVALID_ARG, (h, t, t, 0, 0, cb, d)) \
    X(VixVM_CopyFileFromGuestToHost, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_INVALID_ARG, (h, t, t, 0, 0, cb, d)) \
    X(VixVM_DeleteFileInGuest, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_VM_NOT_RUNNING, (h, t, cb, d))       \
    X(VixVM_FileExistsInGuest, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_VM_NOT_RUNNING, (h, t, cb, d))       \
    X(VixVM_RenameFileInGuest, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_VM_NOT_RUNNING, (h, t, t, 0, 0, cb, d)) \
    X(VixVM_CreateTempFileInGuest, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_VM_NOT_RUNNING, (h, 0, 0, cb, d)) \
    X(VixVM_GetFileInfoInGuest, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_VM_NOT_RUNNING, (h, t, cb, d))      \
    X(VixVM_ListDirectoryInGuest, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_VM_NOT_RUNNING, (h, t, 0, cb, d)) \
    X(VixVM_CreateDirectoryInGuest, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_VM_NOT_RUNNING, (h, t, 0, cb, d)) \
    X(VixVM_DeleteDirectoryInGuest, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_VM_NOT_RUNNING, (h, t, 0, cb, d)) \
    X(VixVM_DirectoryExistsInGuest, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_VM_NOT_RUNNING, (h, t, cb, d))  \
    X(VixVM_ReadVariable, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_INVALID_ARG, (h, VIX_VM_GUEST_VARIABLE, t, 0, cb, d)) \
    X(VixVM_WriteVariable, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_INVALID_ARG, (h, VIX_VM_GUEST_VARIABLE, t, t, 0, cb, d)) \
    X(VixVM_RemoveSnapshot, 'v', 0, 0, (h, s, 0, cb, d))                                             \
    X(VixVM_RevertToSnapshot, 'v', 0, 0, (h, s, 0, 0, cb, d))                                        \
    X(VixVM_CreateSnapshot, 'v', 0, 0, (h, t, t, 0, 0, cb, d))                                       \
    X(VixVM_EnableSharedFolders, 'v', 0, 0, (h, TRUE, 0, cb, d))                                     \
    X(VixVM_GetNumSharedFolders, 'v', 0, 0, (h, cb, d))                                              \
    X(VixVM_GetSharedFolderState, 'v', VIX_E_INVALID_ARG, VIX_E_INVALID_ARG, (h, 0, cb, d))          \
    X(VixVM_SetSharedFolderState, 'v', VIX_E_NOT_FOUND, VIX_E_NOT_FOUND, (h, t, t, 0, cb, d))    \
    X(VixVM_AddSharedFolder, 'v', VIX_E_INVALID_ARG, VIX_E_INVALID_ARG, (h, t, t, 0, cb, d))         \
    X(VixVM_RemoveSharedFolder, 'v', VIX_E_NOT_FOUND, VIX_E_NOT_FOUND, (h, t, 0, cb, d))             \
    X(VixVM_CaptureScreenImage, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_VM_NOT_RUNNING, (h, VIX_CAPTURESCREENFORMAT_PNG, 0, cb, d)) \
    X(VixVM_Clone, 'v', VIX_E_INVALID_ARG, VIX_E_INVALID_ARG, (h, 0, VIX_CLONETYPE_FULL, t, 0, 0, cb, d)) \
    X(VixVM_UpgradeVirtualHardware, 'v', 0, 0, (h, 0, cb, d))                                        \
    X(VixVM_InstallTools, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_VM_NOT_RUNNING, (h, 0, t, cb, d))         \
    X(VixVM_OpenUrlInGuest, 'v', VIX_E_VM_NOT_RUNNING, VIX_E_VM_NOT_RUNNING, (h, t, 0, 0, cb, d))    \
    X(VixVM_BeginRecording, 'v', VIX_E_NOT_SUPPORTED, VIX_E_NOT_SUPPORTED, (h, t, t, 0, 0, cb, d))   \
    X(VixVM_EndRecording, 'v', VIX_E_NOT_SUPPORTED, VIX_E_NOT_SUPPORTED, (h, 0, 0, cb, d))           \
    X(VixVM_BeginReplay, 'v', VIX_E_INVALID_HANDLE, VIX_E_INVALID_HANDLE, (h, s, 0, 0, cb, d))       \
    X(VixVM_EndReplay, 'v', VIX_E_NOT_SUPPORTED, VIX_E_NOT_SUPPORTED, (h, 0, 0, cb, d))

#define STARTER(name, kind, good, empty, arguments)                                                  \
    static VixHandle start_##name(VixHandle h, VixHandle s, const char *t, VixEventProc *cb, void *d) { \
        (void)s;                                                                                     \
        (void)t;                                                                                     \
        return name arguments;                                                                       \
    }
CALLS(STARTER)

struct call {
    const char *name;
    char kind;
    VixError good;
    VixError empty;
    Starter *start;
};
#define ROW(name, kind, good, empty, arguments) {#name, kind, good, empty, start_##name},
static const struct call calls[] = {CALLS(ROW){NULL, 0, 0, 0, NULL}};

static void count_end(VixHandle job, VixEventType type, VixHandle more, void *data) {
    (void)job;
    (void)more;
    if (type == VIX_EVENTTYPE_JOB_COMPLETED) ++*(int *)data;
}

static void try_call(const struct call *call, VixHandle handle, const char *text, VixError wanted) {
    int ended = 0;
    const VixHandle job = call->start(handle, VIX_INVALID_HANDLE, text, NULL, NULL);
    CHECK(Vix_GetHandleType(job) == VIX_HANDLETYPE_JOB);
    check_code(end_of(job), wanted, call->name, __FILE__, __LINE__);
    check_code(end_of(call->start(handle, VIX_INVALID_HANDLE, text, count_end, &ended)), wanted,
               call->name, __FILE__, __LINE__);
    check(ended == 1, call->name, __FILE__, __LINE__);
}

static int job_calls(VixHandle host, VixHandle vm, VixHandle list, VixHandle dead) {
    int count = 0;
    const struct call *call;
    for (call = calls; call->name != NULL; ++call, ++count) {
        const VixHandle handle = call->kind == 'h' ? host : vm;
        static const char *const texts[] = {NULL, "", "text"};
        int i;
        for (i = 0; i < 3; ++i) {
            try_call(call, dead, texts[i], VIX_E_INVALID_HANDLE);
            try_call(call, VIX_INVALID_HANDLE, texts[i], VIX_E_INVALID_HANDLE);
            try_call(call, -1, texts[i], VIX_E_INVALID_HANDLE);
            try_call(call, list, texts[i], VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE);
        }
        if (call->good != 0 && strstr(call->name, "InGuest") == NULL) {
            try_call(call, handle, "no-such-name", call->good);
            try_call(call, handle, NULL, call->empty);
        } else if (call->good != 0) {
            try_call(call, handle, "/no-such-name", call->good);
            CHECK(end_of(call->start(handle, 0, NULL, NULL, NULL)) != VIX_OK);
        }
    }
    return count;
}

static void hosts(VixHandle list) {
    const int versions[] = {VIX_API_VERSION, 1, 2, 3, 4};
    unsigned i;
    VixHandle host;
    for (i = 0; i < sizeof versions / sizeof *versions; ++i) {
        host = handle_of(VixHost_Connect(versions[i], VIX_SERVICEPROVIDER_DEFAULT, "", 902, "", "", 0,
                                         VIX_INVALID_HANDLE, NULL, NULL));
        CHECK(host > 0);
        VixHost_Disconnect(host);
        CHECK(Vix_GetHandleType(host) == VIX_HANDLETYPE_NONE);
    }
    ENDS(VixHost_Connect(0, 3, NULL, 0, NULL, NULL, 0, 0, NULL, NULL), VIX_E_INVALID_ARG);
    ENDS(VixHost_Connect(5, 3, NULL, 0, NULL, NULL, 0, 0, NULL, NULL), VIX_E_INVALID_ARG);
    ENDS(VixHost_Connect(-1, 77, NULL, 0, NULL, NULL, 0, 0, NULL, NULL), VIX_E_INVALID_ARG);
    ENDS(VixHost_Connect(-1, 3, NULL, 0, NULL, NULL, 0, list, NULL, NULL), VIX_E_INVALID_ARG);
    ENDS(VixHost_Connect(-1, 3, "elsewhere.example", 0, NULL, NULL, 0, 0, NULL, NULL),
         VIX_E_CANNOT_CONNECT_TO_HOST);
    VixHost_Disconnect(VIX_INVALID_HANDLE);
    VixHost_Disconnect(list);
    CHECK(Vix_GetHandleType(list) == VIX_HANDLETYPE_PROPERTY_LIST);
}

/* A Bool is one byte, and nothing beside it is written. */
static void one_byte(VixHandle vm) {
    Bool cells[4];
    memset(cells, 0x5a, sizeof cells);
    CODE(Vix_GetProperties(vm, VIX_PROPERTY_VM_IS_RUNNING, &cells[1], VIX_PROPERTY_VM_READ_ONLY,
                           &cells[2], VIX_PROPERTY_NONE), VIX_OK);
    CHECK(cells[0] == 0x5a && cells[1] == FALSE && cells[2] == FALSE && cells[3] == 0x5a);
}

static void properties(VixHandle host, VixHandle vm, VixHandle dead, const char *vmx) {
    int number = -1, other = -1;
    VixPropertyType type = -1;
    char *name = (char *)"unset", *path = NULL;
    one_byte(vm);
    CODE(Vix_GetProperties(vm, VIX_PROPERTY_VM_NUM_VCPUS, &number, VIX_PROPERTY_VM_VMX_PATHNAME, &path,
                           VIX_PROPERTY_VM_MEMORY_SIZE, NULL, VIX_PROPERTY_VM_NAME, &name,
                           VIX_PROPERTY_NONE), VIX_OK);
    CHECK(number == 1);
    CHECK(path != NULL && strcmp(path, vmx) == 0);
    CHECK(name != NULL && strcmp(name, "alpha") == 0);
    Vix_FreeBuffer(path);
    Vix_FreeBuffer(name);
    Vix_FreeBuffer(NULL);
    CODE(Vix_GetProperties(vm, VIX_PROPERTY_NONE), VIX_OK);
    CODE(Vix_GetProperties(dead, VIX_PROPERTY_NONE), VIX_E_INVALID_HANDLE);
    number = 77;
    name = (char *)"unset";
    CODE(Vix_GetProperties(dead, VIX_PROPERTY_VM_NUM_VCPUS, &number, VIX_PROPERTY_VM_NAME, &name,
                           VIX_PROPERTY_NONE), VIX_E_INVALID_HANDLE);
    CHECK(number == 0 && name == NULL);
    number = 77;
    name = (char *)"unset";
    CODE(Vix_GetProperties(vm, VIX_PROPERTY_VM_NUM_VCPUS, &number, 123456, &other, VIX_PROPERTY_VM_NAME,
                           &name, VIX_PROPERTY_NONE), VIX_E_UNRECOGNIZED_PROPERTY);
    CHECK(number == 0 && name == NULL && other == -1);
    CODE(Vix_GetProperties(host, VIX_PROPERTY_HOST_HOSTTYPE, &number, VIX_PROPERTY_HOST_API_VERSION,
                           &other, VIX_PROPERTY_HOST_SOFTWARE_VERSION, &name, VIX_PROPERTY_NONE), VIX_OK);
    CHECK(number == VIX_SERVICEPROVIDER_VMWARE_WORKSTATION && other == VIX_API_VERSION);
    Vix_FreeBuffer(name);
    CODE(Vix_GetPropertyType(vm, VIX_PROPERTY_VM_NAME, &type), VIX_OK);
    CHECK(type == VIX_PROPERTYTYPE_STRING);
    CODE(Vix_GetPropertyType(vm, VIX_PROPERTY_VM_NAME, NULL), VIX_OK);
    CODE(Vix_GetPropertyType(vm, 123456, &type), VIX_E_UNRECOGNIZED_PROPERTY);
    CHECK(type == VIX_PROPERTYTYPE_ANY);
    CODE(Vix_GetPropertyType(dead, VIX_PROPERTY_VM_NAME, &type), VIX_E_INVALID_HANDLE);
}

static void property_lists(VixHandle host, VixHandle vm, VixHandle dead) {
    const unsigned char bytes[] = {0, 255, 10};
    VixHandle list = -1, other = -1, given = -1;
    int number = 0, size = 0;
    Bool truth = FALSE;
    int64 large = 0;
    char *text = NULL;
    unsigned char *blob = NULL;
    const VixHandle job = VixVM_LogoutFromGuest(vm, NULL, NULL);
    CODE(VixPropertyList_AllocPropertyList(
             host, &list, VIX_PROPERTY_VM_NUM_VCPUS, 4, VIX_PROPERTY_VM_READ_ONLY, TRUE,
             VIX_PROPERTY_JOB_RESULT_FILE_SIZE, (int64)1 << 40, VIX_PROPERTY_VM_ENCRYPTION_PASSWORD,
             "B\303\274ro", VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_DATA, (int)sizeof bytes, bytes,
             VIX_PROPERTY_JOB_RESULT_HANDLE, host, VIX_PROPERTY_NONE), VIX_OK);
    CHECK(Vix_GetHandleType(list) == VIX_HANDLETYPE_PROPERTY_LIST);
    CODE(Vix_GetProperties(list, VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_DATA, &size, &blob,
                           VIX_PROPERTY_VM_NUM_VCPUS, &number, VIX_PROPERTY_VM_READ_ONLY, &truth,
                           VIX_PROPERTY_JOB_RESULT_FILE_SIZE, &large,
                           VIX_PROPERTY_VM_ENCRYPTION_PASSWORD, &text, VIX_PROPERTY_JOB_RESULT_HANDLE,
                           &given, VIX_PROPERTY_NONE), VIX_OK);
    CHECK(size == 3 && blob != NULL && memcmp(blob, bytes, 3) == 0);
    CHECK(number == 4 && truth == TRUE && large == (int64)1 << 40 && given == host);
    CHECK(text != NULL && strcmp(text, "B\303\274ro") == 0);
    Vix_FreeBuffer(blob);
    Vix_FreeBuffer(text);
    Vix_ReleaseHandle(given);
    CHECK(Vix_GetHandleType(host) == VIX_HANDLETYPE_HOST);
    CODE(Vix_GetProperties(list, VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_DATA, NULL, NULL,
                           VIX_PROPERTY_JOB_RESULT_HANDLE, NULL, VIX_PROPERTY_VM_NUM_VCPUS, NULL,
                           VIX_PROPERTY_NONE), VIX_OK);
    Vix_ReleaseHandle(list);
    /* From any live handle, empty ones, too. */
    CODE(VixPropertyList_AllocPropertyList(vm, &list, VIX_PROPERTY_NONE), VIX_OK);
    CODE(VixPropertyList_AllocPropertyList(list, &other, VIX_PROPERTY_NONE), VIX_OK);
    Vix_ReleaseHandle(other);
    CODE(VixPropertyList_AllocPropertyList(job, &other, VIX_PROPERTY_NONE), VIX_OK);
    Vix_ReleaseHandle(other);
    Vix_ReleaseHandle(list);
    CODE(VixPropertyList_AllocPropertyList(dead, &list, VIX_PROPERTY_NONE), VIX_E_INVALID_HANDLE);
    CHECK(list == VIX_INVALID_HANDLE);
    CODE(VixPropertyList_AllocPropertyList(host, NULL, VIX_PROPERTY_NONE), VIX_E_INVALID_ARG);
    CODE(VixPropertyList_AllocPropertyList(host, &list, 123456, "x", VIX_PROPERTY_NONE),
         VIX_E_UNRECOGNIZED_PROPERTY);
    CODE(VixPropertyList_AllocPropertyList(host, &list, VIX_PROPERTY_VM_NAME, (char *)NULL,
                                           VIX_PROPERTY_NONE), VIX_E_INVALID_ARG);
    CODE(VixPropertyList_AllocPropertyList(host, &list, VIX_PROPERTY_VM_NAME, "\377",
                                           VIX_PROPERTY_NONE), VIX_E_INVALID_UTF8_STRING);
    CODE(VixPropertyList_AllocPropertyList(host, &list, VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_DATA, -1,
                                           bytes, VIX_PROPERTY_NONE), VIX_E_INVALID_ARG);
    ENDS(job, VIX_OK);
}

static void snapshots(VixHandle vm, VixHandle dead, const char *folder) {
    VixHandle base = -1, same = -1, child = -1, clone, job;
    int count = -1;
    Bool complete = 0x5a;
    int64 code = -1;
    char *text = NULL;
    char path[4096];
    CODE(VixVM_GetCurrentSnapshot(vm, &base), VIX_E_SNAPSHOT_NOTFOUND);
    CHECK(base == VIX_INVALID_HANDLE);
    base = handle_of(VixVM_CreateSnapshot(vm, "base", NULL, 0, VIX_INVALID_HANDLE, NULL, NULL));
    child = handle_of(VixVM_CreateSnapshot(vm, NULL, NULL, 0, VIX_INVALID_HANDLE, NULL, NULL));
    CHECK(base > 0 && child > 0);
    CODE(VixVM_GetNumRootSnapshots(vm, &count), VIX_OK);
    CHECK(count == 1);
    CODE(VixVM_GetNumRootSnapshots(vm, NULL), VIX_OK);
    CODE(VixVM_GetNumRootSnapshots(dead, &count), VIX_E_INVALID_HANDLE);
    CHECK(count == 0);
    CODE(VixVM_GetRootSnapshot(vm, 0, &same), VIX_OK);
    CHECK(same == base);
    Vix_ReleaseHandle(same);
    CODE(VixVM_GetRootSnapshot(vm, 0, NULL), VIX_OK);
    CODE(VixVM_GetRootSnapshot(vm, 1, &same), VIX_E_INVALID_ARG);
    CODE(VixVM_GetRootSnapshot(dead, 0, &same), VIX_E_INVALID_HANDLE);
    CODE(VixVM_GetCurrentSnapshot(vm, &same), VIX_OK);
    CHECK(same == child);
    Vix_ReleaseHandle(same);
    CODE(VixVM_GetCurrentSnapshot(vm, NULL), VIX_OK);
    CODE(VixVM_GetCurrentSnapshot(dead, NULL), VIX_E_INVALID_HANDLE);
    CODE(VixVM_GetNamedSnapshot(vm, "base", &same), VIX_OK);
    CHECK(same == base);
    Vix_ReleaseHandle(same);
    CODE(VixVM_GetNamedSnapshot(vm, "base", NULL), VIX_OK);
    CODE(VixVM_GetNamedSnapshot(vm, NULL, &same), VIX_E_INVALID_ARG);
    CODE(VixVM_GetNamedSnapshot(dead, "base", &same), VIX_E_INVALID_HANDLE);
    CODE(VixSnapshot_GetNumChildren(base, &count), VIX_OK);
    CHECK(count == 1);
    CODE(VixSnapshot_GetNumChildren(base, NULL), VIX_OK);
    CODE(VixSnapshot_GetNumChildren(dead, &count), VIX_E_INVALID_HANDLE);
    CODE(VixSnapshot_GetChild(base, 0, &same), VIX_OK);
    CHECK(same == child);
    Vix_ReleaseHandle(same);
    CODE(VixSnapshot_GetChild(base, 0, NULL), VIX_OK);
    CODE(VixSnapshot_GetChild(dead, 0, &same), VIX_E_INVALID_HANDLE);
    CODE(VixSnapshot_GetParent(child, &same), VIX_OK);
    CHECK(same == base);
    Vix_ReleaseHandle(same);
    CODE(VixSnapshot_GetParent(child, NULL), VIX_OK);
    CODE(VixSnapshot_GetParent(base, &same), VIX_OK);
    CHECK(same == VIX_INVALID_HANDLE);
    CODE(VixSnapshot_GetParent(dead, &same), VIX_E_INVALID_HANDLE);
    ENDS(VixVM_BeginReplay(vm, base, 0, 0, NULL, NULL), VIX_E_NOT_SUPPORTED);

    ENDS(VixVM_RevertToSnapshot(vm, base, 0, VIX_INVALID_HANDLE, NULL, NULL), VIX_OK);
    ENDS(VixVM_RemoveSnapshot(vm, child, 0, NULL, NULL), VIX_OK);
    Vix_ReleaseHandle(child);
    sprintf(path, "%s/linked/linked.vmx", folder);
    job = VixVM_Clone(vm, base, VIX_CLONETYPE_LINKED, path, 0, VIX_INVALID_HANDLE, NULL, NULL);
    clone = -1;
    CODE(VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_HANDLE, &clone, VIX_PROPERTY_JOB_RESULT_ERROR_CODE,
                     &code, VIX_PROPERTY_NONE), VIX_OK);
    CHECK(clone > 0 && code == VIX_OK);
    CODE(VixJob_CheckCompletion(job, &complete), VIX_OK);
    CHECK(complete == TRUE);
    CODE(VixJob_GetError(job), VIX_OK);
    CODE(VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_HANDLE, NULL, VIX_PROPERTY_NONE), VIX_OK);
    same = -1;
    CODE(Vix_GetProperties(job, VIX_PROPERTY_JOB_RESULT_HANDLE, &same, VIX_PROPERTY_NONE), VIX_OK);
    CHECK(same == clone);
    Vix_ReleaseHandle(same);
    count = 77;
    CODE(VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_GUEST_PROGRAM_EXIT_CODE, &count,
                     VIX_PROPERTY_JOB_RESULT_HANDLE, &same, VIX_PROPERTY_NONE),
         VIX_E_UNRECOGNIZED_PROPERTY);
    CHECK(count == 0 && same == clone);
    Vix_ReleaseHandle(same);
    Vix_ReleaseHandle(job);
    ENDS(VixVM_RemoveSnapshot(vm, base, 0, NULL, NULL), VIX_E_SNAPSHOT_DISKLOCKED);
    ENDS(VixVM_Delete(clone, VIX_VMDELETE_DISK_FILES, NULL, NULL), VIX_OK);
    Vix_ReleaseHandle(clone);
    ENDS(VixVM_RemoveSnapshot(vm, base, VIX_SNAPSHOT_REMOVE_CHILDREN, NULL, NULL), VIX_OK);
    Vix_ReleaseHandle(base);

    sprintf(path, "%s/full/full.vmx", folder);
    clone = handle_of(VixVM_Clone(vm, 0, VIX_CLONETYPE_FULL, path, 0, 0, NULL, NULL));
    job = VixVM_Clone(vm, 0, VIX_CLONETYPE_FULL, path, 0, 0, NULL, NULL);
    same = 77;
    code = -1;
    CODE(VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_HANDLE, &same, VIX_PROPERTY_JOB_RESULT_ERROR_CODE,
                     &code, VIX_PROPERTY_JOB_RESULT_EXTRA_ERROR_INFO, &text, VIX_PROPERTY_NONE),
         VIX_E_FILE_ALREADY_EXISTS);
    CHECK(same == VIX_INVALID_HANDLE && code == VIX_E_FILE_ALREADY_EXISTS);
    CHECK(text != NULL && strstr(text, path) != NULL);
    Vix_FreeBuffer(text);
    CHECK(strstr(Vix_GetErrorText(VIX_E_FILE_ALREADY_EXISTS, NULL), path) != NULL);
    CHECK(strstr(Vix_GetErrorText(VIX_E_FILE_NOT_FOUND, NULL), path) == NULL);
    code = -1;
    CODE(Vix_GetProperties(job, VIX_PROPERTY_JOB_RESULT_HANDLE, &same,
                           VIX_PROPERTY_JOB_RESULT_ERROR_CODE, &code, VIX_PROPERTY_NONE),
         VIX_E_UNRECOGNIZED_PROPERTY);
    CHECK(same == VIX_INVALID_HANDLE && code == VIX_E_FILE_ALREADY_EXISTS);
    CODE(VixJob_GetError(job), VIX_E_FILE_ALREADY_EXISTS);
    ENDS(job, VIX_E_FILE_ALREADY_EXISTS);
    ENDS(VixVM_Delete(clone, VIX_VMDELETE_DISK_FILES, NULL, NULL), VIX_OK);
    ENDS(VixVM_Delete(clone, 0, NULL, NULL), VIX_E_VM_NOT_FOUND);
    Vix_ReleaseHandle(clone);
}

static void jobs_of_dead_handles(VixHandle vm, VixHandle dead) {
    Bool complete = 0x5a;
    int number = 77;
    char *text = (char *)"unset";
    VixHandle handle = 77;
    CODE(VixJob_Wait(dead, VIX_PROPERTY_NONE), VIX_E_INVALID_HANDLE);
    CODE(VixJob_Wait(vm, VIX_PROPERTY_JOB_RESULT_HANDLE, &handle, VIX_PROPERTY_NONE),
         VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE);
    CHECK(handle == VIX_INVALID_HANDLE);
    CODE(VixJob_Wait(vm, VIX_PROPERTY_VM_NAME, &text, VIX_PROPERTY_NONE),
         VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE);
    CHECK(text == NULL);
    CODE(VixJob_CheckCompletion(dead, &complete), VIX_E_INVALID_HANDLE);
    CHECK(complete == FALSE);
    CODE(VixJob_CheckCompletion(dead, NULL), VIX_E_INVALID_HANDLE);
    CODE(VixJob_CheckCompletion(vm, NULL), VIX_E_NOT_SUPPORTED_ON_HANDLE_TYPE);
    CODE(VixJob_GetError(dead), VIX_E_INVALID_HANDLE);
    CHECK(VixJob_GetNumProperties(dead, VIX_PROPERTY_JOB_RESULT_ITEM_NAME) == 0);
    CHECK(VixJob_GetNumProperties(vm, VIX_PROPERTY_JOB_RESULT_ITEM_NAME) == 0);
    CODE(VixJob_GetNthProperties(dead, 0, VIX_PROPERTY_JOB_RESULT_EXIT_CODE, &number, VIX_PROPERTY_NONE),
         VIX_E_INVALID_HANDLE);
    CHECK(number == 0);
}

/* The inventory, shared folders, settings. */
static void results(VixHandle host, VixHandle vm, const char *vmx, const char *folder) {
    VixHandle job, same;
    int count = -1, flags = -1, i;
    char *text = NULL, *path = NULL;
    VixError error;
    ENDS(VixHost_RegisterVM(host, vmx, NULL, NULL), VIX_OK);
    job = VixHost_FindItems(host, VIX_FIND_REGISTERED_VMS, 0, -1, NULL, NULL);
    CODE(VixJob_Wait(job, VIX_PROPERTY_NONE), VIX_OK);
    count = VixJob_GetNumProperties(job, VIX_PROPERTY_FOUND_ITEM_LOCATION);
    CHECK(count == 1);
    for (i = 0; i < count; ++i) {
        CODE(VixJob_GetNthProperties(job, i, VIX_PROPERTY_FOUND_ITEM_LOCATION, &text,
                                     VIX_PROPERTY_NONE), VIX_OK);
        CHECK(text != NULL && strcmp(text, vmx) == 0);
        Vix_FreeBuffer(text);
    }
    CODE(VixJob_GetNthProperties(job, count, VIX_PROPERTY_FOUND_ITEM_LOCATION, &text,
                                 VIX_PROPERTY_NONE), VIX_E_UNRECOGNIZED_PROPERTY);
    CHECK(text == NULL);
    CODE(VixJob_GetNthProperties(job, -1, VIX_PROPERTY_FOUND_ITEM_LOCATION, &text,
                                 VIX_PROPERTY_NONE), VIX_E_INVALID_ARG);
    CODE(VixJob_GetNthProperties(job, 0, VIX_PROPERTY_FOUND_ITEM_LOCATION, NULL, VIX_PROPERTY_NONE),
         VIX_OK);
    Vix_ReleaseHandle(job);
    ENDS(VixHost_UnregisterVM(host, vmx, NULL, NULL), VIX_OK);
    same = handle_of(VixHost_OpenVM(host, vmx, VIX_VMOPEN_NORMAL, VIX_INVALID_HANDLE, NULL, NULL));
    CHECK(same == vm);
    Vix_AddRefHandle(same);
    Vix_AddRefHandle(VIX_INVALID_HANDLE);
    Vix_ReleaseHandle(same);
    Vix_ReleaseHandle(same);
    CHECK(Vix_GetHandleType(vm) == VIX_HANDLETYPE_VM);

    ENDS(VixVM_EnableSharedFolders(vm, TRUE, 0, NULL, NULL), VIX_OK);
    ENDS(VixVM_AddSharedFolder(vm, "share", folder, VIX_SHAREDFOLDER_WRITE_ACCESS, NULL, NULL), VIX_OK);
    job = VixVM_GetNumSharedFolders(vm, NULL, NULL);
    CODE(VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_SHARED_FOLDER_COUNT, &count, VIX_PROPERTY_NONE), VIX_OK);
    CHECK(count == 1);
    Vix_ReleaseHandle(job);
    job = VixVM_GetSharedFolderState(vm, 0, NULL, NULL);
    CODE(VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_ITEM_NAME, &text,
                     VIX_PROPERTY_JOB_RESULT_SHARED_FOLDER_HOST, &path,
                     VIX_PROPERTY_JOB_RESULT_SHARED_FOLDER_FLAGS, &flags, VIX_PROPERTY_NONE), VIX_OK);
    CHECK(strcmp(text, "share") == 0 && strcmp(path, folder) == 0);
    CHECK(flags == VIX_SHAREDFOLDER_WRITE_ACCESS);
    Vix_FreeBuffer(text);
    Vix_FreeBuffer(path);
    Vix_ReleaseHandle(job);
    ENDS(VixVM_SetSharedFolderState(vm, "share", folder, 0, NULL, NULL), VIX_OK);
    ENDS(VixVM_RemoveSharedFolder(vm, "share", 0, NULL, NULL), VIX_OK);
    ENDS(VixVM_WriteVariable(vm, VIX_VM_CONFIG_RUNTIME_ONLY, "annotation", "from C", 0, NULL, NULL), VIX_OK);
    job = VixVM_ReadVariable(vm, VIX_VM_CONFIG_RUNTIME_ONLY, "annotation", 0, NULL, NULL);
    CODE(VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_VM_VARIABLE_STRING, &text, VIX_PROPERTY_NONE), VIX_OK);
    CHECK(strcmp(text, "from C") == 0);
    Vix_FreeBuffer(text);
    Vix_ReleaseHandle(job);
    ENDS(VixVM_LogoutFromGuest(vm, NULL, NULL), VIX_OK);
    ENDS(VixVM_UpgradeVirtualHardware(vm, 0, NULL, NULL), VIX_OK);
    /* The library has no libvirt here, or one that does not answer (the test sees to that). */
    error = end_of(VixVM_PowerOn(vm, VIX_VMPOWEROP_NORMAL, VIX_INVALID_HANDLE, NULL, NULL));
    CHECK(error == VIX_E_CANNOT_CONNECT_TO_HOST || error == VIX_E_NOT_SUPPORTED);
}

static void texts(void) {
    int code;
    const char *first;
    CHECK(strlen(Vix_GetErrorText(VIX_OK, NULL)) > 0);
    CHECK(strlen(Vix_GetErrorText(VIX_E_FAIL, "de")) > 0);
    CHECK(Vix_GetErrorText(VIX_E_NEED_KEY, NULL) == Vix_GetErrorText(VIX_E_NEED_KEY, NULL));
    first = Vix_GetErrorText(VIX_E_NEED_KEY, NULL);
    CHECK(Vix_GetErrorText(VIX_E_NEED_KEY | ((VixError)9 << 16), NULL) == first);
    for (code = 0; code < 70000; ++code) CHECK(Vix_GetErrorText((VixError)code, NULL)[0] != '\0');
    CHECK(Vix_GetErrorText(VIX_E_NEED_KEY, NULL) == first);
    CHECK(VIX_SUCCEEDED(VIX_OK) && VIX_FAILED(VIX_E_FAIL) && VIX_ERROR_CODE(0x10003) == 3);
    CHECK(IsBool(TRUE) && IsBool(FALSE) && !IsBool(2));
}

/* Texts stay where they are, and do not grow without end: the limit is 4 MiB of details. */
static void bounded_texts(VixHandle host) {
    enum { LENGTH = 3000, CALLS = 2500 };
    char path[LENGTH + 20];
    const char *first = NULL;
    int i, with_path = 0;
    for (i = 0; i < CALLS; ++i) {
        const char *text;
        int at = sprintf(path, "/%05d", i);
        for (; at < LENGTH; ++at) path[at] = at % 100 == 0 ? '/' : 'x';
        path[at] = '\0';
        text = Vix_GetErrorText(end_of(VixVM_Open(host, path, NULL, NULL)), NULL);
        if (i == 0) first = text;
        path[6] = '\0'; /* a detail has 2000 bytes of it at most */
        if (strstr(text, path) != NULL) ++with_path;
        CHECK(text[0] != '\0');
    }
    CHECK(with_path > 100 && with_path < CALLS);
    CHECK(strstr(first, "/00000x") != NULL);
}

int main(int count, char **arguments) {
    const char *vmx = arguments[1];
    const char *folder = arguments[2];
    VixHandle host, vm, list, dead;
    int functions;
    if (count != 3) return 2;
    host = connect_here(0);
    vm = open_vm(host, vmx);
    CHECK(host > 0 && vm > 0);
    CHECK(Vix_GetHandleType(host) == VIX_HANDLETYPE_HOST && Vix_GetHandleType(vm) == VIX_HANDLETYPE_VM);
    CODE(VixPropertyList_AllocPropertyList(host, &list, VIX_PROPERTY_NONE), VIX_OK);
    dead = connect_here(0);
    VixHost_Disconnect(dead);
    Vix_ReleaseHandle(dead);
    Vix_ReleaseHandle(VIX_INVALID_HANDLE);
    Vix_PumpEvents(host, VIX_PUMPEVENTOPTION_NONE);
    Vix_PumpEvents(dead, VIX_PUMPEVENTOPTION_NONE);
    Vix_PumpEvents(VIX_INVALID_HANDLE, VIX_PUMPEVENTOPTION_NONE);

    functions = job_calls(host, vm, list, dead);
    CHECK(functions == 50); /* and VixHost_Connect */
    hosts(list);
    properties(host, vm, dead, vmx);
    property_lists(host, vm, dead);
    jobs_of_dead_handles(vm, dead);
    results(host, vm, vmx, folder);
    snapshots(vm, dead, folder);
    texts();
    bounded_texts(host);
    Vix_ReleaseHandle(list);
    ENDS(VixVM_Delete(vm, VIX_VMDELETE_DISK_FILES, NULL, NULL), VIX_OK);
    Vix_ReleaseHandle(vm);
    VixHost_Disconnect(host);
    return summary();
}
