#include "vm/machine/password.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "testing/disks/samples.h"
#include "testing/process/failure.h"
#include "testing/process/temp_folder.h"

namespace vix::vm {
namespace {

using testing::code_of;
using testing::contains;
using testing::detail_of;

// Made by another program, with the passwords "secret" and "B\u00FCro \u4F4D".
const std::string kAes =
    "vmware:key/list/(pair/(phrase/kbbpqQjRjTg%3d/pass2key%3dPBKDF2%2dHMAC%2dSHA%2d1%3acipher%3"
    "dAES%2d256%3arounds%3d1000%3asalt%3dZfqRWNtVgTqto4lUDVCz5Q%253d%253d,HMAC%2dSHA%2d1,OkY%2f"
    "OLAMnyTDQqV03Ex5qsOJxzyBBFhC8dL2i%2f3bevRrA9kSBqYVlomqE24E6q%2bMZlwENrk9607v1MJbKhHzv%2fe0"
    "17fTeOJgToo26wZkhxawVFM6bSVgzxZtIA2rNa7Q3F2rJX3RYSouYa4ob0ovw9vLcoM%3d))";
const std::string kXts =
    "vmware:key/list/(pair/(phrase/13cf4Z77FK0%3d/pass2key%3dPBKDF2%2dHMAC%2dSHA%2d1%3acipher%3"
    "dXTS%2dAES%2d256%3arounds%3d1000%3asalt%3dCNO6P3jgZXB1QTZfAIVy0A%253d%253d,HMAC%2dSHA%2d1,"
    "zUpqeZM3dvcUGtzQapZxZjMQo%2fDGYgT5MTxnjJhRct2%2bCA4YQsRxysvYeT3vvc7Rg5HrG%2bdDS2wPiXJeGnuA"
    "WhBkRJ8TnbOxUvbGTJd2b1HrKjQx1ZObvU2XiE9N32mPAhJEJWgmOCEiRHjR%2fzw%2bZusQwaMbsudv7r7M8MZMFK"
    "yKBA7lhQnT5EHlRnWjbRYR7GwGgCjgrStOnZ7HBon%2by%2bp%2b2T8%3d))";

Config machine_with(const std::string& key_safe) {
    return Config::parse("/vms/a.vmx",
                         "encryption.keySafe = \"" + key_safe + "\"\nencryption.data = \"AAAA\"\n",
                         "/vms/a.vmx");
}

ErrorCode code_for(const std::string& key_safe, const std::string& password) {
    return code_of([&] { check_password(machine_with(key_safe), password); });
}

std::string replaced(std::string text, const std::string& old, const std::string& by) {
    const auto at = text.find(old);
    EXPECT_NE(at, std::string::npos) << old;
    return text.replace(at, old.size(), by);
}

TEST(Password, ThatIsRightIsAccepted) {
    EXPECT_EQ(code_for(kAes, "secret"), VIX_OK);
    EXPECT_EQ(code_for(kXts, "B\u00FCro \u4F4D"), VIX_OK);
}

TEST(Password, ThatIsWrongIsRefusedAndNotRepeated) {
    EXPECT_EQ(code_for(kAes, "Secret"), VIX_E_AUTHENTICATION_FAIL);
    EXPECT_EQ(code_for(kXts, "secret"), VIX_E_AUTHENTICATION_FAIL);
    const auto detail = detail_of([] { check_password(machine_with(kAes), "open sesame"); });
    EXPECT_TRUE(contains(detail, "/vms/a.vmx")) << detail;
    EXPECT_FALSE(contains(detail, "sesame"));
}

TEST(Password, MayBeOneOfSeveral) {
    const std::string both =
        replaced(kAes, "list/(",
                 "list/(pair/(fqid/x/y,HMAC,AAAA)," + kXts.substr(17, kXts.size() - 18) + ",");
    EXPECT_EQ(code_for(both, "secret"), VIX_OK);
    EXPECT_EQ(code_for(both, "B\u00FCro \u4F4D"), VIX_OK);
    EXPECT_EQ(code_for(both, "x"), VIX_E_AUTHENTICATION_FAIL);
}

// The last byte of the code that authenticates the key.
TEST(Password, OpensNothingThatWasChanged) {
    EXPECT_EQ(code_for(replaced(kAes, "9vLcoM%3d", "9vLcoQ%3d"), "secret"),
              VIX_E_AUTHENTICATION_FAIL);
}

TEST(Password, OfAnUnknownKindIsNotWrong) {
    EXPECT_EQ(code_for(replaced(kAes, "AES%2d256", "AES%2d512"), "secret"),
              VIX_E_CRYPTO_UNKNOWN_ALGORITHM);
    EXPECT_EQ(code_for(replaced(kAes, "PBKDF2", "SCRYPT"), "secret"),
              VIX_E_CRYPTO_UNKNOWN_ALGORITHM);
    EXPECT_EQ(code_for(replaced(kAes, ",HMAC%2dSHA%2d1", ",HMAC%2dSHA%2d256"), "secret"),
              VIX_E_CRYPTO_UNKNOWN_ALGORITHM);
}

TEST(PasswordOf, AMachineThatIsNotEncryptedIsIgnored) {
    check_password(Config::parse("/a.vmx", "memsize = \"4\"\n", "/a.vmx"), "x");
}

TEST(PasswordOf, AMachineIsNotEmpty) {
    EXPECT_EQ(code_for(kAes, ""), VIX_E_NEED_KEY);
}

TEST(PasswordOf, AMachineOfAKeyServerOpensNothing) {
    const auto check = [] {
        check_password(machine_with("vmware:key/list/(pair/(fqid/x/KMS/1,HMAC,AAAA))"), "x");
    };
    EXPECT_EQ(code_of(check), VIX_E_NEED_KEY);
    EXPECT_TRUE(contains(detail_of(check), "fqid"));
    EXPECT_EQ(code_for("vmware:key/list/()", "x"), VIX_E_NEED_KEY);
}

TEST(PasswordOf, ADamagedKeySafeIsAnErrorOfItsOwn) {
    EXPECT_EQ(code_for("x", "x"), VIX_E_CRYPTO_BAD_FORMAT);
    const auto without = Config::parse("/a.vmx", "encryption.data = \"x\"\n", "/a.vmx");
    EXPECT_EQ(code_of([&] { check_password(without, "x"); }), VIX_E_CRYPTO_BAD_FORMAT);
}

TEST(Password, OfTheSamplesIsKnown) {
    const auto code_of_sample = [](const char* name, const std::string& password) {
        const Config machine = Config::read(testing::sample_file(name));
        return code_of([&] { check_password(machine, password); });
    };
    EXPECT_EQ(code_of_sample("workstation-25h2/Till 4.vmx", "till four"), VIX_OK);
    EXPECT_EQ(code_of_sample("fusion-13/Payroll Desk.vmx", "B\u00FCcher \u4F4D"), VIX_OK);
    EXPECT_EQ(code_of_sample("encrypted-partial/Front Desk.vmx", "x"), VIX_E_AUTHENTICATION_FAIL);
    EXPECT_EQ(code_of_sample("encrypted-full.vmx", "x"), VIX_E_AUTHENTICATION_FAIL);
}

// Each key safe that VMware made can be read; nobody knows the passwords.
TEST(Password, OfRealMachinesIsNotTheEmptyWord) {
    for (const std::string& vmx : testing::real_machines()) {
        const Config machine = Config::read(vmx);
        if (!machine.is_encrypted()) continue;
        EXPECT_EQ(code_of([&] { check_password(machine, "no"); }), VIX_E_AUTHENTICATION_FAIL)
            << vmx;
    }
}

}  // namespace
}  // namespace vix::vm
