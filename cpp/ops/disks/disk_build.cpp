#include "ops/disks/disk_build.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include "base/units.h"
#include "format/vmdk/extent.h"
#include "format/vmdk/stream_writer.h"
#include "ops/machine/progress_share.h"
#include "vm/disks/chain_reader.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

using format::vmdk::Extent;
using format::vmdk::HostedHeader;
using format::vmdk::kGrainBytes;
using format::vmdk::Run;
using format::vmdk::SparseWriter;
using io::File;

// Files that stay open until their data is written. At most as many source files are open, and the
// sum is far below any limit on open files.
constexpr std::size_t kMaxPending = 32;

class DiskBuilder {
  public:
    DiskBuilder(const vm::Disk& source, const DiskPlan& plan, const fs::path& folder,
                const vm::Settings& settings, Progress& progress)
        : plan_{plan},
          folder_{folder},
          settings_{settings},
          source_{source},
          progress_{progress},
          permissions_{source.permissions()},
          reader_{source, settings},
          extent_progress_{progress},
          transfer_{extent_progress_, settings.durability} {}

    void leave_out_zeros() { leave_out_zeros_ = true; }

    void build() {
        const std::string text = format::vmdk::to_text(plan_.descriptor);
        for (const ExtentPlan& extent : plan_.extents) {
            progress_.checkpoint("extent");
            extent_progress_.begin(extent.sectors * kSectorSize);
            build_extent(extent, plan_.embedded ? text : std::string{});
            if (pending_.size() >= kMaxPending) complete();
        }
        if (!plan_.embedded) {
            const auto file = create(plan_.descriptor_name);
            file->write_at(0, io::as_bytes(text));
            pending_.push_back({file, {}});
        }
        complete();
    }

  private:
    struct Pending {
        std::shared_ptr<File> file;
        std::function<void(File&)> last_step;  // called when all data is in the file
    };
    // Returns the offset in the target file for a run of the extent.
    using Place = std::function<std::uint64_t(std::uint64_t sector, std::uint64_t sectors)>;

    std::shared_ptr<File> create(const std::string& name) const {
        return std::make_shared<File>(File::create(folder_ / name, permissions_));
    }

    void build_extent(const ExtentPlan& plan, const std::string& descriptor) {
        const auto target = create(plan.file_name);
        if (!plan_.sparse) {
            target->resize(plan.sectors * kSectorSize);
            copy_runs(plan, target,
                      [](std::uint64_t sector, std::uint64_t) { return sector * kSectorSize; });
            // Reserved after the copy: copying turns blocks of zeros into holes.
            const std::uint64_t bytes = plan.sectors * kSectorSize;
            if (!plan_.preallocated) {
                pending_.push_back({target, {}});
            } else {
                // Not where nothing is missing: btrfs would check each shared block.
                pending_.push_back({target, [bytes](File& file) {
                                        if (file.next_hole(0) < bytes) file.reserve(0, bytes);
                                    }});
            }
            return;
        }
        if (plan_.compressed) return build_stream(plan, target, descriptor);
        const auto extent = reader_.extent_of(plan.begin_sector, plan.sectors);
        if (extent && copy_extent(*extent, target, descriptor)) return;
        SparseWriter writer{target, plan.sectors, descriptor};
        if (leave_out_zeros_) {
            restrict_like_sources(plan, *target);
            GrainCopy copy{transfer_, extent_progress_};
            copy.run(plan.begin_sector, plan.sectors, {&reader_}, ZeroGrains::LeaveOut,
                     [&](const auto& piece) { store_grains(piece, writer, target, transfer_); });
        } else {
            copy_runs(plan, target, [&](std::uint64_t sector, std::uint64_t sectors) {
                return writer.allocate(sector, sectors);
            });
        }
        writer.finish();
        pending_.push_back({target, {}});
    }

    void build_stream(const ExtentPlan& plan, const std::shared_ptr<File>& target,
                      const std::string& descriptor) {
        restrict_like_sources(plan, *target);
        format::vmdk::StreamWriter writer{target, plan.sectors, descriptor};
        transfer_.use_all_cores();
        GrainCopy copy{transfer_, extent_progress_};
        copy.compress();
        copy.run(plan.begin_sector, plan.sectors, {&reader_}, ZeroGrains::LeaveOut,
                 [&](const std::shared_ptr<const GrainPiece>& piece) {
                     for (std::size_t i = 0; i < piece->grains.size(); ++i) {
                         const GrainPiece::Grain& grain = piece->grains[i];
                         if (grain.wanted) writer.add(piece->first_grain + i, grain.packed);
                     }
                 });
        writer.finish();
        pending_.push_back({target, {}});
    }

    // Before any data is in the file: users who cannot read every extent must not read the copy.
    void restrict_like_sources(const ExtentPlan& plan, File& target) {
        vm::ChainReader reader{source_, settings_};
        const std::uint64_t end = plan.begin_sector + plan.sectors;
        for (std::uint64_t sector = plan.begin_sector; sector < end;) {
            const vm::ChainRun found = reader.run_at(sector);
            if (found.extent) target.restrict_like(*found.extent->file());
            sector += found.run.sectors;
        }
    }

    // Copies the whole file except header and descriptor. Returns false if the result would not be
    // a valid extent.
    bool copy_extent(const Extent& extent, const std::shared_ptr<File>& target,
                     const std::string& descriptor) {
        const HostedHeader* header = extent.copyable_header();
        if (header == nullptr) return false;
        const std::uint64_t first_used = extent.first_used_sector();
        if (!format::vmdk::descriptor_fits(*header, first_used, descriptor)) return false;
        target->restrict_like(*extent.file());
        transfer_.copy_whole(extent.file(), target);
        const bool zeroed = extent.has_zeroed_grains();
        pending_.push_back({target, [header = *header, zeroed, descriptor](File& copy) {
                                format::vmdk::rewrite_descriptor(copy, header, zeroed, descriptor);
                            }});
        return true;
    }

    void copy_runs(const ExtentPlan& plan, const std::shared_ptr<File>& target,
                   const Place& place) {
        const std::uint64_t end = plan.begin_sector + plan.sectors;
        const bool all_reserved = !plan_.sparse && plan_.preallocated;
        const auto zeros = all_reserved ? io::Zeros::MayBeWritten : io::Zeros::BecomeHoles;
        const File* last_source = nullptr;
        for (std::uint64_t sector = plan.begin_sector; sector < end;) {
            const vm::ChainRun found = reader_.run_at(sector);
            const std::uint64_t sectors = std::min(found.run.sectors, end - sector);
            const std::uint64_t bytes = sectors * kSectorSize;
            if (found.extent && found.extent->file().get() != last_source) {
                last_source = found.extent->file().get();
                target->restrict_like(*last_source);
            }
            if (found.run.kind == Run::Kind::Data) {
                const std::uint64_t offset = place(sector - plan.begin_sector, sectors);
                transfer_.copy(found.extent->file(), found.run.file_offset, target, offset, bytes,
                               io::Blocks::NotReserved, zeros);
            } else if (found.run.kind == Run::Kind::Compressed) {
                const std::uint64_t offset = place(sector - plan.begin_sector, sectors);
                unpack(found, target, offset, bytes);
                extent_progress_.add(bytes);
            } else {
                extent_progress_.add(bytes);
            }
            sector += sectors;
        }
    }

    void unpack(const vm::ChainRun& found, const std::shared_ptr<File>& target,
                std::uint64_t offset, std::uint64_t bytes) {
        transfer_.use_all_cores();
        transfer_.post([extent = found.extent, run = found.run, target, offset,
                        bytes](std::span<std::byte> scratch) {
            const auto grain = scratch.first(extent->grain_bytes());
            extent->read_compressed(run, grain);
            const auto part = grain.subspan(run.sectors_to_skip * kSectorSize, bytes);
            io::write_unless_zero(*target, offset, part);
        });
    }

    void complete() {
        transfer_.finish();
        extent_progress_.end();
        for (const Pending& pending : pending_) {
            if (pending.last_step) pending.last_step(*pending.file);
            pending.file->finish(io::Durability::Unsynced);
        }
        pending_.clear();
    }

    const DiskPlan& plan_;
    const fs::path& folder_;
    const vm::Settings& settings_;
    const vm::Disk& source_;
    Progress& progress_;
    unsigned permissions_;
    vm::ChainReader reader_;
    bool leave_out_zeros_ = false;
    std::vector<Pending> pending_;
    ProgressShare extent_progress_;
    io::Transfer transfer_;  // declared last: its threads end before the members they use
};

}  // namespace

void build_disk(const vm::Disk& source, const DiskPlan& plan, const fs::path& folder,
                const vm::Settings& settings, Progress& progress) {
    DiskBuilder{source, plan, folder, settings, progress}.build();
}

void build_compact_disk(const vm::Disk& source, const DiskPlan& plan, const fs::path& folder,
                        const vm::Settings& settings, Progress& progress) {
    DiskBuilder builder{source, plan, folder, settings, progress};
    builder.leave_out_zeros();
    builder.build();
}

void store_grains(const std::shared_ptr<const GrainPiece>& piece, SparseWriter& writer,
                  const std::shared_ptr<File>& target, io::Transfer& transfer) {
    const std::size_t count = piece->grains.size();
    for (std::size_t i = 0; i < count; ++i) {
        if (!piece->grains[i].wanted) continue;
        std::size_t end = i + 1;
        while (end < count && piece->grains[end].wanted) ++end;
        const std::size_t first = i * kGrainBytes;
        const std::size_t bytes = std::min(end * kGrainBytes, piece->bytes.size()) - first;
        const std::uint64_t offset =
            writer.allocate((piece->first_grain + i) * format::vmdk::kGrainSectors,
                            (end - i) * format::vmdk::kGrainSectors);
        transfer.post([piece, target, offset, first, bytes](std::span<std::byte>) {
            io::write_unless_zero(*target, offset, std::span{piece->bytes}.subspan(first, bytes));
        });
        i = end;
    }
}

void build_empty_disk(const vm::Disk& parent, const DiskPlan& plan, const fs::path& folder,
                      Progress& progress) {
    const std::string text = format::vmdk::to_text(plan.descriptor);
    const unsigned permissions = parent.permissions();
    for (const ExtentPlan& extent : plan.extents) {
        progress.checkpoint("extent");
        auto file = std::make_shared<File>(File::create(folder / extent.file_name, permissions));
        SparseWriter{file, extent.sectors, plan.embedded ? text : std::string{}}.finish();
        file->finish(io::Durability::Unsynced);
    }
    if (plan.embedded) return;
    File descriptor = File::create(folder / plan.descriptor_name, permissions);
    descriptor.write_at(0, io::as_bytes(text));
    descriptor.finish(io::Durability::Unsynced);
}

}  // namespace vix::ops
