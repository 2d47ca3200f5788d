// VIX as a caller sees it: integers and text in; codes, handles and values out. This header has the
// calls that return at once. api/call_table.h has those that start jobs, api/jobs.h what becomes of
// the jobs. Every function is noexcept and may be called from any thread. How a call failed is kept
// per thread until the next call that returns a code (see last_error_detail). release_handle and
// host_disconnect return none, so cleaning up before the report loses nothing.
//
// These headers need only the standard library, so glue for a language can include them
// alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/values.h"

namespace vix::api {

void host_disconnect(Handle host) noexcept;

CountResult vm_get_num_root_snapshots(Handle vm) noexcept;
HandleResult vm_get_root_snapshot(Handle vm, int index) noexcept;
HandleResult vm_get_current_snapshot(Handle vm) noexcept;
HandleResult vm_get_named_snapshot(Handle vm, std::string_view name) noexcept;
CountResult snapshot_get_num_children(Handle snapshot) noexcept;
HandleResult snapshot_get_child(Handle snapshot, int index) noexcept;
// VIX_OK and VIX_INVALID_HANDLE for a root.
HandleResult snapshot_get_parent(Handle snapshot) noexcept;

PropertiesResult get_properties(Handle handle, const int* ids, std::size_t id_count) noexcept;

// The same into the caller's memory: `values` has `id_count` elements, which are monostate. Of a
// job, the properties that it has are given even where it lacks another. A handle among the values
// is the caller's to release.
int read_properties(Handle handle, const int* ids, std::size_t id_count,
                    PropertyValue* values) noexcept;

// VIX_PROPERTYTYPE_* of a property that handles of this kind have. A property list has what was put
// into it.
CountResult get_property_type(Handle handle, int id) noexcept;

// VIX_PROPERTYTYPE_* of a property of any kind of handle; VIX_PROPERTYTYPE_ANY if there is none.
int property_type(int id) noexcept;

// A negative count means a malformed list: one identifier lacks its value.
HandleResult alloc_property_list(Handle host, const PropertyInput* properties,
                                 std::ptrdiff_t count) noexcept;

// The same for a handle of any kind: the list belongs to that handle's host, and to nobody if it
// has none (a job's). VIX_E_INVALID_HANDLE for a dead one.
HandleResult alloc_property_list_of_any(Handle handle, const PropertyInput* properties,
                                        std::ptrdiff_t count) noexcept;

// The host that a handle belongs to, itself for a host's. VIX_INVALID_HANDLE for a dead handle, and
// for one that has no host.
Handle host_of(Handle handle) noexcept;

int get_handle_type(Handle handle) noexcept;
void add_ref_handle(Handle handle) noexcept;
void release_handle(Handle handle) noexcept;

// The number of live handles of all kinds.
std::size_t live_handle_count() noexcept;

// The general text of a code. If `error` is the code of this thread's last failed call, its detail
// follows, so that a script that prints GetErrorText shows which file and why.
std::string error_text(std::int64_t error) noexcept;

// The parts of that text. The general text stays valid for ever; nullptr if the number is no code.
// The detail is valid until this thread's next call, and empty if there is none.
const char* general_error_text(std::int64_t error) noexcept;
std::string_view error_detail(std::int64_t error) noexcept;

// The detail of this thread's last call: why it failed, or the note of a job that succeeded; else
// empty.
std::string last_error_detail() noexcept;

}  // namespace vix::api
