#include "vm/machine/password.h"

#include "base/error.h"
#include "format/key_safe.h"
#include "io/crypto/crypto.h"

namespace vix::vm {
namespace {

using format::KeyPhrase;

constexpr const char* kKeySafe = "encryption.keySafe";

// The size of the key that encrypts the machine's key; 0 for an unknown cipher. With both names the
// cipher is AES-256 in CBC mode, and the whole key authenticates.
std::size_t key_size(const std::string& cipher) {
    if (cipher == "AES-256") return io::kAes256Key;
    if (cipher == "XTS-AES-256") return 2 * io::kAes256Key;
    return 0;
}

bool is_known(const KeyPhrase& phrase) {
    return phrase.derivation == "PBKDF2-HMAC-SHA-1" && phrase.mac == "HMAC-SHA-1" &&
           key_size(phrase.cipher) != 0;
}

bool unlocks(const KeyPhrase& phrase, const std::string& password) {
    const std::string& data = phrase.data;
    const std::string key =
        io::derive_key(password, phrase.salt, phrase.rounds, key_size(phrase.cipher));
    const std::string text =
        data.substr(io::kAesBlock, data.size() - io::kAesBlock - io::kSha1Size);
    const auto plain =
        io::decrypt_aes256_cbc(key.substr(0, io::kAes256Key), data.substr(0, io::kAesBlock), text);
    return plain &&
           io::equal_secrets(io::hmac_sha1(key, *plain), data.substr(data.size() - io::kSha1Size));
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
}

}  // namespace

void check_password(const Config& machine, const std::string& password) {
    if (!machine.is_encrypted()) return;
    const std::string path = machine.path().string();
    if (password.empty()) {
        throw Error{VIX_E_NEED_KEY, path + " is encrypted, and the password given is empty"};
    }
    const std::string where = path + ": " + kKeySafe;
    const auto safe = format::parse_key_safe(machine.find(kKeySafe).value_or(""), where);
    if (safe.phrases.empty()) {
        throw Error{VIX_E_NEED_KEY, path + " is not unlocked by a password, but by: " +
                                        (safe.others.empty() ? "nothing" : joined(safe.others))};
    }
    const KeyPhrase* unknown = nullptr;
    for (const KeyPhrase& phrase : safe.phrases) {
        if (!is_known(phrase)) {
            unknown = &phrase;
        } else if (unlocks(phrase, password)) {
            return;
        }
    }
    if (unknown != nullptr) {
        throw Error{VIX_E_CRYPTO_UNKNOWN_ALGORITHM,
                    where + " uses " + unknown->derivation + ", " + unknown->cipher + " and " +
                        unknown->mac +
                        "; known are PBKDF2-HMAC-SHA-1, AES-256 or XTS-AES-256, and "
                        "HMAC-SHA-1"};
    }
    throw Error{VIX_E_AUTHENTICATION_FAIL, "the password given for " + path + " is wrong"};
}

}  // namespace vix::vm
