#include "ops/snapshots/merge.h"

#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "format/vmdk/sparse_editor.h"
#include "format/vmdk/sparse_writer.h"
#include "io/files/replacement.h"
#include "io/files/transfer.h"
#include "vm/disks/chain_reader.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

using format::vmdk::Descriptor;
using format::vmdk::ExtentLine;
using format::vmdk::ExtentType;
using format::vmdk::Run;
using format::vmdk::SparseEditor;
using io::File;
using vm::DiskLink;

// The type of a monolithic disk while its descriptor is a separate file.
constexpr const char* kTypeMeanwhile = "twoGbMaxExtentSparse";

// A disk whose sectors are changed in place: the target of a merge. It keeps one extent open at a
// time, because a split disk may have more extents than a process may open files.
class DiskEditor {
  public:
    // Opens each extent once, so that an extent that cannot be changed is found before any is
    // changed. Also repairs redundant grain tables that a killed merge left incomplete, because the
    // merge that continues it may have nothing to write to that extent.
    DiskEditor(const DiskLink& link, const vm::Settings& settings) {
        std::uint64_t begin = 0;
        for (const ExtentLine& line : link.descriptor.extents) {
            Piece piece;
            piece.begin = begin;
            piece.end = begin + line.sectors;
            piece.path = link.embedded ? link.path : extent_path(link, line, settings);
            piece.flat_offset = line.offset_sectors * kSectorSize;
            piece.is_sparse = line.type == ExtentType::Sparse;
            pieces_.push_back(std::move(piece));
            open(begin);
            if (sparse_) sparse_->mend();
            begin += line.sectors;
        }
    }

    struct Place {
        std::shared_ptr<File> file;
        std::uint64_t offset;   // bytes
        std::uint64_t sectors;  // contiguous from there
        bool fresh;             // reads as zeros
    };

    bool has_open(std::uint64_t sector) const {
        const Piece& piece = pieces_[open_];
        return sector >= piece.begin && sector < piece.end;
    }

    // Opens the extent of that sector. The previous extent must be committed.
    void open(std::uint64_t sector) {
        const auto found = std::find_if(pieces_.begin(), pieces_.end(), [&](const Piece& piece) {
            return sector < piece.end || &piece == &pieces_.back();
        });
        open_ = static_cast<std::size_t>(found - pieces_.begin());
        sparse_.reset();
        file_.reset();
        file_ = std::make_shared<File>(File::open_writable(found->path));
        if (!found->is_sparse) return;
        sparse_ = std::make_unique<SparseEditor>(file_, found->end - found->begin);
    }

    // Returns the place of `sector` in the open extent, and allocates one if it has none. `fresh`
    // is true only the first time.
    Place place(std::uint64_t sector) {
        const Piece& piece = pieces_[open_];
        const std::uint64_t within = sector - piece.begin;
        if (!sparse_) {
            return {file_, piece.flat_offset + within * kSectorSize, piece.end - sector, false};
        }
        const std::uint64_t size = sparse_->grain_sectors();
        const auto grain = sparse_->place(within / size);
        const std::uint64_t skip = within % size;
        return {file_, grain.offset + skip * kSectorSize, std::min(size - skip, piece.end - sector),
                grain.fresh};
    }

    // A fresh place must be filled in whole units of this size.
    std::uint64_t grain_sectors() const { return sparse_ ? sparse_->grain_sectors() : 1; }

    // First sector of the open extent.
    std::uint64_t piece_begin() const { return pieces_[open_].begin; }

    void finish(vm::Durability durability) const { file_->finish(durability); }

    void commit() {
        if (sparse_) sparse_->commit();
    }

  private:
    struct Piece {
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
        fs::path path;
        std::uint64_t flat_offset = 0;
        bool is_sparse = false;
    };

    static fs::path extent_path(const DiskLink& link, const ExtentLine& line,
                                const vm::Settings& settings) {
        const auto path = vm::find_file({line.name, line.name_bytes}, link.folder(), {}, settings);
        if (path) return *path;
        throw Error{VIX_E_FILE_NOT_FOUND,
                    "the extent " + line.name + " of " + link.path.string() + " was not found"};
    }

    std::vector<Piece> pieces_;
    std::size_t open_ = 0;
    std::shared_ptr<File> file_;
    std::unique_ptr<SparseEditor> sparse_;
};

// Copies the data of `source`, and nothing else, to the places that the editor returns.
class Merger {
  public:
    Merger(DiskEditor& target, const vm::Settings& settings, Progress& progress)
        : target_{target}, settings_{settings}, transfer_{progress, settings.durability} {}

    // Copies all that the link itself holds over the target.
    void push(const DiskLink& source, const vm::Disk& target_chain) {
        vm::LinkReader reader{source, settings_};
        vm::ChainReader below{target_chain, settings_};
        const std::uint64_t capacity = target_chain.capacity_sectors;
        for (std::uint64_t sector = 0; sector < capacity;) {
            const vm::ChainRun found = reader.run_at(sector);
            if (found.run.kind != Run::Kind::Unallocated) {
                overwrite(sector, found, found.run.sectors, below);
            }
            sector += found.run.sectors;
        }
        finish();
    }

    // Copies data of the parent into the gaps of the target, grain by grain. `own` reads the
    // target.
    void pull(const DiskLink& own, const DiskLink& below_link, const vm::Disk& below_chain) {
        vm::LinkReader gaps{own, settings_};
        vm::LinkReader parent{below_link, settings_};
        vm::ChainReader below{below_chain, settings_};
        const std::uint64_t capacity = below_chain.capacity_sectors;
        for (std::uint64_t sector = 0; sector < capacity;) {
            const Run gap = gaps.run_at(sector).run;
            const Run there = parent.run_at(sector).run;
            const std::uint64_t sectors = std::min(gap.sectors, there.sectors);
            const bool wanted =
                gap.kind == Run::Kind::Unallocated && there.kind != Run::Kind::Unallocated;
            if (wanted) fill_grains(sector, sectors, below);
            sector += sectors;
        }
        finish();
    }

  private:
    // If the run does not cover a fresh grain completely, the grain is first filled from below.
    void overwrite(std::uint64_t sector, const vm::ChainRun& found, std::uint64_t sectors,
                   vm::ChainReader& below) {
        for (std::uint64_t done = 0; done < sectors;) {
            const std::uint64_t at = sector + done;
            enter(at);
            const auto place = target_.place(at);
            const std::uint64_t part = std::min(place.sectors, sectors - done);
            if (place.fresh && part < target_.grain_sectors()) {
                transfer_.finish();
                fill_one_grain(at, below);
            }
            vm::ChainRun piece = found;
            piece.run = found.run.from(done);
            write(piece, part, place);
            done += part;
        }
    }

    // All these sectors are in one extent.
    void fill_grains(std::uint64_t sector, std::uint64_t sectors, vm::ChainReader& below) {
        enter(sector);
        const std::uint64_t size = target_.grain_sectors();
        const std::uint64_t begin = target_.piece_begin();
        for (std::uint64_t at = begin + (sector - begin) / size * size; at < sector + sectors;
             at += size) {
            if (target_.place(at).fresh) fill_one_grain(at, below);
        }
    }

    // Fills the whole grain of `sector` with the data from below.
    void fill_one_grain(std::uint64_t sector, vm::ChainReader& below) {
        const std::uint64_t size = target_.grain_sectors();
        const std::uint64_t begin = target_.piece_begin();
        const std::uint64_t first = begin + (sector - begin) / size * size;
        const auto place = target_.place(first);
        for (std::uint64_t done = 0; done < place.sectors;) {
            const vm::ChainRun found = below.run_at(first + done);
            const std::uint64_t part = std::min(found.run.sectors, place.sectors - done);
            auto part_place = place;
            part_place.offset += done * kSectorSize;
            write(found, part, part_place);
            done += part;
        }
        transfer_.finish();
    }

    void write(const vm::ChainRun& found, std::uint64_t sectors, const DiskEditor::Place& place) {
        const std::uint64_t bytes = sectors * kSectorSize;
        if (found.extent && found.extent.get() != last_source_) {
            last_source_ = found.extent.get();
            place.file->restrict_like(*found.extent->file());
        }
        if (found.run.kind == Run::Kind::Data) {
            transfer_.copy(found.extent->file(), found.run.file_offset, place.file, place.offset,
                           bytes, io::Blocks::InUse);
        } else if (found.run.kind == Run::Kind::Compressed) {
            transfer_.post([extent = found.extent, run = found.run, file = place.file,
                            offset = place.offset, bytes](std::span<std::byte> scratch) {
                const auto grain = scratch.first(extent->grain_bytes());
                extent->read_compressed(run, grain);
                file->write_at(offset, grain.subspan(run.sectors_to_skip * kSectorSize, bytes));
            });
        } else {
            place.file->zero(place.offset, bytes);
        }
    }

    // Visits the extents in order, each once.
    void enter(std::uint64_t sector) {
        if (target_.has_open(sector)) return;
        finish();
        target_.open(sector);
        last_source_ = nullptr;
    }

    // Sync the data before a table points to it.
    void finish() {
        transfer_.finish();
        target_.finish(settings_.durability);
        target_.commit();
        target_.finish(settings_.durability);
    }

    DiskEditor& target_;
    const vm::Settings& settings_;
    const format::vmdk::Extent* last_source_ = nullptr;
    io::Transfer transfer_;
};

bool is_hosted(const DiskLink& link) {
    const auto& extents = link.descriptor.extents;
    return std::all_of(extents.begin(), extents.end(), [](const ExtentLine& extent) {
        return extent.type == ExtentType::Sparse || extent.type == ExtentType::Flat;
    });
}

// Returns nullptr for a disk that cannot be changed in place.
std::unique_ptr<DiskEditor> open_editor(const DiskLink& link, const vm::Settings& settings) {
    try {
        return std::make_unique<DiskEditor>(link, settings);
    } catch (const Error& error) {
        if (error.code() != VIX_E_DISK_NOTSUPPORTED) throw;
        return nullptr;
    }
}

// Throws if a file cannot be removed: it could be another name for extents that now hold other
// data.
void remove_files(const std::vector<fs::path>& files) {
    for (const fs::path& file : files) io::remove_file(file);
}

// Takes the parent's disk database, because the guest identifies a disk by the values of its base
// disk, with the child's content id, by which others know the child.
std::vector<std::pair<std::string, std::string>> merged_ddb(const DiskLink& parent,
                                                            const DiskLink& child) {
    auto merged = parent.descriptor.ddb;
    std::erase_if(merged, [](const auto& entry) {
        return equal_ignoring_case(entry.first, "longContentID");
    });
    const auto content = child.descriptor.find_ddb("longContentID");
    if (content) merged.emplace_back("longContentID", *content);
    return merged;
}

// The merged disk has the parent's extents and takes the child's place in the chain.
Descriptor merged_descriptor(const DiskLink& parent, const DiskLink& child) {
    Descriptor merged = parent.descriptor;
    merged.cid = child.descriptor.cid;
    merged.ddb = merged_ddb(parent, child);
    return merged;
}

// The parent's extents now hold the child's content; the child's name takes them over.
void take_over(const DiskLink& parent, const DiskLink& child, const vm::Settings& settings) {
    std::vector<fs::path> childs_files = files_of(child, settings);
    std::erase(childs_files, child.path);
    const Descriptor merged = merged_descriptor(parent, child);
    if (parent.embedded) {
        point_to_monolithic(parent.path, child.path, merged, settings);
        remove_files(childs_files);
        settle_monolithic(parent.path, child.path, merged, settings);
        return;
    }
    io::replace_file(child.path, format::vmdk::to_text(merged), settings.durability);
    remove_files(childs_files);
    io::remove_file(parent.path);
}

// Returns the child's hint for its new parent, the parent of its old one.
std::string hint_from(const fs::path& folder, const vm::Disk& parent_chain) {
    const DiskLink& parent = parent_chain.chain.front();
    const std::string& hint = parent.descriptor.parent_hint;
    const bool same = hint.empty() || parent.folder() == folder || parent_chain.chain.size() == 1;
    if (same || fs::path{hint}.is_absolute()) return hint;
    return fs::relative(parent_chain.chain[1].path, folder).string();
}

// Puts the child in the parent's place in the chain.
void step_over(const vm::Disk& parent_chain, const DiskLink& child, const vm::Settings& settings) {
    const DiskLink& parent = parent_chain.chain.front();
    Descriptor changed = child.descriptor;
    changed.parent_cid = parent.descriptor.parent_cid;
    changed.parent_hint = hint_from(child.folder(), parent_chain);
    changed.ddb = merged_ddb(parent, child);
    if (child.embedded) {
        write_embedded(child.path, child.path, changed, settings);
    } else {
        io::replace_file(child.path, format::vmdk::to_text(changed), settings.durability);
    }
    remove_files(files_of(parent, settings));
}

bool is_flat(const DiskLink& link) {
    const auto& extents = link.descriptor.extents;
    return std::any_of(extents.begin(), extents.end(),
                       [](const ExtentLine& extent) { return extent.type == ExtentType::Flat; });
}

// True if the child's content is copied into the parent: a flat base disk stays flat; otherwise the
// larger disk stays. Extents cannot leave their folder, so if the folders differ the parent's
// content is copied into the child.
bool is_pushed(const DiskFamily& family, const DiskFamily::Id& child_id,
               const vm::Settings& settings) {
    const DiskFamily::Member& child = family.members().at(child_id);
    const DiskFamily::Member& parent = family.members().at(*child.parent);
    if (fs::canonical(parent.link.folder()) != fs::canonical(child.link.folder())) return false;
    if (is_flat(parent.link)) return true;
    return io::allocated_bytes(files_of(parent.link, settings)) >=
           io::allocated_bytes(files_of(child.link, settings));
}

bool can_be_merged(const DiskFamily& family, const DiskFamily::Id& child_id) {
    const DiskFamily::Id& parent = *family.members().at(child_id).parent;
    return family.is_own(child_id) && family.is_own(parent) && !family.is_shared(parent);
}

}  // namespace

void write_embedded(const fs::path& path, const fs::path& name, Descriptor descriptor,
                    const vm::Settings& settings) {
    descriptor.extents.front().name = name.filename().string();
    File file = File::open_writable(path);
    const auto header = format::vmdk::read_header(file);
    std::string text = format::vmdk::to_text(descriptor);
    const std::uint64_t room = header.descriptor_size.value() * kSectorSize;
    if (text.size() > room) {
        throw Error{VIX_E_DISK_NOTSUPPORTED, path.string() + ": the new descriptor of " +
                                                 std::to_string(text.size()) +
                                                 " bytes does not fit into the " +
                                                 std::to_string(room) + " bytes reserved for it"};
    }
    text.resize(room, '\0');
    file.write_at(header.descriptor_offset.value() * kSectorSize, io::as_bytes(text));
    file.finish(settings.durability);
}

void point_to_monolithic(const fs::path& file, const fs::path& name, Descriptor descriptor,
                         const vm::Settings& settings) {
    descriptor.create_type = kTypeMeanwhile;
    descriptor.extents.front().name = file.filename().string();
    io::replace_file(name, format::vmdk::to_text(descriptor), settings.durability);
}

void settle_monolithic(const fs::path& file, const fs::path& name, const Descriptor& descriptor,
                       const vm::Settings& settings) {
    write_embedded(file, name, descriptor, settings);
    if (rename(file.c_str(), name.c_str()) != 0) {
        throw system_error(errno, "renaming", file.string());
    }
    if (settings.durability == vm::Durability::Synced) io::sync_all({name.parent_path()});
}

std::optional<fs::path> half_renamed(const DiskLink& link, const vm::Settings& settings) {
    const auto& extents = link.descriptor.extents;
    const bool split = equal_ignoring_case(link.descriptor.create_type, kTypeMeanwhile);
    if (link.embedded || !split || extents.size() != 1) return std::nullopt;
    auto file =
        vm::find_file({extents[0].name, extents[0].name_bytes}, link.folder(), {}, settings);
    if (!file || file->parent_path() != link.folder()) return std::nullopt;
    const File extent = File::open(*file);
    if (format::vmdk::read_embedded_descriptor(extent).empty()) return std::nullopt;
    return file;
}

std::uint64_t bytes_to_merge(const DiskFamily& family, const DiskFamily::Id& child_id,
                             const vm::Settings& settings) {
    if (!can_be_merged(family, child_id)) return 0;
    const DiskFamily::Member& child = family.members().at(child_id);
    const DiskLink& source = is_pushed(family, child_id, settings)
                                 ? child.link
                                 : family.members().at(*child.parent).link;
    return io::allocated_bytes(files_of(source, settings));
}

void copy_link(const DiskLink& source, const fs::path& target, const std::vector<fs::path>& search,
               const vm::Settings& settings, Progress& progress) {
    const vm::Disk chain = vm::open_disk(target, search, settings);
    DiskEditor editor{chain.chain.front(), settings};
    Merger{editor, settings, progress}.push(source, chain);
}

bool may_be_merged(const DiskFamily& family, const DiskFamily::Id& child_id) {
    const auto& members = family.members();
    return can_be_merged(family, child_id) && is_hosted(members.at(child_id).link) &&
           is_hosted(members.at(*members.at(child_id).parent).link);
}

bool merge_into_child(const DiskFamily& family, const DiskFamily::Id& child_id,
                      const vm::Settings& settings, Progress& progress) {
    if (!can_be_merged(family, child_id)) return false;
    const DiskLink& child = family.members().at(child_id).link;
    const DiskFamily::Id parent_id = *family.members().at(child_id).parent;
    const DiskLink& parent = family.members().at(parent_id).link;
    if (!is_hosted(parent) || !is_hosted(child)) return false;
    bool pushed = is_pushed(family, child_id, settings);
    auto editor = open_editor(pushed ? parent : child, settings);
    // A compressed base disk is unpacked into its child, whatever its size.
    if (!editor && pushed) {
        pushed = false;
        editor = open_editor(child, settings);
    }
    if (!editor) return false;

    const vm::Disk parent_chain = family.disk(parent_id);
    progress.checkpoint("merge");
    vm::stop_change_tracking(pushed ? parent : child, settings);
    if (pushed) {
        Merger{*editor, settings, progress}.push(child, parent_chain);
        progress.checkpoint("take over");
        take_over(parent, child, settings);
    } else {
        Merger{*editor, settings, progress}.pull(child, parent, parent_chain);
        progress.checkpoint("step over");
        step_over(parent_chain, child, settings);
    }
    return true;
}

}  // namespace vix::ops
