// This file defines the function that a fortified open() would call.
#undef _FORTIFY_SOURCE

#include "testing/process/system_calls.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <mutex>

namespace vix::testing {
namespace {

constexpr int kNever = -1;

std::atomic<int> left{kNever};
std::atomic<bool> reached{false};
std::atomic<Fault> kind{Fault::Error};
std::atomic<bool> interrupt_due{false};
std::atomic<int> folders_opened{0};
std::atomic<bool> state_is_hidden{false};
std::atomic<const char*> refused_part{nullptr};
std::atomic<Call> refused_call{Call::Close};
std::atomic<int> refusals{0};
std::atomic<const char*> halted_part{nullptr};
std::atomic<bool> halt_reached{false};
std::atomic<bool> halt_ended{true};
std::atomic<bool> is_recording{false};
std::mutex record_mutex;
std::vector<std::string> record;  // record_mutex protects it

}  // namespace

void arm(Fault fault, int number) {
    kind = fault;
    reached = false;
    left = number;
}

bool disarm() {
    left = kNever;
    return reached;
}

Refusal::Refusal(Call call, const char* part) {
    refused_call = call;
    refusals = 0;
    refused_part = part;
}

Refusal::~Refusal() {
    refused_part = nullptr;
}

int Refusal::count() const {
    return refusals;
}

static bool is_refused(Call call, const char* path) {
    const char* part = refused_part;
    if (part == nullptr || refused_call != call || strstr(path, part) == nullptr) return false;
    ++refusals;
    return true;
}

// Empty if the file has no path.
static std::string path_of(int file) {
    char name[64];
    char path[PATH_MAX + 1] = {};
    snprintf(name, sizeof name, "/proc/self/fd/%d", file);
    return readlink(name, path, PATH_MAX) > 0 ? path : "";
}

// True if closing the file must report its written data as lost.
static bool is_closing_refused(int file) {
    if (refused_part == nullptr || refused_call != Call::Close) return false;
    const int flags = fcntl(file, F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY) return false;
    return is_refused(Call::Close, path_of(file).c_str());
}

SyncRecord::SyncRecord() {
    const std::lock_guard lock{record_mutex};
    record.clear();
    is_recording = true;
}

SyncRecord::~SyncRecord() {
    is_recording = false;
}

std::vector<std::string> SyncRecord::calls() const {
    const std::lock_guard lock{record_mutex};
    return record;
}

static void add_to_record(const char* call, const std::string& path) {
    if (!is_recording) return;
    const std::lock_guard lock{record_mutex};
    record.push_back(std::string{call} + ' ' + path);
}

Halt::Halt(const char* part) {
    halt_reached = false;
    halt_ended = false;
    halted_part = part;
}

Halt::~Halt() {
    go_on();
}

bool Halt::reached() const {
    return halt_reached;
}

void Halt::go_on() {
    halted_part = nullptr;
    halt_ended = true;
}

static void halt(const char* path) {
    const char* part = halted_part;
    if (part == nullptr || strstr(path, part) == nullptr) return;
    if (!halted_part.compare_exchange_strong(part, nullptr)) return;
    halt_reached = true;
    while (!halt_ended) usleep(1000);
}

void interrupt_next_folder() {
    interrupt_due = true;
}

bool interrupt_is_due() {
    return interrupt_due;
}

int opened_folders() {
    return folders_opened;
}

void hide_next_state() {
    state_is_hidden = true;
}

static bool hides_state() {
    if (!state_is_hidden.exchange(false)) return false;
    errno = EIO;
    return true;
}

static bool is_interrupted(int flags) {
    if ((flags & O_DIRECTORY) == 0) return false;
    ++folders_opened;
    if (!interrupt_due.exchange(false)) return false;
    errno = EINTR;
    return true;
}

// Returns true if the current call is the one that must fail.
static bool is_faulty() {
    int now = left;
    while (now >= 0 && !left.compare_exchange_weak(now, now - 1)) {
    }
    if (now != 0) return false;
    reached = true;
    if (kind == Fault::Death) _exit(kDeathCode);
    errno = EIO;
    return true;
}

template <typename Function>
static Function next(Function, const char* name) {
    return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

}  // namespace vix::testing

using vix::testing::add_to_record;
using vix::testing::Call;
using vix::testing::halt;
using vix::testing::hides_state;
using vix::testing::is_closing_refused;
using vix::testing::is_faulty;
using vix::testing::is_interrupted;
using vix::testing::is_refused;
using vix::testing::next;
using vix::testing::path_of;

// The linker finds these before the C library's own.
extern "C" {

#pragma GCC visibility push(default)

int open(const char* path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    const auto mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : mode_t{0};
    va_end(arguments);
    if ((flags & O_CREAT) != 0) halt(path);
    if ((flags & O_CREAT) != 0 && is_faulty()) return -1;
    if (is_interrupted(flags)) return -1;
    static const auto real = next(&open, "open");
    return real(path, flags, mode);
}

// A fortified call with flags unknown at compile time becomes this.
// NOLINTNEXTLINE(bugprone-reserved-identifier, readability-identifier-naming): glibc named it.
int __open64_2(const char* path, int flags) {
    return open(path, flags);
}

int rename(const char* from, const char* to) noexcept {
    static const auto real = next(&rename, "rename");
    if (is_refused(Call::Rename, to)) {
        errno = EPERM;
        return -1;
    }
    add_to_record("rename", to);
    return is_faulty() ? -1 : real(from, to);
}

int close(int file) {
    static const auto real = next(&close, "close");
    if (!is_closing_refused(file)) return real(file);
    real(file);
    errno = EDQUOT;
    return -1;
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to,
              unsigned flags) noexcept {
    static const auto real = next(&renameat2, "renameat2");
    add_to_record("rename", to);
    return is_faulty() ? -1 : real(from_folder, from, to_folder, to, flags);
}

int link(const char* from, const char* to) noexcept {
    static const auto real = next(&link, "link");
    return is_faulty() ? -1 : real(from, to);
}

int unlink(const char* path) noexcept {
    static const auto real = next(&unlink, "unlink");
    if (is_refused(Call::Unlink, path)) {
        errno = EPERM;
        return -1;
    }
    is_faulty();  // may end the process; but a failed cleanup after a failure would test nothing
    return real(path);
}

int mkdir(const char* path, mode_t mode) noexcept {
    static const auto real = next(&mkdir, "mkdir");
    return is_faulty() ? -1 : real(path, mode);
}

ssize_t pwrite(int file, const void* bytes, size_t size, off_t offset) {
    static const auto real = next(&pwrite, "pwrite");
    return is_faulty() ? -1 : real(file, bytes, size, offset);
}

ssize_t copy_file_range(int from, off_t* from_offset, int to, off_t* to_offset, size_t size,
                        unsigned flags) {
    static const auto real = next(&copy_file_range, "copy_file_range");
    return is_faulty() ? -1 : real(from, from_offset, to, to_offset, size, flags);
}

int ftruncate(int file, off_t size) noexcept {
    static const auto real = next(&ftruncate, "ftruncate");
    return is_faulty() ? -1 : real(file, size);
}

int fstat(int file, struct stat* status) noexcept {
    static const auto real = next(&fstat, "fstat");
    return hides_state() ? -1 : real(file, status);
}

int fsync(int file) {
    static const auto real = next(&fsync, "fsync");
    if (is_faulty()) return -1;
    const int result = real(file);
    if (result == 0) add_to_record("sync", path_of(file));
    return result;
}

#pragma GCC visibility pop

}  // extern "C"
