// The key safe of an encrypted machine: the value of encryption.keySafe in its .vmx. It holds the
// machine's key once for each way to unlock it. Text to values; nothing is decrypted here.
//
//   vmware:key/list/(pair/(phrase/ID/DERIVATION,MAC,DATA),...)
//
// Each part between slashes and commas is escaped like a URL, and the salt in DERIVATION once more.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace vix::format {

// The key, encrypted with one that is derived from a password.
struct KeyPhrase {
    std::string derivation;  // "PBKDF2-HMAC-SHA-1"
    std::string cipher;      // "AES-256"
    std::uint32_t rounds = 0;
    std::string salt;  // bytes
    std::string mac;   // "HMAC-SHA-1"
    std::string data;  // bytes: initialization vector, text, code that authenticates the plain text
};

struct KeySafe {
    std::vector<KeyPhrase> phrases;
    std::vector<std::string> others;  // the kinds of all other ways: "fqid" is a key server
};

// `where` names the file and the key for messages. Throws VIX_E_CRYPTO_BAD_FORMAT. The detail does
// not repeat the text.
KeySafe parse_key_safe(std::string_view text, const std::string& where);

}  // namespace vix::format
