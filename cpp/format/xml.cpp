#include "format/xml.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <libxml/xmlsave.h>
#include <libxml/xmlwriter.h>
#include <libxml/xpath.h>

#include <new>
#include <string_view>

#include "base/error.h"
#include "base/text.h"

namespace vix::format {
namespace {

// More than the 4 MiB that libvirt sends at most, and less than what an int of libxml2 can count.
constexpr std::size_t kLimit = std::size_t{16} << 20;

// libxml2 returns nothing, or a negative number, from these calls only if it has no memory.
template <typename Type>
Type* require_memory(Type* made) {
    if (made == nullptr) throw std::bad_alloc{};
    return made;
}

void require_memory(int result) {
    if (result < 0) throw std::bad_alloc{};
}

struct Free {
    void operator()(xmlBuffer* buffer) const { xmlBufferFree(buffer); }
    void operator()(xmlChar* text) const { xmlFree(text); }
    void operator()(xmlParserCtxt* parser) const { xmlFreeParserCtxt(parser); }
    void operator()(xmlSaveCtxt* saving) const { xmlSaveClose(saving); }
    void operator()(xmlXPathContext* context) const { xmlXPathFreeContext(context); }
    void operator()(xmlXPathObject* object) const { xmlXPathFreeObject(object); }
};

template <typename Type>
using Owned = std::unique_ptr<Type, Free>;

// Owns an object whose type the header does not know.
template <typename Type, void (*release)(Type*)>
XmlOwner owned(Type* made) {
    return {require_memory(made), [](void* object) { release(static_cast<Type*>(object)); }};
}

xmlNode* node_of(void* node) {
    return static_cast<xmlNode*>(node);
}

xmlDoc* document_of(const XmlOwner& document) {
    return static_cast<xmlDoc*>(document.get());
}

xmlTextWriter* writer_of(const XmlOwner& writer) {
    return static_cast<xmlTextWriter*>(writer.get());
}

const xmlChar* characters(const std::string& text) {
    return reinterpret_cast<const xmlChar*>(text.c_str());
}

std::string string_of(const xmlChar* text) {
    return text == nullptr ? std::string{} : std::string{reinterpret_cast<const char*>(text)};
}

void refuse_dtd(void* context, const xmlChar*, const xmlChar*, const xmlChar*) {
    auto* parser = static_cast<xmlParserCtxtPtr>(context);
    *static_cast<bool*>(parser->_private) = true;
    xmlStopParser(parser);
}

[[noreturn]] void refuse(const std::string& what, const std::string& reason) {
    throw Error{VIX_E_INVALID_XML, what + " cannot be read as XML: " + reason};
}

std::string reason_of(xmlParserCtxt* parser) {
    const auto* error = xmlCtxtGetLastError(parser);
    if (error == nullptr || error->message == nullptr) return "libxml2 gives no reason";
    return "line " + std::to_string(error->line) + ": " + std::string{trim(error->message)};
}

xmlDoc* parse(const std::string& text, const std::string& what) {
    if (text.size() > kLimit) {
        refuse(what, "it has " + std::to_string(text.size()) + " bytes, more than the " +
                         std::to_string(kLimit) + " that are read");
    }
    constexpr int kOptions = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
    const Owned<xmlParserCtxt> parser{require_memory(xmlNewParserCtxt())};
    bool has_dtd = false;
    parser->_private = &has_dtd;
    parser->sax->internalSubset = refuse_dtd;
    xmlDoc* document = xmlCtxtReadMemory(parser.get(), text.data(), static_cast<int>(text.size()),
                                         nullptr, nullptr, kOptions);
    if (document != nullptr && !has_dtd) return document;
    xmlFreeDoc(document);
    refuse(what, has_dtd ? "it has a document type definition" : reason_of(parser.get()));
}

void write_attributes(xmlTextWriter* writer, const XmlWriter::Attributes& attributes) {
    for (const auto& [key, value] : attributes) {
        require_memory(
            xmlTextWriterWriteAttribute(writer, characters(key), characters(xml_text(value))));
    }
}

}  // namespace

std::optional<std::string> XmlElement::attribute(const std::string& name) const {
    const Owned<xmlChar> value{xmlGetNoNsProp(node_of(node_), characters(name))};
    if (value == nullptr) return std::nullopt;
    return string_of(value.get());
}

std::string XmlElement::text() const {
    const Owned<xmlChar> text{require_memory(xmlNodeGetContent(node_of(node_)))};
    return string_of(text.get());
}

void XmlElement::set_attribute(const std::string& name, const std::string& value) {
    require_memory(xmlSetProp(node_of(node_), characters(name), characters(xml_text(value))));
}

// As a node of its own, because libxml2's call for this expects a text that is escaped already.
void XmlElement::set_text(const std::string& text) {
    xmlNodeSetContent(node_of(node_), nullptr);
    xmlAddChild(node_of(node_),
                require_memory(xmlNewDocText(node_of(node_)->doc, characters(xml_text(text)))));
}

std::vector<XmlElement> XmlElement::children(const std::string& name) const {
    std::vector<XmlElement> found;
    for (xmlNode* child = node_of(node_)->children; child != nullptr; child = child->next) {
        const bool matches = child->type == XML_ELEMENT_NODE && string_of(child->name) == name;
        if (matches) found.emplace_back(child);
    }
    return found;
}

XmlElement XmlElement::add(const std::string& name) {
    return XmlElement{
        require_memory(xmlNewChild(node_of(node_), nullptr, characters(name), nullptr))};
}

void XmlElement::remove() {
    xmlUnlinkNode(node_of(node_));
    xmlFreeNode(node_of(node_));
    node_ = nullptr;
}

std::string XmlElement::to_text() const {
    const Owned<xmlBuffer> buffer{require_memory(xmlBufferCreate())};
    if (xmlNodeDump(buffer.get(), node_of(node_)->doc, node_of(node_), 0, 0) < 0) {
        throw std::bad_alloc{};
    }
    return string_of(xmlBufferContent(buffer.get()));
}

XmlDocument::XmlDocument(const std::string& text, const std::string& what)
    : document_{owned<xmlDoc, xmlFreeDoc>(parse(text, what))} {}

std::vector<XmlElement> XmlDocument::find(const std::string& path) const {
    const Owned<xmlXPathContext> context{
        require_memory(xmlXPathNewContext(document_of(document_)))};
    const Owned<xmlXPathObject> found{
        require_memory(xmlXPathEvalExpression(characters(path), context.get()))};
    std::vector<XmlElement> elements;
    for (int i = 0; i < xmlXPathNodeSetGetLength(found->nodesetval); ++i) {
        xmlNode* node = xmlXPathNodeSetItem(found->nodesetval, i);
        if (node->type == XML_ELEMENT_NODE) elements.emplace_back(node);
    }
    return elements;
}

XmlElement XmlDocument::root() const {
    return XmlElement{xmlDocGetRootElement(document_of(document_))};
}

std::string XmlDocument::to_text() const {
    const Owned<xmlBuffer> buffer{require_memory(xmlBufferCreate())};
    Owned<xmlSaveCtxt> saving{
        require_memory(xmlSaveToBuffer(buffer.get(), "UTF-8", XML_SAVE_NO_DECL))};
    if (xmlSaveDoc(saving.get(), document_of(document_)) < 0) throw std::bad_alloc{};
    saving.reset();  // writes what it still holds
    return string_of(xmlBufferContent(buffer.get()));
}

XmlWriter::XmlWriter()
    : buffer_{owned<xmlBuffer, xmlBufferFree>(xmlBufferCreate())},
      writer_{owned<xmlTextWriter, xmlFreeTextWriter>(
          xmlNewTextWriterMemory(static_cast<xmlBuffer*>(buffer_.get()), 0))} {
    require_memory(xmlTextWriterSetIndent(writer_of(writer_), 1));
    require_memory(xmlTextWriterSetIndentString(writer_of(writer_), characters("  ")));
}

XmlWriter& XmlWriter::open(const std::string& name, const Attributes& attributes) {
    require_memory(xmlTextWriterStartElement(writer_of(writer_), characters(name)));
    write_attributes(writer_of(writer_), attributes);
    return *this;
}

XmlWriter& XmlWriter::close() {
    require_memory(xmlTextWriterEndElement(writer_of(writer_)));
    return *this;
}

XmlWriter& XmlWriter::empty(const std::string& name, const Attributes& attributes) {
    return open(name, attributes).close();
}

XmlWriter& XmlWriter::text(const std::string& name, const std::string& content,
                           const Attributes& attributes) {
    open(name, attributes);
    require_memory(xmlTextWriterWriteString(writer_of(writer_), characters(xml_text(content))));
    return close();
}

std::string XmlWriter::finish() {
    require_memory(xmlTextWriterEndDocument(writer_of(writer_)));
    require_memory(xmlTextWriterFlush(writer_of(writer_)));
    return string_of(xmlBufferContent(static_cast<xmlBuffer*>(buffer_.get())));
}

std::string xml_text(std::string text) {
    const bool utf8 = is_utf8(text);
    for (char& c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool control = byte < 0x20 && c != '\t' && c != '\n' && c != '\r';
        if (control || byte == 0x7F || (byte >= 0x80 && !utf8)) c = '?';
    }
    return text;
}

}  // namespace vix::format
