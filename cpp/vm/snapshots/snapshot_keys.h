// Reads the keys of a .vmsd, grouped by snapshot, and refuses keys that it does not understand: if
// an entry were skipped, nobody would know that its disk is needed. All errors are
// VIX_E_SNAPSHOT_CONFIG with file and line.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "format/dictionary.h"
#include "vm/disks/disk_files.h"

namespace vix::vm {

// Returns "snapshot3.uid".
std::string snapshot_key(std::size_t index, std::string_view name);

// Returns 12 and "uid" for "snapshot12.uid"; nothing for "snapshot.current" and other keys.
std::optional<std::pair<std::size_t, std::string_view>> split_snapshot_key(std::string_view name);

// Returns 3 for "clone3" with the prefix "clone".
std::optional<std::uint64_t> number_behind(std::string_view prefix, std::string_view name);

// Of the keys with which this library marks a snapshot: "snapshot0.vixAwaited0.clone".
inline constexpr std::string_view kAwaitedPrefix = "vixAwaited";
inline constexpr std::string_view kAwaitedClone = ".clone";
inline constexpr std::string_view kAwaitedPlace = ".fileSystem";

// The numbered keys of one snapshot.
struct SnapshotKeys {
    std::map<std::uint64_t, std::string_view> disks;  // by number: the key that names the file
    std::map<std::uint64_t, std::string_view> clones;
    std::map<std::uint64_t, std::string_view> awaited;
};

class SnapshotListText {
  public:
    // `where` is the file's path for messages. Throws the fault that the dictionary reports.
    SnapshotListText(const format::Dictionary& dictionary, std::string where);

    // Returns the keys by index. Throws for a number that is too large or has leading zeros: the
    // entry would be skipped or taken for another.
    std::map<std::size_t, SnapshotKeys> keys() const;
    // Returns 0 if the key is absent or empty. Throws for anything but a number up to 2147483647.
    int number(std::string_view key) const;
    // Throws for a name that is not valid in the file's declared encoding.
    NamedFile file(std::string_view key) const;
    // Returns the values of "cloneOf0", "cloneOf1" ..., without empty ones. The numbers may have
    // gaps.
    std::vector<std::string> numbered(std::string_view name) const;

    [[noreturn]] void refuse(std::string_view key, const std::string& what) const;

  private:
    void add(std::string_view name, std::map<std::size_t, SnapshotKeys>& found) const;

    const format::Dictionary& dictionary_;
    std::string where_;
};

}  // namespace vix::vm
