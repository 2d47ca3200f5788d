#include "power/picture.h"

#include <gtest/gtest.h>

#include "testing/process/failure.h"

namespace vix::power {
namespace {

using testing::code_of;

// Two pixels, red and blue.
const std::string kPpm = std::string{"P6\n# a screen\n2 1\n255\n"} + "\xff" + std::string(2, '\0') +
                         std::string(2, '\0') + "\xff";

// The four bytes of a number, in PNG's order.
std::uint32_t number_at(const std::string& bytes, std::size_t at) {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i)
        number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
    return number;
}

TEST(Picture, BecomesAPng) {
    const std::string png = to_png(kPpm, Compression::Usual);
    EXPECT_EQ(png.substr(1, 3), "PNG");
    EXPECT_EQ(number_at(png, 16), 2U);
    EXPECT_EQ(number_at(png, 20), 1U);
}

TEST(Picture, MayStayUncompressed) {
    std::string ppm{"P6 100 100 255\n"};
    ppm.append(std::size_t{100} * 100 * 3, 'x');
    EXPECT_LT(to_png(ppm, Compression::Usual).size(), 1000U);
    EXPECT_GT(to_png(ppm, Compression::None).size(), 30000U);
}

TEST(Picture, ThatIsAPngStaysOneUnlessItsCompressionMayNot) {
    const std::string png = to_png(kPpm, Compression::Usual);
    EXPECT_EQ(to_png(png, Compression::Usual), png);
    EXPECT_EQ(to_png(png, Compression::None), to_png(kPpm, Compression::None));
}

TEST(Picture, MustBeSound) {
    const auto code = [](const std::string& bytes) {
        return code_of([&] { to_png(bytes, Compression::None); });
    };
    EXPECT_EQ(code(""), VIX_E_FAIL);
    EXPECT_EQ(code("P6 2 1 255\nred"), VIX_E_FAIL);
    EXPECT_EQ(code("P6 2 1 65535\nredgreen"), VIX_E_FAIL);
    EXPECT_EQ(code("P6 99999999 1 255\n"), VIX_E_FAIL);
    EXPECT_EQ(code(to_png(kPpm, Compression::Usual).substr(0, 40)), VIX_E_FAIL);
}

}  // namespace
}  // namespace vix::power
