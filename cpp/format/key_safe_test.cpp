#include "format/key_safe.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "testing/process/failure.h"

namespace vix::format::key_safe_test {
namespace {

using testing::code_of;
using testing::contains;
using testing::detail_of;

constexpr std::string_view kDerivation =
    "pass2key%3dPBKDF2%2dHMAC%2dSHA%2d1%3acipher%3dXTS%2dAES%2d256%3arounds%3d10000%3asalt%3d"
    "AAEC%252f%252b8%253d";

const std::string kData = "BAUG" + std::string(68, 'A');  // 54 bytes

std::string phrase(const std::string& derivation, const std::string& data = kData) {
    return "pair/(phrase/kbbpqQjRjTg%3d/" + derivation + ",HMAC%2dSHA%2d1," + data + ")";
}

std::string safe_of(const std::string& ways) {
    return "vmware:key/list/(" + ways + ")";
}

KeySafe parse(const std::string& text) {
    return parse_key_safe(text, "a.vmx: encryption.keySafe");
}

std::string fault_of(const std::string& text) {
    EXPECT_EQ(code_of([&] { parse(text); }), VIX_E_CRYPTO_BAD_FORMAT) << text;
    return detail_of([&] { parse(text); });
}

TEST(KeySafe, GivesThePartsOfAPhrase) {
    const KeySafe safe = parse(safe_of(phrase(std::string{kDerivation})));
    ASSERT_EQ(safe.phrases.size(), 1U);
    EXPECT_EQ(safe.phrases[0].derivation, "PBKDF2-HMAC-SHA-1");
    EXPECT_EQ(safe.phrases[0].cipher, "XTS-AES-256");
    EXPECT_EQ(safe.phrases[0].rounds, 10000U);
    EXPECT_EQ(safe.phrases[0].salt, std::string("\0\1\2\xff\xef", 5));
    EXPECT_EQ(safe.phrases[0].mac, "HMAC-SHA-1");
    EXPECT_EQ(safe.phrases[0].data, "\4\5\6" + std::string(51, '\0'));
    EXPECT_TRUE(safe.others.empty());
}

TEST(KeySafe, KeepsEachWay) {
    const std::string derivation{kDerivation};
    const KeySafe safe =
        parse(safe_of("pair/(fqid/<VMWARE-NULL>/KMS/1,HMAC%2dSHA%2d256,AA==)," +
                      phrase(derivation) + ",null/,pair/(list/(a,b),c,d)," + phrase(derivation)));
    EXPECT_EQ(safe.phrases.size(), 2U);
    EXPECT_EQ(safe.others, (std::vector<std::string>{"fqid", "null", "list"}));
    EXPECT_TRUE(parse("vmware:key/list/()").phrases.empty());
}

TEST(KeySafe, OfAnotherFormIsRefused) {
    EXPECT_TRUE(contains(fault_of("secret"), "a.vmx: encryption.keySafe is damaged"));
    EXPECT_FALSE(contains(fault_of("secret"), "secret"));
    fault_of("");
    fault_of("vmware:key/list/");
    fault_of("vmware:key/list/(pair/(a,b)");
    fault_of(safe_of("pair/(a,b"));
    fault_of(safe_of("pair/(a,b)"));
    fault_of(safe_of("a),(b"));
    fault_of(safe_of("pair/(phrase/id,HMAC,AAAA)"));
    fault_of(safe_of(phrase("pass2key")));
    fault_of(safe_of(phrase("rounds%3d10")) + "x");
    fault_of(std::string((std::size_t{1} << 20) + 1, 'x'));
}

TEST(KeySafe, NumbersOfRoundsAreBounded) {
    for (const char* rounds : {"0", "1000001", "-1", "99999999999999999999", "x", ""}) {
        const auto fault = fault_of(safe_of(phrase("rounds%3d" + std::string{rounds})));
        EXPECT_TRUE(contains(fault, "rounds")) << fault;
    }
}

TEST(KeySafe, DataThatIsNotInBase64OrTooShortIsRefused) {
    const std::string derivation{kDerivation};
    EXPECT_TRUE(contains(fault_of(safe_of(phrase(derivation, "A!" + kData))), "base 64"));
    EXPECT_TRUE(contains(fault_of(safe_of(phrase(derivation, kData.substr(4)))), "too short"));
}

TEST(KeySafe, KeysAreCounted) {
    std::string ways = "null/";
    for (int i = 0; i < 100; ++i) ways += ",null/";
    EXPECT_TRUE(contains(fault_of(safe_of(ways)), "too many"));
}

}  // namespace
}  // namespace vix::format::key_safe_test
