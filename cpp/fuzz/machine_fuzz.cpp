// Unpacks a whole virtual machine from one blob: its files one after the other, each with one byte
// for its name (an index into kNames) and two for its size. Opens it, lists its snapshots, and
// makes full clones of its current state and of its first snapshot, in a temporary folder in
// memory. A refusal must leave no clone.
#include <stdlib.h>

#include <boost/filesystem/operations.hpp>
#include <cstdlib>

#include "base/error.h"
#include "fuzz/shared/scratch_file.h"
#include "ops/clone/clone.h"
#include "vm/machine/running_mark.h"

using namespace vix;
namespace fs = boost::filesystem;

constexpr const char* kNames[] = {
    "vm.vmx",
    "vm.vmsd",
    "vm.vmdk",
    "vm-000001.vmdk",
    "vm-000002.vmdk",
    "vm-s001.vmdk",
    "vm-s002.vmdk",
    "vm-000001-s001.vmdk",
    "vm-Snapshot1.vmsn",
    "vm-Snapshot2.vmsn",
    "vm-flat.vmdk",
    "vm.nvram",
    "vm.vmxf",
    "vm-delta.vmdk",
    "vm-0.vmdk",
    "vm.vmss",
};

namespace {

class Folder {
  public:
    Folder() : path_{"/dev/shm/vix-fuzz-machine-" + std::to_string(getpid())} {
        fs::remove_all(path_);
        fs::create_directories(path_ / "vm");
    }
    ~Folder() { fs::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    const fs::path& path() const { return path_; }

  private:
    fs::path path_;
};

void unpack(std::span<const std::byte> bytes, const fs::path& folder) {
    while (bytes.size() > 3) {
        const auto at = [&](std::size_t i) { return std::to_integer<unsigned>(bytes[i]); };
        const fs::path file = folder / kNames[at(0) % std::size(kNames)];
        const std::size_t wanted = at(1) | at(2) << 8;
        bytes = bytes.subspan(3);
        const auto content = bytes.first(std::min(wanted, bytes.size()));
        bytes = bytes.subspan(content.size());
        if (!fs::exists(file)) io::File::create(file, 0600).write_at(0, content);
    }
}

void clone(const fs::path& vmx, const fs::path& destination, std::optional<int> snapshot) {
    vm::Settings settings;
    settings.durability = vm::Durability::Unsynced;
    Progress progress;
    try {
        ops::clone_full({vmx, destination, settings, snapshot}, progress);
        if (!fs::exists(destination)) std::abort();
    } catch (const Error&) {
        if (fs::exists(destination.parent_path())) std::abort();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Folder folder;
    unpack(std::as_bytes(std::span{data, size}), folder.path() / "vm");
    const fs::path vmx = folder.path() / "vm/vm.vmx";
    std::optional<int> first;
    try {
        const auto machine = vm::Machine::open(vmx, {});
        vm::running_mark(machine);
        const auto& snapshots = machine.snapshots().snapshots();
        if (!snapshots.empty()) first = snapshots.front().uid;
    } catch (const Error&) {
    }
    clone(vmx, folder.path() / "now/c.vmx", std::nullopt);
    if (first) clone(vmx, folder.path() / "then/c.vmx", first);
    return 0;
}
