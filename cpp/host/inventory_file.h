// VMware Workstation's library, inventory.vmls: entries `vmlistN` of machines and folders, and the
// search index beside them. Editing changes values only; everything that is not about the machine
// that is added or removed stays as it is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "format/dictionary.h"

namespace vix::host {

// What the library keeps of a machine.
struct InventoryEntry {
    std::string vmx;  // absolute, UTF-8
    std::string display_name;
    std::string config_version;  // of the .vmx; empty: not known
    std::string uuid;            // the machine's uuid.bios; empty: it has none yet
    bool linked_clone = false;
};

class InventoryFile {
  public:
    // `where` is the file's name for messages. Error VIX_E_FILE_ERROR: a line that cannot be
    // understood could be a machine's.
    static InventoryFile parse(std::string_view bytes, const std::string& where);
    std::string to_bytes() const { return dictionary_.to_bytes(); }

    // The .vmx paths of all machines as they stand in the file, in its order, each once.
    std::vector<std::string> machines() const;

    // At the end of the library, in no folder.
    void add(const InventoryEntry& entry);
    // Every entry of exactly that path.
    void remove(const std::string& vmx);

  private:
    explicit InventoryFile(format::Dictionary dictionary) : dictionary_{std::move(dictionary)} {}

    void add_to_list(const InventoryEntry& entry);
    void add_to_index(const InventoryEntry& entry);

    format::Dictionary dictionary_;
};

}  // namespace vix::host
