#include "ops/disks/disk_rewrite.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "format/vmdk/extent.h"
#include "format/vmdk/qemu_descriptor.h"
#include "format/vmdk/sparse_writer.h"
#include "io/files/replacement.h"
#include "io/files/transfer.h"
#include "ops/disks/disk_build.h"
#include "ops/disks/disk_plan.h"
#include "ops/disks/grain_copy.h"
#include "ops/disks/new_disk.h"
#include "vm/disks/chain_reader.h"
#include "vm/machine/identity.h"

namespace fs = boost::filesystem;

namespace vix::ops {
namespace {

using format::vmdk::Descriptor;
using format::vmdk::ExtentLine;
using format::vmdk::ExtentType;
using format::vmdk::kGrainSectors;
using format::vmdk::Run;
using format::vmdk::SparseWriter;
using io::File;

fs::path path_of_extent(const vm::DiskLink& link, const ExtentLine& line,
                        const vm::Settings& settings) {
    if (link.embedded) return link.path;
    return vm::open_extent_file({line.name, line.name_bytes}, link.folder(), settings).path();
}

// Throws for the kinds that only ESX or nobody writes to.
void require_hosted(const vm::DiskLink& link) {
    const auto& extents = link.descriptor.extents;
    const bool stream = equal_ignoring_case(link.descriptor.create_type, "streamOptimized");
    const bool hosted = std::all_of(extents.begin(), extents.end(), [](const ExtentLine& line) {
        return line.type == ExtentType::Sparse || is_flat(line);
    });
    if (hosted && !stream && !extents.empty()) return;
    throw Error{VIX_E_DISK_NOTSUPPORTED,
                link.path.string() + " is of the type " + link.descriptor.create_type +
                    ", which is never changed; convert it to another type"};
}

std::uint64_t begin_of(const Descriptor& descriptor, std::size_t index) {
    std::uint64_t begin = 0;
    for (std::size_t i = 0; i < index; ++i) begin += descriptor.extents[i].sectors;
    return begin;
}

// The text of an embedded descriptor for a file that tracks no changes.
std::string kept_text(const vm::DiskLink& link) {
    std::string text = vm::descriptor_text(link);
    text.resize(std::min(text.size(), text.find('\0')));
    return format::vmdk::tracks_changes(text) ? format::vmdk::without_change_tracking(text) : text;
}

// A file beside an extent that will replace it; it has the extent's owner and permissions.
class NewContent {
  public:
    explicit NewContent(const fs::path& extent)
        : replacement_{extent, ""},
          file_{std::make_shared<File>(File::open_writable(replacement_.fresh()))} {}

    const std::shared_ptr<File>& file() const { return file_; }

    void commit(vm::Durability durability, Progress& progress) {
        file_->finish(durability);
        progress.checkpoint("replace");
        replacement_.commit(durability);
        progress.checkpoint("replaced");
    }

  private:
    io::Replacement replacement_;
    std::shared_ptr<File> file_;
};

struct Rewriting {
    const vm::Disk& disk;
    const vm::Settings& settings;
    ZeroGrains zeros = ZeroGrains::Keep;
};

// Replaces a sparse extent by one of `sectors` with the same content. `text`: its embedded
// descriptor.
void rewrite_extent(const Rewriting& rewriting, std::size_t index, std::uint64_t sectors,
                    const std::string& text, Progress& progress) {
    const vm::DiskLink& link = rewriting.disk.chain.front();
    const ExtentLine& line = link.descriptor.extents[index];
    const vm::Settings& settings = rewriting.settings;
    vm::ChainReader content{rewriting.disk, settings};
    vm::LinkReader own{link, settings};
    std::optional<vm::Disk> parents;
    std::optional<vm::ChainReader> below;
    if (rewriting.disk.chain.size() > 1) {
        parents = rewriting.disk;
        parents->chain.erase(parents->chain.begin());
        below.emplace(*parents, settings);
    }
    NewContent fresh{path_of_extent(link, line, settings)};
    {
        SparseWriter writer{fresh.file(), sectors, text};
        io::Transfer transfer{progress, settings.durability};
        GrainCopy copy{transfer, progress};
        copy.run(begin_of(link.descriptor, index), line.sectors,
                 {&content, &own, below ? &*below : nullptr}, rewriting.zeros,
                 [&](const auto& piece) { store_grains(piece, writer, fresh.file(), transfer); });
        transfer.finish();
        writer.finish();
    }
    fresh.commit(settings.durability, progress);
}

// True if the grains follow each other in their order up to the end of the file, and nothing else
// is wrong with the extent.
bool is_in_order(const vm::DiskLink& link, const ExtentLine& line, const vm::Settings& settings) {
    auto file = std::make_shared<const File>(File::open(path_of_extent(link, line, settings)));
    const auto extent = format::vmdk::open_extent(line, file);
    if (extent->copyable_header() == nullptr) return false;
    std::optional<std::uint64_t> next;
    for (std::uint64_t sector = 0; sector < line.sectors;) {
        const Run run = extent->run_at(sector);
        if (run.kind == Run::Kind::Data) {
            if (next && run.file_offset != *next) return false;
            next = run.file_offset + round_up(run.sectors, kGrainSectors) * kSectorSize;
        }
        sector += run.sectors;
    }
    return !next || *next >= file->size();
}

void compact(const DiskAt& at, ZeroGrains zeros, Progress& progress) {
    const DiskChangeHold hold{at, progress};
    const vm::DiskLink& link = hold.link();
    require_hosted(link);
    const vm::Disk disk = vm::open_whole_disk(at.path, hold.search(), at.settings);
    const auto& extents = link.descriptor.extents;
    std::vector<std::size_t> indexes;
    std::uint64_t sectors = 0;
    for (std::size_t i = 0; i < extents.size(); ++i) {
        if (is_flat(extents[i])) continue;
        unlink(io::fresh_name(path_of_extent(link, extents[i], at.settings)).c_str());
        if (zeros == ZeroGrains::Keep && is_in_order(link, extents[i], at.settings)) continue;
        indexes.push_back(i);
        sectors += extents[i].sectors;
    }
    progress.expect(sectors_to_bytes(sectors));
    if (indexes.empty()) return;
    if (!link.embedded) vm::stop_change_tracking(link, at.settings);
    const std::string text = link.embedded ? kept_text(link) : std::string{};
    for (const std::size_t index : indexes) {
        progress.checkpoint("extent");
        rewrite_extent({disk, at.settings, zeros}, index, extents[index].sectors, text, progress);
    }
}

// Files that exist unless keep() is called.
class MadeFiles {
  public:
    MadeFiles() = default;
    ~MadeFiles() {
        for (const fs::path& file : files_) unlink(file.c_str());
    }
    MadeFiles(const MadeFiles&) = delete;
    MadeFiles& operator=(const MadeFiles&) = delete;

    void add(const fs::path& file) { files_.push_back(file); }
    const std::vector<fs::path>& files() const { return files_; }
    void keep() { files_.clear(); }

  private:
    std::vector<fs::path> files_;
};

class Growth {
  public:
    Growth(const DiskAt& at, std::uint64_t capacity, const DiskChangeHold& hold, Progress& progress)
        : settings_{at.settings},
          hold_{hold},
          link_{hold.link()},
          changed_{hold.link().descriptor},
          old_capacity_{changed_.capacity_sectors()},
          capacity_{capacity},
          progress_{progress} {}

    void run() {
        change_database();
        const ExtentLine& last = changed_.extents.back();
        if (link_.embedded) return grow_embedded();
        const bool split = to_lower(changed_.create_type).find("gbmaxextent") != std::string::npos;
        if (split) {
            grow_split();
        } else if (changed_.extents.size() == 1 && is_flat(last) && last.offset_sectors == 0) {
            grow_flat();
        } else {
            throw Error{VIX_E_DISK_NOTSUPPORTED,
                        link_.path.string() + ": its extents cannot grow; convert the disk"};
        }
    }

  private:
    void set_ddb(const std::string& name, const std::string& value) {
        std::erase_if(changed_.ddb,
                      [&](const auto& entry) { return equal_ignoring_case(entry.first, name); });
        changed_.ddb.emplace_back(name, value);
    }

    // Heads and sectors stay: the guest's boot sector may have them.
    void change_database() {
        const vm::ContentId content = vm::new_content_id();
        changed_.cid = content.cid;
        set_ddb("longContentID", content.long_id);
        const std::string adapter = changed_.find_ddb("adapterType").value_or("");
        Geometry geometry = geometry_for(capacity_, adapter);
        const auto heads = parse_number(changed_.find_ddb("geometry.heads").value_or(""));
        const auto sectors = parse_number(changed_.find_ddb("geometry.sectors").value_or(""));
        if (heads && sectors && *heads > 0 && *sectors > 0 && *heads < 1024 && *sectors < 1024) {
            geometry.heads = *heads;
            geometry.sectors = *sectors;
            const bool ide = equal_ignoring_case(adapter, "ide");
            geometry.cylinders = capacity_ / (*heads * *sectors);
            if (ide) geometry.cylinders = std::min<std::uint64_t>(geometry.cylinders, 16383);
        }
        set_ddb("geometry.cylinders", std::to_string(geometry.cylinders));
        set_ddb("geometry.heads", std::to_string(geometry.heads));
        set_ddb("geometry.sectors", std::to_string(geometry.sectors));
    }

    // `keep` is called just before the descriptor may name what was made.
    template <typename Keep>
    void commit_descriptor(Keep keep) {
        progress_.checkpoint("descriptor");
        io::Replacement replacement{link_.path, to_text(changed_)};
        if (settings_.durability == vm::Durability::Synced) io::sync_all({replacement.fresh()});
        keep();
        replacement.commit(settings_.durability);
    }

    // Larger tables need another place in the file, so the whole file is built anew.
    void grow_embedded() {
        changed_.extents.front().sectors = capacity_;
        const vm::Disk disk = vm::open_whole_disk(link_.path, hold_.search(), settings_);
        progress_.expect(sectors_to_bytes(old_capacity_));
        rewrite_extent({disk, settings_}, 0, capacity_, to_text(changed_), progress_);
    }

    void grow_flat() {
        ExtentLine& line = changed_.extents.front();
        File file = File::open_writable(path_of_extent(link_, line, settings_));
        const std::uint64_t old_bytes = sectors_to_bytes(old_capacity_);
        const std::uint64_t bytes = sectors_to_bytes(capacity_);
        progress_.expect(bytes - old_bytes);
        progress_.checkpoint("extent");
        try {
            file.resize(old_bytes);  // what is behind the disk is not the disk's
            const bool thin = changed_.find_ddb("thinProvisioned").value_or("0") != "0";
            if (!thin) file.reserve(old_bytes, bytes - old_bytes);
            file.resize(bytes);
            file.finish(settings_.durability);
            progress_.add(bytes - old_bytes);
            line.sectors = capacity_;
            commit_descriptor([] {});
        } catch (...) {
            if (vm::read_link(link_.path).descriptor.capacity_sectors() == old_capacity_) {
                file.resize(old_bytes);
            }
            throw;
        }
    }

    void grow_split() {
        const bool sparse = changed_.extents.back().type == ExtentType::Sparse;
        std::uint64_t from = old_capacity_;
        progress_.expect(sectors_to_bytes(capacity_ - old_capacity_));
        // QEMU confuses extents if one ends inside a grain.
        const std::uint64_t whole = std::min(round_up(from, kGrainSectors), capacity_);
        if (sparse && whole > from) {
            lengthen_last(whole - from);
            from = whole;
        }
        MadeFiles made;
        for (const std::uint64_t sectors : more_extents(capacity_ - from, sparse)) {
            progress_.checkpoint("extent");
            add_extent(sectors, sparse, made);
            progress_.add(sectors_to_bytes(sectors));
        }
        if (settings_.durability == vm::Durability::Synced) {
            std::vector<fs::path> files = made.files();
            files.push_back(link_.folder());
            io::sync_all(files);
        }
        commit_descriptor([&] { made.keep(); });
    }

    // A header may have more sectors than the descriptor says, so this may come first.
    void lengthen_last(std::uint64_t more) {
        const std::size_t index = changed_.extents.size() - 1;
        const vm::Disk disk = vm::open_whole_disk(link_.path, hold_.search(), settings_);
        changed_.extents[index].sectors += more;
        rewrite_extent({disk, settings_}, index, changed_.extents[index].sectors, {}, progress_);
    }

    void add_extent(std::uint64_t sectors, bool sparse, MadeFiles& made) {
        ExtentLine line = changed_.extents.back();
        line.sectors = sectors;
        line.name = free_name(sparse);
        line.name_bytes = line.name;
        line.offset_sectors = 0;
        const fs::path path = link_.folder() / line.name;
        auto file = std::make_shared<File>(File::create(path, link_.permissions));
        made.add(path);
        struct stat owner {};
        if (stat(link_.path.c_str(), &owner) == 0 && owner.st_uid != geteuid()) {
            static_cast<void>(fchown(file->descriptor(), owner.st_uid, owner.st_gid) == 0);
        }
        if (sparse) {
            SparseWriter{file, sectors, {}}.finish();
        } else {
            file->reserve(0, sectors_to_bytes(sectors));
            file->resize(sectors_to_bytes(sectors));
        }
        file->finish(settings_.durability);
        changed_.extents.push_back(line);
    }

    std::string free_name(bool sparse) {
        for (std::size_t number = changed_.extents.size() + 1;; ++number) {
            const std::string name = split_extent_name(link_.path.stem().string(), sparse, number);
            const fs::path path = link_.folder() / name;
            if (!io::identity_of(path)) return name;
            if (!is_leftover(path, sparse)) continue;
            io::remove_file(path);
            return name;
        }
    }

    // Whether an interrupted growth left the file: nothing needs it and it holds no data.
    bool is_leftover(const fs::path& path, bool sparse) const {
        const bool own = std::any_of(
            changed_.extents.begin(), changed_.extents.end(), [&](const ExtentLine& line) {
                return equal_ignoring_case(line.name, path.filename().string());
            });
        if (own || hold_.is_needed(path)) return false;
        try {
            const File file = File::open(path);
            if (!sparse) return !file.next_data(0) || io::allocated_bytes({path}) == 0;
            return file.size() <= format::vmdk::read_header(file).overhead.value() * kSectorSize;
        } catch (const Error& error) {
            if (is_exhaustion(error.code())) throw;
            return false;
        }
    }

    const vm::Settings& settings_;
    const DiskChangeHold& hold_;
    const vm::DiskLink& link_;
    Descriptor changed_;
    std::uint64_t old_capacity_;
    std::uint64_t capacity_;
    Progress& progress_;
};

}  // namespace

void defragment_disk(const DiskAt& disk, Progress& progress) {
    compact(disk, ZeroGrains::Keep, progress);
}

void shrink_disk(const DiskAt& disk, Progress& progress) {
    compact(disk, ZeroGrains::LeaveOut, progress);
}

void rebuild_extent(const vm::Disk& disk, std::size_t index, const vm::Settings& settings,
                    Progress& progress) {
    const vm::DiskLink& link = disk.chain.front();
    rewrite_extent({disk, settings}, index, link.descriptor.extents[index].sectors,
                   link.embedded ? kept_text(link) : std::string{}, progress);
}

void grow_disk(const DiskAt& at, std::uint64_t capacity_sectors, Progress& progress) {
    const DiskChangeHold hold{at, progress};
    const vm::DiskLink& link = hold.link();
    require_hosted(link);
    const vm::Disk disk = vm::open_whole_disk(at.path, hold.search(), at.settings);
    if (link.descriptor.has_parent()) {
        throw Error{VIX_E_DISK_PARTIALCHAIN,
                    link.path.string() +
                        " is the disk of a snapshot or a linked clone: all disks "
                        "of its chain have one capacity"};
    }
    require_capacity(capacity_sectors, link.descriptor.find_ddb("adapterType").value_or(""));
    if (capacity_sectors <= disk.capacity_sectors) {
        throw Error{VIX_E_INVALID_ARG, link.path.string() + " has " +
                                           std::to_string(disk.capacity_sectors) +
                                           " sectors; it can only grow"};
    }
    Growth{at, capacity_sectors, hold, progress}.run();
}

}  // namespace vix::ops
