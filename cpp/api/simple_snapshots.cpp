// The calls of api/simple.h on snapshots.
#include <algorithm>
#include <string>
#include <vector>

#include "api/calls/call.h"
#include "api/calls/text_argument.h"
#include "api/handles/snapshots.h"
#include "api/simple.h"
#include "host/current_context.h"

namespace vix::api {
namespace {

using host::SnapshotInfo;
using host::SnapshotList;

SnapshotList list_of(const VmObject& vm) {
    return vm.machine().snapshots(host::CurrentContext{vm.service().power_uri});
}

std::shared_ptr<VmObject> vm_with_snapshots(Handle handle) {
    auto vm = live_vm(handle);
    host::require_support(vm->provider(), host::Operation::SnapshotMachine);
    return vm;
}

int nth(const std::vector<int>& ids, int index, const char* what) {
    if (index >= 0 && static_cast<std::size_t>(index) < ids.size()) {
        return ids[static_cast<std::size_t>(index)];
    }
    throw_bad_argument("there is no " + std::string{what} + " " + std::to_string(index) +
                       "; there are " + std::to_string(ids.size()));
}

// Names from a root down, all joined by one kind of separator. A single name may be anywhere.
std::vector<int> find_named(const SnapshotList& list, const std::string& name) {
    const char separator = name.find('/') != std::string::npos ? '/' : '\\';
    std::vector<int> found;
    if (name.find(separator) == std::string::npos) {
        for (const SnapshotInfo& snapshot : list.snapshots()) {
            if (snapshot.display_name == name) found.push_back(snapshot.id);
        }
        return found;
    }
    std::vector<int> level = list.children(host::kNoSnapshot);
    for (std::size_t begin = 0; begin <= name.size();) {
        const std::size_t end = std::min(name.find(separator, begin), name.size());
        const std::string part = name.substr(begin, end - begin);
        found.clear();
        for (const int id : level) {
            if (list.find(id)->display_name == part) found.push_back(id);
        }
        level.clear();
        for (const int id : found) {
            for (const int child : list.children(id)) level.push_back(child);
        }
        begin = end + 1;
    }
    return found;
}

int one_named(const SnapshotList& list, const std::string& name) {
    const auto found = find_named(list, name);
    if (found.empty()) {
        throw Error{VIX_E_SNAPSHOT_NOTFOUND, "there is no snapshot \"" + name + "\""};
    }
    if (found.size() > 1) {
        throw Error{VIX_E_SNAPSHOT_NONUNIQUE_NAME,
                    std::to_string(found.size()) + " snapshots are named \"" + name +
                        "\"; pass the names from a root down, separated by /"};
    }
    return found.front();
}

template <class Choose>
HandleResult snapshot_of_vm(Handle handle, Choose&& choose) noexcept {
    HandleResult result{VIX_OK, VIX_INVALID_HANDLE};
    result.error = run([&] {
        const auto vm = vm_with_snapshots(handle);
        result.handle = snapshot_handle(vm, choose(list_of(*vm)));
    });
    return result;
}

}  // namespace

CountResult vm_get_num_root_snapshots(Handle handle) noexcept {
    CountResult result{VIX_OK, 0};
    result.error = run([&] {
        const auto vm = vm_with_snapshots(handle);
        result.count = static_cast<int>(list_of(*vm).children(host::kNoSnapshot).size());
    });
    return result;
}

HandleResult vm_get_root_snapshot(Handle handle, int index) noexcept {
    return snapshot_of_vm(handle, [&](const SnapshotList& list) {
        return nth(list.children(host::kNoSnapshot), index, "root snapshot");
    });
}

HandleResult vm_get_current_snapshot(Handle handle) noexcept {
    return snapshot_of_vm(handle, [&](const SnapshotList& list) {
        if (list.current() != host::kNoSnapshot) return list.current();
        throw Error{VIX_E_SNAPSHOT_NOTFOUND, "the virtual machine has no current snapshot"};
    });
}

HandleResult vm_get_named_snapshot(Handle handle, std::string_view name) noexcept {
    return snapshot_of_vm(handle, [&](const SnapshotList& list) {
        require_path(name, "name");
        return one_named(list, std::string{name});
    });
}

CountResult snapshot_get_num_children(Handle handle) noexcept {
    CountResult result{VIX_OK, 0};
    result.error = run([&] {
        const auto snapshot = live_snapshot(handle);
        const auto list = list_of(*snapshot->vm());
        find_snapshot(list, *snapshot);
        result.count = static_cast<int>(list.children(snapshot->id()).size());
    });
    return result;
}

HandleResult snapshot_get_child(Handle handle, int index) noexcept {
    HandleResult result{VIX_OK, VIX_INVALID_HANDLE};
    result.error = run([&] {
        const auto snapshot = live_snapshot(handle);
        const auto list = list_of(*snapshot->vm());
        find_snapshot(list, *snapshot);
        const int child = nth(list.children(snapshot->id()), index, "child");
        result.handle = snapshot_handle(snapshot->vm(), child);
    });
    return result;
}

HandleResult snapshot_get_parent(Handle handle) noexcept {
    HandleResult result{VIX_OK, VIX_INVALID_HANDLE};
    result.error = run([&] {
        const auto snapshot = live_snapshot(handle);
        const int parent = find_snapshot(list_of(*snapshot->vm()), *snapshot).parent;
        if (parent != host::kNoSnapshot) result.handle = snapshot_handle(snapshot->vm(), parent);
    });
    return result;
}

}  // namespace vix::api
