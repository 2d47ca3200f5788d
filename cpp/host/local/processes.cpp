#include "host/local/processes.h"

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>

#include "base/text.h"
#include "io/files/folder.h"

namespace fs = boost::filesystem;

namespace vix::host {
namespace {

// Also matches vmware-vmx-debug and vmware-vmx-stats. The kernel keeps fifteen characters of a
// name.
constexpr std::string_view kProgram = "vmware-vmx";
constexpr std::string_view kExtension = ".vmx";

// Empty if the process has ended or belongs to another user.
std::string read_whole(const fs::path& path) {
    std::ifstream file{path.string(), std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

bool is_process(const fs::path& entry) {
    const std::string name = entry.filename().string();
    return std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The last argument that ends in .vmx, because options come first.
std::optional<fs::path> machine_of(const fs::path& process) {
    const std::string arguments = read_whole(process / "cmdline");
    std::optional<fs::path> vmx;
    for (std::size_t begin = 0; begin < arguments.size();) {
        const std::size_t end = std::min(arguments.find('\0', begin), arguments.size());
        const std::string argument = arguments.substr(begin, end - begin);
        begin = end + 1;
        if (argument.size() <= kExtension.size()) continue;
        const auto tail = argument.substr(argument.size() - kExtension.size());
        if (equal_ignoring_case(tail, kExtension)) vmx = argument;
    }
    if (!vmx || vmx->is_absolute()) return vmx;
    boost::system::error_code error;
    const fs::path folder = fs::read_symlink(process / "cwd", error);
    if (error) return std::nullopt;
    return (folder / *vmx).lexically_normal();
}

}  // namespace

std::vector<fs::path> machines_of_vmware_processes() {
    std::vector<fs::path> found;
    for (const std::string& name : io::names_if_any("/proc")) {
        const fs::path process = fs::path{"/proc"} / name;
        if (!is_process(process)) continue;
        if (!starts_with_ignoring_case(read_whole(process / "comm"), kProgram)) continue;
        if (auto vmx = machine_of(process)) found.push_back(std::move(*vmx));
    }
    return found;
}

}  // namespace vix::host
