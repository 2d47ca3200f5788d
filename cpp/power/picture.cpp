#include "power/picture.h"

#include <png.h>

#include <csetjmp>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace vix::power {
namespace {

constexpr std::string_view kPngMagic = "\x89PNG\r\n\x1a\n";
constexpr std::uint32_t kMostPixels = 16384;  // per side
constexpr std::size_t kColours = 3;

struct Pixels {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::vector<png_byte> bytes;  // red, green and blue of each, rows from the top

    std::size_t row() const { return std::size_t{width} * kColours; }
    std::size_t size() const { return row() * height; }
};

[[noreturn]] void refuse(const std::string& reason) {
    throw Error{VIX_E_FAIL, "the picture of the screen cannot be read: " + reason};
}

void require_size(std::uint64_t width, std::uint64_t height) {
    if (width > 0 && height > 0 && width <= kMostPixels && height <= kMostPixels) return;
    refuse("it has " + std::to_string(width) + " x " + std::to_string(height) + " pixels");
}

// Takes the next number of a PPM's header; a comment ends with its line.
std::uint64_t take_number(std::string_view& text) {
    for (;;) {
        text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
        if (!text.starts_with('#')) break;
        text.remove_prefix(std::min(text.find('\n'), text.size()));
    }
    const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = parse_number(text.substr(0, end));
    if (!number) refuse("the header of a PPM lacks a number");
    text.remove_prefix(end);
    return *number;
}

Pixels from_ppm(std::string_view text) {
    text.remove_prefix(2);
    const auto width = take_number(text);
    const auto height = take_number(text);
    const auto brightest = take_number(text);
    require_size(width, height);
    if (brightest != 255)
        refuse("the brightest value of a PPM is " + std::to_string(brightest) + ", not 255");
    Pixels pixels{static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height), {}};
    text.remove_prefix(std::min<std::size_t>(1, text.size()));
    if (text.size() < pixels.size()) refuse("a PPM is incomplete");
    pixels.bytes.assign(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(pixels.size()));
    return pixels;
}

Pixels from_png(const std::string& bytes) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    if (png_image_begin_read_from_memory(&image, bytes.data(), bytes.size()) == 0) {
        refuse(image.message);
    }
    image.format = PNG_FORMAT_RGB;
    Pixels pixels{image.width, image.height, {}};
    if (image.width <= kMostPixels && image.height <= kMostPixels) {
        pixels.bytes.resize(pixels.size());
        if (png_image_finish_read(&image, nullptr, pixels.bytes.data(), 0, nullptr) != 0) {
            return pixels;
        }
    }
    png_image_free(&image);
    require_size(image.width, image.height);
    refuse(image.message);
}

void append(png_structp writer, png_bytep bytes, std::size_t count) {
    auto* text = static_cast<std::string*>(png_get_io_ptr(writer));
    try {
        text->append(reinterpret_cast<const char*>(bytes), count);
    } catch (...) {
        png_error(writer, "out of memory");
    }
}

void flush(png_structp) {}

// libpng leaves this function by a longjmp when it fails, so nothing in it may have a destructor.
bool write(png_structp writer, png_infop info, const Pixels& pixels, Compression compression,
           std::string& text) {
    if (setjmp(png_jmpbuf(writer)) != 0) return false;
    png_set_write_fn(writer, &text, append, flush);
    if (compression == Compression::None) {
        png_set_compression_level(writer, 0);
        png_set_filter(writer, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
    }
    png_set_IHDR(writer, info, pixels.width, pixels.height, 8, PNG_COLOR_TYPE_RGB,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(writer, info);
    for (std::uint32_t y = 0; y < pixels.height; ++y) {
        png_write_row(writer, pixels.bytes.data() + y * pixels.row());
    }
    png_write_end(writer, info);
    return true;
}

std::string encode(const Pixels& pixels, Compression compression) {
    std::string text;
    png_structp writer = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = writer == nullptr ? nullptr : png_create_info_struct(writer);
    const bool written = info != nullptr && write(writer, info, pixels, compression, text);
    png_destroy_write_struct(&writer, &info);
    if (written) return text;
    throw Error{VIX_E_OUT_OF_MEMORY, "there is no memory to make a PNG of the screen"};
}

}  // namespace

std::string to_png(std::string bytes, Compression compression) {
    if (bytes.starts_with(kPngMagic)) {
        if (compression == Compression::Usual) return bytes;
        return encode(from_png(bytes), compression);
    }
    if (bytes.starts_with("P6")) return encode(from_ppm(bytes), compression);
    refuse("it is neither a PNG nor a PPM");
}

}  // namespace vix::power
