// What a virtual machine is to libvirt: name and uuid that follow from where its .vmx is, so that
// every process gives it the same ones and libvirt lets it run but once.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>

namespace vix::power {

// The .vmx without links and dots. Error VIX_E_VM_NOT_FOUND.
boost::filesystem::path canonical_path(const boost::filesystem::path& vmx);

std::string uuid_for(const boost::filesystem::path& canonical_vmx);

// "<name of the .vmx>-<eight digits>", of letters that libvirt and shells take.
std::string name_for(const boost::filesystem::path& canonical_vmx);

// The eight hexadecimal digits in the names of its state files.
std::string digits_for(const boost::filesystem::path& canonical_vmx);

// Any bytes as the value of an attribute in a domain's metadata, and back: with percent signs.
std::string encode_text(const std::string& plain);
// Nothing where the element has no such attribute.
std::optional<std::string> attribute_of(const std::string& element, const std::string& name);

// The domain's metadata element that names the .vmx, and the path read back from it.
inline constexpr const char* kMetadataNamespace = "urn:x-vmware-vix:machine";
std::string encode_path(const boost::filesystem::path& path);
boost::filesystem::path path_from_metadata(const std::string& element);

// uuid.bios as VMware writes it ("56 4d ..-.. "), as other programs write it; empty if it is none.
std::string standard_uuid(const std::string& spaced);
// A uuid.bios for a machine that has none yet, and the address VMware derives from one.
std::string new_bios_uuid();
std::string generated_mac(const std::string& bios_uuid, int offset);

}  // namespace vix::power
