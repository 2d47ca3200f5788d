#include "ops/machine/machine_lock.h"

#include "base/error.h"
#include "ops/machine/pending.h"
#include "vm/machine/machine.h"
#include "vm/machine/working_folder.h"
#include "vm/snapshots/snapshot_tree.h"

namespace vix::ops {
namespace {

// Runs before the lock is requested, so that a call does not wait for a running machine.
const boost::filesystem::path& not_running(const boost::filesystem::path& vmx,
                                           const vm::Settings& settings) {
    const vm::Config machine = vm::Config::read(vmx);
    refuse_running(machine, settings);
    vm::refuse_list_elsewhere(machine, settings);
    return vmx;
}

}  // namespace

void refuse_running(const vm::Config& machine, const vm::Settings& settings) {
    if (const auto holder = vm::running_mark(machine, settings)) {
        throw Error{VIX_E_VM_IS_RUNNING, machine.path().string() + " is in use: " + *holder};
    }
}

void refuse_encrypted(const vm::Config& machine) {
    if (!machine.is_encrypted()) return;
    throw Error{VIX_E_NEED_KEY,
                machine.path().string() + " is encrypted and can only be opened with its password"};
}

MachineLock::MachineLock(const boost::filesystem::path& vmx, const vm::Settings& settings,
                         Progress& waiting, std::chrono::milliseconds patience)
    : machine_{not_running(vmx, settings), io::LockKind::Exclusive, {patience, &waiting}},
      snapshots_{vmx.parent_path(),
                 io::LockKind::Exclusive,
                 {patience, &waiting},
                 vm::snapshot_list_path(vmx)} {
    Pending::take_up(vmx, settings);
}

void tidy_up_if_free(const boost::filesystem::path& vmx, const vm::Settings& settings) noexcept {
    constexpr std::chrono::milliseconds kShort{200};
    try {
        Progress quiet;
        if (!Pending::is_due(vmx)) return;
        const MachineLock tidies{vmx, settings, quiet, kShort};
    } catch (...) {
        // The next call recovers.
    }
}

SnapshotHold::SnapshotHold(const boost::filesystem::path& vmx, Progress& waiting)
    : guard_{vmx.parent_path(),
             io::LockKind::Shared,
             {kPatience, &waiting},
             vm::snapshot_list_path(vmx)} {}

}  // namespace vix::ops
