// Finds grains that lie on top of each other: remembers which parts of a file are taken.
#pragma once

#include <cstdint>
#include <vector>

namespace vix::format::vmdk {

// All grains have one size; their places are in sectors. Memory is one bit for each grain that
// would fit, and two bytes more where grains do not all lie at the same distance from a multiple of
// it.
class GrainUse {
  public:
    // A file so large that the memory would not be bounded is not watched: take() is then true.
    GrainUse(std::uint64_t file_sectors, std::uint64_t grain_sectors);

    // False when the grain would overlap one that was taken before.
    bool take(std::uint64_t sector);

  private:
    bool taken(std::uint64_t slot) const;
    void remember_phases();
    bool overlaps_neighbour(std::uint64_t slot, std::uint64_t phase) const;

    std::uint64_t grain_sectors_;
    std::uint64_t slots_;
    std::vector<std::uint64_t> bits_;    // a grain begins in this slot
    std::vector<std::uint16_t> phases_;  // how far into its slot it begins; empty: all first_phase_
    bool any_ = false;
    std::uint64_t first_phase_ = 0;
};

}  // namespace vix::format::vmdk
