// Copies files into a folder with two threads that take turns at blocks of 1 MiB: what a short
// program of one's own would do. It is a yardstick for bench/run, so it knows nothing of holes or
// of VMDK.
//
//     two_thread_copy [--fsync] SOURCE... FOLDER
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

namespace {

constexpr off_t kBlockBytes = 1 << 20;

[[noreturn]] void fail(const std::string& what) {
    std::cerr << what << ": " << std::system_category().message(errno) << '\n';
    std::exit(EXIT_FAILURE);
}

int open_or_fail(const std::string& path, int flags) {
    const int fd = open(path.c_str(), flags | O_CLOEXEC, 0666);
    if (fd < 0) fail(path);
    return fd;
}

void copy_block(int from, int to, off_t offset, off_t size_bytes, std::vector<char>& buffer) {
    const off_t wanted = std::min(kBlockBytes, size_bytes - offset);
    for (off_t done = 0; done < wanted;) {
        const ssize_t got = pread(from, buffer.data(), wanted - done, offset + done);
        if (got <= 0) fail("read");
        for (ssize_t put = 0; put < got;) {
            const ssize_t n = pwrite(to, buffer.data() + put, got - put, offset + done + put);
            if (n < 0) fail("write");
            put += n;
        }
        done += got;
    }
}

void copy_file(const std::string& source, const std::string& target, bool sync) {
    const int from = open_or_fail(source, O_RDONLY);
    const int to = open_or_fail(target, O_WRONLY | O_CREAT | O_EXCL);
    struct stat status {};
    if (fstat(from, &status) != 0) fail(source);
    std::atomic<off_t> next{0};
    const auto work = [&] {
        std::vector<char> buffer(kBlockBytes);
        for (off_t at = next.fetch_add(kBlockBytes); at < status.st_size;
             at = next.fetch_add(kBlockBytes))
            copy_block(from, to, at, status.st_size, buffer);
    };
    std::thread second(work);
    work();
    second.join();
    if (sync && fsync(to) != 0) fail(target);
    close(from);
    if (close(to) != 0) fail(target);
}

}  // namespace

int main(int argc, char** argv) {
    std::vector<std::string> names(argv + 1, argv + argc);
    const bool sync = !names.empty() && names.front() == "--fsync";
    if (sync) names.erase(names.begin());
    if (names.size() < 2) {
        std::cerr << "two_thread_copy [--fsync] SOURCE... FOLDER\n";
        return EXIT_FAILURE;
    }
    const std::string folder = names.back();
    names.pop_back();
    for (const auto& source : names)
        copy_file(source, folder + '/' + source.substr(source.rfind('/') + 1), sync);
    if (sync && fsync(open_or_fail(folder, O_RDONLY | O_DIRECTORY)) != 0) fail(folder);
    return EXIT_SUCCESS;
}
