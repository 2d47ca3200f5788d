#include "format/vmdk/zlib_stream.h"

#include <gtest/gtest.h>

#include "testing/disks/image.h"

namespace vix::format::vmdk {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span{text.data(), text.size()});
}

// Empty if it cannot be unpacked into `room` bytes.
std::string unpacked(const std::string& packed, std::size_t room) {
    std::string text(room, '?');
    const auto size =
        unpack_zlib(bytes_of(packed), std::as_writable_bytes(std::span{text.data(), room}));
    text.resize(size.value_or(0));
    return text;
}

const std::string kGrain = testing::content('g', 0, 128);

TEST(ZlibStream, UnpacksWhatItPacked) {
    EXPECT_EQ(unpacked(pack_zlib(bytes_of(kGrain)), kGrain.size()), kGrain);
}

TEST(ZlibStream, PacksAGrainOfOneLetterIntoAFewBytes) {
    EXPECT_LT(pack_zlib(bytes_of(std::string(65536, 'a'))).size(), 200U);
}

TEST(ZlibStream, UnpacksWhatZlibPacked) {
    EXPECT_EQ(unpacked(testing::deflated(kGrain), kGrain.size()), kGrain);
}

TEST(ZlibStream, ReportsTheSizeOfAShorterStream) {
    EXPECT_EQ(unpacked(testing::deflated("abc"), 512), "abc");
}

TEST(ZlibStream, IgnoresBytesBehindTheStream) {
    EXPECT_EQ(unpacked(testing::deflated(kGrain) + std::string(700, 'x'), kGrain.size()), kGrain);
}

TEST(ZlibStream, RefusesAStreamThatDoesNotFit) {
    EXPECT_EQ(unpacked(testing::deflated(kGrain), kGrain.size() - 1), "");
}

TEST(ZlibStream, RefusesAStreamThatIsCutOff) {
    const std::string packed = testing::deflated(kGrain);
    EXPECT_EQ(unpacked(packed.substr(0, packed.size() - 1), kGrain.size()), "");
}

TEST(ZlibStream, RefusesAWrongChecksum) {
    std::string packed = testing::deflated(kGrain);
    packed.back() ^= 1;
    EXPECT_EQ(unpacked(packed, kGrain.size()), "");
}

TEST(ZlibStream, RefusesBytesThatAreNoStream) {
    EXPECT_EQ(unpacked(std::string(512, 'x'), 65536), "");
    EXPECT_EQ(unpacked("", 65536), "");
}

TEST(ZlibStream, NamesItsLibrary) {
    const std::string library = zlib_stream_library();
    EXPECT_TRUE(library == "libdeflate" || library == "zlib") << library;
}

}  // namespace
}  // namespace vix::format::vmdk
