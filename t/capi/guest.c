/* The guest of a machine: each call that needs one that runs.
 *
 *   guest VMX FOLDER     a machine that is off and runs a small Linux with the agent, where root may log
 *                        in with "root-secret" and guest with "guest secret"; a folder to write to
 */
#include "check.h"

#include <unistd.h>

static const VixHandle none = VIX_INVALID_HANDLE;

static void count_events(VixHandle job, VixEventType type, VixHandle more, void *data) {
    int *counts = (int *)data;
    (void)job;
    (void)more;
    counts[type == VIX_EVENTTYPE_JOB_COMPLETED]++;
}

static void write_file(const char *path, const char *bytes, size_t size) {
    FILE *file = fopen(path, "wb");
    CHECK(file != NULL && fwrite(bytes, 1, size, file) == size);
    if (file != NULL) fclose(file);
}

/* The bytes of a small file, with a NUL behind them; "" if there is none. */
static const char *content_of(const char *path) {
    static char bytes[65536];
    FILE *file = fopen(path, "rb");
    size_t size = 0;
    if (file != NULL) {
        size = fread(bytes, 1, sizeof bytes - 1, file);
        fclose(file);
    }
    bytes[size] = '\0';
    return bytes;
}

static Bool exists(VixHandle job) {
    Bool cells[3];
    memset(cells, 0x5a, sizeof cells);
    CODE(VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_GUEST_OBJECT_EXISTS, &cells[1], VIX_PROPERTY_NONE),
         VIX_OK);
    CHECK(cells[0] == 0x5a && cells[2] == 0x5a && IsBool(cells[1]));
    Vix_ReleaseHandle(job);
    return cells[1];
}

/* Powers on with a callback, and waits for the guest. */
static void start(VixHandle vm) {
    int events[2] = {0, 0};
    int state = -1;
    Bool running = FALSE;
    ENDS(VixVM_PowerOn(vm, VIX_VMPOWEROP_NORMAL, none, count_events, events), VIX_OK);
    CHECK(events[1] == 1);
    ENDS(VixVM_PowerOn(vm, VIX_VMPOWEROP_NORMAL, none, NULL, NULL), VIX_E_VM_IS_RUNNING);
    ENDS(VixVM_WaitForToolsInGuest(vm, 1, NULL, NULL), VIX_E_TIMEOUT_WAITING_FOR_TOOLS);
    ENDS(VixVM_WaitForToolsInGuest(vm, 300, count_events, events), VIX_OK);
    CHECK(events[1] == 2);
    CODE(Vix_GetProperties(vm, VIX_PROPERTY_VM_TOOLS_STATE, &state, VIX_PROPERTY_VM_IS_RUNNING, &running,
                           VIX_PROPERTY_NONE), VIX_OK);
    CHECK(state == VIX_TOOLSSTATE_RUNNING && running == TRUE);
}

static void logins(VixHandle vm) {
    ENDS(VixVM_FileExistsInGuest(vm, "/etc/passwd", NULL, NULL), VIX_E_ANON_GUEST_OPERATIONS_PROHIBITED);
    ENDS(VixVM_LoginInGuest(vm, "guest", "wrong", 0, NULL, NULL), VIX_E_GUEST_USER_PERMISSIONS);
    ENDS(VixVM_LoginInGuest(vm, "guest", NULL, 0, NULL, NULL), VIX_E_GUEST_USER_PERMISSIONS);
    ENDS(VixVM_LoginInGuest(vm, NULL, NULL, 0, NULL, NULL), VIX_E_INVALID_ARG);
    ENDS(VixVM_LoginInGuest(vm, "open", "", 0, NULL, NULL), VIX_E_EMPTY_PASSWORD_NOT_ALLOWED_IN_GUEST);
    ENDS(VixVM_LoginInGuest(vm, "guest", "guest secret",
                            VIX_LOGIN_IN_GUEST_REQUIRE_INTERACTIVE_ENVIRONMENT, NULL, NULL),
         VIX_E_LOGIN_TYPE_NOT_SUPPORTED);
    ENDS(VixVM_LoginInGuest(vm, "guest", "guest secret", 0, NULL, NULL), VIX_OK);
}

static void programs(VixHandle vm, const char *folder) {
    char path[4096];
    uint64 pid = 77;
    int elapsed = -1, code = -1, events[2] = {0, 0};
    VixHandle job = VixVM_RunProgramInGuest(vm, "/bin/sh", "-c 'exit 5'", 0, none, count_events, events);
    CODE(VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_PROCESS_ID, &pid,
                     VIX_PROPERTY_JOB_RESULT_GUEST_PROGRAM_ELAPSED_TIME, &elapsed,
                     VIX_PROPERTY_JOB_RESULT_GUEST_PROGRAM_EXIT_CODE, &code, VIX_PROPERTY_NONE), VIX_OK);
    CHECK(pid > 1 && pid < 1 << 22 && elapsed >= 0 && elapsed < 300 && code == 5 && events[1] == 1);
    CODE(VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_PROCESS_ID, NULL,
                     VIX_PROPERTY_JOB_RESULT_GUEST_PROGRAM_EXIT_CODE, NULL, VIX_PROPERTY_NONE), VIX_OK);
    Vix_ReleaseHandle(job);
    ENDS(VixVM_RunProgramInGuest(vm, "/no/such", NULL, 0, none, NULL, NULL), VIX_E_PROGRAM_NOT_STARTED);
    ENDS(VixVM_RunProgramInGuest(vm, NULL, NULL, 0, none, NULL, NULL), VIX_E_INVALID_ARG);
    job = VixVM_RunScriptInGuest(vm, "/bin/sh", "echo from a script >/tmp/said\nexit 6\n", 0, none, NULL,
                                 NULL);
    CODE(VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_GUEST_PROGRAM_EXIT_CODE, &code, VIX_PROPERTY_NONE),
         VIX_OK);
    CHECK(code == 6);
    Vix_ReleaseHandle(job);
    sprintf(path, "%s/said", folder);
    ENDS(VixVM_CopyFileFromGuestToHost(vm, "/tmp/said", path, 0, none, NULL, NULL), VIX_OK);
    CHECK(strcmp(content_of(path), "from a script\n") == 0);
}

/* Whether the process is in the list, whose values are of all types; each is checked for its size by
 * what stands beside it. */
static int is_listed(VixHandle vm, uint64 pid) {
    VixHandle job = VixVM_ListProcessesInGuest(vm, 0, NULL, NULL);
    int count, i, found = 0;
    CODE(VixJob_Wait(job, VIX_PROPERTY_NONE), VIX_OK);
    count = VixJob_GetNumProperties(job, VIX_PROPERTY_JOB_RESULT_ITEM_NAME);
    CHECK(count > 3);
    for (i = 0; i < count; ++i) {
        struct {
            int before;
            int started;
            int between;
            Bool debugged, next;
        } cells = {0x5a5a, -1, 0x5a5a, 0x5a, 0x5a};
        uint64 ids[2] = {0, 0x5a5a};
        char *name = NULL, *owner = NULL, *command = NULL;
        CODE(VixJob_GetNthProperties(job, i, VIX_PROPERTY_JOB_RESULT_ITEM_NAME, &name,
                                     VIX_PROPERTY_JOB_RESULT_PROCESS_ID, &ids[0],
                                     VIX_PROPERTY_JOB_RESULT_PROCESS_OWNER, &owner,
                                     VIX_PROPERTY_JOB_RESULT_PROCESS_COMMAND, &command,
                                     VIX_PROPERTY_JOB_RESULT_PROCESS_BEING_DEBUGGED, &cells.debugged,
                                     VIX_PROPERTY_JOB_RESULT_PROCESS_START_TIME, &cells.started,
                                     VIX_PROPERTY_NONE), VIX_OK);
        CHECK(cells.before == 0x5a5a && cells.between == 0x5a5a && cells.next == 0x5a);
        CHECK(ids[1] == 0x5a5a && cells.debugged == FALSE && cells.started > 0);
        CHECK(name != NULL && owner != NULL && command != NULL);
        if (ids[0] == pid) {
            found = 1;
            CHECK(strcmp(owner, "guest") == 0 && strcmp(command, "/bin/sleep 1000") == 0);
        }
        Vix_FreeBuffer(name);
        Vix_FreeBuffer(owner);
        Vix_FreeBuffer(command);
    }
    CODE(VixJob_GetNthProperties(job, 0, VIX_PROPERTY_JOB_RESULT_ITEM_NAME, NULL,
                                 VIX_PROPERTY_JOB_RESULT_PROCESS_ID, NULL,
                                 VIX_PROPERTY_JOB_RESULT_PROCESS_BEING_DEBUGGED, NULL, VIX_PROPERTY_NONE),
         VIX_OK);
    Vix_ReleaseHandle(job);
    return found;
}

static void processes(VixHandle vm) {
    uint64 pid = 0;
    int code = 77, elapsed = 77, i;
    VixHandle job = VixVM_RunProgramInGuest(vm, "/bin/sleep", "1000", VIX_RUNPROGRAM_RETURN_IMMEDIATELY,
                                            none, NULL, NULL);
    CODE(VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_PROCESS_ID, &pid,
                     VIX_PROPERTY_JOB_RESULT_GUEST_PROGRAM_EXIT_CODE, &code,
                     VIX_PROPERTY_JOB_RESULT_GUEST_PROGRAM_ELAPSED_TIME, &elapsed, VIX_PROPERTY_NONE),
         VIX_OK);
    CHECK(pid > 1 && code == 0 && elapsed == 0); /* it was not waited for: there are no such values */
    Vix_ReleaseHandle(job);
    CHECK(is_listed(vm, pid));
    ENDS(VixVM_KillProcessInGuest(vm, 1, 0, NULL, NULL), VIX_E_GUEST_USER_PERMISSIONS);
    ENDS(VixVM_KillProcessInGuest(vm, ((uint64)1 << 32) + pid, 0, NULL, NULL), VIX_E_NO_SUCH_PROCESS);
    ENDS(VixVM_KillProcessInGuest(vm, (uint64)-1, 0, NULL, NULL), VIX_E_NO_SUCH_PROCESS);
    ENDS(VixVM_KillProcessInGuest(vm, pid, 0, NULL, NULL), VIX_OK);
    for (i = 0; i < 50 && is_listed(vm, pid); ++i) usleep(200000);
    CHECK(i < 50);
}

static void list_directory(VixHandle vm, int64 wanted_size) {
    VixHandle job = VixVM_ListDirectoryInGuest(vm, "/tmp/a", 0, NULL, NULL);
    int count, i, seen = 0;
    CODE(VixJob_Wait(job, VIX_PROPERTY_NONE), VIX_OK);
    count = VixJob_GetNumProperties(job, VIX_PROPERTY_JOB_RESULT_ITEM_NAME);
    CHECK(count == 2);
    for (i = 0; i < count; ++i) {
        char *name = NULL;
        int flags = -1;
        int64 size = -1, modified = -1;
        CODE(VixJob_GetNthProperties(job, i, VIX_PROPERTY_JOB_RESULT_ITEM_NAME, &name,
                                     VIX_PROPERTY_JOB_RESULT_FILE_FLAGS, &flags,
                                     VIX_PROPERTY_JOB_RESULT_FILE_SIZE, &size,
                                     VIX_PROPERTY_JOB_RESULT_FILE_MOD_TIME, &modified,
                                     VIX_PROPERTY_NONE), VIX_OK);
        CHECK(modified > 1000000);
        if (strcmp(name, "b") == 0) {
            CHECK(flags == VIX_FILE_ATTRIBUTES_DIRECTORY);
            seen |= 1;
        } else if (strcmp(name, "it") == 0) {
            CHECK(flags == 0 && size == wanted_size);
            seen |= 2;
        }
        Vix_FreeBuffer(name);
    }
    CHECK(seen == 3);
    CODE(VixJob_GetNthProperties(job, 0, VIX_PROPERTY_JOB_RESULT_ITEM_NAME, NULL, VIX_PROPERTY_NONE), VIX_OK);
    CODE(VixJob_GetNthProperties(job, 2, VIX_PROPERTY_JOB_RESULT_ITEM_NAME, NULL, VIX_PROPERTY_NONE),
         VIX_E_UNRECOGNIZED_PROPERTY);
    Vix_ReleaseHandle(job);
}

static void files(VixHandle vm, const char *folder) {
    static const char bytes[] = "a\nb\0c\377";
    char in[4096], out[4096];
    char *name = NULL;
    int64 size[2] = {-1, 0x5a5a}, modified = -1;
    int flags = -1, events[2] = {0, 0};
    VixHandle job;
    sprintf(in, "%s/in", folder);
    sprintf(out, "%s/out", folder);
    write_file(in, bytes, sizeof bytes);
    ENDS(VixVM_CreateDirectoryInGuest(vm, "/tmp/a/b", none, NULL, NULL), VIX_OK);
    ENDS(VixVM_CreateDirectoryInGuest(vm, "/tmp/a/b", none, NULL, NULL), VIX_E_FILE_ALREADY_EXISTS);
    ENDS(VixVM_CopyFileFromHostToGuest(vm, in, "/tmp/a/in", 0, none, count_events, events), VIX_OK);
    CHECK(events[0] > 0 && events[1] == 1);
    ENDS(VixVM_RenameFileInGuest(vm, "/tmp/a/in", "/tmp/a/it", 0, none, NULL, NULL), VIX_OK);
    job = VixVM_GetFileInfoInGuest(vm, "/tmp/a/it", NULL, NULL);
    CODE(VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_FILE_SIZE, &size[0], VIX_PROPERTY_JOB_RESULT_FILE_FLAGS,
                     &flags, VIX_PROPERTY_JOB_RESULT_FILE_MOD_TIME, &modified, VIX_PROPERTY_NONE), VIX_OK);
    CHECK(size[0] == sizeof bytes && size[1] == 0x5a5a && flags == 0 && modified > 1000000);
    CODE(VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_FILE_SIZE, NULL, VIX_PROPERTY_JOB_RESULT_FILE_FLAGS,
                     NULL, VIX_PROPERTY_JOB_RESULT_FILE_MOD_TIME, NULL, VIX_PROPERTY_NONE), VIX_OK);
    Vix_ReleaseHandle(job);
    list_directory(vm, sizeof bytes);
    ENDS(VixVM_CopyFileFromGuestToHost(vm, "/tmp/a/it", out, 0, none, NULL, NULL), VIX_OK);
    CHECK(memcmp(content_of(out), bytes, sizeof bytes) == 0);
    CHECK(exists(VixVM_FileExistsInGuest(vm, "/tmp/a/it", NULL, NULL)) == TRUE);
    CHECK(exists(VixVM_FileExistsInGuest(vm, "/tmp/a/b", NULL, NULL)) == FALSE);
    CHECK(exists(VixVM_DirectoryExistsInGuest(vm, "/tmp/a/b", NULL, NULL)) == TRUE);
    CHECK(exists(VixVM_DirectoryExistsInGuest(vm, "/tmp/a/it", NULL, NULL)) == FALSE);
    ENDS(VixVM_DeleteFileInGuest(vm, "/tmp/a/b", NULL, NULL), VIX_E_NOT_A_FILE);
    ENDS(VixVM_DeleteFileInGuest(vm, "/tmp/a/it", NULL, NULL), VIX_OK);
    ENDS(VixVM_DeleteDirectoryInGuest(vm, "/tmp/a", 0, NULL, NULL), VIX_OK);
    ENDS(VixVM_GetFileInfoInGuest(vm, "/tmp/a", NULL, NULL), VIX_E_FILE_NOT_FOUND);
    CHECK(strstr(Vix_GetErrorText(VIX_E_FILE_NOT_FOUND, NULL), "/tmp/a") != NULL);
    ENDS(VixVM_CopyFileFromGuestToHost(vm, "/etc/shadow", out, 0, none, NULL, NULL),
         VIX_E_FILE_ACCESS_ERROR);
    job = VixVM_CreateTempFileInGuest(vm, 0, none, NULL, NULL);
    CODE(VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_ITEM_NAME, &name, VIX_PROPERTY_NONE), VIX_OK);
    CODE(VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_ITEM_NAME, NULL, VIX_PROPERTY_NONE), VIX_OK);
    Vix_ReleaseHandle(job);
    CHECK(name != NULL && exists(VixVM_FileExistsInGuest(vm, name, NULL, NULL)) == TRUE);
    ENDS(VixVM_DeleteFileInGuest(vm, name, NULL, NULL), VIX_OK);
    Vix_FreeBuffer(name);
}

static void read_variable(VixHandle vm, int type, const char *name, const char *wanted) {
    char *text = NULL;
    VixHandle job = VixVM_ReadVariable(vm, type, name, 0, NULL, NULL);
    CODE(VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_VM_VARIABLE_STRING, &text, VIX_PROPERTY_NONE), VIX_OK);
    if (!CHECK(text != NULL && strcmp(text, wanted) == 0)) printf("# %s: %s\n", name, text);
    Vix_FreeBuffer(text);
    Vix_ReleaseHandle(job);
}

static void variables(VixHandle vm) {
    ENDS(VixVM_WriteVariable(vm, VIX_VM_GUEST_VARIABLE, "role", "B\303\274ro \"1\"", 0, NULL, NULL), VIX_OK);
    read_variable(vm, VIX_VM_GUEST_VARIABLE, "role", "B\303\274ro \"1\"");
    read_variable(vm, VIX_VM_GUEST_VARIABLE, "none", "");
    read_variable(vm, VIX_GUEST_ENVIRONMENT_VARIABLE, "USER", "guest");
    ENDS(VixVM_WriteVariable(vm, VIX_GUEST_ENVIRONMENT_VARIABLE, "VIX_TOUR", "x", 0, NULL, NULL),
         VIX_E_GUEST_USER_PERMISSIONS);
    ENDS(VixVM_LoginInGuest(vm, "root", "root-secret", 0, NULL, NULL), VIX_OK);
    ENDS(VixVM_WriteVariable(vm, VIX_GUEST_ENVIRONMENT_VARIABLE, "VIX_TOUR", "x y", 0, NULL, NULL), VIX_OK);
    read_variable(vm, VIX_GUEST_ENVIRONMENT_VARIABLE, "VIX_TOUR", "x y");
}

/* A blob: its size, then its bytes; either place may be NULL. */
static void screen(VixHandle vm) {
    int size = -1, stated = -1;
    unsigned char *bytes = NULL;
    VixHandle job = VixVM_CaptureScreenImage(vm, VIX_CAPTURESCREENFORMAT_PNG, none, NULL, NULL);
    CODE(VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_DATA, &size, &bytes,
                     VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_SIZE, &stated, VIX_PROPERTY_NONE), VIX_OK);
    CHECK(size > 100 && size == stated && bytes != NULL && memcmp(bytes, "\211PNG\r\n\032\n", 8) == 0);
    Vix_FreeBuffer(bytes);
    CODE(VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_DATA, NULL, NULL, VIX_PROPERTY_NONE), VIX_OK);
    CODE(VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_DATA, NULL, &bytes, VIX_PROPERTY_NONE), VIX_OK);
    CHECK(bytes != NULL && bytes[0] == 0211);
    Vix_FreeBuffer(bytes);
    Vix_ReleaseHandle(job);
}

static void rest(VixHandle vm, const char *folder) {
    ENDS(VixVM_OpenUrlInGuest(vm, "http://localhost/", 0, none, NULL, NULL), VIX_E_OP_NOT_SUPPORTED_ON_GUEST);
    ENDS(VixVM_InstallTools(vm, 0, NULL, NULL, NULL), VIX_E_TOOLS_INSTALL_NO_IMAGE);
    ENDS(VixVM_EnableSharedFolders(vm, TRUE, 0, NULL, NULL), VIX_OK);
    ENDS(VixVM_AddSharedFolder(vm, "share", folder, 0, NULL, NULL), VIX_OK);
    ENDS(VixVM_RemoveSharedFolder(vm, "share", 0, NULL, NULL), VIX_OK);
    ENDS(VixVM_LogoutFromGuest(vm, NULL, NULL), VIX_OK);
    ENDS(VixVM_FileExistsInGuest(vm, "/etc/passwd", NULL, NULL), VIX_E_ANON_GUEST_OPERATIONS_PROHIBITED);
}

static void power(VixHandle host, VixHandle vm, const char *vmx) {
    char *location = NULL;
    int state = -1;
    VixHandle job = VixHost_FindItems(host, VIX_FIND_RUNNING_VMS, none, -1, NULL, NULL);
    CODE(VixJob_Wait(job, VIX_PROPERTY_NONE), VIX_OK);
    CHECK(VixJob_GetNumProperties(job, VIX_PROPERTY_FOUND_ITEM_LOCATION) == 1);
    CODE(VixJob_GetNthProperties(job, 0, VIX_PROPERTY_FOUND_ITEM_LOCATION, &location, VIX_PROPERTY_NONE),
         VIX_OK);
    CHECK(location != NULL && strcmp(location, vmx) == 0);
    Vix_FreeBuffer(location);
    Vix_ReleaseHandle(job);
    ENDS(VixVM_Pause(vm, 0, none, NULL, NULL), VIX_OK);
    CODE(Vix_GetProperties(vm, VIX_PROPERTY_VM_POWER_STATE, &state, VIX_PROPERTY_NONE), VIX_OK);
    CHECK(state == VIX_POWERSTATE_PAUSED);
    ENDS(VixVM_Unpause(vm, 0, none, NULL, NULL), VIX_OK);
    ENDS(VixVM_Suspend(vm, 0, NULL, NULL), VIX_OK);
    CODE(Vix_GetProperties(vm, VIX_PROPERTY_VM_POWER_STATE, &state, VIX_PROPERTY_NONE), VIX_OK);
    CHECK(state == VIX_POWERSTATE_SUSPENDED);
    ENDS(VixVM_PowerOn(vm, VIX_VMPOWEROP_NORMAL, none, NULL, NULL), VIX_OK);
    ENDS(VixVM_Reset(vm, VIX_VMPOWEROP_NORMAL, NULL, NULL), VIX_OK);
    ENDS(VixVM_PowerOff(vm, VIX_VMPOWEROP_NORMAL, NULL, NULL), VIX_OK);
    CODE(Vix_GetProperties(vm, VIX_PROPERTY_VM_POWER_STATE, &state, VIX_PROPERTY_NONE), VIX_OK);
    CHECK(state == VIX_POWERSTATE_POWERED_OFF);
}

int main(int count, char **arguments) {
    VixHandle host, vm;
    if (count != 3) return 2;
    setvbuf(stdout, NULL, _IONBF, 0);
    host = connect_here(0);
    vm = open_vm(host, arguments[1]);
    start(vm);
    logins(vm);
    programs(vm, arguments[2]);
    processes(vm);
    files(vm, arguments[2]);
    variables(vm);
    screen(vm);
    rest(vm, arguments[2]);
    power(host, vm, arguments[1]);
    Vix_ReleaseHandle(vm);
    VixHost_Disconnect(host);
    return summary();
}
