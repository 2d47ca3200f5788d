#include "power/saved_state.h"

#include <span>

#include "base/error.h"
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
    const fs::path name = machine.dictionary().find_bytes("checkpoint.vmState").value_or("");
    return name.is_absolute() ? name : machine.folder() / name;
}

SavedState saved_state(const vm::Config& machine) {
    if (!machine.is_suspended()) return SavedState::None;
    const fs::path path = recorded_state_file(machine);
    try {
        const io::File file = io::File::open(path, io::Links::Refuse);
        if (file.size() < kComplete.size()) return SavedState::Incomplete;
        std::string magic(kComplete.size(), '\0');
        file.read_at(0, std::as_writable_bytes(std::span{magic}));
        if (magic == kComplete) return SavedState::Complete;
        return magic == kIncomplete ? SavedState::Incomplete : SavedState::Foreign;
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
    io::replace_file(machine.path(), dictionary.to_bytes(), settings.durability);
}

}  // namespace vix::power
