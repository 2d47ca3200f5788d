#include "ops/machine/machine_lock.h"

#include <utility>

#include "base/error.h"
#include "ops/machine/pending.h"
#include "vm/machine/running_mark.h"
#include "vm/machine/working_folder.h"

namespace vix::ops {
namespace {

// Runs before the lock is requested, so that a call does not wait for a running machine.
const boost::filesystem::path& not_running(const vm::Machine& machine) {
    refuse_running(machine);
    vm::refuse_list_elsewhere(machine);
    return machine.path();
}

}  // namespace

void refuse_running(const vm::Machine& machine) {
    if (const auto holder = vm::running_mark(machine)) {
        throw Error{VIX_E_VM_IS_RUNNING, machine.path().string() + " is in use: " + *holder};
    }
}

void refuse_fully_encrypted(const vm::Config& machine) {
    if (machine.encryption() != vm::Encryption::Full) return;
    throw Error{VIX_E_NEED_KEY, machine.path().string() +
                                    " is encrypted as a whole, and this library cannot decrypt it"};
}

void refuse_encrypted(const vm::Config& machine, const std::string& why_partial) {
    refuse_fully_encrypted(machine);
    if (machine.encryption() == vm::Encryption::None) return;
    throw Error{
        VIX_E_NEED_KEY,
        machine.path().string() + " is encrypted for its TPM (vmx.encryptionType): " + why_partial};
}

MachineLock::MachineLock(const boost::filesystem::path& vmx, const vm::Settings& settings,
                         Progress& waiting, std::chrono::milliseconds patience)
    : MachineLock{vm::Machine::open(vmx, settings), waiting, patience} {}

MachineLock::MachineLock(vm::Machine machine, Progress& waiting, std::chrono::milliseconds patience)
    : machine_{std::move(machine)},
      lock_{not_running(machine_), io::LockKind::Exclusive, {patience, &waiting}},
      snapshots_{machine_.folder(),
                 io::LockKind::Exclusive,
                 {patience, &waiting},
                 machine_.snapshot_list_path()} {
    machine_.reread();
    Pending::take_up(machine_);
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

ReadHold::ReadHold(const boost::filesystem::path& file, Progress& waiting) {
    try {
        lock_.emplace(file, io::LockKind::Shared, io::Patience{kPatience, &waiting});
    } catch (const Error& error) {
        const bool in_use =
            error.code() == VIX_E_FILE_ALREADY_LOCKED || error.code() == VIX_E_CANCELLED;
        if (in_use) throw;
    }
}

SnapshotHold::SnapshotHold(const boost::filesystem::path& vmx, Progress& waiting,
                           std::chrono::milliseconds patience)
    : guard_{vmx.parent_path(),
             io::LockKind::Shared,
             {patience, &waiting},
             vm::snapshot_list_path(vmx)} {}

ListHold::ListHold(const boost::filesystem::path& vmx, Progress& waiting,
                   std::chrono::milliseconds patience)
    : guard_{vmx, io::LockKind::Exclusive, {patience, &waiting}, vmx.string() + ".list"} {}

}  // namespace vix::ops
