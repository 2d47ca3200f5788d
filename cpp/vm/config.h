// A .vmx as a virtual machine's configuration: which disks, which files, what it is called.
#pragma once

#include <boost/filesystem/path.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "format/dictionary.h"
#include "vm/disk_files.h"

namespace vix::vm {

// A disk that the configuration attaches.
struct DiskDevice {
    std::string node;  // "scsi0:0", as spelled in the file
    NamedFile file;
};

class Config {
  public:
    // What is larger is no configuration; the data of an encrypted one are some KiB.
    static constexpr std::uint64_t kMostBytes = std::uint64_t{16} << 20;

    // Errors: VIX_E_VM_NOT_FOUND, VIX_E_FILE_ACCESS_ERROR, and VIX_E_CANNOT_READ_VM_CONFIG with the
    // line where the text cannot be understood: what VMware refuses, a word that is neither TRUE
    // nor FALSE where a disk is switched on, a file's name that means nothing in the file's
    // encoding.
    static Config read(const boost::filesystem::path& vmx);
    // The same of a text that is kept in `where`: what it names is sought from where the .vmx is.
    static Config parse(const boost::filesystem::path& vmx, const std::string& bytes,
                        const boost::filesystem::path& where);

    // For who must know what another machine may need: reads on where parse() refuses, and never
    // fails. Nothing is to be changed or started by what it gives. fault() is the detail with which
    // parse() refuses; then names_in_broken_text() tells what else the text may name.
    static Config parse_leniently(const boost::filesystem::path& vmx, const std::string& bytes);
    const std::optional<std::string>& fault() const { return fault_; }

    const boost::filesystem::path& path() const { return path_; }
    boost::filesystem::path folder() const { return path_.parent_path(); }
    const format::Dictionary& dictionary() const { return dictionary_; }

    std::optional<std::string> find(const std::string& name) const;
    // Whether a device and its controller are switched on. One without a line of its own is off; a
    // controller without one counts as on.
    bool is_attached(const std::string& node) const;
    // True for "TRUE" in any case; false for everything else and where the key is absent.
    bool is_true(const std::string& name) const;
    long number(const std::string& name, long fallback) const;

    std::string display_name() const;
    bool is_encrypted() const;
    bool is_template() const { return is_true("templateVM"); }
    bool is_suspended() const;

    // Present hard disks, in the order of the file. A physical SCSI device is none.
    std::vector<DiskDevice> disks() const;
    // Every disk file that is named, also by a device that is switched off or whose controller is,
    // and, in a text that was read leniently, by each of several lines for one node.
    std::vector<DiskDevice> all_disks() const;

    // Where files are looked for that are not where a name says: the folder, workingDir,
    // fileSearchPath.
    std::vector<boost::filesystem::path> search_folders(const Settings& settings) const;

    // Where the file is that the key names, or, where the key is absent, that is called like the
    // .vmx with `extension`. Nothing if nothing is there; what is there need not be a plain file.
    std::optional<boost::filesystem::path> companion(const std::string& key,
                                                     const std::string& extension,
                                                     const Settings& settings) const;

  private:
    void check(const std::string& bytes, const boost::filesystem::path& where) const;

    Config(boost::filesystem::path path, format::Dictionary dictionary)
        : path_{std::move(path)}, dictionary_{std::move(dictionary)} {}

    boost::filesystem::path path_;
    format::Dictionary dictionary_;
    std::optional<std::string> fault_;
};

// "scsi0:0" of "scsi0:0.fileName"; nothing for other keys. Any case.
std::optional<std::string> disk_node_of(const std::string& key);

}  // namespace vix::vm
