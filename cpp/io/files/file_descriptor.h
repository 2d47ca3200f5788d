// A file descriptor and a pipe, each closed with its object; every class that holds a descriptor
// has one of these. For disk files use io/files/file.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "base/error.h"

namespace vix::io {

struct Descriptor {
    Descriptor() = default;
    explicit Descriptor(int opened) : number{opened} {}
    ~Descriptor() { shut(); }
    Descriptor(Descriptor&& other) noexcept : number{std::exchange(other.number, -1)} {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        shut();
        number = std::exchange(other.number, -1);
        return *this;
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    // Returns false, and sets errno, if closing failed.
    bool shut() {
        const int last = std::exchange(number, -1);
        return last < 0 || close(last) == 0;
    }
    int number = -1;
};

struct Pipe {
    explicit Pipe(const std::string& program) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0) throw system_error(errno, "starting", program);
        out.number = ends[0];
        in.number = ends[1];
    }
    Descriptor out;
    Descriptor in;
};

}  // namespace vix::io
