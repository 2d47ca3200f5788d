// A streamOptimized extent as bytes: compressed grains between markers, tables and directory behind
// them, a footer with the directory's place at the end. Or, without markers and footer, the older
// form: compressed grains alone, the directory named in the header.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "testing/image.h"

namespace vix::testing {

struct StreamImage {
    std::uint64_t capacity = 1024;
    std::uint64_t grain_sectors = 128;
    bool markers = true;
    std::string descriptor;
    std::map<std::uint64_t, char> grains;  // number -> fill

    // Filled by bytes(): where the parts came to lie, in bytes.
    std::map<std::uint64_t, std::uint64_t> records;  // of each grain
    std::uint64_t table = 0;                         // number 0
    std::uint64_t footer = 0;

    Image bytes();
    std::string disk_content() const;

  private:
    void add_grains(Image& image);
    void add_tables(Image& image);
    void add_footer(Image& image);
    Image header(std::uint64_t directory_sector) const;

    std::uint64_t directory_ = 0;
};

}  // namespace vix::testing
