// A descriptor as QEMU's VMDK driver understands and rewrites it. The driver searches the text for
// words instead of parsing it, so the same bytes may mean another disk to it than to us, and its
// first write may cut off or join lines. Pure; see doc/qemu-writes.md for the experiments.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "format/vmdk/descriptor.h"

namespace vix::format::vmdk {

// A descriptor with more bytes than this is cut off by QEMU's first write, unless that QEMU has the
// correction of 2025 (Debian's 7.2.22 and 10.0.13 have it; 7.2.0 has not).
inline constexpr std::uint64_t kQemuDescriptorLimit = std::uint64_t{10} << 10;

// Why QEMU reads something else in `text` than we read, as the end of a sentence that begins with
// the file's name; nothing if it reads the same. `embedded`: it takes the extent from the header
// and ignores the extent lines.
std::optional<std::string> misread_by_qemu(std::string_view text, const Descriptor& descriptor,
                                           bool embedded);

// Whether the text still says the same, but for the content id, after QEMU has put in a new one.
// A text longer than kQemuDescriptorLimit survives only a corrected QEMU's.
bool survives_qemus_write(std::string_view text, const Descriptor& descriptor);

// Whether the text names a file of changed areas, or says the version of disks that have one.
bool tracks_changes(std::string_view text);

// The text of the same length without change tracking. In place of the line there is a comment, so
// a crash between two sectors of an embedded descriptor leaves a text that can be read.
std::string without_change_tracking(std::string_view text);

}  // namespace vix::format::vmdk
