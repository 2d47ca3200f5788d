// How libvirt knows a virtual machine: by a name and a uuid that follow from the path of its .vmx.
// So every process uses the same ones, and libvirt runs a machine only once.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>

namespace vix::power {

// The .vmx without symbolic links and dots. Error VIX_E_VM_NOT_FOUND.
boost::filesystem::path canonical_path(const boost::filesystem::path& vmx);

std::string uuid_for(const boost::filesystem::path& canonical_vmx);

// "<name of the .vmx>-<eight digits>", in characters that libvirt and shells accept.
std::string name_for(const boost::filesystem::path& canonical_vmx);

// The eight hexadecimal digits in the names of the machine's state files.
std::string digits_for(const boost::filesystem::path& canonical_vmx);

// Percent-encodes any bytes for an attribute in a domain's metadata.
std::string encode_text(const std::string& plain);
// The decoded value; nothing if the element has no such attribute. Error VIX_E_INVALID_XML.
std::optional<std::string> attribute_of(const std::string& element, const std::string& name);

// The domain's metadata element that names the .vmx, its encoding, and the path read back from it.
inline constexpr const char* kMetadataNamespace = "urn:x-vmware-vix:machine";
std::string encode_path(const boost::filesystem::path& path);
boost::filesystem::path path_from_metadata(const std::string& element);

// Converts uuid.bios from VMware's form ("56 4d ..-.. ") to the usual one; empty if it is no uuid.
std::string standard_uuid(const std::string& spaced);
// A uuid.bios for a machine without one, and the MAC address that VMware derives from one.
std::string new_bios_uuid();
std::string generated_mac(const std::string& bios_uuid, int offset);

}  // namespace vix::power
