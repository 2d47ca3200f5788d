// Builds a hosted sparse extent ("KDMV") as bytes in VMware's layout: header, descriptor, redundant
// directory and tables, directory and tables, grains.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "testing/disks/image.h"

namespace vix::testing {

// Byte offsets in the header.
struct HostedField {
    static constexpr std::uint64_t kVersion = 4;
    static constexpr std::uint64_t kFlags = 8;
    static constexpr std::uint64_t kCapacity = 12;
    static constexpr std::uint64_t kGrainSize = 20;
    static constexpr std::uint64_t kDescriptorOffset = 28;
    static constexpr std::uint64_t kDescriptorSize = 36;
    static constexpr std::uint64_t kEntriesPerTable = 44;
    static constexpr std::uint64_t kRedundantDirectory = 48;
    static constexpr std::uint64_t kDirectory = 56;
    static constexpr std::uint64_t kOverhead = 64;
    static constexpr std::uint64_t kUncleanShutdown = 72;
    static constexpr std::uint64_t kNewlineTest = 73;
    static constexpr std::uint64_t kCompression = 77;
};

struct HostedImage {
    std::uint64_t capacity = 1024;
    std::uint64_t grain_sectors = 128;
    std::uint64_t entries_per_table = 512;
    std::uint64_t version = 1;
    std::uint64_t flags = 3;
    std::string descriptor;                 // embedded unless empty
    std::map<std::uint64_t, char> grains;   // number -> fill of its content
    std::set<std::uint64_t> zeroed_grains;  // entry 1

    // First sectors of the parts.
    std::uint64_t tables() const;
    std::uint64_t table_sectors() const;
    std::uint64_t redundant_directory() const;
    std::uint64_t redundant_table(std::uint64_t index) const;
    std::uint64_t directory() const;
    std::uint64_t table(std::uint64_t index) const;
    std::uint64_t overhead() const;
    std::uint64_t place_of_grain(std::uint64_t number) const;

    // Byte offsets of a grain's entry.
    std::uint64_t entry(std::uint64_t number) const;
    std::uint64_t redundant_entry(std::uint64_t number) const;

    Image bytes() const;
    // The extent's content, read as a disk: zeros where it has no data.
    std::string disk_content() const;

  private:
    std::uint64_t descriptor_sectors() const;
    std::uint64_t directory_sectors() const;
    std::uint64_t value_of_entry(std::uint64_t number) const;
    Image header() const;
};

}  // namespace vix::testing
