#include "power/saved_state.h"

#include <span>

#include "base/error.h"
#include "base/text.h"
#include "io/file.h"
#include "io/replacement.h"
#include "power/identity.h"

namespace fs = boost::filesystem;

namespace vix::power {
namespace {

constexpr std::string_view kComplete = "LibvirtQemudSave";
constexpr std::string_view kIncomplete = "LibvirtQemudPart";

}  // namespace

fs::path state_file_for(const fs::path& canonical_vmx) {
    return canonical_vmx.parent_path() /
           (canonical_vmx.stem().string() + '-' + digits_for(canonical_vmx) + ".vmss");
}

fs::path recorded_state_file(const vm::Config& machine) {
    fs::path name = machine.dictionary().find_bytes("checkpoint.vmState").value_or("");
    if (is_state_of_snapshot(machine)) name.replace_extension(".vmem");
    return name.is_absolute() ? name : machine.folder() / name;
}

bool is_state_of_snapshot(const vm::Config& machine) {
    const fs::path name = machine.find("checkpoint.vmState").value_or("");
    return equal_ignoring_case(name.extension().string(), ".vmsn");
}

SavedState saved_state(const fs::path& path) {
    const io::File file = io::File::open(path, io::Links::Refuse);
    if (file.size() < kComplete.size()) return SavedState::Incomplete;
    std::string magic(kComplete.size(), '\0');
    file.read_at(0, std::as_writable_bytes(std::span{magic}));
    if (magic == kComplete) return SavedState::Complete;
    return magic == kIncomplete ? SavedState::Incomplete : SavedState::Foreign;
}

SavedState saved_state(const vm::Config& machine) {
    if (!machine.is_suspended()) return SavedState::None;
    const fs::path path = recorded_state_file(machine);
    try {
        return saved_state(path);
    } catch (const Error& error) {
        // Ours is recorded before it is written.
        const bool ours = path == state_file_for(canonical_path(machine.path()));
        if (error.code() == VIX_E_FILE_NOT_FOUND && ours) return SavedState::Incomplete;
        throw;
    }
}

void record_state(const vm::Config& machine, const std::string& name,
                  const vm::Settings& settings) {
    format::Dictionary dictionary = machine.dictionary();
    dictionary.set("checkpoint.vmState", name);
    if (dictionary.find("checkpoint.vmState.readOnly")) {
        dictionary.set("checkpoint.vmState.readOnly", "FALSE");
    }
    io::replace_file(machine.path(), dictionary.to_bytes(), settings.durability);
}

}  // namespace vix::power
