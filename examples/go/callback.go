package main

// #include <vix.h>
import "C"

import (
	"runtime/cgo"
	"unsafe"
)

// What happens to a job. The library calls goEvent on a thread of its own; its last call has returned when
// VixJob_Wait does.
type counter struct {
	progress, completed int
}

//export goEvent
func goEvent(job C.VixHandle, kind C.VixEventType, more C.VixHandle, data unsafe.Pointer) {
	events := cgo.Handle(uintptr(data)).Value().(*counter)
	switch kind {
	case C.VIX_EVENTTYPE_JOB_PROGRESS:
		events.progress++
	case C.VIX_EVENTTYPE_JOB_COMPLETED:
		events.completed++
	}
}
