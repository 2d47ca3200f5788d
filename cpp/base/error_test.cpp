#include "base/error.h"

#include <gtest/gtest.h>

#include <boost/filesystem/exception.hpp>
#include <boost/filesystem/operations.hpp>
#include <cerrno>
#include <cstring>
#include <new>
#include <stdexcept>

namespace vix {
namespace {

// The Error that current_error() returns for `thrown`.
template <typename Thrown>
Error caught(const Thrown& thrown) {
    try {
        throw thrown;
    } catch (...) {
        return current_error();
    }
}

struct ErrnoSample {
    int number;
    ErrorCode code;
};

std::ostream& operator<<(std::ostream& out, const ErrnoSample& sample) {
    return out << strerrorname_np(sample.number);
}

class ErrnoCode : public ::testing::TestWithParam<ErrnoSample> {};

TEST_P(ErrnoCode, IsTheVixCodeForIt) {
    EXPECT_EQ(system_error(GetParam().number, "opening", "x").code(), GetParam().code);
}

constexpr ErrnoSample kErrnos[] = {
    {ENOENT, VIX_E_FILE_NOT_FOUND},
    {ENOTDIR, VIX_E_FILE_NOT_FOUND},
    {EACCES, VIX_E_FILE_ACCESS_ERROR},
    {EPERM, VIX_E_FILE_ACCESS_ERROR},
    {EROFS, VIX_E_FILE_READ_ONLY},
    {ENOSPC, VIX_E_DISK_FULL},
    {EDQUOT, VIX_E_DISK_FULL},
    {EEXIST, VIX_E_FILE_ALREADY_EXISTS},
    {EFBIG, VIX_E_FILE_TOO_BIG},
    {ENAMETOOLONG, VIX_E_FILE_NAME_INVALID},
    {ELOOP, VIX_E_FILE_NAME_INVALID},
    {EMFILE, VIX_E_DISK_TOOMANYOPENFILES},
    {ENFILE, VIX_E_DISK_TOOMANYOPENFILES},
    {ENOMEM, VIX_E_OUT_OF_MEMORY},
    {EIO, VIX_E_FILE_ERROR},
};
INSTANTIATE_TEST_SUITE_P(Error, ErrnoCode, ::testing::ValuesIn(kErrnos));

TEST(Error, SystemErrorSaysWhatWhereAndWhy) {
    EXPECT_EQ(system_error(ENOENT, "opening", "/vms/a.vmdk").detail(),
              "opening /vms/a.vmdk failed: No such file or directory (errno 2)");
}

TEST(Error, NumbersAreThoseOfVix) {
    EXPECT_EQ(static_cast<int>(VIX_OK), 0);
    EXPECT_EQ(static_cast<int>(VIX_E_INVALID_ARG), 3);
    EXPECT_EQ(static_cast<int>(VIX_E_VM_IS_RUNNING), 3007);
    EXPECT_EQ(static_cast<int>(VIX_E_DISK_NEEDSREPAIR), 16006);
}

TEST(Error, EveryKnownNumberHasAText) {
    EXPECT_FALSE(error_text(VIX_OK).empty());
    EXPECT_FALSE(error_text(VIX_E_FAIL).empty());
    EXPECT_NE(error_text(VIX_E_VM_IS_RUNNING), error_text(VIX_E_VM_NOT_RUNNING));
}

TEST(Error, TextOfANumberWithTwoNamesIsTheFirstOnes) {
    static_assert(VIX_ASYNC == VIX_E_REG_INCORRECT_VALUE_TYPE);
    EXPECT_EQ(error_text(VIX_ASYNC),
              "Not an error: the operation was started and will finish later");
}

TEST(Error, TextOfAnUnknownNumberNamesIt) {
    EXPECT_NE(error_text(123456).find("123456"), std::string::npos);
    EXPECT_NE(error_text(-1).find("-1"), std::string::npos);
    EXPECT_NE(error_text(0x100000003).find("4294967299"), std::string::npos);
}

TEST(Error, OwnErrorsComeThroughUnchanged) {
    const Error error = caught(Error{VIX_E_DISK_FULL, "detail"});
    EXPECT_EQ(error.code(), VIX_E_DISK_FULL);
    EXPECT_EQ(error.detail(), "detail");
}

TEST(Error, FilesystemErrorsKeepTheirReasonAndPath) {
    const boost::system::error_code reason{EACCES, boost::system::system_category()};
    const Error error =
        caught(boost::filesystem::filesystem_error{"listing", "/vms/private", reason});
    EXPECT_EQ(error.code(), VIX_E_FILE_ACCESS_ERROR);
    EXPECT_NE(error.detail().find("/vms/private"), std::string::npos);
}

TEST(Error, LackOfMemoryIsSaid) {
    EXPECT_EQ(caught(std::bad_alloc{}).code(), VIX_E_OUT_OF_MEMORY);
}

TEST(Error, OtherExceptionsAreFailures) {
    EXPECT_EQ(caught(std::runtime_error{"odd"}).code(), VIX_E_FAIL);
    EXPECT_EQ(caught(std::runtime_error{"odd"}).detail(), "odd");
    EXPECT_EQ(caught(42).code(), VIX_E_FAIL);
}

TEST(ErrorDetail, OfANameThatIsNotUtf8SaysWhatToDo) {
    const Error error = not_utf8("\xFF.vmdk", "no disk can refer to it");
    EXPECT_EQ(error.code(), VIX_E_FILE_NAME_INVALID);
    EXPECT_EQ(error.detail(),
              "\\xFF.vmdk is not UTF-8, so no disk can refer to it; rename the file to a name in "
              "UTF-8, change the texts that name it, and try again");
}

}  // namespace
}  // namespace vix
