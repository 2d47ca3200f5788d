#include "vm/machine/power_off_action.h"

#include "base/error.h"
#include "base/text.h"

namespace vix::vm {

PowerOffAction power_off_action(const Config& machine, const SnapshotTree& tree) {
    // The state of an encrypted machine's snapshots can be neither read nor written.
    if (machine.is_encrypted()) return PowerOffAction::Keep;
    if (tree.find(tree.current()) == nullptr) return PowerOffAction::Keep;
    const std::string text = machine.find("snapshot.action").value_or("");
    const std::string action{trim(text)};
    if (action.empty() || equal_ignoring_case(action, "keep")) return PowerOffAction::Keep;
    if (equal_ignoring_case(action, "autoRevert")) return PowerOffAction::Revert;
    if (equal_ignoring_case(action, "autoCommit")) return PowerOffAction::Commit;
    if (equal_ignoring_case(action, "prompt")) return PowerOffAction::Ask;
    throw Error{VIX_E_CANNOT_READ_VM_CONFIG,
                machine.path().string() + ": snapshot.action = \"" + text +
                    "\" is unknown. Set it to keep, autoRevert, autoCommit or prompt"};
}

}  // namespace vix::vm
