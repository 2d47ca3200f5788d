#include "io/process/host_name.h"

#include <limits.h>
#include <unistd.h>

#include <array>

namespace vix::io {

std::string own_host_name() {
    std::array<char, HOST_NAME_MAX + 1> name{};
    if (gethostname(name.data(), name.size() - 1) != 0) return {};
    return name.data();
}

}  // namespace vix::io
