#include "testing/process/environment_reads.h"

#include <dlfcn.h>
#include <unistd.h>

#include <atomic>
#include <mutex>

namespace vix::testing {
namespace {

std::atomic<bool> watched{false};
std::mutex mutex;

std::set<std::string>& names() {
    static auto& all = *new std::set<std::string>;  // NOLINT: threads may use it until the end
    return all;
}

}  // namespace

void watch_environment() {
    const std::lock_guard lock{mutex};
    names().clear();
    watched = true;
}

std::set<std::string> variables_read_by_threads() {
    const std::lock_guard lock{mutex};
    return names();
}

static void note(const char* name) {
    if (!watched || gettid() == getpid()) return;
    const std::lock_guard lock{mutex};
    names().insert(name);
}

using Getenv = char* (*)(const char*);

extern "C" char* getenv(const char* name) noexcept {
    static const auto real = reinterpret_cast<Getenv>(dlsym(RTLD_NEXT, "getenv"));
    note(name);
    return real(name);
}

extern "C" char* secure_getenv(const char* name) noexcept {
    static const auto real = reinterpret_cast<Getenv>(dlsym(RTLD_NEXT, "secure_getenv"));
    note(name);
    return real(name);
}

}  // namespace vix::testing
