// Writes XML: elements, attributes and text, everything escaped. It knows no vocabulary.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace vix::power {

class Xml {
  public:
    using Attributes = std::vector<std::pair<std::string, std::string>>;

    // Opens an element with others in it, until close().
    Xml& open(const std::string& name, const Attributes& attributes = {});
    Xml& close();
    Xml& empty(const std::string& name, const Attributes& attributes = {});
    Xml& text(const std::string& name, const std::string& content,
              const Attributes& attributes = {});

    // Closes all open elements and returns the text.
    std::string finish();

  private:
    void begin(const std::string& name, const Attributes& attributes);

    std::string bytes_;
    std::vector<std::string> open_;
};

// UTF-8 for an attribute or a text. Bytes that XML does not allow become question marks.
std::string escape_xml(const std::string& text);

}  // namespace vix::power
