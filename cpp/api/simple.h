// VIX as a caller sees it: integers and text in, codes, handles and values out. Every function is
// noexcept, blocks until its work is done, and may be called from any thread. How a call failed is
// kept per thread until the next call that answers with a code (see last_error_detail), so cleaning
// up with release_handle and host_disconnect before the report loses nothing.
//
// This header needs nothing but the standard library, so glue for a language can include it alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace vix::api {

using Handle = int;  // 0 is VIX_INVALID_HANDLE

struct HandleResult {
    int error;
    Handle handle;  // VIX_INVALID_HANDLE unless error is VIX_OK
};

struct CountResult {
    int error;
    int count;  // 0 unless error is VIX_OK
};

// Text is UTF-8. monostate: no value.
using PropertyValue = std::variant<std::monostate, bool, std::int64_t, std::string>;

struct PropertiesResult {
    int error;
    std::vector<PropertyValue> values;  // one per id; all monostate unless error is VIX_OK
};

struct HostConnectArguments {
    int api_version;
    int host_type;
    std::string_view host_name;  // undef and "" both mean this host
    int host_port;
    std::string_view user_name;
    std::string_view password;
    int options;
    Handle property_list;
};

struct CloneArguments {
    Handle vm;
    Handle snapshot;
    int clone_type;
    std::string_view destination;
    int options;
    Handle property_list;
};

struct CreateSnapshotArguments {
    Handle vm;
    std::string_view name;
    std::string_view description;
    int options;
    Handle property_list;
};

HandleResult host_connect(const HostConnectArguments& arguments) noexcept;
void host_disconnect(Handle host) noexcept;
HandleResult vm_open(Handle host, std::string_view vmx_path) noexcept;
HandleResult vm_clone(const CloneArguments& arguments) noexcept;
int vm_delete(Handle vm, int options) noexcept;

HandleResult vm_create_snapshot(const CreateSnapshotArguments& arguments) noexcept;
int vm_remove_snapshot(Handle vm, Handle snapshot, int options) noexcept;
int vm_revert_to_snapshot(Handle vm, Handle snapshot, int options, Handle property_list) noexcept;
CountResult vm_get_num_root_snapshots(Handle vm) noexcept;
HandleResult vm_get_root_snapshot(Handle vm, int index) noexcept;
HandleResult vm_get_current_snapshot(Handle vm) noexcept;
HandleResult vm_get_named_snapshot(Handle vm, std::string_view name) noexcept;
CountResult snapshot_get_num_children(Handle snapshot) noexcept;
HandleResult snapshot_get_child(Handle snapshot, int index) noexcept;
// VIX_OK and VIX_INVALID_HANDLE for a root.
HandleResult snapshot_get_parent(Handle snapshot) noexcept;

PropertiesResult get_properties(Handle handle, const int* ids, std::size_t id_count) noexcept;
int get_handle_type(Handle handle) noexcept;
void release_handle(Handle handle) noexcept;

// The general text of a code. When `error` is what the last failed call of this thread returned,
// its detail follows the text, so that a script that prints GetErrorText shows which file and why.
std::string error_text(std::int64_t error) noexcept;

// What exactly went wrong in the last failed call of this thread; empty when the last call worked.
std::string last_error_detail() noexcept;

}  // namespace vix::api
