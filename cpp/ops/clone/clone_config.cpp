#include "ops/clone/clone_config.h"

#include <chrono>
#include <optional>

#include "base/error.h"
#include "base/text.h"
#include "format/xml.h"
#include "io/files/path_map.h"
#include "vm/machine/identity.h"

namespace vix::ops {
namespace {

using format::Dictionary;

// Returns the device of a key like "ethernet0.addressType" or "serial12.fileName"; nothing for
// other keys.
std::optional<std::string> numbered_device(const std::string& key, std::string_view device,
                                           std::string_view suffix) {
    if (!starts_with_ignoring_case(key, device) || key.size() <= device.size() + suffix.size()) {
        return std::nullopt;
    }
    const std::size_t end = key.size() - suffix.size();
    if (!equal_ignoring_case(std::string_view{key}.substr(end), suffix)) return std::nullopt;
    const std::string number = key.substr(device.size(), end - device.size());
    if (number.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
    return key.substr(0, end);
}

// Edits the source's configuration, one pass for each group of related keys.
class Rewriter {
  public:
    Rewriter(const vm::Config& source, const CloneNames& names, const FindFile& find)
        : source_{source}, names_{names}, find_{find}, clone_{source.dictionary()} {}

    Dictionary rewrite() {
        name_files();
        point_disks_to_copies();
        keep_media_reachable();
        forget_identity();
        forget_network_identity();
        forget_state();
        return std::move(clone_);
    }

  private:
    std::string value(const std::string& key) const { return clone_.find(key).value_or(""); }

    void set_if_present(const std::string& key, const std::string& value) {
        if (clone_.find(key)) clone_.set(key, value);
    }

    void name_files() {
        clone_.set("displayName", names_.name);
        if (names_.nvram || clone_.find("nvram")) clone_.set("nvram", names_.name + ".nvram");
        clone_.set("extendedConfigFile", names_.name + ".vmxf");
    }

    void point_disks_to_copies() {
        for (const vm::DiskDevice& device : source_.disks()) {
            const auto copy = names_.disks.find(to_lower(device.node));
            if (copy != names_.disks.end()) clone_.set(device.node + ".fileName", copy->second);
            set_if_present(device.node + ".redo", "");
        }
    }

    // Relative names of images would be invalid in the clone's folder, so they become the path of
    // the source's file. Names of devices and absolute paths, POSIX or Windows, stay. So do the
    // files of serial and parallel ports: each machine writes its own.
    void keep_media_reachable() {
        for (const auto& [key, name] : source_.dictionary().entries()) {
            const auto device = media_device_of(key);
            if (!device || names_.disks.contains(to_lower(*device))) continue;
            const bool relative = !name.empty() && name[0] != '/' && !io::is_windows_path(name);
            if (!relative || !names_a_file(*device, name)) continue;
            clone_.set(key, find_(name).value_or(source_.folder() / name).string());
        }
    }

    static std::optional<std::string> media_device_of(const std::string& key) {
        if (auto node = vm::disk_node_of(key)) return node;
        return numbered_device(key, "floppy", ".fileName");
    }

    bool names_a_file(const std::string& device, const std::string& name) const {
        const std::string type = to_lower(value(device + ".deviceType"));
        if (type == "cdrom-image") return true;
        const std::string file_type = to_lower(value(device + ".fileType"));
        if (file_type == "file") return true;
        if (type == "cdrom-raw" || type == "atapi-cdrom" || file_type == "device") return false;
        const bool is_disk = vm::disk_node_of(device + ".fileName").has_value();
        return !is_disk && find_(name).has_value();
    }

    // VMware fills an empty uuid at the first power-on without asking. Its own clones look the
    // same.
    void forget_identity() {
        set_if_present("uuid.bios", "");
        set_if_present("uuid.location", "");
        clone_.set("vc.uuid", "");
        clone_.set("policy.vm.mvmtid", "");
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(now);
        set_if_present("vm.createDate", std::to_string(microseconds.count()));
        set_if_present("vm.genid", vm::new_generation_id());
        set_if_present("vm.genidX", vm::new_generation_id());
        clone_.remove("templateVM");
    }

    // Without a generated address, power-on derives a new one from the new uuid. Static addresses
    // belong to the user and stay. Addresses that vCenter assigned belong to vCenter, so the clone
    // generates its own.
    void forget_network_identity() {
        for (const auto& [key, ignored] : source_.dictionary().entries()) {
            for (const char* suffix : {".generatedAddress", ".generatedAddressOffset"}) {
                if (numbered_device(key, "ethernet", suffix)) clone_.remove(key);
            }
            const auto adapter = numbered_device(key, "ethernet", ".addressType");
            if (adapter && equal_ignoring_case(value(key), "vpx")) clone_.set(key, "generated");
        }
    }

    // The clone is powered off and owns all its files.
    void forget_state() {
        set_if_present("checkpoint.vmState", "");
        set_if_present("checkpoint.vmState.readOnly", "FALSE");
        set_if_present("cleanShutdown", "TRUE");
        set_if_present("workingDir", ".");
        if (!names_.search_path.empty()) {
            clone_.set("fileSearchPath", names_.search_path);
        } else if (value("fileSearchPath") != ".") {
            clone_.remove("fileSearchPath");
        }
        clone_.remove("sched.swap.derivedName");
        clone_.remove("migrate.hostlog");
        clone_.remove("vix.session");
    }

    const vm::Config& source_;
    const CloneNames& names_;
    const FindFile& find_;
    Dictionary clone_;
};

// As VMware writes it for a new machine.
constexpr const char* kNewVmxf =
    "<?xml version=\"1.0\"?>\n"
    "<Foundry>\n"
    "<VM>\n"
    "<VMId type=\"string\"></VMId>\n"
    "<ClientMetaData>\n"
    "<clientMetaDataAttributes/>\n"
    "<HistoryEventList/></ClientMetaData>\n"
    "<vmxPathName type=\"string\"></vmxPathName></VM></Foundry>\n";

// VMware's have some hundred bytes, and libxml2 takes fifty times a text's size for its tree.
constexpr std::size_t kVmxfLimit = std::size_t{256} << 10;

// The .vmxf with another id and name. Nothing if it is not XML, or has no place for them.
std::optional<std::string> rename_vmxf(const std::string& source, const std::string& name) {
    if (source.size() > kVmxfLimit) return std::nullopt;
    try {
        const format::XmlDocument vmxf{source, "the .vmxf"};
        auto ids = vmxf.find("//VMId");
        auto names = vmxf.find("//vmxPathName");
        if (ids.empty() || names.empty()) return std::nullopt;
        ids.front().set_text(vm::new_vm_id());
        names.front().set_text(name);
        const bool declared = source.starts_with("<?xml");
        return (declared ? "<?xml version=\"1.0\"?>\n" : "") + vmxf.to_text();
    } catch (const Error&) {
        return std::nullopt;
    }
}

}  // namespace

Dictionary clone_config(const vm::Config& source, const CloneNames& names, const FindFile& find) {
    return Rewriter{source, names, find}.rewrite();
}

std::string clone_vmxf(const std::string& source, const std::string& vmx_file_name) {
    auto renamed = rename_vmxf(source, vmx_file_name);
    return renamed ? std::move(*renamed) : rename_vmxf(kNewVmxf, vmx_file_name).value();
}

}  // namespace vix::ops
