// A tour of VIX in Go, with cgo: opens a virtual machine, lists its snapshots, takes one, makes a linked
// clone of it with a callback, shows an error with its text, and deletes what it made.
//
//	go build -o tour tour.go callback.go
//	./tour /srv/vms/web/web.vmx /srv/vms/tour/tour.vmx
//
// Go calls no C function with a variable number of arguments, so those have helpers in C here.
package main

/*
#cgo LDFLAGS: -lvixAllProducts
#include <stdlib.h>
#include <stdint.h>
#include <vix.h>

extern void goEvent(VixHandle job, VixEventType type, VixHandle more, void *data);

static VixError wait_for(VixHandle job) {
	return VixJob_Wait(job, VIX_PROPERTY_NONE);
}

static VixError wait_for_handle(VixHandle job, VixHandle *handle) {
	return VixJob_Wait(job, VIX_PROPERTY_JOB_RESULT_HANDLE, handle, VIX_PROPERTY_NONE);
}

static VixError text_property(VixHandle handle, VixPropertyID id, char **text) {
	return Vix_GetProperties(handle, id, text, VIX_PROPERTY_NONE);
}

static VixError truth_property(VixHandle handle, VixPropertyID id, Bool *truth) {
	return Vix_GetProperties(handle, id, truth, VIX_PROPERTY_NONE);
}

static VixHandle clone_with_events(VixHandle vm, VixHandle snapshot, const char *path, uintptr_t data) {
	return VixVM_Clone(vm, snapshot, VIX_CLONETYPE_LINKED, path, 0, VIX_INVALID_HANDLE, goEvent,
		(void *)data);
}

static VixHandle clone_linked(VixHandle vm, VixHandle snapshot, const char *path) {
	return VixVM_Clone(vm, snapshot, VIX_CLONETYPE_LINKED, path, 0, VIX_INVALID_HANDLE, NULL, NULL);
}
*/
import "C"

import (
	"fmt"
	"os"
	"runtime"
	"runtime/cgo"
	"unsafe"
)

// vixError is an error code of VIX with its text.
type vixError struct {
	code int
	text string
}

func (e vixError) Error() string {
	return fmt.Sprintf("error %d: %s", e.code, e.text)
}

// The error of a code, nil for VIX_OK. The text has the path and the reason if the call before was made
// on the same thread of the system, so callers lock theirs (see main).
func check(code C.VixError) error {
	if code == C.VIX_OK {
		return nil
	}
	return vixError{int(code & 0xffff), C.GoString(C.Vix_GetErrorText(code, nil))}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Waits for a job without a result.
func finish(job C.VixHandle) error {
	defer C.Vix_ReleaseHandle(job)
	return check(C.wait_for(job))
}

// Waits for a job whose result is a handle.
func handleOf(job C.VixHandle) (C.VixHandle, error) {
	defer C.Vix_ReleaseHandle(job)
	var handle C.VixHandle
	err := check(C.wait_for_handle(job, &handle))
	return handle, err
}

func text(handle C.VixHandle, id C.VixPropertyID) string {
	var value *C.char
	must(check(C.text_property(handle, id, &value)))
	defer C.Vix_FreeBuffer(unsafe.Pointer(value))
	return C.GoString(value)
}

func listSnapshots(vm C.VixHandle) {
	var count C.int
	must(check(C.VixVM_GetNumRootSnapshots(vm, &count)))
	fmt.Printf("%d root snapshots\n", count)
	for i := C.int(0); i < count; i++ {
		var snapshot C.VixHandle
		must(check(C.VixVM_GetRootSnapshot(vm, i, &snapshot)))
		fmt.Println("  " + text(snapshot, C.VIX_PROPERTY_SNAPSHOT_DISPLAYNAME))
		C.Vix_ReleaseHandle(snapshot)
	}
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintf(os.Stderr, "usage: %s VMX NEW-VMX\n", os.Args[0])
		os.Exit(1)
	}
	runtime.LockOSThread()
	vmx, newVMX := C.CString(os.Args[1]), C.CString(os.Args[2])
	name, description := C.CString("tour"), C.CString("of examples/go")

	host, err := handleOf(C.VixHost_Connect(C.VIX_API_VERSION, C.VIX_SERVICEPROVIDER_VMWARE_WORKSTATION,
		nil, 0, nil, nil, 0, C.VIX_INVALID_HANDLE, nil, nil))
	must(err)
	vm, err := handleOf(C.VixVM_Open(host, vmx, nil, nil))
	must(err)
	var running C.Bool
	must(check(C.truth_property(vm, C.VIX_PROPERTY_VM_IS_RUNNING, &running)))
	state := "off"
	if running != 0 {
		state = "running"
	}
	fmt.Printf("machine \"%s\" is %s\n", text(vm, C.VIX_PROPERTY_VM_NAME), state)
	listSnapshots(vm)
	snapshot, err := handleOf(C.VixVM_CreateSnapshot(vm, name, description, 0, C.VIX_INVALID_HANDLE, nil, nil))
	must(err)
	listSnapshots(vm)

	events := &counter{}
	handle := cgo.NewHandle(events)
	clone, err := handleOf(C.clone_with_events(vm, snapshot, newVMX, C.uintptr_t(handle)))
	handle.Delete()
	must(err)
	fmt.Printf("linked clone made, job completed %d time\n", events.completed)
	_, err = handleOf(C.clone_linked(vm, snapshot, newVMX))
	fmt.Printf("once more: %v\n", err)

	must(finish(C.VixVM_Delete(clone, C.VIX_VMDELETE_DISK_FILES, nil, nil)))
	must(finish(C.VixVM_RemoveSnapshot(vm, snapshot, 0, nil, nil)))
	listSnapshots(vm)
	for _, one := range []C.VixHandle{clone, snapshot, vm} {
		C.Vix_ReleaseHandle(one)
	}
	C.VixHost_Disconnect(host)
}
