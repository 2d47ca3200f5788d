/* What programs that were written for VMware's library rely on, beyond what its reference says. Each
 * function is one such thing. Some more are in the other tests: values that are missing, in guest.c;
 * waiting in callbacks, signals and the event pump, in callbacks.c; the ends of processes, fork and
 * unloading, in life.c and unload.c; names that the program has too, in names.cpp.
 *
 *   traps VMX FOLDER     a machine that is off; a folder to write to
 */
#include "check.h"

#include <pthread.h>

static VixHandle host, vm;
static const char *vmx, *folder;

static int is_dead(VixHandle handle) {
    return Vix_GetHandleType(handle) == VIX_HANDLETYPE_NONE;
}

/* NULL for each result (Go's govix): the value is dropped, and a handle that nobody takes is released. */
static void no_place(void) {
    VixHandle job, snapshot, again;
    snapshot = handle_of(VixVM_CreateSnapshot(vm, "base", NULL, 0, 0, NULL, NULL));
    CODE(VixVM_GetNumRootSnapshots(vm, NULL), VIX_OK);
    CODE(VixSnapshot_GetNumChildren(snapshot, NULL), VIX_OK);
    CODE(VixVM_GetCurrentSnapshot(vm, NULL), VIX_OK);
    CODE(VixVM_GetRootSnapshot(vm, 0, NULL), VIX_OK);
    CODE(VixVM_GetNamedSnapshot(vm, "base", NULL), VIX_OK);
    CODE(VixSnapshot_GetParent(snapshot, NULL), VIX_OK);
    Vix_ReleaseHandle(snapshot);
    CHECK(is_dead(snapshot)); /* so no reference of the calls above is left */
    job = VixVM_Open(host, vmx, NULL, NULL);
    CODE(VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_HANDLE, NULL, VIX_PROPERTY_NONE), VIX_OK);
    CODE(Vix_GetProperties(job, VIX_PROPERTY_JOB_RESULT_HANDLE, NULL, VIX_PROPERTY_NONE), VIX_OK);
    CODE(VixJob_GetNthProperties(job, 0, VIX_PROPERTY_JOB_RESULT_HANDLE, NULL, VIX_PROPERTY_NONE), VIX_OK);
    CODE(VixJob_CheckCompletion(job, NULL), VIX_OK);
    CODE(Vix_GetPropertyType(job, VIX_PROPERTY_JOB_RESULT_HANDLE, NULL), VIX_OK);
    Vix_ReleaseHandle(job);
    Vix_ReleaseHandle(vm);
    CHECK(is_dead(vm));
    vm = open_vm(host, vmx);
    CODE(VixVM_GetNamedSnapshot(vm, "base", &again), VIX_OK);
    ENDS(VixVM_RemoveSnapshot(vm, again, 0, NULL, NULL), VIX_OK);
    Vix_ReleaseHandle(again);
}

/* A Bool in an int that was 0 (JNA, govix), and Bools side by side. */
static void bool_of_one_byte(void) {
    VixHandle job = VixVM_Open(host, vmx, NULL, NULL);
    union {
        int number;
        Bool bytes[sizeof(int)];
    } cell;
    int i;
    Vix_AddRefHandle(job);
    Vix_ReleaseHandle(handle_of(job));
    cell.number = 0;
    CODE(VixJob_CheckCompletion(job, &cell.bytes[0]), VIX_OK);
    CHECK(cell.number == TRUE);
    for (i = 0; i < (int)sizeof(int); ++i) {
        cell.number = 0x5a5a5a5a;
        CODE(VixJob_CheckCompletion(job, &cell.bytes[i]), VIX_OK);
        CHECK(cell.bytes[i] == TRUE && cell.bytes[(i + 1) % 4] == 0x5a && cell.bytes[(i + 3) % 4] == 0x5a);
        cell.number = 0x5a5a5a5a;
        CODE(Vix_GetProperties(vm, VIX_PROPERTY_VM_IS_RUNNING, &cell.bytes[i], VIX_PROPERTY_NONE), VIX_OK);
        CHECK(cell.bytes[i] == FALSE && cell.bytes[(i + 1) % 4] == 0x5a && cell.bytes[(i + 3) % 4] == 0x5a);
    }
    Vix_ReleaseHandle(job);
}

/* An unknown identifier takes one pointer, wherever it stands; the list goes on behind it. */
static void unknown_identifiers(void) {
    static const int unknown[] = {7, 123456, -1, 3999};
    unsigned i;
    for (i = 0; i < sizeof unknown / sizeof *unknown; ++i) {
        int number = 77, untouched = 0x5a5a;
        char *name = (char *)"unset";
        CODE(Vix_GetProperties(vm, unknown[i], &untouched, VIX_PROPERTY_VM_NUM_VCPUS, &number,
                               VIX_PROPERTY_VM_NAME, &name, VIX_PROPERTY_NONE), VIX_E_UNRECOGNIZED_PROPERTY);
        CHECK(untouched == 0x5a5a && number == 0 && name == NULL);
        CODE(Vix_GetProperties(vm, unknown[i], NULL, unknown[i], NULL, VIX_PROPERTY_NONE),
             VIX_E_UNRECOGNIZED_PROPERTY);
    }
    {   /* One of another kind of handle has its type, and so the size of its place. */
        int64 large[2] = {77, 0x5a5a};
        CODE(Vix_GetProperties(vm, VIX_PROPERTY_JOB_RESULT_FILE_SIZE, &large[0], VIX_PROPERTY_NONE),
             VIX_E_UNRECOGNIZED_PROPERTY);
        CHECK(large[0] == 0 && large[1] == 0x5a5a);
    }
}

static const char *text_elsewhere;

static void *ask_elsewhere(void *unused) {
    (void)unused;
    text_elsewhere = Vix_GetErrorText(VIX_E_VM_NOT_FOUND, NULL);
    return NULL;
}

/* Texts stay: a program keeps the pointer, asks from another thread, asks for the next error. */
static void texts_stay(void) {
    char path[4200], *info = NULL, kept[300];
    const char *text;
    pthread_t thread;
    VixHandle job;
    sprintf(path, "%.4000s/none.vmx", folder);
    job = VixVM_Open(host, path, NULL, NULL);
    CODE(VixJob_Wait(job, VIX_PROPERTY_NONE), VIX_E_VM_NOT_FOUND);
    text = Vix_GetErrorText(VIX_E_VM_NOT_FOUND, NULL);
    CHECK(strstr(text, "none.vmx") != NULL);
    CHECK(Vix_GetErrorText(VIX_E_VM_NOT_FOUND, NULL) == text);
    sprintf(kept, "%.299s", text);
    ENDS(VixVM_Open(-7, path, NULL, NULL), VIX_E_INVALID_HANDLE);
    CHECK(strstr(Vix_GetErrorText(VIX_E_VM_NOT_FOUND, NULL), "none.vmx") == NULL);
    CHECK(strncmp(text, kept, 299) == 0);
    pthread_create(&thread, NULL, ask_elsewhere, NULL);
    pthread_join(thread, NULL);
    CHECK(text_elsewhere[0] != '\0' && strstr(text_elsewhere, "none.vmx") == NULL);
    CODE(Vix_GetProperties(job, VIX_PROPERTY_JOB_RESULT_EXTRA_ERROR_INFO, &info, VIX_PROPERTY_NONE), VIX_OK);
    CHECK(info != NULL && strstr(info, "none.vmx") != NULL);
    Vix_FreeBuffer(info);
    Vix_ReleaseHandle(job);
}

/* The code alone: programs compare a VixError with numbers, or keep it in an int. */
static void bare_codes(void) {
    VixError error = end_of(VixVM_PowerOff(vm, 0, NULL, NULL));
    CHECK(error == VIX_E_VM_NOT_RUNNING && error <= 0xffff);
    CHECK(Vix_GetErrorText(error | ((VixError)0x12345 << 16), NULL) == Vix_GetErrorText(error, NULL));
}

/* INT64 results have eight bytes, INTEGER ones four. */
static void sizes_of_numbers(void) {
    struct {
        int64 code;
        int after, number, end;
    } cell;
    VixHandle job = VixVM_GetNumSharedFolders(vm, NULL, NULL);
    memset(&cell, 0x5a, sizeof cell);
    CODE(VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_ERROR_CODE, &cell.code,
                     VIX_PROPERTY_JOB_RESULT_SHARED_FOLDER_COUNT, &cell.number, VIX_PROPERTY_NONE), VIX_OK);
    CHECK(cell.code == VIX_OK && cell.after == 0x5a5a5a5a && cell.number == 0 && cell.end == 0x5a5a5a5a);
    Vix_ReleaseHandle(job);
}

/* vixpy asks for the type first, whatever became of the job. */
static void types_of_jobs(void) {
    static const struct { int id, type; } known[] = {
        {VIX_PROPERTY_JOB_RESULT_ERROR_CODE, VIX_PROPERTYTYPE_INT64},
        {VIX_PROPERTY_JOB_RESULT_HANDLE, VIX_PROPERTYTYPE_HANDLE},
        {VIX_PROPERTY_JOB_RESULT_ITEM_NAME, VIX_PROPERTYTYPE_STRING},
        {VIX_PROPERTY_JOB_RESULT_GUEST_OBJECT_EXISTS, VIX_PROPERTYTYPE_BOOL},
        {VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_DATA, VIX_PROPERTYTYPE_BLOB},
        {VIX_PROPERTY_JOB_RESULT_EXIT_CODE, VIX_PROPERTYTYPE_INTEGER}};
    VixHandle jobs[2];
    unsigned i, j;
    jobs[0] = VixVM_PowerOff(vm, 0, NULL, NULL);
    jobs[1] = VixVM_LogoutFromGuest(vm, NULL, NULL);
    for (i = 0; i < 2; ++i) {
        for (j = 0; j < sizeof known / sizeof *known; ++j) {
            VixPropertyType type = -1;
            CODE(Vix_GetPropertyType(jobs[i], known[j].id, &type), VIX_OK);
            CHECK(type == known[j].type);
        }
        VixJob_Wait(jobs[i], VIX_PROPERTY_NONE);
        Vix_ReleaseHandle(jobs[i]);
    }
}

/* A machine of a host that was disconnected, as by Python's collector: dead, and no more. */
static void machine_without_host(void) {
    VixHandle other = connect_here(0), orphan = open_vm(other, vmx), list = 77;
    char *name = (char *)"unset";
    VixHost_Disconnect(other);
    CODE(Vix_GetProperties(orphan, VIX_PROPERTY_VM_NAME, &name, VIX_PROPERTY_NONE), VIX_E_INVALID_HANDLE);
    CHECK(name == NULL && is_dead(orphan) && is_dead(other));
    ENDS(VixVM_PowerOff(orphan, 0, NULL, NULL), VIX_E_INVALID_HANDLE);
    CODE(VixPropertyList_AllocPropertyList(orphan, &list, VIX_PROPERTY_NONE), VIX_E_INVALID_HANDLE);
    Vix_ReleaseHandle(orphan);
    Vix_ReleaseHandle(other);
    VixHost_Disconnect(other);
}

/* A path that is not absolute is refused, as the reference says, with what to do; and nothing is made
 * in the folder that happens to be current. */
static void relative_destination(void) {
    ENDS(VixVM_Clone(vm, 0, VIX_CLONETYPE_FULL, "cloned.vmx", 0, 0, NULL, NULL), VIX_E_INVALID_ARG);
    CHECK(strstr(Vix_GetErrorText(VIX_E_INVALID_ARG, NULL), "absolute") != NULL);
    CHECK(fopen("cloned.vmx", "r") == NULL);
}

/* Each provider that programs name, with the host and port that they name beside it (Jenkins: 2, "",
 * 902), and each API version. */
static void old_programs(void) {
    static const int versions[] = {VIX_API_VERSION, 1, 2, 3, 4};
    static const int providers[] = {VIX_SERVICEPROVIDER_DEFAULT, VIX_SERVICEPROVIDER_VMWARE_SERVER,
                                    VIX_SERVICEPROVIDER_VMWARE_WORKSTATION,
                                    VIX_SERVICEPROVIDER_VMWARE_PLAYER};
    unsigned i, j;
    for (i = 0; i < sizeof versions / sizeof *versions; ++i) {
        for (j = 0; j < sizeof providers / sizeof *providers; ++j) {
            const VixHandle other = handle_of(VixHost_Connect(versions[i], providers[j], "", 902, "", "", 0,
                                                              VIX_INVALID_HANDLE, NULL, NULL));
            const VixHandle machine = open_vm(other, vmx);
            CHECK(other > 0 && machine > 0);
            Vix_ReleaseHandle(machine);
            VixHost_Disconnect(other);
        }
    }
}

/* Property lists from any live handle. */
static void lists_of_any_handle(void) {
    const VixHandle job = VixVM_LogoutFromGuest(vm, NULL, NULL);
    VixHandle handles[3], list;
    int i;
    handles[0] = host;
    handles[1] = vm;
    handles[2] = job;
    for (i = 0; i < 3; ++i) {
        int number = 0;
        CODE(VixPropertyList_AllocPropertyList(handles[i], &list, VIX_PROPERTY_VM_NUM_VCPUS, 3,
                                               VIX_PROPERTY_NONE), VIX_OK);
        CODE(Vix_GetProperties(list, VIX_PROPERTY_VM_NUM_VCPUS, &number, VIX_PROPERTY_NONE), VIX_OK);
        CHECK(number == 3);
        Vix_ReleaseHandle(list);
    }
    VixJob_Wait(job, VIX_PROPERTY_NONE);
    Vix_ReleaseHandle(job);
}

/* Longer lists than programs usually have. */
static void long_lists(void) {
    const int id = VIX_PROPERTY_VM_NUM_VCPUS;
    int cells[9];
    char *name = NULL, *path = NULL, *last = NULL;
    VixHandle list = VIX_INVALID_HANDLE;
    int i, size = -1;
    memset(cells, 0x5a, sizeof cells);
    CODE(Vix_GetProperties(vm, VIX_PROPERTY_VM_NAME, &name, id, &cells[0], id, &cells[1], id, &cells[2],
                           VIX_PROPERTY_VM_VMX_PATHNAME, &path, id, &cells[3], id, &cells[4], id, &cells[5],
                           id, &cells[6], id, &cells[7], VIX_PROPERTY_VM_NAME, &last, VIX_PROPERTY_NONE),
         VIX_OK);
    for (i = 0; i < 8; ++i) CHECK(cells[i] == 1);
    CHECK(cells[8] == 0x5a5a5a5a && name != NULL && path != NULL && last != NULL);
    CHECK(strcmp(path, vmx) == 0 && strcmp(name, last) == 0);
    Vix_FreeBuffer(name);
    Vix_FreeBuffer(path);
    Vix_FreeBuffer(last);
    CODE(VixPropertyList_AllocPropertyList(
             host, &list, VIX_PROPERTY_VM_NUM_VCPUS, 1, VIX_PROPERTY_VM_VMX_PATHNAME, "a",
             VIX_PROPERTY_VM_MEMORY_SIZE, 2, VIX_PROPERTY_VM_READ_ONLY, TRUE, VIX_PROPERTY_VM_NAME, "b",
             VIX_PROPERTY_VM_GUESTOS, "c", VIX_PROPERTY_VM_IN_VMTEAM, TRUE, VIX_PROPERTY_VM_POWER_STATE, 3,
             VIX_PROPERTY_VM_TOOLS_STATE, 4, VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_DATA, 2, "xy",
             VIX_PROPERTY_NONE), VIX_OK);
    CODE(Vix_GetProperties(list, VIX_PROPERTY_VM_NUM_VCPUS, &cells[0], VIX_PROPERTY_VM_VMX_PATHNAME, &name,
                           VIX_PROPERTY_VM_MEMORY_SIZE, &cells[1], VIX_PROPERTY_VM_READ_ONLY, NULL,
                           VIX_PROPERTY_VM_NAME, NULL, VIX_PROPERTY_VM_GUESTOS, &last,
                           VIX_PROPERTY_VM_POWER_STATE, &cells[2], VIX_PROPERTY_VM_TOOLS_STATE, &cells[3],
                           VIX_PROPERTY_JOB_RESULT_SCREEN_IMAGE_DATA, &size, &path, VIX_PROPERTY_NONE),
         VIX_OK);
    CHECK(cells[0] == 1 && cells[1] == 2 && cells[2] == 3 && cells[3] == 4 && size == 2);
    CHECK(strcmp(name, "a") == 0 && strcmp(last, "c") == 0 && memcmp(path, "xy", 2) == 0);
    Vix_FreeBuffer(name);
    Vix_FreeBuffer(path);
    Vix_FreeBuffer(last);
    Vix_ReleaseHandle(list);
}

/* Glue that passes 64 bits for an int (older FFIs on 64-bit systems): the upper half is not read. */
typedef long wide_type(long, long, long, long);
static void wide_numbers(void) {
    const long garbage = 0x5a5a5a5aL << 32;
    wide_type *type_of, *roots;
    VixHandleType (*narrow)(VixHandle) = Vix_GetHandleType;
    VixError (*roots_of)(VixHandle, int *) = VixVM_GetNumRootSnapshots;
    int count = 77;
    memcpy(&type_of, &narrow, sizeof narrow);
    memcpy(&roots, &roots_of, sizeof roots_of);
    CHECK((int)type_of(garbage | vm, garbage, garbage, garbage) == VIX_HANDLETYPE_VM);
    CHECK(roots(garbage | vm, (long)&count, garbage, garbage) == VIX_OK && count == 0);
    CODE(Vix_GetProperties(vm, VIX_PROPERTY_VM_NUM_VCPUS, &count, garbage | VIX_PROPERTY_VM_MEMORY_SIZE,
                           NULL, garbage | VIX_PROPERTY_NONE), VIX_OK);
    CHECK(count == 1);
}

int main(int count, char **arguments) {
    if (count != 3) return 2;
    vmx = arguments[1];
    folder = arguments[2];
    host = connect_here(0);
    vm = open_vm(host, vmx);
    CHECK(vm > 0);
    no_place();
    bool_of_one_byte();
    unknown_identifiers();
    texts_stay();
    bare_codes();
    sizes_of_numbers();
    types_of_jobs();
    machine_without_host();
    relative_destination();
    old_programs();
    lists_of_any_handle();
    long_lists();
    wide_numbers();
    Vix_ReleaseHandle(vm);
    VixHost_Disconnect(host);
    return summary();
}
