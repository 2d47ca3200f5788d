#include "testing/process/temp_folder.h"

#include <boost/filesystem/directory.hpp>
#include <boost/filesystem/operations.hpp>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace vix::testing {

TempFolder::TempFolder()
    : path_{fs::canonical(fs::temp_directory_path()) / fs::unique_path("vix-test-%%%%%%%%%%%%")} {
    fs::create_directory(path_);
}

TempFolder::~TempFolder() {
    boost::system::error_code ignored;
    fs::remove_all(path_, ignored);
}

fs::path TempFolder::write(std::string_view name, std::string_view bytes) const {
    fs::path path = path_ / std::string{name};
    fs::create_directories(path.parent_path());
    write_file(path, bytes);
    return path;
}

void write_file(const fs::path& path, std::string_view bytes) {
    std::ofstream file{path.string(), std::ios::binary | std::ios::trunc};
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file) throw std::runtime_error{"cannot write " + path.string()};
}

std::string read_file(const fs::path& path) {
    std::ifstream file{path.string(), std::ios::binary};
    std::stringstream bytes;  // copies whole blocks, even from files in /proc, which have no size
    if (file.peek() != std::ifstream::traits_type::eof()) bytes << file.rdbuf();
    if (file.bad() || !file.is_open()) throw std::runtime_error{"cannot read " + path.string()};
    return std::move(bytes).str();
}

std::map<std::string, std::string> tree_of(const fs::path& folder) {
    std::map<std::string, std::string> tree;
    for (const auto& entry : fs::recursive_directory_iterator{folder}) {
        const std::string name = entry.path().lexically_relative(folder).string();
        if (fs::is_directory(entry.symlink_status())) {
            tree[name + '/'] = {};
        } else {
            tree[name] = read_file(entry.path());
        }
    }
    return tree;
}

std::string names_in(const fs::path& folder) {
    std::map<std::string, int> sorted;
    for (const auto& entry : fs::directory_iterator{folder}) {
        sorted[entry.path().filename().string()] = 0;
    }
    std::string names;
    for (const auto& [name, ignored] : sorted) names += (names.empty() ? "" : " ") + name;
    return names;
}

}  // namespace vix::testing
