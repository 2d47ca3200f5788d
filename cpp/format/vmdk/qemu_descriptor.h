// How QEMU's VMDK driver reads and rewrites a descriptor. The driver searches the text for words
// instead of parsing it. So the same bytes may mean another disk to it, and its first write may cut
// off or join lines. Pure functions; see doc/qemu-writes.md for the experiments.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "format/vmdk/descriptor.h"

namespace vix::format::vmdk {

// QEMU's first write cuts off a descriptor with more bytes than this, unless QEMU has the
// correction of 2025 (Debian's 7.2.22 and 10.0.13 have it; 7.2.0 does not).
inline constexpr std::uint64_t kQemuDescriptorLimit = std::uint64_t{10} << 10;

// Why QEMU reads `text` differently, as the end of a sentence that begins with the file's name;
// empty if it reads the same. `embedded`: QEMU takes the extent from the header and ignores the
// extent lines.
std::optional<std::string> misread_by_qemu(std::string_view text, const Descriptor& descriptor,
                                           bool embedded);

// True if QEMU's write of a new content id changes nothing else in the text's meaning. A text
// longer than kQemuDescriptorLimit survives only a corrected QEMU.
bool survives_qemus_write(std::string_view text, const Descriptor& descriptor);

// True if the text names a change tracking file or has the version of disks with one.
bool tracks_changes(std::string_view text);

// The text without change tracking, at the same length. A comment replaces the line, so a crash
// between two sectors of an embedded descriptor leaves a readable text.
std::string without_change_tracking(std::string_view text);

}  // namespace vix::format::vmdk
