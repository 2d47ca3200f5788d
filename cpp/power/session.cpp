#include "power/session.h"

#include <unistd.h>

#include "io/files/file.h"
#include "io/files/replacement.h"
#include "io/files/sync.h"
#include "power/domain/domain_identity.h"

namespace fs = boost::filesystem;

namespace vix::power {
namespace {

constexpr const char* kKey = "vix.session";

// The line's value during a run. It contains digits of the .vmx's path: a copy of the machine comes
// without the file beside it. Without the digits that copy would count as an ended run and lose
// data.
std::string mark_of(const fs::path& vmx, vm::PowerOffAction action) {
    const bool reverts = action == vm::PowerOffAction::Revert;
    return (reverts ? "autoRevert-" : "autoCommit-") + digits_for(canonical_path(vmx));
}

}  // namespace

fs::path session_file(const fs::path& vmx) {
    return vmx.parent_path() / (vmx.stem().string() + ".vix-session");
}

Session::Session(const vm::Machine& machine, vm::PowerOffAction action) : machine_{machine} {
    const fs::path& vmx = machine_.path();
    const vm::Durability durability = machine_.settings().durability;
    const fs::path file = session_file(vmx);
    unlink(file.c_str());  // if this fails, the next line fails, too
    { const io::File made = io::File::create(file, 0600); }
    if (durability == vm::Durability::Synced) io::sync_all({file, machine_.folder()});
    machine_.reread();
    format::Dictionary config = machine_.dictionary();
    config.set(kKey, mark_of(vmx, action));
    io::replace_file(vmx, config.to_bytes(), durability);
}

Session::~Session() {
    if (kept_) return;
    try {
        machine_.reread();
        forget_session(machine_);
        unlink(session_file(machine_.path()).c_str());
    } catch (...) {
        // The file stays, so the run counts as interrupted, not as ended.
    }
}

std::optional<vm::PowerOffAction> session_action(const vm::Config& machine) {
    const auto mark = machine.find(kKey);
    if (!mark) return std::nullopt;
    for (const auto action : {vm::PowerOffAction::Revert, vm::PowerOffAction::Commit}) {
        if (*mark == mark_of(machine.path(), action)) return action;
    }
    return std::nullopt;
}

SessionState session_state(const vm::Config& machine) {
    if (!session_action(machine)) return SessionState::None;
    const bool there = io::identity_of(session_file(machine.path())).has_value();
    return there ? SessionState::Interrupted : SessionState::Ended;
}

void forget_session(format::Dictionary& config) {
    config.remove(kKey);
}

void forget_session(const vm::Machine& machine) {
    if (!machine.find(kKey)) return;
    format::Dictionary config = machine.dictionary();
    forget_session(config);
    io::replace_file(machine.path(), config.to_bytes(), machine.settings().durability);
}

}  // namespace vix::power
