#include "ops/power_off.h"

#include <boost/filesystem/operations.hpp>

#include "base/error.h"
#include "ops/machine_lock.h"
#include "ops/snapshot.h"
#include "power/session.h"
#include "vm/machine.h"
#include "vm/power_off_action.h"
#include "vm/snapshot_tree.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

using vm::PowerOffAction;

void refuse_commit(const vm::Config& machine) {
    throw Error{VIX_E_NOT_SUPPORTED,
                machine.path().string() +
                    ": snapshot.action = \"autoCommit\" would replace its snapshot at power-off, "
                    "which is not supported; set it to \"keep\""};
}

std::string asking_note(const vm::Config& machine) {
    return machine.path().string() +
           ": snapshot.action = \"prompt\" asks nobody here: what the guest has written stays";
}

// The setting has changed since the start: what was written is no longer to be thrown away.
void keep_what_was_written(const vm::Config& machine, const vm::Settings& settings,
                           Progress& progress) {
    if (power::session_state(machine) == power::SessionState::None) return;
    const MachineLock lock{machine.path(), settings, progress};
    power::forget_session(vm::Config::read(machine.path()), settings);
}

std::string go_back(const vm::Config& machine, const vm::SnapshotTree& tree,
                    const vm::Settings& settings, Progress& progress) {
    const std::string name = tree.find(tree.current())->display_name;
    revert_to_snapshot(machine.path(), tree.current(), settings, progress);
    return machine.path().string() + " has gone back to its snapshot \"" + name +
           "\" (snapshot.action)";
}

}  // namespace

std::vector<std::string> before_power_on(const fs::path& vmx, const vm::Settings& settings,
                                         Progress& progress) {
    const vm::Config machine = vm::Config::read(vmx);
    if (machine.is_encrypted() || vm::running_mark(machine, settings)) return {};
    const auto tree = vm::SnapshotTree::read(vm::snapshot_list_path(vmx));
    switch (vm::power_off_action(machine, tree)) {
        case PowerOffAction::Commit:
            refuse_commit(machine);
            break;
        case PowerOffAction::Ask:
            return {asking_note(machine)};
        case PowerOffAction::Revert:
            require_revertable(vmx, *tree.find(tree.current()), settings);
            break;
        case PowerOffAction::Keep:
            return {};
    }
    if (machine.is_suspended()) return {};
    switch (power::session_state(machine)) {
        case power::SessionState::Ended:
            return {go_back(machine, tree, settings, progress) + ", as its guest ended by itself"};
        case power::SessionState::Interrupted:
            return {vmx.string() +
                    " was interrupted and goes on with what its guest has written; at power-off it "
                    "goes back to its snapshot (snapshot.action)"};
        default:
            return {};
    }
}

std::vector<std::string> after_power_off(const fs::path& vmx, const vm::Settings& settings,
                                         Progress& progress) {
    const vm::Config machine = vm::Config::read(vmx);
    const auto tree = vm::SnapshotTree::read(vm::snapshot_list_path(vmx));
    const PowerOffAction action = vm::power_off_action(machine, tree);
    if (action != PowerOffAction::Revert) keep_what_was_written(machine, settings, progress);
    switch (action) {
        case PowerOffAction::Revert:
            try {
                return {go_back(machine, tree, settings, progress)};
            } catch (const Error& error) {
                throw Error{error.code(), vmx.string() +
                                              " is off, and has not gone back to its snapshot "
                                              "(snapshot.action): " +
                                              error.detail()};
            }
        case PowerOffAction::Commit:
            return {vmx.string() +
                    ": snapshot.action = \"autoCommit\" is not supported: its snapshot stays as it "
                    "is, and so does what the guest has written"};
        case PowerOffAction::Ask:
            return {asking_note(machine)};
        case PowerOffAction::Keep:
            break;
    }
    return {};
}

}  // namespace vix::ops
