#include "base/error.h"

#include <algorithm>
#include <array>
#include <boost/filesystem/exception.hpp>
#include <boost/filesystem/operations.hpp>
#include <cerrno>
#include <cstring>
#include <new>

#include "base/text.h"

namespace vix {
namespace {

constexpr std::size_t kDetailLimit = 2000;

struct Entry {
    std::int64_t number;
    const char* text;
    std::size_t place = 0;  // in the list
};

// By number, which the list is not. If two names share a number, the first one has the text.
constexpr auto kEntries = [] {
    auto entries = std::to_array<Entry>({
#define VIX_ERROR(name, number, text) {number, text},
#include "base/error_codes.def"
#undef VIX_ERROR
    });
    for (std::size_t i = 0; i < entries.size(); ++i) entries[i].place = i;
    std::sort(entries.begin(), entries.end(), [](const Entry& one, const Entry& other) {
        return one.number != other.number ? one.number < other.number : one.place < other.place;
    });
    return entries;
}();

ErrorCode code_for_errno(int errno_value) {
    switch (errno_value) {
        case ENOENT:
        case ENOTDIR:
            return VIX_E_FILE_NOT_FOUND;
        case EACCES:
        case EPERM:
            return VIX_E_FILE_ACCESS_ERROR;
        case EROFS:
            return VIX_E_FILE_READ_ONLY;
        case ENOSPC:
        case EDQUOT:
            return VIX_E_DISK_FULL;
        case EEXIST:
        case ENOTEMPTY:
            return VIX_E_FILE_ALREADY_EXISTS;
        case EFBIG:
            return VIX_E_FILE_TOO_BIG;
        case ENAMETOOLONG:
        case ELOOP:
            return VIX_E_FILE_NAME_INVALID;
        case EMFILE:
        case ENFILE:
            return VIX_E_DISK_TOOMANYOPENFILES;
        case ENOMEM:
            return VIX_E_OUT_OF_MEMORY;
        default:
            return VIX_E_FILE_ERROR;
    }
}

}  // namespace

Error::Error(ErrorCode code, std::string detail)
    : code_{code}, detail_{printable(std::move(detail))} {
    if (detail_.size() <= kDetailLimit) return;
    std::size_t end = kDetailLimit;
    while (end > 0 && (detail_[end] & 0xC0) == 0x80) --end;  // do not cut within a UTF-8 character
    detail_.resize(end);
    detail_ += "...";
}

bool is_exhaustion(ErrorCode code) noexcept {
    return code == VIX_E_DISK_TOOMANYOPENFILES || code == VIX_E_OUT_OF_MEMORY;
}

const char* known_error_text(std::int64_t number) noexcept {
    const auto* found = std::lower_bound(
        kEntries.begin(), kEntries.end(), number,
        [](const Entry& entry, std::int64_t wanted) { return entry.number < wanted; });
    return found != kEntries.end() && found->number == number ? found->text : nullptr;
}

std::string error_text(std::int64_t number) {
    const char* text = known_error_text(number);
    return text != nullptr ? text : "Unknown error " + std::to_string(number);
}

Error system_error(int errno_value, std::string_view action, std::string_view path) {
    std::array<char, 256> buffer{};
    const char* meaning = strerror_r(errno_value, buffer.data(), buffer.size());
    std::string detail{action};
    detail += ' ';
    detail += path;
    detail += " failed: ";
    detail += meaning;
    detail += " (errno " + std::to_string(errno_value) + ")";
    return Error{code_for_errno(errno_value), std::move(detail)};
}

Error not_utf8(std::string_view name, std::string_view consequence) {
    return Error{VIX_E_FILE_NAME_INVALID,
                 std::string{name} + " is not UTF-8, so " + std::string{consequence} +
                     "; rename the file to a name in UTF-8, change the texts that name it, and try "
                     "again"};
}

Error current_error() noexcept {
    try {
        throw;
    } catch (const Error& error) {
        return error;
    } catch (const boost::filesystem::filesystem_error& error) {
        const auto& path = error.path1();
        return system_error(error.code().value(), "using",
                            path.empty() ? "the current folder" : path.string());
    } catch (const std::bad_alloc&) {
        return Error{VIX_E_OUT_OF_MEMORY, {}};
    } catch (const std::exception& error) {
        return Error{VIX_E_FAIL, error.what()};
    } catch (...) {
        return Error{VIX_E_FAIL, {}};
    }
}

}  // namespace vix
