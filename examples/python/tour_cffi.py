#!/usr/bin/python3
"""A tour of VIX in Python, with cffi, which reads declarations of C: opens a virtual machine, lists its
snapshots, takes one, makes a linked clone of it with a callback, shows an error with its text, and deletes
what it made.

    python3 tour_cffi.py /srv/vms/web/web.vmx /srv/vms/tour/tour.vmx
"""

import os
import sys

from cffi import FFI

ffi = FFI()
ffi.cdef("""
    typedef int VixHandle;
    typedef uint64_t VixError;
    typedef void VixEventProc(VixHandle handle, int eventType, VixHandle more, void *clientData);
    static const int VIX_API_VERSION = -1;
    static const int VIX_SERVICEPROVIDER_VMWARE_WORKSTATION = 3;
    static const int VIX_CLONETYPE_LINKED = 1;
    static const int VIX_VMDELETE_DISK_FILES = 2;
    static const int VIX_PROPERTY_NONE = 0;
    static const int VIX_PROPERTY_VM_NAME = 108;
    static const int VIX_PROPERTY_VM_IS_RUNNING = 196;
    static const int VIX_PROPERTY_JOB_RESULT_HANDLE = 3010;
    static const int VIX_PROPERTY_SNAPSHOT_DISPLAYNAME = 4200;
    static const int VIX_EVENTTYPE_JOB_COMPLETED = 2;

    const char *Vix_GetErrorText(VixError err, const char *locale);
    void Vix_ReleaseHandle(VixHandle handle);
    void Vix_FreeBuffer(void *p);
    VixError Vix_GetProperties(VixHandle handle, int firstPropertyID, ...);
    VixError VixJob_Wait(VixHandle job, int firstPropertyID, ...);
    VixHandle VixHost_Connect(int apiVersion, int hostType, const char *hostName, int hostPort,
        const char *userName, const char *password, int options, VixHandle properties,
        VixEventProc *callback, void *clientData);
    void VixHost_Disconnect(VixHandle host);
    VixHandle VixVM_Open(VixHandle host, const char *path, VixEventProc *callback, void *clientData);
    VixError VixVM_GetNumRootSnapshots(VixHandle vm, int *count);
    VixError VixVM_GetRootSnapshot(VixHandle vm, int index, VixHandle *snapshot);
    VixHandle VixVM_CreateSnapshot(VixHandle vm, const char *name, const char *description, int options,
        VixHandle properties, VixEventProc *callback, void *clientData);
    VixHandle VixVM_RemoveSnapshot(VixHandle vm, VixHandle snapshot, int options,
        VixEventProc *callback, void *clientData);
    VixHandle VixVM_Clone(VixHandle vm, VixHandle snapshot, int type, const char *path, int options,
        VixHandle properties, VixEventProc *callback, void *clientData);
    VixHandle VixVM_Delete(VixHandle vm, int options, VixEventProc *callback, void *clientData);
""")
vix = ffi.dlopen(os.environ.get("VIX_LIBRARY", "libvixAllProducts.so"))


class VixError(Exception):
    """An error code, with its text."""

    def __init__(self, code):
        self.code = code & 0xFFFF
        super().__init__(ffi.string(vix.Vix_GetErrorText(code, ffi.NULL)).decode())


def check(code):
    """Raises an exception for any code but VIX_OK."""
    if code:
        raise VixError(code)


def identifier(number):
    """An identifier among arguments without types."""
    return ffi.cast("int", number)


def wait(job, *properties):
    """Waits for a job, reads properties, releases it."""
    first, *others = [*properties, vix.VIX_PROPERTY_NONE]
    code = vix.VixJob_Wait(job, first, *[identifier(one) if isinstance(one, int) else one
                                         for one in others])
    try:
        check(code)
    finally:
        vix.Vix_ReleaseHandle(job)


def handle_of(job):
    """Waits for a job whose result is a handle."""
    handle = ffi.new("VixHandle *")
    wait(job, vix.VIX_PROPERTY_JOB_RESULT_HANDLE, handle)
    return handle[0]


def text_property(handle, number):
    """A property that is text. The library's copy is freed."""
    text = ffi.new("char **")
    check(vix.Vix_GetProperties(handle, number, text, identifier(vix.VIX_PROPERTY_NONE)))
    try:
        return ffi.string(text[0]).decode()
    finally:
        vix.Vix_FreeBuffer(text[0])


def truth_property(handle, number):
    """A property that is a truth value: one byte."""
    truth = ffi.new("char *")
    check(vix.Vix_GetProperties(handle, number, truth, identifier(vix.VIX_PROPERTY_NONE)))
    return truth[0] != b"\0"


def list_snapshots(vm):
    """Prints the names of the snapshots without a parent."""
    count = ffi.new("int *")
    check(vix.VixVM_GetNumRootSnapshots(vm, count))
    print(f"{count[0]} root snapshots")
    for index in range(count[0]):
        snapshot = ffi.new("VixHandle *")
        check(vix.VixVM_GetRootSnapshot(vm, index, snapshot))
        print("  " + text_property(snapshot[0], vix.VIX_PROPERTY_SNAPSHOT_DISPLAYNAME))
        vix.Vix_ReleaseHandle(snapshot[0])


def main(vmx, new_vmx):
    null = ffi.NULL
    host = handle_of(vix.VixHost_Connect(vix.VIX_API_VERSION, vix.VIX_SERVICEPROVIDER_VMWARE_WORKSTATION,
                                         null, 0, null, null, 0, 0, null, null))
    vm = handle_of(vix.VixVM_Open(host, vmx.encode(), null, null))
    state = "running" if truth_property(vm, vix.VIX_PROPERTY_VM_IS_RUNNING) else "off"
    print(f'machine "{text_property(vm, vix.VIX_PROPERTY_VM_NAME)}" is {state}')
    list_snapshots(vm)
    snapshot = handle_of(vix.VixVM_CreateSnapshot(vm, b"tour", b"of examples/python", 0, 0, null, null))
    list_snapshots(vm)

    completed = []

    @ffi.callback("VixEventProc")
    def on_event(_job, kind, _more, _data):  # must live until the job has ended
        if kind == vix.VIX_EVENTTYPE_JOB_COMPLETED:
            completed.append(kind)

    clone = handle_of(vix.VixVM_Clone(vm, snapshot, vix.VIX_CLONETYPE_LINKED, new_vmx.encode(), 0, 0,
                                      on_event, null))
    print(f"linked clone made, job completed {len(completed)} time")
    try:
        handle_of(vix.VixVM_Clone(vm, snapshot, vix.VIX_CLONETYPE_LINKED, new_vmx.encode(), 0, 0, null,
                                  null))
    except VixError as error:
        print(f"once more: error {error.code}: {error}")

    wait(vix.VixVM_Delete(clone, vix.VIX_VMDELETE_DISK_FILES, null, null))
    wait(vix.VixVM_RemoveSnapshot(vm, snapshot, 0, null, null))
    list_snapshots(vm)
    for handle in (clone, snapshot, vm):
        vix.Vix_ReleaseHandle(handle)
    vix.VixHost_Disconnect(host)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} VMX NEW-VMX")
    main(sys.argv[1], sys.argv[2])
