#include "host/local/local_host.h"

#include <algorithm>
#include <string>

#include "base/text.h"
#include "io/process/host_name.h"

namespace vix::host {
namespace {

bool is_url(std::string_view text) {
    return starts_with_ignoring_case(text, "https://") ||
           starts_with_ignoring_case(text, "http://");
}

// The host of a URL, without a port: "[::1]:443" gives "::1". Empty if it is malformed.
std::string_view host_of_url(std::string_view url) {
    url.remove_prefix(url.find("://") + 3);
    const auto authority = url.substr(0, url.find('/'));
    if (!authority.empty() && authority.front() == '[') {
        const auto end = authority.find(']');
        return end == std::string_view::npos ? std::string_view{} : authority.substr(1, end - 1);
    }
    return authority.substr(0, authority.find(':'));
}

}  // namespace

bool names_this_host(std::string_view host_name) {
    if (host_name.empty()) return true;
    const auto name = is_url(host_name) ? host_of_url(host_name) : host_name;
    if (name.empty()) return false;

    const std::string own = io::own_host_name();
    const std::string_view accepted[] = {"localhost", "127.0.0.1", "::1", own,
                                         std::string_view{own}.substr(0, own.find('.'))};
    return std::any_of(std::begin(accepted), std::end(accepted), [&](std::string_view candidate) {
        return equal_ignoring_case(name, candidate);
    });
}

}  // namespace vix::host
