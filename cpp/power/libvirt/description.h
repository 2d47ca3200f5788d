// Reads libvirt's XML: its description of a domain, and its capabilities. Error VIX_E_INVALID_XML
// if a text is not XML.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "format/xml.h"
#include "power/disks/image_server.h"

namespace vix::power {

// A domain's description, as libvirt wrote it.
format::XmlDocument parse_description(const std::string& xml);

std::string described_uuid(const format::XmlDocument& description);
// In bytes; 0 if its unit is neither KiB nor MiB.
std::uint64_t described_memory(const format::XmlDocument& description);
// Whether the guest's end of the agent's channel is open.
bool agent_is_connected(const format::XmlDocument& description);

// The request for a snapshot of the memory alone, into the file: the image server, which exports
// the disks, takes theirs. Error VIX_E_SNAPSHOT_CHECKPOINT if XML cannot hold the file's name.
std::string memory_snapshot(const std::string& file, const format::XmlDocument& description);

// Both parse <host> of libvirt's capabilities. The owner is the user that QEMU runs as, nothing if
// that is `user`. The security drivers exclude plain ownership (dac).
std::optional<Owner> qemu_owner(const std::string& capabilities, uid_t user);
std::vector<std::string> security_drivers(const std::string& capabilities);

}  // namespace vix::power
