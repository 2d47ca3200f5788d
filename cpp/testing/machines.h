// Small virtual machines on disk, in words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "testing/temp_folder.h"
#include "vm/settings.h"

namespace vix::testing {

// A descriptor's text; what a test does not care about has a usual value.
struct DescriptorText {
    std::string create_type = "monolithicSparse";
    std::uint32_t cid = 0x11111111;
    std::uint32_t parent_cid = 0xFFFFFFFF;
    std::string parent_hint;
    std::vector<std::string> extents;
    std::vector<std::string> ddb = {"ddb.adapterType = \"lsilogic\"",
                                    "ddb.geometry.cylinders = \"1\"",
                                    "ddb.virtualHWVersion = \"16\""};

    std::string text() const;
};

// A monolithicSparse disk of 1024 sectors whose grain `grain` is filled with `fill`; all other
// grains are unallocated. `parent_hint` empty: a base.
std::string mono_disk(const std::string& name, char fill, std::uint64_t grain,
                      std::uint32_t cid = 0x11111111, const std::string& parent_hint = {},
                      std::uint32_t parent_cid = 0xFFFFFFFF);

// Lines of a .vmx for present disks: "scsi0:0=a.vmdk".
std::string vmx_with_disks(const std::vector<std::string>& disks);

// "vm.vmx" with a base and a snapshot delta, a split flat disk, nvram and .vmxf, below `folder`;
// gives the path of the .vmx. What its disks hold is machine_disk_content().
fs::path write_small_machine(const fs::path& folder);
inline constexpr std::uint64_t kSmallDiskSectors = 1024;
std::string first_disk_content();
std::string second_disk_content();

// No drives mapped, no syncing: what tests of speed and order need.
vm::Settings plain_settings();

}  // namespace vix::testing
