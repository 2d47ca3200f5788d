// Reads a .vmx as the configuration of a virtual machine: its disks, its files, its settings. A
// Config is a value; nothing here writes a file.
#pragma once

#include <boost/filesystem/path.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "format/dictionary.h"
#include "vm/disks/disk_files.h"

namespace vix::vm {

// How much of a machine is encrypted. Partial: what its TPM needs alone, and the .vmx and the disks
// can be read. VMware makes such machines for Windows 11.
enum class Encryption { None, Partial, Full };

// A disk that the configuration attaches.
struct DiskDevice {
    std::string node;  // "scsi0:0", as spelled in the file
    NamedFile file;
    bool independent = false;  // its mode begins with "independent": snapshots leave it out
};

class Config {
  public:
    // Larger files are no configuration. Even the data of an encrypted one takes only some KiB.
    static constexpr std::uint64_t kMostBytes = std::uint64_t{16} << 20;

    // Throws VIX_E_VM_NOT_FOUND, VIX_E_FILE_ACCESS_ERROR, or VIX_E_CANNOT_READ_VM_CONFIG with the
    // line for:
    // - a line that VMware refuses,
    // - a value other than TRUE and FALSE where a disk is attached,
    // - a file name that is not valid in the file's encoding.
    static Config read(const boost::filesystem::path& vmx);
    // The same for a text that was read from `where`, such as a snapshot state. Relative names in
    // it refer to the folder of the .vmx.
    static Config parse(const boost::filesystem::path& vmx, const std::string& bytes,
                        const boost::filesystem::path& where);

    // Serves callers that must know what another machine may need: continues where parse() refuses,
    // and throws only if memory runs out. Do not change or start a machine by its result. fault()
    // is the detail that parse() would throw; if it is set, names_in_broken_text() returns further
    // names.
    static Config parse_leniently(const boost::filesystem::path& vmx, const std::string& bytes);
    const std::optional<std::string>& fault() const { return fault_; }

    const boost::filesystem::path& path() const { return path_; }
    boost::filesystem::path folder() const { return path_.parent_path(); }
    // As in chmod, of the .vmx when it was read; 0 for a text that was only parsed.
    unsigned permissions() const { return permissions_; }
    const format::Dictionary& dictionary() const { return dictionary_; }

    std::optional<std::string> find(const std::string& name) const;
    // True if the device and its controller are attached. A device without a .present line is
    // detached; a controller without one counts as present.
    bool is_attached(const std::string& node) const;
    // True for "TRUE" in any case; false for any other value and for an absent key.
    bool is_true(const std::string& name) const;
    long number(const std::string& name, long fallback) const;

    std::string display_name() const;
    Encryption encryption() const;
    bool is_encrypted() const { return encryption() != Encryption::None; }
    bool is_template() const { return is_true("templateVM"); }
    bool is_suspended() const;

    // Attached hard disks in the order of the file. A SCSI pass-through device is not a disk.
    std::vector<DiskDevice> disks() const;
    // Every disk file that is named, including those of detached devices and controllers. In a text
    // that was parsed leniently a node can have several lines; each of them counts.
    std::vector<DiskDevice> all_disks() const;

  protected:
    // Reads the file again, and parses it if it has changed. Throws as read().
    void reread();

  private:
    void check(const std::string& bytes, const boost::filesystem::path& where) const;

    Config(boost::filesystem::path path, format::Dictionary dictionary)
        : path_{std::move(path)}, dictionary_{std::move(dictionary)} {}

    boost::filesystem::path path_;
    format::Dictionary dictionary_;
    unsigned permissions_ = 0;
    std::optional<std::string> fault_;
};

// Returns "scsi0:0" for "scsi0:0.fileName" in any case; nothing for other keys.
std::optional<std::string> disk_node_of(const std::string& key);

}  // namespace vix::vm
