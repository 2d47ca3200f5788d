#include "power/disks/images.h"

#include <unistd.h>

#include <boost/filesystem/operations.hpp>

#include "base/error.h"
#include "io/files/same_file.h"
#include "power/disks/disk_check.h"
#include "power/domain/domain_identity.h"
#include "vm/disks/chain_reader.h"

namespace fs = boost::filesystem;

namespace vix::power {
namespace {

void refuse_frozen(const fs::path& disk, const vm::Machine& machine) {
    for (const vm::Snapshot& snapshot : machine.snapshots().snapshots()) {
        for (const vm::SnapshotDisk& frozen : snapshot.disks) {
            const auto path = machine.find_file(frozen.file);
            if (!path || !io::is_same_file(*path, disk)) continue;
            throw Error{VIX_E_SNAPSHOT_INCONSISTENT,
                        machine.path().string() + " would write to " + disk.string() +
                            ", on which its snapshot \"" + snapshot.display_name +
                            "\" depends. Revert to that snapshot, which gives the machine a disk "
                            "of its own"};
        }
    }
}

// Beside the disk, where there is room for what a guest writes; VMware names its own files alike.
// Several machines may run on one such disk at once, so each has a file of its own.
fs::path scratch_for(const fs::path& disk, const vm::Config& machine) {
    return disk.string() + ".REDO_" + digits_for(canonical_path(machine.path())) + ".qcow2";
}

Image disk_image(const Drive& drive, const vm::Machine& machine) {
    const vm::DiskDevice device{drive.node, drive.file};
    const fs::path path = fs::canonical(machine.find_disk(device));
    const vm::Disk disk = vm::open_disk(path, machine.search_folders(), machine.settings());
    Image image{drive.node, {}, true, !drive.discards_writes, {}};
    const QemuUse use = drive.discards_writes ? QemuUse::Read : QemuUse::Write;
    DiskVerdict verdict = check_disk(disk.chain, use, machine.settings());
    image.mending = std::move(verdict.mending);
    image.long_descriptor = verdict.long_descriptor;
    for (const vm::DiskLink& link : disk.chain) {
        image.chain.push_back(link.path);
        image.files += 1 + (link.embedded ? 0 : link.descriptor.extents.size());
    }
    if (drive.discards_writes) {
        image.scratch = scratch_for(path, machine);
    } else {
        refuse_frozen(path, machine);
        if (access(path.c_str(), W_OK) != 0) throw system_error(errno, "writing to", path.string());
    }
    return image;
}

// Accepts plain files only: opening a pipe would block, and a device must not be opened.
std::vector<Image> medium_image(Drive& drive, const vm::Machine& machine,
                                std::vector<std::string>& notes) {
    try {
        const auto path = machine.find_file(drive.file);
        if (!path) throw Error{VIX_E_FILE_NOT_FOUND, "there is no " + drive.file.name};
        const io::File file = io::File::open(*path, io::Links::Follow);
        const bool floppy = drive.kind == Drive::Kind::Floppy;
        // Only an image in the machine's own folder is served for writing. A .vmx may name any
        // file; its guest may read that file, not write it.
        const fs::path real = fs::canonical(*path);
        const bool own = real.parent_path() == fs::canonical(machine.folder());
        const bool writable = floppy && own && access(path->c_str(), W_OK) == 0;
        drive.read_only = floppy && !writable;
        return {{drive.node, {real}, false, writable, {}}};
    } catch (const Error& error) {
        if (drive.connected) notes.push_back(drive.node + " is empty: " + error.detail());
        drive.medium = Drive::Medium::None;
        return {};
    }
}

}  // namespace

std::vector<Image> find_images(const vm::Machine& machine, std::vector<Drive>& drives,
                               std::vector<std::string>& notes) {
    machine.snapshots();  // an unreadable list is an error also where no disk is written
    std::vector<Image> images;
    for (Drive& drive : drives) {
        if (drive.medium != Drive::Medium::Image) continue;
        if (drive.kind == Drive::Kind::Disk) {
            images.push_back(disk_image(drive, machine));
            continue;
        }
        for (Image& image : medium_image(drive, machine, notes)) {
            images.push_back(std::move(image));
        }
    }
    return images;
}

}  // namespace vix::power
