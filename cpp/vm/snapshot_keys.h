// The keys of a .vmsd, sorted by snapshot, and the refusal of what cannot be understood: nobody
// would know that the disk of a skipped entry is needed. All errors are VIX_E_SNAPSHOT_CONFIG with
// file and line.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "format/dictionary.h"
#include "vm/disk_files.h"

namespace vix::vm {

// "snapshot3.uid"
std::string snapshot_key(std::size_t index, std::string_view name);

// "snapshot12.uid" -> 12 and "uid"; nothing for "snapshot.current" and other keys.
std::optional<std::pair<std::size_t, std::string_view>> split_snapshot_key(std::string_view name);

// 3 of "clone3" behind "clone".
std::optional<std::uint64_t> number_behind(std::string_view prefix, std::string_view name);

// The keys of one snapshot that come in any number.
struct SnapshotKeys {
    std::map<std::uint64_t, std::string_view> disks;  // by number: what names the file
    std::map<std::uint64_t, std::string_view> clones;
};

class SnapshotListText {
  public:
    // `where` is the file's name for messages. Error: a fault that the dictionary reports.
    SnapshotListText(const format::Dictionary& dictionary, std::string where);

    // By index. Error: a number that is too large or has zeros in front, since it would be passed
    // over or taken for another.
    std::map<std::size_t, SnapshotKeys> keys() const;
    // 0 where the key is absent or empty. Error: anything but a number up to 2147483647.
    int number(std::string_view key) const;
    // Error: a name that means nothing in the encoding that the file declares.
    NamedFile file(std::string_view key) const;
    // The values of "cloneOf0", "cloneOf1" ..., also behind a gap, without empty ones.
    std::vector<std::string> numbered(std::string_view name) const;

    [[noreturn]] void refuse(std::string_view key, const std::string& what) const;

  private:
    void add(std::string_view name, std::map<std::size_t, SnapshotKeys>& found) const;

    const format::Dictionary& dictionary_;
    std::string where_;
};

}  // namespace vix::vm
