// Walks every run of an extent and reads from each.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "format/vmdk/extent.h"

namespace vix::fuzz {

inline void read_run(const format::vmdk::Extent& extent, const format::vmdk::Run& run) {
    using Kind = format::vmdk::Run::Kind;
    if (run.kind == Kind::Data) {
        std::vector<std::byte> sector(kSectorSize);
        extent.file()->read_at(run.file_offset, sector);
        extent.file()->read_at(run.file_offset + (run.sectors - 1) * kSectorSize, sector);
    } else if (run.kind == Kind::Compressed) {
        std::vector<std::byte> grain(extent.grain_bytes());
        extent.read_compressed(run, grain);
    }
}

inline void walk(format::vmdk::Extent& extent) {
    for (std::uint64_t sector = 0; sector < extent.sectors();) {
        const auto run = extent.run_at(sector);
        if (run.sectors == 0 || run.sectors > extent.sectors() - sector) std::abort();
        try {
            read_run(extent, run);
        } catch (const Error&) {
        }
        sector += run.sectors;
    }
}

}  // namespace vix::fuzz
