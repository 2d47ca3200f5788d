// Calls on a host: connecting, opening machines, the inventory.
#include <optional>
#include <variant>

#include "api/calls/call.h"
#include "api/calls/call_row.h"
#include "api/calls/result_fields.h"
#include "api/calls/text_argument.h"
#include "api/handles/open_machine.h"
#include "base/error.h"
#include "host/local/inventory.h"
#include "host/local/local_host.h"
#include "host/power_service.h"

namespace vix::api {
namespace {

static_assert(static_cast<int>(host::Provider::Server) == VIX_SERVICEPROVIDER_VMWARE_SERVER);
static_assert(static_cast<int>(host::Provider::Workstation) ==
              VIX_SERVICEPROVIDER_VMWARE_WORKSTATION);
static_assert(static_cast<int>(host::Provider::Player) == VIX_SERVICEPROVIDER_VMWARE_PLAYER);
static_assert(static_cast<int>(host::Provider::ViServer) == VIX_SERVICEPROVIDER_VMWARE_VI_SERVER);
static_assert(static_cast<int>(host::Provider::WorkstationShared) ==
              VIX_SERVICEPROVIDER_VMWARE_WORKSTATION_SHARED);

struct Connection {
    int api_version;
    int host_type;
    const std::string& host_name;  // undef and "" both mean this host
    int host_port;
    const std::string& user_name;
    const std::string& password;
    int options;
    Handle property_list;
};

void check_connect_arguments(const Connection& arguments) {
    constexpr int kKnownOptions = VIX_HOSTOPTION_VERIFY_SSL_CERT | VIX_HOSTOPTION_USE_EVENT_PUMP;
    require_text(arguments.host_name, "hostName");
    require_text(arguments.user_name, "userName");
    require_text(arguments.password, "password");
    if (arguments.api_version != VIX_API_VERSION) {
        throw_bad_argument("apiVersion must be VIX_API_VERSION (-1), not " +
                           std::to_string(arguments.api_version));
    }
    if (arguments.host_port < 0 || arguments.host_port > 65535) {
        throw_bad_argument("hostPort " + std::to_string(arguments.host_port) +
                           " is not a port (0 to 65535)");
    }
    require_options(arguments.options, kKnownOptions, "HostConnect");
    require_no_property_list(arguments.property_list);
}

// The URI of libvirt, if the host name is one; empty for other names.
std::string power_uri_of(const Call& call, const std::string& host_name) {
    if (!host::names_power_service(host_name)) return {};
    host::check_power_service(call, host_name);
    return host_name;
}

void require_this_host(const std::string& host_name) {
    if (host::names_this_host(host_name)) return;
    throw Error{VIX_E_CANNOT_CONNECT_TO_HOST, "the host \"" + host_name +
                                                  "\" cannot be reached. Pass undef as hostName "
                                                  "for this host, or the URI of a libvirt, such "
                                                  "as qemu+tcp://..."};
}

// Checks the properties of HostOpenVM. Returns the password, if there is one.
std::optional<std::string> password_in(const Call& call, Handle property_list) {
    std::optional<std::string> password;
    if (property_list == VIX_INVALID_HANDLE) return password;
    const auto list = call.object<PropertyListObject>(property_list);
    for (const auto& [id, value] : list->properties()) {
        if (id != VIX_PROPERTY_VM_ENCRYPTION_PASSWORD) {
            throw Error{VIX_E_UNRECOGNIZED_PROPERTY,
                        "HostOpenVM does not take the property " + std::to_string(id)};
        }
        password = std::get<std::string>(value);
    }
    return password;
}

void host_connect(Call& call, int api_version, int host_type, const std::string& host_name,
                  int host_port, const std::string& user_name, const std::string& password,
                  int options, int property_list) {
    check_connect_arguments({api_version, host_type, host_name, host_port, user_name, password,
                             options, property_list});
    const auto provider = host::provider_for(host_type);
    const std::string power_uri = power_uri_of(call, host_name);
    if (power_uri.empty()) require_this_host(host_name);
    call.give_handle(runtime().handles.add(std::make_shared<HostObject>(provider, power_uri)));
}

void open(Call& call, Handle host, const std::string& vmx_path,
          const std::optional<std::string>& password) {
    const auto connection = call.object<HostObject>(host);
    require_path(vmx_path, "vmxFilePathName");
    host::require_support(connection->provider(), host::Operation::OpenMachine);
    call.give_handle(open_machine(call, {host, connection->service()}, vmx_path, password));
}

void vm_open(Call& call, int host, const std::string& vmx_path) {
    open(call, host, vmx_path, std::nullopt);
}

void host_open_vm(Call& call, int host, const std::string& vmx_path, int options,
                  int property_list) {
    static_cast<void>(call.object<HostObject>(host));
    require_options(options, VIX_VMOPEN_NORMAL, "HostOpenVM");
    const auto password = password_in(call, property_list);
    open(call, host, vmx_path, password);
}

void host_register_vm(Call& call, int host, const std::string& vmx_path) {
    static_cast<void>(call.object<HostObject>(host));
    require_path(vmx_path, "vmxFilePath");
    host::register_machine(call.resolve(vmx_path), call.settings(), call.progress());
}

void host_unregister_vm(Call& call, int host, const std::string& vmx_path) {
    static_cast<void>(call.object<HostObject>(host));
    require_path(vmx_path, "vmxFilePath");
    host::unregister_machine(call.resolve(vmx_path), call.settings(), call.progress());
}

std::vector<std::string> found_machines(const Call& call, int search_type) {
    if (search_type == VIX_FIND_RUNNING_VMS) {
        return host::running_machines(call.settings(), call.power_settings());
    }
    if (search_type == VIX_FIND_REGISTERED_VMS) return host::registered_machines(call.settings());
    throw_bad_argument("searchType " + std::to_string(search_type) +
                       " is neither VIX_FIND_RUNNING_VMS nor VIX_FIND_REGISTERED_VMS");
}

// Any timeout is accepted: VMware's page allows only -1, but its example and scripts pass others,
// and this call does not wait. A server names machines by their datastore.
void find_items(Call& call, int host, int search_type, int) {
    const auto connection = call.object<HostObject>(host);
    const bool by_datastore = connection->provider() == host::Provider::ViServer;
    for (const std::string& path : found_machines(call, search_type)) {
        call.give_found(by_datastore ? call.settings().path_map.in_datastore(path) : path);
    }
}

void host_find_items(Call& call, int host, int search_type, int search_criteria, int timeout) {
    static_cast<void>(call.object<HostObject>(host));
    if (search_criteria != VIX_INVALID_HANDLE) {
        throw_bad_argument("searchCriteria must be VIX_INVALID_HANDLE");
    }
    find_items(call, host, search_type, timeout);
}

void find_running_vms(Call& call, int host, int timeout) {
    find_items(call, host, VIX_FIND_RUNNING_VMS, timeout);
}

constexpr CallRow kHostCalls[] = {
    call_row<host_connect>({"Host", "Connect", "HostConnect",
                            "apiVersion, hostType, hostName, hostPort, userName, password, "
                            "options, propertyListHandle"},
                           Shape::Values, kHandleResult),
    call_row<host_open_vm>({"Host", "OpenVM", "HostOpenVM",
                            "hostHandle, vmxFilePathName, options, propertyListHandle"},
                           Shape::Values, kHandleResult),
    call_row<vm_open>({"VM", "Open", "VMOpen", "hostHandle, vmxFilePathName"}, Shape::Values,
                      kHandleResult),
    call_row<host_register_vm>({"Host", "RegisterVM", "RegisterVM", "hostHandle, vmxFilePath"}),
    call_row<host_unregister_vm>(
        {"Host", "UnregisterVM", "UnregisterVM", "hostHandle, vmxFilePath"}),
    // VMware's C call has one more argument, search criteria, which no version uses.
    call_row<find_items>({"Host", nullptr, "FindItems", "hostHandle, searchType, timeoutInSeconds"},
                         Shape::List, kFoundResult),
    call_row<host_find_items>(
        {"Host", "FindItems", nullptr, "hostHandle, searchType, searchCriteria, timeoutInSeconds"},
        Shape::List, kFoundResult),
    call_row<find_running_vms>({"Host", nullptr, "FindRunningVMs", "hostHandle, timeoutInSeconds"},
                               Shape::List, kFoundResult),
};

}  // namespace

std::span<const CallRow> host_calls() {
    return kHostCalls;
}

}  // namespace vix::api
