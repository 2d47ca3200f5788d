#include "power/saved_state.h"

#include <span>

#include "base/error.h"
#include "base/text.h"
#include "io/files/file.h"
#include "io/files/replacement.h"
#include "io/files/same_file.h"
#include "power/domain/domain_identity.h"
#include "vm/machine/working_folder.h"

namespace fs = boost::filesystem;

namespace vix::power {
namespace {

constexpr std::string_view kComplete = "LibvirtQemudSave";
constexpr std::string_view kIncomplete = "LibvirtQemudPart";

void set_state(format::Dictionary& dictionary, const std::string& name) {
    dictionary.set("checkpoint.vmState", name);
    if (dictionary.find("checkpoint.vmState.readOnly")) {
        dictionary.set("checkpoint.vmState.readOnly", "FALSE");
    }
}

}  // namespace

fs::path state_file_for(const vm::Machine& machine) {
    const fs::path vmx = canonical_path(machine.path());
    return vm::working_folder(machine) / (vmx.stem().string() + '-' + digits_for(vmx) + ".vmss");
}

std::string name_from(const vm::Config& machine, const fs::path& file) {
    const bool here = io::is_same_file(file.parent_path(), machine.folder());
    return here ? file.filename().string() : file.string();
}

bool is_own_elsewhere(const fs::path& file, const vm::Config& machine) {
    const std::string digits = '-' + digits_for(canonical_path(machine.path()));
    const std::string name = file.filename().string();
    const auto at = name.rfind(digits);
    if (!file.is_absolute() || at == std::string::npos) return false;
    const std::string rest = name.substr(at + digits.size());
    return rest.empty() || rest[0] == '.' || rest.starts_with("-Snapshot");
}

fs::path recorded_state_file(const vm::Machine& machine) {
    const vm::NamedFile name{machine.find("checkpoint.vmState").value_or(""),
                             machine.dictionary().find_bytes("checkpoint.vmState").value_or("")};
    fs::path file = vm::state_place(name, machine);
    if (is_state_of_snapshot(machine)) file.replace_extension(".vmem");
    return file;
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

SavedState saved_state(const vm::Machine& machine) {
    if (!machine.is_suspended()) return SavedState::None;
    const fs::path path = recorded_state_file(machine);
    try {
        return saved_state(path);
    } catch (const Error& error) {
        // Our own state is recorded before it is written, so a crash can leave it missing.
        const bool missing = error.code() == VIX_E_FILE_NOT_FOUND;
        const bool ours = missing && path == state_file_for(machine);
        if (ours) return SavedState::Incomplete;
        throw;
    }
}

void record_state(const vm::Machine& machine, const std::string& name) {
    format::Dictionary dictionary = machine.dictionary();
    set_state(dictionary, name);
    io::replace_file(machine.path(), dictionary.to_bytes(), machine.settings().durability);
}

void record_start(const vm::Machine& machine) {
    format::Dictionary dictionary = machine.dictionary();
    if (machine.is_suspended()) set_state(dictionary, "");
    dictionary.set(kCleanShutdown, "FALSE");
    const std::string bytes = dictionary.to_bytes();
    if (bytes == machine.dictionary().to_bytes()) return;
    io::replace_file(machine.path(), bytes, machine.settings().durability);
}

}  // namespace vix::power
