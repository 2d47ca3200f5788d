#include "api/handles/snapshots.h"

#include <algorithm>
#include <string>
#include <vector>

#include "api/calls/call.h"
#include "api/calls/text_argument.h"
#include "api/simple.h"
#include "host/settings_file.h"
#include "vm/machine/working_folder.h"
#include "vm/snapshots/machine_state.h"

namespace vix::api {
namespace {

using vm::SnapshotTree;

// Refuses an empty result if the snapshot list may be in another folder.
SnapshotTree tree_of(const VmObject& vm) {
    SnapshotTree tree = SnapshotTree::read(vm::snapshot_list_path(vm.vmx()));
    if (tree.snapshots().empty() && io::identity_of(vm.vmx())) {
        vm::refuse_list_elsewhere(vm::Config::read(vm.vmx()), host::load_settings());
    }
    return tree;
}

std::shared_ptr<VmObject> vm_with_snapshots(Handle handle) {
    auto vm = live_vm(handle);
    host::require_support(vm->provider(), host::Operation::SnapshotMachine);
    return vm;
}

int nth(const std::vector<int>& uids, int index, const char* what) {
    if (index >= 0 && static_cast<std::size_t>(index) < uids.size()) {
        return uids[static_cast<std::size_t>(index)];
    }
    throw_bad_argument("there is no " + std::string{what} + " " + std::to_string(index) +
                       "; there are " + std::to_string(uids.size()));
}

// Names from a root down, all joined by one kind of separator. A single name may be anywhere.
std::vector<int> find_named(const SnapshotTree& tree, const std::string& name) {
    const char separator = name.find('/') != std::string::npos ? '/' : '\\';
    std::vector<int> found;
    if (name.find(separator) == std::string::npos) {
        for (const vm::Snapshot& snapshot : tree.snapshots()) {
            if (snapshot.display_name == name) found.push_back(snapshot.uid);
        }
        return found;
    }
    std::vector<int> level = tree.roots();
    for (std::size_t begin = 0; begin <= name.size();) {
        const std::size_t end = std::min(name.find(separator, begin), name.size());
        const std::string part = name.substr(begin, end - begin);
        found.clear();
        for (const int uid : level) {
            if (tree.find(uid)->display_name == part) found.push_back(uid);
        }
        level.clear();
        for (const int uid : found) {
            for (const int child : tree.children(uid)) level.push_back(child);
        }
        begin = end + 1;
    }
    return found;
}

int one_named(const SnapshotTree& tree, const std::string& name) {
    const auto found = find_named(tree, name);
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
        result.handle = snapshot_handle(vm, choose(tree_of(*vm)));
    });
    return result;
}

}  // namespace

Handle snapshot_handle(const std::shared_ptr<VmObject>& vm, int uid) {
    const std::string identity = vm->vmx().string() + '#' + std::to_string(uid);
    return runtime().handles.add_owned(vm->host(), identity,
                                       std::make_shared<SnapshotObject>(vm, uid));
}

void require_snapshot_of(const SnapshotObject& snapshot, const VmObject& vm) {
    if (snapshot.vm()->vmx() == vm.vmx()) return;
    throw_bad_argument("the snapshot belongs to " + snapshot.vm()->reported_path() + ", not to " +
                       vm.reported_path());
}

const vm::Snapshot& find_snapshot(const SnapshotTree& tree, const SnapshotObject& snapshot) {
    const vm::Snapshot* found = tree.find(snapshot.uid());
    if (found != nullptr) return *found;
    throw Error{VIX_E_SNAPSHOT_NOTFOUND,
                "the snapshot was removed from " + snapshot.vm()->reported_path()};
}

// The snapshot's own configuration shows whether the machine was suspended. If it cannot be read,
// the machine ran.
vm::PowerState power_state_of(const vm::Snapshot& snapshot, const VmObject& vm) {
    if (!snapshot.with_memory) return vm::PowerState::Off;
    const auto settings = host::load_settings();
    try {
        const auto state = vm::state_of_snapshot(vm::Config::read(vm.vmx()), snapshot, settings);
        if (state.config.is_suspended()) return vm::PowerState::Suspended;
    } catch (const Error&) {
        // Another product's snapshot state may contain no configuration.
    }
    return vm::PowerState::Running;
}

CountResult vm_get_num_root_snapshots(Handle handle) noexcept {
    CountResult result{VIX_OK, 0};
    result.error = run([&] {
        const auto vm = vm_with_snapshots(handle);
        result.count = static_cast<int>(tree_of(*vm).roots().size());
    });
    return result;
}

HandleResult vm_get_root_snapshot(Handle handle, int index) noexcept {
    return snapshot_of_vm(handle, [&](const SnapshotTree& tree) {
        return nth(tree.roots(), index, "root snapshot");
    });
}

HandleResult vm_get_current_snapshot(Handle handle) noexcept {
    return snapshot_of_vm(handle, [&](const SnapshotTree& tree) {
        if (tree.current() != vm::kNoSnapshot) return tree.current();
        throw Error{VIX_E_SNAPSHOT_NOTFOUND, "the virtual machine has no current snapshot"};
    });
}

HandleResult vm_get_named_snapshot(Handle handle, std::string_view name) noexcept {
    return snapshot_of_vm(handle, [&](const SnapshotTree& tree) {
        require_path(name, "name");
        return one_named(tree, std::string{name});
    });
}

CountResult snapshot_get_num_children(Handle handle) noexcept {
    CountResult result{VIX_OK, 0};
    result.error = run([&] {
        const auto snapshot = live_snapshot(handle);
        const auto tree = tree_of(*snapshot->vm());
        find_snapshot(tree, *snapshot);
        result.count = static_cast<int>(tree.children(snapshot->uid()).size());
    });
    return result;
}

HandleResult snapshot_get_child(Handle handle, int index) noexcept {
    HandleResult result{VIX_OK, VIX_INVALID_HANDLE};
    result.error = run([&] {
        const auto snapshot = live_snapshot(handle);
        const auto tree = tree_of(*snapshot->vm());
        find_snapshot(tree, *snapshot);
        const int child = nth(tree.children(snapshot->uid()), index, "child");
        result.handle = snapshot_handle(snapshot->vm(), child);
    });
    return result;
}

HandleResult snapshot_get_parent(Handle handle) noexcept {
    HandleResult result{VIX_OK, VIX_INVALID_HANDLE};
    result.error = run([&] {
        const auto snapshot = live_snapshot(handle);
        const int parent = find_snapshot(tree_of(*snapshot->vm()), *snapshot).parent;
        if (parent != vm::kNoSnapshot) result.handle = snapshot_handle(snapshot->vm(), parent);
    });
    return result;
}

}  // namespace vix::api
