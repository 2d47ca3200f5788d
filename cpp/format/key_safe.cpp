#include "format/key_safe.h"

#include <algorithm>
#include <map>
#include <optional>

#include "base/base64.h"
#include "base/error.h"
#include "base/text.h"

namespace vix::format {
namespace {

// VMware writes some hundred bytes for each way to unlock a machine.
constexpr std::size_t kTextLimit = std::size_t{1} << 20;
constexpr std::size_t kWays = 100;
// VMware uses 10,000. More would only let a hostile file keep the processor busy.
constexpr std::uint64_t kRoundsLimit = 1'000'000;
// An initialization vector, one block of text, and the code that authenticates it.
constexpr std::size_t kLeastData = 16 + 16 + 20;

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const std::size_t end = text.find(separator);
        parts.push_back(text.substr(0, end));
        if (end == text.npos) return parts;
        text.remove_prefix(end + 1);
    }
}

class Reader {
  public:
    explicit Reader(const std::string& where) : where_{where} {}

    KeySafe read(std::string_view text) const {
        constexpr std::string_view kList = "vmware:key/list/";
        if (text.size() > kTextLimit) fail("it is too long");
        if (!text.starts_with(kList)) fail("it does not begin with vmware:key/list/");
        KeySafe safe;
        for (const auto way : parts_in(text.substr(kList.size()))) {
            if (way.empty()) continue;
            if (safe.phrases.size() + safe.others.size() == kWays) fail("it has too many keys");
            add(way, safe);
        }
        return safe;
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        throw Error{VIX_E_CRYPTO_BAD_FORMAT, where_ + " is damaged: " + what};
    }

    // The parts of "(a,b(c,d),e)": "a", "b(c,d)", "e".
    std::vector<std::string_view> parts_in(std::string_view text) const {
        if (text.size() < 2 || text.front() != '(' || text.back() != ')') {
            fail("a list is not in parentheses");
        }
        text = text.substr(1, text.size() - 2);
        std::vector<std::string_view> parts;
        std::size_t begin = 0;
        int depth = 0;
        for (std::size_t i = 0; i < text.size(); ++i) {
            depth += text[i] == '(' ? 1 : text[i] == ')' ? -1 : 0;
            if (depth < 0) break;
            if (text[i] != ',' || depth != 0) continue;
            parts.push_back(text.substr(begin, i - begin));
            begin = i + 1;
        }
        if (depth != 0) fail("its parentheses do not match");
        parts.push_back(text.substr(begin));
        return parts;
    }

    void add(std::string_view way, KeySafe& safe) const {
        constexpr std::string_view kPair = "pair/";
        if (!way.starts_with(kPair)) {
            safe.others.emplace_back(way.substr(0, way.find('/')));
            return;
        }
        const auto parts = parts_in(way.substr(kPair.size()));
        if (parts.size() != 3) fail("a key has not three parts");
        const auto locator = split(parts[0], '/');
        if (locator[0] != "phrase") {
            safe.others.emplace_back(locator[0]);
            return;
        }
        if (locator.size() != 3) fail("the derivation of a key is missing");
        KeyPhrase phrase = phrase_from(decode_percent(locator[2]));
        phrase.mac = decode_percent(parts[1]);
        phrase.data = bytes_of(decode_percent(parts[2]), "a key");
        if (phrase.data.size() < kLeastData) fail("a key is too short");
        safe.phrases.push_back(std::move(phrase));
    }

    // "pass2key=PBKDF2-HMAC-SHA-1:cipher=AES-256:rounds=10000:salt=..."
    KeyPhrase phrase_from(const std::string& derivation) const {
        std::map<std::string_view, std::string> values;
        for (const auto part : split(derivation, ':')) {
            const auto equals = part.find('=');
            if (equals == part.npos) fail("the derivation of a key is not NAME=VALUE");
            values[part.substr(0, equals)] = decode_percent(part.substr(equals + 1));
        }
        const auto rounds = parse_number(values["rounds"]);
        if (!rounds || *rounds == 0 || *rounds > kRoundsLimit) {
            fail("the number of rounds is not one from 1 to " + std::to_string(kRoundsLimit));
        }
        return {values["pass2key"],
                values["cipher"],
                static_cast<std::uint32_t>(*rounds),
                bytes_of(values["salt"], "the salt"),
                {},
                {}};
    }

    std::string bytes_of(const std::string& base64, const std::string& what) const {
        const auto bytes = from_base64(base64);
        if (!bytes) fail(what + " is not in base 64");
        return *bytes;
    }

    const std::string& where_;
};

}  // namespace

KeySafe parse_key_safe(std::string_view text, const std::string& where) {
    return Reader{where}.read(text);
}

}  // namespace vix::format
