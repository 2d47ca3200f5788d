#include "power/image_server.h"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "base/error.h"
#include "base/text.h"
#include "io/file.h"
#include "io/process.h"
#include "io/replacement.h"
#include "power/qemu_option.h"

namespace fs = boost::filesystem;

namespace vix::power {
namespace {

constexpr const char* kDaemon = "qemu-storage-daemon";
constexpr const char* kMonitor = "qmp.sock";
constexpr auto kReadyPatience = std::chrono::seconds{30};
constexpr auto kStopPatience = std::chrono::seconds{30};
constexpr auto kPoll = std::chrono::milliseconds{5};
constexpr std::size_t kSocketNameLimit = 107;  // of an address in the kernel
constexpr std::uint64_t kSmallFile = 65536;
constexpr std::uint64_t kListLimit = std::uint64_t{1} << 20;

// $1 folder, $2 process that starts us, $3... the daemon. `tail` waits for a process that is
// nobody's child, and TERM ends the waiting. The lists of what to remove hold one name after each
// NUL, for a path may hold anything else.
constexpr const char* kSupervisor = R"sh(
folder=$1 starter=$2
shift 2
cd "$folder" || exit 1
stopped=
trap 'stopped=1' TERM
umask 077
echo $$ >supervisor.pid
( "$@" >server.log 2>&1 </dev/null; echo ended >ended ) &
server=$!
while [ ! -s machine.pid ] && [ ! -e ended ] && [ -z "$stopped" ] && [ -e "/proc/$starter" ]; do
    sleep 0.05
done
if [ -s machine.pid ] && [ -z "$stopped" ]; then
    tail --pid="$(cat machine.pid)" -f /dev/null &
    watch=$!
    wait "$watch"
    kill "$watch" 2>/dev/null
fi
[ ! -s server.pid ] || kill "$(cat server.pid)" 2>/dev/null
while [ ! -e ended ] && kill -0 "$server" 2>/dev/null; do wait "$server"; done
[ -s machine.pid ] || sleep 0.2
[ ! -s marks ] || xargs -0 rm -f -- <marks
[ ! -s scratch ] || xargs -0 rm -f -- <scratch
[ ! -s mark-folders ] || xargs -0 rmdir -- <mark-folders 2>/dev/null
cd /
rm -rf -- "$folder"
)sh";

class Arguments {
  public:
    void add_image(const Image& image);
    std::vector<std::string> words;

  private:
    void block(const std::string& text) {
        words.push_back("--blockdev");
        words.push_back(text);
    }
    std::string add_chain(const Image& image, const std::string& id);
};

// The base first, since each names the one below it. Gives the topmost one's node.
std::string Arguments::add_chain(const Image& image, const std::string& id) {
    std::string below;
    for (std::size_t i = image.chain.size(); i-- > 0;) {
        const std::string node = id + '.' + std::to_string(i);
        const bool writable = i == 0 && image.writable;
        const std::string only = writable ? "" : ",read-only=on";
        block("driver=file,node-name=" + node +
              "f,filename=" + qemu_option(image.chain[i].string()) + only);
        std::string text = std::string{"driver="} + (image.vmdk ? "vmdk" : "raw") +
                           ",node-name=" + node + ",file=" + node + 'f' + only;
        if (!below.empty()) text += ",backing=" + below;
        block(text);
        below = node;
    }
    return below;
}

void Arguments::add_image(const Image& image) {
    const std::string id = export_id(image.name);
    std::string top = add_chain(image, id);
    const bool writable = image.writable || !image.scratch.empty();
    if (!image.scratch.empty()) {
        block("driver=file,node-name=" + id +
              ".sf,filename=" + qemu_option(image.scratch.string()));
        block("driver=qcow2,node-name=" + id + ".s,file=" + id + ".sf,backing=" + top);
        top = id + ".s";
    }
    words.push_back("--export");
    words.push_back("type=nbd,id=" + id + ",node-name=" + top + ",name=" + image.name +
                    ",writable=" + (writable ? "on" : "off"));
}

// An empty layer over the image; who opens it says what it stands on.
void create_scratch(const Image& image) {
    unlink(image.scratch.c_str());
    const auto info = io::run({"qemu-img", "create", "-q", "-f", "qcow2", "-F", "vmdk", "-b",
                               image.chain.front().string(), image.scratch.string()});
    if (info.status == 0) return;
    throw Error{VIX_E_DISK_NOIO, "making " + image.scratch.string() + ": " + info.output};
}

fs::path runtime_folder() {
    if (geteuid() == 0) return "/run/vmware-vix";
    const char* folder = std::getenv("XDG_RUNTIME_DIR");
    if (folder != nullptr && *folder == '/') return fs::path{folder} / "vmware-vix";
    return "/tmp/vmware-vix-" + std::to_string(geteuid());
}

// Others may pass, not look; one that somebody else put there is not used.
void make_private(const fs::path& folder) {
    if (mkdir(folder.c_str(), 0711) != 0 && errno != EEXIST) {
        throw system_error(errno, "creating", folder.string());
    }
    struct stat status {};
    if (lstat(folder.c_str(), &status) != 0) throw system_error(errno, "using", folder.string());
    if (S_ISDIR(status.st_mode) && status.st_uid == geteuid()) {
        chmod(folder.c_str(), 0711);
        return;
    }
    throw Error{VIX_E_FILE_ACCESS_ERROR, folder.string() + " belongs to somebody else"};
}

std::string joined(const std::vector<fs::path>& paths) {
    std::string text;
    for (const fs::path& path : paths) text += path.string() + '\0';
    return text;
}

std::vector<fs::path> parted(const std::string& text) {
    std::vector<fs::path> paths;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\0', begin), text.size());
        paths.emplace_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return paths;
}

}  // namespace

fs::path server_folder(const fs::path& setting, const std::string& uuid) {
    const fs::path folder = (setting.empty() ? runtime_folder() : setting) / uuid;
    if ((folder / "nbd.sock").size() <= kSocketNameLimit) return folder;
    throw Error{VIX_E_FILE_NAME_INVALID,
                "the folder for sockets has too long a name: " + folder.string()};
}

std::string export_id(const std::string& export_name) {
    std::string id = export_name;
    std::replace(id.begin(), id.end(), ':', '-');
    return id;
}

fs::path ImageServer::monitor() const {
    return folder_ / kMonitor;
}

std::vector<std::string> server_arguments(const std::vector<Image>& images,
                                          const fs::path& socket) {
    Arguments arguments;
    arguments.words = {"--chardev",
                       "socket,id=monitor,server=on,wait=off,path=" +
                           qemu_option((socket.parent_path() / kMonitor).string()),
                       "--monitor",
                       "chardev=monitor",
                       "--nbd-server",
                       "addr.type=unix,addr.path=" + qemu_option(socket.string())};
    // After the server and before the exports is where block devices have to stand.
    for (const Image& image : images) arguments.add_image(image);
    return arguments.words;
}

std::optional<pid_t> ImageServer::pid_in(const char* name) const {
    try {
        const auto number = parse_number(trim(io::read_text(folder_ / name, kSmallFile)));
        if (number && *number > 1 && *number < 0x7FFFFFFF) return static_cast<pid_t>(*number);
    } catch (const Error&) {
        // Not written yet, or gone.
    }
    return std::nullopt;
}

// A number may be another's by now: ours has our folder among its arguments.
bool ImageServer::is_ours(pid_t pid) const {
    const auto arguments = io::arguments_of(pid);
    return std::any_of(arguments.begin(), arguments.end(), [&](const std::string& argument) {
        return argument.find(folder_.string()) != std::string::npos;
    });
}

bool ImageServer::is_there() const {
    const auto server = pid_in("server.pid");
    return server && is_ours(*server);
}

void ImageServer::start(const std::vector<Image>& images, const std::optional<Owner>& owner) {
    stop();
    for (const Image& image : images) {
        if (!image.scratch.empty() && !fs::exists(image.scratch)) create_scratch(image);
    }
    const auto daemon = io::find_program(kDaemon);
    if (!daemon) {
        throw Error{VIX_E_FILE_NOT_FOUND,
                    std::string{kDaemon} + " is not installed (on Debian: qemu-system-common)"};
    }
    make_private(folder_.parent_path());
    make_private(folder_);
    std::vector<std::string> command{"/bin/sh",
                                     "-c",
                                     kSupervisor,
                                     "vmware-vix-images",
                                     folder_.string(),
                                     std::to_string(getpid()),
                                     *daemon,
                                     "--pidfile",
                                     (folder_ / "server.pid").string()};
    for (std::string& word : server_arguments(images, socket())) command.push_back(std::move(word));
    io::start_detached(command);
    wait_until_ready();
    if (!owner) return;
    if (chown(socket().c_str(), owner->user, owner->group) != 0) {
        throw system_error(errno, "giving QEMU's user", socket().string());
    }
}

// The daemon writes its number when all is open and served.
void ImageServer::wait_until_ready() {
    const auto end = std::chrono::steady_clock::now() + kReadyPatience;
    while (!pid_in("server.pid")) {
        boost::system::error_code ignored;
        const bool ended = fs::exists(folder_ / "ended", ignored);
        const bool gone = ended || !fs::exists(folder_, ignored);
        if (gone || std::chrono::steady_clock::now() > end) {
            std::string words = "it did not begin to serve";
            try {
                words = io::read_text(folder_ / "server.log", kSmallFile);
            } catch (const Error&) {
                // It has cleaned up already.
            }
            throw Error{VIX_E_DISK_NOIO, std::string{kDaemon} + ": " + std::string{trim(words)}};
        }
        std::this_thread::sleep_for(kPoll);
    }
}

void ImageServer::keep_scratch() {
    unlink((folder_ / "scratch").c_str());
}

std::vector<fs::path> ImageServer::marks() const {
    return parted(io::read_text(folder_ / "marks", kListLimit));
}

void ImageServer::set_marks(const std::vector<fs::path>& marks) {
    std::vector<fs::path> folders;
    for (const fs::path& mark : marks) folders.push_back(mark.parent_path());
    io::replace_file(folder_ / "marks", joined(marks), io::Durability::Unsynced, 0600);
    io::replace_file(folder_ / "mark-folders", joined(folders), io::Durability::Unsynced, 0600);
}

void ImageServer::attach(pid_t machine, const std::vector<fs::path>& marks,
                         const std::vector<fs::path>& scratch) {
    set_marks(marks);
    io::replace_file(folder_ / "scratch", joined(scratch), io::Durability::Unsynced, 0600);
    io::replace_file(folder_ / "machine.pid", std::to_string(machine), io::Durability::Unsynced,
                     0600);
}

void ImageServer::stop() {
    boost::system::error_code ignored;
    const auto supervisor = pid_in("supervisor.pid");
    if (supervisor && is_ours(*supervisor)) kill(*supervisor, SIGTERM);
    const auto end = std::chrono::steady_clock::now() + kStopPatience;
    while (supervisor && is_ours(*supervisor) && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(kPoll);
    }
    if (fs::exists(folder_, ignored)) remove_left_over();
}

// The supervisor was killed.
void ImageServer::remove_left_over() {
    const auto server = pid_in("server.pid");
    if (server && is_ours(*server)) {
        kill(*server, SIGTERM);
        while (is_ours(*server)) std::this_thread::sleep_for(kPoll);
    }
    boost::system::error_code ignored;
    fs::remove_all(folder_, ignored);
}

}  // namespace vix::power
