#include "ops/clone/encrypted_source.h"

#include "base/error.h"
#include "ops/machine/machine_lock.h"

namespace vix::ops {

void refuse_encrypted_parts(const vm::Config& source, bool of_snapshot) {
    refuse_fully_encrypted(source);
    if (of_snapshot) {
        refuse_encrypted(source,
                         "the state of its snapshots cannot be read. Clone its current state "
                         "instead");
    }
    if (source.is_suspended()) {
        refuse_encrypted(source,
                         "it is suspended, and the state of its TPM is in its encrypted memory. "
                         "Resume it and shut it down, then clone it");
    }
}

void require_tpm_state(const vm::MachineState& source) {
    if (source.machine.encryption() != vm::Encryption::Partial) return;
    if (source.nvram && !source.nvram->empty()) return;
    throw Error{VIX_E_FILE_NOT_FOUND,
                source.machine.path().string() +
                    " is encrypted for its TPM, and the file with the TPM's state is missing or "
                    "empty: " +
                    source.machine.find("nvram").value_or("its .nvram")};
}

std::vector<std::string> notes_of_encryption(const vm::Config& source,
                                             const boost::filesystem::path& clone) {
    if (source.encryption() != vm::Encryption::Partial) return {};
    return {clone.string() +
            " has the password of its source, and the same TPM with its secrets "
            "and its endorsement key"};
}

}  // namespace vix::ops
