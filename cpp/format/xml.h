// XML, by libxml2: a document that is read and changed, and a writer for a new one. They know no
// vocabulary. A document is hostile until it is parsed: its size is bounded, one with a DTD is
// refused, so it defines no entities, and nothing is loaded from files or a network.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace vix::format {

// Something of libxml2's, with the function that frees it.
using XmlOwner = std::unique_ptr<void, void (*)(void*)>;

// An element of an XmlDocument, valid as long as that.
class XmlElement {
  public:
    explicit XmlElement(void* node) : node_{node} {}  // libxml2's

    // The value of an attribute without a prefix; nothing if there is none.
    std::optional<std::string> attribute(const std::string& name) const;
    std::string text() const;  // with that of the elements in it
    void set_attribute(const std::string& name, const std::string& value);
    void set_text(const std::string& text);

    // Its child elements of that name, in their order.
    std::vector<XmlElement> children(const std::string& name) const;
    // Adds an empty child element behind all others.
    XmlElement add(const std::string& name);
    // Removes it with all that is in it. Neither it nor elements in it may be used afterwards.
    void remove();

    // The element alone, as the text of a document.
    std::string to_text() const;

  private:
    void* node_;
};

class XmlDocument {
  public:
    // `what` names the text in details. Error VIX_E_INVALID_XML, with libxml2's reason.
    XmlDocument(const std::string& text, const std::string& what);

    // The elements at an XPath such as "//graphics[@type='vnc']", in the order of the document.
    // The path is a constant of the program; names in it have no prefixes.
    std::vector<XmlElement> find(const std::string& path) const;
    XmlElement root() const;

    // In UTF-8 and without an XML declaration.
    std::string to_text() const;

  private:
    XmlOwner document_;
};

// Writes a document from its begin to its end, an element a line.
class XmlWriter {
  public:
    using Attributes = std::vector<std::pair<std::string, std::string>>;

    XmlWriter();

    // Opens an element with others in it, until close().
    XmlWriter& open(const std::string& name, const Attributes& attributes = {});
    XmlWriter& close();
    XmlWriter& empty(const std::string& name, const Attributes& attributes = {});
    XmlWriter& text(const std::string& name, const std::string& content,
                    const Attributes& attributes = {});

    // Closes all open elements and returns the text, in UTF-8 and without an XML declaration.
    std::string finish();

  private:
    XmlOwner buffer_;  // the writer refers to it
    XmlOwner writer_;
};

// The text with a question mark in place of each byte that no XML document can hold: control
// characters, and bytes that are not UTF-8. All functions above pass their values through it.
std::string xml_text(std::string text);

}  // namespace vix::format
