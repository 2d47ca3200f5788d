// Builds small virtual machines on disk.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "testing/process/temp_folder.h"
#include "vm/machine/settings.h"

namespace vix::testing {

// The text of a descriptor; the defaults are usual values.
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

// A monolithicSparse disk of 1024 sectors. Only the grain `grain` is allocated, and filled with
// `fill`. Without a `parent_hint` it is a base disk.
std::string mono_disk(const std::string& name, char fill, std::uint64_t grain,
                      std::uint32_t cid = 0x11111111, const std::string& parent_hint = {},
                      std::uint32_t parent_cid = 0xFFFFFFFF);

// The lines of a .vmx for current disks, given as "scsi0:0=a.vmdk".
std::string vmx_with_disks(const std::vector<std::string>& disks);

// Writes "vm.vmx" with a base disk and a delta, a split flat disk, nvram and .vmxf into `folder`.
// Returns the path of the .vmx. The disks' contents are first_disk_content() and
// second_disk_content().
fs::path write_small_machine(const fs::path& folder);
// Encrypts that machine for its TPM, as far as a .vmx shows it, with an nvram in encrypted form.
void encrypt_for_tpm(const fs::path& vmx);
inline constexpr std::uint64_t kSmallDiskSectors = 1024;
std::string first_disk_content();
std::string second_disk_content();

// No mapped drives and no syncing, for tests of speed and order.
vm::Settings plain_settings();

}  // namespace vix::testing
