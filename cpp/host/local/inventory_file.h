// VMware Workstation's library, inventory.vmls: entries `vmlistN` for machines and folders, and the
// search index. An edit changes only values about the machine that is added or removed; everything
// else stays byte for byte.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "format/dictionary.h"

namespace vix::host {

// What the library stores about a machine.
struct InventoryEntry {
    std::string vmx;  // absolute, UTF-8
    std::string display_name;
    std::string config_version;  // of the .vmx; empty if unknown
    std::string uuid;            // the machine's uuid.bios; empty if it has none yet
    bool linked_clone = false;
};

class InventoryFile {
  public:
    // `where` is the file's name for messages. Throws VIX_E_FILE_ERROR for a malformed or duplicate
    // line, because it could describe a machine.
    static InventoryFile parse(std::string_view bytes, const std::string& where);
    std::string to_bytes() const { return dictionary_.to_bytes(); }

    // The .vmx paths of all machines, spelt as in the file and in its order, each once.
    std::vector<std::string> machines() const;

    // Adds the machine at the end of the library, outside all folders.
    void add(const InventoryEntry& entry);
    // Removes every entry with exactly that path.
    void remove(const std::string& vmx);

  private:
    explicit InventoryFile(format::Dictionary dictionary) : dictionary_{std::move(dictionary)} {}

    void add_to_list(const InventoryEntry& entry);
    void add_to_index(const InventoryEntry& entry);

    format::Dictionary dictionary_;
};

}  // namespace vix::host
