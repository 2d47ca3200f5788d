#include "ops/disks/disk_repair.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/units.h"
#include "format/vmdk/extent.h"
#include "ops/disks/disk_rewrite.h"
#include "power/disks/disk_check.h"

namespace vix::ops {
namespace {

using format::vmdk::ExtentLine;

struct Faults {
    std::vector<std::size_t> extents;
    std::string lost;  // what cannot be repaired; empty: nothing
};

bool is_unclean(const vm::DiskLink& link, const ExtentLine& line, const vm::Settings& settings) {
    const io::File file =
        link.embedded ? io::File::open(link.path)
                      : vm::open_extent_file({line.name, line.name_bytes}, link.folder(), settings);
    return format::vmdk::read_header(file).unclean_shutdown.value() != 0;
}

Faults faults_of(const vm::DiskLink& link, const vm::Settings& settings) {
    Faults faults;
    const power::LinkFacts facts = power::facts_of(link, settings);
    for (std::size_t i = 0; i < facts.extents.size(); ++i) {
        const auto& grains = facts.extents[i].grains;
        const ExtentLine& line = facts.extents[i].line;
        if (!grains || grains->compressed || line.type != format::vmdk::ExtentType::Sparse)
            continue;
        if (!grains->overlap.empty()) faults.lost = grains->overlap;
        const bool faulty = grains->damaged || grains->copies_differ || grains->tables_missing ||
                            !grains->whole || is_unclean(link, line, settings);
        if (faulty) faults.extents.push_back(i);
    }
    return faults;
}

[[noreturn]] void throw_lost(const vm::DiskLink& link, const std::string& what) {
    throw Error{VIX_E_DISK_CANTREPAIR, link.path.string() + ": " + what};
}

Faults faults_to_repair(const vm::DiskLink& link, const vm::Settings& settings) {
    Faults faults;
    try {
        faults = faults_of(link, settings);
    } catch (const Error& error) {
        if (error.code() != VIX_E_DISK_NEEDSREPAIR) throw;
        throw_lost(link, error.detail());
    }
    if (!faults.lost.empty()) throw_lost(link, faults.lost);
    return faults;
}

}  // namespace

void check_chain(const boost::filesystem::path& path, const vm::Settings& settings) {
    const vm::Disk disk = vm::open_whole_disk(path, {}, settings);
    for (const vm::DiskLink& link : disk.chain) {
        for (const power::ExtentFacts& extent : power::facts_of(link, settings).extents) {
            if (!extent.grains) continue;
            const bool damaged = extent.grains->damaged || !extent.grains->overlap.empty();
            if (!damaged) continue;
            throw Error{VIX_E_DISK_NEEDSREPAIR, link.path.string() + ": the tables of its extent " +
                                                    extent.line.name + " are damaged"};
        }
    }
}

bool repair_disk(const DiskAt& at, Progress& progress) {
    if (faults_to_repair(vm::read_link(at.path), at.settings).extents.empty()) return false;
    const DiskChangeHold hold{at, progress};
    const vm::DiskLink& link = hold.link();
    const Faults faults = faults_to_repair(link, at.settings);
    const vm::Disk disk = vm::open_whole_disk(at.path, hold.search(), at.settings);
    std::uint64_t sectors = 0;
    for (const std::size_t index : faults.extents) {
        sectors += link.descriptor.extents[index].sectors;
    }
    progress.expect(sectors_to_bytes(sectors));
    for (const std::size_t index : faults.extents) {
        rebuild_extent(disk, index, at.settings, progress);
    }
    const bool sound = faults_to_repair(vm::read_link(at.path), at.settings).extents.empty();
    if (!sound) throw_lost(link, "its tables are still damaged");
    return true;
}

}  // namespace vix::ops
