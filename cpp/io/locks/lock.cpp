#include "io/locks/lock.h"

#include <net/if.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/filesystem/operations.hpp>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

#include "base/base64.h"
#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "io/files/file.h"
#include "io/files/file_descriptor.h"
#include "io/files/folder.h"
#include "io/process/host_name.h"

namespace vix::io {
namespace {

// VMware ignores further fields, so this one marks our locks.
constexpr std::string_view kOurField = "by=VMware::Vix";
constexpr std::size_t kMemberBytes = 512;
constexpr std::size_t kMachineBytes = 12;  // 4 bytes of the host name's hash, 8 of the hardware id
constexpr std::size_t kHardwareOffset = 4;
// The initial pid namespace; Linux fixes the number.
constexpr std::string_view kHostProcesses = "pid:[4026531836]";
// Readable by all, so that a refused caller can see the holder.
constexpr unsigned kLockPermissions = 0644;
constexpr int kNumberedTries = 100;
constexpr auto kEntryWait = std::chrono::milliseconds{10};
constexpr auto kQueueWait = std::chrono::milliseconds{2};
constexpr double kEntrySeconds = 1.0;
constexpr int kEntryTries = 200;

// `M01234.lck`
bool is_member_name(const std::string& name, char kind) {
    return name.size() == 10 && name[0] == kind && name.substr(6) == ".lck" &&
           std::all_of(name.begin() + 1, name.begin() + 6,
                       [](char c) { return c >= '0' && c <= '9'; });
}

std::string name_of(char kind, const std::string& number) {
    return kind + number + ".lck";
}

// The hardware id is the address of the first of eth0..eth7, or zeros if there is none.
std::array<char, 8> hardware_id() {
    std::array<char, 8> id{};
    const Descriptor any{socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    if (any.number < 0) return id;
    for (int i = 0; i < 8; ++i) {
        ifreq request{};
        std::snprintf(request.ifr_name, IFNAMSIZ, "eth%d", i);
        if (ioctl(any.number, SIOCGIFHWADDR, &request) == 0) {
            std::memcpy(id.data(), request.ifr_hwaddr.sa_data, 6);
            break;
        }
    }
    return id;
}

// DJB2 over unsigned bytes.
std::uint32_t hash_host_name(const std::string& name) {
    std::uint32_t hash = name.empty() ? 0 : 5381;
    for (const char c : name) hash = hash * 33 + static_cast<unsigned char>(c);
    return hash;
}

// Twelve bytes become sixteen characters of base64, without padding. VMware writes `-` instead of
// `/`.
std::string encode_machine(const std::string& bytes) {
    std::string text = to_base64(bytes);
    std::replace(text.begin(), text.end(), '/', '-');
    return text;
}

// VMware compares only the hardware id. But virtual hosts made from one image share it, and hosts
// whose interfaces are not called ethN have none. So the host's name must match, too: taking over a
// live lock is worse than respecting a stale one.
bool is_this_machine(std::string_view machine) {
    return machine == this_machine();
}

// A container can have the host's name and network card but its own process ids, so each process of
// the host would look dead to it. Its pid namespace therefore becomes part of its name, which makes
// it a separate host for locks.
std::string own_processes() {
    boost::system::error_code error;
    const std::string name = fs::read_symlink("/proc/self/ns/pid", error).string();
    return name == kHostProcesses ? std::string{} : name;
}

std::string encode_machine(const std::string& host_name, const std::array<char, 8>& hardware) {
    std::string raw(kMachineBytes, '\0');
    const std::uint32_t name = hash_host_name(host_name);
    std::memcpy(raw.data(), &name, sizeof name);
    std::copy(hardware.begin(), hardware.end(), raw.begin() + kHardwareOffset);
    return encode_machine(raw);
}

struct Process {
    std::string pid;
    std::string creation;  // jiffies since boot
    std::string name;
};

// Field 2, the name, may contain blanks and parentheses, so count the later fields from its end.
std::optional<Process> parse_stat(const std::string& text) {
    const auto open = text.find('(');
    const auto close = text.rfind(')');
    if (open == std::string::npos || close == std::string::npos) return std::nullopt;
    std::istringstream rest{text.substr(close + 1)};
    std::string field;
    for (int i = 3; i <= 22; ++i) rest >> field;
    if (!rest) return std::nullopt;
    std::string name = text.substr(open + 1, close - open - 1);
    std::replace(name.begin(), name.end(), ' ', '_');
    return Process{std::string{trim(text.substr(0, open))}, field, name};
}

std::optional<Process> process_of(pid_t pid) {
    std::ifstream file{"/proc/" + std::to_string(pid) + "/stat"};
    std::ostringstream all;
    all << file.rdbuf();  // unlike read(), this throws nothing if reading fails
    return parse_stat(all.str());
}

LockMember member_of(const std::string& machine, const Process& process) {
    LockMember member;
    member.machine = machine;
    member.creation = process.creation;
    member.execution = process.pid + '-' + process.creation + '(' + process.name + ')';
    return member;
}

// "00:0c:29:01:02:03"
std::array<char, 8> parse_hardware(const std::string& address) {
    std::array<char, 8> id{};
    for (std::size_t i = 0; i < 6 && address.size() == 17; ++i) {
        id[i] = static_cast<char>(parse_hex32(address.substr(3 * i, 2)).value_or(0));
    }
    return id;
}

// Empty if the file is gone or is not a lock member. A member that cannot be read counts as held by
// an unknown process.
std::optional<LockMember> read_member(const fs::path& path) {
    try {
        return parse_lock_member(read_text(path, kMemberBytes, Links::Refuse));
    } catch (const Error& error) {
        if (error.code() == VIX_E_FILE_NOT_FOUND || error.code() == VIX_E_FILE_TOO_BIG) {
            return std::nullopt;
        }
        LockMember unknown;
        unknown.machine = "unknown";
        unknown.execution = "unknown";
        return unknown;
    }
}

std::string describe(const fs::path& member_path, const LockMember& member) {
    const std::string host =
        is_this_machine(member.machine) ? std::string{"this host"} : "host " + member.machine;
    return member_path.string() + " (held by process " + member.execution + " on " + host + ")";
}

std::string random_number() {
    const RandomBytes random = random_bytes();
    std::array<char, 8> text{};
    std::snprintf(text.data(), text.size(), "%05u", random[0] << 8U | random[1]);
    return text.data();
}

void write_member(const fs::path& path, const std::string& text) {
    File file = File::create(path, kLockPermissions);
    file.write_at(0, as_bytes(text));
    file.finish(Durability::Unsynced);
}

// In seconds; empty if the file does not exist.
std::optional<double> age_of(const fs::path& path) {
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) return std::nullopt;
    struct timespec now {};
    clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<double>(now.tv_sec - status.st_mtim.tv_sec) +
           static_cast<double>(now.tv_nsec - status.st_mtim.tv_nsec) / 1e9;
}

// Drawing a number takes moments. So an entry is live while one of its files (D or E) is younger
// than a second and the process that its E file names, if any, is alive. The younger file decides
// for both, so that both files of a stale entry are removed together.
bool is_entering(const fs::path& folder, const std::string& number) {
    const auto is_young = [&](char kind) {
        const auto age = age_of(folder / name_of(kind, number));
        return age && *age >= 0 && *age < kEntrySeconds;
    };
    if (!is_young('D') && !is_young('E')) return false;
    const auto owner = read_member(folder / name_of('E', number));
    return !owner || !is_stale(*owner);
}

bool is_entry_name(const std::string& name) {
    return is_member_name(name, 'D') || is_member_name(name, 'E');
}

std::string number_of(const std::string& name) {
    return name.substr(1, 5);
}

// Choose all entries to remove before removing any: a half-removed entry looks like one whose
// process has not written its name yet.
void remove_dead_entries(const fs::path& folder, std::vector<std::string> names) {
    std::erase_if(names, [&](const std::string& name) {
        return !is_entry_name(name) || is_entering(folder, number_of(name));
    });
    boost::system::error_code ignored;
    for (const std::string& name : names) fs::remove(folder / name, ignored);
}

// Waits while another process draws a number, at most two seconds; an entry of a killed process
// does not count.
void wait_for_entries(const fs::path& folder, const std::string& own_number) {
    const auto others_enter = [&] {
        const auto names = names_if_any(folder);
        return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
            return is_entry_name(name) && number_of(name) != own_number &&
                   is_entering(folder, number_of(name));
        });
    };
    for (int i = 0; i < kEntryTries && others_enter(); ++i) {
        std::this_thread::sleep_for(kEntryWait);
    }
}

}  // namespace

std::optional<LockMember> parse_lock_member(std::string_view bytes) {
    if (bytes.size() != kMemberBytes) return std::nullopt;
    std::istringstream text{std::string{bytes.substr(0, bytes.find('\0'))}};
    LockMember member;
    std::string lamport;
    std::string kind;
    if (!(text >> member.machine >> member.execution >> lamport >> kind >> member.creation)) {
        return std::nullopt;
    }
    const auto number = parse_number(lamport);
    if (!number || (kind != "X" && kind != "S")) return std::nullopt;
    for (std::string field; text >> field;) member.ours |= field == kOurField;
    member.lamport = *number;
    member.kind = kind == "X" ? LockKind::Exclusive : LockKind::Shared;
    return member;
}

std::string to_text(const LockMember& member, const fs::path& folder) {
    std::string text = member.machine + ' ' + member.execution + ' ' +
                       std::to_string(member.lamport) + ' ' +
                       (member.kind == LockKind::Exclusive ? 'X' : 'S') + ' ' + member.creation +
                       " lc=" + std::to_string(lock_checksum(folder.string()));
    if (member.ours) text += ' ' + std::string{kOurField};
    text.resize(kMemberBytes, '\0');
    return text;
}

std::uint32_t lock_checksum(std::string_view folder_path) {
    std::uint32_t hash = 5381;
    for (const char c : folder_path) {
        hash = hash * 33 + static_cast<std::uint32_t>(static_cast<signed char>(c));
    }
    return hash;
}

std::string this_machine() {
    return encode_machine(own_host_name() + own_processes(), hardware_id());
}

LockMember member_for(pid_t pid) {
    const auto process = process_of(pid);
    return member_of(this_machine(),
                     process.value_or(Process{std::to_string(pid), "0", "unknown"}));
}

LockMember member_for(const std::string& host_name, const std::string& hardware_address,
                      const std::string& stat) {
    return member_of(encode_machine(host_name, parse_hardware(hardware_address)),
                     parse_stat(stat).value_or(Process{"0", "0", "unknown"}));
}

bool is_stale(const LockMember& member) {
    if (!is_this_machine(member.machine)) return false;
    const auto digits = member.execution.find_first_not_of("0123456789");
    const auto pid = parse_number(std::string_view{member.execution}.substr(0, digits));
    if (!pid || *pid == 0 || *pid > 0x7FFFFFFF) return true;
    const auto process = process_of(static_cast<pid_t>(*pid));
    if (!process) return kill(static_cast<pid_t>(*pid), 0) != 0 && errno == ESRCH;
    if (digits == std::string::npos) return false;  // the old form has no creation time
    const auto begin = digits + 1;
    const auto end = member.execution.find('(', begin);
    return member.execution.substr(begin, end - begin) != process->creation;
}

fs::path lock_folder(const fs::path& file) {
    return file.string() + ".lck";
}

std::vector<LockHolder> lock_holders(const fs::path& folder) {
    std::vector<LockHolder> holders;
    for (const std::string& name : names_if_any(folder)) {
        if (!is_member_name(name, 'M')) continue;
        const auto member = read_member(folder / name);
        if (!member || is_stale(*member)) continue;
        holders.push_back({member->kind, member->ours, describe(folder / name, *member)});
    }
    return holders;
}

Lock::Lock(const fs::path& file, LockKind kind, const Patience& patience)
    : folder_{lock_folder(file)} {
    try {
        enter(kind, patience);
    } catch (...) {
        leave();
        throw;
    }
}

Lock::~Lock() {
    leave();
}

// Lamport's bakery algorithm: draw a number above all existing ones, then wait for every smaller
// one.
void Lock::enter(LockKind kind, const Patience& patience) {
    boost::system::error_code ignored;
    if (kind == LockKind::Exclusive && fs::is_regular_file(fs::symlink_status(folder_, ignored))) {
        // In old products a lock was a file; VMware deletes these, too.
        fs::remove(folder_, ignored);
    }
    for (int i = 0; !draw(kind); ++i) {
        if (i == kNumberedTries) throw system_error(EAGAIN, "locking with", folder_.string());
    }
    wait_for_entries(folder_, number_);
    Wait wait{patience};
    while (const auto holder = obstacle(own_.lamport, kind)) {
        if (!wait.goes_on(kQueueWait)) {
            throw Error{VIX_E_FILE_ALREADY_LOCKED, "the lock is taken: " + *holder};
        }
    }
}

void Lock::begin_entry() {
    for (int i = 0;; ++i) {
        if (mkdir(folder_.c_str(), 0777) != 0 && errno != EEXIST) {
            throw system_error(errno, "creating", folder_.string());
        }
        number_ = random_number();
        if (mkdir((folder_ / name_of('D', number_)).c_str(), 0777) == 0) return;
        // EEXIST: the number is taken. ENOENT: the folder vanished with its last holder in between.
        if ((errno != EEXIST && errno != ENOENT) || i == kNumberedTries) {
            const int reason = errno;
            number_.clear();
            throw system_error(reason, "locking with", folder_.string());
        }
    }
}

// Returns false if drawing took so long that others removed our entry as stale. They may then have
// drawn the same number without seeing ours. Both orders are fixed: a process removes an entry
// before it lists the members, and a member appears before its entry is removed. So at least one of
// the two sees the other.
bool Lock::draw(LockKind kind) {
    begin_entry();
    LockMember own = member_for(getpid());
    own.kind = kind;
    own.ours = true;
    for (const std::string& name : names_if_any(folder_)) {
        if (!is_member_name(name, 'M')) continue;
        if (const auto member = read_member(folder_ / name)) {
            own.lamport = std::max(own.lamport, member->lamport);
        }
    }
    ++own.lamport;
    own_ = own;
    const bool written = publish(to_text(own, folder_), folder_ / name_of('M', number_));
    if (written && rmdir((folder_ / name_of('D', number_)).c_str()) == 0) return true;
    if (written && errno != ENOENT) throw system_error(errno, "locking with", folder_.string());
    leave();
    return false;
}

// Publishes by rename, so that nobody reads half a member and ignores it. Returns false if others
// removed the entry as stale.
bool Lock::publish(const std::string& text, const fs::path& member) const {
    const fs::path entry = folder_ / name_of('E', number_);
    try {
        write_member(entry, text);
    } catch (const Error& error) {
        // With the last entry the folder goes, too.
        if (error.code() == VIX_E_FILE_NOT_FOUND) return false;
        throw;
    }
    if (rename(entry.c_str(), member.c_str()) == 0) return true;
    if (errno == ENOENT) return false;
    throw system_error(errno, "locking with", folder_.string());
}

// Uses this object's number: whoever waits for this lock must wait for `holder`, too.
fs::path Lock::hand_over(const LockMember& holder) const {
    return hand_over(holder, free_member());
}

fs::path Lock::hand_over(const LockMember& holder, const fs::path& path) const {
    LockMember member = holder;
    member.kind = own_.kind;
    member.lamport = own_.lamport;
    const std::string text = to_text(member, folder_);
    fs::path free = path;
    for (int i = 0; i <= kNumberedTries; ++i) {
        if (publish(text, free)) return free;
        free = free_member();
    }
    throw system_error(EAGAIN, "locking with", folder_.string());
}

fs::path Lock::free_member() const {
    for (int i = 0; i <= kNumberedTries; ++i) {
        fs::path path = folder_ / name_of('M', random_number());
        if (fs::symlink_status(path).type() == fs::file_not_found) return path;
    }
    throw system_error(EAGAIN, "locking with", folder_.string());
}

fs::path Lock::member() const {
    return folder_ / name_of('M', number_);
}

std::optional<std::string> Lock::obstacle(std::uint64_t own_lamport, LockKind kind) const {
    const std::string own_name = name_of('M', number_);
    boost::system::error_code ignored;
    remove_dead_entries(folder_, names_if_any(folder_));
    // List again after the removal: see draw().
    for (const std::string& name : names_if_any(folder_)) {
        if (!is_member_name(name, 'M') || name == own_name) continue;
        const auto member = read_member(folder_ / name);
        if (!member || is_stale(*member)) {
            fs::remove(folder_ / name, ignored);
            continue;
        }
        const bool compatible = kind == LockKind::Shared && member->kind == LockKind::Shared;
        const bool before_us =
            member->lamport < own_lamport || (member->lamport == own_lamport && name < own_name);
        if (!compatible && before_us) return describe(folder_ / name, *member);
    }
    return std::nullopt;
}

// A member that cannot be removed becomes stale when this process ends.
void Lock::leave() noexcept {
    boost::system::error_code ignored;
    if (!number_.empty()) {
        for (const char kind : {'M', 'E', 'D'})
            fs::remove(folder_ / name_of(kind, number_), ignored);
    }
    rmdir(folder_.c_str());  // succeeds only for the last holder
}

}  // namespace vix::io
