#include "format/vmdk/grain_use.h"

namespace vix::format::vmdk {
namespace {

constexpr std::uint64_t kMaxSlots = std::uint64_t{1} << 28;        // 32 MiB of bits
constexpr std::uint64_t kMaxPhasedSlots = std::uint64_t{1} << 24;  // 32 MiB of phases
constexpr std::uint64_t kMaxPhasedGrain = std::uint64_t{1} << 16;

}  // namespace

GrainUse::GrainUse(std::uint64_t file_sectors, std::uint64_t grain_sectors)
    : grain_sectors_{grain_sectors}, slots_{file_sectors / grain_sectors + 1} {
    if (slots_ <= kMaxSlots) bits_.resize(slots_ / 64 + 1);
}

bool GrainUse::taken(std::uint64_t slot) const {
    return slot < slots_ && (bits_[slot / 64] >> (slot % 64) & 1) != 0;
}

bool GrainUse::take(std::uint64_t sector) {
    if (bits_.empty()) return true;
    const std::uint64_t slot = sector / grain_sectors_;
    const std::uint64_t phase = sector % grain_sectors_;
    if (slot >= slots_ || taken(slot)) return false;
    if (!any_) first_phase_ = phase;
    any_ = true;
    if (phase != first_phase_ && phases_.empty()) remember_phases();
    if (!phases_.empty()) {
        if (overlaps_neighbour(slot, phase)) return false;
        phases_[slot] = static_cast<std::uint16_t>(phase);
    }
    bits_[slot / 64] |= std::uint64_t{1} << (slot % 64);
    return true;
}

void GrainUse::remember_phases() {
    if (slots_ > kMaxPhasedSlots || grain_sectors_ > kMaxPhasedGrain) return;
    phases_.assign(slots_ + 1, static_cast<std::uint16_t>(first_phase_));
}

bool GrainUse::overlaps_neighbour(std::uint64_t slot, std::uint64_t phase) const {
    const bool left = slot > 0 && taken(slot - 1) && phases_[slot - 1] > phase;
    const bool right = taken(slot + 1) && phases_[slot + 1] < phase;
    return left || right;
}

}  // namespace vix::format::vmdk
