// A temporary folder that vanishes with the test, and helpers to read folders.
#pragma once

#include <boost/filesystem/path.hpp>
#include <map>
#include <string>
#include <string_view>

namespace vix::testing {

namespace fs = boost::filesystem;

class TempFolder {
  public:
    TempFolder();
    ~TempFolder();
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;

    const fs::path& path() const { return path_; }
    fs::path operator/(std::string_view name) const { return path_ / std::string{name}; }

    // Writes a file, creating its folders, and returns its path.
    fs::path write(std::string_view name, std::string_view bytes) const;

  private:
    fs::path path_;
};

void write_file(const fs::path& path, std::string_view bytes);
std::string read_file(const fs::path& path);

// Everything below `folder`: relative path -> content; folders as "name/" -> "". Equal maps mean
// equal trees.
std::map<std::string, std::string> tree_of(const fs::path& folder);

// The sorted names in `folder`, separated by blanks: "a.vmdk a.vmx".
std::string names_in(const fs::path& folder);

}  // namespace vix::testing
