// Finds grains that overlap: remembers which parts of a file are taken.
#pragma once

#include <cstdint>
#include <vector>

namespace vix::format::vmdk {

// All grains have one size; positions are in sectors. Memory is one bit for each grain that would
// fit, plus two bytes if the grains do not all have the same offset from a multiple of their size.
class GrainUse {
  public:
    // For a file so large that memory would not be bounded, nothing is checked: take() always
    // returns true.
    GrainUse(std::uint64_t file_sectors, std::uint64_t grain_sectors);

    // Returns false if the grain would overlap one that was taken before.
    bool take(std::uint64_t sector);

  private:
    bool taken(std::uint64_t slot) const;
    void remember_phases();
    bool overlaps_neighbour(std::uint64_t slot, std::uint64_t phase) const;

    std::uint64_t grain_sectors_;
    std::uint64_t slots_;
    std::vector<std::uint64_t> bits_;    // a grain begins in this slot
    std::vector<std::uint16_t> phases_;  // the grain's offset in its slot; empty: all first_phase_
    bool any_ = false;
    std::uint64_t first_phase_ = 0;
};

}  // namespace vix::format::vmdk
