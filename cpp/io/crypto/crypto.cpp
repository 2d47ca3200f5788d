#include "io/crypto/crypto.h"

#include <dlfcn.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/opensslv.h>

#include <climits>
#include <memory>

#include "base/error.h"

namespace vix::io {
namespace {

// The library of the headers that this was built with; others have other structures.
#if OPENSSL_VERSION_NUMBER >= 0x30000000L
#define VIX_TEXT_OF(number) #number
#define VIX_LIBRARY_OF(number) "libcrypto.so." VIX_TEXT_OF(number)
constexpr const char* kLibrary = VIX_LIBRARY_OF(OPENSSL_SHLIB_VERSION);
#undef VIX_LIBRARY_OF
#undef VIX_TEXT_OF
#else
constexpr const char* kLibrary = "libcrypto.so.1.1";
#endif

// Each libcrypto call that is used, by its own name; its type comes from OpenSSL's headers.
#define VIX_LIBCRYPTO_CALLS(CALL) \
    CALL(PKCS5_PBKDF2_HMAC)       \
    CALL(HMAC)                    \
    CALL(EVP_sha1)                \
    CALL(EVP_aes_256_cbc)         \
    CALL(EVP_CIPHER_CTX_new)      \
    CALL(EVP_CIPHER_CTX_free)     \
    CALL(EVP_DecryptInit_ex)      \
    CALL(EVP_DecryptUpdate)       \
    CALL(EVP_DecryptFinal_ex)     \
    CALL(CRYPTO_memcmp)

struct Library {
#define VIX_DECLARE(name) decltype(&::name) name = nullptr;
    VIX_LIBCRYPTO_CALLS(VIX_DECLARE)
#undef VIX_DECLARE
};

template <typename Function>
void find_call(void* library, const char* name, Function& function) {
    function = reinterpret_cast<Function>(dlsym(library, name));
    if (function != nullptr) return;
    throw Error{VIX_E_CRYPTO_NO_CRYPTO, std::string{kLibrary} + " has no " + name};
}

Library load() {
    void* handle = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
        throw Error{
            VIX_E_CRYPTO_NO_CRYPTO,
            std::string{"checking the password of an encrypted virtual machine needs "
                        "OpenSSL's libcrypto, which is not installed (on Debian: libssl3): "} +
                dlerror()};
    }
    Library library;
#define VIX_FIND(name) find_call(handle, #name, library.name);
    VIX_LIBCRYPTO_CALLS(VIX_FIND)
#undef VIX_FIND
    return library;
}

// The library stays loaded. A failed load is tried again at the next call.
const Library& lib() {
    static const Library library = load();
    return library;
}

[[noreturn]] void fail(const char* call) {
    throw Error{VIX_E_CRYPTO_ERROR, std::string{kLibrary} + ": " + call + " failed"};
}

int length_of(std::string_view text) {
    if (text.size() > INT_MAX) fail("taking so long a text");
    return static_cast<int>(text.size());
}

const unsigned char* bytes_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes_of(std::string& text) {
    return reinterpret_cast<unsigned char*>(text.data());
}

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { lib().EVP_CIPHER_CTX_free(context); }
};

}  // namespace

std::string derive_key(std::string_view password, std::string_view salt, std::uint32_t rounds,
                       std::size_t size) {
    std::string key(size, '\0');
    if (rounds > INT_MAX) fail("taking so many rounds");
    if (lib().PKCS5_PBKDF2_HMAC(password.data(), length_of(password), bytes_of(salt),
                                length_of(salt), static_cast<int>(rounds), lib().EVP_sha1(),
                                length_of(key), bytes_of(key)) != 1) {
        fail("PKCS5_PBKDF2_HMAC");
    }
    return key;
}

std::string hmac_sha1(std::string_view key, std::string_view text) {
    std::string mac(kSha1Size, '\0');
    unsigned length = 0;
    if (lib().HMAC(lib().EVP_sha1(), key.data(), length_of(key), bytes_of(text), text.size(),
                   bytes_of(mac), &length) == nullptr ||
        length != kSha1Size) {
        fail("HMAC");
    }
    return mac;
}

std::optional<std::string> decrypt_aes256_cbc(std::string_view key, std::string_view iv,
                                              std::string_view text) {
    if (key.size() != kAes256Key || iv.size() != kAesBlock) fail("taking a key of another size");
    if (text.empty() || text.size() % kAesBlock != 0) return std::nullopt;
    const std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context{lib().EVP_CIPHER_CTX_new()};
    if (!context || lib().EVP_DecryptInit_ex(context.get(), lib().EVP_aes_256_cbc(), nullptr,
                                             bytes_of(key), bytes_of(iv)) != 1) {
        fail("EVP_DecryptInit_ex");
    }
    std::string plain(text.size() + kAesBlock, '\0');
    int written = 0;
    if (lib().EVP_DecryptUpdate(context.get(), bytes_of(plain), &written, bytes_of(text),
                                length_of(text)) != 1) {
        fail("EVP_DecryptUpdate");
    }
    int rest = 0;
    if (lib().EVP_DecryptFinal_ex(context.get(), bytes_of(plain) + written, &rest) != 1) {
        return std::nullopt;
    }
    plain.resize(static_cast<std::size_t>(written + rest));
    return plain;
}

bool equal_secrets(std::string_view a, std::string_view b) {
    return a.size() == b.size() && lib().CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void load_libcrypto() noexcept {
    try {
        lib();
    } catch (const Error&) {
        // A job that needs it reports the failure.
    }
}

}  // namespace vix::io
