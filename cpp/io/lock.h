// VMware's lock folders. The lock of a file P is the folder `P.lck`; whoever holds it has a member
// file `M<number>.lck` of 512 bytes in there that says machine, process and kind. Protocol and form
// as in VMware's open-vm-tools, so VMware's products and we keep out of each other's way.
#pragma once

#include <sys/types.h>

#include <boost/filesystem/path.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/patience.h"

namespace vix::io {

enum class LockKind { Shared, Exclusive };

// What a member file says: `machine execution lamport kind creation lc=checksum`, zero-filled.
struct LockMember {
    std::string machine;    // which host
    std::string execution;  // `pid-creation(name)`, or in old products the pid alone
    std::uint64_t lamport = 0;
    LockKind kind = LockKind::Exclusive;
    std::string creation;  // the process's creation time, in the host's own unit
    bool ours = false;     // taken by this library for one operation; nobody runs the machine by it
};

// Nothing when the bytes are no member: VMware takes such a file for garbage, too.
std::optional<LockMember> parse_lock_member(std::string_view bytes);
std::string to_text(const LockMember& member, const boost::filesystem::path& folder);

// VMware's checksum of a lock folder's path (DJB2 over signed bytes).
std::uint32_t lock_checksum(std::string_view folder_path);

// How VMware on this host names the host in a lock: base64 of host name hash and hardware id.
std::string this_machine();

// What a member says when it stands for a process of this host.
LockMember member_for(pid_t pid);
// The same of another host, from what it says: its name, the address of the first of its eth0..eth7
// ("00:0c:29:01:02:03"; empty: it has none), and the text of /proc/PID/stat.
LockMember member_for(const std::string& host_name, const std::string& hardware_address,
                      const std::string& stat);

// The holder's process is gone for certain: it was on this host and no longer runs. The locks of
// other hosts are never stale.
bool is_stale(const LockMember& member);

boost::filesystem::path lock_folder(const boost::filesystem::path& file);

struct LockHolder {
    LockKind kind;
    bool ours;
    std::string description;  // for people: which lock, which process
};

// Who holds the lock whose folder is `folder`, stale members left out. No folder: nobody.
std::vector<LockHolder> lock_holders(const boost::filesystem::path& folder);

// A lock held. Stale members met on the way are removed, as VMware does.
class Lock {
  public:
    // VIX_E_FILE_ALREADY_LOCKED, with the holder, when somebody is in the way; waits in line for as
    // long as `patience` says first.
    Lock(const boost::filesystem::path& file, LockKind kind, const Patience& patience = {});
    ~Lock();
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

    // From now on `holder`, another process, has the lock as well, and keeps it when this object
    // goes: in VMware's form, as the one who runs the machine. Gives the member file, which is
    // stale as soon as that process is gone.
    boost::filesystem::path hand_over(const LockMember& holder) const;

    // The member file of this object.
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
