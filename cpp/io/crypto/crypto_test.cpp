#include "io/crypto/crypto.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "testing/process/failure.h"

namespace vix::io {
namespace {

using testing::code_of;

std::string hex(std::string_view bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 0xFU];
    }
    return text;
}

std::string bytes(std::string_view hex_digits) {
    std::string result;
    for (std::size_t i = 0; i + 1 < hex_digits.size(); i += 2) {
        result += static_cast<char>(std::stoi(std::string{hex_digits.substr(i, 2)}, nullptr, 16));
    }
    return result;
}

// The values of RFC 6070.
TEST(Crypto, DerivesKeysAsTheStandardSays) {
    EXPECT_EQ(hex(derive_key("password", "salt", 2, 20)),
              "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957");
    EXPECT_EQ(hex(derive_key("passwordPASSWORDpassword", "saltSALTsaltSALTsaltSALTsaltSALTsalt",
                             4096, 25)),
              "3d2eec4fe41c849b80c8d83662c0e44a8b291a964cf2f07038");
    EXPECT_EQ(
        hex(derive_key(std::string_view{"pass\0word", 9}, std::string_view{"sa\0lt", 5}, 4096, 16)),
        "56fa6aa75548099dcc37d7f03425e0c3");
}

// The first values of RFC 2202.
TEST(Crypto, AuthenticatesAsTheStandardSays) {
    EXPECT_EQ(hex(hmac_sha1(std::string(20, '\x0b'), "Hi There")),
              "b617318655057264e28bc0b6fb378c8ef146be00");
    EXPECT_EQ(hex(hmac_sha1("Jefe", "what do ya want for nothing?")),
              "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
}

// Made with "openssl enc -aes-256-cbc".
class Decryption : public ::testing::Test {
  protected:
    const std::string key_ =
        bytes("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
    const std::string iv_ = bytes("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
    const std::string text_ =
        bytes("22f8bb3032a9858ee4421ebbe08993191a2339b2accc4fec958abd69be231e1e");
};

TEST_F(Decryption, GivesThePlainText) {
    EXPECT_EQ(decrypt_aes256_cbc(key_, iv_, text_), "type=key:cipher=AES-256");
}

TEST_F(Decryption, NoticesAWrongKey) {
    std::string other = key_;
    other[0] = '\x7f';
    EXPECT_EQ(decrypt_aes256_cbc(other, iv_, text_), std::nullopt);
}

TEST_F(Decryption, TakesWholeBlocksAlone) {
    EXPECT_EQ(decrypt_aes256_cbc(key_, iv_, text_.substr(1)), std::nullopt);
    EXPECT_EQ(decrypt_aes256_cbc(key_, iv_, ""), std::nullopt);
    EXPECT_EQ(code_of([&] { decrypt_aes256_cbc("short", iv_, text_); }), VIX_E_CRYPTO_ERROR);
}

TEST(Crypto, ComparesSecrets) {
    EXPECT_TRUE(equal_secrets("abc", "abc"));
    EXPECT_FALSE(equal_secrets("abc", "abd"));
    EXPECT_FALSE(equal_secrets("abc", "ab"));
}

}  // namespace
}  // namespace vix::io
