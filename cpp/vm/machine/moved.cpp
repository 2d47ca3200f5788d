#include "vm/machine/moved.h"

#include <algorithm>
#include <boost/filesystem/operations.hpp>

#include "base/text.h"
#include "io/files/path_map.h"

namespace fs = boost::filesystem;

namespace vix::vm {
namespace {

// No real path is deeper. Bounds the cost of a hostile name.
constexpr std::size_t kMaxDepth = 64;

// Returns the names in an absolute path, without its root; nothing for any other path.
std::vector<std::string> names_of(const std::string& path) {
    const bool windows = io::is_windows_path(path);
    if (!windows && (path.empty() || path.front() != '/')) return {};
    if (path.find('\0') != std::string::npos) return {};
    std::vector<std::string> names;
    const char* const separators = windows ? "/\\" : "/";
    for (std::size_t begin = windows && path[1] == ':' ? 2 : 0; begin < path.size();) {
        const std::size_t end = std::min(path.find_first_of(separators, begin), path.size());
        const std::string name = path.substr(begin, end - begin);
        if (name == "..") return {};
        if (!name.empty() && name != ".") names.push_back(name);
        begin = end + 1;
    }
    if (names.size() > kMaxDepth) return {};
    return names;
}

// A path that cannot be checked counts as existing.
bool is_there(const fs::path& path) {
    boost::system::error_code ignored;
    return fs::symlink_status(path, ignored).type() != fs::file_not_found;
}

fs::path place_below(const fs::path& folder, const std::vector<std::string>& names,
                     std::size_t first, bool windows) {
    std::string rest;
    for (std::size_t i = first; i < names.size(); ++i) {
        if (!rest.empty()) rest += '/';
        rest += names[i];
    }
    return windows ? io::follow_windows_names(folder, rest) : folder / rest;
}

// A relative path: the steps up, then the names down.
struct Way {
    std::size_t up = 0;
    std::vector<std::string> down;
};

Way way_from(const std::vector<std::string>& from, const std::vector<std::string>& to, bool fold) {
    const auto same = [&](const std::string& a, const std::string& b) {
        return fold ? fold_case(a) == fold_case(b) : a == b;
    };
    const auto [left, right] = std::mismatch(from.begin(), from.end(), to.begin(), to.end(), same);
    Way way{static_cast<std::size_t>(from.end() - left), {right, to.end()}};
    if (fold) {
        for (std::string& name : way.down) name = fold_case(name);
    }
    return way;
}

}  // namespace

std::vector<fs::path> moved_places(const std::string& named, const fs::path& folder) {
    std::vector<fs::path> places;
    const bool windows = io::is_windows_path(named);
    const std::vector<std::string> names = names_of(named);
    std::size_t depth = 0;
    for (fs::path root = folder; !root.empty() && depth < kMaxDepth; ++depth) {
        for (std::size_t first = 0; first < names.size(); ++first) {
            fs::path place = place_below(root, names, first, windows);
            if (is_there(place)) places.push_back(std::move(place));
        }
        if (root == root.parent_path()) break;
        root = root.parent_path();
    }
    return places;
}

bool is_same_way(const std::string& old_from, const std::string& old_to, const fs::path& from,
                 const fs::path& to) {
    const bool windows = io::is_windows_path(old_from);
    const auto before_from = names_of(old_from);
    const auto before_to = names_of(old_to);
    if (before_from.empty() || before_to.empty() || windows != io::is_windows_path(old_to)) {
        return false;
    }
    const Way before = way_from(before_from, before_to, windows);
    const Way now = way_from(names_of(from.string()), names_of(to.string()), windows);
    return before.up == now.up && before.down == now.down;
}

}  // namespace vix::vm
