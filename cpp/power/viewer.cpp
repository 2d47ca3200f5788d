#include "power/viewer.h"

#include "base/error.h"
#include "base/words.h"
#include "io/process/process.h"
#include "power/libvirt/host.h"

namespace vix::power {
namespace {

// %u is libvirt's URI, %i the machine's uuid. A display without a network port is reached through
// libvirt, on this host only.
constexpr const char* kKnownHere = "virt-viewer --connect %u --attach --uuid %i";
constexpr const char* kKnown[] = {
    "virt-viewer --connect %u --uuid %i",
    "virt-manager --connect %u --show-domain-console %i",
};

std::string filled(const std::string& word, const std::string& uri, const std::string& uuid) {
    std::string text;
    for (std::size_t i = 0; i < word.size(); ++i) {
        const char next = word[i] == '%' && i + 1 < word.size() ? word[i + 1] : '\0';
        if (next != 'u' && next != 'i' && next != '%') {
            text += word[i];
            continue;
        }
        text += next == 'u' ? uri : next == 'i' ? uuid : "%";
        ++i;
    }
    return text;
}

}  // namespace

std::optional<std::vector<std::string>> viewer_command(const Settings& settings,
                                                       const std::string& uuid) {
    std::vector<std::string> candidates(std::begin(kKnown), std::end(kKnown));
    if (is_reached_by_socket(uri_for(settings))) candidates.front() = kKnownHere;
    if (!settings.viewer.empty()) candidates = {settings.viewer};
    for (const auto& candidate : candidates) {
        auto words = split_words(candidate);
        if (words.empty() || !io::find_program(settings.environment, words.front())) continue;
        for (auto& word : words) word = filled(word, uri_for(settings), uuid);
        return words;
    }
    return std::nullopt;
}

std::optional<std::string> open_viewer(const Settings& settings, const std::string& uuid) {
    const io::Environment& environment = settings.environment;
    if (!environment.find("DISPLAY") && !environment.find("WAYLAND_DISPLAY")) {
        return "no window is opened: there is no display (DISPLAY, WAYLAND_DISPLAY)";
    }
    try {
        const auto command = viewer_command(settings, uuid);
        if (!command && settings.viewer.empty()) {
            return "no window is opened: neither virt-viewer nor virt-manager is installed";
        }
        if (!command) return "no window is opened: the program of power.viewer is not installed";
        io::start_detached(environment, *command);
        return std::nullopt;
    } catch (const Error& error) {
        return "no window is opened: " + error.detail();
    }
}

}  // namespace vix::power
