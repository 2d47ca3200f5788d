#include "power/domain/domain_identity.h"

#include <algorithm>
#include <array>
#include <boost/filesystem/operations.hpp>
#include <boost/uuid/name_generator_sha1.hpp>
#include <boost/uuid/string_generator.hpp>
#include <boost/uuid/uuid_io.hpp>
#include <cctype>
#include <cstdio>

#include "base/error.h"
#include "base/text.h"
#include "format/xml.h"
#include "vm/machine/identity.h"

namespace fs = boost::filesystem;

namespace vix::power {
namespace {

constexpr const char* kOurNamespace = "6a1c86be-3c5d-4f0e-9d0b-7e4c4a2f6b11";  // never changes
constexpr std::size_t kNameLimit = 60;
constexpr std::size_t kUuidDigits = 32;

bool is_plain(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
}

std::string hex_digits(const std::string& text) {
    std::string digits;
    std::copy_if(text.begin(), text.end(), std::back_inserter(digits),
                 [](unsigned char c) { return std::isxdigit(c) != 0; });
    return digits;
}

}  // namespace

fs::path canonical_path(const fs::path& vmx) {
    boost::system::error_code error;
    fs::path path = fs::canonical(vmx, error);
    if (!error) return path;
    const bool gone = error == boost::system::errc::no_such_file_or_directory ||
                      error == boost::system::errc::not_a_directory;
    if (!gone) throw system_error(error.value(), "looking for", vmx.string());
    throw Error{VIX_E_VM_NOT_FOUND, "there is no virtual machine " + vmx.string()};
}

std::string uuid_for(const fs::path& canonical_vmx) {
    boost::uuids::name_generator_sha1 generator{boost::uuids::string_generator{}(kOurNamespace)};
    return to_string(generator(canonical_vmx.string()));
}

std::string digits_for(const fs::path& canonical_vmx) {
    return uuid_for(canonical_vmx).substr(0, 8);
}

std::string name_for(const fs::path& canonical_vmx) {
    std::string name = canonical_vmx.stem().string().substr(0, kNameLimit);
    std::replace_if(
        name.begin(), name.end(), [](char c) { return !is_plain(c); }, '_');
    if (name.empty() || name[0] == '-' || name[0] == '.') name.insert(0, "vm");
    return name + '-' + digits_for(canonical_vmx);
}

std::string encode_text(const std::string& plain) {
    std::string text;
    for (const char c : plain) {
        if (is_plain(c) || c == '/' || c == ' ') {
            text += c;
            continue;
        }
        std::array<char, 4> code{};
        std::snprintf(code.data(), code.size(), "%%%02X", static_cast<unsigned char>(c));
        text += code.data();
    }
    return text;
}

std::optional<std::string> attribute_of(const std::string& element, const std::string& name) {
    const format::XmlDocument document{element, "an element of a machine's metadata"};
    const auto encoded = document.root().attribute(name);
    return encoded ? std::optional{decode_percent(*encoded)} : std::nullopt;
}

std::string encode_path(const fs::path& path) {
    return encode_text(path.string());
}

fs::path path_from_metadata(const std::string& element) {
    return attribute_of(element, "path").value_or("");
}

std::string standard_uuid(const std::string& spaced) {
    std::string digits = hex_digits(spaced);
    if (digits.size() != kUuidDigits) return {};
    for (const std::size_t place : {20U, 16U, 12U, 8U}) digits.insert(place, 1, '-');
    return to_lower(digits);
}

std::string new_bios_uuid() {
    return "56 4d" + vm::new_vm_id().substr(5);
}

std::string generated_mac(const std::string& bios_uuid, int offset) {
    const std::string digits = hex_digits(bios_uuid);
    if (digits.size() != kUuidDigits) return {};
    const auto tail = *parse_hex32(digits.substr(26)) + static_cast<std::uint32_t>(offset);
    std::array<char, 18> text{};
    std::snprintf(text.data(), text.size(), "00:0c:29:%02x:%02x:%02x", tail >> 16 & 0xFF,
                  tail >> 8 & 0xFF, tail & 0xFF);
    return text.data();
}

}  // namespace vix::power
