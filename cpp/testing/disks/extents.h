// Extents in tests: opens them from bytes, and returns their runs as text and their content as
// bytes.
#pragma once

#include <boost/filesystem/path.hpp>
#include <memory>
#include <string>

#include "format/vmdk/descriptor.h"
#include "format/vmdk/extent.h"
#include "testing/disks/image.h"
#include "testing/process/temp_folder.h"
#include "vm/disks/chain_reader.h"

namespace vix::testing {

format::vmdk::ExtentLine extent_line(format::vmdk::ExtentType type, std::uint64_t sectors,
                                     const std::string& name = "x.vmdk");

// Writes the bytes into `folder` and opens them as the extent of a descriptor's line.
std::unique_ptr<format::vmdk::Extent> open_image(const TempFolder& folder, const Image& bytes,
                                                 format::vmdk::ExtentType type,
                                                 std::uint64_t sectors);

// "unallocated 128, data 128 at 65536, zero 256, compressed 128 at 1024": lengths in sectors,
// offsets in bytes.
std::string runs_of(format::vmdk::Extent& extent);

// All sectors of the extent, read run by run; zeros where it has no data.
std::string content_of(format::vmdk::Extent& extent);

std::string content_of(vm::ChainReader& reader, std::uint64_t sectors);

// All sectors of the disk, as its chain has them. Throws as vm::open_whole_disk().
std::string read_disk(const boost::filesystem::path& path);

}  // namespace vix::testing
