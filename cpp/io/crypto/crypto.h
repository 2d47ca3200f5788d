// Cryptography on bytes, by OpenSSL's libcrypto, which is loaded at the first use. Every function
// throws VIX_E_CRYPTO_NO_CRYPTO where there is none, and VIX_E_CRYPTO_ERROR if libcrypto fails.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vix::io {

inline constexpr std::size_t kSha1Size = 20;
inline constexpr std::size_t kAesBlock = 16;
inline constexpr std::size_t kAes256Key = 32;

// PBKDF2 with HMAC-SHA-1.
std::string derive_key(std::string_view password, std::string_view salt, std::uint32_t rounds,
                       std::size_t size);

std::string hmac_sha1(std::string_view key, std::string_view text);

// AES-256 in CBC mode with the padding of PKCS #7. Nothing if the padding is wrong, as with a wrong
// key, or the text is not whole blocks. `key` has kAes256Key bytes, `iv` kAesBlock.
std::optional<std::string> decrypt_aes256_cbc(std::string_view key, std::string_view iv,
                                              std::string_view text);

// Compares in a time that does not depend on where the texts differ.
bool equal_secrets(std::string_view a, std::string_view b);

// Loads libcrypto if it is installed and not loaded yet. While it loads, it reads variables of the
// environment. So the thread that may change them calls this, before it starts a job that needs it.
void load_libcrypto() noexcept;

}  // namespace vix::io
