#!/usr/bin/python3
"""A tour of VIX in Python, with ctypes alone: opens a virtual machine, lists its snapshots, takes one,
makes a linked clone of it with a callback, shows an error with its text, and deletes what it made.

    python3 tour_ctypes.py /srv/vms/web/web.vmx /srv/vms/tour/tour.vmx
"""

import ctypes
import os
import sys

API_VERSION = -1
WORKSTATION = 3
LINKED = 1
DELETE_DISKS = 2
NONE = 0
PROPERTY_VM_NAME = 108
PROPERTY_VM_IS_RUNNING = 196
PROPERTY_RESULT_HANDLE = 3010
PROPERTY_SNAPSHOT_NAME = 4200
EVENT_COMPLETED = 2

vix = ctypes.CDLL(os.environ.get("VIX_LIBRARY", "libvixAllProducts.so"))
EventProc = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_void_p)
NO_CALLBACK = EventProc()
for name in ("VixJob_Wait", "Vix_GetProperties", "VixVM_GetNumRootSnapshots", "VixVM_GetRootSnapshot"):
    getattr(vix, name).restype = ctypes.c_uint64
vix.Vix_GetErrorText.restype = ctypes.c_char_p
vix.Vix_GetErrorText.argtypes = [ctypes.c_uint64, ctypes.c_char_p]
vix.Vix_FreeBuffer.argtypes = [ctypes.c_void_p]


class VixError(Exception):
    """An error code, with its text."""

    def __init__(self, code):
        self.code = code & 0xFFFF
        super().__init__(vix.Vix_GetErrorText(code, None).decode())


def check(code):
    """Raises an exception for any code but VIX_OK."""
    if code:
        raise VixError(code)


def finish(job):
    """Waits for a job without a result."""
    code = vix.VixJob_Wait(job, NONE)
    try:
        check(code)
    finally:
        vix.Vix_ReleaseHandle(job)


def handle_of(job):
    """Waits for a job whose result is a handle."""
    handle = ctypes.c_int(0)
    code = vix.VixJob_Wait(job, PROPERTY_RESULT_HANDLE, ctypes.byref(handle), NONE)
    try:
        check(code)
    finally:
        vix.Vix_ReleaseHandle(job)
    return handle.value


def text_property(handle, identifier):
    """A property that is text. The library's copy is freed."""
    text = ctypes.c_void_p()
    check(vix.Vix_GetProperties(handle, identifier, ctypes.byref(text), NONE))
    try:
        return ctypes.string_at(text).decode()
    finally:
        vix.Vix_FreeBuffer(text)


def truth_property(handle, identifier):
    """A property that is a truth value: one byte."""
    truth = ctypes.c_char()
    check(vix.Vix_GetProperties(handle, identifier, ctypes.byref(truth), NONE))
    return truth.value != b"\0"


def list_snapshots(vm):
    """Prints the names of the snapshots without a parent."""
    count = ctypes.c_int()
    check(vix.VixVM_GetNumRootSnapshots(vm, ctypes.byref(count)))
    print(f"{count.value} root snapshots")
    for index in range(count.value):
        snapshot = ctypes.c_int()
        check(vix.VixVM_GetRootSnapshot(vm, index, ctypes.byref(snapshot)))
        print("  " + text_property(snapshot, PROPERTY_SNAPSHOT_NAME))
        vix.Vix_ReleaseHandle(snapshot)


def main(vmx, new_vmx):
    host = handle_of(vix.VixHost_Connect(API_VERSION, WORKSTATION, None, 0, None, None, 0, 0,
                                         NO_CALLBACK, None))
    vm = handle_of(vix.VixVM_Open(host, vmx.encode(), NO_CALLBACK, None))
    state = "running" if truth_property(vm, PROPERTY_VM_IS_RUNNING) else "off"
    print(f'machine "{text_property(vm, PROPERTY_VM_NAME)}" is {state}')
    list_snapshots(vm)
    snapshot = handle_of(vix.VixVM_CreateSnapshot(vm, b"tour", b"of examples/python", 0, 0, NO_CALLBACK,
                                                  None))
    list_snapshots(vm)

    completed = []

    def on_event(_job, kind, _more, _data):
        if kind == EVENT_COMPLETED:
            completed.append(kind)

    callback = EventProc(on_event)  # must live until the job has ended
    clone = handle_of(vix.VixVM_Clone(vm, snapshot, LINKED, new_vmx.encode(), 0, 0, callback, None))
    print(f"linked clone made, job completed {len(completed)} time")
    try:
        handle_of(vix.VixVM_Clone(vm, snapshot, LINKED, new_vmx.encode(), 0, 0, NO_CALLBACK, None))
    except VixError as error:
        print(f"once more: error {error.code}: {error}")

    finish(vix.VixVM_Delete(clone, DELETE_DISKS, NO_CALLBACK, None))
    finish(vix.VixVM_RemoveSnapshot(vm, snapshot, 0, NO_CALLBACK, None))
    list_snapshots(vm)
    for handle in (clone, snapshot, vm):
        vix.Vix_ReleaseHandle(handle)
    vix.VixHost_Disconnect(host)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} VMX NEW-VMX")
    main(sys.argv[1], sys.argv[2])
