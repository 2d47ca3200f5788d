#include "api/handles/open_machine.h"

#include <boost/filesystem/operations.hpp>

#include "base/error.h"
#include "vm/machine/machine.h"
#include "vm/snapshots/linked_clones.h"

namespace vix::api {
namespace {

namespace fs = boost::filesystem;

// The canonical path, one for each .vmx. A symbolic link stands for its target. A hard link in
// another folder is another machine, because its disks are searched beside it.
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

// Spelt like the caller's, but absolute; a Windows path is absolute already.
std::string reported_path(std::string_view path, const fs::path& folder) {
    if (io::is_windows_path(path)) return std::string{path};
    return fs::absolute(fs::path{path.begin(), path.end()}, folder).string();
}

Handle give_machine(const Call& call, const MachineOwner& owner, std::string_view path,
                    const fs::path& vmx) {
    auto vm = std::make_shared<VmObject>(owner.host, owner.service, vmx,
                                         reported_path(path, call.working_folder()));
    return runtime().handles.add_owned(owner.host, vmx.string(), std::move(vm));
}

}  // namespace

fs::path resolve_path(const Call& call, std::string_view path) {
    return fs::absolute(call.settings().path_map.resolve(path), call.working_folder());
}

Handle open_machine(const Call& call, const MachineOwner& owner, std::string_view path) {
    const auto vmx = canonical_vmx(resolve_path(call, path));
    static_cast<void>(vm::summarize(vmx, call.settings()));  // refuses what is no virtual machine
    vm::check_linked_disks(vmx, call.settings());
    return give_machine(call, owner, path, vmx);
}

Handle open_new_machine(const Call& call, const MachineOwner& owner, std::string_view path) {
    return give_machine(call, owner, path, canonical_vmx(resolve_path(call, path)));
}

}  // namespace vix::api
