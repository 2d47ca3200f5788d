#include "power/disks/image_server.h"

#include <unistd.h>

#include <algorithm>
#include <boost/filesystem/operations.hpp>

#include "base/error.h"
#include "base/text.h"
#include "io/process/process.h"
#include "power/domain/qemu_option.h"

namespace fs = boost::filesystem;

namespace vix::power {
namespace {

constexpr const char* kDaemon = "qemu-storage-daemon";
constexpr const char* kMonitor = "qmp.sock";
constexpr std::size_t kSocketNameLimit = 107;  // of a socket address in the kernel
constexpr std::size_t kListLimit = std::size_t{1} << 20;
constexpr int kNoDaemon = 3;
constexpr int kDoesNotServe = 4;
constexpr int kTooManyFiles = 5;
constexpr int kFolderOfAnother = 6;
constexpr int kFolderTries = 10;
constexpr std::size_t kFilesBesides = 64;  // sockets, libraries, the monitor

// The supervisor. $1: its folder, where it is started; $2: the process that starts it, or empty;
// $3...: the daemon. It uses paths relative to its working folder, because the folder of that name
// may belong to another start by now. `tail` can wait for a process that is not its child; TERM
// ends that wait. The lists of files to remove have a NUL after each name, because a path may
// contain any other byte.
//
// When the machine's process has ended, the supervisor sets cleanShutdown in its .vmx. The next
// start waits for that, see stop(). It overwrites the value where it is, because a process that
// replaces the file meanwhile must win.
constexpr const char* kSupervisor = R"sh(
folder=$1 starter=$2
shift 2
stopped=
trap 'stopped=1' TERM
umask 077
starter_lives() {
    [ -z "$starter" ] || [ -e "/proc/$starter" ]
}
serves() {
    [ "/proc/$daemon/cwd" -ef . ]
}
if starter_lives && [ -z "$stopped" ]; then
    "$@" >server.log 2>&1 </dev/null &
    daemon=$!
    tries=2400
    while [ ! -s machine.pid ] && [ -z "$stopped" ] && [ "$tries" -gt 0 ] && serves && starter_lives; do
        sleep 0.05
        tries=$((tries - 1))
    done
    serves || echo ended >ended
    if [ -s machine.pid ] && [ -z "$stopped" ]; then
        tail --pid="$(cat machine.pid)" -f /dev/null &
        watch=$!
        wait "$watch"
        kill "$watch" 2>/dev/null
    fi
    while serves; do
        kill "$daemon" 2>/dev/null
        wait "$daemon"
    done
fi
trap '' TERM
[ -s machine.pid ] || sleep 0.2
set_clean='
    exec 3<>"$1" || exit
    line=$(grep -a -b -i -o -m 1 "^cleanShutdown[ 	]*=[ 	]*\"FALSE\"" <&3) || exit
    text=${line#*:}
    at=$((${line%%:*} + ${#text} - 7))
    printf " \"TRUE\"" | dd of=/proc/self/fd/3 bs=7 seek="$at" oflag=seek_bytes conv=notrunc,fsync
'
if [ -s started ] && [ -s machine.pid ] && [ ! -e "/proc/$(cat machine.pid)" ]; then
    LC_ALL=C xargs -0 sh -c "$set_clean" sh <started >/dev/null 2>&1
fi
remove_marks='for mark; do rm -f -- "$mark"; rmdir -- "${mark%/*}"; done'
[ ! -s marks ] || xargs -0 sh -c "$remove_marks" sh <marks 2>/dev/null
[ ! -s scratch ] || xargs -0 rm -f -- <scratch
[ "$folder" -ef . ] || exit 0
rm -rf -- ./*
rmdir -- "$folder"
)sh";

// $1: how many files must be open at once. The soft limit protects programs that use select(),
// which QEMU does not, and live snapshots add files later. So the limit is raised as far as
// possible; root may exceed the hard limit.
constexpr std::string_view kAllowFiles = R"sh(
allow_files() {
    for limit in 65536 "$(ulimit -H -n)" "$1"; do
        ulimit -S -n "$limit" 2>/dev/null && break
    done
    limit=$(ulimit -S -n)
    [ "$limit" = unlimited ] || [ "$limit" -ge "$1" ] || ulimit -n "$1" 2>/dev/null
}
)sh";

// $1: folder, $2: the process that starts it, or empty, $3: owner of the socket, or empty, $4:
// number of files, $5: the supervisor, $6...: the daemon. Other users may pass through the folders,
// not list them. A folder that somebody else made is not used. The daemon writes its process id
// once everything is open and served.
//
// The script of a killed start may still run. The first one that creates `owner` has the folder,
// and the other one gives up.
constexpr std::string_view kStart = R"sh(
folder=$1 starter=$2 owner=$3 files=$4 supervisor=$5
shift 5
command -v "$1" >/dev/null || exit 3
allow_files "$files" || { ulimit -H -n; exit 5; }
make_private() {
    mkdir -m 711 -- "$1" 2>/dev/null || [ -d "$1" ] || mkdir -- "$1" || exit 1
    if [ ! -L "$1" ] && [ -O "$1" ]; then chmod 711 -- "$1"; return; fi
    echo "$1 belongs to another user"
    exit 1
}
make_private "${folder%/*}"
if ! mkdir -m 711 -- "$folder" 2>/dev/null; then
    [ ! -d "$folder" ] || exit 6
    mkdir -- "$folder" || exit 1
    chmod 711 -- "$folder"
fi
cd -- "$folder" 2>/dev/null || exit 6
(set -C; : >owner) 2>/dev/null || exit 6
setsid sh -c "$supervisor" vmware-vix-images "$folder" "$starter" "$@" </dev/null >/dev/null 2>&1 &
tries=3000
until [ -s server.pid ]; do
    [ "$folder" -ef . ] || exit 6
    if [ -e ended ] || [ "$tries" = 0 ]; then
        cat server.log 2>/dev/null || echo 'it did not start in time'
        exit 4
    fi
    tries=$((tries - 1))
    sleep 0.01
done
[ -z "$owner" ] || chown -- "$owner" nbd.sock || exit 1
)sh";

// $1: folder. Our processes are those that work in it, whoever started them, also a supervisor that
// has not begun yet. Ends them and removes what a killed supervisor left.
constexpr std::string_view kStop = R"sh(
folder=$1
[ -d "$folder" ] || exit 0
ours() {
    for process in /proc/[0-9]*; do
        [ "$process/cwd" -ef "$folder" ] || continue
        case $(tr '\0' ' ' 2>/dev/null <"$process/cmdline") in
            *vmware-vix-images* | *qemu-storage-daemon*) printf '%s ' "${process#/proc/}" ;;
        esac
    done 2>/dev/null
}
tries=1500
while numbers=$(ours) && [ -n "$numbers" ]; do
    [ "$tries" -gt 0 ] || { echo "the processes $numbers do not end"; exit 1; }
    kill $numbers 2>/dev/null
    tries=$((tries - 1))
    sleep 0.02
done
rm -rf -- "$folder"
)sh";

// $1: folder, $2: name, $3: text; an empty text removes the note.
constexpr std::string_view kNote = R"sh(
cd -- "$1" || exit 1
if [ -z "$3" ]; then rm -f -- "$2"; exit; fi
umask 077
printf '%s' "$3" >"$2.new" && mv -- "$2.new" "$2"
)sh";

// $1: the file. Fails if it exists but cannot be read, because its machine may have to be unpaused.
constexpr std::string_view kReadIfThere = R"sh(
[ -e "$1" ] || exit 0
cat -- "$1" || [ ! -e "$1" ]
)sh";

// $1: folder, $2: number of lock members, $3...: the lock members.
constexpr std::string_view kSetMarks = R"sh(
cd -- "$1" || exit 1
count=$2
shift 2
umask 077
: >marks.new || exit 1
while [ "$count" -gt 0 ]; do
    printf '%s\0' "$1" >>marks.new || exit 1
    shift
    count=$((count - 1))
done
mv -- marks.new marks || exit 1
)sh";

// After the arguments of kSetMarks: the machine's process, and the files to remove at the end.
constexpr std::string_view kAttach = R"sh(
process=$1
shift
: >scratch || exit 1
for file; do printf '%s\0' "$file" >>scratch || exit 1; done
echo "$process" >machine.pid.new && mv -- machine.pid.new machine.pid
)sh";

class Arguments {
  public:
    void add_image(const Image& image);
    std::vector<std::string> words;

  private:
    void block(const std::string& text) {
        words.emplace_back("--blockdev");
        words.push_back(text);
    }
    std::string add_chain(const Image& image, const std::string& id);
};

// A base disk. Without "backing":null QEMU would open a parent that the descriptor may name.
std::string base_option(const std::string& node, bool read_only) {
    return R"({"driver":"vmdk","node-name":")" + node + R"(","file":")" + node +
           R"(f","read-only":)" + (read_only ? "true" : "false") + R"(,"backing":null})";
}

// Adds the base first, because each link names the one below it. Returns the node of the top link.
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
        if (below.empty() && image.vmdk) text = base_option(node, !writable);
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
    words.emplace_back("--export");
    words.push_back("type=nbd,id=" + id + ",node-name=" + top + ",name=" + image.name +
                    ",writable=" + (writable ? "on" : "off"));
}

// Makes an empty overlay of the image. Whoever opens it names the disk below it.
void create_scratch(const Image& image, const io::Environment& environment) {
    unlink(image.scratch.c_str());  // if this fails, qemu-img overwrites the file or fails
    const std::string script = std::string{kAllowFiles} + "allow_files \"$0\"; exec \"$@\"";
    const auto info =
        io::run(environment, {"/bin/sh", "-c", script, std::to_string(image.files + kFilesBesides),
                              "qemu-img", "create", "-q", "-f", "qcow2", "-F", "vmdk", "-b",
                              image.chain.front().string(), image.scratch.string()});
    if (info.status == 0) return;
    throw Error{VIX_E_DISK_NOIO, "qemu-img cannot make " + image.scratch.string() + ": " +
                                     std::string{trim(info.output)}};
}

void add_marks(const std::vector<fs::path>& marks, std::vector<std::string>& arguments) {
    arguments.push_back(std::to_string(marks.size()));
    for (const fs::path& mark : marks) arguments.push_back(mark.string());
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

fs::path servers_folder(const fs::path& setting, const HostShell& host) {
    return setting.empty() ? host.runtime_folder() : setting;
}

fs::path server_folder(const fs::path& setting, const std::string& uuid, const HostShell& host) {
    fs::path folder = servers_folder(setting, host) / uuid;
    if ((folder / "nbd.sock").size() <= kSocketNameLimit) return folder;
    throw Error{
        VIX_E_FILE_NAME_INVALID,
        "the path of the folder for sockets is too long; set power.folder to a shorter one: " +
            folder.string()};
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
    // Block devices must come after the server and before the exports.
    for (const Image& image : images) arguments.add_image(image);
    return arguments.words;
}

std::string ImageServer::do_there(const std::string& action, std::string_view script,
                                  std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), folder_.string());
    return host_.result(VIX_E_FILE_ACCESS_ERROR, action + " in " + folder_.string(), script,
                        arguments, kListLimit);
}

io::Outcome ImageServer::try_start(const std::vector<std::string>& arguments) {
    io::Outcome outcome;
    for (int tries = 0; tries < kFolderTries; ++tries) {
        stop();
        outcome = host_.run(std::string{kAllowFiles} + std::string{kStart}, arguments);
        if (outcome.status != kFolderOfAnother) break;
    }
    return outcome;
}

void ImageServer::start(const std::vector<Image>& images, const std::optional<Owner>& owner) {
    stop();
    for (const Image& image : images) {
        if (!image.scratch.empty() && !fs::exists(image.scratch))
            create_scratch(image, host_.environment());
    }
    std::size_t files = kFilesBesides;
    for (const Image& image : images) files += image.files;
    std::vector<std::string> arguments{
        folder_.string(),
        host_.is_this_host() ? std::to_string(getpid()) : "",
        owner ? std::to_string(owner->user) + ':' + std::to_string(owner->group) : "",
        std::to_string(files),
        kSupervisor,
        kDaemon,
        "--pidfile",
        (folder_ / "server.pid").string()};
    for (std::string& word : server_arguments(images, socket())) {
        arguments.push_back(std::move(word));
    }
    const io::Outcome outcome = try_start(arguments);
    if (outcome.status != 0) throw start_error(outcome, files);
}

Error ImageServer::start_error(const io::Outcome& outcome, std::size_t files) const {
    const std::string words{trim(outcome.output)};
    switch (outcome.status) {
        case kNoDaemon:
            return Error{
                VIX_E_FILE_NOT_FOUND,
                std::string{kDaemon} + " is not installed (on Debian: qemu-system-common)"};
        case kTooManyFiles:
            return Error{VIX_E_DISK_TOOMANYOPENFILES,
                         "the virtual machine's disks and their snapshots consist of " +
                             std::to_string(files) + " files, but a process may have only " +
                             words + " open (ulimit -H -n). Raise that limit, or remove snapshots"};
        case kDoesNotServe:
            return Error{VIX_E_DISK_NOIO,
                         std::string{kDaemon} + " cannot serve the disks: " + words};
        case kFolderOfAnother:
            return Error{VIX_E_FILE_ACCESS_ERROR,
                         "preparing " + folder_.string() +
                             " failed, because other starts of the machine keep using it"};
        default:
            return Error{VIX_E_FILE_ACCESS_ERROR,
                         "preparing " + folder_.string() + " failed: " + words};
    }
}

void ImageServer::note_start(const fs::path& vmx) {
    note("started", vmx.string());
}

void ImageServer::forget_start() noexcept {
    try {
        note("started", "");
    } catch (...) {
        // The server has ended with the machine.
    }
}

void ImageServer::keep_scratch() {
    note("scratch", "");
}

std::vector<fs::path> ImageServer::marks() const {
    return parted(do_there("reading the list of locks", "cat -- \"$1/marks\"", {}));
}

void ImageServer::set_marks(const std::vector<fs::path>& marks) {
    std::vector<std::string> arguments;
    add_marks(marks, arguments);
    do_there("recording the list of locks", kSetMarks, std::move(arguments));
}

void ImageServer::attach(pid_t machine, const std::vector<fs::path>& marks,
                         const std::vector<fs::path>& scratch) {
    std::vector<std::string> arguments;
    add_marks(marks, arguments);
    arguments.push_back(std::to_string(machine));
    for (const fs::path& file : scratch) arguments.push_back(file.string());
    do_there("recording the machine's process", std::string{kSetMarks} + std::string{kAttach},
             std::move(arguments));
}

void ImageServer::note(const std::string& name, const std::string& text) {
    do_there("recording " + name, kNote, {name, text});
}

std::string ImageServer::noted(const std::string& name) const {
    const fs::path file = folder_ / name;
    boost::system::error_code ignored;
    const auto type = fs::symlink_status(file, ignored).type();
    if (host_.is_this_host() && type == fs::file_not_found) return {};  // the usual case
    return host_.result(VIX_E_FILE_ACCESS_ERROR, "reading " + file.string(), kReadIfThere,
                        {file.string()});
}

void ImageServer::stop() {
    do_there("stopping the image server", kStop, {});
}

}  // namespace vix::power
