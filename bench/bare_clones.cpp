// What the files of linked clones cost by themselves: as many and as large as VMClone's, synced and
// renamed in the same order, but nothing is read, looked for or decided. No linked clone that lasts
// can be made faster by that order on this file system; a yardstick for bench/run.
//
//     bare_clones [--fsync] FOLDER COUNT
//
// Prints the seconds of all of it, then those of each clone, one a line.
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr off_t kDiskBytes = 196608;  // an empty child of some GiB, most of it holes
constexpr off_t kSecondDirectory = 76800;
constexpr std::size_t kLongList = 65536;

int checked(int result, const std::string& what) {
    if (result >= 0) return result;
    std::perror(what.c_str());
    std::exit(1);
}

void put(int file, const std::string& bytes, off_t offset = 0) {
    checked(static_cast<int>(pwrite(file, bytes.data(), bytes.size(), offset)), "write");
}

int new_file(const std::string& path) {
    return checked(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL, 0644), path);
}

bool is_on_btrfs(int file) {
    struct statfs status {};
    return fstatfs(file, &status) == 0 && status.f_type == BTRFS_SUPER_MAGIC;
}

class Bare {
  public:
    Bare(std::string folder, bool synced) : folder_{std::move(folder)}, synced_{synced} {
        for (const char* name : {"/parent", "/clones"}) {
            checked(mkdir((folder_ + name).c_str(), 0777), folder_ + name);
        }
    }

    void clone(int number) {
        const std::string name = std::to_string(number);
        const std::string staging = folder_ + "/clones/.c" + name;
        checked(mkdir(staging.c_str(), 0777), staging);
        std::vector<int> files{new_file(staging + "/disk.vmdk")};
        checked(ftruncate(files[0], kDiskBytes), "resize");
        put(files[0], std::string(11264, 'd'));
        put(files[0], std::string(128, 'd'), kSecondDirectory);
        for (const char* kind : {".vmsd", ".vmxf", ".vmx"}) {
            files.push_back(new_file(staging + '/' + name + kind));
            put(files.back(), std::string(300, 'x'));
        }
        files.push_back(checked(open(staging.c_str(), O_RDONLY), staging));
        if (synced_) {
            for (const int file : files) sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE);
        }
        if (is_on_btrfs(files[0])) {
            record(number);
            if (synced_) checked(syncfs(files[0]), "sync");
            for (const int file : files) last(file);
        } else {
            std::thread helper{[&] {
                for (const int file : files) last(file);
            }};
            record(number);
            helper.join();
        }
        const std::string place = folder_ + "/clones/c" + name;
        checked(rename(staging.c_str(), place.c_str()), place);
        last(checked(open((folder_ + "/clones").c_str(), O_RDONLY), "clones"));
    }

  private:
    // One more line in the parent's list, which must be whole at any time. A long one is in two
    // files, which take turns: the one before gets the lines that it lacks. It is never written
    // before the disk has the other one in its place.
    void record(int number) {
        const std::string name = std::to_string(number);
        list_ += "snapshot0.clone" + name + " = \"" + folder_ + "/clones/c" + name + "/" + name +
                 ".vmx\"\n";
        const std::string fresh = folder_ + "/parent/list.new";
        const std::string place = folder_ + "/parent/list";
        const bool in_turns = synced_ && list_.size() >= kLongList;
        const bool has_former = in_turns && former_size_ > 0;
        const off_t had = has_former ? former_size_ : 0;
        const int file = has_former ? checked(open(fresh.c_str(), O_RDWR), fresh) : new_file(fresh);
        put(file, list_.substr(static_cast<std::size_t>(had)), had);
        last(file);
        const unsigned flags = in_turns ? RENAME_EXCHANGE : 0;
        checked(renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, place.c_str(), flags), fresh);
        if (in_turns) former_size_ = size_;
        size_ = static_cast<off_t>(list_.size());
        last(checked(open((folder_ + "/parent").c_str(), O_RDONLY), "parent"));
    }

    void last(int file) const {
        if (synced_) checked(fsync(file), "sync");
        close(file);
    }

    std::string folder_;
    bool synced_;
    std::string list_;
    off_t size_ = 0;         // of the list's file
    off_t former_size_ = 0;  // of the one before; 0: there is none
};

}  // namespace

int main(int count, char** words) {
    using Clock = std::chrono::steady_clock;
    const std::vector<std::string> arguments{words + 1, words + count};
    const bool synced = !arguments.empty() && arguments[0] == "--fsync";
    if (arguments.size() != (synced ? 3U : 2U)) {
        std::cerr << "bare_clones [--fsync] FOLDER COUNT\n";
        return 2;
    }
    const auto seconds_since = [](Clock::time_point begin) {
        return std::chrono::duration<double>(Clock::now() - begin).count();
    };
    std::vector<double> each;
    const auto begin = Clock::now();
    Bare bare{arguments[synced ? 1 : 0], synced};
    const int clones = std::stoi(arguments.back());
    for (int number = 1; number <= clones; ++number) {
        const auto start = Clock::now();
        bare.clone(number);
        each.push_back(seconds_since(start));
    }
    std::cout << seconds_since(begin) << '\n';
    for (const double seconds : each) std::cout << seconds << '\n';
    return 0;
}
