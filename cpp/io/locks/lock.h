// VMware's lock folders. The lock of a file P is the folder `P.lck`. Each holder has a lock member
// in it: a file `M<number>.lck` of 512 bytes that names host, process and kind. Protocol and format
// are those of VMware's open-vm-tools, so VMware's products and this library respect each other's
// locks.
#pragma once

#include <sys/types.h>

#include <boost/filesystem/path.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/locks/patience.h"

namespace vix::io {

enum class LockKind { Shared, Exclusive };

// The fields of a lock member: `machine execution lamport kind creation lc=checksum`, padded with
// zeros.
struct LockMember {
    std::string machine;    // the host, as this_machine() names it
    std::string execution;  // `pid-creation(name)`, or the pid alone in old products
    std::uint64_t lamport = 0;
    LockKind kind = LockKind::Exclusive;
    std::string creation;  // the process's creation time, in the host's own unit
    bool ours = false;     // of this library for one operation; it does not run the machine
};

// Empty if the bytes are not a lock member. VMware ignores such a file, too.
std::optional<LockMember> parse_lock_member(std::string_view bytes);
std::string to_text(const LockMember& member, const boost::filesystem::path& folder);

// VMware's checksum of a lock folder's path (DJB2 over signed bytes).
std::uint32_t lock_checksum(std::string_view folder_path);

// VMware's name for this host in a lock: base64 of host name hash and hardware id.
std::string this_machine();

// The lock member for a process of this host.
LockMember member_for(pid_t pid);
// The same for a process of another host, from data read there: the host's name, the address of the
// first of its eth0..eth7 ("00:0c:29:01:02:03"; empty if it has none), and the text of
// /proc/PID/stat.
LockMember member_for(const std::string& host_name, const std::string& hardware_address,
                      const std::string& stat);

// True only if the holder ran on this host and certainly no longer runs. Locks of other hosts are
// never stale.
bool is_stale(const LockMember& member);

boost::filesystem::path lock_folder(const boost::filesystem::path& file);

struct LockHolder {
    LockKind kind;
    bool ours;
    std::string description;  // for people: which lock, which process
};

// The holders of the lock with this folder, without stale members. Empty if the folder does not
// exist.
std::vector<LockHolder> lock_holders(const boost::filesystem::path& folder);

// Holds a lock. Removes stale members that it finds, as VMware does.
class Lock {
  public:
    // Waits in line as long as `patience` allows, then throws VIX_E_FILE_ALREADY_LOCKED with the
    // holder in the detail.
    Lock(const boost::filesystem::path& file, LockKind kind, const Patience& patience = {});
    ~Lock();
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

    // Adds a lock member for `holder`, another process, in VMware's form for a process that runs
    // the machine. It stays when this object is destroyed. Returns the path of the member file,
    // which becomes stale when that process ends.
    boost::filesystem::path hand_over(const LockMember& holder) const;
    // The same at a path that free_member() returned, so that the path is known before. If another
    // process has taken it meanwhile, at another one.
    boost::filesystem::path hand_over(const LockMember& holder,
                                      const boost::filesystem::path& path) const;
    boost::filesystem::path free_member() const;

    // The path of this object's own member file.
    boost::filesystem::path member() const;

  private:
    void enter(LockKind kind, const Patience& patience);
    void begin_entry();
    bool draw(LockKind kind);
    bool publish(const std::string& text, const boost::filesystem::path& member) const;
    std::optional<std::string> obstacle(std::uint64_t own_lamport, LockKind kind) const;
    void leave() noexcept;

    boost::filesystem::path folder_;
    std::string number_;
    LockMember own_;
};

}  // namespace vix::io
