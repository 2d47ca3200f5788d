#include "power/domain/xml.h"

#include "base/text.h"

namespace vix::power {

std::string escape_xml(const std::string& text) {
    const bool utf8 = is_utf8(text);
    std::string result;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '&') {
            result += "&amp;";
        } else if (c == '<') {
            result += "&lt;";
        } else if (c == '>') {
            result += "&gt;";
        } else if (c == '\'') {
            result += "&apos;";
        } else if (c == '"') {
            result += "&quot;";
        } else if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !utf8)) {
            result += '?';
        } else {
            result += c;
        }
    }
    return result;
}

void Xml::begin(const std::string& name, const Attributes& attributes) {
    bytes_.append(2 * open_.size(), ' ');
    bytes_ += '<' + name;
    for (const auto& [key, value] : attributes)
        bytes_ += ' ' + key + "='" + escape_xml(value) + '\'';
}

Xml& Xml::open(const std::string& name, const Attributes& attributes) {
    begin(name, attributes);
    bytes_ += ">\n";
    open_.push_back(name);
    return *this;
}

Xml& Xml::close() {
    const std::string name = open_.back();
    open_.pop_back();
    bytes_.append(2 * open_.size(), ' ');
    bytes_ += "</" + name + ">\n";
    return *this;
}

Xml& Xml::empty(const std::string& name, const Attributes& attributes) {
    begin(name, attributes);
    bytes_ += "/>\n";
    return *this;
}

Xml& Xml::text(const std::string& name, const std::string& content, const Attributes& attributes) {
    begin(name, attributes);
    bytes_ += '>' + escape_xml(content) + "</" + name + ">\n";
    return *this;
}

std::string Xml::finish() {
    while (!open_.empty()) close();
    return bytes_;
}

}  // namespace vix::power
