#include "api/simple.h"

#include <boost/filesystem/operations.hpp>
#include <optional>

#include "api/call.h"
#include "api/local_host.h"
#include "api/properties.h"
#include "api/runtime.h"
#include "api/snapshots.h"
#include "api/text_argument.h"
#include "base/error.h"
#include "host/provider.h"
#include "host/settings_file.h"
#include "ops/clone.h"
#include "ops/remove.h"
#include "vm/linked_clones.h"
#include "vm/machine.h"

namespace vix::api {
namespace {

namespace fs = boost::filesystem;

static_assert(static_cast<int>(host::Provider::Server) == VIX_SERVICEPROVIDER_VMWARE_SERVER);
static_assert(static_cast<int>(host::Provider::Workstation) ==
              VIX_SERVICEPROVIDER_VMWARE_WORKSTATION);
static_assert(static_cast<int>(host::Provider::Player) == VIX_SERVICEPROVIDER_VMWARE_PLAYER);
static_assert(static_cast<int>(host::Provider::WorkstationShared) ==
              VIX_SERVICEPROVIDER_VMWARE_WORKSTATION_SHARED);

void check_connect_arguments(const HostConnectArguments& arguments) {
    constexpr int kKnownOptions = VIX_HOSTOPTION_VERIFY_SSL_CERT | VIX_HOSTOPTION_USE_EVENT_PUMP;
    require_text(arguments.host_name, "hostName");
    require_text(arguments.user_name, "userName");
    require_text(arguments.password, "password");
    if (arguments.api_version != VIX_API_VERSION) {
        throw_bad_argument("apiVersion must be VIX_API_VERSION (-1), not " +
                           std::to_string(arguments.api_version));
    }
    if (arguments.host_port < 0 || arguments.host_port > 65535) {
        throw_bad_argument("hostPort " + std::to_string(arguments.host_port) + " is no port");
    }
    if ((arguments.options & ~kKnownOptions) != 0) {
        throw_bad_argument("options " + std::to_string(arguments.options) +
                           " has bits that mean nothing to HostConnect");
    }
    require_no_property_list(arguments.property_list);
}

void require_this_host(std::string_view host_name) {
    if (names_this_host(host_name)) return;
    throw Error{
        VIX_E_CANNOT_CONNECT_TO_HOST,
        "host \"" + std::string{host_name} +
            "\": only virtual machines on this host can be reached; pass undef as hostName"};
}

// The one name that a .vmx has however it is spelt. A symbolic link stands for what it points to; a
// hard link in another folder is another machine, since its disks are sought beside it.
fs::path canonical_vmx(const fs::path& path) {
    boost::system::error_code error;
    auto vmx = fs::canonical(path, error);
    if (!error) return vmx;
    if (error == boost::system::errc::no_such_file_or_directory ||
        error == boost::system::errc::not_a_directory) {
        throw Error{VIX_E_VM_NOT_FOUND, "there is no " + path.string()};
    }
    throw system_error(error.value(), "finding", path.string());
}

// As the caller spelt it, but absolute; a Windows path is absolute already.
std::string reported_path(std::string_view path) {
    if (io::is_windows_path(path)) return std::string{path};
    return fs::absolute(fs::path{path.begin(), path.end()}).string();
}

Handle open_machine(Handle host, host::Provider provider, std::string_view path,
                    const vm::Settings& settings) {
    const auto vmx = canonical_vmx(settings.path_map.resolve(path));
    static_cast<void>(vm::summarize(vmx, settings));  // refuses what is no virtual machine
    vm::check_linked_disks(vmx, settings);
    auto vm = std::make_shared<VmObject>(host, provider, vmx, reported_path(path));
    return runtime().handles.add_owned(host, vmx.string(), std::move(vm));
}

// The snapshot that a clone is made of; nothing for VIX_INVALID_HANDLE.
std::optional<int> snapshot_to_clone(Handle handle, const VmObject& source) {
    if (handle == VIX_INVALID_HANDLE) return std::nullopt;
    const auto snapshot = live_snapshot(handle);
    require_snapshot_of(*snapshot, source);
    return snapshot->uid();
}

void check_destination(std::string_view path) {
    require_path(path, "destConfigPathName");
    if (path.front() != '/' && !io::is_windows_path(path)) {
        throw_bad_argument("destConfigPathName \"" + std::string{path} +
                           "\" is not an absolute path");
    }
    const auto name = path.substr(path.find_last_of(path.front() == '/' ? "/" : "/\\") + 1);
    if (name.empty() || name == "." || name == "..") {
        throw_bad_argument("destConfigPathName \"" + std::string{path} + "\" names no file");
    }
}

void check_clone_arguments(const CloneArguments& arguments) {
    if (arguments.clone_type != VIX_CLONETYPE_FULL &&
        arguments.clone_type != VIX_CLONETYPE_LINKED) {
        throw_bad_argument("cloneType " + std::to_string(arguments.clone_type) +
                           " is neither VIX_CLONETYPE_FULL nor VIX_CLONETYPE_LINKED");
    }
    if (arguments.options != 0) throw_bad_argument("VMClone has no options: pass 0");
    require_no_property_list(arguments.property_list);
    check_destination(arguments.destination);
}

ops::RemoveDisks disks_to_remove(int options) {
    if (options == 0) return ops::RemoveDisks::No;
    if (options == VIX_VMDELETE_DISK_FILES) return ops::RemoveDisks::Yes;
    throw_bad_argument("options must be 0 or VIX_VMDELETE_DISK_FILES, not " +
                       std::to_string(options));
}

std::vector<PropertyValue> read_properties(const Object& object, const int* ids,
                                           std::size_t id_count) {
    std::vector<PropertyValue> values;
    if (object.type() == HandleType::Host) {
        const auto& host = static_cast<const HostObject&>(object);
        for (std::size_t i = 0; i < id_count; ++i) values.push_back(host_property(host, ids[i]));
        return values;
    }
    if (object.type() == HandleType::Snapshot) {
        const auto& snapshot = static_cast<const SnapshotObject&>(object);
        require_not_deleted(*snapshot.vm());
        const auto tree = vm::SnapshotTree::read(vm::snapshot_list_path(snapshot.vm()->vmx()));
        const auto& values_of = find_snapshot(tree, snapshot);
        for (std::size_t i = 0; i < id_count; ++i) {
            values.push_back(snapshot_property(values_of, ids[i]));
        }
        return values;
    }
    const auto& vm = static_cast<const VmObject&>(object);
    require_not_deleted(vm);
    const auto summary = vm::summarize(vm.vmx(), host::load_settings());
    for (std::size_t i = 0; i < id_count; ++i) values.push_back(vm_property(vm, summary, ids[i]));
    return values;
}

}  // namespace

HandleResult host_connect(const HostConnectArguments& arguments) noexcept {
    HandleResult result{VIX_OK, VIX_INVALID_HANDLE};
    result.error = run([&] {
        check_connect_arguments(arguments);
        const auto provider = host::provider_for(arguments.host_type);
        require_this_host(arguments.host_name);
        result.handle = runtime().handles.add(std::make_shared<HostObject>(provider));
    });
    return result;
}

void host_disconnect(Handle host) noexcept {
    runtime().handles.end(host, HandleType::Host);
}

HandleResult vm_open(Handle host, std::string_view vmx_path) noexcept {
    HandleResult result{VIX_OK, VIX_INVALID_HANDLE};
    result.error = run([&] {
        const auto connection = runtime().handles.get<HostObject>(host);
        require_path(vmx_path, "vmxFilePathName");
        host::require_support(connection->provider(), host::Operation::OpenMachine);
        result.handle = open_machine(host, connection->provider(), vmx_path, host::load_settings());
    });
    return result;
}

HandleResult vm_clone(const CloneArguments& arguments) noexcept {
    HandleResult result{VIX_OK, VIX_INVALID_HANDLE};
    result.error = run([&] {
        const auto source = live_vm(arguments.vm);
        const auto snapshot = snapshot_to_clone(arguments.snapshot, *source);
        check_clone_arguments(arguments);
        host::require_support(source->provider(), host::Operation::CloneMachine);

        const auto settings = host::load_settings();
        const auto destination = settings.path_map.resolve(arguments.destination);
        Progress progress;
        const ops::CloneRequest request{source->vmx(), destination, settings, snapshot};
        if (arguments.clone_type == VIX_CLONETYPE_LINKED) {
            ops::clone_linked(request, progress);
        } else {
            ops::clone_full(request, progress);
        }
        result.handle =
            open_machine(source->host(), source->provider(), arguments.destination, settings);
    });
    return result;
}

int vm_delete(Handle handle, int options) noexcept {
    return run([&] {
        const auto vm = live_vm(handle);
        const auto disks = disks_to_remove(options);
        host::require_support(vm->provider(), host::Operation::DeleteMachine);
        Progress progress;
        ops::remove_machine(vm->vmx(), disks, host::load_settings(), progress);
        vm->mark_deleted();
        runtime().handles.forget_identity(handle);
    });
}

PropertiesResult get_properties(Handle handle, const int* ids, std::size_t id_count) noexcept {
    PropertiesResult result;
    result.error = run([&] {
        const auto object = runtime().handles.get_any(handle);
        result.values = read_properties(*object, ids, id_count);
    });
    if (result.error != VIX_OK) result.values.assign(id_count, PropertyValue{});
    return result;
}

int get_handle_type(Handle handle) noexcept {
    return static_cast<int>(runtime().handles.type_of(handle));
}

void release_handle(Handle handle) noexcept {
    runtime().handles.release(handle);
}

std::string error_text(std::int64_t error) noexcept {
    std::string text = vix::error_text(error);
    const Failure& failure = last_failure();
    if (error == VIX_OK || error != failure.code || failure.detail.empty()) return text;
    return text + ": " + failure.detail;
}

std::string last_error_detail() noexcept {
    return last_failure().detail;
}

}  // namespace vix::api
