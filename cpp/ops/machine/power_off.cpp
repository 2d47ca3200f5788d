#include "ops/machine/power_off.h"

#include <array>
#include <boost/filesystem/operations.hpp>
#include <ctime>
#include <optional>

#include "base/error.h"
#include "ops/machine/machine_lock.h"
#include "ops/snapshots/snapshot.h"
#include "ops/snapshots/snapshot_limits.h"
#include "power/session.h"
#include "vm/machine/power_off_action.h"
#include "vm/machine/running_mark.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

using vm::PowerOffAction;

// A machine whose last run has ended, with its current snapshot.
class EndedRun {
  public:
    EndedRun(const vm::Machine& machine, Progress& progress)
        : machine_{machine},
          current_{*machine.snapshots().find(machine.snapshots().current())},
          progress_{progress} {}

    std::string revert() {
        const std::string name = current_.display_name;
        revert_to_snapshot(machine_.path(), current_.uid, machine_.settings(), progress_);
        return machine_.path().string() + " was reverted to its snapshot \"" + name +
               "\" (snapshot.action)";
    }

    // Keeps the current snapshot, so no recorded state is lost.
    std::string take() {
        if (is_unchanged()) {
            return machine_.path().string() + " is unchanged since its snapshot \"" +
                   current_.display_name + "\", so no new one was taken (snapshot.action)";
        }
        const std::string name = time_now();
        create_snapshot(machine_, name, "Taken at power-off (snapshot.action)", progress_);
        return machine_.path().string() + " has a new snapshot \"" + name + "\", a child of \"" +
               current_.display_name + "\" (snapshot.action)";
    }

    const vm::Snapshot& snapshot() const { return current_; }

    // Returns why a new snapshot is forbidden, without a check of its disks.
    std::optional<std::string> what_forbids_taking() const {
        try {
            refuse_new_snapshot(machine_);
        } catch (const Error& error) {
            return error.detail();
        }
        return std::nullopt;
    }

  private:
    // If the comparison fails, the machine counts as changed.
    bool is_unchanged() const {
        try {
            return is_unchanged_since(machine_, current_);
        } catch (const Error& error) {
            if (is_exhaustion(error.code())) throw;
            return false;
        }
    }

    static std::string time_now() {
        const std::time_t now = std::time(nullptr);
        std::tm parts{};
        gmtime_r(&now, &parts);
        std::array<char, sizeof "2026-11-29 16:05:12 UTC"> text{};
        const auto length =
            std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts);
        return {text.data(), length};
    }

    const vm::Machine& machine_;
    const vm::Snapshot& current_;
    Progress& progress_;
};

std::string asking_note(const vm::Config& machine) {
    return machine.path().string() +
           ": snapshot.action = \"prompt\" cannot ask the user here, so the guest's changes are "
           "kept";
}

// The run is handled, or the setting has changed since the start. Later starts must ignore it.
void forget_run(const fs::path& vmx, const vm::Settings& settings, Progress& progress) {
    vm::Machine machine = vm::Machine::open(vmx, settings);
    if (power::session_state(machine) == power::SessionState::None) return;
    const MachineLock lock{std::move(machine), progress};
    power::forget_session(lock.machine());
}

std::vector<std::string> at_last(EndedRun& run, PowerOffAction action, const fs::path& vmx,
                                 const vm::Settings& settings, Progress& progress) {
    const std::string why = ", because its last run ended by itself";
    if (action == PowerOffAction::Revert) return {run.revert() + why};
    try {
        std::string note = run.take() + why;
        forget_run(vmx, settings, progress);
        return {std::move(note)};
    } catch (const Error& error) {
        throw Error{error.code(), vmx.string() +
                                      " is not started, because its last run ended by itself and "
                                      "the snapshot of that run cannot be taken (snapshot.action = "
                                      "\"keep\" starts it without the snapshot): " +
                                      error.detail()};
    }
}

std::string interrupted_note(const fs::path& vmx, PowerOffAction action) {
    const bool reverts = action == PowerOffAction::Revert;
    return vmx.string() + " was interrupted, and its guest's changes are kept; at power-off it " +
           (reverts ? "is reverted to its snapshot" : "gets a new snapshot") + " (snapshot.action)";
}

}  // namespace

std::vector<std::string> before_power_on(const fs::path& vmx, const vm::Settings& settings,
                                         Progress& progress) {
    const vm::Machine machine = vm::Machine::open(vmx, settings);
    if (machine.is_encrypted() || vm::running_mark(machine)) return {};
    const PowerOffAction action = vm::power_off_action(machine, machine.snapshots());
    if (action == PowerOffAction::Keep) return {};
    if (action == PowerOffAction::Ask) return {asking_note(machine)};
    EndedRun run{machine, progress};
    if (action == PowerOffAction::Revert) {
        require_revertable(machine, run.snapshot());
    } else if (const auto reason = run.what_forbids_taking()) {
        return {vmx.string() + " gets no new snapshot at power-off (snapshot.action): " + *reason};
    }
    if (machine.is_suspended() || power::session_action(machine) != action) return {};
    if (power::session_state(machine) == power::SessionState::Interrupted) {
        return {interrupted_note(vmx, action)};
    }
    return at_last(run, action, vmx, settings, progress);
}

std::vector<std::string> after_power_off(const fs::path& vmx, const vm::Settings& settings,
                                         Progress& progress) {
    const vm::Machine machine = vm::Machine::open(vmx, settings);
    const PowerOffAction action = vm::power_off_action(machine, machine.snapshots());
    const bool acts = action == PowerOffAction::Revert || action == PowerOffAction::Commit;
    std::vector<std::string> notes;
    if (action == PowerOffAction::Ask) notes = {asking_note(machine)};
    if (acts) {
        const bool reverts = action == PowerOffAction::Revert;
        EndedRun run{machine, progress};
        try {
            notes = {reverts ? run.revert() : run.take()};
        } catch (const Error& error) {
            const char* missing = reverts ? "was not reverted to its snapshot"
                                          : "has no new snapshot; its disks are unchanged";
            throw Error{error.code(), vmx.string() + " is powered off, but " + missing +
                                          " (snapshot.action): " + error.detail()};
        }
    }
    forget_run(vmx, settings, progress);
    return notes;
}

}  // namespace vix::ops
