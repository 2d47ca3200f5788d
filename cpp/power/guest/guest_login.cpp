#include "power/guest/guest_login.h"

#include <crypt.h>
#include <string.h>

#include <array>
#include <ctime>
#include <memory>

#include "base/error.h"
#include "base/text.h"

namespace vix::power {
namespace {

constexpr std::size_t kShadowLimit = 4 << 20;
constexpr std::int64_t kSecondsPerDay = 86400;
constexpr std::size_t kHashField = 1;
constexpr std::size_t kExpiryField = 7;

std::array<std::string, 8> fields_of(std::string_view line) {
    std::array<std::string, 8> fields;
    for (auto& field : fields) {
        const auto end = std::min(line.find(':'), line.size());
        field = line.substr(0, end);
        line.remove_prefix(std::min(end + 1, line.size()));
    }
    return fields;
}

// One detail for a wrong name and a wrong password, so that guessing reveals nothing.
[[noreturn]] void refuse(const std::string& user) {
    throw Error{VIX_E_GUEST_USER_PERMISSIONS,
                "the guest has no user \"" + user + "\" with this password"};
}

std::string_view line_of(std::string_view shadow, const std::string& user) {
    const std::string begin = user + ':';
    while (!shadow.empty()) {
        const auto line = shadow.substr(0, shadow.find('\n'));
        if (line.starts_with(begin)) return line;
        shadow.remove_prefix(std::min(line.size() + 1, shadow.size()));
    }
    refuse(user);
}

std::string hash_of(const std::string& password, const std::string& setting) {
    const auto work = std::make_unique<crypt_data>();
    const char* hash = crypt_r(password.c_str(), setting.c_str(), work.get());
    if (hash != nullptr && hash[0] != '*') return hash;
    throw Error{VIX_E_CANNOT_AUTHENTICATE_WITH_GUEST,
                "the guest hashes its passwords with a method that this host does not support"};
}

// Takes the same time wherever two hashes of one length differ, so that timing reveals nothing.
bool are_equal(const std::string& a, const std::string& b) {
    if (a.size() != b.size()) return false;
    unsigned difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        difference |= static_cast<unsigned>(static_cast<unsigned char>(a[i] ^ b[i]));
    }
    return difference == 0;
}

}  // namespace

void check_password(std::string_view shadow, const std::string& user, const std::string& password,
                    std::int64_t today) {
    if (user.empty() || user.find_first_of(":\n") != std::string::npos) refuse(user);
    const auto fields = fields_of(line_of(shadow, user));
    const std::string& hash = fields[kHashField];
    if (hash.empty()) {
        throw Error{VIX_E_EMPTY_PASSWORD_NOT_ALLOWED_IN_GUEST,
                    "the guest's account \"" + user + "\" has no password; give it one"};
    }
    if (hash.front() == '!' || hash.front() == '*') refuse(user);
    if (!are_equal(hash_of(password, hash), hash)) refuse(user);
    const auto expiry = parse_number(fields[kExpiryField]);
    if (!expiry || today < static_cast<std::int64_t>(*expiry)) return;
    throw Error{VIX_E_GUEST_USER_PERMISSIONS, "the guest's account \"" + user + "\" has expired"};
}

void check_login(GuestAgent& agent, const std::string& user, const std::string& password) {
    std::string shadow;
    try {
        shadow = agent.read_file("/etc/shadow", kShadowLimit);
    } catch (const Error& error) {
        if (error.code() == VIX_E_TOOLS_NOT_RUNNING || error.code() == VIX_E_VM_NOT_RUNNING) throw;
        throw Error{VIX_E_CANNOT_AUTHENTICATE_WITH_GUEST,
                    "the guest's /etc/shadow cannot be read: " + error.detail()};
    }
    try {
        check_password(shadow, user, password, std::time(nullptr) / kSecondsPerDay);
    } catch (const Error&) {
        explicit_bzero(shadow.data(), shadow.size());
        throw;
    }
    explicit_bzero(shadow.data(), shadow.size());
}

}  // namespace vix::power
