// Builds a streamOptimized extent as bytes: compressed grains between markers, then tables and
// directory, then a footer with the directory's position. Without markers and footer it is the
// older form: only compressed grains, with the directory's position in the header.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "testing/disks/image.h"

namespace vix::testing {

struct StreamImage {
    std::uint64_t capacity = 1024;
    std::uint64_t grain_sectors = 128;
    bool markers = true;
    std::string descriptor;
    std::map<std::uint64_t, char> grains;  // number -> fill

    // Set by bytes(): byte offsets of the parts.
    std::map<std::uint64_t, std::uint64_t> records;  // of each grain
    std::uint64_t table = 0;                         // the first table
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
