// The part of GuestSession that copies files between host and guest.
#include <sys/stat.h>
#include <unistd.h>

#include <boost/filesystem/operations.hpp>

#include "base/error.h"
#include "base/text.h"
#include "io/files/file.h"
#include "io/files/folder.h"
#include "power/guest/guest_session.h"

namespace fs = boost::filesystem;

namespace vix::power {
namespace {

constexpr unsigned kNewPermissions = 0666;

// A file on the host, written beside its final path; publish() renames it to that path.
class NewFile {
  public:
    explicit NewFile(const fs::path& path)
        : path_{path},
          fresh_{path.parent_path() /
                 fs::unique_path("." + path.filename().string() + ".%%%%%%%%.tmp")},
          file_{io::File::create(fresh_, kNewPermissions)} {}
    ~NewFile() {
        if (!published_) unlink(fresh_.c_str());
    }
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;

    void append(std::string_view bytes) {
        file_.write_at(size_, io::as_bytes(bytes));
        size_ += bytes.size();
    }
    void publish() {
        file_.finish(io::Durability::Synced);
        if (::rename(fresh_.c_str(), path_.c_str()) != 0) {
            throw system_error(errno, "renaming to", path_.string());
        }
        published_ = true;
    }

  private:
    fs::path path_;
    fs::path fresh_;
    io::File file_;
    std::uint64_t size_ = 0;
    bool published_ = false;
};

std::string below(const std::string& folder, const std::string& name) {
    return folder.ends_with('/') ? folder + name : folder + '/' + name;
}

// The guest's file name becomes one on the host, so it must not lead out of the folder.
void check_name(const std::string& name) {
    if (!name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos) return;
    throw Error{VIX_E_FILE_NAME_INVALID, "a file in the guest is named \"" + name +
                                             "\", which no file on the host can be named"};
}

std::string octal(unsigned mode) {
    std::string text;
    for (int shift = 6; shift >= 0; shift -= 3)
        text += static_cast<char>('0' + (mode >> shift & 7));
    return text;
}

}  // namespace

// Writes a temporary file, which the user's own `cp` copies to its path. The agent is root: if it
// wrote to that path itself, it would bypass the user's permissions.
void GuestSession::copy_file_in(const fs::path& host_path, const std::string& path) {
    if (test("-d", path)) {
        throw Error{VIX_E_NOT_A_FILE, path + " in the guest is a folder; name a file in it"};
    }
    const auto source = io::File::open(host_path, io::Links::Follow);
    const std::uint64_t size = source.size();
    progress_.expect(size);
    progress_.checkpoint("copying a file to the guest");
    const std::string temporary = make_temporary_file();
    try {
        GuestAgent::File file{agent_, temporary, "r+"};
        std::string bytes;
        for (std::uint64_t done = 0; done < size; done += bytes.size()) {
            bytes.resize(std::min<std::uint64_t>(GuestAgent::File::kChunk, size - done));
            source.read_at(done, std::as_writable_bytes(std::span{bytes.data(), bytes.size()}));
            file.write(bytes);
            progress_.add(bytes.size());
        }
        file.close();
        use_tool({"chmod", octal(io::permissions_of(host_path) & 0777U), temporary});
        use_tool({"cp", "--", temporary, path});
    } catch (const Error&) {
        run_tool({"rm", "-f", "--", temporary});
        throw;
    }
    use_tool({"rm", "-f", "--", temporary});
}

void GuestSession::copy_file_out(const std::string& path, const fs::path& host_path) {
    if (!test("-f", path)) {
        static_cast<void>(info(path));
        throw Error{VIX_E_NOT_A_FILE, path + " in the guest is not a file"};
    }
    progress_.checkpoint("copying a file from the guest");
    std::string readable = path;
    if (user_ != kRoot) {
        readable = make_temporary_file();
        use_tool({"cp", "--", path, readable});
    }
    try {
        const auto size = use_tool({"stat", "-L", "-c", "%s", "--", readable});
        progress_.expect(parse_number(trim(size)).value_or(0));
        GuestAgent::File file{agent_, readable, "r"};
        NewFile copy{host_path};
        for (auto bytes = file.read(); !bytes.empty(); bytes = file.read()) {
            copy.append(bytes);
            progress_.add(bytes.size());
        }
        copy.publish();
    } catch (const Error&) {
        if (user_ != kRoot) run_tool({"rm", "-f", "--", readable});
        throw;
    }
    if (user_ != kRoot) use_tool({"rm", "-f", "--", readable});
}

void GuestSession::copy_in(const fs::path& host_path, const std::string& path) {
    if (!fs::is_directory(host_path)) return copy_file_in(host_path, path);
    if (!folder_exists(path)) make_folder(path);
    for (const std::string& name : io::names_in(host_path)) {
        if (fs::is_symlink(fs::symlink_status(host_path / name))) continue;
        copy_in(host_path / name, below(path, name));
    }
}

void GuestSession::copy_out(const std::string& path, const fs::path& host_path) {
    if (!folder_exists(path)) {
        if (fs::is_directory(host_path)) {
            throw Error{VIX_E_NOT_A_FILE, host_path.string() + " is a folder; name a file in it"};
        }
        return copy_file_out(path, host_path);
    }
    fs::create_directories(host_path);
    for (const auto& entry : list(path)) {
        if (entry.is_link) continue;
        check_name(entry.name);
        copy_out(below(path, entry.name), host_path / entry.name);
    }
}

}  // namespace vix::power
